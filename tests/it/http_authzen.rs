//! AuthZEN over HTTP: status codes, shapes, headers, limits, batches.

use serde_json::{Value, json};

use crate::running::{Answer, Server, settings};

const JSON: (&str, &str) = ("content-type", "application/json");
const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";

fn good() -> Value {
    json!({
        "subject": {"type": "user", "id": "nobody"},
        "action": {"name": "view"},
        "resource": {"type": "misis.grades.mark", "id": ""},
    })
}

/// A good request with other members.
fn with(change: &Value) -> Value {
    let mut request = good();
    request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    request
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.post(path, &[JSON], body.to_string().as_bytes())
}

fn denied() -> Value {
    json!({"decision": false})
}

#[test]
fn what_is_malformed_is_refused_and_says_why() {
    let server = Server::start();
    let cases: Vec<Value> = serde_json::from_str(include_str!("../data/http/malformed.json")).unwrap();
    for case in cases {
        let body = match (&case["raw"], &case["change"], &case["properties"]) {
            (Value::String(raw), ..) => raw.clone(),
            (_, change @ Value::Object(_), _) => with(change).to_string(),
            (.., properties @ Value::Object(_)) => with_properties(properties).to_string(),
            _ => case["body"].to_string(),
        };
        for path in [EVALUATION, EVALUATIONS] {
            let answer = server.post(path, &[JSON], body.as_bytes());
            assert_eq!(answer.status, 400, "{case}");
            assert_eq!(answer.body["error"]["status"], 400, "{case}");
            let message = answer.body["error"]["message"].as_str().unwrap();
            assert!(message.contains(case["message"].as_str().unwrap()), "{message}: {case}");
            assert!(answer.header("x-hallpass-revision").is_some(), "{case}");
        }
    }
}

fn with_properties(properties: &Value) -> Value {
    with(&json!({"resource": {"type": "misis.grades.mark", "id": "", "properties": properties}}))
}

