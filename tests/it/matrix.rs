//! What is said of a whole policy agrees with what it decides, on random worlds: a policy that is written anew from its
//! matrix decides the same, and what somebody holds is what deciding tries.

mod anew;
mod held;

use std::collections::BTreeSet;

use anew::Sketch;

use crate::chance::Chance;
use crate::search::world::World;
use crate::support::compile;

/// Worlds that are compared.
const WORLDS: u64 = 40;
/// Questions about each resource type of a world.
const QUESTIONS: usize = 40;

/// Whatever a policy decides stands in its matrix, and nothing else.
#[test]
fn a_policy_written_from_its_matrix_decides_the_same() {
    let (mut allowed, mut denied) = (0, BTreeSet::new());
    for seed in 0..WORLDS {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        let again = compile(&Sketch::of(&world.policy).files(&world.types));
        for (question, before, after) in decisions(&world, &again, &mut chance) {
            assert_eq!(before, after, "world {seed}: {question}");
            allowed += usize::from(before == "granted");
            denied.insert(before);
        }
    }
    println!("{allowed} allowed");
    assert!(allowed > 1_000, "{allowed} allowed");
    assert!(
        ["denied_by_rule", "condition_not_met", "scope_mismatch", "no_grant"].iter().all(|code| denied.contains(code))
    );
}

/// A matrix that leaves out one action of one share is noticed.
#[test]
fn a_missing_action_is_noticed() {
    let mut noticed = 0;
    for seed in 0..WORLDS {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        let mut sketch = Sketch::of(&world.policy);
        sketch.forget_one(&mut chance);
        let again = compile(&sketch.files(&world.types));
        noticed += usize::from(decisions(&world, &again, &mut chance).iter().any(|(_, before, after)| before != after));
    }
    println!("{noticed} noticed");
    // Much is granted twice, or in reach of nobody who is there.
    assert!(noticed > 0, "nothing is noticed in {WORLDS} worlds");
}

/// Random questions, each with what both policies say.
fn decisions(
    world: &World,
    again: &hallpass::policy::compiled::Policy,
    chance: &mut Chance,
) -> Vec<(String, &'static str, &'static str)> {
    let mut compared = Vec::new();
    for (resource_type, _) in &world.types {
        for _ in 0..QUESTIONS {
            let action = *chance.of(&["view", "view", "create", "assign_role"]);
            let asked = world.question(resource_type, action, chance);
            let decide = |policy: &hallpass::policy::compiled::Policy| {
                policy.decide(&world.roster, &asked.request(), asked.on).reason.code()
            };
            compared.push((format!("{asked:?}"), decide(&world.policy), decide(again)));
        }
    }
    compared
}
