//! Why a request gets no decision: never an allow, and never a deny that would pass for one.

use crate::caller::Forbidden;
use crate::policy::request::Malformed;

/// Why a request gets no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// It is malformed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The caller may not ask it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The facts can't be had now: says why. Neither an allow nor a deny: ask again.
    #[error("{0}")]
    Unavailable(String),
    /// Too many wait for what it takes: says for what. Ask again later.
    #[error("{0}")]
    Exhausted(String),
}

impl Undecided {
    /// Whether the same question may be answered when it is asked again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Exhausted(_) => true,
            Self::Malformed(_) | Self::Forbidden(_) => false,
        }
    }
}
