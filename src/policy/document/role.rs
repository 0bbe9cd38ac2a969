//! `role/v1`: one row of a guide, and the grants that put it into effect.

use std::collections::BTreeMap;

use super::super::code::Code;
use super::super::day::Day;
use super::super::fields::{Fields, Name, Reader, nearest, shown};
use super::super::model::Reach;
use super::super::source::Place;
use super::super::yaml::{Kind, Node};
use super::application::identifier;
use super::names;

/// A role as it was written.
#[derive(Clone, Debug)]
pub(crate) struct RoleDoc {
    pub(crate) id: Name,
    pub(crate) application: Option<Name>,
    pub(crate) held_at: HeldAt,
    pub(crate) not_at: Vec<Name>,
    pub(crate) available_from: Option<Day>,
    pub(crate) modules: Vec<Name>,
    pub(crate) reach: Option<Reach>,
    pub(crate) grants: Vec<GrantDoc>,
    pub(crate) clauses_at: BTreeMap<u32, Place>,
    pub(crate) sheet: RoleSheet,
    /// Whether it says why its security level is other than its reach suggests.
    pub(crate) level_explained: bool,
    /// Whether all of the file could be read.
    pub(crate) whole: bool,
}

/// At which kind of organisation a role has effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeldAt {
    /// At schools only.
    School,
    /// At the district or any organisation below it.
    District,
    /// At any organisation.
    Anywhere,
}

/// What a guide says about a role beside its rights: for people, never for deciding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleSheet {
    /// The role's name.
    pub title: String,
    /// The part of the guide that lists it.
    pub group: Option<String>,
    /// How much, and how sensitive, is what it reaches.
    pub security_level: Option<SecurityLevel>,
    /// Where it is held: `school`, `district` or `anywhere`.
    pub held_at: &'static str,
    /// Levels of schools at which it has no effect.
    pub not_at: Vec<String>,
    /// The first day on which it has effect.
    pub available_from: Option<Day>,
    /// Modules and topics that the guide lists, each with how much of it.
    pub modules: Vec<(String, String)>,
    /// Kinds of people that hold it, by level where they differ.
    pub users: Vec<(Option<String>, String)>,
    /// How many should hold it.
    pub staffing: Staffing,
    /// Where it is asked for.
    pub request_through: Option<String>,
    /// Whose approval it needs.
    pub approval: Option<String>,
    /// The clauses of the row, by number.
    pub clauses: BTreeMap<u32, String>,
}

/// How much, and how sensitive, is what a role reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityLevel {
    /// Little.
    Low,
    /// Some.
    Moderate,
    /// Much.
    High,
}

impl SecurityLevel {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// How many people should hold a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staffing {
    /// As many as are needed.
    pub as_needed: bool,
    /// One for so many students.
    pub one_per_students: Option<u32>,
    /// At least, by level where it differs.
    pub minimum: Vec<(Option<String>, u32)>,
    /// At most, by level where it differs.
    pub maximum: Vec<(Option<String>, u32)>,
    /// Anything else.
    pub note: Option<String>,
}

/// A grant as it was written.
#[derive(Clone, Debug)]
pub(crate) struct GrantDoc {
    pub(crate) at: Place,
    pub(crate) allow: Vec<Name>,
    pub(crate) include: Option<Name>,
    pub(crate) topics: Vec<Name>,
    pub(crate) except: Vec<Name>,
    pub(crate) reach: Option<Reach>,
    pub(crate) when: Option<Name>,
    pub(crate) made_by: Option<Name>,
    pub(crate) roles_not: Option<(Place, Vec<Name>)>,
    pub(crate) people: Option<PeopleDoc>,
    pub(crate) clauses: Vec<(Place, u32)>,
    /// Whether all of it could be read.
    pub(crate) whole: bool,
}

/// Whom a manager of users may manage.
#[derive(Clone, Debug)]
pub(crate) struct PeopleDoc {
    pub(crate) at: Place,
    pub(crate) not_self: bool,
    pub(crate) not_holding: Vec<Name>,
}

