//! The `authzen.access.v1` service: read, ask the decision point, answer, as AuthZEN's HTTP binding does. What messages
//! mean stands in `read`, answers as messages in `answer`.

mod answer;
mod read;

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use super::proto::authzen as wire;
use super::proto::authzen::access_server::Access;
use super::{forbidden, malformed, undecided};
use crate::authzen::search::{Refused, Sought};
use crate::authzen::{Options, Settings, evaluate, evaluate_all, permit_all};
use crate::caller::Caller;
use crate::pdp::Pdp;
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
}

#[async_trait]
impl Access for Service {
    async fn evaluation(
        &self,
        request: Request<wire::EvaluationRequest>,
    ) -> Result<Response<wire::EvaluationResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let question = read::question(request.into_inner()).map_err(malformed)?;
        let decision = evaluate(&view, &question).map_err(undecided)?;
        Ok(Response::new(answer::evaluation(&view, &Ok(decision), self.settings.explain)))
    }

    async fn evaluations(
        &self,
        request: Request<wire::EvaluationsRequest>,
    ) -> Result<Response<wire::EvaluationsResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
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
        let verdicts = if evaluations.is_empty() {
            vec![Ok(evaluate(&view, &defaults).map_err(undecided)?)]
        } else {
            permit_all(&view, &defaults, evaluations.iter().map(read::kind)).map_err(forbidden)?;
            let items = evaluations.into_iter().map(read::question);
            evaluate_all(&view, &defaults, items, semantic).map_err(forbidden)?
        };
        let evaluations = verdicts.iter().map(|verdict| answer::evaluation(&view, verdict, explain)).collect();
        Ok(Response::new(wire::EvaluationsResponse { evaluations }))
    }

    async fn subject_search(
        &self,
        request: Request<wire::SubjectSearchRequest>,
    ) -> Result<Response<wire::SubjectSearchResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::SubjectSearchRequest { subject, action, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action, resource, context };
        let search = read::search(Sought::Subjects, question, page).map_err(malformed)?;
        let found = search.find(&view, &self.settings.tokens).map_err(refused)?;
        Ok(Response::new(answer::subjects(found)))
    }

    async fn resource_search(
        &self,
        request: Request<wire::ResourceSearchRequest>,
    ) -> Result<Response<wire::ResourceSearchResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::ResourceSearchRequest { subject, action, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action, resource, context };
        let search = read::search(Sought::Resources, question, page).map_err(malformed)?;
        let found = search.find(&view, &self.settings.tokens).map_err(refused)?;
        Ok(Response::new(answer::resources(found)))
    }

    async fn action_search(
        &self,
        request: Request<wire::ActionSearchRequest>,
    ) -> Result<Response<wire::ActionSearchResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::ActionSearchRequest { subject, action: _, resource, context, page } = request.into_inner();
        let question = wire::EvaluationRequest { subject, action: None, resource, context };
        let search = read::search(Sought::Actions, question, page).map_err(malformed)?;
        let found = search.find(&view, &self.settings.tokens).map_err(refused)?;
        Ok(Response::new(answer::actions(found)))
    }
}

fn refused(refused: Refused) -> Status {
    match refused {
        Refused::Undecided(error) => undecided(error),
        Refused::Token(unfit) => Status::invalid_argument(unfit.to_string()),
    }
}
