//! The places that a record names or its student belongs to: where a role could be held that reaches it.

use std::sync::Arc;

use super::super::facts::{Facts, Org, Section};
use super::super::request::AnyOf;
use super::{Case, Given};

impl<'f: 'r, 'r, F: Facts> Case<'f, 'r, F> {
    /// The record's school, where it is given.
    pub(in crate::policy) fn schools_given(&self) -> Option<Vec<&'r Arc<Org>>> {
        match self.school {
            Given::Absent => None,
            Given::One(school) => Some(school.into_iter().collect()),
            Given::Many(ids) => Some(ids.iter().filter_map(|id| self.facts.org(id)).collect()),
        }
    }

    /// The schools of the record's section where that is given, else its student's in effect; `None` where the student
    /// has none, and so belongs to the district.
    pub(in crate::policy) fn schools(&self) -> Option<Vec<&'r Arc<Org>>> {
        match (self.sections_given(), &self.student) {
            (Some(sections), _) => Some(sections.into_iter().map(|section| &section.school).collect()),
            (None, Some(student)) => {
                Some(super::schools_of(student, self.today).collect()).filter(|schools: &Vec<_>| !schools.is_empty())
            }
            (None, None) => Some(Vec::new()),
        }
    }

    /// The sections of which the subject has to teach one: the record's where that is given, else its student's.
    pub(in crate::policy) fn sections(&self) -> Vec<&'r str> {
        let attended = || {
            let attends = self.student.as_ref().map_or([].as_slice(), |student| student.attends);
            attends
                .iter()
                .filter(|attended| attended.in_effect(self.today))
                .map(|attended| &*attended.section.id)
                .collect()
        };
        let given = self.sections_given();
        given.map_or_else(attended, |sections| sections.into_iter().map(|section| &*section.id).collect())
    }

    fn sections_given(&self) -> Option<Vec<&'r Arc<Section>>> {
        match self.section {
            Given::Absent => None,
            Given::One(section) => Some(section.into_iter().collect()),
            Given::Many(ids) => Some(ids.iter().filter_map(|id| self.facts.section(id)).collect()),
        }
    }

    /// Where the record is referred to.
    pub(in crate::policy) fn targets(&self) -> Vec<&'f Arc<Org>> {
        let targets = self.request.resource.referred_to.into_iter().flat_map(AnyOf::iter);
        targets.filter_map(|id| self.facts.org(id)).collect()
    }

    /// The organisations of the managed user, in effect.
    pub(in crate::policy) fn managed_orgs(&self) -> Vec<&'f Arc<Org>> {
        let orgs = self.managed_user().map_or([].as_slice(), |user| user.orgs);
        orgs.iter()
            .filter(|membership| membership.period.contains(self.today))
            .map(|membership| &membership.org)
            .collect()
    }

    /// Organisations that the record names or its student belongs to, and those above them: where a role could be held
    /// that reaches it, the nearest first.
    pub(in crate::policy) fn places(&self) -> Vec<Arc<Org>> {
        let mut places: Vec<Arc<Org>> = Vec::new();
        let resource = &self.request.resource;
        places.extend(resource.school.into_iter().flat_map(AnyOf::iter).filter_map(|id| self.facts.org(id)).cloned());
        places.extend(
            resource.referred_to.into_iter().flat_map(AnyOf::iter).filter_map(|id| self.facts.org(id)).cloned(),
        );
        places.extend(
            resource
                .section
                .into_iter()
                .flat_map(AnyOf::iter)
                .filter_map(|id| self.facts.section(id))
                .map(|section| Arc::clone(&section.school)),
        );
        let student = self.student.as_ref();
        places.extend(
            student
                .into_iter()
                .flat_map(|student| student.attends)
                .map(|attended| Arc::clone(&attended.section.school)),
        );
        places
            .extend(student.into_iter().flat_map(|student| student.orgs).map(|membership| Arc::clone(&membership.org)));
        places.extend(self.subject.assignments.iter().map(|assignment| Arc::clone(&assignment.org)));
        let above: Vec<Arc<Org>> =
            places.iter().flat_map(|org| org.above()).filter_map(|id| self.facts.org(id)).cloned().collect();
        places.extend(above);
        places.sort_by(|a, b| b.above().count().cmp(&a.above().count()).then_with(|| a.id().cmp(b.id())));
        places.dedup_by(|a, b| a.id() == b.id());
        places
    }
}
