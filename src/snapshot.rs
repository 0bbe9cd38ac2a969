//! What is swapped: one policy, one roster and their revisions, immutable once built.

mod own_tests;
mod shrink;

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::directory::{Loaded, Roster};
use crate::policy::compiled::{Compiled, Policy};
use crate::policy::review::Held;
use crate::policy::source::{Finding, Place, Source};
use own_tests::OwnTests;

/// Everything that a decision comes from.
#[derive(Debug)]
pub struct Snapshot {
    /// The compiled policy.
    pub policy: Arc<Policy>,
    /// The directory folder's people, organisations, sections and records; `None` where the directory is asked, not read.
    pub roster: Option<Arc<Roster>>,
    /// Digest of the policy files, 16 hexadecimal digits.
    pub policy_revision: Arc<str>,
    /// The policy files, as they were read.
    pub policy_files: Arc<[Source]>,
    /// Digest of the directory's files, 16 hexadecimal digits; empty where it is asked.
    pub directory_revision: Arc<str>,
    /// The district's days; where the directory is asked, those that count if it names no time zone.
    pub calendar: Calendar,
    /// Counts the snapshots published by this process, from 1.
    pub generation: u64,
    /// What looks wrong in the files though they were taken.
    pub warnings: Vec<Finding>,
}

/// A set of files with its revision.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The digest of the files.
    pub revision: &'a Arc<str>,
    /// The files.
    pub files: &'a [Source],
}

/// A directory with its revision, to be read where it is not the last one.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    /// The digest of its files.
    pub revision: &'a Arc<str>,
    /// Reads it, and keeps the named properties of users.
    pub read: &'a Read<'a>,
}

/// Reads a directory with the named properties of users.
pub type Read<'a> = dyn Fn(&[&str]) -> Result<Loaded, Vec<Finding>> + 'a;

impl fmt::Debug for Directory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("revision", self.revision).finish_non_exhaustive()
    }
}

/// Builds snapshots, and keeps the half of the last one whose files did not change: a new policy does not read the
/// roster again.
#[derive(Debug)]
pub struct Builder {
    subject_types: Vec<String>,
    zone: Option<TimeZone>,
    policy: Option<Ready>,
    roster: Option<(Vec<String>, Kept<Roster>)>,
    tests: OwnTests,
}

/// A half of a snapshot, with what was found about it.
#[derive(Debug)]
struct Kept<T> {
    revision: Arc<str>,
    value: Arc<T>,
    warnings: Vec<Finding>,
}

/// A policy with its files.
type Ready = (Arc<[Source]>, Kept<Policy>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { revision: Arc::clone(&self.revision), value: Arc::clone(&self.value), warnings: self.warnings.clone() }
    }
}

impl Builder {
    /// A builder of snapshots that accept these types of subject; `zone` is the district's where its root names none.
    #[must_use]
    pub fn new(subject_types: Vec<String>, zone: Option<TimeZone>) -> Self {
        Self { subject_types, zone, policy: None, roster: None, tests: OwnTests::default() }
    }

    /// The same, and policies are taken only if the tests among their files pass on the directory that is read with them.
    /// Without a roster there is nobody to ask about, and [`Self::build_alone`] asks nothing.
    #[must_use]
    pub fn requiring_tests(self, required: bool) -> Self {
        Self { tests: OwnTests::new(required), ..self }
    }

    /// Builds a snapshot from two sets of files at hand.
    ///
    /// # Errors
    /// Everything that is wrong with either set; nothing is kept of a set that is refused.
    pub fn build(
        &mut self,
        policies: Files<'_>,
        directory: Files<'_>,
        generation: u64,
    ) -> Result<Snapshot, Vec<Finding>> {
        let Files { revision, files } = directory;
        let read = |declared: &[&str]| Roster::load(files, declared);
        self.build_reading(policies, Directory { revision, read: &read }, generation)
    }

