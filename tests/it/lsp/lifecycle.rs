//! How a session begins, goes on whatever comes, and ends.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{APPLICATION, Client, at};

const AIDE: &str = "\
hallpass: role/v1
role: sis.aide
title: Aide
held_at: school
reach: org
grants:
  - allow: view
    topics: [grades.mark]
";

const FILES: &[(&str, &str)] = &[("policies/application.yaml", APPLICATION), ("policies/aide.yaml", AIDE)];

#[test]
fn a_session_ends_as_the_protocol_has_it() {
    assert_eq!(Client::on(FILES).leave(), Some(0));
    assert_eq!(Client::on(FILES).break_off(true), Some(1), "`exit` without `shutdown`");
    assert_eq!(Client::on(FILES).break_off(false), Some(1), "the pipe was closed");
    assert_eq!(Client::silent(TempDir::new().unwrap(), &[]).break_off(true), Some(1), "nothing was begun");
}

#[test]
fn what_comes_at_the_wrong_time_is_refused() {
    let mut client = Client::silent(TempDir::new().unwrap(), &[]);
    let early = client.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(early["code"], -32002);
    client.tell("textDocument/didOpen", json!({}));
    client.ask("initialize", json!({"capabilities": {}})).unwrap();
    let twice = client.ask("initialize", json!({"capabilities": {}})).unwrap_err();
    assert_eq!(twice["code"], -32600);
    assert_eq!(client.ask("shutdown", Value::Null), Ok(Value::Null));
    let late = client.ask("textDocument/hover", json!({})).unwrap_err();
    assert_eq!(late["code"], -32600);
    assert_eq!(client.break_off(true), Some(0));
}

#[test]
fn what_cannot_be_understood_ends_nothing() {
    let mut client = Client::on(FILES);
    let unknown = client.ask("textDocument/foldingRange", json!({})).unwrap_err();
    assert_eq!(unknown["code"], -32601);
    let wrong = client.ask("textDocument/hover", json!({"position": "here"})).unwrap_err();
    assert_eq!(wrong["code"], -32602);
    client.tell("$/setTrace", json!({"value": "off"}));
    client.tell("textDocument/didChange", json!([1, 2]));
    client.raw(b"Content-Length: 9\r\n\r\n{\"a\": 1, ");
    client.raw(b"Content-Length: 2\r\n\r\n{}");
    client.raw(b"Content-Length: nine\r\n");
    client.raw(b"\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd");
    for uri in ["untitled:Untitled-1", "file:///nowhere/a.yaml", "file://", "x"] {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 0, "text": AIDE});
        client.tell("textDocument/didOpen", json!({"textDocument": document}));
        let params = json!({"textDocument": {"uri": uri}, "position": {"line": 9_000_000, "character": 9_000_000}});
        client.ask("textDocument/hover", params).unwrap();
    }
    client.open("policies/aide.yaml");
    assert!(client.hover("policies/aide.yaml", at(AIDE, "allow", 1)).contains("**Aide** may *view* `grades.mark`"));
    let malformed = client.told.iter().filter(|(method, _)| method == "window/logMessage").count();
    assert!(malformed >= 4, "{:?}", client.told);
    assert_eq!(client.leave(), Some(0));
}

/// Whole texts are asked for: what comes in parts is not mixed with them, and nothing is said of a text that may be old.
#[test]
fn a_buffer_that_comes_in_parts_counts_for_nothing_until_it_comes_whole() {
    let mut client = Client::on(FILES);
    let broken = AIDE.replace("held_at: school", "held_at: skool");
    let found = ["policies/aide.yaml:4:10 `held_at` cannot be `skool` / did you mean `school`?"];
    client.open_as("policies/aide.yaml", &broken);
    client.until(|client| client.all().contains(&found[0].to_owned()));
    let start = json!({"line": 3, "character": 9});
    let part = json!({"range": {"start": start, "end": start}, "text": "x"});
    let document = json!({"uri": client.uri("policies/aide.yaml"), "version": 2});
    let changes = json!([{"text": AIDE}, part]);
    client.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    client.until(|client| client.all().iter().all(|finding| !finding.contains("skool")));
    let (method, said) = client.told.last().unwrap();
    assert_eq!(method, "window/logMessage");
    assert!(said["message"].as_str().unwrap().contains("whole texts were asked for"), "{said}");
    client.change("policies/aide.yaml", &broken);
    client.until(|client| client.all().contains(&found[0].to_owned()));
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn columns_are_counted_as_agreed() {
    let text = AIDE.replace("title: Aide", "title: {é𝄞: 1}").replace("{é𝄞: 1}", "\"é𝄞\"\nbogus_𝄞: 1");
    for (offered, agreed, width) in [
        (json!(["utf-8", "utf-16"]), "utf-8", 10),
        (json!(["utf-16"]), "utf-16", 8),
        (json!(["utf-32"]), "utf-32", 7),
        (json!(["utf-7"]), "utf-16", 8),
    ] {
        let folder = TempDir::new().unwrap();
        let mut client = Client::silent(folder, &[]);
        let general = json!({"general": {"positionEncodings": offered}});
        let begun = client.ask("initialize", json!({"capabilities": general, "rootUri": client.uri("")})).unwrap();
        assert_eq!(begun["capabilities"]["positionEncoding"], agreed);
        client.tell("initialized", json!({}));
        client.open_as("aide.yaml", &text);
        client.until(|client| client.findings.contains_key("aide.yaml"));
        let found = client.findings["aide.yaml"].iter().find(|found| found["message"].to_string().contains("no key"));
        assert_eq!(found.unwrap()["range"]["end"]["character"], width, "{agreed}");
        assert_eq!(client.leave(), Some(0));
    }
}
