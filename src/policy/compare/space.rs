//! The requests that can tell two sets apart in a cell: every way in which the record may lie to the subject, every
//! organisation, day and further role that matters there, every value that a condition could come out differently for.

use std::collections::BTreeSet;

use super::super::condition::{Looked, Source};
use super::super::day::Day;
use super::super::facts::OrgKind;
use super::super::model::{IdIs, Reach, Record};
use super::Cause;
use super::pair::{Atom, Pair, Traits};
use super::stage::{Called, Class, Id, Maker, Pupil, Seat, Spot, Tie, World};

/// How many worlds are looked at, at most, about; of more, these are spread over all.
const WORLDS: usize = 12_000;
/// Parts any number of combinations evenly.
pub(super) const STRIDE: usize = 1_000_003;
const SEATS: [Seat; 4] = [Seat::Same, Seat::Top, Seat::School, Seat::There];

const fn tie(school: Option<Spot>, student: Option<Pupil>, section: Option<Class>) -> Tie {
    Tie { school, student, section }
}

/// How a record may be tied, the plainest first.
const TIES: [Tie; 15] = [
    tie(Some(Spot::Here), None, None),
    tie(None, Some(Pupil::Here), None),
    tie(None, None, Some(Class::Taught)),
    tie(None, Some(Pupil::Taught), None),
    tie(None, None, Some(Class::Here)),
    tie(Some(Spot::Here), None, Some(Class::Taught)),
    tie(None, None, None),
    tie(Some(Spot::Here), Some(Pupil::Stranger), None),
    tie(Some(Spot::Here), Some(Pupil::There), None),
    tie(Some(Spot::There), Some(Pupil::Here), None),
    tie(Some(Spot::There), None, None),
    tie(None, Some(Pupil::Taught), Some(Class::Taught)),
    tie(None, None, Some(Class::There)),
    tie(None, Some(Pupil::Here), Some(Class::Taught)),
    tie(Some(Spot::Here), Some(Pupil::Taught), Some(Class::Taught)),
];

/// What can matter in a cell, for one role.
#[derive(Debug, Default)]
pub(super) struct Matter {
    pub(super) looked: Looked,
    levels: BTreeSet<String>,
    pub(super) days: BTreeSet<Day>,
    makers: BTreeSet<u32>,
    sparing: BTreeSet<u32>,
    managed: BTreeSet<u32>,
    own: bool,
    referred: bool,
    users: bool,
    id_is: Vec<IdIs>,
    pub(super) assigned: Vec<String>,
}

impl Matter {
    pub(super) fn of(pair: &Pair<'_>, role: u32, cell: u32, today: Day) -> Self {
        let mut matter = Self::default();
        let mut roles = BTreeSet::from([role]);
        for side in [&pair.before, &pair.after] {
            side.atoms(role, cell).iter().for_each(|(atom, _)| matter.atom(pair, atom));
            for (bar, _) in side.bars(cell) {
                matter.sparing.extend(&bar.unless);
                matter.condition(pair, bar.condition);
            }
            if let Some(ground) = side.ground(cell) {
                matter.users |= ground.cell.record == Record::User;
            }
        }
        matter.identify(pair, cell);
        matter.assign(pair, role, cell);
        roles.extend(matter.makers.iter().chain(&matter.sparing).chain(&matter.managed));
        for traits in roles.iter().flat_map(|role| [pair.before.traits(*role), pair.after.traits(*role)]).flatten() {
            matter.levels.extend(traits.not_at.iter().map(|level| (*level).to_owned()));
            matter.days.extend(traits.from.into_iter().flat_map(|day| [day, Day(day.0 - 1)]));
        }
        let around = |day: &Day| [Day(day.0 - 1), *day, Day(day.0 + 1)];
        matter.days.extend(matter.looked.days.iter().flat_map(around));
        matter.days.remove(&today);
        if matter.looked.has(&Source::Role) {
            matter.looked.texts.extend(matter.assigned.iter().map(|role| (Source::Role, role.clone())));
        }
        matter.looked.sort();
        matter
    }

