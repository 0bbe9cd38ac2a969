//! A condition as a filter: for which rows it is met, and for which it is not. Where a property has another type than
//! declared it is neither, as deciding has it.

use std::sync::Arc;

use super::super::document::ValueType;
use super::super::plan::Filter;
use super::super::plan::among::Among;
use super::super::plan::row::Row;
use super::super::plan::test::{Column, Kind, Op as How, Test, Value};
use super::super::request::Value as Given;
use super::value::{Source, Val};
use super::{Attribute, Condition, Expr, List, Op, Scene, Term, compare_values};

/// Rows for which a condition is met, and rows for which it is not.
#[derive(Clone, Debug)]
pub(crate) struct Sides {
    pub(crate) met: Filter,
    pub(crate) not_met: Filter,
    /// It looks at a column that cannot be read: such rows are on neither side.
    pub(crate) unreadable: bool,
}

/// What a term is in some rows.
#[derive(Clone, Debug)]
enum Known<'a> {
    Value(Val<'a>),
    /// What the column holds, which is not null.
    Column(Column),
    Unreadable,
}

impl Sides {
    fn new(met: Filter, not_met: Filter) -> Self {
        Self { met, not_met, unreadable: false }
    }

    fn constant(holds: bool) -> Self {
        Self::new(Filter::constant(holds), Filter::constant(!holds))
    }

    /// On neither side.
    pub(crate) fn error() -> Self {
        Self::new(Filter::FALSE, Filter::FALSE)
    }

    fn test(met: Test, not_met: Test) -> Self {
        Self::new(Filter::is(met), Filter::is(not_met))
    }

    fn not(self) -> Self {
        Self { met: self.not_met, not_met: self.met, ..self }
    }

    fn and(self, other: Self) -> Self {
        Self {
            met: Filter::all([self.met, other.met]),
            not_met: Filter::any([self.not_met, other.not_met]),
            unreadable: self.unreadable || other.unreadable,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// One of several, by what distinguishes them.
    fn cases(cases: impl IntoIterator<Item = (Filter, Self)>) -> Self {
        let (mut met, mut not_met, mut unreadable) = (Vec::new(), Vec::new(), false);
        for (when, sides) in cases {
            met.push(Filter::all([when.clone(), sides.met]));
            not_met.push(Filter::all([when, sides.not_met]));
            unreadable |= sides.unreadable;
        }
        Self { met: Filter::any(met), not_met: Filter::any(not_met), unreadable }
    }
}

impl Condition {
    /// For which rows it is met.
    pub(crate) fn plan(&self, row: &Row<'_>) -> Sides {
        let scene =
            Scene { request: &row.request, subject: row.subject.properties, record: row.stored, today: row.today };
        self.expr.plan(row, &scene)
    }
}

impl Expr {
    fn plan(&self, row: &Row<'_>, scene: &Scene<'_>) -> Sides {
        match self {
            Self::Constant(value) => Sides::constant(*value),
            Self::Truth(attribute) => {
                Sides::cases(attribute.cases(row, scene).into_iter().map(|(when, known)| (when, truth(&known))))
            }
            Self::Compare { op, left, right } => Sides::cases(
                pairs(left.cases(row, scene), &right.cases(row, scene))
                    .map(|(when, (a, b))| (when, compare(*op, a, b))),
            ),
            Self::In { item, list: List::Literals(items) } => {
                let cases = item.cases(row, scene).into_iter();
                Sides::cases(cases.map(|(when, known)| (when, among(&known, items, scene))))
            }
            Self::In { item, list: List::Attribute(list) } => Sides::cases(
                pairs(item.cases(row, scene), &list.cases(row, scene))
                    .map(|(when, (item, list))| (when, contains(list, item))),
            ),
            Self::Not(inner) => inner.plan(row, scene).not(),
            Self::And(left, right) => left.plan(row, scene).and(right.plan(row, scene)),
            Self::Or(left, right) => left.plan(row, scene).or(right.plan(row, scene)),
        }
    }
}

type Cases<'a> = Vec<(Filter, Known<'a>)>;

fn pairs<'a>(left: Cases<'a>, right: &Cases<'a>) -> impl Iterator<Item = (Filter, (Known<'a>, Known<'a>))> {
    left.into_iter().flat_map(move |(when, a)| {
        let both =
            |(also, b): &(Filter, Known<'a>)| (Filter::all([when.clone(), also.clone()]), (a.clone(), b.clone()));
        right.iter().map(both).collect::<Vec<_>>()
    })
}

impl Term {
    fn cases<'a>(&'a self, row: &Row<'_>, scene: &Scene<'a>) -> Cases<'a> {
        match self {
            Self::Attribute(attribute) => attribute.cases(row, scene),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Date(_) | Self::Today => {
                vec![(Filter::TRUE, Known::Value(self.value(scene)))]
            }
        }
    }
}

impl Attribute {
    /// What it is where its column is null, and where it isn't.
    fn cases<'a>(&'a self, row: &Row<'_>, scene: &Scene<'a>) -> Cases<'a> {
        let fixed = Known::Value(self.value(scene));
        match self.column().and_then(|property| row.column(property)) {
            Some(column) => {
                let list = matches!((&self.source, self.kind), (Source::Resource(_), ValueType::Texts));
                let read = if list { Known::Unreadable } else { Known::Column(column.clone()) };
                vec![(Filter::is(Test::null(column.clone())), fixed), (Filter::is(Test::given(column)), read)]
            }
            None => vec![(Filter::TRUE, fixed)],
        }
    }

    fn column(&self) -> Option<Column> {
        let kind = match self.kind {
            ValueType::Text | ValueType::Texts => Kind::Text,
            ValueType::Number => Kind::Number,
            ValueType::YesNo => Kind::YesNo,
            ValueType::Date => Kind::Date,
        };
        Some(match &self.source {
            Source::ResourceId => Column::Id,
            Source::Student => Column::Student,
            Source::School => Column::School,
            Source::Section => Column::Section,
            Source::CreatedBy => Column::CreatedBy,
            Source::ReferredTo => Column::ReferredTo,
            Source::Date => Column::Date,
            Source::Resource(name) => Column::Free(Arc::from(name.as_str()), kind),
            Source::SubjectId | Source::Role | Source::Subject(_) | Source::Action(_) | Source::Context(_) => {
                return None;
            }
        })
    }
}

