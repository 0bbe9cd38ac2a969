//! One round: every test asked once, what its answer is to it, and what all of them cover.

use std::path::Path;
use std::sync::Arc;

use super::covered::Covered;
use crate::cli::account::Account;
use crate::cli::here::Here;
use crate::pdp::Undecided;
use crate::policy::coverage::{Coverage, Marks};
use crate::policy::document::TestCase;
use crate::policy::request::Malformed;
use crate::policy::trial::Verdict;

/// All tests of a policy set, asked.
pub(super) struct Round {
    pub(super) cases: Vec<Asked>,
    /// How many tests the set has, asked or not.
    pub(super) known: usize,
    pub(super) coverage: Covered,
}

/// A test, asked.
pub(super) struct Asked {
    pub(super) case: TestCase,
    /// Where its file is.
    pub(super) file: Arc<str>,
    pub(super) outcome: Outcome,
}

/// What came of a test.
pub(super) enum Outcome {
    Answered(Verdict, Box<Account>),
    /// The question can't be asked.
    Malformed(Malformed),
}

/// What a test counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Passed,
    Failed,
    /// There is no answer that could be compared.
    Unanswered,
    Missing,
    /// Its expectation was missing, and was written.
    Written,
}

impl Round {
    /// Asks the tests that have a text in them, or all.
    pub(super) fn ask(here: &Here, folder: &Path, only: Option<&str>) -> anyhow::Result<Self> {
        let policy = here.policy();
        let (mut cases, mut coverage) = (Vec::new(), Coverage::default());
        let only = only.map(str::to_lowercase);
        for case in policy.tests() {
            let file = crate::live::path(folder, &case.at.file);
            if only.as_ref().is_some_and(|text| !words(case, &file).contains(text)) {
                continue;
            }
            let outcome = ask(here, case, &mut coverage)?;
            cases.push(Asked { case: case.clone(), file, outcome });
        }
        let coverage = Covered::new(coverage.report(&policy), folder);
        Ok(Self { cases, known: policy.tests().len(), coverage })
    }

    /// Whether every test was answered as it says.
    pub(super) fn is_well(&self) -> bool {
        self.cases.iter().all(|asked| matches!(asked.standing(), Standing::Passed | Standing::Written))
    }

    /// How many tests count as something.
    pub(super) fn count(&self, standing: &[Standing]) -> usize {
        self.cases.iter().filter(|asked| standing.contains(&asked.standing())).count()
    }
}

impl Asked {
    pub(super) fn standing(&self) -> Standing {
        match (&self.outcome, self.case.expect) {
            (Outcome::Answered(Verdict::Passed, _), _) => Standing::Passed,
            (Outcome::Answered(Verdict::Failed, _), _) => Standing::Failed,
            (Outcome::Answered(Verdict::Missing, _), None) => Standing::Missing,
            (Outcome::Answered(Verdict::Missing, _), Some(_)) => Standing::Written,
            (Outcome::Answered(Verdict::NotHeld, _) | Outcome::Malformed(_), _) => Standing::Unanswered,
        }
    }

    /// `policies/misis/tests.yaml:12`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.case.at.line)
    }

    /// What was wanted and what came.
    pub(super) fn told(&self) -> String {
        let got = match &self.outcome {
            Outcome::Malformed(malformed) => format!("got no answer: {malformed}"),
            Outcome::Answered(Verdict::NotHeld, _) => crate::policy::trial::not_held(&self.case),
            Outcome::Answered(Verdict::Passed | Verdict::Failed | Verdict::Missing, account) => {
                format!("got {} ({})", crate::policy::trial::effect(account.answer.allow), account.answer.reason)
            }
        };
        match self.case.expected() {
            Some(expected) => format!("expected {expected}, {got}"),
            None => format!("nothing is expected yet, {got}"),
        }
    }
}

/// What `--only` looks into.
fn words(case: &TestCase, file: &str) -> String {
    let name = case.name.as_deref().unwrap_or_default();
    format!("{file}:{}: {name}: {}", case.at.line, case.question()).to_lowercase()
}

fn ask(here: &Here, case: &TestCase, coverage: &mut Coverage) -> anyhow::Result<Outcome> {
    let record = match case.record() {
        Ok(record) => record,
        Err(malformed) => return Ok(Outcome::Malformed(malformed)),
    };
    let (outcome, marks) = here.ask(case.on, |view| match view.explain_as(&case.request(&record), case.role()) {
        Ok(explanation) => {
            let (verdict, marks) = (case.verdict(&explanation), Marks::of(&explanation));
            Ok((Outcome::Answered(verdict, Box::new(Account::new(&explanation, view))), marks))
        }
        Err(Undecided::Malformed(malformed)) => Ok((Outcome::Malformed(malformed), Marks::default())),
        Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => Err(refused),
    })?;
    if matches!(outcome, Outcome::Answered(Verdict::Passed, _)) {
        coverage.count(marks);
    }
    Ok(outcome)
}
