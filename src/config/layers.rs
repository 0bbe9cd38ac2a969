//! The layers of a configuration: defaults, below the file, below the environment, below the flags. A command line is read
//! twice: once to learn which file it names, and again with what that file gives in the place of the defaults. So every
//! value is read by the same code, wherever it was written.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::effective::Effective;
use super::given::{Given, GivenError};

/// The flag that names the file, and makes a command one that has these layers.
const CONFIG: &str = "config";

/// A command line, read with what lies beneath it.
#[derive(Debug)]
pub struct Layered {
    /// What it says, and where it says nothing, what lies beneath.
    pub matches: ArgMatches,
    /// The settings, each with where it comes from.
    pub effective: Effective,
}

/// Why a command line can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LayersError {
    /// It is wrong itself, or a variable is: that one is named.
    #[error("{error}")]
    Usage {
        /// What is wrong.
        error: clap::Error,
        /// The variable that says so, where no flag does.
        variable: Option<String>,
    },
    /// The file that it names is.
    #[error(transparent)]
    File(#[from] GivenError),
}

/// Reads a command line.
///
/// # Errors
/// Whatever is wrong with it, or with the file that it names.
pub fn read(command: Command, args: &[OsString]) -> Result<Layered, LayersError> {
    let command = with_switches(command);
    let usage = |error: clap::Error| LayersError::Usage { variable: blamed(&command, &error, args), error };
    let matches = command.clone().try_get_matches_from(args).map_err(usage)?;
    let (path, meant) = meant(&matches);
    if !path.iter().try_fold(&command, |command, name| command.find_subcommand(name)).is_some_and(is_layered) {
        return Ok(Layered { effective: Effective::default(), matches });
    }
    let Some(file) = meant.get_one::<PathBuf>(CONFIG) else {
        return Ok(Layered { effective: Effective::new(meant, None), matches });
    };
    let given = Given::read(file)?;
    let layered = at(command.clone(), &path, |meant| given.beneath(meant));
    let matches = layered.try_get_matches_from(args).map_err(usage)?;
    let effective = Effective::new(self::meant(&matches).1, Some(given));
    Ok(Layered { matches, effective })
}

/// The command that is meant, and where it stands below all that it is part of.
fn meant(matches: &ArgMatches) -> (Vec<String>, &ArgMatches) {
    let (mut path, mut meant) = (Vec::new(), matches);
    while let Some((name, below)) = meant.subcommand() {
        path.push(name.to_owned());
        meant = below;
    }
    (path, meant)
}

fn is_layered(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == CONFIG)
}

/// A command, changed below a path.
fn at(command: Command, path: &[String], change: impl FnOnce(Command) -> Command) -> Command {
    match path {
        [] => change(command),
        [name, rest @ ..] => command.mut_subcommand(name, |below| at(below, rest, change)),
    }
}

/// The same with switches that can be turned off again, by `--switch=false`, where a file may have turned them on.
fn with_switches(command: Command) -> Command {
    let command = if is_layered(&command) { command.mut_args(switch) } else { command };
    command.mut_subcommands(with_switches)
}

pub(super) fn switch(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    let arg = arg.action(ArgAction::Set).value_parser(BoolishValueParser::new()).value_name("BOOL");
    arg.num_args(0..=1)
        .require_equals(true)
        .default_value("false")
        .default_missing_value("true")
        .hide_default_value(true)
}

/// The variable that a mistake stands in: that of the setting which the error is about, where no flag gives it.
fn blamed(command: &Command, error: &clap::Error, args: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(about)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = about.split([' ', '=', '[']).next()?;
    let gives = |arg: &OsString| arg.to_string_lossy().split('=').next() == Some(flag);
    if args.iter().any(gives) {
        return None;
    }
    let commands = std::iter::once(command).chain(below(command));
    let mut all = commands.flat_map(Command::get_arguments);
    let arg = all.find(|arg| arg.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long)))?;
    arg.get_env().map(|name| name.to_string_lossy().into_owned())
}

fn below(command: &Command) -> Box<dyn Iterator<Item = &Command> + '_> {
    Box::new(command.get_subcommands().flat_map(|command| std::iter::once(command).chain(below(command))))
}
