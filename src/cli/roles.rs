//! `roles`: a table of all roles, or the row of one as its guide has it, with its rights written out.

use std::io::{self, Write};
use std::path::PathBuf;

use super::layout::{paragraph, table};
use super::{Exit, load, rights};
use crate::policy::compiled::Policy;
use crate::policy::document::{RoleSheet, Staffing};

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
    vec![id.to_owned(), sheet.title.clone(), group, level.to_owned(), held_at(sheet)]
}

fn held_at(sheet: &RoleSheet) -> String {
    let not_at = if sheet.not_at.is_empty() { String::new() } else { format!(", not {}", sheet.not_at.join(", ")) };
    format!("{}{not_at}", sheet.held_at)
}

fn unknown(policy: &Policy, id: &str) -> anyhow::Error {
    match policy.nearest_role(id) {
        Some(near) => anyhow::anyhow!("there is no role `{id}`: did you mean `{near}`?"),
        None => anyhow::anyhow!("there is no role `{id}`: `hallpass roles` lists them"),
    }
}

fn one(id: &str, sheet: &RoleSheet, width: usize, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}", paragraph("", 0, &format!("{} ({id})", sheet.title), width))?;
    let mut line = |label: &str, words: &str| {
        let text = if words.is_empty() { String::new() } else { paragraph(label, 16, words, width) };
        write!(out, "{text}")
    };
    line("group", sheet.group.as_deref().unwrap_or_default())?;
    line("security level", sheet.security_level.map_or("", |level| level.name()))?;
    line("held at", &held_at(sheet))?;
    line("available from", &sheet.available_from.map(|day| day.to_string()).unwrap_or_default())?;
    let modules: Vec<String> = sheet.modules.iter().map(|(name, measure)| format!("{name} ({measure})")).collect();
    line("modules", &modules.join(", "))?;
    line("users", &by_level(&sheet.users))?;
    line("staffing", &staffing(&sheet.staffing))?;
    line("request through", sheet.request_through.as_deref().unwrap_or_default())?;
    line("approval", sheet.approval.as_deref().unwrap_or_default())?;
    for (number, clause) in &sheet.clauses {
        line(&format!("clause {number}"), clause)?;
    }
    Ok(())
}

fn by_level<T: std::fmt::Display>(values: &[(Option<String>, T)]) -> String {
    let each = values.iter().map(|(level, value)| match level {
        Some(level) => format!("{level}: {value}"),
        None => value.to_string(),
    });
    each.collect::<Vec<_>>().join("; ")
}

fn staffing(staffing: &Staffing) -> String {
    let Staffing { as_needed, one_per_students, minimum, maximum, note } = staffing;
    let bound = |name: &str, counts: &[(Option<String>, u32)]| {
        (!counts.is_empty()).then(|| format!("{name} {}", by_level(counts).replace("; ", ", ")))
    };
    let parts = [
        as_needed.then(|| "as needed".to_owned()),
        one_per_students.map(|students| format!("one per {students} students")),
        bound("at least", minimum),
        bound("at most", maximum),
        note.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
