//! Coverage for people and for programs: how much of the policy its tests reach, and what they don't, with its place.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::policy::coverage::{ClauseCoverage, GrantCoverage, Limit, Report};
use crate::policy::source::Place;

/// What the tests cover, with the paths under which whoever reads of it finds the files.
pub(super) struct Covered(Report);

/// So many of so many.
#[derive(Clone, Copy)]
struct Share {
    covered: usize,
    all: usize,
}

impl Share {
    fn of(each: impl Iterator<Item = bool>) -> Self {
        each.fold(Self { covered: 0, all: 0 }, |Self { covered, all }, one| Self {
            covered: covered + usize::from(one),
            all: all + 1,
        })
    }

    /// Rounded down, so that 100 means all; of nothing, all is covered.
    fn percent(self) -> usize {
        (self.covered * 100).checked_div(self.all).unwrap_or(100)
    }

    fn words(self, what: &str) -> String {
        format!("{} of {} {what} ({}%)", self.covered, self.all, self.percent())
    }

    fn json(self) -> Value {
        json!({"covered": self.covered, "all": self.all, "percent": self.percent()})
    }
}

impl Covered {
    pub(super) fn new(mut report: Report, folder: &Path) -> Self {
        let places = report.grants.iter_mut().map(|grant| &mut grant.at);
        for Place { file, .. } in places.chain(report.clauses.iter_mut().map(|clause| &mut clause.at)) {
            *file = crate::live::path(folder, file);
        }
        Self(report)
    }

    /// Whether less than so many percent of the grants, or of the clauses, are covered.
    pub(super) fn is_below(&self, percent: u8) -> bool {
        [self.grants(), self.clauses()].iter().any(|share| share.percent() < usize::from(percent))
    }

    fn grants(&self) -> Share {
        Share::of(self.0.grants.iter().map(|grant| grant.decides))
    }

    fn clauses(&self) -> Share {
        Share::of(self.0.clauses.iter().map(|clause| clause.covered))
    }

    fn limits(&self) -> Share {
        Share::of(self.0.grants.iter().flat_map(|grant| &grant.limits).map(|(_, covered)| *covered))
    }

    /// Lines for people: what is not covered, and how much is.
    pub(super) fn human(&self, out: &mut impl Write) -> io::Result<()> {
        for grant in &self.0.grants {
            let words = uncovered(grant);
            if !words.is_empty() {
                writeln!(out, "{}: {}{} {words}", place(&grant.at), grant.grant, of(grant))?;
            }
        }
        for ClauseCoverage { role, number, text, at, .. } in self.0.clauses.iter().filter(|clause| !clause.covered) {
            writeln!(out, "{}: clause {number} of {role} has no test: {text}", place(at))?;
        }
        self.summary(out)
    }

    /// One line.
    pub(super) fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        let (grants, limits) = (self.grants().words("grants"), self.limits().words("limits of grants"));
        writeln!(out, "covered: {grants}, {limits}, {}", self.clauses().words("clauses"))
    }

    /// An object for programs.
    pub(super) fn json(&self) -> Value {
        let grants = self.0.grants.iter().filter(|grant| !uncovered(grant).is_empty()).map(|grant| {
            let GrantCoverage { role, grant: id, at, decides, .. } = grant;
            let limits: Vec<&str> = open(grant).map(Limit::code).collect();
            json!({
                "role": role, "grant": id, "file": &*at.file, "line": at.line,
                "decides": decides, "limits_uncovered": limits,
            })
        });
        let clauses = self.0.clauses.iter().filter(|clause| !clause.covered).map(|clause| {
            let ClauseCoverage { role, number, text, at, .. } = clause;
            json!({"role": role, "clause": number, "text": text, "file": &*at.file, "line": at.line})
        });
        json!({
            "grants": self.grants().json(), "limits": self.limits().json(), "clauses": self.clauses().json(),
            "uncovered_grants": grants.collect::<Vec<_>>(), "uncovered_clauses": clauses.collect::<Vec<_>>(),
        })
    }
}

fn place(at: &Place) -> String {
    format!("{}:{}", at.file, at.line)
}

/// Whose grant it is here, where another role's is included.
fn of(grant: &GrantCoverage) -> String {
    let own = grant.grant.split('#').next() == Some(&grant.role);
    if own { String::new() } else { format!(", included by {},", grant.role) }
}

/// The limits that refused nothing.
fn open(grant: &GrantCoverage) -> impl Iterator<Item = Limit> {
    grant.limits.iter().filter(|(_, covered)| !covered).map(|(limit, _)| *limit)
}

/// What no test shows of a grant; nothing where all is shown.
fn uncovered(grant: &GrantCoverage) -> String {
    let limits: Vec<&str> = open(grant)
        .map(|limit| match limit {
            Limit::Reach => "its reach",
            Limit::MadeBy => "who made the record",
            Limit::Condition => "its condition",
            Limit::Exceptions => "the roles and people that it excepts",
        })
        .collect();
    let refused = (!limits.is_empty()).then(|| format!("never refuses by {}", limits.join(", nor by ")));
    let decides = (!grant.decides).then(|| "decides no allow".to_owned());
    [decides, refused].into_iter().flatten().collect::<Vec<_>>().join(", and ")
}
