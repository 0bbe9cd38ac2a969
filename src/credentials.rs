//! The files that say who is who: the server's certificate and key, the authority of its clients' certificates, the
//! callers, and the key of the admin plane. Read before anything listens, and followed from then on; whatever can't be used leaves the last good in use.
//!
//! Files are compared by content, again and again: no change is missed, however they are replaced. Connections are never
//! touched: a new certificate counts from the next handshake, a new file of callers from the next request.

pub(crate) mod read;
pub mod tls;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;

use crate::caller::{Callers, Fingerprint, Unfit};
use crate::fault;
use crate::policy::source::{Finding, Place, Source};
use tls::{Tls, TlsError};

/// The largest file that is read, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// Where the files are.
#[derive(Clone, Debug)]
pub struct Files {
    /// What TLS needs; plain text where `None`.
    pub tls: Option<tls::Files>,
    /// The callers; anybody may ask where `None`.
    pub callers: Option<PathBuf>,
    /// The key of the admin plane; whoever can connect to it may ask it where `None`.
    pub admin_key: Option<PathBuf>,
    /// How often the files are compared with what is in use.
    pub recheck: Duration,
}

/// Why there is nothing to begin with.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Everything that is wrong with the file of callers.
    #[error("the callers are refused{}", .0.iter().map(|finding| format!("\n  {finding}")).collect::<String>())]
    Callers(Vec<Finding>),
    /// What is wrong with certificates or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What is wrong with the key of the admin plane.
    #[error(transparent)]
    AdminKey(#[from] AdminKeyError),
}

/// Why a file is not the key of the admin plane.
#[derive(Debug, thiserror::Error)]
pub enum AdminKeyError {
    /// It can't be read.
    #[error("`{path}`, as `--admin-key-file` says, cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What stands in it is no key.
    #[error("the key in `{path}`, as `--admin-key-file` says, {what}: {help}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
}

/// What is in use, followed.
#[derive(Debug)]
pub struct Credentials {
    files: Files,
    callers: Option<Arc<ArcSwap<Callers>>>,
    tls: Option<ArcSwap<Tls>>,
    admin_key: Option<ArcSwap<Fingerprint>>,
    problems: ArcSwap<Vec<String>>,
}

impl Credentials {
    /// Reads the files.
    ///
    /// # Errors
    /// What is wrong with them; there is nothing older to use.
    pub fn load(files: Files) -> Result<Self, CredentialsError> {
        let callers = files.callers.as_deref().map(callers).transpose().map_err(CredentialsError::Callers)?;
        let required = is_certificate_required(callers.as_ref());
        let tls = files.tls.as_ref().map(|files| Tls::read(files, required, now())).transpose()?;
        let admin_key = files.admin_key.as_deref().map(admin_key).transpose()?;
        warn_of_unreachable(&files, callers.as_ref());
        Ok(Self {
            files,
            callers: callers.map(|callers| Arc::new(ArcSwap::from_pointee(callers))),
            tls: tls.map(ArcSwap::from_pointee),
            admin_key: admin_key.map(ArcSwap::from_pointee),
            problems: ArcSwap::default(),
        })
    }

    /// Who may ask; anybody where `None`.
    #[must_use]
    pub fn callers(&self) -> Option<&Arc<ArcSwap<Callers>>> {
        self.callers.as_ref()
    }

