//! What a request wishes of consistency, on every edge, of a directory that is asked and of files.

use hallpass::directory::remote::What;

use super::edges::{self, EDGES, LISTING, ROUTES, Told};
use crate::envoy::snapshot;
use crate::held_source::Step;
use crate::running::{Server, settings};
use crate::twin::Twin;

/// That all edges answered so, or those that list not at all.
fn assert_told(told: &Told, said: &str, listing: Option<&str>) {
    assert_eq!(told.len(), EDGES, "{told:?}");
    for (edge, answer) in told {
        let silent = ["Evaluation", "Evaluations", "SubjectSearch", "ResourceSearch", "ActionSearch"].contains(edge);
        let said = if silent && said.starts_with("ok") { "ok" } else { said };
        let said = listing.filter(|_| LISTING.contains(edge)).unwrap_or(said);
        assert_eq!(answer, said, "{edge}");
    }
}

/// Those who list can't yet.
const NOT_YET: Option<&str> = Some("Unavailable");

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_directory_that_is_asked_grants_wishes_by_number() {
    let twin = Twin::of(snapshot(&[ROUTES]));
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    runtime().block_on(async {
        for at in 1..=3 {
            let sequence = twin.held.commit(What::Everything, |_| {});
            assert_eq!(sequence, at);
            let said = format!("ok {at}");
            for wish in ["full".to_owned(), format!("at-least={at}")] {
                assert_told(&edges::all(&server, Some(&wish)).await, &said, NOT_YET);
            }
            assert_told(&edges::all(&server, None).await, &said, NOT_YET);
            assert_told(&edges::all(&server, Some("at-least=0")).await, &said, NOT_YET);
        }
        for wish in ["", "Full", "at-least", "at-least=", "at-least=+3", "at-least=00ff", "any", "at-least=-1"] {
            assert_told(&edges::all(&server, Some(wish)).await, "InvalidArgument", None);
        }
    });
}

#[test]
fn what_cannot_be_had_in_time_is_unavailable() {
    let twin = Twin::of(snapshot(&[ROUTES]));
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    runtime().block_on(async {
        assert_told(&edges::all(&server, Some("full")).await, "ok 0", NOT_YET);
        assert_told(&edges::all(&server, Some("at-least=7")).await, "Unavailable", None);
        twin.held.hold(Step::Changes);
        assert_told(&edges::all(&server, Some("full")).await, "Unavailable", None);
        twin.held.open(Step::Changes);
    });
}

#[test]
fn files_grant_their_own_revision_alone() {
    let server = Server::over(
        &settings(),
        std::sync::Arc::new(hallpass::pdp::Pdp::new(snapshot(&[ROUTES]), hallpass::policy::request::Limits::default())),
        None,
    );
    runtime().block_on(async {
        for wish in [None, Some("full"), Some("at-least=00000000000000bb")] {
            assert_told(&edges::all(&server, wish).await, "ok 00000000000000bb", None);
        }
        assert_told(&edges::all(&server, Some("at-least=1")).await, "Unavailable", None);
        for wish in ["none", "at-least=", "at-least=a b", "at-least=é"] {
            let refused = wish.parse::<tonic::metadata::MetadataValue<_>>();
            if refused.is_ok_and(|wish: tonic::metadata::AsciiMetadataValue| wish.to_str().is_ok()) {
                assert_told(&edges::all(&server, Some(wish)).await, "InvalidArgument", None);
            }
        }
        // Waited for: the files come while the question waits.
        let later = {
            let mut files = snapshot(&[ROUTES]);
            files.directory_revision = "00000000000000cc".into();
            files
        };
        let mut hallpass = server.hallpass();
        let mut request = tonic::Request::new(edges::check("t.rivera", "s.0142"));
        request.metadata_mut().insert("hallpass-consistency", "at-least=00000000000000cc".parse().unwrap());
        let (answer, _before) = tokio::join!(hallpass.check(request), async { server.pdp.publish(later) });
        assert_eq!(answer.unwrap().into_inner().directory_revision, "00000000000000cc");
    });
}
