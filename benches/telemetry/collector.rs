//! A collector of traces that counts what it is sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::runtime::{Builder, Runtime};
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
struct Counted(Arc<AtomicU64>);

#[tonic::async_trait]
impl TraceService for Counted {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let spans = request.get_ref().resource_spans.iter().flat_map(|spans| &spans.scope_spans);
        self.0.fetch_add(spans.map(|scope| scope.spans.len() as u64).sum(), Ordering::Relaxed);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Listens until it is dropped.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    spans: Counted,
    _runtime: Runtime,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let spans = Counted::default();
        let incoming = {
            let _inside = runtime.enter();
            TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free")
        };
        let address = incoming.local_addr().expect("it listens");
        runtime
            .spawn(Server::builder().add_service(TraceServiceServer::new(spans.clone())).serve_with_incoming(incoming));
        Self { address, spans, _runtime: runtime }
    }

    /// How many spans came so far.
    pub(crate) fn spans(&self) -> u64 {
        self.spans.0.load(Ordering::Relaxed)
    }
}
