//! The `hallpass.v1` service: read, ask the decision point, answer. What messages mean stands in `convert`.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::convert::{self, Question};
use super::proto::hallpass as wire;
use super::proto::hallpass::hallpass_server::Hallpass;
use super::{forbidden, list, malformed, plan, stream, undecided};
use crate::caller::Caller;
use crate::credentials::Credentials;
use crate::pdp::{Pdp, Undecided};
use crate::policy::request::Malformed;
use crate::reload;

/// Answers checks.
#[derive(Debug)]
pub struct Service {
    pdp: Arc<Pdp>,
    /// How following the files goes, where they are followed.
    reload: Option<Arc<reload::status::Status>>,
    /// What certificates and callers are read from.
    credentials: Option<Arc<Credentials>>,
}

impl Service {
    /// The service over a decision point; `reload` and `credentials` are what Status tells of following the files.
    #[must_use]
    pub fn new(
        pdp: Arc<Pdp>,
        reload: Option<Arc<reload::status::Status>>,
        credentials: Option<Arc<Credentials>>,
    ) -> Self {
        Self { pdp, reload, credentials }
    }
}

#[async_trait]
impl Hallpass for Service {
    async fn check(&self, request: Request<wire::CheckRequest>) -> Result<Response<wire::CheckResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let question = Question::read(request.into_inner()).map_err(malformed)?;
        let decision = view.decide(&question.request()).map_err(undecided)?;
        Ok(Response::new(convert::response(&view, &decision)))
    }

    async fn batch_check(
        &self,
        request: Request<wire::BatchCheckRequest>,
    ) -> Result<Response<wire::BatchCheckResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::BatchCheckRequest { checks } = request.into_inner();
        let limit = self.pdp.limits().batch_items;
        if checks.len() > limit {
            return Err(malformed(Malformed::OverLimit { what: "the number of checks", limit }));
        }
        let types = checks.iter().filter_map(|check| Some(check.resource.as_ref()?.r#type.as_str()));
        view.permit_all(types).map_err(forbidden)?;
        let decide = |check| {
            let question = Question::read(check);
            let asked = question.as_ref().map_err(|malformed| Undecided::Malformed(malformed.clone()));
            match asked.and_then(|asked| view.decide(&asked.request())) {
                Ok(decision) => Ok(convert::item(&view, &Ok(decision))),
                Err(Undecided::Malformed(malformed)) => Ok(convert::item(&view, &Err(malformed))),
                Err(Undecided::Forbidden(refused)) => Err(forbidden(refused)),
            }
        };
        let items = checks.into_iter().map(decide).collect::<Result<_, _>>()?;
        let (policy_revision, directory_revision) = view.revisions();
        Ok(Response::new(wire::BatchCheckResponse {
            items,
            policy_revision: policy_revision.to_owned(),
            directory_revision: directory_revision.to_owned(),
        }))
    }

    type CheckStreamStream = BoxStream<wire::CheckStreamResponse>;

    async fn check_stream(
        &self,
        request: Request<Streaming<wire::CheckStreamRequest>>,
    ) -> Result<Response<Self::CheckStreamStream>, Status> {
        let caller = Caller::of(request.extensions());
        Ok(Response::new(stream::answers(request.into_inner(), Arc::clone(&self.pdp), caller)))
    }

    async fn list_actions(
        &self,
        request: Request<wire::ListActionsRequest>,
    ) -> Result<Response<wire::ListActionsResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        Ok(Response::new(list::actions(&self.pdp, &view, request.into_inner())?))
    }

    async fn explain(&self, request: Request<wire::ExplainRequest>) -> Result<Response<wire::ExplainResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::ExplainRequest { check } = request.into_inner();
        let check = check.ok_or_else(|| malformed(Malformed::Missing("check")))?;
        let question = Question::read(check).map_err(malformed)?;
        let explanation = view.explain(&question.request()).map_err(undecided)?;
        Ok(Response::new(convert::explanation(&view, explanation)))
    }

    async fn plan(&self, request: Request<wire::PlanRequest>) -> Result<Response<wire::PlanResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        plan::answer(&view, request.into_inner()).map(Response::new)
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::StatusRequest {} = request.into_inner();
        let snapshot = view.snapshot();
        Ok(Response::new(wire::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            policy_revision: (*snapshot.policy_revision).to_owned(),
            directory_revision: (*snapshot.directory_revision).to_owned(),
            generation: snapshot.generation,
            time_zone: snapshot.calendar.zone().iana_name().unwrap_or_default().to_owned(),
            reload: self.reload.as_ref().map(|status| convert::reload(&status.load())),
            credentials: self.credentials.as_deref().and_then(convert::credentials),
        }))
    }
}
