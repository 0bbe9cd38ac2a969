//! Two policy sets side by side: roles, cells and conditions under common numbers, and what each set has in a cell in a form
//! in which equal means that it decides alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::compiled::{Cell, Grant, Policy, Role, narrow};
use super::super::condition::Condition;
use super::super::day::Day;
use super::super::document::HeldAt;
use super::super::facts::OrgKind;
use super::super::model::{IdIs, Reach};

/// A grant as far as it decides: common numbers for what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Atom {
    pub(super) reach: Reach,
    pub(super) made_by: Option<u32>,
    pub(super) condition: Option<u32>,
    pub(super) governance: Option<u32>,
}

/// Role governance: whom and what a manager of users may manage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) roles_not: BTreeSet<u32>,
    pub(super) not_self: bool,
    pub(super) not_holding: BTreeSet<u32>,
}

/// A deny rule in a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bar {
    pub(super) condition: Option<u32>,
    pub(super) unless: BTreeSet<u32>,
}

/// Where and when a role has effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Traits<'p> {
    pub(super) schools_only: bool,
    pub(super) not_at: BTreeSet<&'p str>,
    pub(super) from: Option<Day>,
}

impl Traits<'_> {
    /// Whether the role has effect at such an organisation.
    pub(super) fn fits(&self, kind: OrgKind, level: Option<&str>) -> bool {
        (!self.schools_only || kind == OrgKind::School) && level.is_none_or(|level| !self.not_at.contains(level))
    }
}

/// A cell as one set has it, grants apart.
#[derive(Clone, Debug)]
pub(super) struct Ground<'p> {
    pub(super) cell: &'p Cell,
    pub(super) id_is: Option<IdIs>,
    pub(super) application: &'p str,
    /// The deny rules, each with its number in the set.
    pub(super) bars: Vec<(Bar, u32)>,
}

/// One of the sets.
#[derive(Debug)]
pub(super) struct Side<'p> {
    pub(super) policy: &'p Policy,
    /// By common role.
    traits: Vec<Option<Traits<'p>>>,
    /// By common cell.
    grounds: Vec<Option<Ground<'p>>>,
    /// By common role and cell, in order.
    atoms: HashMap<(u32, u32), Vec<(Atom, Grant)>>,
    /// The roles of each application.
    roles: BTreeMap<&'p str, BTreeSet<u32>>,
}

/// Both.
#[derive(Debug)]
pub(super) struct Pair<'p> {
    pub(super) before: Side<'p>,
    pub(super) after: Side<'p>,
    pub(super) names: Names<'p>,
}

/// What the common numbers stand for.
#[derive(Debug, Default)]
pub(super) struct Names<'p> {
    /// By id.
    pub(super) roles: Vec<&'p str>,
    /// Resource types and actions, those of the set before first.
    pub(super) cells: Vec<(&'p str, &'p str)>,
    pub(super) conditions: Vec<&'p Condition>,
    pub(super) rules: Vec<Rules>,
}

impl<'p> Pair<'p> {
    pub(super) fn new(before: &'p Policy, after: &'p Policy) -> Self {
        let mut names = Names::default();
        let roles: BTreeSet<&str> =
            [before, after].into_iter().flat_map(|set| set.roles.iter()).map(|(id, _)| id).collect();
        names.roles = roles.into_iter().collect();
        let mut seen = BTreeSet::new();
        let cells = [before, after].into_iter().flat_map(Policy::catalogue).map(|(kind, action, _)| (kind, action));
        names.cells = cells.filter(|cell| seen.insert(*cell)).collect();
        let (before, after) = (Side::new(before, &mut names), Side::new(after, &mut names));
        Self { before, after, names }
    }

    /// The set that grants and the one that refuses, where something is gained or lost.
    pub(super) fn sides(&self, gain: bool) -> (&Side<'p>, &Side<'p>) {
        if gain { (&self.after, &self.before) } else { (&self.before, &self.after) }
    }

    /// Whether a role has effect elsewhere, or at other times, than before.
    pub(super) fn moved(&self, role: u32) -> bool {
        self.before.traits(role) != self.after.traits(role)
    }

