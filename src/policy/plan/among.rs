//! Some of very many: those that are listed, or all but those that are listed.

use std::cmp::Ordering;
use std::sync::Arc;

/// A part of a universe that nobody lists whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Among<T> {
    /// These, sorted and distinct.
    In(Arc<[T]>),
    /// All but these, sorted and distinct.
    NotIn(Arc<[T]>),
}

impl<T: Ord + Clone> Among<T> {
    /// These alone.
    pub fn these(items: impl IntoIterator<Item = T>) -> Self {
        let mut items: Vec<T> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self::In(items.into())
    }

    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::In(Arc::from([]))
    }

    /// All.
    #[must_use]
    pub fn all() -> Self {
        Self::NotIn(Arc::from([]))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::In(items) if items.is_empty())
    }

    /// Whether these are all.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(self, Self::NotIn(items) if items.is_empty())
    }

    /// All others.
    #[must_use]
    pub fn not(&self) -> Self {
        match self {
            Self::In(items) => Self::NotIn(Arc::clone(items)),
            Self::NotIn(items) => Self::In(Arc::clone(items)),
        }
    }

    /// Those of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::In(a), Self::In(b)) => Self::In(merge(a, b, |mine, theirs| mine && theirs)),
            (Self::In(a), Self::NotIn(b)) | (Self::NotIn(b), Self::In(a)) => {
                Self::In(merge(a, b, |mine, theirs| mine && !theirs))
            }
            (Self::NotIn(a), Self::NotIn(b)) => Self::NotIn(merge(a, b, |mine, theirs| mine || theirs)),
        }
    }

    /// Those of either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.not().and(&other.not()).not()
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, item: &T) -> bool {
        match self {
            Self::In(items) => items.binary_search(item).is_ok(),
            Self::NotIn(items) => items.binary_search(item).is_err(),
        }
    }
}

/// The items of two sorted lists that `keep` says, by which of them have it.
fn merge<T: Ord + Clone>(a: &[T], b: &[T], keep: impl Fn(bool, bool) -> bool) -> Arc<[T]> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut kept = Vec::new();
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return kept.into(),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(mine), Some(theirs)) => mine.cmp(theirs),
        };
        let mine = if order.is_le() { a.next() } else { None };
        let theirs = if order.is_ge() { b.next() } else { None };
        if keep(mine.is_some(), theirs.is_some()) {
            kept.extend(mine.or(theirs).cloned());
        }
    }
}
