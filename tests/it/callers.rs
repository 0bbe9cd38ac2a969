//! Who may ask what: every path against every permission, applications, keys, and the file of callers as it changes.

mod file;

use std::collections::BTreeMap;

use hallpass::caller::Permission;
use hallpass::caller::permission::{Need, TABLE};
use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::{DESCRIPTORS, hallpass::hallpass_client::HallpassClient};
use prost::Message as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};

use crate::listen::{EVALUATION, check, question};
use crate::running::{Answer, Server, runtime, settings};
use crate::secure::until;
use crate::server::raw::Raw;
use crate::support::{edit, write};

const EVALUATIONS: &str = "/access/v1/evaluations";

/// A caller for each permission, and one that may check MiSiS alone.
const CALLERS: &str = "\
hallpass: callers/v1
callers:
  check:
    key_file: check
  explain:
    key_file: explain
    may: [explain]
  search:
    key_file: search
    may: [search]
  status:
    key_file: status
    may: status
  misis:
    key_file: misis
    applications: [misis]
    may: [check, explain]
";

struct Scene {
    server: Server,
    folder: TempDir,
}

impl Scene {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("callers.yaml"), CALLERS);
        for name in ["check", "explain", "search", "status", "misis"] {
            write(&folder.path().join(name), format!("{}\na second line\n", key(name)));
        }
        let mut settings = settings();
        settings.credentials.callers = Some(folder.path().join("callers.yaml"));
        Self { server: Server::with(&settings), folder }
    }

    fn post(&self, caller: &str, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {}", key(caller));
        let headers = [("content-type", "application/json"), ("authorization", &authorization)];
        self.server.post(path, &headers, body.to_string().as_bytes())
    }

    fn authorized(&self, authorization: &[&str]) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.iter().map(|value| ("authorization", *value)));
        self.server.post(EVALUATION, &headers, question().to_string().as_bytes())
    }

    /// What a method says to an empty message, before its own first one.
    fn call(&self, caller: Option<&str>, path: &'static str) -> Result<(), Status> {
        runtime().block_on(async {
            let mut client = tonic::client::Grpc::new(self.server.channel());
            client.ready().await.unwrap();
            let message = caller.map_or(Request::new(()), |name| known(name, ()));
            let message = message.map(|()| tokio_stream::once(Vec::new()));
            client.streaming(message, PathAndQuery::from_static(path), Raw).await.map(|_| ())
        })
    }
}

/// A key of forty characters.
fn key(name: &str) -> String {
    format!("{name:-<40}")
}

fn known<T>(caller: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("bearer {}", key(caller)).parse().unwrap());
    request
}

fn is_http(path: &str) -> bool {
    path.starts_with("/access/") || path.starts_with("/.well-known/")
}

#[test]
fn each_path_wants_its_permission_and_no_other() {
    let scene = Scene::start();
    for (path, need) in TABLE {
        for (name, permission) in Permission::NAMED {
            let may = *need == Need::Nothing || *need == Need::Permission(permission);
            let what = format!("{name} at {path}");
            if is_http(path) {
                let answer = scene.post(name, path, &json!({}));
                assert_eq!(answer.status != 403, may, "{what}: {answer:?}");
                assert!(answer.body.get("decision").is_none(), "{what}");
            } else {
                let code = scene.call(Some(name), path).err().map_or(Code::Ok, |status| status.code());
                assert_eq!(code != Code::PermissionDenied, may, "{what}: {code:?}");
            }
        }
        let what = format!("nobody at {path}");
        if is_http(path) {
            let answer = scene.server.post(path, &[("content-type", "application/json")], b"{}");
            assert_eq!(answer.status != 401, *need == Need::Nothing, "{what}: {answer:?}");
        } else {
            let code = scene.call(None, path).err().map_or(Code::Ok, |status| status.code());
            assert_eq!(code != Code::Unauthenticated, *need == Need::Nothing, "{what}: {code:?}");
        }
    }
}

/// A method without its row would be closed to every caller that is known.
#[test]
fn every_method_has_its_row() {
    let services = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    for file in services.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                assert!(TABLE.iter().any(|(known, _)| *known == path), "{path} has no row");
            }
        }
    }
}

