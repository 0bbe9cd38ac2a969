//! Lists of row numbers: ascending, without repetition, and small. A few long ones are kept as they are, so that a page
//! begins anywhere; very many short ones as the differences between neighbours.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The rows of one list, in ascending order.
#[derive(Clone, Debug)]
pub struct Rows<'a>(Kept<'a>);

#[derive(Clone, Debug)]
enum Kept<'a> {
    Range(Range<u32>),
    Plain(&'a [u32]),
    /// Differences; the row before them, plus one.
    Packed(&'a [u8], u32),
    Part(Part<'a>),
}

/// What is at hand of a list.
#[derive(Clone, Debug)]
struct Part<'a> {
    /// Those that are yet to come.
    rows: &'a [u32],
    /// From here on they are all that there are.
    begin: u32,
    /// Where one would have to be to come next.
    at: u32,
    /// Behind them there are none.
    whole: bool,
    wanted: &'a Wanted,
}

impl Part<'_> {
    fn next(&mut self) -> Option<u32> {
        let first = if self.at < self.begin { None } else { self.rows.split_first() };
        let Some((first, rest)) = first else {
            if !self.whole || self.at < self.begin {
                self.wanted.note(self.at);
            }
            return None;
        };
        (self.rows, self.at) = (rest, first.saturating_add(1));
        Some(*first)
    }
}

/// From where on the rows of a list are wanted that are not at hand.
#[derive(Debug, Default)]
pub struct Wanted(AtomicU64);

impl Wanted {
    /// The lowest row from which on they were wanted since this was asked last.
    pub fn take(&self) -> Option<u32> {
        self.0.swap(0, Ordering::Relaxed).checked_sub(1).and_then(|row| u32::try_from(row).ok())
    }

    fn note(&self, row: u32) {
        let noted = u64::from(row) + 1;
        let lower = |known| (known == 0 || noted < known).then_some(noted);
        _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower);
    }
}

impl<'a> Rows<'a> {
    /// No rows.
    pub const NONE: Self = Self(Kept::Plain(&[]));

    /// All rows below a number.
    #[must_use]
    pub fn below(end: u32) -> Self {
        Self(Kept::Range(0..end))
    }

    /// One row.
    #[must_use]
    pub fn one(row: u32) -> Self {
        Self(Kept::Range(row..row.saturating_add(1)))
    }

    /// Rows that are ascending, without repetition.
    #[must_use]
    pub fn plain(rows: &'a [u32]) -> Self {
        Self(Kept::Plain(rows))
    }

    /// A part of a list: all its rows from `begin` on up to the last of these, behind which there are none if it is `whole`.
    /// Whoever gets to an end of it wants more, and comes to nothing that counts without.
    #[must_use]
    pub fn part(rows: &'a [u32], begin: u32, whole: bool, wanted: &'a Wanted) -> Self {
        Self(Kept::Part(Part { rows, begin, at: 0, whole, wanted }))
    }

    /// The rows from a number on.
    #[must_use]
    pub fn from(self, first: u32) -> Self {
        Self(match self.0 {
            Kept::Range(range) => Kept::Range(range.start.max(first)..range.end),
            Kept::Plain(rows) => {
                let before = rows.partition_point(|row| *row < first);
                Kept::Plain(rows.get(before..).unwrap_or_default())
            }
            Kept::Part(part) => {
                let before = part.rows.partition_point(|row| *row < first);
                let passed =
                    before.checked_sub(1).and_then(|at| part.rows.get(at)).map_or(0, |row| row.saturating_add(1));
                let at = part.at.max(first).max(passed);
                Kept::Part(Part { rows: part.rows.get(before..).unwrap_or_default(), at, ..part })
            }
            Kept::Packed(..) => {
                let mut rows = self;
                let mut kept = rows.clone();
                while rows.next().is_some_and(|row| row < first) {
                    kept = rows.clone();
                }
                kept.0
            }
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clone().next().is_none()
    }
}

impl Iterator for Rows<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match &mut self.0 {
            Kept::Range(range) => range.next(),
            Kept::Plain(rows) => {
                let (first, rest) = rows.split_first()?;
                *rows = rest;
                Some(*first)
            }
            Kept::Part(part) => part.next(),
            Kept::Packed(bytes, after) => {
                let row = *after + unpack(bytes)?;
                *after = row + 1;
                Some(row)
            }
        }
    }
}

