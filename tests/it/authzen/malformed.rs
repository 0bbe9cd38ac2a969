//! What all five endpoints refuse, over HTTP and over gRPC: members and messages that say nothing good, and those made to
//! hurt. Nothing is timed: what went deep would overflow its stack, and a server that is hurt answers no more.

use prost::Message;
use serde_json::{Value, json};
use tonic::Code;

use super::client::{ENDPOINTS, Surface, path};
use crate::running::{Answer, Server};

const JSON: (&str, &str) = ("content-type", "application/json");
/// The methods, in the order of the endpoints.
const METHODS: [&str; 5] = [
    "/authzen.access.v1.Access/Evaluation",
    "/authzen.access.v1.Access/Evaluations",
    "/authzen.access.v1.Access/SubjectSearch",
    "/authzen.access.v1.Access/ResourceSearch",
    "/authzen.access.v1.Access/ActionSearch",
];

/// A request that is good at every endpoint.
fn good() -> Value {
    json!({
        "subject": {"type": "user", "id": "nobody"},
        "action": {"name": "view"},
        "resource": {"type": "misis.grades.mark", "id": ""},
    })
}

/// A good request with other members, or the raw body of a case.
fn body(case: &Value) -> String {
    if let Some(raw) = case["raw"].as_str() {
        return raw.to_owned();
    }
    let mut request = good();
    request.as_object_mut().unwrap().extend(case["change"].as_object().unwrap().clone());
    request.to_string()
}

fn post(server: &Server, endpoint: &str, body: &[u8]) -> Answer {
    server.post(&path(endpoint), &[JSON], body)
}

/// Refused, with a reason that says so.
fn refused(answer: &Answer, message: &str, about: &str) {
    assert_eq!((answer.status, answer.body["error"]["status"].as_u64()), (400, Some(400)), "{about}: {answer:?}");
    let said = answer.body["error"]["message"].as_str().unwrap();
    assert!(said.contains(message), "{about}: {said}");
    assert!(answer.header("x-hallpass-revision").is_some(), "{about}");
}

#[test]
fn a_malformed_search_is_refused_and_says_why() {
    let server = Server::start();
    let cases: Vec<Value> = serde_json::from_str(include_str!("../../data/http/malformed_search.json")).unwrap();
    for case in cases {
        let asked = case["only"].as_str();
        for endpoint in
            ENDPOINTS.iter().filter(|name| name.starts_with("search") && asked.is_none_or(|only| only == **name))
        {
            let answer = post(&server, endpoint, body(&case).as_bytes());
            refused(&answer, case["message"].as_str().unwrap(), &format!("{endpoint}: {case}"));
        }
    }
}

