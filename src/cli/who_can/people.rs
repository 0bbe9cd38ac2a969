//! The people who may: those who may do it to a record, each by the grant that allows it; or, where there is no record,
//! those who hold a role for it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::Context as _;
use indicatif::HumanCount;
use serde_json::{Map, Value, json};

use crate::cli::all::all;
use crate::cli::here::Here;
use crate::cli::layout::table;
use crate::cli::look::{self, plain};
use crate::cli::question::Question;
use crate::pdp::{Undecided, View};
use crate::policy::day::Day;
use crate::policy::request::{Limits, Request, Subject};

/// People, in the directory's order.
pub(super) enum People {
    /// Who may do it to a record.
    OfRecord(Vec<Allowed>),
    /// Who holds a role that may, and where.
    OfAny(Vec<Holder>),
}

/// Somebody who may, by the grant that allows it.
pub(super) struct Allowed {
    user: String,
    role: String,
    org: String,
    grant: String,
}

/// Somebody who holds a role for it, in effect.
pub(super) struct Holder {
    user: String,
    /// Roles, each with its organisation.
    posts: Vec<(String, String)>,
}

impl People {
    /// Goes through a directory.
    pub(super) fn find(here: &Here, on: Option<Day>, question: &Question, of_a_record: bool) -> anyhow::Result<Self> {
        let request = question.request();
        let somebody = Request { subject: Subject { id: "somebody", ..request.subject }, ..request };
        Limits::default().check(&somebody).context("this is no question that can be decided")?;
        Ok(if of_a_record {
            let of = |view: &View<'_>, user: &str| allowed(view, user, &request);
            Self::OfRecord(
                all(here, on, |view, page| view.subjects(&request, page), of)?.into_iter().flatten().collect(),
            )
        } else {
            let policy = here.policy();
            let roles: BTreeSet<&str> = policy.roles_that_may(&question.kind, &question.action).into_keys().collect();
            let of = |view: &View<'_>, user: &str| holder(view, user, &roles);
            Self::OfAny(all(here, on, |view, page| view.bearers(&request, page), of)?)
        })
    }

    fn counted(&self) -> String {
        let count = match self {
            Self::OfRecord(people) => people.len(),
            Self::OfAny(people) => people.len(),
        };
        if count == 1 { "1 person".to_owned() } else { format!("{} people", HumanCount(count as u64)) }
    }

    /// Lines for people.
    pub(super) fn human(&self, look: &look::Look, terminal: bool, out: &mut impl Write) -> io::Result<()> {
        let (head, rows) = match self {
            Self::OfRecord(people) => ("people who may, of this record", people.iter().map(Allowed::row).collect()),
            Self::OfAny(people) => ("people who hold such a role", people.iter().map(Holder::row).collect::<Vec<_>>()),
        };
        writeln!(out, "\n{}", look.paint(terminal).strong(head))?;
        write!(out, "{}", table(&rows, look.table(terminal), &[1, 2]))?;
        writeln!(out, "{}", self.counted())
    }

    /// The members of an answer for programs.
    pub(super) fn json(&self, members: &mut Map<String, Value>) {
        let (name, list) = match self {
            Self::OfRecord(people) => ("people", people.iter().map(Allowed::json).collect::<Vec<_>>()),
            Self::OfAny(people) => ("holders", people.iter().map(Holder::json).collect()),
        };
        members.insert("count".to_owned(), list.len().into());
        members.insert(name.to_owned(), list.into());
    }
}

/// By which grant somebody may whom a search has found; nobody where a fact was missing, so that the search is made again.
fn allowed(view: &View<'_>, user: &str, request: &Request<'_>) -> Result<Option<Allowed>, Undecided> {
    let asked = Request { subject: Subject { id: user, ..request.subject }, ..*request };
    let granted = view.decide(&asked)?.granted;
    let text = str::to_owned;
    Ok(granted.map(|by| Allowed { user: text(user), role: text(by.role), org: text(by.org), grant: text(by.grant) }))
}

fn holder(view: &View<'_>, user: &str, roles: &BTreeSet<&str>) -> Result<Holder, Undecided> {
    let posts = view.posts(user)?.unwrap_or_default().into_iter();
    let carrying = posts.filter(|post| post.in_effect() && roles.contains(post.role.as_str()));
    Ok(Holder { user: user.to_owned(), posts: carrying.map(|post| (post.role, post.org)).collect() })
}

impl Allowed {
    fn row(&self) -> Vec<String> {
        let Self { user, role: _, org, grant } = self;
        vec![format!("  {}", plain(user)), format!("by {grant}"), format!("at {}", plain(org))]
    }

    fn json(&self) -> Value {
        let Self { user, role, org, grant } = self;
        json!({"user": user, "role": role, "org": org, "grant": grant})
    }
}

impl Holder {
    fn row(&self) -> Vec<String> {
        let posts: Vec<String> = self.posts.iter().map(|(role, org)| format!("{role} at {}", plain(org))).collect();
        vec![format!("  {}", plain(&self.user)), posts.join(", ")]
    }

    fn json(&self) -> Value {
        let posts: Vec<Value> = self.posts.iter().map(|(role, org)| json!({"role": role, "org": org})).collect();
        json!({"user": self.user, "posts": posts})
    }
}
