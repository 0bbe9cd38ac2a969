//! Which roles and which topics are meant, by the words of the guide: modules, groups, security levels.

use anyhow::bail;
use clap::builder::PossibleValuesParser;

use crate::cli::rights::module_and_topic;
use crate::cli::roles::unknown;
use crate::policy::compiled::Policy;
use crate::policy::document::RoleSheet;
use crate::policy::fields::nearest;

/// The flags.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "What to show")]
pub(super) struct Choice {
    /// Only these modules, separated by commas: `grades`, or `misis.grades`
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    module: Vec<String>,
    /// Only roles of this group, such as `All Schools`; may be given more than once
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// Only roles of these security levels, separated by commas
    #[arg(long, value_name = "LEVELS", value_delimiter = ',',
          value_parser = PossibleValuesParser::new(["low", "moderate", "high"]))]
    level: Vec<String>,
    /// Only these roles, by id, separated by commas
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    role: Vec<String>,
}

impl Choice {
    /// The resource types, in the catalogue's order.
    pub(super) fn topics<'a>(&self, policy: &'a Policy) -> anyhow::Result<Vec<&'a str>> {
        let wanted = modules(policy, &self.module)?;
        let is_wanted = |topic: &&str| self.module.is_empty() || wanted.iter().any(|name| name == topic);
        Ok(topics(policy).into_iter().filter(is_wanted).collect())
    }

    /// The roles with their rows.
    pub(super) fn roles<'a>(&self, policy: &'a Policy) -> anyhow::Result<Vec<(&'a str, &'a RoleSheet)>> {
        for id in &self.role {
            if policy.sheet(id).is_none() {
                return Err(unknown(policy, id));
            }
        }
        let groups: Vec<&str> = policy.roles().filter_map(|(_, sheet)| sheet.group.as_deref()).collect();
        for name in &self.group {
            if !groups.iter().any(|group| group.eq_ignore_ascii_case(name)) {
                let near = nearest(name, groups.iter().copied());
                bail!("there is no group `{name}`{}", meant(near, "`hallpass roles` shows each role's"));
            }
        }
        Ok(policy.roles().filter(|(id, sheet)| self.takes(id, sheet)).collect())
    }

    fn takes(&self, id: &str, sheet: &RoleSheet) -> bool {
        let group = sheet.group.as_deref().unwrap_or_default();
        let level = sheet.security_level.map_or("", |level| level.name());
        (self.role.is_empty() || self.role.iter().any(|role| role == id))
            && (self.group.is_empty() || self.group.iter().any(|name| name.eq_ignore_ascii_case(group)))
            && (self.level.is_empty() || self.level.iter().any(|name| name == level))
    }
}

/// The resource types of modules that are named; a resource type may be named itself. None where none is.
pub(in crate::cli) fn modules(policy: &Policy, names: &[String]) -> anyhow::Result<Vec<String>> {
    let topics = topics(policy);
    let mut found = Vec::new();
    for name in names {
        let before = found.len();
        found.extend(topics.iter().filter(|topic| is_of(topic, name)).map(|topic| (*topic).to_owned()));
        if found.len() == before {
            let known = topics.iter().map(|topic| module_and_topic(topic).0).chain(topics.iter().copied());
            bail!("there is no module `{name}`{}", meant(nearest(name, known), "`hallpass matrix` shows all topics"));
        }
    }
    Ok(found)
}

fn topics(policy: &Policy) -> Vec<&str> {
    let mut topics: Vec<&str> = policy.catalogue().map(|(name, ..)| name).collect();
    topics.dedup();
    topics
}

fn is_of(topic: &str, name: &str) -> bool {
    let module = topic.rsplit_once('.').map_or("", |(module, _)| module);
    topic == name || module == name || module_and_topic(topic).0 == name
}

fn meant(near: Option<&str>, otherwise: &str) -> String {
    match near.filter(|near| !near.is_empty()) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => format!(": {otherwise}"),
    }
}
