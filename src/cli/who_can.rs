//! `who-can`: which roles may do something, how far and under which limits; and with a directory, which people.

mod people;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use jiff::tz::TimeZone;
use serde_json::json;

use super::ask::day;
use super::format::Format;
use super::here::Here;
use super::layout::{paragraph, table};
use super::question::{NoQuestion, Question, Record, once, property};
use super::{Exit, load, look, rights};
use crate::config::{self, Directory, Folders, Password};
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::fields::nearest;
use crate::policy::request::{Properties, Value};
use people::People;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// What they would do, such as `update`
    action: String,
    /// The resource type, such as `misis.grades.mark`
    #[arg(value_name = "TYPE")]
    kind: String,
    #[command(flatten, next_help_heading = "The record, where it is to be one")]
    record: Record,
    /// A property of the action
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    action_property: Vec<(String, Value)>,
    /// A member of the context
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    context: Vec<(String, Value)>,
    #[command(flatten, next_help_heading = "Whom to ask")]
    whom: Whom,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

/// The policies, and the people where they are wanted.
#[derive(Clone, Debug, clap::Args)]
struct Whom {
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = config::POLICIES)]
    policies: PathBuf,
    /// Name people too, of this directory: a folder of OneRoster CSV files, or a zip of them; or a database, by its
    /// postgres:// URL. Of a record they are named in any case: from `examples/district` unless this says otherwise
    #[arg(long, value_name = "DIR|ZIP|URL", env = "HALLPASS_DIRECTORY", hide_env_values = true,
          value_parser = OsStringValueParser::new().map(Directory::from))]
    directory: Option<Directory>,
    #[command(flatten)]
    password: Password,
    /// Time zone of the district's days, where the directory names none: an IANA name
    #[arg(long, value_name = "ZONE", env = "HALLPASS_TIME_ZONE", value_parser = config::time_zone)]
    time_zone: Option<TimeZone>,
    /// Types of subject that are accepted, separated by commas
    #[arg(long, value_name = "TYPES", env = "HALLPASS_SUBJECT_TYPES", default_value = config::SUBJECT_TYPE,
          value_delimiter = ',', value_parser = config::subject_type)]
    subject_types: Vec<String>,
    /// Ask as if this were the day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    on: Option<Day>,
}

impl Whom {
    /// The folders, where people are to be named.
    fn folders(self, of_a_record: bool) -> Option<Folders> {
        let Self { policies, directory, password, time_zone, subject_types, on: _ } = self;
        let directory = directory.or_else(|| of_a_record.then(|| Directory::Files(config::DIRECTORY.into())))?;
        Some(Folders { policies, people: config::People { directory, password, time_zone, subject_types } })
    }
}

/// Looks.
pub(super) fn run(args: Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let (format, look) = (args.format, args.look.clone());
    let (of_a_record, on) = (args.record.is_given(), args.whom.on);
    let policies = args.whom.policies.clone();
    let (question, folders) = args.question(of_a_record)?;
    let here = folders.map(|folders| Here::open(&folders)).transpose()?;
    let policy = match &here {
        Some(here) => here.policy(),
        None => load::policy(&policies)?.into(),
    };
    known(&policy, &question.action, &question.kind)?;
    let people = here.map(|here| People::find(&here, on, &question, of_a_record)).transpose()?;
    let found = Found { policy: &policy, question: &question, people };
    match format {
        Format::Json => writeln!(out, "{}", found.json())?,
        Format::Human => found.human(&look, terminal, out)?,
    }
    Ok(Exit::Success)
}

impl Args {
    /// The question that each of them would ask, and where the people are.
    fn question(self, of_a_record: bool) -> anyhow::Result<(Question, Option<Folders>)> {
        let Self { action, kind, record, action_property, context, whom, .. } = self;
        let question = question(action, kind, record, action_property, context, &whom.subject_types);
        Ok((question.context("this is no question that can be decided")?, whom.folders(of_a_record)))
    }
}

fn question(
    action: String,
    kind: String,
    record: Record,
    action_property: Properties,
    context: Properties,
    subject_types: &[String],
) -> Result<Question, NoQuestion> {
    Ok(Question {
        subject_type: subject_types.first().cloned().unwrap_or_default(),
        subject: String::new(),
        action,
        kind,
        id: record.id.clone(),
        resource: record.stored()?,
        subject_properties: Properties::new(),
        action_properties: once(action_property)?,
        context: once(context)?,
    })
}

/// That there is such an action, or the nearest one that there is.
fn known(policy: &Policy, action: &str, kind: &str) -> anyhow::Result<()> {
    let meant = |near: Option<&str>| near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    let Some(actions) = policy.actions_of(kind) else {
        let near = nearest(kind, policy.catalogue().map(|(name, ..)| name));
        anyhow::bail!("there is no resource type `{kind}`{}", meant(near));
    };
    let actions: Vec<&str> = actions.collect();
    let all = actions.join(", ");
    anyhow::ensure!(actions.contains(&action), "`{kind}` has no action `{action}`: it has {all}");
    Ok(())
}

struct Found<'a> {
    policy: &'a Policy,
    question: &'a Question,
    people: Option<People>,
}

impl Found<'_> {
    fn human(&self, look: &look::Look, terminal: bool, out: &mut impl Write) -> io::Result<()> {
        let Question { action, kind, .. } = self.question;
        let paint = look.paint(terminal);
        let scopes = self.scopes();
        if scopes.is_empty() {
            writeln!(out, "no role may {action} {kind}")?;
        } else {
            writeln!(out, "{}", paint.strong(&format!("roles that may {action} {kind}")))?;
        }
        for (scope, roles) in scopes {
            write!(out, "{}", paragraph("", 2, &scope, look.width(terminal)))?;
            write!(out, "{}", table(&roles, look.table(terminal), &[1]))?;
        }
        let rules = self.policy.denies_at(kind, action);
        write!(out, "{}", rights::deny_rules(&rules, look.width(terminal)))?;
        match &self.people {
            Some(people) => people.human(look, terminal, out),
            None => Ok(()),
        }
    }

    /// The roles by how far they reach, and under which limits.
    fn scopes(&self) -> BTreeMap<String, Vec<Vec<String>>> {
        let Question { action, kind, .. } = self.question;
        let mut scopes: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for (role, rights) in self.policy.roles_that_may(kind, action) {
            let title = self.policy.sheet(role).map_or("", |sheet| &sheet.title);
            for right in rights {
                let limits: String = right.limits.iter().map(|limit| format!("; {limit}")).collect();
                let scope = format!("{}{limits}", right.reach.in_words());
                scopes.entry(scope).or_default().push(vec![format!("    {role}"), title.to_owned()]);
            }
        }
        scopes.values_mut().for_each(Vec::dedup);
        scopes
    }

    fn json(&self) -> serde_json::Value {
        let Question { action, kind, .. } = self.question;
        let roles = self.policy.roles_that_may(kind, action).into_iter().map(|(role, rights)| {
            let title = self.policy.sheet(role).map_or("", |sheet| &sheet.title);
            json!({"role": role, "title": title, "rights": rights.iter().map(rights::object).collect::<Vec<_>>()})
        });
        let denies: Vec<_> = self.policy.denies_at(kind, action).iter().map(rights::rule).collect();
        let mut object = json!({
            "action": action, "resource_type": kind, "roles": roles.collect::<Vec<_>>(), "deny_rules": denies,
        });
        if let (Some(people), Some(members)) = (&self.people, object.as_object_mut()) {
            people.json(members);
        }
        object
    }
}
