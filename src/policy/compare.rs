//! What changes between two policy sets: which roles gain or lose which action on which topic, how far it reaches, and for each
//! of these a request on which the two sets really differ.
//!
//! What a role is granted in a cell is compared in a form in which equal means that it decides alike: reach, `made_by`,
//! condition and governance of each grant, where and when the role and those that it names have effect, the kind of record,
//! the deny rules. Where all that is equal, no decision changes. Where it is not, both sets are asked about everything that
//! could tell them apart ([`space`]), and only what they answer differently is a change; a rule that changed without one is
//! told apart. Roles are the same by id, resource types by name: a renamed one is another.

mod fold;
mod making;
mod naming;
mod pair;
mod people;
mod said;
mod search;
mod space;
mod stage;
mod words;

use std::collections::BTreeSet;

use super::compiled::{Policy, narrow};
use super::day::Day;
use pair::{Atom, Bar, Pair};
use search::{Recipe, Search, Want};

pub use fold::{Line, Note, Scope};
pub use people::{Affected, Progress};
pub use search::Witness;
pub use stage::{Player, Stage};

/// Why something may be granted by one set and refused by the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Cause {
    /// A grant that the other lacks, or that decides otherwise there.
    Grant(Atom),
    /// The role has effect at organisations that are no schools.
    Place,
    /// The role has effect at schools of a level.
    Level(String),
    /// The role has effect on days before or after.
    From,
    /// A deny rule that the other lacks.
    Bar(Bar),
}

/// Something found, or a rule that changed without a difference to be found.
#[derive(Debug)]
struct Found {
    want: Want,
    witness: Option<(Box<Witness>, Recipe)>,
}

/// What changes.
#[derive(Debug)]
pub struct Comparison<'p> {
    pair: Pair<'p>,
    /// Decisions that change, the roles in their order.
    pub lines: Vec<Line>,
    /// Rules that changed without a difference that was found.
    pub notes: Vec<Note>,
    today: Day,
}

impl Policy {
    /// What changes when this set gives way to another. `today` is a day on which questions are asked, beside those on
    /// which either set changes by itself; `progress` is told how many roles of all were gone through.
    #[must_use]
    pub fn compare<'p>(
        &'p self,
        after: &'p Self,
        today: Day,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Comparison<'p> {
        let pair = Pair::new(self, after);
        let mut search = Search::new(&pair, today);
        let (mut found, roles) = (Vec::new(), pair.names.roles.len());
        for role in 0..narrow(roles) {
            let cells: BTreeSet<u32> = pair.before.cells_of(role).chain(pair.after.cells_of(role)).collect();
            for cell in cells {
                found.extend(in_cell(&mut search, role, cell));
            }
            progress(role as usize + 1, roles);
        }
        let (lines, notes) = fold::fold(&pair, found);
        Comparison { pair, lines, notes, today }
    }
}

impl Comparison<'_> {
    /// Whether any decision changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// What changes for a role in a cell.
fn in_cell(search: &mut Search<'_, '_>, role: u32, cell: u32) -> Vec<Found> {
    let pair = search.pair;
    let mut found: Vec<Found> = Vec::new();
    for gain in [true, false] {
        for cause in causes(pair, role, cell, gain) {
            let want = Want { gain, role, cell, cause };
            let witness = search.find(&want).map(|(witness, recipe)| (Box::new(witness), recipe));
            found.push(Found { want, witness });
        }
    }
    let told: Vec<Want> =
        found.iter().filter(|found| found.witness.is_some()).map(|found| found.want.clone()).collect();
    let silent = |found: &Found| {
        let want = &found.want;
        !is_written(pair, want) || told.iter().any(|other| other.gain != want.gain && fold::partners(pair, other, want))
    };
    found.retain(|found| found.witness.is_some() || !silent(found));
    found
}

/// Whether a cause stands in the files of one set and not in the other's: what is worth a word without a difference.
fn is_written(pair: &Pair<'_>, want: &Want) -> bool {
    let (_, refusing) = pair.sides(want.gain);
    match &want.cause {
        Cause::Grant(atom) => {
            let grounds = (pair.before.ground(want.cell), pair.after.ground(want.cell));
            let tied = if let (Some(one), Some(other)) = grounds { !one.same_record(other) } else { false };
            tied || !refusing.has(want.role, want.cell, atom)
        }
        Cause::Bar(bar) => {
            let (granting, _) = pair.sides(want.gain);
            !granting.bars(want.cell).iter().any(|(known, _)| known == bar)
        }
        Cause::Place | Cause::Level(_) | Cause::From => true,
    }
}

/// Everything for which one set may grant a role what the other refuses.
fn causes(pair: &Pair<'_>, role: u32, cell: u32, gain: bool) -> Vec<Cause> {
    let (granting, refusing) = pair.sides(gain);
    let same = pair.same_ground(cell);
    let stays = |atom: &Atom| same && refusing.has(role, cell, atom) && !pair.shifted(atom);
    let (kept, new): (Vec<Atom>, Vec<Atom>) = granting.atoms(role, cell).iter().map(|(atom, _)| *atom).partition(stays);
    let mut causes: Vec<Cause> = new.into_iter().map(Cause::Grant).collect();
    if kept.is_empty() {
        return causes;
    }
    if let (Some(ours), Some(theirs)) = (granting.traits(role), refusing.traits(role)) {
        causes.extend((theirs.schools_only && !ours.schools_only).then_some(Cause::Place));
        causes.extend(theirs.not_at.difference(&ours.not_at).map(|level| Cause::Level((*level).to_owned())));
        causes.extend((theirs.from > ours.from).then_some(Cause::From));
    }
    let applied = |bar: &Bar| granting.bars(cell).iter().any(|(known, _)| known == bar);
    let bars = refusing.bars(cell).iter().map(|(bar, _)| bar);
    let changed = bars.filter(|bar| !applied(bar) || bar.unless.iter().any(|role| pair.moved(*role)));
    causes.extend(changed.cloned().map(Cause::Bar));
    causes
}
