//! The admin plane: what it serves and to whom, and that what it tells is so.

mod alerts;
mod counters;
mod documents;
mod keys;
mod labels;
pub(crate) mod page;
mod paths;
mod promtool;
mod readiness;
mod reloads;
mod status;
mod whole;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use hallpass::app::{AdminPlane, Settings};
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::snapshot::Snapshot;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::metrics::Metrics;

use crate::running::{self, Answer, Server, exchange};
use page::Page;

/// Settings with an admin plane, on any free port.
pub(crate) fn settings() -> Settings {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Settings { admin: Some(AdminPlane { listen, trigger: None }), ..running::settings() }
}

/// Decisions are counted.
pub(crate) fn counting() -> Telemetry {
    Telemetry::default().counting(Arc::new(Metrics::default()))
}

/// A decision point that counts.
pub(crate) fn pdp(snapshot: Snapshot) -> Arc<Pdp> {
    Arc::new(Pdp::new(snapshot, Limits::default()).telling(counting()))
}

/// The demo district with an admin plane.
pub(crate) fn start() -> Server {
    Server::over(&settings(), pdp(running::snapshot()), None)
}

impl Server {
    /// One request to the admin plane.
    pub(crate) fn admin(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        exchange(TcpStream::connect(self.admin.unwrap()).unwrap(), method, path, headers, b"").unwrap()
    }

    /// The page of metrics.
    pub(crate) fn page(&self) -> Page {
        let answer = self.admin("GET", "/metrics", &[]);
        assert_eq!(answer.status, 200, "{}", answer.text);
        Page::read(&answer.text)
    }
}

/// The page of a server that has everything there is a metric of.
pub(crate) fn whole_page() -> Page {
    Page::read(&whole_text())
}

/// The same as it is written.
pub(crate) fn whole_text() -> String {
    whole::text()
}
