//! Why a scope does not hold, in words, with the values that were compared.

use super::super::compiled::Policy;
use super::super::decide::Trial;
use super::super::facts::{Enrolment, Facts, Org};
use super::super::fields::shown;
use super::super::request::AnyOf;
use super::{Case, Fact, Scope, schools_of};

/// How many ids a sentence lists.
const LISTED: usize = 5;

impl<'f: 'r, 'r, F: Facts> Case<'f, 'r, F> {
    /// What kept a grant from reaching the record; `None` where its scope holds.
    pub(in crate::policy) fn told(&self, policy: &Policy, trial: &Trial<'_>, scope: Scope) -> Option<String> {
        match scope {
            Scope::Holds => None,
            Scope::Outside(fact) => Some(self.outside(policy, trial, fact)),
            Scope::Lacking(fact) => Some(self.lacking(fact)),
        }
    }

    fn outside(&self, policy: &Policy, trial: &Trial<'_>, fact: Fact) -> String {
        let (org, resource) = (trial.org, &self.request.resource);
        match fact {
            Fact::Student => self.student_elsewhere(org),
            Fact::School => self.orgs_elsewhere("school", resource.school, org),
            Fact::ReferredTo => self.orgs_elsewhere("referred_to", resource.referred_to, org),
            Fact::Section => self.sections_elsewhere(org),
            Fact::District => format!("district: the record is the district's own, and {} is not its root", org.id()),
            Fact::Taught => self.not_taught(org),
            Fact::CreatedBy => {
                format!("created_by: {} is not {}", given(resource.created_by), shown(self.request.subject.id))
            }
            Fact::Maker => {
                let role = trial.grant.made_by.map_or("", |role| policy.roles.name(role));
                let maker = given(resource.created_by);
                format!("created_by: {maker} does not hold {role}, in effect, where it reaches the record")
            }
            Fact::ManagedUser => {
                let orgs = self.managed_orgs().into_iter().map(|org| org.id());
                format!("user: {} belongs to {}: not at or below {}", shown(resource.id), listed(orgs), org.id())
            }
            Fact::Place => self.lacking(fact),
        }
    }

    fn student_elsewhere(&self, org: &Org) -> String {
        let id = given(self.request.resource.student);
        let mut schools: Vec<&str> = Vec::new();
        for school in self.student.iter().flat_map(|student| schools_of(student, self.today)) {
            if !schools.contains(&school.id()) {
                schools.push(school.id());
            }
        }
        if schools.is_empty() {
            return format!("student: {id} has no school now, and {} is not the district's root", org.id());
        }
        format!("student: {id} is at {}: not at or below {}", listed(schools.into_iter()), org.id())
    }

    fn orgs_elsewhere(&self, name: &str, ids: Option<AnyOf<'_>>, org: &Org) -> String {
        let told = |id: &str| match self.facts.org(id) {
            Some(_) => shown(id),
            None => format!("{} (which the directory does not know)", shown(id)),
        };
        let ids: Vec<String> = ids.into_iter().flat_map(AnyOf::iter).map(told).collect();
        format!("{name}: {} is not at or below {}", listed(ids.iter().map(String::as_str)), org.id())
    }

    fn sections_elsewhere(&self, org: &Org) -> String {
        let told = |id: &str| match self.facts.section(id) {
            Some(section) => format!("{} (of {})", shown(id), section.school.id()),
            None => format!("{} (which the directory does not know)", shown(id)),
        };
        let ids: Vec<String> = self.request.resource.section.into_iter().flat_map(AnyOf::iter).map(told).collect();
        format!("section: {} is not at or below {}", listed(ids.iter().map(String::as_str)), org.id())
    }

    /// Which of the facts given is no section's that the subject teaches.
    fn not_taught(&self, org: &Org) -> String {
        let who = shown(self.request.subject.id);
        let here = |taught: &&Enrolment| taught.in_effect(self.today) && taught.section.school.lies_in(org);
        let taught: Vec<&Enrolment> = self.subject.teaches.iter().filter(here).collect();
        if taught.is_empty() {
            return format!("section: {who} teaches no section at or below {} now", org.id());
        }
        let theirs = listed(taught.iter().map(|taught| &*taught.section.id));
        let all = format!("the sections that {who} teaches at or below {}: {theirs}", org.id());
        let resource = &self.request.resource;
        let among: Vec<&&Enrolment> = taught.iter().filter(|taught| self.is_section(taught)).collect();
        if among.is_empty() {
            return format!("section: {} is not among {all}", any_of(resource.section));
        }
        if !among.iter().any(|taught| self.has_student(taught)) {
            return format!("student: {} is in none of {all}", given(resource.student));
        }
        format!("school: {} holds none of them with this student, among {all}", any_of(resource.school))
    }

    fn lacking(&self, fact: Fact) -> String {
        let resource = &self.request.resource;
        let unknown = match resource.student {
            Some(id) if self.student.is_none() => format!(" (student: {} is none that the directory knows)", shown(id)),
            _ => String::new(),
        };
        match fact {
            Fact::Place => format!("none of student, school and section is given{unknown}"),
            Fact::Section => format!("neither section nor student is given{unknown}"),
            Fact::School => "school is not given".to_owned(),
            Fact::CreatedBy | Fact::Maker => "created_by is not given".to_owned(),
            Fact::ReferredTo => "referred_to is not given".to_owned(),
            Fact::ManagedUser if resource.id.is_empty() => "neither school nor the user's id is given".to_owned(),
            Fact::ManagedUser => format!("school is not given, and {} belongs to no organisation", shown(resource.id)),
            Fact::Student | Fact::District | Fact::Taught => "what it tests is not given".to_owned(),
        }
    }
}

fn given(id: Option<&str>) -> String {
    shown(id.unwrap_or_default())
}

fn any_of(ids: Option<AnyOf<'_>>) -> String {
    listed(ids.into_iter().flat_map(AnyOf::iter))
}

/// Ids in a row, the first few of them.
fn listed<'i>(ids: impl Iterator<Item = &'i str>) -> String {
    let ids: Vec<String> = ids.map(shown).collect();
    let first: Vec<&str> = ids.iter().take(LISTED).map(String::as_str).collect();
    match ids.len().saturating_sub(LISTED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
