//! The model as tables: what deciding reads. Everything is an index into an array; names are looked up once a request.
//!
//! A *cell* is one action of one resource type. For each role a bit a cell says whether it carries a grant there, and the
//! number of bits before it says where its grants stand: a look-up costs the same for ten roles and for ten thousand.

mod label;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::Condition;
use super::day::Day;
use super::document::{HeldAt, Read, RoleSheet, TestCase};
use super::facts::{Org, OrgKind};
use super::key::{Index, Key, key};
use super::model::{self, IdIs, Model, Reach, Record};
use super::routes::Routes;
use super::source::{Finding, Place, Source};
pub(super) use label::Label;

/// A compiled policy set.
#[derive(Debug)]
pub struct Policy {
    pub(super) applications: Box<[Box<str>]>,
    pub(super) types: Names<TypeTable>,
    pub(super) cells: Box<[Cell]>,
    pub(super) roles: Names<Role>,
    pub(super) conditions: Box<[Condition]>,
    pub(super) denies: Box<[Deny]>,
    pub(super) governances: Box<[Governance]>,
    pub(super) subject_types: Vec<String>,
    pub(super) subject_properties: Vec<String>,
    pub(super) labels: Box<[Label]>,
    pub(super) apart: Vec<model::Apart>,
    pub(super) tests: Vec<TestCase>,
    pub(super) routes: Routes,
}

/// Things found by name.
#[derive(Debug)]
pub(super) struct Names<T> {
    index: Index,
    items: Box<[(Arc<str>, T)]>,
}

/// A resource type.
#[derive(Debug)]
pub(super) struct TypeTable {
    pub(super) application: u32,
    pub(super) first_cell: u32,
    pub(super) actions: Box<[Box<str>]>,
    /// The cell of `assign_role`, where the type has it.
    pub(super) assign_role: Option<u32>,
    /// What the id of such a resource is besides.
    pub(super) id_is: Option<IdIs>,
}

/// One action of one resource type.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) record: Record,
    /// Whether this is `assign_role` itself: the property `role` is required.
    pub(super) assigns: bool,
    /// Whether, with a `role` given, the request is checked as `assign_role` too.
    pub(super) may_assign: bool,
    /// The deny rules about it.
    pub(super) denies: Box<[u32]>,
}

/// A role: where it has effect, and what it may do.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) application: u32,
    pub(super) held_at: HeldAt,
    pub(super) not_at: Box<[Box<str>]>,
    pub(super) available_from: Option<Day>,
    slots: Box<[Slot]>,
    starts: Box<[u32]>,
    grants: Box<[Grant]>,
    pub(super) clauses_at: BTreeMap<u32, Place>,
    pub(super) sheet: RoleSheet,
}

/// Sixty-four cells of a role.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    carried: u64,
    before: u32,
}

/// A grant, as far as deciding goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) reach: Reach,
    pub(super) made_by: Option<u32>,
    pub(super) condition: Option<u32>,
    pub(super) governance: Option<u32>,
    pub(super) label: u32,
}

#[derive(Debug)]
pub(super) struct Deny {
    pub(super) id: Box<str>,
    pub(super) condition: Option<u32>,
    pub(super) unless: Box<[u32]>,
    pub(super) because: Box<str>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Governance {
    pub(super) roles_not: Box<[u32]>,
    pub(super) not_self: bool,
    pub(super) not_holding: Box<[u32]>,
}

/// A policy set that compiled, with what looks wrong in it all the same.
#[derive(Debug)]
pub struct Compiled {
    /// The policy.
    pub policy: Policy,
    /// Warnings.
    pub warnings: Vec<Finding>,
}

impl Policy {
    /// Compiles a set of files.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the files: a set is taken whole or not at all.
    pub fn compile(files: &[Source]) -> Result<Compiled, Vec<Finding>> {
        let read: Vec<Arc<Read>> = files.iter().map(|file| Arc::new(Read::of(file))).collect();
        let (model, warnings) = model::build(&read)?;
        Ok(Compiled { policy: Self::from_model(model), warnings })
    }

    /// What compiling would find in files that were read, warnings too; no policy is made of them.
    #[must_use]
    pub fn findings(files: &[Arc<Read>]) -> Vec<Finding> {
        model::build(files).map_or_else(|findings| findings, |(_, warnings)| warnings)
    }

