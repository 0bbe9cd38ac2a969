//! Nothing is decided where a fact was missed: what runs without all facts come to is often wrong, in both directions.

use std::sync::Arc;

use hallpass::directory::remote::{Gathered, Position, Remote, Wish};
use hallpass::pdp::{Asking, Undecided};
use hallpass::policy::day::Day;
use hallpass::policy::decision::Decision;
use hallpass::policy::request::{Action, Request, Resource, Subject};

use crate::chance::Chance;
use crate::running::{runtime, snapshot};
use crate::twin::Twin;

/// How many questions are asked.
const QUESTIONS: usize = 3_000;
const TODAY: Day = Day(20_779);

/// A question about a user's account, a student's mark, or a stored record.
fn question<'a>(chance: &mut Chance, ids: &'a Ids) -> Request<'a> {
    let subject = Subject { kind: "user", id: chance.of(&ids.people).as_str(), properties: &[] };
    let (kind, action, resource) = match chance.below(3) {
        0 => {
            let role = *chance.of(&["misis.teacher", "misis.system_administrator", "map.instructor"]);
            let id = chance.of(&ids.people).as_str();
            let school = Some(hallpass::AnyOf::One("sch.fernvale"));
            ("misis.admin.user", "assign_role", Resource { id, role: Some(role), school, ..Resource::default() })
        }
        1 => {
            let student = Some(chance.of(&ids.students).as_str());
            ("misis.grades.mark", *chance.of(&["view", "update"]), Resource { student, ..Resource::default() })
        }
        _ => ("map.testing.session", "view", Resource { id: chance.of(&ids.records).as_str(), ..Resource::default() }),
    };
    let resource = Resource { kind, ..resource };
    Request { subject, action: Action { name: action, properties: &[] }, resource, context: &[] }
}

struct Ids {
    people: Vec<String>,
    students: Vec<String>,
    records: Vec<String>,
}

#[test]
fn what_is_decided_without_a_fact_is_thrown_away() {
    let files = snapshot();
    let (policy, roster) = (Arc::clone(&files.policy), files.roster.clone().unwrap());
    let holders: Vec<String> = roster.assignments().map(|(user, ..)| user.to_owned()).collect();
    let ids = Ids {
        people: holders.into_iter().chain(["nobody".to_owned(), "s.0142".to_owned()]).collect(),
        students: (0..400).map(|number| format!("s.{number:04}")).collect(),
        records: (0..40).map(|number| format!("mts.{number:04}")).collect(),
    };
    let twin = Twin::of(files);
    let mut chance = Chance::new(4);
    let (mut early, mut wrong, mut most) = (0, 0, 0);
    runtime().block_on(async {
        let remote = twin.remote();
        let at = remote.position(Wish::Full).await.unwrap();
        for _ in 0..QUESTIONS {
            let request = question(&mut chance, &ids);
            let truth = policy.decide(&*roster, &request, TODAY);
            // The twin's way: what each run comes to, and not only the last.
            let runs = runs(remote, &at, |facts| owned(&policy.decide(facts, &request, TODAY))).await;
            let (last, without) = runs.split_last().unwrap();
            assert_eq!(*last, owned(&truth), "{request:?}");
            early += without.len();
            wrong += without.iter().filter(|run| *run != last).count();
            most = most.max(runs.len());
            let asking = Asking { on: Some(TODAY), ..Asking::default() };
            let asked = twin.pdp.ask(asking, |view| Ok::<_, Undecided>(owned(&view.decide(&request)?))).await;
            assert_eq!(asked, Ok(owned(&truth)), "{request:?}");
        }
    });
    println!("{early} runs missed something, {wrong} of them came to something else; {most} runs at most");
    assert!(wrong > QUESTIONS / 10, "whoever keeps a first run would not be found out");
    assert!((3..=5).contains(&most), "{most}");
}

/// What is decided, an answer that stands by itself.
type Owned = (bool, &'static str, Option<[String; 3]>);

/// What every run comes to, until one misses nothing.
async fn runs(remote: &Remote, at: &Position, decide: impl Fn(&Gathered) -> Owned) -> Vec<Owned> {
    let (mut facts, mut runs) = (Gathered::new(Arc::clone(&at.frame)), Vec::new());
    loop {
        runs.push(decide(&facts));
        let missed = facts.take_missed();
        if missed.is_empty() {
            return runs;
        }
        let entries = remote.gather(at, &missed).await.unwrap();
        missed.into_iter().zip(entries).for_each(|(key, entry)| facts.add(key, entry));
    }
}

fn owned(decision: &Decision<'_>) -> Owned {
    let grant = decision.granted.map(|granted| [granted.role, granted.org, granted.grant].map(str::to_owned));
    (decision.is_allow(), decision.reason.code(), grant)
}
