//! The people of a roster, packed: one small row a person, and everything that they have end to end in a few lists.

use std::sync::Arc;

use super::enrolments::{Marked, mark};
use super::holders::Holding;
use super::names::{Book, Id, Names, between, small};
use super::users::{Belonging, User, Users};
use crate::policy::census::User as Listed;
use crate::policy::day::Period;
use crate::policy::facts::{Assignment, Enrolment, Membership, Org, Person};
use crate::policy::key::{Index, key};
use crate::policy::request::Value;

/// A person: the id, where their part of each list begins (it ends where the next person's begins), and what they are.
/// Half a line of memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Row {
    id: Id,
    assignments: u32,
    teaches: u32,
    attends: u32,
    orgs: u32,
    /// Which properties they have, times eight; four for a deleted row, two for a student, one for somebody active.
    marks: u32,
}

const _: () = assert!(size_of::<Row>() == 32, "two people a line");

const ACTIVE: u32 = 1;
const STUDENT: u32 = 2;
const DELETED: u32 = 4;
/// Marks below which the number of the properties stands.
const MARKS: u32 = 3;

/// People by their `sourcedId`.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Numbers of rows, by the id's key.
    index: Index,
    /// One row a person, and one more that ends the last.
    rows: Vec<Row>,
    /// The ids that are too long for a row.
    text: String,
    assignments: Vec<Assignment>,
    /// Line and column of each assignment's role.
    places: Vec<(u32, u32)>,
    /// Of each person what they teach, then what they attend.
    enrolments: Vec<Enrolment>,
    orgs: Vec<Membership>,
    properties: Vec<Box<[(String, Value)]>>,
}

impl People {
    /// Looks a person up.
    pub(super) fn find(&self, id: &str) -> Option<Person<'_>> {
        self.person(self.row(id)?)
    }

    /// The row of a person.
    pub(super) fn row(&self, id: &str) -> Option<u32> {
        self.index.find(key(id), |at| self.rows.get(at as usize).is_some_and(|row| row.id.is(id, &self.text)))
    }

    /// The person of a row, with their id.
    pub(super) fn at(&self, row: u32) -> Option<Listed<'_>> {
        let person = self.person(row)?;
        let row = self.rows.get(row as usize)?;
        Some(Listed { id: row.id.as_str(&self.text), deleted: row.marks & DELETED != 0, person })
    }

    fn person(&self, at: u32) -> Option<Person<'_>> {
        let [row, next] = self.rows.get(at as usize..at as usize + 2)? else { return None };
        Some(Person {
            active: row.marks & ACTIVE != 0,
            student: row.marks & STUDENT != 0,
            assignments: between(&self.assignments, row.assignments, next.assignments),
            teaches: between(&self.enrolments, row.teaches, row.attends),
            attends: between(&self.enrolments, row.attends, next.teaches),
            orgs: between(&self.orgs, row.orgs, next.orgs),
            properties: self.properties.get((row.marks >> MARKS) as usize).map_or(&[], |set| set),
        })
    }

    /// How many people there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    /// How many enrolments they have.
    pub(super) fn enrolments(&self) -> usize {
        self.enrolments.len()
    }

    /// All assignments, those of a person together, each with its holder and the line and column of its role.
    pub(super) fn assignments(&self) -> impl Iterator<Item = (&str, &Assignment, (u32, u32))> {
        self.rows.iter().zip(self.rows.iter().skip(1)).flat_map(|(row, next)| {
            let id = row.id.as_str(&self.text);
            let (start, end) = (row.assignments, next.assignments);
            let places = between(&self.places, start, end);
            between(&self.assignments, start, end).iter().zip(places).map(move |(held, place)| (id, held, *place))
        })
    }

    /// Packs what was read.
    pub(super) fn pack(users: Users, mut holdings: Vec<Holding>, enrolments: Marked, orgs: &Book<Arc<Org>>) -> Self {
        let Users { book, mut belongings, properties } = users;
        let mut people = Self { properties, enrolments, ..Self::default() };
        holdings.sort_by_key(|holding| holding.person);
        belongings.sort_by_key(|belonging| belonging.person);
        people.rows.reserve_exact(book.len() + 1);
        people.orgs.reserve_exact(belongings.len());
        let mut left = Left {
            holdings: holdings.into_iter().peekable(),
            enrolments: 0,
            belongings: belongings.into_iter().peekable(),
        };
        let users: Vec<User> = book.iter().copied().collect();
        let Names { text, ids, index } = book.into_names();
        for ((person, user), id) in (0..).zip(users).zip(ids) {
            people.add(person, user, id, &mut left, orgs);
        }
        let nobody = User { deleted: true, active: false, student: false, properties: 0 };
        people.rows.push(people.next_row(nobody, Id::NONE, &left));
        people.orgs.shrink_to_fit();
        people.enrolments.shrink_to_fit();
        (people.text, people.index) = (text, index);
        people
    }

    fn add(&mut self, person: u32, user: User, id: Id, left: &mut Left, orgs: &Book<Arc<Org>>) {
        let mut row = self.next_row(user, id, left);
        while let Some(Holding { line, column, assignment, .. }) = left.holdings.next_if(|it| it.person == person) {
            self.assignments.push(assignment);
            self.places.push((line, column));
        }
        left.enrolments += self.sort_enrolments(left.enrolments, mark(person, false));
        row.attends = small(left.enrolments);
        left.enrolments += self.sort_enrolments(left.enrolments, mark(person, true));
        while let Some(belonging) = left.belongings.next_if(|it| it.person == person) {
            self.join(row.orgs, belonging, orgs);
        }
        self.rows.push(row);
    }

    /// Gives the enrolments of one mark, from `first` on, their sections' keys, and sorts them by these; how many there
    /// are.
    fn sort_enrolments(&mut self, first: usize, mark: u32) -> usize {
        let rest = self.enrolments.get_mut(first..).unwrap_or_default();
        let count = rest.iter().take_while(|it| it.section_key == mark).count();
        let theirs = rest.get_mut(..count).unwrap_or_default();
        theirs.iter_mut().for_each(|it| it.section_key = key(&it.section.id));
        theirs.sort_unstable_by_key(|it| it.section_key);
        count
    }

    fn next_row(&self, user: User, id: Id, left: &Left) -> Row {
        let enrolments = small(left.enrolments);
        let marks = [(user.deleted, DELETED), (user.student, STUDENT), (user.active, ACTIVE)];
        let marks = marks.iter().filter(|(is, _)| *is).fold(user.properties << MARKS, |all, (_, mark)| all | mark);
        Row {
            id,
            assignments: small(self.assignments.len()),
            teaches: enrolments,
            attends: enrolments,
            orgs: small(self.orgs.len()),
            marks,
        }
    }

    /// Adds a person's organisation, unless one of theirs, from `first` on, says as much already.
    fn join(&mut self, first: u32, belonging: Belonging, orgs: &Book<Arc<Org>>) {
        let Some(org) = orgs.at(belonging.org) else { return };
        let mut theirs = self.orgs.get(first as usize..).unwrap_or_default().iter();
        if !theirs.any(|it| it.as_student && it.period == Period::ALWAYS && Arc::ptr_eq(&it.org, org)) {
            let Belonging { period, as_student, .. } = belonging;
            self.orgs.push(Membership { org: Arc::clone(org), period, as_student });
        }
    }
}

/// What is yet to be given to its person, in the order of people.
struct Left {
    holdings: std::iter::Peekable<std::vec::IntoIter<Holding>>,
    /// Those of the people so far.
    enrolments: usize,
    belongings: std::iter::Peekable<std::vec::IntoIter<Belonging>>,
}
