//! The server as a whole: how it starts and ends, what it tells a peer about itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hallpass::app::App;
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_reflection::pb::{v1, v1alpha};

use crate::running::{Server, exchange, runtime, settings};

/// Sends bytes as the message of a unary call.
pub(crate) async fn unary(server: &Server, path: &'static str, message: &[u8]) -> Result<(), Status> {
    messages(server, path, Request::new(tokio_stream::once(message.to_vec()))).await
}

/// Sends as many messages as there are to a unary call.
pub(crate) async fn messages<S>(server: &Server, path: &'static str, messages: Request<S>) -> Result<(), Status>
where
    S: tokio_stream::Stream<Item = Vec<u8>> + Send + 'static,
{
    let mut client = tonic::client::Grpc::new(server.channel());
    client.ready().await.unwrap();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static(path);
    client.client_streaming(messages, path, raw::Raw).await.map(|_| ())
}

/// A codec that sends bytes as they are and ignores what comes back.
pub(crate) mod raw {
    use prost::bytes::{Buf, BufMut};
    use tonic::Status;
    use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

    pub(crate) struct Raw;

    impl Codec for Raw {
        type Encode = Vec<u8>;
        type Decode = ();
        type Encoder = Self;
        type Decoder = Self;

        fn encoder(&mut self) -> Self {
            Self
        }

        fn decoder(&mut self) -> Self {
            Self
        }
    }

    impl Encoder for Raw {
        type Item = Vec<u8>;
        type Error = Status;

        fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
            buffer.put_slice(&item);
            Ok(())
        }
    }

    impl Decoder for Raw {
        type Item = ();
        type Error = Status;

        fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
            buffer.advance(buffer.remaining());
            Ok(Some(()))
        }
    }
}

/// What describes, measures or steers the server is not for callers, under whatever name others have it.
#[test]
fn nothing_for_administrators_is_found_where_callers_ask() {
    let mut closed = settings();
    closed.reflection = false;
    let server = Server::with(&closed);
    let paths = "/ /metrics /status /reload /livez /readyz /healthz /health /ready /live /_health /stats /config /config_dump
        /admin /admin/ /admin/metrics /admin/reload /debug /debug/pprof/ /debug/pprof/profile /debug/vars /debug/requests
        /pprof /tracez /statusz /varz /quitquitquit /v1/data /v1/policies /policies /swagger /openapi.yaml /docs /graphql
        /actuator /actuator/env /api /.env /.git/config /proc/self/environ /../etc/passwd //metrics /metrics/ /METRICS
        /metrics?x /metrics%00 /%6detrics /access /access/v1 /access/v1/ /access/v1/evaluation/ /access/v1/metrics
        /access/v1/../../metrics /.well-known/openid-configuration /.well-known/authzen-configuration/metrics";
    for path in paths.split_whitespace() {
        for (method, port) in [("GET", server.http), ("POST", server.http), ("GET", server.grpc), ("POST", server.grpc)]
        {
            let stream = TcpStream::connect(port).unwrap();
            let answer = exchange(stream, method, path, &[("content-type", "application/json")], b"{}").unwrap();
            assert_eq!(answer.status, 404, "{method} {path}");
            assert!(answer.body["error"]["message"].is_string(), "{method} {path}: {answer:?}");
        }
    }
    let methods = [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.channelz.v1.Channelz/GetServers",
        "/grpc.channelz.v1.Channelz/GetTopChannels",
        "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus",
        "/envoy.admin.v3.Admin/Dump",
        "/hallpass.v1.Hallpass/Reload",
        "/hallpass.v1.Hallpass/Metrics",
        "/hallpass.v1.Admin/Reload",
        "/hallpass.admin.v1.Admin/Status",
        "/metrics",
        "/reload",
    ];
    runtime().block_on(async {
        for method in methods {
            let status = unary(&server, method, b"").await.unwrap_err();
            assert_eq!(status.code(), tonic::Code::Unimplemented, "{method}");
        }
    });
}

#[test]
fn an_address_in_use_is_named_with_its_flag() {
    let server = Server::start();
    let mut taken = settings();
    taken.http = server.http;
    let error = App::bind(&taken, &server.pdp, None).unwrap_err().to_string();
    assert!(error.contains(&format!("`{}`", server.http)) && error.contains("`--http-listen`"), "{error}");
    taken = settings();
    taken.grpc = server.grpc;
    let error = App::bind(&taken, &server.pdp, None).unwrap_err().to_string();
    assert!(error.contains(&format!("`{}`", server.grpc)) && error.contains("`--grpc-listen`"), "{error}");
}

