//! A shadow policy: what it would have answered, beside what was answered. It is asked on a thread of its own, after the answer
//! is on its way, and never served; differences are counted and logged, without the name of anybody.
//!
//! What is asked is copied into a queue of bounded length: what finds it full is counted and not asked. The shadow decides over
//! the same roster and on the same day as the policy in use.

mod asked;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::policy::compiled::Policy;
use crate::policy::source::Finding;
pub use asked::Asked;

/// How many questions may wait.
const WAITING: usize = 4_096;
/// How many differences are logged a second; the others are only counted.
const LOGGED: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// A policy with its revision.
#[derive(Debug)]
struct Ready {
    policy: Arc<Policy>,
    revision: Arc<str>,
}

/// What the thread and those who ask share.
#[derive(Debug, Default)]
struct State {
    ready: ArcSwapOption<Ready>,
    /// Why the files as they are now are not those that are asked; none while they are.
    problems: ArcSwapOption<Vec<Finding>>,
    waiting: AtomicUsize,
    same: AtomicU64,
    gained: AtomicU64,
    lost: AtomicU64,
    dropped: AtomicU64,
}

/// The shadow.
#[derive(Debug)]
pub struct Shadow {
    state: Arc<State>,
    queue: SyncSender<Asked>,
    /// How many questions may wait.
    room: usize,
}

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The revision of the policy that is asked; none before the first that could be read.
    pub revision: Option<Arc<str>>,
    /// What is wrong with the files as they are now.
    pub problems: Vec<String>,
    /// Decisions that it would have made alike.
    pub same: u64,
    /// Denies that it would have allowed.
    pub gained: u64,
    /// Allows that it would have denied.
    pub lost: u64,
    /// Decisions about which it was not asked: too many waited.
    pub dropped: u64,
}

impl Shadow {
    /// Starts its thread, which ends once nobody can ask any more. There is no policy to ask yet.
    ///
    /// # Errors
    /// The thread can't be started.
    pub fn start() -> io::Result<Arc<Self>> {
        let (shadow, asked) = Self::new(WAITING);
        let own = Arc::clone(&shadow.state);
        std::thread::Builder::new().name("shadow".to_owned()).spawn(move || own.run(&asked))?;
        Ok(Arc::new(shadow))
    }

    fn new(room: usize) -> (Self, Receiver<Asked>) {
        let (queue, asked) = sync_channel(room);
        (Self { state: Arc::default(), queue, room }, asked)
    }

    /// A policy that is asked from now on.
    pub fn publish(&self, policy: Arc<Policy>, revision: Arc<str>) {
        self.state.ready.store(Some(Arc::new(Ready { policy, revision })));
        self.state.problems.store(None);
    }

    /// Files that can't be used: the last good ones are asked, if there were any.
    pub fn refuse(&self, findings: Vec<Finding>) {
        self.state.problems.store(Some(Arc::new(findings)));
    }

    /// The files as they are now are those that are asked.
    pub fn mend(&self) {
        self.state.problems.store(None);
    }

    /// Whether a question is worth copying: there is a policy to ask, and room. Counts it where there is no room.
    #[must_use]
    pub fn takes(&self) -> bool {
        if self.state.ready.load().is_none() {
            return false;
        }
        let room = self.state.waiting.load(Ordering::Relaxed) < self.room;
        if !room {
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
        }
        room
    }

    /// Asks, some time later.
    pub fn ask(&self, asked: Asked) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(asked).is_err() {
            self.state.waiting.fetch_sub(1, Ordering::Relaxed);
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How it goes.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let State { ready, problems, same, gained, lost, dropped, .. } = &*self.state;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            revision: ready.load().as_ref().map(|ready| Arc::clone(&ready.revision)),
            problems: problems.load().iter().flat_map(|findings| findings.iter()).map(ToString::to_string).collect(),
            same: count(same),
            gained: count(gained),
            lost: count(lost),
            dropped: count(dropped),
        }
    }
}

impl State {
    fn run(&self, queue: &Receiver<Asked>) {
        let mut logged = Logged { since: Instant::now(), count: 0 };
        for asked in queue {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            if let Some(ready) = &*self.ready.load() {
                self.compare(ready, &asked, &mut logged);
            }
        }
    }

    fn compare(&self, ready: &Ready, asked: &Asked, logged: &mut Logged) {
        let shadow = asked.decide(&ready.policy);
        let counter = match (asked.is_allow(), shadow.is_allow()) {
            (true, true) | (false, false) => &self.same,
            (false, true) => &self.gained,
            (true, false) => &self.lost,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if asked.is_allow() != shadow.is_allow() && logged.may() {
            let (effect, other) = if asked.is_allow() { ("allow", "deny") } else { ("deny", "allow") };
            let grant = asked.grant().or(shadow.granted.map(|granted| granted.grant)).unwrap_or_default();
            tracing::info!(
                action = asked.action(),
                resource_type = asked.resource_type(),
                effect,
                reason = asked.reason().code(),
                shadow = other,
                shadow_reason = shadow.reason.code(),
                grant,
                policy = asked.revision(),
                shadow_policy = &*ready.revision,
                "the shadow policy decides otherwise"
            );
        }
    }
}

/// How many differences were logged in this second.
struct Logged {
    since: Instant,
    count: u32,
}

impl Logged {
    fn may(&mut self) -> bool {
        if self.since.elapsed() > SECOND {
            *self = Self { since: Instant::now(), count: 0 };
        }
        self.count += 1;
        self.count <= LOGGED
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::policy::day::Day;
    use crate::policy::request::{Action, Request, Resource, Subject};
    use crate::policy::source::Source;
    use crate::snapshot::{Builder, Files, Snapshot};

    fn sources(folder: &str) -> Vec<Source> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/authzen").join(folder);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| Source {
            name: path.file_name().unwrap().to_string_lossy().into(),
            bytes: std::fs::read(&path).unwrap().into(),
        };
        files.map(read).collect()
    }

    fn snapshot() -> Snapshot {
        let (policies, directory) = (sources("policies"), sources("directory"));
        let policies = Files { revision: &"a".into(), files: &policies };
        let directory = Files { revision: &"b".into(), files: &directory };
        Builder::new(vec!["user".to_owned()], None).build(policies, directory, 1).unwrap()
    }

    /// Nobody takes anything out of the queue: what finds it full is counted, and neither copied nor waited for.
    #[test]
    fn what_finds_the_queue_full_is_dropped_and_counted() {
        let (shadow, _asked) = Shadow::new(2);
        let (snapshot, today) = (snapshot(), Day(20_000));
        assert!(!shadow.takes(), "there is no policy to ask");
        shadow.publish(Arc::clone(&snapshot.policy), "c".into());
        let request = Request {
            subject: Subject { kind: "user", id: "alice", properties: &[] },
            action: Action { name: "read", properties: &[] },
            resource: Resource { kind: "record", id: "record-1", ..Resource::default() },
            context: &[],
        };
        let decision = snapshot.policy.decide(&**snapshot.roster.as_ref().unwrap(), &request, today);
        assert!(decision.is_allow());
        let ask = || shadow.ask(Asked::new(&snapshot, &request, today, &decision).unwrap());
        for _ in 0..2 {
            assert!(shadow.takes());
            ask();
        }
        assert_eq!(shadow.figures().dropped, 0);
        assert!(!shadow.takes());
        ask();
        assert_eq!((shadow.figures().dropped, shadow.figures().same), (2, 0));
    }
}
