//! Path tricks (T33): whatever spelling a path has, nothing is let through that any server could take for a thing which the
//! same person may not have by its plain path.

use hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use serde_json::json;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::reference::{CLAIMED_SCHOOL, Judge, SAID_STUDENT, careless, decode};
use super::{Sent, ask, client, example, sent, server, short};
use crate::running::runtime;

/// Plain requests of two people: what they may and what they may not.
pub(crate) const PLAIN: [(&str, &str, &str, bool); 12] = [
    ("p.okafor", "GET", "/students/s.0142/photo", true),
    ("t.rivera", "HEAD", "/students/s.0999/photo", false),
    ("t.rivera", "PUT", "/schools/sch.fernvale/students/s.0142/marks/m.1", true),
    ("t.rivera", "PUT", "/schools/sch.fernvale/students/s.0999/marks/m.1", false),
    ("t.rivera", "GET", "/schools/sch.graniteford/students/s.0142/marks/m.1", false),
    ("p.okafor", "GET", "/students/s.0142/transcript/1", true),
    ("t.novak", "GET", "/students/s.0999/transcript/1", false),
    ("t.rivera", "POST", "/sections/c.fernvale-eng9/attendance/", true),
    ("t.rivera", "POST", "/sections/c.graniteford-eng10/attendance/", false),
    ("p.okafor", "POST", "/district.groups.v1.Groups/Delete", true),
    ("t.rivera", "POST", "/district.groups.v1.Groups/Delete", false),
    ("t.rivera", "POST", "/rpc/m.1", true),
];

/// What is put between any two characters.
const TRICKS: &[&str] = &[
    "/",
    "//",
    "///",
    "/./",
    "/../",
    "/.../",
    "./",
    "../",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2e%2e",
    "%2e%2e/",
    "/%2e%2e/",
    "%2f",
    "%2F",
    "%2f%2e%2e%2f",
    "%5c",
    "%5C",
    "\\",
    "\\..\\",
    ";",
    ";x",
    ";x=y",
    ";/../",
    "%3b",
    "%3B",
    "#",
    "#x",
    "%23",
    "?",
    "?x",
    "?/../",
    "%3f",
    "%3F",
    "%",
    "%%",
    "%2",
    "%zz",
    "%25",
    "%252e",
    "%252f",
    "%25252f",
    "%255c",
    "%00",
    "%0a",
    "%0d%0a",
    "%09",
    "%20",
    "%7f",
    "%80",
    "%c0%ae",
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%c3%a9",
    "%ef%bc%8f",
    "%40",
    "%3a",
    "%2B",
    "%41",
    "%61",
    "%2d",
    "%7E",
    "%u002f",
    " ",
    "\t",
    "\0",
    "\r\n",
    "\u{7f}",
    "\u{e9}",
    "\u{ff0f}",
    "\u{2215}",
    "+",
    "@",
    ":",
    ",",
    "&",
    "=",
    "$",
    "!",
    "'",
    "(",
    "*",
    "\"",
    "<",
    "|",
    "^",
    "`",
    "{",
    "[",
    "~",
    "-",
    "_",
    "a",
    "A",
    "0",
];

/// Ways to write a slash, or to hide one.
const SLASHES: &[&str] = &["/", "//", "%2f", "%252F", "\\", "%5c", ";/", "/;x/", "/%2e/", "%c0%af", "?/", "#/"];
/// Another student's record, from wherever the path has got to.
const ELSEWHERE: [&str; 6] = [
    "/../s.0999/photo",
    "/../../../s.0999/photo",
    "/../../s.0999/marks/m.1",
    "/../../../s.0999/marks/m.1",
    "/../../../s.0999/transcript/1",
    "/../../../../../../students/s.0999/photo",
];

/// The tricks, and the ways to another record with every sort of slash.
fn tricks() -> Vec<String> {
    let ways = SLASHES.iter().flat_map(|slash| ELSEWHERE.map(|way| way.replace('/', slash)));
    TRICKS.iter().map(|trick| (*trick).to_owned()).chain(ways).collect()
}

