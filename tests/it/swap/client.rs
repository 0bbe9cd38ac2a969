//! Clients that ask all probes as one batch, one batch after the other on one connection.

use std::net::SocketAddr;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hp::batch_check_item::Result as Item;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use super::witness::Batch;
use super::{PROBES, SUBJECT, kind};
use crate::kept::Kept;
use crate::running::{Answer, Server, runtime};

/// One connection.
pub(super) trait Client {
    fn batch(&mut self) -> Batch;
}

/// `hallpass.v1` BatchCheck.
pub(super) struct Grpc {
    runtime: Runtime,
    client: HallpassClient<Channel>,
    request: hp::BatchCheckRequest,
}

impl Grpc {
    pub(super) fn new(server: &Server) -> Self {
        let runtime = runtime();
        let client = runtime.block_on(async { server.hallpass() });
        let check = |probe| hp::CheckRequest {
            subject: Some(hp::Subject { r#type: "user".into(), id: SUBJECT.into(), properties: None }),
            action: Some(hp::Action { name: "view".into(), properties: None }),
            resource: Some(hp::Resource { r#type: kind(probe), ..hp::Resource::default() }),
            context: None,
        };
        Self { runtime, client, request: hp::BatchCheckRequest { checks: (0..PROBES).map(check).collect() } }
    }
}

impl Client for Grpc {
    fn batch(&mut self) -> Batch {
        let answer = self.runtime.block_on(self.client.batch_check(self.request.clone())).unwrap().into_inner();
        let item = |item: hp::BatchCheckItem| match item.result {
            Some(Item::Response(response)) => (response.policy_revision, response.allow),
            other => panic!("{other:?}"),
        };
        Batch { revision: answer.policy_revision, items: answer.items.into_iter().map(item).collect() }
    }
}

/// AuthZEN evaluations.
pub(super) struct Http {
    connection: Kept,
    body: String,
}

impl Http {
    pub(super) fn new(addr: SocketAddr) -> Self {
        let item = |probe| json!({"resource": {"type": kind(probe), "id": ""}});
        let body = json!({
            "subject": {"type": "user", "id": SUBJECT},
            "action": {"name": "view"},
            "options": {"hallpass": {"explain": true}},
            "evaluations": (0..PROBES).map(item).collect::<Vec<_>>(),
        });
        Self { connection: Kept::connect(addr), body: body.to_string() }
    }
}

impl Client for Http {
    fn batch(&mut self) -> Batch {
        let answer = self.connection.post_all("/access/v1/evaluations", std::slice::from_ref(&self.body)).remove(0);
        assert_eq!(answer.status, 200, "{answer:?}");
        let item = |item: &Value| {
            let revision = item["context"]["hallpass"]["policy_revision"].as_str().unwrap().to_owned();
            (revision, item["decision"].as_bool().unwrap())
        };
        let items = answer.body["evaluations"].as_array().unwrap().iter().map(item).collect();
        Batch { revision: policy_revision(&answer), items }
    }
}

fn policy_revision(answer: &Answer) -> String {
    answer.header("x-hallpass-revision").unwrap().split_once('.').unwrap().0.to_owned()
}
