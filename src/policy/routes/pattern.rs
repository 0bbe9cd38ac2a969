//! What stands in a route's `match`: methods and a template, each segment of which is a text or a whole parameter.

use std::borrow::Cow;

use super::super::fields::{nearest, shown};
use super::path;

/// Methods with a path that a server answers; CONNECT has none, TRACE is for nobody.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

/// Methods and a template.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As it is written.
    pub(crate) text: String,
    pub(crate) methods: Vec<&'static str>,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Exact(String),
    Parameter(String),
}

/// Why a text is no pattern.
#[derive(Debug)]
pub(crate) struct NoPattern {
    pub(crate) message: String,
    /// What to do, if that is something else than to write it like the examples.
    pub(crate) help: Option<String>,
}

fn no<T>(message: String, help: Option<&str>) -> Result<T, NoPattern> {
    Err(NoPattern { message, help: help.map(str::to_owned) })
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn read(text: &str) -> Result<Self, NoPattern> {
        let Some((methods, template)) = text.split_once(' ').filter(|(_, template)| template.starts_with('/')) else {
            return no(format!("`{}` is no method and path", shown(text)), None);
        };
        let methods = methods.split(',').map(method).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = twice(&methods) {
            return no(format!("the method `{twice}` is named twice"), Some("keep one of them"));
        }
        let nothing = || {
            let message = format!("`{}` matches nothing: no request with such a path is let through", shown(template));
            let help = "write the path plainly: no empty or dotted segments, no query, nothing encoded, no `;` or `\\`";
            no(message, Some(help))
        };
        if template.contains(['?', '%', '#']) {
            return nothing();
        }
        let segments: Vec<Segment> = template.split('/').skip(1).map(segment).collect::<Result<_, _>>()?;
        let pattern = Self { text: text.to_owned(), methods, segments };
        if let Some(twice) = twice(&pattern.parameters().collect::<Vec<_>>()) {
            let message = format!("the parameter `{{{twice}}}` stands twice in the path");
            return no(message, Some("give each a name of its own"));
        }
        if path::segments(&pattern.example()).is_none() {
            return nothing();
        }
        Ok(pattern)
    }

    /// A path that it matches.
    fn example(&self) -> String {
        self.segments.iter().fold(String::new(), |path, segment| match segment {
            Segment::Exact(text) => path + "/" + text,
            Segment::Parameter(_) => path + "/x",
        })
    }

    /// The names of its parameters, in order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Exact(_) => None,
        })
    }

    /// The values of its parameters where it matches.
    pub(super) fn values<'p>(&self, method: &str, segments: &[&'p str]) -> Option<Vec<Cow<'p, str>>> {
        let fits = self.methods.contains(&method)
            && self.segments.len() == segments.len()
            && self.segments.iter().zip(segments).all(|(segment, sent)| match segment {
                Segment::Exact(text) => text == sent,
                Segment::Parameter(_) => !sent.is_empty(),
            });
        let sent = self.segments.iter().zip(segments).filter(|(segment, _)| matches!(segment, Segment::Parameter(_)));
        fits.then(|| sent.map(|(_, sent)| path::decoded(sent)).collect())
    }

    /// Whether every path of `other` is one of this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.each(other, |ours, theirs| match (ours, theirs) {
            (Segment::Exact(_), _) => ours == theirs,
            (Segment::Parameter(_), Segment::Exact(text)) => !text.is_empty(),
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
        })
    }

    /// Whether some path is one of both, for the same method.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let paths = self.each(other, |ours, theirs| match (ours, theirs) {
            (Segment::Exact(_), Segment::Exact(_)) => ours == theirs,
            (Segment::Exact(text), Segment::Parameter(_)) | (Segment::Parameter(_), Segment::Exact(text)) => {
                !text.is_empty()
            }
            (Segment::Parameter(_), Segment::Parameter(_)) => true,
        });
        paths && self.methods.iter().any(|method| other.methods.contains(method))
    }

    fn each(&self, other: &Self, holds: impl Fn(&Segment, &Segment) -> bool) -> bool {
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|(ours, theirs)| holds(ours, theirs))
    }
}

/// A name that is there already.
fn twice<'n>(names: &[&'n str]) -> Option<&'n str> {
    let mut all = names.iter().enumerate();
    all.find(|(at, name)| names.iter().take(*at).any(|earlier| earlier == *name)).map(|(_, name)| *name)
}

fn method(text: &str) -> Result<&'static str, NoPattern> {
    METHODS.into_iter().find(|known| *known == text).ok_or_else(|| NoPattern {
        message: format!("`{}` is no method", shown(text)),
        help: Some(nearest(text, METHODS.into_iter()).map_or_else(
            || format!("the methods are {}; several stand with a comma and no blank between them", METHODS.join(", ")),
            |near| format!("did you mean `{near}`?"),
        )),
    })
}

fn segment(text: &str) -> Result<Segment, NoPattern> {
    let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    match name {
        None if text.contains(['{', '}']) => {
            no(format!("`{}` is not a whole parameter", shown(text)), Some("a parameter stands alone between two `/`"))
        }
        None => Ok(Segment::Exact(text.to_owned())),
        Some(name) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            Ok(Segment::Parameter(name.to_owned()))
        }
        Some(name) => {
            let help = "a parameter is named with letters, digits and `_`";
            no(format!("`{{{}}}` is no name of a parameter", shown(name)), Some(help))
        }
    }
}
