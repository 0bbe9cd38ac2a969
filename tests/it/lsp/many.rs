//! A set of thousands of files, all of them open.

use std::fmt::Write as _;

use super::client::{APPLICATION, Client};
use crate::support::write;
use serde_json::json;
use tempfile::TempDir;

const ROLES: usize = 2_000;

fn role(at: usize, includes: &str) -> String {
    let mut text =
        format!("hallpass: role/v1\nrole: sis.r{at}\ntitle: Role {at}\nheld_at: school\nreach: org\ngrants:\n");
    _ = write!(text, "  - allow: view\n    topics: [grades.mark]\n  - include: {includes}\n");
    text
}

#[test]
fn two_thousand_open_files_are_looked_after() {
    let folder = TempDir::new().unwrap();
    let name = |at: usize| format!("policies/r{at}.yaml");
    write(&folder.path().join("policies/application.yaml"), APPLICATION);
    write(
        &folder.path().join("policies/base.yaml"),
        role(0, "x").replace("view", "update").split("  - include").next().unwrap(),
    );
    for at in 1..ROLES {
        write(&folder.path().join(name(at)), role(at, "sis.r0"));
    }
    let mut client = Client::begun(folder, &[], &json!({}));
    for at in 1..ROLES {
        client.open_as(&name(at), &role(at, "sis.r0"));
    }
    client.change(&name(1_000), &role(1_000, "sis.r0x"));
    client.finds(&["policies/r1000.yaml:9:14 there is no role `sis.r0x` / did you mean `sis.r0`?"]);
    client.change(&name(1_000), &role(1_000, "sis.r0"));
    client.finds(&[]);
    assert_eq!(client.leave(), Some(0));
}
