//! What a page never grows by and never says: whatever callers send, there are as many series as before, and none of them
//! names anybody.

use std::collections::BTreeSet;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::policy::decision::Reason;

use super::start;
use crate::chance::Chance;
use crate::listen::check;
use crate::running::runtime;
use crate::support::{path, sources};

/// How many questions are made up.
const MADE_UP: usize = 10_000;
const BATCH: usize = 100;

/// A question about a type and a subject that nobody has heard of, or of which one of the two is real.
fn made_up(number: usize, chance: &mut Chance) -> hp::CheckRequest {
    let mut check = check();
    let (mut subject, mut resource) = (check.subject.take().unwrap(), check.resource.take().unwrap());
    if chance.percent(80) {
        resource.r#type = format!("made.up{{x=\"{number}\"}}\n.type{number}");
    }
    if chance.percent(80) {
        subject.id = format!("nobody.{number}");
    }
    if chance.percent(20) {
        check.action.as_mut().unwrap().name = format!("do{number}");
    }
    resource.id = format!("record.{number}");
    hp::CheckRequest { subject: Some(subject), resource: Some(resource), ..check }
}

#[test]
fn what_is_made_up_adds_no_series() {
    let server = start();
    let before: BTreeSet<String> = server.page().series.into_keys().collect();
    let mut chance = Chance::new(1);
    runtime().block_on(async {
        let mut client = server.hallpass();
        for begin in (0..MADE_UP).step_by(BATCH) {
            let checks = (begin..begin + BATCH).map(|number| made_up(number, &mut chance)).collect();
            client.batch_check(hp::BatchCheckRequest { checks }).await.unwrap();
        }
    });
    let page = server.page();
    let counted: u64 = page.counted("hallpass_decisions_total").values().sum();
    assert_eq!(counted, MADE_UP as u64);
    let unknown =
        page.value(r#"hallpass_decisions_total{application="unknown",effect="deny",reason="unknown_resource_type"}"#);
    assert!(unknown > 1_000.0, "{unknown}");
    assert_eq!(page.series.into_keys().collect::<BTreeSet<_>>(), before);
    // Two applications and the unknown one, each with its reasons and kinds of searches; a histogram; a few more.
    let most = 3 * (Reason::ALL.len() + 4) + 22 + 20;
    assert!(before.len() <= most, "{} series", before.len());
}

/// Every id of the directory and of the callers, looked for in the whole page.
#[test]
fn nobody_is_named() {
    let server = start();
    runtime().block_on(async {
        let mut client = server.hallpass();
        assert!(client.check(check()).await.unwrap().into_inner().allow);
    });
    for accept in ["text/plain", "application/openmetrics-text"] {
        let page = server.admin("GET", "/metrics", &[("accept", accept)]).text;
        let words: BTreeSet<&str> = page.split(|c: char| !c.is_alphanumeric() && !"._-".contains(c)).collect();
        for id in ids() {
            assert!(!words.contains(id.as_str()), "{id} is on the page");
        }
    }
}

/// The first column of every file of the demo district, which is the id of what the row is about.
fn ids() -> BTreeSet<String> {
    let files = sources(&path("examples/district"));
    let tables = files.iter().filter(|source| source.name.ends_with(".csv") && *source.name != *"manifest.csv");
    let rows = tables.flat_map(|source| std::str::from_utf8(&source.bytes).unwrap().lines().skip(1));
    let ids: BTreeSet<String> = rows.map(|row| row.split(',').next().unwrap().trim_matches('"').to_owned()).collect();
    assert!(ids.len() > 100 && ids.contains("t.rivera") && ids.contains("s.0142"), "{}", ids.len());
    ids
}