/// All variants of a path: a trick at every place, and every character in other spellings.
pub(crate) fn variants(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    let tricks = tricks();
    for (at, character) in path.char_indices() {
        let (before, after) = path.split_at(at);
        let rest = after.get(1..).unwrap();
        all.extend(tricks.iter().map(|trick| format!("{before}{trick}{after}")));
        let code = u32::from(character);
        let spellings = [
            format!("%{code:02x}"),
            format!("%{code:02X}"),
            format!("%25{code:02x}"),
            format!("%{:02x}%{:02x}", 0xc0 | code >> 6, 0x80 | code & 0x3f),
            format!("%e0%{:02x}%{:02x}", 0x80 | code >> 6, 0x80 | code & 0x3f),
            char::from_u32(code + 0xfee0).unwrap().to_string(),
            character.to_ascii_uppercase().to_string(),
            String::new(),
        ];
        all.extend(spellings.map(|spelling| format!("{before}{spelling}{rest}")));
    }
    all.extend(tricks.iter().map(|trick| format!("{path}{trick}")));
    all.extend(tricks.iter().map(|trick| path.replace('/', trick)));
    let whole = [
        String::new(),
        path.trim_start_matches('/').to_owned(),
        format!("http://sis.example{path}"),
        format!("//evil.example{path}"),
        format!("*{path}"),
        format!("{path}/{}", "a".repeat(65_536)),
        format!("{path}?{}", "a".repeat(65_536)),
        format!("{}{path}", "/..".repeat(1_000)),
        path.to_uppercase(),
        decode(path),
    ];
    all.extend(whole);
    all
}

pub(crate) fn with_everything(sent: Sent, who: &str) -> Sent {
    sent.claims(json!({ "sub": who, "school": CLAIMED_SCHOOL }))
        .say("hallpass.type", "misis.grades.mark")
        .say("hallpass.action", "update")
        .say("hallpass.student", SAID_STUDENT)
}

/// Who, method, target, and of a plain request whether it is allowed.
type Variant = (&'static str, &'static str, String, Option<bool>);

/// Asks side by side whether each is allowed.
async fn together(
    client: &AuthorizationClient<Channel>,
    variants: impl Iterator<Item = Variant>,
) -> Vec<(Variant, bool)> {
    let mut asking = JoinSet::new();
    for variant in variants {
        let mut client = client.clone();
        asking.spawn(async move {
            let (who, method, target, _) = &variant;
            let answer = ask(&mut client, &with_everything(sent(who, method, target), who)).await;
            (variant, short(&answer).0 == 0)
        });
    }
    asking.join_all().await
}

/// Every variant of every plain request.
fn everything() -> impl Iterator<Item = Variant> {
    PLAIN.into_iter().flat_map(|(who, method, plain, may)| {
        let all = variants(plain).into_iter().enumerate();
        all.map(move |(at, target)| (who, method, target, (at == 0).then_some(may)))
    })
}

#[test]
fn no_spelling_of_a_path_gets_more_than_the_plain_one() {
    let server = server(&[&example()]);
    let (mut asked, mut allowed) = (0, 0);
    runtime().block_on(async {
        let (client, mut judge) = (client(&server), Judge::new(server.hallpass()));
        let mut all = everything().peekable();
        while all.peek().is_some() {
            for ((who, method, target, expected), allow) in together(&client, all.by_ref().take(64)).await {
                assert!(expected.is_none_or(|may| may == allow), "{who} {method} {target}: {allow}");
                let harm = judge.harm_if(allow, who, method, &target).await;
                assert!(harm.is_empty(), "{who} {method} {target:?}: {harm:?}");
                (asked, allowed) = (asked + 1, allowed + usize::from(allow));
            }
        }
    });
    assert!(asked >= 10_000, "{asked}");
    assert!(allowed >= 100, "{allowed} of {asked}");
    println!("{asked} paths asked about, {allowed} of them let through");
}

/// A gateway as one would write it without thinking is caught by the same judge, so the judge can see.
#[test]
fn a_careless_gateway_would_be_caught() {
    let server = server(&[&example()]);
    let mut caught = 0;
    runtime().block_on(async {
        let mut judge = Judge::new(server.hallpass());
        for (who, method, target, _) in everything().step_by(2) {
            let Some(careless) = careless(method, &target) else { continue };
            let allow = judge.allows(who, &careless).await;
            caught += usize::from(!judge.harm_if(allow, who, method, &target).await.is_empty());
        }
    });
    assert!(caught >= 10, "{caught}");
}
