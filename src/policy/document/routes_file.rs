//! `routes/v1`: how an application's HTTP requests become questions, as written. What a template means stands in
//! [`super::super::routes`], whether its names exist in [`super::super::model`].

use serde_saphyr::Spanned;

use super::super::code::Code;
use super::super::fields::{Fields, Name, Reader, shown};
use super::super::request::Value;
use super::super::routes::{Identity, Pattern, San};
use super::super::source::Place;
use super::super::yaml::{Kind, Node};

/// A file of routes.
#[derive(Clone, Debug)]
pub(crate) struct RoutesDoc {
    pub(crate) application: Name,
    /// Hosts of all its routes that name none; none is any.
    pub(crate) hosts: Vec<Name>,
    /// Where the person's id comes from.
    pub(crate) subject: Identity,
    /// Under which name the gateway keeps the claims of the verified token.
    pub(crate) claims_in: String,
    pub(crate) routes: Vec<RouteDoc>,
}

/// One route.
#[derive(Clone, Debug)]
pub(crate) struct RouteDoc {
    pub(crate) pattern: Pattern,
    /// Where the pattern stands.
    pub(crate) at: Place,
    pub(crate) hosts: Vec<Name>,
    /// Action and type; `None` where the gateway's own configuration names them.
    pub(crate) target: Option<(Name, Name)>,
    pub(crate) properties: Vec<PropertyDoc>,
}

/// A property of the record that a route asks about.
#[derive(Clone, Debug)]
pub(crate) struct PropertyDoc {
    pub(crate) name: Name,
    /// Where its value stands.
    pub(crate) at: Place,
    pub(crate) from: From,
}

/// Where the value of a property comes from.
#[derive(Clone, Debug)]
pub(crate) enum From {
    /// The parameter of the path with this name.
    Parameter(String),
    /// The verified claim with this name.
    Claim(String),
    /// The file itself.
    Constant(Value),
}

/// The claim that names the person where a file says nothing else.
const CLAIM: &str = "sub";
/// Where Envoy's JWT filter keeps the verified claims where a file says nothing else.
const CLAIMS_IN: &str = "jwt_payload";
/// How a route is written.
const LIKE: &str = "write it like `PUT /schools/{school}/marks/{id}`, or `GET,HEAD /marks/{id}`";

pub(crate) fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<RoutesDoc> {
    let application = fields.required_text(reader, "application");
    let hosts = hosts(fields, reader);
    let subject = match fields.optional("subject") {
        None => Some(Identity::Claim(CLAIM.to_owned())),
        Some(node) => subject(node, reader),
    };
    let claims_in = fields.optional_text(reader, "claims_in").map_or_else(|| CLAIMS_IN.to_owned(), |name| name.text);
    let nodes = fields.required("routes").map(|node| reader.list(node, "routes")).unwrap_or_default();
    let routes = nodes.iter().filter_map(|node| route(node, reader)).collect();
    Some(RoutesDoc { application: application?, hosts, subject: subject?, claims_in, routes })
}

/// Hosts are compared as clients send them, but for capitals.
fn hosts(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Vec<Name> {
    let hosts = fields.optional_texts(reader, "hosts");
    for host in &hosts {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c);
        if !host.text.chars().all(plain) {
            let message = format!("`{}` is no host", shown(&host.text));
            let help = "write it in small letters, without `https://` or a path, with the port if clients send one";
            reader.report(Code::BadRoute.at(host.at.clone(), message).help(help));
        }
    }
    hosts
}

fn subject(node: &Node, reader: &mut Reader<'_>) -> Option<Identity> {
    let mut fields = reader.fields(node, "subject");
    let at = fields.at.clone();
    let claim = fields.optional_text(reader, "claim");
    let san = fields.optional_text(reader, "san");
    let header = fields.optional_text(reader, "header");
    let complete = fields.complete();
    fields.finish(reader);
    match (claim, san, header) {
        (Some(claim), None, None) => Some(Identity::Claim(claim.text)),
        (None, Some(san), None) => {
            let read = San::read(&san.text);
            if read.is_none() {
                let message = format!("`{}` is no pattern of a certificate's name", shown(&san.text));
                let help = "write it like `spiffe://district.example/user/{id}`: one whole part of it is the id";
                reader.report(Code::BadSubject.at(san.at, message).help(help));
            }
            read.map(Identity::San)
        }
        (None, None, Some(header)) => header_name(header, reader).map(Identity::Header),
        _ if !complete => None,
        _ => {
            let help = "give one of `claim`, `san` and `header`";
            reader.report(
                Code::BadSubject.at(at, "`subject` must say one thing: where the person's id comes from").help(help),
            );
            None
        }
    }
}

