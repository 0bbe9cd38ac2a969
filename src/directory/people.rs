//! The people of a roster, packed: one small row a person, and everything that they have end to end in a few lists.

use std::collections::HashMap;
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
    /// Which of [`People::orgs`] are theirs.
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
    /// Distinct sets of organisations, as whole schools share theirs; the first is empty.
    orgs: Vec<Box<[Membership]>>,
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
            orgs: self.orgs.get(row.orgs as usize).map_or(&[], |set| set),
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
        people.orgs.push(Box::default());
        let mut left = Left {
            holdings: holdings.into_iter().peekable(),
            enrolments: 0,
            belongings: belongings.into_iter().peekable(),
            sets: HashMap::from([(Vec::new(), 0)]),
        };
        let users: Vec<User> = book.iter().copied().collect();
        let Names { text, ids, index } = book.into_names();
        for ((person, user), id) in (0..).zip(users).zip(ids) {
            people.add(person, user, id, &mut left, orgs);
        }
        let nobody = User { deleted: true, active: false, student: false, properties: 0 };
        people.rows.push(people.next_row(nobody, Id::NONE, &left));
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
        row.orgs = self.set_of(left.memberships(person), &mut left.sets, orgs);
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
        Row { id, assignments: small(self.assignments.len()), teaches: enrolments, attends: enrolments, orgs: 0, marks }
    }

    /// The number of a person's set of organisations.
    fn set_of(&mut self, set: Vec<Member>, known: &mut HashMap<Vec<Member>, u32>, orgs: &Book<Arc<Org>>) -> u32 {
        if let Some(&at) = known.get(&set) {
            return at;
        }
        let membership = |&(org, period, as_student): &Member| {
            Some(Membership { org: Arc::clone(orgs.at(org)?), period, as_student })
        };
        let at = small(self.orgs.len());
        self.orgs.push(set.iter().filter_map(membership).collect());
        known.insert(set, at);
        at
    }
}

/// A part in the organisation with a number, when, and whether as a student or whatever they are.
type Member = (u32, Period, bool);

/// What is yet to be given to its person, in the order of people.
struct Left {
    holdings: std::iter::Peekable<std::vec::IntoIter<Holding>>,
    /// Those of the people so far.
    enrolments: usize,
    belongings: std::iter::Peekable<std::vec::IntoIter<Belonging>>,
    /// Numbers of sets of organisations.
    sets: HashMap<Vec<Member>, u32>,
}

impl Left {
    /// A person's organisations; one that counts always and for all says what others of it would.
    fn memberships(&mut self, person: u32) -> Vec<Member> {
        let mut set: Vec<Member> = Vec::new();
        while let Some(Belonging { org, period, as_student, .. }) = self.belongings.next_if(|it| it.person == person) {
            if !set.contains(&(org, Period::ALWAYS, true)) {
                set.push((org, period, as_student));
            }
        }
        set
    }
}
