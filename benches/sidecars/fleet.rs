//! Several servers on one database, each a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Servers, which end with the value.
pub(crate) struct Fleet(Vec<(Child, String)>);

impl Fleet {
    /// Starts so many.
    pub(crate) fn start(count: usize, database: &str) -> Self {
        Self((0..count).map(|_| start(database)).collect())
    }

    /// Where they are asked.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, address)| address.as_str())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Seconds of CPU that all have had.
    pub(crate) fn cpu(&self) -> f64 {
        self.0.iter().map(|(process, _)| cpu(process.id())).sum()
    }

    /// Megabytes that each has.
    pub(crate) fn memory(&self) -> u64 {
        let each = self.0.iter().map(|(process, _)| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
        });
        each.sum::<u64>() / self.count() as u64
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (process, _) in &mut self.0 {
            _ = process.kill();
            _ = process.wait();
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn start(database: &str) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--workers", "1"]);
    command.args(["--directory", database, "--log", "error"]).current_dir(root()).env_clear();
    let mut process = command.stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
    let line = lines.next().expect("an address").expect("UTF-8");
    let address = line.strip_prefix("gRPC on ").unwrap_or_else(|| panic!("`{line}`")).to_owned();
    (process, format!("http://{address}"))
}

/// Makes the schema and brings the demo district in.
pub(crate) fn import(database: &str) {
    for arguments in [vec!["directory", "migrate"], vec!["directory", "import", "examples/district"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        let status = command.args(&arguments).args(["--database", database]).current_dir(root()).env_clear().status();
        assert!(status.expect("the program starts").success(), "{arguments:?}");
    }
}

/// Seconds of CPU that a process has had.
pub(crate) fn cpu(process: u32) -> f64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return 0.0 };
    let nanos = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}
