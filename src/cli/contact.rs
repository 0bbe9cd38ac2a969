//! Which running server is asked, and by whom: its address, and what proves who the caller is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tonic::Request;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::grpc::proto::hallpass::hallpass_client::HallpassClient;

/// How long connecting, and then a call, may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The flags that name a server.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Whom {
    /// Ask a running server over gRPC, such as 127.0.0.1:50051, https://HOST:PORT or unix:PATH, not the files
    #[arg(long, value_name = "ADDR", conflicts_with = "on")]
    server: Option<String>,
    /// The authority of an https server's certificate: PEM
    #[arg(long, value_name = "FILE", requires = "server")]
    tls_ca: Option<PathBuf>,
    /// A certificate to show to an https server: PEM
    #[arg(long, value_name = "FILE", requires = "server", requires = "tls_client_key")]
    tls_client_cert: Option<PathBuf>,
    /// That certificate's key: PEM
    #[arg(long, value_name = "FILE", requires = "server", requires = "tls_client_cert")]
    tls_client_key: Option<PathBuf>,
    /// A file whose first line is the key to show to the server
    #[arg(long, value_name = "FILE", requires = "server")]
    key_file: Option<PathBuf>,
}

/// A running server.
pub(super) struct Contact {
    address: String,
    endpoint: Endpoint,
    authorization: Option<AsciiMetadataValue>,
}

/// What is shown to a server over TLS, and what its certificate is held to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown<'a> {
    /// The authority of its certificate.
    pub(super) authority: Option<&'a Path>,
    /// Our own certificate, and its key.
    pub(super) identity: Option<(&'a Path, &'a Path)>,
}

impl Whom {
    /// The server that they name, if they name one.
    pub(super) fn contact(&self) -> anyhow::Result<Option<Contact>> {
        let Some(address) = self.server.clone() else { return Ok(None) };
        let identity = self.tls_client_cert.as_deref().zip(self.tls_client_key.as_deref());
        let contact = Contact::new(address, Shown { authority: self.tls_ca.as_deref(), identity }, PATIENCE)?;
        let authorization = self.key_file.as_deref().map(authorization).transpose()?;
        Ok(Some(Contact { authorization, ..contact }))
    }
}

impl Contact {
    /// A server at an address; connecting, and then a call, may take so long.
    pub(super) fn new(address: String, shown: Shown<'_>, patience: Duration) -> anyhow::Result<Self> {
        let is_uri = address.contains("://") || address.starts_with("unix:");
        let uri = if is_uri { address.clone() } else { format!("http://{address}") };
        let endpoint = Endpoint::from_shared(uri).with_context(|| format!("`{address}` is no address of a server"))?;
        let endpoint = secured(endpoint.connect_timeout(patience).timeout(patience), &address, shown)?;
        Ok(Self { address, endpoint, authorization: None })
    }

    /// Where it is, as written.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Connects, to ask a question.
    pub(super) async fn connect(&self) -> anyhow::Result<HallpassClient<Channel>> {
        Ok(HallpassClient::new(self.channel().await?))
    }

    /// Connects.
    pub(super) async fn channel(&self) -> anyhow::Result<Channel> {
        let channel = self.endpoint.connect().await;
        channel.with_context(|| format!("no server answers at `{}`", self.address))
    }

    /// A call's request, with what proves who the caller is.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }
}

fn secured(endpoint: Endpoint, address: &str, shown: Shown<'_>) -> anyhow::Result<Endpoint> {
    if !address.starts_with("https://") {
        if shown.authority.is_some() || shown.identity.is_some() {
            bail!("certificates are shown to servers whose address begins with `https://` alone");
        }
        return Ok(endpoint);
    }
    let Some(authority) = shown.authority else {
        bail!("name the authority of the server's certificate with `--tls-ca`")
    };
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(authority)?));
    if let Some((certificate, key)) = shown.identity {
        tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
    }
    endpoint.tls_config(tls).context("the certificates can't be used")
}

fn authorization(file: &Path) -> anyhow::Result<AsciiMetadataValue> {
    let content = String::from_utf8(read(file)?).unwrap_or_default();
    let key = content.lines().next().unwrap_or_default().trim_end();
    let value = format!("Bearer {key}").parse::<AsciiMetadataValue>();
    let mut value = value.with_context(|| format!("the first line of `{}` is no key", file.display()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))
}
