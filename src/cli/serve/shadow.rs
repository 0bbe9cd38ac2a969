//! The files of a shadow policy, followed like those of the policy in use, on threads of their own: whatever is wrong with them,
//! the server starts and serves.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::live;
use crate::policy::source::Finding;
use crate::reload::{self, Handle, Sets};
use crate::snapshot::{Builder, Snapshot};
use crate::telemetry::shadow::Shadow;

/// How long it may go unnoticed that nobody follows any more.
const LIVENESS: Duration = Duration::from_secs(1);

/// What is followed, and for whom.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    /// How often the files are looked at where no event tells of them.
    pub(super) poll: Duration,
    pub(super) subject_types: Vec<String>,
    pub(super) shadow: Arc<Shadow>,
}

/// Follows the files until it is dropped.
pub(super) struct Following {
    _stop: Sender<()>,
}

impl Files {
    /// Follows them for their shadow from now on.
    pub(super) fn follow(self) -> io::Result<Following> {
        let (stop, stopped) = mpsc::channel();
        let run = move || match self.first(&stopped) {
            Some(Ok(handle)) => self.look(handle, &stopped),
            Some(Err(error)) => tracing::error!("the shadow policy cannot be followed: {error}"),
            None => {}
        };
        std::thread::Builder::new().name("shadow files".to_owned()).spawn(run)?;
        Ok(Following { _stop: stop })
    }

    /// Reads the files until they can be used, which is when they are followed like others; none if that is no longer wanted.
    fn first(&self, stopped: &Receiver<()>) -> Option<io::Result<Handle>> {
        loop {
            let config = reload::Config { poll: self.poll, ..reload::Config::new(&self.folder, None) };
            let mut builder = Builder::new(self.subject_types.clone(), None);
            match reload::load_once(config, move |sets: Sets| live::build(&mut builder, sets)) {
                Ok((snapshot, reloader)) => {
                    publish(&self.shadow, &snapshot);
                    let shadow = Arc::clone(&self.shadow);
                    return Some(reloader.spawn(move |snapshot: Snapshot| publish(&shadow, &snapshot)));
                }
                Err(findings) => refuse(&self.shadow, findings),
            }
            if stopped.recv_timeout(self.poll) != Err(RecvTimeoutError::Timeout) {
                return None;
            }
        }
    }

    /// Tells the shadow what came of each check.
    fn look(&self, handle: Handle, stopped: &Receiver<()>) {
        let mut seen = 0;
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            let Ok(status) = handle.status().wait_for(LIVENESS, |data| data.checks > seen) else { continue };
            seen = status.checks;
            match status.last_failure.as_ref().filter(|_| status.failing) {
                Some(failure) => self.shadow.refuse(failure.findings.to_vec()),
                None => self.shadow.mend(),
            }
        }
        handle.stop();
    }
}

fn publish(shadow: &Shadow, snapshot: &Snapshot) {
    tracing::info!(policy = %snapshot.policy_revision, "shadow policy read");
    shadow.publish(Arc::clone(&snapshot.policy), Arc::clone(&snapshot.policy_revision));
}

/// Tells of files that can't be used, once for as long as they are the same.
fn refuse(shadow: &Shadow, findings: Vec<Finding>) {
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    if shadow.figures().problems != said {
        tracing::warn!("the shadow policy is refused, and nothing is asked of it: {}", said.join("; "));
    }
    shadow.refuse(findings);
}
