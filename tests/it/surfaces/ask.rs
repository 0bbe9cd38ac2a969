//! The surfaces as clients see them: each asks the exam's questions over few connections and notes what it is told.

use std::sync::Arc;

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::authzen::access_client::AccessClient;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hp::batch_check_item::Result as Item;
use hp::check_stream_response::Result as StreamItem;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::asked::Said;
use super::encode::{self, json_of};
use super::exam::{Exam, Turn};
use super::gateway;
use crate::kept::Kept;
use crate::running::{Answer, Server};
use hallpass::Engine;

/// Connections of each protocol to a server.
const CONNECTIONS: usize = 4;
/// Calls at once on a gRPC connection.
const STREAMS: usize = 24;
/// Requests sent ahead on an HTTP connection.
const AHEAD: usize = 16;

/// Everything over gRPC. Reasons of single evaluations are seen on a server that always gives them.
pub(crate) async fn grpc(exam: Arc<Exam>, server: &Server, explaining: &Server) {
    let turns: [Arc<Turn>; 6] = Default::default();
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (channel, other) = (server.channel(), explaining.channel());
        for _ in 0..STREAMS {
            let [check, evaluation, at_gateway, ..] = turns.clone();
            clients.spawn(checks(Arc::clone(&exam), check, HallpassClient::new(channel.clone())));
            clients.spawn(gateway::checks(Arc::clone(&exam), at_gateway, server.pdp.clone(), channel.clone()));
            clients.spawn(evaluation_calls(Arc::clone(&exam), evaluation, AccessClient::new(other.clone())));
        }
        let [.., stream, batch, evaluations] = turns.clone();
        clients.spawn(check_stream(Arc::clone(&exam), stream, HallpassClient::new(channel.clone())));
        clients.spawn(batch_checks(Arc::clone(&exam), batch, HallpassClient::new(channel.clone())));
        clients.spawn(evaluations_calls(Arc::clone(&exam), evaluations, AccessClient::new(channel)));
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
}

async fn checks(exam: Arc<Exam>, turn: Arc<Turn>, mut client: HallpassClient<Channel>) {
    while let Some((index, [asked])) = exam.next(&turn, 1) {
        let said = client.check(encode::check(asked)).await.map(|answer| of_response(answer.into_inner()));
        exam.note("Check", index, &said.unwrap_or_else(of_status));
    }
}

async fn evaluation_calls(exam: Arc<Exam>, turn: Arc<Turn>, mut client: AccessClient<Channel>) {
    while let Some((index, [asked])) = exam.next(&turn, 1) {
        let said = client.evaluation(encode::evaluation(asked)).await.map(|answer| of_evaluation(answer.into_inner()));
        exam.note("Evaluation", index, &said.unwrap_or_else(of_status));
    }
}

async fn batch_checks(exam: Arc<Exam>, turn: Arc<Turn>, mut client: HallpassClient<Channel>) {
    while let Some((begin, batch)) = exam.next_batch(&turn) {
        let checks = batch.iter().map(encode::check).collect();
        let answer = client.batch_check(hp::BatchCheckRequest { checks }).await.unwrap().into_inner();
        let said: Vec<Said> = answer.items.into_iter().map(of_item).collect();
        exam.note_all("BatchCheck", begin, batch.len(), &said);
    }
}

/// One stream as long as there are questions; its answers come in their order.
async fn check_stream(exam: Arc<Exam>, turn: Arc<Turn>, mut client: HallpassClient<Channel>) {
    let asking = Arc::clone(&exam);
    let questions = std::iter::from_fn(move || {
        let (index, [asked]) = asking.next(&turn, 1)? else { return None };
        Some(hp::CheckStreamRequest { id: index as u64, check: Some(encode::check(asked)) })
    });
    let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let mut last = None;
    while let Some(hp::CheckStreamResponse { id, result }) = answers.message().await.unwrap() {
        assert!(last.replace(id).is_none_or(|last| last < id), "{id} after {last:?}");
        let said = match result {
            Some(StreamItem::Response(response)) => of_response(response),
            Some(StreamItem::Error(_)) => Said::Malformed,
            None => Said::Failed("an empty answer".to_owned()),
        };
        exam.note("CheckStream", usize::try_from(id).unwrap(), &said);
    }
}

