//! Which rows of a table may this subject see? The answer as a filter over the columns that the table has: it chooses
//! those rows, and only those, for which [`Policy::decide`] allows when asked with the row's values as properties.
//!
//! A filter is made by deciding about all rows at once: `judge` follows `decide`, `scope` follows `reach`, each property
//! being either the same in all rows or a column. Students stand in it as rows of the directory until the end, when
//! `draft` writes out the lists. Turning a filter into SQL is for [`sql`].

pub mod among;
mod draft;
pub mod formula;
mod identity;
mod judge;
pub(crate) mod row;
mod scope;
pub mod sql;
pub mod test;
mod world;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use self::among::Among;
use self::draft::{Draft, Sketch, Writer};
use self::formula::Formula;
use self::judge::Judge;
pub use self::row::{Columns, Enrolments};
use self::scope::Scope;
use self::test::{Column, Test};
use self::world::World;
use super::census::{By, Census};
use super::compiled::Policy;
use super::day::Day;
use super::decide::Target;
use super::decision::Reason;
use super::request::{Malformed, Request};

/// A filter: what is tested of a row.
pub type Filter = Formula<Test>;

/// The most ids that one list of a plan has, unless the caller says otherwise.
pub const MOST_IDS: usize = 10_000;
/// So many times the most ids of one list, all lists of a plan together may have.
const LISTS: usize = 20;

/// Which rows are allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The rows.
    pub filter: Filter,
    /// Why the filter leaves out rows that are allowed; empty where it leaves out none. It never lets in others.
    pub short: Vec<Short>,
    /// Why no row is allowed, where none is; else granted.
    pub reason: Reason,
}

/// Why a plan leaves rows out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Short {
    /// A list would have more ids than it may.
    TooManyIds,
    /// Students that the directory does not know cannot be told from those that it knows: that takes a list of all whom
    /// it knows, which would be too long.
    UnknownStudents,
    /// A condition looks at a column that would have to hold a list.
    ListColumn,
}

impl Short {
    /// Its code on every wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooManyIds => "too_many_ids",
            Self::UnknownStudents => "unknown_students",
            Self::ListColumn => "list_column",
        }
    }
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every row is allowed.
    Always,
    /// No row is.
    Never,
    /// The rows of the filter are.
    Conditional,
}

impl Plan {
    fn never(reason: Reason) -> Self {
        Self { filter: Filter::FALSE, short: Vec::new(), reason }
    }

    /// What it comes to. A plan that leaves rows out never says that there are none.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.filter.is_true() {
            Outcome::Always
        } else if self.filter.is_false() && self.short.is_empty() {
            Outcome::Never
        } else {
            Outcome::Conditional
        }
    }
}

impl Policy {
    /// Plans on a day which rows a subject may do something to. The resource of the request gives the type, and
    /// properties that all rows share; no list has more than `most_ids` ids.
    ///
    /// # Errors
    /// A request that names a single record, or gives a property for all rows that is a column too.
    pub fn plan<C: Census>(
        &self,
        census: &C,
        request: &Request<'_>,
        columns: &Columns,
        today: Day,
        most_ids: usize,
    ) -> Result<Plan, Malformed> {
        columns.check(request)?;
        let accepted = self.subject_types.iter().any(|kind| kind == request.subject.kind);
        let subject = census.person(request.subject.id).filter(|person| person.active && accepted);
        let Some(subject) = subject else { return Ok(Plan::never(Reason::UnknownSubject)) };
        let target = match self.target(self.table(request), request) {
            Ok(target) => target,
            Err(reason) => return Ok(Plan::never(reason)),
        };
        let world = World::new(self, census, today, columns);
        let row = row::Row { request: *request, subject, stored: &[], columns, today, id_is: None };
        let mut judge = Judge { scope: Scope { world: &world, row }, short: None };
        let sketch = all_rows(&mut judge, target, most_ids);
        let room = most_ids.saturating_mul(LISTS);
        let mut writer = Writer { world: &world, most: most_ids, room, known: HashSet::new(), short: Vec::new() };
        let filter = writer.write(&sketch);
        judge.short.into_iter().for_each(|why| writer.fall_short(why));
        let mut plan = Plan { filter: well_formed(filter, columns), short: writer.short, reason: Reason::Granted };
        if plan.filter.is_true() {
            plan.short.clear();
        }
        if plan.outcome() == Outcome::Never {
            // A row that gives nothing is denied too: for the reason that fits the plan.
            let reason = self.decide(census, request, today).reason;
            plan.reason = if reason == Reason::Granted { Reason::ScopeMismatch } else { reason };
        }
        Ok(plan)
    }
}

