//! Generated districts: the same bytes again, no finding in a clean one, everybody's role held by somebody, and in a messy
//! one findings of every sort on a set that loads.

use std::collections::BTreeSet;
use std::path::Path;

use hallpass::directory::Roster;
use hallpass::directory::generate::{Made, Refused, Wanted, write};
use hallpass::policy::day::Day;
use hallpass::policy::facts::Facts;
use hallpass::policy::source::Finding;
use hallpass::snapshot::{Builder, Files, Snapshot};
use tempfile::TempDir;

use crate::support::{path, sources};

fn made(wanted: &Wanted) -> (TempDir, Made) {
    let folder = TempDir::new().unwrap();
    let made = write(wanted, folder.path(), &mut |_| ()).unwrap();
    (folder, made)
}

fn snapshot(folder: &Path) -> Snapshot {
    let (policies, directory) = (sources(&path("policies")), sources(folder));
    let revision = "0000000000000000".into();
    let policies = Files { revision: &revision, files: &policies };
    let directory = Files { revision: &revision, files: &directory };
    Builder::new(vec!["user".to_owned()], None).build(policies, directory, 1).unwrap()
}

fn roster(snapshot: &Snapshot) -> &Roster {
    snapshot.roster.as_deref().unwrap()
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().take(20).map(|finding| format!("{finding}\n")).collect()
}

fn messy(students: usize, seed: u64) -> Wanted {
    Wanted { messy: true, ..Wanted::new(students, seed) }
}

#[test]
fn the_same_wishes_give_the_same_bytes() {
    for wanted in [Wanted::new(700, 7), messy(700, 7)] {
        let [(first, _), (again, _), (other, _)] =
            [wanted, wanted, Wanted { seed: 8, ..wanted }].map(|wanted| made(&wanted));
        let files = |folder: &TempDir| -> Vec<_> {
            sources(folder.path()).into_iter().map(|file| (file.name.to_string(), file.bytes.to_vec())).collect()
        };
        assert_eq!(files(&first), files(&again));
        assert_ne!(files(&first), files(&other));
    }
}

/// What a machine of another kind has to give too.
#[test]
fn a_district_is_the_one_it_always_was() {
    let (folder, _) = made(&Wanted::new(300, 1));
    let digest = sources(folder.path()).iter().fold(0xcbf2_9ce4_8422_2325_u64, |digest, file| {
        file.bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    });
    assert_eq!(format!("{digest:016x}"), "c6018ddbf017ae0b", "if it was changed on purpose, write the new one here");
}

#[test]
fn a_clean_district_loads_without_findings() {
    for (students, seed) in [(1, 1), (12, 2), (250, 3), (4_000, 4), (20_000, 5)] {
        let (folder, made) = made(&Wanted::new(students, seed));
        let snapshot = snapshot(folder.path());
        assert!(snapshot.warnings.is_empty(), "{students} students:\n{}", lines(&snapshot.warnings));
        let counts = roster(&snapshot).counts();
        assert_eq!(counts.people as u64, made.users);
        assert_eq!(counts.sections as u64, made.classes);
        let all = (1..=students).map(|number| format!("s.{number:07}"));
        assert!(all.clone().all(|id| roster(&snapshot).person(&id).is_some_and(|person| person.student)), "{students}");
        assert!(roster(&snapshot).person(&format!("s.{:07}", students + 1)).is_none());
    }
}

/// Today and years ahead, in a district around another day too, however small.
#[test]
fn every_role_is_held_by_somebody() {
    for (students, day) in [(1, "2026-11-22"), (900, "2026-11-22"), (900, "2031-08-01"), (60, "2028-02-29")] {
        let day: jiff::civil::Date = day.parse().unwrap();
        let (folder, _) = made(&Wanted { day, ..Wanted::new(students, 9) });
        let snapshot = snapshot(folder.path());
        for later in [0, 1, 9] {
            let on = Day::of(day.saturating_add(jiff::Span::new().years(later))).unwrap();
            let in_effect = roster(&snapshot).assignments().filter(|(user, held, _)| {
                held.period.contains(on) && roster(&snapshot).person(user).is_some_and(|person| person.active)
            });
            let held: BTreeSet<&str> = in_effect.map(|(_, held, _)| &*held.role).collect();
            let free: Vec<&str> =
                snapshot.policy.roles().map(|(id, _)| id).filter(|role| !held.contains(role)).collect();
            assert!(free.is_empty(), "{students} students, {later} years on: {free:?}");
        }
    }
}

/// Sizes are those of the large districts that exist.
#[test]
fn a_district_is_in_proportion() {
    let (_folder, made) = made(&Wanted::new(60_000, 7));
    let Made { schools, users, classes, enrolments, assignments, bytes } = made;
    assert!((90..=115).contains(&schools), "{schools}");
    assert!((67_000..=69_000).contains(&users), "{users}");
    assert!((5_500..=6_500).contains(&classes), "{classes}");
    assert!((380_000..=420_000).contains(&enrolments), "{enrolments}");
    assert!((5_000..=12_000).contains(&assignments), "{assignments}");
    assert!((60_000_000..=85_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_messy_district_loads_with_findings() {
    let mut said = BTreeSet::new();
    for seed in 0..6 {
        let (folder, _) = made(&messy(1_500, seed));
        let snapshot = snapshot(folder.path());
        assert!(snapshot.warnings.len() > 50, "{}", lines(&snapshot.warnings));
        said.extend(snapshot.warnings.iter().map(ToString::to_string));
        // Nobody is lost for it: nearly all have roles and classes all the same.
        assert!(roster(&snapshot).counts().people > 1_600);
        assert!(roster(&snapshot).counts().enrolments > 3_000);
    }
    for words in [
        "is not a day as YYYY-MM-DD",
        "is neither `active` nor `tobedeleted`",
        "is not in users.csv",
        "is not in classes.csv",
        "is not in orgs.csv",
        "is not in academicSessions.csv",
        "is not in courses.csv",
        "hangs from nobody",
        "`sourcedId` is empty",
        "neither `true` nor `false`",
        "is not a role in a class",
        "is not a level",
        "is not a type of organisation",
        "is not JSON",
        "out of everybody's reach",
        "the last line has no line break",
        "there is no role",
    ] {
        assert!(said.iter().any(|message| message.contains(words)), "no finding says `{words}`");
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let refused = write(&Wanted::new(10, 1), folder.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(refused, Refused::NotEmpty(_)), "{refused}");
    assert_eq!(sources(folder.path()).len(), 1);
}

/// What nobody would find anything to say about.
#[test]
fn a_clean_district_passes_its_check() {
    for wanted in [Wanted::new(40, 1), Wanted::new(4_000, 2)] {
        let (folder, _) = made(&wanted);
        let mut out = Vec::new();
        let line = ["hallpass", "directory", "check", "--all"].map(std::ffi::OsString::from);
        let line = line.into_iter().chain([folder.path().into()]);
        let exit = hallpass::cli::run(line, false, &mut out, &mut std::io::sink());
        let told = String::from_utf8(out).unwrap();
        assert_eq!(exit, hallpass::cli::Exit::Success, "{told}");
        assert!(told.trim_end().ends_with("no errors, no warnings"), "{told}");
    }
}

#[test]
fn progress_is_told_of_every_student() {
    let (folder, mut told) = (TempDir::new().unwrap(), 0);
    write(&Wanted::new(3_000, 1), folder.path(), &mut |more| told += more).unwrap();
    assert_eq!(told, 3_000);
    assert!(Roster::load(&sources(folder.path()), &[]).is_ok());
}
