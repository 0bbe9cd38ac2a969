//! A thousand revocations while everybody asks: how soon each counted, printed, and judged by the promise alone. Ten
//! thousand are measured by `benches/directory.rs`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hallpass::grpc::proto::hallpass as wire;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use super::{District, PATIENCE, bound};
use crate::chance::Chance;

/// Revocations.
const TIMES: usize = 1_000;
/// Who revokes at once, each from people of their own.
const WRITERS: usize = 4;
/// People of each.
const PEOPLE: usize = 100;
/// Who asks all the time.
const ASKERS: usize = 2;

/// The question of these tests, over gRPC.
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

/// Whether it is allowed; `None` where there is no decision.
async fn allowed(client: &mut HallpassClient<Channel>, who: &str) -> Option<bool> {
    match client.check(question(who)).await {
        Ok(answer) => Some(answer.into_inner().allow),
        Err(status) if status.code() == Code::Unavailable => None,
        Err(status) => panic!("{status}"),
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_thousand_revocations_under_load() {
    let district = District::new(WRITERS * PEOPLE);
    let sidecar = district.sidecar(&[]);
    let address = format!("http://{}", sidecar.grpc);
    let socket = district.postgres.address();
    let (over, asked, undecided) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let mut waits = std::thread::scope(|scope| {
        for number in 0..ASKERS {
            let (address, over, asked, undecided) = (&address, &over, &asked, &undecided);
            scope.spawn(move || ask_all_the_time(number, address, over, asked, undecided));
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (address, socket) = (&address, &socket);
                scope.spawn(move || revoke_again_and_again(writer, address, socket))
            })
            .collect();
        let waits: Vec<Duration> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        over.store(true, Ordering::Relaxed);
        waits
    });
    waits.sort();
    let at = |share: usize| waits[(waits.len() * share / 1000).min(waits.len() - 1)];
    println!(
        "{} revocations in {:.0?} beside {} questions ({} undecided): p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}",
        waits.len(),
        began.elapsed(),
        asked.into_inner(),
        undecided.into_inner(),
        at(500),
        at(990),
        at(999),
        at(1000)
    );
    assert!(at(1000) < bound() * PATIENCE);
}

fn ask_all_the_time(number: usize, address: &str, over: &AtomicBool, asked: &AtomicU64, undecided: &AtomicU64) {
    let mut chance = Chance::new(number as u64);
    crate::running::runtime().block_on(async {
        let mut client = connect(address);
        while !over.load(Ordering::Relaxed) {
            let who = format!("u.{}", chance.below(WRITERS * PEOPLE));
            let decided = allowed(&mut client, &who).await;
            asked.fetch_add(1, Ordering::Relaxed);
            undecided.fetch_add(u64::from(decided.is_none()), Ordering::Relaxed);
        }
    });
}

/// How long each revocation took to count, from its commit to the first answer without it.
fn revoke_again_and_again(writer: usize, address: &str, socket: &str) -> Vec<Duration> {
    let people: Vec<String> = (0..PEOPLE).map(|person| format!("u.{}", writer * PEOPLE + person)).collect();
    let mut waits = Vec::with_capacity(TIMES / WRITERS);
    crate::running::runtime().block_on(async {
        let (database, connection) = tokio_postgres::connect(socket, tokio_postgres::NoTls).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let set = "UPDATE hallpass.role_assignments SET deleted = $2 WHERE user_id = ANY ($1)";
        let (mut client, set) = (connect(address), database.prepare(set).await.unwrap());
        while waits.len() < TIMES / WRITERS {
            for who in &people {
                until(&mut client, who, true).await;
                database.execute(&set, &[&[who].as_slice(), &true]).await.unwrap();
                waits.push(until(&mut client, who, false).await);
                assert_ne!(allowed(&mut client, who).await, Some(true), "{who} has it back");
            }
            database.execute(&set, &[&people, &false]).await.unwrap();
        }
    });
    waits
}

/// How long it takes until somebody is allowed, or isn't any more.
async fn until(client: &mut HallpassClient<Channel>, who: &str, wanted: bool) -> Duration {
    let began = Instant::now();
    while allowed(client, who).await != Some(wanted) {
        assert!(began.elapsed() < bound() * PATIENCE, "{who} is not {wanted} yet");
    }
    began.elapsed()
}

fn connect(address: &str) -> HallpassClient<Channel> {
    HallpassClient::new(Endpoint::from_shared(address.to_owned()).unwrap().connect_lazy())
}
