//! Connection strings: what is refused and why, what is safe by default, and that no password shows.

use std::time::Duration;

use hallpass::directory::postgres::connect::{Session, Target, connect};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::own::{Database, SESSION};
use crate::support::write;

const SECRET: &str = "s3cr3t";

#[test]
fn a_string_that_cannot_be_used_says_why_and_keeps_the_password() {
    let cases = [
        ("host=db user=hallpass password=s3cr3t", "a database is named by `postgres://user@host/database`"),
        ("mysql://hallpass:s3cr3t@db/hallpass", "a database is named by"),
        ("postgres://hallpass:s3cr3t@more@db/hallpass", "it has more than one `@`"),
        ("postgres://hallpass:s3cr3t@/hallpass", "it names no host"),
        ("postgres://hallpass:s3cr3t@db,,other/hallpass", "it names no host"),
        ("postgres://hallpass:s3cr3t@db/hallpass?host=other", "it names a host or port in two places"),
        ("postgres://hallpass:s3cr3t@db:high/hallpass", "invalid value for option `port`"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslmode=prefer", "whoever sits in between can turn TLS off"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslmode=allow", "`sslmode=allow` is refused"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslmode=verify-ca", "`sslmode=verify-ca` is not known"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslmode=disable&sslmode=require", "`sslmode` twice"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslrootcert=ca.pem&sslmode=require", "checks no certificate"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslrootcert=/nowhere/a%20b.pem", "`/nowhere/a b.pem`"),
        ("postgres://hallpass:s3cr3t@db/hallpass?ssl=true", "the parameter `ssl`, which is not known"),
        ("postgres://hallpass:s3cr3t@db/hallpass?sslmode", "has no value"),
    ];
    for (url, why) in cases {
        let refused = Target::new(url, None).unwrap_err().to_string();
        assert!(refused.contains(why), "{url}: {refused}");
        assert!(!refused.contains(SECRET), "{refused}");
    }
}

#[test]
fn a_password_shows_nowhere() {
    for (url, password) in [("postgres://u:s3cr3t@localhost/d", None), ("postgres://u@localhost/d", Some(SECRET))] {
        let target = Target::new(url, password).unwrap();
        assert!(!format!("{target:?}").contains(SECRET));
    }
}

/// The first bytes that a server gets say whether TLS is asked for, and in plain text as whom.
async fn first_bytes(host: &str, mode: &str) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Target::new(&format!("postgres://u:s3cr3t@{host}:{port}/d{mode}"), None).unwrap();
    let first = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 64];
        let count = stream.read(&mut bytes).await.unwrap();
        bytes.truncate(count);
        bytes
    };
    tokio::select! {
        bytes = first => bytes,
        ended = connect(&target, SESSION) => panic!("{:?}", ended.map(drop)),
    }
}

#[tokio::test]
async fn nothing_goes_out_in_plain_text_unless_it_says_so() {
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let cases = [
        ("127.0.0.1", "", false),
        ("localhost", "", false),
        ("[::ffff:127.0.0.1]", "", false),
        ("127.0.0.1", "?sslmode=require", true),
        ("127.0.0.1", "?sslmode=verify-full", true),
        // It leads to this machine, but its name doesn't say so.
        ("0.0.0.0", "", true),
        ("0.0.0.0", "?sslmode=require", true),
        ("0.0.0.0", "?sslmode=disable", false),
    ];
    for (host, mode, protected) in cases {
        let bytes = first_bytes(host, mode).await;
        assert_eq!(bytes == REQUEST, protected, "{host}{mode}: {bytes:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_takes_its_time_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = Target::new(&format!("postgres://u:s3cr3t@127.0.0.1:{port},127.0.0.1:{port}/d"), None).unwrap();
    let session = Session { connect_timeout: Duration::from_millis(60), ..SESSION };
    let refused = connect(&target, session).await.map(drop).unwrap_err().to_string();
    let why = "the database can't be reached: host 1: no answer within 30ms; host 2: no answer within 30ms";
    assert_eq!(refused, why);
}

#[test]
fn authorities_are_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let url = format!("postgres://u@db.example/d?sslrootcert={}", file.display());
    write(&file, crate::pki::Authority::new().pem);
    assert!(Target::new(&url, None).is_ok());
    write(&file, "no certificate");
    let refused = Target::new(&url, None).unwrap_err().to_string();
    assert!(refused.ends_with("holds no certificate"), "{refused}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_session_is_set_up_as_asked() {
    let database = Database::empty();
    let target = Target::new(&database.url(), None).unwrap();
    let session = Session { statement_timeout: Some(Duration::from_millis(700)), read_only: true, ..SESSION };
    let runtime = crate::running::runtime();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (client, wire) = connect(&target, session).await.unwrap();
        tokio::task::spawn_local(wire);
        let shown = "SELECT concat_ws(' ', current_setting('application_name'), current_setting('statement_timeout'),
                     current_setting('default_transaction_read_only'), current_setting('search_path'))";
        let shown: String = client.query_one(shown, &[]).await.unwrap().get(0);
        assert_eq!(shown, "hallpass test 700ms on pg_catalog");
    });
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_that_takes_no_writes_is_passed_over() {
    let database = Database::empty();
    let sql = database.sql();
    let name: String = sql.one("SELECT current_database()::text");
    sql.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let runtime = crate::running::runtime();
    let reach = |url: &str| runtime.block_on(connect(&Target::new(url, None).unwrap(), SESSION)).map(drop);
    assert!(reach(&database.url()).is_err());
    assert!(reach(&format!("{}?target_session_attrs=any", database.url())).is_ok());
}
