//! From the temporary tables to the real ones: which rows differ, whether too many would go, and writing those that do.
//!
//! Everything is compared before the first row is written, for the first row written holds up other writers.

use std::fmt;

use tokio_postgres::Transaction;

use super::order;
use super::plan::Mode;
use super::tables::Spec;
use super::{ImportError, Step};

/// What became of a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The table.
    pub table: &'static str,
    /// New rows.
    pub inserted: i64,
    /// Rows that say something else, or count again.
    pub changed: i64,
    /// Rows that are gone, or no longer count.
    pub deleted: i64,
    /// Rows of which the set says what was there.
    pub unchanged: i64,
}

impl Outcome {
    /// How many rows were written.
    #[must_use]
    pub fn written(&self) -> i64 {
        self.inserted + self.changed + self.deleted
    }
}

/// A table that would lose much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrink {
    /// The table.
    pub table: &'static str,
    /// How many of its rows would no longer count.
    pub lost: i64,
    /// How many count now.
    pub before: i64,
}

impl fmt::Display for Shrink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({} of {} rows)", self.table, self.lost, self.before)
    }
}

/// What a table is about to undergo.
struct Plan {
    outcome: Outcome,
    /// Rows in the temporary table of rows to be removed.
    vanished: i64,
    /// Rows that stand in another place now.
    moved: i64,
    shrink: Shrink,
}

/// Brings the real tables to what the temporary ones say.
pub(super) async fn merge(
    transaction: &Transaction<'_>,
    spoken: &[(&Spec, Mode)],
    accept_shrink: bool,
    tell: &dyn Fn(Step),
) -> Result<Vec<Outcome>, ImportError> {
    transaction.batch_execute("SET LOCAL work_mem = '64MB'").await?;
    let mut plans = Vec::new();
    for (spec, mode) in spoken {
        tell(Step::Compare(spec.table));
        plans.push((*spec, compare(transaction, spec, *mode).await?));
    }
    let shrinks: Vec<Shrink> = plans.iter().map(|(_, plan)| plan.shrink).filter(|it| it.lost * 5 > it.before).collect();
    if !accept_shrink && !shrinks.is_empty() {
        return Err(ImportError::Shrinks(shrinks));
    }
    for (spec, plan) in plans.iter().filter(|(_, plan)| plan.outcome.written() > 0) {
        tell(Step::Write(spec.table));
        write(transaction, spec, plan).await?;
    }
    Ok(plans.into_iter().map(|(_, plan)| plan.outcome).collect())
}

/// Puts the rows that differ into `changed_TABLE` and those that are gone into `vanished_TABLE`.
async fn compare(transaction: &Transaction<'_>, spec: &Spec, mode: Mode) -> Result<Plan, ImportError> {
    let name = spec.table;
    transaction.batch_execute(&differing(spec)).await?;
    let without = if mode == Mode::Bulk {
        format!("WHERE NOT EXISTS (SELECT FROM pg_temp.staged_{name} s WHERE s.id = t.id)")
    } else {
        "WHERE false".to_owned()
    };
    let vanished = format!(
        "CREATE TEMPORARY TABLE vanished_{name} ON COMMIT DROP AS SELECT t.id, t.deleted FROM hallpass.{name} t {without}"
    );
    transaction.batch_execute(&vanished).await?;
    let count = format!(
        "SELECT (SELECT count(*) FROM pg_temp.staged_{name}), (SELECT count(*) FROM hallpass.{name} WHERE NOT deleted), \
         (SELECT count(*) FROM pg_temp.vanished_{name}), (SELECT count(*) FROM pg_temp.vanished_{name} WHERE NOT deleted), \
         count(*), count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE gone) FROM pg_temp.changed_{name}"
    );
    let row = transaction.query_one(&count, &[]).await?;
    let at = |column: usize| row.try_get::<_, i64>(column);
    let (staged, before, vanished, lost) = (at(0)?, at(1)?, at(2)?, at(3)?);
    let (differ, fresh, gone) = (at(4)?, at(5)?, at(6)?);
    let moved = order::compare(transaction, spec, mode).await?;
    let outcome = Outcome {
        table: name,
        inserted: fresh,
        changed: differ - fresh - gone + moved.unchanged,
        deleted: vanished + gone,
        unchanged: staged - differ - moved.unchanged,
    };
    let lost = if mode == Mode::Bulk { lost + gone } else { 0 };
    Ok(Plan { outcome, vanished, moved: moved.rows, shrink: Shrink { table: name, lost, before } })
}

/// A row that is `kept` takes nothing from the set but that it is deleted.
fn differing(spec: &Spec) -> String {
    let name = spec.table;
    let (mut values, mut now, mut then) = (String::new(), Vec::new(), Vec::new());
    for (column, kind) in spec.columns {
        let (ours, theirs) = (format!("t.{column}"), kind.real(&format!("s.{column}")));
        values += &format!(", CASE WHEN s.kept AND t.id IS NOT NULL THEN {ours} ELSE {theirs} END AS {column}");
        now.push(kind.comparable(&ours));
        then.push(kind.comparable(&theirs));
    }
    format!(
        "CREATE TEMPORARY TABLE changed_{name} ON COMMIT DROP AS \
         SELECT s.ordinal, s.id, t.id IS NULL AS fresh, t.id IS NOT NULL AND s.deleted AND NOT t.deleted AS gone, \
         s.deleted{values} FROM pg_temp.staged_{name} s LEFT JOIN hallpass.{name} t ON t.id = s.id \
         WHERE t.id IS NULL OR t.deleted <> s.deleted OR (NOT s.kept AND ROW({}) IS DISTINCT FROM ROW({}))",
        now.join(", "),
        then.join(", "),
    )
}

/// Removes, changes and adds. A row that somebody else has added meanwhile is changed.
async fn write(transaction: &Transaction<'_>, spec: &Spec, plan: &Plan) -> Result<(), tokio_postgres::Error> {
    let name = spec.table;
    let columns: Vec<&str> = spec.columns.iter().map(|(column, _)| *column).collect();
    let listed = columns.join(", ");
    let set = |from: &str| {
        let each = columns.iter().map(|column| format!(", {column} = {from}.{column}"));
        format!("deleted = {from}.deleted{}", each.collect::<String>())
    };
    if plan.vanished > 0 {
        let remove = format!("DELETE FROM hallpass.{name} t USING pg_temp.vanished_{name} v WHERE t.id = v.id");
        transaction.batch_execute(&remove).await?;
    }
    let Outcome { inserted, .. } = plan.outcome;
    if plan.outcome.written() > inserted + plan.vanished {
        let change = format!(
            "UPDATE hallpass.{name} t SET {} FROM pg_temp.changed_{name} c WHERE NOT c.fresh AND t.id = c.id",
            set("c")
        );
        transaction.batch_execute(&change).await?;
    }
    if inserted > 0 {
        let add = format!(
            "INSERT INTO hallpass.{name} (id, deleted, {listed}) \
             SELECT id, deleted, {listed} FROM pg_temp.changed_{name} WHERE fresh ORDER BY ordinal \
             ON CONFLICT (id) DO UPDATE SET {}",
            set("excluded")
        );
        transaction.batch_execute(&add).await?;
    }
    if plan.moved > 0 {
        order::write(transaction, spec).await?;
    }
    Ok(())
}
