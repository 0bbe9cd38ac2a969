//! Questions made at random, the same ones in every run: people and records of the district as they belong together
//! and as they don't, free properties, and everything that makes a question malformed.

use hallpass::policy::compiled::Policy;
use serde_json::{Value, json};

use super::asked::{Asked, LIMITS, LISTS, Members, Part, TEXTS};
use super::district::District;
use crate::chance::Chance;

/// So many questions. Some repeat the one before, or differ from it in one thing.
pub(crate) fn questions(count: usize, seed: u64, district: &District, policy: &Policy) -> Vec<Asked> {
    let mut maker = Maker { chance: Chance(seed), district, policy, cells: policy.catalogue().collect() };
    let mut asked: Vec<Asked> = Vec::with_capacity(count);
    while asked.len() < count {
        let next = match asked.last() {
            Some(last) if maker.chance.percent(5) => last.clone(),
            Some(last) if maker.chance.percent(25) => {
                let mut next = last.clone();
                maker.change(&mut next);
                next
            }
            _ => maker.question(),
        };
        asked.push(next);
    }
    asked
}

struct Maker<'a> {
    chance: Chance,
    district: &'a District,
    policy: &'a Policy,
    cells: Vec<(&'a str, &'a str, hallpass::policy::model::Record)>,
}

