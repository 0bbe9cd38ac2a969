//! Who holds which role where, read against the policy: assignments that can never count, and people who hold roles
//! that an application wants kept apart. Advice for people; deciding doesn't read it.

use super::code::Code;
use super::compiled::{Policy, Role};
use super::document::HeldAt;
use super::facts::{Org, OrgKind};
use super::key::key;
use super::source::{Finding, Place};

/// One role assignment of the directory.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The holder's `sourcedId`.
    pub user: &'a str,
    /// The role's id, as the directory spells it.
    pub role: &'a str,
    /// Where it is held.
    pub org: &'a Org,
    /// Where the assignment stands.
    pub place: Place,
}

impl Policy {
    /// What looks wrong with role assignments, whatever the day: all warnings, in the order given. The assignments of
    /// one person stand together.
    #[must_use]
    pub fn review<'a>(&self, assignments: impl IntoIterator<Item = Held<'a>>) -> Vec<Finding> {
        let (mut findings, mut earlier) = (Vec::new(), Vec::<Held<'a>>::new());
        for held in assignments {
            if earlier.first().is_some_and(|first| first.user != held.user) {
                earlier.clear();
            }
            findings.extend(self.review_one(&held));
            findings.extend(earlier.iter().find_map(|other| self.too_close(other, &held)));
            earlier.push(held);
        }
        findings
    }

    fn review_one(&self, held: &Held<'_>) -> Option<Finding> {
        let finding = |message: String| Code::IdleAssignment.at(held.place.clone(), message);
        let Some((_, role)) = self.roles.find(key(held.role), held.role) else {
            let near = self.nearest_role(held.role);
            let help = near.map_or_else(|| "it grants nothing".to_owned(), |near| format!("did you mean `{near}`?"));
            return Some(finding(format!("there is no role `{}`", held.role)).help(help));
        };
        let why = no_effect(role, held.org)?;
        let message = format!("`{}` has no effect at `{}`: {why}", held.role, held.org.id());
        Some(finding(message).help("assign it where it counts, or remove the row"))
    }

    fn too_close(&self, one: &Held<'_>, other: &Held<'_>) -> Option<Finding> {
        let (_, first) = self.roles.find(key(one.role), one.role)?;
        let (_, second) = self.roles.find(key(other.role), other.role)?;
        let listed = |kinds: &[String], role: &Role| kinds.iter().any(|kind| kind == role.sheet.held_at);
        let apart = self.apart.iter().find(|apart| {
            [first, second].iter().all(|role| role.application as usize == apart.application)
                && first.held_at != second.held_at
                && listed(&apart.kinds, first)
                && listed(&apart.kinds, second)
        })?;
        let message = format!("`{}` holds both `{}` and `{}`", other.user, one.role, other.role);
        Some(Code::TooClose.at(other.place.clone(), message).help(apart.because.clone()))
    }
}

/// Why a role never has effect at an organisation, where it doesn't.
fn no_effect(role: &Role, org: &Org) -> Option<String> {
    if role.held_at == HeldAt::School && org.kind != OrgKind::School {
        return Some("the role is held at schools, and this is none".to_owned());
    }
    let level = org.level.as_deref()?;
    let excluded = role.not_at.iter().any(|excluded| **excluded == *level);
    excluded.then(|| format!("the role does not count at a school of level `{level}`"))
}
