//! The page of a server that has everything there is a metric of.

use std::sync::Arc;
use std::time::Duration;

use hallpass::app::Settings;
use hallpass::credentials::tls;
use hallpass::directory::remote::{Remote, Settings as Asking};
use hallpass::live;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::reload::Config;
use hallpass::snapshot::Builder;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::{DecisionLog, Settings as LogSettings};
use hallpass::telemetry::shadow::Shadow;

use super::settings;
use crate::pki::Authority;
use crate::running::{Server, exchange, snapshot};
use crate::secure::{connect, until};
use crate::support::{path, write};
use crate::twin::held;

/// Files that are followed, a directory that is asked, a certificate, a decision log and a shadow policy.
pub(super) fn text() -> String {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let file = |name: &str| folder.path().join(name);
    let pair = authority.server();
    write(&file("cert.pem"), &pair.cert);
    write(&file("key.pem"), &pair.key);
    let (remote, directory) = Remote::start(held(&snapshot()), Asking::default()).unwrap();
    let config = Config { watch: false, poll: Duration::from_secs(36_000), ..Config::new(path("policies"), None) };
    let builder = Builder::new(vec!["user".to_owned()], None);
    let log = Arc::new(DecisionLog::start(LogSettings::at(Some(file("decisions.log")))).unwrap());
    let telemetry = Telemetry::new(Some(Arc::clone(&log))).counting(Arc::default());
    let telemetry = telemetry.shadowed(Shadow::start().unwrap());
    let point = |snapshot| Pdp::remote(snapshot, Limits::default(), remote).telling(telemetry);
    let (pdp, followed) = live::start_as(config, builder, point).unwrap();
    let mut settings: Settings = settings();
    settings.credentials.tls = Some(tls::Files { cert: file("cert.pem"), key: file("key.pem"), client_ca: None });
    let server = Server::over(&settings, pdp, Some(followed.status()));
    until("the directory", || server.pdp.directory().unwrap().state().sequence.is_some());
    let stream = connect(server.admin.unwrap(), &authority, None).unwrap();
    let page = exchange(stream, "GET", "/metrics", &[], b"").unwrap().text;
    server.end().unwrap();
    followed.stop();
    assert!(log.close(Duration::from_secs(60)));
    directory.stop();
    page
}
