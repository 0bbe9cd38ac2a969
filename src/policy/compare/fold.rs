//! Changes of single cells folded into lines: cells that change alike for a role, and roles that change alike.

use std::collections::BTreeMap;

use super::super::compiled::Policy;
use super::super::day::Day;
use super::super::model::Reach;
use super::pair::{Atom, Bar, Pair, Side};
use super::search::{Recipe, Want};
use super::{Cause, Found, Witness};

/// In which scope something is gained or lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A grant.
    Grant {
        /// How far it reaches.
        reach: Reach,
        /// What limits it beside its condition, in words.
        limits: Vec<String>,
        /// Its condition.
        when: Option<String>,
        /// The conditions of grants in the other set that are like it but for these; `None` is always.
        other: Vec<Option<String>>,
        /// Why it counts in one set alone, where both have it.
        because: Option<&'static str>,
    },
    /// Where the role is held at an organisation that is no school.
    Places,
    /// Where the role is held at a school of a level.
    Level(String),
    /// On days from one on, before another.
    Days {
        /// The first day; `None` is any.
        from: Option<Day>,
        /// The first day after.
        until: Option<Day>,
    },
    /// Where a deny rule applies, in the set that refuses.
    Rule {
        /// The rule, as `application.id`.
        id: String,
        /// Its condition.
        when: Option<String>,
        /// Roles whose holders it spares.
        unless: Vec<String>,
        /// The rule in the other set, where it changed: its condition, and whom it spares.
        other: Option<(Option<String>, Vec<String>)>,
    },
}

/// Decisions that change alike.
#[derive(Debug)]
pub struct Line {
    /// Gained or lost.
    pub gain: bool,
    /// By whom, by id.
    pub roles: Vec<String>,
    /// In which scope.
    pub scope: Scope,
    /// What: resource types and actions.
    pub cells: Vec<(String, String)>,
    /// A request on which the sets differ. There is one for each of the roles and cells; this is that of the first.
    pub witness: Box<Witness>,
    /// How the witness of each role and cell is made.
    pub(super) recipes: Vec<(u32, u32, Recipe)>,
}

/// A rule that changed, and no request was found that is decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Something was to be gained by it, or lost.
    pub gain: bool,
    /// Whose grant it is.
    pub roles: Vec<String>,
    /// The scope of the grant, or the rule.
    pub scope: Scope,
    /// What it is about.
    pub cells: Vec<(String, String)>,
}

impl Note {
    /// Whether the rule stands in the set after, and not in the one before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        // What a deny rule takes away is lost where the rule is new.
        self.gain != matches!(self.scope, Scope::Rule { .. })
    }
}

/// Whether two causes, one in each set, are one rule that was changed.
pub(super) fn partners(pair: &Pair<'_>, one: &Want, other: &Want) -> bool {
    match (&one.cause, &other.cause) {
        (Cause::Grant(one), Cause::Grant(other)) => alike(one, other),
        (Cause::Bar(a), Cause::Bar(b)) => {
            let id = |want: &Want, bar: &Bar| rule(pair.sides(want.gain).1, want.cell, bar).map(|rule| rule.id.clone());
            a.condition == b.condition || id(one, a) == id(other, b)
        }
        _ => false,
    }
}

/// Whether two grants differ in their conditions at most.
fn alike(one: &Atom, other: &Atom) -> bool {
    let rest = |atom: &Atom| (atom.reach, atom.made_by, atom.governance);
    rest(one) == rest(other)
}

fn rule<'p>(side: &Side<'p>, cell: u32, bar: &Bar) -> Option<&'p super::super::compiled::Deny> {
    let (_, number) = side.bars(cell).iter().find(|(known, _)| known == bar)?;
    let policy: &'p Policy = side.policy;
    policy.denies.get(*number as usize)
}

/// What a line is made of: gained or lost, by a role, in a scope; or a note.
type Group = BTreeMap<(u32, bool, bool, Scope), Vec<Found>>;

/// Folds.
pub(super) fn fold(pair: &Pair<'_>, found: Vec<Found>) -> (Vec<Line>, Vec<Note>) {
    let mut by_role: Group = BTreeMap::new();
    for found in found {
        let key = (found.want.role, !found.want.gain, found.witness.is_none(), scope(pair, &found.want));
        by_role.entry(key).or_default().push(found);
    }
    let (mut lines, mut notes): (Vec<Line>, Vec<Note>) = (Vec::new(), Vec::new());
    for ((role, lost, silent, scope), found) in by_role {
        let id = pair.names.id(role).to_owned();
        let cells: Vec<(String, String)> = found.iter().filter_map(|found| cell(pair, found.want.cell)).collect();
        if silent {
            note(&mut notes, Note { gain: !lost, roles: vec![id], scope, cells });
        } else {
            line(&mut lines, !lost, id, scope, cells, found);
        }
    }
    notes.retain(|note| (note.gain || !is_told_by_the_other(note)) && !is_told_of_others(&lines, note));
    (lines, notes)
}

/// Whether a note of what was there before says what one of what is there now says too.
fn is_told_by_the_other(note: &Note) -> bool {
    match &note.scope {
        Scope::Grant { other, .. } => !other.is_empty(),
        Scope::Rule { other, .. } => other.is_some(),
        Scope::Places | Scope::Level(_) | Scope::Days { .. } => false,
    }
}

