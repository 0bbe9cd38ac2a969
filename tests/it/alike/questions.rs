//! Questions at random, the same ones in every run, aimed at where two who keep a directory could differ: people with
//! their own classes and with others', ids that look the same, days on which something begins or ends.

use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::{Action, Properties, Request, Stored, Subject, Value};

use super::district::{Class, District};
use crate::chance::Chance;

/// A question, but for the day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    who: String,
    may: String,
    kind: String,
    id: String,
    of: Stored,
    subject: Properties,
    context: Properties,
    /// Asks more: 0 why, 1 what else.
    pub(crate) more: usize,
}

impl Question {
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            subject: Subject { kind: "user", id: &self.who, properties: &self.subject },
            action: Action { name: &self.may, properties: &[] },
            resource: self.of.resource(&self.kind, &self.id),
            context: &self.context,
        }
    }
}

/// So many questions, in batches of one day each.
pub(crate) fn questions(count: usize, seed: u64, district: &District, policy: &Policy) -> Vec<(Day, Vec<Question>)> {
    let mut maker = Maker { chance: Chance::new(seed), district, policy, cells: policy.catalogue().collect() };
    let (mut batches, mut left) = (Vec::new(), count);
    while left > 0 {
        let size = (1 + maker.chance.below(80)).min(left);
        left -= size;
        let on = maker.chance.pick(&district.days);
        batches.push((on, (0..size).map(|_| maker.question()).collect()));
    }
    batches
}

struct Maker<'a> {
    chance: Chance,
    district: &'a District,
    policy: &'a Policy,
    cells: Vec<(&'a str, &'a str, hallpass::policy::model::Record)>,
}

impl Maker<'_> {
    fn question(&mut self) -> Question {
        let [user, role, org] = self.chance.pick(&self.district.holders);
        let (kind, may) = self.cell(&role);
        let who = if self.chance.percent(92) { user } else { self.user() };
        let mut question = Question {
            id: if kind.ends_with("setup.user") || may.contains("role") { self.user() } else { self.id(&kind) },
            of: self.facts(&who, &org),
            more: self.chance.below(25),
            who: self.odd(who),
            may,
            kind,
            ..Question::default()
        };
        if self.chance.percent(10) {
            let [id, kind] = self.chance.pick(&self.district.records);
            (question.id, question.kind) = (self.odd(id), kind);
        }
        if question.kind == "note" {
            question.context.push(("purpose".to_owned(), Value::Text("care".to_owned())));
            question.of.free.push(("due".to_owned(), Value::Text("2026-01-01".to_owned())));
            question.of.free.push(("status".to_owned(), Value::Text("active".to_owned())));
        }
        question
    }

    /// What a role allows somewhere, mostly.
    fn cell(&mut self, role: &str) -> (String, String) {
        let rights = self.policy.rights(role);
        if rights.is_empty() || self.chance.percent(20) {
            let (kind, may, _) = *self.chance.of(&self.cells);
            return (kind.to_owned(), may.to_owned());
        }
        let right = self.chance.of(&rights);
        (right.resource_type.to_owned(), right.action.to_owned())
    }

    /// Facts that mostly belong together: a class of the user's own or at their place, somebody in it, its school.
    fn facts(&mut self, who: &str, org: &str) -> Stored {
        let class = self.class(who);
        let mut of = Stored::default();
        if self.chance.percent(65) {
            let student = if class.students.is_empty() { self.user() } else { self.chance.pick(&class.students) };
            of.student = Some(self.odd(student));
        }
        if self.chance.percent(35) {
            of.section = Some(self.alternatives(&class.id, Self::any_class));
        }
        if self.chance.percent(45) {
            let school = if self.chance.percent(50) { org } else { &class.school };
            of.school = Some(self.alternatives(school, Self::any_org));
        }
        if self.chance.percent(25) {
            let maker = if self.chance.percent(50) { who.to_owned() } else { self.user() };
            of.created_by = Some(self.odd(maker));
        }
        if self.chance.percent(12) {
            of.referred_to = Some(self.alternatives(org, Self::any_org));
        }
        if self.chance.percent(15) {
            of.role = Some(self.chance.pick(&self.district.roles)).filter(|role| !role.is_empty());
        }
        if self.chance.percent(15) {
            of.date = Some(self.chance.pick(&self.district.days));
        }
        of
    }

    fn class(&mut self, who: &str) -> Class {
        let own = self.district.classes_of.get(who).filter(|_| self.chance.percent(80));
        let at = match own {
            Some(own) => self.chance.pick(own),
            None => self.chance.below(self.district.classes.len()),
        };
        self.district.classes[at].clone()
    }

    /// One id, or several, one of which is it.
    fn alternatives(&mut self, id: &str, other: fn(&mut Self) -> String) -> Vec<String> {
        let mut ids = vec![self.odd(id.to_owned())];
        for _ in 0..self.chance.below(4) / 2 {
            let at = self.chance.below(ids.len() + 1);
            let id = other(self);
            ids.insert(at, id);
        }
        ids.retain(|id| !id.is_empty());
        if ids.is_empty() { vec!["nowhere".to_owned()] } else { ids }
    }

    fn any_org(&mut self) -> String {
        self.chance.pick(&self.district.orgs)
    }

    fn any_class(&mut self) -> String {
        self.chance.pick(&self.district.classes).id
    }

    fn user(&mut self) -> String {
        self.chance.pick(&self.district.users)
    }

    /// The id of a record: of a student, class, school or user where a type has those.
    fn id(&mut self, kind: &str) -> String {
        match self.chance.below(4) {
            0 if kind.ends_with("student") || kind.ends_with("profile") => self.user(),
            0 => String::new(),
            1 => self.chance.pick(&self.district.records)[0].clone(),
            _ => "r.1".to_owned(),
        }
    }

    /// The id, or one that looks the same, or one that nobody has.
    fn odd(&mut self, id: String) -> String {
        match self.chance.below(60) {
            0 => id.to_uppercase(),
            1 => format!("{id} "),
            2 => format!(" {id}"),
            3 => "nobody".to_owned(),
            4 => format!("{id}\0"),
            5 => format!("{id}\u{301}"),
            _ => id,
        }
    }
}
