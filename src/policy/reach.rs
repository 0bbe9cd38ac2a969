//! Whether a grant reaches a record: scopes, what is in effect, who is known.
//!
//! One rule: a scope holds when it has at least one fact to test, and every fact given lies within reach.

mod places;
mod told;

use std::sync::Arc;

use super::compiled::Policy;
use super::day::Day;
use super::facts::{Enrolment, Facts, Org, OrgKind, Person, Section};
use super::model::{IdIs, Reach, Record};
use super::request::{AnyOf, Request, Resource, Stored};

/// What a scope tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Student,
    School,
    Section,
    CreatedBy,
    Maker,
    ReferredTo,
    ManagedUser,
    District,
    Taught,
    /// None of `student`, `school`, `section` is there to test.
    Place,
}

/// What came of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Holds,
    /// A fact that is given lies out of reach.
    Outside(Fact),
    /// The fact that it tests is not given.
    Lacking(Fact),
}

/// Ids of which one suffices, looked up as far as that can be done without allocating.
#[derive(Debug)]
enum Given<'a, T> {
    Absent,
    One(Option<&'a Arc<T>>),
    Many(&'a [String]),
}

impl<T> Copy for Given<'_, T> {}

impl<T> Clone for Given<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

/// One request with the facts about it.
#[derive(Debug)]
pub(super) struct Case<'f, 'r, F> {
    facts: &'f F,
    /// The request, completed by the record's stored properties.
    pub(super) request: Request<'r>,
    pub(super) subject: Person<'f>,
    pub(super) stored: Option<&'f Stored>,
    pub(super) today: Day,
    student: Option<Person<'f>>,
    school: Given<'r, Org>,
    section: Given<'r, Section>,
}

impl<'f: 'r, 'r, F: Facts> Case<'f, 'r, F> {
    /// The facts about a request, where the id of its resource may be one; `None` where nobody knows its subject.
    pub(super) fn new(facts: &'f F, request: &Request<'r>, id_is: Option<IdIs>, today: Day) -> Option<Self> {
        // One after the other: what memory has to be waited for is waited for together.
        let subject = facts.person(request.subject.id);
        let case = Self::about(facts, request, id_is, today);
        subject.map(|subject| Self { subject, ..case })
    }

    /// The facts about a request, whoever asks.
    #[inline]
    pub(super) fn about(facts: &'f F, request: &Request<'r>, id_is: Option<IdIs>, today: Day) -> Self {
        let (resource, stored) = completed(facts, request.resource, id_is);
        let request = Request { resource, ..*request };
        let student = resource.student.and_then(|id| facts.person(id)).filter(|person| person.student);
        let school = given(resource.school, |id| facts.org(id));
        let section = given(resource.section, |id| facts.section(id));
        Self { facts, request, subject: Person::NOBODY, stored, today, student, school, section }
    }

    /// The same question, asked by somebody else.
    pub(super) fn asked_by(&self, id: &'r str, subject: Person<'f>) -> Self {
        let &Self { facts, mut request, subject: _, stored, today, student, school, section } = self;
        request.subject.id = id;
        Self { facts, request, subject, stored, today, student, school, section }
    }

    /// Whether a grant's reach from an organisation takes in the record.
    pub(super) fn reaches(
        &self,
        policy: &Policy,
        reach: Reach,
        made_by: Option<u32>,
        record: Record,
        org: &Org,
    ) -> Scope {
        let scope = match reach {
            Reach::Org => self.org(record, org),
            Reach::Section => self.taught(org),
            Reach::Own => self.own(record, org),
            Reach::Referred => self.referred(org),
        };
        match (scope, made_by) {
            (scope, None) => scope,
            (scope, Some(role)) => self.made_by(policy, role, record, scope),
        }
    }

    /// The scope `org`: which facts count depends on the kind of record.
    pub(super) fn org(&self, record: Record, org: &Org) -> Scope {
        match record {
            Record::Open => Scope::Holds,
            Record::District if org.is_root() => Scope::Holds,
            Record::District => Scope::Outside(Fact::District),
            Record::School => self.school(org).unwrap_or(Scope::Lacking(Fact::School)),
            Record::User => self.school(org).unwrap_or_else(|| self.managed(org)),
            Record::Student => self.place(org),
        }
    }

    /// Student, school and section: all that are given must lie in the subtree, and one must be given.
    fn place(&self, org: &Org) -> Scope {
        let section = match self.section {
            Given::Absent => None,
            Given::One(_) | Given::Many(_) => {
                Some(self.any_section(|section| section.school.lies_in(org), Fact::Section))
            }
        };
        let student = self.student.as_ref().map(|student| self.attends_in(student, org));
        let given = [student, self.school(org), section];
        let outside = given.iter().flatten().find(|scope| **scope != Scope::Holds);
        match outside {
            Some(outside) => *outside,
            None if given.iter().any(Option::is_some) => Scope::Holds,
            None => Scope::Lacking(Fact::Place),
        }
    }

    /// The record's school, where it is given.
    fn school(&self, org: &Org) -> Option<Scope> {
        let within = match self.school {
            Given::Absent => return None,
            Given::One(school) => school.is_some_and(|school| school.lies_in(org)),
            Given::Many(ids) => ids.iter().filter_map(|id| self.facts.org(id)).any(|school| school.lies_in(org)),
        };
        Some(if within { Scope::Holds } else { Scope::Outside(Fact::School) })
    }

    fn any_section(&self, fits: impl Fn(&Arc<Section>) -> bool, fact: Fact) -> Scope {
        let found = match self.section {
            Given::Absent => false,
            Given::One(section) => section.is_some_and(fits),
            Given::Many(ids) => ids.iter().filter_map(|id| self.facts.section(id)).any(fits),
        };
        if found { Scope::Holds } else { Scope::Outside(fact) }
    }

    fn attends_in(&self, student: &Person<'_>, org: &Org) -> Scope {
        if attends_in(student, org, self.today) { Scope::Holds } else { Scope::Outside(Fact::Student) }
    }

    /// The managed user's organisations: the resource's id is the user.
    fn managed(&self, org: &Org) -> Scope {
        let Some(user) = self.facts.person(self.request.resource.id) else { return Scope::Lacking(Fact::ManagedUser) };
        match belongs_in(&user, org, self.today) {
            None => Scope::Lacking(Fact::ManagedUser),
            Some(true) => Scope::Holds,
            Some(false) => Scope::Outside(Fact::ManagedUser),
        }
    }

    /// The scope `section`: a section that the subject teaches, of the subtree, is the record's section, has the
    /// student in it, and is of the school: each as far as it is given.
    pub(super) fn taught(&self, org: &Org) -> Scope {
        if matches!(self.section, Given::Absent) && self.student.is_none() {
            return Scope::Lacking(Fact::Section);
        }
        let fits = |taught: &&Enrolment| {
            self.is_section(taught) && self.has_student(taught) && self.is_at_school(&taught.section)
        };
        let found = self
            .subject
            .teaches
            .iter()
            .filter(fits)
            .any(|taught| taught.in_effect(self.today) && taught.section.school.lies_in(org));
        if found { Scope::Holds } else { Scope::Outside(Fact::Taught) }
    }

    fn is_section(&self, taught: &Enrolment) -> bool {
        match self.section {
            Given::Absent => true,
            Given::One(section) => section.is_some_and(|section| same(section, &taught.section)),
            Given::Many(ids) => ids.iter().any(|id| **id == *taught.section.id),
        }
    }

    fn has_student(&self, taught: &Enrolment) -> bool {
        self.student.as_ref().is_none_or(|student| attends(student, taught, self.today))
    }

    fn is_at_school(&self, section: &Section) -> bool {
        match self.school {
            Given::Absent => true,
            Given::One(school) => school.is_some_and(|school| school.id() == section.school.id()),
            Given::Many(ids) => ids.iter().any(|id| id == section.school.id()),
        }
    }

    /// A lacking place counts before another maker: with it, another grant of the role might reach the record.
    fn own(&self, record: Record, org: &Org) -> Scope {
        let Some(maker) = self.request.resource.created_by else { return Scope::Lacking(Fact::CreatedBy) };
        match self.org(record, org) {
            Scope::Lacking(fact) => Scope::Lacking(fact),
            Scope::Holds | Scope::Outside(_) if maker != self.request.subject.id => Scope::Outside(Fact::CreatedBy),
            scope @ (Scope::Holds | Scope::Outside(_)) => scope,
        }
    }

    pub(super) fn referred(&self, org: &Org) -> Scope {
        let Some(targets) = self.request.resource.referred_to else { return Scope::Lacking(Fact::ReferredTo) };
        let within = targets.iter().filter_map(|id| self.facts.org(id)).any(|target| target.lies_in(org));
        if within { Scope::Holds } else { Scope::Outside(Fact::ReferredTo) }
    }

    /// The maker of the record holds a role, in effect, from which the scope `org` holds as well.
    fn made_by(&self, policy: &Policy, role: u32, record: Record, scope: Scope) -> Scope {
        let Some(maker) = self.request.resource.created_by else { return Scope::Lacking(Fact::CreatedBy) };
        if scope != Scope::Holds {
            return scope;
        }
        let holds = self
            .facts
            .person(maker)
            .is_some_and(|maker| self.holds(policy, &maker, role, |org| self.org(record, org) == Scope::Holds));
        if holds { Scope::Holds } else { Scope::Outside(Fact::Maker) }
    }

    /// Whether a person holds a role, in effect, at an organisation that fits.
    pub(super) fn holds(&self, policy: &Policy, person: &Person<'_>, role: u32, fits: impl Fn(&Org) -> bool) -> bool {
        holds(policy, person, role, self.today, fits)
    }

    /// The user that a `user` record is about.
    pub(super) fn managed_user(&self) -> Option<Person<'f>> {
        self.facts.person(self.request.resource.id)
    }
}

