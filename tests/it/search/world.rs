//! A random world: every kind of record with every kind of id, roles with grants of every reach, and a folder of people,
//! classes and records in every state.

use std::fmt::Write as _;

use hallpass::directory::Roster;
use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;
use serde_json::{Value as Json, json};

use super::enumerable::Enumerable;
use crate::chance::Chance;
use crate::support::{compile, source};

const KINDS: [&str; 5] = ["student", "school", "district", "user", "open"];
const IDS: [Option<&str>; 5] = [None, Some("student"), Some("section"), Some("school"), Some("user")];
const ROLES: [&str; 4] = ["r0", "r1", "r2", "r3"];
const HEADS: [&str; 4] = [
    "held_at: anywhere",
    "held_at: school\nnot_at: [elementary]",
    "held_at: district",
    "held_at: school\navailable_from: 2023-10-03",
];
const ORGS: &str = "sourcedId,status,name,type,parentSourcedId,metadata.level\nD,,D,district,,\nL1,,L,local,D,\n\
    L2,,L,local,D,\ns1,,S,school,L1,secondary\ns2,,S,school,L1,\ne1,,S,school,L1,elementary\ns3,,S,school,L2,\n\
    lost,,S,school,nobody,\nshut,tobedeleted,S,school,L1,\nD2,,D,district,,\ns4,,S,school,D2,\n";
const PLACES: [&str; 12] = ["D", "L1", "L2", "s1", "s2", "e1", "s3", "lost", "D2", "s4", "s1", "s1"];
const SCHOOLS: [&str; 8] = ["s1", "s1", "s2", "e1", "s3", "lost", "s4", "shut"];
const SECTIONS: [&str; 7] = ["c1", "c1", "c2", "c3", "c4", "c5", "c6"];
const STAFF: [&str; 6] = ["u0", "u1", "u2", "u3", "u4", "u5"];
const STUDENTS: [&str; 7] = ["k0", "k1", "k2", "k3", "k4", "k5", "k6"];
const PERIODS: [&str; 8] = [",", ",", ",", ",", ",", ",2023-10-02", "2023-10-03,", "2023-01-01,2024-01-01"];
const WHEN: [&str; 5] = [
    "resource.flag == true",
    "resource.date <= today",
    "subject.id != 'u1'",
    "resource.student != 'k1'",
    "resource.id != 'k2' && subject.n != 2",
];

/// A policy, a roster, and what there is to ask about.
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) roster: Roster,
    /// The folder that the roster is read from.
    pub(crate) files: Vec<Source>,
    pub(crate) listed: Enumerable,
    /// Resource types, each with what its ids are.
    pub(crate) types: Vec<(String, Option<&'static str>)>,
    pub(crate) subjects: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) properties: Vec<(&'static str, Vec<Json>)>,
}

