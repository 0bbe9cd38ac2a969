//! Every surface of a server, asked two questions at once: one that the rules allow, and one that they deny.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::net::SocketAddr;
use std::time::Duration;

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::authzen::access_client::AccessClient;
use hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hp::check_stream_response::Result as Item;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::asking::edges::check;
use crate::envoy::{sent, short};
use crate::process::Process;

/// The surfaces: of gRPC, its stream, gateways, and HTTP.
pub(super) const ALL: [&str; 13] = [
    "Check",
    "BatchCheck",
    "Explain",
    "ListActions",
    "Plan",
    "Evaluation",
    "Evaluations",
    "CheckStream",
    "gateway",
    "evaluation",
    "evaluations",
    "search/subject",
    "search/action",
];

/// A student whose marks t.rivera may update, and one whose marks they may not.
const STUDENTS: [&str; 2] = ["s.0142", "s.0999"];
pub(super) const NOTHING: &str = "nothing";
const GONE: &str = "no connection";

/// What a surface says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// An answer: whether it lets somebody do anything, and all of it.
    Answer(bool, String),
    /// None: why.
    None(String),
}

/// What all surfaces say to both questions.
pub(super) type All = BTreeMap<&'static str, [Said; 2]>;

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    grpc: SocketAddr,
    http: SocketAddr,
}

impl From<&Process> for At {
    fn from(process: &Process) -> Self {
        Self { grpc: process.grpc, http: process.http }
    }
}

/// Asks all at once, each on a connection of its own; whoever has no answer by then, where that is given, leaves.
pub(super) async fn all(at: At, patience: Option<Duration>) -> All {
    let mut asking = JoinSet::new();
    for surface in ALL {
        for (place, student) in STUDENTS.into_iter().enumerate() {
            asking.spawn(async move { (surface, place, within(patience, ask(at, surface, student)).await) });
        }
    }
    let mut all = All::new();
    for (surface, place, said) in asking.join_all().await {
        all.entry(surface).or_insert([const { Said::None(String::new()) }; 2])[place] = said;
    }
    all
}

/// Asks one surface the question that is allowed.
pub(super) async fn one(at: At, surface: &'static str) -> Said {
    ask(at, surface, STUDENTS[0]).await
}

/// What is said to whoever waits so long.
pub(super) async fn within(patience: Option<Duration>, asking: impl Future<Output = Said>) -> Said {
    match patience {
        None => asking.await,
        Some(patience) => {
            tokio::time::timeout(patience, asking).await.unwrap_or_else(|_late| Said::None(NOTHING.to_owned()))
        }
    }
}

async fn ask(at: At, surface: &str, student: &str) -> Said {
    match surface {
        "evaluation" | "evaluations" | "search/subject" | "search/action" => over_http(at, surface, student).await,
        _ => over_grpc(at, surface, student).await.unwrap_or_else(|status| refused(&status)),
    }
}

/// What is told of a call that failed: its code, or that there was nobody to call.
fn refused(status: &Status) -> Said {
    Said::None(if status.source().is_some() { GONE.to_owned() } else { named(status.code()) })
}

fn named(code: tonic::Code) -> String {
    let name = format!("{code:?}");
    let upper = name.chars().enumerate().flat_map(|(at, letter)| {
        let gap = (at > 0 && letter.is_uppercase()).then_some('_');
        gap.into_iter().chain([letter.to_ascii_uppercase()])
    });
    upper.collect()
}

async fn over_grpc(at: At, surface: &str, student: &str) -> Result<Said, Status> {
    let channel = Endpoint::from_shared(format!("http://{}", at.grpc)).unwrap().connect_lazy();
    let (mut hallpass, one) = (HallpassClient::new(channel.clone()), check("t.rivera", student));
    let hp::CheckRequest { subject, action, resource, .. } = one.clone();
    Ok(match surface {
        "Check" => {
            let answer = hallpass.check(one).await?.into_inner();
            Said::Answer(answer.allow, format!("{answer:?}"))
        }
        "BatchCheck" => {
            let answer = hallpass.batch_check(hp::BatchCheckRequest { checks: vec![one.clone(), one] }).await?;
            batch(&answer.into_inner())
        }
        "Explain" => {
            let answer = hallpass.explain(hp::ExplainRequest { check: Some(one) }).await?.into_inner();
            Said::Answer(answer.decision.as_ref().unwrap().allow, format!("{answer:?}"))
        }
        "ListActions" => {
            let list = hp::ListActionsRequest { subject, resources: vec![resource.unwrap()], ..Default::default() };
            let answer = hallpass.list_actions(list).await?.into_inner();
            Said::Answer(answer.items.iter().any(|item| format!("{item:?}").contains("update")), format!("{answer:?}"))
        }
        "Plan" => {
            let resource = resource.map(|resource| hp::Resource { id: String::new(), ..resource });
            let plan = hp::PlanRequest { subject, action, resource, ..Default::default() };
            let answer = hallpass.plan(plan).await?.into_inner();
            Said::Answer(answer.kind() != hp::PlanKind::Never, format!("{answer:?}"))
        }
        "CheckStream" => streamed(&mut hallpass, one).await?,
        "gateway" => gateway(channel, student).await?,
        _ => access(channel, surface, student).await?,
    })
}

