//! The texts of a few lines of a file of any length.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// Bytes of a line that are shown; what follows is left out.
const SHOWN: usize = 4_096;

/// Fills in the texts of lines by their numbers, from 1, and reads no further than the last of them.
pub(super) fn fill(mut input: impl BufRead, texts: &mut BTreeMap<u32, String>) -> io::Result<()> {
    let mut passed = 0;
    for (&number, text) in texts {
        while passed + 1 < number {
            if next(&mut input, &mut Vec::new(), 0)? == 0 {
                return Ok(());
            }
            passed += 1;
        }
        let mut line = Vec::new();
        next(&mut input, &mut line, SHOWN)?;
        passed += 1;
        *text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
    }
    Ok(())
}

/// Reads a line and keeps so many bytes of it; how many it has.
fn next(input: &mut impl BufRead, kept: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    let mut count = 0;
    loop {
        let chunk = input.fill_buf()?;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.map_or(chunk.len(), |at| at + 1)).unwrap_or_default();
        let room = most.saturating_sub(kept.len()).min(part.len());
        kept.extend_from_slice(part.get(..room).unwrap_or_default());
        let length = part.len();
        input.consume(length);
        count += length;
        if end.is_some() || length == 0 {
            return Ok(count);
        }
    }
}