impl World {
    pub(crate) fn random(chance: &mut Chance) -> Self {
        let types: Vec<(String, Option<&'static str>)> = KINDS
            .iter()
            .flat_map(|kind| IDS.map(|id_is| (format!("{kind}_{}", id_is.unwrap_or("none")), id_is)))
            .collect();
        let policy = compile(&policy(chance, &types));
        let files = folder(chance, &types);
        let roster = Roster::load(&files, &["n"]).unwrap().roster;
        let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        Self {
            policy,
            roster,
            listed: Enumerable::read(&files),
            files,
            types,
            subjects: text(&["u0", "u0", "u1", "u2", "u3", "u4", "u5", "k0", "nobody"]),
            ids: [text(&["", "r0", "r1", "r2", "c1", "s1", "u1"]), text(&STUDENTS)].concat(),
            properties: properties(),
        }
    }
}

/// What a record may have: given by a request, or stored.
fn properties() -> Vec<(&'static str, Vec<Json>)> {
    let texts = |items: &[&str]| items.iter().map(|item| json!(item)).collect::<Vec<_>>();
    let many = |items: &[&str], list: Json| [texts(items), vec![list, json!([])]].concat();
    vec![
        ("school", many(&[&SCHOOLS[..], &["L1", "nowhere"]].concat(), json!(["s3", "s1", "nowhere"]))),
        ("student", texts(&[&STUDENTS[..], &["stranger", "u1"]].concat())),
        ("section", many(&[&SECTIONS[..], &["c9"]].concat(), json!(["c3", "c1", "c9"]))),
        ("created_by", texts(&[&STAFF[..], &["u0", "nobody"]].concat())),
        ("referred_to", many(&["s1", "s2", "L1", "s3"], json!(["s3", "e1"]))),
        ("role", texts(&["app.r0", "app.r1", "app.r9"])),
        ("date", texts(&["2023-10-02", "2023-10-03"])),
        ("flag", vec![json!(true), json!(false), json!("yes")]),
    ]
}

fn policy(chance: &mut Chance, types: &[(String, Option<&'static str>)]) -> Vec<Source> {
    let mut application = String::from("hallpass: application/v1\napplication: app\ntitle: x\ntypes:\n");
    for (name, id_is) in types {
        let (kind, _) = name.split_once('_').unwrap();
        let assign = if kind == "user" { ", assign_role" } else { "" };
        let id_is = id_is.map(|id_is| format!(", id_is: {id_is}")).unwrap_or_default();
        _ = writeln!(
            application,
            "  {name}: {{actions: [view, create{assign}], record: {kind}{id_is}, properties: {{flag: yes_no}}}}"
        );
    }
    application += "properties: {subject: {n: text}}\n".replace("text", "number").as_str();
    if chance.one_in(4) {
        let (when, unless) = (chance.of(&WHEN), chance.of(&["", "    unless_role: [app.r1]\n"]));
        _ = write!(application, "deny:\n  - id: d\n    topics: all\n    when: \"{when}\"\n{unless}    because: x\n");
    }
    let mut files = vec![source("app.yaml", application)];
    for (role, head) in ROLES.iter().zip(HEADS) {
        let grants: String = (0..2 + chance.below(4)).map(|_| grant(chance, types)).collect();
        let text = format!("hallpass: role/v1\nrole: app.{role}\ntitle: x\n{head}\ngrants:\n{grants}");
        files.push(source(&format!("{role}.yaml"), text));
    }
    files
}

fn grant(chance: &mut Chance, types: &[(String, Option<&'static str>)]) -> String {
    let allow = chance.of(&["view", "create", "enter", "enter"]);
    let topics = if !chance.one_in(3) { "all" } else { chance.of(types).0.as_str() };
    let reach = chance.of(&["org", "org", "section", "own", "referred"]);
    let mut grant = format!("  - allow: {allow}\n    topics: {topics}\n    reach: {reach}\n");
    if chance.one_in(6) {
        _ = writeln!(grant, "    when: \"{}\"", chance.of(&WHEN));
    }
    if chance.one_in(8) {
        _ = writeln!(grant, "    made_by: app.{}", chance.of(&ROLES));
    }
    if chance.one_in(3) {
        grant += "  - allow: [enter, assign_role]\n    topics: [user_none, user_user, user_student]\n    reach: org\n    roles: {not: [app.r0]}\n    people: {not_self: true, not_holding: [app.r3]}\n";
    }
    grant
}

fn folder(chance: &mut Chance, types: &[(String, Option<&'static str>)]) -> Vec<Source> {
    let mut users = String::from("sourcedId,status,enabledUser,role,orgSourcedIds,metadata.n\n");
    for user in STAFF {
        let (status, enabled) = state(chance);
        let n = chance.of(&["", "", "2"]);
        _ = writeln!(users, "{user},{status},{enabled},teacher,{},{n}", chance.of(&["", "s1", "L1", "\"s1,s3\"", "D"]));
    }
    for student in STUDENTS {
        let (status, enabled) = state(chance);
        let org = chance.of(&["", "s1", "s1", "e1", "\"s1,s3\"", "D", "lost", "s4"]);
        _ = writeln!(users, "{student},{status},{enabled},student,{org},");
    }
    let classes = "sourcedId,status,schoolSourcedId,termSourcedIds\nc1,,s1,\nc2,,s2,now\nc3,,s3,\nc4,,s1,old\n\
        c5,,lost,\nc6,tobedeleted,s1,\n";
    let terms = "sourcedId,startDate,endDate\nnow,2023-08-01,2024-06-15\nold,2022-08-01,2023-06-15\n";
    let file = |name: &str, head: &str, rows: Vec<String>| source(name, format!("{head}\n{}\n", rows.join("\n")));
    vec![
        source("orgs.csv", ORGS),
        source("users.csv", users),
        source("classes.csv", classes),
        source("academicSessions.csv", terms),
        file(
            "enrollments.csv",
            "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate",
            (0..5 + chance.below(20)).map(|at| enrolment(chance, at)).collect(),
        ),
        file(
            "roles.csv",
            "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate",
            (0..chance.below(5)).map(|at| role(chance, at)).collect(),
        ),
        file(
            "role_assignments.csv",
            "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate",
            (0..6 + chance.below(12)).map(|at| assignment(chance, at)).collect(),
        ),
        records(chance, types),
    ]
}

fn state(chance: &mut Chance) -> (&'static str, &'static str) {
    (
        *chance.of(&["", "", "", "", "", "", "", "tobedeleted"]),
        *chance.of(&["true", "true", "true", "true", "", "false"]),
    )
}

fn enrolment(chance: &mut Chance, at: usize) -> String {
    let (user, role) =
        if chance.one_in(3) { (chance.of(&STAFF), "teacher") } else { (chance.of(&STUDENTS), "student") };
    let status = chance.of(&["", "", "", "", "tobedeleted"]);
    format!("e{at},{status},{},{user},{role},{}", chance.of(&SECTIONS), chance.of(&PERIODS))
}

fn role(chance: &mut Chance, at: usize) -> String {
    let (user, role) = if chance.one_in(2) { (chance.of(&STAFF), "aide") } else { (chance.of(&STUDENTS), "student") };
    format!("x{at},,{user},{role},{},{}", chance.of(&PLACES), chance.of(&PERIODS))
}

fn assignment(chance: &mut Chance, at: usize) -> String {
    let user = if chance.one_in(8) { chance.of(&STUDENTS) } else { chance.of(&STAFF) };
    format!("a{at},,{user},app.{},{},{}", chance.of(&ROLES), chance.of(&PLACES), chance.of(&PERIODS))
}

fn records(chance: &mut Chance, types: &[(String, Option<&'static str>)]) -> Source {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["sourcedId", "status", "type", "properties"]).unwrap();
    let odd = ["k0", "k1", "c1", "c3", "s1", "s3", "u1", "u2"];
    for at in 0..chance.below(30) {
        // Two records of a folder never have one id, so that each odd one comes once.
        let id = odd.get(at).map_or_else(|| format!("r{at}"), |id| (*id).to_owned());
        let of: serde_json::Map<String, Json> = properties()
            .into_iter()
            .filter(|(name, _)| *name != "role")
            .filter_map(|(name, values)| chance.one_in(4).then(|| (name.to_owned(), chance.of(&values).clone())))
            .collect();
        let text = if chance.one_in(20) { "not json".to_owned() } else { Json::from(of).to_string() };
        let status = chance.of(&["", "", "", "", "tobedeleted"]);
        writer.write_record([&id, *status, &chance.of(types).0, &text]).unwrap();
    }
    source("records.csv", String::from_utf8(writer.into_inner().unwrap()).unwrap())
}
