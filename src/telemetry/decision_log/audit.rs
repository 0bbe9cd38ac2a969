//! Questions of an auditor: who saw a student's records, what somebody did, who was refused. Lines are looked through as
//! bytes, and only those that may be an answer are read as JSON.

use jiff::Timestamp;
use memchr::memmem::Finder;
use serde::Deserialize;

use super::blocks::Block;
pub use super::blocks::{Logs, Unreadable};
use super::json;

/// Kinds of lists that show records.
const PLAN: &str = "plan";
const RESOURCES: &str = "resources";

/// What is looked for: all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The student that the record was about.
    pub student: Option<String>,
    /// Who asked.
    pub subject: Option<String>,
    /// The role that allowed it.
    pub role: Option<String>,
    /// Denials instead of what was allowed.
    pub denied: bool,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// A decision that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The line, as it stands in the log.
    pub line: String,
    /// What it says.
    pub entry: Entry,
}

/// A decision as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The number of the line.
    pub seq: u64,
    /// When.
    pub time: Timestamp,
    /// What was asked for.
    pub kind: String,
    /// The policy that decided.
    pub policy: String,
    /// The caller, where it has a name.
    pub caller: Option<String>,
    /// Who asked.
    pub subject: Named,
    /// What they wanted to do; empty for lists of actions.
    #[serde(default)]
    pub action: String,
    /// What they wanted to do it to.
    pub resource: Resource,
    /// `allow` or `deny`; `None` for lists.
    pub effect: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// So many results were found.
    pub found: Option<u64>,
    /// Which rows a plan lets through: `all`, `some` or `none`.
    pub rows: Option<String>,
    /// The role that allowed it.
    pub role: Option<String>,
    /// Where it is held.
    pub org: Option<String>,
    /// What for, as the request says.
    pub purpose: Option<String>,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// By id; empty where they are what is looked for.
    #[serde(default)]
    pub id: String,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Resource {
    /// Its type.
    pub r#type: String,
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// The student that it is about.
    pub student: Option<String>,
}

/// How a search through logs went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Decisions that were found.
    pub hits: u64,
    /// Lists that name no student and may have shown any: plans, searches. Of the same subject and time.
    pub lists: u64,
    /// Decisions that are missing in that time, as the log says.
    pub missing: u64,
    /// Lines that might have been answers, and can't be read.
    pub unreadable: u64,
}

/// Looks through logs; hits are handed over in the order of the lines. `progress` is told of bytes.
///
/// # Errors
/// A log can't be read, or what is done with a hit fails.
pub fn search<E: From<Unreadable>>(
    logs: &Logs,
    filter: &Filter,
    progress: &mut dyn FnMut(u64),
    mut take: impl FnMut(Hit) -> Result<(), E>,
) -> Result<Tally, E> {
    let needles = Needles::new(filter);
    let mut tally = Tally::default();
    logs.each(
        |block| found(block, filter, &needles),
        progress,
        |_, found| {
            tally.lists += found.lists;
            tally.missing += found.missing;
            tally.unreadable += found.unreadable;
            tally.hits += found.hits.len() as u64;
            found.hits.into_iter().try_for_each(&mut take)
        },
    )?;
    Ok(tally)
}

/// What a line must have to be looked at, as bytes.
#[derive(Debug)]
struct Needles {
    hits: Finder<'static>,
    /// Lists, which are counted where a student is looked for.
    lists: Vec<Finder<'static>>,
    gaps: Finder<'static>,
}

impl Needles {
    fn new(filter: &Filter) -> Self {
        let Filter { student, subject, role, denied, .. } = filter;
        let hits = match (student, subject, role) {
            (Some(student), ..) => member("student", student),
            (None, Some(subject), _) => member("id", subject),
            (None, None, Some(role)) => member("role", role),
            (None, None, None) if *denied => member("effect", "deny"),
            (None, None, None) => member("line", "decision"),
        };
        let lists = if student.is_some() && !denied { [PLAN, RESOURCES].as_slice() } else { &[] };
        Self { hits, lists: lists.iter().map(|kind| member("kind", kind)).collect(), gaps: member("line", "gap") }
    }
}

