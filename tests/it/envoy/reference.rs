//! What servers behind a gateway make of a path, written without a look at how Hallpass reads one: a server decodes once or
//! twice, before or after it splits, merges slashes or doesn't, and so on, in every combination. The example's routes stand
//! here by hand.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::grpc::proto::hallpass as hp;
use hp::hallpass_client::HallpassClient;
use tonic::transport::Channel;

/// What a request is about: resource type, action, and properties of the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct About {
    kind: &'static str,
    action: &'static str,
    properties: Vec<(&'static str, String)>,
}

/// Methods, path (a parameter begins with `:`), type and action of the example's routes.
pub(crate) const ROUTES: [(&[&str], &str, &str, &str); 7] = [
    (&["GET", "HEAD"], "students/:student/photo", "misis.photo.student", "view"),
    (&["GET"], "schools/:school/students/:student/marks/:id", "misis.grades.mark", "view"),
    (&["PUT"], "schools/:school/students/:student/marks/:id", "misis.grades.mark", "update"),
    (&["GET"], "students/:student/transcript/:_", "misis.transcripts.record", "view"),
    (&["POST"], "sections/:section/attendance/", "misis.attendance.class", "create"),
    (&["POST"], "district.groups.v1.Groups/Delete", "misis.groups.group", "delete"),
    (&["POST"], "rpc/:id", "misis.grades.mark", "update"),
];
/// The claim `school` that goes with every request, and the student whom Envoy's own configuration names for `/rpc`.
pub(crate) const CLAIMED_SCHOOL: &str = "sch.fernvale";
pub(crate) const SAID_STUDENT: &str = "s.0142";

/// What a server that reads these segments does.
fn about(method: &str, segments: &[String], ignore_case: bool) -> Option<About> {
    let same = |text: &str, sent: &str| text == sent || ignore_case && text.eq_ignore_ascii_case(sent);
    let (_, path, kind, action) = ROUTES.into_iter().find(|(methods, path, ..)| {
        let template: Vec<&str> = path.split('/').collect();
        let each = |(text, sent): (&&str, &String)| (text.starts_with(':') && !sent.is_empty()) || same(text, sent);
        methods.contains(&method) && template.len() == segments.len() && template.iter().zip(segments).all(each)
    })?;
    let parameters =
        path.split('/').zip(segments).filter_map(|(text, sent)| Some((text.strip_prefix(':')?, sent.clone())));
    let mut properties: Vec<(&'static str, String)> = parameters.filter(|(name, _)| *name != "_").collect();
    match path {
        "district.groups.v1.Groups/Delete" => properties.push(("school", CLAIMED_SCHOOL.into())),
        "rpc/:id" => properties.push(("student", SAID_STUDENT.into())),
        _ => {}
    }
    Some(About { kind, action, properties })
}

/// Every way in which a server may differ from the plainest one, a bit each.
const WAYS: u32 = 10;

/// Whatever some server does with a method and a target.
pub(crate) fn readings(method: &str, target: &str) -> BTreeSet<About> {
    let mut all = BTreeSet::new();
    let mut read = BTreeSet::new();
    for ways in 0..1 << WAYS {
        let way = |bit: u32| ways >> bit & 1 == 1;
        let segments = segments(target, way);
        let ignore_case = way(9);
        if read.insert((segments.clone(), ignore_case)) {
            all.extend(about(method, &segments, ignore_case));
        }
    }
    all
}

fn segments(target: &str, way: impl Fn(u32) -> bool) -> Vec<String> {
    let mut path = target.split('?').next().unwrap().to_owned();
    let decoded = |text: &str| if way(1) { decode(&decode(text)) } else { decode(text) };
    if way(0) {
        path = decoded(&path);
    }
    if way(6) {
        path = path.split(['#', '\0']).next().unwrap().to_owned();
    }
    if way(5) {
        path = path.replace('\\', "/");
    }
    let path = path.strip_prefix('/').unwrap_or(&path);
    let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    for segment in &mut segments {
        if way(4) {
            *segment = segment.split(';').next().unwrap().to_owned();
        }
        if !way(0) {
            *segment = decoded(segment);
        }
        if way(8) {
            *segment = if segment.starts_with("..") || segment == "." {
                segment.clone()
            } else {
                segment.trim_end_matches([' ', '.']).trim().to_owned()
            };
        }
    }
    if way(3) {
        segments = without_dots(segments);
    }
    if way(2) {
        let slash = segments.last().is_some_and(String::is_empty);
        segments.retain(|segment| !segment.is_empty());
        segments.extend(slash.then(String::new));
    }
    if way(7) && segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    segments
}

fn without_dots(segments: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    for segment in segments {
        match segment.as_str() {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept
}

/// As lenient servers decode: what is no encoding stays, what is no UTF-8 is read byte by byte, overlong forms count.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    let overlong: Vec<u8> = (0..out.len())
        .filter(|at| *at == 0 || !matches!(out[at - 1], 0xc0 | 0xc1))
        .map(|at| match (out[at], out.get(at + 1)) {
            (first @ (0xc0 | 0xc1), Some(second @ 0x80..=0xbf)) => (first & 1) << 6 | (second & 0x3f),
            (byte, _) => byte,
        })
        .collect();
    String::from_utf8(overlong).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// Asks the plain way, and remembers.
pub(crate) struct Judge {
    client: HallpassClient<Channel>,
    known: BTreeMap<(String, About), bool>,
}

impl Judge {
    pub(crate) fn new(client: HallpassClient<Channel>) -> Self {
        Self { client, known: BTreeMap::new() }
    }

    /// Whether somebody may do something.
    pub(crate) async fn allows(&mut self, who: &str, about: &About) -> bool {
        let asked = (who.to_owned(), about.clone());
        if let Some(known) = self.known.get(&asked) {
            return *known;
        }
        // What is over a limit is allowed to nobody.
        let allow = self.client.check(check(who, about)).await.is_ok_and(|answer| answer.into_inner().allow);
        self.known.insert(asked, allow);
        allow
    }

    /// What a server could do at this request, if it is let through, that this person may not.
    pub(crate) async fn harm_if(&mut self, through: bool, who: &str, method: &str, target: &str) -> Vec<About> {
        if through { self.harm(who, method, target).await } else { Vec::new() }
    }

    /// What a server could do at this request that this person may not.
    pub(crate) async fn harm(&mut self, who: &str, method: &str, target: &str) -> Vec<About> {
        let mut harm = Vec::new();
        for about in readings(method, target) {
            if !self.allows(who, &about).await {
                harm.push(about);
            }
        }
        harm
    }
}

fn check(who: &str, about: &About) -> hp::CheckRequest {
    let mut resource = hp::Resource { r#type: about.kind.into(), ..Default::default() };
    for (name, value) in &about.properties {
        let value = value.clone();
        match *name {
            "id" => resource.id = value,
            "student" => resource.student = Some(value),
            "school" => resource.school = Some(hp::AnyOf { ids: vec![value] }),
            "section" => resource.section = Some(hp::AnyOf { ids: vec![value] }),
            other => panic!("{other}"),
        }
    }
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: who.into(), properties: None }),
        action: Some(hp::Action { name: about.action.into(), properties: None }),
        resource: Some(resource),
        context: None,
    }
}

/// What a gateway asks that splits a path, decodes what it finds and looks no further.
pub(crate) fn careless(method: &str, target: &str) -> Option<About> {
    about(method, &segments(target, |_| false), false)
}
