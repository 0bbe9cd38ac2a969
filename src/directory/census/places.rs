//! The tree of organisations laid out so that every subtree stands in one piece.

use std::sync::Arc;

use super::super::names::{Book, between, small};
use crate::policy::facts::Org;

/// Organisations by number, each followed by those below it.
#[derive(Debug, Default)]
pub(super) struct Places {
    order: Vec<u32>,
    /// Where in `order` the subtree of each organisation begins and ends.
    spans: Vec<(u32, u32)>,
}

impl Places {
    pub(super) fn new(orgs: &Book<Arc<Org>>) -> Self {
        let mut ways: Vec<(Vec<&str>, u32)> =
            (0..small(orgs.len())).filter_map(|at| Some((way_down(orgs.at(at)?), at))).collect();
        ways.sort_unstable();
        let mut spans = vec![(0, 0); orgs.len()];
        for (start, (way, org)) in ways.iter().enumerate() {
            let after = ways.iter().skip(start);
            let length = after.take_while(|(below, _)| below.starts_with(way)).count();
            spans.get_mut(*org as usize).into_iter().for_each(|span| *span = (small(start), small(start + length)));
        }
        Self { order: ways.into_iter().map(|(_, org)| org).collect(), spans }
    }

    pub(super) fn subtree(&self, org: u32) -> &[u32] {
        let (start, end) = self.spans.get(org as usize).copied().unwrap_or_default();
        between(&self.order, start, end)
    }
}

/// Ids from the topmost organisation down to one.
fn way_down(org: &Org) -> Vec<&str> {
    let mut way: Vec<&str> = std::iter::once(org.id()).chain(org.above()).collect();
    way.reverse();
    way
}
