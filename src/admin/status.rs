//! What is being served and how it goes, as JSON: the facts of `hallpass.v1`'s Status.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::Admin;
use crate::caller::Caller;
use crate::credentials::Credentials;
use crate::directory::remote::State;
use crate::reload::status::StatusData;
use crate::telemetry::shadow::Figures;

/// The answer.
#[derive(Serialize)]
pub(super) struct Told {
    version: &'static str,
    policy_revision: String,
    directory_revision: String,
    generation: u64,
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reload: Option<Reload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Shadow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Followed>,
    directory: Directory,
}

#[derive(Serialize)]
struct Shadow {
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_revision: Option<String>,
    problems: Vec<String>,
    same: u64,
    gained: u64,
    lost: u64,
    dropped: u64,
}

#[derive(Serialize)]
struct Reload {
    loaded_at: Option<String>,
    checked_at: Option<String>,
    failing: bool,
    succeeded: u64,
    failed: u64,
    watching: bool,
    last_failure: Vec<String>,
}

#[derive(Serialize)]
struct Followed {
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_not_after: Option<String>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Directory {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Asked>,
}

#[derive(Serialize)]
struct Asked {
    ready: bool,
    connected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_ago_seconds: Option<f64>,
    hits: u64,
    misses: u64,
    unknown: u64,
    evictions: u64,
    entries: u64,
    bytes: u64,
    loads: u64,
    failed_loads: u64,
    late_loads: u64,
    turned_away: u64,
    changes: u64,
    reconnects: u64,
    last_error: String,
}

impl Told {
    /// As things are now.
    pub(super) fn of(admin: &Admin) -> Self {
        let view = admin.pdp.view(Caller::Nobody);
        let (directory_revision, time_zone) = admin.pdp.directory_now();
        let asked = admin.pdp.directory().map(|remote| remote.state());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            policy_revision: (*view.snapshot().policy_revision).to_owned(),
            directory_revision,
            generation: view.snapshot().generation,
            time_zone: time_zone.iana_name().unwrap_or_default().to_owned(),
            reload: admin.followed.as_ref().map(|status| reload(&status.load())),
            shadow: admin.pdp.telemetry().shadow().map(|shadow| shadowed(shadow.figures())),
            credentials: followed(&admin.credentials),
            directory: directory(asked),
        }
    }
}

fn reload(data: &StatusData) -> Reload {
    let findings = data.last_failure.iter().flat_map(|failure| failure.findings.iter());
    Reload {
        loaded_at: at(data.loaded_at),
        checked_at: at(data.last_check),
        failing: data.failing,
        succeeded: data.reloads_ok,
        failed: data.reloads_failed,
        watching: data.watching,
        last_failure: findings.map(ToString::to_string).collect(),
    }
}

fn shadowed(figures: Figures) -> Shadow {
    let Figures { revision, problems, same, gained, lost, dropped } = figures;
    let policy_revision = revision.map(|revision| revision.to_string());
    Shadow { policy_revision, problems, same, gained, lost, dropped }
}

fn followed(credentials: &Credentials) -> Option<Followed> {
    let tls = credentials.tls();
    let any = tls.is_some() || credentials.callers().is_some() || credentials.admin_key().is_some();
    any.then(|| Followed {
        certificate_not_after: tls.map(|tls| tls.not_after().to_string()),
        problems: credentials.problems().to_vec(),
    })
}

fn directory(asked: Option<State>) -> Directory {
    let kind = if asked.is_some() { "postgresql" } else { "files" };
    let asked = asked.map(|state| Asked {
        ready: state.ready,
        connected: state.connected,
        sequence: state.sequence,
        read_ago_seconds: state.read_ago.map(|ago| ago.as_secs_f64()),
        hits: state.hits,
        misses: state.misses,
        unknown: state.unknown,
        evictions: state.evictions,
        entries: state.entries,
        bytes: state.bytes,
        loads: state.loads,
        failed_loads: state.failed_loads,
        late_loads: state.late_loads,
        turned_away: state.turned_away,
        changes: state.changes,
        reconnects: state.reconnects,
        last_error: state.last_error.unwrap_or_default(),
    });
    Directory { kind, asked }
}

/// A time, where a calendar has it.
fn at(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|at| at.to_string())
}