fn batch(answer: &hp::BatchCheckResponse) -> Said {
    let allow = format!("{answer:?}").contains("allow: true");
    match format!("{answer:?}") {
        text if text.contains("unavailable: true") => Said::None("UNAVAILABLE".to_owned()),
        text if text.contains("Error(") => Said::None("INVALID_ARGUMENT".to_owned()),
        text => Said::Answer(allow, text),
    }
}

async fn streamed(hallpass: &mut HallpassClient<Channel>, check: hp::CheckRequest) -> Result<Said, Status> {
    let asked = tokio_stream::iter([hp::CheckStreamRequest { id: 5, check: Some(check) }]);
    let mut answers = hallpass.check_stream(asked).await?.into_inner();
    let Some(hp::CheckStreamResponse { result, .. }) = answers.message().await? else {
        return Ok(Said::None("an end".to_owned()));
    };
    Ok(match result.unwrap() {
        Item::Response(answer) => Said::Answer(answer.allow, format!("{answer:?}")),
        Item::Error(error) if error.unavailable => Said::None("UNAVAILABLE".to_owned()),
        Item::Error(_) => Said::None("INVALID_ARGUMENT".to_owned()),
    })
}

async fn gateway(channel: Channel, student: &str) -> Result<Said, Status> {
    let asked = [("action", "update"), ("type", "misis.grades.mark"), ("id", "m.1"), ("student", student)];
    let asked = asked
        .into_iter()
        .fold(sent("t.rivera", "POST", "/marks"), |sent, (name, text)| sent.say(&format!("hallpass.{name}"), text));
    let answer = AuthorizationClient::new(channel).check(asked.message()).await?.into_inner();
    Ok(match short(&answer) {
        (14, 503, _) => Said::None("UNAVAILABLE".to_owned()),
        (0, 0, _) => Said::Answer(true, format!("{answer:?}")),
        (_, _, reason) => Said::Answer(false, reason),
    })
}

async fn access(channel: Channel, surface: &str, student: &str) -> Result<Said, Status> {
    let mut access = AccessClient::new(channel);
    let properties = prost_types::Struct {
        fields: [("student".to_owned(), prost_types::Value::from(student.to_owned()))].into_iter().collect(),
    };
    let one = az::EvaluationRequest {
        subject: Some(az::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None }),
        action: Some(az::Action { name: "update".into(), properties: None }),
        resource: Some(az::Resource {
            r#type: "misis.grades.mark".into(),
            id: "m.1".into(),
            properties: Some(properties),
        }),
        context: None,
    };
    let answer = match surface {
        "Evaluation" => format!("{:?}", access.evaluation(one).await?.into_inner()),
        "Evaluations" => {
            let many = az::EvaluationsRequest { evaluations: vec![one.clone(), one], ..Default::default() };
            format!("{:?}", access.evaluations(many).await?.into_inner())
        }
        unknown => panic!("{unknown}"),
    };
    Ok(Said::Answer(answer.contains("decision: true"), answer))
}

async fn over_http(at: At, surface: &str, student: &str) -> Said {
    let mut body = json!({
        "subject": {"type": "user", "id": "t.rivera"},
        "action": {"name": "update"},
        "resource": {"type": "misis.grades.mark", "id": "m.1", "properties": {"student": student}},
    });
    match surface {
        "evaluations" => body["evaluations"] = json!([{}, {}]),
        "search/subject" => body["subject"] = json!({"type": "user"}),
        "search/action" => body["action"] = Value::Null,
        _ => {}
    }
    match exchange(at, surface, &body.to_string()).await {
        Ok((200, text)) => {
            let allow = text.contains(r#""decision":true"#) || text.contains("t.rivera") || text.contains("update");
            Said::Answer(allow, text)
        }
        Ok((status, _)) => Said::None(by_status(status).to_owned()),
        Err(_) => Said::None(GONE.to_owned()),
    }
}

/// The codes that statuses stand for, as the documentation pairs them.
fn by_status(status: u16) -> &'static str {
    match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        408 => "DEADLINE_EXCEEDED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        other => panic!("{other}"),
    }
}

async fn exchange(at: At, surface: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(at.http).await?;
    let head = format!("POST /access/v1/{surface} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n");
    let length = body.len();
    let head = format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    Ok((status, answer.split_once("\r\n\r\n").unwrap().1.to_owned()))
}
