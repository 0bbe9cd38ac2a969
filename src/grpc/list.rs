//! ListActions of `hallpass.v1`: one subject, many records, and what the subject may do to each.

use tonic::Status;

use super::convert::{self, Record};
use super::proto::hallpass as wire;
use super::{forbidden, malformed, value};
use crate::pdp::{Asking, Undecided, View};
use crate::policy::request::{Action, Limits, Malformed, Properties, Request, Resource, Subject};

/// What holds for every record of a list.
#[derive(Debug)]
struct Asked {
    subject: wire::Subject,
    subject_properties: Properties,
    action_properties: Properties,
    context: Properties,
}

/// A list as it was asked.
#[derive(Debug)]
pub(super) struct List {
    asked: Result<Asked, Malformed>,
    records: Vec<Result<Record, Malformed>>,
    /// The resource types, as far as they matter to whoever asks.
    kinds: Vec<String>,
}

impl List {
    /// Reads a message. What is malformed in it counts once it is known that the caller may ask.
    pub(super) fn read(asking: &Asking, limits: &Limits, message: wire::ListActionsRequest) -> Result<Self, Malformed> {
        let wire::ListActionsRequest { subject, resources, action_properties, context } = message;
        let limit = limits.batch_items;
        if resources.len() > limit {
            return Err(Malformed::OverLimit { what: "the number of resources", limit });
        }
        Ok(Self {
            kinds: asking.kinds(resources.iter().map(|resource| resource.r#type.as_str())),
            asked: Asked::read(subject, action_properties, context),
            records: resources.into_iter().map(Record::read).collect(),
        })
    }

    /// Lists the allowed actions of each resource. One that is malformed fails alone; all else that is wrong fails the
    /// list.
    pub(super) fn actions(&self, view: &View<'_>) -> Result<wire::ListActionsResponse, Status> {
        view.permit_all(self.kinds.iter().map(String::as_str)).map_err(forbidden)?;
        let asked = self.asked.as_ref().map_err(|error| malformed(error.clone()))?;
        let nothing = Resource { kind: "any", ..Resource::default() };
        view.limits().check(&asked.about(nothing)).map_err(malformed)?;
        let items = self.records.iter().map(|record| asked.item(view, record)).collect::<Result<_, _>>()?;
        let (policy_revision, directory_revision) = view.revisions();
        Ok(wire::ListActionsResponse {
            items,
            policy_revision: policy_revision.to_owned(),
            directory_revision: directory_revision.to_owned(),
        })
    }
}

impl Asked {
    fn read(
        subject: Option<wire::Subject>,
        action_properties: Option<prost_types::Struct>,
        context: Option<prost_types::Struct>,
    ) -> Result<Self, Malformed> {
        let mut subject = subject.ok_or(Malformed::Missing("subject"))?;
        Ok(Self {
            subject_properties: value::properties(subject.properties.take())?,
            action_properties: value::properties(action_properties)?,
            context: value::properties(context)?,
            subject,
        })
    }

    fn about<'a>(&'a self, resource: Resource<'a>) -> Request<'a> {
        let wire::Subject { r#type, id, properties: _ } = &self.subject;
        let subject = Subject { kind: r#type, id, properties: &self.subject_properties };
        // Every action is meant: the name stands for none of them.
        let action = Action { name: "any", properties: &self.action_properties };
        Request { subject, action, resource, context: &self.context }
    }

    fn item(&self, view: &View<'_>, record: &Result<Record, Malformed>) -> Result<wire::ListActionsItem, Undecided> {
        let record = record.as_ref().map_err(|malformed| Undecided::Malformed(malformed.clone()));
        let result = match record.and_then(|record| view.actions(&self.about(record.resource()))) {
            Ok(names) => wire::list_actions_item::Result::Actions(wire::AllowedActions {
                names: names.into_iter().map(str::to_owned).collect(),
            }),
            Err(error @ Undecided::Malformed(_)) => {
                wire::list_actions_item::Result::Error(convert::undecided(view, &error))
            }
            Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => {
                return Err(refused);
            }
        };
        Ok(wire::ListActionsItem { result: Some(result) })
    }
}
