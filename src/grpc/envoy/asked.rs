//! What a gateway's message says, and how far it is believed: what the gateway verified and what its own configuration
//! adds; a client's header only where a route names it, and then only if it is there once.

use std::borrow::Cow;

use prost_types::value::Kind;

use super::super::proto::external::envoy::config::core::v3::HeaderValue;
use super::super::proto::external::envoy::service::auth::v3::AttributeContext;
use super::super::proto::external::envoy::service::auth::v3::attribute_context::HttpRequest;
use super::super::value;
use super::Refused;
use crate::policy::request::Value;
use crate::policy::routes::{Gateway, Identity, Route};

/// Where Envoy's filter leaves the claims that it verified.
const VERIFIED: &str = "envoy.filters.http.jwt_authn";
/// Context extensions that are said to Hallpass begin so.
const SAID: &str = "hallpass.";

/// A request at the gateway.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    attributes: &'a AttributeContext,
    http: &'a HttpRequest,
}

impl<'a> Asked<'a> {
    /// Reads a message: a connection that is no HTTP request has no route.
    pub(super) fn new(attributes: Option<&'a AttributeContext>) -> Result<Self, Refused> {
        let attributes = attributes.ok_or(Refused::NoHttp)?;
        let http = attributes.request.as_ref().and_then(|request| request.http.as_ref()).ok_or(Refused::NoHttp)?;
        Ok(Self { attributes, http })
    }

    /// The method, as sent.
    pub(super) fn method(&self) -> &'a str {
        &self.http.method
    }

    /// The host, as sent.
    pub(super) fn host(&self) -> &'a str {
        &self.http.host
    }

    /// Path and query, as sent.
    pub(super) fn target(&self) -> &'a str {
        &self.http.path
    }

    /// Who asks.
    pub(super) fn subject(&self, route: &Route) -> Result<Cow<'a, str>, Refused> {
        match route.identity() {
            Identity::Claim(name) => match self.claim(route.claims_in(), name) {
                Some(Value::Text(id)) if is_id(&id) => Ok(Cow::Owned(id)),
                _ => Err(Refused::NoIdentity),
            },
            Identity::San(san) => {
                let peer = self.attributes.source.as_ref().ok_or(Refused::NoIdentity)?;
                san.id(&peer.principal).map(Cow::Borrowed).ok_or(Refused::NoIdentity)
            }
            Identity::Header(name) => self.only(name),
        }
    }

    /// The value of a header that is there once. The gateway joins the values of one that is repeated with commas.
    fn only(&self, wanted: &str) -> Result<Cow<'a, str>, Refused> {
        let mut values = self.headers().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) | (Some(Ok("")), None) => Err(Refused::NoIdentity),
            (Some(Ok(value)), None) if value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') => {
                Ok(Cow::Borrowed(value))
            }
            _ => Err(Refused::Ambiguous),
        }
    }

    /// All headers, in either of the two forms in which a gateway sends them; a value that is no text is an error.
    fn headers(&self) -> impl Iterator<Item = (&'a str, Result<&'a str, std::str::Utf8Error>)> {
        let joined = self.http.headers.iter().map(|(name, value)| (name.as_str(), Ok(value.as_str())));
        let raw = self.http.header_map.iter().flat_map(|map| &map.headers);
        joined.chain(raw.map(|HeaderValue { key, value, raw_value }| {
            (key.as_str(), if raw_value.is_empty() { Ok(value.as_str()) } else { std::str::from_utf8(raw_value) })
        }))
    }

    /// Names of the headers that begin so, in small letters.
    pub(super) fn headers_like(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<String> = self.headers().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Gateway for Asked<'_> {
    fn claim(&self, claims_in: &str, name: &str) -> Option<Value> {
        let verified = self.attributes.metadata_context.as_ref()?.filter_metadata.get(VERIFIED)?;
        let Kind::StructValue(claims) = verified.fields.get(claims_in)?.kind.as_ref()? else { return None };
        value::value(claims.fields.get(name)?.clone()).ok().flatten()
    }

    fn said(&self) -> Vec<(&str, &str)> {
        let all = self.attributes.context_extensions.iter();
        let mut said: Vec<(&str, &str)> =
            all.filter_map(|(name, text)| Some((name.strip_prefix(SAID)?, text.as_str()))).collect();
        said.sort_unstable();
        said
    }
}

/// An id that can stand in a log line.
fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}
