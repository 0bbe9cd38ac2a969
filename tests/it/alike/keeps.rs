//! Those who keep a directory, behind the one seam that every edge asks: a folder, a zip, a database.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass::directory::postgres::Postgres;
use hallpass::directory::postgres::import::{Set, Wish, import};
use hallpass::directory::remote::{Handle, Remote, Settings};
use hallpass::live;
use hallpass::pdp::{Asking, Consistency, Pdp, Undecided, View};
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::Limits;
use hallpass::policy::search;
use hallpass::policy::source::Source;
use hallpass::reload::Config;
use hallpass::snapshot::{Builder, Files};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zip::write::SimpleFileOptions;

use super::questions::Question;
use crate::database::own;
use crate::support::{compile, path, sources, write};

/// The shipped policies with the probing application beside them.
fn policies() -> Vec<Source> {
    let named = |(folder, prefix): (&str, &str)| {
        let files = sources(&path(folder)).into_iter();
        files.map(|file| Source { name: format!("{prefix}{}", file.name).into(), ..file }).collect::<Vec<_>>()
    };
    [("policies", ""), ("tests/data/surfaces", "probe/")].into_iter().flat_map(named).collect()
}

/// The same, compiled.
pub(crate) fn policy() -> Policy {
    compile(&policies())
}

/// A database of its own with the schema, and a session with it.
pub(crate) struct Database {
    own: own::Database,
    sql: std::cell::RefCell<own::Sql>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let own = own::Database::migrated();
        let sql = own.connect().into();
        Self { own, sql }
    }

    /// Imports a set, whole or as changes, and says how far the log is then.
    pub(crate) fn import(&self, files: &[Source], delta: bool) -> Result<u64, String> {
        let names: Vec<Arc<str>> = files.iter().map(|file| Arc::clone(&file.name)).collect();
        let open = |name: &str| {
            let file = files.iter().find(|file| *file.name == *name).unwrap();
            Ok(Box::new(Cursor::new(Arc::clone(&file.bytes))) as Box<dyn Read>)
        };
        let set = Set { names: &names, open: &open, same: &|| Ok(()) };
        let wish = Wish { delta, accept_shrink: true };
        let imported = self.sql.borrow_mut().with(async |client| import(client, set, wish, &|_| ()).await);
        imported.map(|imported| u64::try_from(imported.sequence).unwrap()).map_err(|error| format!("{error:?}"))
    }
}

/// Somebody who keeps a directory.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    pdp: Arc<Pdp>,
    runtime: Runtime,
    _asking: Option<Handle>,
    _files: TempDir,
}

impl Kept {
    /// A folder.
    pub(crate) fn folder(files: &[Source]) -> Self {
        let folder = TempDir::new().unwrap();
        files.iter().for_each(|file| write(&folder.path().join("directory").join(&*file.name), &file.bytes));
        Self::read("the folder", folder, "directory")
    }

