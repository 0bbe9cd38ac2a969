//! Traces over OTLP: a span for each request, made when it has been answered, so that nothing waits for it. Batches leave
//! from a thread of their own; a collector that is away costs spans, and never an answer. How a request becomes a span
//! stands in `span`.

mod export;
mod span;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Uri;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::{Builder, Runtime};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use export::Exporter;
pub(crate) use span::Traced;

/// How long a batch may take to leave.
const EXPORT: Duration = Duration::from_secs(5);
/// How long the last spans may take to leave at the end.
const FLUSH: Duration = Duration::from_secs(2);
const SERVICE_NAME: &str = "service.name";

/// Makes spans.
#[derive(Clone, Debug)]
pub struct Traces(Arc<Making>);

#[derive(Debug)]
struct Making {
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
    count: Arc<Count>,
}

/// Sends spans until it is stopped.
#[derive(Debug)]
pub struct Sending {
    provider: SdkTracerProvider,
    runtime: Runtime,
    count: Arc<Count>,
}

/// How many spans there were.
#[derive(Debug, Default)]
struct Count {
    made: AtomicU64,
    sent: AtomicU64,
}

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// There is nothing to send them with.
    #[error("traces can't be sent: {0}")]
    Runtime(#[from] std::io::Error),
    /// The collector's certificate can't be checked.
    #[error("traces can't be sent: {0}")]
    Tls(#[from] tonic::transport::Error),
    /// One of the variables that OpenTelemetry itself knows can't be used.
    #[error("traces can't be sent: {0}")]
    Exporter(#[from] ExporterBuildError),
}

impl Traces {
    /// Makes spans, and sends them to a collector, whether or not it can be reached. The variables that OpenTelemetry has
    /// for sampling, batches, headers and the resource count.
    ///
    /// # Errors
    /// There are no threads to be had, or no way to such a collector.
    pub fn start(collector: &Uri) -> Result<(Self, Sending), TracesError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build()?;
        let count = Arc::new(Count::default());
        let channel = runtime.block_on(async { channel(collector) })?;
        let exporter = SpanExporter::builder().with_tonic().with_channel(channel).build()?;
        let exporter = Exporter::new(exporter, Arc::clone(&count));
        let provider = SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
        let tracer = provider.tracer("hallpass");
        let making = Making { tracer, propagator: TraceContextPropagator::new(), count: Arc::clone(&count) };
        Ok((Self(Arc::new(making)), Sending { provider, runtime, count }))
    }
}

impl Sending {
    /// Sends what has been made, for as long as that may take, and ends. To be called where waiting holds nobody up.
    pub fn stop(self) {
        let Self { provider, runtime, count } = self;
        // What didn't leave in time is counted below.
        _ = provider.shutdown_with_timeout(FLUSH);
        let (made, sent) = (count.made.load(Ordering::Relaxed), count.sent.load(Ordering::Relaxed));
        if sent < made {
            tracing::warn!("{} of {made} spans did not reach the collector", made - sent);
        }
        runtime.shutdown_background();
    }
}

fn channel(collector: &Uri) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from(collector.clone()).connect_timeout(EXPORT).timeout(EXPORT);
    let is_secure = collector.scheme_str() == Some("https");
    let endpoint = if is_secure { endpoint.tls_config(ClientTlsConfig::new().with_native_roots())? } else { endpoint };
    Ok(endpoint.connect_lazy())
}

/// What sends the spans: `hallpass`, unless a variable says otherwise.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let told = Resource::builder().with_attribute(version.clone()).build();
    let name = told.get(&Key::from_static_str(SERVICE_NAME));
    if name.is_some_and(|name| !name.as_str().starts_with("unknown_service")) {
        return told;
    }
    Resource::builder().with_attributes([version, KeyValue::new(SERVICE_NAME, "hallpass")]).build()
}
