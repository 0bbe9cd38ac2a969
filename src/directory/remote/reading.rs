//! Reading a directory for a search or a plan: what is wanted in one round, and what it brings. All rounds of one reading
//! are of one moment.

use std::future::Future;
use std::sync::Arc;

use super::{Frame, Human, SourceError};
use crate::policy::facts::Section;
use crate::policy::request::Stored;

/// One moment of a directory. Dropped before its [`end`](Self::end), it must leave nothing behind.
pub trait Reading: Send + 'static {
    /// The last change that is in it; `None` where the source keeps no log.
    fn head(&self) -> Option<u64>;

    /// The frame of that moment.
    fn frame(&self) -> &Arc<Frame>;

    /// Brings what is wanted.
    fn fetch(&mut self, wants: &Wants) -> impl Future<Output = Result<Brought, SourceError>> + Send;

    /// Is done with it.
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// What is wanted. Organisations are named by their ids, as everything is that isn't a row.
#[derive(Debug, Default)]
pub struct Wants {
    /// Users by id.
    pub people: Vec<Arc<str>>,
    /// Users by row.
    pub people_at: Vec<u32>,
    /// Classes by id.
    pub sections: Vec<Arc<str>>,
    /// Classes by row.
    pub sections_at: Vec<u32>,
    /// All classes that an organisation holds itself.
    pub sections_of: Vec<Arc<str>>,
    /// Records by type and id.
    pub records: Vec<(Arc<str>, Arc<str>)>,
    /// Records by row.
    pub records_at: Vec<u32>,
    /// Parts of long lists.
    pub parts: Vec<Part>,
    /// Short lists.
    pub groups: Vec<Group>,
    /// Roles, for the organisations at which they are held.
    pub places: Vec<Arc<str>>,
    /// How many known students there are, as far as this.
    pub students: Option<usize>,
}

impl Wants {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            people,
            people_at,
            sections,
            sections_at,
            sections_of,
            records,
            records_at,
            parts,
            groups,
            places,
            students,
        } = self;
        people.is_empty()
            && people_at.is_empty()
            && sections.is_empty()
            && sections_at.is_empty()
            && sections_of.is_empty()
            && records.is_empty()
            && records_at.is_empty()
            && parts.is_empty()
            && groups.is_empty()
            && places.is_empty()
            && students.is_none()
    }
}

/// A list of rows that may be very long.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Of all users.
    Users,
    /// Of all classes.
    Sections,
    /// Of users who belong to an organisation, or attend a class that it holds itself, whatever the dates.
    People(Arc<str>),
    /// Of records of a type.
    Records(Arc<str>),
}

/// The rows of a list from one on, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The list.
    pub list: List,
    /// From this row on.
    pub from: u32,
    /// At most so many: where there are fewer, there are none behind them.
    pub most: usize,
}

/// A list of rows of users that is short, whatever the dates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Who attends a class.
    Students(Arc<str>),
    /// Who teaches it.
    Teachers(Arc<str>),
    /// Who holds a role at an organisation itself.
    Holders {
        /// The role.
        role: Arc<str>,
        /// The organisation.
        org: Arc<str>,
    },
}

/// What was brought. Whatever was wanted by id or row and is not among it, is not there.
#[derive(Debug, Default)]
pub struct Brought {
    /// Users, whichever way they were wanted.
    pub people: Vec<Arc<Human>>,
    /// Classes in use with their rows, whichever way they were wanted.
    pub sections: Vec<(u32, Arc<Section>)>,
    /// Records in use, whichever way they were wanted.
    pub records: Vec<Record>,
    /// One for each part, ascending.
    pub parts: Vec<Vec<u32>>,
    /// One for each group, in any order.
    pub groups: Vec<Vec<u32>>,
    /// One for each role.
    pub places: Vec<Vec<Arc<str>>>,
    /// How many known students there are: if more than were asked for, any such number.
    pub students: usize,
}

/// A record and its row.
#[derive(Clone, Debug)]
pub struct Record {
    /// The row.
    pub row: u32,
    /// The resource type.
    pub kind: Arc<str>,
    /// Its own id.
    pub id: Arc<str>,
    /// Its stored properties.
    pub stored: Arc<Stored>,
}

/// The reading of a source that can't be read so.
#[derive(Debug)]
pub enum Unread {}

impl Reading for Unread {
    fn head(&self) -> Option<u64> {
        match *self {}
    }

    fn frame(&self) -> &Arc<Frame> {
        match *self {}
    }

    async fn fetch(&mut self, _wants: &Wants) -> Result<Brought, SourceError> {
        match *self {}
    }

    async fn end(self) {
        match self {}
    }
}
