//! What `check` and `explain` have in common: a question, and whom to ask.

use anyhow::Context as _;

use super::contact::{Contact, Whom};
use super::format::Format;
use super::here::Here;
use super::look;
use super::question::{Flags, Question};
use crate::config::Folders;
use crate::policy::day::Day;
use crate::policy::request::Limits;

/// The flags of a question and of whom to ask.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    question: Flags,
    #[command(flatten, next_help_heading = "Whom to ask")]
    folders: Folders,
    #[command(flatten)]
    contact: Whom,
    /// Ask as if this were the day; the files only
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    on: Option<Day>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) look: look::Look,
}

/// A question, and whom to ask.
pub(super) enum Asked {
    /// A running server.
    Server { contact: Box<Contact>, question: Question },
    /// Policies and a directory, on a day: today, unless one is named.
    Here { here: Here, on: Option<Day>, question: Question },
}

impl Args {
    /// Reads the question, and the files where no server is named.
    pub(super) fn read(self) -> anyhow::Result<Asked> {
        let question = self.question.question().context("this is no question that can be decided")?;
        if let Some(contact) = self.contact.contact()? {
            return Ok(Asked::Server { contact: Box::new(contact), question });
        }
        Limits::default().check(&question.request()).context("this is no question that can be decided")?;
        Ok(Asked::Here { here: Here::open(&self.folders)?, on: self.on, question })
    }
}

pub(super) fn day(text: &str) -> Result<Day, &'static str> {
    Day::parse(text).ok_or("write a day of the calendar as YYYY-MM-DD")
}
