//! ListActions of `hallpass.v1`: one subject, many records, and what the subject may do to each.

use tonic::Status;

use super::convert::Record;
use super::proto::hallpass as wire;
use super::{forbidden, malformed, value};
use crate::pdp::{Pdp, Undecided, View};
use crate::policy::request::{Action, Malformed, Properties, Request, Resource, Subject};

/// What holds for every record of a list.
struct Asked {
    subject: wire::Subject,
    subject_properties: Properties,
    action_properties: Properties,
    context: Properties,
}

/// Lists the allowed actions of each resource. One that is malformed fails alone; all else that is wrong fails the list.
pub(super) fn actions(
    pdp: &Pdp,
    view: &View<'_>,
    message: wire::ListActionsRequest,
) -> Result<wire::ListActionsResponse, Status> {
    let wire::ListActionsRequest { subject, resources, action_properties, context } = message;
    let limit = pdp.limits().batch_items;
    if resources.len() > limit {
        return Err(malformed(Malformed::OverLimit { what: "the number of resources", limit }));
    }
    view.permit_all(resources.iter().map(|resource| resource.r#type.as_str())).map_err(forbidden)?;
    let asked = Asked::read(subject, action_properties, context).map_err(malformed)?;
    pdp.limits().check(&asked.about(Resource { kind: "any", ..Resource::default() })).map_err(malformed)?;
    let items = resources.into_iter().map(|resource| asked.item(view, resource)).collect::<Result<_, _>>()?;
    let (policy_revision, directory_revision) = view.revisions();
    Ok(wire::ListActionsResponse {
        items,
        policy_revision: policy_revision.to_owned(),
        directory_revision: directory_revision.to_owned(),
    })
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

    fn item(&self, view: &View<'_>, resource: wire::Resource) -> Result<wire::ListActionsItem, Status> {
        let record = Record::read(resource).map_err(Undecided::Malformed);
        let names =
            record.as_ref().map_err(Clone::clone).and_then(|record| view.actions(&self.about(record.resource())));
        let result = match names {
            Ok(names) => wire::list_actions_item::Result::Actions(wire::AllowedActions {
                names: names.into_iter().map(str::to_owned).collect(),
            }),
            Err(Undecided::Malformed(malformed)) => {
                wire::list_actions_item::Result::Error(wire::ItemError { message: malformed.to_string() })
            }
            Err(Undecided::Forbidden(refused)) => return Err(forbidden(refused)),
        };
        Ok(wire::ListActionsItem { result: Some(result) })
    }
}
