//! Worlds at random: a policy of five kinds of records, a directory with all that can be odd about one, and rows that fit
//! it, contradict it or know nothing of it.

use hallpass::directory::Roster;
use hallpass::policy::census::Census;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::Value;
use hallpass::policy::source::Source;
use serde_json::json;

use super::ROWS;
use super::question::{Planned, Question, Row, TODAY};
use super::rows::{question, row};
use crate::chance::Chance;
use crate::little::day;
use crate::support::{compile, source};

pub(super) const ORGS: [(&str, &str, &str, &str); 11] = [
    ("D", "district", "", ""),
    ("L1", "local", "D", ""),
    ("L2", "local", "D", ""),
    ("s1", "school", "L1", "secondary"),
    ("S1", "school", "L2", "elementary"),
    ("s'2", "school", "L1", "secondary"),
    ("s\\3", "school", "L2", ""),
    ("é4 ", "school", "D", "secondary"),
    ("x5", "school", "gone", ""),
    ("o6", "department", "L1", ""),
    ("gone", "school", "D", "tobedeleted"),
];
/// Where most of it happens.
pub(super) const PLACES: [&str; 12] = ["D", "L1", "s1", "s1", "s1", "s'2", "S1", "S1", "s\\3", "é4 ", "x5", "o6"];
pub(super) const STAFF: [&str; 4] = ["u0", "u1", "U0", "off"];
pub(super) const STUDENTS: [&str; 8] = ["k0", "K0", "k'1", "k\"2", "k\\3", "ké ", "kdel", "k0 "];
pub(super) const CLASSES: [&str; 7] = ["c0", "C0", "c1", "c'2", "c3 ", "c4", "c5"];
pub(super) const RECORDS: [&str; 4] = ["r0", "r1", "r'2", "R0"];
const TYPES: [&str; 5] = ["student", "school", "district", "user", "open"];
pub(super) const ROLES: [&str; 4] = ["app.r0", "app.r1", "app.r2", "app.r3"];
const HEADS: [&str; 4] = [
    "held_at: anywhere",
    "held_at: school\nnot_at: [elementary]",
    "held_at: anywhere",
    "held_at: school\navailable_from: 2023-10-02",
];
const DATES: [&str; 5] = ["", "", "2023-10-01", "2023-10-02", "2023-10-03"];
pub(super) const DAYS: [&str; 4] = ["2023-10-01", "2023-10-02", "2023-10-03", "2024-02-29"];
pub(super) const LABELS: [&str; 8] = ["a", "A", "b", "a'", "é", "k0", "s1", "a "];
const WHEN: [&str; 34] = [
    "resource.flag == true",
    "resource.flag != true",
    "resource.flag",
    "!resource.flag",
    "true == resource.flag && resource.date <= today",
    "resource.due < resource.date",
    "!(resource.due <= resource.date)",
    "resource.due == resource.date",
    "resource.n >= 2",
    "!(resource.n >= 2)",
    "resource.n != 1.5",
    "resource.m < resource.n",
    "resource.m != resource.n",
    "resource.n in [1, 1.5]",
    "!(resource.n in [1, 1.5])",
    "resource.n == null || resource.flag == true",
    "resource.label == \"a\"",
    "resource.label != \"a\"",
    "\"b\" > resource.label",
    "resource.label in [\"a\", \"é\", \"a'\"]",
    "!(resource.label in [\"a\", \"é\", \"a'\"])",
    "resource.label == null",
    "resource.label in resource.school",
    "resource.label != resource.student",
    "resource.student == subject.id || resource.created_by == subject.id",
    "resource.id != subject.id && resource.id != resource.created_by",
    "\"s1\" in resource.school",
    "resource.school != null",
    "\"x\" in resource.tags || resource.flag == true",
    "!(\"x\" in resource.tags)",
    "subject.n > 1 && !(resource.flag == true && resource.n > 1)",
    "subject.n == resource.n",
    "resource.student in context.ids || resource.date > \"2023-10-02\"",
    "!(resource.student in context.ids)",
];

/// A world: who may do what, who there is, and the rows of a table.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) roster: Roster,
    pub(crate) tables: Tables,
    /// The folder that the roster is read from.
    pub(crate) files: Vec<Source>,
    /// All its files, for whoever looks into a failure.
    pub(crate) text: String,
    seed: u64,
}

/// What a database holds.
pub(crate) struct Tables {
    pub(crate) rows: Vec<Row>,
    /// The student enrolments in effect: student, section, its school.
    pub(crate) enrolments: Vec<[String; 3]>,
}

impl Tables {
    /// The rows that Check allows.
    pub(crate) fn allowed(&self, question: &Question, policy: &Policy, roster: &Roster) -> Vec<usize> {
        let allowed = |(_, row): &(usize, &Row)| question.allows(policy, roster, row);
        self.rows.iter().enumerate().filter(allowed).map(|(at, _)| at).collect()
    }
}

