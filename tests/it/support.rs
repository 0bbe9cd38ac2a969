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
