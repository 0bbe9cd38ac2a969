//! An answer for people and for programs, wherever it was decided.

use std::io::{self, Write};

use serde::Serialize;

use super::Exit;
use super::look::Paint;
use crate::pdp::View;
use crate::policy::decision::Decision;

/// A decision with the revisions that it comes from. `role`, `org` and `grant` are there in an allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    pub(super) allow: bool,
    pub(super) reason: String,
    #[serde(flatten)]
    pub(super) granted: Option<Granted>,
    pub(super) policy_revision: String,
    pub(super) directory_revision: String,
}

/// What allowed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Granted {
    pub(super) role: String,
    pub(super) org: String,
    pub(super) grant: String,
}

impl Answer {
    /// The answer of a view.
    pub(super) fn new(decision: &Decision<'_>, view: &View<'_>) -> Self {
        let (policy_revision, directory_revision) = view.revisions();
        let granted = decision.granted.map(|granted| Granted {
            role: granted.role.to_owned(),
            org: granted.org.to_owned(),
            grant: granted.grant.to_owned(),
        });
        Self {
            allow: decision.is_allow(),
            reason: decision.reason.code().to_owned(),
            granted,
            policy_revision: policy_revision.to_owned(),
            directory_revision: directory_revision.to_owned(),
        }
    }

    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        if self.allow { Exit::Success } else { Exit::Deny }
    }

    /// The decision and its reason, in words and as code.
    pub(super) fn headline(&self, paint: Paint) -> String {
        let effect = if self.allow { paint.good("allow") } else { paint.bad("deny") };
        format!("{effect}: {} ({})", words(&self.reason), self.reason)
    }

    /// Lines for people.
    pub(super) fn human(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.headline(paint))?;
        if let Some(Granted { role, org, grant }) = &self.granted {
            writeln!(out, "role       {role}")?;
            writeln!(out, "held at    {org}")?;
            writeln!(out, "grant      {grant}")?;
        }
        self.revisions(out)
    }

    /// The revisions, as lines.
    pub(super) fn revisions(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "policy     {}", self.policy_revision)?;
        writeln!(out, "directory  {}", self.directory_revision)
    }
}

/// What a reason's code means.
fn words(code: &str) -> &'static str {
    match code {
        "granted" => "a role that they hold allows it",
        "unknown_subject" => "there is no such user, or they are disabled or of a type that is not accepted",
        "unknown_resource_type" => "no application declares this resource type",
        "unknown_action" => "the resource type has no such action",
        "unknown_role" => "the role to be given or taken away is no role of the application",
        "denied_by_rule" => "a deny rule applies",
        "condition_error" => "a deny rule could not be evaluated",
        "missing_attribute" => "the question leaves out a fact that every grant has to test",
        "scope_mismatch" => "the roles that allow it do not reach this record",
        "condition_not_met" => "a role reaches the record, but its condition is not met",
        "assignment_not_in_effect" => {
            "the roles that allow it are out of their dates, or held where they have no effect"
        }
        "no_grant" => "none of their roles allows it on any record",
        _ => "for a reason that this version does not know",
    }
}
