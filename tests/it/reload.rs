//! Live files, followed by a reloader whose "snapshot" is the text of all files. Outcomes are awaited, never slept for;
//! the limits only bound how long a failing test takes.

mod changes;
mod ends;
mod reading;
mod refusals;
mod whole;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass::policy::source::{Finding, Place, Source};
use hallpass::reload::status::StatusData;
use hallpass::reload::{Config, Handle, Reloader, Sets, Stream, load_once};
use tempfile::TempDir;

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(20);
/// Longer than any test runs: what is set to it never happens in one.
const NEVER: Duration = Duration::from_secs(3600);

/// How changes are found.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Watched,
    Polled,
}

const MODES: [Mode; 2] = [Mode::Watched, Mode::Polled];

impl Mode {
    fn config(self, policies: &Path, directory: Option<PathBuf>) -> Config {
        let (watch, poll) = match self {
            Self::Watched => (true, NEVER),
            Self::Polled => (false, Duration::from_millis(50)),
        };
        Config { watch, poll, rehash: NEVER, ..Config::new(policies, directory) }
    }
}

/// The texts that were published, the last one live.
type Shown = Arc<Mutex<Vec<String>>>;

struct Server {
    handle: Handle,
    shown: Shown,
}

impl Server {
    fn start(config: Config) -> Self {
        let (first, reloader) = load_once(config, build).expect("the first set is good");
        Self::follow(first, reloader)
    }

    fn follow<B>(first: String, reloader: Reloader<B>) -> Self
    where
        B: FnMut(Sets) -> Result<String, Vec<Finding>> + Send + 'static,
    {
        let shown = Shown::new(Mutex::new(vec![first]));
        let to = Arc::clone(&shown);
        let handle = reloader.spawn(move |text| to.lock().unwrap().push(text)).expect("a thread starts");
        Self { handle, shown }
    }

    fn until(&self, what: &str, fits: impl FnMut(&StatusData) -> bool) -> Arc<StatusData> {
        let state = self.handle.status().wait_for(LIMIT, fits);
        state.unwrap_or_else(|late| panic!("{what}: {late}; live: {}, state: {:?}", self.live(), late.last))
    }

    fn shows(&self, text: &str, what: &str) {
        self.until(&format!("{what}: expected `{text}`"), |_| self.live() == text);
    }

    fn live(&self) -> String {
        self.shown.lock().unwrap().last().unwrap().clone()
    }

    /// Waits for two whole checks: one may have begun before this was called, the other has not.
    fn after_a_check(&self) -> Arc<StatusData> {
        let before = self.handle.status().load().checks;
        self.handle.reload_now();
        self.handle.reload_now();
        self.until("two checks", |state| state.checks >= before + 2)
    }
}

/// The contents of all files, those of the directory after a slash. `refuse` anywhere is an error, `panic` a fault.
fn build(sets: Sets) -> Result<String, Vec<Finding>> {
    let directory = sets.directory.map_or(Ok(String::new()), |set| people(&set.files))?;
    let text = text(&sets.policies.files) + &directory;
    assert!(!text.contains("panic"), "asked for");
    if text.contains("refuse") {
        let place = Place { file: "x.yaml".into(), line: 1, column: 1, width: 6 };
        return Err(vec![Finding::error(place, format!("`{text}` is refused"))]);
    }
    Ok(text)
}

/// The contents of a directory's files after a slash.
fn people(files: &Stream) -> Result<String, Vec<Finding>> {
    let place = |name: &str| Place { file: name.into(), line: 0, column: 0, width: 1 };
    let text = |(name, _): (&str, u64)| {
        let text = files.open(name).and_then(std::io::read_to_string);
        text.map_err(|error| vec![Finding::error(place(name), error.to_string())])
    };
    let texts = files.read(|files| files.files().map(text).collect::<Result<Vec<_>, _>>());
    Ok(format!("/{}", texts.map_err(|changed| vec![changed.into()])??.join("|")))
}

fn text(files: &[Source]) -> String {
    files.iter().map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).collect::<Vec<_>>().join("|")
}

/// A folder for one test with `policies/x.yaml` in it.
fn scene(content: &str) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let policies = root.path().join("policies");
    write(&policies.join("x.yaml"), content);
    (root, policies)
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Replaces a file as most editors do.
fn replace(path: &Path, content: &str) {
    let new = path.with_file_name(".new");
    write(&new, content);
    fs::rename(new, path).unwrap();
}

fn relink(target: &Path, link: &Path) {
    let new = link.with_file_name("..link");
    symlink(target, &new).unwrap();
    fs::rename(new, link).unwrap();
}

/// Publishes files into a folder as a kubelet does for a ConfigMap: a new version beside the old one, one swap of
/// `..data`, links for new names, the old version removed.
pub(crate) fn publish(folder: &Path, version: &str, files: &[(String, String)]) {
    let old = fs::read_link(folder.join("..data")).ok();
    let name = format!("..{version}");
    for (file, content) in files {
        write(&folder.join(&name).join(file), content);
    }
    relink(Path::new(&name), &folder.join("..data"));
    for (file, _) in files.iter().filter(|(file, _)| !folder.join(file).is_symlink()) {
        symlink(Path::new("..data").join(file), folder.join(file)).unwrap();
    }
    if let Some(old) = old {
        fs::remove_dir_all(folder.join(old)).unwrap();
    }
}
