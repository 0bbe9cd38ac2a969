//! Who asks and who revokes, at an even pace, from one thread.

use std::time::{Duration, Instant};

use hallpass::grpc::proto::hallpass as wire;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::fleet::Fleet;
use crate::{MEASURED, PEOPLE, RATE};

/// What came of it.
#[derive(Default)]
pub(crate) struct Asked {
    /// How long revocations took, from the commit to the first answer of the last sidecar that knows of it; sorted.
    pub(crate) seen: Vec<Duration>,
    /// How long answers took; sorted.
    pub(crate) waits: Vec<Duration>,
    /// Questions without a decision.
    pub(crate) undecided: usize,
}

/// Asks all sidecars, each about people of its own choice, and revokes so many roles a second.
pub(crate) fn run(fleet: &Fleet, database: &str, revocations: u32) -> Asked {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut asked = Asked::default();
    runtime.block_on(async {
        let clients: Vec<_> = fleet.addresses().map(connect).collect();
        // All are asked once before anything counts.
        for client in &clients {
            while allowed(&mut client.clone(), "u.0").await.is_none() {}
        }
        let mut tasks = JoinSet::new();
        for (number, client) in clients.iter().enumerate() {
            tasks.spawn(ask(client.clone(), number));
        }
        if revocations > 0 {
            tasks.spawn(revoke(clients, database.to_owned(), revocations));
        }
        while let Some(part) = tasks.join_next().await {
            let part = part.expect("it goes well");
            asked.seen.extend(part.seen);
            asked.waits.extend(part.waits);
            asked.undecided += part.undecided;
        }
    });
    asked.seen.sort();
    asked.waits.sort();
    asked
}

fn pace(a_second: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / a_second);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    pace
}

async fn ask(mut client: HallpassClient<Channel>, number: usize) -> Asked {
    let (mut asked, mut pace, end) = (Asked::default(), pace(RATE), Instant::now() + MEASURED);
    // Steps of a size that shares nothing with the number of people reach all of them; a few are asked for much more.
    let mut at = number * 7_919;
    while Instant::now() < end {
        pace.tick().await;
        at += 7_919;
        let who = if at.is_multiple_of(10) { at % PEOPLE } else { at % (PEOPLE / 20) };
        let began = Instant::now();
        asked.undecided += usize::from(allowed(&mut client, &format!("u.{who}")).await.is_none());
        asked.waits.push(began.elapsed());
    }
    asked
}

/// Takes roles away, and waits until every sidecar knows.
async fn revoke(clients: Vec<HallpassClient<Channel>>, database: String, a_second: u32) -> Asked {
    let (sql, connection) = tokio_postgres::connect(&database, tokio_postgres::NoTls).await.expect("the database");
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (mut asked, mut pace, end) = (Asked::default(), pace(a_second), Instant::now() + MEASURED);
    let set =
        sql.prepare("UPDATE hallpass.role_assignments SET deleted = $2 WHERE user_id = $1").await.expect("a table");
    for number in 0.. {
        pace.tick().await;
        if Instant::now() > end {
            break;
        }
        // One of those who are asked for often.
        let who = format!("u.{}", number * 31 % (PEOPLE / 20));
        for client in &clients {
            while allowed(&mut client.clone(), &who).await != Some(true) {}
        }
        sql.execute(&set, &[&who, &true]).await.expect("an update");
        let committed = Instant::now();
        let mut waiting = JoinSet::new();
        for client in &clients {
            waiting.spawn(until_denied(client.clone(), who.clone()));
        }
        while waiting.join_next().await.is_some() {}
        asked.seen.push(committed.elapsed());
        sql.execute(&set, &[&who, &false]).await.expect("an update");
    }
    asked
}

async fn until_denied(mut client: HallpassClient<Channel>, who: String) {
    while allowed(&mut client, &who).await != Some(false) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Whether it is allowed; `None` where there is no decision.
async fn allowed(client: &mut HallpassClient<Channel>, who: &str) -> Option<bool> {
    match client.check(question(who)).await {
        Ok(answer) => Some(answer.into_inner().allow),
        Err(status) if status.code() == Code::Unavailable => None,
        Err(status) => panic!("{status}"),
    }
}

fn connect(address: &str) -> HallpassClient<Channel> {
    HallpassClient::new(Endpoint::from_shared(address.to_owned()).expect("an address").connect_lazy())
}

/// May they view photos of students of their school?
fn question(who: &str) -> wire::CheckRequest {
    wire::CheckRequest {
        subject: Some(wire::Subject { r#type: "user".to_owned(), id: who.to_owned(), properties: None }),
        action: Some(wire::Action { name: "view".to_owned(), properties: None }),
        resource: Some(wire::Resource {
            r#type: "misis.photo.student".to_owned(),
            school: Some(wire::AnyOf { ids: vec!["sch.fernvale".to_owned()] }),
            ..wire::Resource::default()
        }),
        context: None,
    }
}
