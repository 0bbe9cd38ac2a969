//! A directory that is asked and says what a roster says: the roster's facts behind a source that can be held.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass::calendar::Calendar;
use hallpass::directory::Roster;
use hallpass::directory::remote::frame::Placed;
use hallpass::directory::remote::{Entry, Frame, Handle, Human, Key, Remote, Settings, Wish};
use hallpass::pdp::Pdp;
use hallpass::policy::census::{By, Census};
use hallpass::policy::facts::{Facts, Person};
use hallpass::policy::request::Limits;
use hallpass::snapshot::Snapshot;
use jiff::tz::TimeZone;

use crate::held_source::Held;
use crate::running::runtime;

/// The directory, and what asks it.
pub(crate) struct Twin {
    pub(crate) held: Held,
    pub(crate) pdp: Arc<Pdp>,
    pub(crate) handle: Handle,
}

impl Twin {
    /// Says what a snapshot's roster says, and decides by its policy.
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        let twin = Self::told(snapshot, patient(), |_| {});
        runtime().block_on(async { _ = twin.remote().frame_changes().wait_for(Option::is_some).await.unwrap() });
        twin
    }

    /// The same with other settings; `prepare` is called before the directory is asked anything.
    pub(crate) fn told(snapshot: Snapshot, settings: Settings, prepare: impl FnOnce(&Held)) -> Self {
        let held = held(&snapshot);
        prepare(&held);
        let (remote, handle) = Remote::start(held.clone(), settings).unwrap();
        let pdp = Arc::new(Pdp::remote(without_roster(snapshot), Limits::default(), remote));
        Self { held, pdp, handle }
    }

    /// Looks up all that there is, some at a time, so that it is kept.
    pub(crate) fn look_up_all(&self) {
        let keys: Vec<Key> = self.held.world().facts.keys().cloned().collect();
        runtime().block_on(async {
            let at = self.remote().position(Wish::Any).await.unwrap();
            for some in keys.chunks(256) {
                self.remote().gather(&at, some).await.unwrap();
            }
        });
    }

    pub(crate) fn remote(&self) -> &Arc<Remote> {
        self.pdp.directory().unwrap()
    }
}

/// Nothing is too late, however busy the machine, but for what is promised within a time.
fn patient() -> Settings {
    let long = Duration::from_secs(3600);
    Settings { time_to_live: long, poll: long, load_deadline: Duration::from_secs(60), ..Settings::default() }
}

/// What a snapshot without a directory is.
pub(crate) fn without_roster(snapshot: Snapshot) -> Snapshot {
    let calendar = Calendar::new(TimeZone::UTC);
    Snapshot { roster: None, directory_revision: "".into(), calendar, ..snapshot }
}

/// A source of what a snapshot's roster knows.
pub(crate) fn held(snapshot: &Snapshot) -> Held {
    let roster = snapshot.roster.as_deref().unwrap();
    let held = Held::new();
    let mut kinds: Vec<&str> = snapshot.policy.catalogue().map(|(kind, ..)| kind).collect();
    kinds.dedup();
    let records = records(roster, &kinds);
    let mut world = held.world();
    world.frame = frame(roster, &records);
    world.facts = records.into_iter().chain(sections(roster)).chain(people(roster)).collect();
    drop(world);
    held
}

fn frame(roster: &Roster, records: &HashMap<Key, Entry>) -> Frame {
    let orgs = (0..roster.orgs()).filter_map(|row| roster.org_at(row).map(|org| (row, org)));
    let kind = |key: &Key| match key {
        Key::Record { kind, .. } => Some(Arc::clone(kind)),
        Key::Person(_) | Key::Section(_) => None,
    };
    Frame {
        orgs: orgs.map(|(row, org)| (org.id().into(), Placed { row, org: Arc::clone(org) })).collect(),
        terms: HashMap::new(),
        record_types: records.keys().filter_map(kind).collect(),
        zone: roster.time_zone().cloned(),
    }
}

fn people(roster: &Roster) -> impl Iterator<Item = (Key, Entry)> {
    (0..roster.users()).filter_map(|row| {
        let user = roster.user_at(row)?;
        let human = roster.person(user.id).map(|person| Arc::new(human(row, user.id, user.deleted, &person)));
        Some((Key::Person(user.id.into()), Entry::Person(human)))
    })
}

/// A user as an entry.
pub(crate) fn human(row: u32, id: &str, deleted: bool, person: &Person<'_>) -> Human {
    Human {
        id: id.into(),
        row,
        deleted,
        active: person.active,
        student: person.student,
        assignments: person.assignments.into(),
        teaches: person.teaches.into(),
        attends: person.attends.into(),
        orgs: person.orgs.into(),
        properties: person.properties.into(),
    }
}

fn sections(roster: &Roster) -> impl Iterator<Item = (Key, Entry)> {
    let all = (0..roster.sections()).filter_map(|row| roster.section_at(row));
    all.map(|section| (Key::Section(Arc::clone(&section.id)), Entry::Section(Some(Arc::clone(section)))))
}

fn records(roster: &Roster, kinds: &[&str]) -> HashMap<Key, Entry> {
    let of = |kind: &&str| {
        let kind: Arc<str> = (*kind).into();
        roster.records(&kind.clone(), By::Type).filter_map(move |row| {
            let (id, stored) = roster.record_at(row)?;
            Some((
                Key::Record { kind: Arc::clone(&kind), id: id.into() },
                Entry::Record(Some(Arc::new(stored.clone()))),
            ))
        })
    };
    kinds.iter().flat_map(of).collect()
}
