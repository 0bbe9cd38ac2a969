//! Sending a file's rows to a temporary table, as they are parsed: never more of them in memory than fit a packet.

use std::collections::HashSet;
use std::pin::{Pin, pin};

use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::plan::Mode;
use super::rows::{Columns, Row, row};
use super::tables::{Kind, Spec};
use crate::directory::files::Files;
use crate::directory::table::{Column, Table};
use crate::directory::users::is_student;

/// Bytes of an id: an index takes no longer ones.
const LONGEST: usize = 1_000;

/// Makes the temporary table of a file and fills it. What is wrong with the file is reported.
pub(super) async fn stage(
    transaction: &Transaction<'_>,
    files: &Files<'_>,
    spec: &Spec,
    mode: Mode,
) -> Result<(), tokio_postgres::Error> {
    let name = spec.table;
    let columns: String = spec.columns.iter().map(|(column, kind)| format!(", {column} {}", kind.staged())).collect();
    let make = format!(
        "CREATE TEMPORARY TABLE staged_{name} \
         (ordinal bigint, id text COLLATE \"C\", deleted boolean, kept boolean{columns}) ON COMMIT DROP"
    );
    transaction.batch_execute(&make).await?;
    if let Some(mut table) = files.find(spec.file).and_then(|file| Table::open(files, file)) {
        let sink = transaction.copy_in(&format!("COPY pg_temp.staged_{name} FROM STDIN (FORMAT binary)")).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types(spec)));
        send(writer.as_mut(), &mut table, spec, mode).await?;
        writer.finish().await?;
    }
    transaction.batch_execute(&format!("ANALYZE pg_temp.staged_{name}")).await
}

fn types(spec: &Spec) -> Vec<Type> {
    let own = spec.columns.iter().map(|(_, kind)| match kind {
        Kind::Text | Kind::Json => Type::TEXT,
        Kind::Texts => Type::TEXT_ARRAY,
        Kind::Flag => Type::BOOL,
        Kind::Day => Type::INT4,
    });
    [Type::INT8, Type::TEXT, Type::BOOL, Type::BOOL].into_iter().chain(own).collect()
}

/// Sends all rows. In a set of changes a row that says that it is deleted need not say more, and what else it says is not
/// taken: the row that is there keeps it.
async fn send(
    mut writer: Pin<&mut BinaryCopyInWriter>,
    table: &mut Table<'_>,
    spec: &Spec,
    mode: Mode,
) -> Result<(), tokio_postgres::Error> {
    let columns = Columns::of(table, spec);
    let mut students = HashSet::new();
    let mut ordinal = 0_i64;
    while table.advance() {
        if !holdable(table, spec, &columns) {
            continue;
        }
        let Row { skipped, cells } = row(table, spec, &columns);
        let nameless;
        let id = match table.id() {
            "" => match student(table, &columns).filter(|student| students.insert((*student).to_owned())) {
                // A file may make somebody a student by a row without an id.
                Some(student) => {
                    nameless = format!("without sourcedId: {student}");
                    &*nameless
                }
                None => continue,
            },
            id => id,
        };
        let (deleted, kept) = (skipped || !table.live(), mode == Mode::Delta && !table.live());
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&ordinal, &id, &deleted, &kept];
        values.extend(cells.iter().map(|cell| cell.value()));
        writer.as_mut().write(&values).await?;
        ordinal += 1;
    }
    Ok(())
}

/// The student that a row of `roles` or `enrollments` names, whether the row counts or not.
fn student<'a>(table: &'a Table<'_>, columns: &Columns) -> Option<&'a str> {
    let (user, role) = columns.student?;
    let named = table.cell(user);
    (!named.is_empty() && is_student(table.cell(role))).then_some(named)
}

/// Whether the database can hold all values of a row. Those that it can't are reported, and the row isn't sent.
fn holdable(table: &Table<'_>, spec: &Spec, columns: &Columns) -> bool {
    let refused = |column: &Column| {
        let nul = table.cell(*column).contains('\0');
        if nul {
            table.refuse_value(*column, format_args!("there is a NUL character in it, which PostgreSQL can't store"));
        }
        let long = table.ids(*column).any(|id| id.len() > LONGEST);
        if long {
            table.refuse_value(*column, format_args!("it is longer than {LONGEST} bytes, too long for an index"));
        }
        nul || long
    };
    let stored = columns.stored(spec).chain([table.id_column()]);
    stored.filter(refused).count() == 0
}
