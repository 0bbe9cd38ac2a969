//! Which path is served by which method, where, and where not.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;

use hallpass::app::Settings;
use hallpass::caller::permission::TABLE;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hyper::body::Bytes;
use serde_json::json;
use tonic::transport::Endpoint;

use super::{pdp, settings, start};
use crate::listen::{EVALUATION, check, question};
use crate::running::{self, Server, exchange, runtime};
use crate::secure::Secure;

const PATHS: [(&str, &str); 5] =
    [("GET", "/metrics"), ("GET", "/status"), ("POST", "/reload"), ("GET", "/livez"), ("GET", "/readyz")];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

#[test]
fn each_path_has_one_method_and_there_are_no_others() {
    let server = start();
    for (own, path) in PATHS {
        for method in METHODS {
            let answer = server.admin(method, path, &[]);
            // Nothing is followed here, so there is nothing to read anew.
            let expected = if method != own {
                405
            } else if path == "/reload" {
                404
            } else {
                200
            };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("allow"), (method != own).then_some(own), "{method} {path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {path}");
        }
    }
    for path in ["/", "/metrics/", "/Metrics", "//metrics", "/metrics/x", "/debug/pprof/", "/livez/..", "/%6detrics"] {
        for method in METHODS {
            assert_eq!(server.admin(method, path, &[]).status, 404, "{method} {path}");
        }
    }
    assert_eq!(server.admin("GET", "/metrics?name=x", &[]).status, 200);
    assert_eq!(server.admin("GET", "/livez", &[]).text, "alive");
    assert_eq!(server.admin("GET", "/readyz", &[]).text, "ready");
}

#[test]
fn a_page_is_written_as_the_scraper_prefers() {
    let server = start();
    let classic = server.admin("GET", "/metrics", &[]);
    assert_eq!(classic.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let accept = ("accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    let open = server.admin("GET", "/metrics", &[accept]);
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(open.text.ends_with("\n# EOF\n") && !classic.text.contains("# EOF"), "{}", open.text);
    let samples =
        |text: &str| -> Vec<String> { text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect() };
    assert_eq!(samples(&open.text), samples(&classic.text));
}

/// What callers ask is not answered here, in whichever protocol.
#[test]
fn nothing_of_the_callers_is_served_on_the_admin_plane() {
    let server = start();
    for (path, _) in TABLE {
        for method in ["GET", "POST"] {
            assert_eq!(
                server.admin(method, path, &[("content-type", "application/json")]).status,
                404,
                "{method} {path}"
            );
        }
    }
    runtime().block_on(async {
        let channel = Endpoint::from_shared(format!("http://{}", server.admin.unwrap())).unwrap().connect_lazy();
        let mut client = HallpassClient::new(channel);
        assert!(client.check(check()).await.is_err());
        assert!(client.status(hp::StatusRequest {}).await.is_err());
    });
    assert!(server.page().counted("hallpass_decisions_total").is_empty());
}

/// Nothing of the admin plane is served where callers are: not in plain text, not over TLS or a Unix socket, and not to a
/// caller that may ask everything.
#[test]
fn nothing_of_the_admin_plane_is_served_to_callers() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hallpass.sock");
    let server = Server::over(&Settings { unix: Some(socket.clone()), ..settings() }, pdp(running::snapshot()), None);
    let over_tcp = |addr: SocketAddr, method: &str, path: &str| {
        exchange(TcpStream::connect(addr).unwrap(), method, path, &[], b"").unwrap()
    };
    for (_, path) in PATHS {
        for method in ["GET", "POST"] {
            assert_eq!(over_tcp(server.grpc, method, path).status, 404, "{method} {path}");
            assert_eq!(over_tcp(server.http, method, path).status, 404, "{method} {path}");
            let answer = exchange(UnixStream::connect(&socket).unwrap(), method, path, &[], b"").unwrap();
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    let callers =
        "hallpass: callers/v1\ncallers:\n  all:\n    key_file: all.key\n    may: [check, explain, search, status]\n";
    let key = "0123456789abcdef0123456789abcdef";
    let secure = Secure::start(callers, &[("all.key", key)]);
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    assert_eq!(secure.send(None, EVALUATION, &headers, question().to_string().as_bytes()).unwrap().status, 200);
    for (method, path) in PATHS {
        let answer = exchange(secure.connect(None).unwrap(), method, path, &headers, b"").unwrap();
        assert_eq!(answer.status, 404, "{method} {path}");
    }
}

#[test]
fn http_2_is_spoken_too() {
    let server = start();
    runtime().block_on(async {
        let socket = tokio::net::TcpStream::connect(server.admin.unwrap()).await.unwrap();
        let (mut client, connection) = h2::client::Builder::new().handshake::<_, Bytes>(socket).await.unwrap();
        let request = hyper::Request::get("http://h/readyz").body(()).unwrap();
        let asked = async {
            let (answer, _) = client.send_request(request, true).unwrap();
            let (head, mut body) = answer.await.unwrap().into_parts();
            (head.status.as_u16(), body.data().await.unwrap().unwrap())
        };
        let answer = tokio::select! {
            answer = asked => answer,
            ended = connection => panic!("{ended:?}"),
        };
        assert_eq!(answer, (200, Bytes::from_static(b"ready")));
    });
}

/// Peers who connect and say nothing take neither the data plane's room nor, for long, that of others here.
#[test]
fn silent_peers_hold_nothing_up() {
    let server = start();
    let admin = server.admin.unwrap();
    let mut silent: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(admin).unwrap()).collect();
    let answer = server.post(EVALUATION, &[("content-type", "application/json")], question().to_string().as_bytes());
    assert_eq!(answer.body, json!({"decision": true}));
    // All are hung up on: those above the cap at once, the others when they have been silent for too long.
    for stream in &mut silent {
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(server.admin("GET", "/livez", &[]).status, 200);
    server.end().unwrap();
}
