//! Envoy's external authorization (`envoy.service.auth.v3`): a request at the gateway becomes a question by the routes of
//! the policy set. What is taken from a message stands in `asked`, what an answer looks like in `answer`.

mod answer;
mod asked;

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use super::proto::external::envoy::service::auth::v3 as wire;
use super::proto::external::envoy::service::auth::v3::authorization_server::Authorization;
use super::{asking, forbidden};
use crate::caller::Forbidden;
use crate::fault;
use crate::pdp::{Pdp, Undecided, View};
use crate::policy::routes::{Found, NoQuestion, NoRoute, Route};
use crate::telemetry::metrics::Why;
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
    /// The gateway itself may not ask.
    Forbidden(Forbidden),
    /// The directory can't be asked, or the decision not recorded.
    Unavailable,
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
            Self::Forbidden(_) => "gateway_forbidden",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Refused {
    /// What it counts as.
    fn why(&self) -> Why {
        match self {
            Self::NoQuestion(NoQuestion::Malformed(_)) => Why::Malformed,
            Self::NoQuestion(NoQuestion::Misconfigured(_)) | Self::Unavailable => Why::Unavailable,
            Self::NoQuestion(NoQuestion::NoClaim(_)) | Self::NoHttp | Self::NoRoute(_) => Why::Forbidden,
            Self::NoIdentity | Self::Ambiguous | Self::Forbidden(_) => Why::Forbidden,
        }
    }
}

impl From<Undecided> for Refused {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Malformed(malformed) => Self::NoQuestion(malformed.into()),
            Undecided::Forbidden(forbidden) => Self::Forbidden(forbidden),
            Undecided::Unavailable(why) | Undecided::Exhausted(why) => {
                tracing::debug!("not decided: {why}");
                Self::Unavailable
            }
        }
    }
}

#[async_trait]
impl Authorization for Service {
    async fn check(&self, request: Request<wire::CheckRequest>) -> Result<Response<wire::CheckResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::CheckRequest { attributes } = request.into_inner();
        let asked = Asked::new(attributes.as_ref());
        match self.pdp.ask(asking, |view| answered(view, asked.as_ref().map_err(|_no_http| Refused::NoHttp))).await {
            Ok(answer) => Ok(Response::new(answer)),
            Err(Refused::Forbidden(gateway)) => Err(forbidden(gateway)),
            Err(refused) => {
                self.pdp.note_undecided(refused.why());
                Ok(Response::new(answer::refused(None, None, &refused)))
            }
        }
    }
}

/// The answer; an error is about the gateway or the directory, not about what was asked.
fn answered(view: &View<'_>, asked: Result<&Asked<'_>, Refused>) -> Answered {
    let (route, answered) = match asked {
        Err(refused) => (None, Err(refused)),
        Ok(asked) => check(view, asked),
    };
    match answered {
        Err(refused @ (Refused::Forbidden(_) | Refused::Unavailable)) => Err(refused),
        Err(refused) => {
            tell(route, &refused);
            view.note_undecided(refused.why());
            Ok(answer::refused(Some(view), route, &refused))
        }
        Ok(answer) => Ok(answer),
    }
}

/// For those who write routes and configure gateways.
fn tell(route: Option<&Route>, refused: &Refused) {
    let route = route.map_or("none", Route::pattern);
    if let Refused::NoQuestion(NoQuestion::Misconfigured(what)) = refused {
        tracing::warn!(route, "the gateway's context extensions {what}");
    } else {
        tracing::debug!(route, "refused: {}", refused.code());
    }
}

type Answered = Result<wire::CheckResponse, Refused>;

/// The route that a request has, and the answer.
fn check<'v>(view: &'v View<'_>, asked: &Asked<'_>) -> (Option<&'v Route>, Answered) {
    let routes = view.snapshot().policy.routes();
    let found = fault::point("gateway.route").map_err(|_told| NoRoute::Unmatched);
    match found.and_then(|()| routes.find(asked.method(), asked.host(), asked.target())) {
        Ok(found) => (Some(found.route), decide(view, asked, &found)),
        Err(none) => {
            let (method, host, target) = (asked.method(), asked.host(), asked.target());
            tracing::debug!(method, host, target, "no route: {none:?}");
            (None, Err(Refused::NoRoute(none)))
        }
    }
}

fn decide(view: &View<'_>, asked: &Asked<'_>, found: &Found<'_, '_>) -> Answered {
    let subject = asked.subject(found.route)?;
    let question = found.question(asked).map_err(Refused::NoQuestion)?;
    let kinds = view.snapshot().policy.subject_types();
    let kind = kinds.first().map_or("user", String::as_str);
    let decision = view.decide(&question.request(kind, &subject))?;
    let decided = Decided { route: found.route, question: &question, subject: &subject, decision };
    Ok(answer::decided(view, asked, &decided))
}
