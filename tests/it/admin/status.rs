//! `GET /status`: the facts of gRPC's Status, as JSON.

use std::sync::Arc;

use hallpass::grpc::proto::hallpass as hp;
use serde_json::{Value, json};

use super::reloads::Scene;
use super::settings;
use crate::running::{Server, runtime, snapshot};
use crate::twin::Twin;

/// An instant as JSON has it, with no more digits than it needs.
fn instant(stamp: prost_types::Timestamp) -> String {
    jiff::Timestamp::new(stamp.seconds, stamp.nanos).unwrap().to_string()
}

/// What gRPC says, as the admin plane should.
fn as_json(status: hp::StatusResponse) -> Value {
    let hp::StatusResponse { version, policy_revision, directory_revision, generation, time_zone, .. } = status;
    let mut told = json!({
        "version": version, "policy_revision": policy_revision, "directory_revision": directory_revision,
        "generation": generation, "time_zone": time_zone,
    });
    if let Some(reload) = status.reload {
        let hp::Reload { failing, succeeded, failed, watching, last_failure, loaded_at, checked_at } = reload;
        told["reload"] = json!({
            "loaded_at": instant(loaded_at.unwrap()), "checked_at": instant(checked_at.unwrap()),
            "failing": failing, "succeeded": succeeded, "failed": failed, "watching": watching,
            "last_failure": last_failure,
        });
    }
    let hp::Directory { kind, asked } = status.directory.unwrap();
    told["directory"] = json!({"kind": kind});
    if let Some(asked) = asked {
        told["directory"]["asked"] = json!({
            "ready": asked.ready, "connected": asked.connected, "sequence": asked.sequence, "hits": asked.hits,
            "misses": asked.misses, "unknown": asked.unknown, "evictions": asked.evictions,
            "entries": asked.entries, "bytes": asked.bytes, "loads": asked.loads,
            "failed_loads": asked.failed_loads, "late_loads": asked.late_loads,
            "turned_away": asked.turned_away, "changes": asked.changes, "reconnects": asked.reconnects,
            "last_error": asked.last_error,
        });
    }
    told
}

fn over_grpc(server: &Server) -> hp::StatusResponse {
    runtime().block_on(async { server.hallpass().status(hp::StatusRequest {}).await.unwrap().into_inner() })
}

#[test]
fn files_are_told_of_as_over_grpc() {
    let scene = Scene::start();
    scene.reload();
    let told = scene.server.admin("GET", "/status", &[]);
    assert_eq!((told.status, told.header("content-type")), (200, Some("application/json")));
    assert_eq!(told.body, as_json(over_grpc(&scene.server)));
}

#[test]
fn a_directory_that_is_asked_is_told_of_as_over_grpc() {
    let twin = Twin::of(snapshot());
    twin.look_up_all();
    let server = Server::over(&settings(), Arc::clone(&twin.pdp), None);
    let mut told = server.admin("GET", "/status", &[]).body;
    let ago = told["directory"]["asked"].as_object_mut().unwrap().remove("read_ago_seconds").unwrap();
    assert!(ago.as_f64().unwrap() >= 0.0);
    assert_eq!(told, as_json(over_grpc(&server)));
}

#[test]
fn a_page_says_of_a_directory_what_status_says() {
    let twin = Twin::of(snapshot());
    twin.look_up_all();
    let server = Server::over(&settings(), Arc::clone(&twin.pdp), None);
    let asked = over_grpc(&server).directory.unwrap().asked.unwrap();
    let page = server.page();
    let table = [
        ("connected", u64::from(asked.connected)),
        ("sequence", asked.sequence.unwrap()),
        ("cache_entries", asked.entries),
        ("cache_bytes", asked.bytes),
        ("cache_hits_total", asked.hits),
        ("cache_misses_total", asked.misses),
        ("cache_evictions_total", asked.evictions),
        ("loads_total", asked.loads),
        ("loads_failed_total", asked.failed_loads),
        ("turned_away_total", asked.turned_away),
        ("reconnects_total", asked.reconnects),
    ];
    for (name, value) in table {
        assert_eq!(super::page::whole(page.value(&format!("hallpass_directory_{name}"))), value, "{name}");
    }
    assert!(asked.loads > 0 && page.value("hallpass_directory_lag_seconds") >= 0.0);
}
