//! A plan in the making: students stand in it as rows of the directory, exactly, whatever their number; which list
//! becomes part of the filter is chosen at the end.

use std::collections::HashSet;
use std::sync::Arc;

use super::among::Among;
use super::formula::{Formula, Leaf};
use super::test::{Classes, Column, Test};
use super::world::World;
use super::{Filter, Short};
use crate::policy::census::Census;

/// A formula in the making.
pub(super) type Sketch = Formula<Draft>;

/// What it tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Draft {
    /// The student of the row is one of some known ones, or unknown, or not given.
    Students {
        column: Column,
        /// Rows of the directory: some of the known students, or all but some.
        known: Among<u32>,
        unknown: bool,
        null: bool,
    },
    Test(Test),
}

impl Draft {
    /// The student is one of these known ones.
    pub(super) fn known(column: &Column, known: Among<u32>) -> Self {
        Self::Students { column: column.clone(), known, unknown: false, null: false }
    }
}

impl Leaf for Draft {
    fn both(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (
                Self::Students { column, known, unknown, null },
                Self::Students { column: its, known: theirs, unknown: other, null: may },
            ) if column == its => Some(Self::Students {
                column: column.clone(),
                known: known.and(theirs),
                unknown: *unknown && *other,
                null: *null && *may,
            }),
            (Self::Test(a), Self::Test(b)) => a.both(b).map(Self::Test),
            (Self::Students { .. }, Self::Students { .. } | Self::Test(_)) | (Self::Test(_), Self::Students { .. }) => {
                None
            }
        }
    }

    fn either(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (
                Self::Students { column, known, unknown, null },
                Self::Students { column: its, known: theirs, unknown: other, null: may },
            ) if column == its => Some(Self::Students {
                column: column.clone(),
                known: known.or(theirs),
                unknown: *unknown || *other,
                null: *null || *may,
            }),
            (Self::Test(a), Self::Test(b)) => a.either(b).map(Self::Test),
            (Self::Students { .. }, Self::Students { .. } | Self::Test(_)) | (Self::Test(_), Self::Students { .. }) => {
                None
            }
        }
    }

    fn fixed(&self) -> Option<bool> {
        match self {
            Self::Students { known, unknown: true, null: true, .. } if known.is_all() => Some(true),
            Self::Students { known, unknown: false, null: false, .. } if known.is_none() => Some(false),
            Self::Students { .. } => None,
            Self::Test(test) => test.fixed(),
        }
    }
}

/// A filter as part of a sketch.
pub(super) fn sketch(filter: &Filter) -> Sketch {
    match filter {
        Filter::All(parts) => Sketch::all(parts.iter().map(sketch)),
        Filter::Any(parts) => Sketch::any(parts.iter().map(sketch)),
        Filter::Is(test) => Sketch::is(Draft::Test(test.clone())),
    }
}

/// More lists than these a plan doesn't have: databases bound the parameters of a statement, some by a thousand.
const MOST_LISTS: usize = 900;

/// Writes out the lists of a sketch, each within a limit. What doesn't fit is left out, which only ever narrows: no test
/// is ever turned round.
pub(super) struct Writer<'a, C> {
    pub(super) world: &'a World<'a, C>,
    /// Ids of one list.
    pub(super) most: usize,
    /// Ids of all lists that there is still room for.
    pub(super) room: usize,
    pub(super) known: HashSet<Arc<[Arc<str>]>>,
    pub(super) short: Vec<Short>,
}

