//! TLS from files: the server's certificate with its key, and the authorities of its clients' certificates. Only what
//! belongs together and is in force is taken.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoClientAuth, VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, ServerConfig};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use super::{FILE_BYTES, read};
use crate::caller::Uri;

/// Where the files are.
#[derive(Clone, Debug)]
pub struct Files {
    /// The server's certificate and those between it and its authority, as PEM.
    pub cert: PathBuf,
    /// The certificate's key, as PEM.
    pub key: PathBuf,
    /// The authorities of clients' certificates, as PEM; clients show none where `None`.
    pub client_ca: Option<PathBuf>,
}

/// What TLS is served with, immutable once read.
#[derive(Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// The same, but that clients are not asked for a certificate.
    unasking: Arc<ServerConfig>,
    not_after: Timestamp,
    /// What it was made from.
    origin: Origin,
}

/// The content of the files, and whether clients must show a certificate.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    digests: [Option<[u8; 32]>; 3],
    required: bool,
}

/// Why files can't be served with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("`{path}`, as `{flag}` says, cannot be read: {source}")]
    Unreadable {
        /// The setting.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("`{path}`, as `{flag}` says, holds no {what} that can be read as PEM: {why}")]
    Malformed {
        /// The setting.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What should stand in it.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The two are not a pair.
    #[error("the key in `{key}` is not that of the certificate in `{cert}`")]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate is over, or not yet in force.
    #[error("the certificate in `{path}` is in force from {from} to {to}, and not now")]
    NotInForce {
        /// The certificate's file.
        path: PathBuf,
        /// From when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
}

/// What the files hold.
struct Content {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files. With `required`, clients must show a certificate, if its authorities are named.
    ///
    /// # Errors
    /// They can't be served with at this time.
    pub fn read(files: &Files, required: bool, now: SystemTime) -> Result<Self, TlsError> {
        let content = Content::read(files)?;
        let origin = content.origin(required);
        Self::build(files, &content, origin, now)
    }

    /// Reads the files again, and what they say now if that is something else.
    ///
    /// # Errors
    /// They can't be served with at this time.
    pub fn read_again(&self, files: &Files, required: bool, now: SystemTime) -> Result<Option<Self>, TlsError> {
        let content = Content::read(files)?;
        let origin = content.origin(required);
        if origin == self.origin {
            in_force(&certificates(&content.cert, "--tls-cert", &files.cert)?, &files.cert, now)?;
            return Ok(None);
        }
        Self::build(files, &content, origin, now).map(Some)
    }

    fn build(files: &Files, content: &Content, origin: Origin, now: SystemTime) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates(&content.cert, "--tls-cert", &files.cert)?;
        let not_after = in_force(&chain, &files.cert, now)?;
        let pair = pair(files, chain, &content.key, &provider)?;
        let verifier = match (&files.client_ca, &content.client_ca) {
            (Some(path), Some(pem)) => verifier(path, pem, origin.required, &provider)?,
            _ => Arc::new(NoClientAuth),
        };
        let pair = Arc::new(SingleCertAndKey::from(pair));
        let config = |verifier| config(&provider, verifier, Arc::clone(&pair));
        let malformed = |error: rustls::Error| malformed("--tls-cert", &files.cert, "certificate", &error);
        let (config, unasking) =
            (config(verifier).map_err(malformed)?, config(Arc::new(NoClientAuth)).map_err(malformed)?);
        Ok(Self { config, unasking, not_after, origin })
    }

    /// For a handshake.
    #[must_use]
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    /// For a handshake in which the client need not show a certificate, whoever's authorities are named.
    #[must_use]
    pub fn unasking(&self) -> &Arc<ServerConfig> {
        &self.unasking
    }

    /// When the server's certificate ends.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Content {
    fn read(files: &Files) -> Result<Self, TlsError> {
        let read = |flag, path: &Path| {
            read::file(path, FILE_BYTES).map_err(|source| TlsError::Unreadable { flag, path: path.to_owned(), source })
        };
        Ok(Self {
            cert: read("--tls-cert", &files.cert)?,
            key: read("--tls-key", &files.key)?,
            client_ca: files.client_ca.as_deref().map(|path| read("--tls-client-ca", path)).transpose()?,
        })
    }

    fn origin(&self, required: bool) -> Origin {
        let digest = |content: &Vec<u8>| Sha256::digest(content).into();
        let digests = [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()].map(|content| content.map(digest));
        Origin { digests, required }
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ClientCertVerifier>,
    pair: Arc<SingleCertAndKey>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(rustls::ALL_VERSIONS)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(pair);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn pair(
    files: &Files,
    chain: Vec<CertificateDer<'static>>,
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| malformed("--tls-key", &files.key, "key", &error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        if error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
            return TlsError::Mismatch { cert: files.cert.clone(), key: files.key.clone() };
        }
        malformed("--tls-key", &files.key, "key", &error)
    })
}

fn verifier(
    path: &Path,
    pem: &[u8],
    required: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    const FLAG: &str = "--tls-client-ca";
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, FLAG, path)? {
        roots.add(certificate).map_err(|error| malformed(FLAG, path, "certificate", &error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    builder.build().map_err(|error: VerifierBuilderError| malformed(FLAG, path, "certificate", &error))
}

/// All certificates of a file, of which there is at least one; one that is cut off spoils the file.
fn certificates(pem: &[u8], flag: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let malformed = |error: &pem::Error| malformed(flag, path, "certificate", error);
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| malformed(&error))?;
    if found.is_empty() { Err(malformed(&pem::Error::NoItemsFound)) } else { Ok(found) }
}

/// When the first certificate of a chain ends, if it is in force.
fn in_force(chain: &[CertificateDer<'_>], path: &Path, now: SystemTime) -> Result<Timestamp, TlsError> {
    let first = chain.first().map(|first| first.as_ref()).unwrap_or_default();
    let (_, parsed) =
        parse_x509_certificate(first).map_err(|error| malformed("--tls-cert", path, "certificate", &error))?;
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX);
    let (from, to) = (at(parsed.validity().not_before), at(parsed.validity().not_after));
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::MAX);
    if from <= now && now <= to { Ok(to) } else { Err(TlsError::NotInForce { path: path.to_owned(), from, to }) }
}

fn malformed(flag: &'static str, path: &Path, what: &'static str, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::Malformed { flag, path: path.to_owned(), what, why: error.to_string() }
}

/// What a verified certificate calls its holder: the one URI among its alternative names. Its common name never counts,
/// nor does any other kind of name.
#[must_use]
pub fn uri(certificate: &CertificateDer<'_>) -> Uri {
    let Ok((_, parsed)) = parse_x509_certificate(certificate) else { return Uri::NotOne };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return Uri::NotOne };
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        GeneralName::OtherName(..) | GeneralName::RFC822Name(_) | GeneralName::DNSName(_) => None,
        GeneralName::X400Address(_) | GeneralName::DirectoryName(_) | GeneralName::EDIPartyName(_) => None,
        GeneralName::IPAddress(_) | GeneralName::RegisteredID(_) | GeneralName::Invalid(..) => None,
    });
    match (uris.next(), uris.next()) {
        (Some(uri), None) => Uri::One(uri.into()),
        _ => Uri::NotOne,
    }
}