pub(crate) const HELD_AT: &[(&str, HeldAt)] =
    &[("school", HeldAt::School), ("district", HeldAt::District), ("anywhere", HeldAt::Anywhere)];
pub(crate) const LEVELS: &[(&str, SecurityLevel)] =
    &[("low", SecurityLevel::Low), ("moderate", SecurityLevel::Moderate), ("high", SecurityLevel::High)];
pub(crate) const REACHES: &[(&str, Reach)] =
    &[("org", Reach::Org), ("section", Reach::Section), ("own", Reach::Own), ("referred", Reach::Referred)];
/// Levels that the directory gives schools.
pub(crate) const SCHOOL_LEVELS: &[&str] = &["elementary", "secondary", "option", "cds", "nps"];
pub(crate) const MEASURES: &[(&str, &str)] =
    &[("full", "full"), ("limited", "limited"), ("partial", "partial"), ("read", "read")];

pub(crate) fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<RoleDoc> {
    let id = fields.required_text(reader, "role").and_then(|id| identifier(id, reader));
    let application = fields.optional_text(reader, "application");
    let held_at = fields.required("held_at").and_then(|node| reader.choice(node, "held_at", HELD_AT));
    let not_at = names(fields, reader, "not_at");
    check_levels(&not_at, reader);
    let available_from = fields.optional("available_from").and_then(|node| day(node, reader));
    let (modules, measures) = fields.optional("modules").map(|node| modules(node, reader)).unwrap_or_default();
    let reach = fields.optional("reach").and_then(|node| reader.choice(node, "reach", REACHES));
    let mut sheet = sheet(fields, reader);
    let level_explained = fields.optional_text(reader, "level_because").is_some();
    let written = fields.optional("clauses");
    let clauses_at = written.map(|node| places(node, reader)).unwrap_or_default();
    let clauses = match written {
        Some(node) => clauses(node, reader),
        // Whoever misspelt the key is told of that, and not that every clause is missing.
        None => (!fields.meant("clauses")).then(BTreeMap::new),
    };
    let grants = fields.required("grants").map(|node| grants(node, clauses.as_ref(), reader)).unwrap_or_default();
    sheet.clauses = clauses.unwrap_or_default();
    // A role that says nothing of it is refused, and its grants are read all the same.
    let held_at = held_at.unwrap_or(HeldAt::School);
    sheet.held_at = HELD_AT.iter().find(|(_, held)| *held == held_at).map_or("", |(name, _)| name);
    sheet.not_at = not_at.iter().map(|name| name.text.clone()).collect();
    sheet.available_from = available_from;
    sheet.modules = modules.iter().map(|name| name.text.clone()).zip(measures).collect();
    Some(RoleDoc {
        id: id?,
        application,
        held_at,
        not_at,
        available_from,
        modules,
        reach,
        grants,
        clauses_at,
        sheet,
        level_explained,
        whole: true,
    })
}

