//! The `hallpass.v1` service: read, ask the decision point, answer. What messages mean stands in `convert`.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::convert::{self, Question};
use super::proto::hallpass as wire;
use super::proto::hallpass::hallpass_server::Hallpass;
use super::{asking, forbidden, list, malformed, plan, stream};
use crate::caller::Caller;
use crate::credentials::Credentials;
use crate::pdp::{Pdp, View};
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
        let asking = asking(&self.pdp, &request)?;
        let question = Question::read(request.into_inner()).map_err(malformed)?;
        let check =
            |view: &View<'_>| -> Result<_, Status> { Ok(convert::response(view, &view.decide(&question.request())?)) };
        self.pdp.ask(asking, check).await.map(Response::new)
    }

    async fn batch_check(
        &self,
        request: Request<wire::BatchCheckRequest>,
    ) -> Result<Response<wire::BatchCheckResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::BatchCheckRequest { checks } = request.into_inner();
        let limit = self.pdp.limits().batch_items;
        if checks.len() > limit {
            return Err(malformed(Malformed::OverLimit { what: "the number of checks", limit }));
        }
        let kinds = asking.kinds(checks.iter().filter_map(|check| Some(check.resource.as_ref()?.r#type.as_str())));
        let questions: Vec<_> = checks.into_iter().map(Question::read).collect();
        let check = |view: &View<'_>| -> Result<_, Status> {
            view.permit_all(kinds.iter().map(String::as_str)).map_err(forbidden)?;
            let items = questions.iter().map(|question| convert::item(view, question)).collect::<Result<_, _>>()?;
            let (policy_revision, directory_revision) = view.revisions();
            Ok(wire::BatchCheckResponse {
                items,
                policy_revision: policy_revision.to_owned(),
                directory_revision: directory_revision.to_owned(),
            })
        };
        self.pdp.ask(asking, check).await.map(Response::new)
    }

    type CheckStreamStream = BoxStream<wire::CheckStreamResponse>;

    async fn check_stream(
        &self,
        request: Request<Streaming<wire::CheckStreamRequest>>,
    ) -> Result<Response<Self::CheckStreamStream>, Status> {
        let asking = asking(&self.pdp, &request)?;
        Ok(Response::new(stream::answers(request.into_inner(), Arc::clone(&self.pdp), asking)))
    }

    async fn list_actions(
        &self,
        request: Request<wire::ListActionsRequest>,
    ) -> Result<Response<wire::ListActionsResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let list = list::List::read(&asking, self.pdp.limits(), request.into_inner()).map_err(malformed)?;
        self.pdp.ask(asking, |view| list.actions(view)).await.map(Response::new)
    }

    async fn explain(&self, request: Request<wire::ExplainRequest>) -> Result<Response<wire::ExplainResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let wire::ExplainRequest { check } = request.into_inner();
        let check = check.ok_or_else(|| malformed(Malformed::Missing("check")))?;
        let question = Question::read(check).map_err(malformed)?;
        let explain = |view: &View<'_>| -> Result<_, Status> {
            Ok(convert::explanation(view, view.explain(&question.request())?))
        };
        self.pdp.ask(asking, explain).await.map(Response::new)
    }

    async fn plan(&self, request: Request<wire::PlanRequest>) -> Result<Response<wire::PlanResponse>, Status> {
        let asking = asking(&self.pdp, &request)?;
        let asked = plan::Asked::read(request.into_inner())?;
        self.pdp.ask(asking, |view| asked.answer(view)).await.map(Response::new)
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        let view = self.pdp.view(Caller::of(request.extensions()));
        let wire::StatusRequest {} = request.into_inner();
        let snapshot = view.snapshot();
        let (directory_revision, time_zone) = self.pdp.directory_now();
        Ok(Response::new(wire::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            policy_revision: (*snapshot.policy_revision).to_owned(),
            directory_revision,
            generation: snapshot.generation,
            time_zone: time_zone.iana_name().unwrap_or_default().to_owned(),
            reload: self.reload.as_ref().map(|status| convert::reload(&status.load())),
            credentials: self.credentials.as_deref().and_then(convert::credentials),
            directory: Some(convert::directory(self.pdp.directory().map(|remote| remote.state()))),
        }))
    }
}
