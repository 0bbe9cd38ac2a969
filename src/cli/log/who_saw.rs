//! `log who-saw`: an auditor's questions, a line an answer.

use std::io::{self, Write};
use std::path::PathBuf;

use indicatif::HumanCount;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::Exit;
use crate::cli::format::Format;
use crate::cli::progress::Progress;
use crate::telemetry::decision_log::audit::{Entry, Filter, Hit, Logs, Tally, Unreadable, search};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The files of one log, in any order
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    /// The student whose records they were
    #[arg(long, value_name = "ID")]
    student: Option<String>,
    /// Who saw them
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// The role that allowed it
    #[arg(long, value_name = "ROLE", conflicts_with = "denied")]
    role: Option<String>,
    /// Who was refused, instead of who was allowed
    #[arg(long)]
    denied: bool,
    /// From then on: a day of UTC, or a time such as 2026-09-01T08:00:00-07:00
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Until before then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
    /// How to write them; as JSON: the lines as they stand in the log
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, hide = true)]
    json: bool,
}

/// Why it ends early.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Read(#[from] Unreadable),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Searches.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let Args { logs, student, subject, role, denied, from, to, json, format } = args.clone();
    let json = json || format == Format::Json;
    let (logs, filter) = (Logs::open(&logs)?, Filter { student, subject, role, denied, from, to });
    let progress = Progress::new(logs.bytes());
    let write = |Hit { line, entry }: Hit| {
        let told = if json { writeln!(out, "{line}") } else { writeln!(out, "{}", told(&entry)) };
        told.map_err(Ended::from)
    };
    let tally = match search(&logs, &filter, &mut |bytes| progress.add(bytes), write) {
        Ok(tally) => tally,
        Err(Ended::Read(error)) => return Err(error.into()),
        Err(Ended::Write(error)) => return Err(error.into()),
    };
    drop(progress);
    if !json {
        write!(out, "{}", summary(&tally))?;
    }
    Ok(Exit::Success)
}

/// A decision on a line: when, who, what, to what, and how it came out.
fn told(entry: &Entry) -> String {
    let Entry { time, kind, subject, action, resource, .. } = entry;
    let mut text = format!("{time:.3}  {}  {action}  {}", plain(&subject.id), plain(&resource.r#type));
    if !resource.id.is_empty() {
        text += &format!("  {}", plain(&resource.id));
    }
    let named = [("student", &resource.student), ("as", &entry.role), ("at", &entry.org), ("by", &entry.caller)];
    let came = entry.effect.as_deref().unwrap_or(kind);
    text += &format!("  {came}");
    if let Some(reason) = entry.reason.as_deref().filter(|reason| *reason != "granted") {
        text += &format!("  {reason}");
    }
    for (what, name) in named.into_iter().chain([("for", &entry.purpose)]) {
        if let Some(name) = name {
            text += &format!("  {what} {}", plain(name));
        }
    }
    text
}

/// A text that moves no cursor, whatever is in it.
fn plain(text: &str) -> String {
    text.escape_debug().to_string()
}

fn summary(tally: &Tally) -> String {
    let Tally { hits, lists, missing, unreadable } = *tally;
    let mut text = format!("{} decision{}\n", HumanCount(hits), if hits == 1 { "" } else { "s" });
    for (count, what) in [
        (lists, "plans and searches of that time name no student and may have shown this one"),
        (missing, "decisions of that time are missing, as the log itself says"),
        (unreadable, "lines can't be read: `hallpass log verify` names them"),
    ] {
        if count > 0 {
            text += &format!("{} {what}\n", HumanCount(count));
        }
    }
    text
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    if let Ok(day) = text.parse::<Date>()
        && text.len() == 10
        && let Ok(begin) = day.to_zoned(TimeZone::UTC)
    {
        return Ok(begin.timestamp());
    }
    text.parse()
        .map_err(|_malformed| "write a day as YYYY-MM-DD, or a time with its offset, such as 2026-09-01T08:00:00Z")
}
