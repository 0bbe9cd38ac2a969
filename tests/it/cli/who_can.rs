//! `who-can` and `what-can`: the roles and the people, and they are those whom checks of everybody would find.

use hallpass::directory::Roster;
use hallpass::policy::day::Day;
use serde_json::{Value, json};

use super::{Place, shipped, small};
use crate::little::ask;
use crate::search::demo::records;
use crate::search::enumerable::Enumerable;
use crate::support::{path, shipped_policy, sources};

const ON: &str = "2026-11-22";

#[test]
fn roles_alone() {
    let ended = small(&[]).run("who-can view sis.grades.mark");
    let lines = "\
roles that may view sis.grades.mark
  at the organisation where it is held, and below (org)
    sis.auditor  Auditor
  in sections that the holder teaches (section)
    sis.teacher  Teacher
";
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", lines));
    let none = small(&[]).run("who-can update sis.grades.mark --format json");
    let answer: Value = serde_json::from_str(&none.out).unwrap();
    assert_eq!(answer["roles"][0]["role"], "sis.teacher");
    assert_eq!((answer["roles"].as_array().unwrap().len(), answer.get("people")), (1, None));
}

#[test]
fn people_too() {
    let place = small(&[]);
    let holders = place.run("who-can view sis.grades.mark --directory examples/district").out;
    let end = "
people who hold such a role
  lee  sis.teacher at high
  kim  sis.auditor at d
2 people
";
    assert!(holders.ends_with(end), "{holders}");
    let allowed = place.run("who-can view sis.grades.mark --student zoe").out;
    let end = "
people who may, of this record
  kim  by sis.auditor#1  at d
1 person
";
    assert!(allowed.ends_with(end), "{allowed}");
}

/// On the demo district: of every kind of record the people are those whom a check allows, each by the grant that it names.
#[test]
fn the_people_are_those_whom_checks_allow() {
    let files = sources(&path("examples/district"));
    let (policy, roster) = (shipped_policy(), Roster::load(&files, &[]).unwrap().roster);
    let users = Enumerable::read(&files).users;
    let mut found = 0;
    for (action, kind) in
        [("update", "misis.grades.mark"), ("view", "misis.census.student"), ("assign_role", "map.setup.user")]
    {
        for (id, of) in records() {
            let mut line = format!("who-can {action} {kind} --on {ON} --format json --directory examples/district");
            if !id.is_empty() {
                line += &format!(" --record {id}");
            }
            for (name, value) in of.as_object().unwrap() {
                line += &format!(" --property {name}:={value}");
            }
            let answer: Value = serde_json::from_str(&shipped(&line).out).unwrap();
            let Some(people) = answer.get("people") else {
                assert!(id.is_empty() && of == json!({}), "{line}");
                continue;
            };
            let may = |user: &String| {
                let question = ask(user, action, kind, of.clone()).id(id);
                let granted = policy.decide(&roster, &question.request(), Day::parse(ON).unwrap()).granted?;
                Some(json!({"user": user, "role": granted.role, "org": granted.org, "grant": granted.grant}))
            };
            let expected: Vec<Value> = users.iter().filter_map(may).collect();
            assert_eq!((people, &answer["count"]), (&json!(expected), &json!(expected.len())), "{line}");
            found += expected.len();
        }
    }
    assert!(found > 50, "{found} people");
}

/// In a made-up district those who hold a role are those of whom `what-can` says so.
#[test]
fn a_larger_district() {
    let place = Place::with(&[]);
    assert_eq!(place.run("directory generate --students 2000 --seed 3 district").code, 0);
    let policies = path("policies");
    let flags = format!("--policies {} --directory district --on 2026-11-22 --format json", policies.display());
    let json = |line: &str| serde_json::from_str::<Value>(&place.run(&format!("{line} {flags}")).out).unwrap();
    let answer = json("who-can view misis.health.immunization");
    let holders = answer["holders"].as_array().unwrap();
    assert!(holders.len() > 5 && answer["count"] == json!(holders.len()), "{answer}");
    for holder in holders.iter().take(5) {
        let told = json(&format!("what-can {} --module health", holder["user"].as_str().unwrap()));
        let held = told["assignments"].as_array().unwrap().iter().filter(|held| {
            let rights = held["rights"].as_array().unwrap();
            rights
                .iter()
                .any(|right| right["resource_type"] == "misis.health.immunization" && right["action"] == "view")
        });
        let posts: Vec<Value> = held.map(|held| json!({"role": held["role"], "org": held["org"]})).collect();
        assert_eq!(holder["posts"], json!(posts));
    }
}

#[test]
fn what_somebody_can() {
    let ended = small(&[]).run("what-can lee");
    let lines = "\
lee

sis.teacher (Teacher) at high
  in sections that they teach: art (section)
    grades              view, update: mark
";
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", lines));
    let zoe = small(&[]).run("what-can zoe").out;
    assert_eq!(zoe, "zoe\n\nholds no role, so may do nothing\n");
}

#[test]
fn what_does_not_count_is_said() {
    let place = small(&[(
        "examples/district/role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n\
         1,,lee,sis.teecher,high,,\n2,,lee,sis.teacher,small,,\n3,,lee,sis.auditor,d,2020-01-01,2020-02-01\n",
    )]);
    let lines = "\
lee

sis.teecher at high
  no policy file describes this role

sis.teacher (Teacher) at small
  the role has no effect at this organisation, or not yet

sis.auditor (Auditor) at d
  counts only from 2020-01-01 until before 2020-02-01
";
    assert_eq!(place.run("what-can lee").out, lines);
    assert!(place.run("what-can lee --on 2020-01-05").out.contains("  at d, and below (org)\n    grades"));
    let answer: Value = serde_json::from_str(&place.run("what-can lee --format json").out).unwrap();
    let standing: Vec<&Value> =
        answer["assignments"].as_array().unwrap().iter().map(|held| &held["standing"]).collect();
    assert_eq!(standing, ["unknown_role", "without_effect_here", "out_of_dates"]);
}

#[test]
fn what_is_not_there() {
    let place = small(&[]);
    for (line, message) in [
        ("who-can fly sis.grades.mark", "error: `sis.grades.mark` has no action `fly`: it has view, update\n"),
        (
            "who-can view sis.grades.marks",
            "error: there is no resource type `sis.grades.marks`: did you mean `sis.grades.mark`?\n",
        ),
        ("what-can ghost", "error: the directory has no user `ghost`, or they are disabled\n"),
        ("what-can lee --module grade", "error: there is no module `grade`: did you mean `grades`?\n"),
        (
            "who-can view sis.grades.mark --date 2026-13-01",
            "error: this is no question that can be decided: `date` must be a day of the calendar, as YYYY-MM-DD\n",
        ),
    ] {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (1, "", message), "{line}");
    }
}
