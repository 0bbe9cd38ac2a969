//! A request that panics: it is told so, whichever edge it came by, nobody gets in, and the server serves on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use hallpass::directory::remote::clock::{Boot, Clock, Sleep};
use hallpass::directory::remote::{Remote, Settings};
use hallpass::grpc::proto::hallpass as hp;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::edges::{self, ROUTES};
use crate::envoy::snapshot;
use crate::kept::Kept;
use crate::listen::{EVALUATION, question};
use crate::running::{Server, runtime, settings};
use crate::twin::{held, without_roster};

/// A clock that fails whoever asks it for the time, but for the thread that follows the directory.
#[derive(Debug, Default)]
struct Fragile {
    fails: AtomicBool,
    follower: OnceLock<ThreadId>,
}

/// The clock, by a handle of its own.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<Fragile>);

impl Clock for Shared {
    fn now(&self) -> Duration {
        let fails = self.0.fails.load(Ordering::Relaxed) && self.0.follower.get() != Some(&thread::current().id());
        assert!(!fails, "told to panic");
        Boot.now()
    }

    fn sleep(&self, span: Duration) -> Sleep {
        Boot.sleep(span)
    }
}

/// A server whose directory's clock is this one.
fn server(clock: &Shared) -> Server {
    let snapshot = snapshot(&[ROUTES]);
    let (remote, engine) = Remote::new(held(&snapshot), Settings::default(), Arc::new(clock.clone()));
    let follower = clock.clone();
    // Ends with the test's process.
    thread::spawn(move || {
        follower.0.follower.set(thread::current().id()).unwrap();
        runtime().block_on(engine.run())
    });
    let mut frames = remote.frame_changes();
    runtime().block_on(async { _ = frames.wait_for(Option::is_some).await.unwrap() });
    let pdp = Arc::new(Pdp::remote(without_roster(snapshot), Limits::default(), remote));
    Server::over(&settings(), pdp, None)
}

#[test]
fn a_request_that_panics_fails_alone_on_every_edge() {
    let clock = Shared::default();
    let server = server(&clock);
    let mut kept = Kept::connect(server.http);
    let body = question().to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let well = edges::all(&server, None).await;
        clock.0.fails.store(true, Ordering::Relaxed);
        let broken = r#"500: {"error":{"message":"an internal error: nothing was decided","status":500}}"#;
        for (edge, told) in edges::all(&server, None).await {
            assert!(told == "Internal" || told == broken, "{edge}: {told}");
        }
        // The same connection goes on.
        let answer = tokio::task::block_in_place(|| kept.post_text(EVALUATION, &body));
        assert!(answer.contains("an internal error"), "{answer}");
        clock.0.fails.store(false, Ordering::Relaxed);
        let answer = tokio::task::block_in_place(|| kept.post_text(EVALUATION, &body));
        assert_eq!(answer, r#"{"decision":true}"#);
        assert_eq!(edges::all(&server, None).await, well);
    });
    server.end().unwrap();
}

/// A stream ends with the question that panics; what was answered before counts, and other streams go on.
#[test]
fn a_stream_that_panics_ends_alone() {
    let clock = Shared::default();
    let server = server(&clock);
    runtime().block_on(async {
        let mut client = server.hallpass();
        let open = || tokio::sync::mpsc::channel::<hp::CheckStreamRequest>(1);
        let ((asks, asked), (asks_other, asked_other)) = (open(), open());
        let mut answers = client.check_stream(ReceiverStream::new(asked)).await.unwrap().into_inner();
        let mut others = client.check_stream(ReceiverStream::new(asked_other)).await.unwrap().into_inner();
        let question = |id| hp::CheckStreamRequest { id, check: Some(edges::check("t.rivera", "s.0142")) };
        asks.send(question(1)).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap().id, 1);
        clock.0.fails.store(true, Ordering::Relaxed);
        asks.send(question(2)).await.unwrap();
        assert_eq!(answers.message().await.unwrap_err().code(), Code::Internal);
        clock.0.fails.store(false, Ordering::Relaxed);
        asks_other.send(question(3)).await.unwrap();
        assert_eq!(others.message().await.unwrap().unwrap().id, 3);
    });
    server.end().unwrap();
}
