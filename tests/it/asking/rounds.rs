//! How often the directory is asked: once for what a question needs at first, and again for what that leads to.

use hallpass::directory::remote::{Frame, What};
use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::pdp::{Asking, Consistency, Undecided};
use hallpass::{Action, Request, Resource, Subject};
use hp::check_stream_response::Result as Item;

use super::edges;
use crate::held_source::Step;
use crate::running::{Server, runtime, settings, snapshot};
use crate::twin::Twin;

/// How many look-ups a question or a batch takes at most: who asks and what about, whom that leads to, and once more.
const ROUNDS: usize = 4;

fn start() -> (Twin, Server) {
    let twin = Twin::of(snapshot());
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    (twin, server)
}

/// A session of testing is stored with its school and its maker alone: who may see it follows from these.
fn about_a_record(who: &str, id: &str) -> hp::CheckRequest {
    let mut check = edges::check(who, "");
    check.action = Some(hp::Action { name: "view".into(), properties: None });
    check.resource = Some(hp::Resource { r#type: "map.testing.session".into(), id: id.into(), ..Default::default() });
    check
}

#[test]
fn a_batch_of_a_thousand_asks_for_all_at_once() {
    let (twin, server) = start();
    let people = ["t.rivera", "p.okafor", "a.lindgren", "nobody", "p.santiago", "t.kowalski"];
    let item = |number: usize| match number % 3 {
        0 => about_a_record(people[number % 6], &format!("mts.{:04}", number % 90)),
        _ => edges::check(people[number % 6], &format!("s.{number:04}")),
    };
    let checks: Vec<_> = (0..1000).map(item).collect();
    let folder = Server::start();
    runtime().block_on(async {
        let before = twin.held.world().loads;
        let batch = hp::BatchCheckRequest { checks: checks.clone() };
        let answer = server.hallpass().batch_check(batch.clone()).await.unwrap().into_inner();
        let loads = twin.held.world().loads - before;
        assert!((1..=ROUNDS).contains(&loads), "{loads}");
        let expected = folder.hallpass().batch_check(batch).await.unwrap().into_inner();
        assert_eq!(answer.directory_revision, "0");
        let allowed = expected.items.iter().filter(|item| allows(item)).count();
        assert!((1..1000).contains(&allowed), "{allowed}");
        for ((check, answer), expected) in checks.iter().zip(&answer.items).zip(&expected.items) {
            assert_eq!(told(answer), told(expected), "{check:?}");
        }
    });
}

fn told(item: &hp::BatchCheckItem) -> (bool, String, Option<hp::Grant>) {
    match item.result.clone().unwrap() {
        hp::batch_check_item::Result::Response(response) => (response.allow, response.reason, response.grant),
        hp::batch_check_item::Result::Error(error) => panic!("{error:?}"),
    }
}

fn allows(item: &hp::BatchCheckItem) -> bool {
    told(item).0
}

/// A batch that stops early is decided as far as it goes, and still asks for all of its facts at once.
#[test]
fn a_batch_that_stops_early_asks_for_all_at_once() {
    let (twin, server) = start();
    let folder = Server::start();
    let student = |number: usize| az::EvaluationRequest {
        resource: Some(az::Resource {
            r#type: "misis.grades.mark".into(),
            id: String::new(),
            properties: Some(prost_types::Struct {
                fields: [("student".to_owned(), text(&format!("s.{number:04}")))].into(),
            }),
        }),
        ..Default::default()
    };
    runtime().block_on(async {
        for semantic in ["deny_on_first_deny", "permit_on_first_permit", "execute_all"] {
            let asked = az::EvaluationsRequest {
                subject: Some(az::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None }),
                action: Some(az::Action { name: "update".into(), properties: None }),
                evaluations: (0..200).map(student).collect(),
                options: Some(prost_types::Struct {
                    fields: [("evaluations_semantic".to_owned(), text(semantic))].into(),
                }),
                ..Default::default()
            };
            let before = twin.held.world().loads;
            let answer = server.access().evaluations(asked.clone()).await.unwrap().into_inner();
            let loads = twin.held.world().loads - before;
            assert!(loads <= ROUNDS, "{semantic}: {loads}");
            assert_eq!(answer, folder.access().evaluations(asked).await.unwrap().into_inner(), "{semantic}");
        }
    });
}

fn text(text: &str) -> prost_types::Value {
    prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text.to_owned())) }
}

