//! Services that describe the server: health, and reflection where it is wanted. All workers share them.

use std::convert::Infallible;

use hyper::Request;
use tonic::body::Body;
use tonic::codegen::{Service, http::Response};
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tonic_reflection::server::Builder;
use tower::util::BoxCloneSyncService;

use crate::admin::Readiness;
use crate::grpc::Other;
use crate::grpc::proto::external::envoy::service::auth::v3::authorization_server;
use crate::grpc::proto::{DESCRIPTORS, authzen::access_server, hallpass::hallpass_server};

/// The name under which health says whether the server runs, whatever it has to decide with.
pub const LIVENESS: &str = "liveness";
/// Names that health is asked for: the server as a whole, and each service.
const NAMES: [&str; 4] =
    ["", hallpass_server::SERVICE_NAME, access_server::SERVICE_NAME, authorization_server::SERVICE_NAME];

/// Says how the server is.
#[derive(Debug)]
pub(super) struct Health {
    reporter: HealthReporter,
    readiness: Readiness,
    services: Vec<Other>,
}

impl Health {
    /// Nobody is answered before the server is up, so there is nothing to say until [`Health::begin`].
    pub(super) fn new(reflection: bool) -> Self {
        let (reporter, health) = health_reporter();
        let mut services = vec![other(health)];
        if reflection {
            services.extend(describing());
        }
        Self { reporter, readiness: Readiness::default(), services }
    }

    /// How the server as a whole is, for the admin plane.
    pub(super) fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// The services.
    pub(super) fn services(&self) -> &[Other] {
        &self.services
    }

    /// The server is up, and has nothing to decide with yet.
    pub(super) async fn wait(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    /// The server is up.
    pub(super) async fn begin(&self) {
        self.set(ServingStatus::Serving).await;
    }

    /// The server is about to end.
    pub(super) async fn end(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    /// Ends what watches the server's health, or it would keep its connections open.
    pub(super) async fn release(mut self) {
        for name in NAMES.into_iter().chain([LIVENESS]) {
            self.reporter.clear_service_status(name).await;
        }
    }

    async fn set(&self, status: ServingStatus) {
        self.readiness.set(status == ServingStatus::Serving);
        self.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        for name in NAMES {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// Reflection, in the version that is current and in the one that older tools speak.
fn describing() -> Vec<Other> {
    let builder = || {
        Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(current), Ok(older)) => vec![other(current), other(older)],
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!("reflection is not served: {error}");
            Vec::new()
        }
    }
}

fn other<S>(service: S) -> Other
where
    S: NamedService + Clone + Send + Sync + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    (S::NAME, BoxCloneSyncService::new(service))
}
