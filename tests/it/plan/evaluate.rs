//! A filter evaluated over rows, by the meaning of its tests and nothing else.

use std::cmp::Ordering;
use std::sync::Arc;

use hallpass::policy::day::Day;
use hallpass::policy::plan::Filter;
use hallpass::policy::plan::among::Among;
use hallpass::policy::plan::test::{Classes, Column, Kind, Op, Test, Value as Wanted};
use hallpass::policy::request::Value;

use super::draw::Tables;
use super::question::Row;

/// The rows that a filter chooses.
pub(crate) fn chosen(filter: &Filter, tables: &Tables) -> Vec<usize> {
    let chosen = tables.rows.iter().enumerate().filter(|(_, row)| holds(filter, row, &tables.enrolments));
    chosen.map(|(at, _)| at).collect()
}

fn holds(filter: &Filter, row: &Row, enrolments: &[[String; 3]]) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| holds(part, row, enrolments)),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, row, enrolments)),
        Filter::Is(Test::Ids { column, ids, null }) => match row.get(column.name()) {
            None => *null,
            Some(Value::Text(text)) => has(ids, text),
            Some(_) => ids.is_all(),
        },
        Filter::Is(Test::Enrolled { student, classes, present }) => {
            let same = |column: &Column, id: &String| row.get(column.name()) == Some(&Value::Text(id.clone()));
            let found = enrolments.iter().any(|[its, section, school]| {
                same(student, its)
                    && match classes {
                        Classes::Any => true,
                        Classes::Sections(ids) => has(ids, section),
                        Classes::Schools(ids) => has(ids, school),
                        Classes::Same(column) => same(column, section),
                    }
            });
            found == *present
        }
        Filter::Is(Test::Compare { column, op, value }) => {
            row.get(column.name()).is_some_and(|found| fits(*op, against(found, value)))
        }
        Filter::Is(Test::Pair { left, op, right }) => {
            let (left_value, right_value) = (row.get(left.name()), row.get(right.name()));
            left_value.zip(right_value).is_some_and(|(a, b)| fits(*op, pair(left.kind(), a, b)))
        }
    }
}

fn has(ids: &Among<Arc<str>>, id: &str) -> bool {
    match ids {
        Among::In(ids) => ids.iter().any(|known| **known == *id),
        Among::NotIn(ids) => ids.iter().all(|known| **known != *id),
    }
}

fn against(found: &Value, wanted: &Wanted) -> Option<Ordering> {
    match (found, wanted) {
        (Value::Text(found), Wanted::Text(wanted)) => Some(found.as_bytes().cmp(wanted.as_bytes())),
        (Value::Text(found), Wanted::Day(wanted)) => Day::parse(found).map(|found| found.cmp(wanted)),
        (Value::Number(found), Wanted::Number(wanted)) => found.partial_cmp(&f64::from(*wanted)),
        (Value::Bool(found), Wanted::YesNo(wanted)) => Some(found.cmp(wanted)),
        _ => None,
    }
}

fn pair(kind: Kind, a: &Value, b: &Value) -> Option<Ordering> {
    match (kind, a, b) {
        (Kind::Date, Value::Text(a), Value::Text(b)) => Day::parse(a).zip(Day::parse(b)).map(|(a, b)| a.cmp(&b)),
        (_, Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (_, Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (_, Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn fits(op: Op, order: Option<Ordering>) -> bool {
    order.is_some_and(|order| match op {
        Op::Equal => order.is_eq(),
        Op::NotEqual => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
    })
}
