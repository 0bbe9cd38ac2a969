//! Asking: a question is decided on a view that has all the facts, however long it takes to fetch them, or it is not
//! decided. Where everything is at hand, the question is asked once, and nothing waits.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::{ArcSwap, Guard};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::Extensions;
use jiff::tz::TimeZone;
use tokio::time::timeout;

use super::noting::notes;
use super::{Pdp, People, Undecided, View, now};
use crate::calendar::Calendar;
use crate::caller::Caller;
use crate::directory::remote::{Frame, Gathered, Key, Listed, Position, Remote, Unavailable, Wish};
use crate::fault;
use crate::policy::day::Day;
use crate::policy::request::{Limits, Malformed};
use crate::snapshot::Snapshot;
use crate::telemetry::{Notes, Recorded, Trace, noted};

/// The header, or metadata, that says how new the facts must be.
const HEADER: HeaderName = HeaderName::from_static("hallpass-consistency");
/// The longest revision of a directory, in bytes.
const REVISION: usize = 64;
/// How long a revision of a folder that is not there yet is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a directory is asked for the facts of one request, all rounds together: so many times as long as one look-up
/// may take, which is less than a call may.
const ASKING: u32 = 3;
/// How often a request is run at most: facts lead to others, but not far. A record names its student, whose classes stand
/// with them.
const ROUNDS: usize = 16;

const MALFORMED: Malformed = Malformed::WrongType {
    name: "hallpass-consistency",
    expected: "`full`, or `at-least=` and a `directory_revision`",
};

/// Who asks, and how new the facts must be.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Who asks.
    pub caller: Caller,
    /// How new the facts must be.
    pub consistency: Consistency,
    /// On which day; as the clock says where `None`.
    pub on: Option<Day>,
    /// The trace that the request is part of.
    pub trace: Option<Trace>,
}

/// How new the facts must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// As new as they are at hand.
    #[default]
    Any,
    /// At least as new as this revision of the directory.
    AtLeast(Box<str>),
    /// Whatever was committed before the request came.
    Full,
}

impl Asking {
    /// The same, as who they still are.
    #[must_use]
    pub fn still(&self) -> Self {
        Self { caller: self.caller.still(), consistency: self.consistency.clone(), on: self.on, trace: self.trace }
    }

    /// Resource types as far as they matter to whoever asks: none, where nobody is refused anything.
    pub fn kinds<'t>(&self, kinds: impl Iterator<Item = &'t str>) -> Vec<String> {
        if self.caller.is_anybody() { Vec::new() } else { kinds.map(str::to_owned).collect() }
    }
}

impl Consistency {
    fn of(headers: &HeaderMap) -> Result<Self, Malformed> {
        let mut wishes = headers.get_all(HEADER).iter();
        let read = match (wishes.next(), wishes.next()) {
            (None, _) => return Ok(Self::Any),
            (Some(wish), None) => Self::read(wish),
            (Some(_), Some(_)) => None,
        };
        read.ok_or(MALFORMED)
    }

    /// What it means to a directory that numbers its changes.
    fn wish(&self) -> Result<Wish, Malformed> {
        match self {
            Self::Any => Ok(Wish::Any),
            Self::Full => Ok(Wish::Full),
            Self::AtLeast(revision) => {
                let digits = Some(revision).filter(|revision| revision.bytes().all(|byte| byte.is_ascii_digit()));
                digits.and_then(|digits| digits.parse().ok()).map(Wish::AtLeast).ok_or(MALFORMED)
            }
        }
    }

    fn read(wish: &HeaderValue) -> Option<Self> {
        let text = wish.to_str().ok()?;
        if text == "full" {
            return Some(Self::Full);
        }
        let revision = text.strip_prefix("at-least=")?;
        let plain = revision.len() <= REVISION && revision.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (plain && !revision.is_empty()).then(|| Self::AtLeast(revision.into()))
    }
}

/// A directory that is asked.
#[derive(Debug)]
pub(super) struct Asked {
    remote: Arc<Remote>,
    /// The days of the time zone that the directory named last.
    calendar: ArcSwap<Calendar>,
}

impl Pdp {
    /// A decision point that starts from a snapshot without a roster, and asks a directory.
    #[must_use]
    pub fn remote(snapshot: Snapshot, limits: Limits, remote: Arc<Remote>) -> Self {
        let calendar = ArcSwap::from_pointee(Calendar::new(snapshot.calendar.zone().clone()));
        Self { remote: Some(Asked { remote, calendar }), ..Self::new(snapshot, limits) }
    }

    /// The directory, where it is asked and not read.
    #[must_use]
    pub fn directory(&self) -> Option<&Arc<Remote>> {
        self.remote.as_ref().map(|asked| &asked.remote)
    }

