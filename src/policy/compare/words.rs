//! Changes in words: sentences that whoever answers for the rules can read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::compiled::Policy;
use super::super::model::Reach;
use super::super::request::AnyOf;
use super::fold::{Line, Note, Scope};
use super::{Comparison, Witness};

/// How many roles a sentence names; of more it says how many.
const NAMED: usize = 4;

impl Comparison<'_> {
    /// A line as a sentence, without its end.
    #[must_use]
    pub fn sentence(&self, line: &Line) -> String {
        let one = line.roles.len() == 1;
        let verb = match (line.gain, one) {
            (true, true) => "gains",
            (true, false) => "gain",
            (false, true) => "loses",
            (false, false) => "lose",
        };
        let scope = in_words(&line.scope, line.gain);
        format!("{} {verb}: {}{scope}", self.titles(&line.roles), self.what(&line.roles, &line.cells, line.gain))
    }

    /// A note as a sentence, without its end.
    #[must_use]
    pub fn note(&self, note: &Note) -> String {
        let stands = if note.is_new() { "stands in the new set" } else { "stood in the old set" };
        let (roles, what) = (self.titles(&note.roles), self.what(&note.roles, &note.cells, note.gain));
        format!("{roles}: {what}{} {stands}", in_words(&note.scope, note.gain))
    }

    /// The names of roles for people, or how many there are.
    fn titles(&self, roles: &[String]) -> String {
        if roles.len() > NAMED {
            return format!("{} roles", roles.len());
        }
        let titles: Vec<String> = roles.iter().map(|id| self.title(id)).collect();
        listed(&titles)
    }

    /// The name of a role for people; with its id where another role is called the same.
    #[must_use]
    pub fn title(&self, id: &str) -> String {
        let sheet = |policy: &'_ Policy| policy.sheet(id).map(|sheet| sheet.title.clone());
        let title = sheet(self.pair.after.policy).or_else(|| sheet(self.pair.before.policy)).unwrap_or_default();
        let sets = [self.pair.before.policy, self.pair.after.policy];
        let namesake = |policy: &Policy| policy.roles().any(|(other, sheet)| other != id && sheet.title == title);
        if sets.into_iter().any(namesake) { format!("{title} ({id})") } else { title }
    }

    /// Topics with their actions, those that have the same actions together.
    fn what(&self, roles: &[String], cells: &[(String, String)], gain: bool) -> String {
        if let [role] = roles
            && self.is_everything(role, cells.len(), gain)
        {
            return "everything that the role allows".to_owned();
        }
        let mut by_topic: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, action) in cells {
            by_topic.entry(kind).or_default().push(action);
        }
        let mut by_actions: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
        for (kind, actions) in by_topic {
            by_actions.entry(actions).or_default().insert(kind);
        }
        let part = |(actions, kinds): (Vec<&str>, BTreeSet<&str>)| {
            let topics = self.topics(&actions, &kinds);
            format!("{} {}", actions.join(", "), listed(&topics))
        };
        by_actions.into_iter().map(part).collect::<Vec<_>>().join("; ")
    }

    /// Whether so many cells are all that a role has, where these are more than a few.
    fn is_everything(&self, role: &str, cells: usize, gain: bool) -> bool {
        let (granting, _) = self.pair.sides(gain);
        cells > NAMED && granting.cells_of(self.pair.names.role(role)).count() == cells
    }

    /// Topics by name; of a module that has the actions on no others, the module.
    fn topics(&self, actions: &[&str], kinds: &BTreeSet<&str>) -> Vec<String> {
        let mut listed: Vec<String> = Vec::new();
        let whole: BTreeSet<&str> = kinds
            .iter()
            .filter_map(|kind| module(kind))
            .filter(|module| {
                let of = self.pair.names.cells.iter().filter(|(kind, _)| self::module(kind) == Some(*module));
                let has: BTreeSet<&str> =
                    of.filter(|(_, action)| actions.contains(action)).map(|(kind, _)| *kind).collect();
                has.len() > 1 && has.iter().all(|kind| kinds.contains(kind))
            })
            .collect();
        for kind in kinds {
            let name = match module(kind).filter(|module| whole.contains(module)) {
                Some(module) => format!("all of {}", self.relative(module)),
                None => self.relative(kind),
            };
            if !listed.contains(&name) {
                listed.push(name);
            }
        }
        listed
    }

    /// A resource type or module as grants of its application spell it.
    fn relative(&self, kind: &str) -> String {
        let applications = self.pair.before.policy.applications().chain(self.pair.after.policy.applications());
        let rest = applications.filter_map(|name| kind.strip_prefix(name)?.strip_prefix('.')).next();
        rest.unwrap_or(kind).to_owned()
    }
}