impl World {
    /// The world of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let policies = policies(&mut chance);
        let folder = directory(&mut chance);
        let text = policies.iter().chain(&folder).map(|(name, text)| format!("--- {name}\n{text}")).collect();
        let sources = |files: &[(String, String)]| -> Vec<_> {
            files.iter().map(|(name, text)| source(name, text.clone())).collect()
        };
        let policy = compile(&sources(&policies));
        let files = sources(&folder);
        let roster = match Roster::load(&files, &["n"]) {
            Ok(loaded) => loaded.roster,
            Err(findings) => panic!("{findings:?}"),
        };
        let enrolments = enrolments(&roster, day(TODAY));
        let rows = (0..ROWS).map(|_| row(&mut chance, &enrolments)).collect();
        Self { policy, roster, tables: Tables { rows, enrolments }, files, text, seed }
    }

    /// One of its questions, and its plan.
    pub(crate) fn planned(&self, at: usize) -> Planned {
        let mut chance = Chance(self.seed ^ (at as u64 + 1) << 40);
        let question = question(&mut chance);
        let plan = question.plan(&self.policy, &self.roster);
        Planned { question, plan }
    }

    /// The rows that Check allows.
    pub(crate) fn allowed(&self, question: &Question) -> Vec<usize> {
        self.tables.allowed(question, &self.policy, &self.roster)
    }
}

/// The student enrolments in effect.
pub(crate) fn enrolments(roster: &Roster, on: Day) -> Vec<[String; 3]> {
    let people = (0..roster.users()).filter_map(|row| roster.user_at(row));
    people
        .flat_map(|user| {
            let attends = user.person.attends.iter().filter(|attended| attended.in_effect(on));
            attends.map(move |attended| {
                let section = &attended.section;
                [user.id.to_owned(), (*section.id).to_owned(), section.school.id().to_owned()]
            })
        })
        .collect()
}

fn policies(chance: &mut Chance) -> Vec<(String, String)> {
    let properties = "{flag: yes_no, n: number, m: number, label: text, due: date, tags: texts}";
    let types: String = TYPES
        .iter()
        .map(|kind| {
            let assign = if *kind == "user" { ", assign_role" } else { "" };
            let id_is = chance.pick(&["", "", "", "id_is: student, ", "id_is: school, ", "id_is: section, "]);
            format!("  {kind}: {{actions: [view, create{assign}], record: {kind}, {id_is}properties: {properties}}}\n")
        })
        .collect();
    let mut denies = String::new();
    let most = if chance.percent(40) { 2 } else { 0 };
    for number in chance.times(most) {
        let unless =
            if chance.percent(50) { format!("    unless_role: [{}]\n", chance.pick(&ROLES)) } else { String::new() };
        let (topics, when) = (topics(chance), chance.pick(&WHEN));
        denies.push_str(&format!(
            "  - id: d{number}\n    topics: {topics}\n    when: '{}'\n{unless}    because: x\n",
            when.replace('\'', "''")
        ));
    }
    let denies = if denies.is_empty() { denies } else { format!("deny:\n{denies}") };
    let application = format!(
        "hallpass: application/v1\napplication: app\ntitle: x\ntypes:\n{types}properties: {{subject: {{n: number}}, context: {{ids: texts}}}}\n{denies}"
    );
    let mut files = vec![("app.yaml".to_owned(), application)];
    for (role, head) in ROLES.iter().zip(HEADS) {
        let grants: String = (0..2 + chance.below(4)).map(|_| grant(chance)).collect();
        files.push((
            format!("{role}.yaml"),
            format!("hallpass: role/v1\nrole: {role}\ntitle: x\n{head}\ngrants:\n{grants}"),
        ));
    }
    files
}

fn topics(chance: &mut Chance) -> &'static str {
    if chance.percent(50) { "all" } else { chance.pick(&TYPES) }
}

fn grant(chance: &mut Chance) -> String {
    if chance.percent(12) {
        let (not, holding, not_self) = (chance.pick(&ROLES), chance.pick(&ROLES), chance.percent(50));
        return format!(
            "  - allow: [enter, assign_role]\n    topics: user\n    reach: org\n    roles: {{not: [{not}]}}\n    people: {{not_self: {not_self}, not_holding: [{holding}]}}\n"
        );
    }
    let topics = topics(chance);
    let reach = chance.pick(&["org", "org", "org", "org", "section", "section", "own", "referred"]);
    let when = if chance.percent(30) {
        format!("    when: '{}'\n", chance.pick(&WHEN).replace('\'', "''"))
    } else {
        String::new()
    };
    let made_by = if chance.percent(12) { format!("    made_by: {}\n", chance.pick(&ROLES)) } else { String::new() };
    format!("  - allow: [view, create]\n    topics: {topics}\n    reach: {reach}\n{when}{made_by}")
}