    /// The policy with other accepted types of subject than `user`.
    #[must_use]
    pub fn with_subject_types(mut self, types: Vec<String>) -> Self {
        self.subject_types = types;
        self
    }

    /// The accepted types of subject.
    #[must_use]
    pub fn subject_types(&self) -> &[String] {
        &self.subject_types
    }

    /// How HTTP requests become questions.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Names of the stored properties of subjects that conditions use: the directory keeps these `metadata.` columns.
    #[must_use]
    pub fn subject_properties(&self) -> &[String] {
        &self.subject_properties
    }

    /// The applications.
    pub fn applications(&self) -> impl Iterator<Item = &str> {
        self.applications.iter().map(|name| &**name)
    }

    /// The application that declares a resource type; `None` where none does.
    #[must_use]
    pub fn application_of(&self, resource_type: &str) -> Option<&str> {
        self.application_at(self.application_number(resource_type)?)
    }

    /// The number of that application, for whoever counts by it.
    #[must_use]
    pub fn application_number(&self, resource_type: &str) -> Option<u32> {
        let (_, table) = self.types.find(key(resource_type), resource_type)?;
        Some(table.application)
    }

    /// The application with a number.
    #[must_use]
    pub fn application_at(&self, number: u32) -> Option<&str> {
        self.applications.get(number as usize).map(|name| &**name)
    }

    fn from_model(model: Model) -> Self {
        let mut subject_properties: Vec<String> = model
            .catalogue
            .properties
            .iter()
            .filter(|(_, part, ..)| *part == "subject")
            .map(|(_, _, name, _)| name.clone())
            .collect();
        subject_properties.sort_unstable();
        subject_properties.dedup();
        let cells = cells(&model);
        let mut builder = Builder { cells: cells.len(), labels: Vec::new(), governances: Vec::new() };
        let roles = model.roles.into_iter().map(|role| (Arc::from(role.id.as_str()), builder.role(role))).collect();
        Self {
            applications: model.catalogue.applications.iter().map(|name| name.as_str().into()).collect(),
            types: Names::new(
                model.catalogue.types.iter().map(|made| (Arc::from(made.name.as_str()), type_table(made))).collect(),
            ),
            cells,
            roles: Names::new(roles),
            conditions: model.conditions.into(),
            denies: model.denies.into_iter().map(deny).collect(),
            governances: builder.governances.into(),
            subject_types: vec!["user".to_owned()],
            subject_properties,
            labels: builder.labels.into(),
            apart: model.apart,
            tests: model.tests,
            routes: model.routes,
        }
    }
}

fn type_table(made: &model::TypeModel) -> TypeTable {
    TypeTable {
        application: narrow(made.application),
        first_cell: narrow(made.first_cell),
        actions: made.actions.iter().map(|(name, _)| name.as_str().into()).collect(),
        assign_role: made.cell("assign_role").map(narrow),
        id_is: made.id_is,
    }
}

fn cells(model: &Model) -> Box<[Cell]> {
    let mut cells = Vec::new();
    for made in &model.catalogue.types {
        let has_assign = made.cell("assign_role").is_some();
        for (at, (action, record)) in made.actions.iter().enumerate() {
            let cell = made.first_cell + at;
            let denies = model
                .denies
                .iter()
                .enumerate()
                .filter(|(_, rule)| rule.cells.contains(&cell))
                .map(|(at, _)| narrow(at));
            cells.push(Cell {
                record: *record,
                assigns: action == "assign_role",
                may_assign: has_assign && action == "create" && *record == Record::User,
                denies: denies.collect(),
            });
        }
    }
    cells.into()
}

fn deny(rule: model::DenyRule) -> Deny {
    Deny {
        id: rule.id.into(),
        condition: rule.condition.map(narrow),
        unless: rule.unless.into_iter().map(narrow).collect(),
        because: rule.because.into(),
    }
}

struct Builder {
    cells: usize,
    labels: Vec<Label>,
    governances: Vec<Governance>,
}

impl Builder {
    fn role(&mut self, role: model::RoleModel) -> Role {
        let mut by_cell: Vec<Vec<Grant>> = vec![Vec::new(); self.cells];
        for grant in role.grants {
            let made = self.grant(&grant);
            for cell in &*grant.cells {
                by_cell.get_mut(*cell).into_iter().for_each(|grants| grants.push(made));
            }
        }
        let (mut slots, mut starts, mut grants, mut before) =
            (vec![Slot::default(); self.cells.div_ceil(64)], vec![0], Vec::new(), 0);
        for (slot, cells) in slots.iter_mut().zip(by_cell.chunks(64)) {
            slot.before = before;
            for (bit, carried) in cells.iter().enumerate().filter(|(_, carried)| !carried.is_empty()) {
                slot.carried |= 1 << bit;
                grants.extend_from_slice(carried);
                starts.push(narrow(grants.len()));
                before += 1;
            }
        }
        Role {
            application: narrow(role.application),
            held_at: role.held_at,
            not_at: role.not_at.into_iter().map(String::into_boxed_str).collect(),
            available_from: role.available_from,
            slots: slots.into(),
            starts: starts.into(),
            grants: grants.into(),
            clauses_at: role.clauses_at,
            sheet: role.sheet,
        }
    }

