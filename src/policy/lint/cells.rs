//! Sets of cells, a bit each.

use super::super::model::{Model, Record};

/// A set of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells(Vec<u64>);

impl Cells {
    /// These cells.
    pub(super) fn of<'c>(cells: impl IntoIterator<Item = &'c usize>) -> Self {
        let mut made = Self::default();
        made.extend(cells);
        made
    }

    /// Takes these in too.
    pub(super) fn extend<'c>(&mut self, cells: impl IntoIterator<Item = &'c usize>) {
        cells.into_iter().for_each(|cell| self.insert(*cell));
    }

    /// The cells about records of students.
    pub(super) fn of_students(model: &Model) -> Self {
        let mut made = Self::default();
        for kind in &model.catalogue.types {
            for (at, _) in kind.actions.iter().enumerate().filter(|(_, (_, record))| *record == Record::Student) {
                made.insert(kind.first_cell + at);
            }
        }
        made
    }

    fn insert(&mut self, cell: usize) {
        let word = cell / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0.get_mut(word).into_iter().for_each(|bits| *bits |= 1 << (cell % 64));
    }

    pub(super) fn contains(&self, cell: usize) -> bool {
        self.0.get(cell / 64).is_some_and(|bits| bits >> (cell % 64) & 1 == 1)
    }

    pub(super) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours |= theirs;
        }
    }

    /// The cells of both.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(ours, theirs)| ours & theirs).collect())
    }

    /// Whether there is a cell in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(ours, theirs)| ours & theirs != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    pub(super) fn is_within(&self, other: &Self) -> bool {
        let theirs = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(theirs).all(|(ours, theirs)| ours & !theirs == 0)
    }
}
