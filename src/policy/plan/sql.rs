//! A filter as SQL: an expression to stand after WHERE, by itself or beside others. Values never stand in its text; they
//! are parameters, a list of ids a single one. Names of columns and tables are the caller's, and always quoted.
//!
//! Texts compare by their bytes, whatever the collation of a column. PostgreSQL gets each test of a list twice, once as
//! an index of the column can serve it and once as bytes decide it. Columns of ids and texts are `text` or `varchar`
//! there and `TEXT` in SQLite; numbers are of any numeric type; yes and no are `boolean`, in SQLite 1 and 0; days are
//! `date`, in SQLite `TEXT` as YYYY-MM-DD. A value that is not of its column's kind counts as one that no test fits.

use std::sync::Arc;

use super::Filter;
use super::among::Among;
use super::test::{Classes, Column, Kind, Op, Test, Value};
use crate::policy::day::Day;

mod names;

pub use names::{NameError, Names, Table};

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL: parameters are `$1`, a list is an array of text.
    PostgreSql,
    /// SQLite: parameters are `?1`, a list is a text that holds a JSON array.
    Sqlite,
}

/// A value that stands for a number in the SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// Texts: an array of text in PostgreSQL, a JSON array as text in SQLite.
    Texts(Arc<[Arc<str>]>),
    /// A text.
    Text(Arc<str>),
    /// A number.
    Number(f64),
    /// A day, as a text YYYY-MM-DD.
    Day(Day),
}

/// Parameters, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    list: Vec<Parameter>,
    before: usize,
}

impl Parameters {
    /// None yet; the first will have a number that follows those of so many others.
    #[must_use]
    pub fn after(before: usize) -> Self {
        Self { list: Vec::new(), before }
    }

    /// The parameters in the order of their numbers.
    #[must_use]
    pub fn list(&self) -> &[Parameter] {
        &self.list
    }

    /// The number of a parameter, which is added where it is new.
    pub fn number(&mut self, parameter: Parameter) -> usize {
        let known = self.list.iter().position(|known| *known == parameter);
        let at = known.unwrap_or_else(|| {
            self.list.push(parameter);
            self.list.len() - 1
        });
        self.before + at + 1
    }

    /// The number of a list: of a text where it has one alone.
    pub fn of_list(&mut self, ids: &Arc<[Arc<str>]>) -> usize {
        match &**ids {
            [only] => self.number(Parameter::Text(Arc::clone(only))),
            _ => self.number(Parameter::Texts(Arc::clone(ids))),
        }
    }

    /// The number of a value; yes and no are none.
    pub fn of_value(&mut self, value: &Value) -> Option<usize> {
        let parameter = match value {
            Value::Text(text) => Parameter::Text(Arc::clone(text)),
            Value::Number(number) => Parameter::Number((*number).into()),
            Value::Day(day) => Parameter::Day(*day),
            Value::YesNo(_) => return None,
        };
        Some(self.number(parameter))
    }
}

/// Writes a filter as SQL.
///
/// # Errors
/// A column or table without a name, or with one that cannot be quoted.
pub fn write(
    filter: &Filter,
    dialect: Dialect,
    names: &Names,
    parameters: &mut Parameters,
) -> Result<String, NameError> {
    Writer { dialect, names, parameters }.filter(filter)
}

struct Writer<'a> {
    dialect: Dialect,
    names: &'a Names,
    parameters: &'a mut Parameters,
}

