//! Roles that reach further than the security level that they state: who may do, as far, everything that a role of a
//! higher level may, is at least of that level.

use super::super::code::Code;
use super::super::document::{HeldAt, SecurityLevel};
use super::super::model::{Model, Reach, RoleModel};
use super::super::source::Finding;
use super::{Cells, Within, line_of, within};

/// A role with a level, and what it may do.
struct Rights<'a> {
    role: &'a RoleModel,
    level: SecurityLevel,
    /// By reach: what grants without a limit allow, and what all grants allow at most.
    by_reach: Vec<(Reach, Cells, Cells)>,
    /// By reach, what it surely may.
    surely: Vec<Cells>,
}

/// Reports each role that may do everything that one of a higher level may, once. Whoever says why a level is other than
/// its reach suggests (`level_because`) is left out.
pub(super) fn understated(model: &Model, findings: &mut Vec<Finding>) {
    let students = Cells::of_students(model);
    let all: Vec<Rights<'_>> = model.roles.iter().filter_map(|role| rights(role, &students)).collect();
    for low in &all {
        let higher = all.iter().filter(|high| high.level > low.level && may_all(low, high));
        if let Some(high) = higher.max_by_key(|high| high.level) {
            let message = format!(
                "`{}` is {}, and may do all that `{}` may, which is {}",
                low.role.id,
                low.level.name(),
                high.role.id,
                high.level.name()
            );
            let help = format!("the other one is at {}: correct one of the levels", line_of(&high.role.at));
            findings.push(Code::UnderstatedLevel.at(low.role.at.clone(), message).help(help));
        }
    }
}

fn rights<'a>(role: &'a RoleModel, students: &Cells) -> Option<Rights<'a>> {
    let level = role.sheet.security_level?;
    if role.grants.is_empty() || role.level_explained {
        return None;
    }
    let mut by_reach: Vec<_> = Reach::ALL.map(|reach| (reach, Cells::default(), Cells::default())).into();
    for grant in &role.grants {
        let limited = grant.condition.is_some() || grant.made_by.is_some() || grant.governance.is_some();
        for (_, unlimited, most) in by_reach.iter_mut().filter(|(reach, ..)| *reach == grant.reach) {
            most.extend(&*grant.cells);
            if !limited {
                unlimited.extend(&*grant.cells);
            }
        }
    }
    let surely = Reach::ALL.map(|reach| reached(reach, &by_reach, students)).into();
    Some(Rights { role, level, by_reach, surely })
}

/// What unlimited grants allow within a reach.
fn reached(narrow: Reach, by_reach: &[(Reach, Cells, Cells)], students: &Cells) -> Cells {
    let mut reached = Cells::default();
    for (wide, unlimited, _) in by_reach {
        match within(narrow, *wide, students) {
            Within::Everywhere => reached.add(unlimited),
            Within::On(part) => reached.add(&unlimited.and(part)),
            Within::Nowhere => {}
        }
    }
    reached
}

/// Whether one role may do everything that another may, wherever that one can be held.
fn may_all(low: &Rights<'_>, high: &Rights<'_>) -> bool {
    low.role.application == high.role.application
        && (low.role.held_at != HeldAt::School || high.role.held_at == HeldAt::School)
        && low.role.not_at.iter().all(|level| high.role.not_at.contains(level))
        && high.by_reach.iter().zip(&low.surely).all(|((_, _, most), surely)| most.is_within(surely))
}
