//! Conditions: CEL's grammar, checked against the declared types when a policy is loaded, kept in a form of our own.
//!
//! An absent property is null: `==` and `!=` with it are ordinary comparisons, ordering it is not met. A property of
//! another type than declared is an error, and an error never allows. Reading a condition stands in [`parse`].

mod constant;
mod looked;
mod parse;
mod plan;
mod told;
mod value;
mod words;

use super::day::Day;
use super::request::Request;
pub(crate) use looked::Looked;
pub(crate) use parse::{Declared, built_in_type, parse};
pub(crate) use plan::Sides;
pub(crate) use value::Source;
use value::Val;

/// A condition, ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// The text that the author wrote.
    pub(crate) text: String,
    expr: Expr,
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The request, its resource completed by the stored properties of the record.
    pub(crate) request: &'a Request<'a>,
    /// Stored properties of the subject, which the request's own override.
    pub(crate) subject: &'a [(String, super::request::Value)],
    /// Stored free properties of the record, which the request's own override.
    pub(crate) record: &'a [(String, super::request::Value)],
    /// The day.
    pub(crate) today: Day,
}

/// What came of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is met.
    Met,
    /// It is not met.
    NotMet,
    /// It is not met, and a property that it tests is absent: with it, it could have been.
    Lacking,
    /// A property has another type than declared.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
enum Expr {
    Constant(bool),
    Truth(Attribute),
    Compare { op: Op, left: Term, right: Term },
    In { item: Term, list: List },
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Date(Day),
    Today,
    Attribute(Attribute),
}

#[derive(Clone, Debug, PartialEq)]
enum List {
    Literals(Vec<Term>),
    Attribute(Attribute),
}

/// A property of a part of the request, with its declared type.
#[derive(Clone, Debug, PartialEq)]
struct Attribute {
    source: value::Source,
    kind: super::document::ValueType,
}

/// A truth value in the making: whether it holds, and whether an absent property or an error had a part in it.
#[derive(Clone, Copy)]
struct Truth {
    holds: bool,
    lacking: bool,
    error: bool,
}

impl Truth {
    fn plain(holds: bool) -> Self {
        Self { holds, lacking: false, error: false }
    }

    /// Joins two sides. One that settles the matter by itself leaves the other's error without weight, and its gap where
    /// it has none of its own.
    fn join(self, other: Self, settles: bool) -> Self {
        let settled = |side: &Self| side.holds == settles && !side.error;
        match (settled(&self), settled(&other)) {
            (true, true) => Self { holds: settles, lacking: self.lacking && other.lacking, error: false },
            (true, false) => self,
            (false, true) => other,
            (false, false) => {
                Self { holds: !settles, lacking: self.lacking || other.lacking, error: self.error || other.error }
            }
        }
    }
}

impl Condition {
    /// Evaluates the condition.
    pub(crate) fn eval(&self, scene: &Scene<'_>) -> Outcome {
        match self.expr.eval(scene) {
            Truth { error: true, .. } => Outcome::Error,
            Truth { holds: true, .. } => Outcome::Met,
            Truth { lacking: true, .. } => Outcome::Lacking,
            Truth { .. } => Outcome::NotMet,
        }
    }
}

impl Expr {
    fn eval(&self, scene: &Scene<'_>) -> Truth {
        match self {
            Self::Constant(value) => Truth::plain(*value),
            Self::Truth(attribute) => match attribute.value(scene) {
                Val::Bool(value) => Truth::plain(value),
                Val::Null => Truth { holds: false, lacking: true, error: false },
                Val::Number(_) | Val::Text(_) | Val::Date(_) | Val::Texts(_) | Val::Values(_) | Val::Wrong => wrong(),
            },
            Self::Compare { op, left, right } => compare(*op, left, right, scene),
            Self::In { item, list } => contains(list, item, scene),
            Self::Not(inner) => {
                let inner = inner.eval(scene);
                Truth { holds: !inner.holds, ..inner }
            }
            Self::And(left, right) => left.eval(scene).join(right.eval(scene), false),
            Self::Or(left, right) => left.eval(scene).join(right.eval(scene), true),
        }
    }
}

fn wrong() -> Truth {
    Truth { holds: false, lacking: false, error: true }
}

fn compare(op: Op, left: &Term, right: &Term, scene: &Scene<'_>) -> Truth {
    let (a, b) = (left.value(scene), right.value(scene));
    let Some(holds) = compare_values(op, a, b) else { return wrong() };
    let about_null = matches!(left, Term::Null) || matches!(right, Term::Null);
    let lacking = !about_null && (matches!(a, Val::Null) || matches!(b, Val::Null));
    Truth { holds, lacking, error: false }
}

/// How two values compare; `None` where one is not of its declared type.
fn compare_values(op: Op, a: Val<'_>, b: Val<'_>) -> Option<bool> {
    if matches!(a, Val::Wrong) || matches!(b, Val::Wrong) {
        return None;
    }
    let order = a.order(b);
    Some(match op {
        Op::Equal => a.equals(b),
        Op::NotEqual => !a.equals(b),
        Op::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Op::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Op::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Op::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    })
}

fn contains(list: &List, item: &Term, scene: &Scene<'_>) -> Truth {
    let wanted = item.value(scene);
    let listed = match list {
        List::Literals(items) => Some(items.iter().any(|item| item.value(scene).equals(wanted))),
        List::Attribute(attribute) => attribute.value(scene).contains(wanted),
    };
    match (wanted, listed) {
        (Val::Wrong, _) | (_, None) => wrong(),
        (_, Some(holds)) => {
            Truth { holds, lacking: matches!(wanted, Val::Null) || list.is_absent(scene), error: false }
        }
    }
}

impl List {
    fn is_absent(&self, scene: &Scene<'_>) -> bool {
        matches!(self, Self::Attribute(attribute) if matches!(attribute.value(scene), Val::Null))
    }
}

impl Term {
    fn value<'a>(&'a self, scene: &Scene<'a>) -> Val<'a> {
        match self {
            Self::Null => Val::Null,
            Self::Bool(value) => Val::Bool(*value),
            Self::Number(value) => Val::Number(*value),
            Self::Text(value) => Val::Text(value),
            Self::Date(day) => Val::Date(*day),
            Self::Today => Val::Date(scene.today),
            Self::Attribute(attribute) => attribute.value(scene),
        }
    }
}