/// Lists by a key of any kind.
#[derive(Debug)]
pub struct Grouped<K> {
    /// Keys in order, each with where its list ends.
    keys: Vec<(K, u32)>,
    rows: Vec<u32>,
}

impl<K> Default for Grouped<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), rows: Vec::new() }
    }
}

impl<K: Copy + Ord> Grouped<K> {
    /// Sorts rows under their keys.
    #[must_use]
    pub fn new(mut entries: Vec<(K, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let mut made = Self { keys: Vec::new(), rows: Vec::with_capacity(entries.len()) };
        for (key, row) in entries {
            made.rows.push(row);
            let end = narrow(made.rows.len());
            match made.keys.last_mut() {
                Some((last, its)) if *last == key => *its = end,
                Some(_) | None => made.keys.push((key, end)),
            }
        }
        made.keys.shrink_to_fit();
        made
    }

    /// The rows under a key.
    #[must_use]
    pub fn get(&self, key: K) -> Rows<'_> {
        let Ok(at) = self.keys.binary_search_by(|(known, _)| known.cmp(&key)) else { return Rows::NONE };
        let end_of = |at: usize| self.keys.get(at).map_or(0, |(_, end)| *end as usize);
        let start = at.checked_sub(1).map_or(0, end_of);
        Rows::plain(self.rows.get(start..end_of(at)).unwrap_or_default())
    }

    /// The keys from one on, in order.
    pub fn keys_from(&self, first: K) -> impl Iterator<Item = K> {
        let before = self.keys.partition_point(|(key, _)| *key < first);
        self.keys.iter().skip(before).map(|(key, _)| *key)
    }
}

/// Lists by a number from 0.
#[derive(Debug, Default)]
pub struct Packed {
    /// Where each list ends.
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Packed {
    /// Sorts rows under `lists` numbers. `entries` are gone through twice, and come in the order of their rows; one that
    /// is there already counts once.
    #[must_use]
    pub fn new<I: Iterator<Item = (u32, u32)>>(lists: usize, entries: impl Fn() -> I) -> Self {
        let mut ends = vec![0_u32; lists];
        each(lists, entries(), |list, _, length| {
            ends.get_mut(list).into_iter().for_each(|end| *end += length);
        });
        let mut total = 0;
        for end in &mut ends {
            // Where it begins, for now.
            (*end, total) = (total, total + *end);
        }
        let mut bytes = vec![0; total as usize];
        each(lists, entries(), |list, difference, length| {
            if let Some(end) = ends.get_mut(list) {
                let place = bytes.get_mut(*end as usize..(*end + length) as usize).unwrap_or_default();
                place.iter_mut().zip(pack(difference)).for_each(|(byte, packed)| *byte = packed);
                *end += length;
            }
        });
        Self { ends, bytes }
    }

    /// The rows under a number.
    #[must_use]
    pub fn get(&self, list: u32) -> Rows<'_> {
        let end_of = |at: usize| self.ends.get(at).copied().unwrap_or_default() as usize;
        let start = (list as usize).checked_sub(1).map_or(0, end_of);
        Rows(Kept::Packed(self.bytes.get(start..end_of(list as usize)).unwrap_or_default(), 0))
    }
}

/// Calls with each entry's list, its difference to the row before it, and how many bytes that takes.
fn each(lists: usize, entries: impl Iterator<Item = (u32, u32)>, mut call: impl FnMut(usize, u32, u32)) {
    let mut after = vec![0_u32; lists];
    for (list, row) in entries {
        let list = list as usize;
        if let Some(after) = after.get_mut(list)
            && let Some(difference) = row.checked_sub(*after)
        {
            *after = row + 1;
            call(list, difference, narrow(pack(difference).count()));
        }
    }
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn pack(number: u32) -> impl Iterator<Item = u8> {
    let bytes = (u32::BITS - (number | 1).leading_zeros()).div_ceil(7);
    (0..bytes).map(move |at| {
        let [low, ..] = (number >> (7 * at)).to_le_bytes();
        if at + 1 < bytes { low | 0x80 } else { low & 0x7F }
    })
}

fn unpack(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Counts of rows and bytes: no directory has four thousand million.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
