//! What a line says of a decision, and that nothing in a request can make it say something else.

use hallpass::pdp::Asking;
use hallpass::policy::request::{Action, AnyOf, Request, Resource, Subject, Value as Free};
use hallpass::telemetry::decision_log::{Attributes, Settings};
use hyper::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Scene, mark, of};
use crate::running::runtime;

#[test]
fn a_line_says_who_did_what_to_whose_record_by_which_rule() {
    let scene = Scene::new();
    let mut headers = HeaderMap::new();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    headers.insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
    let asking = scene.pdp.asking(&hyper::http::Extensions::default(), &headers).unwrap();
    let context = [("purpose".to_owned(), Free::Text("grading".to_owned())), ("note".to_owned(), Free::Bool(true))];
    let request = Request { context: &context, ..mark("t.rivera", "s.0142") };
    runtime().block_on(scene.pdp.ask(asking, |view| view.decide(&request).map(|_| ()))).unwrap();
    assert!(!scene.ask("s.0999").unwrap());
    let lines = scene.closed();
    let [allow, deny] = of(&lines, "decision")[..] else { panic!("{lines:?}") };
    let mut said = allow.clone();
    let varying: Vec<Value> =
        ["time", "id", "prev"].map(|name| said.as_object_mut().unwrap().remove(name).unwrap()).into();
    assert_eq!(
        said,
        json!({
            "seq": 2, "line": "decision", "kind": "check", "policy": "00000000000000aa", "directory": "00000000000000bb",
            "subject": {"type": "user", "id": "t.rivera"}, "action": "update",
            "resource": {"type": "misis.grades.mark", "student": "s.0142"}, "effect": "allow", "reason": "granted",
            "role": "misis.teacher", "org": "sch.fernvale", "grant": allow["grant"], "purpose": "grading", "trace": trace,
        })
    );
    assert!(allow["grant"].as_str().unwrap().starts_with("misis.teacher#"));
    assert!(varying[0].as_str().unwrap().parse::<jiff::Timestamp>().is_ok() && varying[1] != deny["id"]);
    assert_eq!((&deny["effect"], &deny["reason"]), (&json!("deny"), &json!("scope_mismatch")));
    assert!(["role", "org", "grant", "purpose", "trace", "attributes"].iter().all(|name| deny.get(name).is_none()));
    let kinds: Vec<&str> = lines.iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["opened", "decision", "decision", "closed"]);
}

/// Whose record it is may be known only from the directory: what was tested stands there, not what was said.
#[test]
fn a_line_has_the_student_school_and_maker_that_were_tested() {
    let scene = Scene::new();
    let ask = |kind, id| {
        let mut request = mark("p.okafor", "s.0999");
        request.resource = Resource {
            kind,
            id,
            student: Some("s.0999"),
            school: Some(AnyOf::One("sch.none")),
            created_by: Some("nobody"),
            ..Resource::default()
        };
        super::ask(&scene.pdp, &request).unwrap();
    };
    ask("misis.census.student", "s.0142");
    ask("map.testing.session", "mts.0001");
    ask("misis.grades.mark", "m.1");
    let lines = scene.closed();
    let tested = of(&lines, "decision").into_iter().map(|line| {
        let resource = &line["resource"];
        [&resource["student"], &resource["school"][0], &resource["created_by"]].map(|id| id.as_str().unwrap())
    });
    let expected =
        [["s.0142", "sch.none", "nobody"], ["s.0999", "sch.fernvale", "p.santiago"], ["s.0999", "sch.none", "nobody"]];
    assert_eq!(tested.collect::<Vec<_>>(), expected);
}

