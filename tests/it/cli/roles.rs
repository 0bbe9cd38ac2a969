//! `roles`: the table, and one role's row with its rights.

use super::{POLICIES, Place, shipped};

const SCHOOL_PROCTOR: &str = "\
School Proctor (map.school_proctor)
group           Testing
held at         school
modules         testing (full)
users           teachers and staff who only give tests
clause 1        sets up and conducts tests at their schools
clause 2        opens only sessions that they or a District Proctor made

rights
  at the organisation where it is held, and below (org)
    testing             create: session
  at the organisation where it is held, and below (org); made by map.district_proctor
    testing             view, conduct: session
  on records that the holder made (own)
    testing             view, update, conduct: session
";

const CTE_TEACHER_ENDS: &str = "\
rights
  in sections that the holder teaches (section)
    cte                 view: section
                        view, create: attendance, mark
";

#[test]
fn one_role() {
    let ended = shipped("roles map.school_proctor");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", SCHOOL_PROCTOR));
    let ended = shipped("roles misis.cte_teacher");
    assert!(ended.out.ends_with(CTE_TEACHER_ENDS), "{}", ended.out);
    assert!(ended.out.contains("held at         school, not elementary\n"), "{}", ended.out);
}

#[test]
fn showing_a_role_is_a_command() {
    for line in [
        "roles show map.school_proctor",
        "roles map.school_proctor",
        "roles --policies policies show map.school_proctor",
    ] {
        assert_eq!(shipped(line).out, SCHOOL_PROCTOR, "{line}");
    }
    assert_eq!(shipped("roles list").out, shipped("roles").out);
}

/// The row with its channel and its staffing, as an object.
#[test]
fn a_row_for_programs() {
    let ended = shipped("roles show misis.scheduling_administrator --format json");
    let role: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&role["role"], &role["title"]),
        (&"misis.scheduling_administrator".into(), &"Scheduling Administrator".into())
    );
    assert_eq!((&role["security_level"], &role["held_at"]), (&"moderate".into(), &"school".into()));
    assert_eq!(role["request_through"], "One Access");
    assert_eq!(role["staffing"]["one_per_students"], 1000);
    assert_eq!(role["staffing"]["minimum"][0]["count"], 2);
    assert_eq!(role["modules"]["scheduling"], "full");
    assert!(role["clauses"]["1"].is_string() && role["users"][0]["who"].is_string(), "{role}");
    let rights = role["rights"].as_array().unwrap();
    assert!(rights.iter().any(|right| right["resource_type"] == "misis.grades.mark" && right["action"] == "update"));
    let list: serde_json::Value = serde_json::from_str(&shipped("roles --format json").out).unwrap();
    assert_eq!(list["roles"].as_array().unwrap().len(), 68);
}

#[test]
fn every_shipped_role_is_shown_within_the_width() {
    let table = shipped("roles").out;
    let ids: Vec<&str> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(ids.len(), 68);
    for id in ids {
        let ended = shipped(&format!("roles {id}"));
        let wide = ended.out.lines().find(|line| line.chars().count() > 100);
        assert_eq!((ended.code, wide), (0, None), "{id}");
    }
}

#[test]
fn a_table_of_all() {
    let ended = Place::with(&POLICIES).run("roles");
    let table = "\
role         title    group  level  held at
sis.auditor  Auditor                district
sis.teacher  Teacher                school, not elementary
";
    assert_eq!((ended.code, ended.out.as_str()), (0, table));
}

#[test]
fn a_role_that_is_not_there() {
    for (id, message) in [
        ("misis.counsellor", "error: there is no role `misis.counsellor`: did you mean `misis.counselor`?\n"),
        ("janitor", "error: there is no role `janitor`: `hallpass roles` lists them\n"),
    ] {
        let ended = shipped(&format!("roles {id}"));
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (1, "", message));
    }
}
