//! A little directory, made by hand, and questions put to a policy over it: what the core knows of the world in tests that
//! need no files. It keeps what it is told; it checks nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass::policy::compiled::Policy;
use hallpass::policy::day::{Day, Period};
use hallpass::policy::decision::Decision;
use hallpass::policy::facts::{Assignment, Enrolment, Facts, Membership, Org, OrgKind, Person, Section};
use hallpass::policy::key::key;
use hallpass::policy::request::{Action, Properties, Request, Stored, Subject, Value};

/// The day on which everything happens unless a test says otherwise.
pub const TODAY: &str = "2023-10-02";

/// The whole directory.
#[derive(Clone, Debug, Default)]
pub struct Little {
    kinds: BTreeMap<String, (OrgKind, Option<String>)>,
    orgs: BTreeMap<String, Arc<Org>>,
    sections: BTreeMap<String, Arc<Section>>,
    pub users: BTreeMap<String, User>,
    records: BTreeMap<(String, String), Stored>,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct User {
    pub active: bool,
    pub student: bool,
    pub assignments: Vec<Assignment>,
    teaches: Vec<Enrolment>,
    attends: Vec<Enrolment>,
    orgs: Vec<Membership>,
    properties: Properties,
}

impl Little {
    /// A tree of organisations: id, kind, the one above, level (both may be empty), each after the one above it.
    pub fn new(orgs: &[(&str, OrgKind, &str, &str)]) -> Self {
        let mut little = Self::default();
        for (id, kind, above, level) in orgs {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            little.kinds.insert((*id).to_owned(), (*kind, some(above)));
            let (path, whole) = little.way_up(id);
            let org = Org::new(&path, whole, some(level).map(Arc::from)).unwrap();
            little.orgs.insert((*id).to_owned(), Arc::new(org));
        }
        little
    }

    /// The organisations from one up to the topmost, and whether nothing above them is missing.
    fn way_up(&self, id: &str) -> (Vec<(Arc<str>, OrgKind)>, bool) {
        let (mut path, mut next) = (Vec::new(), Some(id.to_owned()));
        while let Some(id) = next.take() {
            let Some((kind, above)) = self.kinds.get(&id) else { return (path, false) };
            path.push((Arc::from(id), *kind));
            next.clone_from(above);
        }
        (path, true)
    }

    /// District D over local districts L1 (secondary schools s1 and s2, elementary school e1) and L2 (secondary school s3).
    pub fn district() -> Self {
        Self::new(&[
            ("D", OrgKind::District, "", ""),
            ("L1", OrgKind::Other, "D", ""),
            ("L2", OrgKind::Other, "D", ""),
            ("s1", OrgKind::School, "L1", "secondary"),
            ("s2", OrgKind::School, "L1", "secondary"),
            ("e1", OrgKind::School, "L1", "elementary"),
            ("s3", OrgKind::School, "L2", "secondary"),
        ])
    }

    /// Somebody, made where unknown.
    pub fn user(&mut self, id: &str) -> &mut User {
        self.users.entry(id.to_owned()).or_insert_with(|| User {
            active: true,
            student: false,
            assignments: Vec::new(),
            teaches: Vec::new(),
            attends: Vec::new(),
            orgs: Vec::new(),
            properties: Vec::new(),
        })
    }

    /// `user` holds `role` at `org`, always.
    pub fn assign(&mut self, user: &str, role: &str, org: &str) -> &mut Self {
        self.assign_for(user, role, org, Period::ALWAYS)
    }

    /// `user` holds `role` at `org` for a period.
    pub fn assign_for(&mut self, user: &str, role: &str, org: &str, period: Period) -> &mut Self {
        let org = Arc::clone(&self.orgs[org]);
        let assignment = Assignment { role: role.into(), role_key: key(role), period, org };
        self.user(user).assignments.push(assignment);
        self
    }

    /// A class of a school.
    pub fn section(&mut self, id: &str, school: &str, terms: Option<Box<[Period]>>) -> &mut Self {
        let section = Section { id: id.into(), school: Arc::clone(&self.orgs[school]), terms };
        self.sections.insert(id.to_owned(), Arc::new(section));
        self
    }

    /// `user` teaches a class.
    pub fn teach(&mut self, user: &str, section: &str) -> &mut Self {
        let enrolment = self.enrolment(section, Period::ALWAYS);
        let teaches = &mut self.user(user).teaches;
        teaches.push(enrolment);
        teaches.sort_by_key(|enrolment| enrolment.section_key);
        self
    }

    /// The student `user` attends a class.
    pub fn attend(&mut self, user: &str, section: &str, period: Period) -> &mut Self {
        let enrolment = self.enrolment(section, period);
        let user = self.user(user);
        user.student = true;
        user.attends.push(enrolment);
        user.attends.sort_by_key(|enrolment| enrolment.section_key);
        self
    }

