//! What is decided for the request that a thread is busy with. A worker is one thread, and deciding never waits, so what
//! is noted between one poll of a request and the next is that request's own; no edge has to carry it.

use std::cell::Cell;

use crate::policy::decision::{Decision, Reason};

thread_local! {
    /// None while nobody wants to know.
    static NOTED: Cell<Option<Noted>> = const { Cell::new(None) };
}

/// What was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    /// How many questions.
    pub(crate) decisions: u32,
    /// How many of them were allowed.
    pub(crate) allows: u32,
    /// Why the last one came out as it did.
    pub(crate) reason: Option<Reason>,
}

/// Runs something and adds what is decided meanwhile.
pub(crate) fn noting<T>(noted: &mut Noted, run: impl FnOnce() -> T) -> T {
    NOTED.set(Some(*noted));
    let done = run();
    *noted = NOTED.take().unwrap_or_default();
    done
}

/// Notes a decision, where anybody wants to know.
pub(crate) fn note(decision: &Decision<'_>) {
    let Some(Noted { decisions, allows, .. }) = NOTED.get() else { return };
    let allows = allows + u32::from(decision.is_allow());
    NOTED.set(Some(Noted { decisions: decisions + 1, allows, reason: Some(decision.reason) }));
}

/// Forgets what was noted: it was decided without all the facts, and is decided again.
pub(crate) fn again() {
    if NOTED.get().is_some() {
        NOTED.set(Some(Noted::default()));
    }
}