/// Whether a deny rule is told of already: it touches other roles, and not these.
fn is_told_of_others(lines: &[Line], note: &Note) -> bool {
    let told = |line: &Line| line.gain == note.gain && line.scope == note.scope;
    matches!(note.scope, Scope::Rule { .. }) && lines.iter().any(told)
}

fn cell(pair: &Pair<'_>, at: u32) -> Option<(String, String)> {
    let (kind, action) = pair.names.cells.get(at as usize)?;
    Some(((*kind).to_owned(), (*action).to_owned()))
}

fn note(notes: &mut Vec<Note>, made: Note) {
    let alike = |known: &&mut Note| known.gain == made.gain && known.scope == made.scope && known.cells == made.cells;
    match notes.iter_mut().find(alike) {
        Some(known) => known.roles.extend(made.roles),
        None => notes.push(made),
    }
}

/// A line more, or a role more on a line.
fn line(
    lines: &mut Vec<Line>,
    gain: bool,
    role: String,
    scope: Scope,
    cells: Vec<(String, String)>,
    found: Vec<Found>,
) {
    let mut witnesses = found.into_iter().filter_map(|found| {
        let (witness, recipe) = found.witness?;
        Some((witness, (found.want.role, found.want.cell, recipe)))
    });
    let Some((witness, first)) = witnesses.next() else { return };
    let recipes: Vec<_> = std::iter::once(first).chain(witnesses.map(|(_, recipe)| recipe)).collect();
    let alike = |known: &&mut Line| known.gain == gain && known.scope == scope && known.cells == cells;
    match lines.iter_mut().find(alike) {
        Some(known) => {
            known.roles.push(role);
            known.recipes.extend(recipes);
        }
        None => lines.push(Line { gain, roles: vec![role], scope, cells, witness, recipes }),
    }
}

fn scope(pair: &Pair<'_>, want: &Want) -> Scope {
    let (granting, refusing) = pair.sides(want.gain);
    match &want.cause {
        Cause::Grant(atom) => grant(pair, want, atom),
        Cause::Place => Scope::Places,
        Cause::Level(level) => Scope::Level(level.clone()),
        Cause::From => {
            let from = |side: &Side<'_>| side.traits(want.role).and_then(|traits| traits.from);
            Scope::Days { from: from(granting), until: from(refusing) }
        }
        Cause::Bar(bar) => {
            let found = rule(refusing, want.cell, bar);
            let id = found.map_or_else(String::new, |rule| rule.id.to_string());
            let texts = |side: &Side<'_>, rule: &super::super::compiled::Deny| {
                let when = rule.condition.and_then(|at| side.policy.conditions.get(at as usize));
                let unless = rule.unless.iter().map(|role| side.policy.roles.name(*role).to_owned()).collect();
                (when.map(|condition| condition.text.clone()), unless)
            };
            let (when, unless) = found.map(|rule| texts(refusing, rule)).unwrap_or_default();
            let named = |(_, number): &&(Bar, u32)| {
                granting.policy.denies.get(*number as usize).is_some_and(|rule| *rule.id == *id)
            };
            let other = granting.bars(want.cell).iter().find(named);
            let other = other.and_then(|(_, number)| granting.policy.denies.get(*number as usize));
            Scope::Rule { when, unless, other: other.map(|rule| texts(granting, rule)), id }
        }
    }
}

fn grant(pair: &Pair<'_>, want: &Want, atom: &Atom) -> Scope {
    let (granting, refusing) = pair.sides(want.gain);
    let lone = |side: &Side<'_>, other: &Atom| !side.has(want.role, want.cell, other);
    let others = refusing.atoms(want.role, want.cell).iter().map(|(other, _)| other);
    let others = others.filter(|other| alike(atom, other) && *other != atom && lone(granting, other));
    let text = |atom: &Atom| atom.condition.map(|at| pair.names.text(at).to_owned());
    let found = granting.atoms(want.role, want.cell).iter().find(|(known, _)| known == atom);
    let limits = found.map(|(_, grant)| granting.policy.limits_beside_condition(grant)).unwrap_or_default();
    let other = others.map(text).collect();
    Scope::Grant { reach: atom.reach, limits, when: text(atom), other, because: because(pair, want, atom) }
}

fn because(pair: &Pair<'_>, want: &Want, atom: &Atom) -> Option<&'static str> {
    let (granting, refusing) = pair.sides(want.gain);
    let gone = |gained, lost| Some(if want.gain { gained } else { lost });
    if refusing.traits(want.role).is_none() {
        return gone("the role is new", "the role is gone");
    }
    let (Some(ours), Some(theirs)) = (granting.ground(want.cell), refusing.ground(want.cell)) else {
        return gone("the action is new", "the action is gone");
    };
    if !refusing.has(want.role, want.cell, atom) {
        return None;
    }
    if !ours.same_record(theirs) {
        return Some("its records are tied to places otherwise");
    }
    if pair.shifted(atom) {
        return Some("a role that the grant names has effect elsewhere");
    }
    gone("there are roles more to be given", "there are roles less to be given")
}
