//! Whether a condition says anything: one that is met whatever the request, or never, does not.
//!
//! A condition looks at its properties only by comparing them with one another and with the values written in it. So a few
//! values of each property stand for all: nothing, each that is written, and enough between and beyond them for every
//! property to differ from every other. Each combination is tried. What is in a list is taken as independent of all else,
//! so that a condition is never called constant that is not.

use std::cmp::Ordering;

use super::super::document::ValueType;
use super::value::Source;
use super::{Attribute, Condition, Expr, List, Op, Term};

/// The most values that are looked at, over all combinations; a condition with more is not judged.
const MOST: usize = 200_000;

/// Something that a condition looks at, and the values that stand for all it can be.
struct Variable<'a> {
    what: What<'a>,
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy, PartialEq)]
enum What<'a> {
    Attribute(&'a Attribute),
    Today,
    /// Whether an item is in a list.
    Listed(&'a Term, &'a Attribute),
}

/// The values written in a condition, sorted by type and size: a value's rank among those of its type stands for it.
#[derive(Default)]
struct Written<'a> {
    terms: Vec<&'a Term>,
    whats: Vec<What<'a>>,
}

impl Condition {
    /// Whether it is always met (`true`) or never (`false`), as long as every property has the type that is declared.
    pub(crate) fn constant(&self) -> Option<bool> {
        let mut written = Written::default();
        written.read(&self.expr);
        let values = written.terms.len() + written.whats.len();
        written.terms.sort_unstable_by(|one, other| order(one, other));
        written.terms.dedup();
        let variables: Vec<Variable<'_>> = written.whats.iter().map(|what| written.variable(*what)).collect();
        let combinations = variables.iter().try_fold(1_usize, |all, one| all.checked_mul(one.values.len()))?;
        if combinations.checked_mul(values)? > MOST {
            return None;
        }
        let holds = |number| Scene { written: &written, variables: &variables, number }.expr(&self.expr);
        let first = holds(0);
        (1..combinations).all(|number| holds(number) == first).then_some(first)
    }
}

impl<'a> Written<'a> {
    fn read(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Constant(_) => {}
            Expr::Truth(attribute) => self.look(What::Attribute(attribute)),
            Expr::Compare { left, right, .. } => {
                self.term(left);
                self.term(right);
            }
            Expr::In { item, list } => {
                self.term(item);
                match list {
                    List::Literals(terms) => terms.iter().for_each(|term| self.term(term)),
                    List::Attribute(attribute) => {
                        self.look(What::Attribute(attribute));
                        self.look(What::Listed(item, attribute));
                    }
                }
            }
            Expr::Not(inner) => self.read(inner),
            Expr::And(left, right) | Expr::Or(left, right) => {
                self.read(left);
                self.read(right);
            }
        }
    }

    fn term(&mut self, term: &'a Term) {
        match term {
            Term::Attribute(attribute) => self.look(What::Attribute(attribute)),
            Term::Today => self.look(What::Today),
            Term::Null | Term::Bool(_) => {}
            Term::Number(_) | Term::Text(_) | Term::Date(_) => self.terms.push(term),
        }
    }

    fn look(&mut self, what: What<'a>) {
        if !self.whats.contains(&what) {
            self.whats.push(what);
        }
    }

    /// How many values of its type are smaller, counted in odd numbers, so that there is room between them.
    fn rank(&self, term: &Term) -> f64 {
        let before = |is_before: &dyn Fn(&Term) -> bool| self.terms.partition_point(|other| is_before(other));
        let smaller = before(&|other| order(other, term).is_lt()) - before(&|other| class(other) < class(term));
        2.0 * count(smaller) + 1.0
    }

    fn variable(&self, what: What<'a>) -> Variable<'a> {
        let values = match what {
            What::Listed(..) => vec![Some(0.0), Some(1.0)],
            What::Today => self.points(ValueType::Date),
            What::Attribute(attribute) => {
                let null = (!matches!(attribute.source, Source::SubjectId | Source::ResourceId)).then_some(None);
                let points = match attribute.kind {
                    ValueType::YesNo => vec![Some(0.0), Some(1.0)],
                    ValueType::Texts => vec![Some(0.0)],
                    kind @ (ValueType::Text | ValueType::Number | ValueType::Date) => self.points(kind),
                };
                null.into_iter().chain(points).collect()
            }
        };
        Variable { what, values }
    }

    /// Each written value of a type, and between and beyond them as many as there are things of that type.
    fn points(&self, kind: ValueType) -> Vec<Option<f64>> {
        let things = self.whats.iter().filter(|what| what.kind() == Some(kind)).count();
        let mut ranks: Vec<f64> =
            self.terms.iter().filter(|term| term.kind() == Some(kind)).map(|term| self.rank(term)).collect();
        ranks.sort_unstable_by(f64::total_cmp);
        ranks.dedup();
        // Ranks are odd: before the first, between each two and beyond the last there is room of two.
        let room = 2.0 / count(things + 1);
        let gaps: Vec<f64> = (0..=ranks.len()).map(|gap| 2.0 * count(gap) - 1.0).collect();
        let between = gaps.iter().flat_map(|gap| (1..=things).map(move |point| gap + room * count(point)));
        ranks.into_iter().chain(between).map(Some).collect()
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// Values of one type by size, and all of one type together.
fn order(one: &Term, other: &Term) -> Ordering {
    match (one, other) {
        (Term::Number(one), Term::Number(other)) => one.partial_cmp(other).unwrap_or(Ordering::Equal),
        (Term::Text(one), Term::Text(other)) => one.cmp(other),
        (Term::Date(one), Term::Date(other)) => one.cmp(other),
        _ => class(one).cmp(&class(other)),
    }
}

/// Which type a written value has, as a number.
fn class(term: &Term) -> u8 {
    match term {
        Term::Number(_) => 0,
        Term::Text(_) => 1,
        Term::Date(_) => 2,
        Term::Null | Term::Bool(_) | Term::Attribute(_) | Term::Today => 3,
    }
}

impl What<'_> {
    fn kind(&self) -> Option<ValueType> {
        match self {
            Self::Attribute(attribute) => Some(attribute.kind),
            Self::Today => Some(ValueType::Date),
            Self::Listed(..) => None,
        }
    }
}

/// One combination of values.
struct Scene<'a> {
    written: &'a Written<'a>,
    variables: &'a [Variable<'a>],
    number: usize,
}

