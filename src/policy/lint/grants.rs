//! Grants that others of their role cover, and roles that come to nothing.

use super::super::code::Code;
use super::super::document::{HeldAt, SCHOOL_LEVELS};
use super::super::model::{Grant, Model, RoleModel};
use super::super::source::Finding;
use super::{Cells, Within, line_of, within};

/// Reports each grant of which the role's other grants, included ones too, allow everything. Of two that allow the same
/// the later one is reported.
pub(super) fn covered(model: &Model, findings: &mut Vec<Finding>) {
    let students = Cells::of_students(model);
    for role in &model.roles {
        let mut kept: Vec<(&Grant, Cells)> =
            role.grants.iter().map(|grant| (grant, Cells::of(&*grant.cells))).collect();
        for at in (0..kept.len()).rev() {
            let Some((grant, cells)) = kept.get(at).filter(|(grant, _)| is_own(role, grant)) else { continue };
            let others = kept.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
            if let Some(by) = cover(grant, cells, others, &students) {
                findings.push(report(grant, &by));
                kept.remove(at);
            }
        }
    }
}

/// Whether the role wrote the grant itself.
fn is_own(role: &RoleModel, grant: &Grant) -> bool {
    grant.id.strip_prefix(&role.id).is_some_and(|rest| rest.starts_with('#'))
}

/// The grants that together allow all that one does; `None` where they don't.
fn cover<'g>(
    grant: &Grant,
    cells: &Cells,
    others: impl Iterator<Item = &'g (&'g Grant, Cells)>,
    students: &Cells,
) -> Option<Vec<&'g Grant>> {
    let (mut covered, mut by) = (Cells::default(), Vec::new());
    for (other, theirs) in others.filter(|(other, theirs)| cells.meets(theirs) && asks_no_more(other, grant)) {
        let shared = match within(grant.reach, other.reach, students) {
            Within::Everywhere => cells.and(theirs),
            Within::On(part) => cells.and(theirs).and(part),
            Within::Nowhere => continue,
        };
        if !shared.is_within(&covered) {
            covered.add(&shared);
            by.push(*other);
        }
    }
    (!cells.is_empty() && cells.is_within(&covered)).then_some(by)
}

/// Whether one grant is limited by nothing, or by the same as another.
fn asks_no_more(one: &Grant, other: &Grant) -> bool {
    (one.made_by.is_none() || one.made_by == other.made_by)
        && (one.condition.is_none() || one.condition == other.condition)
        && (one.governance.is_none() || one.governance == other.governance)
}

fn report(grant: &Grant, by: &[&Grant]) -> Finding {
    let names: Vec<String> =
        by.iter().take(3).map(|other| format!("`{}` ({})", other.id, line_of(&other.at))).collect();
    let message = match by {
        [_] => format!("{} allows all that this grant does", names.join(", ")),
        _ => format!("{} together allow all that this grant does", names.join(", ")),
    };
    let help = "remove it, and name its clause in the other one, or narrow the other one";
    Code::CoveredGrant.at(grant.at.clone(), message).help(help)
}

/// Reports roles without a grant, and roles that have effect nowhere.
pub(super) fn without_effect(model: &Model, findings: &mut Vec<Finding>) {
    for role in &model.roles {
        if role.grants.is_empty() {
            let message = format!("`{}` grants nothing", role.id);
            findings.push(Code::NoGrants.at(role.at.clone(), message).help("give it grants, or remove the file"));
        }
        let levels = || SCHOOL_LEVELS.iter().all(|level| role.not_at.iter().any(|not| not == level));
        if role.held_at == HeldAt::School && levels() {
            let message = format!("`{}` has effect at no school that has a level", role.id);
            findings.push(Code::HeldNowhere.at(role.at.clone(), message).help("take a level out of `not_at`"));
        }
    }
}
