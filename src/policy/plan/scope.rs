//! Whether a grant reaches rows: deciding's scopes, as filters. What stands in `reach` about one record stands here about
//! all of them, sentence by sentence; a property is either the same in all rows or a column, and a null is not given.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::among::Among;
use super::draft::{Draft, Sketch};
use super::row::Row;
use super::test::{Column, Test};
use super::world::{Ids, World};
use crate::policy::census::Census;
use crate::policy::facts::{Enrolment, Org, Person};
use crate::policy::model::{Reach, Record};
use crate::policy::reach::{attends, attends_in, belongs_in};
use crate::policy::request::AnyOf;

/// What is known of a property in some rows.
enum Given<T> {
    Absent,
    /// The same in all of them.
    Fixed(T),
    /// What this column says, where it isn't null.
    Column(Column),
}

/// Rows and what the directory says of them.
pub(super) struct Scope<'a, C> {
    pub(super) world: &'a World<'a, C>,
    pub(super) row: Row<'a>,
}

impl<C: Census> Scope<'_, C> {
    /// The rows that a grant's reach from an organisation takes in.
    pub(super) fn reaches(&self, reach: Reach, made_by: Option<u32>, record: Record, org: &Org) -> Sketch {
        let scope = match reach {
            Reach::Org => self.org(record, org),
            Reach::Section => self.taught(org),
            Reach::Own => Sketch::all([self.made_by_subject(), self.org(record, org)]),
            Reach::Referred => self.referred(org),
        };
        match made_by {
            Some(role) if !scope.is_false() => {
                let around = matches!(reach, Reach::Org | Reach::Own).then_some(org);
                Sketch::all([scope, self.made_by(role, record, around)])
            }
            Some(_) | None => scope,
        }
    }

    /// The scope `org`: which facts count depends on the kind of record.
    pub(super) fn org(&self, record: Record, org: &Org) -> Sketch {
        match record {
            Record::Open => Sketch::TRUE,
            Record::District => Sketch::constant(org.is_root()),
            Record::School => self.at_school(org),
            Record::User => match self.school() {
                Given::Absent => self.managed(org),
                Given::Fixed(_) => self.at_school(org),
                Given::Column(school) => {
                    Sketch::any([self.at_school(org), Sketch::all([null(school), self.managed(org)])])
                }
            },
            Record::Student => Sketch::all([
                Sketch::any([self.no_student(), self.with_student(org)]),
                Sketch::any([without(self.school()), self.at_school(org)]),
                Sketch::any([without(self.section()), self.in_section(org)]),
                Sketch::any([self.with_student(org), self.at_school(org), self.in_section(org)]),
            ]),
        }
    }

    /// The student is a known one and has a school in the subtree.
    fn with_student(&self, org: &Org) -> Sketch {
        match self.student() {
            Given::Absent => Sketch::FALSE,
            Given::Fixed(student) => Sketch::constant(attends_in(&student, org, self.world.today)),
            Given::Column(column) => self.world.students_in(&column, org),
        }
    }

    /// No student is known.
    fn no_student(&self) -> Sketch {
        match self.student() {
            Given::Absent => Sketch::TRUE,
            Given::Fixed(_) => Sketch::FALSE,
            Given::Column(column) => self.world.no_known_student(&column),
        }
    }

    /// The school is given and lies in the subtree.
    fn at_school(&self, org: &Org) -> Sketch {
        let known = |id: &str| self.world.census.org(id).is_some_and(|school| school.lies_in(org));
        one_of(self.school(), known, || self.world.orgs_in(org))
    }

    /// The section is given and its school lies in the subtree.
    fn in_section(&self, org: &Org) -> Sketch {
        let known = |id: &str| self.world.census.section(id).is_some_and(|section| section.school.lies_in(org));
        one_of(self.section(), known, || self.world.sections_in(org))
    }

    /// The managed user's organisations: the record's id is the user.
    fn managed(&self, org: &Org) -> Sketch {
        if self.row.reads(&Column::Id) {
            return among(Column::Id, self.world.users_in(org));
        }
        let user = self.world.census.person(self.row.request.resource.id);
        Sketch::constant(user.is_some_and(|user| belongs_in(&user, org, self.world.today) == Some(true)))
    }

    /// The scope `section`: a section that the subject teaches, of the subtree, is the record's section, has the student
    /// in it, and is of the school: each as far as it is given.
    fn taught(&self, org: &Org) -> Sketch {
        let fits = |taught: &&Enrolment| taught.in_effect(self.world.today) && taught.section.school.lies_in(org);
        let mut by_school: BTreeMap<&str, Vec<&Enrolment>> = BTreeMap::new();
        for taught in self.row.subject.teaches.iter().filter(fits) {
            by_school.entry(taught.section.school.id()).or_default().push(taught);
        }
        Sketch::any(by_school.into_iter().map(|(school, sections)| {
            let in_one = Sketch::any(sections.iter().map(|section| self.with_student_of(section)));
            let in_one = Sketch::all([without(self.section()), in_one]);
            Sketch::all([Sketch::any([in_one, self.of_sections(&sections)]), self.is_school(school)])
        }))
    }

    /// The section is given and is one of these, and the student is in it where a known one is given.
    fn of_sections(&self, sections: &[&Enrolment]) -> Sketch {
        let ids = Among::these(sections.iter().map(|taught| Arc::clone(&taught.section.id)));
        let all = self.is_section(&ids);
        let same = match (self.student(), self.section()) {
            (Given::Column(student), Given::Column(section)) => {
                self.world.students_of_same(&student, section).map(|same| Sketch::all([all.clone(), same]))
            }
            _ => None,
        };
        let with = same.unwrap_or_else(|| {
            Sketch::any(sections.iter().map(|section| {
                let is_it = self.is_section(&Among::these([Arc::clone(&section.section.id)]));
                Sketch::all([is_it, self.with_student_of(section)])
            }))
        });
        Sketch::any([Sketch::all([all, self.no_student()]), with])
    }

    /// The student is a known one and attends the section.
    fn with_student_of(&self, section: &Enrolment) -> Sketch {
        match self.student() {
            Given::Absent => Sketch::FALSE,
            Given::Fixed(student) => Sketch::constant(attends(&student, section, self.world.today)),
            Given::Column(column) => self.world.students_of(&column, section),
        }
    }

    /// The section is given and is one of these.
    fn is_section(&self, ids: &Ids) -> Sketch {
        one_of(self.section(), |id| ids.contains(&Arc::from(id)), || ids.clone())
    }

    /// The school is this one, where it is given.
    fn is_school(&self, school: &str) -> Sketch {
        let this = one_of(self.school(), |id| id == school, || Among::these([Arc::from(school)]));
        Sketch::any([without(self.school()), this])
    }

    fn made_by_subject(&self) -> Sketch {
        let subject = self.row.request.subject.id;
        self.maker(|id| id == subject, || Among::these([Arc::from(subject)]))
    }

    /// The maker is given and is one of some.
    fn maker(&self, fits: impl Fn(&str) -> bool, ids: impl FnOnce() -> Ids) -> Sketch {
        if self.row.reads(&Column::CreatedBy) {
            return among(Column::CreatedBy, ids());
        }
        Sketch::constant(self.row.request.resource.created_by.is_some_and(fits))
    }

    /// The maker holds a role, in effect, from which the scope `org` holds as well; which it does from wherever takes in
    /// the organisation that it holds from already.
    fn made_by(&self, role: u32, record: Record, around: Option<&Org>) -> Sketch {
        Sketch::any(self.world.holders(role).into_iter().map(|(org, users)| {
            let by = self.maker(|id| users.contains(&Arc::from(id)), || users.clone());
            if by.is_false() || around.is_some_and(|around| around.lies_in(org)) {
                return by;
            }
            Sketch::all([by, self.org(record, org)])
        }))
    }

    fn referred(&self, org: &Org) -> Sketch {
        let fits = |id: &str| self.world.census.org(id).is_some_and(|target| target.lies_in(org));
        let fixed = self.row.request.resource.referred_to.is_some_and(|ids| ids.iter().any(fits));
        if !self.row.reads(&Column::ReferredTo) {
            return Sketch::constant(fixed);
        }
        let read = among(Column::ReferredTo, self.world.orgs_in(org));
        if fixed { Sketch::any([null(Column::ReferredTo), read]) } else { read }
    }

    /// The student, where one is known.
    fn student(&self) -> Given<Person<'_>> {
        if let Some(column) = self.row.column(Column::Student) {
            return Given::Column(column);
        }
        let known = self.row.request.resource.student.and_then(|id| self.world.census.person(id));
        known.filter(|person| person.student).map_or(Given::Absent, Given::Fixed)
    }

    fn school(&self) -> Given<AnyOf<'_>> {
        self.given(Column::School, self.row.request.resource.school)
    }

    fn section(&self) -> Given<AnyOf<'_>> {
        self.given(Column::Section, self.row.request.resource.section)
    }

    fn given<'r>(&self, property: Column, fixed: Option<AnyOf<'r>>) -> Given<AnyOf<'r>> {
        match self.row.column(property) {
            Some(column) => Given::Column(column),
            None => fixed.map_or(Given::Absent, Given::Fixed),
        }
    }
}

/// The property is not given.
fn without<T>(given: Given<T>) -> Sketch {
    match given {
        Given::Absent => Sketch::TRUE,
        Given::Fixed(_) => Sketch::FALSE,
        Given::Column(column) => null(column),
    }
}

/// The property is given, and one of its alternatives fits.
fn one_of(given: Given<AnyOf<'_>>, fits: impl Fn(&str) -> bool, ids: impl FnOnce() -> Ids) -> Sketch {
    match given {
        Given::Absent => Sketch::FALSE,
        Given::Fixed(alternatives) => Sketch::constant(alternatives.iter().any(fits)),
        Given::Column(column) => among(column, ids()),
    }
}

fn among(column: Column, ids: Ids) -> Sketch {
    Sketch::is(Draft::Test(Test::among(column, ids)))
}

fn null(column: Column) -> Sketch {
    Sketch::is(Draft::Test(Test::null(column)))
}
