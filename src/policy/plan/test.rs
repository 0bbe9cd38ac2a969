//! What a filter tests of a row. Each test holds or doesn't, null columns included; to say the contrary takes another test.

use std::sync::Arc;

use super::among::Among;
use super::formula::Leaf;
use crate::policy::day::Day;

/// A column of the caller's table, by the property of a record that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// The record's own id.
    Id,
    /// `student`.
    Student,
    /// `school`.
    School,
    /// `section`.
    Section,
    /// `created_by`.
    CreatedBy,
    /// `referred_to`.
    ReferredTo,
    /// `date`.
    Date,
    /// A free property by its name, of a declared type.
    Free(Arc<str>, Kind),
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An id or another text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
    /// A day.
    Date,
}

impl Column {
    /// The property.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Id => "id",
            Self::Student => "student",
            Self::School => "school",
            Self::Section => "section",
            Self::CreatedBy => "created_by",
            Self::ReferredTo => "referred_to",
            Self::Date => "date",
            Self::Free(name, _) => name,
        }
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Id | Self::Student | Self::School | Self::Section | Self::CreatedBy | Self::ReferredTo => Kind::Text,
            Self::Date => Kind::Date,
            Self::Free(_, kind) => *kind,
        }
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// The column is one of these texts, byte for byte, or null where `null` says so.
    Ids {
        /// The column.
        column: Column,
        /// The texts.
        ids: Among<Arc<str>>,
        /// What comes of a null.
        null: bool,
    },
    /// The caller's table of enrolments has the row's student in one of some classes, or, where `present` is false, in
    /// none of them. A null has no enrolments.
    Enrolled {
        /// The column that holds the student.
        student: Column,
        /// The classes.
        classes: Classes,
        /// Whether there is to be one.
        present: bool,
    },
    /// The column compares with a value; a null never does.
    Compare {
        /// The column.
        column: Column,
        /// How.
        op: Op,
        /// With what.
        value: Value,
    },
    /// Two columns of one kind compare; a null never does.
    Pair {
        /// The column on the left.
        left: Column,
        /// How.
        op: Op,
        /// The column on the right.
        right: Column,
    },
}

/// Classes of the table of enrolments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Classes {
    /// Any.
    Any,
    /// Those with these ids.
    Sections(Among<Arc<str>>),
    /// Those of these schools.
    Schools(Among<Arc<str>>),
    /// That of the row, which this column holds.
    Same(Column),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal.
    Equal,
    /// Unequal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

impl Op {
    /// What holds where this doesn't, for two values that have an order.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same with its sides changed.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

/// A value that a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A text, by the order of its bytes.
    Text(Arc<str>),
    /// A number that is finite.
    Number(Number),
    /// Yes or no.
    YesNo(bool),
    /// A day.
    Day(Day),
}

/// A number, told apart by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number(u64);

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self(number.to_bits())
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        Self::from_bits(number.0)
    }
}

impl Test {
    /// The column is null.
    #[must_use]
    pub fn null(column: Column) -> Self {
        Self::Ids { column, ids: Among::none(), null: true }
    }

    /// The column is not null.
    #[must_use]
    pub fn given(column: Column) -> Self {
        Self::Ids { column, ids: Among::all(), null: false }
    }

    /// The column is one of these.
    #[must_use]
    pub fn among(column: Column, ids: Among<Arc<str>>) -> Self {
        Self::Ids { column, ids, null: false }
    }

    fn never() -> Self {
        Self::among(Column::Id, Among::none())
    }

    /// Whether this is another test of a column that is not null.
    fn compares(&self, with: &Column) -> bool {
        match self {
            Self::Ids { .. } => false,
            Self::Enrolled { student, present, .. } => *present && student == with,
            Self::Compare { column, .. } => column == with,
            Self::Pair { left, right, .. } => left == with || right == with,
        }
    }
}

impl Leaf for Test {
    fn both(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Ids { column, ids, null }, Self::Ids { column: its, ids: theirs, null: may }) if column == its => {
                Some(Self::Ids { column: column.clone(), ids: ids.and(theirs), null: *null && *may })
            }
            (Self::Ids { column, ids, .. }, test) | (test, Self::Ids { column, ids, .. }) if test.compares(column) => {
                if ids.is_none() {
                    Some(Self::never())
                } else {
                    ids.is_all().then(|| test.clone())
                }
            }
            (
                Self::Enrolled { student, classes, present },
                Self::Enrolled { student: its, classes: theirs, present: otherwise },
            ) if student == its && classes == theirs && present != otherwise => Some(Self::never()),
            _ => (self == other).then(|| self.clone()),
        }
    }

    fn either(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Ids { column, ids, null }, Self::Ids { column: its, ids: theirs, null: may }) if column == its => {
                Some(Self::Ids { column: column.clone(), ids: ids.or(theirs), null: *null || *may })
            }
            _ => (self == other).then(|| self.clone()),
        }
    }

    fn fixed(&self) -> Option<bool> {
        match self {
            Self::Ids { ids, null: true, .. } if ids.is_all() => Some(true),
            Self::Ids { ids, null: false, .. } if ids.is_none() => Some(false),
            Self::Ids { .. } | Self::Enrolled { .. } | Self::Compare { .. } | Self::Pair { .. } => None,
        }
    }
}
