//! `openapi.yaml` against the server: what it describes is served, what is served is described, and its examples are
//! answered as it says.

pub(crate) mod schema;

use std::collections::BTreeSet;

use hallpass::authzen::PublicUrl;
use serde_json::{Map, Value, json};

use crate::running::{Answer, Server, settings};
use crate::support::path;
use schema::Document;

const BASE: &str = "https://hallpass.example";
const METADATA: &str = "/.well-known/authzen-configuration";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn server() -> Server {
    let mut settings = settings();
    settings.authzen.public_url = Some(PublicUrl::parse(BASE).unwrap());
    Server::with(&settings)
}

fn document() -> Document {
    Document::read(&std::fs::read_to_string(path("openapi.yaml")).unwrap())
}

/// The paths with the one method of each.
fn operations(document: &Document) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document.at("/paths").as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(m, o)| (path.as_str(), m.as_str(), o))
    })
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// That an answer is one of those that an operation describes.
fn described(document: &Document, operation: &Value, answer: &Answer) -> Result<(), String> {
    let response = document.resolve(&operation["responses"][answer.status.to_string()]);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        if let Some(value) = answer.header(&name.to_lowercase()) {
            document.fits(&json!(value), &document.resolve(header)["schema"])?;
        } else if name == "X-Hallpass-Revision" {
            return Err(format!("no header {name}"));
        }
    }
    document.fits(&answer.body, &response["content"]["application/json"]["schema"])
}

#[test]
fn what_is_described_is_served_and_the_reverse() {
    let (document, server) = (document(), server());
    let described: BTreeSet<&str> = operations(&document).map(|(path, ..)| path).collect();
    let metadata = server.send("GET", METADATA, &[], b"").body;
    let told = members(&metadata).iter().filter(|(name, _)| name.ends_with("_endpoint"));
    let mut served: BTreeSet<&str> = told.map(|(_, url)| url.as_str().unwrap().strip_prefix(BASE).unwrap()).collect();
    served.insert(METADATA);
    assert_eq!(described, served);
    for (path, method, _) in operations(&document) {
        let right = server.send(&method.to_uppercase(), path, &JSON, b"");
        assert!(![404, 405].contains(&right.status), "{method} {path}");
        let wrong = if method == "get" { "POST" } else { "GET" };
        assert_eq!(server.send(wrong, path, &JSON, b"{}").status, 405, "{wrong} {path}");
    }
}

#[test]
fn every_example_is_answered_as_described() {
    let (document, server) = (document(), server());
    let mut asked = 0;
    for (path, method, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        for (name, example) in body["examples"].as_object().into_iter().flatten() {
            let question = &example["value"];
            document.fits(question, &body["schema"]).unwrap_or_else(|error| panic!("{path} {name}: {error}"));
            let answer = server.post(path, &JSON, question.to_string().as_bytes());
            assert_eq!(answer.status, 200, "{path} {name}: {answer:?}");
            described(&document, operation, &answer)
                .unwrap_or_else(|error| panic!("{path} {name}: {error}: {answer:?}"));
            let results = answer.body["results"].as_array();
            assert!(results.is_none_or(|results| !results.is_empty()), "{path} {name} finds nothing");
            asked += 1;
        }
        let sent = method.to_uppercase();
        let answer = server.send(&sent, path, &JSON, b"{}");
        assert_eq!(answer.status, if method == "get" { 200 } else { 400 }, "{path}");
        described(&document, operation, &answer).unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"));
    }
    assert!(asked >= 6, "{asked}");
}

/// The answers that are shown are those that the examples get.
#[test]
fn the_answers_shown_are_the_servers() {
    let (document, server) = (document(), server());
    let post = document.at("/paths/~1access~1v1~1evaluations/post");
    let example = &post["requestBody"]["content"]["application/json"]["examples"]["students"]["value"];
    let shown = &post["responses"]["200"]["content"]["application/json"]["examples"]["students"]["value"];
    assert_eq!(server.post("/access/v1/evaluations", &JSON, example.to_string().as_bytes()).body, *shown);
    let missing = server.post("/access/v1/evaluation", &JSON, b"{}").body;
    assert_eq!(
        missing,
        document.at("/components/responses/Malformed/content/application~1json/examples/missing/value").clone()
    );
}

/// That the checker says no.
#[test]
fn what_does_not_fit_is_told() {
    let document = document();
    let schema = json!({"$ref": "#/components/schemas/Decision"});
    assert_eq!(document.fits(&json!({"decision": true}), &schema), Ok(()));
    for wrong in [
        json!({}),
        json!({"decision": "true"}),
        json!({"decision": true, "allow": true}),
        json!({"decision": true, "context": {"hallpass": {"reason": 1}}}),
        json!([]),
    ] {
        assert!(document.fits(&wrong, &schema).is_err(), "{wrong}");
    }
}
