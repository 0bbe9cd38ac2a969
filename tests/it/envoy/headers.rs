//! Headers (T34): a person is known by a plain header only where a route says so, and then only if it is there once, in its
//! exact form. Whatever else a client sends changes nothing.

use serde_json::json;

use super::{Sent, ask, client, example, sent, server, short};
use crate::running::runtime;

/// The routes of a gateway that knows people already, and says so in a header.
pub(super) const BY_HEADER: &str = "hallpass: routes/v1
application: misis
hosts: [header.example, gateway.example]
subject: {header: x-user-id}
routes:
  - match: GET /students/{student}/photo
    action: view
    type: misis.photo.student
";

fn photo() -> Sent {
    sent("t.rivera", "GET", "/students/s.0142/photo").host("header.example")
}

const NOBODY: (i32, i32, &str) = (16, 401, "no_identity");
const AMBIGUOUS: (i32, i32, &str) = (7, 403, "ambiguous_identity");

#[test]
fn a_header_names_a_person_only_if_it_is_there_once() {
    let long = "p".repeat(8_192);
    let cases = [
        (photo().header("x-user-id", "p.okafor"), (0, 0, "granted")),
        (photo().raw("x-user-id", b"p.okafor"), (0, 0, "granted")),
        (photo().raw("x-user-id", b"p.okafor").header("accept", "*/*"), (0, 0, "granted")),
        (photo(), NOBODY),
        (photo().header("x-user-id", ""), NOBODY),
        (photo().header("x-user", "p.okafor"), NOBODY),
        (photo().header("x_user_id", "p.okafor"), NOBODY),
        (photo().header("x-user-id", "p.okafor,p.okafor"), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor, t.rivera"), AMBIGUOUS),
        (photo().header("x-user-id", ","), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor").header("X-User-Id", "t.rivera"), AMBIGUOUS),
        (photo().raw("x-user-id", b"p.okafor").raw("x-user-id", b"p.okafor"), AMBIGUOUS),
        (photo().raw("x-user-id", b"p.okafor").raw("X-USER-ID", b"t.rivera"), AMBIGUOUS),
        (photo().raw("x-user-id", b"p.okafor").header("x-user-id", "t.rivera"), AMBIGUOUS),
        (photo().header("x-user-id", " p.okafor"), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor "), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor\tx"), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor\0"), AMBIGUOUS),
        (photo().header("x-user-id", "p.okafor\u{200b}"), AMBIGUOUS),
        (photo().raw("x-user-id", b"p.okafor\xff"), AMBIGUOUS),
        (photo().header("x-user-id", "P.OKAFOR"), (7, 403, "unknown_subject")),
        (photo().header("x-user-id", "p.okafor;t.rivera"), (7, 403, "unknown_subject")),
        (photo().header("x-user-id", &long), (3, 400, "malformed")),
    ];
    let server = server(&[&example_elsewhere(), BY_HEADER]);
    runtime().block_on(async {
        let mut client = client(&server);
        for (sent, (code, status, reason)) in cases {
            assert_eq!(short(&ask(&mut client, &sent).await), (code, status, reason.to_owned()), "{sent:?}");
        }
    });
}

/// The example's routes at a host of their own.
fn example_elsewhere() -> String {
    example().replace("application: misis\n", "application: misis\nhosts: sis.example\n")
}

/// Headers that some server, proxy or framework somewhere believes.
const BELIEVED: &[&str] = &[
    "x-user-id",
    "x-user",
    "x-remote-user",
    "remote-user",
    "authorization",
    "x-auth-request-user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-client-cert",
    "x-forwarded-host",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-for",
    "forwarded",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-envoy-original-method",
    "x-envoy-original-host",
    "x-envoy-decorator-operation",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-hallpass-subject",
    "x-hallpass-revision",
    "x-hallpass-role",
    "x-hallpass-decision",
    "x-jwt-payload",
    "x-jwt-claim-sub",
    "cookie",
    "host",
    ":path",
    ":method",
    ":authority",
    "sub",
    "jwt_payload",
    "hallpass.type",
];

/// Values that would change an answer if they were believed: both ways.
const VALUES: &[&str] = &[
    "p.okafor",
    "t.rivera",
    "spiffe://district.example/user/p.okafor",
    "GET",
    "DELETE",
    "/students/s.0142/photo",
    "/elsewhere",
    "sis.example",
    "misis.principal",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwLm9rYWZvciJ9.",
    "a,b",
    "",
    "\0",
    "{\"sub\":\"p.okafor\"}",
];

/// Where the claims count, no header says who asks or what for: the answer is the same with it as without.
#[test]
fn no_other_header_changes_an_answer() {
    let claimed = |who: &str, student: &str| {
        let photo = sent("", "GET", &format!("/students/{student}/photo"));
        if who.is_empty() { photo.claims(json!(null)) } else { photo.claims(json!({ "sub": who })) }
    };
    let plain = [("p.okafor", "s.0142"), ("p.okafor", "s.0999"), ("nobody", "s.0142"), ("", "s.0142")];
    let server = server(&[&example_elsewhere(), BY_HEADER]);
    let mut asked = 0;
    runtime().block_on(async {
        let mut client = client(&server);
        for (who, student) in plain {
            let before = short(&ask(&mut client, &claimed(who, student)).await);
            for sent in believing(&claimed(who, student)) {
                assert_eq!(short(&ask(&mut client, &sent).await), before, "{sent:?}");
                asked += 1;
            }
        }
    });
    assert!(asked > 4_000, "{asked}");
}

/// A request with every header that is believed somewhere, in pairs and in capitals.
fn believing(plain: &Sent) -> Vec<Sent> {
    let pairs = BELIEVED.iter().zip(BELIEVED.iter().cycle().skip(7));
    let with = |(first, second): (&&str, &&str), value: &str| {
        let pair = plain.clone().header(first, value).header(second, value);
        [pair, plain.clone().raw(&first.to_uppercase(), value.as_bytes())]
    };
    pairs.flat_map(|pair| VALUES.iter().flat_map(move |value| with(pair, value))).collect()
}