#[test]
fn what_is_well_formed_is_decided() {
    let server = Server::start();
    let many: Vec<String> = (0..64).map(|number| format!("s{number}")).collect();
    let cases = [
        good(),
        with(&json!({"context": {"purpose": "x", "deep": {"er": [1, null, {"a": true}]}}})),
        with(&json!({"context": null, "options": null, "unknown": {"a": [1, 2]}, "evaluations": null})),
        with(&json!({"options": {"other": 1, "hallpass": {"explain": false, "other": 1}}})),
        with(&json!({"subject": {"type": "user", "id": "nobody", "properties": {"role": 5}, "more": 1}})),
        with(&json!({"action": {"name": "view", "properties": {"soft": true}, "more": 1}})),
        with_properties(&json!({"school": "s", "section": ["a", "b"], "student": "p", "date": "2026-02-28"})),
        with_properties(&json!({"school": [], "section": null, "student": null, "date": null, "free": [null]})),
        with_properties(&json!({"school": many})),
    ];
    for case in cases {
        for path in [EVALUATION, EVALUATIONS] {
            let answer = post(&server, path, &case);
            assert_eq!((answer.status, &answer.body), (200, &denied()), "{case}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
}

#[test]
fn only_json_by_post_at_known_paths_is_read() {
    let server = Server::start();
    let body = good().to_string();
    let body = body.as_bytes();
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=utf-8"] {
        assert_eq!(server.post(EVALUATION, &[("Content-Type", good)], body).status, 200, "{good}");
    }
    for bad in ["", "text/plain", "application/jsonp", "application/json-patch+json", "text/json"] {
        assert_eq!(server.post(EVALUATION, &[("Content-Type", bad)], body).status, 400, "{bad}");
    }
    assert_eq!(server.post(EVALUATION, &[], body).status, 400);
    let answer = server.send("GET", EVALUATION, &[JSON], b"");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    for path in ["/", "/access/v1", "/access/v1/evaluation/", "/access/v1/Evaluation", "//access/v1/evaluation"] {
        assert_eq!(server.post(path, &[JSON], body).status, 404, "{path}");
    }
    assert_eq!(server.post("/access/v1/evaluation?x=1", &[JSON], body).status, 200);
}

#[test]
fn headers_are_answered() {
    let server = Server::start();
    let body = good().to_string();
    let plain = server.post(EVALUATION, &[JSON], body.as_bytes());
    assert_eq!(plain.header("x-request-id"), None);
    assert_eq!(plain.header("x-hallpass-revision"), Some("00000000000000aa.00000000000000bb"));
    for (path, body) in [(EVALUATION, body.as_str()), (EVALUATIONS, "{"), ("/nowhere", "{}")] {
        let headers = [JSON, ("X-Request-ID", "bfe9eb29-ab87"), ("Authorization", "undefined")];
        let answer = server.post(path, &headers, body.as_bytes());
        assert_eq!(answer.header("x-request-id"), Some("bfe9eb29-ab87"), "{path}");
        assert_eq!(answer.header("x-hallpass-revision"), Some("00000000000000aa.00000000000000bb"), "{path}");
    }
}

#[test]
fn limits_hold() {
    let server = Server::start();
    let id = |length: usize| with(&json!({"subject": {"type": "user", "id": "i".repeat(length)}}));
    let schools = |count: usize| with_properties(&json!({"school": vec!["s"; count]}));
    let wide = |count: usize| {
        let context: serde_json::Map<_, _> = (0..count).map(|number| (format!("n{number}"), json!(1))).collect();
        with(&json!({"context": context}))
    };
    let deep = |depth: usize| {
        let value = (1..depth).fold(json!(1), |inner, _| json!([inner]));
        with(&json!({"context": {"n": value}}))
    };
    let batch = |count: usize| with(&json!({"evaluations": vec![json!({}); count]}));
    let cases = [(id(256), id(257)), (schools(64), schools(65)), (wide(64), wide(65)), (deep(16), deep(17))];
    for (within, over) in cases {
        assert_eq!(post(&server, EVALUATION, &within).status, 200, "{within}");
        assert_eq!(post(&server, EVALUATION, &over).status, 400, "{over}");
    }
    assert_eq!(post(&server, EVALUATIONS, &batch(1_000)).body["evaluations"].as_array().unwrap().len(), 1_000);
    assert_eq!(post(&server, EVALUATIONS, &batch(1_001)).status, 400);
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let server = Server::start();
    let padded = |length: usize| {
        let mut body = good().to_string().into_bytes();
        body.resize(length, b' ');
        server.post(EVALUATION, &[JSON], &body)
    };
    assert_eq!(padded(1 << 20).status, 200);
    let answer = padded((1 << 20) + 1);
    assert_eq!((answer.status, answer.body["error"]["status"].as_u64()), (400, Some(400)));
}

#[test]
fn no_nesting_brings_the_server_down() {
    let server = Server::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = format!("{{\"x\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(server.post(EVALUATION, &[JSON], body.as_bytes()).status, 400);
    }
    assert_eq!(post(&server, EVALUATION, &good()).status, 200);
}

#[test]
fn a_batch_answers_in_order_and_a_broken_item_fails_alone() {
    let server = Server::start();
    let body = with(&json!({"evaluations": [
        {},
        {"resource": {"type": "misis.grades.mark"}},
        {"subject": "alice"},
        7,
        {"action": {"name": "update"}, "context": {"a": 1}},
        {"resource": {"type": "t", "id": "i", "properties": {"date": "tomorrow"}}},
    ]}));
    let answer = post(&server, EVALUATIONS, &body);
    let broken = |message: &str| json!({"decision": false, "context": {"error": {"status": 400, "message": message}}});
    let expected = json!({"evaluations": [
        denied(),
        broken("`resource.id` is required"),
        broken("`subject` must be an object"),
        broken("`an item of `evaluations`` must be an object"),
        denied(),
        broken("`date` must be a day of the calendar, as YYYY-MM-DD"),
    ]});
    assert_eq!((answer.status, answer.body), (200, expected));
}

#[test]
fn an_item_replaces_a_default_whole() {
    let server = Server::start();
    let body = json!({
        "subject": {"type": "user", "id": "nobody"},
        "evaluations": [
            {"action": {"name": "view"}, "resource": {"type": "t", "id": "i"}},
            {"action": {"name": "view"}},
            {"subject": {"type": "user"}, "action": {"name": "view"}, "resource": {"type": "t", "id": "i"}},
        ],
    });
    let answer = post(&server, EVALUATIONS, &body);
    let message = |item: usize| answer.body["evaluations"][item]["context"]["error"]["message"].as_str();
    assert_eq!(
        [message(0), message(1), message(2)],
        [None, Some("`resource` is required"), Some("`subject.id` is required")]
    );
}

#[test]
fn a_batch_ends_where_its_semantic_says() {
    let server = Server::start();
    for (semantic, answered) in [("execute_all", 3), ("deny_on_first_deny", 1), ("permit_on_first_permit", 3)] {
        let options = json!({"evaluations_semantic": semantic});
        let body = with(&json!({"evaluations": [{}, {}, {}], "options": options}));
        let answer = post(&server, EVALUATIONS, &body);
        assert_eq!(answer.body["evaluations"].as_array().unwrap().len(), answered, "{semantic}");
    }
    for semantic in [json!("first"), json!(""), json!(1), json!(["execute_all"])] {
        let options = json!({"evaluations_semantic": semantic});
        assert_eq!(post(&server, EVALUATIONS, &with(&json!({"evaluations": [{}], "options": options}))).status, 400);
    }
    let broken_first = json!({"evaluations": [7, {}], "options": {"evaluations_semantic": "deny_on_first_deny"}});
    let answer = post(&server, EVALUATIONS, &with(&broken_first));
    assert_eq!(answer.body["evaluations"].as_array().unwrap().len(), 1);
}

#[test]
fn a_batch_without_items_is_a_single_question() {
    let server = Server::start();
    for evaluations in [json!(null), json!([])] {
        let answer = post(&server, EVALUATIONS, &with(&json!({"evaluations": evaluations})));
        assert_eq!((answer.status, answer.body), (200, denied()));
    }
    for evaluations in [json!({}), json!("x"), json!(1)] {
        assert_eq!(post(&server, EVALUATIONS, &with(&json!({"evaluations": evaluations}))).status, 400);
    }
    assert_eq!(post(&server, EVALUATION, &with(&json!({"evaluations": 1}))).body, denied());
}

#[test]
fn answers_say_why_where_asked() {
    let asked = with(&json!({"options": {"hallpass": {"explain": true}}}));
    let batch = with(&json!({"options": {"hallpass": {"explain": true}}, "evaluations": [{}, 7]}));
    let told = |answer: &Value| {
        let why = answer["context"]["hallpass"].as_object().unwrap();
        assert_eq!(why.keys().collect::<Vec<_>>(), ["directory_revision", "policy_revision", "reason"]);
        assert_eq!((&why["policy_revision"], answer["decision"].as_bool()), (&json!("00000000000000aa"), Some(false)));
    };
    let server = Server::start();
    told(&post(&server, EVALUATION, &asked).body);
    told(&post(&server, EVALUATIONS, &asked).body);
    let answer = post(&server, EVALUATIONS, &batch).body;
    told(&answer["evaluations"][0]);
    assert!(answer["evaluations"][1]["context"]["error"].is_object());
    let mut settings = settings();
    settings.authzen.explain = true;
    told(&post(&Server::with(&settings), EVALUATION, &good()).body);
}

#[test]
fn a_new_snapshot_shows_in_the_next_answer() {
    let server = Server::start();
    let mut next = crate::running::snapshot();
    next.policy_revision = "00000000000000cc".into();
    server.pdp.publish(next);
    let answer = post(&server, EVALUATION, &good());
    assert_eq!(answer.header("x-hallpass-revision"), Some("00000000000000cc.00000000000000bb"));
}