/// A resource completed by the record's stored properties, and by its own id where that is one.
#[inline]
pub(super) fn completed<'f: 'r, 'r, F: Facts>(
    facts: &'f F,
    mut resource: Resource<'r>,
    id_is: Option<IdIs>,
) -> (Resource<'r>, Option<&'f Stored>) {
    let stored = if resource.id.is_empty() { None } else { facts.record(resource.kind, resource.id) };
    if let Some(stored) = stored {
        let kept = stored.resource(resource.kind, resource.id);
        resource.school = kept.school.or(resource.school);
        resource.student = kept.student.or(resource.student);
        resource.section = kept.section.or(resource.section);
        resource.created_by = kept.created_by.or(resource.created_by);
        resource.referred_to = resource.referred_to.or(kept.referred_to);
        resource.date = resource.date.or(kept.date);
    }
    if let Some(id_is) = id_is.filter(|_| !resource.id.is_empty()) {
        identify(facts, &mut resource, id_is);
    }
    (resource, stored)
}

/// The id of a resource as the property that it is: where the directory knows it as that, whatever else is given.
fn identify<'r, F: Facts>(facts: &F, resource: &mut Resource<'r>, id_is: IdIs) {
    let (id, given) = (resource.id, Some(AnyOf::One(resource.id)));
    match id_is {
        IdIs::Student if resource.student.is_none() || facts.person(id).is_some_and(|person| person.student) => {
            resource.student = Some(id);
        }
        IdIs::Section if resource.section.is_none() || facts.section(id).is_some() => resource.section = given,
        IdIs::School if resource.school.is_none() || facts.org(id).is_some_and(|org| org.kind == OrgKind::School) => {
            resource.school = given;
        }
        IdIs::Student | IdIs::Section | IdIs::School | IdIs::User => {}
    }
}