fn directory(chance: &mut Chance) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut file = |name: &str, header: &str, rows: Vec<Vec<String>>| {
        let line = |row: &Vec<String>| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
        files.push((name.to_owned(), format!("{header}\n{}", rows.iter().map(line).collect::<String>())));
    };
    let orgs = ORGS.iter().map(|(id, kind, above, level)| match *level {
        "tobedeleted" => cells(&[id, level, id, kind, above, ""]),
        level => cells(&[id, "", id, kind, above, level]),
    });
    file("orgs.csv", "sourcedId,status,name,type,parentSourcedId,metadata.level", orgs.collect());
    file(
        "academicSessions.csv",
        "sourcedId,status,startDate,endDate",
        vec![cells(&["now", "", "2023-09-01", "2024-01-01"]), cells(&["past", "", "2022-09-01", "2023-10-02"])],
    );
    let classes = CLASSES.iter().map(|id| {
        let status = if chance.percent(8) { "tobedeleted" } else { "" };
        cells(&[id, status, chance.pick(&PLACES), chance.pick(&["", "now", "now", "past", "now,past"])])
    });
    file("classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds", classes.collect());
    file("users.csv", "sourcedId,status,enabledUser,role,orgSourcedIds,metadata.n", users(chance));
    let mut links = Vec::new();
    for number in 0..8 + chance.below(16) {
        let (user, role) = if chance.percent(35) {
            (chance.pick(&["u0", "u0", "u0", "u1", "U0"]), "teacher")
        } else {
            (chance.pick(&STUDENTS), "student")
        };
        let status = if chance.percent(8) { "tobedeleted" } else { "" };
        let (begin, end) = (chance.pick(&DATES[..4]), if chance.percent(15) { chance.pick(&DATES) } else { "" });
        links.push(cells(&[&format!("e{number}"), status, chance.pick(&CLASSES), user, role, begin, end]));
    }
    file("enrollments.csv", "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate", links);
    let mut members = Vec::new();
    for number in chance.times(3) {
        let role = chance.pick(&["student", "student", "teacher"]);
        members.push(cells(&[
            &format!("m{number}"),
            "",
            chance.pick(&STUDENTS),
            role,
            chance.pick(&ORGS).0,
            chance.pick(&DATES),
            "",
        ]));
    }
    file("roles.csv", "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate", members);
    let mut held = Vec::new();
    for number in 0..3 + chance.below(6) {
        let user = if chance.percent(65) { "u0" } else { chance.pick(&STAFF) };
        let (begin, end) = if chance.percent(20) { (chance.pick(&DATES), chance.pick(&DATES)) } else { ("", "") };
        held.push(cells(&[&format!("a{number}"), "", user, chance.pick(&ROLES), chance.pick(&PLACES), begin, end]));
    }
    file("role_assignments.csv", "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate", held);
    file("records.csv", "sourcedId,status,type,properties", records(chance));
    files
}

fn users(chance: &mut Chance) -> Vec<Vec<String>> {
    let mut users = Vec::new();
    for id in STAFF.into_iter().chain(STUDENTS) {
        let student = STUDENTS.contains(&id);
        let orgs: Vec<&str> = chance.times(2).map(|_| chance.pick(&PLACES)).collect();
        let enabled = if id == "off" { "false" } else { "true" };
        let status = if id == "kdel" { "tobedeleted" } else { "" };
        // Some are students by their enrolments alone, or by none.
        let role = if student && chance.percent(80) { "student" } else { "teacher" };
        users.push(cells(&[id, status, enabled, role, &orgs.join(","), chance.pick(&["", "2"])]));
    }
    users
}

fn records(chance: &mut Chance) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    for id in RECORDS.into_iter().chain(["k0", "c0", "s1"]) {
        let kind = chance.pick(&TYPES);
        let mut of = serde_json::Map::new();
        for (name, value) in row(chance, &[]) {
            let value = match value {
                _ if name == "id" || chance.percent(40) => continue,
                Value::Text(text) if text.is_empty() => continue,
                Value::Text(text) if name == "school" && chance.percent(30) => json!([text, "s1"]),
                Value::Text(text) => json!(text),
                Value::Number(number) => json!(number),
                Value::Bool(flag) => json!(flag),
                Value::List(_) => json!(["x"]),
                Value::Object(_) => json!({}),
            };
            of.insert(name.to_owned(), value);
        }
        if chance.percent(10) {
            of.insert("flag".to_owned(), json!("neither"));
        }
        let properties = serde_json::Value::Object(of).to_string();
        records.push(cells(&[id, "", kind, &properties]));
    }
    records
}

fn cells(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}
