//! A question that was answered, copied so that it can be asked again once its request is gone.

use std::sync::Arc;

use crate::directory::Roster;
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::decision::{Decision, Reason};
use crate::policy::request::{Action, AnyOf, Properties, Request, Stored, Subject};
use crate::snapshot::Snapshot;

/// A question, what it was decided on, and how.
#[derive(Debug)]
pub struct Asked {
    roster: Arc<Roster>,
    today: Day,
    revision: Arc<str>,
    reason: Reason,
    grant: Option<Box<str>>,
    subject: (String, String, Properties),
    action: (String, Properties),
    resource: (String, String, Stored),
    context: Properties,
}

impl Asked {
    /// A copy; `None` where the snapshot has no roster to decide over.
    #[must_use]
    pub fn new(snapshot: &Snapshot, request: &Request<'_>, today: Day, decision: &Decision<'_>) -> Option<Self> {
        let Request { subject, action, resource, context } = request;
        let list = |ids: AnyOf<'_>| ids.iter().map(str::to_owned).collect::<Vec<_>>();
        let of = Stored {
            school: resource.school.map(list),
            student: resource.student.map(str::to_owned),
            section: resource.section.map(list),
            created_by: resource.created_by.map(str::to_owned),
            referred_to: resource.referred_to.map(list),
            role: resource.role.map(str::to_owned),
            date: resource.date,
            free: resource.properties.to_vec(),
        };
        Some(Self {
            roster: Arc::clone(snapshot.roster.as_ref()?),
            today,
            revision: Arc::clone(&snapshot.policy_revision),
            reason: decision.reason,
            grant: decision.granted.map(|granted| granted.grant.into()),
            subject: (subject.kind.to_owned(), subject.id.to_owned(), subject.properties.to_vec()),
            action: (action.name.to_owned(), action.properties.to_vec()),
            resource: (resource.kind.to_owned(), resource.id.to_owned(), of),
            context: context.to_vec(),
        })
    }

    /// What another policy decides.
    pub(super) fn decide<'a>(&'a self, policy: &'a Policy) -> Decision<'a> {
        let ((kind, id, of_subject), (name, of_action)) = (&self.subject, &self.action);
        let (resource_type, resource, of) = &self.resource;
        let request = Request {
            subject: Subject { kind, id, properties: of_subject },
            action: Action { name, properties: of_action },
            resource: of.resource(resource_type, resource),
            context: &self.context,
        };
        policy.decide(&*self.roster, &request, self.today)
    }

    pub(super) fn is_allow(&self) -> bool {
        self.reason == Reason::Granted
    }

    pub(super) fn reason(&self) -> Reason {
        self.reason
    }

    /// What allowed it, where it was allowed.
    pub(super) fn grant(&self) -> Option<&str> {
        self.grant.as_deref()
    }

    pub(super) fn action(&self) -> &str {
        &self.action.0
    }

    pub(super) fn resource_type(&self) -> &str {
        &self.resource.0
    }

    pub(super) fn revision(&self) -> &str {
        &self.revision
    }
}
