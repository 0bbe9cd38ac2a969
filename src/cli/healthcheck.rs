//! `healthcheck`: gRPC's health protocol for probes that run a command, as in an image that holds nothing else.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::contact::{Contact, Shown};
use super::remote::runtime;
use super::{Exit, serve};
use crate::config::Listening;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The server, such as 127.0.0.1:50051, https://HOST:PORT or unix:PATH; unless given, where `serve` would listen with
    /// the same variables and configuration file, at the Unix socket if there is one
    #[arg(long, value_name = "ADDR")]
    server: Option<String>,
    /// The configuration file of `serve`
    #[arg(long = "config", value_name = "FILE", env = "HALLPASS_CONFIG")]
    file: Option<PathBuf>,
    /// The authority of an https server's certificate: PEM
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// A certificate to show to an https server: PEM
    #[arg(long, value_name = "FILE", requires = "tls_client_key")]
    tls_client_cert: Option<PathBuf>,
    /// That certificate's key: PEM
    #[arg(long, value_name = "FILE", requires = "tls_client_cert")]
    tls_client_key: Option<PathBuf>,
    /// The service that is asked about, such as hallpass.v1.Hallpass; the server as a whole, unless given
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    /// How long it may take
    #[arg(long, value_name = "N", default_value = "2")]
    timeout_seconds: NonZeroU64,
}

/// Asks.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let patience = Duration::from_secs(args.timeout_seconds.get());
    let identity = args.tls_client_cert.as_deref().zip(args.tls_client_key.as_deref());
    let contact = Contact::new(args.address()?, Shown { authority: args.tls_ca.as_deref(), identity }, patience)?;
    let asked = runtime()?.block_on(async { timeout(patience, ask(&contact, &args.service)).await });
    let status = asked.with_context(|| format!("`{}` did not answer in time", contact.address()))??;
    ensure!(status == ServingStatus::Serving, "`{}` does not serve: {}", contact.address(), status.as_str_name());
    writeln!(out, "{}", status.as_str_name())?;
    Ok(Exit::Success)
}

async fn ask(contact: &Contact, service: &str) -> anyhow::Result<ServingStatus> {
    let request = contact.request(HealthCheckRequest { service: service.to_owned() });
    match HealthClient::new(contact.channel().await?).check(request).await {
        Ok(response) => {
            let HealthCheckResponse { status } = response.into_inner();
            Ok(ServingStatus::try_from(status).unwrap_or(ServingStatus::Unknown))
        }
        Err(status) if status.code() == Code::NotFound => {
            bail!("`{}` has no service `{service}`", contact.address())
        }
        Err(status) => bail!("`{}` says nothing of its health: {}", contact.address(), status.message()),
    }
}

impl Args {
    fn address(&self) -> anyhow::Result<String> {
        match &self.server {
            Some(server) => Ok(server.clone()),
            None => listening(&serve::configured(self.file.as_deref())?.listening),
        }
    }
}

/// Where a server is reached that listens so, from the same machine.
fn listening(listening: &Listening) -> anyhow::Result<String> {
    if let Some(path) = &listening.unix {
        return Ok(format!("unix:{}", path.display()));
    }
    let port = listening.grpc.port();
    ensure!(port != 0, "the server listens on a port of its own choice: name it with `--server`");
    Ok(match listening.credentials.tls {
        Some(_) => format!("https://localhost:{port}"),
        None => SocketAddr::new(near(listening.grpc.ip()), port).to_string(),
    })
}

/// Whoever listens everywhere is near, too.
fn near(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(everywhere) if everywhere.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(everywhere) if everywhere.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{Files, tls};

    #[test]
    fn a_server_is_found_where_it_listens() {
        let tls = Some(tls::Files { cert: "c".into(), key: "k".into(), client_ca: None });
        for (grpc, unix, tls, address) in [
            ("127.0.0.1:50051", None, None, Some("127.0.0.1:50051")),
            ("0.0.0.0:1", None, tls.clone(), Some("https://localhost:1")),
            ("[::]:1", None, None, Some("[::1]:1")),
            ("10.0.0.7:1", None, tls.clone(), Some("https://localhost:1")),
            ("10.0.0.7:1", Some("/run/hallpass.sock"), tls, Some("unix:/run/hallpass.sock")),
            ("127.0.0.1:0", None, None, None),
        ] {
            let credentials = Files { tls, callers: None, admin_key: None, recheck: Duration::ZERO };
            let grpc = grpc.parse().unwrap();
            let found =
                listening(&Listening { grpc, http: grpc, unix: unix.map(PathBuf::from), credentials, admin: None });
            assert_eq!(found.ok().as_deref(), address);
        }
    }
}