fn given<'a, T>(ids: Option<AnyOf<'a>>, find: impl Fn(&str) -> Option<&'a Arc<T>>) -> Given<'a, T> {
    match ids {
        None => Given::Absent,
        Some(AnyOf::One(id)) => Given::One(find(id)),
        Some(AnyOf::Many(ids)) => Given::Many(ids),
    }
}

/// Whether one of a known student's schools lies in a subtree; one without any belongs to the district itself.
pub(super) fn attends_in(student: &Person<'_>, org: &Org, today: Day) -> bool {
    let mut schools = schools_of(student, today).peekable();
    if schools.peek().is_none() { org.is_root() } else { schools.any(|school| school.lies_in(org)) }
}

/// A known student's schools in effect; one may come twice.
fn schools_of<'p>(student: &Person<'p>, today: Day) -> impl Iterator<Item = &'p Arc<Org>> {
    let classes = student.attends.iter().filter(move |enrolment| enrolment.in_effect(today));
    let listed = student
        .orgs
        .iter()
        .filter(move |membership| membership.as_student && membership.period.contains(today))
        .map(|membership| &membership.org);
    let all = classes.map(|enrolment| &enrolment.section.school).chain(listed);
    all.filter(|school| school.kind == OrgKind::School)
}

/// Whether one of a user's organisations lies in a subtree; `None` where they have none.
pub(super) fn belongs_in(user: &Person<'_>, org: &Org, today: Day) -> Option<bool> {
    let mut orgs = user.orgs.iter().filter(|membership| membership.period.contains(today)).peekable();
    orgs.peek()?;
    Some(orgs.any(|membership| membership.org.lies_in(org)))
}

/// Whether a person holds a role, in effect, at an organisation that fits.
pub(super) fn holds(policy: &Policy, person: &Person<'_>, role: u32, today: Day, fits: impl Fn(&Org) -> bool) -> bool {
    let Some(table) = policy.roles.get(role) else { return false };
    let name = policy.roles.name(role);
    let theirs = person.assignments.iter().filter(|assignment| *assignment.role == *name);
    theirs.into_iter().any(|assignment| {
        assignment.period.contains(today) && table.has_effect(&assignment.org, today) && fits(&assignment.org)
    })
}

/// Whether a student attends a section in effect.
pub(super) fn attends(student: &Person<'_>, section: &Enrolment, today: Day) -> bool {
    let attended = student.attends.iter().filter(|attended| attended.section_key == section.section_key);
    attended.into_iter().any(|attended| same(&attended.section, &section.section) && attended.in_effect(today))
}

/// Whether two sections are one: sections of one load are shared, of two loads compared by id.
fn same(a: &Arc<Section>, b: &Arc<Section>) -> bool {
    Arc::ptr_eq(a, b) || a.id == b.id
}
