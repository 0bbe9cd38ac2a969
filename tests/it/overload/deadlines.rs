//! How long a client waits, as it says with its call: honoured where that is sooner than what a call may take.

use hyper::Request;
use prost::bytes::Bytes;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::attacks::frames::message;
use crate::listen::check;
use crate::running::{Server, runtime};
use crate::streams::own;

/// Calls a method with a deadline; without a message, the call waits for it.
async fn call(server: &Server, method: &str, deadline: &str, message: Option<Vec<u8>>) -> Status {
    let socket = TcpStream::connect(server.grpc).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let mut driver = JoinSet::new();
    driver.spawn(async { connection.await.unwrap_or_default() });
    let request = Request::post(format!("http://localhost/hallpass.v1.Hallpass/{method}"));
    let request = request.header("content-type", "application/grpc").header("grpc-timeout", deadline);
    let (answer, mut sending) = client.send_request(request.body(()).unwrap(), false).unwrap();
    if let Some(message) = message {
        sending.send_data(Bytes::from(message), false).unwrap();
    }
    let mut answer = answer.await.unwrap();
    if let Some(status) = Status::from_header_map(answer.headers()) {
        return status;
    }
    while let Some(data) = answer.body_mut().data().await {
        answer.body_mut().flow_control().release_capacity(data.unwrap().len()).unwrap();
    }
    Status::from_header_map(&answer.body_mut().trailers().await.unwrap().unwrap()).unwrap()
}

#[test]
fn a_deadline_is_honoured_and_never_made_longer() {
    let server = Server::start();
    const THEIRS: &str = "the deadline of the request has passed";
    const OURS: &str = "the request did not arrive in time";
    runtime().block_on(async {
        for (deadline, message) in
            [("0n", THEIRS), ("1n", THEIRS), ("20m", THEIRS), ("99999999H", OURS), ("1 second", OURS), ("-1S", OURS)]
        {
            let status = call(&server, "Check", deadline, None).await;
            assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, message), "{deadline}");
        }
    });
}

/// A stream may last as long as its client wants, and no longer.
#[test]
fn a_stream_ends_with_its_deadline() {
    let server = Server::start();
    let asked = Some(message(&own(1)));
    runtime().block_on(async {
        let status = call(&server, "CheckStream", "100m", asked).await;
        assert_eq!(
            (status.code(), status.message()),
            (Code::DeadlineExceeded, "the deadline of the request has passed")
        );
    });
}

/// A call that has all it needs is answered, however little time it has.
#[test]
fn whoever_need_not_wait_has_an_answer() {
    let server = Server::start();
    runtime().block_on(async {
        let mut request = tonic::Request::new(check());
        request.metadata_mut().insert("grpc-timeout", "2S".parse().unwrap());
        assert!(server.hallpass().check(request).await.unwrap().into_inner().allow);
    });
}
