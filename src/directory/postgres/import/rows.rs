//! What a row of a file becomes in its table: whether it counts by itself, and its values.
//!
//! A row that names something unknown is kept; that it has no effect is seen when it is asked for. One that a server would
//! skip for what stands in it is kept as a deleted one, so that a student stays a known one.

use tokio_postgres::types::ToSql;

use super::tables::{Kind, Spec};
use crate::directory::table::{Column, Table};
use crate::directory::{records, sections, users};
use crate::policy::day::Day;

/// A value, of the type that its column has in the temporary table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Option<&'a str>),
    Object(String),
    Texts(Option<Vec<&'a str>>),
    Flag(bool),
    Days(Option<i32>),
}

/// A row that counts, or would if nothing in it spoke against it.
pub(super) struct Row<'a> {
    /// A server would skip it.
    pub(super) skipped: bool,
    /// The values, in the order of the table's columns.
    pub(super) cells: Vec<Cell<'a>>,
}

/// The columns of a file that rows are made of.
pub(super) struct Columns {
    named: Vec<Column>,
    /// `metadata.` columns by the names of their properties.
    properties: Vec<(String, Column)>,
    /// The user and role of a row that can make the user a student.
    pub(super) student: Option<(Column, Column)>,
}

impl Columns {
    /// Finds them.
    pub(super) fn of(table: &mut Table<'_>, spec: &Spec) -> Self {
        let needs: Vec<Column> = spec.needs.iter().map(|name| table.required(name)).collect();
        let takes = spec.takes.iter().map(|name| table.optional(name));
        let named: Vec<Column> = needs.into_iter().chain(takes).collect();
        let properties = if spec.table == "users" { properties(table) } else { Vec::new() };
        let student = match (spec.table, &*named) {
            ("roles", &[user, role, ..]) | ("enrollments", &[_, user, role, ..]) => Some((user, role)),
            _ => None,
        };
        Self { named, properties, student }
    }

    /// The columns whose values are stored as they stand there.
    pub(super) fn stored<'a>(&'a self, spec: &Spec) -> impl Iterator<Item = Column> + 'a {
        let json = spec.table == "records";
        let count = if json { 1 } else { self.named.len() };
        self.named.iter().take(count).copied()
    }
}

/// All `metadata.` columns, by the names of their properties.
fn properties(table: &mut Table<'_>) -> Vec<(String, Column)> {
    let names = table.headers().filter_map(|header| header.strip_prefix("metadata."));
    let names: std::collections::BTreeSet<String> = names.map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| (table.required(&format!("metadata.{name}")), name))
        .map(|(at, name)| (name, at))
        .collect()
}

/// What the row at which a file is becomes.
pub(super) fn row<'a>(table: &'a Table<'_>, spec: &Spec, columns: &Columns) -> Row<'a> {
    let row = match (spec.table, &*columns.named) {
        ("orgs", &[kind, parent, level, zone]) => org(table, kind, [parent, level, zone]),
        ("academic_sessions", &[start, end]) => session(table, start, end),
        ("classes", &[school, terms]) => class(table, school, terms),
        ("users", &[enabled, role, orgs, primary]) => user(table, enabled, role, [orgs, primary], &columns.properties),
        ("records", &[kind, properties]) => record(table, kind, properties),
        ("role_assignments", &[user, role, org, begin, end]) => assignment(table, [user, role, org], begin, end),
        (_, &[first, second, third, begin, end]) => dated(table, [first, second, third], begin, end),
        _ => None,
    };
    row.unwrap_or_else(|| Row {
        skipped: true,
        cells: spec.columns.iter().map(|(_, kind)| Cell::none(*kind)).collect(),
    })
}

