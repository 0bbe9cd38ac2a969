//! A client that asks the five endpoints with AuthZEN's JSON, over HTTP or, put into messages, over gRPC, and gets JSON
//! from both.

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::authzen::access_client::AccessClient;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::running::{Server, runtime};

/// All endpoints, as the certification's cases name them.
pub(crate) const ENDPOINTS: [&str; 5] =
    ["evaluation", "evaluations", "search_subject", "search_resource", "search_action"];

/// Where an endpoint is over HTTP.
pub(crate) fn path(endpoint: &str) -> String {
    format!("/access/v1/{}", endpoint.replace('_', "/"))
}

/// The surfaces of AuthZEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Http,
    Grpc,
}

impl Surface {
    pub(crate) const BOTH: [Self; 2] = [Self::Http, Self::Grpc];

    pub(crate) fn client(self, server: &Server) -> Client<'_> {
        let runtime = runtime();
        let access = runtime.block_on(async { server.access() });
        Client { surface: self, server, runtime, access }
    }
}

/// A client of a server.
pub(crate) struct Client<'s> {
    pub(crate) surface: Surface,
    server: &'s Server,
    runtime: Runtime,
    access: AccessClient<Channel>,
}

impl Client<'_> {
    /// Asks; what is wrong with the request where it is malformed. Anything else fails the test.
    pub(crate) fn ask(&mut self, endpoint: &str, body: &Value) -> Result<Value, String> {
        match self.surface {
            Surface::Http => {
                let headers = [("content-type", "application/json")];
                let answer = self.server.post(&path(endpoint), &headers, body.to_string().as_bytes());
                match answer.status {
                    200 => Ok(answer.body),
                    400 => Err(answer.body["error"]["message"].as_str().unwrap().to_owned()),
                    status => panic!("{status}: {body}"),
                }
            }
            Surface::Grpc => self.runtime.block_on(call(&mut self.access, endpoint, body)).map_err(|status| {
                assert_eq!(status.code(), Code::InvalidArgument, "{status:?}: {body}");
                status.message().to_owned()
            }),
        }
    }
}

async fn call(access: &mut AccessClient<Channel>, endpoint: &str, body: &Value) -> Result<Value, Status> {
    let az::EvaluationRequest { subject, action, resource, context } = question(body);
    let page = page(body);
    match endpoint {
        "evaluation" => access.evaluation(question(body)).await.map(|answer| decision(answer.into_inner())),
        "evaluations" => {
            let evaluations: Vec<_> = body["evaluations"].as_array().into_iter().flatten().map(question).collect();
            let single = evaluations.is_empty();
            let options = structure(&body["options"]);
            let batch = az::EvaluationsRequest { subject, action, resource, context, options, evaluations };
            let mut answers: Vec<_> =
                access.evaluations(batch).await?.into_inner().evaluations.into_iter().map(decision).collect();
            Ok(if single { answers.remove(0) } else { json!({"evaluations": answers}) })
        }
        "search_subject" => {
            let search = az::SubjectSearchRequest { subject, action, resource, context, page };
            let az::SubjectSearchResponse { results, page } = access.subject_search(search).await?.into_inner();
            let subject = |subject: az::Subject| json!({"type": subject.r#type, "id": subject.id});
            Ok(found(&results.into_iter().map(subject).collect::<Vec<_>>(), page))
        }
        "search_resource" => {
            let search = az::ResourceSearchRequest { subject, action, resource, context, page };
            let az::ResourceSearchResponse { results, page } = access.resource_search(search).await?.into_inner();
            let resource = |resource: az::Resource| json!({"type": resource.r#type, "id": resource.id});
            Ok(found(&results.into_iter().map(resource).collect::<Vec<_>>(), page))
        }
        _ => {
            let search = az::ActionSearchRequest { subject, action, resource, context, page };
            let az::ActionSearchResponse { results, page } = access.action_search(search).await?.into_inner();
            Ok(found(&results.into_iter().map(|action| json!({"name": action.name})).collect::<Vec<_>>(), page))
        }
    }
}

fn found(results: &[Value], page: Option<az::PaginationResponse>) -> Value {
    let mut answer = json!({"results": results});
    if let Some(az::PaginationResponse { next_token, count, total, properties }) = page {
        assert_eq!((total, properties), (None, None));
        answer["page"] = json!({"next_token": next_token, "count": count});
    }
    answer
}

fn decision(answer: az::EvaluationResponse) -> Value {
    let mut decision = json!({"decision": answer.decision});
    if let Some(context) = answer.context {
        decision["context"] = Value::Object(context.fields.into_keys().map(|name| (name, Value::Null)).collect());
    }
    decision
}

fn question(body: &Value) -> az::EvaluationRequest {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let given = |name: &str| body.get(name).filter(|part| !part.is_null());
    az::EvaluationRequest {
        subject: given("subject").map(|part| az::Subject {
            r#type: text(&part["type"]),
            id: text(&part["id"]),
            properties: structure(&part["properties"]),
        }),
        action: given("action")
            .map(|part| az::Action { name: text(&part["name"]), properties: structure(&part["properties"]) }),
        resource: given("resource").map(|part| az::Resource {
            r#type: text(&part["type"]),
            id: text(&part["id"]),
            properties: structure(&part["properties"]),
        }),
        context: structure(&body["context"]),
    }
}

fn page(body: &Value) -> Option<az::PaginationRequest> {
    let page = body.get("page").filter(|page| !page.is_null())?;
    Some(az::PaginationRequest {
        token: page["token"].as_str().map(str::to_owned),
        limit: page["limit"].as_i64().map(|limit| i32::try_from(limit).unwrap()),
        properties: structure(&page["properties"]),
    })
}

fn structure(value: &Value) -> Option<Struct> {
    let members = value.as_object()?;
    Some(Struct { fields: members.iter().map(|(name, value)| (name.clone(), wire(value))).collect() })
}

fn wire(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => Kind::ListValue(ListValue { values: items.iter().map(wire).collect() }),
        Value::Object(_) => Kind::StructValue(structure(value).unwrap()),
    };
    Wire { kind: Some(kind) }
}
