//! The rows that a plan is made for: what is the same in all of them, and what their columns say.

use super::test::Column;
use crate::policy::day::Day;
use crate::policy::facts::Person;
use crate::policy::request::{Request, Stored, Value};

/// Which properties of a record are columns of the caller's table. Each row holds a single value or null, and null is
/// not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The record's own id. Without it rows are nobody's in particular: stored properties of records don't count.
    pub id: bool,
    /// `student`.
    pub student: bool,
    /// `school`.
    pub school: bool,
    /// `section`.
    pub section: bool,
    /// `created_by`.
    pub created_by: bool,
    /// `referred_to`.
    pub referred_to: bool,
    /// `date`.
    pub date: bool,
    /// Free properties by their names.
    pub free: Vec<String>,
    /// A table of enrolments.
    pub enrolments: Option<Enrolments>,
}

/// The caller's own table of enrolments: a row for each student and class of the roster's student enrolments that are in
/// effect today, and no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enrolments {
    /// Whether it has a column with the school of the class too.
    pub school: bool,
}

/// What is known of some rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// Who asks for what, and the properties that all these rows share; stored ones are among them.
    pub(crate) request: Request<'a>,
    pub(crate) subject: Person<'a>,
    /// Stored free properties, which a column overrides where it isn't null.
    pub(crate) stored: &'a [(String, Value)],
    pub(crate) columns: &'a Columns,
    pub(crate) today: Day,
    /// The property that the record's id is: it is read from the column of ids.
    pub(super) id_is: Option<Property>,
}

/// A property that the id of a record can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Student,
    School,
    Section,
}

impl Property {
    pub(super) fn column(self) -> Column {
        match self {
            Self::Student => Column::Student,
            Self::School => Column::School,
            Self::Section => Column::Section,
        }
    }
}

impl<'a> Row<'a> {
    /// Rows of one stored record.
    pub(super) fn of_record(mut self, id: &'a str, stored: &'a Stored) -> Self {
        let resource = &mut self.request.resource;
        let kept = stored.resource(resource.kind, id);
        resource.id = id;
        resource.school = kept.school.or(resource.school);
        resource.student = kept.student.or(resource.student);
        resource.section = kept.section.or(resource.section);
        resource.created_by = kept.created_by.or(resource.created_by);
        resource.referred_to = resource.referred_to.or(kept.referred_to);
        resource.date = resource.date.or(kept.date);
        self.stored = &stored.free;
        self
    }

    /// The column from which a property is read, as far as that isn't null.
    pub(crate) fn column(&self, property: Column) -> Option<Column> {
        if self.id_is.is_some_and(|it| it.column() == property) {
            return Some(Column::Id);
        }
        self.reads(&property).then_some(property)
    }

    /// Whether a property is read from a column of its own.
    pub(super) fn reads(&self, column: &Column) -> bool {
        let (columns, fixed) = (self.columns, &self.request.resource);
        match column {
            Column::Id => columns.id && fixed.id.is_empty(),
            Column::Student => columns.student && fixed.student.is_none(),
            Column::School => columns.school && fixed.school.is_none(),
            Column::Section => columns.section && fixed.section.is_none(),
            Column::CreatedBy => columns.created_by && fixed.created_by.is_none(),
            Column::ReferredTo => columns.referred_to,
            Column::Date => columns.date,
            Column::Free(name, _) => columns.free.iter().any(|known| **known == **name),
        }
    }
}