impl Writer<'_> {
    fn filter(&mut self, filter: &Filter) -> Result<String, NameError> {
        let (parts, word, none) = match (filter, self.dialect) {
            (Filter::All(parts), Dialect::PostgreSql) => (parts, " AND ", "TRUE"),
            (Filter::Any(parts), Dialect::PostgreSql) => (parts, " OR ", "FALSE"),
            (Filter::All(parts), Dialect::Sqlite) => (parts, " AND ", "1"),
            (Filter::Any(parts), Dialect::Sqlite) => (parts, " OR ", "0"),
            (Filter::Is(test), _) => return self.test(test),
        };
        let parts: Vec<String> = parts.iter().map(|part| self.filter(part)).collect::<Result<_, _>>()?;
        Ok(if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(word)) })
    }

    fn test(&mut self, test: &Test) -> Result<String, NameError> {
        match test {
            Test::Ids { column, ids, null } => self.ids(column, ids, *null),
            Test::Enrolled { student, classes, present } => self.enrolled(student, classes, *present),
            Test::Compare { column, op, value } => self.compare(column, *op, value),
            Test::Pair { left, op, right } => self.pair(left, *op, right),
        }
    }

    fn ids(&mut self, column: &Column, ids: &Among<Arc<str>>, null: bool) -> Result<String, NameError> {
        let name = self.column(column)?;
        Ok(match ids {
            Among::In(listed) if listed.is_empty() => format!("{name} IS NULL"),
            Among::NotIn(listed) if listed.is_empty() => {
                let given = format!("{name} IS NOT NULL");
                join([given].into_iter().chain(self.readable(&name, column.kind())))
            }
            Among::In(_) | Among::NotIn(_) => {
                let listed = self.among(&name, ids);
                if null { format!("({name} IS NULL OR {listed})") } else { listed }
            }
        })
    }

    /// A text is one of a list, or none of it.
    fn among(&mut self, name: &str, ids: &Among<Arc<str>>) -> String {
        let (Among::In(listed) | Among::NotIn(listed)) = ids;
        let (one, is_in) = (listed.len() == 1, matches!(ids, Among::In(_)));
        let number = self.parameters.of_list(listed);
        match (self.dialect, is_in, one) {
            (Dialect::PostgreSql, true, true) => {
                format!("({name} = ${number}::text AND {name} COLLATE \"C\" = ${number}::text)")
            }
            (Dialect::PostgreSql, true, false) => {
                format!("({name} = ANY(${number}::text[]) AND {name} COLLATE \"C\" = ANY(${number}::text[]))")
            }
            (Dialect::PostgreSql, false, true) => format!("{name} COLLATE \"C\" <> ${number}::text"),
            (Dialect::PostgreSql, false, false) => format!("{name} COLLATE \"C\" <> ALL(${number}::text[])"),
            (Dialect::Sqlite, true, true) => format!("{name} COLLATE BINARY = ?{number}"),
            (Dialect::Sqlite, false, true) => format!("{name} COLLATE BINARY <> ?{number}"),
            (Dialect::Sqlite, true, false) => {
                format!("{name} COLLATE BINARY IN (SELECT value FROM json_each(?{number}))")
            }
            (Dialect::Sqlite, false, false) => {
                format!("{name} COLLATE BINARY NOT IN (SELECT value FROM json_each(?{number}))")
            }
        }
    }

    /// No name of the caller's own table stands within the parentheses, where it could mean another column.
    fn enrolled(&mut self, student: &Column, classes: &Classes, present: bool) -> Result<String, NameError> {
        let table = self.names.table(self.dialect)?;
        let name = self.column(student)?;
        let mut sought = vec![(name.clone(), table.student.clone())];
        let mut limits = Vec::new();
        match classes {
            Classes::Any => {}
            Classes::Sections(ids) => limits.push(self.among(&table.section, ids)),
            Classes::Schools(ids) => {
                let school = table.school.as_deref().ok_or(NameError::Unnamed("enrolments.school".to_owned()))?;
                limits.push(self.among(school, ids));
            }
            Classes::Same(section) => sought.push((self.column(section)?, table.section.clone())),
        }
        if !present {
            limits.push(format!("{} IS NOT NULL", table.student));
        }
        // Twice in PostgreSQL, as a list: once for indexes, once for bytes.
        if present && self.dialect == Dialect::PostgreSql {
            sought.extend(sought.clone().into_iter().map(|(mine, theirs)| (self.text(&mine), theirs)));
        } else {
            sought.iter_mut().for_each(|(mine, _)| *mine = self.text(mine));
        }
        let (mine, theirs): (Vec<String>, Vec<String>) = sought.into_iter().unzip();
        let mine = if mine.len() == 1 { mine.join("") } else { format!("({})", mine.join(", ")) };
        let limits = if limits.is_empty() { String::new() } else { format!(" WHERE {}", limits.join(" AND ")) };
        let listed = format!("(SELECT {} FROM {} AS e{limits})", theirs.join(", "), table.name);
        Ok(if present { format!("{mine} IN {listed}") } else { format!("({name} IS NULL OR {mine} NOT IN {listed})") })
    }

    fn compare(&mut self, column: &Column, op: Op, value: &Value) -> Result<String, NameError> {
        let (name, kind) = (self.column(column)?, column.kind());
        let value = match (value, self.parameters.of_value(value), self.dialect) {
            (Value::YesNo(true), _, Dialect::PostgreSql) => "TRUE".to_owned(),
            (Value::YesNo(false), _, Dialect::PostgreSql) => "FALSE".to_owned(),
            (Value::YesNo(yes), _, Dialect::Sqlite) => u8::from(*yes).to_string(),
            (_, number, Dialect::Sqlite) => format!("?{}", number.unwrap_or_default()),
            (value, number, Dialect::PostgreSql) => {
                let cast = match value {
                    Value::Text(_) | Value::YesNo(_) => "text",
                    Value::Number(_) => "float8",
                    Value::Day(_) => "text::date",
                };
                format!("${}::{cast}", number.unwrap_or_default())
            }
        };
        let compared = format!("{} {} {value}", self.operand(&name, kind), symbol(op));
        Ok(join(self.readable(&name, kind).into_iter().chain([compared])))
    }

    fn pair(&mut self, left: &Column, op: Op, right: &Column) -> Result<String, NameError> {
        let (a, b, kind) = (self.column(left)?, self.column(right)?, left.kind());
        let compared = format!("{} {} {}", self.operand(&a, kind), symbol(op), self.operand(&b, kind));
        let readable = self.readable(&a, kind).into_iter().chain(self.readable(&b, kind));
        Ok(join(readable.chain([compared])))
    }

    /// A column as what is compared.
    fn operand(&self, name: &str, kind: Kind) -> String {
        match (kind, self.dialect) {
            (Kind::Text, _) | (Kind::Date, Dialect::Sqlite) => self.text(name),
            (Kind::Number, Dialect::PostgreSql) => format!("{name}::float8"),
            (Kind::Number, Dialect::Sqlite) => format!("CAST({name} AS REAL)"),
            (Kind::YesNo, _) | (Kind::Date, Dialect::PostgreSql) => name.to_owned(),
        }
    }

    fn text(&self, name: &str) -> String {
        match self.dialect {
            Dialect::PostgreSql => format!("{name} COLLATE \"C\""),
            Dialect::Sqlite => format!("{name} COLLATE BINARY"),
        }
    }

    /// What a value of a kind must be, where the column may hold something else that compares all the same.
    fn readable(&self, name: &str, kind: Kind) -> Option<String> {
        Some(match (kind, self.dialect) {
            (Kind::Text | Kind::YesNo, Dialect::PostgreSql) => return None,
            (Kind::Number, Dialect::PostgreSql) => format!("abs({name}::float8) < 'Infinity'::float8"),
            (Kind::Date, Dialect::PostgreSql) => format!("isfinite({name})"),
            (Kind::Text, Dialect::Sqlite) => format!("typeof({name}) = 'text'"),
            (Kind::Number, Dialect::Sqlite) => {
                format!("typeof({name}) IN ('integer', 'real') AND abs(CAST({name} AS REAL)) < 9e999")
            }
            (Kind::YesNo, Dialect::Sqlite) => format!("typeof({name}) = 'integer' AND {name} IN (0, 1)"),
            (Kind::Date, Dialect::Sqlite) => format!("date({name}) IS {name}"),
        })
    }

    fn column(&self, column: &Column) -> Result<String, NameError> {
        self.names.column(column.name(), self.dialect)
    }
}

fn join(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    match parts.as_slice() {
        [only] if !only.contains(" AND ") => only.clone(),
        _ => format!("({})", parts.join(" AND ")),
    }
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::Equal => "=",
        Op::NotEqual => "<>",
        Op::Less => "<",
        Op::LessOrEqual => "<=",
        Op::Greater => ">",
        Op::GreaterOrEqual => ">=",
    }
}
