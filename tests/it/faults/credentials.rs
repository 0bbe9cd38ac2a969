//! Faults while connections are accepted, and while certificates and callers are read again.

use std::time::{Duration, Instant};

use super::control::LIMIT;
use super::surfaces::{self, At, Said, within};
use super::{Fault, Kind, NEVER, Scene, Table, hold, of};
use crate::listen::{EVALUATION, question};
use crate::pki::Authority;
use crate::running::{exchange, runtime};
use crate::secure::connect;
use crate::support::write;

/// How long a client waits where nobody lets it in.
const OWN: Duration = Duration::from_millis(500);
const CALLERS: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    key_file: caller.key
    may: [check]
";

/// A server with certificates and callers, and a caller that changes its key.
struct Secured {
    scene: Scene,
    authority: Authority,
    changes: usize,
}

impl Secured {
    fn start() -> Self {
        let authority = Authority::new();
        let scene = Scene::start(|place| {
            let pair = authority.server();
            write(place("caller.key").as_ref(), key(0));
            let file = |name: &str, content: &str| {
                write(place(name).as_ref(), content);
                place(name)
            };
            let flags = [
                ("--tls-cert", file("cert.pem", &pair.cert)),
                ("--tls-key", file("key.pem", &pair.key)),
                ("--tls-client-ca", file("ca.pem", &authority.pem)),
                ("--callers", file("callers.yaml", CALLERS)),
            ];
            flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
        });
        Self { scene, authority, changes: 0 }
    }

    /// Asks with a key: the status, none where there is no connection.
    fn asked(&self, key: usize) -> Option<u16> {
        let stream = connect(self.scene.server.http, &self.authority, None).ok()?;
        let key = format!("Bearer {}", self::key(key));
        let headers = [("content-type", "application/json"), ("authorization", key.as_str())];
        let answer = exchange(stream, "POST", EVALUATION, &headers, question().to_string().as_bytes()).ok()?;
        assert!(answer.status != 200 || answer.text == r#"{"decision":true}"#, "{}", answer.text);
        Some(answer.status)
    }

    /// Which of the last two keys is in use.
    fn in_use(&self) -> &'static str {
        match [self.changes - 1, self.changes].map(|key| self.asked(key)) {
            [Some(200), Some(401)] => "the last good ones count",
            [Some(401), Some(200)] => "the new ones count",
            other => panic!("{other:?}"),
        }
    }

    fn change(&mut self) {
        self.changes += 1;
        let beside = self.scene.file("caller.new");
        write(&beside, key(self.changes));
        std::fs::rename(beside, self.scene.file("caller.key")).unwrap();
    }

    /// What is seen under a fault while callers change; afterwards the new ones count, or the server has ended.
    fn under(&mut self, point: &str, kind: Kind, fault: Fault) -> String {
        if (kind, fault) == (Kind::Step, Fault::Error) {
            return NEVER.to_owned();
        }
        self.scene.control.arm(point, fault);
        self.change();
        self.scene.control.until_reached(point);
        let told = match fault {
            Fault::Error => {
                self.scene.server.until_logged("what was read before stays in use");
                self.in_use().to_owned()
            }
            Fault::Panic => {
                let ended = self.scene.ended();
                *self = Self::start();
                return ended;
            }
            Fault::Second => "the new ones count".to_owned(),
            Fault::Long => format!("{} until it goes on", self.in_use()),
        };
        self.scene.control.disarm();
        crate::secure::until("the new callers", || self.asked(self.changes) == Some(200));
        assert_eq!(self.in_use(), "the new ones count");
        told
    }

    /// What a client sees whose handshake meets a fault; the next is served.
    fn shaking(&mut self, point: &str, fault: Fault) -> String {
        self.scene.control.arm_once(point, fault);
        let said = std::thread::scope(|scope| {
            let asking = scope.spawn(|| self.asked(self.changes));
            self.scene.control.until_reached(point);
            if fault == Fault::Second {
                self.scene.control.disarm();
            }
            asking.join().unwrap()
        });
        self.scene.control.disarm();
        assert_eq!(self.asked(self.changes), Some(200), "{point} {fault:?}");
        match said {
            Some(200) => "decided".to_owned(),
            None => "no connection".to_owned(),
            other => panic!("{other:?}"),
        }
    }
}

fn key(number: usize) -> String {
    format!("{number:032}")
}

#[test]
fn no_fault_while_callers_are_read_lets_anybody_in() {
    let mut secured = Secured::start();
    let mut table = Table::new();
    for (point, kind) in of("credentials") {
        table.insert(point.clone(), Fault::ALL.map(|fault| secured.under(&point, kind, fault)));
    }
    hold("Certificates, callers and keys", &table);
}

impl Scene {
    /// What Check says to whoever waits so long.
    fn patiently(&self, patience: Option<Duration>) -> Said {
        runtime().block_on(within(patience, async { surfaces::one(At::from(&self.server), "Check").await }))
    }
}

/// What a client sees as it connects; afterwards it is served, or the server has ended.
fn accepted(scene: &mut Scene, point: &str, kind: Kind, fault: Fault) -> String {
    if (kind, fault) == (Kind::Step, Fault::Error) {
        return NEVER.to_owned();
    }
    let said = match fault {
        Fault::Error | Fault::Panic => {
            // Whoever waits to accept may turn to something else before it hears: it hears again.
            if (point, fault) == ("accept", Fault::Panic) {
                scene.control.arm(point, fault);
            } else {
                scene.control.arm_once(point, fault);
            }
            let mut said = scene.check();
            let end = Instant::now() + LIMIT;
            while !scene.control.is_reached() {
                assert!(Instant::now() < end, "nobody comes to `{point}`");
                said = scene.check();
            }
            // Who waits for somebody to come passes the point before: it is met behind the first who does.
            if point == "accept" && fault == Fault::Error { scene.check() } else { said }
        }
        Fault::Second => {
            scene.control.arm_once(point, fault);
            std::thread::scope(|scope| {
                let asking = scope.spawn(|| [scene.check(), scene.check()]);
                scene.control.release(point);
                asking.join().unwrap()[1].clone()
            })
        }
        Fault::Long => {
            scene.control.arm(point, fault);
            let waits = || scene.patiently(Some(OWN)) == Said::None(surfaces::NOTHING.to_owned());
            assert!((0..100).any(|_| waits()), "{point}: everybody is answered");
            scene.control.until_reached(point);
            Said::None(format!("{} until it goes on", surfaces::NOTHING))
        }
    };
    if (point, fault) == ("accept", Fault::Panic) {
        let ended = scene.ended();
        *scene = Scene::start(|_| Vec::new());
        return ended;
    }
    scene.control.disarm();
    assert!(matches!(scene.check(), Said::Answer(true, _)), "{point} {fault:?}: it does not recover");
    match said {
        Said::Answer(true, _) => "decided".to_owned(),
        Said::None(why) => why,
        said @ Said::Answer(false, _) => panic!("{said:?}"),
    }
}

#[test]
fn no_fault_while_connections_are_accepted_lets_anybody_in() {
    let (mut secured, mut scene) = (Secured::start(), Scene::start(|_| Vec::new()));
    let mut table = Table::new();
    for (point, kind) in of("accept") {
        let row = match point.as_str() {
            "accept.handshake" => Fault::ALL.map(|fault| secured.shaking(&point, fault)),
            _ => Fault::ALL.map(|fault| accepted(&mut scene, &point, kind, fault)),
        };
        table.insert(point, row);
    }
    hold("Accepting", &table);
}
