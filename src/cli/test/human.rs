//! A round for people: what failed, how the answer came about, and how many are well.

use std::io::{self, Write};

use super::Job;
use super::asked::{Asked, Outcome, Round, Standing};
use super::missing::Change;
use crate::cli::account::{Account, Attempt, Holding};
use crate::cli::answer::Granted;

/// Writes it.
pub(super) fn write(job: &Job, round: &Round, written: &[Change], out: &mut impl Write) -> io::Result<()> {
    if round.known == 0 {
        let folder = job.folders.policies.display();
        writeln!(out, "no tests: no file in `{folder}` says `hallpass: tests/v1` and lists any")?;
    }
    written.iter().try_for_each(|change| tell_change(change, out))?;
    let wrong = |asked: &&Asked| !matches!(asked.standing(), Standing::Passed | Standing::Written);
    round.cases.iter().filter(wrong).try_for_each(|asked| tell(asked, out))?;
    if job.coverage {
        round.coverage.human(out)?;
    }
    if let Some(percent) = job.required.filter(|percent| round.coverage.is_below(*percent)) {
        if !job.coverage {
            round.coverage.summary(out)?;
        }
        writeln!(out, "{}", too_little(percent))?;
    }
    if round.known > 0 {
        writeln!(out, "{}", summary(round))?;
    }
    Ok(())
}

/// That less is covered than is required.
pub(super) fn too_little(percent: u8) -> String {
    format!("less is covered than the {percent}% that are required; `--coverage` says what is not")
}

fn summary(round: &Round) -> String {
    let failed = round.count(&[Standing::Failed, Standing::Unanswered]);
    let more = [(Standing::Missing, "without an expectation"), (Standing::Written, "written")];
    let more = more.into_iter().map(|(standing, word)| (round.count(&[standing]), word));
    let more: String = more.filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}")).collect();
    format!("{} passed, {failed} failed{more}", round.count(&[Standing::Passed]))
}

fn tell_change(change: &Change, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: wrote `{}`", change.place, change.words)?;
    writeln!(out, "  {}", change.question)
}

fn tell(asked: &Asked, out: &mut impl Write) -> io::Result<()> {
    let name = asked.case.name.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
    writeln!(out, "{}{name}", asked.place())?;
    writeln!(out, "  {}", asked.case.question())?;
    writeln!(out, "  {}", asked.told())?;
    account(asked).map_or(Ok(()), |account| writeln!(out, "  {account}"))
}

/// How the answer came about, where there is one.
pub(super) fn account(asked: &Asked) -> Option<String> {
    match &asked.outcome {
        Outcome::Answered(_, account) if asked.standing() != Standing::Unanswered => nearest(account),
        Outcome::Answered(..) | Outcome::Malformed(_) => None,
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
