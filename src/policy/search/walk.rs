//! Going through candidates in order, from a place on, until a page is full.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::census::Rows;
use super::{Cursor, Found, Page};

/// A search under way. Its candidates come in parts, one after the other, each in the order of its rows.
pub(super) struct Walk<'a> {
    page: Page,
    found: Found<'a>,
    last: Option<Cursor>,
    full: bool,
}

impl<'a> Walk<'a> {
    /// A walk that has looked at so much already.
    pub(super) fn new(page: Page, visited: usize) -> Self {
        Self { page, found: Found { visited, ..Found::default() }, last: None, full: false }
    }

    /// Goes through a part's candidates, until one more is found than the page holds, or too many were gone
    /// through: then there is a next page.
    pub(super) fn part(&mut self, part: u32, streams: Vec<Rows<'_>>, mut decide: impl FnMut(u32) -> Option<&'a str>) {
        let Some(first) = self.first(part) else { return };
        let mut merged = Merged::new(streams, first);
        while !self.full {
            let Some(row) = merged.next() else { break };
            self.found.visited += 1;
            let at = Cursor(u64::from(part) << 32 | u64::from(row));
            if let Some(id) = decide(row) {
                self.add(id, at);
            }
            if !self.full && self.found.visited + merged.entries >= self.page.visits {
                self.found.next = Some(at);
                self.full = true;
            }
        }
        self.found.visited += merged.entries;
    }

    /// The results.
    pub(super) fn found(self) -> Found<'a> {
        self.found
    }

    fn add(&mut self, id: &'a str, at: Cursor) {
        if self.found.results.len() == self.page.limit.get() {
            self.found.next = self.last;
            self.full = true;
        } else {
            self.found.results.push(id);
            self.last = Some(at);
        }
    }

    /// The row of a part at which the page begins; `None` where it begins behind the part.
    fn first(&self, part: u32) -> Option<u32> {
        let Some(Cursor(after)) = self.page.after else { return Some(0) };
        let begin = after.saturating_add(1).max(u64::from(part) << 32);
        u32::try_from(begin - (u64::from(part) << 32)).ok()
    }
}

/// Several lists as one, in order and without repetition.
struct Merged<'r> {
    streams: Vec<Rows<'r>>,
    /// The next row of each list.
    heads: BinaryHeap<Reverse<(u32, usize)>>,
    last: Option<u32>,
    entries: usize,
}

impl<'r> Merged<'r> {
    fn new(streams: Vec<Rows<'r>>, first: u32) -> Self {
        let streams = streams.into_iter().map(|rows| rows.from(first)).collect();
        let mut merged = Self { streams, heads: BinaryHeap::new(), last: None, entries: 0 };
        (0..merged.streams.len()).for_each(|stream| merged.pull(stream));
        merged
    }

    fn pull(&mut self, stream: usize) {
        if let Some(row) = self.streams.get_mut(stream).and_then(Iterator::next) {
            self.entries += 1;
            self.heads.push(Reverse((row, stream)));
        }
    }
}

impl Iterator for Merged<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            let Reverse((row, stream)) = self.heads.pop()?;
            self.pull(stream);
            if self.last.replace(row) != Some(row) {
                return Some(row);
            }
        }
    }
}