/// `misis.grades.mark` is of the module `misis.grades`; a type without a module is of none.
fn module(kind: &str) -> Option<&str> {
    let (module, _) = kind.rsplit_once('.')?;
    module.contains('.').then_some(module)
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A condition, or that there is none.
fn condition(when: Option<&String>) -> String {
    when.map_or_else(|| "without a condition".to_owned(), |text| format!("when `{text}`"))
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Org => "at the organisation where the role is held, and below",
        Reach::Section => "in sections that the holder teaches",
        Reach::Own => "on records that the holder made",
        Reach::Referred => "on what is referred to the organisation where the role is held",
    }
}

/// A scope after what it is about.
fn in_words(scope: &Scope, gain: bool) -> String {
    let then = if gain { "before" } else { "now" };
    match scope {
        Scope::Grant { reach: how, limits, when, other, because } => {
            let mut text = format!(" {}", reach(*how));
            limits.iter().for_each(|limit| text.push_str(&format!(", {limit}")));
            if when.is_some() || !other.is_empty() {
                text.push_str(&format!(", {}", condition(when.as_ref())));
            }
            let others: Vec<String> = other.iter().map(|when| condition(when.as_ref())).collect();
            if !others.is_empty() {
                text.push_str(&format!(" ({then} {})", listed(&others)));
            }
            because.iter().for_each(|because| text.push_str(&format!(" ({because})")));
            text
        }
        Scope::Places => " where the role is held at an organisation that is no school".to_owned(),
        Scope::Level(level) => format!(" where the role is held at a school of level {level}"),
        Scope::Days { from: None, until: None } => String::new(),
        Scope::Days { from: Some(from), until: None } => format!(" on days from {from} on"),
        Scope::Days { from: None, until: Some(until) } => format!(" on days before {until}"),
        Scope::Days { from: Some(from), until: Some(until) } => format!(" on days from {from} on and before {until}"),
        Scope::Rule { id, when, unless, other } => {
            let told = rule(when.as_ref(), unless);
            let other = other.as_ref().map(|(when, unless)| rule(when.as_ref(), unless));
            let whose = if gain { "denied" } else { "denies" };
            let other = match (&other, gain) {
                (None, _) => String::new(),
                (Some(other), _) => format!("; {then} {other}"),
            };
            format!(", which the deny rule {id} {whose} {told}{other}")
        }
    }
}

fn rule(when: Option<&String>, unless: &[String]) -> String {
    let unless = if unless.is_empty() { String::new() } else { format!(" to all but holders of {}", listed(unless)) };
    let when = when.map_or_else(|| "always".to_owned(), |text| format!("when `{text}`"));
    format!("{when}{unless}")
}

impl Witness {
    /// The question in words: who holds what where, may do what to which record on which day.
    #[must_use]
    pub fn in_words(&self) -> String {
        let request = self.request();
        let subject = self.stage.people.iter().find(|player| player.id == request.subject.id);
        let held = subject.into_iter().flat_map(|player| &player.assignments);
        let held: Vec<String> = held.map(|held| format!("{} at {}", held.role, place(&held.org))).collect();
        let mut facts: Vec<String> = Vec::new();
        let resource = &request.resource;
        let id = (!resource.id.is_empty()).then(|| ("id", resource.id.to_owned()));
        let ids = |ids: AnyOf<'_>| ids.iter().collect::<Vec<_>>().join(" or ");
        let named = [
            id,
            resource.school.map(|school| ("school", ids(school))),
            resource.student.map(|student| ("student", student.to_owned())),
            resource.section.map(|section| ("section", ids(section))),
            resource.created_by.map(|maker| ("created_by", maker.to_owned())),
            resource.referred_to.map(|target| ("referred_to", ids(target))),
            resource.role.map(|role| ("role", role.to_owned())),
            resource.date.map(|date| ("date", date.to_string())),
        ];
        facts.extend(named.into_iter().flatten().map(|(name, value)| format!("{name}: {value}")));
        let parts = [
            ("", resource.properties),
            ("subject.", request.subject.properties),
            ("action.", request.action.properties),
            ("context.", request.context),
        ];
        for (part, properties) in parts {
            facts.extend(properties.iter().map(|(name, value)| format!("{part}{name}: {value}")));
        }
        let of = if facts.is_empty() { String::new() } else { format!(" of {}", facts.join(", ")) };
        let taught = self.taught(request.subject.id);
        format!(
            "{}, who holds {}{taught}, may {} {}{of} on {}",
            request.subject.id,
            listed(&held),
            self.action,
            self.resource_type,
            self.day
        )
    }

    /// What the subject teaches, where the record is of a section or a student that they teach.
    fn taught(&self, subject: &str) -> String {
        let resource = self.request().resource;
        let player = self.stage.people.iter().find(|player| player.id == subject);
        let taught: Vec<String> =
            player.into_iter().flat_map(|player| &player.teaches).map(|taught| taught.section.id.to_string()).collect();
        if taught.is_empty() || (resource.section.is_none() && resource.student.is_none()) {
            return String::new();
        }
        format!(" and teaches {}", listed(&taught))
    }
}

fn place(org: &super::super::facts::Org) -> String {
    let level = org.level.as_ref().map(|level| format!(" ({level})")).unwrap_or_default();
    format!("{}{level}", org.id())
}
