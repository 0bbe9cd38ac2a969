//! Who tells a server what happens at its points: everybody goes on, but for those who come to the point that is armed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tempfile::TempDir;

/// How long a test that fails waits for what never comes.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// What is brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The call fails.
    Error,
    /// It panics.
    Panic,
    /// It takes long, and goes on before anybody's time is up.
    Second,
    /// It takes longer than anybody waits.
    Long,
}

impl Fault {
    /// As the columns of the table have them.
    pub(super) const ALL: [Self; 4] = [Self::Error, Self::Panic, Self::Second, Self::Long];
}

/// The one who tells.
pub(super) struct Control {
    shared: Arc<Shared>,
    place: TempDir,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// Those who wait at it.
    held: Vec<UnixStream>,
    /// How many have come to it.
    reached: usize,
    /// Every point that anybody came to.
    seen: BTreeSet<String>,
}

struct Armed {
    point: String,
    fault: Fault,
    once: bool,
}

impl Control {
    pub(super) fn new() -> Self {
        let (place, shared) = (TempDir::new().unwrap(), Arc::<Shared>::default());
        let listener = UnixListener::bind(place.path().join("points")).unwrap();
        let telling = Arc::clone(&shared);
        // Ends with the test's process. Each by itself: one that has come may say its name when another has been let go.
        std::thread::spawn(move || {
            for came in listener.incoming().map(Result::unwrap) {
                let telling = Arc::clone(&telling);
                std::thread::spawn(move || telling.tell(came));
            }
        });
        Self { shared, place }
    }

    /// What a server has to be started with.
    pub(super) fn variable(&self) -> String {
        format!("FAULT_POINTS={}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.place.path().join("points")
    }

    /// Whoever comes to a point from now on meets a fault.
    pub(super) fn arm(&self, point: &str, fault: Fault) {
        self.set(Some(Armed { point: point.to_owned(), fault, once: false }));
    }

    /// Who comes there next does.
    pub(super) fn arm_once(&self, point: &str, fault: Fault) {
        self.set(Some(Armed { point: point.to_owned(), fault, once: true }));
    }

    /// Everybody goes on.
    pub(super) fn disarm(&self) {
        self.set(None);
    }

    fn set(&self, armed: Option<Armed>) {
        let mut state = self.shared.state();
        state.armed = armed;
        state.reached = 0;
        // One that has ended meanwhile is not there to be told.
        state.held.drain(..).for_each(|mut one| _ = one.write_all(b"g"));
    }

    /// Whether somebody has come to the point.
    pub(super) fn is_reached(&self) -> bool {
        self.shared.state().reached > 0
    }

    /// Waits until somebody has come to the point.
    pub(super) fn until_reached(&self, point: &str) {
        let state = self.shared.state();
        let (state, late) = self.shared.changed.wait_timeout_while(state, LIMIT, |state| state.reached == 0).unwrap();
        assert!(!late.timed_out(), "nobody comes to `{point}`; they come to {:?}", state.seen);
    }

    /// Waits until somebody has come to the point, and lets everybody go on.
    pub(super) fn release(&self, point: &str) {
        self.until_reached(point);
        self.disarm();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn tell(&self, mut stream: UnixStream) {
        let mut name = String::new();
        // One that was killed on its way has nothing to say.
        if BufReader::new(&stream).read_line(&mut name).unwrap_or(0) == 0 {
            return;
        }
        let name = name.trim_end();
        let mut state = self.state();
        state.seen.insert(name.to_owned());
        let met = state.armed.as_ref().filter(|armed| armed.point == name).map(|armed| (armed.fault, armed.once));
        let Some((fault, once)) = met else {
            _ = stream.write_all(b"g");
            return;
        };
        state.reached += 1;
        if once {
            state.armed = None;
        }
        match fault {
            Fault::Error => _ = stream.write_all(b"e"),
            Fault::Panic => _ = stream.write_all(b"p"),
            Fault::Second | Fault::Long => state.held.push(stream),
        }
        self.changed.notify_all();
    }
}
