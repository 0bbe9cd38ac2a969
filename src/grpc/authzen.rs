//! The `authzen.access.v1` service: read, ask the decision point, answer, as AuthZEN's HTTP binding does. What messages
//! mean stands in `read`, answers as messages in `answer`.

mod answer;
mod read;

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use super::proto::authzen as wire;
use super::proto::authzen::access_server::Access;
use super::{asking, forbidden, malformed};
use crate::authzen::search::{Found, Refused, Search, Sought};
use crate::authzen::{Options, Settings, evaluate, evaluate_all, kinds};
use crate::pdp::{Asking, Pdp, View};
use crate::policy::request::Malformed;

/// Answers evaluations and searches.
#[derive(Debug)]
pub(super) struct Service {
    pdp: Arc<Pdp>,
    settings: Settings,
}

impl Service {
    /// The service over a decision point.
    pub(super) fn new(pdp: Arc<Pdp>, settings: &Settings) -> Self {
        Self { pdp, settings: settings.clone() }
    }

    async fn find<T>(
        &self,
        asking: Asking,
        search: Search<'_>,
        answer: impl Fn(Found<'_>) -> T,
    ) -> Result<Response<T>, Status> {
        let find = |view: &View<'_>| search.clone().find(view, &self.settings.tokens).map(&answer);
        self.pdp.ask(asking, find).await.map(Response::new).map_err(refused)
    }
}

#[async_trait]
impl Access for Service {
    async fn evaluation(
        &self,
        request: Request<wire::EvaluationRequest>,
    ) -> Result<Response<wire::EvaluationResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let question = read::question(request.into_inner()).map_err(malformed)?;
        let evaluate = |view: &View<'_>| -> Result<_, Status> {
            Ok(answer::evaluation(view, &Ok(evaluate(view, &question)?), self.settings.explain))
        };
        self.pdp.ask(asking, evaluate).await.map(Response::new)
    }

    async fn evaluations(
        &self,
        request: Request<wire::EvaluationsRequest>,
    ) -> Result<Response<wire::EvaluationsResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::EvaluationsRequest { subject, action, resource, context, options, evaluations } =
            request.into_inner();
        let Options { semantic, explain } = read::options(options).map_err(malformed)?;
        let explain = explain || self.settings.explain;
        let defaults = wire::EvaluationRequest { subject, action, resource, context };
        let defaults = read::question(defaults).map_err(malformed)?;
        let limit = self.pdp.limits().batch_items;
        if evaluations.len() > limit {
            return Err(malformed(Malformed::OverLimit { what: "the number of evaluations", limit }));
        }
        let kinds = kinds(&asking, &defaults, evaluations.iter().map(read::kind));
        let items: Vec<_> = evaluations.into_iter().map(read::question).collect();
        let evaluate = |view: &View<'_>| -> Result<_, Status> {
            let verdicts = if items.is_empty() {
                vec![Ok(evaluate(view, &defaults)?)]
            } else {
                view.permit_all(kinds.iter().map(String::as_str)).map_err(forbidden)?;
                evaluate_all(view, &defaults, &items, semantic)?
            };
            let evaluations = verdicts.iter().map(|verdict| answer::evaluation(view, verdict, explain)).collect();
            Ok(wire::EvaluationsResponse { evaluations })
        };
        self.pdp.ask(asking, evaluate).await.map(Response::new)
    }

    async fn subject_search(
        &self,
        request: Request<wire::SubjectSearchRequest>,
    ) -> Result<Response<wire::SubjectSearchResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::SubjectSearchRequest { subject, action, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action, resource, context };
        let search = read::search(Sought::Subjects, question, page).map_err(malformed)?;
        self.find(asking, search, answer::subjects).await
    }

    async fn resource_search(
        &self,
        request: Request<wire::ResourceSearchRequest>,
    ) -> Result<Response<wire::ResourceSearchResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::ResourceSearchRequest { subject, action, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action, resource, context };
        let search = read::search(Sought::Resources, question, page).map_err(malformed)?;
        self.find(asking, search, answer::resources).await
    }

    async fn action_search(
        &self,
        request: Request<wire::ActionSearchRequest>,
    ) -> Result<Response<wire::ActionSearchResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::ActionSearchRequest { subject, action: _, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action: None, resource, context };
        let search = read::search(Sought::Actions, question, page).map_err(malformed)?;
        self.find(asking, search, answer::actions).await
    }
}

fn refused(refused: Refused) -> Status {
    match refused {
        Refused::Undecided(error) => error.into(),
        Refused::Token(unfit) => Status::invalid_argument(unfit.to_string()),
    }
}
