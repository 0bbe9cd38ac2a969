//! The command line: which command is meant, and what its exit code is. Each command stands in a file of its own; what
//! it prints goes to a writer, so that nothing here knows of a terminal but whether there is one.

mod account;
mod all;
mod answer;
mod ask;
mod check;
mod completions;
mod config;
mod contact;
mod database;
mod diff;
mod directory;
mod explain;
mod findings;
mod format;
mod healthcheck;
mod here;
mod layout;
mod load;
mod log;
mod look;
mod lsp;
mod man;
mod matrix;
mod progress;
mod question;
mod remote;
mod rights;
mod roles;
mod route;
mod schema;
mod serve;
mod test;
mod validate;
mod what_can;
mod who_can;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::config::effective::{Contradiction, Effective};
use crate::config::given::{GivenError, Refused};
use crate::config::layers::{self, Layered, LayersError};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked; of `check` and `explain`, the answer is allow; of `validate` and `test`, all is well.
    Success = 0,
    /// It couldn't; of `validate`, there are errors; of `test`, a case failed.
    Failure = 1,
    /// The answer of `check` or `explain` is deny.
    Deny = 2,
    /// Decisions change between the two sets of `diff`.
    Changes = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Decides who may do what to whose record
#[derive(Debug, Parser)]
#[command(name = "hallpass", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Answers over gRPC and HTTP, and follows changes of the files
    Serve(Box<serve::Args>),
    /// Asks one question: exit code 0 is allow, 2 is deny
    Check(Box<ask::Args>),
    /// Asks one question and says why: what each role of the subject came to, and which roles would allow it
    Explain(Box<ask::Args>),
    /// Checks the policy files, and a directory where one is given
    Validate(validate::Args),
    /// Asks the questions that stand in the policy set's tests, and compares the answers
    Test(test::Args),
    /// Shows which decisions change between two policy sets, each with a question that they answer differently
    Diff(diff::Args),
    /// Lists all roles, or shows one with its row and its rights
    Roles(roles::Args),
    /// Draws every role against every topic: what it may do there, and how far
    Matrix(matrix::Args),
    /// Shows which roles may do something, and with a directory which people
    WhoCan(Box<who_can::Args>),
    /// Shows what somebody may do, by the roles that they hold
    WhatCan(what_can::Args),
    /// Shows which route a request at a gateway has, and the question that it becomes
    Route(route::Args),
    /// Makes directories of people: a synthetic district
    Directory(directory::Args),
    /// Verifies decision logs, and finds decisions in them
    Log(log::Args),
    /// Serves an editor: findings, completion, explanations and renaming while policies are written
    Lsp(lsp::Args),
    /// Shows the configuration that `serve` would have, and what there is to be configured
    Config(config::Args),
    /// Writes the JSON Schema of a kind of file, for editors
    Schema(schema::Args),
    /// Asks a running server over gRPC whether it serves: exit code 0 if so
    Healthcheck(healthcheck::Args),
    /// Writes the script with which a shell completes this command line
    Completions(completions::Args),
    /// Writes pages of the manual, one for each command
    Man(man::Args),
}

/// Runs a command line. `terminal` says whether `out` is one: only then is there colour, and are tables cut to fit.
#[must_use]
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    terminal: bool,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let read = layers::read(Cli::command(), &args).and_then(|Layered { matches, effective }| {
        let cli = Cli::from_arg_matches(&matches).map_err(|error| LayersError::Usage { error, variable: None })?;
        Ok((cli, effective))
    });
    let outcome = match read {
        Ok((cli, effective)) => cli.command.run(&effective, terminal, out),
        Err(LayersError::Usage { error, variable }) => return usage(&error, variable.as_deref(), out, err),
        Err(LayersError::File(error)) => Err(error.into()),
    };
    let outcome = outcome.and_then(|exit| out.flush().map(|()| exit).map_err(anyhow::Error::from));
    outcome.unwrap_or_else(|error| failure(&error, err))
}

impl Command {
    fn run(self, effective: &Effective, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
        match self {
            Self::Serve(args) => serve::run(*args, effective, out),
            Self::Check(args) => check::run(*args, terminal, out),
            Self::Explain(args) => explain::run(*args, terminal, out),
            Self::Validate(args) => validate::run(&args, terminal, out),
            Self::Test(args) => test::run(args, out),
            Self::Diff(args) => diff::run(&args, out),
            Self::Roles(args) => roles::run(&args, terminal, out),
            Self::Matrix(args) => matrix::run(&args, terminal, out),
            Self::WhoCan(args) => who_can::run(*args, terminal, out),
            Self::WhatCan(args) => what_can::run(&args, terminal, out),
            Self::Route(args) => route::run(&args, out),
            Self::Directory(args) => directory::run(&args, terminal, out),
            Self::Log(args) => log::run(&args, out),
            Self::Schema(args) => schema::run(args, out),
            Self::Lsp(args) => lsp::run(args, out),
            Self::Config(args) => config::run(args, effective, out),
            Self::Healthcheck(args) => healthcheck::run(&args, out),
            Self::Completions(args) => completions::run(&args, Cli::command(), out),
            Self::Man(args) => man::run(&args, Cli::command(), out),
        }
    }
}

/// Help and version are answers; anything else is a mistake, told without the list of everything that could be right.
fn usage(error: &clap::Error, variable: Option<&str>, out: &mut impl Write, err: &mut impl Write) -> Exit {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return if write!(out, "{text}").is_ok() { Exit::Success } else { Exit::Failure };
    }
    let bare = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let end = if bare { None } else { text.find("\n\nUsage:") };
    let end = end.or_else(|| text.find("\n\nFor more information"));
    let told = end.and_then(|end| text.get(..end)).unwrap_or(text.trim_end());
    let help = if end.is_some() { "\n\n`--help` shows what there is" } else { "" };
    let variable = variable.map(|name| format!("\n\nthe variable `{name}` says so")).unwrap_or_default();
    // Where even that can't be written, the exit code has to say it.
    _ = writeln!(err, "{told}{variable}{help}");
    Exit::Failure
}

fn failure(error: &anyhow::Error, err: &mut impl Write) -> Exit {
    if let Some(refused) = refused(error) {
        _ = write!(err, "{}", config::drawn(refused));
    }
    let closed = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if !closed {
        _ = writeln!(err, "error: {error:#}");
    }
    Exit::Failure
}

/// A configuration file that is refused: what is wrong with it is drawn into its lines.
fn refused(error: &anyhow::Error) -> Option<&Refused> {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(GivenError::Refused(refused)), _) | (_, Some(Contradiction::InFile(refused))) => Some(refused),
        (Some(GivenError::Unread { .. }) | None, Some(Contradiction::Elsewhere(_)) | None) => None,
    }
}
