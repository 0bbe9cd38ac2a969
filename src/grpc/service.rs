//! The `hallpass.v1` service: read, ask the decision point, answer. What messages mean stands in `convert`.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use super::convert::{self, Question};
use super::malformed;
use super::plan;
use super::proto::hallpass as wire;
use super::proto::hallpass::hallpass_server::Hallpass;
use crate::pdp::Pdp;
use crate::policy::request::Malformed;
use crate::reload;

/// Answers checks.
#[derive(Debug)]
pub struct Service {
    pdp: Arc<Pdp>,
    /// How following the files goes, where they are followed.
    reload: Option<Arc<reload::status::Status>>,
}

impl Service {
    /// The service over a decision point; `reload` is what Status tells of following the files.
    #[must_use]
    pub fn new(pdp: Arc<Pdp>, reload: Option<Arc<reload::status::Status>>) -> Self {
        Self { pdp, reload }
    }
}

#[async_trait]
impl Hallpass for Service {
    async fn check(&self, request: Request<wire::CheckRequest>) -> Result<Response<wire::CheckResponse>, Status> {
        let question = Question::read(request.into_inner()).map_err(malformed)?;
        let view = self.pdp.view();
        let decision = view.decide(&question.request()).map_err(malformed)?;
        Ok(Response::new(convert::response(&view, &decision)))
    }

    async fn batch_check(
        &self,
        request: Request<wire::BatchCheckRequest>,
    ) -> Result<Response<wire::BatchCheckResponse>, Status> {
        let wire::BatchCheckRequest { checks } = request.into_inner();
        let limit = self.pdp.limits().batch_items;
        if checks.len() > limit {
            return Err(malformed(Malformed::OverLimit { what: "the number of checks", limit }));
        }
        let view = self.pdp.view();
        let decide = |check| {
            let question = Question::read(check);
            let verdict = question.as_ref().map_err(Clone::clone).and_then(|asked| view.decide(&asked.request()));
            convert::item(&view, &verdict)
        };
        let items = checks.into_iter().map(decide).collect();
        let (policy_revision, directory_revision) = view.revisions();
        Ok(Response::new(wire::BatchCheckResponse {
            items,
            policy_revision: policy_revision.to_owned(),
            directory_revision: directory_revision.to_owned(),
        }))
    }

    async fn explain(&self, request: Request<wire::ExplainRequest>) -> Result<Response<wire::ExplainResponse>, Status> {
        let wire::ExplainRequest { check } = request.into_inner();
        let check = check.ok_or_else(|| malformed(Malformed::Missing("check")))?;
        let question = Question::read(check).map_err(malformed)?;
        let view = self.pdp.view();
        let explanation = view.explain(&question.request()).map_err(malformed)?;
        Ok(Response::new(convert::explanation(&view, explanation)))
    }

    async fn plan(&self, request: Request<wire::PlanRequest>) -> Result<Response<wire::PlanResponse>, Status> {
        plan::answer(&self.pdp.view(), request.into_inner()).map(Response::new)
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        let wire::StatusRequest {} = request.into_inner();
        let view = self.pdp.view();
        let snapshot = view.snapshot();
        Ok(Response::new(wire::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            policy_revision: (*snapshot.policy_revision).to_owned(),
            directory_revision: (*snapshot.directory_revision).to_owned(),
            generation: snapshot.generation,
            time_zone: snapshot.calendar.zone().iana_name().unwrap_or_default().to_owned(),
            reload: self.reload.as_ref().map(|status| convert::reload(&status.load())),
        }))
    }
}
