//! What AuthZEN's metadata says: where the five endpoints are, under the URL by which callers reach this server. That
//! URL is configured and checked here; a request's Host header is never asked. How it is served stands in `http`.

use hyper::Uri;
use serde::Serialize;

/// Where metadata is found, by the standard.
pub(crate) const WELL_KNOWN: &str = "/.well-known/authzen-configuration";

/// The URL under which callers reach the HTTP listener: `https`, or `http` on a loopback address; no user, query or
/// fragment, and no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Reads a URL; slashes at its end are dropped.
    ///
    /// # Errors
    /// Says what a URL must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let whole = "write a URL with its host, such as https://pdp.example.org or https://example.org/hallpass";
        if text.contains(['?', '#']) {
            return Err("the URL has a query or a fragment: leave it out");
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/[]".contains(&byte);
        let uri: Uri = text.parse().map_err(|_malformed| whole)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(whole) };
        if !text.bytes().all(plain) || authority.host().is_empty() {
            return Err(whole);
        }
        if authority.as_str().contains('@') {
            return Err("the URL has a user or a password: leave it out");
        }
        if authority.as_str().ends_with(':') || authority.port_u16() == Some(0) {
            return Err("the URL has no good port: write it as a number, or leave it and its colon out");
        }
        let path = uri.path().trim_end_matches('/');
        if path.split('/').skip(1).any(|segment| matches!(segment, "" | "." | "..")) {
            return Err("the path of the URL has an empty segment, `.` or `..`: write it plainly");
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            "http" => return Err("callers on other machines come by https: begin the URL with https://"),
            _ => return Err("the URL must begin with https://"),
        }
        Ok(Self(format!("{scheme}://{authority}{path}")))
    }

    /// The path, without a slash at its end: empty for a host alone.
    fn path(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        let rest = self.0.get(host..).unwrap_or_default();
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
    }

    /// Whether metadata of this URL is found at a path: the standard puts the URL's own path after the well-known one; a
    /// proxy that takes it away leaves the well-known one alone.
    pub(crate) fn describes(&self, path: &str) -> bool {
        path.strip_prefix(WELL_KNOWN).is_some_and(|rest| rest.is_empty() || rest == self.path())
    }

    /// The metadata.
    pub(crate) fn metadata(&self) -> Metadata<'_> {
        let Self(base) = self;
        Metadata {
            policy_decision_point: base,
            access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
            access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
            search_subject_endpoint: format!("{base}/access/v1/search/subject"),
            search_resource_endpoint: format!("{base}/access/v1/search/resource"),
            search_action_endpoint: format!("{base}/access/v1/search/action"),
        }
    }
}

/// `localhost`, or an address that is the machine's own.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The members of the metadata, as the standard names them.
#[derive(Debug, Serialize)]
pub(crate) struct Metadata<'a> {
    policy_decision_point: &'a str,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
    search_subject_endpoint: String,
    search_resource_endpoint: String,
    search_action_endpoint: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_without_slashes_at_its_end() {
        let table = [
            ("https://pdp.example.org", "https://pdp.example.org", ""),
            ("https://pdp.example.org/", "https://pdp.example.org", ""),
            ("https://pdp.example.org:8443//", "https://pdp.example.org:8443", ""),
            ("HTTPS://pdp.example.org", "https://pdp.example.org", ""),
            ("https://example.org/a/hallpass/", "https://example.org/a/hallpass", "/a/hallpass"),
            ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x", "/x"),
            ("http://127.0.0.1:8181", "http://127.0.0.1:8181", ""),
            ("http://localhost:8181/", "http://localhost:8181", ""),
            ("http://[::1]:8181", "http://[::1]:8181", ""),
        ];
        for (text, url, path) in table {
            let read = PublicUrl::parse(text).unwrap_or_else(|message| panic!("{text}: {message}"));
            assert_eq!((read.0.as_str(), read.path()), (url, path), "{text}");
        }
    }

    #[test]
    fn what_is_no_good_url_is_refused() {
        for (text, message) in [
            ("", "write a URL"),
            ("pdp.example.org", "write a URL"),
            ("/hallpass", "write a URL"),
            ("https://", "write a URL"),
            ("https:///x", "write a URL"),
            ("https://exa mple.org", "write a URL"),
            ("https://example.org/\u{e9}", "write a URL"),
            ("https://example.org/a\"b", "write a URL"),
            ("https://example.org?x=1", "query"),
            ("https://example.org/#top", "fragment"),
            ("https://me:secret@example.org", "password"),
            ("https://example.org:", "port"),
            ("https://example.org:0", "port"),
            ("https://example.org/a//b", "segment"),
            ("https://example.org/a/../b", "segment"),
            ("http://example.org", "https"),
            ("http://127.0.0.1.example.org", "https"),
            ("ftp://example.org", "https"),
        ] {
            let refused = PublicUrl::parse(text).err().unwrap_or_else(|| panic!("`{text}` is taken"));
            assert!(refused.contains(message), "{text}: {refused}");
        }
    }

    #[test]
    fn metadata_is_found_where_the_standard_puts_it() {
        let url = PublicUrl::parse("https://example.org/hallpass").unwrap();
        for (path, found) in [
            ("/.well-known/authzen-configuration", true),
            ("/.well-known/authzen-configuration/hallpass", true),
            ("/.well-known/authzen-configuration/", false),
            ("/.well-known/authzen-configuration/hallpass/", false),
            ("/.well-known/authzen-configuration/other", false),
            ("/hallpass/.well-known/authzen-configuration", false),
        ] {
            assert_eq!(url.describes(path), found, "{path}");
        }
    }
}
