//! A collector of traces that keeps what it is sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use hyper::Uri;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::runtime::Runtime;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// What came, and who sent it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<(Vec<Span>, Vec<KeyValue>)>>);

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut kept = self.0.lock().unwrap();
        for spans in request.into_inner().resource_spans {
            kept.1 = spans.resource.unwrap().attributes;
            kept.0.extend(spans.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A collector that listens until it is dropped.
pub(crate) struct Collector {
    address: SocketAddr,
    kept: Kept,
    _runtime: Runtime,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let kept = Kept::default();
        let service = TraceServiceServer::new(kept.clone());
        let incoming = {
            let _inside = runtime.enter();
            TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap()
        };
        let address = incoming.local_addr().unwrap();
        runtime.spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        Self { address, kept, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> Uri {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// The spans that came, in the order in which their requests began.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = self.kept.0.lock().unwrap().0.clone();
        spans.sort_by_key(|span| span.start_time_unix_nano);
        spans
    }

    /// What is said of who sent them.
    pub(crate) fn sender(&self, key: &str) -> Option<String> {
        text(&self.kept.0.lock().unwrap().1, key)
    }
}

/// An attribute, as a text.
pub(crate) fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    let value = found.value.clone().unwrap().value.unwrap();
    if let Value::StringValue(text) = value {
        return Some(text);
    }
    let Value::IntValue(number) = value else { panic!("{value:?}") };
    Some(number.to_string())
}
