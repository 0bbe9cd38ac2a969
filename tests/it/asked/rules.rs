//! Each rule of the files beside the tables: a fixture each, with the roster of the same rows as the oracle.

use hallpass::directory::Roster;
use hallpass::directory::postgres::Postgres;
use hallpass::policy::source::Source;

use super::database::Database;
use super::same::{Ids, compare};
use crate::support::source;

const HEADS: [(&str, &str); 8] = [
    ("orgs.csv", "sourcedId,status,name,type,parentSourcedId,metadata.level,metadata.timeZone"),
    ("academicSessions.csv", "sourcedId,status,startDate,endDate"),
    ("classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds"),
    ("users.csv", "sourcedId,status,enabledUser,role,orgSourcedIds,primaryOrgSourcedId,metadata.grade,metadata.team"),
    ("roles.csv", "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate"),
    ("enrollments.csv", "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate"),
    ("role_assignments.csv", "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate"),
    ("records.csv", "sourcedId,status,type,properties"),
];

/// In every fixture.
const BASE: [(&str, &str); 4] = [
    ("orgs.csv", "d,,D,district,,,America/Los_Angeles\ns1,,S,school,d,elementary,\ns2,,S,school,d,,"),
    ("academicSessions.csv", "now,,2023-08-01,2024-06-15\nold,,2022-08-01,2023-06-15"),
    ("classes.csv", "c1,,s1,\nc2,,s2,now"),
    ("users.csv", "u0,,true,teacher,s1,,,\nk0,,true,student,s1,,,"),
];

