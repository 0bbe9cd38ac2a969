//! A round for programs: one object with every test, and with what is covered where that was asked for.

use std::io::Write;

use serde_json::{Value, json};

use super::Job;
use super::asked::{Asked, Outcome, Round, Standing};
use super::missing::Change;

/// Writes it on one line.
pub(super) fn write(job: &Job, round: &Round, written: &[Change], out: &mut impl Write) -> anyhow::Result<()> {
    let changes = written.iter().map(|Change { place, words, .. }| json!({"place": place, "wrote": words}));
    let mut object = json!({
        "passed": round.count(&[Standing::Passed]),
        "failed": round.count(&[Standing::Failed, Standing::Unanswered]),
        "missing": round.count(&[Standing::Missing]),
        "written": changes.collect::<Vec<_>>(),
        "tests": round.cases.iter().map(case).collect::<Vec<_>>(),
    });
    if let Some(members) = object.as_object_mut().filter(|_| job.coverage || job.required.is_some()) {
        members.insert("coverage".to_owned(), round.coverage.json());
    }
    writeln!(out, "{object}")?;
    Ok(())
}

fn case(asked: &Asked) -> Value {
    let Asked { case, file, outcome } = asked;
    let mut object = json!({
        "file": &**file, "line": case.at.line, "name": case.name, "question": case.question(),
        "outcome": word(asked.standing()),
        "expected": {"allow": case.expect, "reason": case.reason},
    });
    let Some(members) = object.as_object_mut() else { return object };
    match outcome {
        Outcome::Answered(..) if asked.standing() == Standing::Unanswered => {
            members.insert("error".to_owned(), crate::policy::trial::not_held(case).into());
        }
        Outcome::Answered(_, account) => {
            let answer = &account.answer;
            let granted = answer.granted.as_ref();
            let by = granted.map(|by| json!({"role": by.role, "org": by.org, "grant": by.grant}));
            let answer = json!({"allow": answer.allow, "reason": answer.reason, "by": by});
            members.insert("answer".to_owned(), answer);
        }
        Outcome::Malformed(malformed) => {
            members.insert("error".to_owned(), malformed.to_string().into());
        }
    }
    object
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Passed => "passed",
        Standing::Failed => "failed",
        Standing::Unanswered => "unanswered",
        Standing::Missing => "missing",
        Standing::Written => "written",
    }
}