#[test]
fn what_is_not_served_is_told_to_known_callers_alone() {
    let scene = Scene::start();
    assert_eq!(scene.post("check", "/access/v1/nothing", &json!({})).status, 404);
    assert_eq!(scene.server.post("/access/v1/nothing", &[], b"").status, 401);
    for path in ["/hallpass.v1.Hallpass/Nothing", "/hallpass.v1.Hallpass/Check/", "/a.B/C"] {
        assert_eq!(scene.call(Some("check"), path).unwrap_err().code(), Code::Unimplemented, "{path}");
        assert_eq!(scene.call(None, path).unwrap_err().code(), Code::Unauthenticated, "{path}");
    }
}

/// A question about another application's type.
fn foreign() -> Value {
    let mut question = question();
    question["resource"] = json!({"type": "map.testing.session", "id": ""});
    question
}

fn foreign_check() -> hp::CheckRequest {
    let resource = hp::Resource { r#type: "map.testing.session".into(), ..hp::Resource::default() };
    hp::CheckRequest { resource: Some(resource), ..check() }
}

#[test]
fn a_caller_asks_about_its_applications_alone() {
    let scene = Scene::start();
    assert_eq!(scene.post("misis", EVALUATION, &question()).body, json!({"decision": true}));
    let mut unknown = question();
    unknown["resource"]["type"] = json!("nobody.declares.it");
    assert_eq!(scene.post("misis", EVALUATION, &unknown).body, json!({"decision": false}));
    let message = "the caller `misis` may not ask about the application `map`";
    for path in [EVALUATION, EVALUATIONS] {
        let refused = scene.post("misis", path, &foreign());
        assert_eq!((refused.status, &refused.body), (403, &json!({"error": {"status": 403, "message": message}})));
        assert_eq!(scene.post("check", path, &foreign()).status, 200);
    }
    runtime().block_on(async {
        let mut client = scene.server.hallpass();
        assert!(client.check(known("misis", check())).await.unwrap().into_inner().allow);
        let status = client.check(known("misis", foreign_check())).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::PermissionDenied, message));
        let explain = hp::ExplainRequest { check: Some(foreign_check()) };
        assert_eq!(client.explain(known("misis", explain.clone())).await.unwrap_err().code(), Code::PermissionDenied);
        assert!(client.explain(known("explain", explain)).await.is_ok());
    });
}

/// Wherever the one item stands and whatever the others come to, there is no answer to any.
#[test]
fn a_batch_with_one_forbidden_item_is_refused_whole() {
    let scene = Scene::start();
    let good = |count: usize| vec![question(); count];
    for at in 0..4 {
        let mut items = good(4);
        items[at] = foreign();
        for semantic in ["execute_all", "deny_on_first_deny", "permit_on_first_permit"] {
            let body = json!({"evaluations": items, "options": {"evaluations_semantic": semantic}});
            let refused = scene.post("misis", EVALUATIONS, &body);
            assert_eq!(refused.status, 403, "{semantic}, {at}: {refused:?}");
            assert!(refused.body.get("evaluations").is_none(), "{semantic}, {at}");
        }
        // The item takes its resource from the defaults.
        items[at].as_object_mut().unwrap().remove("resource");
        let body = json!({"resource": foreign()["resource"], "evaluations": items});
        assert_eq!(scene.post("misis", EVALUATIONS, &body).status, 403, "{at}");
        runtime().block_on(async {
            let mut checks = vec![check(); 4];
            checks[at] = foreign_check();
            let batch = known("misis", hp::BatchCheckRequest { checks });
            let status = scene.server.hallpass().batch_check(batch).await.unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied, "{at}");
            let evaluations = known("misis", evaluations(at));
            let status = scene.server.access().evaluations(evaluations).await.unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied, "{at}");
        });
    }
    let body = json!({"evaluations": good(3)});
    assert_eq!(scene.post("misis", EVALUATIONS, &body).body["evaluations"], json!(vec![json!({"decision": true}); 3]));
    // Defaults that no item takes are not asked about.
    let body = json!({"resource": foreign()["resource"], "evaluations": good(1)});
    assert_eq!(scene.post("misis", EVALUATIONS, &body).status, 200);
}

