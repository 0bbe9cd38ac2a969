//! A server with certificates and callers from files, and clients that prove who they are, or don't.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hallpass::credentials::tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;
use tokio_rustls::rustls;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::pki::{Authority, Pair};
use crate::running::{Answer, Server, exchange, settings};
use crate::support::write;

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder of certificates and callers, and a server that follows it.
pub(crate) struct Secure {
    // Ends before its files go.
    pub(crate) server: Server,
    pub(crate) authority: Authority,
    folder: TempDir,
}

pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Secure {
    /// A server with a certificate, which reads those of its clients, and these callers; each key is in a file of its
    /// own.
    pub(crate) fn start(callers: &str, keys: &[(&str, &str)]) -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let file = |name: &str| folder.path().join(name);
        let pair = authority.server();
        write(&file("cert.pem"), &pair.cert);
        write(&file("key.pem"), &pair.key);
        write(&file("ca.pem"), &authority.pem);
        write(&file("callers.yaml"), callers);
        keys.iter().for_each(|(name, key)| write(&file(name), key));
        let mut settings = settings();
        let files = tls::Files { cert: file("cert.pem"), key: file("key.pem"), client_ca: Some(file("ca.pem")) };
        settings.credentials.tls = Some(files);
        settings.credentials.callers = Some(file("callers.yaml"));
        settings.unix = Some(file("hallpass.sock"));
        Self { server: Server::with(&settings), authority, folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn connect(&self, client: Option<&Pair>) -> io::Result<Stream> {
        connect(self.server.http, &self.authority, client)
    }

    /// One request over TLS.
    pub(crate) fn send(
        &self,
        client: Option<&Pair>,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let headers = [headers, &[("content-type", "application/json")]].concat();
        exchange(self.connect(client)?, "POST", path, &headers, body)
    }

    /// For gRPC over TLS; connects with the first call.
    pub(crate) fn channel(&self, client: Option<&Pair>) -> Channel {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.authority.pem));
        tls = tls.domain_name("localhost");
        if let Some(Pair { cert, key }) = client {
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        let endpoint = Endpoint::from_shared(format!("https://{}", self.server.grpc)).unwrap();
        endpoint.tls_config(tls).unwrap().connect_lazy()
    }
}

/// A TLS connection, its handshake done as far as the client can see.
pub(crate) fn connect(server: SocketAddr, authority: &Authority, client: Option<&Pair>) -> io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::ALL_VERSIONS).unwrap();
    let config = config.with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(Pair { cert, key }) => {
            let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).collect::<Result<_, _>>().unwrap();
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    };
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(server)?);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    stream.flush()?;
    Ok(stream)
}

/// Waits until something holds, at most for long enough that a test which fails ends.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "{what} never came");
        std::thread::yield_now();
    }
}