impl Maker<'_> {
    fn question(&mut self) -> Asked {
        if self.chance.percent(8) {
            return self.probe();
        }
        let (user, role) = self.chance.of(&self.district.holders).clone();
        let user = if self.chance.percent(90) { user } else { self.user() };
        let rights = self.policy.rights(&role);
        let (kind, action) = if rights.is_empty() || self.chance.percent(25) {
            let (kind, action, _) = *self.chance.of(&self.cells);
            (kind, action)
        } else {
            let right = self.chance.of(&rights);
            (right.resource_type, right.action)
        };
        let mut resource = Part { kind: kind.to_owned(), id: String::new(), properties: self.facts(&user) };
        resource.id = if action.contains("role") || kind == "map.setup.user" { self.user() } else { self.id() };
        if self.chance.percent(12) {
            let (id, kind) = self.chance.of(&self.district.records).clone();
            (resource.id, resource.kind) = (id, kind);
        }
        let subject = Part { kind: "user".to_owned(), id: user, properties: Members::new() };
        let action = Part { id: action.to_owned(), ..Part::default() };
        let mut asked = Asked { subject: Some(subject), action: Some(action), resource: Some(resource), context: None };
        for _ in 0..self.chance.below(3) {
            self.free(&mut asked);
        }
        if self.chance.percent(15) {
            self.change(&mut asked);
        }
        asked
    }

    /// Facts that belong together, mostly those of a class of the user's own.
    fn facts(&mut self, user: &str) -> Members {
        let taught = self.district.classes_of(user);
        let class = match taught.as_slice() {
            [] => self.chance.of(&self.district.classes).clone(),
            own if self.chance.percent(75) => self.chance.of(own).clone(),
            _ => self.chance.of(&self.district.classes).clone(),
        };
        let mut facts = Members::new();
        let students = self.district.students_of(&class.id);
        if !students.is_empty() && self.chance.percent(60) {
            facts.insert("student".to_owned(), json!(self.chance.of(&students)));
        }
        if self.chance.percent(35) {
            facts.insert("section".to_owned(), json!(class.id));
        }
        if self.chance.percent(45) {
            facts.insert("school".to_owned(), json!(class.school));
        }
        if self.chance.percent(25) {
            let maker = if self.chance.percent(50) { user.to_owned() } else { self.user() };
            facts.insert("created_by".to_owned(), json!(maker));
        }
        for (name, times) in [("referred_to", 10), ("role", 20), ("date", 20)] {
            if self.chance.percent(times) {
                let value = self.fact(name);
                facts.insert(name.to_owned(), value);
            }
        }
        facts
    }

    /// A question of the application that lives on free properties.
    fn probe(&mut self) -> Asked {
        let part =
            |kind: &str, id: &str| Some(Part { kind: kind.to_owned(), id: id.to_owned(), properties: Members::new() });
        let action = *self.chance.of(&["read", "write", "list", "file"]);
        let subject = part("user", super::district::READER);
        let mut asked = Asked { subject, action: part("", action), resource: part("note", ""), context: None };
        for _ in 0..self.chance.below(10) {
            self.free(&mut asked);
        }
        asked
    }

    /// A free property of one of the parts, mostly one that a condition looks at.
    fn free(&mut self, asked: &mut Asked) {
        const KNOWN: [(usize, &str); 9] = [
            (0, "level"),
            (0, "badge"),
            (1, "soft"),
            (2, "status"),
            (2, "sealed"),
            (2, "weight"),
            (2, "due"),
            (2, "tags"),
            (3, "purpose"),
        ];
        let (part, name) = *self.chance.of(&KNOWN);
        let name = if self.chance.percent(8) { "other" } else { name };
        let name = if part == 3 && self.chance.percent(40) { "hours" } else { name };
        let value = if self.chance.percent(90) { self.fitting(name) } else { self.any() };
        let members = match part {
            0 => asked.subject.as_mut().map(|part| &mut part.properties),
            1 => asked.action.as_mut().map(|part| &mut part.properties),
            2 => asked.resource.as_mut().map(|part| &mut part.properties),
            _ => Some(asked.context.get_or_insert_default()),
        };
        members.into_iter().for_each(|members| _ = members.insert(name.to_owned(), value.clone()));
    }

    fn fitting(&mut self, name: &str) -> Value {
        match name {
            "level" => json!(self.chance.below(6)),
            "weight" => json!([-1.5, 0.0, 9.999, 10.0, 1e300][self.chance.below(5)]),
            "badge" => json!(self.chance.of(&["blue", "red", ""])),
            "soft" | "sealed" => json!(self.chance.percent(40)),
            "status" => json!(self.chance.of(&["archived", "active"])),
            "due" => self.fact("date"),
            "tags" | "hours" => {
                json!([["day"].as_slice(), &["urgent", "night"], &[], &["night"]][self.chance.below(4)])
            }
            _ => json!(self.chance.of(&["audit", "care"])),
        }
    }

    fn any(&mut self) -> Value {
        let values = [
            json!(null),
            json!(true),
            json!(7),
            json!("text"),
            json!(""),
            json!([]),
            json!([null, "a", 1]),
            json!({"deep": {"er": [1, {"x": null}]}}),
            json!({}),
            nested(LIMITS[3]),
            json!(vec!["x"; LIMITS[1]]),
        ];
        self.chance.of(&values).clone()
    }

    /// A good value of a property with a meaning.
    fn fact(&mut self, name: &str) -> Value {
        match name {
            "school" | "referred_to" => json!(self.chance.of(&self.district.orgs)),
            "section" => json!(self.chance.of(&self.district.classes).id),
            "role" => json!(self.chance.of(&self.district.roles)),
            "date" => json!(self.chance.of(&["2020-02-29", "2026-11-21", "2036-01-01", "2999-12-31"])),
            _ => json!(self.user()),
        }
    }

    fn user(&mut self) -> String {
        if self.chance.percent(3) { "nobody".to_owned() } else { self.chance.of(&self.district.users).clone() }
    }

    fn id(&mut self) -> String {
        ["", "", "x-1", "dé", "a b"][self.chance.below(5)].to_owned()
    }

    /// Changes one thing, often for the worse.
    fn change(&mut self, asked: &mut Asked) {
        match self.chance.below(12) {
            0 => self.free(asked),
            1 => self.remove_part(asked),
            2 => self.text(asked),
            3 => self.many(asked),
            way => {
                let Some(resource) = &mut asked.resource else { return };
                let names = if self.chance.percent(50) { &LISTS } else { &TEXTS[..3] };
                let name = *self.chance.of(names);
                let name = if way == 4 { "date" } else { name };
                let value = match way {
                    4 | 5 => self.odd(name),
                    6 => json!(null),
                    7 if LISTS.contains(&name) => json!([self.fact(name), self.fact(name), "unknown"]),
                    8 if LISTS.contains(&name) => json!([]),
                    9 => json!("unknown"),
                    _ => self.fact(name),
                };
                resource.properties.insert(name.to_owned(), value);
            }
        }
    }

    /// A value that no property of that meaning may have, or one just within the limits.
    fn odd(&mut self, name: &str) -> Value {
        let long = |bytes| json!("i".repeat(bytes));
        let values = [
            json!(""),
            json!(5),
            json!(true),
            json!({"id": "x"}),
            json!([""]),
            json!(["x", 5]),
            json!([null]),
            json!([["x"]]),
            json!("2026-02-30"),
            json!("2026-2-3"),
            long(LIMITS[0]),
            long(LIMITS[0] + 1),
            json!(vec!["x"; LIMITS[1]]),
            json!(vec!["x"; LIMITS[1] + 1]),
            json!([long(LIMITS[0] + 1)]),
        ];
        if self.chance.percent(10) { self.fact(name) } else { self.chance.of(&values).clone() }
    }

    fn remove_part(&mut self, asked: &mut Asked) {
        match self.chance.below(6) {
            0 => asked.subject = None,
            1 => asked.action = None,
            2 => asked.resource = None,
            3 => asked.context = None,
            4 => asked.context = Some(Members::new()),
            _ => asked.resource.iter_mut().for_each(|resource| resource.properties.clear()),
        }
    }

    /// Another type, id or name: unknown, empty, as long as may be or longer.
    fn text(&mut self, asked: &mut Asked) {
        let texts = ["", "unknown", "Ünïcödé", &"i".repeat(LIMITS[0]), &"i".repeat(LIMITS[0] + 1)].map(str::to_owned);
        let text = self.chance.of(&texts).clone();
        let (at, is_id) = *self.chance.of(&[(0, true), (1, true), (2, true), (0, false), (2, false)]);
        let parts = [&mut asked.subject, &mut asked.action, &mut asked.resource];
        let Some(part) = parts.into_iter().nth(at).and_then(Option::as_mut) else { return };
        if is_id { part.id = text } else { part.kind = text }
    }

    /// As many members as may be or one more, or nested too deep.
    fn many(&mut self, asked: &mut Asked) {
        let context = asked.context.get_or_insert_default();
        match self.chance.below(5) {
            0 => context.extend((context.len()..LIMITS[2]).map(|number| (format!("n{number}"), json!(number)))),
            1 => context.extend((0..=LIMITS[2]).map(|number| (format!("m{number}"), json!(null)))),
            2 => context.extend((0..=LIMITS[2]).map(|number| (format!("n{number}"), json!(number)))),
            3 => _ = context.insert("deep".to_owned(), nested(LIMITS[3] + 1)),
            _ => {
                let Some(resource) = &mut asked.resource else { return };
                let count = LIMITS[2] + self.chance.below(2) - resource.properties.len().min(LIMITS[2]);
                resource.properties.extend((0..count).map(|number| (format!("n{number}"), json!(number))));
            }
        }
    }
}

/// A value of so many levels.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"in": inner}) })
}
