//! The clients under `examples/clients`, run against the built binary over TCP and over its Unix socket, and what guards
//! web services with them.

#[path = "../../examples/clients/rust/client.rs"]
#[expect(dead_code, reason = "a program of its own")]
mod client;
#[path = "../../examples/clients/rust/guarded.rs"]
#[expect(dead_code, reason = "a program of its own")]
mod guarded;

use std::path::Path;
use std::process::{Command, Output};

use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hyper::{Method, Request, StatusCode};
use tonic::transport::{Channel, Endpoint};
use tower::ServiceExt as _;

use crate::end_to_end::Served;
use crate::running::{Server, runtime};
use crate::support::path;

/// What every client tells, but for capitals.
const TOLD: &str = "\
check  true
check  false
batch  [true, false, true]
stream [true, false, true]
stream 2000 of 3000
away   false
";

#[test]
fn the_client_in_rust_is_answered_over_both_transports() {
    let served = Served::start();
    for target in [served.grpc.clone(), format!("unix://{}", served.unix)] {
        let lines = runtime().block_on(client::tour(&target)).unwrap();
        assert_eq!(lines.join("\n") + "\n", TOLD, "{target}");
    }
    assert_eq!(served.terminate(), Some(0));
}

/// An interpreter that a variable of the environment names.
#[expect(clippy::disallowed_methods, reason = "says which interpreter has what the client needs")]
fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names what the client runs with"))
}

/// Runs a client: what it told, spelt alike.
fn tell(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (told, errors) = (String::from_utf8(stdout).unwrap(), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{told}{errors}");
    told.to_lowercase().replace("[ ", "[").replace(" ]", "]") + if errors.contains("too_many") { &errors } else { "" }
}

#[test]
#[ignore = "needs grpcio"]
fn the_client_in_python_is_answered_over_both_transports() {
    let (served, python) = (Served::start(), named("HALLPASS_TEST_PYTHON"));
    for target in [served.grpc.clone(), format!("unix:{}", served.unix)] {
        let told = tell(Command::new(&python).arg(path("examples/clients/python/client.py")).arg(&target));
        assert_eq!(told, TOLD, "{target}");
    }
}

/// Why the client names a host: `grpcio` sends the path of the socket as one otherwise, which no HTTP/2 server may take.
#[test]
#[ignore = "needs grpcio"]
fn over_a_unix_socket_grpcio_must_name_a_host() {
    let (served, python) = (Served::start(), named("HALLPASS_TEST_PYTHON"));
    let script = "import sys, grpc\n\
        for options in [[], [('grpc.default_authority', 'localhost')]]:\n    \
            call = grpc.insecure_channel(sys.argv[1], options).unary_unary('/grpc.health.v1.Health/Check')\n    \
            try: print(call(b'', timeout=10))\n    \
            except grpc.RpcError as error: print(error.code().name)\n";
    let told = tell(Command::new(python).args(["-c", script]).arg(format!("unix:{}", served.unix)));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert_ne!(lines[0], r"b'\x08\x01'", "it works without: say so where the clients are described");
    assert_eq!(lines[1], r"b'\x08\x01'");
}

#[test]
#[ignore = "needs FastAPI"]
fn the_middleware_in_python_guards() {
    let (served, python) = (Served::start(), named("HALLPASS_TEST_PYTHON"));
    for target in [served.grpc.clone(), format!("unix:{}", served.unix)] {
        let mut tests = Command::new(&python);
        tests.args(["-m", "unittest", "test_middleware"]).current_dir(path("examples/clients/python"));
        tell(tests.env("HALLPASS", target));
    }
}

#[test]
#[ignore = "needs Node"]
fn the_client_in_node_is_answered_over_both_transports() {
    let (served, node) = (Served::start(), named("HALLPASS_TEST_NODE"));
    let client = path("examples/clients/node/client.mjs");
    assert!(Path::new(&path("examples/clients/node/node_modules")).is_dir(), "`npm ci` there first");
    for target in [served.grpc.clone(), format!("unix://{}", served.unix)] {
        assert_eq!(tell(Command::new(&node).arg(&client).arg(&target)), TOLD, "{target}");
    }
}

fn request(method: Method, path: &str, users: &[&str]) -> Request<axum::body::Body> {
    let mut request = Request::builder().method(method).uri(path);
    for user in users {
        request = request.header("x-user", *user);
    }
    request.body(axum::body::Body::empty()).unwrap()
}

#[test]
fn the_layer_guards() {
    let server = Server::start();
    let marks = "/students/s.0142/marks";
    let cases: [(Method, &str, &[&str], StatusCode); 9] = [
        (Method::GET, marks, &["t.rivera"], StatusCode::OK),
        (Method::PUT, marks, &["t.rivera"], StatusCode::OK),
        (Method::PUT, "/students/s.0999/marks", &["t.rivera"], StatusCode::FORBIDDEN),
        (Method::PUT, marks, &["nobody"], StatusCode::FORBIDDEN),
        (Method::PUT, marks, &[""], StatusCode::FORBIDDEN),
        (Method::PUT, marks, &[], StatusCode::FORBIDDEN),
        (Method::PUT, marks, &["t.rivera", "nobody"], StatusCode::FORBIDDEN),
        (Method::DELETE, marks, &["t.rivera"], StatusCode::FORBIDDEN),
        (Method::GET, "/students/s.0142/forgotten", &["t.rivera"], StatusCode::FORBIDDEN),
    ];
    runtime().block_on(async {
        for (method, path, users, expected) in cases {
            let answer = guarded::app(server.hallpass()).oneshot(request(method.clone(), path, users)).await.unwrap();
            assert_eq!(answer.status(), expected, "{method} {path} {users:?}");
        }
        let nobody: Channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        let answer =
            guarded::app(HallpassClient::new(nobody)).oneshot(request(Method::GET, marks, &["t.rivera"])).await;
        assert_eq!(answer.unwrap().status(), StatusCode::FORBIDDEN);
    });
}
