//! `validate`: everything that is wrong with a policy set and a directory, at once.

mod explain;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use serde_json::json;

use super::findings::{Findings, Format};
use super::load;
use super::{Exit, look, rights};
use crate::config::Directory;
use crate::directory::{Loaded, Roster};
use crate::live::Opened;
use crate::policy::code::Code;
use crate::policy::compiled::{Compiled, Policy};
use crate::policy::source::Finding;
use crate::snapshot::{held, no_zone};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    /// Check this directory of people too: a folder of OneRoster CSV files, or a zip of them
    #[arg(long, value_name = "DIR|ZIP", env = "HALLPASS_DIRECTORY", hide_env_values = true,
          value_parser = OsStringValueParser::new().map(Directory::from))]
    directory: Option<Directory>,
    /// Write out the rights of each role: what its words mean today
    #[arg(long)]
    expanded: bool,
    /// Explain a code that findings show, and check nothing
    #[arg(long, value_name = "CODE", value_parser = explain::code)]
    explain: Option<Code>,
    /// How to write findings
    #[arg(long, value_enum, default_value_t = Format::Drawn)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

/// Checks.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    if let Some(code) = args.explain {
        match args.format {
            Format::Json => writeln!(out, "{}", json!({"code": code.name(), "text": explain::section(code)}))?,
            Format::Plain | Format::Drawn => writeln!(out, "{}", explain::section(code))?,
        }
        return Ok(Exit::Success);
    }
    let mut findings = Findings::default();
    let policy = check_policies(&args.policies, &mut findings)?;
    match &args.directory {
        None => {}
        Some(Directory::Files(path)) => check_directory(path, policy.as_ref(), &mut findings)?,
        Some(Directory::Database(_)) => bail!(
            "a directory in a database is not checked as files are: `hallpass directory status` looks at it, and \
             `hallpass directory check` at the files that it is imported from"
        ),
    }
    findings.sort();
    match args.format {
        Format::Json => writeln!(out, "{}", json(policy.as_ref(), &findings, args.expanded))?,
        Format::Plain => write!(out, "{}", findings.plain())?,
        Format::Drawn => write!(out, "{}", findings.drawn(args.look.paint(terminal).is_on()))?,
    }
    if args.format != Format::Json {
        expand(policy.as_ref().filter(|_| args.expanded), args.look.width(terminal), out)?;
        writeln!(out, "{}", summary(policy.as_ref(), &findings))?;
    }
    Ok(if findings.counts().0 == 0 { Exit::Success } else { Exit::Failure })
}

fn check_policies(folder: &Path, findings: &mut Findings) -> anyhow::Result<Option<Policy>> {
    let files = load::policies(folder)?;
    let (policy, found) = match Policy::compile(&files) {
        Ok(Compiled { policy, warnings }) => (Some(policy), warnings),
        Err(errors) => (None, errors),
    };
    findings.add(folder, &files, found);
    Ok(policy)
}

fn check_directory(path: &Path, policy: Option<&Policy>, findings: &mut Findings) -> anyhow::Result<()> {
    let files = load::directory(path)?;
    match Opened::new(&files) {
        Err(finding) => findings.add(path.parent().unwrap_or(path), &[], vec![finding]),
        Ok(files) => findings.add_read(path, &|name| files.open(name), check_people(&files, policy)),
    }
    Ok(())
}

fn check_people(files: &Opened<'_>, policy: Option<&Policy>) -> Vec<Finding> {
    let declared = policy.map_or([].as_slice(), Policy::subject_properties);
    let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
    match Roster::read(&files.names(), &|name| files.open(name), &declared) {
        Err(errors) => errors,
        Ok(Loaded { roster, mut warnings }) => {
            warnings.extend(policy.map(|policy| policy.review(held(&roster))).unwrap_or_default());
            warnings.extend(roster.time_zone().is_none().then(no_zone));
            warnings.sort_by(|a, b| a.place.cmp(&b.place));
            warnings
        }
    }
}

fn expand(policy: Option<&Policy>, width: usize, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(policy) = policy else { return Ok(()) };
    for (id, sheet) in policy.roles() {
        writeln!(out, "{id} ({})\n{}", sheet.title, rights::written_out(policy, id, width))?;
    }
    Ok(())
}

/// How many roles, resource types and actions a policy has.
fn sizes(policy: &Policy) -> (usize, usize, usize) {
    let mut types: Vec<&str> = policy.catalogue().map(|(resource_type, ..)| resource_type).collect();
    let actions = types.len();
    types.dedup();
    (policy.roles().count(), types.len(), actions)
}

fn summary(policy: Option<&Policy>, findings: &Findings) -> String {
    let (errors, warnings) = findings.counts();
    let errors = if errors == 0 { "no errors".to_owned() } else { counted(errors, "error") };
    let warnings = if warnings == 0 { String::new() } else { format!(", {}", counted(warnings, "warning")) };
    let sizes = policy.map(sizes).map(|(roles, types, actions)| {
        [counted(roles, "role"), counted(types, "resource type"), counted(actions, "action")].join(", ") + ": "
    });
    format!("{}{errors}{warnings}", sizes.unwrap_or_default())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn json(policy: Option<&Policy>, findings: &Findings, expanded: bool) -> serde_json::Value {
    let (errors, warnings) = findings.counts();
    let (roles, types, actions) = policy.map(sizes).unwrap_or_default();
    let mut object = json!({
        "findings": findings.json(), "errors": errors, "warnings": warnings,
        "roles": roles, "resource_types": types, "actions": actions,
    });
    if let (Some(policy), Some(members)) = (policy.filter(|_| expanded), object.as_object_mut()) {
        members.insert("rights".to_owned(), policy.roles().flat_map(|(id, _)| rights_of(policy, id)).collect());
    }
    object
}

fn rights_of<'a>(policy: &'a Policy, role: &'a str) -> impl Iterator<Item = serde_json::Value> + 'a {
    policy.rights(role).into_iter().map(move |right| {
        let mut object = rights::object(&right);
        object.as_object_mut().into_iter().for_each(|members| {
            members.insert("role".to_owned(), role.into());
        });
        object
    })
}
