//! The people of a roster, packed: one small row a person, and everything that they have end to end in a few lists.

use std::sync::Arc;

use hashbrown::HashTable;

use super::enrolments::{Link, Links};
use super::holders::Holding;
use super::names::{Book, Names, between, small};
use super::users::{Belonging, User, Users};
use crate::policy::day::Period;
use crate::policy::facts::{Assignment, Enrolment, Membership, Org, Person, Section};
use crate::policy::key::{key, spread};
use crate::policy::request::Value;

/// Where a person's part of each list begins; it ends where the next person's begins.
#[derive(Clone, Copy, Debug)]
struct Row {
    id: u32,
    assignments: u32,
    teaches: u32,
    attends: u32,
    orgs: u32,
    properties: u32,
    active: bool,
    student: bool,
}

/// People by their `sourcedId`.
#[derive(Debug, Default)]
pub(super) struct People {
    /// All ids, end to end.
    text: String,
    /// Numbers of rows, by the id's key.
    table: HashTable<u32>,
    /// One row a person, and one more that ends the last.
    rows: Vec<Row>,
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
        let at = *self.table.find(spread(key(id)), |&at| self.row(at).is_some_and(|(theirs, ..)| theirs == id))?;
        let (id, row, next) = self.row(at)?;
        Some(Person {
            id,
            active: row.active,
            student: row.student,
            assignments: between(&self.assignments, row.assignments, next.assignments),
            teaches: between(&self.enrolments, row.teaches, row.attends),
            attends: between(&self.enrolments, row.attends, next.teaches),
            orgs: between(&self.orgs, row.orgs, next.orgs),
            properties: self.properties.get(row.properties as usize).map_or(&[], |set| set),
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
        (0..small(self.len())).filter_map(|at| self.row(at)).flat_map(|(id, row, next)| {
            let (start, end) = (row.assignments, next.assignments);
            let places = between(&self.places, start, end);
            between(&self.assignments, start, end).iter().zip(places).map(move |(held, place)| (id, held, *place))
        })
    }

    /// Packs what was read.
    pub(super) fn pack(
        users: Users,
        mut holdings: Vec<Holding>,
        links: Links,
        orgs: &Book<Arc<Org>>,
        sections: &Book<Arc<Section>>,
    ) -> Self {
        let Users { book, mut belongings, properties } = users;
        let mut people = Self { properties, ..Self::default() };
        holdings.sort_by_key(|holding| holding.person);
        belongings.sort_by_key(|belonging| belonging.person);
        people.rows.reserve_exact(book.len() + 1);
        people.enrolments.reserve_exact(links.teaches.len() + links.attends.len());
        people.orgs.reserve_exact(belongings.len());
        let mut left = Left {
            holdings: holdings.into_iter().peekable(),
            teaches: links.teaches.into_iter().peekable(),
            attends: links.attends.into_iter().peekable(),
            belongings: belongings.into_iter().peekable(),
        };
        for (person, user) in (0..).zip(book.iter()) {
            people.add(person, *user, &mut left, orgs, sections);
        }
        let nobody = User { deleted: true, active: false, student: false, properties: 0 };
        people.rows.push(people.next_row(nobody));
        people.name(book.into_names());
        people.orgs.shrink_to_fit();
        people
    }

    /// Names the rows, in whose order the names are.
    fn name(&mut self, names: Names) {
        let (mut text, ends, table) = names.into_parts();
        text.shrink_to_fit();
        self.rows.iter_mut().skip(1).zip(ends).for_each(|(row, start)| row.id = start);
        (self.text, self.table) = (text, table);
    }

    /// A person's id and row, and the row after theirs.
    fn row(&self, at: u32) -> Option<(&str, &Row, &Row)> {
        let [row, next] = self.rows.get(at as usize..at as usize + 2)? else { return None };
        Some((self.text.get(row.id as usize..next.id as usize)?, row, next))
    }

    fn add(&mut self, person: u32, user: User, left: &mut Left, orgs: &Book<Arc<Org>>, sections: &Book<Arc<Section>>) {
        let mut row = self.next_row(user);
        while let Some(Holding { line, column, assignment, .. }) = left.holdings.next_if(|it| it.person == person) {
            self.assignments.push(assignment);
            self.places.push((line, column));
        }
        while let Some(link) = left.teaches.next_if(|it| it.person == person) {
            self.enrolments.extend(enrolment(link, sections));
        }
        row.attends = small(self.enrolments.len());
        while let Some(link) = left.attends.next_if(|it| it.person == person) {
            self.enrolments.extend(enrolment(link, sections));
        }
        while let Some(belonging) = left.belongings.next_if(|it| it.person == person) {
            self.join(row.orgs, belonging, orgs);
        }
        self.rows.push(row);
    }

    fn next_row(&self, user: User) -> Row {
        let enrolments = small(self.enrolments.len());
        Row {
            id: 0,
            assignments: small(self.assignments.len()),
            teaches: enrolments,
            attends: enrolments,
            orgs: small(self.orgs.len()),
            properties: user.properties,
            active: user.active,
            student: user.student,
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
    teaches: std::iter::Peekable<std::vec::IntoIter<Link>>,
    attends: std::iter::Peekable<std::vec::IntoIter<Link>>,
    belongings: std::iter::Peekable<std::vec::IntoIter<Belonging>>,
}

fn enrolment(link: Link, sections: &Book<Arc<Section>>) -> Option<Enrolment> {
    let section = Arc::clone(sections.at(link.section)?);
    Some(Enrolment { section_key: key(&section.id), period: link.period, section })
}
