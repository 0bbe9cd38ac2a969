//! `hallpass.v1` messages to requests, and decisions to messages. A message's texts are borrowed, never copied; every
//! field is named, so that a new one doesn't compile until it is handled.

use std::time::SystemTime;

use super::proto::hallpass as wire;
use super::value;
use crate::credentials::Credentials;
use crate::directory::remote::State;
use crate::fault;
use crate::pdp::{Undecided, View};
use crate::policy::day::Day;
use crate::policy::decision::{Decision, Granted};
use crate::policy::explain::{Attempt, Explanation, Holding, Would};
use crate::policy::request::{self, AnyOf, Malformed, Properties, Request, Stored, any_of};
use crate::reload::status::StatusData;

/// A question whose free properties and date have been read.
#[derive(Debug)]
pub(super) struct Question {
    subject: wire::Subject,
    action: wire::Action,
    record: Record,
    subject_properties: Properties,
    action_properties: Properties,
    context: Properties,
}

/// A resource whose free properties and date have been read.
#[derive(Debug)]
pub(super) struct Record {
    message: wire::Resource,
    date: Option<Day>,
    properties: Properties,
}

impl Question {
    /// Reads a message.
    pub(super) fn read(message: wire::CheckRequest) -> Result<Self, Malformed> {
        fault::point("grpc.convert").map_err(|_told| Malformed::Missing("subject"))?;
        let wire::CheckRequest { subject, action, resource, context } = message;
        let mut subject = subject.ok_or(Malformed::Missing("subject"))?;
        let mut action = action.ok_or(Malformed::Missing("action"))?;
        let resource = resource.ok_or(Malformed::Missing("resource"))?;
        Ok(Self {
            record: Record::read(resource)?,
            subject_properties: value::properties(subject.properties.take())?,
            action_properties: value::properties(action.properties.take())?,
            context: value::properties(context)?,
            subject,
            action,
        })
    }

    /// The request that it asks.
    pub(super) fn request(&self) -> Request<'_> {
        let wire::Subject { r#type, id, properties: _ } = &self.subject;
        let subject = request::Subject { kind: r#type, id, properties: &self.subject_properties };
        let wire::Action { name, properties: _ } = &self.action;
        let action = request::Action { name, properties: &self.action_properties };
        Request { subject, action, resource: self.record.resource(), context: &self.context }
    }
}

impl Record {
    /// Reads a message.
    pub(super) fn read(mut message: wire::Resource) -> Result<Self, Malformed> {
        Ok(Self {
            date: message.date.as_deref().map(date).transpose()?,
            properties: free(value::properties(message.properties.take())?)?,
            message,
        })
    }

    /// The resource that it names.
    pub(super) fn resource(&self) -> request::Resource<'_> {
        let wire::Resource {
            r#type,
            id,
            school,
            student,
            section,
            created_by,
            referred_to,
            role,
            date: _,
            properties: _,
        } = &self.message;
        request::Resource {
            kind: r#type,
            id,
            school: school.as_ref().map(alternatives),
            student: student.as_deref(),
            section: section.as_ref().map(alternatives),
            created_by: created_by.as_deref(),
            referred_to: referred_to.as_ref().map(alternatives),
            role: role.as_deref(),
            date: self.date,
            properties: &self.properties,
        }
    }
}

fn alternatives(given: &wire::AnyOf) -> AnyOf<'_> {
    let wire::AnyOf { ids } = given;
    any_of(ids)
}

fn date(text: &str) -> Result<Day, Malformed> {
    if text.is_empty() {
        return Err(Malformed::EmptyProperty("date"));
    }
    Day::parse(text).ok_or(Malformed::NoDay)
}

/// Properties of a resource that have no field of their own: whatever has one must be given there, or a fact would
/// pass for a free property and go untested.
fn free(properties: Properties) -> Result<Properties, Malformed> {
    if properties.is_empty() {
        return Ok(properties);
    }
    let Stored { school, student, section, created_by, referred_to, role, date, free } = Stored::new(properties)?;
    let misplaced = [
        ("resource.properties.school", school.is_some()),
        ("resource.properties.student", student.is_some()),
        ("resource.properties.section", section.is_some()),
        ("resource.properties.created_by", created_by.is_some()),
        ("resource.properties.referred_to", referred_to.is_some()),
        ("resource.properties.role", role.is_some()),
        ("resource.properties.date", date.is_some()),
    ];
    match misplaced.into_iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Malformed::WrongType { name, expected: "given in the field of that name instead" }),
        None => Ok(free),
    }
}

