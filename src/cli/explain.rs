//! `explain`: one question, one answer, and how it came about.

use std::io::Write;

use super::account::Account;
use super::ask::{Args, Asked};
use super::format::Format;
use super::{Exit, remote};

/// Asks.
pub(super) fn run(args: Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (format, paint) = (args.format, args.look.paint(terminal));
    let account = match args.read()? {
        Asked::Server { contact, question } => remote::explain(&contact, &question)?,
        Asked::Here { here, on, question } => {
            here.ask(on, |view| Ok(Account::new(&view.explain(&question.request())?, view)))?
        }
    };
    match format {
        Format::Human => account.human(paint, out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string(&account)?)?,
    }
    Ok(account.answer.exit())
}