fn evaluations(foreign: usize) -> az::EvaluationsRequest {
    let item = |at: usize| {
        let kind = if at == foreign { "map.testing.session" } else { "misis.grades.mark" };
        let resource = Some(az::Resource { r#type: kind.into(), id: String::new(), properties: None });
        az::EvaluationRequest { resource, ..az::EvaluationRequest::default() }
    };
    az::EvaluationsRequest {
        subject: Some(az::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None }),
        action: Some(az::Action { name: "view".into(), properties: None }),
        evaluations: (0..4).map(item).collect(),
        ..az::EvaluationsRequest::default()
    }
}

#[test]
fn a_key_is_shown_once_and_whole() {
    let scene = Scene::start();
    let good = key("check");
    let with = |text: &str| text.replace("KEY", &good);
    for (authorization, status) in [
        (vec!["Bearer KEY"], 200),
        (vec!["bearer KEY"], 200),
        (vec!["BEARER KEY"], 200),
        (vec![], 401),
        (vec!["undefined"], 401),
        (vec![""], 401),
        (vec!["Bearer"], 401),
        (vec!["Bearer "], 401),
        (vec!["KEY"], 401),
        (vec!["Basic KEY"], 401),
        (vec!["BearerKEY"], 401),
        (vec!["Bearer  KEY"], 401),
        (vec!["Bearer KEY x"], 401),
        (vec!["Bearer KEY-"], 401),
        (vec!["Bearer KEY, Bearer KEY"], 401),
        (vec!["Bearer a second line"], 401),
        (vec!["Bearer KEY", "Bearer KEY"], 401),
        (vec!["undefined", "Bearer KEY"], 401),
    ] {
        let given: Vec<String> = authorization.iter().map(|text| with(text)).collect();
        let answer = scene.authorized(&given.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(answer.status, status, "{authorization:?}");
        let challenge = (status == 401).then_some("Bearer");
        assert_eq!(answer.header("www-authenticate"), challenge, "{authorization:?}");
        assert_eq!(answer.body.get("decision").is_some(), status == 200, "{authorization:?}");
    }
    assert_eq!(scene.authorized(&[&format!("Bearer {}", &good[..39])]).status, 401);
    runtime().block_on(async {
        let mut request = Request::new(check());
        request.metadata_mut().insert("authorization", "undefined".parse().unwrap());
        request.metadata_mut().insert("x-request-id", "r-1".parse().unwrap());
        let status = scene.server.hallpass().check(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.metadata().get("www-authenticate").unwrap(), "Bearer");
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "r-1");
    });
}

#[test]
fn keys_and_permissions_change_while_connections_stay() {
    let scene = Scene::start();
    let file = |name: &str| scene.folder.path().join(name);
    let runtime = runtime();
    let mut client = runtime.block_on(async { HallpassClient::new(scene.server.channel()) });
    let mut code = |caller: &str| {
        let called = runtime.block_on(client.check(known(caller, check())));
        called.err().map_or(Code::Ok, |status| status.code())
    };
    assert_eq!((code("check"), code("newer")), (Code::Ok, Code::Unauthenticated));
    write(&file("check"), key("newer"));
    until("the new key", || code("newer") == Code::Ok);
    assert_eq!(code("check"), Code::Unauthenticated);
    edit(&file("callers.yaml"), "    key_file: check\n", "    key_file: check\n    may: [status]\n");
    until("the new permission", || code("newer") == Code::PermissionDenied);
    edit(&file("callers.yaml"), "    may: [status]\n  explain", "    may: [check]\n  explain");
    until("the first permission", || code("newer") == Code::Ok);
    let problems = || {
        let status =
            runtime.block_on(async { scene.server.hallpass().status(known("status", hp::StatusRequest {})).await });
        status.unwrap().into_inner().credentials.unwrap().problems
    };
    for (name, bad, message) in [
        ("check", "short", "is too short"),
        ("callers.yaml", "callers: [", "callers.yaml:"),
        ("callers.yaml", "hallpass: callers/v1\ncallers:\n  check:\n    mai: [check]\n", "did you mean `may`?"),
    ] {
        let before = std::fs::read(file(name)).unwrap();
        write(&file(name), bad);
        until(message, || problems().iter().any(|problem| problem.contains(message)));
        assert_eq!((code("newer"), code("check")), (Code::Ok, Code::Unauthenticated), "{bad}");
        write(&file(name), before);
        until("all well", || problems().is_empty());
    }
    edit(&file("callers.yaml"), "  check:\n    key_file: check\n    may: [check]\n", "");
    until("the caller's end", || code("newer") == Code::Unauthenticated);
}

/// Nothing that a test above takes for granted: the paths of the table that are served today.
#[test]
fn the_table_names_no_path_twice() {
    let mut counted = BTreeMap::new();
    TABLE.iter().for_each(|(path, _)| *counted.entry(path).or_insert(0) += 1);
    assert!(counted.values().all(|count| *count == 1), "{counted:?}");
}