/// Questions of a stream are asked ahead: many are answered by the time of one look-up, in their order, and no more are
/// asked than that.
#[test]
fn a_stream_asks_ahead_and_answers_in_order() {
    let (twin, server) = start();
    runtime().block_on(async {
        twin.held.hold(Step::Load);
        let asked = (0..500).map(|id| hp::CheckStreamRequest {
            id,
            check: Some(edges::check(&format!("u.{id}"), &format!("s.{id:04}"))),
        });
        let asked: Vec<_> = asked.collect();
        let mut answers = server.hallpass().check_stream(tokio_stream::iter(asked)).await.unwrap().into_inner();
        let (mut next, mut held) = (0, true);
        loop {
            let answer = tokio::select! {
                biased;
                answer = answers.message() => answer.unwrap(),
                () = twin.held.until(Step::Load, 8), if held => {
                    held = false;
                    twin.held.open(Step::Load);
                    continue;
                }
            };
            let Some(answer) = answer else { break };
            assert_eq!(answer.id, next);
            match answer.result.unwrap() {
                Item::Response(response) => assert_eq!(response.reason, "unknown_subject"),
                Item::Error(error) => panic!("{error:?}"),
            }
            next += 1;
        }
        assert_eq!((next, held), (500, false));
    });
}

/// The district's day is that of the frame that a question is decided in: the two zones never have the same date.
#[test]
fn the_day_is_that_of_the_zone_that_the_directory_names() {
    let (twin, _server) = start();
    runtime().block_on(async {
        let day_in = |zone: Option<&str>| {
            let zone = zone.map(|name| jiff::tz::TimeZone::get(name).unwrap());
            let change = twin.held.commit(What::Frame, |world| world.frame.zone = zone);
            let consistency = Consistency::AtLeast(change.to_string().into());
            let asking = Asking { consistency, ..Asking::default() };
            let pdp = twin.pdp.clone();
            async move { pdp.ask(asking, |view| Ok::<_, Undecided>(view.today())).await.unwrap() }
        };
        let east = day_in(Some("Pacific/Kiritimati")).await;
        let west = day_in(Some("Pacific/Pago_Pago")).await;
        let none = day_in(None).await;
        assert!(west < east, "{west:?} {east:?}");
        // Without one it is the configured zone's, and else that of UTC, which lies between.
        assert!((west..=east).contains(&none), "{none:?}");
        assert_eq!(twin.pdp.directory_now().1, jiff::tz::TimeZone::UTC);
    });
}

/// Organisations and terms that change while facts are fetched: the question begins again, in the new frame alone.
#[test]
fn no_answer_mixes_two_frames() {
    let (twin, _server) = start();
    runtime().block_on(async {
        let move_to = |name: &str| {
            let zone = jiff::tz::TimeZone::get(name).unwrap();
            twin.held.commit(What::Frame, |world| world.frame.zone = Some(zone))
        };
        let mut runs = 0;
        let east = move_to("Pacific/Kiritimati");
        let consistency = Consistency::AtLeast(east.to_string().into());
        twin.held.hold(Step::LoadRead);
        let question = Request {
            subject: Subject { kind: "user", id: "t.rivera", ..Subject::default() },
            action: Action { name: "update", ..Action::default() },
            resource: Resource { kind: "misis.grades.mark", student: Some("s.0142"), ..Resource::default() },
            ..Request::default()
        };
        let asked = twin.pdp.ask(Asking { consistency, ..Asking::default() }, |view| {
            runs += 1;
            let allowed = view.decide(&question)?.is_allow();
            Ok::<_, Undecided>((allowed, view.revisions().1.to_owned(), view.today()))
        });
        let changed = async {
            twin.held.until(Step::LoadRead, 1).await;
            let west = move_to("Pacific/Pago_Pago");
            let mut frames = twin.remote().frame_changes();
            let moved = |zone: &jiff::tz::TimeZone| zone.iana_name() == Some("Pacific/Pago_Pago");
            let is_west = |frame: &Frame| frame.zone.as_ref().is_some_and(moved);
            _ = frames.wait_for(|frame| frame.as_deref().is_some_and(is_west)).await.unwrap();
            twin.held.open(Step::LoadRead);
            west
        };
        let (answer, west) = tokio::join!(asked, changed);
        let (allowed, revision, today) = answer.unwrap();
        assert_eq!((allowed, revision), (true, west.to_string()));
        let zone = jiff::tz::TimeZone::get("Pacific/Pago_Pago").unwrap();
        assert_eq!(today.to_string(), jiff::Timestamp::now().to_zoned(zone).date().to_string());
        assert!(runs > 2, "{runs}");
    });
}
