//! Changes that show only for some ids of a record, its maker and the subject: told both ways.

use hallpass::policy::compare::Comparison;
use hallpass::policy::compiled::Policy;

use super::compare;
use crate::support::{compile, source};

/// One type with its record, one role with its head and grants, and the type's deny rules.
fn policy(id_is: &str, role: &str, deny: &str) -> Policy {
    let topic = format!("{{actions: [view], record: student{id_is}}}");
    let application = format!("hallpass: application/v1\napplication: app\ntitle: x\ntypes: {{item: {topic}}}\n{deny}");
    let files = [("role", role), ("other", "held_at: anywhere\ngrants: []")].map(|(id, rest)| {
        source(&format!("{id}.yaml"), format!("hallpass: role/v1\nrole: app.{id}\ntitle: x\n{rest}\n"))
    });
    compile(&[&[source("app.yaml", application)], &files[..]].concat())
}

/// What is gained (`+`) and lost (`-`), which must be told the other way on the way back.
fn ways(before: &Policy, after: &Policy) -> String {
    let told = |comparison: &Comparison<'_>, signs: [(bool, &str); 2]| -> String {
        let is_told = |gain: bool| comparison.lines.iter().any(|line| line.gain == gain);
        signs.into_iter().filter(|(gain, _)| is_told(*gain)).map(|(_, sign)| sign).collect()
    };
    let there = told(&compare(before, after), [(true, "+"), (false, "-")]);
    assert_eq!(told(&compare(after, before), [(false, "+"), (true, "-")]), there);
    there
}

const ORG: &str = "held_at: anywhere\ngrants: [{allow: view, topics: item, reach: org}]";
const SECTION: &str = "held_at: anywhere\ngrants: [{allow: view, topics: item, reach: section}]";
const NOT_THEMSELVES: &str =
    "held_at: anywhere\ngrants: [{allow: view, topics: item, reach: org, when: resource.id != subject.id}]";
const AT_A_SCHOOL: &str =
    "held_at: district\ngrants: [{allow: view, topics: item, reach: section, when: \"'s1' in resource.school\"}]";
const NOT_WHAT_THEY_MADE: &str = "deny: [{id: d, topics: item, when: resource.created_by == subject.id, because: x}]\n";

#[test]
fn an_id_that_is_no_class_counts_where_ids_are_classes() {
    assert_eq!(ways(&policy(", id_is: section", ORG, ""), &policy("", ORG, "")), "+-");
}

#[test]
fn ids_that_are_students_and_then_classes_differ_beside_conditions_on_id_and_maker() {
    let [students, classes] =
        [", id_is: student", ", id_is: section"].map(|id_is| policy(id_is, NOT_THEMSELVES, NOT_WHAT_THEY_MADE));
    assert_eq!(ways(&students, &classes), "+-");
}

#[test]
fn an_id_of_a_student_who_is_not_in_the_class_counts_where_ids_are_students() {
    assert_eq!(ways(&policy("", SECTION, ""), &policy(", id_is: student", SECTION, "")), "+-");
}

#[test]
fn who_asks_may_be_the_maker_who_holds_another_role_too() {
    let held =
        |at: &str| format!("held_at: {at}\ngrants: [{{allow: view, topics: item, reach: own, made_by: app.other}}]");
    assert_eq!(ways(&policy("", &held("anywhere"), ""), &policy("", &held("school"), "")), "-");
}

#[test]
fn a_class_is_at_a_school_that_a_condition_names() {
    assert_eq!(ways(&policy("", "held_at: district\ngrants: []", ""), &policy("", AT_A_SCHOOL, "")), "+");
}
