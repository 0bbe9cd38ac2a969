//! Ids, short ones beside each other so that one is compared without a further look-up, and what stands under each.
//!
//! Ids are compared byte for byte; nothing is trimmed or folded.

use crate::policy::key::{Index, key};

/// A count of rows, bytes or values of a file: no file is longer than 4 GiB, so each fits.
pub(super) fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The items between two of [`small`]'s counts.
pub(super) fn between<T>(items: &[T], start: u32, end: u32) -> &[T] {
    items.get(start as usize..end as usize).unwrap_or_default()
}

/// Adds to a list that may become very long. It grows in few and large steps: what a step leaves behind is given back
/// late, while room that is not yet used takes no memory.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() * 3).max(1 << 12));
    }
    list.push(item);
}

/// Bytes of an id that is kept in place.
const SHORT: usize = 10;

/// An id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Id {
    /// In place.
    Short { length: u8, bytes: [u8; SHORT] },
    /// In the text that holds all longer ones.
    Long { start: u32, end: u32 },
}

impl Id {
    /// The id of nobody.
    pub(super) const NONE: Self = Self::Short { length: 0, bytes: [0; SHORT] };

    /// Keeps an id, in `text` where it is long.
    fn new(id: &str, text: &mut String) -> Self {
        let mut bytes = [0; SHORT];
        if let (Some(place), Ok(length)) = (bytes.get_mut(..id.len()), u8::try_from(id.len())) {
            place.copy_from_slice(id.as_bytes());
            return Self::Short { length, bytes };
        }
        let start = small(text.len());
        text.push_str(id);
        Self::Long { start, end: small(text.len()) }
    }

    /// The bytes of the id.
    fn bytes<'a>(&'a self, text: &'a str) -> &'a [u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long { start, end } => between(text.as_bytes(), *start, *end),
        }
    }

    /// The id; it was kept from one, so its bytes are text.
    pub(super) fn as_str<'a>(&'a self, text: &'a str) -> &'a str {
        std::str::from_utf8(self.bytes(text)).unwrap_or_default()
    }

    /// Whether it is this id.
    pub(super) fn is(&self, id: &str, text: &str) -> bool {
        self.bytes(text) == id.as_bytes()
    }
}

/// Names, each once, numbered from 0 in the order that they came.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The long ones, end to end.
    pub(super) text: String,
    pub(super) ids: Vec<Id>,
    pub(super) index: Index,
}

impl Names {
    /// The number of a name.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.index.find(key(name), |at| self.ids.get(at as usize).is_some_and(|id| id.is(name, &self.text)))
    }

    /// Numbers a new name; `None` where it has a number already.
    pub(super) fn add(&mut self, name: &str) -> Option<u32> {
        if self.find(name).is_some() {
            return None;
        }
        let at = small(self.ids.len());
        self.ids.push(Id::new(name, &mut self.text));
        self.index.insert(key(name), at);
        Some(at)
    }

    /// The name with a number.
    pub(super) fn get(&self, at: u32) -> &str {
        let id = self.ids.get(at as usize).map(|id| id.bytes(&self.text));
        id.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
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

    /// The number of a row that is in use.
    pub(super) fn live_row(&self, name: &str) -> Option<u32> {
        let (at, entry) = self.find(name)?;
        matches!(entry, Entry::Live(_)).then_some(at)
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
