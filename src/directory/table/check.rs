//! What a file as a whole must hold to: that it can be read, is CSV to its end, and has no id twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;

use csv::ErrorKind;
use foldhash::fast::FixedState;

use super::{LISTED, Table};
use crate::directory::files::whole;
use crate::directory::names::push;
use crate::directory::window::walk;
use crate::policy::source::{Finding, Place, Severity};

/// Fixed, so that a second reading finds the hashes of the first.
const STATE: FixedState = FixedState::with_seed(0);

/// A file that can't be read.
pub(super) fn unreadable(place: Place, error: &io::Error) -> Finding {
    Finding::error(place, format!("the file can't be read: {error}"))
}

impl Table<'_> {
    /// Reads the next row; after the last one looks back at the file as a whole.
    pub(super) fn step(&mut self) -> bool {
        if !self.sound {
            return false;
        }
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {
                self.start = self.record.position().map_or(0, csv::Position::byte);
                true
            }
            Ok(false) => {
                self.sound = false;
                self.finish();
                false
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    /// Remembers the row's id, so that a second row of that id is found. A row without an id doesn't count.
    pub(super) fn note_id(&mut self) {
        if self.id().is_empty() {
            self.empty(self.id);
            self.live = false;
        } else {
            let seen = STATE.hash_one(self.id());
            push(&mut self.seen, seen);
        }
    }

    /// Refuses the file for what the CSV reader says.
    pub(super) fn fail(&mut self, error: &csv::Error) {
        self.sound = false;
        if let Some(position) = error.position() {
            self.record.set_position(Some(position.clone()));
        }
        let finding = match error.kind() {
            ErrorKind::Io(error) => unreadable(whole(&self.file), error),
            ErrorKind::Utf8 { err, .. } => {
                Finding::error(self.locate(&self.record, err.field(), 1), "this is not UTF-8 text")
                    .help("export the file as UTF-8")
            }
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                let message = format!("the row has {len} values where the header has {expected_len}");
                Finding::error(self.locate(&self.record, 0, 1), message)
            }
            ErrorKind::Seek | ErrorKind::Serialize(_) | ErrorKind::Deserialize { .. } | _ => {
                Finding::error(whole(&self.file), format!("this is not CSV: {error}"))
            }
        };
        self.files.report(finding);
    }

    fn finish(&mut self) {
        let window = self.reader.get_ref();
        let open = window.since(self.start).is_none_or(|text| walk(text, usize::MAX).open);
        let cut = self.last_read && !window.ends_line();
        let place = |line| Place { file: Arc::clone(&self.file), line, column: 1, width: 1 };
        let last = u32::try_from(self.reader.position().line()).unwrap_or(u32::MAX);
        if open {
            self.files
                .report(Finding::error(place(last), "quotes are opened and not closed before the end of the file"));
        } else if cut {
            let message =
                "the last line has no line break: if the file was cut off there, the row's last value is not whole";
            self.files.report(Finding::warning(place(last), message).help("end the file with a line break"));
        }
        self.find_doubles();
        if self.files.tally().is_none()
            && let Some(more) = self.reported.get().checked_sub(LISTED + 1)
        {
            let message = format!("the file has {} more problems, not listed", more + 1);
            self.files.report(Finding::warning(whole(&self.file), message));
        }
    }

    /// Looks for ids of two rows. Equal hashes only raise the suspicion: then the file is read once more.
    fn find_doubles(&mut self) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.sort_unstable();
        let mut suspects: Vec<u64> =
            seen.windows(2).filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied())?).collect();
        suspects.dedup();
        if !suspects.is_empty()
            && let Some(again) = Table::open(self.files, Arc::clone(&self.file))
        {
            again.report_doubles(&suspects);
        }
    }

    fn report_doubles(mut self, suspects: &[u64]) {
        let mut first: HashMap<String, u32> = HashMap::new();
        while self.reader.read_record(&mut self.record).unwrap_or(false) {
            if suspects.binary_search(&STATE.hash_one(self.id())).is_err() {
                continue;
            }
            let line = self.place(self.id).line;
            match first.entry(self.id().to_owned()) {
                Entry::Vacant(vacant) => drop(vacant.insert(line)),
                Entry::Occupied(at) => {
                    let message = format_args!("`{}` is the sourcedId of line {} too", at.key(), at.get());
                    self.report(Severity::Error, self.id, message, None);
                }
            }
        }
    }
}
