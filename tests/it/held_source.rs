//! A directory in memory that is followed like a database: its facts change at will, its log tells of it, and every step
//! of it can be held at a gate, made to fail, or let go.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hallpass::directory::remote::reading::Unread;
use hallpass::directory::remote::{Change, Changes, Entry, Frame, Human, Key, Loaded, Log, Source, SourceError, What};
use tokio::sync::{oneshot, watch};

/// Where it can be held: before it has looked, and after it has and before it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A connection to the log is asked for.
    Follow,
    /// A frame is asked for.
    Frame,
    /// A frame was read.
    FrameRead,
    /// A look-up is asked for.
    Load,
    /// A look-up was read.
    LoadRead,
    /// The log is asked for.
    Changes,
    /// The log was read.
    ChangesRead,
}

/// What there is to know. Changed from outside, it is as if a database were changed, for all who ask later.
#[derive(Clone, Debug)]
pub struct World {
    /// What is under keys; under all others there is nothing.
    pub facts: HashMap<Key, Entry>,
    /// The frame.
    pub frame: Frame,
    /// The log, ascending.
    pub log: Vec<Change>,
    /// The newest number.
    pub head: u64,
    /// Up to where the log is no longer there.
    pub pruned: u64,
    /// Whose history this is.
    pub instance: String,
    /// Whether a log is kept.
    pub logged: bool,
    /// Whether changes are hinted at.
    pub hints: bool,
    /// The steps that fail, before they look.
    pub failing: HashSet<Step>,
    /// The steps that panic, before they look.
    pub panicking: HashSet<Step>,
    /// What look-ups are answered from instead: a server that lags.
    pub lagging: Option<Box<World>>,
    /// What every look-up brings instead.
    pub garbled: Option<Entry>,
    /// How long every look-up takes.
    pub slow: Duration,
    /// How many look-ups were answered; those of nothing don't count.
    pub loads: usize,
    /// How many keys they were of.
    pub keys: usize,
    /// Which connections to the log are cut: those below.
    cut: u64,
    connections: u64,
}

/// The source; a clone is another handle on the same.
#[derive(Clone, Debug)]
pub struct Held(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    gates: Mutex<HashMap<Step, Gate>>,
    /// Moves whenever a gate is come to.
    arrivals: watch::Sender<()>,
    hints: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Gate {
    held: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
}

/// A user of whom nothing is known but a number, which stands for all that could change.
pub fn human(id: &str, version: u32) -> Entry {
    Entry::Person(Some(Arc::new(Human {
        id: id.into(),
        row: version,
        deleted: false,
        active: true,
        student: false,
        assignments: Box::default(),
        teaches: Box::default(),
        attends: Box::default(),
        orgs: Box::default(),
        properties: Box::default(),
    })))
}

/// The number of a user made by [`human`]; none where there is nobody.
pub fn version(entry: &Entry) -> Option<u32> {
    match entry {
        Entry::Person(human) => human.as_ref().map(|human| human.row),
        Entry::Section(_) | Entry::Record(_) => panic!("{entry:?} is no person"),
    }
}

/// The key of a user.
pub fn person(id: &str) -> Key {
    Key::Person(id.into())
}

/// Changes.
impl Held {
    /// Nobody is there, and the log is empty.
    pub fn new() -> Self {
        let world = World {
            facts: HashMap::new(),
            frame: Frame::default(),
            log: Vec::new(),
            head: 0,
            pruned: 0,
            instance: "one".to_owned(),
            logged: true,
            hints: true,
            failing: HashSet::new(),
            panicking: HashSet::new(),
            lagging: None,
            garbled: None,
            slow: Duration::ZERO,
            loads: 0,
            keys: 0,
            cut: 0,
            connections: 0,
        };
        let (arrivals, hints) = (watch::Sender::new(()), watch::Sender::new(()));
        Self(Arc::new(Shared { world: Mutex::new(world), gates: Mutex::default(), arrivals, hints }))
    }

    /// All of it, to be looked at or changed without a word in the log.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap()
    }

    /// Puts something under a key and logs that: the change's number.
    pub fn change(&self, key: &Key, entry: Entry) -> u64 {
        self.commit(What::Key(key.clone()), |world| _ = world.facts.insert(key.clone(), entry))
    }

    /// Makes a change of any kind and logs it, both at once: the change's number.
    pub fn commit(&self, what: What, change: impl FnOnce(&mut World)) -> u64 {
        let mut world = self.world();
        change(&mut world);
        world.head += 1;
        let sequence = world.head;
        world.log.push(Change { sequence, what });
        if world.hints {
            self.0.hints.send_replace(());
        }
        sequence
    }

    /// Hints that something changed, whether or not it did.
    pub fn hint(&self) {
        self.0.hints.send_replace(());
    }

    /// From now on nothing fails, panics or is garbled.
    pub fn mend(&self) {
        let mut world = self.world();
        world.failing.clear();
        world.panicking.clear();
        world.garbled = None;
    }

    /// Cuts every connection to the log.
    pub fn cut(&self) {
        let mut world = self.world();
        world.cut = world.connections;
        self.0.hints.send_replace(());
    }
}