    /// The directory's revision and the district's time zone as they are now; the revision is empty where the directory has
    /// not been reached.
    #[must_use]
    pub fn directory_now(&self) -> (String, TimeZone) {
        let snapshot = self.current.load();
        let files = || ((*snapshot.directory_revision).to_owned(), snapshot.calendar.zone().clone());
        let Some(Asked { remote, .. }) = &self.remote else { return files() };
        let Some(frame) = remote.frame_changes().borrow().clone() else { return files() };
        let revision = remote.state().sequence.map_or_else(|| "unlogged".to_owned(), |sequence| sequence.to_string());
        (revision, frame.zone.clone().unwrap_or_else(|| snapshot.calendar.zone().clone()))
    }

    /// Who asks, as the edge that admitted the request found out, and what its headers wish.
    ///
    /// # Errors
    /// There is a wish that can't be read, or more than one.
    pub fn asking(&self, extensions: &Extensions, headers: &HeaderMap) -> Result<Asking, Malformed> {
        self.asking_as(Caller::of(extensions), headers)
    }

    /// Who asks, and what the headers of the request wish.
    ///
    /// # Errors
    /// There is a wish that can't be read, or more than one.
    pub fn asking_as(&self, caller: Caller, headers: &HeaderMap) -> Result<Asking, Malformed> {
        let trace = if self.telemetry.is_on() { Trace::of(headers) } else { None };
        Ok(Asking { caller, consistency: self.wished(headers)?, on: None, trace })
    }

    /// What headers wish.
    ///
    /// # Errors
    /// There is a wish that can't be read, or more than one.
    pub fn wished(&self, headers: &HeaderMap) -> Result<Consistency, Malformed> {
        let wished = Consistency::of(headers)?;
        if self.remote.is_some() {
            wished.wish()?;
        }
        Ok(wished)
    }

    /// Whether whoever asks so waits for nothing: all facts are at hand, and answers need not be recorded first.
    #[must_use]
    pub fn is_at_hand(&self, asking: &Asking) -> bool {
        let recorded_first = self.telemetry.is_required();
        self.remote.is_none() && !recorded_first && !matches!(asking.consistency, Consistency::AtLeast(_))
    }

