//! Certificates that look like a caller's and are not: refused over HTTP and gRPC, never taken for anybody.

use std::error::Error as _;

use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use serde_json::json;
use tonic::Code;

use super::{EVALUATION, check, question};
use crate::pki::{self, Authority, Pair, dns, uri};
use crate::running::runtime;
use crate::secure::Secure;

const GRADEBOOK: &str = "spiffe://district.example/gradebook";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const BY_CERTIFICATE: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    spiffe: spiffe://district.example/gradebook
";
const BY_EITHER: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    spiffe: spiffe://district.example/gradebook
  portal:
    key_file: portal.key
";

/// What becomes of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Served,
    /// It may connect, and is nobody.
    Unknown,
    /// There is no connection.
    Refused,
}

fn over_http(scene: &Secure, client: Option<&Pair>) -> Fate {
    match scene.send(client, EVALUATION, &[], question().to_string().as_bytes()) {
        Ok(answer) if answer.status == 200 => {
            assert_eq!(answer.body, json!({"decision": true}));
            Fate::Served
        }
        Ok(answer) => {
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{answer:?}");
            assert!(answer.body.get("decision").is_none(), "{answer:?}");
            Fate::Unknown
        }
        Err(_) => Fate::Refused,
    }
}

fn over_grpc(scene: &Secure, client: Option<&Pair>) -> Fate {
    runtime().block_on(async {
        match HallpassClient::new(scene.channel(client)).check(check()).await {
            Ok(answer) => {
                assert!(answer.into_inner().allow);
                Fate::Served
            }
            Err(status) if status.code() == Code::Unauthenticated => Fate::Unknown,
            Err(status) => {
                assert!(status.source().is_some(), "the connection fails, not the call: {status:?}");
                Fate::Refused
            }
        }
    })
}

fn look_alikes(authority: &Authority) -> Vec<(&'static str, Pair, Fate)> {
    let with = |uris: &[&str]| authority.client(uris);
    vec![
        ("the caller", with(&[GRADEBOOK]), Fate::Served),
        (
            "the caller, with a host name beside",
            authority.issue(|params| params.subject_alt_names = vec![dns("gradebook"), uri(GRADEBOOK)]),
            Fate::Served,
        ),
        ("another name", with(&["spiffe://district.example/portal"]), Fate::Unknown),
        ("the name with more", with(&["spiffe://district.example/gradebook2"]), Fate::Unknown),
        ("the name with less", with(&["spiffe://district.example/gradeboo"]), Fate::Unknown),
        ("a path below", with(&["spiffe://district.example/gradebook/admin"]), Fate::Unknown),
        ("a path above", with(&["spiffe://district.example"]), Fate::Unknown),
        ("a trailing slash", with(&["spiffe://district.example/gradebook/"]), Fate::Unknown),
        ("a query", with(&["spiffe://district.example/gradebook?"]), Fate::Unknown),
        ("capitals in the path", with(&["spiffe://district.example/Gradebook"]), Fate::Unknown),
        ("capitals in the domain", with(&["spiffe://District.example/gradebook"]), Fate::Unknown),
        ("capitals in the scheme", with(&["SPIFFE://district.example/gradebook"]), Fate::Unknown),
        ("an encoded letter", with(&["spiffe://district.example/gradeboo%6B"]), Fate::Unknown),
        ("a domain with more", with(&["spiffe://district.example.org/gradebook"]), Fate::Unknown),
        ("a domain below", with(&["spiffe://a.district.example/gradebook"]), Fate::Unknown),
        ("a wildcard", with(&["spiffe://district.example/*"]), Fate::Unknown),
        ("a wildcard alone", with(&["*"]), Fate::Unknown),
        ("another scheme", with(&["https://district.example/gradebook"]), Fate::Unknown),
        ("two URIs", with(&[GRADEBOOK, "spiffe://district.example/portal"]), Fate::Unknown),
        ("two URIs, the other first", with(&["spiffe://district.example/portal", GRADEBOOK]), Fate::Unknown),
        ("the same URI twice", with(&[GRADEBOOK, GRADEBOOK]), Fate::Unknown),
        ("no names", with(&[]), Fate::Unknown),
        ("the common name", authority.issue(|params| pki::name(params, GRADEBOOK)), Fate::Unknown),
        (
            "the text as a host name",
            authority.issue(|params| params.subject_alt_names = vec![dns(GRADEBOOK)]),
            Fate::Unknown,
        ),
        (
            "one that has ended",
            authority.issue(|params| {
                params.subject_alt_names = vec![uri(GRADEBOOK)];
                pki::expire(params);
            }),
            Fate::Refused,
        ),
        ("one that vouches for itself", pki::self_signed(GRADEBOOK), Fate::Refused),
        ("one of another authority", Authority::new().client(&[GRADEBOOK]), Fate::Refused),
    ]
}

#[test]
fn a_certificate_is_its_one_uri_byte_for_byte() {
    for (callers, nobody) in [(BY_CERTIFICATE, Fate::Refused), (BY_EITHER, Fate::Unknown)] {
        let scene = Secure::start(callers, &[("portal.key", KEY)]);
        for (what, pair, fate) in look_alikes(&scene.authority) {
            assert_eq!((over_http(&scene, Some(&pair)), over_grpc(&scene, Some(&pair))), (fate, fate), "{what}");
        }
        assert_eq!((over_http(&scene, None), over_grpc(&scene, None)), (nobody, nobody), "no certificate");
    }
}

/// A key does not make up for a certificate that names nobody, nor may the two disagree.
#[test]
fn whoever_shows_both_is_known_by_both() {
    let scene = Secure::start(BY_EITHER, &[("portal.key", KEY)]);
    let (bearer, body) = (format!("Bearer {KEY}"), question().to_string());
    let status = |client: Option<&Pair>, authorization: Option<&str>| {
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
        scene.send(client, EVALUATION, &headers, body.as_bytes()).unwrap().status
    };
    let (caller, stranger) = (scene.authority.client(&[GRADEBOOK]), scene.authority.client(&["spiffe://a.example/b"]));
    assert_eq!(status(None, Some(&bearer)), 200);
    assert_eq!(status(Some(&caller), None), 200);
    assert_eq!(status(Some(&stranger), Some(&bearer)), 401);
    assert_eq!(status(Some(&caller), Some(&bearer)), 401);
    assert_eq!(status(Some(&caller), Some("undefined")), 401);
}
