//! Every edge, asked one good question: what sort of answer it gives, and of which revision of the directory.

use std::collections::BTreeMap;

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hallpass::grpc::proto::hallpass as hp;
use hp::check_stream_response::Result as Item;
use serde_json::json;
use tonic::{Request, Response, Status};

use crate::envoy::{metadata, sent, short};
use crate::running::{Answer, Server};

/// What an edge answered: `ok` and the directory's revision where it tells that, or the code of a refusal.
pub(super) type Told = BTreeMap<&'static str, String>;

/// Edges that list rather than decide.
pub(super) const LISTING: [&str; 5] =
    ["Plan", "SubjectSearch", "ResourceSearch", "POST /access/v1/search/subject", "POST /access/v1/search/resource"];
/// How many edges there are.
pub(super) const EDGES: usize = 17;

/// The policies' routes: one by which a gateway can ask the question.
pub(crate) const ROUTES: &str = "hallpass: routes/v1\napplication: misis\nsubject: {claim: sub}\nroutes:\n  \
                                 - match: POST /marks\n    from_context_extensions: true\n";

/// Asks all edges, with a wish or without.
pub(super) async fn all(server: &Server, wish: Option<&str>) -> Told {
    let mut told = grpc(server, wish).await;
    let whole = BTreeMap::from([
        ("/access/v1/evaluation", json!({})),
        ("/access/v1/evaluations", json!({"evaluations": [{}, {}]})),
        ("/access/v1/search/subject", json!({"subject": {"type": "user"}})),
        ("/access/v1/search/resource", json!({"resource": {"type": "misis.grades.mark"}})),
        ("/access/v1/search/action", json!({"action": null})),
    ]);
    const PATHS: [&str; 5] = [
        "POST /access/v1/evaluation",
        "POST /access/v1/evaluations",
        "POST /access/v1/search/subject",
        "POST /access/v1/search/resource",
        "POST /access/v1/search/action",
    ];
    for name in PATHS {
        let path = name.strip_prefix("POST ").unwrap();
        let mut body = json!({
            "subject": {"type": "user", "id": "t.rivera"},
            "action": {"name": "update"},
            "resource": {"type": "misis.grades.mark", "id": "m.1", "properties": {"student": "s.0142"}},
        });
        body.as_object_mut().unwrap().extend(whole[path].as_object().unwrap().clone());
        let wish = wish.map(|wish| ("hallpass-consistency", wish));
        let headers: Vec<_> = [("content-type", "application/json")].into_iter().chain(wish).collect();
        let answer = tokio::task::block_in_place(|| server.post(path, &headers, body.to_string().as_bytes()));
        told.insert(name, of_answer(&answer));
    }
    told
}

fn of_answer(answer: &Answer) -> String {
    match answer.status {
        200 => {
            let revision = answer.header("x-hallpass-revision").unwrap();
            format!("ok {}", revision.split_once('.').unwrap().1)
        }
        503 => {
            assert_eq!((answer.header("retry-after"), &answer.body["error"]["status"]), (Some("1"), &json!(503)));
            "Unavailable".to_owned()
        }
        400 => "InvalidArgument".to_owned(),
        other => format!("{other}: {}", answer.body),
    }
}

fn of<T>(answer: Result<Response<T>, Status>, revision: impl FnOnce(T) -> String) -> String {
    match answer {
        Ok(answer) => format!("ok {}", revision(answer.into_inner())).trim_end().to_owned(),
        Err(status) => format!("{:?}", status.code()),
    }
}

fn request<T>(message: T, wish: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(wish) = wish {
        request.metadata_mut().insert("hallpass-consistency", wish.parse().unwrap());
    }
    request
}

pub(crate) fn check(who: &str, student: &str) -> hp::CheckRequest {
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: who.into(), properties: None }),
        action: Some(hp::Action { name: "update".into(), properties: None }),
        resource: Some(hp::Resource {
            r#type: "misis.grades.mark".into(),
            id: "m.1".into(),
            student: Some(student.into()),
            ..Default::default()
        }),
        context: None,
    }
}