/// What is allowed of the rows of stored records, and of all others.
fn all_rows<C: Census>(judge: &mut Judge<'_, C>, target: Target<'_>, most_ids: usize) -> Sketch {
    let general = judge.scope.row;
    let others = judge.identified(general, target);
    if !general.columns.id {
        return others;
    }
    let census = judge.scope.world.census;
    let rows = census.records(general.request.resource.kind, By::Type);
    let mut stored: Vec<Arc<str>> = Vec::new();
    let mut groups: HashMap<Sketch, Vec<Arc<str>>> = HashMap::new();
    for (id, record) in rows.filter_map(|row| census.record_at(row)).filter(|(id, _)| !id.is_empty()) {
        stored.push(Arc::from(id));
        if stored.len() > most_ids {
            judge.short = Some(Short::TooManyIds);
            continue;
        }
        let allowed = judge.identified(general.of_record(id, record), target);
        groups.entry(allowed).or_default().push(Arc::from(id));
    }
    let is_other = Test::Ids { column: Column::Id, ids: Among::these(stored).not(), null: true };
    let others = Sketch::all([Sketch::is(Draft::Test(is_other)), others]);
    let of_group = |(allowed, ids): (Sketch, Vec<Arc<str>>)| {
        Sketch::all([Sketch::is(Draft::Test(Test::among(Column::Id, Among::these(ids)))), allowed])
    };
    let mut groups: Vec<(Sketch, Vec<Arc<str>>)> = groups.into_iter().collect();
    groups.sort_by(|(_, a), (_, b)| a.cmp(b));
    Sketch::any(groups.into_iter().map(of_group).chain([others]))
}

impl Columns {
    fn check(&self, request: &Request<'_>) -> Result<(), Malformed> {
        let fixed = &request.resource;
        if !fixed.id.is_empty() {
            let expected = "empty: the ids of the rows are the column `id`";
            return Err(Malformed::WrongType { name: "resource.id", expected });
        }
        let both = [
            ("student", self.student && fixed.student.is_some()),
            ("school", self.school && fixed.school.is_some()),
            ("section", self.section && fixed.section.is_some()),
            ("created_by", self.created_by && fixed.created_by.is_some()),
            ("referred_to", self.referred_to && fixed.referred_to.is_some()),
            ("date", self.date && fixed.date.is_some()),
            ("properties", fixed.properties.iter().any(|(name, _)| self.free.contains(name))),
        ];
        match both.into_iter().find(|(_, both)| *both) {
            Some((name, _)) => Err(Malformed::WrongType { name, expected: "the same in all rows, or a column" }),
            None => Ok(()),
        }
    }

    /// The columns that hold ids, which are no empty texts.
    fn of_ids(&self) -> impl Iterator<Item = Column> {
        let columns = [
            (self.student, Column::Student),
            (self.school, Column::School),
            (self.section, Column::Section),
            (self.created_by, Column::CreatedBy),
            (self.referred_to, Column::ReferredTo),
        ];
        columns.into_iter().filter(|(there, _)| *there).map(|(_, column)| column)
    }
}

/// The filter without rows in which an id is an empty text: such a request is malformed, and not allowed.
fn well_formed(filter: Filter, columns: &Columns) -> Filter {
    if filter.is_false() {
        return filter;
    }
    let open: Vec<Column> = columns.of_ids().filter(|column| !without(&filter, column).is_false()).collect();
    let not_empty = |column| Filter::is(Test::Ids { column, ids: Among::these([Arc::from("")]).not(), null: true });
    let open: Vec<Filter> = open.into_iter().map(not_empty).collect();
    Filter::all([filter].into_iter().chain(open))
}

/// What is left of a filter where a column is an empty text.
fn without(filter: &Filter, empty: &Column) -> Filter {
    match filter {
        Filter::All(parts) => Filter::all(parts.iter().map(|part| without(part, empty))),
        Filter::Any(parts) => Filter::any(parts.iter().map(|part| without(part, empty))),
        Filter::Is(Test::Ids { column, ids, .. }) if column == empty => Filter::constant(ids.contains(&Arc::from(""))),
        Filter::Is(Test::Enrolled { student, present: true, .. }) if student == empty => Filter::FALSE,
        Filter::Is(test) => Filter::is(test.clone()),
    }
}
