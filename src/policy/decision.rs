//! The answer: allow or deny, why, and by which grant.

/// Why the answer is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A grant allows it.
    Granted,
    /// No such user, or deleted, disabled, or of a type that is not accepted.
    UnknownSubject,
    /// No application declares the resource type.
    UnknownResourceType,
    /// The resource type has no such action.
    UnknownAction,
    /// The role given or taken away is no role of the application.
    UnknownRole,
    /// A deny rule applies.
    DeniedByRule,
    /// A deny rule could not be evaluated.
    ConditionError,
    /// Every grant that could allow it tests a fact that the request does not give.
    MissingAttribute,
    /// No grant reaches the record.
    ScopeMismatch,
    /// A grant reaches the record, but its condition is not met or role governance refuses.
    ConditionNotMet,
    /// Only assignments out of their dates, or at the wrong kind of organisation, would allow it.
    AssignmentNotInEffect,
    /// No role of the subject has a grant for it.
    NoGrant,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Granted,
        Self::UnknownSubject,
        Self::UnknownResourceType,
        Self::UnknownAction,
        Self::UnknownRole,
        Self::DeniedByRule,
        Self::ConditionError,
        Self::MissingAttribute,
        Self::ScopeMismatch,
        Self::ConditionNotMet,
        Self::AssignmentNotInEffect,
        Self::NoGrant,
    ];

    /// The reason's code on every wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::UnknownSubject => "unknown_subject",
            Self::UnknownResourceType => "unknown_resource_type",
            Self::UnknownAction => "unknown_action",
            Self::UnknownRole => "unknown_role",
            Self::DeniedByRule => "denied_by_rule",
            Self::ConditionError => "condition_error",
            Self::MissingAttribute => "missing_attribute",
            Self::ScopeMismatch => "scope_mismatch",
            Self::ConditionNotMet => "condition_not_met",
            Self::AssignmentNotInEffect => "assignment_not_in_effect",
            Self::NoGrant => "no_grant",
        }
    }
}

/// What allowed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted<'a> {
    /// The role, by id.
    pub role: &'a str,
    /// The organisation at which the subject holds it.
    pub org: &'a str,
    /// The grant, as `role#number`: its place in the role's file, counted from 1.
    pub grant: &'a str,
}

/// One answer. Whatever goes wrong, `granted` is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Why.
    pub reason: Reason,
    /// What allowed it; `None` is a deny.
    pub granted: Option<Granted<'a>>,
}

impl<'a> Decision<'a> {
    /// A deny for a reason.
    #[must_use]
    pub fn deny(reason: Reason) -> Self {
        Self { reason, granted: None }
    }

    /// An allow by a grant.
    #[must_use]
    pub fn allow(granted: Granted<'a>) -> Self {
        Self { reason: Reason::Granted, granted: Some(granted) }
    }

    /// Whether it is allowed.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.granted.is_some()
    }
}
