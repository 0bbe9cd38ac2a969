//! The tests of a policy set as a condition of taking it: they judge the policy and never the people. A set is taken once
//! they pass on the directory that is read with it. From then on a change of the directory alone is taken whatever they
//! come to, or whoever lost a role would keep it; what fails is told.

use std::sync::Arc;
use std::time::SystemTime;

use super::Kept;
use crate::calendar::Calendar;
use crate::directory::Roster;
use crate::policy::code::Code;
use crate::policy::compiled::Policy;
use crate::policy::source::{Finding, Place, Severity, Source};

/// Whether tests have to pass, and of which policy files they did last.
#[derive(Debug, Default)]
pub(super) struct OwnTests {
    required: bool,
    passed: Option<Arc<str>>,
}

impl OwnTests {
    pub(super) fn new(required: bool) -> Self {
        Self { required, passed: None }
    }

    /// Asks the tests of a policy that is about to be taken: what they find is an error, or a warning where they passed
    /// before.
    pub(super) fn ask(
        &mut self,
        files: &[Source],
        policy: &Kept<Policy>,
        roster: &Roster,
        calendar: &Calendar,
    ) -> Result<Vec<Finding>, Vec<Finding>> {
        if !self.required {
            return Ok(Vec::new());
        }
        let Kept { revision, value: policy, .. } = policy;
        if policy.tests().is_empty() {
            return Err(vec![none(files)]);
        }
        let mut failing = policy.failing(roster, calendar.day(now()));
        if self.passed.as_ref() == Some(revision) {
            failing.iter_mut().for_each(|finding| finding.severity = Severity::Warning);
            return Ok(failing);
        }
        if !failing.is_empty() {
            return Err(failing);
        }
        self.passed = Some(Arc::clone(revision));
        Ok(Vec::new())
    }
}

/// A set without tests would pass all of them.
fn none(files: &[Source]) -> Finding {
    let file = files.first().map_or_else(|| "policies".into(), |file| Arc::clone(&file.name));
    let place = Place { file, line: 0, column: 0, width: 1 };
    Code::FailingTest
        .at(place, "the policy set has no tests, and the server requires that its tests pass")
        .help("add a `hallpass: tests/v1` file, or start the server without `--require-tests`")
}

#[expect(clippy::disallowed_methods, reason = "tests are asked on the day on which the files are read")]
fn now() -> SystemTime {
    SystemTime::now()
}
