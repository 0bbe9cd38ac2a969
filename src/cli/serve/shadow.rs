//! The files of a shadow policy, followed like those of the policy in use, on threads of their own: whatever is wrong with them,
//! the server starts and serves.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::live;
use crate::policy::source::Finding;
use crate::reload::{self, Handle, Sets};
use crate::snapshot::{Builder, Snapshot};
use crate::telemetry::shadow::Shadow;

/// How often the state of following is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Follows the files until it is dropped.
pub(super) struct Following {
    _stop: Sender<()>,
}

/// Follows a folder for a shadow.
pub(super) fn follow(
    folder: PathBuf,
    poll: Duration,
    subject_types: Vec<String>,
    shadow: Arc<Shadow>,
) -> io::Result<Following> {
    let (stop, stopped) = mpsc::channel();
    let run = move || {
        let read_again = || {
            let config = reload::Config { poll, ..reload::Config::new(&folder, None) };
            let mut builder = Builder::new(subject_types.clone(), None);
            reload::load_once(config, move |sets: Sets| live::build(&mut builder, sets))
        };
        let handle = loop {
            match read_again() {
                Ok((snapshot, reloader)) => {
                    publish(&shadow, &snapshot);
                    let own = Arc::clone(&shadow);
                    break reloader.spawn(move |snapshot: Snapshot| publish(&own, &snapshot));
                }
                Err(findings) => refuse(&shadow, findings),
            }
            if stopped.recv_timeout(poll) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        };
        match handle {
            Ok(handle) => {
                while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                    look(&shadow, &handle);
                }
                handle.stop();
            }
            Err(error) => tracing::error!("the shadow policy cannot be followed: {error}"),
        }
    };
    std::thread::Builder::new().name("shadow files".to_owned()).spawn(run)?;
    Ok(Following { _stop: stop })
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

fn look(shadow: &Shadow, handle: &Handle) {
    let status = handle.status().load();
    match status.last_failure.as_ref().filter(|_| status.failing) {
        Some(failure) => shadow.refuse(failure.findings.to_vec()),
        None => shadow.mend(),
    }
}
