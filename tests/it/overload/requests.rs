//! Requests over the limit of those under way, and over what a slow directory can be asked in time.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::Settings;
use hallpass::grpc::proto::hallpass as hp;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::held_source::Step;
use crate::kept::Kept;
use crate::listen::{EVALUATION, check, question};
use crate::running::{Server, exchange, runtime, settings, snapshot};
use crate::secure::until;
use crate::twin::Twin;

const JSON: (&str, &str) = ("content-type", "application/json");

/// A server of one worker that has so many requests under way at most; each waits for the directory.
fn waiting(most: usize) -> (Twin, Server) {
    let twin = Twin::of(snapshot());
    twin.held.hold(Step::Load);
    let mut settings = settings();
    settings.workers = std::num::NonZeroUsize::new(1);
    settings.bounds.requests = most;
    let server = Server::over(&settings, Arc::clone(&twin.pdp), None);
    (twin, server)
}

/// A question about a person, over HTTP; it stays.
fn ask(server: &Server, who: &str) -> std::io::Result<crate::running::Answer> {
    let mut question = question();
    question["subject"]["id"] = who.into();
    let stream = TcpStream::connect(server.http)?;
    exchange(stream, "POST", EVALUATION, &[JSON, ("x-request-id", who)], question.to_string().as_bytes())
}

#[test]
fn over_the_limit_requests_are_refused_at_once_and_health_is_not() {
    let (twin, server) = waiting(2);
    std::thread::scope(|scope| {
        let first = ["t.rivera", "t.nguyen"].map(|who| {
            let server = &server;
            scope.spawn(move || ask(server, who).unwrap())
        });
        runtime().block_on(twin.held.until(Step::Load, 2));
        // Nothing moves while the directory is held: these are answered all the same.
        let refused = ask(&server, "p.okafor").unwrap();
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused:?}");
        assert_eq!(refused.header("x-request-id"), Some("p.okafor"));
        assert_eq!(refused.body["error"]["message"], "too many requests are under way: ask again later");
        runtime().block_on(async {
            let mut request = tonic::Request::new(check());
            request.metadata_mut().insert("x-request-id", "r".parse().unwrap());
            let refused = server.hallpass().check(request).await.unwrap_err();
            assert_eq!(
                (refused.code(), refused.metadata().get("x-request-id").unwrap().as_bytes()),
                (Code::ResourceExhausted, b"r".as_slice())
            );
            HealthClient::new(server.channel()).check(HealthCheckRequest::default()).await.unwrap();
        });
        assert_eq!(server.traffic.requests_refused(), 2);
        twin.held.open(Step::Load);
        for answer in first {
            assert_eq!(answer.join().unwrap().status, 200);
        }
        assert_eq!(ask(&server, "p.okafor").unwrap().status, 200);
    });
}

/// Whoever goes away frees the place of their question: it is not worked on for nobody.
#[test]
fn what_a_client_has_left_is_dropped() {
    let (twin, server) = waiting(1);
    let runtime = runtime();
    let is_free = || {
        let asked = runtime.block_on(async { server.hallpass().status(hp::StatusRequest {}).await });
        asked.is_ok_and(|_| true)
    };
    // Over HTTP/1 by closing the connection.
    let mut leaver = TcpStream::connect(server.http).unwrap();
    let body = question().to_string();
    let head = format!("POST {EVALUATION} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n");
    std::io::Write::write_all(&mut leaver, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .unwrap();
    runtime.block_on(twin.held.until(Step::Load, 1));
    assert!(!is_free());
    drop(leaver);
    until("the place of a client over HTTP/1", is_free);
    // Over HTTP/2 by resetting the stream.
    runtime.block_on(async {
        let mut client = server.hallpass();
        let mut other = check();
        other.subject.as_mut().unwrap().id = "t.nguyen".to_owned();
        tokio::select! {
            answer = client.check(other) => panic!("{answer:?}"),
            () = twin.held.until(Step::Load, 2) => {}
        }
    });
    until("the place of a client over HTTP/2", is_free);
}

/// A look-up takes 50 ms, one at a time: most of a crowd are refused at once, the rest have answers, and once the last
/// look-up of the crowd's is done all is as before: nobody is refused any more.
#[test]
fn a_slow_directory_refuses_what_it_has_no_time_for() {
    let slow = Settings { loads: 1, load_deadline: Duration::from_millis(200), ..Settings::default() };
    let twin = Twin::told(snapshot(), slow, |held| held.world().slow = Duration::from_millis(50));
    let server = Server::over(&settings(), Arc::clone(&twin.pdp), None);
    runtime().block_on(async {
        twin.remote().frame_changes().wait_for(Option::is_some).await.unwrap();
        let client = server.hallpass();
        let ask = |who: String| {
            let (mut client, mut question) = (client.clone(), check());
            question.subject.as_mut().unwrap().id = who;
            async move { client.check(question).await.map_or_else(|status| status.code(), |_| Code::Ok) }
        };
        while ask("first".to_owned()).await != Code::Ok {}
        let mut crowd = JoinSet::new();
        (0..90).for_each(|n| _ = crowd.spawn(ask(format!("one of many {n}"))));
        let told = crowd.join_all().await;
        let count = |code| told.iter().filter(|told| **told == code).count();
        let [answered, refused, late] = [Code::Ok, Code::ResourceExhausted, Code::Unavailable].map(count);
        assert_eq!(answered + refused + late, 90, "{told:?}");
        assert!(answered >= 1 && refused >= 60, "{answered} answered, {refused} refused, {late} late");
        assert!(twin.remote().state().turned_away >= refused as u64);
        // What was asked for the crowd is still under way: who is answered behind that finds nobody waiting.
        while ask("last".to_owned()).await != Code::Ok {}
        let turned_away = twin.remote().state().turned_away;
        for n in 0..20 {
            assert_ne!(ask(format!("one by one {n}")).await, Code::ResourceExhausted);
        }
        assert_eq!(twin.remote().state().turned_away, turned_away);
    });
    let mut kept = Kept::connect(server.http);
    assert_eq!(kept.post_text(EVALUATION, &question().to_string()), r#"{"decision":true}"#);
}
