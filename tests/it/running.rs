//! A server in process, started as the binary starts it, and a client that sends exactly what it is told.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hallpass::app::{App, Bounds, ServeError, Settings, Traffic};
use hallpass::authzen::{self, Tokens};
use hallpass::credentials::Files;
use hallpass::grpc::proto::authzen::access_client::AccessClient;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::reload::status::Status;
use hallpass::snapshot::{self, Builder, Snapshot};
use serde_json::Value;
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};

use crate::support::{path, sources};

/// A server that runs until it is dropped or ended.
pub(crate) struct Server {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Where the admin plane is, where there is one.
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) pdp: Arc<Pdp>,
    pub(crate) traffic: Arc<Traffic>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

/// Settings for tests: any free port, two workers.
pub(crate) fn settings() -> Settings {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Settings {
        grpc: anywhere,
        http: anywhere,
        unix: None,
        admin: None,
        credentials: Files { tls: None, callers: None, admin_key: None, recheck: Duration::from_millis(10) },
        workers: NonZeroUsize::new(2),
        reflection: true,
        authzen: authzen::Settings { explain: false, tokens: Tokens::random().unwrap(), public_url: None },
        bounds: Bounds::default(),
        drain_delay: Duration::ZERO,
        drain: Duration::from_secs(10),
        traces: None,
    }
}

/// The shipped policies and the demo district.
pub(crate) fn snapshot() -> Snapshot {
    snapshot_of("policies", "examples/district")
}

/// The files of two folders within the package.
pub(crate) fn snapshot_of(policies: &str, directory: &str) -> Snapshot {
    let (policies, directory) = (sources(&path(policies)), sources(&path(directory)));
    let mut builder = Builder::new(vec!["user".to_owned()], None);
    let policies = snapshot::Files { revision: &"00000000000000aa".into(), files: &policies };
    let directory = snapshot::Files { revision: &"00000000000000bb".into(), files: &directory };
    builder.build(policies, directory, 1).unwrap()
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&settings())
    }

    pub(crate) fn with(settings: &Settings) -> Self {
        Self::over(settings, Arc::new(Pdp::new(snapshot(), Limits::default())), None)
    }

    /// A server over a decision point; `status` is what it tells of following the files.
    pub(crate) fn over(settings: &Settings, pdp: Arc<Pdp>, status: Option<&Arc<Status>>) -> Self {
        let app = App::bind(settings, &pdp, status).unwrap();
        let (grpc, http, admin) = (app.grpc_addr(), app.http_addr(), app.admin_addr());
        let traffic = Arc::clone(app.traffic());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime().block_on(app.serve(async {
                let _ = stopped.await;
            }))
        });
        Self { grpc, http, admin, pdp, traffic, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks the server to end, and waits for it.
    pub(crate) fn end(mut self) -> Result<(), ServeError> {
        self.ask_to_end();
        self.thread.take().unwrap().join().unwrap()
    }

    pub(crate) fn ask_to_end(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) fn hallpass(&self) -> HallpassClient<Channel> {
        HallpassClient::new(self.channel())
    }

    pub(crate) fn access(&self) -> AccessClient<Channel> {
        AccessClient::new(self.channel())
    }

    /// Connects with the first call; to be called within a runtime.
    pub(crate) fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap().connect_lazy()
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send("POST", path, headers, body)
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        exchange(TcpStream::connect(self.http).unwrap(), method, path, headers, body).unwrap()
    }
}

/// One request and its answer, the last of a connection.
pub(crate) fn exchange(
    mut stream: impl Read + Write,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    // A server that refuses by the announced length need not read the body.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        return Err(read.err().unwrap_or(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(Answer::read(&answer))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask_to_end();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body as it was written, and what it says where it is JSON.
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        Self::of(head, body)
    }

    /// An answer with this head and body.
    pub(crate) fn of(head: &str, body: &str) -> Self {
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        let (text, body) = (body.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null));
        Self { status, headers: headers.collect(), text, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