#[test]
fn free_properties_stand_there_only_where_they_are_named() {
    let names = ["context.case", "subject.level", "resource.sealed", "action.list"].map(str::to_owned);
    let scene = Scene::with(|_, settings| Settings { attributes: Attributes::read(&names).unwrap(), ..settings });
    let property = |name: &str, value| (name.to_owned(), value);
    let long = "l".repeat(300);
    let subject = [property("level", Free::Number(2.5)), property("name", Free::Text("Sam".into()))];
    let action = [property("list", Free::List(vec![Free::Text("Sam".into())]))];
    let resource = [property("sealed", Free::Bool(true)), property("case", Free::Text("Sam".into()))];
    let context = [property("case", Free::Text(long)), property("name", Free::Text("Sam".into()))];
    let mut request = Request { context: &context, ..mark("t.rivera", "s.0142") };
    request.subject.properties = &subject;
    request.action.properties = &action;
    request.resource.properties = &resource;
    super::ask(&scene.pdp, &request).unwrap();
    let lines = scene.closed();
    let expected = json!({
        "context.case": "l".repeat(256), "subject.level": 2.5, "resource.sealed": true, "action.list": "(nested)"
    });
    assert_eq!(of(&lines, "decision")[0]["attributes"], expected);
    assert!(!std::fs::read_to_string(scene.path()).unwrap().contains("Sam"));
    for wrong in ["case", "context.", "contexts.case", ".case"] {
        assert!(Attributes::read(&[wrong.to_owned()]).is_err(), "{wrong}");
    }
}

/// Any text, with those that would end a line, a text or a terminal's patience.
fn text() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        Just("\n".to_owned()),
        Just("\"}\n{\"seq\":1,".to_owned()),
        Just("\\".to_owned()),
        Just("\u{1b}[2J".to_owned()),
        Just("\u{2028}\u{202e}\u{85}\0\u{7f}".to_owned()),
        Just("\"effect\":\"allow\"".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(hostile, 1..8).prop_map(|parts| parts.concat())
}

#[test]
fn no_text_makes_more_of_a_line_than_a_line() {
    let names = ["context.case".to_owned()];
    let scene = Scene::with(|_, settings| Settings { attributes: Attributes::read(&names).unwrap(), ..settings });
    let asked = std::cell::RefCell::new(Vec::new());
    let texts = proptest::array::uniform8(text());
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 2_000, ..ProptestConfig::default() });
    runner
        .run(&texts, |texts| {
            let [subject, action, id, student, school, section, purpose, case] = &texts;
            let context = ["purpose", "case"].into_iter().zip([purpose, case]);
            let context: Vec<_> = context.map(|(name, text)| (name.to_owned(), Free::Text(text.clone()))).collect();
            let sections = [section.clone(), school.clone()];
            let request = Request {
                subject: Subject { kind: "user", id: subject, ..Subject::default() },
                action: Action { name: action, ..Action::default() },
                resource: Resource {
                    kind: "misis.grades.mark",
                    id,
                    student: Some(student),
                    school: Some(AnyOf::One(school)),
                    section: Some(AnyOf::Many(&sections)),
                    ..Resource::default()
                },
                context: &context,
            };
            let asking = Asking::default();
            prop_assert!(runtime().block_on(scene.pdp.ask(asking, |view| view.decide(&request).map(|_| ()))).is_ok());
            asked.borrow_mut().push(texts);
            Ok(())
        })
        .unwrap();
    let lines = scene.closed();
    let whole = std::fs::read(scene.path()).unwrap();
    assert!(whole.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
    let decisions = of(&lines, "decision");
    assert_eq!((decisions.len(), lines.len()), (asked.borrow().len(), asked.borrow().len() + 2));
    for (line, texts) in decisions.into_iter().zip(asked.borrow().iter()) {
        let [subject, action, id, student, school, section, purpose, case] = texts;
        let resource = &line["resource"];
        assert_eq!([&line["subject"]["id"], &line["action"], &resource["id"]], [subject, action, id]);
        assert_eq!((&resource["student"], &resource["school"]), (&json!(student), &json!([school])));
        assert_eq!(resource["section"], json!([section, school]));
        assert_eq!((&line["purpose"], &line["attributes"]["context.case"]), (&json!(purpose), &json!(case)));
        assert_eq!(line["effect"], "deny");
    }
}
