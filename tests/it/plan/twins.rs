//! Plans that are wrong in one way, each of which the comparison with Check must find out: or it would find nothing.

use std::sync::Arc;

use hallpass::policy::plan::Filter;
use hallpass::policy::plan::among::Among;
use hallpass::policy::plan::test::{Column, Op, Test};

use super::draw::World;
use super::evaluate::chosen;

/// How many worlds find a change out by a row that is let in, and how many by one that is left out.
fn caught(change: impl Fn(&Test) -> Option<Test>) -> (usize, usize) {
    let (mut more, mut fewer) = (0, 0);
    for seed in 0..250 {
        let world = World::new(seed);
        for planned in (0..4).map(|at| world.planned(at)).filter(|planned| planned.plan.short.is_empty()) {
            let allowed = world.allowed(&planned.question);
            let changed = chosen(&changed(&planned.plan.filter, &change), &world.tables);
            more += usize::from(changed.iter().any(|row| !allowed.contains(row)));
            fewer += usize::from(allowed.iter().any(|row| !changed.contains(row)));
        }
    }
    (more, fewer)
}

fn changed(filter: &Filter, change: &impl Fn(&Test) -> Option<Test>) -> Filter {
    match filter {
        Filter::All(parts) => Filter::All(parts.iter().map(|part| changed(part, change)).collect()),
        Filter::Any(parts) => Filter::Any(parts.iter().map(|part| changed(part, change)).collect()),
        Filter::Is(test) => Filter::Is(change(test).unwrap_or_else(|| test.clone())),
    }
}

#[test]
fn a_plan_that_changes_nothing_is_not_found_out() {
    assert_eq!(caught(|_| None), (0, 0));
}

/// Whoever the directory knows would be believed about like a stranger.
#[test]
fn a_plan_without_known_students_is_found_out() {
    let (more, _) = caught(|test| {
        let Test::Ids { column: Column::Student, ids: Among::NotIn(_), null } = test else { return None };
        let ids = Among::NotIn(Arc::from([Arc::from("")]));
        Some(Test::Ids { column: Column::Student, ids, null: *null })
    });
    assert!(more > 3, "{more}");
}

#[test]
fn a_plan_that_lets_nulls_through_is_found_out() {
    for column in [Column::Student, Column::School, Column::Section, Column::CreatedBy, Column::ReferredTo] {
        let (more, _) = caught(|test| {
            let Test::Ids { column: its, ids, .. } = test else { return None };
            (*its == column).then(|| Test::Ids { column: its.clone(), ids: ids.clone(), null: true })
        });
        assert!(more > 3, "{column:?}: {more}");
    }
}

#[test]
fn a_plan_that_takes_no_null_is_found_out() {
    let (_, fewer) = caught(|test| {
        let Test::Ids { column, ids, .. } = test else { return None };
        Some(Test::Ids { column: column.clone(), ids: ids.clone(), null: false })
    });
    assert!(fewer > 3, "{fewer}");
}

/// Ids that differ in their letters' case, or by a blank at the end, would be the same.
#[test]
fn a_plan_that_compares_carelessly_is_found_out() {
    let careless = |ids: &Arc<[Arc<str>]>| {
        let others = ids.iter().flat_map(|id| {
            let trimmed = id.trim_end();
            [id.to_uppercase(), id.to_lowercase(), trimmed.to_owned(), format!("{trimmed} ")]
        });
        Among::these(ids.iter().cloned().chain(others.map(Arc::from)))
    };
    let (more, _) = caught(|test| {
        let Test::Ids { column, ids: Among::In(ids), null } = test else { return None };
        Some(Test::Ids { column: column.clone(), ids: careless(ids), null: *null })
    });
    assert!(more > 3, "{more}");
}

#[test]
fn a_plan_that_forgets_the_table_is_found_out() {
    let everywhere = Test::Ids { column: Column::Student, ids: Among::all(), null: true };
    let (more, _) = caught(|test| matches!(test, Test::Enrolled { .. }).then(|| everywhere.clone()));
    assert!(more > 3, "{more}");
}

#[test]
fn a_plan_that_turns_a_comparison_is_found_out() {
    let (more, fewer) = caught(|test| {
        let Test::Compare { column, op, value } = test else { return None };
        let op = if *op == Op::Less { Op::LessOrEqual } else { op.negated() };
        Some(Test::Compare { column: column.clone(), op, value: value.clone() })
    });
    assert!(more > 3 && fewer > 3, "{more} {fewer}");
}
