//! One question in the words of each surface. What a message has no field for stands among its free properties.

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::hallpass as hp;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::{Value, json};

use super::asked::{Asked, Members, Part, items};

/// Asks for reasons.
pub(crate) fn explain() -> Value {
    json!({"hallpass": {"explain": true}})
}

/// As a `hallpass.v1` message.
pub(crate) fn check(asked: &Asked) -> hp::CheckRequest {
    hp::CheckRequest {
        subject: asked.subject.as_ref().map(|Part { kind, id, properties }| hp::Subject {
            r#type: kind.clone(),
            id: id.clone(),
            properties: object(properties),
        }),
        action: asked
            .action
            .as_ref()
            .map(|Part { id, properties, .. }| hp::Action { name: id.clone(), properties: object(properties) }),
        resource: asked.resource.as_ref().map(resource),
        context: asked.context.as_ref().map(whole),
    }
}

fn resource(part: &Part) -> hp::Resource {
    let mut properties = part.properties.clone();
    let mut resource = hp::Resource { r#type: part.kind.clone(), id: part.id.clone(), ..hp::Resource::default() };
    resource.school = ids(&mut properties, "school");
    resource.section = ids(&mut properties, "section");
    resource.referred_to = ids(&mut properties, "referred_to");
    resource.student = text(&mut properties, "student");
    resource.created_by = text(&mut properties, "created_by");
    resource.role = text(&mut properties, "role");
    resource.date = text(&mut properties, "date");
    resource.properties = object(&properties);
    resource
}

fn text(properties: &mut Members, name: &str) -> Option<String> {
    let text = properties.get(name)?.as_str()?.to_owned();
    properties.remove(name);
    Some(text)
}

fn ids(properties: &mut Members, name: &str) -> Option<hp::AnyOf> {
    let value = properties.get(name)?;
    let ids = items(value).iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    properties.remove(name);
    Some(hp::AnyOf { ids })
}

/// As an `authzen.access.v1` message.
pub(crate) fn evaluation(asked: &Asked) -> az::EvaluationRequest {
    az::EvaluationRequest {
        subject: asked.subject.as_ref().map(|Part { kind, id, properties }| az::Subject {
            r#type: kind.clone(),
            id: id.clone(),
            properties: object(properties),
        }),
        action: asked
            .action
            .as_ref()
            .map(|Part { id, properties, .. }| az::Action { name: id.clone(), properties: object(properties) }),
        resource: asked.resource.as_ref().map(|Part { kind, id, properties }| az::Resource {
            r#type: kind.clone(),
            id: id.clone(),
            properties: object(properties),
        }),
        context: asked.context.as_ref().map(whole),
    }
}

/// As an `authzen.access.v1` batch that asks for reasons.
pub(crate) fn evaluations(defaults: &Asked, items: &[Asked]) -> az::EvaluationsRequest {
    let az::EvaluationRequest { subject, action, resource, context } = evaluation(defaults);
    let options = explain().as_object().map(whole);
    az::EvaluationsRequest {
        subject,
        action,
        resource,
        context,
        options,
        evaluations: items.iter().map(evaluation).collect(),
    }
}

/// As AuthZEN's JSON; an empty text of a required member is left out where `terse`, as it says the same.
pub(crate) fn members(asked: &Asked, terse: bool) -> Value {
    let part = |part: &Part, names: [&str; 2]| {
        let texts = names.into_iter().zip([&part.kind, &part.id]);
        let optional = |name: &str, text: &str| text.is_empty() && (terse || name.is_empty());
        let mut object: Members =
            texts.filter(|(name, text)| !optional(name, text)).map(|(n, text)| (n.to_owned(), json!(text))).collect();
        if !part.properties.is_empty() {
            object.insert("properties".to_owned(), Value::Object(part.properties.clone()));
        }
        object
    };
    let mut members = Members::new();
    let mut put = |name: &str, object: Option<Members>| {
        members.extend(object.map(|object| (name.to_owned(), Value::Object(object))));
    };
    put("subject", asked.subject.as_ref().map(|subject| part(subject, ["type", "id"])));
    put("action", asked.action.as_ref().map(|action| part(action, ["", "name"])));
    put(
        "resource",
        asked.resource.as_ref().map(|resource| {
            let mut object = part(resource, ["type", "id"]);
            object.insert("id".to_owned(), json!(resource.id));
            object
        }),
    );
    put("context", asked.context.clone());
    Value::Object(members)
}

/// Members as a message; none where there are none.
fn object(members: &Members) -> Option<Struct> {
    (!members.is_empty()).then(|| whole(members))
}

fn whole(members: &Members) -> Struct {
    Struct { fields: members.iter().map(|(name, value)| (name.clone(), wire(value))).collect() }
}

fn wire(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(*flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => Kind::ListValue(ListValue { values: items.iter().map(wire).collect() }),
        Value::Object(members) => Kind::StructValue(whole(members)),
    };
    Wire { kind: Some(kind) }
}

/// A message as JSON.
pub(crate) fn json_of(message: Struct) -> Value {
    let value = |wire: Wire| match wire.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => json!(flag),
        Some(Kind::NumberValue(number)) => json!(number),
        Some(Kind::StringValue(text)) => json!(text),
        Some(Kind::StructValue(object)) => json_of(object),
        Some(Kind::ListValue(_)) => panic!("no answer holds a list"),
    };
    Value::Object(message.fields.into_iter().map(|(name, wire)| (name, value(wire))).collect())
}
