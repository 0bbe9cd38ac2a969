//! The policy files of a git revision, read by `git` as a child process: nothing is checked out.

use std::io::{BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};
use std::thread;

use anyhow::{Context as _, bail};

use crate::policy::source::Source;
use crate::reload;

/// A folder as a revision has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Revision<'a> {
    /// `REVISION:FOLDER`, as `git` takes it.
    named: &'a str,
}

/// A file of a revision that is to be read.
struct Listed {
    name: String,
    object: String,
}

impl<'a> Revision<'a> {
    /// `REVISION:FOLDER`, if it is one: what begins with a dash would be an option.
    pub(super) fn of(named: &'a str) -> Option<Self> {
        let (revision, _) = named.split_once(':')?;
        (!revision.is_empty() && !revision.starts_with('-')).then_some(Self { named })
    }

    /// Its policy files, by name.
    pub(super) fn files(self) -> anyhow::Result<Vec<Source>> {
        let listed = self.list()?;
        if listed.is_empty() {
            bail!("`{}` holds no policy file", self.named);
        }
        self.read(&listed)
    }

    fn list(self) -> anyhow::Result<Vec<Listed>> {
        let output = self.git(&["ls-tree", "-r", "-z", "--full-tree", self.named])?;
        let text = String::from_utf8(output.stdout).context("a name in the revision is not UTF-8")?;
        let mut listed = Vec::new();
        for entry in text.split('\0').filter(|entry| !entry.is_empty()) {
            let (about, name) = entry.split_once('\t').context("`git ls-tree` says something unknown")?;
            if !counts(name) {
                continue;
            }
            match about.split(' ').collect::<Vec<_>>().as_slice() {
                ["100644" | "100755", "blob", object] => {
                    listed.push(Listed { name: name.to_owned(), object: (*object).to_owned() });
                }
                _ => bail!("`{name}` in `{}` is no plain file: links in a revision are not followed", self.named),
            }
        }
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    fn git(self, args: &[&str]) -> anyhow::Result<Output> {
        let output = Command::new("git").args(args).stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("`git` can't be run to read `{}`", self.named))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ").to_owned();
            bail!("`{}` is neither a folder nor a git revision: {said}", self.named);
        }
        Ok(output)
    }

    /// The contents, asked of one process: object by object.
    fn read(self, listed: &[Listed]) -> anyhow::Result<Vec<Source>> {
        let mut git = Command::new("git")
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("`git` can't be run")?;
        let (asks, answers) = (git.stdin.take(), git.stdout.take());
        let (Some(mut asks), Some(answers)) = (asks, answers) else { bail!("`git` can't be spoken to") };
        let objects: String = listed.iter().map(|listed| format!("{}\n", listed.object)).collect();
        // Asked beside reading the answers: neither waits for the other.
        let asking = thread::spawn(move || asks.write_all(objects.as_bytes()));
        let read = contents(&mut BufReader::new(answers), listed);
        // What the thread says counts for nothing where an answer is missing: that is told then.
        _ = asking.join();
        let ended = git.wait()?;
        let files = read.with_context(|| format!("`git` did not give all files of `{}`", self.named))?;
        if !ended.success() {
            bail!("`git cat-file` failed for `{}`", self.named);
        }
        Ok(files)
    }
}

/// Reads each object: a line that ends in its size, its bytes, a line's end.
fn contents(answers: &mut impl std::io::BufRead, listed: &[Listed]) -> anyhow::Result<Vec<Source>> {
    let mut left = reload::Config::new("", None).policy_bytes;
    let mut files = Vec::new();
    for Listed { name, .. } in listed {
        let mut head = String::new();
        answers.read_line(&mut head)?;
        let size: u64 = head.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok()).context(head.clone())?;
        left = left.checked_sub(size).context("the files are larger than a policy set may be")?;
        let mut bytes = Vec::new();
        answers.take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            bail!("`{name}` ends too early");
        }
        answers.read_exact(&mut [0])?;
        files.push(Source { name: name.as_str().into(), bytes: bytes.into() });
    }
    Ok(files)
}

/// Whether a file counts as one of a policy folder does: by its ending, nothing on the way to it hidden.
fn counts(name: &str) -> bool {
    (name.ends_with(".yaml") || name.ends_with(".yml"))
        && !name.split('/').any(|part| part.starts_with('.') || part.ends_with('~'))
}
