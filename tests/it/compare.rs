//! What changes between two policy sets: against random pairs of sets over a district full of people, and against edits of the
//! shipped rules with the sentences that they must come to.

mod draw;
mod edits;
mod ids;
mod people;

use hallpass::policy::compare::Comparison;
use hallpass::policy::compiled::Policy;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::RngSeed;

use crate::little::{Ask, Little, TODAY, day};
use draw::{Draft, district, pair, questions, roles_of};

fn compare<'p>(before: &'p Policy, after: &'p Policy) -> Comparison<'p> {
    before.compare(after, day(TODAY), &mut |_, _| ())
}

/// The same cases each time; `PROPTEST_RNG_SEED` names others.
fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = if default.rng_seed == RngSeed::Random { RngSeed::Fixed(7) } else { default.rng_seed };
    ProptestConfig { cases, failure_persistence: None, rng_seed, ..default }
}

/// Everything that a report says, a line a change, then what made no difference.
fn told(comparison: &Comparison<'_>) -> String {
    let lines = comparison.lines.iter().map(|line| comparison.sentence(line));
    let notes = comparison.notes.iter().map(|note| format!("no difference: {}", comparison.note(note)));
    lines.chain(notes).collect::<Vec<_>>().join("\n")
}

/// Whether a report has a line for a question that is decided otherwise: of a role of the subject, about the action and topic.
/// Making a user with a role is checked as assigning it too, and told there.
fn is_told(comparison: &Comparison<'_>, question: &Ask, facts: &Little, gain: bool) -> bool {
    let roles = roles_of(facts, &question.who);
    let also = question.may == "create" && question.of.role.is_some();
    comparison.lines.iter().any(|line| {
        let about = |(kind, action): &(String, String)| {
            *kind == question.a && (*action == question.may || (also && action == "assign_role"))
        };
        line.gain == gain && line.roles.iter().any(|role| roles.contains(role)) && line.cells.iter().any(about)
    })
}

proptest! {
    #![proptest_config(config(160))]

    /// No cell outside the report differs, and every line's witness does.
    #[test]
    fn what_is_decided_otherwise_is_told((before, after) in pair(), facts in district(), questions in questions()) {
        let (old, new) = (before.policy(), after.policy());
        let comparison = compare(&old, &new);
        for question in &questions {
            let was = question.decision(&old, &facts).is_allow();
            let is = question.decision(&new, &facts).is_allow();
            prop_assert!(
                was == is || is_told(&comparison, question, &facts, is),
                "{question:?}\nbefore {was}, after {is}\n{}\n{before}\n---\n{after}", told(&comparison)
            );
        }
        for line in &comparison.lines {
            let witness = &line.witness;
            let (request, stage) = (witness.request(), &witness.stage);
            let was = old.decide(stage, &request, witness.day);
            let is = new.decide(stage, &request, witness.day);
            prop_assert_eq!((was.is_allow(), is.is_allow()), (!line.gain, line.gain), "{}", witness.in_words());
            prop_assert_eq!((was.reason, is.reason), (witness.before, witness.after));
            let asked = (witness.resource_type.clone(), witness.action.clone());
            prop_assert!(line.cells.contains(&asked));
            let holds = stage.people[0].assignments.iter().any(|held| line.roles.iter().any(|role| **role == *held.role));
            prop_assert!(holds, "{}", witness.in_words());
        }
    }

    /// A set changes nothing against itself, in whatever order its files and grants come.
    #[test]
    fn a_set_changes_nothing_against_itself((before, _) in pair(), turn in 0..7_usize) {
        let one = before.policy();
        prop_assert_eq!(told(&compare(&one, &one)), "");
        let other = before.turned(turn).policy();
        prop_assert_eq!(told(&compare(&one, &other)), "");
    }

    /// What one way is gained is lost the other way.
    #[test]
    fn the_way_back_is_the_same_way((before, after) in pair()) {
        let (old, new) = (before.policy(), after.policy());
        let cells = |comparison: &Comparison<'_>, gain: bool| {
            let mut cells: Vec<(String, String, String)> = Vec::new();
            for line in comparison.lines.iter().filter(|line| line.gain == gain) {
                for role in &line.roles {
                    cells.extend(line.cells.iter().map(|(kind, action)| (role.clone(), kind.clone(), action.clone())));
                }
            }
            cells.sort();
            cells.dedup();
            cells
        };
        let (there, back) = (compare(&old, &new), compare(&new, &old));
        prop_assert_eq!(cells(&there, true), cells(&back, false), "{}\n---\n{}", before, after);
        prop_assert_eq!(cells(&there, false), cells(&back, true), "{}\n---\n{}", before, after);
    }
}

/// Few of the pairs are alike, and few differ everywhere: the properties above have something to say.
#[test]
fn the_pairs_are_neither_alike_nor_strangers() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut changed, mut noted, mut causes) = (0, 0, std::collections::BTreeSet::new());
    for _ in 0..60 {
        let (before, after): (Draft, Draft) = pair().new_tree(&mut runner).unwrap().current();
        let (old, new) = (before.policy(), after.policy());
        let comparison = compare(&old, &new);
        changed += usize::from(!comparison.lines.is_empty());
        noted += usize::from(!comparison.notes.is_empty());
        causes.extend(
            comparison.lines.iter().map(|line| std::mem::discriminant(&line.scope)).map(|kind| format!("{kind:?}")),
        );
    }
    assert!(changed > 40, "{changed}");
    assert!(noted > 3, "{noted}");
    assert_eq!(causes.len(), 5, "grants, places, levels, days and deny rules: {causes:?}");
}
