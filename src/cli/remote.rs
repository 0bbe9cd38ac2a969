//! Asks a running server over gRPC what the files would be asked otherwise.

use anyhow::Context as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use tonic::{Code, Status};

use super::account::{Account, Attempt, Holding, Would};
use super::answer::{Answer, Granted};
use super::contact::Contact;
use super::question::Question;
use crate::grpc::proto::hallpass as wire;
use crate::policy::request::{Stored, Value};

/// What a server answers.
pub(super) fn check(contact: &Contact, question: &Question) -> anyhow::Result<Answer> {
    runtime()?.block_on(async {
        let asked = contact.request(request(question));
        let response = contact.connect().await?.check(asked).await.map_err(|status| refused(&status))?;
        Ok(answer(response.into_inner()))
    })
}

/// What a server answers, and how it came about.
pub(super) fn explain(contact: &Contact, question: &Question) -> anyhow::Result<Account> {
    runtime()?.block_on(async {
        let asked = contact.request(wire::ExplainRequest { check: Some(request(question)) });
        let response = contact.connect().await?.explain(asked).await.map_err(|status| refused(&status))?;
        account(response.into_inner()).context("the server explained nothing")
    })
}

/// A runtime for what a command has to wait for.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn refused(status: &Status) -> anyhow::Error {
    if status.code() == Code::InvalidArgument {
        return anyhow::anyhow!("this is no question that can be decided: {}", status.message());
    }
    anyhow::anyhow!("the server did not decide: {} ({})", status.message(), status.code())
}

fn request(question: &Question) -> wire::CheckRequest {
    let Question { subject_type, subject, action, kind, id, resource, .. } = question;
    let Stored { school, student, section, created_by, referred_to, role, date, free } = resource.clone();
    let any_of = |ids: Option<Vec<String>>| ids.map(|ids| wire::AnyOf { ids });
    wire::CheckRequest {
        subject: Some(wire::Subject {
            r#type: subject_type.clone(),
            id: subject.clone(),
            properties: properties(&question.subject_properties),
        }),
        action: Some(wire::Action { name: action.clone(), properties: properties(&question.action_properties) }),
        resource: Some(wire::Resource {
            r#type: kind.clone(),
            id: id.clone(),
            school: any_of(school),
            student,
            section: any_of(section),
            created_by,
            referred_to: any_of(referred_to),
            role,
            date: date.map(|day| day.to_string()),
            properties: properties(&free),
        }),
        context: properties(&question.context),
    }
}

fn properties(given: &[(String, Value)]) -> Option<Struct> {
    (!given.is_empty()).then(|| object(given))
}

fn object(members: &[(String, Value)]) -> Struct {
    Struct { fields: members.iter().map(|(name, member)| (name.clone(), value(member))).collect() }
}

fn value(value: &Value) -> Wire {
    let kind = match value {
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(*number),
        Value::Text(text) => Kind::StringValue(text.clone()),
        Value::List(items) => Kind::ListValue(ListValue { values: items.iter().map(self::value).collect() }),
        Value::Object(members) => Kind::StructValue(object(members)),
    };
    Wire { kind: Some(kind) }
}

fn answer(response: wire::CheckResponse) -> Answer {
    let wire::CheckResponse { allow, reason, policy_revision, directory_revision, grant } = response;
    let granted = grant.map(|wire::Grant { role, org, grant }| Granted { role, org, grant });
    Answer { allow, reason, granted, policy_revision, directory_revision }
}

fn account(response: wire::ExplainResponse) -> Option<Account> {
    let wire::ExplainResponse { decision, assignments, would, denied_by, denied_because } = response;
    Some(Account {
        answer: answer(decision?),
        denied_by,
        denied_because,
        assignments: assignments.into_iter().map(holding).collect(),
        would: would
            .into_iter()
            .map(|wire::Would { role, title, org, grant }| Would { role, title, org, grant })
            .collect(),
    })
}

fn holding(holding: wire::Holding) -> Holding {
    let wire::Holding { role, org, standing, grants } = holding;
    let attempt = |wire::Attempt { grant, place, clauses, outcome, fact, reach, because }| Attempt {
        grant,
        place,
        clauses,
        outcome,
        fact,
        reach,
        because,
    };
    Holding { role, org, standing, grants: grants.into_iter().map(attempt).collect() }
}
