//! `--watch`: the files are followed as a server follows them, and each change is a round. Files that are refused are told,
//! and waited for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;

use super::{Format, Job};
use crate::cli::Exit;
use crate::cli::here::Here;
use crate::cli::load::{self, Refused};
use crate::live;
use crate::policy::source::Finding;
use crate::reload::status::StatusData;
use crate::reload::{self, Handle};
use crate::snapshot::Snapshot;

/// How often it is made sure that somebody still follows the files.
const LIVENESS: Duration = Duration::from_secs(1);

/// What the files came to: a snapshot, or what is wrong with them.
type Read = Result<Snapshot, Vec<Finding>>;
/// The last that was not looked at yet.
type Slot = Arc<Mutex<Option<Read>>>;

/// Asks now and at each change, until nobody reads what is written.
pub(super) fn run(job: &Job, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (first, handle, slot) = follow(job)?;
    let (mut read, mut here) = (Some(first), None);
    let mut seen = handle.status().load();
    loop {
        if let Some(read) = read.take() {
            round(job, read, &mut here, out)?;
        }
        let next = changed(&handle, &seen)?;
        read = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        match unreadable(&next) {
            Some(findings) => {
                trouble(job, &told(job, findings.to_vec()), out)?;
                end(job, out)?;
            }
            // They can be read again, and are as they were.
            None if read.is_none() => again(job, here.as_ref(), out)?,
            None => {}
        }
        seen = next;
    }
}

/// Reads the files, and follows them from now on. Whatever is wrong with what they say is an outcome like any other.
fn follow(job: &Job) -> anyhow::Result<(Read, Handle, Slot)> {
    let mut builder = load::builder(&job.folders);
    let build = move |sets: reload::Sets| Ok(live::build(&mut builder, sets));
    let (first, reloader) = reload::load_once(load::files(&job.folders), build)
        .map_err(|findings| Refused(load::located(&job.folders, findings)))?;
    let slot = Slot::default();
    let to = Arc::clone(&slot);
    let publish = move |read| *to.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
    Ok((first, reloader.spawn(publish)?, slot))
}

/// One round. What keeps it from being asked is told, and may change too.
fn round(job: &Job, read: Read, here: &mut Option<Here>, out: &mut impl Write) -> anyhow::Result<()> {
    match read {
        Err(findings) => trouble(job, &told(job, findings), out)?,
        Ok(snapshot) => match asked(job, snapshot, here, out) {
            Ok(()) => {}
            Err(error) if error.downcast_ref::<io::Error>().is_some() => return Err(error),
            Err(error) => trouble(job, &format!("{error:#}"), out)?,
        },
    }
    Ok(end(job, out)?)
}

/// The same round once more, where there was one.
fn again(job: &Job, here: Option<&Here>, out: &mut impl Write) -> anyhow::Result<()> {
    if let Some(here) = here {
        job.round(here, out)?;
        end(job, out)?;
    }
    Ok(())
}

/// Parts a round from the next by an empty line, or, for programs, by nothing: each is a line.
fn end(job: &Job, out: &mut impl Write) -> io::Result<()> {
    if job.format == Format::Human {
        writeln!(out)?;
    }
    out.flush()
}

fn asked(job: &Job, snapshot: Snapshot, here: &mut Option<Here>, out: &mut impl Write) -> anyhow::Result<()> {
    let open = match here.take() {
        Some(open) => {
            open.renew(snapshot);
            open
        }
        None => Here::of(snapshot, &job.folders)?,
    };
    job.round(here.insert(open), out).map(|_| ())
}

fn told(job: &Job, findings: Vec<Finding>) -> String {
    Refused(load::located(&job.folders, findings)).to_string()
}

fn trouble(job: &Job, told: &str, out: &mut impl Write) -> io::Result<()> {
    match job.format {
        Format::Json => writeln!(out, "{}", serde_json::json!({"error": told})),
        Format::Human | Format::Junit => writeln!(out, "error: {told}"),
    }
}

/// Waits until other files were read, or the reason for which they can't be is another.
fn changed(handle: &Handle, seen: &StatusData) -> anyhow::Result<Arc<StatusData>> {
    loop {
        let other = |now: &StatusData| now.generation != seen.generation || unreadable(now) != unreadable(seen);
        match handle.status().wait_for(LIVENESS, other) {
            Ok(now) => return Ok(now),
            Err(_quiet) => ensure!(handle.is_running(), "the files are no longer followed"),
        }
    }
}

/// Why the files can't be read, where they can't.
fn unreadable(status: &StatusData) -> Option<&[Finding]> {
    status.last_failure.as_ref().filter(|_| status.failing).map(|failure| &*failure.findings)
}