    /// A zip: packed if it is small.
    pub(crate) fn zip(files: &[Source]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut zip = zip::ZipWriter::new(File::create(folder.path().join("directory.zip")).unwrap());
        let small = files.iter().map(|file| file.bytes.len()).sum::<usize>() < 4_000_000;
        let method = if small { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
        for file in files {
            zip.start_file(&*file.name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(&file.bytes).unwrap();
        }
        zip.finish().unwrap();
        Self::read("the zip", folder, "directory.zip")
    }

    fn read(name: &'static str, folder: TempDir, directory: &str) -> Self {
        let to = folder.path().join("policies");
        policies().iter().for_each(|file| write(&to.join(&*file.name), &file.bytes));
        let config = Config::new(to, Some(folder.path().join(directory)));
        let (pdp, _) = live::open(config, Builder::new(vec!["user".to_owned()], None), Limits::default()).unwrap();
        Self { name, pdp, runtime: crate::running::runtime(), _asking: None, _files: folder }
    }

    /// A database that is asked, and followed.
    pub(crate) fn asked(database: &Database) -> Self {
        let target = hallpass::directory::postgres::connect::Target::new(&database.own.url(), None).unwrap();
        // Nothing here is about time: on a busy machine an answer may take long.
        let settings = Settings { load_deadline: std::time::Duration::from_secs(30), ..Settings::default() };
        let (remote, asking) = Remote::start(Postgres::new(target, 2), settings).unwrap();
        let policies = policies();
        let files = Files { revision: &"00000000000000aa".into(), files: &policies };
        let snapshot = Builder::new(vec!["user".to_owned()], None).build_alone(files, 1).unwrap();
        let runtime = crate::running::runtime();
        runtime.block_on(async { remote.frame_changes().wait_for(Option::is_some).await.map(drop).unwrap() });
        let pdp = Arc::new(Pdp::remote(snapshot, Limits::default(), remote));
        Self { name: "the database", pdp, runtime, _asking: Some(asking), _files: TempDir::new().unwrap() }
    }

    /// Waits until changes up to a number count.
    pub(crate) fn reach(&self, sequence: u64) {
        self.answers(&[], Day(20_000), &Consistency::AtLeast(sequence.to_string().into()));
    }

    /// The answers to questions, all on one day and from one moment's facts. What the directory can't say now is asked
    /// again: that is no answer.
    pub(crate) fn answers(&self, batch: &[Question], on: Day, consistency: &Consistency) -> Vec<String> {
        for _ in 0..100 {
            let asking = Asking { on: Some(on), consistency: consistency.clone(), ..Asking::default() };
            let run = |view: &View<'_>| batch.iter().map(|question| answer(view, question)).collect();
            match self.runtime.block_on(self.pdp.ask::<Vec<String>, Undecided>(asking, run)) {
                Ok(answers) => return answers,
                Err(Undecided::Unavailable(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("{} gives no answers", self.name);
    }
}

/// More results than these are not looked for.
const MOST: usize = 1_500;

impl Kept {
    /// Whom a question would be allowed to, and to what else of its type; sorted. `None` where there are too many, or
    /// where the directory says that it is too much to go through.
    pub(crate) fn searched(&self, question: &Question, on: Day) -> Option<[Vec<String>; 2]> {
        let subjects = self.pages(on, |view, page| view.subjects(&question.request(), page).map(Page::of))?;
        let resources = self.pages(on, |view, page| view.resources(&question.request(), page).map(Page::of))?;
        Some([subjects, resources])
    }

    fn pages(
        &self,
        on: Day,
        search: impl Fn(&View<'_>, search::Page) -> Result<Page, Undecided>,
    ) -> Option<Vec<String>> {
        let (mut results, mut after) = (Vec::new(), None);
        loop {
            let page = search::Page { after, limit: NonZeroUsize::new(100)?, visits: search::Page::VISITS };
            let asking = Asking { on: Some(on), ..Asking::default() };
            let Page { ids, next } = match self.runtime.block_on(self.pdp.ask(asking, |view| search(view, page))) {
                Ok(found) => found,
                Err(Undecided::Unavailable(_) | Undecided::Malformed(_)) => return None,
                Err(other) => panic!("{other}"),
            };
            results.extend(ids);
            after = next;
            if results.len() > MOST {
                return None;
            }
            if after.is_none() {
                results.sort();
                return Some(results);
            }
        }
    }
}

/// A page of ids, and where the next one begins.
struct Page {
    ids: Vec<String>,
    next: Option<search::Cursor>,
}

impl Page {
    fn of(found: search::Found<'_>) -> Self {
        Self { ids: found.results.into_iter().map(str::to_owned).collect(), next: found.next }
    }
}

/// The answer in words: the reason first, then by what; and for some questions why, or what else may be done.
fn answer(view: &View<'_>, question: &Question) -> Result<String, Undecided> {
    let decided = view.decide(&question.request());
    let told = match &decided {
        Ok(decision) => format!("{} {:?}", decision.reason.code(), decision.granted),
        Err(Undecided::Malformed(malformed)) => return Ok(format!("malformed {malformed}")),
        Err(other) => return Err(other.clone()),
    };
    Ok(match question.more {
        0 => format!("{told} {:?}", view.explain(&question.request())?),
        1 => format!("{told} {:?}", view.actions(&question.request())?),
        _ => told,
    })
}
