//! Values that the standard lists. Those whose slips change what is served are for the reading that loads the set.

use crate::directory::table::{Column, Table};

/// The values of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    file: &'static str,
    pub(super) column: &'static str,
    values: &'static [&'static str],
    /// Whether a slip in letter case alone is looked for: the rest is reported elsewhere.
    case: bool,
    /// Whether `ext:` begins a value of one's own.
    open: bool,
}

const BOOLEAN: &[&str] = &["true", "false"];

const ALL: [Of; 7] = [
    Of {
        file: "academicSessions.csv",
        column: "type",
        values: &["gradingPeriod", "semester", "schoolYear", "term"],
        case: false,
        open: true,
    },
    Of { file: "classes.csv", column: "classType", values: &["homeroom", "scheduled"], case: false, open: true },
    Of { file: "users.csv", column: "enabledUser", values: BOOLEAN, case: true, open: false },
    Of {
        file: "users.csv",
        column: "role",
        values: &["administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"],
        case: false,
        open: true,
    },
    Of { file: "roles.csv", column: "roleType", values: &["primary", "secondary"], case: false, open: false },
    Of {
        file: "roles.csv",
        column: "role",
        values: &[
            "aide",
            "counselor",
            "districtAdministrator",
            "guardian",
            "parent",
            "principal",
            "proctor",
            "relative",
            "siteAdministrator",
            "student",
            "systemAdministrator",
            "teacher",
        ],
        case: false,
        open: true,
    },
    Of { file: "enrollments.csv", column: "primary", values: BOOLEAN, case: false, open: false },
];

/// The columns of a file that have listed values.
pub(super) fn of(file: &str) -> impl Iterator<Item = Of> {
    ALL.into_iter().filter(move |of| of.file == file)
}

impl Of {
    /// Reports a value that is not listed.
    pub(super) fn check(&self, table: &Table<'_>, column: Column) {
        let text = table.cell(column);
        if text.is_empty() || self.values.contains(&text) || (self.open && text.starts_with("ext:")) {
            return;
        }
        let meant = self.values.iter().find(|value| value.eq_ignore_ascii_case(text.trim()));
        match meant {
            Some(meant) => table.warn(column, format_args!("`{text}` is not the standard's spelling: write `{meant}`")),
            None if self.case => {}
            None => {
                let (name, values) = (self.column, self.values.join(", "));
                table.warn(column, format_args!("`{text}` is not a value of `{name}`: use one of {values}"));
            }
        }
    }
}
