//! What the core finds for a page of a search, by kind.

use std::num::NonZeroUsize;

use super::Question;
use super::search::Sought;
use crate::pdp::{Undecided, View};
use crate::policy::search::{Cursor, Found, Page};

/// What a page holds, and after what the next one begins.
pub(super) struct Looked<'v> {
    /// Ids, or names of actions.
    pub(super) results: Vec<&'v str>,
    /// `None` where there are no more.
    pub(super) next: Option<u64>,
}

/// Finds a page: at most so many results behind a place.
pub(super) fn look<'v>(
    view: &'v View<'_>,
    sought: Sought,
    question: &Question<'_>,
    after: Option<u64>,
    limit: NonZeroUsize,
) -> Result<Looked<'v>, Undecided> {
    let none = Question::default();
    let request = question.or(&none)?;
    let page = Page { after: after.map(Cursor::at), limit, visits: Page::VISITS };
    let found = match sought {
        Sought::Subjects => view.subjects(&request, page)?,
        Sought::Resources => view.resources(&request, page)?,
        Sought::Actions => return Ok(cut(&view.actions(&request)?, after, limit)),
    };
    let Found { results, next, visited: _ } = found;
    Ok(Looked { results, next: next.map(Cursor::number) })
}

/// A page of a list that is there as a whole: a type has few actions. A place is the number of those before it.
fn cut<'v>(all: &[&'v str], after: Option<u64>, limit: NonZeroUsize) -> Looked<'v> {
    let first = after.map_or(0, |after| usize::try_from(after).unwrap_or(usize::MAX));
    let rest = all.get(first..).unwrap_or_default();
    let (results, more) = rest.split_at_checked(limit.get()).unwrap_or((rest, &[]));
    let next = (!more.is_empty()).then(|| (first + results.len()) as u64);
    Looked { results: results.to_vec(), next }
}