    /// What TLS is served with now; plain text where `None`.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.as_ref().map(ArcSwap::load_full)
    }

    /// The key that a request to the admin plane has to show now; none where `None`.
    pub(crate) fn admin_key(&self) -> Option<Arc<Fingerprint>> {
        self.admin_key.as_ref().map(ArcSwap::load_full)
    }

    /// What is wrong with the files as they are, so that older ones are in use.
    #[must_use]
    pub fn problems(&self) -> Arc<Vec<String>> {
        self.problems.load_full()
    }

    /// Follows the files on this thread, until the other end of `stop` is gone.
    pub fn follow(&self, stop: &Receiver<()>) {
        if self.callers.is_none() && self.tls.is_none() && self.admin_key.is_none() {
            _ = stop.recv();
            return;
        }
        while stop.recv_timeout(self.files.recheck) == Err(RecvTimeoutError::Timeout) {
            self.check();
        }
    }

    /// Compares the files with what is in use.
    fn check(&self) {
        fault::stall("credentials.check");
        let mut problems = Vec::new();
        if let Err(findings) = self.check_callers() {
            problems.extend(findings.iter().map(ToString::to_string));
        }
        if let Err(error) = self.check_tls() {
            problems.push(error.to_string());
        }
        if let Err(error) = self.check_admin_key() {
            problems.push(error.to_string());
        }
        let before = self.problems.load();
        if **before == problems {
            return;
        }
        for problem in problems.iter().filter(|problem| !before.contains(problem)) {
            tracing::error!("{problem}; what was read before stays in use");
        }
        if problems.is_empty() {
            tracing::info!("certificates, callers and keys are well again");
        }
        self.problems.store(Arc::new(problems));
    }

    fn check_callers(&self) -> Result<(), Vec<Finding>> {
        let (Some(path), Some(current)) = (&self.files.callers, &self.callers) else { return Ok(()) };
        let (mut found, before) = (callers(path)?, current.load_full());
        if !found.is_like(&before) {
            warn_of_unreachable(&self.files, Some(&found));
            found.replace(&before);
            current.store(Arc::new(found));
            tracing::info!("callers read anew");
        }
        Ok(())
    }

    fn check_tls(&self) -> Result<(), TlsError> {
        let (Some(files), Some(current)) = (&self.files.tls, &self.tls) else { return Ok(()) };
        let callers = self.callers.as_ref().map(|callers| callers.load_full());
        let required = is_certificate_required(callers.as_deref());
        if let Some(found) = current.load().read_again(files, required, now())? {
            tracing::info!(not_after = %found.not_after(), "certificates read anew");
            current.store(Arc::new(found));
        }
        Ok(())
    }

    fn check_admin_key(&self) -> Result<(), AdminKeyError> {
        let (Some(path), Some(current)) = (&self.files.admin_key, &self.admin_key) else { return Ok(()) };
        let found = admin_key(path)?;
        if **current.load() != found {
            current.store(Arc::new(found));
            tracing::info!("the key of the admin plane read anew");
        }
        Ok(())
    }
}

/// Without a key there is no other way to say who one is.
fn is_certificate_required(callers: Option<&Callers>) -> bool {
    !callers.is_some_and(Callers::any_key)
}

fn callers(path: &Path) -> Result<Callers, Vec<Finding>> {
    let name: Arc<str> = path.to_string_lossy().into();
    let bytes = read::file(path, FILE_BYTES).map_err(|error| {
        let place = Place { file: Arc::clone(&name), line: 0, column: 0, width: 1 };
        let finding = Finding::error(place, format!("the callers cannot be read: {error}"));
        vec![finding.help("name the file with `--callers`")]
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let key = |file: &Path| read::file(&folder.join(file), FILE_BYTES).map_err(|error| error.to_string());
    Callers::read(&Source { name, bytes: bytes.into() }, key)
}

fn admin_key(path: &Path) -> Result<Fingerprint, AdminKeyError> {
    let unreadable = |source| AdminKeyError::Unreadable { path: path.to_owned(), source };
    let content = read::file(path, FILE_BYTES).map_err(unreadable)?;
    let unfit = |unfit: Unfit| AdminKeyError::Unfit { path: path.to_owned(), what: unfit.what(), help: unfit.help() };
    Fingerprint::read(&content).map_err(unfit)
}

/// Callers who can't get in as the server is set up are no mistake of theirs, but surely somebody's.
fn warn_of_unreachable(files: &Files, callers: Option<&Callers>) {
    let checks_certificates = files.tls.as_ref().is_some_and(|files| files.client_ca.is_some());
    for name in callers.iter().flat_map(|callers| callers.by_certificate_alone()).filter(|_| !checks_certificates) {
        tracing::warn!(
            "the caller `{name}` is known by its certificate alone, and without `--tls-client-ca` none is read"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "says whether a certificate is in force; no decision comes from it")]
fn now() -> SystemTime {
    SystemTime::now()
}
