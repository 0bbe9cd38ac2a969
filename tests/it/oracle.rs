//! The naive evaluator: a second opinion on every decision, read straight from the vocabulary.
//!
//! It is: strings, linear scans over a few small tables (`tests/data/*.tsv`, typed from the two guides) and over
//! a rostering folder, one pass per question in the order in which the vocabulary tells the rules.
//!
//! It is not: a server, a policy loader or a validator. It knows no `deny` rules, reads no zip, reports nothing,
//! assumes well-formed requests and panics on malformed tables. It must never use anything of the crate it checks.
//!
//! The submodules: `guide` (the tables), `directory` (the folder), `scopes` (how a right is tied to a record),
//! `json` (just enough to read records.csv), `district` and `patterns` (a folder made for enumeration, and questions).
#![expect(
    clippy::excessive_nesting,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    clippy::string_slice,
    reason = "naive on purpose: loops and cases as the vocabulary tells them"
)]

use std::path::Path;

#[path = "oracle/directory.rs"]
mod directory;
#[path = "oracle/district.rs"]
pub mod district;
#[path = "oracle/guide.rs"]
mod guide;
#[path = "oracle/json.rs"]
mod json;
#[path = "oracle/patterns.rs"]
pub mod patterns;
#[path = "oracle/scopes.rs"]
mod scopes;

use directory::{Assignment, Directory};
use guide::{Guide, Right};
use scopes::{Facts, Outcome};

/// One question, as a caller puts it: `None` is an absent property, an empty list is a given one.
pub struct Question<'a> {
    pub subject_type: &'a str,
    pub subject: &'a str,
    pub action: &'a str,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub allow: bool,
    /// `granted`, or the reason of the deny, spelt as in section 3 of the vocabulary.
    pub reason: &'static str,
}

pub struct Oracle {
    guide: Guide,
    directory: Directory,
}

impl Oracle {
    /// `tables` holds guide.tsv, catalogue.tsv, ids.tsv and roles.tsv; `district` is a OneRoster CSV folder.
    pub fn load(tables: &Path, district: &Path) -> Oracle {
        let guide = Guide::load(tables);
        let directory = Directory::load(district, &|role| guide.roles.contains_key(role));
        Oracle { guide, directory }
    }

    /// `today` is the day in the district's time zone, `YYYY-MM-DD`.
    pub fn decide(&self, q: &Question, today: &str) -> Verdict {
        match self.refusal(q, today) {
            None => Verdict { allow: true, reason: "granted" },
            Some(reason) => Verdict { allow: false, reason },
        }
    }