/// Everything in process.
pub(crate) fn embedded(exam: &Exam, engine: &Engine) {
    let turn = Turn::default();
    while let Some((index, [asked])) = exam.next(&turn, 1) {
        exam.note("embedded", index, &asked.embedded(engine));
    }
}

async fn evaluations_calls(exam: Arc<Exam>, turn: Arc<Turn>, mut client: AccessClient<Channel>) {
    while let Some((begin, defaults, items)) = exam.next_defaulted(&turn) {
        let answer = client.evaluations(encode::evaluations(&defaults, &items)).await.unwrap().into_inner();
        let said: Vec<Said> = answer.evaluations.into_iter().map(of_evaluation).collect();
        exam.note_all("Evaluations", begin, items.len(), &said);
    }
}

/// Everything over HTTP.
pub(crate) fn http(exam: &Exam, server: &Server) {
    let (single, batch) = (Turn::default(), Turn::default());
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS / 2 {
            scope.spawn(|| evaluation_posts(exam, &single, Kept::connect(server.http)));
            scope.spawn(|| evaluations_posts(exam, &batch, Kept::connect(server.http)));
        }
    });
}

fn evaluation_posts(exam: &Exam, turn: &Turn, mut connection: Kept) {
    while let Some((begin, asked)) = exam.next(turn, AHEAD) {
        let body = |asked| {
            let mut body = encode::members(asked, true);
            body["options"] = encode::explain();
            body.to_string()
        };
        let bodies: Vec<String> = asked.iter().map(body).collect();
        let answers = connection.post_all("/access/v1/evaluation", &bodies);
        let said: Vec<Said> = answers.iter().map(of_answer).collect();
        exam.note_all("evaluation", begin, asked.len(), &said);
    }
}

fn evaluations_posts(exam: &Exam, turn: &Turn, mut connection: Kept) {
    while let Some((begin, defaults, items)) = exam.next_defaulted(turn) {
        let mut body = encode::members(&defaults, false);
        body["options"] = encode::explain();
        body["evaluations"] = items.iter().map(|item| encode::members(item, false)).collect();
        let answer = connection.post_all("/access/v1/evaluations", &[body.to_string()]).remove(0);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said: Vec<Said> = answer.body["evaluations"].as_array().unwrap().iter().map(of_json).collect();
        exam.note_all("evaluations", begin, items.len(), &said);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn of_status(status: Status) -> Said {
    if status.code() == Code::InvalidArgument { Said::Malformed } else { Said::Failed(status.to_string()) }
}

fn of_response(response: hp::CheckResponse) -> Said {
    let hp::CheckResponse { allow, reason, grant, .. } = response;
    Said::Decided { allow, reason, grant: grant.map(|hp::Grant { role, org, grant }| [role, org, grant]) }
}

fn of_item(item: hp::BatchCheckItem) -> Said {
    match item.result {
        Some(Item::Response(response)) => of_response(response),
        Some(Item::Error(_)) => Said::Malformed,
        None => Said::Failed("an empty item".to_owned()),
    }
}

fn of_evaluation(answer: az::EvaluationResponse) -> Said {
    let context = answer.context.map(json_of);
    of_json(&json!({"decision": answer.decision, "context": context}))
}

fn of_answer(answer: &Answer) -> Said {
    match answer.status {
        200 => of_json(&answer.body),
        400 if answer.body["error"]["status"] == 400 => Said::Malformed,
        _ => Said::Failed(format!("{answer:?}")),
    }
}

/// An evaluation that says why, or what is wrong.
fn of_json(answer: &Value) -> Said {
    let (decision, context) = (&answer["decision"], &answer["context"]);
    let why = &context["hallpass"];
    let text = |name: &str| why[name].as_str().map(str::to_owned);
    match (decision.as_bool(), text("reason")) {
        (Some(allow), Some(reason)) => {
            let grant = text("role").map(|role| [role, text("org").unwrap(), text("grant").unwrap()]);
            Said::Decided { allow, reason, grant }
        }
        (Some(false), None) if context["error"]["status"].as_f64() == Some(400.0) => Said::Malformed,
        _ => Said::Failed(answer.to_string()),
    }
}