    /// What the id may stand for: where that is one thing in both sets and no condition looks at it, it is told as a property.
    fn identify(&mut self, pair: &Pair<'_>, cell: u32) {
        let [before, after] = [&pair.before, &pair.after].map(|side| side.ground(cell).and_then(|ground| ground.id_is));
        if before == after && !self.looked.has(&Source::ResourceId) {
            return;
        }
        self.id_is.extend(before.into_iter().chain(after.filter(|_| before != after)));
        if self.looked.has(&Source::ResourceId) {
            let property = |id_is: &IdIs| match id_is {
                IdIs::Student => Some(Source::Student),
                IdIs::Section => Some(Source::Section),
                IdIs::School => Some(Source::School),
                IdIs::User => None,
            };
            let stands = self.id_is.iter().filter_map(property).map(|property| (Source::ResourceId, property));
            self.looked.compared.extend(stands);
        }
    }

    fn atom(&mut self, pair: &Pair<'_>, atom: &Atom) {
        self.own |= atom.reach == Reach::Own || atom.made_by.is_some();
        self.referred |= atom.reach == Reach::Referred;
        self.makers.extend(atom.made_by);
        self.condition(pair, atom.condition);
        if let Some(rules) = pair.names.governance(atom) {
            self.users = true;
            self.managed.extend(&rules.not_holding);
            self.assigned.extend(rules.roles_not.iter().map(|role| pair.names.id(*role).to_owned()));
        }
    }

    fn condition(&mut self, pair: &Pair<'_>, condition: Option<u32>) {
        let condition = condition.and_then(|at| pair.names.conditions.get(at as usize));
        condition.into_iter().for_each(|condition| condition.look(&mut self.looked));
    }

    /// Roles that may be given: one that nothing is said of first, then those that are told apart.
    fn assign(&mut self, pair: &Pair<'_>, role: u32, cell: u32) {
        let grounds = [&pair.before, &pair.after].map(|side| side.ground(cell));
        let gives = |ground: &&super::pair::Ground<'_>| ground.cell.assigns || ground.cell.may_assign;
        let Some(ground) = grounds.iter().flatten().find(|ground| gives(ground)) else { return };
        let kind = pair.names.cells.get(cell as usize).map_or("", |(kind, _)| kind);
        let assign = pair.names.cells.iter().position(|(of, action)| *of == kind && *action == "assign_role");
        for side in [&pair.before, &pair.after] {
            let atoms = assign.map_or([].as_slice(), |at| side.atoms(role, super::super::compiled::narrow(at)));
            atoms.iter().for_each(|(atom, _)| self.atom(pair, atom));
        }
        let [before, after] = [&pair.before, &pair.after].map(|side| side.assignable(ground.application));
        let all = before.into_iter().chain(after).flatten().map(|role| pair.names.id(*role));
        let lone =
            |role: &u32| before.is_some_and(|all| all.contains(role)) != after.is_some_and(|all| all.contains(role));
        let told = before.into_iter().chain(after).flatten().filter(|role| lone(role)).map(|role| pair.names.id(*role));
        self.assigned.extend(told.map(str::to_owned));
        let plain = all.into_iter().find(|role| !self.assigned.iter().any(|known| known == role));
        self.assigned.splice(0..0, plain.map(str::to_owned));
    }

    /// The worlds to try; a cause has it where and when a role is held, which has effect only where its traits say.
    pub(super) fn worlds(&self, cause: &Cause, traits: Option<&Traits<'_>>) -> Vec<World> {
        let (mut seats, ids, makers) = (self.seats(cause), self.ids(), self.makers());
        seats.retain(|(kind, level)| {
            traits.is_none_or(|traits| traits.fits(*kind, level.as_deref().filter(|_| *kind == OrgKind::School)))
        });
        let also = with(&self.further(), None, |role, seat| Some((role, seat)));
        let referred = if self.refers() { [false, true].as_slice() } else { &[false] };
        let sizes = [seats.len(), also.len(), ids.len(), makers.len(), referred.len(), TIES.len()];
        let world = |at: Vec<usize>| {
            let [seat, further, id, made, refers, tie] = at.try_into().ok()?;
            let (kind, level): (OrgKind, Option<String>) = seats.get::<usize>(seat)?.clone();
            let world = World {
                kind,
                level,
                also: *also.get::<usize>(further)?,
                tie: *TIES.get::<usize>(tie)?,
                maker: *makers.get::<usize>(made)?,
                referred: *referred.get::<usize>(refers)?,
                id: *ids.get::<usize>(id)?,
                called: Called::default(),
            };
            sensible(&world).then_some(world)
        };
        let plain: Vec<World> = picks(&sizes, WORLDS).filter_map(world).take(WORLDS).collect();
        self.named(&plain, WORLDS)
    }

