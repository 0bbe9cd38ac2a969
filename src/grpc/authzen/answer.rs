//! AuthZEN's answers as `authzen.access.v1` messages: decisions, what is said about them, pages of results.

use prost_types::Value as WireValue;
use prost_types::value::Kind;

use super::super::value;
use super::wire;
use crate::authzen::Verdict;
use crate::authzen::search::Found;
use crate::pdp::View;
use crate::policy::decision::{Decision, Granted};

/// A decision, or what is wrong with the item.
pub(super) fn evaluation(view: &View<'_>, verdict: &Verdict<'_>, explain: bool) -> wire::EvaluationResponse {
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

/// A page of subjects.
pub(super) fn subjects(found: Found<'_>) -> wire::SubjectSearchResponse {
    let page = turn(&found);
    let Found { kind, results, next: _ } = found;
    let subject = |id: &str| wire::Subject { r#type: kind.clone(), id: id.to_owned(), properties: None };
    wire::SubjectSearchResponse { results: results.into_iter().map(subject).collect(), page }
}

/// A page of resources.
pub(super) fn resources(found: Found<'_>) -> wire::ResourceSearchResponse {
    let page = turn(&found);
    let Found { kind, results, next: _ } = found;
    let resource = |id: &str| wire::Resource { r#type: kind.clone(), id: id.to_owned(), properties: None };
    wire::ResourceSearchResponse { results: results.into_iter().map(resource).collect(), page }
}

/// A page of actions.
pub(super) fn actions(found: Found<'_>) -> wire::ActionSearchResponse {
    let page = turn(&found);
    let Found { kind: _, results, next: _ } = found;
    let action = |name: &str| wire::Action { name: name.to_owned(), properties: None };
    wire::ActionSearchResponse { results: results.into_iter().map(action).collect(), page }
}

fn turn(found: &Found<'_>) -> Option<wire::PaginationResponse> {
    let next_token = found.next.clone()?;
    let count = i64::try_from(found.results.len()).ok();
    Some(wire::PaginationResponse { next_token, count, total: None, properties: None })
}
