//! The least that a server of the same messages can cost: it reads the question and answers a constant. One
//! single-threaded runtime, the same allocator, codec and transport settings.

use axum::Router;
use axum::routing::post;
use hallpass::grpc::proto::hallpass as wire;
use hallpass::grpc::proto::hallpass::hallpass_server::{Hallpass, HallpassServer};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_stream::StreamExt as _;
use tonic::codegen::BoxStream;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::process::{announce, anywhere, runtime};

/// Serves until it is ended.
pub(crate) fn serve() {
    runtime().block_on(async {
        let grpc = TcpListener::bind(anywhere()).await.expect("a port is free");
        let http = TcpListener::bind(anywhere()).await.expect("a port is free");
        announce([&grpc, &http].map(|socket| socket.local_addr().expect("bound")));
        let grpc = Server::builder()
            .max_concurrent_streams(100)
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(1024 * 1024)
            .add_service(HallpassServer::new(Empty))
            .serve_with_incoming(TcpIncoming::from(grpc).with_nodelay(Some(true)));
        let app = Router::new().route("/access/v1/evaluation", post(evaluation));
        let (grpc, http) = tokio::join!(grpc, axum::serve(http, app));
        grpc.expect("it serves");
        http.expect("it serves");
    });
}

struct Empty;

fn answer() -> wire::CheckResponse {
    let text = str::to_owned;
    wire::CheckResponse {
        allow: true,
        reason: text("granted"),
        policy_revision: text("00000000000000aa"),
        directory_revision: text("00000000000000bb"),
        grant: Some(wire::Grant {
            role: text("misis.teacher"),
            org: text("sch.fernvale"),
            grant: text("misis.teacher#1"),
        }),
    }
}

#[async_trait]
impl Hallpass for Empty {
    async fn check(&self, _request: Request<wire::CheckRequest>) -> Result<Response<wire::CheckResponse>, Status> {
        Ok(Response::new(answer()))
    }

    async fn batch_check(
        &self,
        request: Request<wire::BatchCheckRequest>,
    ) -> Result<Response<wire::BatchCheckResponse>, Status> {
        let item = |_| wire::BatchCheckItem { result: Some(wire::batch_check_item::Result::Response(answer())) };
        let items = request.into_inner().checks.into_iter().map(item).collect();
        Ok(Response::new(wire::BatchCheckResponse { items, ..wire::BatchCheckResponse::default() }))
    }

    type CheckStreamStream = BoxStream<wire::CheckStreamResponse>;

    async fn check_stream(
        &self,
        request: Request<Streaming<wire::CheckStreamRequest>>,
    ) -> Result<Response<Self::CheckStreamStream>, Status> {
        let item = |asked: wire::CheckStreamRequest| wire::CheckStreamResponse {
            id: asked.id,
            result: Some(wire::check_stream_response::Result::Response(answer())),
        };
        Ok(Response::new(Box::pin(request.into_inner().map(move |asked| asked.map(item)))))
    }

    async fn list_actions(
        &self,
        _request: Request<wire::ListActionsRequest>,
    ) -> Result<Response<wire::ListActionsResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn explain(
        &self,
        _request: Request<wire::ExplainRequest>,
    ) -> Result<Response<wire::ExplainResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn plan(&self, _request: Request<wire::PlanRequest>) -> Result<Response<wire::PlanResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn status(&self, _request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}

#[derive(Deserialize)]
struct Evaluation {
    subject: Entity,
    action: Action,
    resource: Entity,
}

#[derive(Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(default)]
    properties: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Action {
    name: String,
}

async fn evaluation(body: Bytes) -> ([(hyper::header::HeaderName, &'static str); 1], &'static str) {
    let read: Evaluation = serde_json::from_slice(&body).expect("a question");
    let Evaluation { subject, action, resource } = &read;
    let known =
        [&subject.kind, &subject.id, &action.name, &resource.kind, &resource.id].iter().all(|text| !text.is_empty());
    let answer = if known && resource.properties.len() == 1 { r#"{"decision":true}"# } else { r#"{"decision":false}"# };
    ([(CONTENT_TYPE, "application/json")], answer)
}
