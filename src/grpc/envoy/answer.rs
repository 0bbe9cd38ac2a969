//! Answers to a gateway. Whoever sent the request learns that it was refused and no more; the gateway's own log learns why,
//! from metadata.

use prost_types::{Struct, Value};
use tonic::Code;

use super::super::proto::external::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use super::super::proto::external::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use super::super::proto::external::envoy::service::auth::v3 as wire;
use super::super::proto::external::envoy::r#type::v3::{HttpStatus, StatusCode};
use super::super::proto::external::google::rpc;
use super::super::value::text;
use super::Refused;
use super::asked::Asked;
use crate::pdp::View;
use crate::policy::decision::{Decision, Granted};
use crate::policy::routes::{NoQuestion, Question, Route};
use wire::check_response::HttpResponse;

/// Headers that upstreams may trust begin so: a client's own are taken away.
const OURS: &str = "x-hallpass-";
/// Who asks.
const SUBJECT: &str = "x-hallpass-subject";
/// The policy revision that allowed it.
const REVISION: &str = "x-hallpass-revision";
/// Headers by which a client tells some frameworks to take another method or path than it sent: what was decided would
/// not be what is done.
const OVERRIDES: [&str; 5] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// A decision, with all that it came from.
#[derive(Debug)]
pub(super) struct Decided<'a> {
    pub(super) route: &'a Route,
    pub(super) question: &'a Question,
    pub(super) subject: &'a str,
    pub(super) decision: Decision<'a>,
}

/// The answer to a decision.
pub(super) fn decided(view: &View<'_>, asked: &Asked<'_>, decided: &Decided<'_>) -> wire::CheckResponse {
    let Decided { route, question, subject, decision } = decided;
    let reason = decision.reason.code();
    let mut metadata = metadata(Some(view), Some(route), decision.is_allow(), reason);
    let mut say = |name: &str, said: &str| metadata.fields.insert(name.to_owned(), text(said));
    say("action", &question.action);
    say("resource_type", &question.kind);
    if let Some(Granted { role, org, grant }) = decision.granted {
        say("role", role);
        say("org", org);
        say("grant", grant);
        return response(Code::Ok, reason, HttpResponse::OkResponse(passed_on(view, asked, subject)), metadata);
    }
    let denied = problem(StatusCode::Forbidden, "not allowed");
    response(Code::PermissionDenied, reason, HttpResponse::DeniedResponse(denied), metadata)
}

/// The answer to a request that cannot be decided; without a view where there is none.
pub(super) fn refused(view: Option<&View<'_>>, route: Option<&Route>, refused: &Refused) -> wire::CheckResponse {
    let metadata = metadata(view, route, false, refused.code());
    let denied = |code, status, message: &str| (code, HttpResponse::DeniedResponse(problem(status, message)));
    let (code, answer) = match refused {
        Refused::NoIdentity => denied(Code::Unauthenticated, StatusCode::Unauthorized, "not signed in"),
        Refused::NoQuestion(NoQuestion::Malformed(malformed)) => {
            denied(Code::InvalidArgument, StatusCode::BadRequest, &malformed.to_string())
        }
        Refused::Unavailable | Refused::NoQuestion(NoQuestion::Misconfigured(_)) => {
            let problem = problem(StatusCode::ServiceUnavailable, "could not decide");
            (Code::Unavailable, HttpResponse::ErrorResponse(problem))
        }
        Refused::NoHttp
        | Refused::NoRoute(_)
        | Refused::Forbidden(_)
        | Refused::Ambiguous
        | Refused::NoQuestion(NoQuestion::NoClaim(_)) => {
            denied(Code::PermissionDenied, StatusCode::Forbidden, "not allowed")
        }
    };
    response(code, refused.code(), answer, metadata)
}

fn response(code: Code, reason: &str, answer: HttpResponse, metadata: Struct) -> wire::CheckResponse {
    wire::CheckResponse {
        status: Some(rpc::Status { code: code as i32, message: reason.to_owned(), details: Vec::new() }),
        dynamic_metadata: Some(metadata),
        http_response: Some(answer),
    }
}

/// What the gateway's own log may tell.
fn metadata(view: Option<&View<'_>>, route: Option<&Route>, allow: bool, reason: &str) -> Struct {
    let (policy, directory) = view.map(View::revisions).unzip();
    let said = [
        ("decision", Some(if allow { "allow" } else { "deny" })),
        ("reason", Some(reason)),
        ("policy_revision", policy),
        ("directory_revision", directory),
        ("route", route.map(Route::pattern)),
    ];
    let fields = said.into_iter().filter_map(|(name, said)| Some((name.to_owned(), text(said?))));
    Struct { fields: fields.collect::<std::collections::BTreeMap<String, Value>>() }
}

/// What the upstream is told, and what it never sees.
fn passed_on(view: &View<'_>, asked: &Asked<'_>, subject: &str) -> wire::OkHttpResponse {
    let (policy, _) = view.revisions();
    let mut headers = vec![header(REVISION, policy)];
    if subject.bytes().all(|byte| byte.is_ascii_graphic()) {
        headers.push(header(SUBJECT, subject));
    }
    let set = |name: &String| headers.iter().filter_map(|set| set.header.as_ref()).any(|header| header.key == *name);
    let theirs = asked.headers_like(OURS).into_iter().chain([SUBJECT.to_owned()]);
    let mut remove: Vec<String> = theirs.filter(|name| !set(name)).chain(OVERRIDES.map(str::to_owned)).collect();
    remove.dedup();
    wire::OkHttpResponse { headers, headers_to_remove: remove, ..Default::default() }
}

/// A refusal, as the HTTP edge words its own.
fn problem(status: StatusCode, message: &str) -> wire::DeniedHttpResponse {
    let code = status as i32;
    let mut headers = vec![header("content-type", "application/json"), header("cache-control", "no-store")];
    if status == StatusCode::Unauthorized {
        headers.push(header("www-authenticate", "Bearer"));
    }
    let message = serde_json::Value::from(message);
    let body = format!(r#"{{"error":{{"status":{code},"message":{message}}}}}"#);
    wire::DeniedHttpResponse { status: Some(HttpStatus { code }), headers, body }
}

/// A header in place of whatever was there: the zero value of `append_action` would leave a client's own beside it.
fn header(name: &str, value: &str) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name.to_owned(), value: value.to_owned(), ..Default::default() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..Default::default()
    }
}