    /// Roles that the subject may hold besides.
    fn further(&self) -> BTreeSet<u32> {
        let managed = self.managed.iter().filter(|_| self.looked.has(&Source::ResourceId));
        self.sparing.iter().chain(&self.makers).chain(managed).copied().collect()
    }

    /// Where the role is held, and the level of the school there or below.
    fn seats(&self, cause: &Cause) -> Vec<(OrgKind, Option<String>)> {
        let levels = || std::iter::once(None).chain(self.levels.iter().cloned().map(Some));
        let at = |kind: OrgKind| levels().map(move |level| (kind, level));
        let others = at(OrgKind::Other).chain(at(OrgKind::District));
        match cause {
            Cause::Place => others.collect(),
            Cause::Level(level) => vec![(OrgKind::School, Some(level.clone()))],
            Cause::Grant(_) | Cause::From | Cause::Bar(_) => at(OrgKind::School).chain(others).collect(),
        }
    }

    fn makers(&self) -> Vec<Maker> {
        if !self.own && !self.looked.has(&Source::CreatedBy) {
            return vec![Maker::Unsaid];
        }
        let plain = [Maker::Unsaid, Maker::Subject, Maker::Somebody];
        let holders = self.makers.iter().flat_map(|role| SEATS.map(|seat| Maker::Holder(*role, seat)));
        plain.into_iter().chain(holders).collect()
    }

    fn refers(&self) -> bool {
        self.referred || self.looked.has(&Source::ReferredTo)
    }

    fn ids(&self) -> Vec<Id> {
        let (looked, mut ids) = (self.looked.has(&Source::ResourceId), vec![Id::None]);
        ids.extend((looked || !self.id_is.is_empty()).then_some(Id::Record));
        ids.extend(looked.then_some(Id::Subject));
        if self.users {
            ids.push(Id::Managed);
            ids.extend((!looked).then_some(Id::Subject));
            ids.extend(self.managed.iter().flat_map(|role| SEATS.map(|seat| Id::Holder(*role, seat))));
        }
        ids.extend(self.id_is.iter().flat_map(|id_is| [Id::Of(*id_is), Id::Beside(*id_is)]));
        ids
    }
}

/// Nobody, or each role at each seat.
fn with<T: Copy>(roles: &BTreeSet<u32>, none: T, some: impl Fn(u32, Seat) -> T) -> Vec<T> {
    let each = roles.iter().flat_map(|role| SEATS.map(|seat| some(*role, seat)));
    std::iter::once(none).chain(each).collect()
}

/// Whether the world differs from others: an id stands for a property that there is, and no seat is another by another name.
fn sensible(world: &World) -> bool {
    let World { tie, id, maker, also, kind, .. } = world;
    let stands = |id_is: IdIs| match id_is {
        IdIs::Student => tie.student.is_some(),
        IdIs::Section => tie.section.is_some(),
        IdIs::School => tie.school.is_some(),
        IdIs::User => false,
    };
    let apart = |seat: Seat| match kind {
        OrgKind::School => seat != Seat::School,
        OrgKind::District => seat != Seat::Top,
        OrgKind::Other => true,
    };
    let identified = match id {
        Id::Of(id_is) | Id::Beside(id_is) => stands(*id_is),
        Id::Holder(_, seat) => apart(*seat),
        Id::None | Id::Record | Id::Subject | Id::Managed => true,
    };
    let made = if let Maker::Holder(_, seat) = maker { apart(*seat) } else { true };
    identified && made && also.is_none_or(|(_, seat)| apart(seat))
}

/// Combinations of one of each, the last varying fastest, in the order of [`order`].
pub(super) fn picks(sizes: &[usize], most: usize) -> impl Iterator<Item = Vec<usize>> {
    order(total(sizes), most).map(|number| pick(sizes, number))
}

/// Numbers in their order; where there are more than so many, in one that spreads the first of them over all.
pub(super) fn order(total: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..total).map(move |at| if total > most { at.wrapping_mul(STRIDE) % total } else { at })
}

/// How many combinations there are.
pub(super) fn total(sizes: &[usize]) -> usize {
    sizes.iter().fold(1_usize, |total, size| total.saturating_mul(*size))
}

/// A combination by its number.
pub(super) fn pick(sizes: &[usize], mut number: usize) -> Vec<usize> {
    let mut digits: Vec<usize> = Vec::with_capacity(sizes.len());
    for size in sizes.iter().rev() {
        digits.push(number % size);
        number /= size;
    }
    digits.reverse();
    digits
}
