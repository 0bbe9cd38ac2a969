//! What conditions look at: properties, and the values that they compare them with. Two conditions can only come out
//! differently for values that stand somewhere in the order of these.

use super::super::day::Day;
use super::super::document::ValueType;
use super::value::Source;
use super::{Attribute, Condition, Expr, List, Term};

/// What some conditions look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    /// Properties, each with its declared type.
    pub(crate) properties: Vec<(Source, ValueType)>,
    pub(crate) texts: Vec<String>,
    pub(crate) numbers: Vec<f64>,
    pub(crate) days: Vec<Day>,
}

impl Condition {
    /// Whether the two are one, however they are written.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.expr == other.expr
    }

    /// What it always comes to, where it looks at nothing.
    pub(crate) fn literal(&self) -> Option<bool> {
        if let Expr::Constant(value) = self.expr { Some(value) } else { None }
    }

    /// Adds what it looks at.
    pub(crate) fn look(&self, looked: &mut Looked) {
        self.expr.look(looked);
    }
}

impl Expr {
    fn look(&self, looked: &mut Looked) {
        match self {
            Self::Constant(_) => {}
            Self::Truth(attribute) => looked.property(attribute),
            Self::Compare { left, right, .. } => [left, right].into_iter().for_each(|term| looked.term(term)),
            Self::In { item, list } => {
                looked.term(item);
                match list {
                    List::Literals(items) => items.iter().for_each(|term| looked.term(term)),
                    List::Attribute(attribute) => looked.property(attribute),
                }
            }
            Self::Not(inner) => inner.look(looked),
            Self::And(left, right) | Self::Or(left, right) => {
                left.look(looked);
                right.look(looked);
            }
        }
    }
}

impl Looked {
    fn property(&mut self, attribute: &Attribute) {
        let seen = (attribute.source.clone(), attribute.kind);
        if !self.properties.contains(&seen) {
            self.properties.push(seen);
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Null | Term::Bool(_) | Term::Today => {}
            Term::Number(number) => self.numbers.push(*number),
            Term::Text(text) => self.texts.push(text.clone()),
            Term::Date(day) => self.days.push(*day),
            Term::Attribute(attribute) => self.property(attribute),
        }
    }

    /// Whether a property is among what is looked at.
    pub(crate) fn has(&self, source: &Source) -> bool {
        self.properties.iter().any(|(known, _)| known == source)
    }

    /// The values, each once and in their order.
    pub(crate) fn sort(&mut self) {
        self.texts.sort_unstable();
        self.texts.dedup();
        self.numbers.sort_by(f64::total_cmp);
        self.numbers.dedup();
        self.days.sort_unstable();
        self.days.dedup();
    }
}