impl<C: Census> Writer<'_, C> {
    /// The filter.
    pub(super) fn write(&mut self, sketch: &Sketch) -> Filter {
        match sketch {
            Sketch::All(parts) => Filter::all(parts.iter().map(|part| self.write(part)).collect::<Vec<_>>()),
            Sketch::Any(parts) => Filter::any(parts.iter().map(|part| self.write(part)).collect::<Vec<_>>()),
            Sketch::Is(Draft::Students { column, known, unknown, null }) => {
                let (ids, complete) = self.students(known, *unknown);
                let short = if *unknown { Short::UnknownStudents } else { Short::TooManyIds };
                if !complete {
                    self.fall_short(short);
                }
                self.ids(column, &ids, *null)
            }
            Sketch::Is(Draft::Test(Test::Ids { column, ids, null })) => self.ids(column, ids, *null),
            Sketch::Is(Draft::Test(Test::Enrolled { student, classes, present })) => {
                self.enrolled(student, classes, *present)
            }
            Sketch::Is(Draft::Test(test @ (Test::Compare { .. } | Test::Pair { .. }))) => Filter::is(test.clone()),
        }
    }

    /// Notes that the plan leaves rows out.
    pub(super) fn fall_short(&mut self, why: Short) {
        if !self.short.contains(&why) {
            self.short.push(why);
        }
    }

    /// Students as ids: those who are meant, or the known ones who are not meant where unknown ones are. Whether the
    /// list says it all.
    fn students(&self, known: &Among<u32>, unknown: bool) -> (Among<Arc<str>>, bool) {
        let id = |row: u32| self.world.id(row);
        let excluded = if let Among::In(rows) = known { rows.len() } else { 0 };
        let is_long = matches!(known, Among::In(_)) && self.world.census.has_more_students(self.most + excluded);
        if unknown && !is_long {
            let others: Vec<Arc<str>> = self.rows(&known.not()).take(self.most + 1).filter_map(id).collect();
            if others.len() <= self.most {
                // An empty text is nobody's id: it is malformed.
                return (Among::these(others.into_iter().chain([Arc::from("")])).not(), true);
            }
        }
        let meant: Vec<Arc<str>> = self.rows(known).take(self.most + 1).filter_map(id).collect();
        (Among::these(meant), !unknown)
    }

    fn rows<'r>(&'r self, among: &'r Among<u32>) -> Box<dyn Iterator<Item = u32> + 'r> {
        match among {
            Among::In(rows) => Box::new(rows.iter().copied()),
            Among::NotIn(rows) => {
                let others = self.world.census.all_users().filter(|row| rows.binary_search(row).is_err());
                Box::new(others.filter(|row| self.world.student(*row).is_some()))
            }
        }
    }

    fn ids(&mut self, column: &Column, ids: &Among<Arc<str>>, null: bool) -> Filter {
        let ids = self.list(ids);
        Filter::is(Test::Ids { column: column.clone(), ids, null })
    }

    fn enrolled(&mut self, student: &Column, classes: &Classes, present: bool) -> Filter {
        let classes = match classes {
            Classes::Any | Classes::Same(_) => classes.clone(),
            // Where there must be no enrolment in some classes, none of them can be left out.
            Classes::Sections(_) | Classes::Schools(_) if !present => return Filter::FALSE,
            Classes::Sections(ids) => Classes::Sections(self.list(ids)),
            Classes::Schools(ids) => Classes::Schools(self.list(ids)),
        };
        Filter::is(Test::Enrolled { student: student.clone(), classes, present })
    }

    /// A list that fits: as much of it as does.
    fn list(&mut self, ids: &Among<Arc<str>>) -> Among<Arc<str>> {
        let (Among::In(listed) | Among::NotIn(listed)) = ids;
        // The empty text beside the ids of a list takes no room.
        let length = listed.len() - usize::from(listed.first().is_some_and(|first| first.is_empty()));
        let room = match self.known.contains(listed) {
            true => self.most,
            false if self.known.len() >= MOST_LISTS => 0,
            false => self.most.min(self.room),
        };
        let fits = length <= room;
        if !fits {
            self.fall_short(Short::TooManyIds);
        }
        let kept = match ids {
            Among::In(listed) if !fits => Among::these(listed.iter().take(room).cloned()),
            Among::NotIn(_) if !fits => Among::none(),
            Among::In(_) | Among::NotIn(_) => ids.clone(),
        };
        let (Among::In(listed) | Among::NotIn(listed)) = &kept;
        if self.known.insert(Arc::clone(listed)) {
            self.room = self.room.saturating_sub(listed.len());
        }
        kept
    }
}