    /// The same, from a directory that is read only if it has to be.
    ///
    /// # Errors
    /// Everything that is wrong with either; nothing is kept of what is refused. Also a directory that lost more than a
    /// fifth of its users or enrolments since the last one.
    pub fn build_reading(
        &mut self,
        policies: Files<'_>,
        directory: Directory<'_>,
        generation: u64,
    ) -> Result<Snapshot, Vec<Finding>> {
        let (policy_files, policy) = self.policy(policies)?;
        // A directory that comes with a policy that is refused was not taken: the next is compared with the one before.
        let before = self.roster.clone();
        let roster = self.roster(directory, policy.value.subject_properties())?;
        let mut warnings = policy.warnings.clone();
        warnings.extend(roster.warnings);
        warnings.extend(policy.value.review(held(&roster.value)));
        let zone = self.zone(&roster.value, &mut warnings);
        let calendar = Calendar::new(zone);
        let asked = self.tests.ask(&policy_files, &policy, &roster.value, &calendar);
        if asked.is_err() {
            self.roster = before;
        }
        warnings.extend(asked?);
        Ok(Snapshot {
            policy: policy.value,
            roster: Some(roster.value),
            policy_revision: policy.revision,
            policy_files,
            directory_revision: roster.revision,
            calendar,
            generation,
            warnings,
        })
    }

    /// Builds a snapshot without a roster, for a directory that is asked.
    ///
    /// # Errors
    /// Everything that is wrong with the policies.
    pub fn build_alone(&mut self, policies: Files<'_>, generation: u64) -> Result<Snapshot, Vec<Finding>> {
        let (policy_files, Kept { revision, value, warnings }) = self.policy(policies)?;
        Ok(Snapshot {
            policy: value,
            roster: None,
            policy_revision: revision,
            policy_files,
            directory_revision: Arc::default(),
            calendar: Calendar::new(self.zone.clone().unwrap_or(TimeZone::UTC)),
            generation,
            warnings,
        })
    }

    fn policy(&mut self, set: Files<'_>) -> Result<Ready, Vec<Finding>> {
        if let Some(kept) = self.policy.as_ref().filter(|(_, kept)| kept.revision == *set.revision) {
            return Ok(kept.clone());
        }
        let Compiled { policy, warnings } = Policy::compile(set.files)?;
        let policy = policy.with_subject_types(self.subject_types.clone());
        let kept = Kept { revision: Arc::clone(set.revision), value: Arc::new(policy), warnings };
        let kept = (Arc::from(set.files), kept);
        self.policy = Some(kept.clone());
        Ok(kept)
    }

    fn roster(&mut self, set: Directory<'_>, properties: &[String]) -> Result<Kept<Roster>, Vec<Finding>> {
        let same = |(known, kept): &&(Vec<String>, Kept<Roster>)| kept.revision == *set.revision && known == properties;
        if let Some((_, kept)) = self.roster.as_ref().filter(same) {
            return Ok(kept.clone());
        }
        let declared: Vec<&str> = properties.iter().map(String::as_str).collect();
        let Loaded { roster, warnings } = (set.read)(&declared)?;
        if let Some((_, last)) = &self.roster {
            shrink::check(last.value.counts(), roster.counts()).map_err(|finding| vec![finding])?;
        }
        let kept = Kept { revision: Arc::clone(set.revision), value: Arc::new(roster), warnings };
        self.roster = Some((properties.to_vec(), kept.clone()));
        Ok(kept)
    }

    /// The district's zone: its root's, else the configured one, else UTC with a warning.
    fn zone(&self, roster: &Roster, warnings: &mut Vec<Finding>) -> TimeZone {
        roster.time_zone().or(self.zone.as_ref()).cloned().unwrap_or_else(|| {
            warnings.push(no_zone());
            TimeZone::UTC
        })
    }
}

/// A roster's role assignments, as a policy reviews them.
pub(crate) fn held(roster: &Roster) -> impl Iterator<Item = Held<'_>> {
    let all = roster.assignments();
    all.map(|(user, assignment, place)| Held { user, role: &assignment.role, org: &assignment.org, place })
}

/// That nothing says when the district's days begin.
pub(crate) fn no_zone() -> Finding {
    let place = Place { file: "orgs.csv".into(), line: 0, column: 0, width: 1 };
    let message = "the district names no time zone, so its days are those of UTC";
    Finding::warning(place, message).help("give the root organisation `metadata.timeZone`, or set `--time-zone`")
}
