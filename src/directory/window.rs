//! The text that a CSV reader has just passed, so that a finding can say where on its line a value stands.
//!
//! Values are parsed elsewhere; here text is only counted through.

use std::io::{self, Read};

/// Bytes that a reader asks for at once.
pub(super) const CHUNK: usize = 1 << 18;
/// No file is longer, so that whatever counts its rows or bytes fits 32 bits.
const MOST: u64 = u32::MAX as u64;

/// Passes bytes on and keeps the latest of them.
pub(super) struct Window {
    inner: Box<dyn Read>,
    kept: Vec<u8>,
    passed: u64,
}

impl Window {
    /// A window on `inner`.
    pub(super) fn new(inner: Box<dyn Read>) -> Self {
        Self { inner, kept: Vec::new(), passed: 0 }
    }

    /// The text from a byte of the file on, as far as it was read; `None` where it is no longer kept.
    pub(super) fn since(&self, byte: u64) -> Option<&[u8]> {
        let back = usize::try_from(self.passed.checked_sub(byte)?).ok()?;
        self.kept.get(self.kept.len().checked_sub(back)?..)
    }

    /// Whether the text read so far ends in a line break.
    pub(super) fn ends_line(&self) -> bool {
        matches!(self.kept.last(), None | Some(b'\n' | b'\r'))
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let fresh = buffer.get(..count).unwrap_or_default();
        if self.kept.len() >= 2 * CHUNK {
            self.kept.drain(..self.kept.len() - CHUNK);
        }
        self.kept.extend_from_slice(fresh);
        self.passed += fresh.len() as u64;
        if self.passed > MOST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 GiB"));
        }
        Ok(count)
    }
}

/// How far a walk through a record's text came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Walk {
    /// Lines passed.
    pub(super) lines: u32,
    /// The column on the line reached, from 1, in characters.
    pub(super) column: u32,
    /// Whether the text ended inside quotes.
    pub(super) open: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

/// Walks from the start of a record to its field number `field`, from 0, or to the end of the text. Line breaks before
/// the record are walked through too.
pub(super) fn walk(text: &[u8], field: usize) -> Walk {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let blank = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let (before, record) = text.split_at(blank);
    let mut walk = Walk { lines: 0, column: 1, open: false };
    before.iter().for_each(|&byte| walk.pass(byte));
    let (mut at, mut fields) = (At::Start, 0);
    for &byte in record {
        if fields == field {
            break;
        }
        at = at.after(byte);
        fields += usize::from(byte == b',' && at == At::Start);
        walk.pass(byte);
    }
    walk.open = at == At::Quoted;
    walk
}

impl Walk {
    fn pass(&mut self, byte: u8) {
        match byte {
            b'\n' => (self.lines, self.column) = (self.lines + 1, 1),
            // Bytes that continue a character take no column of their own.
            0x80..0xC0 => {}
            _ => self.column += 1,
        }
    }
}

impl At {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Closed, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Closed,
            (Self::Quoted, _) => Self::Quoted,
            (_, b',' | b'\r' | b'\n') => Self::Start,
            (Self::Start | Self::Plain | Self::Closed, _) => Self::Plain,
        }
    }
}
