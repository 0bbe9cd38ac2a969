//! Faults on the way of a request, on every surface that it concerns; the others go on as if nothing were.

use std::sync::Arc;
use std::time::Duration;

use super::surfaces::{self, ALL, All, At, Said};
use super::{Fault, Kind, NEVER, Scene, Table, hold, in_short, of};
use crate::running::runtime;

/// How long a client waits where the thread that would answer it is held.
const OWN: Duration = Duration::from_millis(500);

/// A server whose answers wait for their records.
fn scene() -> Scene {
    Scene::start(|place| {
        let log = ["--decision-log", &place("decisions.log"), "--decision-log-mode", "required"].map(str::to_owned);
        log.into_iter().chain(["--decision-log-wait-ms", "60000"].map(str::to_owned)).collect()
    })
}

/// Which surfaces come to a point.
fn concerned(point: &str, surface: &str) -> bool {
    let http = surface.starts_with(char::is_lowercase) && surface != "gateway";
    match point.split('.').next().unwrap() {
        "grpc" if point == "grpc.convert" => {
            ["Check", "BatchCheck", "Explain", "Plan", "CheckStream"].contains(&surface)
        }
        "grpc" => !http && surface != "CheckStream",
        "stream" => surface == "CheckStream",
        "http" if point == "http.convert" => surface.starts_with("evaluation"),
        // An answer of a single question is not written: it is at hand.
        "http" if point == "http.encode" => http && surface != "evaluation",
        "http" => http,
        "gateway" => surface == "gateway",
        _ => true,
    }
}

impl Scene {
    /// What is seen under a fault; afterwards everything is as before.
    fn under(&mut self, healthy: &All, (point, kind): (&str, Kind), fault: Fault) -> String {
        if (kind, fault) == (Kind::Step, Fault::Error) {
            return NEVER.to_owned();
        }
        let is_concerned = |surface: &str| concerned(point, surface);
        self.control.arm(point, fault);
        let at = At::from(&self.server);
        let seen = match (fault, kind) {
            (Fault::Second, _) => runtime().block_on(async {
                let (control, point) = (Arc::clone(&self.control), point.to_owned());
                let letting_go = tokio::task::spawn_blocking(move || control.release(&point));
                let all = surfaces::all(at, None).await;
                letting_go.await.unwrap();
                all
            }),
            (Fault::Long, Kind::Call | Kind::Step) => runtime().block_on(surfaces::all(at, Some(OWN))),
            (Fault::Error | Fault::Panic | Fault::Long, _) => runtime().block_on(surfaces::all(at, None)),
        };
        if fault != Fault::Second {
            self.control.until_reached(point);
        }
        self.control.disarm();
        let told = match (fault, kind) {
            // A thread that is held answers nobody, concerned or not.
            (Fault::Long, Kind::Call | Kind::Step) => {
                let waited = ALL.iter().filter(|surface| is_concerned(surface));
                waited.for_each(|surface| assert_eq!(seen[surface][0], Said::None("nothing".to_owned()), "{surface}"));
                "nothing until it goes on".to_owned()
            }
            _ => in_short(healthy, &seen, is_concerned),
        };
        assert_eq!(self.all(), *healthy, "{point} {fault:?}: it does not recover");
        told
    }
}

#[test]
fn no_fault_on_the_way_of_a_request_lets_anybody_in() {
    let mut scene = scene();
    let healthy = scene.all();
    for surface in ALL {
        let [allowed, denied] = &healthy[surface];
        assert!(matches!(allowed, Said::Answer(true, _)), "{surface}: {allowed:?}");
        assert!(matches!(denied, Said::Answer(..)), "{surface}: {denied:?}");
    }
    let mut table = Table::new();
    for path in ["request", "grpc", "stream", "http", "gateway"] {
        for (point, kind) in of(path) {
            table.insert(point.clone(), Fault::ALL.map(|fault| scene.under(&healthy, (&point, kind), fault)));
        }
    }
    scene.server.signal("TERM");
    assert_eq!(scene.server.ended(), Some(0));
    hold("Requests", &table);
}
