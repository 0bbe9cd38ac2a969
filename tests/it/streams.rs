//! `CheckStream`: answers in order, each for itself; a peer who doesn't read, leaves, or is there when the server ends.
//! Nothing is timed.

mod raw;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hallpass::grpc::proto::hallpass::hallpass_server::Hallpass as _;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hp::check_stream_response::Result as Item;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status, Streaming};

use crate::running::{Server, runtime, settings, snapshot};
use crate::swap::{PROBES, Pair, SUBJECT, Side, generation, kind};

/// May a teacher do this to a mark of one of her students?
fn check(subject: &str, student: &str) -> hp::CheckRequest {
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: subject.into(), properties: None }),
        action: Some(hp::Action { name: "update".into(), properties: None }),
        resource: Some(hp::Resource {
            r#type: "misis.grades.mark".into(),
            student: Some(student.into()),
            ..Default::default()
        }),
        context: None,
    }
}

pub(crate) fn own(id: u64) -> hp::CheckStreamRequest {
    hp::CheckStreamRequest { id, check: Some(check("t.rivera", "s.0142")) }
}

/// Opens a stream on a connection of its own.
pub(crate) async fn open<S>(server: &Server, questions: S) -> Streaming<hp::CheckStreamResponse>
where
    S: Stream<Item = hp::CheckStreamRequest> + Send + 'static,
{
    server.hallpass().check_stream(questions).await.unwrap().into_inner()
}

/// An id, and the reason or what is wrong.
pub(crate) type Told<'a> = (u64, Result<&'a str, &'a str>);

pub(crate) fn told(answer: &hp::CheckStreamResponse) -> Told<'_> {
    match answer.result.as_ref().unwrap() {
        Item::Response(response) => (answer.id, Ok(&response.reason)),
        Item::Error(error) => (answer.id, Err(&error.message)),
    }
}

/// Good and bad questions: what each is answered.
fn mixed() -> (Vec<hp::CheckStreamRequest>, Vec<Told<'static>>) {
    let ask = |id, check| hp::CheckStreamRequest { id, check };
    let mut nobodys = check("", "s.0142");
    nobodys.subject = None;
    let cases = [
        (own(7), Ok("granted")),
        (ask(u64::MAX, Some(check("t.rivera", "s.0999"))), Ok("scope_mismatch")),
        (ask(7, None), Err("`check` is required")),
        (ask(0, Some(nobodys)), Err("`subject` is required")),
        (hp::CheckStreamRequest::default(), Err("`check` is required")),
        (ask(3, Some(check("nobody", "s.0142"))), Ok("unknown_subject")),
        (ask(2, Some(check("", "s.0142"))), Err("`subject.id` is required")),
        (own(1), Ok("granted")),
    ];
    cases.into_iter().map(|(asked, said)| (asked.clone(), (asked.id, said))).unzip()
}

#[test]
fn answers_come_in_order_and_a_bad_question_answers_for_itself() {
    let server = Server::start();
    let (asked, expected) = mixed();
    runtime().block_on(async {
        let answers: Vec<_> = open(&server, tokio_stream::iter(asked.clone())).await.collect().await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().map(told).collect::<Vec<_>>(), expected);
        for (asked, answer) in asked.into_iter().zip(&answers) {
            if let Some(Item::Response(response)) = &answer.result {
                let single = server.hallpass().check(asked.check.unwrap()).await.unwrap().into_inner();
                assert_eq!(*response, single);
            }
        }
        let none: Vec<_> = open(&server, tokio_stream::empty()).await.collect().await;
        assert!(none.is_empty());
        let status = server.hallpass().check_stream(named(tokio_stream::empty())).await.unwrap();
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "r-1");
    });
}

fn named<S>(questions: S) -> Request<S> {
    let mut request = Request::new(questions);
    request.metadata_mut().insert("x-request-id", "r-1".parse().unwrap());
    request
}

/// Served by somebody else's transport, the service answers the same.
#[test]
fn the_service_by_itself_answers_the_same() {
    let (asked, expected) = mixed();
    let pdp = Arc::new(Pdp::new(snapshot(), Limits::default()));
    let service = hallpass::grpc::Service::new(pdp, None, None);
    runtime().block_on(async {
        let questions = raw::streaming(&asked);
        let answers: Vec<_> = service.check_stream(Request::new(questions)).await.unwrap().into_inner().collect().await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().map(told).collect::<Vec<_>>(), expected);
    });
}

#[test]
fn each_question_is_answered_without_waiting_for_the_next_and_a_stream_lasts() {
    let server = Server::start();
    runtime().block_on(async {
        let (ask, asked) = mpsc::channel(1);
        let mut answers = open(&server, ReceiverStream::new(asked)).await;
        for id in 0..200 {
            ask.send(own(id)).await.unwrap();
            assert_eq!(told(&answers.message().await.unwrap().unwrap()), (id, Ok("granted")));
        }
        drop(ask);
        assert_eq!(answers.message().await.unwrap(), None);
    });
}

/// Questions of the test of a peer who doesn't read.
const MANY: usize = 100_000;
/// Those that may be on their way: what fits into the windows and buffers of both sides, and some.
const ON_THE_WAY: usize = 10_000;

