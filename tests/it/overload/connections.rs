//! Connections over the cap.

use std::io::Read;
use std::net::TcpStream;

use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::kept::Kept;
use crate::listen::{EVALUATION, check, question};
use crate::running::{Server, exchange, runtime, settings};
use crate::secure::until;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Where everybody who is connected has asked something nobody gives way: others learn that there is no room.
#[test]
fn over_the_cap_health_is_answered_and_nothing_else() {
    let mut few = settings();
    few.bounds.connections = 4;
    let server = Server::with(&few);
    let body = question().to_string();
    let mut kept: Vec<Kept> = (0..4).map(|_| Kept::connect(server.http)).collect();
    let allowed = |kept: &mut Kept| assert_eq!(kept.post_text(EVALUATION, &body), r#"{"decision":true}"#);
    kept.iter_mut().for_each(allowed);
    let ask = || exchange(TcpStream::connect(server.http).unwrap(), "POST", EVALUATION, &[JSON], body.as_bytes());
    let refused = ask().unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{refused:?}");
    runtime().block_on(async {
        let channel = server.channel();
        let refused = hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient::new(channel.clone());
        assert_eq!({ refused }.check(check()).await.unwrap_err().code(), Code::ResourceExhausted);
        HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    });
    assert!(server.traffic.refused() >= 2 && server.traffic.connections() >= 4, "{:?}", server.traffic);
    // Even those places are few, and soon free again.
    let mut silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(server.http).unwrap()).collect();
    for stream in &mut silent {
        assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
    }
    kept.iter_mut().for_each(allowed);
    drop(kept.pop());
    until("a place", || ask().is_ok_and(|answer| answer.status == 200));
    drop(kept);
    until("nobody", || server.traffic.connections() == 0);
}
