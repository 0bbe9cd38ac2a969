//! A long list as far as it was read: a piece of it that grows at its end.

use super::super::reading::{self, List};
use crate::policy::census::{Rows, Wanted};

/// Rows of a list that are read at first; then twice as many each time.
pub(super) const FIRST_PART: usize = 512;

/// What is here of a long list.
#[derive(Debug)]
pub(super) struct Part {
    rows: Vec<u32>,
    begin: u32,
    whole: bool,
    wanted: Wanted,
}

impl Part {
    pub(super) fn beginning(begin: u32) -> Self {
        Self { rows: Vec::new(), begin, whole: false, wanted: Wanted::default() }
    }

    /// What is here of it, for whoever wants more.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows::part(&self.rows, self.begin, self.whole, &self.wanted)
    }

    /// How many rows are here.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The part that has to be read so that a row that was wanted is in it, or comes nearer.
    pub(super) fn next(&self, list: &List) -> Option<reading::Part> {
        let from = self.wanted.take()?;
        let most = FIRST_PART.max(self.rows.len());
        let list = list.clone();
        if from < self.begin {
            return Some(reading::Part { list, from, most });
        }
        let from = self.rows.last().map_or(self.begin, |last| last.saturating_add(1));
        (!self.whole).then_some(reading::Part { list, from, most })
    }

    pub(super) fn add(&mut self, from: u32, most: usize, rows: Vec<u32>) {
        if from < self.begin {
            (self.begin, self.rows) = (from, Vec::new());
        }
        self.whole = rows.len() < most;
        self.rows.extend(rows);
    }
}