fn header_name(name: Name, reader: &mut Reader<'_>) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if name.text.chars().all(plain) {
        return Some(name.text);
    }
    let message = format!("`{}` is no name of a header", shown(&name.text));
    reader.report(Code::BadSubject.at(name.at, message).help("write it in small letters, like `x-user-id`"));
    None
}

fn route(node: &Node, reader: &mut Reader<'_>) -> Option<RouteDoc> {
    let before = reader.errors();
    let mut fields = reader.fields(node, "a route");
    let pattern =
        fields.required_text(reader, "match").and_then(|text| Some((text.at.clone(), pattern(text, reader)?)));
    let hosts = hosts(&mut fields, reader);
    let properties = fields.optional("properties").map(|node| properties(node, reader)).unwrap_or_default();
    let gateway = fields.optional("from_context_extensions").map(|node| {
        let gateway = reader.yes(node, "from_context_extensions");
        // What could not be read may have been meant so.
        gateway || !matches!(node.value, Kind::Bool(_))
    });
    let target = if gateway.unwrap_or_else(|| fields.meant("from_context_extensions")) {
        Some(None)
    } else {
        let (action, kind) = (fields.required_text(reader, "action"), fields.required_text(reader, "type"));
        action.zip(kind).map(Some)
    };
    fields.finish(reader);
    let (at, pattern) = pattern.filter(|_| reader.errors() == before)?;
    Some(RouteDoc { pattern, at, hosts, target: target?, properties })
}

fn pattern(text: Name, reader: &mut Reader<'_>) -> Option<Pattern> {
    match Pattern::read(&text.text) {
        Ok(pattern) => Some(pattern),
        Err(no) => {
            reader.report(Code::BadRoute.at(text.at, no.message).help(no.help.unwrap_or_else(|| LIKE.to_owned())));
            None
        }
    }
}

fn properties(node: &Node, reader: &mut Reader<'_>) -> Vec<PropertyDoc> {
    let entries = reader.fields(node, "properties").rest();
    entries.into_iter().filter_map(|(name, node)| property(name, node, reader)).collect()
}

fn property(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Option<PropertyDoc> {
    let at = Place { width: 1, ..reader.at(node) };
    let from = match &node.value {
        Kind::Text(text) => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(parameter) => From::Parameter(parameter.to_owned()),
            None if text.contains(['{', '}']) => {
                let message = format!("`{}` is neither a text nor a parameter", shown(text));
                reader.report(Code::BadRoute.at(at, message).help("a parameter stands alone, like `\"{day}\"`"));
                return None;
            }
            None => From::Constant(Value::Text(reader.text(node, &name.value)?.text)),
        },
        Kind::Bool(value) => From::Constant(Value::Bool(*value)),
        Kind::Number(value) => From::Constant(Value::Number(*value)),
        Kind::List(_) => {
            let texts = reader.texts(node, &name.value);
            From::Constant(Value::List(texts.into_iter().map(|name| Value::Text(name.text)).collect()))
        }
        Kind::Map(entries) => claim(entries, node, reader)?,
        Kind::Null => {
            reader.text(node, &name.value);
            return None;
        }
    };
    Some(PropertyDoc { name: Name { text: name.value.clone(), at: reader.at(name) }, at, from })
}

/// `{claim: NAME}`; `{name}` without quotes is a map too, and not what was meant.
fn claim(entries: &[(Spanned<String>, Node)], node: &Node, reader: &mut Reader<'_>) -> Option<From> {
    if let [(only, Spanned { value: Kind::Null, .. })] = entries {
        let message = format!("`{{{}}}` stands without quotes", shown(&only.value));
        let help = format!("write `\"{{{}}}\"` for the parameter of the path", shown(&only.value));
        reader.report(Code::BadRoute.at(Place { width: 1, ..reader.at(node) }, message).help(help));
        return None;
    }
    let mut fields = reader.fields(node, "a property");
    let claim = fields.required_text(reader, "claim");
    fields.finish(reader);
    claim.map(|claim| From::Claim(claim.text))
}
