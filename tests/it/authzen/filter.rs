//! What a search finds is what evaluations allow: on the demo district, for every type that can be listed and a random
//! sample of subjects, actions and records, all pages together, over both surfaces.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Client, Surface};
use crate::chance::Chance;
use crate::running::Server;
use crate::support::{path, sources};

/// Types whose ids are students or users, by the catalogue.
const STUDENTS: [&str; 4] =
    ["misis.census.student", "misis.photo.student", "misis.search.student", "map.students.profile"];
const USERS: &str = "map.setup.user";
/// Questions of each kind.
const SAMPLE: usize = 60;

/// The district and the catalogue, read the plain way.
struct Known {
    users: Vec<String>,
    /// Users who hold a role, as often as they hold one.
    holders: Vec<String>,
    schools: Vec<String>,
    records: Vec<(String, String)>,
    /// Types with their actions.
    catalogue: Vec<(String, Vec<String>)>,
}

impl Known {
    fn read() -> Self {
        let rows = |name: &str| {
            let text = std::fs::read_to_string(path("examples/district").join(name)).unwrap();
            let rows = text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>());
            rows.filter(|row| row[1] != "tobedeleted").collect::<Vec<_>>()
        };
        let mut catalogue: Vec<(String, Vec<String>)> = Vec::new();
        for line in
            include_str!("../../data/catalogue.tsv").lines().filter(|line| line.matches('\t').count() == 2).skip(1)
        {
            let (kind, rest) = line.split_once('\t').unwrap();
            let action = rest.split_once('\t').unwrap().0.to_owned();
            match catalogue.last_mut() {
                Some((last, actions)) if last == kind => actions.push(action),
                _ => catalogue.push((kind.to_owned(), vec![action])),
            }
        }
        Self {
            users: rows("users.csv").into_iter().map(|row| row[0].clone()).collect(),
            holders: rows("role_assignments.csv").into_iter().map(|row| row[2].clone()).collect(),
            schools: rows("orgs.csv").into_iter().map(|row| row[0].clone()).collect(),
            records: rows("records.csv").into_iter().map(|row| (row[2].clone(), row[0].clone())).collect(),
            catalogue,
        }
    }

    /// Everything of a type that can be listed.
    fn listed(&self, kind: &str) -> BTreeSet<&str> {
        let number = |id: &str| id.len() == 4 && id.bytes().all(|byte| byte.is_ascii_digit());
        let student = |id: &&str| id.strip_prefix("s.").is_some_and(number);
        let users = self.users.iter().map(String::as_str);
        let records = self.records.iter().filter(|(known, _)| known == kind).map(|(_, id)| id.as_str());
        if STUDENTS.contains(&kind) {
            return records.chain(users.filter(student)).collect();
        }
        if kind == USERS { records.chain(users).collect() } else { records.collect() }
    }

    /// Types of which something can be listed.
    fn types(&self) -> Vec<&str> {
        let records = self.records.iter().map(|(kind, _)| kind.as_str());
        records.chain(STUDENTS).chain([USERS]).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn actions(&self, kind: &str) -> &[String] {
        &self.catalogue.iter().find(|(known, _)| known == kind).unwrap().1
    }

    /// What a request may say of its resource.
    fn properties(&self, chance: &mut Chance) -> Value {
        match chance.below(8) {
            0 => json!({"school": chance.of(&self.schools)}),
            1 | 2 => json!({"student": chance.of(&self.users)}),
            3 => json!({"created_by": chance.of(&self.users)}),
            4 => json!({"role": "map.instructor", "school": [chance.of(&self.schools), chance.of(&self.schools)]}),
            _ => json!({}),
        }
    }
}

/// Those for which an evaluation decides `true`, of all that there are.
fn allowed(client: &mut Client<'_>, defaults: &Value, items: Vec<Value>) -> Vec<bool> {
    let mut batch = defaults.clone();
    batch["evaluations"] = Value::Array(items);
    let answer = client.ask("evaluations", &batch).unwrap();
    answer["evaluations"].as_array().unwrap().iter().map(|item| item["decision"].as_bool().unwrap()).collect()
}

/// The names of everything found, page by page.
fn found(client: &mut Client<'_>, endpoint: &str, search: &Value, limit: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut request = search.clone();
    request["page"] = json!({"limit": limit});
    loop {
        let answer = client.ask(endpoint, &request).unwrap();
        for result in answer["results"].as_array().unwrap() {
            let name = result.get("id").or(result.get("name")).unwrap().as_str().unwrap();
            assert!(names.insert(name.to_owned()), "`{name}` is found twice: {search}");
        }
        match answer["page"]["next_token"].as_str().unwrap() {
            "" => return names,
            token => request = json!({"page": {"token": token}}),
        }
    }
}

