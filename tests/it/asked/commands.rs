//! `who-can` and `what-can` on a database say what they say on the files that it was filled from.

use serde_json::Value;

use super::database::Database;
use crate::support::{path, sources};

#[test]
#[ignore = "needs PostgreSQL"]
fn people_are_named_as_from_files() {
    let folder = path("examples/district");
    let (database, policies) = (Database::new(), path("policies"));
    database.fill(&sources(&folder));
    for question in [
        "who-can view misis.health.immunization",
        "who-can assign_role map.setup.user",
        "who-can update misis.grades.mark --student s.0142",
        "who-can view misis.census.student --school sch.graniteford",
        "what-can t.rivera",
        "what-can t.novak",
        "what-can c.nakamura --module grades",
    ] {
        let answers = [folder.display().to_string(), database.url()].map(|directory| {
            let line = format!(
                "hallpass {question} --on 2026-11-22 --format json --policies {} --directory {directory}",
                policies.display()
            );
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let exit = hallpass::cli::run(line.split(' ').map(Into::into), false, &mut out, &mut err);
            assert_eq!(exit, hallpass::cli::Exit::Success, "{line}: {}", String::from_utf8_lossy(&err));
            serde_json::from_slice::<Value>(&out).unwrap()
        });
        let [files, asked] = answers;
        assert_eq!(files, asked, "{question}");
    }
}
