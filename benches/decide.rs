//! Deciding in process: strings in, decision out.
#![expect(clippy::indexing_slicing, reason = "a benchmark")]

mod world;

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use hallpass::policy::request::{Action, AnyOf, Request, Resource};

use world::{OTHER, OWN, TODAY, World, request};

/// A role that carries the grant asked for, held by somebody without a class.
const TEACHES_NOTHING: &str = "misis.teacher";

/// A question about a student, and not of a mark.
fn with<'a>(action: &'a str, kind: &'a str, subject: &'a str, student: &'a str) -> Request<'a> {
    let asked = request(subject, student);
    Request { action: Action { name: action, ..asked.action }, resource: Resource { kind, ..asked.resource }, ..asked }
}

fn one(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, world: &World, request: &Request<'_>, allow: bool) {
    assert_eq!(world.decide(request).is_allow(), allow, "{name}");
    group.bench_function(name, |b| b.iter(|| world.decide(black_box(request)).is_allow()));
}

/// Asks one after the other, so that the processor can't learn a single question by heart.
fn cycle<'a>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    world: &World,
    questions: usize,
    ask: impl Fn(usize) -> Request<'a>,
) {
    let mut next = 0;
    group.bench_function(name, |b| {
        b.iter(|| {
            next = (next + 1) % questions;
            world.decide(black_box(&ask(next))).is_allow()
        });
    });
}

fn decide(c: &mut Criterion) {
    let demo = World::demo();
    let mut group = c.benchmark_group("decide");
    let own = request(OWN.0, OWN.1);
    let other = request(OTHER.0, OTHER.1);
    one(&mut group, "allow, own section", &demo, &own, true);
    one(&mut group, "deny, another's section", &demo, &other, false);
    one(&mut group, "deny, no grant", &demo, &with("delete", "misis.testing.score", OWN.0, OWN.1), false);
    let with_school = Resource { school: Some(AnyOf::One("sch.fernvale")), ..own.resource };
    one(&mut group, "allow, school given too", &demo, &Request { resource: with_school, ..own }, true);
    one(&mut group, "allow, principal by org", &demo, &with("view", "misis.grades.mark", "p.okafor", OWN.1), true);
    group.finish();
    c.bench_function("decide/batch of 100", |b| {
        b.iter(|| {
            (0..100).filter(|at| demo.decide(black_box(if at % 2 == 0 { &own } else { &other })).is_allow()).count()
        });
    });
    c.bench_function("explain/deny", |b| b.iter(|| demo.explain(black_box(&other))));
}

/// Ten assignments of one person, each role of the shipped policies in its turn, and a grant with a condition beside one
/// without.
fn staff(c: &mut Criterion) {
    let shipped = World::demo();
    let roles: Vec<(String, &str)> = shipped.policy.roles().map(|(role, _)| (format!("u.{role}"), role)).collect();
    let mut assignments: Vec<(&str, &str)> = roles.iter().map(|(who, role)| (who.as_str(), *role)).collect();
    let teachers = [TEACHES_NOTHING; 9].into_iter().map(|role| ("ten", role));
    assignments.extend(teachers.chain([("ten", "misis.is_administrator")]));
    let world = World::staffed(&assignments);
    let mut group = c.benchmark_group("staff");
    let ask = |at: usize| with("view", "misis.grades.mark", &roles[at].0, "s.5");
    cycle(&mut group, "all roles, one after the other", &world, roles.len(), ask);
    let (agreement, attendance) = ("misis.independent_study.master_agreement", "misis.independent_study.attendance");
    let administrator = "u.misis.is_administrator";
    let plain = with("create", agreement, administrator, "s.5");
    one(&mut group, "allow, no condition", &world, &plain, true);
    let mut dated = with("submit", attendance, administrator, "s.5");
    dated.resource.date = Some(TODAY);
    one(&mut group, "allow, a condition", &world, &dated, true);
    one(&mut group, "allow, the last of ten assignments", &world, &with("create", agreement, "ten", "s.5"), true);
    one(&mut group, "deny, ten assignments", &world, &request("ten", "s.5"), false);
    group.finish();
}

fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth");
    for (name, roles, people) in [("x1", 1, 1), ("100x roles", 100, 1), ("1,000x people", 1, 1_000)] {
        let world = World::grown(roles, people);
        let questions = world.questions(100_000);
        let ask = |at: usize| request(&questions[at].0, &questions[at].1);
        cycle(&mut group, &format!("{name}, random subjects"), &world, questions.len(), ask);
        one(&mut group, &format!("{name}, one subject"), &world, &ask(0), true);
    }
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
}

criterion_group! { name = benches; config = quick(); targets = decide, staff, growth }
criterion_main!(benches);
