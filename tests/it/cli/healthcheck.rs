//! `healthcheck`: over each listener, of what serves and what does not, in time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::serving::{Serving, TLS, secured};
use super::{Place, run_in, small};

#[test]
fn a_server_that_serves() {
    let place = small(&[]);
    let serving = Serving::start(&place);
    for (line, variables) in [
        (format!("healthcheck --server {}", serving.grpc), vec![]),
        (format!("healthcheck --server {} --service hallpass.v1.Hallpass", serving.grpc), vec![]),
        ("healthcheck".to_owned(), vec![("HALLPASS_GRPC_LISTEN", serving.grpc.as_str())]),
    ] {
        let ended = run_in(place.0.path(), &line, &variables);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "SERVING\n", ""), "{line}");
    }
    place.write("hallpass.yaml", &format!("hallpass: config/v1\ngrpc_listen: {}\n", serving.grpc));
    assert_eq!(place.run("healthcheck --config hallpass.yaml").code, 0);
    assert_eq!(run_in(place.0.path(), "healthcheck", &[("HALLPASS_CONFIG", "hallpass.yaml")]).code, 0);
}

/// Callers, certificates and keys matter to questions; health is told to whoever can connect.
#[test]
fn over_each_listener() {
    let place = secured();
    let serving = Serving::with(&place, &format!("{TLS} --unix-listen hallpass.sock"));
    let port = serving.grpc.rsplit(':').next().unwrap();
    let https = format!("--server https://localhost:{port}");
    for (flags, code, message) in [
        ("--server unix:hallpass.sock".to_owned(), 0, ""),
        (format!("{https} --tls-ca ca.pem"), 0, ""),
        (format!("{https} --tls-ca ca.pem --tls-client-cert client.pem --tls-client-key client-key.pem"), 0, ""),
        (format!("{https} --tls-ca other.pem"), 1, "no server answers at `https://localhost"),
        (https.clone(), 1, "name the authority of the server's certificate with `--tls-ca`"),
        (format!("--server {}", serving.grpc), 1, "error: "),
        (
            format!("--server {} --tls-ca ca.pem", serving.grpc),
            1,
            "certificates are shown to servers whose address begins",
        ),
        ("--server unix:nowhere.sock".to_owned(), 1, "no server answers at `unix:nowhere.sock`"),
        (format!("{https} --tls-ca ca.pem --service sis.v1.Nothing"), 1, "has no service `sis.v1.Nothing`"),
    ] {
        let ended = place.run(&format!("healthcheck {flags}"));
        assert_eq!(ended.code, code, "{flags}: {ended:?}");
        assert!(ended.err.contains(message), "{flags}: {}", ended.err);
    }
    let ended = run_in(place.0.path(), "healthcheck", &[("HALLPASS_UNIX_LISTEN", "hallpass.sock")]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

/// A directory in a database that was never reached: the server is up, and not ready.
#[test]
fn a_server_that_does_not_serve_yet() {
    let place = small(&[]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let serving = Serving::with(&place, &format!("--directory postgres://me@{nobody}/sis"));
    let ended = place.run(&format!("healthcheck --server {}", serving.grpc));
    let said = format!("error: `{}` does not serve: NOT_SERVING\n", serving.grpc);
    assert_eq!((ended.code, ended.out.as_str(), ended.err), (1, "", said));
}

/// Whoever accepts and says nothing is not waited for longer than was said.
#[test]
fn a_server_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::with(&[]);
    let began = Instant::now();
    let ended = place.run(&format!("healthcheck --timeout-seconds 1 --server {}", silent.local_addr().unwrap()));
    assert!(ended.code == 1 && ended.err.starts_with("error: "), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
