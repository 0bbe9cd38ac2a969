//! `test`: the questions of a policy set's `tests/v1` files, asked of the directory, and the answers compared.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use super::account::{Account, Attempt, Holding};
use super::answer::Granted;
use super::here::Here;
use super::question::Question;
use crate::config::{Folders, People};
use crate::pdp::Undecided;
use crate::policy::document::TestCase;
use crate::policy::request::{Malformed, Value};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the policy files, with their tests
    #[arg(value_name = "FOLDER", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    #[command(flatten)]
    people: People,
}

/// Asks all questions.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let folders = Folders { policies: args.policies, people: args.people };
    let here = Here::open(&folders)?;
    let policy = here.policy();
    let cases = policy.tests();
    if cases.is_empty() {
        let folder = folders.policies.display();
        writeln!(out, "no tests: no file in `{folder}` says `hallpass: tests/v1` and lists any")?;
        return Ok(Exit::Success);
    }
    let mut failed = 0_usize;
    for case in cases {
        let answer = ask(&here, case)?;
        if !as_expected(case, &answer) {
            failed += 1;
            tell(&folders.policies, case, &answer, out)?;
        }
    }
    writeln!(out, "{} passed, {failed} failed", cases.len() - failed)?;
    Ok(if failed == 0 { Exit::Success } else { Exit::Failure })
}

fn ask(here: &Here, case: &TestCase) -> anyhow::Result<Result<Account, Malformed>> {
    let question = match Question::of(case) {
        Ok(question) => question,
        Err(malformed) => return Ok(Err(malformed)),
    };
    here.ask(case.on, |view| match view.explain(&question.request()) {
        Ok(explanation) => Ok(Ok(Account::new(&explanation, view))),
        Err(Undecided::Malformed(malformed)) => Ok(Err(malformed)),
        Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => Err(refused),
    })
}

fn as_expected(case: &TestCase, answer: &Result<Account, Malformed>) -> bool {
    let Ok(Account { answer, .. }) = answer else { return false };
    answer.allow == case.allow && case.reason.as_ref().is_none_or(|reason| *reason == answer.reason)
}

fn tell(folder: &Path, case: &TestCase, answer: &Result<Account, Malformed>, out: &mut impl Write) -> io::Result<()> {
    let name = case.name.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
    writeln!(out, "{}:{}{name}", crate::live::path(folder, &case.at.file), case.at.line)?;
    writeln!(out, "  {}", in_one_line(case))?;
    let reason = case.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let expected = format!("{}{reason}", if case.allow { "allow" } else { "deny" });
    match answer {
        Err(malformed) => writeln!(out, "  expected {expected}, got no answer: {malformed}"),
        Ok(account) => {
            let got = if account.answer.allow { "allow" } else { "deny" };
            writeln!(out, "  expected {expected}, got {got} ({})", account.answer.reason)?;
            nearest(account).map_or(Ok(()), |nearest| writeln!(out, "  {nearest}"))
        }
    }
}

/// `may t.rivera update misis.grades.mark of student: s.0142`.
fn in_one_line(case: &TestCase) -> String {
    let TestCase { who, may, a, id, of, on, .. } = case;
    let id = if id.is_empty() { String::new() } else { format!(" {id}") };
    let parts =
        [(" of ", &of.resource), (", subject ", &of.subject), (", action ", &of.action), (", context ", &of.context)];
    let parts = parts.into_iter().filter(|(_, properties)| !properties.is_empty()).map(|(label, properties)| {
        let each: Vec<String> = properties.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
        format!("{label}{}", each.join(", "))
    });
    let on = on.map(|day| format!(", on {day}")).unwrap_or_default();
    format!("may {who} {may} {a}{id}{}{on}", parts.collect::<String>())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}: {}", shown(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What allowed it, or what came nearest to that.
fn nearest(account: &Account) -> Option<String> {
    if let Some(Granted { role, org, grant }) = &account.answer.granted {
        return Some(format!("allowed by {grant}, as {role} at {org}"));
    }
    if let Some(rule) = &account.denied_by {
        return Some(format!("denied by the rule {rule}"));
    }
    let tried = account.assignments.iter().flat_map(|holding| holding.grants.iter().map(move |tried| (holding, tried)));
    let best = tried.max_by_key(|(_, tried)| nearness(tried));
    let stale = account
        .assignments
        .iter()
        .find(|holding| ["out_of_dates", "without_effect_here"].contains(&holding.standing.as_str()));
    let would = account.would.first();
    best.map(|(Holding { role, org, .. }, tried)| {
        format!("nearest: {role} at {org}, {} {} [{}]", tried.grant, tried.words(), tried.place)
    })
    .or_else(|| stale.map(|Holding { role, org, .. }| format!("nearest: {role} at {org}, which is not in effect")))
    .or_else(|| would.map(|would| format!("would be allowed to {} at {}", would.role, would.org)))
}

fn nearness(tried: &Attempt) -> u8 {
    match tried.outcome.as_str() {
        "condition_not_met" | "governance_refuses" => 3,
        "property_missing" => 2,
        "fact_missing" => 1,
        _ => 0,
    }
}
