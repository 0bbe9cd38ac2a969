//! What looks wrong in a set though it is taken: grants, roles and rules that come to nothing, names that are taken for
//! one another, roles that reach further than they say. Warnings alone; deciding doesn't read them.
//!
//! Every lint is exact about the policy as it stands: what it reports can be shown by requests, never guessed.

mod cells;
mod denies;
mod grants;
mod levels;
mod looks;
mod unused;

use super::model::{Model, Reach};
use super::source::{Finding, Place};
use cells::Cells;
pub(super) use looks::{foreign, plain};

/// Everything that looks wrong in a set that has no errors.
pub(super) fn all(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    grants::covered(model, &mut findings);
    grants::without_effect(model, &mut findings);
    unused::never_granted(model, &mut findings);
    denies::idle(model, &mut findings);
    levels::understated(model, &mut findings);
    looks::alike(model, &mut findings);
    findings
}

/// The cells on which whatever lies within one reach lies within another too, given the cells about students' records.
fn within(narrow: Reach, wide: Reach, students: &Cells) -> Within<'_> {
    match (narrow, wide) {
        (narrow, wide) if narrow == wide => Within::Everywhere,
        (Reach::Own, Reach::Org) => Within::Everywhere,
        // A section of the subtree with its student lies in the subtree, where student and section are what is tested.
        (Reach::Section, Reach::Org) => Within::On(students),
        (Reach::Org | Reach::Section | Reach::Own | Reach::Referred, _) => Within::Nowhere,
    }
}

/// On which cells one reach holds another.
#[derive(Clone, Copy)]
enum Within<'a> {
    Everywhere,
    On(&'a Cells),
    Nowhere,
}

/// `file:line`, for a message about another place.
fn line_of(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// Names as a sentence lists them, the first few of many.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 6;
    let quoted: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST) {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}
