//! How a right is tied to a record: the four scopes of section 2 and the facts that they test.
//!
//! It decides no question by itself: it says of one right at one org whether its scope holds, lacks the fact
//! that it tests, or tests a fact that lies elsewhere.

use super::Question;
use super::directory::Directory;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Holds,
    /// The scope has no fact to test.
    LacksFact,
    /// A fact that is given lies out of reach.
    OutOfScope,
    /// The scope holds, but the property of a condition is absent.
    LacksProperty,
    /// The scope holds, but a condition or the governance of roles refuses.
    Refused,
}

/// The question's facts after the stored record has had its say.
pub struct Facts<'a> {
    pub subject: &'a str,
    pub resource_type: &'a str,
    pub id: &'a str,
    pub school: Option<Vec<&'a str>>,
    pub student: Option<&'a str>,
    pub section: Option<Vec<&'a str>>,
    pub created_by: Option<&'a str>,
    pub referred_to: Option<Vec<&'a str>>,
    pub role: Option<&'a str>,
    pub date: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// School, student, section and creator: the stored value wins; anything else: the request's. A record whose id is
    /// the student is about that student, unless it is no known student's and another is given.
    pub fn of(q: &'a Question<'a>, id_is: Option<&str>, directory: &'a Directory) -> Facts<'a> {
        let stored = directory.record(q.resource_type, q.id);
        let list = |name| stored.and_then(|record| record.list(name));
        let text = |name| stored.and_then(|record| record.text(name));
        Facts {
            subject: q.subject,
            resource_type: q.resource_type,
            id: q.id,
            school: list("school").or_else(|| q.school.clone()),
            student: match id_is {
                Some("student") if directory.is_known_student(q.id) => Some(q.id),
                _ => text("student").or(q.student),
            },
            section: list("section").or_else(|| q.section.clone()),
            created_by: text("created_by").or(q.created_by),
            referred_to: q.referred_to.clone().or_else(|| list("referred_to")),
            role: q.role,
            date: q.date.or_else(|| text("date")),
        }
    }
}

pub fn holds(d: &Directory, reach: &str, org: &str, record: &str, facts: &Facts, today: &str) -> Outcome {
    match reach {
        "org" => org_scope(d, org, record, facts, today),
        "section" => section_scope(d, org, facts, today),
        "own" => own_scope(d, org, record, facts, today),
        "referred" => referred_scope(d, org, facts),
        _ => panic!("guide.tsv: unknown reach {reach:?}"),
    }
}

/// Every fact that the kind of record tests and that is given lies in the subtree.
fn org_scope(d: &Directory, org: &str, record: &str, facts: &Facts, today: &str) -> Outcome {
    let tests = match record {
        "open" => return Outcome::Holds,
        "district" => vec![d.is_district_root(org)],
        "school" => given(school_within(d, org, facts)),
        "user" => given(school_within(d, org, facts).or_else(|| user_within(d, org, facts.id, today))),
        "student" => {
            [student_within(d, org, facts, today), school_within(d, org, facts), section_within(d, org, facts)]
                .into_iter()
                .flatten()
                .collect()
        }
        _ => panic!("catalogue.tsv: unknown kind of record {record:?}"),
    };
    match tests.as_slice() {
        [] => Outcome::LacksFact,
        tests if tests.iter().all(|within| *within) => Outcome::Holds,
        _ => Outcome::OutOfScope,
    }
}

fn given(test: Option<bool>) -> Vec<bool> {
    test.into_iter().collect()
}

fn school_within(d: &Directory, org: &str, facts: &Facts) -> Option<bool> {
    facts.school.as_ref().map(|schools| schools.iter().any(|school| d.in_subtree(school, org)))
}

fn section_within(d: &Directory, org: &str, facts: &Facts) -> Option<bool> {
    let in_subtree = |class: &&str| d.school_of_class(class).is_some_and(|school| d.in_subtree(school, org));
    facts.section.as_ref().map(|classes| classes.iter().any(in_subtree))
}

/// A known student's schools; one without any belongs to the district's root. An unknown student is no fact.
fn student_within(d: &Directory, org: &str, facts: &Facts, today: &str) -> Option<bool> {
    let student = facts.student.filter(|student| d.is_known_student(student))?;
    let schools = d.schools_of_student(student, today);
    Some(match schools.as_slice() {
        [] => d.is_district_root(org),
        schools => schools.iter().any(|school| d.in_subtree(school, org)),
    })
}

/// The orgs of the managed user; a user who is unknown or has none is no fact.
fn user_within(d: &Directory, org: &str, user: &str, today: &str) -> Option<bool> {
    let orgs = d.orgs_of_user(user, today);
    if orgs.is_empty() { None } else { Some(orgs.iter().any(|of| d.in_subtree(of, org))) }
}

/// The subject teaches a section of the subtree that is the one given, holds the student, is of the school.
fn section_scope(d: &Directory, org: &str, facts: &Facts, today: &str) -> Outcome {
    let student = facts.student.filter(|student| d.is_known_student(student));
    if student.is_none() && facts.section.is_none() {
        return Outcome::LacksFact;
    }
    let suits = |class: &str| {
        let school = d.school_of_class(class).unwrap_or("");
        d.in_subtree(school, org)
            && facts.section.as_ref().is_none_or(|sections| sections.contains(&class))
            && student.is_none_or(|student| d.classes_of(student, "student", today).contains(&class))
            && facts.school.as_ref().is_none_or(|schools| schools.contains(&school))
    };
    let taught = d.classes_of(facts.subject, "teacher", today);
    if taught.into_iter().any(suits) { Outcome::Holds } else { Outcome::OutOfScope }
}

fn own_scope(d: &Directory, org: &str, record: &str, facts: &Facts, today: &str) -> Outcome {
    let Some(creator) = facts.created_by else {
        return Outcome::LacksFact;
    };
    match org_scope(d, org, record, facts, today) {
        Outcome::Holds if creator != facts.subject => Outcome::OutOfScope,
        outcome => outcome,
    }
}

fn referred_scope(d: &Directory, org: &str, facts: &Facts) -> Outcome {
    match &facts.referred_to {
        None => Outcome::LacksFact,
        Some(targets) if targets.iter().any(|target| d.in_subtree(target, org)) => Outcome::Holds,
        Some(_) => Outcome::OutOfScope,
    }
}
