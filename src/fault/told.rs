//! Asking what happens at a point: its name goes over a Unix socket, and one byte comes back. Whoever lets the byte wait
//! makes the call take as long.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Names the socket.
const VARIABLE: &str = "FAULT_POINTS";
/// What is answered: the call fails, or panics. Anything else, or nothing: it goes on.
const FAIL: u8 = b'e';
const PANIC: u8 = b'p';

fn socket() -> Option<&'static PathBuf> {
    static SOCKET: OnceLock<Option<PathBuf>> = OnceLock::new();
    SOCKET.get_or_init(|| std::env::var_os(VARIABLE).map(PathBuf::from)).as_ref()
}

/// Asks on this thread.
pub(super) fn come(name: &'static str) -> io::Result<()> {
    let Some(socket) = socket() else { return Ok(()) };
    let ask = || {
        let (mut stream, mut answer) = (UnixStream::connect(socket)?, [0]);
        writeln!(stream, "{name}")?;
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    obey(name, &ask())
}

/// Asks while only this task waits.
#[cfg(feature = "server")]
pub(super) async fn arrive(name: &'static str) -> io::Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Some(socket) = socket() else { return Ok(()) };
    let ask = async {
        let (mut stream, mut answer) = (tokio::net::UnixStream::connect(socket).await?, [0]);
        stream.write_all(format!("{name}\n").as_bytes()).await?;
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    };
    obey(name, &Box::pin(ask).await)
}

#[expect(clippy::panic, reason = "it is told to, by a test")]
fn obey(name: &str, told: &io::Result<[u8; 1]>) -> io::Result<()> {
    match told {
        Ok([FAIL]) => Err(io::Error::other(format!("told to fail at {name}"))),
        Ok([PANIC]) => panic!("told to panic at {name}"),
        // Whoever was to tell is gone.
        Ok(_) | Err(_) => Ok(()),
    }
}
