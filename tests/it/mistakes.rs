//! Mistakes that authors make, and what they are told: each `tests/data/mistakes/NAME.yaml` is compiled with the files of
//! `NAME.d/`, or of `with/` where there is no such folder, and its findings are those of `NAME.expected`, word for word.
//! `UPDATE=1 cargo test mistakes` writes them anew, to be read before they are committed.
//!
//! What no editor shows (encodings, invisible characters) and what no repository should hold (a text of ten million
//! characters) stands in [`super::bombs`].

use std::path::Path;

use hallpass::policy::compiled::{Compiled, Policy};
use hallpass::policy::source::{Finding, Source};

use crate::support::{path, sources};

#[test]
fn every_mistake_is_told_with_its_place_and_a_way_out() {
    let folder = path("tests/data/mistakes");
    let (mut count, mut differences) = (0, Vec::new());
    for source in sources(&folder).into_iter().filter(|source| !source.name.contains('/')) {
        let Some(name) = source.name.strip_suffix(".yaml") else { continue };
        count += 1;
        let found = findings(&folder, name, &source);
        let expected = folder.join(format!("{name}.expected"));
        if updating() {
            std::fs::write(&expected, found).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            differences.push(format!("{name}\n{found}"));
        }
    }
    assert!(count >= 60, "{count} mistakes");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests alone")]
fn updating() -> bool {
    std::env::var("UPDATE").is_ok()
}

/// What compiling the file with its companions finds, a line each, and of a set that compiles the warnings about the file.
fn findings(folder: &Path, name: &str, source: &Source) -> String {
    let own = folder.join(format!("{name}.d"));
    let mut files = sources(&if own.is_dir() { own } else { folder.join("with") });
    files.retain(|file| file.name.ends_with(".yaml"));
    files.push(source.clone());
    match Policy::compile(&files) {
        Ok(Compiled { mut warnings, .. }) => {
            warnings.retain(|finding| *finding.place.file == *source.name);
            format!("compiles\n{}", told(&warnings))
        }
        Err(findings) => told(&findings),
    }
}

fn told(findings: &[Finding]) -> String {
    let one = |finding: &Finding| format!("{} {finding}\n", finding.code.unwrap().name());
    findings.iter().map(one).collect()
}
