//! The lines of the log: what each says, and how one is closed so that the next can follow it. Written to memory; where
//! they go stands in `file`.

use std::time::SystemTime;

use jiff::Timestamp;

use super::attributes::Scalar;
use super::chain::{self, Key, Link};
use super::json::{self, Object};
use super::tape::{Common, Told};
use crate::policy::decision::Reason;
use crate::policy::plan::Outcome;
use crate::telemetry::{Came, Kind};

/// Lines one after another, and where the chain has come to with the last of them.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) text: Vec<u8>,
    pub(super) link: Link,
    /// What the ids of decisions of this process begin with.
    base: u128,
    clock: Clock,
}

impl Lines {
    /// No lines yet, behind those that there are.
    pub(super) fn after(link: Link, base: u128) -> Self {
        Self { text: Vec::new(), link, base, clock: Clock::default() }
    }

    /// A decision.
    pub(super) fn decision(&mut self, common: &Common<'_>, told: &Told<'_>) {
        let id = decision_id(common.at, self.base.wrapping_add(u128::from(self.link.seq)));
        self.line("decision", common.at, None, |object| {
            object.text("id", &id);
            decision(object, common, told);
        });
    }

    /// So many decisions are missing here, since some time.
    pub(super) fn gap(&mut self, at: SystemTime, missing: u64, since: SystemTime, why: &str) {
        let since = Clock::default().text(since).to_owned();
        self.line("gap", at, None, |object| {
            object.number("missing", missing);
            object.text("since", &since);
            object.text("why", why);
        });
    }

    /// What the log itself went through: it was opened, closed, moved.
    pub(super) fn event(&mut self, line: &str, at: SystemTime, say: impl FnOnce(&mut Object<'_>)) {
        self.line(line, at, None, say);
    }

    /// A checkpoint, sealed. Returns the line.
    pub(super) fn checkpoint(&mut self, at: SystemTime, key: &Key) -> Vec<u8> {
        let begin = self.text.len();
        self.line("checkpoint", at, Some(key), |object| object.text("key", key.id()));
        self.text.get(begin..).unwrap_or_default().to_vec()
    }

    fn line(&mut self, line: &str, at: SystemTime, key: Option<&Key>, say: impl FnOnce(&mut Object<'_>)) {
        let (begin, before) = (self.text.len(), self.link);
        let seq = before.seq + 1;
        let mut object = Object::open(&mut self.text);
        object.number("seq", seq);
        object.text("line", line);
        object.text("time", self.clock.text(at));
        say(&mut object);
        object.hex("prev", &before.hash);
        if let Some(key) = key {
            let seal = key.seal(self.text.get(begin..).unwrap_or_default());
            self.text.extend_from_slice(b",\"mac\":\"");
            json::hex(&seal, &mut self.text);
            self.text.push(b'"');
        }
        self.text.push(b'}');
        self.link = Link { seq, hash: chain::hash(self.text.get(begin..).unwrap_or_default()) };
        self.text.push(b'\n');
    }
}

fn decision(object: &mut Object<'_>, common: &Common<'_>, told: &Told<'_>) {
    object.text("kind", kind(told.kind));
    object.text("policy", common.policy);
    object.text("directory", common.directory);
    object.maybe("caller", common.caller);
    object.object("subject", |object| {
        object.text("type", told.subject_type);
        object.maybe("id", Some(told.subject).filter(|id| !id.is_empty()));
    });
    // Lists of actions are asked for none of them.
    object.maybe("action", Some(told.action).filter(|_| told.kind != Kind::Actions));
    object.object("resource", |object| resource(object, told));
    came(object, told.came);
    object.maybe("role", told.role);
    object.maybe("org", told.org);
    object.maybe("grant", told.grant);
    object.maybe("purpose", told.purpose);
    if let Some(trace) = common.trace {
        object.text("trace", &trace.to_string());
    }
    if !told.attributes.is_empty() {
        object.object("attributes", |object| attributes(object, &told.attributes));
    }
}

fn resource(object: &mut Object<'_>, told: &Told<'_>) {
    object.text("type", told.resource_type);
    object.maybe("id", Some(told.resource).filter(|id| !id.is_empty()));
    object.maybe("student", told.student);
    for (name, ids) in [("school", &told.school), ("section", &told.section)] {
        ids.iter().for_each(|ids| object.texts(name, ids));
    }
    object.maybe("created_by", told.created_by);
    object.maybe("role", told.role_given);
}

fn came(object: &mut Object<'_>, came: Came) {
    match came {
        Came::Decision(reason) => {
            object.text("effect", if reason == Reason::Granted { "allow" } else { "deny" });
            object.text("reason", reason.code());
        }
        Came::Found(count) => object.number("found", count as u64),
        Came::Planned(outcome, reason) => {
            object.text("rows", rows(outcome));
            object.text("reason", reason.code());
        }
    }
}

fn rows(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Always => "all",
        Outcome::Never => "none",
        Outcome::Conditional => "some",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Check => "check",
        Kind::Explain => "explain",
        Kind::Actions => "actions",
        Kind::Subjects => "subjects",
        Kind::Resources => "resources",
        Kind::Plan => "plan",
    }
}

fn attributes(object: &mut Object<'_>, attributes: &[(&str, Scalar<'_>)]) {
    for (name, value) in attributes {
        match value {
            Scalar::Yes(yes) => object.yes(name, *yes),
            Scalar::Number(number) => object.real(name, *number),
            Scalar::Text(text) => object.text(name, text),
            Scalar::Nested => object.text(name, "(nested)"),
        }
    }
}

/// A UUID of version 7: when, and a number that no other decision has.
fn decision_id(at: SystemTime, number: u128) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (version, variant) = (7_u128 << 76, 2_u128 << 62);
    let (high, low) = ((number >> 62 & 0xfff) << 64, number & ((1 << 62) - 1));
    let id = format!("{:032x}", (since.as_millis() & ((1 << 48) - 1)) << 80 | version | high | variant | low);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| id.get(part).unwrap_or_default()).join("-")
}

/// Times as texts. Of one second the first nineteen letters are the same.
#[derive(Debug, Default)]
struct Clock {
    second: Option<i64>,
    text: String,
}

impl Clock {
    /// UTC, with nanoseconds; a time that no calendar has is the epoch.
    fn text(&mut self, at: SystemTime) -> &str {
        let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
        if at < Timestamp::UNIX_EPOCH || self.second != Some(at.as_second()) {
            self.text = format!("{at:.9}");
            self.second = Some(at.as_second());
        } else {
            self.text.truncate(19);
            self.text += &format!(".{:09}Z", at.subsec_nanosecond());
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_those_of_the_calendar_however_they_follow() {
        let mut clock = Clock::default();
        let table = [
            (0, 0, "1970-01-01T00:00:00.000000000Z"),
            (0, 5, "1970-01-01T00:00:00.000000005Z"),
            (951_782_400, 999_999_999, "2000-02-29T00:00:00.999999999Z"),
            (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
        ];
        for (seconds, nanos, expected) in &table {
            assert_eq!(clock.text(SystemTime::UNIX_EPOCH + Duration::new(*seconds, *nanos)), *expected);
        }
    }

    #[test]
    fn ids_are_of_version_seven_and_differ() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(0x0123_4567_89ab);
        assert_eq!(decision_id(at, 0), "01234567-89ab-7000-8000-000000000000");
        assert_eq!(decision_id(at, 5), "01234567-89ab-7000-8000-000000000005");
        assert_eq!(decision_id(at, u128::MAX), "01234567-89ab-7fff-bfff-ffffffffffff");
    }
}
