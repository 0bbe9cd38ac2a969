//! A real Envoy in front of a small upstream: what Hallpass refuses never arrives there, and neither does anything while
//! Hallpass is gone or slow.

use std::net::TcpListener;

use tempfile::TempDir;

use super::gateway::{Gateway, Reached};
use super::headers::BY_HEADER;
use super::paths::{PLAIN, variants};
use super::reference::Judge;
use super::upstream::{Came, Client, Upstream, header};
use super::{example, server, server_at};
use crate::running::{Server, runtime};

/// Asks with a token of this person.
fn ask(client: &mut Client, token: &str, method: &str, target: &str, headers: &[(&str, &str)]) -> Came {
    let authorization = format!("Bearer {token}");
    let all = [&[("authorization", authorization.as_str())], headers].concat();
    client.send(method, target.as_bytes(), &all).unwrap()
}

/// A server with the example's routes, and the ways to it: by TCP and by its socket in this folder.
fn both_ways(folder: &TempDir) -> (Server, [Reached; 2]) {
    let socket = folder.path().join("hallpass.sock");
    let server = server_at(Some(socket.clone()), &[&example()]);
    let ways = [Reached::Tcp(server.grpc), Reached::Unix(socket)];
    (server, ways)
}

fn text(came: &Came) -> String {
    String::from_utf8_lossy(&came.body).into_owned()
}