    /// A view for whoever asks, where all facts are at hand.
    #[must_use]
    pub fn view_for(&self, asking: Asking) -> View<'_> {
        let Asking { caller, on, trace, consistency: _ } = asking;
        let view = self.view(caller);
        View { today: on.unwrap_or(view.today), trace, ..view }
    }

    /// Asks a question, or a whole batch: `run` decides it on a view. It may be run more than once, and what it came to is
    /// the answer only if the view had all the facts.
    ///
    /// # Errors
    /// What `run` came to, or the facts can't be had.
    pub async fn ask<T, E: From<Undecided>>(
        &self,
        asking: Asking,
        mut run: impl FnMut(&View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        fault::wait("request.ask").await.map_err(|error| Undecided::Unavailable(error.to_string()))?;
        // What has to be waited for stands apart from this future, which every question has and which would be as large.
        let (answer, recorded) = if let Some(asked) = &self.remote {
            Box::pin(self.ask_remote(asked, asking, run)).await?
        } else {
            if let Consistency::AtLeast(revision) = &asking.consistency {
                Box::pin(self.revised(revision)).await?;
            }
            let mut view = self.view_for(asking);
            (run(&view)?, view.record())
        };
        if let Some(recorded) = recorded {
            Box::pin(recorded.wait()).await.map_err(|error| Undecided::Unavailable(error.to_string()))?;
        }
        Ok(answer)
    }

    /// The same over a directory that is asked, in time, with what its record has to be waited for.
    async fn ask_remote<T, E: From<Undecided>>(
        &self,
        asked: &Asked,
        asking: Asking,
        run: impl FnMut(&View<'_>) -> Result<T, E>,
    ) -> Result<(T, Option<Recorded>), E> {
        let (began, snapshot) = (Instant::now(), self.current.load_full());
        let gathered = self.gather(asked, &snapshot, &asking, began, run);
        let (answer, notes) = match timeout(ASKING * asked.remote.load_deadline(), gathered).await {
            Ok(gathered) => gathered?,
            Err(_elapsed) => return Err(unavailable(&Unavailable::Late).into()),
        };
        Ok((answer, notes.and_then(|notes| self.telemetry.record(&snapshot, notes))))
    }

    /// Runs it on what was gathered, and gathers what it missed, until it misses nothing. Where the organisations or terms
    /// changed meanwhile, it begins again: no answer mixes two trees.
    async fn gather<T, E: From<Undecided>>(
        &self,
        asked: &Asked,
        snapshot: &Arc<Snapshot>,
        asking: &Asking,
        began: Instant,
        mut run: impl FnMut(&View<'_>) -> Result<T, E>,
    ) -> Result<(T, Option<Notes>), E> {
        let (remote, wish) = (&asked.remote, asking.consistency.wish().map_err(Undecided::from)?);
        let mut at = remote.position(wish).await.map_err(|error| unavailable(&error))?;
        let mut facts = Gathered::new(Arc::clone(&at.frame));
        for _ in 0..ROUNDS {
            let over = Over { snapshot, asking, began, frame: &at.frame, revision: &at.revision };
            let (answer, notes) = self.run_over(asked, &over, People::Gathered(&facts), &mut run);
            if facts.wants_lists() {
                return self.list(asked, over, &at, run).await;
            }
            let missed: Vec<Key> = facts.take_missed();
            if missed.is_empty() && remote.stands(&at) {
                return Ok((answer?, notes));
            }
            if !remote.stands(&at) {
                at = remote.position(wish).await.map_err(|error| unavailable(&error))?;
                facts = Gathered::new(Arc::clone(&at.frame));
                continue;
            }
            let entries = remote.gather(&at, &missed).await.map_err(|error| unavailable(&error))?;
            missed.into_iter().zip(entries).for_each(|(key, entry)| facts.add(key, entry));
        }
        Err(Undecided::Unavailable("the directory did not come to rest for this".to_owned()).into())
    }

    /// Runs it on what was read, with lists, all of one moment past what is kept, and reads what it missed.
    async fn list<T, E: From<Undecided>>(
        &self,
        asked: &Asked,
        over: Over<'_>,
        at: &Position,
        mut run: impl FnMut(&View<'_>) -> Result<T, E>,
    ) -> Result<(T, Option<Notes>), E> {
        let reader = asked.remote.read(at).await.map_err(|error| unavailable(&error))?;
        let revision = reader.sequence.map_or_else(|| Arc::clone(&at.revision), |number| number.to_string().into());
        let mut facts = Listed::new(Arc::clone(&reader.frame));
        loop {
            let over = Over { frame: &reader.frame, revision: &revision, ..over };
            let (answer, notes) = self.run_over(asked, &over, People::Listed(&facts), &mut run);
            let wants = facts.wants().map_err(|error| Undecided::Unavailable(error.to_string()))?;
            if wants.is_empty() {
                return Ok((answer?, notes));
            }
            let (wants, brought) = reader.fetch(wants).await.map_err(|error| unavailable(&error))?;
            facts.add(wants, brought);
        }
    }

    /// Runs it on a view of facts that were asked for: what it came to, and what that view noted. What was decided on
    /// another one, with facts missing, was for nothing.
    fn run_over<T, E>(
        &self,
        asked: &Asked,
        over: &Over<'_>,
        people: People<'_>,
        run: &mut impl FnMut(&View<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, Option<Notes>) {
        let Over { snapshot, asking, began, frame, revision } = *over;
        noted::again();
        let at = now();
        let view = View {
            snapshot: Guard::from_inner(Arc::clone(snapshot)),
            today: asking.on.unwrap_or_else(|| asked.today(at, frame, snapshot)),
            limits: &self.limits,
            caller: asking.caller.clone(),
            asked: Some((people, revision)),
            at,
            trace: asking.trace,
            telemetry: &self.telemetry,
            notes: notes(&self.telemetry, Some(began)),
        };
        let answer = run(&view);
        (answer, view.into_notes())
    }

    /// Waits until the directory in use is of a revision.
    async fn revised(&self, revision: &str) -> Result<(), Undecided> {
        let late =
            |_elapsed| Undecided::Unavailable(format!("the directory has not come to the revision `{revision}`"));
        timeout(PATIENCE, self.comes_to(revision)).await.map_err(late)
    }

    async fn comes_to(&self, revision: &str) {
        loop {
            let published = self.published.notified();
            if *self.current.load().directory_revision == *revision {
                return;
            }
            published.await;
        }
    }
}

/// What a view over a directory that is asked stands on, its facts excepted.
#[derive(Clone, Copy)]
struct Over<'a> {
    snapshot: &'a Arc<Snapshot>,
    asking: &'a Asking,
    /// When the request came.
    began: Instant,
    frame: &'a Frame,
    revision: &'a str,
}

impl Asked {
    /// The day in the zone that the directory names, else in the snapshot's.
    fn today(&self, now: SystemTime, frame: &Frame, snapshot: &Snapshot) -> Day {
        let Some(zone) = &frame.zone else { return snapshot.calendar.day(now) };
        let kept = self.calendar.load();
        if kept.zone() == zone {
            return kept.day(now);
        }
        let calendar = Arc::new(Calendar::new(zone.clone()));
        let today = calendar.day(now);
        self.calendar.store(calendar);
        today
    }
}

/// Single facts answer no search: lists are noted as wanted, and this is no answer.
pub(super) fn unlisted(facts: &Gathered) -> Undecided {
    facts.want_lists();
    Undecided::Unavailable("the directory was not read for this".to_owned())
}

fn unavailable(error: &Unavailable) -> Undecided {
    match error {
        Unavailable::Busy => Undecided::Exhausted(error.to_string()),
        Unavailable::NotYet
        | Unavailable::Failed
        | Unavailable::Late
        | Unavailable::Lagging
        | Unavailable::Behind
        | Unavailable::Unlogged
        | Unavailable::Ended => Undecided::Unavailable(error.to_string()),
    }
}
