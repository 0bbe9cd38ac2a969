//! What is small and touches everybody, kept whole: the tree of organisations, the terms, the district's time zone, and
//! for which resource types there are stored records at all.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::policy::day::Period;
use crate::policy::facts::Org;

/// The frame that people, sections and records stand in. Immutable; a change makes a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Organisations in use, by `sourcedId`.
    pub orgs: HashMap<Arc<str>, Placed>,
    /// Terms in use with both their days, by `sourcedId`.
    pub terms: HashMap<Arc<str>, Period>,
    /// Resource types of which records are stored. A type that is not among them is not looked up.
    pub record_types: HashSet<Arc<str>>,
    /// `metadata.timeZone` of the district's root, where it is given and is one.
    pub zone: Option<TimeZone>,
}

/// An organisation and the number that orders it in searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Stable for as long as the organisation's row is there.
    pub row: u32,
    /// The organisation, with its way up the tree.
    pub org: Arc<Org>,
}

impl Frame {
    /// An organisation in use.
    #[must_use]
    pub fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.orgs.get(id).map(|placed| &placed.org)
    }
}
