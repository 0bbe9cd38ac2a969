//! A decision and how it came about, for people: plain texts, ready to be shown. Nothing is decided here.

use super::decision::Decision;

/// A decision and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The decision.
    pub decision: Decision<'a>,
    /// Every role that the subject holds, in the directory's order.
    pub assignments: Vec<Holding>,
    /// Roles that would allow it, were the subject to hold them.
    pub would: Vec<Would>,
}

/// A role that the subject holds, and what it contributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The role, by id.
    pub role: String,
    /// The organisation at which it is held.
    pub org: String,
    /// Whether the assignment is in effect.
    pub in_effect: bool,
    /// Why it isn't, or what else is to be known about it.
    pub note: Option<String>,
    /// The role's grants for this action and resource type.
    pub grants: Vec<Tried>,
}

/// A grant that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The grant, as `role#number`.
    pub grant: String,
    /// The clause of the guide that it stands for.
    pub clause: String,
    /// What came of it: a reason code.
    pub outcome: &'static str,
    /// The fact that decided it, where there is one.
    pub fact: Option<String>,
}

/// A role that would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Would {
    /// The role, by id.
    pub role: String,
    /// How far its grant reaches.
    pub reach: String,
    /// Where it would have to be held.
    pub held_at: String,
}
