//! Who could be allowed something: the holders of roles that carry a grant for it, at the organisations from which the
//! grant reaches the record; teachers of its sections; whoever made it. Each of them is yet to be decided.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::census::{Census, Rows};
use super::super::compiled::{Grant, Policy, Role};
use super::super::decide::Target;
use super::super::facts::Org;
use super::super::model::{Reach, Record};
use super::super::reach::{Case, Scope};

/// Lists of candidates for the subject of a case, and how many places were looked at for them.
pub(super) fn streams<'c, C: Census>(
    policy: &Policy,
    census: &'c C,
    case: &Case<'c, '_, C>,
    target: Target<'_>,
) -> (Vec<Rows<'c>>, usize) {
    let mut search = Search { policy, census, case, record: target.cell.record, looked: 0 };
    let (mut streams, mut taught, mut made) = (Vec::new(), false, false);
    for (name, role) in policy.roles.iter() {
        let mut places = BTreeSet::new();
        for grant in role.grants(target.at) {
            match grant.reach {
                Reach::Org | Reach::Referred => places.extend(search.places(name, role, grant)),
                Reach::Section => taught = true,
                Reach::Own => made = true,
            }
        }
        streams.extend(places.into_iter().map(|org| census.holders(name, org)));
    }
    if taught {
        streams.extend(
            case.sections().into_iter().filter_map(|id| census.section_row(id)).map(|at| census.teachers_of(at)),
        );
    }
    if made {
        let maker = case.request.resource.created_by;
        streams.extend(maker.and_then(|id| census.user_row(id)).map(Rows::one));
    }
    (streams, search.looked)
}

struct Search<'s, 'c, 'r, C> {
    policy: &'s Policy,
    census: &'c C,
    case: &'s Case<'c, 'r, C>,
    record: Record,
    looked: usize,
}

impl<C: Census> Search<'_, '_, '_, C> {
    /// Organisations at which a role would have to be held for its grant to reach the record.
    fn places(&mut self, name: &str, role: &Role, grant: &Grant) -> Vec<u32> {
        let mut places = match self.below(grant.reach) {
            Some(orgs) => self.ways_up(&orgs),
            None => self.census.places_of(name),
        };
        self.looked += places.len();
        places.retain(|at| {
            self.census.org_at(*at).is_some_and(|org| {
                role.has_effect(org, self.case.today)
                    && self.case.reaches(self.policy, grant.reach, grant.made_by, self.record, org) == Scope::Holds
            })
        });
        places
    }

    /// Organisations of which one lies in the subtree of every organisation from which the record is reached; `None`
    /// where it may be reached from anywhere.
    fn below(&self, reach: Reach) -> Option<Vec<&Arc<Org>>> {
        match (reach, self.record) {
            (Reach::Referred, _) => Some(self.case.targets()),
            (_, Record::Open | Record::District) => None,
            (_, Record::School) => Some(self.case.schools_given().unwrap_or_default()),
            (_, Record::User) => Some(self.case.schools_given().unwrap_or_else(|| self.case.managed_orgs())),
            (_, Record::Student) => self.case.schools_given().or_else(|| self.case.schools()),
        }
    }

    fn ways_up(&self, orgs: &[&Arc<Org>]) -> Vec<u32> {
        let ids = orgs.iter().flat_map(|org| std::iter::once(org.id()).chain(org.above()));
        let rows: BTreeSet<u32> = ids.filter_map(|id| self.census.org_row(id)).collect();
        rows.into_iter().collect()
    }
}