/// The answer to a check.
pub(super) fn response(view: &View<'_>, decision: &Decision<'_>) -> wire::CheckResponse {
    let Decision { reason, granted } = decision;
    let (policy_revision, directory_revision) = view.revisions();
    wire::CheckResponse {
        allow: granted.is_some(),
        reason: reason.code().to_owned(),
        policy_revision: policy_revision.to_owned(),
        directory_revision: directory_revision.to_owned(),
        grant: granted.map(|Granted { role, org, grant }| wire::Grant {
            role: role.to_owned(),
            org: org.to_owned(),
            grant: grant.to_owned(),
        }),
    }
}

/// Decides one question of a batch. A malformed one fails alone.
pub(super) fn item(view: &View<'_>, question: &Result<Question, Malformed>) -> Result<wire::BatchCheckItem, Undecided> {
    let asked = question.as_ref().map_err(|malformed| Undecided::Malformed(malformed.clone()));
    let result = match asked.and_then(|asked| view.decide(&asked.request())) {
        Ok(decision) => wire::batch_check_item::Result::Response(response(view, &decision)),
        Err(error @ Undecided::Malformed(_)) => wire::batch_check_item::Result::Error(undecided(view, &error)),
        Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => {
            return Err(refused);
        }
    };
    Ok(wire::BatchCheckItem { result: Some(result) })
}

/// An item has no decision, which counts: why.
pub(super) fn undecided(view: &View<'_>, error: &Undecided) -> wire::ItemError {
    view.note_undecided(error.into());
    failed(error)
}

/// Why an item has no decision.
pub(super) fn failed(error: &Undecided) -> wire::ItemError {
    wire::ItemError { message: error.to_string(), unavailable: error.may_pass() }
}

/// The answer to an explanation.
pub(super) fn explanation(view: &View<'_>, explanation: Explanation<'_>) -> wire::ExplainResponse {
    let Explanation { decision, denied_by, assignments, would } = explanation;
    wire::ExplainResponse {
        decision: Some(response(view, &decision)),
        assignments: assignments.into_iter().map(holding).collect(),
        would: would
            .into_iter()
            .map(|Would { role, title, org, grant }| wire::Would { role, title, org, grant })
            .collect(),
        denied_by,
    }
}

fn holding(holding: Holding) -> wire::Holding {
    let Holding { role, org, standing, grants } = holding;
    wire::Holding { role, org, standing: standing.to_owned(), grants: grants.into_iter().map(attempt).collect() }
}

fn attempt(attempt: Attempt) -> wire::Attempt {
    let Attempt { grant, place, clauses, outcome, fact } = attempt;
    wire::Attempt { grant, place, clauses, outcome: outcome.to_owned(), fact: fact.map(str::to_owned) }
}

/// How following certificates and callers goes, where there are any.
pub(super) fn credentials(credentials: &Credentials) -> Option<wire::Credentials> {
    let tls = credentials.tls();
    if tls.is_none() && credentials.callers().is_none() && credentials.admin_key().is_none() {
        return None;
    }
    Some(wire::Credentials {
        certificate_not_after: tls.map(|tls| SystemTime::from(tls.not_after()).into()),
        problems: credentials.problems().to_vec(),
    })
}

/// The directory: files, or one that is asked.
pub(super) fn directory(asked: Option<State>) -> wire::Directory {
    let kind = if asked.is_some() { "postgresql" } else { "files" };
    wire::Directory { kind: kind.to_owned(), asked: asked.map(self::asked) }
}

fn asked(state: State) -> wire::Asked {
    wire::Asked {
        ready: state.ready,
        connected: state.connected,
        sequence: state.sequence,
        read_ago: state.read_ago.and_then(|ago| ago.try_into().ok()),
        hits: state.hits,
        misses: state.misses,
        unknown: state.unknown,
        evictions: state.evictions,
        entries: state.entries,
        bytes: state.bytes,
        loads: state.loads,
        failed_loads: state.failed_loads,
        late_loads: state.late_loads,
        turned_away: state.turned_away,
        changes: state.changes,
        reconnects: state.reconnects,
        last_error: state.last_error.unwrap_or_default(),
    }
}

/// How following the files goes.
pub(super) fn reload(status: &StatusData) -> wire::Reload {
    let findings = status.last_failure.iter().flat_map(|failure| failure.findings.iter());
    wire::Reload {
        loaded_at: Some(status.loaded_at.into()),
        checked_at: Some(status.last_check.into()),
        failing: status.failing,
        succeeded: status.reloads_ok,
        failed: status.reloads_failed,
        watching: status.watching,
        last_failure: findings.map(ToString::to_string).collect(),
    }
}
