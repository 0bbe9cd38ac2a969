//! The order of somebody's role assignments, in which their grants are tried: after a whole set it is the file's, also
//! where rows that were there before stand in another order now, or new ones stand before them.

use tokio_postgres::Transaction;

use super::plan::Mode;
use super::tables::Spec;
use crate::directory::holders;

/// Rows that are to be numbered anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    /// All of them.
    pub(super) rows: i64,
    /// Those of which nothing else changes.
    pub(super) unchanged: i64,
}

/// Puts the rows of everybody whose rows would stand in another order than the file's into `moved_TABLE`, in the file's
/// order. New rows are numbered after all others.
pub(super) async fn compare(
    transaction: &Transaction<'_>,
    spec: &Spec,
    mode: Mode,
) -> Result<Moved, tokio_postgres::Error> {
    let name = spec.table;
    if spec.file != holders::FILE || mode != Mode::Bulk {
        return Ok(Moved::default());
    }
    let compare = format!(
        "CREATE TEMPORARY TABLE moved_{name} ON COMMIT DROP AS \
         WITH rows AS (SELECT s.id, s.user_id, s.ordinal, \
             t.row < max(coalesce(t.row, 2147483647)) OVER (PARTITION BY s.user_id ORDER BY s.ordinal \
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS late \
             FROM pg_temp.staged_{name} s LEFT JOIN hallpass.{name} t ON t.id = s.id) \
         SELECT id, ordinal FROM rows WHERE user_id IN (SELECT user_id FROM rows WHERE late)"
    );
    transaction.batch_execute(&compare).await?;
    let count = format!(
        "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM pg_temp.changed_{name} c WHERE c.id = m.id)) \
         FROM pg_temp.moved_{name} m"
    );
    let row = transaction.query_one(&count, &[]).await?;
    Ok(Moved { rows: row.try_get(0)?, unchanged: row.try_get(1)? })
}

/// Numbers them anew, once all rows are there.
pub(super) async fn write(transaction: &Transaction<'_>, spec: &Spec) -> Result<(), tokio_postgres::Error> {
    let name = spec.table;
    let number = format!(
        "UPDATE hallpass.{name} t SET row = m.row FROM \
             (SELECT id, nextval(pg_get_serial_sequence('hallpass.{name}', 'row')) AS row \
              FROM (SELECT id FROM pg_temp.moved_{name} ORDER BY ordinal) AS ordered) AS m \
         WHERE t.id = m.id"
    );
    transaction.batch_execute(&number).await
}
