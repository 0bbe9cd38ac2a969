//! Reads one file of bounded size, whatever stands at its path.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::fault;

/// The content of a file; a pipe, a device or a folder is none, and is never waited for.
pub(crate) fn file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    fault::point("credentials.read")?;
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::other(format!("it is larger than {limit} bytes")));
    }
    Ok(content)
}
