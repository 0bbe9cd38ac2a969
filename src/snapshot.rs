//! What is swapped: one policy, one roster and their revisions, immutable once built.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::directory::Roster;
use crate::policy::compiled::Policy;
use crate::policy::day::Day;

/// Everything that a decision comes from.
#[derive(Debug)]
pub struct Snapshot {
    /// The compiled policy.
    pub policy: Policy,
    /// The directory folder's people, organisations, sections and records.
    pub roster: Roster,
    /// Digest of the policy files, 16 hexadecimal digits.
    pub policy_revision: Arc<str>,
    /// Digest of the directory's files, 16 hexadecimal digits.
    pub directory_revision: Arc<str>,
    /// The district's time zone: its days are the days of every date.
    pub zone: TimeZone,
    /// Counts the snapshots published by this process, from 1.
    pub generation: u64,
}

impl Snapshot {
    /// The district's day at a moment.
    #[must_use]
    pub fn day_at(&self, now: SystemTime) -> Day {
        let date = jiff::Timestamp::try_from(now).map(|moment| moment.to_zoned(self.zone.clone()).date());
        date.ok().and_then(Day::of).unwrap_or(Day(i32::MAX))
    }
}
