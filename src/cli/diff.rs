//! `diff`: what changes between two policy sets, each line with a request on which they really differ.

mod json;
mod progress;
mod revision;
mod text;

use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::bail;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use jiff::tz::TimeZone;

use super::{Exit, load};
use crate::calendar::Calendar;
use crate::config::Directory;
use crate::directory::{Loaded, Roster};
use crate::live::{Opened, located};
use crate::policy::compare::{Affected, Comparison};
use crate::policy::compiled::{Compiled, Policy};
use crate::policy::day::Day;
use crate::policy::source::Finding;
use crate::reload::Stream;
use progress::Progress;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 where no decision changes, 3 where some do, 1 where the sets can't be compared.\n\n\
    A revision is read by `git` in the folder where this runs; the folder in it counts from the top of the repository.\n\
    `hallpass diff main:policies policies` shows what the working copy changes."
)]
pub(super) struct Args {
    /// The policy set as it was: a folder, or REVISION:FOLDER for what a git revision has there, as in `HEAD~1:policies`
    #[arg(value_name = "OLD")]
    before: String,
    /// The policy set as it is to be: a folder, or REVISION:FOLDER
    #[arg(value_name = "NEW")]
    after: String,
    /// Say which people gain or lose something, by a folder of OneRoster CSV files or a zip of them
    #[arg(long, value_name = "DIR|ZIP", value_parser = OsStringValueParser::new().map(Directory::from))]
    directory: Option<Directory>,
    /// List everybody, and not the first few
    #[arg(long)]
    all: bool,
    /// Ask as if this were the day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    on: Option<Day>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people
    Human,
    /// Markdown, for a comment on a pull request
    Markdown,
    /// One JSON object
    Json,
}

/// What there is to tell.
struct Told<'c> {
    before: &'c str,
    after: &'c str,
    comparison: &'c Comparison<'c>,
    day: Day,
    /// Whom the changes touch, where a directory was named.
    people: Option<Vec<Affected>>,
    all: bool,
}

fn day(text: &str) -> Result<Day, &'static str> {
    Day::parse(text).ok_or("write a day of the calendar as YYYY-MM-DD")
}

/// Compares.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (before, after) = (policy(&args.before)?, policy(&args.after)?);
    let roster = match &args.directory {
        None => None,
        Some(Directory::Files(path)) => Some(roster(&load::directory(path)?, path, [&before, &after])?),
        Some(Directory::Database(_)) => {
            bail!("people are found in files: name the folder or the zip that the database was imported from")
        }
    };
    let zone = roster.as_ref().and_then(Roster::time_zone).cloned().unwrap_or(TimeZone::UTC);
    let day = args.on.unwrap_or_else(|| today(zone));
    let mut progress = Progress::counting("roles");
    let comparison = before.compare(&after, day, &mut |done, all| progress.at(done, all));
    drop(progress);
    let mut progress = Progress::counting("people");
    let people = roster.map(|roster| comparison.people(&roster, &mut |done, all| progress.at(done, all)));
    drop(progress);
    let told = Told { before: &args.before, after: &args.after, comparison: &comparison, day, people, all: args.all };
    match args.format {
        Format::Human => write!(out, "{}", text::human(&told))?,
        Format::Markdown => write!(out, "{}", text::markdown(&told))?,
        Format::Json => writeln!(out, "{}", json::json(&told))?,
    }
    Ok(if comparison.is_empty() { Exit::Success } else { Exit::Changes })
}

#[expect(clippy::disallowed_methods, reason = "the day on which a command runs is read once")]
fn today(zone: TimeZone) -> Day {
    Calendar::new(zone).day(SystemTime::now())
}

/// A policy set by the name of a folder or of a revision.
fn policy(named: &str) -> anyhow::Result<Policy> {
    let folder = PathBuf::from(named);
    let files = match revision::Revision::of(named).filter(|_| !folder.exists()) {
        Some(revision) => revision.files()?,
        None => load::policies(&folder)?,
    };
    let compiled = Policy::compile(&files);
    let compiled = compiled.map(|Compiled { policy, .. }| policy);
    compiled.map_err(|findings| load::Refused(load::below(&folder, findings)).into())
}

/// A roster with the properties that either policy asks for.
fn roster(stream: &Stream, path: &std::path::Path, policies: [&Policy; 2]) -> anyhow::Result<Roster> {
    let mut declared: Vec<&str> =
        policies.iter().flat_map(|policy| policy.subject_properties()).map(String::as_str).collect();
    declared.sort_unstable();
    declared.dedup();
    let read = |stream: &Stream| {
        let files = Opened::new(stream).map_err(|finding| vec![finding])?;
        let progress = Progress::reading(files.files().map(|(_, size)| size).sum::<u64>());
        let open = |name: &str| files.open(name).map(|file| progress.watch(file));
        Roster::read(&files.names(), &open, &declared)
    };
    let loaded = stream.read(read).map_err(|error| vec![Finding::from(error)]).and_then(|loaded| loaded);
    let loaded = loaded.map(|Loaded { roster, .. }| roster);
    loaded.map_err(|findings| load::Refused(located(path, path, findings)).into())
}