    fn grant(&mut self, grant: &model::Grant) -> Grant {
        self.labels.push(Label::new(grant));
        let governance = grant.governance.as_ref().map(|governance| self.governance(governance));
        Grant {
            reach: grant.reach,
            made_by: grant.made_by.map(narrow),
            condition: grant.condition.map(narrow),
            governance,
            label: narrow(self.labels.len() - 1),
        }
    }

    fn governance(&mut self, governance: &model::Governance) -> u32 {
        let all = |roles: &[usize]| roles.iter().copied().map(narrow).collect();
        let made = Governance {
            roles_not: all(&governance.roles_not),
            not_self: governance.not_self,
            not_holding: all(&governance.not_holding),
        };
        let known = self.governances.iter().position(|known| *known == made);
        narrow(known.unwrap_or_else(|| {
            self.governances.push(made);
            self.governances.len() - 1
        }))
    }
}

impl<T> Names<T> {
    fn new(items: Vec<(Arc<str>, T)>) -> Self {
        let mut index = Index::default();
        for (at, (name, _)) in (0..).zip(&items) {
            index.insert(key(name), at);
        }
        Self { index, items: items.into() }
    }

    /// The item with a name, whose key is given: its index and itself.
    pub(super) fn find(&self, wanted: Key, name: &str) -> Option<(u32, &T)> {
        let is_it = |at| self.items.get(at as usize).is_some_and(|(known, _)| **known == *name);
        let at = self.index.find(wanted, is_it)?;
        self.items.get(at as usize).map(|(_, item)| (at, item))
    }

    /// The item at an index.
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.items.get(at as usize).map(|(_, item)| item)
    }

    /// The name at an index.
    pub(super) fn name(&self, at: u32) -> &str {
        self.items.get(at as usize).map_or("", |(name, _)| name)
    }

    /// All names with their items.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.items.iter().map(|(name, item)| (&**name, item))
    }
}

impl Role {
    /// The grants that the role carries for a cell.
    pub(super) fn grants(&self, cell: u32) -> &[Grant] {
        let Some(slot) = self.slots.get(cell as usize / 64) else { return &[] };
        let bit = cell % 64;
        if slot.carried >> bit & 1 == 0 {
            return &[];
        }
        let rank = slot.before as usize + (slot.carried & ((1 << bit) - 1)).count_ones() as usize;
        match self.starts.get(rank..rank + 2) {
            Some([start, end]) => self.grants.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Whether the role has effect at an organisation on a day.
    pub(super) fn has_effect(&self, org: &Org, today: Day) -> bool {
        let place = match self.held_at {
            HeldAt::School => org.kind == OrgKind::School,
            HeldAt::District | HeldAt::Anywhere => true,
        };
        place
            && org.level.as_ref().is_none_or(|level| self.not_at.iter().all(|excluded| **excluded != **level))
            && self.available_from.is_none_or(|from| from <= today)
    }
}

/// Indices into tables of a policy, which are far smaller than four thousand million.
pub(super) fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
