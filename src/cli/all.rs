//! All pages of a search as one list, of one state of the directory.

use anyhow::bail;

use super::here::Here;
use crate::pdp::{Undecided, View};
use crate::policy::day::Day;
use crate::policy::search::{Found, Page};

/// How often a list is begun again that the directory changed under.
const BEGUN: usize = 5;

/// Everybody that a search finds, each with what `of` says of them.
pub(super) fn all<T>(
    here: &Here,
    on: Option<Day>,
    search: impl for<'v> Fn(&'v View<'_>, Page) -> Result<Found<'v>, Undecided>,
    of: impl Fn(&View<'_>, &str) -> Result<T, Undecided>,
) -> anyhow::Result<Vec<T>> {
    for _ in 0..BEGUN {
        if let Some(found) = of_one_state(here, on, &search, &of)? {
            return Ok(found);
        }
    }
    bail!("the directory changes faster than it can be gone through: ask again")
}

/// The same, unless the policy or the directory changes between two pages.
fn of_one_state<T>(
    here: &Here,
    on: Option<Day>,
    search: &impl for<'v> Fn(&'v View<'_>, Page) -> Result<Found<'v>, Undecided>,
    of: &impl Fn(&View<'_>, &str) -> Result<T, Undecided>,
) -> anyhow::Result<Option<Vec<T>>> {
    let (mut found, mut after, mut of_state) = (Vec::new(), None, None);
    loop {
        let (state, next, page) = here.ask(on, |view| {
            let page = search(view, Page { after, ..Page::ALL })?;
            let each = page.results.iter().map(|id| of(view, id)).collect::<Result<Vec<T>, _>>()?;
            let (policy, directory) = view.revisions();
            Ok(((policy.to_owned(), directory.to_owned()), page.next, each))
        })?;
        if *of_state.get_or_insert_with(|| state.clone()) != state {
            return Ok(None);
        }
        found.extend(page);
        if next.is_none() {
            return Ok(Some(found));
        }
        after = next;
    }
}
