//! The same question has the same answer, whichever way the directory is kept: as a folder, as a zip, and in PostgreSQL
//! after an import; for clean sets and messy ones, and for sets of changes as for the folder that they amount to.

mod changes;
mod district;
mod keeps;
mod questions;

use std::collections::BTreeMap;

use hallpass::directory::generate::{Wanted, write};
use hallpass::pdp::Consistency;
use hallpass::policy::source::Source;
use tempfile::TempDir;

use crate::chance::Chance;
use crate::support::{path, sources};
use changes::Set;
use district::District;
use keeps::{Database, Kept, policy};
use questions::questions;

/// A generated district's files.
fn generated(wanted: &Wanted) -> Vec<Source> {
    let folder = TempDir::new().unwrap();
    write(wanted, folder.path(), &mut |_| ()).unwrap();
    sources(folder.path())
}

fn messy(students: usize, seed: u64) -> Vec<Source> {
    generated(&Wanted { messy: true, ..Wanted::new(students, seed) })
}

/// The demo district with properties of people that the probing application asks about.
fn demo() -> Vec<Source> {
    let mut set = Set::of(&sources(&path("examples/district")));
    set.describe_users(&mut Chance::new(5));
    set.files()
}

/// How many answers there were of each sort.
type Tally = BTreeMap<String, usize>;

fn sort(answer: &str) -> String {
    answer.split_whitespace().next().unwrap_or_default().to_owned()
}

/// Asks all who keep the directory the same, and counts the answers of the first.
fn compare(kept: &[&Kept], district: &District, count: usize, seed: u64) -> Tally {
    let policy = policy();
    let mut tally = Tally::new();
    for (on, batch) in questions(count, seed, district, &policy) {
        let mut answers = kept.iter().map(|kept| (kept, kept.answers(&batch, on, &Consistency::Any)));
        let (_, first) = answers.next().unwrap();
        for (other, answers) in answers {
            for ((question, expected), answer) in batch.iter().zip(&first).zip(&answers) {
                assert_eq!(answer, expected, "{} on {on}: {question:?}", other.name);
            }
        }
        first.iter().for_each(|answer| *tally.entry(sort(answer)).or_default() += 1);
    }
    tally
}

/// All three keep the same set.
fn all_alike(files: &[Source], count: usize, seed: u64) -> Tally {
    let database = Database::new();
    database.import(files, false).unwrap();
    let (folder, zip, asked) = (Kept::folder(files), Kept::zip(files), Kept::asked(&database));
    compare(&[&folder, &zip, &asked], &District::of(files), count, seed)
}

/// Searches find the same, wherever both find all there is.
fn compare_searches(folder: &Kept, asked: &Kept, district: &District, count: usize, seed: u64) {
    let (mut compared, mut found) = (0, 0);
    for (on, batch) in questions(count, seed, district, &policy()) {
        for question in &batch {
            let Some(expected) = folder.searched(question, on) else { continue };
            let Some(results) = asked.searched(question, on) else { continue };
            assert_eq!(results, expected, "on {on}: {question:?}");
            compared += 1;
            found += usize::from(expected.iter().any(|ids| !ids.is_empty()));
        }
    }
    assert!(compared * 2 > count && found * 8 > count, "{compared} compared of {count}, {found} found anything");
}

/// Questions that are all answered alike because all are refused would show nothing.
fn assert_varied(tally: &Tally) {
    let all: usize = tally.values().sum();
    let of = |sort: &str| tally.get(sort).copied().unwrap_or_default();
    assert!(of("granted") * 10 > all, "{tally:?}");
    for sort in ["scope_mismatch", "no_grant", "unknown_subject", "assignment_not_in_effect"] {
        assert!(of(sort) * 500 > all, "{sort}: {tally:?}");
    }
}

#[test]
fn a_zip_answers_as_its_folder() {
    for files in [demo(), messy(120, 1)] {
        let (folder, zip) = (Kept::folder(&files), Kept::zip(&files));
        assert_varied(&compare(&[&folder, &zip], &District::of(&files), 3_000, 11));
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_demo_district_is_the_same_everywhere() {
    assert_varied(&all_alike(&demo(), 16_000, 21));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_district_of_fifty_thousand_is_the_same_everywhere() {
    assert_varied(&all_alike(&generated(&Wanted::new(50_000, 7)), 24_000, 31));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn searches_find_the_same_everywhere() {
    for (files, seed) in [(demo(), 61), (messy(300, 2), 62), (generated(&Wanted::new(3_000, 3)), 63)] {
        let database = Database::new();
        database.import(&files, false).unwrap();
        let (folder, asked) = (Kept::folder(&files), Kept::asked(&database));
        compare_searches(&folder, &asked, &District::of(&files), 120, seed);
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn messy_districts_are_the_same_everywhere() {
    for seed in 0..6 {
        assert_varied(&all_alike(&messy(400, seed), 4_500, 41 + seed));
    }
}

/// Sets of changes, one after another, while the directory is asked; and now and then a whole set again, in another order.
#[test]
#[ignore = "needs PostgreSQL"]
fn changes_amount_to_the_folder_that_they_make() {
    let (mut tally, mut noticed) = (Tally::new(), 0);
    for seed in 0..8 {
        let mut chance = Chance::new(1_000 + seed);
        let first = if seed % 2 == 0 { generated(&Wanted::new(60, seed)) } else { messy(60, seed) };
        let mut set = Set::of(&first);
        set.describe_users(&mut chance);
        let database = Database::new();
        database.import(&set.files(), false).unwrap();
        let asked = Kept::asked(&database);
        let mut before = Kept::folder(&set.files());
        for round in 0..7 {
            let files = if round % 3 == 2 {
                set.change_whole(&mut chance);
                (set.files(), false)
            } else {
                (set.change(&mut chance).files(), true)
            };
            let sequence = database.import(&files.0, files.1).unwrap();
            let now = Kept::folder(&set.files());
            let district = District::of(&set.files());
            asked.reach(sequence);
            for (sort, count) in compare(&[&now, &asked], &district, 700, 50 + 10 * seed + round) {
                *tally.entry(sort).or_default() += count;
            }
            noticed += differing(&before, &now, &district, seed);
            before = now;
        }
    }
    assert_varied(&tally);
    assert!(noticed > 100, "only {noticed} answers were others after a change");
}

/// How many questions have another answer now: what is asked sees what changes.
fn differing(before: &Kept, now: &Kept, district: &District, seed: u64) -> usize {
    let policy = policy();
    let batches = questions(300, 900 + seed, district, &policy);
    let each = batches.iter().map(|(on, batch)| {
        let [then, now] = [before, now].map(|kept| kept.answers(batch, *on, &Consistency::Any));
        then.iter().zip(&now).filter(|(then, now)| then != now).count()
    });
    each.sum()
}
