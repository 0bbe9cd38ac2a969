//! What a page of metrics is read from, each time it is asked for, and what each metric is called and means.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::app::Traffic;
use crate::caller::Caller;
use crate::credentials::Credentials;
use crate::directory::remote::State;
use crate::pdp::Pdp;
use crate::policy::decision::Reason;
use crate::reload::status::{Status, StatusData};
use crate::telemetry::decision_log::Figures;
use crate::telemetry::metrics::{Counted, Metrics, OfApplication, Search, Why};
use crate::telemetry::shadow::Figures as ShadowFigures;

/// What a page is read from.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// What is counted on the path of requests, where it is.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// What decides.
    pub(crate) pdp: Arc<Pdp>,
    /// How following the files goes, where they are followed.
    pub(crate) reload: Option<Arc<Status>>,
    /// What certificates, callers and keys are read from.
    pub(crate) credentials: Arc<Credentials>,
    /// Who is connected.
    pub(crate) traffic: Arc<Traffic>,
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Writer(encoder);
        if let Some(metrics) = &self.metrics {
            decisions(&mut page, &metrics.counted())?;
        }
        served(&mut page, &self.pdp)?;
        if let Some(reload) = &self.reload {
            reloading(&mut page, &reload.load())?;
        }
        if let Some(remote) = self.pdp.directory() {
            directory(&mut page, &remote.state())?;
        }
        if let Some(shadow) = self.pdp.telemetry().shadow() {
            shadowing(&mut page, &shadow.figures())?;
        }
        credentials(&mut page, &self.credentials)?;
        connections(&mut page, &self.traffic)?;
        self.pdp.telemetry().log().map_or(Ok(()), |log| logging(&mut page, &log.figures()))
    }
}

fn decisions(page: &mut Writer<'_>, counted: &Counted) -> fmt::Result {
    let Counted { applications, undecided, seconds } = counted;
    let rows = applications.iter().flat_map(|OfApplication { name, decisions, .. }| {
        let row = move |(reason, count): (Reason, &u64)| {
            let effect = if reason == Reason::Granted { "allow" } else { "deny" };
            ([("application", &**name), ("effect", effect), ("reason", reason.code())], *count)
        };
        Reason::ALL.into_iter().zip(decisions).map(row)
    });
    page.counters("decisions", "Decisions, by the application asked about, their effect and their reason.", rows)?;
    let rows = applications.iter().flat_map(|OfApplication { name, searches, .. }| {
        let row = move |(search, count): (Search, &u64)| ([("application", &**name), ("kind", search.label())], *count);
        Search::ALL.into_iter().zip(searches).map(row)
    });
    page.counters("searches", "Searches, lists of actions and plans, by the application asked about.", rows)?;
    let rows = Why::ALL.into_iter().zip(undecided).map(|(why, count)| ([("why", why.label())], *count));
    let help = "Questions, and requests refused as a whole, that got no decision and so no allow, by why.";
    page.counters("undecided", help, rows)?;
    let help = "How long decisions took, waiting for facts included; in a batch, since the decision before.";
    let mut encoder = page.0.encode_descriptor("decision_seconds", help, None, MetricType::Histogram)?;
    encoder.encode_histogram::<[(&str, &str); 0]>(seconds.sum, seconds.count, &seconds.buckets, None)
}

fn served(page: &mut Writer<'_>, pdp: &Pdp) -> fmt::Result {
    let view = pdp.view(Caller::Nobody);
    let (policy, _) = view.revisions();
    page.info("build_info", "The server's version.", ("version", env!("CARGO_PKG_VERSION")))?;
    page.info("policy_info", "The policy in use, by its revision.", ("revision", policy))?;
    let help = "Sets of policy and directory that were taken since the start; the first is 1.";
    page.gauge("snapshot_generation", help, view.snapshot().generation)
}

fn reloading(page: &mut Writer<'_>, data: &StatusData) -> fmt::Result {
    let help = "1 while the files of policy and directory are those in use; 0 while they are refused or can't be read.";
    page.gauge("reload_ok", help, i64::from(!data.failing))?;
    let help = "When the files were last known to be those in use.";
    page.gauge("reload_last_success_timestamp_seconds", help, seconds(data.last_success))?;
    let help = "When files were last refused or could not be read; 0 if they never were.";
    let failed = data.last_failure.as_ref().map_or(0.0, |failure| seconds(failure.at));
    page.gauge("reload_last_failure_timestamp_seconds", help, failed)?;
    let rows = [([("result", "ok")], data.reloads_ok), ([("result", "failed")], data.reloads_failed)];
    page.counters(
        "reloads",
        "Sets of changed files that were taken, or not; a failure counts each time it is tried.",
        rows,
    )
}

