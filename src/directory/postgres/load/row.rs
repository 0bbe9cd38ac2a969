//! A row of a look-up, read without trust: what has the wrong type, or is null where nothing may be, is an error that names
//! the table and the column.

use tokio_postgres::Row as Raw;
use tokio_postgres::types::{FromSql, Type};

use super::super::super::remote::SourceError;
use crate::policy::day::{Day, Period};

/// Where the columns of a look-up stand; `look_up.sql` has them in this order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Tag,
    At,
    Own,
    Id,
    Role,
    Org,
    Class,
    School,
    Body,
    List,
    Deleted,
    First,
    Second,
    Number,
    Begins,
    Ends,
}

/// A row, and the table that it is said to be of.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    raw: &'r Raw,
    table: &'static str,
}

impl<'r> Row<'r> {
    pub(super) fn new(raw: &'r Raw, table: &'static str) -> Self {
        Self { raw, table }
    }

    /// A value that may be null.
    pub(super) fn may<T: FromSql<'r>>(&self, field: Field) -> Result<Option<T>, SourceError> {
        self.raw.try_get(field as usize).map_err(|_whatever_it_holds| self.wrong(field, "is of a wrong type"))
    }

    /// A value that may not.
    pub(super) fn must<T: FromSql<'r>>(&self, field: Field) -> Result<T, SourceError> {
        self.may(field)?.ok_or_else(|| self.wrong(field, "is null"))
    }

    /// When the row counts.
    pub(super) fn period(&self) -> Result<Period, SourceError> {
        let day = |field| self.may::<Date>(field).map(|date| date.map(|Date(day)| day));
        Ok(Period::new(day(Field::Begins)?, day(Field::Ends)?))
    }

    /// An error about the row as a whole.
    pub(super) fn error(&self, what: &str) -> SourceError {
        SourceError(format!("the table `hallpass.{}` {what}", self.table))
    }

    fn wrong(&self, field: Field, how: &str) -> SourceError {
        self.error(&format!("has a row whose {} {how}", field.name()))
    }
}

impl Field {
    /// What stands there, in words that fit each of the tables.
    fn name(self) -> &'static str {
        match self {
            Self::Tag | Self::At => "place",
            Self::Own => "id of a user, class or record",
            Self::Id => "id",
            Self::Role => "role or type",
            Self::Org => "organisation or class",
            Self::Class => "class",
            Self::School => "school",
            Self::Body => "properties",
            Self::List => "list of ids",
            Self::Deleted => "mark `deleted`",
            Self::First => "mark `enabled` or its class's `deleted`",
            Self::Second => "mark `student`",
            Self::Number => "row number",
            Self::Begins => "begin date",
            Self::Ends => "end date",
        }
    }
}

/// A day of PostgreSQL, whose infinities are days beyond all others.
pub(in crate::directory::postgres) struct Date(pub(in crate::directory::postgres) Day);

/// Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
const SINCE: i32 = 10_957;

impl<'a> FromSql<'a> for Date {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Day(i32::from_sql(kind, raw)?.saturating_add(SINCE))))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::DATE
    }
}
