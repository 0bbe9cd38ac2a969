//! The tests of a policy set: what each of them asks, and whether an answer is the expected one.

use super::code::Code;
use super::compiled::Policy;
use super::day::Day;
use super::decision::Reason;
use super::document::TestCase;
use super::explain::Explanation;
use super::facts::Facts;
use super::request::{Action, Limits, Malformed, Request, Stored, Subject};
use super::source::Finding;

/// What kind of subject every test is about.
const USER: &str = "user";

/// What an answer is to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The expected one.
    Passed,
    /// Another.
    Failed,
    /// Nothing is expected yet.
    Missing,
    /// None: the subject does not hold the role in which the test has them act.
    NotHeld,
}

impl TestCase {
    /// The record of the question.
    ///
    /// # Errors
    /// A property with a meaning that has the wrong type.
    pub fn record(&self) -> Result<Stored, Malformed> {
        Stored::new(self.of.resource.clone())
    }

    /// The question, about its record.
    #[must_use]
    pub fn request<'a>(&'a self, record: &'a Stored) -> Request<'a> {
        Request {
            subject: Subject { kind: USER, id: &self.who, properties: &self.of.subject },
            action: Action { name: &self.may, properties: &self.of.action },
            resource: record.resource(&self.a, &self.id),
            context: &self.of.context,
        }
    }

    /// The one role whose grants are to count.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.acting.as_ref().map(|acting| acting.role.as_str())
    }

    /// What an answer is to the test.
    #[must_use]
    pub fn verdict(&self, explanation: &Explanation<'_>) -> Verdict {
        let Explanation { decision, assignments, .. } = explanation;
        if self.acting.is_some() && assignments.is_empty() && decision.reason == Reason::NoGrant {
            return Verdict::NotHeld;
        }
        match self.expect {
            None => Verdict::Missing,
            Some(allow) if allow == decision.is_allow() && self.is_reason(decision.reason) => Verdict::Passed,
            Some(_) => Verdict::Failed,
        }
    }

    fn is_reason(&self, given: Reason) -> bool {
        self.reason.as_ref().is_none_or(|reason| reason == given.code())
    }

    /// `may t.rivera update misis.grades.mark of student: s.0142`.
    #[must_use]
    pub fn question(&self) -> String {
        let Self { who, may, a, id, of, on, .. } = self;
        let role = self.role().map(|role| format!(" as {role}")).unwrap_or_default();
        let id = if id.is_empty() { String::new() } else { format!(" {id}") };
        let parts = [
            (" of ", &of.resource),
            (", subject ", &of.subject),
            (", action ", &of.action),
            (", context ", &of.context),
        ];
        let parts = parts.into_iter().filter(|(_, properties)| !properties.is_empty()).map(|(label, properties)| {
            let each: Vec<String> = properties.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("{label}{}", each.join(", "))
        });
        let on = on.map(|day| format!(", on {day}")).unwrap_or_default();
        format!("may {who}{role} {may} {a}{id}{}{on}", parts.collect::<String>())
    }

    /// `allow`, or `deny (scope_mismatch)`; nothing where nothing is expected yet.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        self.expect.map(|allow| format!("{}{reason}", effect(allow)))
    }
}

/// `allow` or `deny`.
#[must_use]
pub fn effect(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

impl Policy {
    /// Asks the set's own tests, on a day unless they name one: each that is not answered as it says, as an error at its
    /// place.
    pub fn failing<F: Facts>(&self, facts: &F, today: Day) -> Vec<Finding> {
        self.tests.iter().filter_map(|case| self.fails(case, facts, today)).collect()
    }

    fn fails<F: Facts>(&self, case: &TestCase, facts: &F, today: Day) -> Option<Finding> {
        let told = self
            .told(case, facts, case.on.unwrap_or(today))
            .unwrap_or_else(|malformed| Some(format!("got no answer: {malformed}")))?;
        let expected = case.expected().map(|expected| format!("expected {expected}, ")).unwrap_or_default();
        let finding =
            Code::FailingTest.at(case.at.clone(), format!("a test fails: {}: {expected}{told}", case.question()));
        Some(finding.help("mend the policy or the test; `hallpass test` says how the answer comes about"))
    }

    /// What is wrong with the answer to a test, if anything.
    fn told<F: Facts>(&self, case: &TestCase, facts: &F, day: Day) -> Result<Option<String>, Malformed> {
        let record = case.record()?;
        let request = case.request(&record);
        Limits::default().check(&request)?;
        let explanation = self.tried(facts, &request, day, case.role());
        let decision = explanation.decision;
        let got = format!("got {} ({})", effect(decision.is_allow()), decision.reason.code());
        Ok(match case.verdict(&explanation) {
            Verdict::Passed => None,
            Verdict::Failed => Some(match decision.granted {
                Some(granted) => format!("{got} by {}, as {} at {}", granted.grant, granted.role, granted.org),
                None => got,
            }),
            Verdict::Missing => Some(format!("{got} where nothing is expected")),
            Verdict::NotHeld => Some(not_held(case)),
        })
    }
}

/// Why a test has no answer.
#[must_use]
pub fn not_held(case: &TestCase) -> String {
    format!("got no answer: {} does not hold {}", case.who, case.role().unwrap_or_default())
}
