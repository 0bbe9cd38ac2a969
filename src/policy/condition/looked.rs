//! What conditions look at: properties, and the values that they compare them with. Two conditions can only come out
//! differently for values that stand somewhere in the order of these.

use super::super::day::Day;
use super::super::document::ValueType;
use super::value::Source;
use super::{Attribute, Condition, Expr, List, Op, Term};

/// What some conditions look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    /// Properties, each with its declared type.
    pub(crate) properties: Vec<(Source, ValueType)>,
    /// Properties that are compared with one another.
    pub(crate) compared: Vec<(Source, Source)>,
    /// Texts, each with the property that it is compared with.
    pub(crate) texts: Vec<(Source, String)>,
    /// Whether any texts are compared by their order.
    pub(crate) ordered: bool,
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
            Self::Compare { op, left, right } => {
                looked.ordered |= !matches!(op, Op::Equal | Op::NotEqual) && (left.is_text() || right.is_text());
                looked.pair(left, right);
            }
            Self::In { item, list: List::Literals(items) } => items.iter().for_each(|term| looked.pair(item, term)),
            Self::In { item, list: List::Attribute(attribute) } => {
                looked.pair(item, &Term::Attribute(attribute.clone()));
            }
            Self::Not(inner) => inner.look(looked),
            Self::And(left, right) | Self::Or(left, right) => {
                left.look(looked);
                right.look(looked);
            }
        }
    }
}

impl Term {
    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_)) || matches!(self, Self::Attribute(attribute) if attribute.kind == ValueType::Text)
    }
}

impl Looked {
    fn property(&mut self, attribute: &Attribute) {
        let seen = (attribute.source.clone(), attribute.kind);
        if !self.properties.contains(&seen) {
            self.properties.push(seen);
        }
    }

    fn pair(&mut self, left: &Term, right: &Term) {
        match (left, right) {
            (Term::Attribute(one), Term::Attribute(other)) => {
                self.compared.push((one.source.clone(), other.source.clone()));
            }
            (Term::Attribute(of), Term::Text(text)) | (Term::Text(text), Term::Attribute(of)) => {
                self.texts.push((of.source.clone(), text.clone()));
            }
            _ => {}
        }
        [left, right].into_iter().for_each(|term| self.term(term));
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Null | Term::Bool(_) | Term::Text(_) | Term::Today => {}
            Term::Number(number) => self.numbers.push(*number),
            Term::Date(day) => self.days.push(*day),
            Term::Attribute(attribute) => self.property(attribute),
        }
    }

    /// A property, and those that it is compared with, by way of others too.
    pub(crate) fn group<'l>(&'l self, source: &'l Source) -> Vec<&'l Source> {
        let mut group = vec![source];
        let mut at = 0;
        while let Some(known) = group.get(at).copied() {
            let both = self.compared.iter().flat_map(|(one, other)| [(one, other), (other, one)]);
            let mut others: Vec<&Source> = both.filter(|(one, _)| *one == known).map(|(_, other)| other).collect();
            others.retain(|other| !group.contains(other));
            group.extend(others);
            at += 1;
        }
        group
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
