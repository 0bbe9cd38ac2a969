//! Following the log, and connections that are given up, cut, or too many.

use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::postgres::Postgres;
use hallpass::directory::remote::{Changes, Key, Log as _, Source as _, What};
use tokio::time::timeout;

use super::database::Database;

const SOON: Duration = Duration::from_secs(20);

fn person(id: &str) -> What {
    What::Key(Key::Person(id.into()))
}

fn record(kind: &str, id: &str) -> What {
    What::Key(Key::Record { kind: kind.into(), id: id.into() })
}

fn whats(changes: &Changes) -> Vec<What> {
    changes.changes.iter().map(|change| change.what.clone()).collect()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_log_tells_what_changed() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 1);
    database.runtime.block_on(async {
        let execute = async |sql: &str| database.client.batch_execute(sql).await.unwrap();
        let mut log = postgres.follow().await.unwrap();
        let none = log.changes(0).await.unwrap().unwrap();
        assert_eq!(none.changes, []);
        assert!(!log.instance().is_empty());
        assert_eq!(log.instance(), postgres.follow().await.unwrap().instance());
        let mut after = none.head;
        let mut then = async |sql: &str, expected: &[What]| {
            execute(sql).await;
            // It comes by itself.
            timeout(SOON, log.hint()).await.unwrap().unwrap();
            let changes = log.changes(after).await.unwrap().unwrap();
            assert_eq!(whats(&changes), expected, "{sql}");
            assert!(changes.changes.iter().all(|change| change.sequence > after && change.sequence <= changes.head));
            assert_eq!(changes.pruned, 0);
            after = changes.head;
        };
        then("INSERT INTO hallpass.users (id) VALUES ('u')", &[person("u")]).await;
        then("INSERT INTO hallpass.orgs (id, type) VALUES ('s', 'school')", &[What::Frame]).await;
        // The frame that was read last knows of no records of the type.
        let new = "INSERT INTO hallpass.records (id, type) VALUES ('x', 'app.t')";
        then(new, &[What::Frame, record("app.t", "x")]).await;
        postgres.frame().await.unwrap();
        then("UPDATE hallpass.records SET properties = '{}'", &[record("app.t", "x")]).await;
        let many = "INSERT INTO hallpass.records (id, type) SELECT n::text, 'app.u' FROM generate_series(1, 2000) n";
        then(many, &[What::Frame, What::Everything]).await;
        let class = "INSERT INTO hallpass.classes (id, school_id) VALUES ('c', 's')";
        then(class, &[What::Key(Key::Section("c".into()))]).await;
        execute("UPDATE hallpass.directory SET pruned = 3; DELETE FROM hallpass.change_log WHERE sequence <= 3").await;
        assert_eq!(log.changes(0).await.unwrap().unwrap().pruned, 3);
        // History that was emptied ends where it was pruned, not at nothing.
        execute(&format!("DELETE FROM hallpass.change_log; UPDATE hallpass.directory SET pruned = {after}")).await;
        let empty = log.changes(after).await.unwrap().unwrap();
        assert_eq!((empty.head, empty.pruned, empty.changes.len()), (after, after, 0));
        assert_eq!(log.changes(after + 100).await.unwrap().unwrap().head, after);
        execute(&format!(
            "INSERT INTO hallpass.change_log (sequence, kind, id) SELECT {after} + n, 'user', n::text FROM generate_series(1, 10001) n"
        ))
        .await;
        let many = log.changes(after).await.unwrap().unwrap();
        assert_eq!((whats(&many), many.head), (vec![What::Frame, What::Everything], after + 10_001));
        execute("DROP TABLE hallpass.change_log CASCADE").await;
        assert!(log.changes(0).await.is_err());
        let mut log = postgres.follow().await.unwrap();
        assert_eq!(log.changes(0).await.unwrap(), None);
        execute("CREATE TABLE hallpass.change_log (sequence bigint, kind text, id text, type text)").await;
        assert!(log.changes(0).await.is_err(), "a log that appears is begun anew");
        let mut log = postgres.follow().await.unwrap();
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hallpass'").await;
        assert!(timeout(SOON, log.hint()).await.unwrap().is_err() && log.changes(0).await.is_err());
    });
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_is_given_up_ends_and_leaves_nothing_behind() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    let watch = database.another();
    database.runtime.block_on(async {
        let frame = Arc::new(postgres.frame().await.unwrap());
        let keys = [Key::Person("u".into())];
        database.client.batch_execute("BEGIN; LOCK TABLE hallpass.users").await.unwrap();
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'hallpass' AND state = 'active'";
        let active = async || -> i64 { watch.query_one(busy, &[]).await.unwrap().get(0) };
        for _ in 0..3 {
            let loads = (0..5).map(|_| timeout(Duration::from_millis(200), postgres.load(&keys, &frame)));
            let waited = futures(loads).await;
            assert!(waited.iter().all(|load| load.as_ref().is_none_or(Result::is_err)), "{waited:?}");
            let count = active().await;
            assert!(count <= 2, "{count}");
        }
        // The server was told: nobody waits for the lock any more.
        // Asked outside the transaction, which would see one state of it for ever.
        timeout(SOON, async { while active().await > 0 {} }).await.unwrap();
        database.client.batch_execute("COMMIT").await.unwrap();
        assert!(timeout(SOON, postgres.load(&keys, &frame)).await.unwrap().is_ok());
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'hallpass'";
        database.client.batch_execute(cut).await.unwrap();
        // One that is cut may be noticed by its first use; then it is replaced.
        timeout(SOON, async { while postgres.load(&keys, &frame).await.is_err() {} }).await.unwrap();
    });
}

/// All of them at once.
async fn futures<T, E>(all: impl Iterator<Item = impl Future<Output = Result<T, E>>>) -> Vec<Option<T>> {
    let mut waiting: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, done) in waiting.iter_mut().filter(|(_, done)| done.is_none()) {
            match future.as_mut().poll(context) {
                std::task::Poll::Ready(result) => *done = Some(result.ok()),
                std::task::Poll::Pending => ready = false,
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().map(|(_, done)| done.flatten()).collect()
}
