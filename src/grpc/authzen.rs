//! The `authzen.access.v1` service: read, ask the decision point, answer, as AuthZEN's HTTP binding does.

use std::borrow::Cow;
use std::sync::Arc;

use prost_types::value::Kind;
use prost_types::{Struct, Value as WireValue};
use tonic::{Request, Response, Status, async_trait};

use super::proto::authzen as wire;
use super::proto::authzen::access_server::Access;
use super::{forbidden, malformed, undecided, value};
use crate::authzen::{
    Action, Options, Question, Resource, Semantic, Subject, Verdict, evaluate, evaluate_all, permit_all, refuse_null_in,
};
use crate::caller::Caller;
use crate::pdp::{Pdp, View};
use crate::policy::decision::{Decision, Granted};
use crate::policy::request::{Malformed, Stored};

/// Answers evaluations.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) pdp: Arc<Pdp>,
    /// Whether every answer says why, asked or not.
    pub(super) explain: bool,
}

#[async_trait]
impl Access for Service {
    async fn evaluation(
        &self,
        request: Request<wire::EvaluationRequest>,
    ) -> Result<Response<wire::EvaluationResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let question = question(request.into_inner()).map_err(malformed)?;
        let decision = evaluate(&view, &question).map_err(undecided)?;
        Ok(Response::new(answer(&view, &Ok(decision), self.explain)))
    }

    async fn evaluations(
        &self,
        request: Request<wire::EvaluationsRequest>,
    ) -> Result<Response<wire::EvaluationsResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::EvaluationsRequest { subject, action, resource, context, options, evaluations } =
            request.into_inner();
        let Options { semantic, explain } = read_options(options).map_err(malformed)?;
        let explain = explain || self.explain;
        let defaults = question(wire::EvaluationRequest { subject, action, resource, context }).map_err(malformed)?;
        let limit = self.pdp.limits().batch_items;
        if evaluations.len() > limit {
            return Err(malformed(Malformed::OverLimit { what: "the number of evaluations", limit }));
        }
        let verdicts = if evaluations.is_empty() {
            vec![Ok(evaluate(&view, &defaults).map_err(undecided)?)]
        } else {
            permit_all(&view, &defaults, evaluations.iter().map(kind_named)).map_err(forbidden)?;
            evaluate_all(&view, &defaults, evaluations.into_iter().map(question), semantic).map_err(forbidden)?
        };
        let evaluations = verdicts.iter().map(|verdict| answer(&view, verdict, explain)).collect();
        Ok(Response::new(wire::EvaluationsResponse { evaluations }))
    }
}

/// The resource type that an item names, where it names one.
fn kind_named(item: &wire::EvaluationRequest) -> Option<&str> {
    item.resource.as_ref().map(|resource| resource.r#type.as_str())
}

fn question(message: wire::EvaluationRequest) -> Result<Question<'static>, Malformed> {
    let wire::EvaluationRequest { subject, action, resource, context } = message;
    Ok(Question {
        subject: subject.map(read_subject).transpose()?,
        action: action.map(read_action).transpose()?,
        resource: resource.map(read_resource).transpose()?,
        context: context.map(|context| value::properties(Some(context))).transpose()?,
    })
}

fn read_subject(message: wire::Subject) -> Result<Subject<'static>, Malformed> {
    let wire::Subject { r#type, id, properties } = message;
    Ok(Subject { kind: Cow::Owned(r#type), id: Cow::Owned(id), properties: value::properties(properties)? })
}

fn read_action(message: wire::Action) -> Result<Action<'static>, Malformed> {
    let wire::Action { name, properties } = message;
    Ok(Action { name: Cow::Owned(name), properties: value::properties(properties)? })
}

fn read_resource(message: wire::Resource) -> Result<Resource<'static>, Malformed> {
    let wire::Resource { r#type, id, properties } = message;
    for (name, wire) in properties.iter().flat_map(|given| &given.fields) {
        if value::lists_null(wire) {
            refuse_null_in(name)?;
        }
    }
    let properties = Stored::new(value::properties(properties)?)?;
    Ok(Resource { kind: Cow::Owned(r#type), id: Cow::Owned(id), properties })
}

fn read_options(options: Option<Struct>) -> Result<Options, Malformed> {
    let options = options.unwrap_or_default();
    let semantic = match kind(&options, "evaluations_semantic") {
        None => Semantic::default(),
        Some(Kind::StringValue(name)) => Semantic::named(name)?,
        Some(_) => return Err(Malformed::WrongType { name: "options.evaluations_semantic", expected: "a text" }),
    };
    let explain = match kind(&options, "hallpass") {
        None => false,
        Some(Kind::StructValue(ours)) => match kind(ours, "explain") {
            None => false,
            Some(Kind::BoolValue(explain)) => *explain,
            Some(_) => {
                return Err(Malformed::WrongType { name: "options.hallpass.explain", expected: "true or false" });
            }
        },
        Some(_) => return Err(Malformed::WrongType { name: "options.hallpass", expected: "an object" }),
    };
    Ok(Options { semantic, explain })
}

fn kind<'a>(object: &'a Struct, name: &str) -> Option<&'a Kind> {
    object.fields.get(name)?.kind.as_ref().filter(|kind| !matches!(kind, Kind::NullValue(_)))
}

fn answer(view: &View<'_>, verdict: &Verdict<'_>, explain: bool) -> wire::EvaluationResponse {
    match verdict {
        Ok(decision) => wire::EvaluationResponse {
            decision: decision.is_allow(),
            context: explain.then(|| value::object([("hallpass", why(view, decision))])),
        },
        Err(malformed) => {
            let status = WireValue { kind: Some(Kind::NumberValue(400.0)) };
            let error = value::object([("status", status), ("message", value::text(&malformed.to_string()))]);
            wire::EvaluationResponse {
                decision: false,
                context: Some(value::object([("error", value::nested(error))])),
            }
        }
    }
}

fn why(view: &View<'_>, decision: &Decision<'_>) -> WireValue {
    let Decision { reason, granted } = decision;
    let (policy, directory) = view.revisions();
    let mut why = value::object([
        ("reason", value::text(reason.code())),
        ("policy_revision", value::text(policy)),
        ("directory_revision", value::text(directory)),
    ]);
    if let Some(Granted { role, org, grant }) = granted {
        let grant =
            value::object([("role", value::text(role)), ("org", value::text(org)), ("grant", value::text(grant))]);
        why.fields.extend(grant.fields);
    }
    value::nested(why)
}
