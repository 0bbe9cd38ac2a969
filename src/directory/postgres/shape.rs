//! Whether what is in a database can be asked: every relation, column and type that a sidecar needs, be they the tables
//! that `migrate` makes or views of somebody's own.

use std::collections::HashMap;

use tokio_postgres::GenericClient;

use super::connect::told;

/// What a database has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// There is a log of changes. Without it nothing but time bounds how old facts get.
    pub logged: bool,
    /// Rows are numbered. Without it there are no searches.
    pub numbered: bool,
}

/// Why a database can't be asked.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Everything that is missing or wrong.
    #[error("the database's schema `hallpass` can't be used: {}", .0.join("; "))]
    Wrong(Vec<String>),
    /// The server refuses to say.
    #[error("the database's schema can't be looked at: {}", told(.0))]
    Server(#[from] tokio_postgres::Error),
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text,
    Texts,
    Flag,
    Day,
    Json,
    Number,
    Long,
}

use Holds::{Day, Flag, Json, Long, Number, Text, Texts};

type Relation = (&'static str, &'static [(&'static str, Holds)]);

/// What is needed. `row` is what searches need.
const RELATIONS: [Relation; 8] = [
    (
        "orgs",
        &[
            ("id", Text),
            ("deleted", Flag),
            ("type", Text),
            ("parent_id", Text),
            ("level", Text),
            ("time_zone", Text),
            ROW,
        ],
    ),
    ("academic_sessions", &[("id", Text), ("deleted", Flag), ("start_date", Day), ("end_date", Day)]),
    ("classes", &[("id", Text), ("deleted", Flag), ("school_id", Text), ("term_ids", Texts), ROW]),
    (
        "users",
        &[
            ("id", Text),
            ("deleted", Flag),
            ("enabled", Flag),
            ("student", Flag),
            ("org_ids", Texts),
            ("properties", Json),
            ROW,
        ],
    ),
    ("roles", &[("id", Text), ("deleted", Flag), ("user_id", Text), ("org_id", Text), ("role", Text), BEGIN, END]),
    (
        "enrollments",
        &[("id", Text), ("deleted", Flag), ("class_id", Text), ("user_id", Text), ("role", Text), BEGIN, END],
    ),
    (
        "role_assignments",
        &[("id", Text), ("deleted", Flag), ("user_id", Text), ("role", Text), ("org_id", Text), BEGIN, END, ROW],
    ),
    ("records", &[("id", Text), ("deleted", Flag), ("type", Text), ("properties", Json), ROW]),
];
/// What a log needs.
const LOG: [Relation; 2] = [
    ("change_log", &[("sequence", Long), ("kind", Text), ("id", Text), ("type", Text)]),
    ("directory", &[("pruned", Long)]),
];
const ROW: (&str, Holds) = ("row", Number);
const BEGIN: (&str, Holds) = ("begin_date", Day);
const END: (&str, Holds) = ("end_date", Day);

impl Holds {
    /// The types that will do; the first is what to write.
    fn types(self) -> &'static [&'static str] {
        match self {
            Text => &["text", "character varying"],
            Texts => &["text[]", "character varying[]"],
            Flag => &["boolean"],
            Day => &["date"],
            Json => &["json", "jsonb"],
            Number => &["integer"],
            Long => &["bigint"],
        }
    }

    fn name(self) -> &'static str {
        self.types().first().copied().unwrap_or_default()
    }
}

/// Every column of the schema: its type, and whether different texts may count as equal in it.
const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), l.collname::text, l.collisdeterministic
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = to_regnamespace('hallpass') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND a.attnum > 0 AND NOT a.attisdropped";

/// Every relation: whether this role may read it, whether it is a table, and how many of its triggers write the log.
const READABLE: &str = "
    SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT'), c.relkind IN ('r', 'p'),
    (SELECT count(*) FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
     WHERE g.tgrelid = c.oid AND g.tgenabled IN ('O', 'A') AND p.proname = 'log_changes')
    FROM pg_class c WHERE c.relnamespace = to_regnamespace('hallpass') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/// Triggers that log a table.
const TRIGGERS: i64 = 4;

/// What there is, by relation.
struct Seen {
    columns: HashMap<(String, String), Column>,
    relations: HashMap<String, Readable>,
}

struct Column {
    kind: String,
    /// A collation under which different texts count as equal.
    careless: Option<String>,
}

struct Readable {
    allowed: bool,
    table: bool,
    triggers: i64,
}

