//! Searches: who may do something to a record, to which records somebody may do something, and what they may do to one.
//!
//! Whatever can be listed is found: by the lists of the [`census`](super::census) that the grants lead to, each entry
//! then decided as a check is. So a search answers as checks of everybody would, and goes through few of them. What a
//! request gives besides the thing searched holds for every candidate.
//!
//! To be listed are users who are not deleted (known students even then, as students), the records of `records.csv`, and
//! what the ids of a resource type are, where its catalogue says so: of other types nothing is found.

mod actions;
mod area;
mod askers;
mod bearers;
mod listed;
mod walk;

use std::num::NonZeroUsize;

use super::census::Census;
use super::compiled::Policy;
use super::day::Day;
use super::reach::Case;
use super::request::Request;
use area::Area;
use listed::Listing;
use walk::Walk;

/// A place in the results of one search: good for the snapshot and the day on which it was given, and for nothing else.
/// On others it is a place too, but nobody knows which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(u64);

impl Cursor {
    /// The place with a number, whoever says so: any number is one.
    #[must_use]
    pub fn at(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Which results are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Those behind this place; `None` begins at the first.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: NonZeroUsize,
    /// A page ends early that has gone through so many candidates and entries, so that no search takes long where hardly
    /// anybody is allowed: the next page goes on from there.
    pub visits: usize,
}

impl Page {
    /// Everything on one page.
    pub const ALL: Self = Self { after: None, limit: NonZeroUsize::MAX, visits: usize::MAX };

    /// How many candidates and entries a page of a server's goes through: some milliseconds.
    pub const VISITS: usize = 50_000;
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found<'a> {
    /// Ids, none twice, in the order of the directory's files.
    pub results: Vec<&'a str>,
    /// Where the next page begins; `None` where there is no further result. A page that ended early has a next one, be
    /// there further results or not.
    pub next: Option<Cursor>,
    /// Candidates decided and entries of lists gone through.
    pub visited: usize,
}

impl Policy {
    /// Who may do the action to the resource: the ids of users. A subject's id in the request does not count.
    pub fn subjects<'a, C: Census>(
        &'a self,
        census: &'a C,
        request: &Request<'_>,
        today: Day,
        page: Page,
    ) -> Found<'a> {
        let table = self.table(request);
        let Ok(target) = self.target(table, request) else { return Found::default() };
        if !self.accepts(request) {
            return Found::default();
        }
        let case = Case::about(census, request, table.and_then(|table| table.id_is), today);
        let (streams, looked) = askers::streams(self, census, &case, target);
        let mut walk = Walk::new(page, looked);
        walk.part(0, streams, |row| {
            let user = census.user_at(row).filter(|user| user.person.active)?;
            let asked = case.asked_by(user.id, user.person);
            self.judge_target(&asked, target, &mut ()).is_allow().then_some(user.id)
        });
        walk.found()
    }

    /// To which resources of the type the subject may do the action: their ids. A resource's id in the request does not
    /// count.
    pub fn resources<'a, C: Census>(
        &'a self,
        census: &'a C,
        request: &Request<'_>,
        today: Day,
        page: Page,
    ) -> Found<'a> {
        let Some(table) = self.table(request) else { return Found::default() };
        let subject = census.person(request.subject.id).filter(|person| person.active && self.accepts(request));
        let (Ok(target), Some(subject)) = (self.target(Some(table), request), subject) else {
            return Found::default();
        };
        let mut blank = *request;
        blank.resource.id = "";
        let area = Area::of(self, census, &blank, subject, target, today);
        let listing = Listing { census, area: &area, id_is: table.id_is, record: target.cell.record, request: &blank };
        let allowed = |id: &'a str| {
            let mut asked = blank;
            asked.resource.id = id;
            let case = Case::about(census, &asked, table.id_is, today).asked_by(asked.subject.id, subject);
            self.judge_target(&case, target, &mut ()).is_allow().then_some(id)
        };
        let mut walk = Walk::new(page, 0);
        let stored = listing.stored();
        walk.part(0, listing.known(&stored), |row| allowed(listing.known_at(row)?));
        walk.part(1, listing.records(), |row| {
            let (id, _) = census.record_at(row)?;
            if listing.row_of(id).is_some() { None } else { allowed(id) }
        });
        walk.found()
    }
}
