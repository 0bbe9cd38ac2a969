//! `check`: one question, one answer.

use std::io::Write;

use super::answer::Answer;
use super::ask::{Args, Asked};
use super::format::Format;
use super::{Exit, remote};

/// Asks.
pub(super) fn run(args: Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (format, paint) = (args.format, args.look.paint(terminal));
    let answer = match args.read()? {
        Asked::Server { contact, question } => remote::check(&contact, &question)?,
        Asked::Here { here, on, question } => {
            here.ask(on, |view| Ok(Answer::new(&view.decide(&question.request())?, view)))?
        }
    };
    match format {
        Format::Human => answer.human(paint, out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string(&answer)?)?,
    }
    Ok(answer.exit())
}