fn directory(page: &mut Writer<'_>, state: &State) -> fmt::Result {
    page.gauge("directory_connected", "1 while changes of the directory are followed.", i64::from(state.connected))?;
    let help = "The number of the last change of the directory that is known; absent where it keeps no log.";
    page.gauges("directory_sequence", help, state.sequence)?;
    let help = "How long ago the last reading of the directory's changes began that came through.";
    page.gauges("directory_lag_seconds", help, state.read_ago.map(|ago| ago.as_secs_f64()))?;
    page.gauge("directory_cache_entries", "Facts about people and records that are kept.", state.entries)?;
    page.gauge("directory_cache_bytes", "Bytes that these facts take; about.", state.bytes)?;
    let counters = [
        ("directory_cache_hits", "Facts that were at hand.", state.hits),
        ("directory_cache_misses", "Facts that had to be looked up.", state.misses),
        ("directory_cache_evictions", "Facts that were dropped for want of room.", state.evictions),
        ("directory_loads", "Look-ups in the directory that were begun.", state.loads),
        ("directory_loads_failed", "Look-ups that failed, those that took too long among them.", state.failed_loads),
        ("directory_turned_away", "Requests sent away because too many look-ups waited.", state.turned_away),
        ("directory_reconnects", "Connections opened again to follow changes.", state.reconnects),
    ];
    counters.into_iter().try_for_each(|(name, help, value)| page.counter(name, help, value))
}

fn shadowing(page: &mut Writer<'_>, figures: &ShadowFigures) -> fmt::Result {
    let ShadowFigures { problems, same, gained, lost, dropped, .. } = figures;
    let rows = [("same", same), ("gained", gained), ("lost", lost)];
    let rows = rows.map(|(result, count)| ([("result", result)], *count));
    page.counters(
        "shadow_decisions",
        "Decisions about which the shadow policy was asked, by what it would change.",
        rows,
    )?;
    page.counter("shadow_dropped", "Decisions about which it was not asked, because too many waited.", *dropped)?;
    let help =
        "1 while the files of the shadow policy are those that are asked; 0 while they are refused or can't be read.";
    page.gauge("shadow_ok", help, i64::from(problems.is_empty()))
}

fn credentials(page: &mut Writer<'_>, credentials: &Credentials) -> fmt::Result {
    let help = "1 while the files of certificates, callers and keys are those in use; 0 while older ones are.";
    page.gauge("credentials_ok", help, i64::from(credentials.problems().is_empty()))?;
    let help = "When the server's certificate ends; absent where it speaks plain text.";
    let end = credentials.tls().map(|tls| seconds(tls.not_after().into()));
    page.gauges("certificate_not_after_timestamp_seconds", help, end)
}

fn connections(page: &mut Writer<'_>, traffic: &Traffic) -> fmt::Result {
    page.gauge("connections", "Connections of callers that are open.", traffic.connections() as u64)?;
    let help = "Connections that were not let in, because as many were open as may be.";
    page.counter("connections_refused", help, traffic.refused())
}

fn logging(page: &mut Writer<'_>, figures: &Figures) -> fmt::Result {
    page.counter("decision_log_written", "Decisions that were written to the log.", figures.written)?;
    page.counter("decision_log_dropped", "Decisions that the log does not show and never will.", figures.dropped)?;
    page.counter("decision_log_errors", "Times that something could not be written to the log.", figures.errors)?;
    page.gauge("decision_log_queue", "Decisions that wait to be written.", figures.queued)?;
    let help = "When something was written to the log last; 0 if nothing ever was.";
    page.gauge("decision_log_last_write_timestamp_seconds", help, figures.last_write)
}

/// A time as Prometheus has them.
fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Writes metrics of a page.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    fn counter(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        ConstCounter::new(value).encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.gauges(name, help, Some(value))
    }

    /// A gauge that may have nothing to say.
    fn gauges(&mut self, name: &str, help: &str, value: Option<impl EncodeGaugeValue>) -> fmt::Result {
        let encoder = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        value.map_or(Ok(()), |value| ConstGauge::new(value).encode(encoder))
    }

    fn counters<'a, const L: usize>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = ([(&'static str, &'a str); L], u64)>,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in rows {
            ConstCounter::new(value).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// Something whose value is its label.
    fn info(&mut self, name: &str, help: &str, label: (&str, &str)) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(1_i64).encode(encoder.encode_family(&[label])?)
    }
}
