//! The caller's names of columns and tables, quoted so that they are names and nothing else.

use super::Dialect;

/// The longest name, in bytes: PostgreSQL would cut off a longer one.
const LONGEST: usize = 63;
/// The most parts of a name: database, schema, table, column.
const PARTS: usize = 4;

/// How the caller's columns are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// By property, each as its parts: the column, or a table and its column.
    pub columns: Vec<(String, Vec<String>)>,
    /// The table of enrolments.
    pub enrolments: Option<Table>,
}

/// A table of enrolments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The table, as its parts.
    pub name: Vec<String>,
    /// Its column of students.
    pub student: String,
    /// Its column of classes.
    pub section: String,
    /// Its column of schools of classes.
    pub school: Option<String>,
}

/// Why a name cannot stand in SQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not given.
    #[error("`{0}` needs a name in SQL")]
    Unnamed(String),
    /// A part of it is empty.
    #[error("a part of the name of `{0}` is empty")]
    Empty(String),
    /// It holds a byte that no name may hold.
    #[error("the name of `{0}` holds a NUL character")]
    Nul(String),
    /// It is too long, or has too many parts.
    #[error("the name of `{0}` is over the limit of {PARTS} parts of {LONGEST} bytes each")]
    TooLong(String),
}

/// A table of enrolments with quoted names, its columns those of its alias `e`.
#[derive(Clone, Debug)]
pub(super) struct Quoted {
    pub(super) name: String,
    pub(super) student: String,
    pub(super) section: String,
    pub(super) school: Option<String>,
}

impl Names {
    /// Checks all names, used or not.
    ///
    /// # Errors
    /// The first that cannot be quoted.
    pub fn check(&self, dialect: Dialect) -> Result<(), NameError> {
        self.columns.iter().try_for_each(|(property, path)| quoted(property, path, dialect).map(drop))?;
        if self.enrolments.is_some() { self.table(dialect).map(drop) } else { Ok(()) }
    }

    pub(super) fn column(&self, property: &str, dialect: Dialect) -> Result<String, NameError> {
        let path = self.columns.iter().find(|(known, _)| known == property);
        let (_, path) = path.ok_or_else(|| NameError::Unnamed(property.to_owned()))?;
        quoted(property, path, dialect)
    }

    pub(super) fn table(&self, dialect: Dialect) -> Result<Quoted, NameError> {
        let table = self.enrolments.as_ref().ok_or_else(|| NameError::Unnamed("enrolments".to_owned()))?;
        let column = |name: &str, what: &str| {
            let name = quoted(what, &[name.to_owned()], dialect)?;
            Ok(format!("e.{name}"))
        };
        let school = table.school.as_deref();
        Ok(Quoted {
            name: quoted("enrolments.table", &table.name, dialect)?,
            student: column(&table.student, "enrolments.student")?,
            section: column(&table.section, "enrolments.section")?,
            school: school.map(|school| column(school, "enrolments.school")).transpose()?,
        })
    }
}

/// A name as its quoted parts. In SQLite by backticks: there a name in double quotes that is no column's is a text.
fn quoted(what: &str, path: &[String], dialect: Dialect) -> Result<String, NameError> {
    let mark = match dialect {
        Dialect::PostgreSql => '"',
        Dialect::Sqlite => '`',
    };
    if path.is_empty() {
        return Err(NameError::Unnamed(what.to_owned()));
    }
    if path.len() > PARTS || path.iter().any(|part| part.len() > LONGEST) {
        return Err(NameError::TooLong(what.to_owned()));
    }
    if path.iter().any(String::is_empty) {
        return Err(NameError::Empty(what.to_owned()));
    }
    if path.iter().any(|part| part.contains('\0')) {
        return Err(NameError::Nul(what.to_owned()));
    }
    let parts = path.iter().map(|part| format!("{mark}{}{mark}", part.replace(mark, &format!("{mark}{mark}"))));
    Ok(parts.collect::<Vec<_>>().join("."))
}
