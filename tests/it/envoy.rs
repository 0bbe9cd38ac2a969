//! Envoy's external authorization, in process and with a real Envoy: what is allowed and refused, by what sort of path, on
//! whose word.

mod answers;
mod gateway;
mod headers;
mod paths;
mod real;
mod reference;
mod upstream;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use hallpass::app::Settings;
use hallpass::grpc::proto::external::envoy::config::core::v3::{HeaderMap, HeaderValue, Metadata};
use hallpass::grpc::proto::external::envoy::service::auth::v3 as wire;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::snapshot::{Builder, Files, Snapshot};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::json;
use tonic::transport::Channel;
use wire::attribute_context::{HttpRequest, Peer, Request};
use wire::authorization_client::AuthorizationClient;
use wire::check_response::HttpResponse;
use wire::{AttributeContext, CheckRequest, CheckResponse};

use crate::running::{Server, settings};
use crate::support::{path, source, sources};

/// The routes of the example.
pub(crate) fn example() -> String {
    std::fs::read_to_string(path("examples/envoy/routes.yaml")).unwrap()
}

/// The shipped policies with these routes, and the demo district.
pub(crate) fn snapshot(routes: &[&str]) -> Snapshot {
    let mut policies = sources(&path("policies"));
    policies.extend(routes.iter().enumerate().map(|(at, text)| source(&format!("routes{at}.yaml"), *text)));
    let policies = Files { revision: &"00000000000000aa".into(), files: &policies };
    let directory = Files { revision: &"00000000000000bb".into(), files: &sources(&path("examples/district")) };
    Builder::new(vec!["user".to_owned()], None).build(policies, directory, 1).unwrap()
}

pub(crate) fn server(routes: &[&str]) -> Server {
    server_at(None, routes)
}

/// A server with these routes, on a Unix socket too if it is named one.
pub(crate) fn server_at(unix: Option<PathBuf>, routes: &[&str]) -> Server {
    let settings = Settings { unix, ..settings() };
    Server::over(&settings, Arc::new(Pdp::new(snapshot(routes), Limits::default())), None)
}

pub(crate) fn client(server: &Server) -> AuthorizationClient<Channel> {
    AuthorizationClient::new(server.channel())
}

/// A request at the gateway, as the gateway tells it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    method: String,
    target: String,
    host: String,
    headers: Vec<(String, String)>,
    /// Headers as bytes, as some gateways send them.
    raw: Vec<(String, Vec<u8>)>,
    claims: serde_json::Value,
    claims_in: String,
    peer: String,
    said: Vec<(String, String)>,
}

/// A request of a person whose token was verified.
pub(crate) fn sent(who: &str, method: &str, target: &str) -> Sent {
    Sent {
        method: method.into(),
        target: target.into(),
        host: "sis.example".into(),
        headers: Vec::new(),
        raw: Vec::new(),
        claims: json!({ "sub": who }),
        claims_in: "jwt_payload".into(),
        peer: String::new(),
        said: Vec::new(),
    }
}

impl Sent {
    fn host(self, host: &str) -> Self {
        Self { host: host.into(), ..self }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn raw(mut self, name: &str, value: &[u8]) -> Self {
        self.raw.push((name.into(), value.into()));
        self
    }

    fn claims(self, claims: serde_json::Value) -> Self {
        Self { claims, ..self }
    }

    fn claims_in(self, name: &str) -> Self {
        Self { claims_in: name.into(), ..self }
    }

    fn peer(self, name: &str) -> Self {
        Self { peer: name.into(), ..self }
    }

    fn say(mut self, name: &str, text: &str) -> Self {
        self.said.push((name.into(), text.into()));
        self
    }

    fn message(&self) -> CheckRequest {
        let header = |(name, value): &(String, Vec<u8>)| HeaderValue {
            key: name.clone(),
            raw_value: value.clone(),
            ..Default::default()
        };
        let http = HttpRequest {
            method: self.method.clone(),
            path: self.target.clone(),
            host: self.host.clone(),
            headers: self.headers.iter().cloned().collect(),
            header_map: (!self.raw.is_empty()).then(|| HeaderMap { headers: self.raw.iter().map(header).collect() }),
            ..Default::default()
        };
        let kept = Struct { fields: [(self.claims_in.clone(), value(&self.claims))].into() };
        let verified = Metadata {
            filter_metadata: HashMap::from([("envoy.filters.http.jwt_authn".into(), kept)]),
            ..Default::default()
        };
        let attributes = AttributeContext {
            source: Some(Peer { principal: self.peer.clone(), ..Default::default() }),
            request: Some(Request { http: Some(http), ..Default::default() }),
            metadata_context: (!self.claims.is_null()).then_some(verified),
            context_extensions: self.said.iter().cloned().collect(),
            ..Default::default()
        };
        CheckRequest { attributes: Some(attributes) }
    }
}

fn value(json: &serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(value) => Kind::BoolValue(*value),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        serde_json::Value::String(text) => Kind::StringValue(text.clone()),
        serde_json::Value::Array(items) => Kind::ListValue(ListValue { values: items.iter().map(value).collect() }),
        serde_json::Value::Object(members) => {
            let fields = members.iter().map(|(name, json)| (name.clone(), value(json))).collect();
            Kind::StructValue(Struct { fields })
        }
    };
    Value { kind: Some(kind) }
}

/// An answer, in short: its code, the status that the client sees (0 where it is let through), and why.
pub(crate) fn short(answer: &CheckResponse) -> (i32, i32, String) {
    let status = match answer.http_response.as_ref().unwrap() {
        HttpResponse::OkResponse(_) => 0,
        HttpResponse::DeniedResponse(denied) | HttpResponse::ErrorResponse(denied) => denied.status.unwrap().code,
    };
    (answer.status.as_ref().unwrap().code, status, metadata(answer, "reason"))
}

/// A text of the metadata; empty where it isn't there.
pub(crate) fn metadata(answer: &CheckResponse, name: &str) -> String {
    let kind = answer.dynamic_metadata.as_ref().unwrap().fields.get(name).and_then(|value| value.kind.clone());
    match kind {
        None => String::new(),
        Some(Kind::StringValue(text)) => text,
        Some(other) => panic!("{other:?}"),
    }
}

/// What is asked, one after the other, and its answers in short.
pub(crate) async fn ask(client: &mut AuthorizationClient<Channel>, sent: &Sent) -> CheckResponse {
    client.check(sent.message()).await.unwrap().into_inner()
}
