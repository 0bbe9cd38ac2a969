//! What the core finds for a page of a search, by kind.

use std::collections::BTreeSet;

use super::Question;
use super::search::Sought;
use crate::pdp::View;
use crate::policy::census::{By, Census};
use crate::policy::request::{Malformed, Request};

/// What a page holds, and after what the next one begins.
pub(super) struct Looked<'v> {
    pub(super) results: Vec<&'v str>,
    pub(super) next: Option<u64>,
}

pub(super) fn look<'v>(
    view: &'v View<'_>,
    sought: Sought,
    question: &Question<'_>,
    after: Option<u64>,
    limit: usize,
) -> Result<Looked<'v>, Malformed> {
    let none = Question::default();
    let request = question.or(&none)?;
    let census = &*view.snapshot().roster;
    let ids: Vec<&'v str> = match sought {
        Sought::Subjects => (0..census.users()).filter_map(|row| census.user_at(row)).map(|user| user.id).collect(),
        Sought::Resources => census
            .records(request.resource.kind, By::Type)
            .filter_map(|row| census.record_at(row))
            .map(|r| r.0)
            .collect(),
        Sought::Actions => {
            let policy = &view.snapshot().policy;
            let rights = policy.roles().flat_map(|(role, _)| policy.rights(role));
            let names: BTreeSet<&str> =
                rights.filter(|right| right.resource_type == request.resource.kind).map(|right| right.action).collect();
            names.into_iter().collect()
        }
    };
    let mut results = Vec::new();
    let first = after.map_or(0, |after| after + 1);
    let mut last = 0;
    for (at, id) in (0..).zip(ids).skip_while(|(at, _)| *at < first) {
        let mut candidate = request;
        match sought {
            Sought::Subjects => candidate.subject.id = id,
            Sought::Resources => candidate.resource.id = id,
            Sought::Actions => candidate.action.name = id,
        }
        if !view.decide(&candidate)?.is_allow() {
            continue;
        }
        if results.len() == limit {
            return Ok(Looked { results, next: Some(last) });
        }
        last = at;
        results.push(id);
    }
    Ok(Looked { results, next: None })
}

fn _unused(_: Request<'_>) {}
