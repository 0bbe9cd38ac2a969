//! What somebody holds: each role at its organisation, whether it counts, and the sections that its scope can name.

use super::compiled::Policy;
use super::day::{Day, Period};
use super::facts::{Assignment, Facts, Person};

/// A role that somebody holds at an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The role.
    pub role: String,
    /// Where it is held.
    pub org: String,
    /// When the assignment counts.
    pub period: Period,
    /// Whether it counts: `in_effect`, `unknown_role`, `out_of_dates` or `without_effect_here` (the wrong kind of
    /// organisation, or a role that is not available yet).
    pub standing: &'static str,
    /// Sections that they teach now, at the organisation or below: as far as the scope `section` reaches.
    pub teaches: Vec<String>,
}

impl Post {
    /// Whether it counts.
    #[must_use]
    pub fn in_effect(&self) -> bool {
        self.standing == "in_effect"
    }
}

impl Policy {
    /// What somebody holds, in the directory's order; `None` where nobody knows them, or they are disabled.
    pub fn posts<F: Facts>(&self, facts: &F, user: &str, today: Day) -> Option<Vec<Post>> {
        let person = facts.person(user).filter(|person| person.active)?;
        Some(person.assignments.iter().map(|assignment| self.post(&person, assignment, today)).collect())
    }

    fn post(&self, person: &Person<'_>, assignment: &Assignment, today: Day) -> Post {
        let standing = if self.role(&assignment.role).is_none() {
            "unknown_role"
        } else if !assignment.period.contains(today) {
            "out_of_dates"
        } else if self.role_in_effect(assignment, today).is_none() {
            "without_effect_here"
        } else {
            "in_effect"
        };
        let here = person.teaches.iter().filter(|taught| taught.in_effect(today));
        let here = here.filter(|taught| taught.section.school.lies_in(&assignment.org));
        Post {
            role: assignment.role.to_string(),
            org: assignment.org.id().to_owned(),
            period: assignment.period,
            standing,
            teaches: here.map(|taught| taught.section.id.to_string()).collect(),
        }
    }
}
