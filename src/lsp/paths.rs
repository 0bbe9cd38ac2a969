//! URIs of files and the paths that they mean.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

/// What stands for itself in no path of a URI.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'\\');

/// The path of a file on this machine; `None` for anything else.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = rest.split(['?', '#']).next().filter(|path| path.starts_with('/'))?;
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    Some(plain(Path::new(OsStr::from_bytes(&bytes))))
}

/// The URI of a path.
pub(super) fn uri(path: &Path) -> Uri {
    Uri(format!("file://{}", percent_encode(path.as_os_str().as_bytes(), ESCAPED)))
}

/// Without `.` and a slash at the end, so that equal paths are.
pub(super) fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use super::{Path, path, uri};

    #[test]
    fn there_and_back() {
        for name in ["/a/b.yaml", "/a b/é#?%.yaml", "/c:/[x]"] {
            assert_eq!(path(&uri(Path::new(name))).as_deref(), Some(Path::new(name)));
        }
        assert_eq!(path(&"file:///a%20b/c%3Ad/".into()).as_deref(), Some(Path::new("/a b/c:d")));
        assert_eq!(path(&"untitled:Untitled-1".into()), None);
        assert_eq!(path(&"file://other.example/share".into()), None);
    }
}