#[test]
#[ignore = "needs Envoy"]
fn a_real_envoy_lets_through_what_is_allowed() {
    let (upstream, folder) = (Upstream::start(), TempDir::new().unwrap());
    let (_server, ways) = both_ways(&folder);
    let mut gateway = Gateway::start(upstream.addr, &ways);
    for way in 0..ways.len() {
        let mut client = gateway.client(way);
        for (who, method, target, may) in PLAIN {
            let before = upstream.seen();
            let came = ask(&mut client, &gateway.token(who), method, target, &[]);
            assert_eq!(came.status, if may { 200 } else { 403 }, "{who} {method} {target}: {came:?}");
            assert_eq!(upstream.seen() - before, usize::from(may), "{who} {method} {target}");
        }
        let denied = ask(&mut client, &gateway.token("t.rivera"), "GET", "/students/s.0999/photo", &[]);
        assert_eq!(text(&denied), r#"{"error":{"status":403,"message":"not allowed"}}"#);
        assert_eq!(header(&denied.head, "content-type").unwrap(), "application/json");
        assert_eq!(header(&denied.head, "server").unwrap(), "envoy", "the upstream has not seen it");
        assert_eq!(gateway.count(way, "failure_mode_allowed"), 0);
        assert!(gateway.count(way, "ok") > 0 && gateway.count(way, "denied") > 0);
        assert_eq!(gateway.count(way, "error"), 0);
    }
    let log = gateway.wait(|gateway| gateway.log().filter(|log| log.lines().count() > 2 * PLAIN.len()));
    let line = |status: &str, target: &str| {
        let begin = format!("{status} {target} ");
        let line = log.lines().find_map(|line| line.strip_prefix(&begin)).unwrap_or_else(|| panic!("{begin}: {log}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()
    };
    let allowed = line("200", "/students/s.0142/photo");
    assert_eq!((&allowed["role"], &allowed["decision"]), (&"misis.principal".into(), &"allow".into()));
    let denied = line("403", "/schools/sch.fernvale/students/s.0999/marks/m.1");
    assert_eq!((&denied["reason"], &denied["decision"]), (&"scope_mismatch".into(), &"deny".into()));
}

#[test]
#[ignore = "needs Envoy"]
fn a_real_envoy_takes_nobodys_word() {
    let (upstream, server) = (Upstream::start(), server(&[&example()]));
    let mut gateway = Gateway::start(upstream.addr, &[Reached::Tcp(server.grpc)]);
    let mut client = gateway.client(0);
    let photo = "/students/s.0142/photo";
    let spoofed = [
        ("x-hallpass-subject", "p.okafor"),
        ("x-hallpass-subject", "p.karlsson"),
        ("X-Hallpass-Role", "misis.principal"),
        ("x-hallpass-revision", "0"),
        ("x-original-url", "/students/s.0999/photo"),
        ("x-http-method-override", "DELETE"),
        ("x-envoy-original-path", "/students/s.0999/photo"),
        ("x-forwarded-user", "p.okafor"),
        ("x-user-id", "p.okafor"),
        ("accept", "*/*"),
    ];
    let seen = ask(&mut client, &gateway.token("p.okafor"), "GET", photo, &spoofed);
    assert_eq!(seen.status, 200);
    let seen = text(&seen);
    let ours: Vec<&str> = seen.lines().filter(|line| line.to_lowercase().starts_with("x-hallpass")).collect();
    assert_eq!(ours.len(), 2, "{seen}");
    assert_eq!(header(&seen, "x-hallpass-subject").unwrap(), "p.okafor");
    assert_eq!(header(&seen, "x-hallpass-revision").unwrap(), "00000000000000aa");
    for gone in ["x-original-url", "x-http-method-override", "x-hallpass-role"] {
        assert_eq!(header(&seen, gone), None, "{seen}");
    }
    assert_eq!(header(&seen, "accept").unwrap(), "*/*");
    let before = upstream.seen();
    let mut refused = |headers: &[(&str, &str)], expected: u16| {
        let came = client.send("GET", photo.as_bytes(), headers);
        let status = came.as_ref().map(|came| came.status);
        assert_eq!(status, Some(expected), "{headers:?}: {came:?}");
    };
    let bearer = |token: &str| format!("Bearer {token}");
    let okafor = bearer(&gateway.token("p.okafor"));
    refused(&[], 401);
    refused(&spoofed, 401);
    refused(&[("authorization", &bearer(&Gateway::forged("p.okafor")))], 401);
    refused(&[("authorization", &bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJwLm9rYWZvciJ9."))], 401);
    refused(&[("authorization", &bearer(&gateway.token("t.rivera"))), ("x-user-id", "p.okafor")], 403);
    refused(&[("x-jwt-payload", &okafor), ("jwt_payload", "{\"sub\":\"p.okafor\"}")], 401);
    assert_eq!(upstream.seen(), before);
    let killed = client.send("GET", photo.as_bytes(), &[("authorization", &okafor), ("x-user-id", "a\0b")]);
    assert!(killed.is_none_or(|came| came.status == 400), "Envoy itself refuses a NUL");
}

/// Where a header is believed, it is believed once: Envoy joins what is repeated.
#[test]
#[ignore = "needs Envoy"]
fn a_real_envoy_tells_of_repeated_headers() {
    let (upstream, server) = (Upstream::start(), server(&[BY_HEADER]));
    let mut gateway = Gateway::start(upstream.addr, &[Reached::Tcp(server.grpc)]);
    let mut client = gateway.client(0);
    let long = "p".repeat(8_192);
    let cases: [(&[(&str, &str)], u16); 10] = [
        (&[("x-user-id", "p.okafor")], 200),
        (&[("X-USER-ID", "p.okafor")], 200),
        (&[("x-user-id", "p.okafor"), ("x-user-id", "p.okafor")], 403),
        (&[("x-user-id", "p.okafor"), ("X-User-Id", "t.rivera")], 403),
        (&[("x-user-id", "t.rivera"), ("x-user-id", "p.okafor")], 403),
        (&[("x-user-id", "p.okafor,")], 403),
        (&[("x-user-id", "")], 401),
        (&[("x-user", "p.okafor")], 401),
        (&[("x-user-id", &long)], 400),
        (&[("x-user-id", "p.okafor\u{e9}")], 403),
    ];
    for (headers, expected) in cases {
        let before = upstream.seen();
        let came = client.send("GET", b"/students/s.0142/photo", headers).unwrap();
        assert_eq!(came.status, expected, "{headers:?}: {came:?}");
        assert_eq!(upstream.seen() - before, usize::from(expected == 200), "{headers:?}");
    }
}

#[test]
#[ignore = "needs Envoy"]
fn a_real_envoy_fails_closed() {
    let (upstream, folder) = (Upstream::start(), TempDir::new().unwrap());
    let (running, [tcp, unix]) = both_ways(&folder);
    // Connections are accepted by the system, and never answered.
    let slow = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut gateway = Gateway::start(upstream.addr, &[tcp, unix, Reached::Tcp(slow.local_addr().unwrap())]);
    let mut clients = [0, 1, 2].map(|way| gateway.client(way));
    let token = gateway.token("p.okafor");
    let mut statuses = |times: usize| {
        let each = clients.iter_mut().map(|client| {
            let mut all = (0..times).map(|_| ask(client, &token, "GET", "/students/s.0142/photo", &[]).status);
            let first = all.next().unwrap();
            assert!(all.all(|status| status == first));
            first
        });
        each.collect::<Vec<_>>()
    };
    assert_eq!(statuses(3), [200, 200, 503], "one way is too slow");
    let arrived = upstream.seen();
    assert_eq!(arrived, 6);
    // Envoy's own configuration doesn't say what is asked: no question can be made, and that is an error, not an answer.
    let from_envoy = "    from_context_extensions: true\n";
    let fixed = "    action: view\n    type: misis.photo.student\n";
    running.pdp.publish(super::snapshot(&[&example().replacen(fixed, from_envoy, 1)]));
    assert_eq!(statuses(1), [503; 3]);
    assert_eq!(gateway.count(0, "error"), 1);
    running.end().unwrap();
    assert_eq!(statuses(3), [503; 3], "Hallpass is gone");
    assert_eq!(upstream.seen(), arrived, "nothing was let through");
    for way in 0..3 {
        assert_eq!(gateway.count(way, "failure_mode_allowed"), 0);
        assert!(gateway.count(way, "error") >= 4, "{way}");
    }
}

/// The paths of the test in process, through Envoy: whatever arrives at the upstream is harmless in every reading.
#[test]
#[ignore = "needs Envoy"]
fn a_real_envoy_lets_no_spelling_through_that_could_do_harm() {
    let (upstream, folder) = (Upstream::start(), TempDir::new().unwrap());
    let (server, ways) = both_ways(&folder);
    let mut gateway = Gateway::start(upstream.addr, &ways);
    let mut client = gateway.client(1);
    let (mut asked, mut arrived) = (0, Vec::new());
    for (who, method, plain, _) in PLAIN {
        let token = format!("Bearer {}", gateway.token(who));
        // What would end the request's first line is another request, and no path.
        let lines =
            variants(plain).into_iter().filter(|target| !target.is_empty() && !target.contains([' ', '\r', '\n']));
        for target in lines.step_by(6) {
            asked += 1;
            let came = client.send(method, target.as_bytes(), &[("authorization", &token)]);
            let Some(came) = came.filter(|came| came.status == 200) else { continue };
            let seen = text(&came);
            let first = seen.lines().next().unwrap_or_default().to_owned();
            let seen = first.strip_prefix(&format!("{method} ")).and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
            // HEAD has no body to tell what arrived; Envoy passes paths on as they came.
            arrived.push((who, method, seen.map_or(target, str::to_owned)));
        }
    }
    assert!(asked >= 10_000, "{asked}");
    assert_eq!(upstream.seen(), arrived.len());
    assert!(arrived.len() > 20 && arrived.len() < asked / 10, "{} of {asked}", arrived.len());
    runtime().block_on(async {
        let mut judge = Judge::new(server.hallpass());
        for (who, method, target) in &arrived {
            let harm = judge.harm(who, method, target).await;
            assert!(harm.is_empty(), "{who} {method} {target:?}: {harm:?}");
        }
    });
    println!("{asked} paths through Envoy, {} of them arrived", arrived.len());
}