async fn grpc(server: &Server, wish: Option<&str>) -> Told {
    let mut told = hallpass(server, wish).await;
    let mut access = server.access();
    let subject = || Some(az::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None });
    let action = || Some(az::Action { name: "update".into(), properties: None });
    let resource = || Some(az::Resource { r#type: "misis.grades.mark".into(), id: "m.1".into(), properties: None });
    let one = az::EvaluationRequest { subject: subject(), action: action(), resource: resource(), context: None };
    let evaluated = access.evaluation(request(one.clone(), wish)).await;
    told.insert("Evaluation", of(evaluated, |_| String::new()));
    let many = az::EvaluationsRequest { evaluations: vec![one.clone(), one], ..Default::default() };
    told.insert("Evaluations", of(access.evaluations(request(many, wish)).await, |_| String::new()));
    let (subject, action, resource) = (subject(), action(), resource());
    let search = az::SubjectSearchRequest {
        subject: subject.clone(),
        action: action.clone(),
        resource: resource.clone(),
        ..Default::default()
    };
    told.insert("SubjectSearch", of(access.subject_search(request(search, wish)).await, |_| String::new()));
    let search = az::ResourceSearchRequest {
        subject: subject.clone(),
        action,
        resource: resource.clone(),
        ..Default::default()
    };
    told.insert("ResourceSearch", of(access.resource_search(request(search, wish)).await, |_| String::new()));
    let search = az::ActionSearchRequest { subject, resource, ..Default::default() };
    told.insert("ActionSearch", of(access.action_search(request(search, wish)).await, |_| String::new()));
    told
}

async fn hallpass(server: &Server, wish: Option<&str>) -> Told {
    let (mut hallpass, one) = (server.hallpass(), check("t.rivera", "s.0142"));
    let hp::CheckRequest { subject, action, resource, .. } = one.clone();
    let mut told = Told::new();
    told.insert("Check", of(hallpass.check(request(one.clone(), wish)).await, |answer| answer.directory_revision));
    let batch = hp::BatchCheckRequest { checks: vec![one.clone(), one.clone()] };
    told.insert("BatchCheck", of(hallpass.batch_check(request(batch, wish)).await, |all| all.directory_revision));
    let list = hp::ListActionsRequest {
        subject: subject.clone(),
        resources: vec![resource.clone().unwrap()],
        ..Default::default()
    };
    told.insert("ListActions", of(hallpass.list_actions(request(list, wish)).await, |all| all.directory_revision));
    let explain = hp::ExplainRequest { check: Some(one.clone()) };
    let explained = hallpass.explain(request(explain, wish)).await;
    told.insert("Explain", of(explained, |answer| answer.decision.unwrap().directory_revision));
    let plan = hp::PlanRequest {
        subject,
        action,
        resource: resource.map(|given| hp::Resource { r#type: given.r#type, ..Default::default() }),
        columns: Some(hp::Columns { student: Some(hp::Column::default()), ..Default::default() }),
        ..Default::default()
    };
    told.insert("Plan", of(hallpass.plan(request(plan, wish)).await, |answer| answer.directory_revision));
    told.insert("CheckStream", stream(server, wish, one.clone()).await);
    told.insert("a gateway", gateway(server, wish).await);
    told
}

async fn stream(server: &Server, wish: Option<&str>, check: hp::CheckRequest) -> String {
    let asked = tokio_stream::iter([hp::CheckStreamRequest { id: 5, check: Some(check) }]);
    let mut answers = match server.hallpass().check_stream(request(asked, wish)).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return format!("{:?}", status.code()),
    };
    let hp::CheckStreamResponse { id, result } = match answers.message().await {
        Ok(answer) => answer.unwrap(),
        Err(status) => return format!("{:?}", status.code()),
    };
    assert_eq!((id, answers.message().await.unwrap()), (5, None));
    match result.unwrap() {
        Item::Response(response) => format!("ok {}", response.directory_revision),
        Item::Error(error) if error.unavailable => "Unavailable".to_owned(),
        Item::Error(error) => format!("InvalidArgument: {}", error.message),
    }
}

async fn gateway(server: &Server, wish: Option<&str>) -> String {
    let asked = [("action", "update"), ("type", "misis.grades.mark"), ("id", "m.1"), ("student", "s.0142")];
    let asked = asked
        .into_iter()
        .fold(sent("t.rivera", "POST", "/marks"), |sent, (name, text)| sent.say(&format!("hallpass.{name}"), text));
    let answer = AuthorizationClient::new(server.channel()).check(request(asked.message(), wish)).await;
    let answer = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return format!("{:?}", status.code()),
    };
    match short(&answer) {
        (0, 0, _) => format!("ok {}", metadata(&answer, "directory_revision")),
        (14, 503, reason) if reason == "unavailable" => "Unavailable".to_owned(),
        other => format!("{other:?}"),
    }
}
