//! External authorization as a surface: a gateway whose routes say action, type and properties. What it has no words for
//! is passed over.

use std::sync::Arc;

use hallpass::caller::Caller;
use hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hallpass::pdp::Pdp;
use serde_json::Value;
use tonic::transport::Channel;

use super::asked::{Asked, LISTS, Part, Said, TEXTS};
use super::exam::{Exam, Turn};
use crate::envoy::{Sent, metadata, sent, short};

/// Those that there are questions about.
pub(crate) const APPLICATIONS: [&str; 3] = ["misis", "map", "probe"];
const MALFORMED: i32 = 3;

/// The routes of an application: a single one, by which anything can be asked.
pub(crate) fn routes(application: &str) -> String {
    format!(
        "hallpass: routes/v1\napplication: {application}\nsubject: {{claim: sub}}\nroutes:\n  \
         - match: POST /{application}\n    from_context_extensions: true\n"
    )
}

/// Asks everything that can be asked.
pub(crate) async fn checks(exam: Arc<Exam>, turn: Arc<Turn>, pdp: Arc<Pdp>, channel: Channel) {
    let mut client = AuthorizationClient::new(channel);
    while let Some((index, [asked])) = exam.next(&turn, 1) {
        let Some(sent) = expressed(asked, &pdp) else {
            exam.skip();
            continue;
        };
        let answer = client.check(sent.message()).await.unwrap().into_inner();
        let (code, _, reason) = short(&answer);
        let grant = ["role", "org", "grant"].map(|name| metadata(&answer, name));
        let said = match code {
            MALFORMED => Said::Malformed,
            0 => Said::Decided { allow: true, reason, grant: Some(grant) },
            7 => Said::Decided { allow: false, reason, grant: None },
            _ => Said::Failed(format!("{answer:?}")),
        };
        exam.note("a gateway", index, &said);
    }
}

/// A question in a gateway's words: texts alone, about types that there are, of somebody with an id.
pub(crate) fn expressed(asked: &Asked, pdp: &Pdp) -> Option<Sent> {
    let (subject, action, resource) = (asked.subject.as_ref()?, asked.action.as_ref()?, asked.resource.as_ref()?);
    let view = pdp.view(Caller::Anybody);
    let application = view.snapshot().policy.application_of(&resource.kind)?;
    let no_more = subject.properties.is_empty() && action.properties.is_empty() && asked.context.is_none();
    let plain = subject.kind == "user" && !subject.id.is_empty() && !subject.id.contains(char::is_control);
    if !no_more || !plain {
        return None;
    }
    let mut sent = sent(&subject.id, "POST", &format!("/{application}"));
    for (name, text) in [("action", &action.id), ("type", &resource.kind), ("id", &resource.id)] {
        sent = sent.say(&format!("hallpass.{name}"), text);
    }
    texts(resource)?.into_iter().try_fold(sent, |sent, (name, text)| Some(sent.say(&format!("hallpass.{name}"), text)))
}

/// The properties of a resource, where all are texts that have a meaning.
fn texts(resource: &Part) -> Option<Vec<(&str, &str)>> {
    let given = resource.properties.iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| Some((name.as_str(), text(name, value)?))).collect()
}

fn text<'v>(name: &str, value: &'v Value) -> Option<&'v str> {
    match value.as_array().map(Vec::as_slice) {
        Some([one]) if LISTS.contains(&name) => one.as_str(),
        None if LISTS.contains(&name) || TEXTS.contains(&name) => value.as_str(),
        _ => None,
    }
}
