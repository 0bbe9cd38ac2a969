//! The requests that can tell two sets apart in a cell: every way in which the record may lie to the subject, every
//! organisation, day and further role that matters there, every value that a condition could come out differently for.

use std::collections::BTreeSet;

use super::super::condition::{Looked, Source};
use super::super::day::Day;
use super::super::facts::OrgKind;
use super::super::model::{IdIs, Reach, Record};
use super::Cause;
use super::pair::{Atom, Pair};
use super::stage::{Called, Class, Id, Maker, Pupil, Seat, Spot, Tie, World};

/// How many worlds are tried at most; of more, these are spread over all.
const WORLDS: usize = 3_000;
/// Parts any number of combinations evenly.
const STRIDE: usize = 1_000_003;
const SEATS: [Seat; 3] = [Seat::Same, Seat::Top, Seat::School];

const fn tie(school: Option<Spot>, student: Option<Pupil>, section: Option<Class>) -> Tie {
    Tie { school, student, section }
}

/// How a record may be tied, the plainest first.
const TIES: [Tie; 14] = [
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
                matter.id_is.extend(ground.id_is);
            }
        }
        matter.assign(pair, role, cell);
        roles.extend(matter.makers.iter().chain(&matter.sparing).chain(&matter.managed));
        for traits in roles.iter().flat_map(|role| [pair.before.traits(*role), pair.after.traits(*role)]).flatten() {
            matter.levels.extend(traits.not_at.iter().map(|level| (*level).to_owned()));
            matter.days.extend(traits.from.into_iter().flat_map(|day| [day, Day(day.0 - 1)]));
        }
        let around = |day: &Day| [Day(day.0 - 1), *day, Day(day.0 + 1)];
        matter.days.extend(matter.looked.days.iter().flat_map(around));
        matter.days.remove(&today);
        matter.name();
        matter.looked.sort();
        matter
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

    /// Texts that people and things are called by, beside those that conditions name.
    fn name(&mut self) {
        let usual = [
            (Source::SubjectId, "subject"),
            (Source::CreatedBy, "subject"),
            (Source::CreatedBy, "maker"),
            (Source::Student, "student"),
            (Source::ResourceId, "record"),
            (Source::School, "school"),
            (Source::ReferredTo, "school"),
            (Source::Section, "class"),
        ];
        let used = usual.into_iter().filter(|(source, _)| self.looked.has(source)).map(|(_, name)| name.to_owned());
        let used: Vec<String> = used.collect();
        self.looked.texts.extend(used);
        if self.looked.has(&Source::Role) {
            self.looked.texts.extend(self.assigned.iter().cloned());
        }
    }

    /// The worlds to try; a cause has it where and when a role is held.
    pub(super) fn worlds(&self, cause: &Cause) -> Vec<World> {
        let seats = self.seats(cause);
        let also = with(&self.sparing, None, |role, seat| Some((role, seat)));
        let makers = self.makers();
        let (ids, referred) = (self.ids(), if self.refers() { [false, true].as_slice() } else { &[false] });
        let one = |source| if self.looked.has(&source) { self.names() } else { vec![None] };
        let many = |source| if self.looked.has(&source) { self.lists() } else { vec![Vec::new()] };
        let (subject, student, maker, record) =
            (one(Source::SubjectId), one(Source::Student), one(Source::CreatedBy), one(Source::ResourceId));
        let (schools, sections, targets) = (many(Source::School), many(Source::Section), many(Source::ReferredTo));
        let sizes = [
            seats.len(),
            also.len(),
            subject.len(),
            student.len(),
            maker.len(),
            record.len(),
            schools.len(),
            sections.len(),
            targets.len(),
            ids.len(),
            makers.len(),
            referred.len(),
            TIES.len(),
        ];
        let world = |at: [usize; 13]| {
            let [seat, further, a, b, c, d, e, f, g, id, made, refers, tie] = at;
            let called = Called {
                subject: subject.get(a)?.clone(),
                student: student.get(b)?.clone(),
                maker: maker.get(c)?.clone(),
                record: record.get(d)?.clone(),
                schools: schools.get(e)?.clone(),
                sections: sections.get(f)?.clone(),
                targets: targets.get(g)?.clone(),
            };
            let (kind, level) = seats.get(seat)?.clone();
            let world = World {
                kind,
                level,
                also: *also.get(further)?,
                tie: *TIES.get(tie)?,
                maker: *makers.get(made)?,
                referred: *referred.get(refers)?,
                id: *ids.get(id)?,
                called,
            };
            sensible(&world).then_some(world)
        };
        picks(&sizes, WORLDS).filter_map(|at| world(at.try_into().ok()?)).collect()
    }

    /// Where the role is held.
    fn seats(&self, cause: &Cause) -> Vec<(OrgKind, Option<String>)> {
        let school = (OrgKind::School, None);
        let levels = self.levels.iter().map(|level| (OrgKind::School, Some(level.clone())));
        let others = [(OrgKind::Other, None), (OrgKind::District, None)];
        match cause {
            Cause::Place => others.into(),
            Cause::Level(level) => vec![(OrgKind::School, Some(level.clone()))],
            Cause::Grant(_) | Cause::From | Cause::Bar(_) => {
                std::iter::once(school).chain(levels).chain(others).collect()
            }
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
        let mut ids = vec![Id::None];
        if self.looked.has(&Source::ResourceId) {
            ids.extend([Id::Record, Id::Subject]);
        }
        if self.users {
            ids.extend([Id::Managed, Id::Subject]);
            ids.extend(self.managed.iter().flat_map(|role| SEATS.map(|seat| Id::Holder(*role, seat))));
        }
        ids.extend(self.id_is.iter().filter_map(|id_is| match id_is {
            IdIs::Student => Some(Id::Student),
            IdIs::Section => Some(Id::Section),
            IdIs::School => Some(Id::School),
            IdIs::User => None,
        }));
        ids
    }

    fn names(&self) -> Vec<Option<String>> {
        let named = self.texts().into_iter().filter(|text| !text.is_empty()).map(Some);
        std::iter::once(None).chain(named).collect()
    }

    pub(super) fn lists(&self) -> Vec<Vec<String>> {
        let texts: Vec<String> = self.looked.texts.iter().filter(|text| !text.is_empty()).cloned().collect();
        let each = texts.iter().map(|text| vec![text.clone()]);
        let all = (texts.len() > 1).then(|| texts.clone());
        std::iter::once(Vec::new()).chain(each).chain(all).collect()
    }

    /// Each text, and one right behind it.
    pub(super) fn texts(&self) -> Vec<String> {
        let all = self.looked.texts.iter();
        all.clone().cloned().chain(all.map(|text| format!("{text}!"))).collect()
    }
}