/// Gates.
impl Held {
    /// Holds whoever comes to a step, from now on.
    pub fn hold(&self, step: Step) {
        self.gates().entry(step).or_default().held = true;
    }

    /// Lets go whoever waits at a step, and everybody from now on.
    pub fn open(&self, step: Step) {
        self.gates().remove(&step);
    }

    /// Lets go who has waited longest at a step; whether somebody did.
    pub fn release(&self, step: Step) -> bool {
        let mut gates = self.gates();
        let waiting = &mut gates.entry(step).or_default().waiting;
        std::iter::from_fn(|| waiting.pop_front()).any(|one| one.send(()).is_ok())
    }

    /// Lets go who came last to a step.
    pub fn release_last(&self, step: Step) {
        let mut gates = self.gates();
        let waiting = &mut gates.entry(step).or_default().waiting;
        assert!(std::iter::from_fn(|| waiting.pop_back()).any(|one| one.send(()).is_ok()));
    }

    /// How many wait at a step.
    pub fn waiting(&self, step: Step) -> usize {
        let waits = |gate: &Gate| gate.waiting.iter().filter(|one| !one.is_closed()).count();
        self.gates().get(&step).map_or(0, waits)
    }

    /// Completes when so many wait at a step.
    pub async fn until(&self, step: Step, waiting: usize) {
        let mut arrivals = self.0.arrivals.subscribe();
        while self.waiting(step) < waiting {
            arrivals.changed().await.unwrap();
        }
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<Step, Gate>> {
        self.0.gates.lock().unwrap()
    }

    async fn pass(&self, step: Step) -> Result<(), SourceError> {
        let (go, gone) = oneshot::channel();
        let held = {
            let mut gates = self.gates();
            let gate = gates.entry(step).or_default();
            if gate.held {
                gate.waiting.push_back(go);
            }
            gate.held
        };
        if held {
            self.0.arrivals.send_replace(());
            _ = gone.await;
        }
        let world = self.world();
        let (panics, fails) = (world.panicking.contains(&step), world.failing.contains(&step));
        drop(world);
        assert!(!panics, "told to panic at {step:?}");
        if fails { Err(SourceError(format!("told to fail at {step:?}"))) } else { Ok(()) }
    }
}

impl Source for Held {
    type Log = HeldLog;
    type Reading = Unread;

    async fn follow(&self) -> Result<HeldLog, SourceError> {
        self.pass(Step::Follow).await?;
        let mut world = self.world();
        world.connections += 1;
        let (instance, connection) = (world.instance.clone(), world.connections);
        Ok(HeldLog { held: self.clone(), instance, connection, hints: self.0.hints.subscribe() })
    }

    async fn frame(&self) -> Result<Frame, SourceError> {
        self.pass(Step::Frame).await?;
        let frame = self.world().frame.clone();
        self.pass(Step::FrameRead).await?;
        Ok(frame)
    }

    async fn load(&self, keys: &[Key], _frame: &Arc<Frame>) -> Result<Loaded, SourceError> {
        self.pass(Step::Load).await?;
        let slow = self.world().slow;
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        let loaded = self.world().look_up(keys);
        self.pass(Step::LoadRead).await?;
        Ok(loaded)
    }

    async fn begin(&self) -> Result<Unread, SourceError> {
        Err(SourceError("it can't be read".to_owned()))
    }
}

impl World {
    fn look_up(&mut self, keys: &[Key]) -> Loaded {
        self.loads += usize::from(!keys.is_empty());
        self.keys += keys.len();
        let seen = self.lagging.as_deref().unwrap_or(self);
        let entry = |key: &Key| {
            seen.garbled.as_ref().or(seen.facts.get(key)).cloned().unwrap_or(match key {
                Key::Person(_) => Entry::Person(None),
                Key::Section(_) => Entry::Section(None),
                Key::Record { .. } => Entry::Record(None),
            })
        };
        Loaded { entries: keys.iter().map(entry).collect(), head: seen.logged.then_some(seen.head) }
    }
}

/// A connection that follows the log.
#[derive(Debug)]
pub struct HeldLog {
    held: Held,
    instance: String,
    connection: u64,
    hints: watch::Receiver<()>,
}

impl HeldLog {
    fn connected(&self) -> Result<(), SourceError> {
        if self.connection > self.held.world().cut { Ok(()) } else { Err(SourceError("cut".to_owned())) }
    }
}

impl Log for HeldLog {
    fn instance(&self) -> &str {
        &self.instance
    }

    async fn changes(&mut self, after: u64) -> Result<Option<Changes>, SourceError> {
        self.held.pass(Step::Changes).await?;
        self.connected()?;
        let changes = {
            let world = self.held.world();
            let changes = world.log.iter().filter(|change| change.sequence > after.max(world.pruned));
            let changes = Changes { changes: changes.cloned().collect(), head: world.head, pruned: world.pruned };
            world.logged.then_some(changes)
        };
        self.held.pass(Step::ChangesRead).await?;
        Ok(changes)
    }

    async fn hint(&mut self) -> Result<(), SourceError> {
        self.hints.changed().await.map_err(|gone| SourceError(gone.to_string()))?;
        self.connected()
    }
}
