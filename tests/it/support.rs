//! What several tests need: the shipped files, read the plain way.

use std::path::{Path, PathBuf};

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;

/// A path within the package.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A file made in a test.
pub fn source(name: &str, text: impl Into<String>) -> Source {
    Source { name: name.into(), bytes: text.into().into_bytes().into() }
}

/// The files of a folder and its subfolders, by name.
pub fn sources(folder: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    collect(folder, folder, &mut files);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push(Source { name: name.into(), bytes: std::fs::read(&path).unwrap().into() });
        }
    }
}

/// The shipped policies, compiled.
pub fn shipped_policy() -> Policy {
    compile(&sources(&path("policies")))
}

/// A set that must compile.
pub fn compile(files: &[Source]) -> Policy {
    match Policy::compile(files) {
        Ok(compiled) => compiled.policy,
        Err(findings) => panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// Copies a folder and its subfolders.
pub fn copy(from: &Path, to: &Path) {
    for source in sources(from) {
        write(&to.join(&*source.name), &source.bytes);
    }
}

/// Writes a file, and the folders on the way to it.
pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Changes a text file: `from` must stand in it, once.
pub fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {}", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Adds lines to the end of a text file.
pub fn append(path: &Path, lines: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, text + lines).unwrap();
}
