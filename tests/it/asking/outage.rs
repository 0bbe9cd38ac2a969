//! A directory that can't be asked: before it was ever reached, and afterwards.

use std::collections::BTreeSet;

use hallpass::directory::remote::Settings;
use hallpass::grpc::proto::hallpass as hp;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::edges::{self, LISTING, ROUTES};
use crate::envoy::snapshot;
use crate::held_source::{Held, Step};
use crate::running::{Server, settings};
use crate::twin::Twin;

fn failing(held: &Held, steps: &[Step]) {
    held.world().failing = steps.iter().copied().collect();
}

async fn status(server: &Server) -> hp::StatusResponse {
    server.hallpass().status(hp::StatusRequest {}).await.unwrap().into_inner()
}

/// Down at the start: the server runs and says so everywhere, and is there once the directory is.
#[test]
fn a_server_whose_directory_is_down_says_so_and_recovers_by_itself() {
    let down = [Step::Follow, Step::Frame, Step::Load, Step::Changes];
    let twin = Twin::told(snapshot(&[ROUTES]), Settings::default(), |held| failing(held, &down));
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut health = HealthClient::new(server.channel());
        let asked = HealthCheckRequest { service: "hallpass.v1.Hallpass".to_owned() };
        let mut watch = health.watch(asked).await.unwrap().into_inner();
        let first = watch.message().await.unwrap().unwrap();
        assert_eq!(first.status(), ServingStatus::NotServing);
        for wish in [None, Some("full"), Some("at-least=0")] {
            let told: BTreeSet<String> = edges::all(&server, wish).await.into_values().collect();
            assert_eq!(told, BTreeSet::from(["Unavailable".to_owned()]), "{wish:?}");
        }
        // What is wrong with a request is wrong whether or not there is a directory.
        let malformed = server.hallpass().check(hp::CheckRequest::default()).await.unwrap_err();
        assert_eq!(malformed.code(), tonic::Code::InvalidArgument);
        let said = status(&server).await;
        let directory = said.directory.unwrap();
        let asked = directory.asked.unwrap();
        assert_eq!((directory.kind.as_str(), asked.ready, asked.connected), ("postgresql", false, false));
        assert_eq!(said.directory_revision, "");
        assert!(!asked.last_error.is_empty());

        failing(&twin.held, &[]);
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        for (edge, told) in edges::all(&server, None).await {
            assert!(told.starts_with("ok") || LISTING.contains(&edge), "{edge}: {told}");
        }
        let said = status(&server).await;
        let asked = said.directory.unwrap().asked.unwrap();
        assert!(asked.ready && asked.connected && asked.read_ago.is_some());
        assert_eq!((said.directory_revision.as_str(), asked.sequence), ("0", Some(0)));
        assert_eq!(said.time_zone, "America/Los_Angeles");
    });
    twin.handle.stop();
}

/// A look-up that fails gives no answer to its question, and leaves nothing behind.
#[test]
fn a_look_up_that_fails_is_unavailable_on_every_edge_and_is_not_kept() {
    let twin = Twin::told(snapshot(&[ROUTES]), Settings::default(), |held| failing(held, &[Step::Load]));
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        twin.remote().frame_changes().wait_for(Option::is_some).await.unwrap();
        let told: BTreeSet<String> = edges::all(&server, None).await.into_values().collect();
        assert_eq!(told, BTreeSet::from(["Unavailable".to_owned()]));
        failing(&twin.held, &[]);
        for (edge, told) in edges::all(&server, None).await {
            assert!(told.starts_with("ok") || LISTING.contains(&edge), "{edge}: {told}");
        }
    });
}

/// In a stream each question stands for itself, in its order, whatever comes of the others.
#[test]
fn a_stream_goes_on_where_the_directory_fails() {
    let twin = Twin::of(snapshot(&[ROUTES]));
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        twin.remote().frame_changes().wait_for(Option::is_some).await.unwrap();
        let (asks, asked) = tokio::sync::mpsc::channel(4);
        let questions = tokio_stream::wrappers::ReceiverStream::new(asked);
        let mut answers = server.hallpass().check_stream(questions).await.unwrap().into_inner();
        for (id, fails) in [(1, false), (2, true), (3, true), (4, false)] {
            failing(&twin.held, if fails { &[Step::Load] } else { &[] });
            // Somebody else each time, whom nobody has looked up before.
            let who = format!("u.{id}");
            let check = Some(edges::check(&who, "s.0142"));
            asks.send(hp::CheckStreamRequest { id, check }).await.unwrap();
            let answer = answers.message().await.unwrap().unwrap();
            let unavailable = match answer.result.unwrap() {
                hp::check_stream_response::Result::Error(error) => error.unavailable,
                hp::check_stream_response::Result::Response(response) => {
                    assert_eq!(response.reason, "unknown_subject");
                    false
                }
            };
            assert_eq!((answer.id, unavailable), (id, fails));
        }
    });
}
