//! `man`: a page of the manual for each command, written from the commands themselves.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Command;

use super::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write into, such as /usr/local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes.
pub(super) fn run(args: &Args, mut command: Command, out: &mut impl Write) -> anyhow::Result<Exit> {
    let folder = &args.folder;
    fs::create_dir_all(folder).with_context(|| format!("`{}` can't be made a folder", folder.display()))?;
    // Before they are built, subcommands don't know what they are part of.
    command.build();
    let mut count = 0;
    for (name, command) in pages(&command) {
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone().display_name(&name)).title(&name).render(&mut page)?;
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page).with_context(|| format!("`{}` can't be written", path.display()))?;
        count += 1;
    }
    writeln!(out, "{}: {count} pages", folder.display())?;
    Ok(Exit::Success)
}

/// A command and all below it, but `help`, each with the name of its page.
fn pages(command: &Command) -> Vec<(String, &Command)> {
    let mut pages = vec![(command.get_name().to_owned(), command)];
    for below in command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
        let of = |(name, page): (String, _)| (format!("{}-{name}", command.get_name()), page);
        pages.extend(self::pages(below).into_iter().map(of));
    }
    pages
}