    /// `user` belongs to an organisation, students as students.
    pub fn member(&mut self, user: &str, org: &str) -> &mut Self {
        let org = Arc::clone(&self.orgs[org]);
        let user = self.user(user);
        let as_student = user.student;
        user.orgs.push(Membership { org, period: Period::ALWAYS, as_student });
        self
    }

    /// The student `user` of a school, or of none.
    pub fn student(&mut self, user: &str, school: &str) -> &mut Self {
        self.user(user).student = true;
        if school.is_empty() { self } else { self.member(user, school) }
    }

    /// A stored property of a user.
    pub fn property(&mut self, user: &str, name: &str, value: serde_json::Value) -> &mut Self {
        self.user(user).properties.extend(plain(value).map(|value| (name.to_owned(), value)));
        self
    }

    /// A stored record.
    pub fn record(&mut self, resource_type: &str, id: &str, of: serde_json::Value) -> &mut Self {
        self.records.insert((resource_type.to_owned(), id.to_owned()), Stored::new(object(of)).unwrap());
        self
    }

    fn enrolment(&self, section: &str, period: Period) -> Enrolment {
        Enrolment { section_key: key(section), period, section: Arc::clone(&self.sections[section]) }
    }
}

impl Facts for Little {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        let user = self.users.get(id)?;
        Some(Person {
            active: user.active,
            student: user.student,
            assignments: &user.assignments,
            teaches: &user.teaches,
            attends: &user.attends,
            orgs: &user.orgs,
            properties: &user.properties,
        })
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.orgs.get(id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.sections.get(id)
    }

    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        self.records.get(&(resource_type.to_owned(), id.to_owned()))
    }
}

/// A question in the making, as an author of `tests/v1` puts it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub kind: String,
    pub who: String,
    pub may: String,
    pub a: String,
    pub id: String,
    pub of: Stored,
    pub subject: Properties,
    pub action: Properties,
    pub context: Properties,
    pub on: Day,
}

/// A question about a record with properties, put today.
pub fn ask(who: &str, may: &str, a: &str, of: serde_json::Value) -> Ask {
    Ask {
        kind: "user".to_owned(),
        who: who.to_owned(),
        may: may.to_owned(),
        a: a.to_owned(),
        id: String::new(),
        of: Stored::new(object(of)).unwrap(),
        subject: Vec::new(),
        action: Vec::new(),
        context: Vec::new(),
        on: day(TODAY),
    }
}

impl Ask {
    /// The record's own id.
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// The day.
    pub fn on(mut self, text: &str) -> Self {
        self.on = day(text);
        self
    }

    /// Properties of the subject.
    pub fn subject(mut self, of: serde_json::Value) -> Self {
        self.subject = object(of);
        self
    }

    /// Properties of the action.
    pub fn action(mut self, of: serde_json::Value) -> Self {
        self.action = object(of);
        self
    }

    /// The context.
    pub fn context(mut self, of: serde_json::Value) -> Self {
        self.context = object(of);
        self
    }

    /// The request.
    pub fn request(&self) -> Request<'_> {
        Request {
            subject: Subject { kind: &self.kind, id: &self.who, properties: &self.subject },
            action: Action { name: &self.may, properties: &self.action },
            resource: self.of.resource(&self.a, &self.id),
            context: &self.context,
        }
    }

    /// The decision.
    pub fn decision<'a>(&self, policy: &'a Policy, facts: &'a Little) -> Decision<'a> {
        policy.decide(facts, &self.request(), self.on)
    }

    /// The reason of the answer; `granted` is an allow.
    pub fn reason(&self, policy: &Policy, facts: &Little) -> &'static str {
        let decision = self.decision(policy, facts);
        assert_eq!(decision.is_allow(), decision.reason.code() == "granted");
        decision.reason.code()
    }
}

/// A day that exists.
pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// From a first day, counted in, to a last one, counted out; empty is no bound.
pub fn period(begin: &str, end: &str) -> Period {
    Period::new(Day::parse(begin), Day::parse(end))
}

/// An object's members as properties; null is none.
pub fn object(json: serde_json::Value) -> Properties {
    let serde_json::Value::Object(members) = json else { panic!("{json} is no object") };
    members.into_iter().filter_map(|(name, value)| Some((name, plain(value)?))).collect()
}

fn plain(json: serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(value) => Value::Number(value.as_f64().unwrap()),
        serde_json::Value::String(value) => Value::Text(value),
        serde_json::Value::Array(items) => Value::List(items.into_iter().filter_map(plain).collect()),
        serde_json::Value::Object(_) => Value::Object(object(json)),
    })
}
