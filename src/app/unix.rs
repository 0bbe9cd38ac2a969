//! The Unix socket: nobody can connect to it before its mode is set, whatever is not a dead socket is left where it is,
//! and at the end only our own is removed.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::listen::BACKLOG;

/// The longest path of a socket, in bytes: the system has room for no more.
const LONGEST: usize = 107;
/// Its owner and its group may connect.
const MODE: u32 = 0o660;
/// How many names are tried for the folder in which the socket is made.
const TRIES: u32 = 16;

/// Why a path can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum UnixError {
    /// Too many bytes.
    #[error("`--unix-listen` is a path of {0} bytes, and a socket's can have {LONGEST}: choose a shorter one")]
    TooLong(usize),
    /// A server listens there.
    #[error("cannot listen on `{0}`: a server answers there; stop it, or choose another path with `--unix-listen`")]
    Alive(PathBuf),
    /// Something else stands there.
    #[error("cannot listen on `{path}`: {what} stands there; remove it, or choose another path with `--unix-listen`")]
    NoSocket {
        /// The path.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// Anything else.
    #[error("cannot listen on `{path}`, as `--unix-listen` says: {source}")]
    Other {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A socket file, removed when dropped if it is still ours. To be dropped while the socket is open: until then no other
/// file gets its number.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and number of the file.
    id: (u64, u64),
}

/// Listens at a path.
pub(super) fn bind(path: &Path) -> Result<(SocketFile, UnixListener), UnixError> {
    let length = path.as_os_str().len();
    if length > LONGEST {
        return Err(UnixError::TooLong(length));
    }
    let other = |source| UnixError::Other { path: path.to_owned(), source };
    // Held while the path is looked at and taken: of two servers that begin at once, one sees the other.
    let _turn = turn(path);
    clear(path)?;
    let private = Private::new(folder(path)).map_err(other)?;
    let (listener, made) = private.listen().map_err(other)?;
    // Never takes the place of what may have come there meanwhile, as a renaming would.
    fs::hard_link(private.socket(), path).map_err(other)?;
    Ok((SocketFile { path: path.to_owned(), id: id(&made) }, listener))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A lock on the folder of a path; where the file system has none, servers that begin at once are on their own.
fn turn(path: &Path) -> Option<File> {
    let folder = File::open(folder(path)).ok()?;
    folder.lock().ok().map(|()| folder)
}

/// Removes a socket at which nobody answers.
fn clear(path: &Path) -> Result<(), UnixError> {
    let other = |source| UnixError::Other { path: path.to_owned(), source };
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(other(error)),
    };
    if !kind.is_socket() {
        let what = match () {
            () if kind.is_symlink() => "a symbolic link",
            () if kind.is_dir() => "a folder",
            () if kind.is_file() => "a file",
            () => "something that is no socket",
        };
        return Err(UnixError::NoSocket { path: path.to_owned(), what });
    }
    match answers(path) {
        Ok(true) => Err(UnixError::Alive(path.to_owned())),
        Ok(false) => fs::remove_file(path).map_err(other),
        Err(error) => Err(other(error)),
    }
}

/// Whether somebody listens at a socket. One with no room for another connection is alive.
fn answers(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
        Err(error) => Err(error),
    }
}

/// A folder beside the path that only we can enter, removed when dropped.
struct Private {
    folder: PathBuf,
}

impl Private {
    fn new(beside: &Path) -> io::Result<Self> {
        let mut tried = 0;
        loop {
            let folder = beside.join(format!(".hallpass-{}-{tried}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Ok(Self { folder }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < TRIES => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("s")
    }

    /// A socket that listens, its mode set before anybody could see it.
    fn listen(&self) -> io::Result<(UnixListener, Metadata)> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Through the open folder the path is short, however long that of the folder is.
        let folder = File::open(&self.folder)?;
        let short = format!("/proc/self/fd/{}/s", folder.as_raw_fd());
        let path = self.socket();
        let address = if path.as_os_str().len() > LONGEST { SockAddr::unix(short)? } else { SockAddr::unix(&path)? };
        socket.bind(&address)?;
        fs::set_permissions(&path, Permissions::from_mode(MODE))?;
        socket.listen(BACKLOG)?;
        Ok((socket.into(), fs::symlink_metadata(&path)?))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        _ = fs::remove_file(self.socket());
        if let Err(error) = fs::remove_dir(&self.folder) {
            tracing::warn!("`{}` could not be removed: {error}", self.folder.display());
        }
    }
}

fn id(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _turn = turn(&self.path);
        if !fs::symlink_metadata(&self.path).is_ok_and(|found| id(&found) == self.id) {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!("`{}` could not be removed: {error}", self.path.display());
        }
    }
}
