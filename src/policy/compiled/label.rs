//! What a grant is called, and where it comes from: for explaining and for coverage, never for deciding.

use super::super::model::{Grant, Through};
use super::super::source::Place;

/// What a grant is called.
#[derive(Debug)]
pub(in crate::policy) struct Label {
    /// `role#number`.
    pub(in crate::policy) id: Box<str>,
    pub(in crate::policy) at: Place,
    pub(in crate::policy) clauses: Vec<u32>,
    /// What includes it, where it is another role's.
    pub(in crate::policy) through: Option<Through>,
}

impl Label {
    pub(super) fn new(grant: &Grant) -> Self {
        let Grant { id, at, clauses, through, .. } = grant;
        Self { id: (&**id).into(), at: at.clone(), clauses: clauses.clone(), through: through.clone() }
    }
}
