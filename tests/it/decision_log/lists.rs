//! Searches, lists of actions and plans: a line of the question each, with what came of it.

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::pdp::{Asking, Undecided};
use serde_json::{Value, json};

use super::{Scene, mark, of};
use crate::running::{Server, runtime, settings};

/// Kind, action, student and what came of it, of each line.
fn said(lines: &[Value]) -> Vec<Value> {
    let line = |line: &&Value| {
        json!([line["kind"], line["action"], line["resource"]["student"], line["found"], line["rows"], line["effect"]])
    };
    of(lines, "decision").iter().map(line).collect()
}

#[test]
fn a_list_leaves_a_line_of_its_question_and_how_many_there_are() {
    let scene = Scene::new();
    let server = Server::over(&settings(), scene.pdp.clone(), None);
    let subject = || Some(az::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None });
    let student =
        |id: &str| Some(az::Resource { r#type: "misis.census.student".into(), id: id.into(), properties: None });
    let action = || Some(az::Action { name: "view".into(), properties: None });
    let mut expected = Vec::new();
    runtime().block_on(async {
        let mut access = server.access();
        let asked = az::SubjectSearchRequest {
            subject: subject(),
            action: action(),
            resource: student("s.0142"),
            ..Default::default()
        };
        let found = access.subject_search(asked).await.unwrap().into_inner().results.len();
        expected.push(json!(["subjects", "view", "s.0142", found, null, null]));
        let asked = az::ResourceSearchRequest {
            subject: subject(),
            action: action(),
            resource: student(""),
            ..Default::default()
        };
        let found = access.resource_search(asked).await.unwrap().into_inner().results.len();
        assert!(found > 0);
        expected.push(json!(["resources", "view", null, found, null, null]));
        let asked = az::ActionSearchRequest { subject: subject(), resource: student("s.0142"), ..Default::default() };
        let found = access.action_search(asked).await.unwrap().into_inner().results.len();
        expected.push(json!(["actions", null, "s.0142", found, null, null]));
        let resource =
            |id: &str| hp::Resource { r#type: "misis.census.student".into(), id: id.into(), ..Default::default() };
        let subject = Some(hp::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None });
        let list = hp::ListActionsRequest {
            subject: subject.clone(),
            resources: vec![resource("s.0142"), resource("s.0999")],
            ..Default::default()
        };
        for (item, student) in
            server.hallpass().list_actions(list).await.unwrap().into_inner().items.iter().zip(["s.0142", "s.0999"])
        {
            let Some(hp::list_actions_item::Result::Actions(actions)) = &item.result else { panic!("{item:?}") };
            expected.push(json!(["actions", null, student, actions.names.len(), null, null]));
        }
        let plan = hp::PlanRequest {
            subject,
            action: Some(hp::Action { name: "view".into(), properties: None }),
            resource: Some(resource("")),
            columns: Some(hp::Columns { student: Some(hp::Column::default()), ..Default::default() }),
            ..Default::default()
        };
        server.hallpass().plan(plan).await.unwrap();
        expected.push(json!(["plan", "view", null, null, "some", null]));
    });
    for (path, kind) in [("subject", "subjects"), ("resource", "resources"), ("action", "actions")] {
        let body = json!({"subject": {"type": "user", "id": "t.rivera"}, "action": {"name": "view"},
                          "resource": {"type": "misis.census.student", "id": "s.0142"}});
        let answer = server.post(
            &format!("/access/v1/search/{path}"),
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        );
        let found = answer.body["results"].as_array().unwrap().len();
        let action = if kind == "actions" { Value::Null } else { json!("view") };
        let student = if kind == "resources" { Value::Null } else { json!("s.0142") };
        expected.push(json!([kind, action, student, found, null, null]));
    }
    drop(server);
    assert_eq!(said(&scene.closed()), expected);
}

#[test]
fn explaining_is_a_decision_too() {
    let scene = Scene::new();
    let request = mark("t.rivera", "s.0999");
    runtime().block_on(scene.pdp.ask(Asking::default(), |view| view.explain(&request).map(|_| ()))).unwrap();
    assert_eq!(said(&scene.closed()), [json!(["explain", "update", "s.0999", null, null, "deny"])]);
}

/// What has no decision leaves no line: neither do answers that were not given, as one of a batch could not be.
#[test]
fn what_is_not_answered_leaves_no_line() {
    let scene = Scene::new();
    let good = mark("t.rivera", "s.0142");
    let malformed = mark("", "s.0142");
    let asked = |request| runtime().block_on(scene.pdp.ask(Asking::default(), |view| view.decide(request).map(|_| ())));
    assert!(matches!(asked(&malformed), Err(Undecided::Malformed(_))));
    let batch = runtime().block_on(scene.pdp.ask(Asking::default(), |view| {
        view.decide(&good)?;
        Err::<(), _>(Undecided::Unavailable("the second can't be had".to_owned()))
    }));
    assert!(batch.is_err());
    assert!(asked(&good).is_ok());
    assert_eq!(said(&scene.closed()).len(), 1);
}
