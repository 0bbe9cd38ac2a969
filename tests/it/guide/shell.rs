//! A shell in a folder, in which `hallpass` is the built command.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::page::{self, are_lines_as};

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// A shell, with what it started in the background: that ends with it.
pub(crate) struct Shell {
    folder: PathBuf,
    commands: TempDir,
    background: Vec<Child>,
}

impl Shell {
    pub(crate) fn new(folder: &Path) -> Self {
        let commands = tempfile::tempdir().unwrap();
        symlink(env!("CARGO_BIN_EXE_hallpass"), commands.path().join("hallpass")).unwrap();
        Self { folder: folder.to_owned(), commands, background: Vec::new() }
    }

    /// Runs a line: what it prints, wherever to. One that ends with ` &` goes on, until the socket that it names is there. What a
    /// server is asked is asked again until its answer is the one that is shown: it follows files in its own time.
    pub(crate) fn run(&mut self, command: &page::Command) -> String {
        if let Some(line) = command.typed.strip_suffix(" &") {
            return self.start(line);
        }
        let shown: Vec<&str> = command.shown.iter().map(String::as_str).collect();
        let end = Instant::now() + LIMIT;
        loop {
            let printed = self.printed(&command.typed);
            let is_answer = are_lines_as(&printed.lines().collect::<Vec<_>>(), &shown);
            if is_answer || !command.typed.contains("--server ") || Instant::now() > end {
                return printed;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn bash(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.commands.path().display());
        command.args(["-c", line]).current_dir(&self.folder).env_clear().env("PATH", path).env("COLUMNS", "110");
        command.env("HALLPASS_GRPC_LISTEN", "127.0.0.1:0").env("HALLPASS_HTTP_LISTEN", "127.0.0.1:0");
        command
    }

    fn printed(&self, line: &str) -> String {
        let output = self.bash(&format!("{{ {line}; }} 2>&1")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(&mut self, line: &str) -> String {
        let child = self.bash(&format!("exec {line}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.background.push(child);
        let end = Instant::now() + LIMIT;
        while !line.split(' ').any(|word| word.ends_with(".sock") && self.folder.join(word).exists()) {
            assert!(Instant::now() < end, "{line}");
            std::thread::sleep(Duration::from_millis(5));
        }
        String::new()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for child in &mut self.background {
            _ = child.kill();
            _ = child.wait();
        }
    }
}
