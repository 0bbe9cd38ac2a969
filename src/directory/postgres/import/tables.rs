//! Which file goes into which table, and of what kind its columns are.

use crate::directory::holders;

/// A table, beside its `id` and `deleted`.
#[derive(Debug)]
pub(super) struct Spec {
    /// The table in the schema `hallpass`.
    pub(super) table: &'static str,
    /// The file.
    pub(super) file: &'static str,
    /// A set without the file is refused.
    pub(super) required: bool,
    /// The columns of the file that a row is made of.
    pub(super) needs: &'static [&'static str],
    /// The same, where the file has them.
    pub(super) takes: &'static [&'static str],
    /// The columns of the table, in the order in which `rows` makes them.
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Texts,
    Flag,
    Day,
    Json,
}

impl Kind {
    /// The type of the temporary table's column. Days are counted from 1970-01-01, and JSON is text until it is written.
    pub(super) fn staged(self) -> &'static str {
        match self {
            Self::Text | Self::Json => "text",
            Self::Texts => "text[]",
            Self::Flag => "boolean",
            Self::Day => "integer",
        }
    }

    /// The value of a temporary table's column as the table has it.
    pub(super) fn real(self, column: &str) -> String {
        match self {
            Self::Text | Self::Texts | Self::Flag => column.to_owned(),
            Self::Day => format!("date '1970-01-01' + {column}"),
            Self::Json => format!("{column}::json"),
        }
    }

    /// The value of the table's column, to be compared.
    pub(super) fn comparable(self, column: &str) -> String {
        if self == Self::Json { format!("{column}::text") } else { column.to_owned() }
    }
}

const BEGIN: (&str, Kind) = ("begin_date", Kind::Day);
const END: (&str, Kind) = ("end_date", Kind::Day);
const DATES: &[&str] = &["beginDate", "endDate"];

/// All of them, those first that take longest to write: from the first row written until the end other writers wait.
pub(super) const TABLES: [Spec; 8] = [
    Spec {
        table: "enrollments",
        file: "enrollments.csv",
        required: true,
        needs: &["classSourcedId", "userSourcedId", "role"],
        takes: DATES,
        columns: &[("class_id", Kind::Text), ("user_id", Kind::Text), ("role", Kind::Text), BEGIN, END],
    },
    Spec {
        table: "roles",
        file: "roles.csv",
        required: false,
        needs: &["userSourcedId", "role", "orgSourcedId"],
        takes: DATES,
        columns: &[("user_id", Kind::Text), ("role", Kind::Text), ("org_id", Kind::Text), BEGIN, END],
    },
    Spec {
        table: "users",
        file: "users.csv",
        required: true,
        needs: &[],
        takes: &["enabledUser", "role", "orgSourcedIds", "primaryOrgSourcedId"],
        columns: &[
            ("enabled", Kind::Flag),
            ("student", Kind::Flag),
            ("org_ids", Kind::Texts),
            ("properties", Kind::Json),
        ],
    },
    Spec {
        table: "classes",
        file: "classes.csv",
        required: true,
        needs: &["schoolSourcedId", "termSourcedIds"],
        takes: &[],
        columns: &[("school_id", Kind::Text), ("term_ids", Kind::Texts)],
    },
    Spec {
        table: "role_assignments",
        file: holders::FILE,
        required: false,
        needs: &["userSourcedId", "role", "orgSourcedId"],
        takes: DATES,
        columns: &[("user_id", Kind::Text), ("role", Kind::Text), ("org_id", Kind::Text), BEGIN, END],
    },
    Spec {
        table: "records",
        file: "records.csv",
        required: false,
        needs: &["type", "properties"],
        takes: &[],
        columns: &[("type", Kind::Text), ("properties", Kind::Json)],
    },
    Spec {
        table: "academic_sessions",
        file: "academicSessions.csv",
        required: false,
        needs: &["startDate", "endDate"],
        takes: &[],
        columns: &[("start_date", Kind::Day), ("end_date", Kind::Day)],
    },
    Spec {
        table: "orgs",
        file: "orgs.csv",
        required: true,
        needs: &["type", "parentSourcedId"],
        takes: &["metadata.level", "metadata.timeZone"],
        columns: &[("type", Kind::Text), ("parent_id", Kind::Text), ("level", Kind::Text), ("time_zone", Kind::Text)],
    },
];