#[test]
fn a_peer_who_does_not_read_is_not_read_from() {
    let mut settings = settings();
    settings.workers = NonZeroUsize::new(1);
    let server = Server::with(&settings);
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let questions = tokio_stream::iter(0..MANY as u64).map(move |id| {
        counted.fetch_add(1, Ordering::Relaxed);
        own(id)
    });
    runtime().block_on(async {
        // A client that, unread, takes no more answers than it has to.
        let narrow =
            Endpoint::from_shared(format!("http://{}", server.grpc)).unwrap().initial_stream_window_size(65_535);
        let mut client = HallpassClient::new(narrow.connect_lazy());
        let mut answers = client.check_stream(questions).await.unwrap().into_inner();
        let mut other = server.hallpass();
        // The one worker serves both connections in turn: while these are answered, so is the stream, if it can be.
        let mut before = usize::MAX;
        while before != taken.load(Ordering::Relaxed) {
            before = taken.load(Ordering::Relaxed);
            for _ in 0..50 {
                other.check(check("t.rivera", "s.0142")).await.unwrap();
            }
        }
        assert!(before < ON_THE_WAY, "{before} questions were taken though no answer was read");
        for id in 0..MANY as u64 {
            assert_eq!(told(&answers.message().await.unwrap().unwrap()), (id, Ok("granted")));
        }
        assert_eq!(answers.message().await.unwrap(), None);
        println!("{before} of {MANY} questions taken before an answer was read");
    });
}

#[test]
fn a_server_that_ends_answers_what_it_has_read_and_lets_go() {
    let mut settings = settings();
    settings.drain = Duration::from_secs(120);
    let mut server = Server::with(&settings);
    let began = Instant::now();
    let runtime = runtime();
    let (ask, asked) = mpsc::channel(64);
    let mut answers = runtime.block_on(open(&server, ReceiverStream::new(asked)));
    let idle = runtime.block_on(open(&server, tokio_stream::pending()));
    let status = runtime.block_on(async {
        for id in 0..20 {
            ask.send(own(id)).await.unwrap();
        }
        assert_eq!(told(&answers.message().await.unwrap().unwrap()), (0, Ok("granted")));
        server.ask_to_end();
        let mut next = 1;
        loop {
            match answers.message().await {
                Ok(Some(answer)) => assert_eq!(told(&answer), (next, Ok("granted"))),
                Ok(None) => panic!("the stream ended as if all had been answered"),
                Err(status) => break status,
            }
            next += 1;
        }
    });
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    let status: Status = runtime.block_on(async { idle.collect::<Vec<_>>().await }).remove(0).unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    server.end().unwrap();
    assert!(began.elapsed() < settings.drain, "the streams were waited for");
}

#[test]
fn a_stream_that_the_client_drops_is_gone() {
    let mut settings = settings();
    settings.drain = Duration::from_secs(120);
    let server = Server::with(&settings);
    let began = Instant::now();
    runtime().block_on(async {
        let (ask, asked) = mpsc::channel(1);
        let mut client = server.hallpass();
        // More than a connection has room for: each must make room for the next.
        for id in 0..300 {
            let (ask_once, asked_once) = mpsc::channel(1);
            let mut answers = client.check_stream(ReceiverStream::new(asked_once)).await.unwrap().into_inner();
            ask_once.send(own(id)).await.unwrap();
            assert_eq!(told(&answers.message().await.unwrap().unwrap()), (id, Ok("granted")));
        }
        let mut answers = client.check_stream(ReceiverStream::new(asked)).await.unwrap().into_inner();
        ask.send(own(300)).await.unwrap();
        assert_eq!(told(&answers.message().await.unwrap().unwrap()).0, 300);
    });
    server.end().unwrap();
    assert!(began.elapsed() < settings.drain);
}

/// Two policies that disagree on every probe are swapped all the while.
#[test]
fn every_answer_is_of_one_snapshot() {
    let pair = Pair::new();
    let pdp = Arc::new(Pdp::new(pair.snapshot(1), Limits::default()));
    let server = Server::over(&settings(), Arc::clone(&pdp), None);
    let probe = |id: u64| usize::try_from(id).unwrap() % PROBES;
    let questions = tokio_stream::iter(0..50_000).map(move |id| {
        let mut check = check(SUBJECT, "s.0142");
        check.action = Some(hp::Action { name: "view".into(), properties: None });
        check.resource = Some(hp::Resource { r#type: kind(probe(id)), ..Default::default() });
        hp::CheckStreamRequest { id, check: Some(check) }
    });
    runtime().block_on(async {
        let mut answers = open(&server, questions).await;
        let (mut last, mut seen) = (1, 1);
        for id in 0..50_000 {
            let answer = answers.message().await.unwrap().unwrap();
            let Some(Item::Response(response)) = answer.result else { panic!("{answer:?}") };
            let of = generation(&response.policy_revision).unwrap();
            assert!((last..=seen).contains(&of), "{of} after {last} of {seen}");
            assert_eq!(response.allow, Side::of(of).allows(probe(id)), "{id}: {response:?}");
            last = of;
            if id % 100 == 0 {
                seen += 1;
                pdp.publish(pair.snapshot(seen));
            }
        }
        assert!(last > 100, "{last} generations were seen");
    });
}
