//! Every point of the source at which a fault can be brought about, each made to fail, to panic, to take long, and to take
//! longer than anybody waits, in a server that runs: `docs/faults.md` has in a table what is seen, and that is held here.

mod control;
mod credentials;
mod directory;
mod logs;
mod reloads;
mod requests;
mod surfaces;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::admin::page::{Page, whole};
use crate::asking::edges::ROUTES;
use crate::process::Process;
use crate::running::{exchange, runtime};
use crate::support::{copy, path, sources, write};
use control::{Control, Fault};
use surfaces::{All, At, Said};

/// What is seen under each fault, by the point.
type Table = BTreeMap<String, [String; 4]>;

/// How a point is written in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The call can fail, and holds up its thread.
    Call,
    /// It can't fail.
    Step,
    /// It can fail, and only its task waits.
    Task,
}

/// What the documentation calls a step's error.
const NEVER: &str = "cannot fail";

/// The points in the source.
fn points() -> BTreeMap<String, Kind> {
    let mut points = BTreeMap::new();
    for file in sources(&path("src")) {
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        for (call, kind) in
            [("fault::point(\"", Kind::Call), ("fault::stall(\"", Kind::Step), ("fault::wait(\"", Kind::Task)]
        {
            for name in text.split(call).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(points.insert(name.to_owned(), kind).is_none(), "{name} stands twice");
            }
        }
    }
    points
}

/// The table of a section of the documentation.
fn documented(section: &str) -> Table {
    let text = fs::read_to_string(path("docs/faults.md")).unwrap();
    let heading = format!("## {section}");
    let lines = text.lines().skip_while(|line| *line != heading).skip_while(|line| !line.starts_with("| --- ")).skip(1);
    let row = |line: &str| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [point, row @ ..] = <[String; 5]>::try_from(cells).unwrap();
        (point.trim_matches('`').to_owned(), row)
    };
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// The table of a section is what was seen.
fn hold(section: &str, seen: &Table) {
    let rows = seen.iter().map(|(point, row)| format!("| `{point}` | {} |\n", row.join(" | ")));
    assert!(
        documented(section) == *seen,
        "`docs/faults.md`, {section}, is not what is seen:\n{}",
        rows.collect::<String>()
    );
}

/// The points of a path.
fn of(path: &str) -> Vec<(String, Kind)> {
    points().into_iter().filter(|(name, _)| name.split('.').next() == Some(path)).collect()
}

#[test]
fn every_point_of_the_source_is_in_the_table_and_no_other() {
    let sections =
        ["Requests", "Accepting", "Reloading", "Certificates, callers and keys", "A directory that is a database"];
    let logs = ["The decision log, where a record is required", "The decision log, where it is not"];
    let documented: BTreeSet<String> =
        sections.into_iter().chain(logs).flat_map(|section| self::documented(section).into_keys()).collect();
    let source: BTreeSet<String> = points().into_keys().collect();
    assert_eq!(documented, source);
    for log in logs {
        assert_eq!(
            self::documented(log).into_keys().collect::<Vec<_>>(),
            of("log").into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        );
    }
}

/// A server whose points are told what happens, with files of its own.
struct Scene {
    server: Process,
    control: Arc<Control>,
    folder: TempDir,
}

impl Scene {
    /// With these flags beside those that say where its files are.
    fn start(flags: impl FnOnce(&dyn Fn(&str) -> String) -> Vec<String>) -> Self {
        Self::on(None, flags)
    }

    /// The same on another directory than the one among its files.
    fn on(directory: Option<String>, flags: impl FnOnce(&dyn Fn(&str) -> String) -> Vec<String>) -> Self {
        let (control, folder) = (Arc::new(Control::new()), TempDir::new().unwrap());
        copy(&path("policies"), &folder.path().join("policies"));
        copy(&path("examples/district"), &folder.path().join("directory"));
        write(&folder.path().join("policies/routes.yaml"), ROUTES);
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let directory = directory.unwrap_or_else(|| place("directory"));
        let own = ["--policies", &place("policies"), "--directory", &directory].map(str::to_owned);
        let admin = ["--admin-listen", "127.0.0.1:0", "--poll-seconds", "1"].map(str::to_owned);
        let flags: Vec<String> = own.into_iter().chain(admin).chain(flags(&place)).collect();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let mut server = Process::under(&["/usr/bin/env", &control.variable()], &flags);
        server.may_panic = true;
        Self { server, control, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn all(&self) -> All {
        runtime().block_on(surfaces::all(At::from(&self.server), None))
    }

    /// What Check says to the question that the rules allow.
    fn check(&self) -> Said {
        runtime().block_on(surfaces::one(At::from(&self.server), "Check"))
    }

    /// A metric without labels; none once the server has ended.
    fn metric(&self, name: &str) -> Option<u64> {
        let stream = std::net::TcpStream::connect(self.server.admin.unwrap()).ok()?;
        let answer = exchange(stream, "GET", "/metrics", &[], b"").ok()?;
        Some(whole(Page::read(&answer.text).value(name)))
    }

    /// Waits until something holds, or the server has ended: whether it runs.
    fn until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let mut runs = true;
        crate::secure::until(what, || {
            runs = self.server.runs();
            !runs || holds(self)
        });
        runs
    }

    /// The server has ended by itself, and says so.
    fn ended(&mut self) -> String {
        format!("ends with {}", self.server.ended().unwrap())
    }
}

/// What some surfaces say to the question that is allowed, in short; to the one that is denied nobody ever says more than
/// without a fault.
fn in_short(healthy: &All, under: &All, concerned: impl Fn(&str) -> bool) -> String {
    let mut outcomes = BTreeMap::<String, Vec<&str>>::new();
    for (surface, [allowed, denied]) in under.iter() {
        let [good, bad] = &healthy[surface];
        let outcome = match allowed {
            Said::None(code) => code.clone(),
            said @ Said::Answer(..) if said == good => "decided".to_owned(),
            Said::Answer(false, _) => "denied".to_owned(),
            Said::Answer(true, text) => panic!("{surface} makes something up: {text}, not {good:?}"),
        };
        match denied {
            Said::None(_) | Said::Answer(false, _) => {}
            said @ Said::Answer(true, _) => assert_eq!(said, bad, "{surface} lets somebody in"),
        }
        if concerned(surface) {
            outcomes.entry(outcome).or_default().push(surface);
        } else {
            assert_eq!(outcome, "decided", "{surface} is none of this point's");
        }
    }
    let several = outcomes.len() > 1;
    let told =
        outcomes.iter().map(
            |(outcome, surfaces)| {
                if several { format!("{outcome} ({})", surfaces.join(", ")) } else { outcome.clone() }
            },
        );
    told.collect::<Vec<_>>().join("; ")
}