/// A member as it stands in a line.
fn member(name: &str, value: &str) -> Finder<'static> {
    let mut written = Vec::new();
    json::text(name, &mut written);
    written.push(b':');
    json::text(value, &mut written);
    Finder::new(&written).into_owned()
}

/// What one block came to.
#[derive(Default)]
struct Found {
    hits: Vec<Hit>,
    lists: u64,
    missing: u64,
    unreadable: u64,
}

fn found(block: Block<'_>, filter: &Filter, needles: &Needles) -> Found {
    let mut found = Found::default();
    for line in lines(block.text, &needles.hits) {
        match read(line) {
            Some((line, entry)) if filter.fits(&entry) => found.hits.push(Hit { line: line.to_owned(), entry }),
            Some(_) => {}
            None => found.unreadable += 1,
        }
    }
    for line in needles.lists.iter().flat_map(|lists| self::lines(block.text, lists)) {
        let fits = |(_, entry): &(&str, Entry)| entry.resource.student.is_none() && filter.fits_list(entry);
        found.lists += u64::from(read(line).is_some_and(|entry| fits(&entry)));
    }
    for line in lines(block.text, &needles.gaps) {
        let gap = serde_json::from_slice::<Gap>(line).ok().filter(|gap| filter.overlaps(gap));
        found.missing += gap.map_or(0, |gap| gap.missing);
    }
    found
}

fn read(line: &[u8]) -> Option<(&str, Entry)> {
    let line = std::str::from_utf8(line).ok()?;
    Some((line, serde_json::from_str(line).ok()?))
}

/// The lines that have something in them.
fn lines<'t>(text: &'t [u8], needle: &Finder<'_>) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = needle.find(rest)?;
        let (before, behind) = rest.split_at_checked(at)?;
        let begin = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let length = memchr::memchr(b'\n', behind).unwrap_or(behind.len());
        let line = rest.get(begin..at + length)?;
        rest = rest.get((at + length + 1).min(rest.len())..)?;
        Some(line)
    })
}

/// Decisions that are missing.
#[derive(Deserialize)]
struct Gap {
    missing: u64,
    since: Timestamp,
    time: Timestamp,
}

impl Filter {
    /// Whether a decision is what is looked for.
    #[must_use]
    pub fn fits(&self, entry: &Entry) -> bool {
        let same =
            |wanted: &Option<String>, given: Option<&str>| wanted.as_deref().is_none_or(|one| given == Some(one));
        let came = if self.denied { entry.effect.as_deref() == Some("deny") } else { entry.shows() };
        came && same(&self.student, entry.resource.student.as_deref())
            && same(&self.subject, Some(&entry.subject.id))
            && same(&self.role, entry.role.as_deref())
            && self.is_within(entry.time)
    }

    fn fits_list(&self, entry: &Entry) -> bool {
        let subject = self.subject.as_ref().is_none_or(|subject| *subject == entry.subject.id);
        subject && entry.shows() && self.is_within(entry.time)
    }

    fn is_within(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }

    fn overlaps(&self, gap: &Gap) -> bool {
        self.from.is_none_or(|from| from <= gap.time) && self.to.is_none_or(|to| gap.since < to)
    }
}

impl Entry {
    /// Whether it let somebody see something: an allow, rows of a table, ids of records. What somebody may do, and who
    /// may do something, shows no record.
    #[must_use]
    pub fn shows(&self) -> bool {
        let rows = self.rows.as_deref().is_some_and(|rows| rows != "none");
        let found = self.kind == RESOURCES && self.found.is_some_and(|found| found > 0);
        self.effect.as_deref() == Some("allow") || rows || found
    }
}