fn unreadable() -> Sides {
    Sides { unreadable: true, ..Sides::error() }
}

fn truth(known: &Known<'_>) -> Sides {
    match known {
        Known::Value(Val::Bool(value)) => Sides::constant(*value),
        Known::Value(Val::Null) => Sides::constant(false),
        Known::Value(_) => Sides::error(),
        Known::Column(column) => flag(column, true),
        Known::Unreadable => unreadable(),
    }
}

/// The column says yes, or no.
fn flag(column: &Column, yes: bool) -> Sides {
    let says = |yes| Test::Compare { column: column.clone(), op: How::Equal, value: Value::YesNo(yes) };
    Sides::test(says(yes), says(!yes))
}

fn compare(op: Op, left: Known<'_>, right: Known<'_>) -> Sides {
    let how = op.how();
    match (left, right) {
        (Known::Unreadable, _) | (_, Known::Unreadable) => unreadable(),
        (Known::Value(a), Known::Value(b)) => match compare_values(op, a, b) {
            Some(holds) => Sides::constant(holds),
            None => Sides::error(),
        },
        (Known::Column(column), Known::Value(value)) => column_with(&column, how, value),
        (Known::Value(value), Known::Column(column)) => column_with(&column, how.turned(), value),
        (Known::Column(left), Known::Column(right)) => {
            let test = |op| Test::Pair { left: left.clone(), op, right: right.clone() };
            Sides::test(test(how), test(how.negated()))
        }
    }
}

/// A column that isn't null, compared with a value.
fn column_with(column: &Column, how: How, value: Val<'_>) -> Sides {
    let test = |value: Value| {
        let test = |op| Test::Compare { column: column.clone(), op, value: value.clone() };
        Sides::test(test(how), test(how.negated()))
    };
    match (column.kind(), value) {
        (_, Val::Wrong) => Sides::error(),
        (Kind::Text, Val::Text(text)) if matches!(how, How::Equal | How::NotEqual) => {
            let sides = is_among(column, [text]);
            if how == How::Equal { sides } else { sides.not() }
        }
        (Kind::Text, Val::Text(text)) => test(Value::Text(text.into())),
        (Kind::Number, Val::Number(number)) => test(Value::Number(number.into())),
        (Kind::Date, Val::Date(day)) => test(Value::Day(day)),
        (Kind::YesNo, Val::Bool(yes)) => flag(column, yes == (how == How::Equal)),
        // Null, or of a kind that is equal to none of the column's.
        _ => Sides::constant(how == How::NotEqual),
    }
}

fn is_among<'a>(column: &Column, texts: impl IntoIterator<Item = &'a str>) -> Sides {
    let ids = Among::these(texts.into_iter().map(Arc::from));
    let not = ids.not();
    Sides::test(Test::among(column.clone(), ids), Test::among(column.clone(), not))
}

/// Whether an item is one of some literals.
fn among(item: &Known<'_>, literals: &[Term], scene: &Scene<'_>) -> Sides {
    if let Known::Value(Val::Wrong) = item {
        return Sides::error();
    }
    let equals = |literal: &Term| compare(Op::Equal, item.clone(), Known::Value(literal.value(scene)));
    literals.iter().map(equals).fold(Sides::constant(false), Sides::or)
}

/// Whether a list has an item.
fn contains(list: Known<'_>, item: Known<'_>) -> Sides {
    match (list, item) {
        (Known::Unreadable, _) | (_, Known::Unreadable) => unreadable(),
        (_, Known::Value(Val::Wrong)) => Sides::error(),
        (Known::Value(list), Known::Value(item)) => list.contains(item).map_or_else(Sides::error, Sides::constant),
        (Known::Value(Val::Null), Known::Column(_)) => Sides::constant(false),
        (Known::Value(Val::Texts(texts)), Known::Column(column)) => is_among(&column, texts.iter()),
        (Known::Value(Val::Values(values)), Known::Column(column)) => {
            let text = |value: &'_ Given| if let Given::Text(text) = value { Some(text.clone()) } else { None };
            let texts: Option<Vec<String>> = values.iter().map(text).collect();
            texts.map_or_else(Sides::error, |texts| is_among(&column, texts.iter().map(String::as_str)))
        }
        (Known::Value(_), Known::Column(_)) => Sides::error(),
        (Known::Column(column), Known::Value(Val::Text(text))) => is_among(&column, [text]),
        (Known::Column(_), Known::Value(_)) => Sides::constant(false),
        (Known::Column(left), Known::Column(right)) => {
            let test = |op| Test::Pair { left: left.clone(), op, right: right.clone() };
            Sides::test(test(How::Equal), test(How::NotEqual))
        }
    }
}

impl Op {
    fn how(self) -> How {
        match self {
            Self::Equal => How::Equal,
            Self::NotEqual => How::NotEqual,
            Self::Less => How::Less,
            Self::LessOrEqual => How::LessOrEqual,
            Self::Greater => How::Greater,
            Self::GreaterOrEqual => How::GreaterOrEqual,
        }
    }
}
