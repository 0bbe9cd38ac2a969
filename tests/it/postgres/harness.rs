//! The proxy and the server of these tests do what they are told: without that, they would prove nothing.

use std::time::Duration;

use tokio_postgres::{Client, Config, Error, NoTls};

use super::proxy::{Proxy, announced, message};
use super::server::Postgres;
use crate::running::runtime;

/// Long enough for whatever is to come; what is never to come is waited for so long.
const SILENCE: Duration = Duration::from_millis(300);

async fn connect(proxy: &Proxy) -> Result<Client, Error> {
    let (client, connection) = proxy.url().parse::<Config>().unwrap().connect(NoTls).await?;
    tokio::task::spawn_local(connection);
    Ok(client)
}

async fn one(client: &Client) -> Result<i32, Error> {
    client.query_one("SELECT 4711", &[]).await?.try_get(0)
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_proxy_does_what_it_is_told() {
    let postgres = Postgres::start();
    let proxy = Proxy::before(postgres.socket());
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime(), async {
        let client = connect(&proxy).await.unwrap();
        assert_eq!(one(&client).await.unwrap(), 4711);
        let whole = proxy.look(|connections| connections[0].answered);

        client.batch_execute("LISTEN hallpass").await.unwrap();
        assert_eq!(proxy.hush(|connection| connection.listens), 1);
        assert!(tokio::time::timeout(SILENCE, one(&client)).await.is_err(), "a silent connection answers");
        let other = connect(&proxy).await.unwrap();
        assert_eq!(one(&other).await.unwrap(), 4711);
        proxy.clear();
        assert_eq!(one(&client).await.unwrap(), 4711);
        assert_eq!(proxy.cut(|connection| connection.listens), 1);
        assert!(one(&client).await.is_err() && one(&other).await.is_ok());

        proxy.weather(|weather| weather.hold = Some(b"needle".to_vec()));
        let held = tokio::time::timeout(SILENCE, other.query("SELECT $1", &[&"a needle"])).await;
        assert!(held.is_err());
        proxy.until("a held connection", |connections| connections.iter().any(|connection| connection.held));
        proxy.clear();

        proxy.refuse();
        assert!(connect(&proxy).await.is_err());
        proxy.admit();
        assert!(connect(&proxy).await.is_ok());

        for after in (0..whole).step_by(7) {
            proxy.weather(|weather| weather.cut_after = Some(after));
            let asked = async { one(&connect(&proxy).await?).await };
            assert!(asked.await.is_err(), "cut after {after} of {whole}");
        }
        proxy.clear();
        // What an announced length is followed by decides how long such a stream is listened to.
        proxy.weather(|weather| weather.garbage_after = Some((20, 7)));
        let asked = async { one(&connect(&proxy).await?).await };
        assert!(!matches!(tokio::time::timeout(SILENCE, asked).await, Ok(Ok(_))));
        proxy.clear();

        proxy.weather(|weather| {
            weather.tamper = Some(std::sync::Arc::new(|tag, body| match tag {
                b'D' => message(b'D', &[0, 1, 0, 0, 0, 4, 0, 0, 0, 9]),
                _ => announced(tag, body.len() + 4, body),
            }));
        });
        assert_eq!(one(&connect(&proxy).await.unwrap()).await.unwrap(), 9);
    });
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_server_dies_and_comes_back_with_its_rows() {
    let postgres = Postgres::start();
    let sql = postgres.sql();
    sql.run("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (1)");
    postgres.kill();
    assert!(sql.try_run("SELECT 1").is_err());
    postgres.begin();
    assert_eq!(postgres.sql().one::<i32>("SELECT n FROM kept"), 1);
    postgres.stop();
    postgres.begin();
    let other = postgres.copy();
    assert_eq!(other.sql().one::<i32>("SELECT n FROM kept"), 1);
    assert_eq!(postgres.sql().one::<i32>("SELECT n FROM kept"), 1);
}