#[test]
fn an_address_is_free_once_the_server_has_ended() {
    let server = Server::start();
    let mut again = settings();
    (again.grpc, again.http) = (server.grpc, server.http);
    server.post("/access/v1/evaluation", &[], b"");
    server.end().unwrap();
    Server::with(&again).end().unwrap();
}

#[test]
fn silent_peers_do_not_keep_the_server_from_ending() {
    let mut settings = settings();
    settings.drain = Duration::from_secs(120);
    let server = Server::with(&settings);
    let silent: Vec<_> = [server.grpc, server.http].map(|addr| TcpStream::connect(addr).unwrap()).into();
    // One that is idle after an answer: when it has its answer, the silent ones have been accepted.
    let mut started = TcpStream::connect(server.http).unwrap();
    started.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let mut first = [0; 12];
    started.read_exact(&mut first).unwrap();
    let began = Instant::now();
    server.end().unwrap();
    assert!(began.elapsed() < settings.drain, "{:?}", began.elapsed());
    drop((silent, started));
}

#[test]
fn a_body_that_never_arrives_is_not_waited_for() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.http).unwrap();
    let head = "POST /access/v1/evaluation HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 408");
}

/// However a body is cut up on its way, all of it is read, in its order. Each part comes as an HTTP/1 chunk of its own.
#[test]
fn a_body_in_many_parts_is_read_whole() {
    let server = Server::start();
    let body = serde_json::json!({
        "subject": {"type": "user", "id": "nobody"},
        "action": {"name": "view"},
        "resource": {"type": "misis.grades.mark", "id": ""},
    })
    .to_string();
    for size in 1..=body.len() {
        let mut sent =
            "POST /access/v1/evaluation HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n".to_owned();
        sent += "connection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        for part in body.as_bytes().chunks(size) {
            sent += &format!("{:x}\r\n{}\r\n", part.len(), std::str::from_utf8(part).unwrap());
        }
        sent += "0\r\n\r\n";
        let mut stream = TcpStream::connect(server.http).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"decision":false}"#), "{size}: {answer}");
    }
}

#[test]
fn a_peer_that_never_finishes_is_cut_off() {
    let mut settings = settings();
    settings.drain = Duration::from_millis(100);
    let server = Server::with(&settings);
    let mut half = TcpStream::connect(server.grpc).unwrap();
    half.write_all(b"PRI * HTTP").unwrap();
    server.end().unwrap();
    let _ = half.read(&mut [0; 64]);
}

#[test]
fn health_says_serving_then_not_and_lets_go() {
    let mut server = Server::start();
    runtime().block_on(async {
        let mut client = HealthClient::new(server.channel());
        let envoy = "envoy.service.auth.v3.Authorization";
        for service in ["", "hallpass.v1.Hallpass", "authzen.access.v1.Access", envoy] {
            let request = HealthCheckRequest { service: service.into() };
            let status = client.check(request).await.unwrap().into_inner().status();
            assert_eq!(status, ServingStatus::Serving, "{service}");
        }
        // For probes that restart what doesn't run: nothing but the process itself counts there.
        let liveness = HealthCheckRequest { service: hallpass::app::LIVENESS.into() };
        assert_eq!(client.check(liveness).await.unwrap().into_inner().status(), ServingStatus::Serving);
        let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        server.ask_to_end();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        assert_eq!(watch.message().await.unwrap(), None);
    });
    server.end().unwrap();
}

#[test]
fn the_services_describe_themselves_where_that_is_wanted() {
    use tokio_stream::{StreamExt, once};
    use v1::server_reflection_client::ServerReflectionClient as Current;
    use v1alpha::server_reflection_client::ServerReflectionClient as Older;
    let current = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let older = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let services = [
        "hallpass.v1.Hallpass",
        "authzen.access.v1.Access",
        "envoy.service.auth.v3.Authorization",
        "grpc.health.v1.Health",
    ];
    let server = Server::start();
    runtime().block_on(async {
        let mut answers =
            Current::new(server.channel()).server_reflection_info(once(current.clone())).await.unwrap().into_inner();
        let answer = format!("{:?}", answers.next().await.unwrap().unwrap());
        assert!(services.iter().all(|service| answer.contains(service)), "{answer}");
        let mut answers = Older::new(server.channel()).server_reflection_info(once(older)).await.unwrap().into_inner();
        let answer = format!("{:?}", answers.next().await.unwrap().unwrap());
        assert!(services.iter().all(|service| answer.contains(service)), "{answer}");
    });
    let mut closed = settings();
    closed.reflection = false;
    let server = Server::with(&closed);
    runtime().block_on(async {
        let refused = Current::new(server.channel()).server_reflection_info(once(current)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unimplemented);
    });
}
