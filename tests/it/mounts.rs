//! Files that are mounted by themselves, as Kubernetes mounts them with `subPath`: the server warns at its start that they
//! never change.

use std::fs;

use crate::process::Process;
use crate::support::{copy, path};

const WARNING: &str = "is mounted by itself, as `subPath` does";

/// Starts a server that sees one path mounted on another, and nobody else does.
fn mounted(from: &str, to: &str, flags: &[&str]) -> Process {
    let script = format!("mount --bind '{from}' '{to}' && exec \"$@\"");
    Process::under(&["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"], flags)
}

#[test]
#[ignore = "needs mounts"]
fn what_is_mounted_by_itself_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    copy(&path("policies"), &folder.path().join("policies"));
    copy(&path("policies"), &folder.path().join("volume/..2026_11_29_09_00_00.1"));
    fs::create_dir(at("whole")).unwrap();
    let role = "misis/teacher.yaml";
    let (one, all) = (at(&format!("volume/..2026_11_29_09_00_00.1/{role}")), at("volume/..2026_11_29_09_00_00.1"));
    let cases = [
        ("a file of a folder", one, at(&format!("policies/{role}")), at("policies"), true),
        ("a folder of a generation", all, at("whole"), at("whole"), true),
        ("a whole volume", at("policies"), at("whole"), at("whole"), false),
    ];
    for (what, from, to, policies, warns) in cases {
        let server = mounted(&from, &to, &["--policies", &policies, "--log", "info"]);
        server.until_logged("files read");
        assert_eq!(server.log().contains(&format!("`{to}` {WARNING}")), warns, "{what}: {}", server.log());
        assert_eq!(server.log().contains(WARNING), warns, "{what}: {}", server.log());
    }
}
