//! Searches and lists of actions in process, in districts of 25,000 and of 600,000 students: what a page costs must not
//! depend on how many there are.

mod world;

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{Criterion, criterion_group, criterion_main};
use hallpass::policy::request::{Action, Request, Resource};
use hallpass::policy::search::Page;

use world::{TODAY, World, request};

fn search(c: &mut Criterion) {
    for schools in [100, 2_400] {
        let world = World::with_offices(schools);
        let mut group = c.benchmark_group(format!("search/{} students", schools * 250));
        let mark = request("", "s.12345");
        let health = Request {
            action: Action { name: "view", ..mark.action },
            resource: Resource { kind: "misis.health.immunization", id: "", ..mark.resource },
            ..mark
        };
        let found = world.policy.subjects(&world.roster, &health, TODAY, Page::ALL);
        assert!(found.visited <= 4 * found.results.len() + 3 * world.policy.roles().count(), "{found:?}");
        group.bench_function("who may view this student's health record", |b| {
            b.iter(|| world.policy.subjects(&world.roster, black_box(&health), TODAY, Page::ALL).results.len());
        });
        let page = Page { after: None, limit: NonZeroUsize::MIN.saturating_add(99) };
        for (name, who) in [("a teacher", "t.600"), ("a principal", "p.50"), ("the district's office", "office")] {
            let asked = request(who, "");
            let resource = Resource { kind: "misis.census.student", id: "", student: None, ..asked.resource };
            let asked = Request { action: Action { name: "view", ..asked.action }, resource, ..asked };
            assert!(!world.policy.resources(&world.roster, &asked, TODAY, page).results.is_empty(), "{name}");
            group.bench_function(format!("100 students that {name} may view"), |b| {
                b.iter(|| world.policy.resources(&world.roster, black_box(&asked), TODAY, page).results.len());
            });
        }
        group.finish();
    }
}

/// One pass against a check of every action.
fn actions(c: &mut Criterion) {
    let world = World::demo();
    let mut group = c.benchmark_group("actions");
    for who in ["t.rivera", "p.okafor"] {
        let asked = request(who, "s.0142");
        let actions: Vec<&str> = world
            .policy
            .catalogue()
            .filter(|(kind, ..)| *kind == asked.resource.kind)
            .map(|(_, action, _)| action)
            .collect();
        group.bench_function(format!("{who}, listed"), |b| {
            b.iter(|| world.policy.actions(&world.roster, black_box(&asked), TODAY).len());
        });
        group.bench_function(format!("{who}, checked one by one"), |b| {
            let allows =
                |name: &&&str| world.decide(&Request { action: Action { name, ..asked.action }, ..asked }).is_allow();
            b.iter(|| black_box(&actions).iter().filter(allows).count());
        });
    }
    group.finish();
}

criterion_group!(benches, search, actions);
criterion_main!(benches);
