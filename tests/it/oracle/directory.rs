//! The rostering folder as the oracle sees it: who is who, who stands where, who teaches and learns what.
//!
//! Reads OneRoster 1.1 and 1.2 columns by name, and the two files of our own. A row that names something unknown
//! or has a bad date is left out, silently; it is no validator, and a folder that must be refused whole panics.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::json::{self, Value};

type Row = HashMap<String, String>;

/// From `begin` (inclusive) to `end` (exclusive); empty is no bound.
#[derive(Debug, Clone, Default)]
pub struct Dates {
    begin: String,
    end: String,
}

impl Dates {
    pub fn hold(&self, today: &str) -> bool {
        self.begin.as_str() <= today && (self.end.is_empty() || today < self.end.as_str())
    }
}

pub struct Org {
    pub kind: String,
    pub level: String,
    parent: String,
}

#[derive(Default)]
struct User {
    deleted: bool,
    disabled: bool,
    /// Of users.csv, unless the row is deleted.
    orgs: Vec<String>,
    /// Of roles.csv: role, org, dates.
    roles: Vec<(String, String, Dates)>,
}

struct Class {
    school: String,
    terms: Vec<String>,
}

struct Enrolment {
    class: String,
    role: String,
    dates: Dates,
}

pub struct Assignment {
    pub role: String,
    pub org: String,
    pub dates: Dates,
}

/// A stored record of records.csv.
pub struct Record {
    topic: String,
    properties: Vec<(String, Value)>,
}

impl Record {
    fn get(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(n, v)| n == name && *v != Value::Null).map(|(_, v)| v)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(text_of)
    }

    /// A text is a list of one.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name).map(|value| match value {
            Value::List(items) => items.iter().map(text_of).collect(),
            value => vec![text_of(value)],
        })
    }
}

fn text_of(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        other => panic!("records.csv: {other:?} is no text"),
    }
}

/// What is active and named rightly; deleted and skipped rows are gone, but for what they say of students.
#[derive(Default)]
pub struct Directory {
    orgs: HashMap<String, Org>,
    users: HashMap<String, User>,
    /// Whoever has a student's row or enrolment, deleted or not.
    students: HashSet<String>,
    terms: HashMap<String, Dates>,
    classes: HashMap<String, Class>,
    enrolments: HashMap<String, Vec<Enrolment>>,
    assignments: HashMap<String, Vec<Assignment>>,
    records: HashMap<String, Record>,
}

// Questions.
impl Directory {
    pub fn org(&self, id: &str) -> &Org {
        &self.orgs[id]
    }

    pub fn is_enabled_user(&self, id: &str) -> bool {
        self.users.get(id).is_some_and(|user| !user.deleted && !user.disabled)
    }

    pub fn is_known_student(&self, id: &str) -> bool {
        self.users.contains_key(id) && self.students.contains(id)
    }

    pub fn assignments_of(&self, user: &str) -> &[Assignment] {
        self.assignments.get(user).map_or(&[], Vec::as_slice)
    }

    pub fn record(&self, topic: &str, id: &str) -> Option<&Record> {
        self.records.get(id).filter(|record| record.topic == topic)
    }

