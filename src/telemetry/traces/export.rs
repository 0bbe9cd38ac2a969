//! Sending batches of spans: says once that a collector is away, and once that it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::Count;

/// Sends, and counts what was sent.
#[derive(Debug)]
pub(super) struct Exporter {
    otlp: Otlp,
    count: Arc<Count>,
    is_away: AtomicBool,
}

impl Exporter {
    pub(super) fn new(otlp: Otlp, count: Arc<Count>) -> Self {
        Self { otlp, count, is_away: AtomicBool::new(false) }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let exported = self.otlp.export(batch).await;
        let was_away = self.is_away.swap(exported.is_err(), Ordering::Relaxed);
        match &exported {
            Ok(()) => _ = self.count.sent.fetch_add(spans, Ordering::Relaxed),
            Err(error) if !was_away => tracing::warn!("traces do not reach the collector: {error}"),
            Err(_as_before) => {}
        }
        if was_away && exported.is_ok() {
            tracing::info!("traces reach the collector again");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.otlp.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
