//! AuthZEN's searches as both of its surfaces ask them: what is looked for, which page, and what comes of it. How tokens
//! are made stands in `token`, how candidates are found and decided in the core.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use super::look::{Looked, look};
use super::token::{Carried, Moment, Token, Tokens, digest};
use super::{Action, Question, Resource, Subject, canon};
use crate::pdp::{Undecided, View};
use crate::policy::request::{Limits, Malformed, Properties};

/// What `page.limit` must be.
pub(crate) const WHOLE: &str = "a whole number from 0";

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Who may do it.
    Subjects,
    /// On what they may do it.
    Resources,
    /// What they may do.
    Actions,
}

impl Sought {
    /// As a byte.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Subjects => b's',
            Self::Resources => b'r',
            Self::Actions => b'a',
        }
    }

    /// From a byte.
    pub(super) fn coded(code: u8) -> Option<Self> {
        [Self::Subjects, Self::Resources, Self::Actions].into_iter().find(|sought| sought.code() == code)
    }
}

/// A search as it was asked.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// What is looked for.
    pub sought: Sought,
    /// The question, without the name of what is looked for: an id there is ignored.
    pub question: Question<'a>,
    /// Which page, where the request says anything about it.
    pub page: Option<Page<'a>>,
}

/// Which page.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// Where the page before says that this one begins.
    pub token: Option<Cow<'a, str>>,
    /// How many results it may have, as it was written.
    pub limit: Option<f64>,
    /// Whatever else is said; nothing is read from it.
    pub properties: Option<Properties>,
}

/// A page of results.
#[derive(Debug)]
pub struct Found<'v> {
    /// The type of what was found; empty for actions.
    pub kind: String,
    /// Ids, or names of actions, in the order of the search.
    pub results: Vec<&'v str>,
    /// The next page's token, empty where this page is the last. `None` where paging is of no matter: it was not asked for,
    /// and everything is here.
    pub next: Option<String>,
}

/// Why a search is not answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The request is malformed, or the caller may not ask it.
    #[error(transparent)]
    Undecided(#[from] Undecided),
    /// Its token is not good for it.
    #[error(transparent)]
    Token(#[from] Unfit),
}

/// Why a token is not good for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a token, a changed one, or one of another process.
    #[error("`page.token` is not one that this server gave: leave it out to start over")]
    Unknown,
    /// The snapshot or the day is another one.
    #[error(
        "the policy, the directory or the day has changed since `page.token` was given: leave it out to start over"
    )]
    Outdated,
    /// The question or the page is another one.
    #[error("`page.token` was given for another search: repeat that one with it, or send the token alone")]
    Another,
    /// The token has no question, and the request neither.
    #[error("`page.token` was given for a search that is too long to be in it: repeat the search with it")]
    Alone,
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::Undecided(malformed.into())
    }
}

impl<'a> Search<'a> {
    /// Finds a page of results on one view.
    ///
    /// # Errors
    /// The request is malformed, or its token is not good for it, or the caller may not ask it.
    pub fn find<'v>(self, view: &'v View<'_>, tokens: &Tokens) -> Result<Found<'v>, Refused> {
        let (sought, paged, moment) = (self.sought, self.page.is_some(), Moment::of(view));
        let Start { question, after, limit, properties } = self.start(view, tokens, &moment)?;
        let Looked { results, next } =
            look(view, sought, &question, after, NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN))?;
        // A page that may have no results says whether there are any.
        let (results, next) = match (limit, results.is_empty()) {
            (0, false) => (Vec::new(), Some(after)),
            _ => (results, next.map(Some)),
        };
        let next = next.map(|after| {
            let question = Carried::new(canon::write(&question));
            tokens.give(&Token { sought, moment, after, limit, properties, question })
        });
        let next = if paged { Some(next.unwrap_or_default()) } else { next };
        Ok(Found { kind: kind(sought, &question), results, next })
    }

    /// Where the page begins: at the beginning, or where its token says.
    fn start(self, view: &View<'_>, tokens: &Tokens, moment: &Moment) -> Result<Start<'a>, Refused> {
        let Self { sought, question, page } = self;
        let Page { token, limit, properties } = page.unwrap_or_default();
        let limit = limit.map(|limit| whole(limit, view.limits())).transpose()?;
        let properties = properties.map(|properties| digest(&properties));
        let question = given(&question).then(|| normal(sought, question));
        let Some(token) = token else {
            let question = question.unwrap_or_default();
            let limit = limit.unwrap_or_else(|| usual(view.limits()));
            return Ok(Start { question, after: None, limit, properties: properties.unwrap_or_else(|| digest(&[])) });
        };
        let token = tokens.read(&token).ok_or(Unfit::Unknown)?;
        if token.moment != *moment {
            return Err(Unfit::Outdated.into());
        }
        let same_page = limit.is_none_or(|limit| limit == token.limit)
            && properties.is_none_or(|properties| properties == token.properties);
        if token.sought != sought || !same_page {
            return Err(Unfit::Another.into());
        }
        let question = match (question, token.question) {
            (None, Carried::Whole(carried)) => canon::read(&carried).ok_or(Unfit::Unknown)?,
            (None, Carried::Digest(_)) => return Err(Unfit::Alone.into()),
            (Some(question), carried) if Carried::new(canon::write(&question)) == carried => question,
            (Some(_), _) => return Err(Unfit::Another.into()),
        };
        Ok(Start { question, after: token.after, limit: token.limit, properties: token.properties })
    }
}

/// Where a page begins.
struct Start<'a> {
    question: Question<'a>,
    after: Option<u64>,
    limit: usize,
    properties: [u8; 32],
}

/// Whether a request says anything about what it searches for.
fn given(question: &Question<'_>) -> bool {
    let Question { subject, action, resource, context } = question;
    subject.is_some() || action.is_some() || resource.is_some() || context.is_some()
}

/// The question without what is ignored in it.
fn normal(sought: Sought, mut question: Question<'_>) -> Question<'_> {
    match sought {
        Sought::Subjects => question.subject = question.subject.map(|subject| Subject { id: "".into(), ..subject }),
        Sought::Resources => question.resource = question.resource.map(|given| Resource { id: "".into(), ..given }),
        Sought::Actions => question.action = Some(Action { name: "".into(), properties: Properties::new() }),
    }
    question
}

/// The type of what is looked for.
fn kind(sought: Sought, question: &Question<'_>) -> String {
    let kind = match sought {
        Sought::Subjects => question.subject.as_ref().map(|subject| &subject.kind),
        Sought::Resources => question.resource.as_ref().map(|resource| &resource.kind),
        Sought::Actions => None,
    };
    kind.map(|kind| kind.clone().into_owned()).unwrap_or_default()
}

/// A limit that was asked for.
fn whole(limit: f64, limits: &Limits) -> Result<usize, Malformed> {
    let most = limits.page_items;
    if limit < 0.0 || limit.fract() != 0.0 {
        return Err(Malformed::WrongType { name: "page.limit", expected: WHOLE });
    }
    if limit > most as f64 {
        return Err(Malformed::OverLimit { what: "`page.limit`", limit: most });
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the limit")]
    Ok(limit as usize)
}

/// The limit of a request that asks for none.
fn usual(limits: &Limits) -> usize {
    limits.default_page_items.min(limits.page_items)
}