impl Scene<'_> {
    /// What something is in this combination.
    fn value(&self, what: &What<'_>) -> Option<f64> {
        let mut number = self.number;
        for variable in self.variables {
            let values = variable.values.len();
            if variable.what == *what {
                return variable.values.get(number % values).copied().flatten();
            }
            number /= values;
        }
        None
    }

    fn term(&self, term: &Term) -> Option<f64> {
        match term {
            Term::Null => None,
            Term::Bool(value) => Some(f64::from(u8::from(*value))),
            Term::Number(_) | Term::Text(_) | Term::Date(_) => Some(self.written.rank(term)),
            Term::Today => self.value(&What::Today),
            Term::Attribute(attribute) => self.value(&What::Attribute(attribute)),
        }
    }

    fn expr(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Constant(value) => *value,
            Expr::Truth(attribute) => self.value(&What::Attribute(attribute)) == Some(1.0),
            Expr::Compare { op, left, right } => self.compare(*op, left, right),
            Expr::In { item, list: List::Literals(terms) } => {
                let item = self.term(item);
                terms.iter().any(|term| self.term(term) == item)
            }
            Expr::In { item, list: List::Attribute(attribute) } => {
                self.term(item).is_some()
                    && self.value(&What::Attribute(attribute)).is_some()
                    && self.value(&What::Listed(item, attribute)) == Some(1.0)
            }
            Expr::Not(inner) => !self.expr(inner),
            Expr::And(left, right) => self.expr(left) && self.expr(right),
            Expr::Or(left, right) => self.expr(left) || self.expr(right),
        }
    }

    fn compare(&self, op: Op, left: &Term, right: &Term) -> bool {
        let (left, right) = (self.term(left), self.term(right));
        let order = left.zip(right).and_then(|(left, right)| left.partial_cmp(&right));
        match op {
            Op::Equal => left == right,
            Op::NotEqual => left != right,
            Op::Less => order.is_some_and(Ordering::is_lt),
            Op::LessOrEqual => order.is_some_and(Ordering::is_le),
            Op::Greater => order.is_some_and(Ordering::is_gt),
            Op::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}
