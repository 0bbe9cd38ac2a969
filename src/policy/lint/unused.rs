//! Actions that no role may do.

use super::super::code::Code;
use super::super::model::{Model, TypeModel};
use super::super::source::Finding;
use super::{Cells, listed};

/// The cells that some role has a grant for; what a role has through another is granted there.
pub(super) fn granted(model: &Model) -> Cells {
    let own = model.roles.iter().flat_map(|role| &role.grants).filter(|grant| grant.through.is_none());
    Cells::of(own.flat_map(|grant| &*grant.cells))
}

/// Reports for each topic the actions that nobody may do, but for those that it says are nobody's.
pub(super) fn never_granted(model: &Model, findings: &mut Vec<Finding>) {
    let granted = granted(model);
    for made in &model.catalogue.types {
        let nobodys = |action: &str| made.nobodys.iter().any(|known| known.text == action);
        for name in &made.nobodys {
            if made.cell(&name.text).is_some_and(|cell| granted.contains(cell)) {
                let message = format!("`{}` stands under `nobody`, and a role may do it", name.text);
                findings.push(Code::GrantedAfterAll.at(name.at.clone(), message).help("take it out, or the grant"));
            }
        }
        let missing = names(made, |cell, action| !granted.contains(cell) && !nobodys(action));
        if missing.is_empty() {
            continue;
        }
        let message = format!("no role may {} on `{}`", listed(&missing), made.topic);
        let help = "grant it to a role, or list it under `nobody` of the topic if that is meant";
        findings.push(Code::NeverGranted.at(made.at.clone(), message).help(help));
    }
}

fn names(made: &TypeModel, fits: impl Fn(usize, &str) -> bool) -> Vec<&str> {
    let actions = made.actions.iter().enumerate().map(|(at, (name, _))| (made.first_cell + at, name.as_str()));
    actions.filter(|(cell, name)| fits(*cell, name)).map(|(_, name)| name).collect()
}