/// Compares what both surfaces find with what is allowed; how much that was.
fn compare(
    clients: &mut [Client<'_>; 2],
    endpoint: &str,
    search: &Value,
    expected: &BTreeSet<&str>,
    chance: &mut Chance,
) {
    let limit = 1 + expected.len() / 3 + chance.below(4);
    for client in clients {
        let found = found(client, endpoint, search, limit);
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, *expected, "{:?} {endpoint}: {search}", client.surface);
    }
}

fn chosen<'a>(all: impl IntoIterator<Item = &'a str>, allowed: &[bool]) -> BTreeSet<&'a str> {
    all.into_iter().zip(allowed).filter(|(_, allowed)| **allowed).map(|(id, _)| id).collect()
}

#[test]
fn the_types_that_can_be_listed_are_all_looked_at() {
    let policies = sources(&path("policies"));
    let texts = policies.iter().map(|source| std::str::from_utf8(&source.bytes).unwrap());
    let tied: usize = texts.map(|text| text.matches("id_is:").count()).sum();
    assert_eq!(tied, STUDENTS.len() + 1, "a type with `id_is` is missing here");
}

#[test]
fn resources_are_those_that_evaluations_allow() {
    let (known, server, mut chance) = (Known::read(), Server::start(), Chance(11));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let (mut some, types) = (0, known.types());
    for turn in 0..2 * SAMPLE {
        let kind = types[turn % types.len()];
        let action = chance.of(known.actions(kind));
        let resource = json!({"type": kind, "properties": known.properties(&mut chance)});
        let subject = json!({"type": "user", "id": chance.of(&known.holders)});
        let search = json!({"subject": subject, "action": {"name": action}, "resource": resource});
        let candidates = known.listed(kind);
        let items = candidates.iter().map(|id| {
            let mut resource = resource.clone();
            resource["id"] = json!(id);
            json!({"resource": resource})
        });
        let decided = allowed(&mut clients[turn % 2], &search_defaults(&search), items.collect());
        let expected = chosen(candidates, &decided);
        some += usize::from(!expected.is_empty());
        compare(&mut clients, "search_resource", &search, &expected, &mut chance);
    }
    assert!(some > 10, "{some}");
}

/// The parts of a search that hold for every item.
fn search_defaults(search: &Value) -> Value {
    let mut defaults = search.clone();
    defaults.as_object_mut().unwrap().remove("resource");
    defaults
}

#[test]
fn subjects_are_those_that_evaluations_allow() {
    let (known, server, mut chance) = (Known::read(), Server::start(), Chance(22));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let mut some = 0;
    for turn in 0..SAMPLE {
        let (kind, id) = match chance.below(3) {
            0 => chance.of(&known.records).clone(),
            1 => ((*chance.of(&STUDENTS)).to_owned(), chance.of(&known.users).clone()),
            _ => (chance.of(&known.catalogue).0.clone(), String::new()),
        };
        let action = chance.of(known.actions(&kind));
        let resource = json!({"type": kind, "id": id, "properties": known.properties(&mut chance)});
        let defaults = json!({"action": {"name": action}, "resource": resource});
        let items = known.users.iter().map(|id| json!({"subject": {"type": "user", "id": id}}));
        let decided = allowed(&mut clients[turn % 2], &defaults, items.collect());
        let expected = chosen(known.users.iter().map(String::as_str), &decided);
        some += usize::from(!expected.is_empty());
        let mut search = defaults;
        search["subject"] = json!({"type": "user"});
        compare(&mut clients, "search_subject", &search, &expected, &mut chance);
    }
    assert!(some > 10, "{some}");
}

#[test]
fn actions_are_those_that_evaluations_allow() {
    let (known, server, mut chance) = (Known::read(), Server::start(), Chance(33));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let mut some = 0;
    for turn in 0..4 * SAMPLE {
        let (kind, actions) = chance.of(&known.catalogue);
        let resource =
            json!({"type": kind, "id": chance.of(&known.users), "properties": known.properties(&mut chance)});
        let subject = json!({"type": "user", "id": chance.of(&known.holders)});
        let search = json!({"subject": subject, "resource": resource});
        let items = actions.iter().map(|name| json!({"action": {"name": name}}));
        let decided = allowed(&mut clients[turn % 2], &search, items.collect());
        let expected = chosen(actions.iter().map(String::as_str), &decided);
        some += usize::from(!expected.is_empty());
        compare(&mut clients, "search_action", &search, &expected, &mut chance);
    }
    assert!(some > 10, "{some}");
}