fn sheet(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> RoleSheet {
    let text = |name: Option<Name>| name.map(|name| name.text);
    RoleSheet {
        title: text(fields.required_text(reader, "title")).unwrap_or_default(),
        group: text(fields.optional_text(reader, "group")),
        security_level: fields
            .optional("security_level")
            .and_then(|node| reader.choice(node, "security_level", LEVELS)),
        users: fields.optional("users").map(|node| by_level(node, "users", reader, text_of)).unwrap_or_default(),
        staffing: fields.optional("staffing").map(|node| staffing(node, reader)).unwrap_or_default(),
        request_through: text(fields.optional_text(reader, "request_through")),
        approval: text(fields.optional_text(reader, "approval")),
        ..RoleSheet::default()
    }
}

fn text_of(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<String> {
    reader.text(node, key).map(|name| name.text)
}

fn count_of(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<u32> {
    reader.count(node, key)
}

/// A value, or a map from level to value.
fn by_level<T>(
    node: &Node,
    key: &str,
    reader: &mut Reader<'_>,
    read: fn(&Node, &str, &mut Reader<'_>) -> Option<T>,
) -> Vec<(Option<String>, T)> {
    if let Kind::Map(_) = node.value {
        let entries = reader.fields(node, key).rest();
        return entries
            .into_iter()
            .filter_map(|(level, value)| Some((Some(level.value.clone()), read(value, &level.value, reader)?)))
            .collect();
    }
    read(node, key, reader).map(|value| (None, value)).into_iter().collect()
}

fn staffing(node: &Node, reader: &mut Reader<'_>) -> Staffing {
    let mut fields = reader.fields(node, "staffing");
    let staffing = Staffing {
        as_needed: fields.optional("as_needed").is_some_and(|node| reader.yes(node, "as_needed")),
        one_per_students: fields.optional("one_per_students").and_then(|node| reader.count(node, "one_per_students")),
        minimum: fields.optional("minimum").map(|node| by_level(node, "minimum", reader, count_of)).unwrap_or_default(),
        maximum: fields.optional("maximum").map(|node| by_level(node, "maximum", reader, count_of)).unwrap_or_default(),
        note: fields.optional_text(reader, "note").map(|name| name.text),
    };
    fields.finish(reader);
    staffing
}

fn modules(node: &Node, reader: &mut Reader<'_>) -> (Vec<Name>, Vec<String>) {
    let entries = reader.fields(node, "modules").rest();
    entries
        .into_iter()
        .filter_map(|(key, value)| {
            let measure = reader.choice(value, &key.value, MEASURES)?;
            Some((Name { text: key.value.clone(), at: reader.at(key) }, measure.to_owned()))
        })
        .unzip()
}

/// The clauses by number; `None` where one of them could not be read, so that nobody is told that it is not listed.
fn clauses(node: &Node, reader: &mut Reader<'_>) -> Option<BTreeMap<u32, String>> {
    let Kind::Map(written) = &node.value else {
        reader.fields(node, "clauses");
        return None;
    };
    let mut clauses = BTreeMap::new();
    for (key, value) in reader.fields(node, "clauses").rest() {
        let number = key.value.parse::<u32>().ok().filter(|number| *number > 0 && number.to_string() == key.value);
        if number.is_none() {
            let message = format!("`{}` is no clause: clauses are numbered from 1", shown(&key.value));
            reader.report(Code::BadClause.at(reader.at(key), message).help("write `1: what the clause says`"));
        }
        let text = text_of(value, "a clause", reader);
        clauses.extend(number.zip(text));
    }
    (clauses.len() == written.len()).then_some(clauses)
}

/// Where each clause stands.
fn places(node: &Node, reader: &Reader<'_>) -> BTreeMap<u32, Place> {
    let Kind::Map(entries) = &node.value else { return BTreeMap::new() };
    entries.iter().filter_map(|(key, _)| Some((key.value.parse().ok()?, reader.at(key)))).collect()
}

/// A level that no school has would take effect nowhere, and the role everywhere.
fn check_levels(levels: &[Name], reader: &mut Reader<'_>) {
    for level in levels.iter().filter(|level| !SCHOOL_LEVELS.contains(&level.text.as_str())) {
        let message = format!("there is no level of schools `{}`", shown(&level.text));
        let help = nearest(&level.text, SCHOOL_LEVELS.iter().copied()).map_or_else(
            || format!("the levels are {}", SCHOOL_LEVELS.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        reader.report(Code::UnknownValue.at(level.at.clone(), message).help(help));
    }
}

fn day(node: &Node, reader: &mut Reader<'_>) -> Option<Day> {
    let name = reader.text(node, "available_from")?;
    let day = Day::parse(&name.text);
    if day.is_none() {
        reader.report(
            Code::BadDate
                .at(name.at, format!("`{}` is no day of the calendar", name.text))
                .help("write it as YYYY-MM-DD"),
        );
    }
    day
}

fn grants(node: &Node, clauses: Option<&BTreeMap<u32, String>>, reader: &mut Reader<'_>) -> Vec<GrantDoc> {
    reader.list(node, "grants").iter().map(|node| grant(node, clauses, reader)).collect()
}

fn grant(node: &Node, clauses: Option<&BTreeMap<u32, String>>, reader: &mut Reader<'_>) -> GrantDoc {
    let before = reader.errors();
    let mut fields = reader.fields(node, "a grant");
    let at = fields.at.clone();
    let include = fields.optional("include");
    let allow = fields.optional("allow");
    let topics = fields.optional("topics");
    let form = (include.is_some(), allow.is_some(), topics.is_some());
    let mut list = |node: Option<&Node>, key| node.map(|node| reader.texts(node, key)).unwrap_or_default();
    let (allow, topics) = (list(allow, "allow"), list(topics, "topics"));
    let mut grant = GrantDoc {
        whole: true,
        at,
        topics,
        except: names(&mut fields, reader, "except"),
        reach: fields.optional("reach").and_then(|node| reader.choice(node, "reach", REACHES)),
        when: fields.optional_text(reader, "when"),
        made_by: fields.optional_text(reader, "made_by"),
        roles_not: fields.optional("roles").map(|node| roles_not(node, reader)),
        people: fields.optional("people").map(|node| people(node, reader)),
        clauses: Vec::new(),
        allow,
        include: include.and_then(|node| reader.text(node, "include")),
    };
    let resolvable = reader.errors();
    grant.clauses = fields.optional("clause").map(|node| clause(node, clauses, reader)).unwrap_or_default();
    let of_clauses = reader.errors() - resolvable;
    fields.optional_text(reader, "because");
    if fields.complete() {
        check_form(&fields, form, &grant, reader);
    }
    fields.finish(reader);
    grant.whole = reader.errors() == before + of_clauses;
    grant
}

/// A grant either allows actions on topics, or includes a role.
fn check_form(fields: &Fields<'_>, form: (bool, bool, bool), grant: &GrantDoc, reader: &mut Reader<'_>) {
    let one_of_two = "a grant says what it allows and on which topics, or which role it includes";
    let limited = !grant.except.is_empty()
        || grant.when.is_some()
        || grant.made_by.is_some()
        || grant.roles_not.is_some()
        || grant.people.is_some();
    let refuse = |reader: &mut Reader<'_>, message, help| fields.refuse(reader, Code::GrantForm, message, help);
    match form {
        (true, false, false) if !limited => {}
        (true, ..) => refuse(
            reader,
            "a grant that includes a role has no other keys than `reach`, `clause` and `because`",
            "write the rest as a grant of its own",
        ),
        (false, true, true) => {}
        (false, false, false) => refuse(reader, "the grant gives nothing", one_of_two),
        (false, false, true) => refuse(reader, "`allow` is missing", one_of_two),
        (false, true, false) => refuse(reader, "`topics` is missing", one_of_two),
    }
}

fn roles_not(node: &Node, reader: &mut Reader<'_>) -> (Place, Vec<Name>) {
    let mut fields = reader.fields(node, "roles");
    let at = fields.at.clone();
    let not = fields.required_texts(reader, "not");
    fields.finish(reader);
    (at, not)
}

fn people(node: &Node, reader: &mut Reader<'_>) -> PeopleDoc {
    let mut fields = reader.fields(node, "people");
    let people = PeopleDoc {
        at: fields.at.clone(),
        not_self: fields.optional("not_self").is_some_and(|node| reader.yes(node, "not_self")),
        not_holding: names(&mut fields, reader, "not_holding"),
    };
    fields.finish(reader);
    people
}

fn clause(node: &Node, listed: Option<&BTreeMap<u32, String>>, reader: &mut Reader<'_>) -> Vec<(Place, u32)> {
    let nodes = if let Kind::List(items) = &node.value { items.as_slice() } else { std::slice::from_ref(node) };
    let mut found = Vec::new();
    for node in nodes {
        let Some(number) = reader.count(node, "clause") else { continue };
        if listed.is_some_and(|listed| !listed.contains_key(&number)) {
            let message = format!("the role has no clause {number}");
            let help = "add it under `clauses`, or name one that is there";
            reader.report_once(Code::BadClause.at(reader.at(node), message).help(help));
        }
        found.push((reader.at(node), number));
    }
    found
}