/// Looks at everything at once, so that all that is wrong can be told at once.
///
/// # Errors
/// What is missing or wrong, each with what to do about it.
pub async fn check(client: &impl GenericClient) -> Result<Shape, ShapeError> {
    let usage = "SELECT to_regnamespace('hallpass') IS NOT NULL, \
                 coalesce(has_schema_privilege(to_regnamespace('hallpass'), 'USAGE'), false)";
    let row = client.query_one(usage, &[]).await?;
    let (there, allowed): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if !there || !allowed {
        let why = match there {
            false => "it is not there: run `hallpass directory migrate`, or make it with views of your own",
            true => "this role may not use it: GRANT USAGE ON SCHEMA hallpass",
        };
        return Err(ShapeError::Wrong(vec![why.to_owned()]));
    }
    let seen = look(client).await?;
    let logged = seen.relations.contains_key("change_log");
    let needed = RELATIONS.iter().chain(LOG.iter().filter(|_| logged));
    let mut wrong: Vec<String> = needed.flat_map(|relation| seen.judge(relation)).collect();
    if logged {
        wrong.extend(RELATIONS.iter().filter_map(|(name, _)| seen.unlogged(name)));
    }
    if !wrong.is_empty() {
        return Err(ShapeError::Wrong(wrong));
    }
    let rows = RELATIONS.iter().filter(|(_, columns)| columns.contains(&ROW));
    let numbered = rows.clone().all(|(name, _)| seen.column(name, "row").is_some());
    Ok(Shape { logged, numbered })
}

async fn look(client: &impl GenericClient) -> Result<Seen, tokio_postgres::Error> {
    let mut seen = Seen { columns: HashMap::new(), relations: HashMap::new() };
    for row in client.query(COLUMNS, &[]).await? {
        let careless = if row.try_get::<_, Option<bool>>(4)? == Some(false) { row.try_get(3)? } else { None };
        seen.columns.insert((row.try_get(0)?, row.try_get(1)?), Column { kind: row.try_get(2)?, careless });
    }
    for row in client.query(READABLE, &[]).await? {
        let readable = Readable { allowed: row.try_get(1)?, table: row.try_get(2)?, triggers: row.try_get(3)? };
        seen.relations.insert(row.try_get(0)?, readable);
    }
    Ok(seen)
}

impl Seen {
    fn column(&self, relation: &str, column: &str) -> Option<&Column> {
        self.columns.get(&(relation.to_owned(), column.to_owned()))
    }

    /// What is wrong with a relation.
    fn judge(&self, (name, columns): &Relation) -> Vec<String> {
        let Some(readable) = self.relations.get(*name) else {
            let listed: Vec<String> =
                columns.iter().map(|(column, holds)| format!("{column} {}", holds.name())).collect();
            let listed = listed.join(", ");
            return vec![format!("`hallpass.{name}` is missing: make a view or table, even an empty one, of {listed}")];
        };
        if !readable.allowed {
            return vec![format!("this role may not read `hallpass.{name}`: GRANT SELECT ON hallpass.{name}")];
        }
        columns.iter().filter_map(|column| self.judge_column(name, *column)).collect()
    }

    fn judge_column(&self, relation: &str, (name, holds): (&str, Holds)) -> Option<String> {
        let wanted = holds.name();
        let Some(Column { kind, careless }) = self.column(relation, name) else {
            let missing = || format!("`hallpass.{relation}.{name}` is missing: add it as {wanted}");
            return ((name, holds) != ROW).then(missing);
        };
        if !holds.types().contains(&&**kind) {
            return Some(format!("`hallpass.{relation}.{name}` is {kind}, not {wanted}: write `{name}::{wanted}`"));
        }
        let careless = careless.as_ref()?;
        let why = format!("has the collation `{careless}`, under which different texts count as equal");
        Some(format!("`hallpass.{relation}.{name}` {why}: write `{name} COLLATE \"C\"`"))
    }

    /// A table that doesn't write the log. How views come to be logged is for whoever makes them.
    fn unlogged(&self, name: &str) -> Option<String> {
        let Readable { table, triggers, .. } = self.relations.get(name)?;
        let so = "so its changes would go unseen";
        let todo = "switch its triggers `log_…` on, or drop `hallpass.change_log`";
        (*table && *triggers < TRIGGERS)
            .then(|| format!("`hallpass.{name}` does not write the change log, {so}: {todo}"))
    }
}
