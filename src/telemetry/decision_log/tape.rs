//! Decisions as bytes, between the request that made them and the thread that writes them: texts are copied once, into
//! one piece of memory, and nothing is formatted. What the bytes mean is known here alone.
//!
//! A tape is what holds for all of a request's decisions, and behind it a piece for each of them.

use std::time::{Duration, SystemTime};

use super::attributes::{Attributes, Scalar};
use crate::policy::decision::Reason;
use crate::policy::plan::Outcome;
use crate::policy::request::{AnyOf, Request, Value};
use crate::telemetry::{Came, Kind, Moment, Said, Trace};

/// The longest text of a purpose or an attribute, in bytes.
const FREE: usize = 256;
const KINDS: [Kind; 6] = [Kind::Check, Kind::Explain, Kind::Actions, Kind::Subjects, Kind::Resources, Kind::Plan];
const OUTCOMES: [Outcome; 3] = [Outcome::Always, Outcome::Never, Outcome::Conditional];

/// Writes what holds for all decisions of a request.
pub(crate) fn begin(moment: &Moment<'_>, out: &mut Vec<u8>) {
    let Moment { at, policy, directory, caller, trace } = moment;
    out.reserve(384);
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    out.extend_from_slice(&u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).to_le_bytes());
    out.extend_from_slice(&trace.map_or(0, Trace::number).to_le_bytes());
    text(policy, out);
    text(directory, out);
    maybe(*caller, out);
}

/// Writes one decision, and of its free properties those that may be written down.
pub(crate) fn note(said: &Said<'_>, attributes: &Attributes, out: &mut Vec<u8>) {
    let Said { kind, request, tested, came, granted } = said;
    out.push(place(&KINDS, kind));
    for said in [request.subject.kind, request.subject.id, request.action.name, tested.kind, tested.id] {
        text(said, out);
    }
    for one in [tested.student, tested.created_by, tested.role] {
        maybe(one, out);
    }
    for many in [tested.school, tested.section] {
        ids(many, out);
    }
    put_came(*came, out);
    let granted = granted.as_ref();
    maybe(granted.map(|granted| granted.role), out);
    maybe(granted.map(|granted| granted.org), out);
    maybe(granted.map(|granted| granted.grant), out);
    maybe(purpose(request).map(cut), out);
    attributes.write(request, out);
}

/// `context.purpose`, where it is a text.
fn purpose<'a>(request: &Request<'a>) -> Option<&'a str> {
    let (_, value) = request.context.iter().find(|(name, _)| name == "purpose")?;
    if let Value::Text(purpose) = value { Some(purpose) } else { None }
}

fn put_came(came: Came, out: &mut Vec<u8>) {
    let (tag, number, reason) = match came {
        Came::Decision(reason) => (0, 0, Some(reason)),
        Came::Found(count) => (1, length(count), None),
        Came::Planned(outcome, reason) => (2, u32::from(place(&OUTCOMES, &outcome)), Some(reason)),
    };
    out.push(tag);
    out.extend_from_slice(&number.to_le_bytes());
    out.push(reason.map_or(0, |reason| place(&Reason::ALL, &reason)));
}

/// What a free text shows: its first bytes.
pub(super) fn cut(text: &str) -> &str {
    let end = (0..=FREE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let found = all.iter().position(|other| other == one);
    found.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// A message is smaller than what 32 bits count.
fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&length(text.len()).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn maybe(given: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(given.is_some()));
    given.into_iter().for_each(|given| text(given, out));
}

fn ids(given: Option<AnyOf<'_>>, out: &mut Vec<u8>) {
    out.push(u8::from(given.is_some()));
    let Some(given) = given else { return };
    out.extend_from_slice(&length(given.iter().count()).to_le_bytes());
    given.iter().for_each(|id| text(id, out));
}

/// What holds for all decisions of a request, as it is read again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common<'a> {
    pub(super) at: SystemTime,
    pub(super) trace: Option<Trace>,
    pub(super) policy: &'a str,
    pub(super) directory: &'a str,
    pub(super) caller: Option<&'a str>,
}

/// One decision, as it is read again.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) kind: Kind,
    pub(super) subject_type: &'a str,
    pub(super) subject: &'a str,
    pub(super) action: &'a str,
    pub(super) resource_type: &'a str,
    pub(super) resource: &'a str,
    pub(super) student: Option<&'a str>,
    pub(super) created_by: Option<&'a str>,
    pub(super) role_given: Option<&'a str>,
    pub(super) school: Option<Vec<&'a str>>,
    pub(super) section: Option<Vec<&'a str>>,
    pub(super) came: Came,
    pub(super) role: Option<&'a str>,
    pub(super) org: Option<&'a str>,
    pub(super) grant: Option<&'a str>,
    pub(super) purpose: Option<&'a str>,
    pub(super) attributes: Vec<(&'a str, Scalar<'a>)>,
}

/// Reads tapes.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn common(&mut self) -> Option<Common<'a>> {
        let at = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::from_le_bytes(self.array()?));
        let trace = Trace::from_number(u128::from_le_bytes(self.array()?));
        Some(Common { at, trace, policy: self.text()?, directory: self.text()?, caller: self.maybe()? })
    }

    pub(super) fn told(&mut self) -> Option<Told<'a>> {
        Some(Told {
            kind: *KINDS.get(usize::from(self.byte()?))?,
            subject_type: self.text()?,
            subject: self.text()?,
            action: self.text()?,
            resource_type: self.text()?,
            resource: self.text()?,
            student: self.maybe()?,
            created_by: self.maybe()?,
            role_given: self.maybe()?,
            school: self.ids()?,
            section: self.ids()?,
            came: self.came()?,
            role: self.maybe()?,
            org: self.maybe()?,
            grant: self.maybe()?,
            purpose: self.maybe()?,
            attributes: Attributes::read_tape(self)?,
        })
    }

    fn came(&mut self) -> Option<Came> {
        let (tag, number) = (self.byte()?, self.number()?);
        let reason = *Reason::ALL.get(usize::from(self.byte()?))?;
        match tag {
            0 => Some(Came::Decision(reason)),
            1 => Some(Came::Found(number)),
            2 => Some(Came::Planned(*OUTCOMES.get(number)?, reason)),
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    fn maybe(&mut self) -> Option<Option<&'a str>> {
        Some(if self.byte()? == 0 { None } else { Some(self.text()?) })
    }

    fn ids(&mut self) -> Option<Option<Vec<&'a str>>> {
        if self.byte()? == 0 {
            return Some(None);
        }
        (0..self.number()?).map(|_| self.text()).collect::<Option<_>>().map(Some)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }
}
