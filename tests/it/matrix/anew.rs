//! A policy written anew from what its matrix says, and from nothing else.

use std::fmt::Write as _;

use hallpass::policy::compiled::Policy;
use hallpass::policy::matrix::DenyRule;
use hallpass::policy::model::Record;
use hallpass::policy::source::Source;

use crate::chance::Chance;
use crate::support::source;

/// One grant of a role: a resource type and a share of it.
struct Grant {
    role: String,
    topic: String,
    actions: Vec<String>,
    reach: &'static str,
    limits: Vec<String>,
}

/// What was read from a matrix.
pub(super) struct Sketch {
    /// Each role with the lines about where it is held.
    roles: Vec<(String, String)>,
    grants: Vec<Grant>,
    /// Resource type, action and how it is kept.
    cells: Vec<(String, String, &'static str)>,
    /// Deny rules, one a cell, without their ids.
    denies: Vec<String>,
}

impl Sketch {
    pub(super) fn of(policy: &Policy) -> Self {
        let cells: Vec<(String, String, &'static str)> =
            policy.catalogue().map(|(topic, action, record)| (topic.into(), action.into(), kind(record))).collect();
        let denies = cells.iter().flat_map(|(topic, action, _)| {
            policy.denies_at(topic, action).into_iter().map(move |denies| rule(topic, action, &denies))
        });
        let denies = denies.collect();
        Self { roles: roles(policy), grants: grants(policy), cells, denies }
    }

    /// Leaves out one action of one share that nothing limits.
    pub(super) fn forget_one(&mut self, chance: &mut Chance) {
        let free: Vec<usize> = (0..self.grants.len()).filter(|at| self.grants[*at].limits.is_empty()).collect();
        let at = *chance.of(&free);
        self.grants[at].actions.pop();
        if self.grants[at].actions.is_empty() {
            self.grants.remove(at);
        }
    }

    pub(super) fn files(&self, types: &[(String, Option<&'static str>)]) -> Vec<Source> {
        let mut application = String::from("hallpass: application/v1\napplication: app\ntitle: x\ntypes:\n");
        for (topic, id_is) in types {
            let of = self.cells.iter().filter(|(name, ..)| name == topic);
            let actions: Vec<&str> = of.clone().map(|(_, action, _)| action.as_str()).collect();
            let record = of.clone().next().unwrap().2;
            let id_is = id_is.map(|id_is| format!(", id_is: {id_is}")).unwrap_or_default();
            let actions = actions.join(", ");
            _ = writeln!(
                application,
                "  {topic}: {{actions: [{actions}], record: {record}{id_is}, properties: {{flag: yes_no}}}}"
            );
        }
        application += "properties: {subject: {n: number}}\n";
        if !self.denies.is_empty() {
            application += "deny:\n";
        }
        for (at, rule) in self.denies.iter().enumerate() {
            _ = write!(application, "  - id: d{at}\n{rule}");
        }
        let role = |(id, head): &(String, String)| {
            let grants: String = self.grants.iter().filter(|grant| grant.role == *id).map(written).collect();
            let grants = if grants.is_empty() { " []\n".to_owned() } else { format!("\n{grants}") };
            source(&format!("{id}.yaml"), format!("hallpass: role/v1\nrole: {id}\ntitle: x\n{head}grants:{grants}"))
        };
        std::iter::once(source("app.yaml", application)).chain(self.roles.iter().map(role)).collect()
    }
}

/// A deny rule for one action of one resource type, without its id.
fn rule(topic: &str, action: &str, denies: &DenyRule<'_>) -> String {
    let mut text = format!("    topics: [{topic}]\n    actions: [{action}]\n    because: x\n");
    if let Some(when) = denies.when {
        _ = writeln!(text, "    when: \"{when}\"");
    }
    if !denies.unless.is_empty() {
        _ = writeln!(text, "    unless_role: [{}]", denies.unless.join(", "));
    }
    text
}

fn roles(policy: &Policy) -> Vec<(String, String)> {
    let role = |(id, sheet): (&str, &hallpass::policy::document::RoleSheet)| {
        let mut head = format!("held_at: {}\n", sheet.held_at);
        if !sheet.not_at.is_empty() {
            _ = writeln!(head, "not_at: [{}]", sheet.not_at.join(", "));
        }
        if let Some(day) = sheet.available_from {
            _ = writeln!(head, "available_from: {day}");
        }
        (id.to_owned(), head)
    };
    policy.roles().map(role).collect()
}

fn grants(policy: &Policy) -> Vec<Grant> {
    let mut grants = Vec::new();
    for (role, _) in policy.roles() {
        for (topic, shares) in policy.shares(role) {
            grants.extend(shares.into_iter().map(|share| Grant {
                role: role.to_owned(),
                topic: topic.to_owned(),
                actions: share.actions.iter().map(|action| (*action).to_owned()).collect(),
                reach: share.reach.name(),
                limits: share.limits,
            }));
        }
    }
    grants
}

/// A grant as an author writes it, its limits read back from their words.
fn written(grant: &Grant) -> String {
    let Grant { topic, actions, reach, limits, .. } = grant;
    let mut text = format!("  - allow: [{}]\n    topics: [{topic}]\n    reach: {reach}\n", actions.join(", "));
    let mut people = Vec::new();
    for limit in limits {
        if let Some(role) = limit.strip_prefix("made by ") {
            _ = writeln!(text, "    made_by: {role}");
        } else if let Some(condition) = limit.strip_prefix("when ") {
            _ = writeln!(text, "    when: \"{condition}\"");
        } else if let Some(roles) = limit.strip_prefix("not the roles ") {
            _ = writeln!(text, "    roles: {{not: [{roles}]}}");
        } else if let Some(roles) = limit.strip_prefix("not people who hold ") {
            people.push(format!("not_holding: [{roles}]"));
        } else {
            assert_eq!(limit, "not one's own record");
            people.push("not_self: true".to_owned());
        }
    }
    if !people.is_empty() {
        _ = writeln!(text, "    people: {{{}}}", people.join(", "));
    }
    text
}

fn kind(record: Record) -> &'static str {
    match record {
        Record::Student => "student",
        Record::School => "school",
        Record::District => "district",
        Record::User => "user",
        Record::Open => "open",
    }
}