    /// The reasons in the order of section 3; `None` when the answer is allow.
    fn refusal(&self, q: &Question, today: &str) -> Option<&'static str> {
        if q.subject_type != "user" || !self.directory.is_enabled_user(q.subject) {
            return Some("unknown_subject");
        }
        let Some(actions) = self.guide.catalogue.get(q.resource_type) else {
            return Some("unknown_resource_type");
        };
        let Some(record) = actions.get(q.action) else {
            return Some("unknown_action");
        };
        let creates_with_role = record == "user" && q.action == "create" && q.role.is_some();
        if (q.action == "assign_role" || creates_with_role) && self.names_unknown_role(q) {
            return Some("unknown_role");
        }
        let facts = Facts::of(q, self.guide.ids.get(q.resource_type).map(String::as_str), &self.directory);
        let refused = self.refused_action(q.action, record, &facts, today);
        if refused.is_none() && creates_with_role {
            return self.refused_action("assign_role", record, &facts, today);
        }
        refused
    }

    /// A role is known where it belongs to the application of the resource type.
    fn names_unknown_role(&self, q: &Question) -> bool {
        let application = q.resource_type.split('.').next().unwrap_or("");
        q.role.is_some_and(|role| !self.guide.roles.contains_key(role) || role.split('.').next() != Some(application))
    }

    /// One action, over every right that an assignment of the subject carries for it.
    fn refused_action(&self, action: &str, record: &str, facts: &Facts, today: &str) -> Option<&'static str> {
        let mut only_out_of_effect = false;
        let (mut pairs, mut lacking, mut in_scope) = (0, 0, 0);
        for assignment in self.directory.assignments_of(facts.subject) {
            let rights = self.guide.rights(&assignment.role, facts.resource_type, action);
            if rights.is_empty() {
                continue;
            }
            if !self.in_effect(assignment, today) {
                only_out_of_effect = true;
                continue;
            }
            for right in rights {
                pairs += 1;
                match self.try_right(right, assignment, action, record, facts, today) {
                    Outcome::Holds => return None,
                    Outcome::LacksFact => lacking += 1,
                    Outcome::OutOfScope => {}
                    Outcome::LacksProperty => {
                        lacking += 1;
                        in_scope += 1;
                    }
                    Outcome::Refused => in_scope += 1,
                }
            }
        }
        Some(match (pairs, only_out_of_effect) {
            (0, true) => "assignment_not_in_effect",
            (0, false) => "no_grant",
            _ if lacking == pairs => "missing_attribute",
            _ if in_scope == 0 => "scope_mismatch",
            _ => "condition_not_met",
        })
    }

    /// An assignment counts within its dates, while its role exists, and at the right kind of org.
    fn in_effect(&self, assignment: &Assignment, today: &str) -> bool {
        let role = &self.guide.roles[&assignment.role];
        let org = self.directory.org(&assignment.org);
        let right_kind =
            (role.held_at != "school" || org.kind == "school") && (role.not_at.is_empty() || role.not_at != org.level);
        right_kind && assignment.dates.hold(today) && role.available_from.as_str() <= today
    }

    /// Whether the user holds the role in effect at an org that `suits`.
    fn holds_role(&self, user: &str, role: &str, today: &str, suits: &dyn Fn(&str) -> bool) -> bool {
        self.directory.assignments_of(user).iter().any(|a| a.role == role && self.in_effect(a, today) && suits(&a.org))
    }

    /// First the scope, then whose record it is, then the conditions and the governance of roles.
    fn try_right(
        &self,
        right: &Right,
        assignment: &Assignment,
        action: &str,
        record: &str,
        facts: &Facts,
        today: &str,
    ) -> Outcome {
        let scope = scopes::holds(&self.directory, &right.reach, &assignment.org, record, facts, today);
        let scope = match &right.made_by {
            Some(role) => self.narrowed_to_maker(scope, role, record, facts, today),
            None => scope,
        };
        if scope != Outcome::Holds {
            return scope;
        }
        if (action == "assign_role" && facts.role.is_none()) || (right.not_future && facts.date.is_none()) {
            return Outcome::LacksProperty;
        }
        if right.not_future && facts.date.is_some_and(|date| date > today) {
            return Outcome::Refused;
        }
        if self.governance_refuses(right, facts, today) { Outcome::Refused } else { Outcome::Holds }
    }

    /// `made_by`: the maker holds the role at an org whose subtree holds the record too.
    fn narrowed_to_maker(&self, scope: Outcome, role: &str, record: &str, facts: &Facts, today: &str) -> Outcome {
        let Some(maker) = facts.created_by else {
            return Outcome::LacksFact;
        };
        if scope != Outcome::Holds {
            return scope;
        }
        let reaches = |org: &str| scopes::holds(&self.directory, "org", org, record, facts, today) == Outcome::Holds;
        if self.holds_role(maker, role, today, &reaches) { Outcome::Holds } else { Outcome::OutOfScope }
    }

    /// Roles that may not be given, and people who may not be changed.
    fn governance_refuses(&self, right: &Right, facts: &Facts, today: &str) -> bool {
        facts.role.is_some_and(|role| right.role_not.iter().any(|r| r == role))
            || (right.not_self && facts.id == facts.subject)
            || right.not_holding.iter().any(|r| self.holds_role(facts.id, r, today, &|_| true))
    }
}
