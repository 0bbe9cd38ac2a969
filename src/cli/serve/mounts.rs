//! Mounts that never show a change: a file or folder that is mounted by itself, as Kubernetes does with `subPath`. What
//! stands there is one generation of its volume for ever, so whoever set it up is warned.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

const MOUNTS: &str = "/proc/self/mountinfo";

/// Warns of what lies at these paths, or below them, and never changes.
pub(super) fn warn<'a>(paths: impl Iterator<Item = &'a Path>) {
    // Where there is no such file there are no such mounts.
    let Ok(mounts) = std::fs::read(MOUNTS) else { return };
    let mounts = read(&mounts);
    let mut told: Vec<&Path> = Vec::new();
    for path in paths.filter_map(|path| path.canonicalize().ok()) {
        for point in frozen(&mounts, &path, Path::is_file).filter(|point| !told.contains(point)).collect::<Vec<_>>() {
            tracing::warn!(
                "`{}` is mounted by itself, as `subPath` does: when its volume changes it does not; mount the whole volume",
                point.display()
            );
            told.push(point);
        }
    }
}

/// A mount: which part of its file system, and where.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    root: PathBuf,
    point: PathBuf,
}

fn read(mounts: &[u8]) -> Vec<Mount> {
    mounts.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

/// One line: the fourth field is the root, the fifth the place.
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').skip(3);
    Some(Mount { root: unescaped(fields.next()?), point: unescaped(fields.next()?) })
}

/// Blanks and the like stand there as a backslash and three octal digits.
fn unescaped(mut field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    while let Some((first, rest)) = field.split_first() {
        let octal = rest.first_chunk::<3>().filter(|_| *first == b'\\');
        let byte = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        path.push(byte.unwrap_or(*first));
        field = if byte.is_some() { rest.get(3..).unwrap_or_default() } else { rest };
    }
    OsString::from_vec(path).into()
}

/// The mounts at, above or below a path that never show a change.
fn frozen<'m>(mounts: &'m [Mount], path: &Path, is_file: fn(&Path) -> bool) -> impl Iterator<Item = &'m Path> {
    // The last of those that are equally near lies on top of the others.
    let nearest = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    let nearest = nearest.max_by_key(|mount| mount.point.components().count());
    let below = mounts.iter().filter(move |mount| mount.point != path && mount.point.starts_with(path));
    let frozen = move |mount: &&Mount| is_generation(&mount.root) || is_file(&mount.point);
    nearest.into_iter().chain(below.collect::<Vec<_>>()).filter(frozen).map(|mount| &*mount.point)
}

/// Whether it lies in one generation of a volume: those are folders whose names begin with two dots.
fn is_generation(root: &Path) -> bool {
    let is_hidden =
        |part: Component<'_>| matches!(part, Component::Normal(name) if name.as_encoded_bytes().starts_with(b".."));
    root.components().any(is_hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~configmap/policies /policies ro - ext4 /dev/root rw
31 22 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~configmap/policies/..2026_11_29_09_00_00.1/sis /sub ro - ext4 /dev/root rw
32 30 0:44 /..2026_11_29_09_00_00.2/extra.yaml /policies/extra.yaml ro - tmpfs tmpfs rw
33 22 8:1 /srv/one\\040file.yaml /mixed/one\\040file.yaml rw - ext4 /dev/root rw
34 22 8:1 /srv/sis /claim rw - ext4 /dev/root rw
35 22 0:45 /key.pem /tls/key.pem ro - tmpfs tmpfs rw
";

    #[test]
    fn what_is_mounted_by_itself_is_found() {
        let mounts = read(MOUNTS.as_bytes());
        let is_file = |path: &Path| path.extension().is_some();
        let cases: [(&str, &[&str]); 9] = [
            ("/policies", &["/policies/extra.yaml"]),
            ("/policies/sis", &[]),
            ("/sub", &["/sub"]),
            ("/sub/deeper", &["/sub"]),
            ("/mixed", &["/mixed/one file.yaml"]),
            ("/claim", &[]),
            ("/tls/key.pem", &["/tls/key.pem"]),
            ("/tls/cert.pem", &[]),
            ("/elsewhere", &[]),
        ];
        for (path, expected) in cases {
            let found: Vec<&Path> = frozen(&mounts, Path::new(path), is_file).collect();
            assert_eq!(found, expected.iter().map(Path::new).collect::<Vec<_>>(), "{path}");
        }
    }

    #[test]
    fn fields_are_read_as_they_are_written() {
        for (written, path) in [("/a", "/a"), ("/a\\040b\\134c", "/a b\\c"), ("/a\\9", "/a\\9"), ("/a\\", "/a\\")] {
            assert_eq!(unescaped(written.as_bytes()), Path::new(path), "{written}");
        }
        assert_eq!(read(b"22 1 8:1 /\n\n"), []);
    }
}
