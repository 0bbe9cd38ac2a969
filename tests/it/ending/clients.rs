//! Many clients that ask over HTTP/2, one question after the other, until they are told to leave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use h2::Reason;
use h2::client::SendRequest;
use hyper::Request;
use prost::bytes::Bytes;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::attacks::frames::message;
use crate::listen::check;

/// What became of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Answers.
    pub(super) answered: usize,
    /// Questions that came too late: the server says that it has not looked at them, so that they can be asked elsewhere.
    pub(super) too_late: usize,
    /// Questions that were sent and got no answer.
    pub(super) failed: Vec<String>,
}

/// Clients that ask until told to leave.
pub(super) struct Clients {
    tasks: JoinSet<Told>,
    answered: Arc<AtomicUsize>,
}

impl Clients {
    /// So many connect.
    pub(super) async fn connect(server: SocketAddr, many: usize) -> Self {
        let (mut tasks, answered) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..many {
            let socket = TcpStream::connect(server).await.unwrap();
            let (client, connection) = h2::client::handshake(socket).await.unwrap();
            let counted = Arc::clone(&answered);
            tasks.spawn(async move {
                let mut driver = JoinSet::new();
                driver.spawn(connection);
                life(client, &counted).await
            });
        }
        Self { tasks, answered }
    }

    /// Waits until they have had so many answers more, all together.
    pub(super) async fn more(&self, answers: usize) {
        let before = self.answered.load(Ordering::Relaxed);
        while self.answered.load(Ordering::Relaxed) < before + answers {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until all of them have left.
    pub(super) async fn left(mut self) -> Told {
        let mut all = Told::default();
        while let Some(told) = self.tasks.join_next().await {
            let Told { answered, too_late, failed } = told.unwrap();
            all.answered += answered;
            all.too_late += too_late;
            all.failed.extend(failed);
        }
        all
    }
}

/// Asks until the connection takes no more questions.
async fn life(mut client: SendRequest<Bytes>, counted: &AtomicUsize) -> Told {
    let (mut told, question) = (Told::default(), Bytes::from(message(&check())));
    loop {
        client = match client.ready().await {
            Ok(client) => client,
            Err(_told_to_leave) => return told,
        };
        let request = Request::post("http://localhost/hallpass.v1.Hallpass/Check");
        let request = request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
        let Ok((answer, mut sending)) = client.send_request(request, false) else { return told };
        let asked = async {
            sending.send_data(question.clone(), true)?;
            let mut body = answer.await?.into_body();
            while let Some(data) = body.data().await {
                let data = data?;
                body.flow_control().release_capacity(data.len())?;
            }
            body.trailers().await
        };
        match asked.await {
            Ok(Some(trailers)) if trailers["grpc-status"] == "0" => {
                told.answered += 1;
                counted.fetch_add(1, Ordering::Relaxed);
            }
            Ok(trailers) => told.failed.push(format!("{trailers:?}")),
            // Its number is beyond the last that the server took.
            Err(error) if error.is_go_away() && error.is_remote() && error.reason() == Some(Reason::NO_ERROR) => {
                told.too_late += 1;
            }
            Err(error) => told.failed.push(format!("{error:?}")),
        }
        if !told.failed.is_empty() || told.too_late > 0 {
            return told;
        }
    }
}
