//! Ids kept end to end in one text, found by a small hash table, and what stands under each.
//!
//! Ids are compared byte for byte; nothing is trimmed or folded.

use hashbrown::HashTable;

use crate::policy::key::{key, spread};

/// A count of rows, bytes or values of a file: no file is longer than 4 GiB, so each fits.
pub(super) fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The items between two of [`small`]'s counts.
pub(super) fn between<T>(items: &[T], start: u32, end: u32) -> &[T] {
    items.get(start as usize..end as usize).unwrap_or_default()
}

/// Names, each once, numbered from 0 in the order that they came.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
    table: HashTable<u32>,
}

impl Names {
    /// The number of a name.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.table.find(spread(key(name)), |&at| self.get(at) == name).copied()
    }

    /// The text that holds all names, where each ends in it, and their numbers by [`key`].
    pub(super) fn into_parts(self) -> (String, Vec<u32>, HashTable<u32>) {
        (self.text, self.ends, self.table)
    }

    /// Numbers a new name; `None` where it has a number already.
    pub(super) fn add(&mut self, name: &str) -> Option<u32> {
        if self.find(name).is_some() {
            return None;
        }
        let Self { text, ends, table } = self;
        let at = small(ends.len());
        text.push_str(name);
        ends.push(small(text.len()));
        table.insert_unique(spread(key(name)), at, |&at| spread(key(slice(text, ends, at))));
        Some(at)
    }

    fn get(&self, at: u32) -> &str {
        slice(&self.text, &self.ends, at)
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], at: u32) -> &'a str {
    let at = at as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |&end| end as usize);
    ends.get(at).and_then(|&end| text.get(start..end as usize)).unwrap_or_default()
}

/// What the rows of a file came to.
#[derive(Debug)]
pub(super) enum Entry<T> {
    /// In use.
    Live(T),
    /// The row says that it is deleted.
    Deleted,
    /// The row was skipped, with a finding.
    Skipped,
}

/// Rows by their `sourcedId`.
#[derive(Debug)]
pub(super) struct Book<T> {
    /// The file that the rows come from.
    pub(super) file: &'static str,
    names: Names,
    entries: Vec<Entry<T>>,
}

impl<T> Book<T> {
    /// An empty book of a file.
    pub(super) fn new(file: &'static str) -> Self {
        Self { file, names: Names::default(), entries: Vec::new() }
    }

    /// Adds a row, unless it has no id. Where there are two of an id the first stays; the set is refused anyway.
    pub(super) fn add(&mut self, name: &str, entry: Entry<T>) {
        if !name.is_empty() && self.names.add(name).is_some() {
            self.entries.push(entry);
        }
    }

    /// How many rows there are, used or not.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The ids alone.
    pub(super) fn into_names(self) -> Names {
        self.names
    }

    /// A row and its number.
    pub(super) fn find(&self, name: &str) -> Option<(u32, &Entry<T>)> {
        let at = self.names.find(name)?;
        Some((at, self.entries.get(at as usize)?))
    }

    /// A row that is in use.
    pub(super) fn live(&self, name: &str) -> Option<&T> {
        match self.find(name) {
            Some((_, Entry::Live(item))) => Some(item),
            Some((_, Entry::Deleted | Entry::Skipped)) | None => None,
        }
    }

    /// The row with a number, where it is in use.
    pub(super) fn at(&self, at: u32) -> Option<&T> {
        match self.entries.get(at as usize) {
            Some(Entry::Live(item)) => Some(item),
            Some(Entry::Deleted | Entry::Skipped) | None => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn at_mut(&mut self, at: u32) -> Option<&mut T> {
        match self.entries.get_mut(at as usize) {
            Some(Entry::Live(item)) => Some(item),
            Some(Entry::Deleted | Entry::Skipped) | None => None,
        }
    }

    /// All rows with their ids.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &Entry<T>)> {
        self.entries.iter().enumerate().map(|(at, entry)| (self.names.get(small(at)), entry))
    }

    /// The rows that are in use.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..small(self.entries.len())).filter_map(|at| self.at(at))
    }
}
