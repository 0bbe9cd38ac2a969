//! The built binary as a stranger's application meets it: started with its flags, asked by a client in another language
//! whose classes come from `proto/` alone, ended by a signal.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::path;

/// What the client prints.
const TOLD: &str = "\
check    allow: misis.teacher at sch.fernvale
batch    deny: scope_mismatch
batch    allow: misis.principal at sch.fernvale
batch    malformed: `subject.id` is required
explain  misis.teacher at sch.fernvale: misis.teacher#6 out_of_reach (sections that the subject teaches)
refused  INVALID_ARGUMENT: `subject.id` is required
status   generation 1, days of America/Los_Angeles, one policy: True
reload   as the files are
health   serving
access   allow
http     {'decision': True}
http     True granted
http     False scope_mismatch
http     False unknown_action
";

/// The binary, serving; it is ended with the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) grpc: String,
    pub(crate) http: String,
    /// The path of its socket.
    pub(crate) unix: String,
    _folder: TempDir,
}

impl Served {
    /// Starts it on free ports and a socket of its own.
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let unix = folder.path().join("hallpass.sock").to_str().unwrap().to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--unix-listen", &unix]);
        command.arg("--policies").arg(path("policies")).arg("--directory").arg(path("examples/district"));
        let mut child = command.env_clear().stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |protocol: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(protocol).unwrap_or_else(|| panic!("no `{protocol}…`: `{line}`")).to_owned()
        };
        let [grpc, http, _] = ["gRPC on ", "HTTP on ", "Unix socket at "].map(&mut address);
        Self { child, grpc, http, unix, _folder: folder }
    }

    /// Asks it to end; its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs grpcio"]
#[expect(clippy::disallowed_methods, reason = "says which Python has grpcio")]
fn a_client_in_python_is_answered_on_every_surface() {
    let python = std::env::var("HALLPASS_TEST_PYTHON").expect("HALLPASS_TEST_PYTHON names a Python with grpcio-tools");
    let served = Served::start();
    let mut client = Command::new(python);
    client.arg(path("examples/clients/python/check.py")).args([&served.grpc, &served.http]).stdout(Stdio::piped());
    let mut client = client.spawn().unwrap();
    let mut told = String::new();
    client.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(client.wait().unwrap().success(), "{told}");
    assert_eq!(told, TOLD);
    assert_eq!(served.terminate(), Some(0));
}
