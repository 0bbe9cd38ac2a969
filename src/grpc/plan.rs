//! `hallpass.v1` Plan: the caller's columns read, and a plan written as a filter, SQL and parameters. Every field is named,
//! so that a new one doesn't compile until it is handled.

use tonic::Status;

use super::convert::Question;
use super::malformed;
use super::proto::hallpass as wire;
use crate::pdp::View;
use crate::policy::plan::among::Among;
use crate::policy::plan::sql::{self, Dialect, NameError, Names, Parameter, Parameters, Table};
use crate::policy::plan::test::{Classes, Op, Test, Value};
use crate::policy::plan::{Columns, Enrolments, Filter, Outcome, Plan, Short};
use crate::policy::request::Malformed;

/// A request for a plan.
#[derive(Debug)]
pub(super) struct Asked {
    question: Question,
    columns: Columns,
    names: Names,
    dialect: Option<Dialect>,
    before: usize,
}

impl Asked {
    /// Reads a message.
    pub(super) fn read(request: wire::PlanRequest) -> Result<Self, Status> {
        let wire::PlanRequest { subject, action, resource, context, columns, dialect, parameters_before } = request;
        let dialect = read_dialect(dialect).map_err(malformed)?;
        let (columns, names) = read_columns(columns.unwrap_or_default());
        if let Some(dialect) = dialect {
            names.check(dialect).map_err(misnamed)?;
        }
        let question = Question::read(wire::CheckRequest { subject, action, resource, context }).map_err(malformed)?;
        let before = usize::try_from(parameters_before).unwrap_or(usize::MAX).min(1 << 20);
        Ok(Self { question, columns, names, dialect, before })
    }

