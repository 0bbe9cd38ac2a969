//! The tree of organisations laid out so that every subtree stands in one piece.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::names::{between, small};
use crate::policy::facts::Org;

/// Organisations by number, each followed by those below it.
#[derive(Debug, Default)]
pub(in crate::directory) struct Places {
    order: Vec<u32>,
    /// Where in `order` the subtree of each organisation begins and ends.
    spans: HashMap<u32, (u32, u32)>,
}

impl Places {
    /// Lays out organisations, each with its number.
    pub(in crate::directory) fn new<'a>(orgs: impl Iterator<Item = (u32, &'a Arc<Org>)>) -> Self {
        let mut ways: Vec<(Vec<&str>, u32)> = orgs.map(|(at, org)| (way_down(org), at)).collect();
        ways.sort_unstable();
        let span = |(start, (way, org)): (usize, &(Vec<&str>, u32))| {
            let after = ways.iter().skip(start);
            let length = after.take_while(|(below, _)| below.starts_with(way)).count();
            (*org, (small(start), small(start + length)))
        };
        let spans = ways.iter().enumerate().map(span).collect();
        Self { order: ways.into_iter().map(|(_, org)| org).collect(), spans }
    }

    /// The organisations of a subtree, its top first.
    pub(in crate::directory) fn subtree(&self, org: u32) -> &[u32] {
        let (start, end) = self.spans.get(&org).copied().unwrap_or_default();
        between(&self.order, start, end)
    }
}

/// Ids from the topmost organisation down to one.
fn way_down(org: &Org) -> Vec<&str> {
    let mut way: Vec<&str> = std::iter::once(org.id()).chain(org.above()).collect();
    way.reverse();
    way
}
