//! Listening sockets over TCP: one a worker, all on one address, so that the kernel spreads connections over the workers.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;

use socket2::{Domain, Protocol, Socket, Type};

/// How many connections may wait to be accepted, on each socket.
pub(super) const BACKLOG: i32 = 1024;

/// Why an address can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else does.
    #[error("cannot listen on `{addr}`: the address is in use; stop whoever holds it, or choose another with `{flag}`")]
    InUse {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
    },
    /// Anything else.
    #[error("cannot listen on `{addr}`, as `{flag}` says: {source}")]
    Other {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Listens for gRPC and for HTTP, as often as told each; for both at once where they share an address.
pub(super) fn bind_both(
    grpc: SocketAddr,
    http: SocketAddr,
    count: NonZeroUsize,
) -> Result<[(SocketAddr, Vec<TcpListener>); 2], BindError> {
    let (grpc_addr, grpc_listeners) = bind(grpc, "--grpc-listen", count)?;
    if grpc == http && grpc.port() != 0 {
        return Ok([(grpc_addr, grpc_listeners), (grpc_addr, Vec::new())]);
    }
    Ok([(grpc_addr, grpc_listeners), bind(http, "--http-listen", count)?])
}

/// Listens on an address as often as told: where the sockets ended up, and the sockets.
pub(super) fn bind(
    addr: SocketAddr,
    flag: &'static str,
    count: NonZeroUsize,
) -> Result<(SocketAddr, Vec<TcpListener>), BindError> {
    open(addr, count).map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            BindError::InUse { addr, flag }
        } else {
            BindError::Other { addr, flag, source }
        }
    })
}

fn open(addr: SocketAddr, count: NonZeroUsize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    // Sockets that share a port are let in beside those of another server of the same user: ask alone first.
    if addr.port() != 0 {
        socket(addr, false)?;
    }
    let first = listener(addr)?;
    let addr = first.local_addr()?;
    let mut listeners = vec![first];
    for _ in 1..count.get() {
        listeners.push(listener(addr)?);
    }
    Ok((addr, listeners))
}

fn listener(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(addr, true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(addr: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    // Connections inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}
