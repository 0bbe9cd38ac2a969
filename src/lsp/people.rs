//! How many people hold each role, by a directory: read once, aside, and told as soon as it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::directory::{Loaded, Roster};
use crate::live::Opened;
use crate::policy::source::Finding;
use crate::reload::read::Root;
use crate::reload::{self, Stream};

/// Holders of roles.
#[derive(Debug)]
pub(super) struct People {
    path: PathBuf,
    known: Arc<OnceLock<Result<Holders, String>>>,
}

/// Of each role, how many people hold it today, and how many at any time.
type Holders = BTreeMap<String, (usize, usize)>;

impl People {
    /// Begins to read a directory.
    pub(super) fn load(path: PathBuf) -> Self {
        let known = Arc::new(OnceLock::new());
        let (result, folder) = (Arc::clone(&known), path.clone());
        let read = move || result.set(holders(&folder).map_err(|finding| finding.to_string()));
        if let Err(error) = thread::Builder::new().name("lsp-people".to_owned()).spawn(move || _ = read()) {
            _ = known.set(Err(error.to_string()));
        }
        Self { path, known }
    }

    /// How many hold a role, in words.
    pub(super) fn of(&self, role: &str) -> String {
        let path = self.path.display();
        match self.known.get() {
            None => format!("{path} is still being read."),
            Some(Err(why)) => format!("{path} can't be used: {why}"),
            Some(Ok(holders)) => match holders.get(role) {
                None => format!("Nobody in {path} holds it."),
                Some((today, ever)) if today == ever => format!("{} in {path} today.", held_by(*today)),
                Some((today, ever)) => format!("{} in {path} today, {ever} at any time.", held_by(*today)),
            },
        }
    }
}

fn held_by(people: usize) -> String {
    match people {
        0 => "Held by nobody".to_owned(),
        1 => "Held by 1 person".to_owned(),
        several => format!("Held by {several} people"),
    }
}

#[expect(clippy::disallowed_methods, reason = "what is told is of the day on which it is asked")]
fn holders(path: &Path) -> Result<Holders, Finding> {
    let limits = reload::Config::new(path, None);
    let files = Stream::list(&Root::directory(path, limits.directory_bytes))?;
    let opened = Opened::new(&files)?;
    let read = Roster::read(&opened.names(), &|name| opened.open(name), &[]);
    let Loaded { roster, .. } = read.map_err(first)?;
    let today = Calendar::new(roster.time_zone().cloned().unwrap_or(TimeZone::UTC)).day(SystemTime::now());
    let mut people: BTreeMap<String, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for (user, assignment, _) in roster.assignments() {
        let (now, ever) = people.entry(assignment.role.to_string()).or_default();
        ever.insert(user);
        if assignment.period.contains(today) {
            now.insert(user);
        }
    }
    Ok(people.into_iter().map(|(role, (now, ever))| (role, (now.len(), ever.len()))).collect())
}

fn first(findings: Vec<Finding>) -> Finding {
    let nothing = crate::policy::source::Place { file: "orgs.csv".into(), line: 0, column: 0, width: 1 };
    findings.into_iter().next().unwrap_or_else(|| Finding::error(nothing, "the directory can't be read"))
}
