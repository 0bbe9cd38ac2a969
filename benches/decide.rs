//! Deciding in process: strings in, decision out.

mod world;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hallpass::policy::request::{Action, AnyOf, Request, Resource, Subject};

use world::World;

fn request<'a>(subject: &'a str, action: &'a str, kind: &'a str, student: &'a str) -> Request<'a> {
    Request {
        subject: Subject { kind: "user", id: subject, properties: &[] },
        action: Action { name: action, properties: &[] },
        resource: Resource { kind, id: "m.1", student: Some(student), ..Resource::default() },
        context: &[],
    }
}

fn decide(c: &mut Criterion) {
    let demo = World::demo();
    let mut group = c.benchmark_group("decide");
    let mut one = |name: &str, request: Request<'_>, allow: bool| {
        assert_eq!(demo.decide(&request).is_allow(), allow, "{name}");
        group.bench_function(name, |b| b.iter(|| demo.decide(black_box(&request)).is_allow()));
    };
    let own = request("t.rivera", "update", "misis.grades.mark", "s.0142");
    let other = request("t.rivera", "update", "misis.grades.mark", "s.0999");
    one("allow, own section", own, true);
    one("deny, another's section", other, false);
    one("deny, no grant", request("t.rivera", "delete", "misis.testing.score", "s.0142"), false);
    let with_school = Resource { school: Some(AnyOf::One("sch.fernvale")), ..own.resource };
    one("allow, school given too", Request { resource: with_school, ..own }, true);
    one("allow, principal by org", request("p.okafor", "view", "misis.grades.mark", "s.0142"), true);
    group.finish();
    c.bench_function("explain/deny", |b| b.iter(|| demo.explain(black_box(&other))));
}

fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth");
    for (name, world) in
        [("x1", World::grown(1, 1)), ("100x roles", World::grown(100, 1)), ("1,000x people", World::grown(1, 1_000))]
    {
        let questions = world.questions(100_000);
        let requests: Vec<Request<'_>> = questions
            .iter()
            .map(|(subject, student)| request(subject, "update", "misis.grades.mark", student))
            .collect();
        let mut next = 0;
        group.bench_function(format!("{name}, random subjects"), |b| {
            b.iter(|| {
                next = (next + 1) % requests.len();
                world.decide(black_box(&requests[next])).is_allow()
            });
        });
        group.bench_function(format!("{name}, one subject"), |b| {
            b.iter(|| world.decide(black_box(&requests[0])).is_allow())
        });
    }
    group.finish();
}

criterion_group!(benches, decide, growth);
criterion_main!(benches);
