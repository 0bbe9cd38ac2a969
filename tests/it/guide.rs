//! `docs/policy-authors.md`, followed to the letter: its files are written, its changes made, its commands run in one folder
//! after the other, and what they print is what the page shows. `UPDATE=1 cargo test guide` writes into the page what they print.

mod page;
mod shell;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{copy, path};
use page::{Block, Page};
use shell::Shell;

const PAGE: &str = "docs/policy-authors.md";

/// What a newcomer has: a clone's rules and people.
fn clone() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["policies", "examples/district", "schemas"] {
        copy(&path(name), &folder.path().join(name));
    }
    folder
}

fn follow(block: &Block, folder: &Path, shell: &mut Shell) -> Vec<String> {
    match block {
        Block::File { name, text } => {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Block::Change { name, before, after } => {
            let file = folder.join(name);
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(text.matches(before).count(), 1, "{name} has this once:\n{before}");
            fs::write(file, text.replacen(before, after, 1)).unwrap();
        }
        Block::Commands(commands) => return commands.iter().map(|command| shell.run(command)).collect(),
    }
    Vec::new()
}

#[test]
fn a_newcomer_who_follows_the_page_sees_what_it_shows() {
    let text = fs::read_to_string(path(PAGE)).unwrap();
    let mut page = Page::read(&text);
    let folder = clone();
    let mut shell = Shell::new(folder.path());
    for at in 0..page.blocks.len() {
        let printed = follow(&page.blocks[at].1, folder.path(), &mut shell);
        page.show(at, &printed);
    }
    let seen = page.text();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path(PAGE), &seen).unwrap();
    }
    for (line, (shown, seen)) in (1..).zip(text.lines().zip(seen.lines())) {
        assert_eq!(shown, seen, "{PAGE}:{line}");
    }
    assert_eq!(text.lines().count(), seen.lines().count());
}

/// A page that shows what is not printed is noticed.
#[test]
fn what_is_not_printed_is_not_shown() {
    let text = "```console\n$ echo one; echo two\none\nthree\n$ printf 'a\\nb\\nc\\n'\na\n…\nc\n$ echo 12 passed\n… passed\n```\n";
    let mut page = Page::read(text);
    let folder = tempfile::tempdir().unwrap();
    let printed = follow(&page.blocks[0].1, folder.path(), &mut Shell::new(folder.path()));
    page.show(0, &printed);
    assert_eq!(page.text(), text.replace("three", "two"));
}
