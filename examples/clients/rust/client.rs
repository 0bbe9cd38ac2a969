//! A client to copy from: one question, many at once, a stream of them; a deadline for each, another try where the server
//! is away, and no as the answer to everything that goes wrong.
//!
//! ```sh
//! cargo run --example client -- 127.0.0.1:50051
//! cargo run --example client -- unix:///run/hallpass/hallpass.sock
//! ```
//!
//! The messages are this crate's. An application has its own from `proto/` by `tonic-prost-build`, and needs only `tonic`,
//! `tonic-prost`, `prost` and `prost-types` beside it.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "an example that tells")]

use std::time::Duration;

use hallpass::grpc::proto::hallpass as wire;
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Code, Status};
use wire::batch_check_item::Result as Item;
use wire::check_stream_response::Result as Answer;
use wire::hallpass_client::HallpassClient;

/// How long an answer is waited for, all tries together; and the pause between tries.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(20);

/// Asks a server. Cheap to clone; clones share a connection.
#[derive(Clone, Debug)]
pub struct Hallpass(HallpassClient<Channel>);

impl Hallpass {
    /// Connects with the first question to `host:port`, or to `unix:///path` of the server's socket.
    pub fn new(target: &str) -> Result<Self, Error> {
        let uri = if target.starts_with("unix:") { target.to_owned() } else { format!("http://{target}") };
        Ok(Self(HallpassClient::new(Endpoint::from_shared(uri)?.connect_lazy())))
    }

    /// Whether it is allowed.
    pub async fn may(&self, question: wire::CheckRequest) -> bool {
        let answer = patiently(async || self.0.clone().check(question.clone()).await).await;
        answer.inspect_err(told).is_ok_and(|answer| answer.into_inner().allow)
    }

    /// The same for many at one moment, in their order. A malformed one is not allowed, the others are decided.
    pub async fn may_each(&self, questions: Vec<wire::CheckRequest>) -> Vec<bool> {
        let (count, request) = (questions.len(), wire::BatchCheckRequest { checks: questions });
        match patiently(async || self.0.clone().batch_check(request.clone()).await).await.inspect_err(told) {
            Ok(answer) => answer.into_inner().items.into_iter().map(|item| is_allow(item.result)).collect(),
            Err(_) => vec![false; count],
        }
    }

    /// The same for more than fit into a batch. What a server that shuts down leaves open is asked anew, once.
    pub async fn stream(&self, questions: &[wire::CheckRequest]) -> Vec<bool> {
        let mut allowed = Vec::with_capacity(questions.len());
        for _ in 0..2 {
            let asking = timeout(10 * PATIENCE, self.ask(questions, &mut allowed)).await;
            match asking.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time"))).inspect_err(told) {
                Err(status) if status.code() == Code::Unavailable => {}
                Ok(()) | Err(_) => break,
            }
        }
        allowed.resize(questions.len(), false);
        allowed
    }

    /// Asks what has no answer. The transport writes while answers are read, and stops where the server does.
    async fn ask(&self, questions: &[wire::CheckRequest], allowed: &mut Vec<bool>) -> Result<(), Status> {
        let rest: Vec<_> = questions.iter().skip(allowed.len()).cloned().collect();
        let asked = (0..).zip(rest).map(|(id, check)| wire::CheckStreamRequest { id, check: Some(check) });
        let mut answers = self.0.clone().check_stream(tokio_stream::iter(asked)).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            allowed.push(matches!(answer.result, Some(Answer::Response(response)) if response.allow));
        }
        Ok(())
    }
}

fn is_allow(result: Option<Item>) -> bool {
    matches!(result, Some(Item::Response(response)) if response.allow)
}

/// Asks until there is an answer, or for as long as patience lasts. A check changes nothing, so it may be asked again.
async fn patiently<T>(ask: impl AsyncFn() -> Result<T, Status>) -> Result<T, Status> {
    let asking = async {
        loop {
            match ask().await {
                Err(status) if status.code() == Code::Unavailable => sleep(PAUSE).await,
                answered => return answered,
            }
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time")))
}

fn told(status: &Status) {
    eprintln!("no answer: {status}");
}

/// May this person do this to a mark of this student?
pub fn mark(who: &str, action: &str, student: &str) -> wire::CheckRequest {
    wire::CheckRequest {
        subject: Some(wire::Subject { r#type: "user".to_owned(), id: who.to_owned(), ..Default::default() }),
        action: Some(wire::Action { name: action.to_owned(), ..Default::default() }),
        resource: Some(wire::Resource {
            r#type: "misis.grades.mark".to_owned(),
            student: Some(student.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Asks all kinds of things: what came of each, on a line.
pub async fn tour(target: &str) -> Result<Vec<String>, Error> {
    let hallpass = Hallpass::new(target)?;
    let questions =
        [mark("t.rivera", "update", "s.0142"), mark("", "view", "s.0142"), mark("p.okafor", "view", "s.0142")];
    let many: Vec<_> = questions.iter().cycle().take(3_000).cloned().collect();
    // Nobody answers at this port, so it is no.
    let nobody = Hallpass::new("127.0.0.1:1")?;
    Ok(vec![
        format!("check  {}", hallpass.may(mark("t.rivera", "update", "s.0142")).await),
        format!("check  {}", hallpass.may(mark("t.rivera", "update", "s.0999")).await),
        format!("batch  {:?}", hallpass.may_each(questions.to_vec()).await),
        format!("stream {:?}", hallpass.stream(&questions).await),
        format!("stream {} of 3000", hallpass.stream(&many).await.into_iter().filter(|allowed| *allowed).count()),
        format!("away   {}", nobody.may(mark("t.rivera", "update", "s.0142")).await),
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = std::env::args().nth(1).ok_or("name a server: host:port, or unix:///path")?;
    for line in tour(&target).await? {
        println!("{line}");
    }
    Ok(())
}
