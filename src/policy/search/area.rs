//! As far as somebody's grants for an action could reach, whatever their conditions: organisations, sections, what they
//! made, what is referred to them.

use std::collections::BTreeSet;

use super::super::census::Census;
use super::super::compiled::{Grant, Policy};
use super::super::day::Day;
use super::super::decide::Target;
use super::super::facts::{Org, Person};
use super::super::model::{Reach, Record};
use super::super::reach::{Case, Scope};
use super::super::request::Request;

/// The rows of what is in reach.
#[derive(Debug, Default)]
pub(super) struct Area {
    /// Everything may be in reach.
    pub(super) everything: bool,
    /// By what the request gives, a record is in reach that has no place of its own.
    pub(super) placeless: bool,
    /// The same of the scope `section`: a record is in reach that has no section of its own.
    pub(super) sectionless: bool,
    pub(super) orgs: BTreeSet<u32>,
    pub(super) sections: BTreeSet<u32>,
    /// The subject, whose own records are.
    pub(super) maker: Option<u32>,
    /// Where records have to be referred to.
    pub(super) referred: BTreeSet<u32>,
}

impl Area {
    /// The area of a subject; the request has no resource id.
    pub(super) fn of<C: Census>(
        policy: &Policy,
        census: &C,
        request: &Request<'_>,
        subject: Person<'_>,
        target: Target<'_>,
        today: Day,
    ) -> Self {
        // What is stored of a record may take the student away that the request gives.
        let mut without = *request;
        without.resource.student = None;
        let probe = |request| Case::about(census, request, None, today).asked_by(request.subject.id, subject);
        let mut search = Search {
            census,
            probes: [probe(request), probe(&without)],
            record: target.cell.record,
            area: Self::default(),
        };
        for assignment in subject.assignments {
            let (_, grants) = policy.standing(assignment, target, today);
            grants.iter().for_each(|grant| search.add(grant, &assignment.org));
        }
        search.area
    }
}

struct Search<'c, 'r, C> {
    census: &'c C,
    /// The request without a resource's id, and without a student as well.
    probes: [Case<'c, 'r, C>; 2],
    record: Record,
    area: Area,
}

impl<C: Census> Search<'_, '_, C> {
    fn add(&mut self, grant: &Grant, org: &Org) {
        let [Case { request, .. }, _] = self.probes;
        match grant.reach {
            Reach::Org => self.add_org(org),
            Reach::Section => self.add_sections(org),
            Reach::Own => {
                self.area.maker = self.census.user_row(request.subject.id);
                if request.resource.created_by == Some(request.subject.id) {
                    self.add_org(org);
                }
            }
            // What the request says of this counts for every record.
            Reach::Referred if request.resource.referred_to.is_some() => {
                self.area.everything |= self.probes.iter().any(|probe| probe.referred(org) == Scope::Holds);
            }
            Reach::Referred => {
                self.area.referred.extend(subtree(self.census, org));
            }
        }
    }

    fn add_org(&mut self, org: &Org) {
        match self.record {
            Record::Open => self.area.everything = true,
            // The root reaches students without a school, too.
            _ if org.is_root() => self.area.everything = true,
            Record::District => {}
            Record::Student | Record::School | Record::User => {
                self.area.placeless |= self.probes.iter().any(|probe| probe.org(self.record, org) == Scope::Holds);
                self.area.orgs.extend(subtree(self.census, org));
            }
        }
    }

    fn add_sections(&mut self, org: &Org) {
        let [probe, other] = &self.probes;
        self.area.sectionless |= [probe, other].iter().any(|probe| probe.taught(org) == Scope::Holds);
        let taught = probe
            .subject
            .teaches
            .iter()
            .filter(|taught| taught.in_effect(probe.today) && taught.section.school.lies_in(org));
        self.area.sections.extend(taught.filter_map(|taught| self.census.section_row(&taught.section.id)));
    }
}

/// The organisations of a subtree.
fn subtree<'c, C: Census>(census: &'c C, org: &Org) -> impl Iterator<Item = u32> + use<'c, C> {
    census.org_row(org.id()).map_or([].as_slice(), |at| census.subtree(at)).iter().copied()
}
