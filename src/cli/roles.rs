//! `roles`: a table of all roles, or the row of one as its guide has it, with its rights written out.

use std::io::{self, Write};
use std::path::PathBuf;

use super::layout::{paragraph, table};
use super::{Exit, load, rights};
use crate::policy::compiled::Policy;
use crate::policy::document::RoleSheet;

/// How wide text is where nothing says otherwise.
const WIDTH: usize = 100;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// One role, by id
    role: Option<String>,
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    /// How many characters fit on a line
    #[arg(long, value_name = "N", env = "COLUMNS", default_value_t = WIDTH, hide = true)]
    columns: usize,
}

/// Lists.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = load::policy(&args.policies)?;
    match &args.role {
        None => write!(out, "{}", all(&policy, terminal.then_some(args.columns)))?,
        Some(id) => {
            let sheet = policy.sheet(id).ok_or_else(|| unknown(&policy, id))?;
            one(id, sheet, args.columns.max(40), out)?;
            write!(out, "\nrights\n{}", rights::written_out(&policy, id, args.columns.max(40)))?;
        }
    }
    Ok(Exit::Success)
}

fn all(policy: &Policy, most: Option<usize>) -> String {
    let mut rows: Vec<Vec<String>> = policy.roles().map(|(id, sheet)| row(id, sheet)).collect();
    rows.sort();
    rows.insert(0, ["role", "title", "group", "level", "held at"].map(str::to_owned).into());
    table(&rows, most, &[1, 2])
}

fn row(id: &str, sheet: &RoleSheet) -> Vec<String> {
    let group = sheet.group.clone().unwrap_or_default();
    let level = sheet.security_level.map_or("", |level| level.name());
    vec![id.to_owned(), sheet.title.clone(), group, level.to_owned(), sheet.held_at_in_words()]
}

fn unknown(policy: &Policy, id: &str) -> anyhow::Error {
    match policy.nearest_role(id) {
        Some(near) => anyhow::anyhow!("there is no role `{id}`: did you mean `{near}`?"),
        None => anyhow::anyhow!("there is no role `{id}`: `hallpass roles` lists them"),
    }
}

fn one(id: &str, sheet: &RoleSheet, width: usize, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}", paragraph("", 0, &format!("{} ({id})", sheet.title), width))?;
    let mut line = |label: &str, words: &str| write!(out, "{}", paragraph(label, 16, words, width));
    for (label, words) in sheet.in_words() {
        line(label, &words)?;
    }
    for (number, clause) in &sheet.clauses {
        line(&format!("clause {number}"), clause)?;
    }
    Ok(())
}