#[test]
fn bodies_that_cannot_be_read_are_refused_everywhere() {
    let server = Server::start();
    let cases: Vec<Value> = serde_json::from_str(include_str!("../../data/http/malformed.json")).unwrap();
    for case in cases.iter().filter(|case| case["raw"].is_string()) {
        for endpoint in ENDPOINTS {
            let answer = post(&server, endpoint, body(case).as_bytes());
            refused(&answer, case["message"].as_str().unwrap(), &format!("{endpoint}: {case}"));
        }
    }
    for (name, bytes) in [
        ("no UTF-8", b"{\"context\":{\"n\":\"\xff\xfe\"}}".as_slice()),
        ("no UTF-8 in a name", b"{\"\xc0\xaf\":1}"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("UTF-16", b"\xff\xfe{\0}\0"),
        ("a zero byte", b"{\"context\":{\"n\":\"\0\"}}"),
        ("a lone low surrogate", br#"{"subject":{"type":"\udc00","id":"i"}}"#),
        ("surrogates in the wrong order", br#"{"page":{"token":"\udc00\ud800"}}"#),
        ("half a surrogate pair in a name", br#"{"\ud83d":1}"#),
        ("a surrogate pair cut off", br#"{"context":{"n":"\ud83d\"}}"#),
    ] {
        for endpoint in ENDPOINTS {
            refused(&post(&server, endpoint, bytes), "can't be read", &format!("{endpoint}: {name}"));
        }
    }
}

#[test]
fn numbers_and_nesting_made_to_hurt_are_refused_everywhere() {
    let server = Server::start();
    let deep = 100_000;
    let lists = format!("{}1{}", "[".repeat(deep), "]".repeat(deep));
    let objects = format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep));
    let unclosed = "[{\"a\":".repeat(deep);
    let digits = format!("1{}", "0".repeat(1_000));
    for value in [&lists, &objects, &unclosed, "1e999", "-1e999", "1e2147483648", &digits] {
        let places = [
            value.to_owned(),
            format!("{{\"context\":{value}}}"),
            format!("{{\"context\":{{\"n\":{value}}}}}"),
            format!("{{\"subject\":{{\"type\":\"user\",\"id\":\"i\",\"properties\":{{\"n\":{value}}}}}}}"),
            format!("{{\"page\":{{\"properties\":{{\"n\":{value}}}}}}}"),
            format!("{{\"page\":{{\"limit\":{value}}}}}"),
            format!("{{\"page\":{{\"token\":{value}}}}}"),
            format!("{{\"evaluations\":[{value}]}}"),
            format!("{{\"unknown\":{value}}}"),
        ];
        for place in places {
            for endpoint in ENDPOINTS {
                let start = place.chars().take(60).collect::<String>();
                refused(&post(&server, endpoint, place.as_bytes()), "", &format!("{endpoint}: {start}"));
            }
        }
    }
    still_answers(&server);
}

/// After all that, it answers.
fn still_answers(server: &Server) {
    for endpoint in ENDPOINTS {
        assert_eq!(post(server, endpoint, good().to_string().as_bytes()).status, 200, "{endpoint}");
    }
}

#[test]
fn what_is_over_a_limit_is_refused_everywhere() {
    let server = Server::start();
    let with = |part: &str, name: &str, value: Value| {
        let mut request = good();
        request[part][name] = value;
        request.to_string()
    };
    let wide = |count: usize| {
        Value::Object((0..count).map(|number| (format!("n{number}"), json!(1))).collect::<serde_json::Map<_, _>>())
    };
    let nested = |depth: usize| json!({"n": (1..depth).fold(json!(1), |inner, _| json!([inner]))});
    let cases = [
        (
            "a long type",
            with("resource", "type", json!("t".repeat(256))),
            with("resource", "type", json!("t".repeat(257))),
        ),
        ("many properties", with("subject", "properties", wide(64)), with("subject", "properties", wide(65))),
        ("a deep property", with("resource", "properties", nested(16)), with("resource", "properties", nested(17))),
        (
            "a long list",
            with("resource", "properties", json!({"school": vec!["s"; 64]})),
            with("resource", "properties", json!({"school": vec!["s"; 65]})),
        ),
    ];
    for (name, within, over) in cases {
        for endpoint in ENDPOINTS {
            assert_eq!(post(&server, endpoint, within.as_bytes()).status, 200, "{endpoint}: {name}");
            refused(&post(&server, endpoint, over.as_bytes()), "over the limit", &format!("{endpoint}: {name}"));
        }
    }
    let padded = |length: usize| {
        let mut body = good().to_string().into_bytes();
        body.resize(length, b' ');
        body
    };
    for endpoint in ENDPOINTS {
        assert_eq!(post(&server, endpoint, &padded(1 << 20)).status, 200, "{endpoint}");
        refused(&post(&server, endpoint, &padded((1 << 20) + 1)), "over the limit of 1048576 bytes", endpoint);
    }
}

#[test]
fn only_json_by_post_is_read_everywhere() {
    let server = Server::start();
    let body = good().to_string();
    for endpoint in ENDPOINTS {
        for content_type in ["", "text/plain", "application/xml", "application/jsonp", "text/json"] {
            let answer = server.post(&path(endpoint), &[("content-type", content_type)], body.as_bytes());
            refused(&answer, "the content type must be application/json", endpoint);
        }
        refused(&server.post(&path(endpoint), &[], body.as_bytes()), "content type", endpoint);
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let answer = server.send(method, &path(endpoint), &[JSON], body.as_bytes());
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method} {endpoint}");
        }
        for path in [path(endpoint) + "/", path(endpoint).to_uppercase(), format!("/{}", path(endpoint))] {
            assert_eq!(server.post(&path, &[JSON], body.as_bytes()).status, 404, "{path}");
        }
    }
}

#[test]
fn a_page_that_messages_can_say_is_refused_as_over_http() {
    let server = Server::start();
    let cases = [
        (json!({"limit": -1}), "`page.limit` must be a whole number from 0"),
        (json!({"limit": i32::MIN}), "`page.limit` must be a whole number from 0"),
        (json!({"limit": 1001}), "`page.limit` is over the limit of 1000"),
        (json!({"limit": i32::MAX}), "`page.limit` is over the limit of 1000"),
        (json!({"token": ""}), "`page.token` is not one that this server gave"),
        (json!({"token": "x".repeat(500_000)}), "`page.token` is not one that this server gave"),
    ];
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (page, message) in &cases {
            for endpoint in ENDPOINTS.into_iter().filter(|name| name.starts_with("search")) {
                let mut request = good();
                request["page"] = page.clone();
                let said = client.ask(endpoint, &request).unwrap_err();
                assert!(said.starts_with(message), "{surface:?} {endpoint}: {said}");
            }
        }
        for endpoint in ENDPOINTS.into_iter().filter(|name| name.starts_with("search")) {
            for (part, message) in [("subject", "`subject` is required"), ("resource", "`resource` is required")] {
                let mut request = good();
                request[part] = Value::Null;
                assert_eq!(client.ask(endpoint, &request).unwrap_err(), message, "{surface:?} {endpoint}");
            }
        }
    }
}

