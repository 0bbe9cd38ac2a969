//! The files of a district while they are written, row by row: CSV as RFC 4180 has it, the standard's columns in the
//! standard's order. In a messy district rows and files are spoilt on their way out.

use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Refused;
use super::mess::{Shape, Spoiler};

/// A value of a row.
pub(super) type Cell<'a> = &'a dyn Display;

/// One file.
#[derive(Debug)]
pub(super) struct Rows {
    name: &'static str,
    file: BufWriter<File>,
    columns: Vec<&'static str>,
    shape: Shape,
    spoiler: Option<Spoiler>,
    cells: Vec<String>,
    line: String,
    /// A line break is due before the next row.
    due: bool,
    rows: u64,
    bytes: u64,
}

impl Rows {
    /// Makes the file, with its header.
    pub(super) fn create(
        folder: &Path,
        (name, header): (&'static str, &'static str),
        mess: Option<(Shape, Spoiler)>,
    ) -> Result<Self, Refused> {
        let file = File::create_new(folder.join(name)).map_err(|error| Refused::Write(name, error))?;
        let columns: Vec<&str> = header.split(',').collect();
        let (shape, spoiler) = mess.map_or_else(|| (Shape::PLAIN, None), |(shape, spoiler)| (shape, Some(spoiler)));
        let mut rows = Self {
            name,
            file: BufWriter::with_capacity(1 << 16, file),
            shape,
            spoiler,
            cells: vec![String::new(); columns.len()],
            columns,
            line: String::new(),
            due: false,
            rows: 0,
            bytes: 0,
        };
        rows.line.push_str(if shape.bom { "\u{feff}" } else { "" });
        for (cell, column) in rows.cells.iter_mut().zip(&rows.columns) {
            cell.clear();
            cell.push_str(shape.header(column));
        }
        rows.emit()?;
        rows.rows = 0;
        Ok(rows)
    }

    /// Writes a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Refused> {
        self.fill(cells);
        let Some(spoiler) = &mut self.spoiler else { return self.emit() };
        let twin = spoiler.spoil(&self.columns, &mut self.cells);
        self.emit()?;
        let Some(twin) = twin else { return Ok(()) };
        self.fill(cells);
        self.cells.iter_mut().take(1).for_each(|id| id.clone_from(&twin));
        self.emit()
    }

    /// Writes a row that everything else hangs from: no mess touches it.
    pub(super) fn firm(&mut self, cells: &[Cell<'_>]) -> Result<(), Refused> {
        self.fill(cells);
        self.emit()
    }

    /// Ends the file: how many rows and bytes it has.
    pub(super) fn finish(mut self) -> Result<(u64, u64), Refused> {
        if self.due && !self.shape.no_last_break {
            self.line.push_str(self.shape.line_break());
        }
        self.flush().and_then(|()| self.file.flush()).map_err(|error| Refused::Write(self.name, error))?;
        Ok((self.rows, self.bytes))
    }

    fn fill(&mut self, cells: &[Cell<'_>]) {
        for (at, place) in self.cells.iter_mut().enumerate() {
            place.clear();
            // Writing to a text doesn't fail.
            _ = cells.get(at).map(|cell| write!(place, "{cell}"));
        }
    }

    fn emit(&mut self) -> Result<(), Refused> {
        if self.due {
            self.line.push_str(self.shape.line_break());
        }
        for at in 0..self.cells.len() {
            let from = if self.shape.turned { self.cells.len() - 1 - at } else { at };
            if at > 0 {
                self.line.push(',');
            }
            quote(&mut self.line, self.cells.get(from).map_or("", String::as_str), self.shape.quoted);
        }
        (0..self.shape.empty_columns).for_each(|_| self.line.push(','));
        self.due = true;
        self.rows += 1;
        self.flush().map_err(|error| Refused::Write(self.name, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(self.line.as_bytes())?;
        self.bytes += self.line.len() as u64;
        self.line.clear();
        Ok(())
    }
}

fn quote(line: &mut String, cell: &str, always: bool) {
    if !always && !cell.contains([',', '"', '\n', '\r']) {
        line.push_str(cell);
        return;
    }
    line.push('"');
    for (at, part) in cell.split('"').enumerate() {
        line.push_str(if at == 0 { "" } else { "\"\"" });
        line.push_str(part);
    }
    line.push('"');
}
