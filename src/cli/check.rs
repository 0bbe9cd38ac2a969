//! `check`: one question, one answer.

use std::io::Write;

use super::answer::{Answer, Format};
use super::ask::{Args, Asked};
use super::{Exit, remote};

/// Asks.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let format = args.format;
    let answer = match args.read()? {
        Asked::Server { contact, question } => remote::check(&contact, &question)?,
        Asked::Files { snapshot, today, question } => {
            Answer::new(&snapshot.policy.decide(&*snapshot.roster, &question.request(), today), &snapshot)
        }
    };
    match format {
        Format::Human => answer.human(out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string(&answer)?)?,
    }
    Ok(answer.exit())
}