/// A field whose value is a message: its number, its length, its bytes.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
    bytes.extend_from_slice(inner);
    bytes
}

/// A `google.protobuf.Struct` with lists in lists, as deep as told.
fn deep(depth: usize) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..depth {
        // A Value whose `list_value` has it as its one item.
        value = field(6, &field(1, &value));
    }
    field(1, &[field(1, b"n"), field(2, &value)].concat())
}

#[test]
fn messages_made_to_hurt_are_refused_everywhere() {
    let server = Server::start();
    let nan = prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(f64::NAN)) };
    let nan = prost_types::Struct { fields: [("n".to_owned(), nan)].into() }.encode_to_vec();
    let subject = field(1, &[field(1, b"user"), field(2, b"u")].concat());
    let action = field(2, &field(1, b"view"));
    let resource = field(3, &field(1, b"misis.grades.mark"));
    let good = [subject, action, resource].concat();
    let with = |more: Vec<u8>| [good.as_slice(), &more].concat();
    let cases = [
        ("a context as deep as a message can hold", with(field(4, &deep(60_000)))),
        ("a context deeper than is read", with(field(4, &deep(200)))),
        ("a context deeper than the limit", with(field(4, &deep(17)))),
        ("a number that is none", with(field(4, &nan))),
        ("a field that is cut off", with(vec![0x22, 0x7f, 0x0a])),
        ("a length of 2^63", with(vec![0x22, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])),
        ("a text that is no UTF-8", field(1, &field(1, b"\xff\xfe"))),
        ("a lone surrogate", field(1, &field(1, b"\xed\xa0\x80"))),
        ("a message over the limit", with(field(15, &vec![0; 1 << 20]))),
        ("nothing at all", Vec::new()),
        ("bytes that are no message", vec![0xff; 64]),
    ];
    for (name, message) in &cases {
        for method in METHODS {
            let status = crate::running::runtime()
                .block_on(crate::server::unary(&server, method, message))
                .expect_err(&format!("{method}: {name}"));
            assert_eq!(status.code(), Code::InvalidArgument, "{method}: {name}: {status:?}");
        }
    }
    for method in METHODS {
        crate::running::runtime().block_on(crate::server::unary(&server, method, &good)).unwrap();
    }
    still_answers(&server);
}
