//! `directory check`: everything that is wrong with a directory or looks wrong in it, by kind, and what it holds.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::HumanCount;
use serde_json::json;

use crate::cli::findings::{Findings, Format, name};
use crate::cli::progress::Progress;
use crate::cli::{Exit, load, look};
use crate::directory::{Kind, Roster, Tally};
use crate::live::Opened;
use crate::policy::compiled::Policy;
use crate::policy::facts::OrgKind;
use crate::policy::source::Finding;
use crate::reload::Stream;
use crate::snapshot::{held, no_zone};

/// How often the files are gone through: once as they are loaded, once for what looks wrong.
const READINGS: u64 = 2;
/// Findings of a kind that are shown.
const SHOWN: usize = 5;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of OneRoster CSV files, or a zip of them
    #[arg(value_name = "DIR|ZIP")]
    directory: PathBuf,
    /// Look at role assignments too: whether each role exists, and is held where it counts
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
    /// List every finding, and not the first few of each kind
    #[arg(long)]
    all: bool,
    /// How to write findings
    #[arg(long, value_enum, default_value_t = Format::Drawn)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

/// Checks.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = args.policies.as_deref().map(load::policy).transpose()?;
    let stream = load::directory(&args.directory)?;
    let tally = RefCell::new(Tally::new(if args.all { usize::MAX } else { SHOWN }));
    let held = check(&stream, policy.as_ref(), &tally);
    let tally = tally.into_inner();
    let findings = listed(&args.directory, &stream, &tally);
    let (errors, warnings) = tally.counts();
    match args.format {
        Format::Json => writeln!(out, "{}", to_json(&tally, &findings, held.as_ref()))?,
        Format::Plain => write!(out, "{}", findings.plain())?,
        Format::Drawn => write!(out, "{}", findings.drawn(args.look.paint(terminal).is_on()))?,
    }
    if args.format != Format::Json {
        write!(out, "{}", table(&tally))?;
        if let Some(held) = &held {
            writeln!(out, "\n{}", held.told())?;
        }
        writeln!(out, "{}, {}", counted(errors, "error"), counted(warnings, "warning"))?;
    }
    Ok(if errors == 0 { Exit::Success } else { Exit::Failure })
}

/// What a directory that can be loaded holds.
struct Totals {
    people: usize,
    students: usize,
    schools: usize,
    sections: usize,
    enrolments: usize,
    roles: usize,
    records: usize,
}

impl Totals {
    fn of(roster: &Roster) -> Self {
        use crate::policy::census::Census;
        let counts = roster.counts();
        let students = (0..roster.users()).filter(|row| roster.user_at(*row).is_some_and(|user| user.person.student));
        let is_school = |row: &u32| roster.org_at(*row).is_some_and(|org| org.kind == OrgKind::School);
        Self {
            people: counts.people,
            students: students.count(),
            schools: (0..Census::orgs(roster)).filter(is_school).count(),
            sections: counts.sections,
            enrolments: counts.enrolments,
            roles: counts.assignments,
            records: counts.records,
        }
    }

    fn named(&self) -> [(&'static str, usize); 7] {
        [
            ("people", self.people),
            ("students", self.students),
            ("schools", self.schools),
            ("sections", self.sections),
            ("enrolments", self.enrolments),
            ("roles held", self.roles),
            ("records", self.records),
        ]
    }

    fn told(&self) -> String {
        let told = self.named().map(|(what, count)| format!("{} {what}", HumanCount(count as u64)));
        told.join(", ")
    }
}

/// Goes through a directory; what it holds, where it can be loaded.
fn check(stream: &Stream, policy: Option<&Policy>, tally: &RefCell<Tally>) -> Option<Totals> {
    let declared = policy.map_or([].as_slice(), Policy::subject_properties);
    let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
    let read = |stream: &Stream| {
        let files = Opened::new(stream)?;
        let progress = Progress::new(READINGS * files.files().map(|(_, size)| size).sum::<u64>());
        let open = |name: &str| files.open(name).map(|file| progress.watch(file));
        let roster = Roster::check(&files.names(), &open, &declared, tally);
        drop(progress);
        Ok(roster)
    };
    let roster = match stream.read(read).map_err(Finding::from) {
        Ok(Ok(roster)) => roster?,
        Ok(Err(refused)) | Err(refused) => {
            tally.borrow_mut().add(refused);
            return None;
        }
    };
    let review = policy.map(|policy| policy.review(held(&roster))).unwrap_or_default();
    let zone = roster.time_zone().is_none().then(no_zone);
    review.into_iter().chain(zone).for_each(|finding| tally.borrow_mut().add(finding));
    Some(Totals::of(&roster))
}

/// The findings that are shown, with the lines that they are about. The last of each kind says how many more there are.
fn listed(directory: &Path, stream: &Stream, tally: &Tally) -> Findings {
    let mut findings = Findings::default();
    let shown: Vec<Finding> = tally.kinds().flat_map(shown).collect();
    match Opened::new(stream) {
        Ok(files) => findings.add_read(directory, &|name| files.open(name), shown),
        Err(_) => findings.add(directory.parent().unwrap_or(directory), &[], shown),
    }
    findings
}

fn shown(kind: &Kind) -> Vec<Finding> {
    let mut shown = kind.findings.clone();
    let more = kind.count - shown.len();
    if let Some(last) = shown.last_mut()
        && more > 0
    {
        let told = format!("{} more like this: `--all` lists them", HumanCount(more as u64));
        last.help = Some(last.help.take().map_or_else(|| told.clone(), |help| format!("{help}; {told}")));
    }
    shown
}

/// The rows of each file.
fn table(tally: &Tally) -> String {
    let mut rows = vec![["file", "rows", "deleted", "skipped"].map(str::to_owned)];
    rows.extend(tally.rows().iter().map(|(file, rows)| {
        let [read, deleted, skipped] =
            [rows.read, rows.deleted, rows.skipped].map(|count| HumanCount(count).to_string());
        [file.to_string(), read, deleted, skipped]
    }));
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.len())).max().unwrap_or_default();
    let widths = [0, 1, 2, 3].map(width);
    let line = |[file, read, deleted, skipped]: &[String; 4]| {
        let [a, b, c, d] = widths;
        format!("{file:<a$}  {read:>b$}  {deleted:>c$}  {skipped:>d$}\n")
    };
    rows.iter().map(line).collect()
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{} {what}s", HumanCount(count as u64)),
    }
}

fn to_json(tally: &Tally, findings: &Findings, held: Option<&Totals>) -> serde_json::Value {
    let (errors, warnings) = tally.counts();
    let kind = |kind: &Kind| {
        let first = kind.findings.first()?;
        let file = &*first.place.file;
        let (count, listed) = (kind.count, kind.findings.len());
        Some(
            json!({"severity": name(first.severity), "file": file, "message": first.message, "count": count, "listed": listed}),
        )
    };
    let rows = tally.rows().iter().map(|(file, rows)| {
        let rows = json!({"rows": rows.read, "deleted": rows.deleted, "skipped": rows.skipped});
        (file.to_string(), rows)
    });
    let holds = held.map(|held| held.named().map(|(what, count)| (what.replace(' ', "_"), json!(count))));
    json!({
        "findings": findings.json(), "errors": errors, "warnings": warnings,
        "kinds": tally.kinds().filter_map(kind).collect::<Vec<_>>(),
        "files": rows.collect::<serde_json::Map<_, _>>(),
        "holds": holds.map(|holds| holds.into_iter().collect::<serde_json::Map<_, _>>()),
    })
}
