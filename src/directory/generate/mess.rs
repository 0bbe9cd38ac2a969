//! The messy shapes of real exports: files with other line breaks, marks and columns, and rows that a person or a program
//! has spoilt. None of it refuses the set; most of it is found.

use super::chance::Chance;

/// How a file as a whole is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// It begins with a byte order mark.
    pub(super) bom: bool,
    /// Lines end as on Windows.
    crlf: bool,
    /// The last line has no break.
    pub(super) no_last_break: bool,
    /// Columns without a name at the end.
    pub(super) empty_columns: usize,
    /// The columns stand in the opposite order.
    pub(super) turned: bool,
    /// Every value is in quotes.
    pub(super) quoted: bool,
    /// Columns that nobody needs are misspelt.
    misspelt: bool,
}

impl Shape {
    /// As the standard has it.
    pub(super) const PLAIN: Self = Self {
        bom: false,
        crlf: false,
        no_last_break: false,
        empty_columns: 0,
        turned: false,
        quoted: false,
        misspelt: false,
    };

    /// The shape of the file with a number: all of them occur in every district, in other files under another seed.
    pub(super) fn messy(seed: u64, file: usize) -> Self {
        let base = Self { misspelt: true, ..Self::PLAIN };
        let shapes = [
            Self { bom: true, crlf: true, ..base },
            Self { empty_columns: 2, ..base },
            Self { no_last_break: true, ..base },
            Self { turned: true, ..base },
            Self { quoted: true, crlf: true, ..base },
            Self { bom: true, no_last_break: true, empty_columns: 1, ..base },
        ];
        let turn = Chance::new(seed, "shape", 0).below(shapes.len());
        shapes.get((turn + file) % shapes.len()).copied().unwrap_or(Self::PLAIN)
    }

    /// The name of a column as the file has it.
    pub(super) fn header(self, column: &'static str) -> &'static str {
        match column {
            "dateLastModified" if self.misspelt => "dataLastModified",
            "preferredGivenName" if self.misspelt => "prefferedGivenName",
            _ => column,
        }
    }

    pub(super) fn line_break(self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }
}

/// Spoils rows of one file: one in [`RARE`], more often among the first.
#[derive(Debug)]
pub(super) struct Spoiler {
    chance: Chance,
    rows: usize,
}

/// One row in so many is spoilt.
const RARE: usize = 40;
/// Rows that are spoilt four times as often.
const FIRST: usize = 400;

impl Spoiler {
    /// The spoiler of the file with a number.
    pub(super) fn new(seed: u64, file: usize) -> Self {
        Self { chance: Chance::new(seed, "mess", file), rows: 0 }
    }

    /// Spoils a value of a row, or none. With an id, another row is to be written under it, which looks the same.
    pub(super) fn spoil(&mut self, columns: &[&str], cells: &mut [String]) -> Option<String> {
        self.rows += 1;
        if self.chance.below(if self.rows > FIRST { RARE } else { RARE / 4 }) > 0 {
            return None;
        }
        let mut at = self.chance.below(columns.len());
        // What is only text, or isn't read, is spoilt less often.
        if columns.get(at).is_some_and(|column| !MATTERS.contains(column)) {
            at = self.chance.below(columns.len());
        }
        let (column, cell) = columns.get(at).zip(cells.get_mut(at))?;
        match *column {
            "sourcedId" => return self.twin(cell),
            "status" => *cell = self.chance.word(&["inactive", "Active", "deleted", "tobedeleted", "active "]).into(),
            "type" => *cell = self.kind(cell),
            "role" => *cell = self.role(cell),
            "enabledUser" | "primary" => *cell = self.chance.word(&["TRUE", "True", "FALSE", "yes", "0", ""]).into(),
            "metadata.level" => *cell = self.chance.word(&["Elementary", "high", "K-12", ""]).into(),
            "properties" => *cell = self.chance.word(&PROPERTIES).into(),
            _ if column.ends_with("Date") => {
                *cell =
                    self.chance.word(&["1/05/2023", "20260810", "2026-02-30", "2026-08-10T00:00:00Z", "n/a"]).into();
            }
            _ if column.ends_with("SourcedId") || column.ends_with("SourcedIds") => *cell = self.reference(cell),
            "dateLastModified" => *cell = self.chance.word(&["2026-08-10T00:00:00Z", "1/05/2023"]).into(),
            _ => cell.push_str(self.chance.word(&TEXTS)),
        }
        None
    }

    /// An id that looks like another one, for a row of its own; or none at all.
    fn twin(&mut self, id: &mut String) -> Option<String> {
        match self.chance.below(4) {
            0 => Some(id.to_uppercase()),
            1 => Some(format!("{id} ")),
            2 => Some(format!(" {id}")),
            _ => {
                id.clear();
                None
            }
        }
    }

    fn reference(&mut self, id: &str) -> String {
        match self.chance.below(6) {
            0 => String::new(),
            1 => "nobody.0".to_owned(),
            2 => id.to_uppercase(),
            3 => format!("{id} "),
            4 => format!(" {id}"),
            _ => format!("{id},{id},gone.0"),
        }
    }

    fn role(&mut self, role: &str) -> String {
        match self.chance.below(6) {
            0 => role.to_uppercase(),
            1 => format!("{role} "),
            2 => String::new(),
            3 => "Student".to_owned(),
            4 => "ext:coach".to_owned(),
            _ => "misis.wizard".to_owned(),
        }
    }

    fn kind(&mut self, kind: &str) -> String {
        match self.chance.below(3) {
            0 => kind.to_uppercase(),
            1 => "campus".to_owned(),
            _ => String::new(),
        }
    }
}

/// Columns that findings are about.
const MATTERS: [&str; 18] = [
    "beginDate",
    "classSourcedId",
    "courseSourcedId",
    "enabledUser",
    "endDate",
    "metadata.level",
    "orgSourcedId",
    "parentSourcedId",
    "primaryOrgSourcedId",
    "properties",
    "role",
    "schoolSourcedId",
    "sourcedId",
    "status",
    "termSourcedIds",
    "type",
    "userSourcedId",
    "primary",
];

const PROPERTIES: [&str; 6] =
    ["{", "[]", "{\"school\": 5}", "", "{\"school\": [], \"note\": null}", "{\"student\": \"s.0000001 \", \"n\": 1e2}"];

const TEXTS: [&str; 6] = [", the \"Third\"", "\nand a second line", " é 学校 🎒", "\r\n", "\u{feff}", "'; --"];