    /// The org and those above it, as far as they are known; an org that names itself as an ancestor ends it.
    fn chain<'a>(&'a self, org: &'a str) -> impl Iterator<Item = (&'a str, &'a Org)> {
        let next = |(_, org): &(&'a str, &'a Org)| self.orgs.get_key_value(org.parent.as_str());
        let first = self.orgs.get_key_value(org).map(|(id, org)| (id.as_str(), org));
        std::iter::successors(first, move |at| next(at).map(|(id, org)| (id.as_str(), org))).take(64)
    }

    /// An unknown org lies in no subtree.
    pub fn in_subtree(&self, org: &str, of: &str) -> bool {
        self.chain(org).any(|(id, _)| id == of)
    }

    /// The root is the nearest district above (or at) the org, else the topmost org; below a parent that is
    /// deleted or unknown there is none to be found.
    pub fn is_district_root(&self, org: &str) -> bool {
        let nearest = self.chain(org).find(|(_, o)| o.kind == "district");
        let topmost = self.chain(org).last().filter(|(_, o)| o.parent.is_empty());
        nearest.or(topmost).is_some_and(|(root, _)| root == org)
    }

    /// The class's org, which is active: a class elsewhere is unknown.
    pub fn school_of_class(&self, class: &str) -> Option<&str> {
        self.classes.get(class).map(|class| class.school.as_str())
    }

    /// The classes of the user's enrolments in effect with this role.
    pub fn classes_of(&self, user: &str, role: &str, today: &str) -> Vec<&str> {
        let in_effect = |e: &&Enrolment| e.role == role && e.dates.hold(today) && self.in_term(&e.class, today);
        let enrolments = self.enrolments.get(user).map_or(&[][..], Vec::as_slice);
        enrolments.iter().filter(in_effect).map(|e| e.class.as_str()).collect()
    }

    /// A class that names terms is in effect only while one of them is.
    fn in_term(&self, class: &str, today: &str) -> bool {
        let terms = &self.classes[class].terms;
        let in_effect = |term: &String| self.terms.get(term).is_some_and(|dates| dates.hold(today));
        terms.is_empty() || terms.iter().any(in_effect)
    }

    /// Of enrolments in effect, users.csv and roles.csv; orgs that are no schools don't count.
    pub fn schools_of_student(&self, student: &str, today: &str) -> Vec<&str> {
        let classes = self.classes_of(student, "student", today);
        let mut schools: Vec<&str> = classes.iter().filter_map(|class| self.school_of_class(class)).collect();
        if let Some(user) = self.users.get(student) {
            schools.extend(user.orgs.iter().map(String::as_str));
            let as_student = user.roles.iter().filter(|(role, _, dates)| role == "student" && dates.hold(today));
            schools.extend(as_student.map(|(_, org, _)| org.as_str()));
        }
        schools.retain(|org| self.orgs[*org].kind == "school");
        schools
    }

    /// Of users.csv and roles.csv, whatever the role there; a deleted or unknown user has none.
    pub fn orgs_of_user(&self, user: &str, today: &str) -> Vec<&str> {
        let Some(user) = self.users.get(user) else {
            return Vec::new();
        };
        let of_roles = user.roles.iter().filter(|(_, _, dates)| dates.hold(today)).map(|(_, org, _)| org);
        user.orgs.iter().chain(of_roles).map(String::as_str).collect()
    }
}

// Loading, in the order in which the files lean on one another.
impl Directory {
    pub fn load(folder: &Path, is_role: &dyn Fn(&str) -> bool) -> Directory {
        let mut d = Directory::default();
        rows(folder, "orgs.csv", true).into_iter().for_each(|row| d.add_org(row));
        rows(folder, "users.csv", true).into_iter().for_each(|row| d.add_user(row));
        rows(folder, "roles.csv", false).into_iter().for_each(|row| d.add_oneroster_role(row));
        rows(folder, "academicSessions.csv", false).into_iter().for_each(|row| d.add_term(row));
        rows(folder, "classes.csv", true).into_iter().for_each(|row| d.add_class(row));
        rows(folder, "enrollments.csv", true).into_iter().for_each(|row| d.add_enrolment(row));
        let assignments = rows(folder, "role_assignments.csv", true);
        assignments.into_iter().for_each(|row| d.add_assignment(row, is_role));
        rows(folder, "records.csv", false).into_iter().for_each(|row| d.add_record(row));
        d
    }

    fn add_org(&mut self, row: Row) {
        if is_active(&row) {
            let org = Org {
                kind: cell(&row, "type"),
                level: cell(&row, "metadata.level"),
                parent: cell(&row, "parentSourcedId"),
            };
            self.orgs.insert(cell(&row, "sourcedId"), org);
        }
    }

    fn add_user(&mut self, row: Row) {
        let id = cell(&row, "sourcedId");
        if cell(&row, "role") == "student" {
            self.students.insert(id.clone());
        }
        let mut user = User {
            deleted: !is_active(&row),
            disabled: cell(&row, "enabledUser").eq_ignore_ascii_case("false"),
            ..User::default()
        };
        if !user.deleted {
            user.orgs = list(&row, "orgSourcedIds");
            user.orgs.push(cell(&row, "primaryOrgSourcedId"));
            user.orgs.retain(|org| self.orgs.contains_key(org));
        }
        self.users.insert(id, user);
    }