fn sound(cells: Vec<Cell<'_>>) -> Option<Row<'_>> {
    Some(Row { skipped: false, cells })
}

fn org<'a>(table: &'a Table<'_>, kind: Column, others: [Column; 3]) -> Option<Row<'a>> {
    let others = others.iter().map(|column| given(table.cell(*column)));
    sound([text(table.cell(kind))].into_iter().chain(others).collect())
}

fn session<'a>(table: &'a Table<'_>, start: Column, end: Column) -> Option<Row<'a>> {
    let skipped = table.live() && sections::bounded(table, start, end).is_none();
    let days = [start, end].map(|column| Cell::Days(day(table.cell(column)).filter(|_| !skipped)));
    Some(Row { skipped, cells: days.into() })
}

fn class<'a>(table: &'a Table<'_>, school: Column, terms: Column) -> Option<Row<'a>> {
    let named = Cell::Texts((!table.cell(terms).is_empty()).then(|| table.ids(terms).collect()));
    sound(vec![text(table.cell(school)), named])
}

/// A deleted user belongs nowhere and has no properties, but may have been a student.
fn user<'a>(
    table: &'a Table<'_>,
    enabled: Column,
    role: Column,
    places: [Column; 2],
    properties: &[(String, Column)],
) -> Option<Row<'a>> {
    let student = Cell::Flag(users::is_student(table.cell(role)));
    if !table.live() {
        return sound(vec![Cell::Flag(false), student, Cell::Texts(Some(Vec::new())), text("{}")]);
    }
    let mut orgs: Vec<&str> = Vec::new();
    for org in places.iter().flat_map(|column| table.ids(*column)) {
        if !orgs.contains(&org) {
            orgs.push(org);
        }
    }
    let given =
        properties.iter().map(|(name, column)| (name, table.cell(*column))).filter(|(_, text)| !text.is_empty());
    let object: serde_json::Map<_, _> = given.map(|(name, text)| (name.clone(), text.into())).collect();
    let object = Cell::Object(serde_json::Value::Object(object).to_string());
    sound(vec![Cell::Flag(users::is_enabled(table, enabled)), student, Cell::Texts(Some(orgs)), object])
}

fn assignment<'a>(table: &'a Table<'_>, texts: [Column; 3], begin: Column, end: Column) -> Option<Row<'a>> {
    let [_, role, _] = texts;
    let mut row = dated(table, texts, begin, end)?;
    if table.live() && table.cell(role).is_empty() {
        table.empty(role);
        row.skipped = true;
    }
    Some(row)
}

/// Three texts between two days. Days that are none leave the row without them.
fn dated<'a>(table: &'a Table<'_>, texts: [Column; 3], begin: Column, end: Column) -> Option<Row<'a>> {
    let skipped = table.live() && table.period(begin, end).is_none();
    let texts = texts.iter().map(|column| text(table.cell(*column)));
    let days = [begin, end].map(|column| Cell::Days(day(table.cell(column)).filter(|_| !skipped)));
    Some(Row { skipped, cells: texts.chain(days).collect() })
}

/// Properties that can't be read become null: the record is then out of everybody's reach.
fn record<'a>(table: &'a Table<'_>, kind: Column, properties: Column) -> Option<Row<'a>> {
    let object = table.cell(properties);
    let read = records::stored(object);
    let skipped = table.live() && table.cell(kind).is_empty();
    if skipped {
        table.empty(kind);
    } else if let Err(why) = &read
        && table.live()
    {
        table.warn(properties, format_args!("{why}, so the record counts as out of everybody's reach"));
    }
    Some(Row { skipped, cells: vec![text(table.cell(kind)), Cell::Text(read.is_ok().then_some(object))] })
}

/// An empty value is none.
fn given(text: &str) -> Cell<'_> {
    Cell::Text((!text.is_empty()).then_some(text))
}

fn day(text: &str) -> Option<i32> {
    Day::parse(text).map(|day| day.0)
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Some(text))
}

impl Cell<'_> {
    /// No value.
    fn none(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Json => Self::Text(None),
            Kind::Texts => Self::Texts(None),
            Kind::Flag => Self::Flag(false),
            Kind::Day => Self::Days(None),
        }
    }

    /// The value, as the driver takes it.
    pub(super) fn value(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Text(text) => text,
            Self::Object(text) => text,
            Self::Texts(texts) => texts,
            Self::Flag(flag) => flag,
            Self::Days(days) => days,
        }
    }
}
