//! What a process makes of signals.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::clients::Clients;
use crate::attacks::frames::{SETTINGS, frame, hello, received};
use crate::process::{Process, allow_descriptors};
use crate::running::{exchange, runtime};
use crate::support::{copy, edit, path};

/// Clients under way when the end is asked for.
const MANY: usize = 1_000;
/// A machine that is busy may take this much longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that hears that it should leave, and doesn't.
pub(crate) fn deaf(server: &Process) -> TcpStream {
    let mut stream = TcpStream::connect(server.grpc).unwrap();
    stream.write_all(&hello(&[])).unwrap();
    while received(&mut stream).0 != [SETTINGS, 1] {}
    stream.write_all(&frame(SETTINGS, 1, 0, b"")).unwrap();
    stream
}

#[test]
fn under_load_no_request_fails_and_the_end_comes_in_time() {
    allow_descriptors(std::process::id(), 4 * MANY);
    let drain = Duration::from_secs(3);
    let mut server = Process::start(&["--drain-seconds", "3", "--log", "warn"]);
    server.allow_descriptors(4 * MANY);
    let _silent = [server.grpc, server.http].map(|addr| TcpStream::connect(addr).unwrap());
    let _deaf = deaf(&server);
    let (told, took) = runtime().block_on(async {
        let clients = Clients::connect(server.grpc, MANY).await;
        clients.more(5 * MANY).await;
        server.signal("TERM");
        let began = Instant::now();
        (clients.left().await, began)
    });
    assert_eq!(server.ended(), Some(0), "{}", server.log());
    let took = took.elapsed();
    assert!(took < drain + PATIENCE, "{took:?}");
    assert!(told.failed.is_empty(), "{} of {} failed: {:?}", told.failed.len(), told.answered, told.failed[0]);
    let (answered, too_late) = (told.answered, told.too_late);
    println!("{answered} answers, {too_late} came too late, none failed; ended {took:?} after it was told to");
    assert!(server.log().contains("1 connections were cut off"), "{}", server.log());
}

/// Health says so first; until the delay is over, whoever comes is served.
#[test]
fn for_as_long_as_the_delay_it_goes_on_accepting() {
    let mut server = Process::start(&["--drain-delay-seconds", "2"]);
    runtime().block_on(async {
        let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", server.grpc)).unwrap();
        let mut health = HealthClient::new(channel.connect().await.unwrap());
        let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        server.signal("TERM");
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        let fresh = TcpStream::connect(server.http).unwrap();
        assert_eq!(exchange(fresh, "GET", "/", &[], b"").unwrap().status, 404);
        let liveness = HealthCheckRequest { service: "liveness".to_owned() };
        assert_eq!(health.check(liveness).await.unwrap().into_inner().status(), ServingStatus::Serving);
    });
    assert_eq!(server.ended(), Some(0));
    assert!(TcpStream::connect(server.http).is_err());
}

#[test]
fn told_twice_it_ends_at_once() {
    for second in ["TERM", "INT"] {
        let mut server = Process::start(&["--drain-seconds", "3600", "--drain-delay-seconds", "3600"]);
        let mut deaf = deaf(&server);
        server.signal("TERM");
        while server.health("") == Some(ServingStatus::Serving) {}
        server.signal(second);
        assert_eq!(server.ended(), Some(1), "{second}");
        assert!(server.log().contains("told to end again"), "{}", server.log());
        _ = deaf.read(&mut [0; 64]);
    }
}

#[test]
fn told_to_hang_up_it_reads_the_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    copy(&path("policies"), &policies);
    let flags = ["--policies", policies.to_str().unwrap(), "--poll-seconds", "3600", "--log", "info"];
    let mut server = Process::start(&flags);
    server.signal("HUP");
    server.until_logged("told to read the files again");
    edit(&policies.join("misis/teacher.yaml"), "title: Teacher", "title: A teacher");
    server.signal("HUP");
    server.until_logged("files reloaded");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
}
