//! Decides in process, without a server: the demo district under the shipped policies, followed while this runs.
//!
//! ```sh
//! cargo run --no-default-features --example embedded
//! ```
#![expect(clippy::print_stdout, reason = "an example that tells")]

use hallpass::{Action, Engine, Request, Resource, Subject};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::load("policies", "examples/district")?.follow()?;
    for student in ["s.0142", "s.0999"] {
        let answer = engine.check(&Request {
            subject: Subject { kind: "user", id: "t.rivera", ..Subject::default() },
            action: Action { name: "update", ..Action::default() },
            resource: Resource { kind: "misis.grades.mark", student: Some(student), ..Resource::default() },
            ..Request::default()
        })?;
        match answer.grant {
            Some(grant) => println!("{student}: allow, as {} at {}", grant.role, grant.org),
            None => println!("{student}: deny, {}", answer.reason.code()),
        }
    }
    Ok(())
}