    /// Whether an atom that both sets have may decide differently: a role that it names has effect elsewhere.
    pub(super) fn shifted(&self, atom: &Atom) -> bool {
        let held = self.names.governance(atom).into_iter().flat_map(|rules| &rules.not_holding);
        atom.made_by.iter().chain(held).any(|role| self.moved(*role))
    }

    /// Whether both have the cell, for the same kind of record and the same roles to assign.
    pub(super) fn same_ground(&self, cell: u32) -> bool {
        let (Some(one), Some(other)) = (self.before.ground(cell), self.after.ground(cell)) else { return false };
        let assigns = one.cell.assigns || one.cell.may_assign;
        one.same_record(other)
            && (!assigns || self.before.assignable(one.application) == self.after.assignable(other.application))
    }
}

impl Ground<'_> {
    /// Whether records are tied to places in the same way.
    pub(super) fn same_record(&self, other: &Self) -> bool {
        let kind = |ground: &Self| (ground.cell.record, ground.cell.assigns, ground.cell.may_assign, ground.id_is);
        kind(self) == kind(other)
    }
}

impl<'p> Side<'p> {
    fn new(policy: &'p Policy, names: &mut Names<'p>) -> Self {
        let find = |id: &&str| policy.role(id);
        let traits = names.roles.iter().map(|id| find(id).map(traits)).collect();
        let conditions: Vec<Option<u32>> =
            policy.conditions.iter().map(|condition| names.condition(condition)).collect();
        let ours = Ours { policy, conditions, roles: policy.roles.iter().map(|(id, _)| names.role(id)).collect() };
        let grounds =
            names.cells.iter().map(|(kind, action)| ours.ground(kind, action).map(|(_, ground)| ground)).collect();
        let cells: Vec<Option<u32>> =
            names.cells.iter().map(|(kind, action)| ours.ground(kind, action).map(|(at, _)| at)).collect();
        let mut atoms = HashMap::new();
        for (role, id) in (0..).zip(names.roles.clone()) {
            let Some(table) = policy.role(id) else { continue };
            let carried = (0..).zip(&cells).map(|(cell, at)| (cell, ours.atoms(table, *at, names)));
            atoms.extend(carried.filter(|(_, made)| !made.is_empty()).map(|(cell, made)| ((role, cell), made)));
        }
        let mut roles: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for ((_, role), common) in policy.roles.iter().zip(&ours.roles) {
            roles.entry(policy.application_at(role.application).unwrap_or_default()).or_default().insert(*common);
        }
        Self { policy, traits, grounds, atoms, roles }
    }

    pub(super) fn traits(&self, role: u32) -> Option<&Traits<'p>> {
        self.traits.get(role as usize)?.as_ref()
    }

    pub(super) fn ground(&self, cell: u32) -> Option<&Ground<'p>> {
        self.grounds.get(cell as usize)?.as_ref()
    }

    /// What a role is granted in a cell.
    pub(super) fn atoms(&self, role: u32, cell: u32) -> &[(Atom, Grant)] {
        self.atoms.get(&(role, cell)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn has(&self, role: u32, cell: u32, atom: &Atom) -> bool {
        self.atoms(role, cell).iter().any(|(known, _)| known == atom)
    }

    /// The deny rules of a cell.
    pub(super) fn bars(&self, cell: u32) -> &[(Bar, u32)] {
        self.ground(cell).map_or(&[], |ground| &ground.bars)
    }

    /// The roles of an application.
    pub(super) fn assignable(&self, application: &str) -> Option<&BTreeSet<u32>> {
        self.roles.get(application)
    }

    /// The cells in which a role is granted anything.
    pub(super) fn cells_of(&self, role: u32) -> impl Iterator<Item = u32> {
        self.atoms.keys().filter(move |(of, _)| *of == role).map(|(_, cell)| *cell)
    }
}

fn traits(role: &Role) -> Traits<'_> {
    Traits {
        schools_only: role.held_at == HeldAt::School,
        not_at: role.not_at.iter().map(|level| &**level).collect(),
        from: role.available_from,
    }
}

impl<'p> Names<'p> {
    pub(super) fn role(&self, id: &str) -> u32 {
        narrow(self.roles.binary_search(&id).unwrap_or(usize::MAX))
    }

