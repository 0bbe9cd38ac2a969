//! What a search finds is what evaluations allow: on the demo district, for every type that can be listed and a random
//! sample of subjects, actions and records, all pages together, over both surfaces.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Client, Surface};
use crate::running::Server;
use crate::support::{path, sources};

/// Types whose ids are students or users, by the catalogue.
const STUDENTS: [&str; 4] =
    ["misis.census.student", "misis.photo.student", "misis.search.student", "map.students.profile"];
const USERS: &str = "map.setup.user";
/// Questions of each kind.
const SAMPLE: usize = 60;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

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
    fn properties(&self, dice: &mut Dice) -> Value {
        match dice.below(8) {
            0 => json!({"school": dice.of(&self.schools)}),
            1 | 2 => json!({"student": dice.of(&self.users)}),
            3 => json!({"created_by": dice.of(&self.users)}),
            4 => json!({"role": "map.instructor", "school": [dice.of(&self.schools), dice.of(&self.schools)]}),
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
fn compare(clients: &mut [Client<'_>; 2], endpoint: &str, search: &Value, expected: &BTreeSet<&str>, dice: &mut Dice) {
    let limit = 1 + expected.len() / 3 + dice.below(4);
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
    let (known, server, mut dice) = (Known::read(), Server::start(), Dice(11));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let (mut some, types) = (0, known.types());
    for turn in 0..2 * SAMPLE {
        let kind = types[turn % types.len()];
        let action = dice.of(known.actions(kind));
        let resource = json!({"type": kind, "properties": known.properties(&mut dice)});
        let subject = json!({"type": "user", "id": dice.of(&known.holders)});
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
        compare(&mut clients, "search_resource", &search, &expected, &mut dice);
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
    let (known, server, mut dice) = (Known::read(), Server::start(), Dice(22));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let mut some = 0;
    for turn in 0..SAMPLE {
        let (kind, id) = match dice.below(3) {
            0 => dice.of(&known.records).clone(),
            1 => ((*dice.of(&STUDENTS)).to_owned(), dice.of(&known.users).clone()),
            _ => (dice.of(&known.catalogue).0.clone(), String::new()),
        };
        let action = dice.of(known.actions(&kind));
        let resource = json!({"type": kind, "id": id, "properties": known.properties(&mut dice)});
        let defaults = json!({"action": {"name": action}, "resource": resource});
        let items = known.users.iter().map(|id| json!({"subject": {"type": "user", "id": id}}));
        let decided = allowed(&mut clients[turn % 2], &defaults, items.collect());
        let expected = chosen(known.users.iter().map(String::as_str), &decided);
        some += usize::from(!expected.is_empty());
        let mut search = defaults;
        search["subject"] = json!({"type": "user"});
        compare(&mut clients, "search_subject", &search, &expected, &mut dice);
    }
    assert!(some > 10, "{some}");
}

#[test]
fn actions_are_those_that_evaluations_allow() {
    let (known, server, mut dice) = (Known::read(), Server::start(), Dice(33));
    let mut clients = Surface::BOTH.map(|surface| surface.client(&server));
    let mut some = 0;
    for turn in 0..4 * SAMPLE {
        let (kind, actions) = dice.of(&known.catalogue);
        let resource = json!({"type": kind, "id": dice.of(&known.users), "properties": known.properties(&mut dice)});
        let subject = json!({"type": "user", "id": dice.of(&known.holders)});
        let search = json!({"subject": subject, "resource": resource});
        let items = actions.iter().map(|name| json!({"action": {"name": name}}));
        let decided = allowed(&mut clients[turn % 2], &search, items.collect());
        let expected = chosen(actions.iter().map(String::as_str), &decided);
        some += usize::from(!expected.is_empty());
        compare(&mut clients, "search_action", &search, &expected, &mut dice);
    }
    assert!(some > 10, "{some}");
}
