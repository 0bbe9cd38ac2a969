//! Envoy's external authorization (`envoy.service.auth.v3`): a request at the gateway becomes a question by the routes of
//! the policy set. What is taken from a message stands in `asked`, what an answer looks like in `answer`.

mod answer;
mod asked;

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use super::proto::external::envoy::service::auth::v3 as wire;
use super::proto::external::envoy::service::auth::v3::authorization_server::Authorization;
use crate::pdp::{Pdp, View};
use crate::policy::request::Malformed;
use crate::policy::routes::{Found, NoQuestion, NoRoute};
use answer::Decided;
use asked::Asked;

/// Answers gateways.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) pdp: Arc<Pdp>,
}

/// Why a request is refused before there is a decision.
#[derive(Debug)]
enum Refused {
    /// It is no HTTP request.
    NoHttp,
    /// No route is for it.
    NoRoute(NoRoute),
    /// Nothing verified says who asks.
    NoIdentity,
    /// More than one thing says who asks.
    Ambiguous,
    /// Something that the route needs is missing, or wrong.
    NoQuestion(NoQuestion),
}

impl Refused {
    /// Its code, as decisions have theirs.
    fn code(&self) -> &'static str {
        match self {
            Self::NoHttp => "no_http",
            Self::NoRoute(NoRoute::NotCanonical) => "path_not_canonical",
            Self::NoRoute(NoRoute::Unmatched) => "no_route",
            Self::NoIdentity => "no_identity",
            Self::Ambiguous => "ambiguous_identity",
            Self::NoQuestion(NoQuestion::NoClaim(_)) => "no_claim",
            Self::NoQuestion(NoQuestion::Misconfigured(_)) => "gateway_misconfigured",
            Self::NoQuestion(NoQuestion::Malformed(_)) => "malformed",
        }
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::NoQuestion(malformed.into())
    }
}

#[async_trait]
impl Authorization for Service {
    async fn check(&self, request: Request<wire::CheckRequest>) -> Result<Response<wire::CheckResponse>, Status> {
        let wire::CheckRequest { attributes } = request.into_inner();
        let asked = Asked::new(attributes.as_ref());
        let view = self.pdp.view();
        Ok(Response::new(match &asked {
            Ok(asked) => check(&view, asked),
            Err(refused) => answer::refused(&view, None, refused),
        }))
    }
}

fn check(view: &View<'_>, asked: &Asked<'_>) -> wire::CheckResponse {
    let policy = &view.snapshot().policy;
    let found = match policy.routes().find(asked.method(), asked.host(), asked.target()) {
        Ok(found) => found,
        Err(none) => {
            tracing::debug!(method = asked.method(), host = asked.host(), target = asked.target(), ?none, "no route");
            return answer::refused(view, None, &Refused::NoRoute(none));
        }
    };
    decide(view, asked, &found).unwrap_or_else(|refused| {
        if let Refused::NoQuestion(NoQuestion::Misconfigured(what)) = &refused {
            tracing::warn!(route = found.route.pattern(), "the gateway's context extensions {what}");
        } else {
            tracing::debug!(route = found.route.pattern(), "{refused:?}");
        }
        answer::refused(view, Some(found.route), &refused)
    })
}

fn decide(view: &View<'_>, asked: &Asked<'_>, found: &Found<'_>) -> Result<wire::CheckResponse, Refused> {
    let subject = asked.subject(found.route)?;
    let question = found.question(asked).map_err(Refused::NoQuestion)?;
    let kinds = view.snapshot().policy.subject_types();
    let kind = kinds.first().map_or("user", String::as_str);
    let decision = view.decide(&question.request(kind, &subject))?;
    let decided = Decided { route: found.route, question: &question, subject: &subject, decision };
    Ok(answer::decided(view, asked, &decided))
}
