//! `roles`: a table of all roles, or the row of one as its guide has it, with its rights written out.

mod sheet;

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::format::Format;
use super::layout::table;
use super::{Exit, load, look, rights};
use crate::policy::compiled::Policy;
use crate::policy::document::RoleSheet;
use sheet::{lines, object};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// One role, by id: the same as `roles show ROLE`
    role: Option<String>,
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES, global = true)]
    policies: PathBuf,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Lists all roles
    List,
    /// Shows one role: the guide's row rebuilt from the policy, with its channel and its staffing, and its rights
    Show {
        /// The role's id
        role: String,
    },
}

/// Lists, or shows one.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = load::policy(&args.policies)?;
    let role = match &args.command {
        Some(Command::List) => None,
        Some(Command::Show { role }) => Some(role),
        None => args.role.as_ref(),
    };
    match role {
        None => list(args, &policy, terminal, out)?,
        Some(id) => show(args, &policy, id, terminal, out)?,
    }
    Ok(Exit::Success)
}

fn list(args: &Args, policy: &Policy, terminal: bool, out: &mut impl Write) -> anyhow::Result<()> {
    match args.format {
        Format::Human => write!(out, "{}", all(policy, args.look.table(terminal)))?,
        Format::Json => {
            let mut roles: Vec<_> = policy.roles().collect();
            roles.sort_by_key(|(id, _)| *id);
            let roles: Vec<_> = roles.into_iter().map(|(id, sheet)| object(id, sheet)).collect();
            writeln!(out, "{}", json!({"roles": roles}))?;
        }
    }
    Ok(())
}

fn show(args: &Args, policy: &Policy, id: &str, terminal: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let (sheet, width) = (policy.sheet(id).ok_or_else(|| unknown(policy, id))?, args.look.width(terminal));
    match args.format {
        Format::Human => {
            lines(id, sheet, width, args.look.paint(terminal), out)?;
            write!(out, "\nrights\n{}", rights::written_out(policy, id, width))?;
        }
        Format::Json => {
            let mut object = object(id, sheet);
            let rights: Vec<_> = policy.rights(id).iter().map(rights::object).collect();
            object.as_object_mut().into_iter().for_each(|members| {
                members.insert("rights".to_owned(), rights.clone().into());
            });
            writeln!(out, "{object}")?;
        }
    }
    Ok(())
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

/// That there is no such role, with the nearest that there is.
pub(super) fn unknown(policy: &Policy, id: &str) -> anyhow::Error {
    match policy.nearest_role(id) {
        Some(near) => anyhow::anyhow!("there is no role `{id}`: did you mean `{near}`?"),
        None => anyhow::anyhow!("there is no role `{id}`: `hallpass roles` lists them"),
    }
}