/// Nobody, or each role at each seat.
fn with<T: Copy>(roles: &BTreeSet<u32>, none: T, some: impl Fn(u32, Seat) -> T) -> Vec<T> {
    let each = roles.iter().flat_map(|role| SEATS.map(|seat| some(*role, seat)));
    std::iter::once(none).chain(each).collect()
}

/// Whether the world differs from others: a name that nothing has makes no difference.
fn sensible(world: &World) -> bool {
    let World { tie, maker, referred, id, called, .. } = world;
    (called.student.is_none() || tie.student.is_some())
        && (called.maker.is_none() || matches!(maker, Maker::Somebody | Maker::Holder(..)))
        && (called.record.is_none() || matches!(id, Id::Record | Id::Managed | Id::Holder(..)))
        && (called.schools.is_empty() || tie.school.is_some())
        && (called.sections.is_empty() || tie.section.is_some())
        && (called.targets.is_empty() || *referred)
        && (*id != Id::Student || tie.student.is_some())
        && (*id != Id::Section || tie.section.is_some())
        && (*id != Id::School || tie.school.is_some())
}

/// Combinations of one of each, the last varying fastest: all, or as many as there may be, spread over all.
pub(super) fn picks(sizes: &[usize], most: usize) -> impl Iterator<Item = Vec<usize>> {
    let total = sizes.iter().fold(1_usize, |total, size| total.saturating_mul(*size));
    (0..total.min(most)).map(move |at| {
        let mut rest = if total > most { at.wrapping_mul(STRIDE) % total } else { at };
        let mut digits: Vec<usize> = Vec::with_capacity(sizes.len());
        for size in sizes.iter().rev() {
            digits.push(rest % size);
            rest /= size;
        }
        digits.reverse();
        digits
    })
}