/// What is added: a name, and rows of files.
const FIXTURES: [(&str, &[(&str, &str)]); 30] = [
    ("an organisation whose parent is unknown", &[("orgs.csv", "x,,X,school,gone,,\ny,,Y,school,x,,")]),
    ("an organisation whose parent is deleted", &[("orgs.csv", "g,tobedeleted,G,local,d,,\nx,,X,school,g,,")]),
    ("a circle of organisations", &[("orgs.csv", "x,,X,local,y,,\ny,,Y,local,x,,\nz,,Z,school,x,,")]),
    ("an organisation above itself", &[("orgs.csv", "x,,X,district,x,,Europe/Berlin")]),
    (
        "a second district, with its own zone",
        &[("orgs.csv", "e,,E,district,d,,Europe/Berlin\nf,,F,district,,,Asia/Tokyo")],
    ),
    ("a state above the district", &[("orgs.csv", "st,,ST,state,,,Asia/Tokyo\nx,,X,district,st,,Europe/Berlin")]),
    ("a type and a level of another's own", &[("orgs.csv", "x,,X,ext:room,s1,basement,\ny,,Y,School,d,,")]),
    (
        "a disabled and a deleted user",
        &[("users.csv", "a,,false,teacher,s1,,,\nb,tobedeleted,true,teacher,s1,,9,\nc,,,,,,,")],
    ),
    (
        "a deleted student stays known",
        &[("users.csv", "b,tobedeleted,true,Student,s1,,,"), ("enrollments.csv", "e1,,c1,b,student,,")],
    ),
    (
        "organisations of a user, twice and unknown",
        &[("users.csv", "a,,true,teacher,\"s1,s2,s1,gone\",s2,,\nb,,true,student,gone,,,")],
    ),
    (
        "properties of a user",
        &[("users.csv", "a,,true,teacher,s1,,9,red\nb,,true,student,s1,,,blue\nc,tobedeleted,true,student,s1,,1,x")],
    ),
    ("a student by a deleted enrolment", &[("enrollments.csv", "e1,tobedeleted,c1,u0,student,,")]),
    ("a student by a slip in the letters of an enrolment", &[("enrollments.csv", "e1,,c1,u0,STUDENT,,")]),
    ("a student by an enrolment in a class that nobody knows", &[("enrollments.csv", "e1,,gone,u0,student,,")]),
    ("a student by an enrolment whose date is none", &[("enrollments.csv", "e1,,c1,u0,student,soon,")]),
    (
        "a student by a deleted role",
        &[("roles.csv", "r1,tobedeleted,u0,student,s1,,\nr2,,k0,aide,s2,2023-01-01,2023-02-01")],
    ),
    ("a role with a slip in its letters", &[("roles.csv", "r1,,u0,Student,s2,,")]),
    (
        "roles beside organisations of users.csv",
        &[("roles.csv", "r1,,u0,teacher,s1,,\nr2,,u0,student,s2,,\nr3,,u0,aide,s2,,\nr4,,u0,aide,gone,,")],
    ),
    (
        "roles of a deleted user",
        &[
            ("users.csv", "b,tobedeleted,true,student,s1,,,"),
            ("roles.csv", "r1,,b,aide,s1,,\nr2,,b,student,s2,,\nr3,,b,Student,s1,,"),
        ],
    ),
    (
        "a class of a school that is deleted or unknown",
        &[
            ("orgs.csv", "g,tobedeleted,G,school,d,,"),
            ("classes.csv", "x,,g,\ny,,gone,"),
            ("enrollments.csv", "e1,,x,u0,teacher,,\ne2,,y,u0,teacher,,\ne3,,c1,u0,teacher,,"),
        ],
    ),
    ("a deleted class", &[("classes.csv", "x,tobedeleted,s1,"), ("enrollments.csv", "e1,,x,u0,teacher,,")]),
    (
        "terms known, unknown, deleted and without a day",
        &[
            ("academicSessions.csv", "g,tobedeleted,2023-08-01,2024-06-15\nh,,2023-08-01,"),
            ("classes.csv", "x,,s1,\"gone,g,h\"\ny,,s1,\"old,gone,now\""),
            ("enrollments.csv", "e1,,x,u0,teacher,,\ne2,,y,u0,teacher,,"),
        ],
    ),
    (
        "enrolments of teachers and students, of other roles and twice",
        &[(
            "enrollments.csv",
            "e1,,c1,u0,teacher,2023-01-01,\ne2,,c1,u0,teacher,,2023-01-01\ne3,,c2,k0,student,,\ne4,,c2,u0,aide,,\ne5,,c2,u0,Teacher,,\ne6,tobedeleted,c2,u0,teacher,,",
        )],
    ),
    ("an enrolment of somebody unknown", &[("enrollments.csv", "e1,,c1,gone,student,,")]),
    (
        "assignments in their order, of roles that nobody describes",
        &[(
            "role_assignments.csv",
            "a3,,u0,app.b,s2,,\na1,,u0,app.a,d,2023-01-01,2024-01-01\na2,,u0,nothing,s1,,\na0,tobedeleted,u0,app.c,d,,",
        )],
    ),
    (
        "assignments that are skipped",
        &[(
            "role_assignments.csv",
            "a1,,u0,,s1,,\na2,,u0,app.a,gone,,\na3,,u0,app.a,s1,never,\na4,,gone,app.a,s1,,\na5,,u0,app.a,s1,,2023-13-01",
        )],
    ),
    (
        "assignments of a deleted user",
        &[("users.csv", "b,tobedeleted,true,teacher,s1,,,"), ("role_assignments.csv", "a1,,b,app.a,d,,")],
    ),
    (
        "records of several types",
        &[(
            "records.csv",
            "x,,app.a,\"{\"\"school\"\": [\"\"s1\"\"], \"\"flag\"\": true, \"\"n\"\": 1.5, \"\"none\"\": null}\"\ny,,app.b,{}\nz,tobedeleted,app.b,{}",
        )],
    ),
    (
        "records that can't be read",
        &[(
            "records.csv",
            "x,,app.a,not json\ny,,app.a,[1]\nz,,app.a,\"{\"\"school\"\": 1}\"\nw,,app.a,\"{\"\"date\"\": \"\"soon\"\"}\"\nv,,app.a,",
        )],
    ),
    (
        "ids that look the same",
        &[
            (
                "users.csv",
                "U0,,true,student,s2,,,\nu0 ,,true,,s2,,,\né,,true,,s1,,,\ne\u{301},,true,student,s1,,,\n\u{2000}u0,,true,,s1,,,",
            ),
            ("role_assignments.csv", "a1,,u0 ,app.a,s1,,\na2,,U0,app.b,s1,,\na3,,e\u{301},app.c,s1,,"),
        ],
    ),
];

fn files(added: &[(&str, &str)]) -> Vec<Source> {
    let rows = |of: &[(&str, &str)], name: &str| -> String {
        of.iter().filter(|(file, _)| *file == name).map(|(_, rows)| format!("{rows}\n")).collect()
    };
    HEADS.map(|(name, head)| source(name, format!("{head}\n{}{}", rows(&BASE, name), rows(added, name)))).into()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn every_rule_of_files_is_one_of_tables() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    for (name, added) in FIXTURES {
        println!("{name}");
        let files = files(added);
        let roster = match Roster::load(&files, &["grade", "team"]) {
            Ok(loaded) => loaded.roster,
            Err(findings) => panic!("{name}: {findings:?}"),
        };
        database.fill(&files);
        let loaded = database.runtime.block_on(compare(&postgres, &roster, &Ids::of(&files)));
        assert_eq!(loaded.head.unwrap().to_string(), database.text("SELECT hallpass.sequence()::text"), "{name}");
    }
}