    /// Plans, and writes the plan.
    pub(super) fn answer(&self, view: &View<'_>) -> Result<wire::PlanResponse, Status> {
        let Self { question, columns, names, dialect, before } = self;
        let plan = view.plan(&question.request(), columns)?;
        let mut parameters = Parameters::after(*before);
        let sql = match dialect {
            Some(dialect) => sql::write(&plan.filter, *dialect, names, &mut parameters).map_err(misnamed)?,
            None => String::new(),
        };
        let filter = Writer { parameters: &mut parameters, before: *before }.filter(&plan.filter);
        let (policy_revision, directory_revision) = view.revisions();
        let Plan { filter: _, short, reason } = &plan;
        Ok(wire::PlanResponse {
            kind: kind(plan.outcome()).into(),
            reason: reason.code().to_owned(),
            filter: Some(filter),
            sql,
            parameters: parameters.list().iter().map(|value| parameter(value, *dialect)).collect(),
            partial: !short.is_empty(),
            partial_reasons: short.iter().map(|short| Short::code(*short).to_owned()).collect(),
            policy_revision: policy_revision.to_owned(),
            directory_revision: directory_revision.to_owned(),
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn misnamed(error: NameError) -> Status {
    Status::invalid_argument(error.to_string())
}

fn read_dialect(number: i32) -> Result<Option<Dialect>, Malformed> {
    match wire::Dialect::try_from(number) {
        Ok(wire::Dialect::Unspecified) => Ok(None),
        Ok(wire::Dialect::Postgresql) => Ok(Some(Dialect::PostgreSql)),
        Ok(wire::Dialect::Sqlite) => Ok(Some(Dialect::Sqlite)),
        Err(_) => Err(Malformed::WrongType { name: "dialect", expected: "one that this server knows" }),
    }
}

/// Which columns there are, and what they are called.
fn read_columns(columns: wire::Columns) -> (Columns, Names) {
    let wire::Columns { id, student, school, section, created_by, referred_to, date, properties, enrolments } = columns;
    let mut names = Names::default();
    let mut read = |property: &str, column: Option<wire::Column>| {
        let Some(wire::Column { name }) = column else { return false };
        let name = if name.is_empty() { vec![property.to_owned()] } else { name };
        names.columns.push((property.to_owned(), name));
        true
    };
    let columns = Columns {
        id: read("id", id),
        student: read("student", student),
        school: read("school", school),
        section: read("section", section),
        created_by: read("created_by", created_by),
        referred_to: read("referred_to", referred_to),
        date: read("date", date),
        enrolments: enrolments.as_ref().map(|table| Enrolments { school: table.school.is_some() }),
        free: properties
            .into_iter()
            .map(|(property, column)| {
                read(&property, Some(column));
                property
            })
            .collect(),
    };
    names.enrolments = enrolments.map(|table| {
        let wire::EnrolmentTable { name, student, section, school } = table;
        Table { name, student, section, school }
    });
    (columns, names)
}

fn kind(outcome: Outcome) -> wire::PlanKind {
    match outcome {
        Outcome::Always => wire::PlanKind::Always,
        Outcome::Never => wire::PlanKind::Never,
        Outcome::Conditional => wire::PlanKind::Conditional,
    }
}

fn parameter(value: &Parameter, dialect: Option<Dialect>) -> wire::Parameter {
    use wire::parameter::Value as Wire;
    let texts = |ids: &[std::sync::Arc<str>]| ids.iter().map(|id| (**id).to_owned()).collect::<Vec<_>>();
    let value = match value {
        Parameter::Texts(ids) if dialect == Some(Dialect::Sqlite) => Wire::Json(json(&texts(ids))),
        Parameter::Texts(ids) => Wire::Texts(wire::TextList { texts: texts(ids) }),
        Parameter::Text(text) => Wire::Text((**text).to_owned()),
        Parameter::Number(number) => Wire::Number(*number),
        Parameter::Day(day) => Wire::Date(day.to_string()),
    };
    wire::Parameter { value: Some(value) }
}

/// A JSON array of texts.
fn json(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

struct Writer<'a> {
    parameters: &'a mut Parameters,
    before: usize,
}

impl Writer<'_> {
    fn filter(&mut self, filter: &Filter) -> wire::Filter {
        use wire::filter::Test as Wire;
        let test = match filter {
            Filter::All(parts) => Wire::All(self.filters(parts)),
            Filter::Any(parts) => Wire::Any(self.filters(parts)),
            Filter::Is(Test::Ids { column, ids, null }) => Wire::Text(wire::TextTest {
                column: column.name().to_owned(),
                negated: matches!(ids, Among::NotIn(_)),
                parameter: self.list(ids),
                null: *null,
            }),
            Filter::Is(Test::Enrolled { student, classes, present }) => {
                Wire::Enrolment(self.enrolment(student.name(), classes, *present))
            }
            Filter::Is(Test::Compare { column, op, value }) => Wire::Value(wire::ValueTest {
                column: column.name().to_owned(),
                comparison: comparison(*op).into(),
                value: Some(self.value(value)),
            }),
            Filter::Is(Test::Pair { left, op, right }) => Wire::Columns(wire::ColumnTest {
                left: left.name().to_owned(),
                comparison: comparison(*op).into(),
                right: right.name().to_owned(),
            }),
        };
        wire::Filter { test: Some(test) }
    }

    fn filters(&mut self, parts: &[Filter]) -> wire::Filters {
        wire::Filters { filters: parts.iter().map(|part| self.filter(part)).collect() }
    }

    fn enrolment(&mut self, column: &str, classes: &Classes, present: bool) -> wire::EnrolmentTest {
        use wire::enrolment_test::Classes as Wire;
        let (classes, all_but) = match classes {
            Classes::Any => (Wire::All(true), false),
            Classes::Same(section) => (Wire::SameAs(section.name().to_owned()), false),
            Classes::Sections(ids) => (Wire::Sections(self.list(ids)), matches!(ids, Among::NotIn(_))),
            Classes::Schools(ids) => (Wire::Schools(self.list(ids)), matches!(ids, Among::NotIn(_))),
        };
        wire::EnrolmentTest { column: column.to_owned(), negated: !present, classes: Some(classes), all_but }
    }

    /// The number of a list, 0 for an empty one.
    fn list(&mut self, ids: &Among<std::sync::Arc<str>>) -> u32 {
        let (Among::In(listed) | Among::NotIn(listed)) = ids;
        if listed.is_empty() { 0 } else { self.number(|parameters| parameters.of_list(listed)) }
    }

    fn value(&mut self, value: &Value) -> wire::value_test::Value {
        match value {
            Value::YesNo(yes) => wire::value_test::Value::Yes(*yes),
            Value::Text(_) | Value::Number(_) | Value::Day(_) => wire::value_test::Value::Parameter(
                self.number(|parameters| parameters.of_value(value).unwrap_or_default()),
            ),
        }
    }

    fn number(&mut self, number: impl FnOnce(&mut Parameters) -> usize) -> u32 {
        u32::try_from(number(self.parameters).saturating_sub(self.before)).unwrap_or(u32::MAX)
    }
}

fn comparison(op: Op) -> wire::Comparison {
    match op {
        Op::Equal => wire::Comparison::Equal,
        Op::NotEqual => wire::Comparison::NotEqual,
        Op::Less => wire::Comparison::Less,
        Op::LessOrEqual => wire::Comparison::LessOrEqual,
        Op::Greater => wire::Comparison::Greater,
        Op::GreaterOrEqual => wire::Comparison::GreaterOrEqual,
    }
}