    /// A deleted user's rows go with the user's orgs, but still tell that it was a student.
    fn add_oneroster_role(&mut self, row: Row) {
        let (id, role) = (cell(&row, "userSourcedId"), cell(&row, "role"));
        if role == "student" {
            self.students.insert(id.clone());
        }
        let (org, dates) = (cell(&row, "orgSourcedId"), dates(&row, "beginDate", "endDate"));
        let user = self.users.get_mut(&id).filter(|user| !user.deleted);
        if let (Some(user), Some(dates), true) = (user, dates, is_active(&row) && self.orgs.contains_key(&org)) {
            user.roles.push((role, org, dates));
        }
    }

    fn add_term(&mut self, row: Row) {
        if let Some(dates) = dates(&row, "startDate", "endDate").filter(|_| is_active(&row)) {
            self.terms.insert(cell(&row, "sourcedId"), dates);
        }
    }

    fn add_class(&mut self, row: Row) {
        let class = Class { school: cell(&row, "schoolSourcedId"), terms: list(&row, "termSourcedIds") };
        if is_active(&row) && self.orgs.contains_key(&class.school) {
            self.classes.insert(cell(&row, "sourcedId"), class);
        }
    }

    fn add_enrolment(&mut self, row: Row) {
        let (user, role) = (cell(&row, "userSourcedId"), cell(&row, "role"));
        if role == "student" {
            self.students.insert(user.clone());
        }
        let (class, school) = (cell(&row, "classSourcedId"), cell(&row, "schoolSourcedId"));
        let names_known = self.users.contains_key(&user)
            && self.classes.contains_key(&class)
            && (school.is_empty() || self.orgs.contains_key(&school));
        if let Some(dates) = dates(&row, "beginDate", "endDate").filter(|_| is_active(&row) && names_known) {
            self.enrolments.entry(user).or_default().push(Enrolment { class, role, dates });
        }
    }

    fn add_assignment(&mut self, row: Row, is_role: &dyn Fn(&str) -> bool) {
        let (user, role, org) = (cell(&row, "userSourcedId"), cell(&row, "role"), cell(&row, "orgSourcedId"));
        let user_stands = self.users.get(&user).is_some_and(|user| !user.deleted);
        let names_known = user_stands && is_role(&role) && self.orgs.contains_key(&org);
        if let Some(dates) = dates(&row, "beginDate", "endDate").filter(|_| is_active(&row) && names_known) {
            self.assignments.entry(user).or_default().push(Assignment { role, org, dates });
        }
    }

    fn add_record(&mut self, row: Row) {
        if is_active(&row) {
            let properties = json::object(&cell(&row, "properties"));
            let record = Record { topic: cell(&row, "type"), properties };
            self.records.insert(cell(&row, "sourcedId"), record);
        }
    }
}

/// The rows of one file, cells by column; an optional file that isn't there has none.
fn rows(folder: &Path, file: &str, required: bool) -> Vec<Row> {
    let path = folder.join(file);
    if !required && !path.exists() {
        return Vec::new();
    }
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let rows: Vec<Row> = reader.deserialize().map(|row| row.unwrap_or_else(|e| panic!("{file}: {e}"))).collect();
    let mut seen = HashSet::new();
    for row in &rows {
        assert!(seen.insert(row.get("sourcedId")), "{file}: two rows with one sourcedId");
    }
    rows
}

fn cell(row: &Row, column: &str) -> String {
    row.get(column).cloned().unwrap_or_default()
}

fn list(row: &Row, column: &str) -> Vec<String> {
    cell(row, column).split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn is_active(row: &Row) -> bool {
    let status = cell(row, "status");
    status.is_empty() || status.eq_ignore_ascii_case("active")
}

/// `None` when one of the two is no day.
fn dates(row: &Row, begin: &str, end: &str) -> Option<Dates> {
    let dates = Dates { begin: cell(row, begin), end: cell(row, end) };
    let fine = |day: &str| day.is_empty() || is_day(day);
    (fine(&dates.begin) && fine(&dates.end)).then_some(dates)
}

/// A day of the calendar, `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