    /// The common number of a condition; `None` where it looks at nothing.
    fn condition(&mut self, condition: &'p Condition) -> Option<u32> {
        if condition.literal().is_some() {
            return None;
        }
        let known = self.conditions.iter().position(|known| known.is_same(condition));
        Some(narrow(known.unwrap_or_else(|| {
            self.conditions.push(condition);
            self.conditions.len() - 1
        })))
    }

    fn rules(&mut self, rules: Rules) -> Option<u32> {
        if rules == Rules::default() {
            return None;
        }
        let known = self.rules.iter().position(|known| *known == rules);
        Some(narrow(known.unwrap_or_else(|| {
            self.rules.push(rules);
            self.rules.len() - 1
        })))
    }

    pub(super) fn governance(&self, atom: &Atom) -> Option<&Rules> {
        self.rules.get(atom.governance? as usize)
    }

    pub(super) fn text(&self, condition: u32) -> &'p str {
        self.conditions.get(condition as usize).map_or("", |condition| &condition.text)
    }

    pub(super) fn id(&self, role: u32) -> &'p str {
        self.roles.get(role as usize).copied().unwrap_or_default()
    }
}

/// A set's own numbers as common ones.
struct Ours<'p> {
    policy: &'p Policy,
    conditions: Vec<Option<u32>>,
    roles: Vec<u32>,
}

impl<'p> Ours<'p> {
    /// A cell by its own number, and what stands in it.
    fn ground(&self, kind: &str, action: &str) -> Option<(u32, Ground<'p>)> {
        let (_, table) = self.policy.types.find(super::super::key::key(kind), kind)?;
        let number = table.actions.iter().position(|name| **name == *action)?;
        let at = table.first_cell + narrow(number);
        let cell = self.policy.cells.get(at as usize)?;
        let mut bars: Vec<(Bar, u32)> = cell.denies.iter().filter_map(|rule| Some((self.bar(*rule)?, *rule))).collect();
        bars.sort();
        bars.dedup_by(|one, other| one.0 == other.0);
        let application = self.policy.application_at(table.application)?;
        Some((at, Ground { cell, id_is: table.id_is, application, bars }))
    }

    /// A deny rule; `None` where it never applies.
    fn bar(&self, rule: u32) -> Option<Bar> {
        let rule = self.policy.denies.get(rule as usize)?;
        Some(Bar { condition: self.when(rule.condition)?, unless: self.all(&rule.unless) })
    }

    /// A condition that may come out either way, as a common number: `None` where it is never met.
    fn when(&self, condition: Option<u32>) -> Option<Option<u32>> {
        let Some(at) = condition else { return Some(None) };
        let never = self.policy.conditions.get(at as usize)?.literal() == Some(false);
        if never { None } else { Some(self.conditions.get(at as usize).copied().flatten()) }
    }

    fn all(&self, roles: &[u32]) -> BTreeSet<u32> {
        roles.iter().filter_map(|role| self.roles.get(*role as usize)).copied().collect()
    }

    /// What a role carries in a cell, in order.
    fn atoms(&self, role: &Role, at: Option<u32>, names: &mut Names<'p>) -> Vec<(Atom, Grant)> {
        let grants = at.map_or([].as_slice(), |at| role.grants(at));
        let made = grants.iter().filter_map(|grant| Some((self.atom(grant, at, names)?, *grant)));
        let mut made: Vec<(Atom, Grant)> = made.collect();
        made.sort_by_key(|(atom, _)| *atom);
        made.dedup_by_key(|(atom, _)| *atom);
        made
    }

    /// A grant in a cell; `None` where it never allows anything.
    fn atom(&self, grant: &Grant, at: Option<u32>, names: &mut Names<'p>) -> Option<Atom> {
        let cell = self.policy.cells.get(at? as usize)?;
        let mut rules = grant.governance.and_then(|at| self.policy.governances.get(at as usize)).map_or_else(
            Rules::default,
            |rules| Rules {
                roles_not: self.all(&rules.roles_not),
                not_self: rules.not_self,
                not_holding: self.all(&rules.not_holding),
            },
        );
        if !cell.assigns && !cell.may_assign {
            // No role is given there.
            rules.roles_not.clear();
        }
        Some(Atom {
            reach: grant.reach,
            made_by: grant.made_by.and_then(|role| self.roles.get(role as usize)).copied(),
            condition: self.when(grant.condition)?,
            governance: names.rules(rules),
        })
    }
}
