//! Whether the shipped tests would notice: a grant that is taken out of either guide's files, or a limit taken off one,
//! makes a test fail. It is found by doing so, and not by what coverage counts.

use hallpass::directory::{Loaded, Roster};
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::source::Source;

use crate::support::{compile, path, source, sources};

/// Any day of the demo years.
const TODAY: &str = "2026-11-29";
/// Keys that limit a grant.
const LIMITS: [&str; 4] = ["    when:", "    made_by:", "    roles:", "    people:"];

/// One file without a few of its lines.
struct Mutant {
    file: usize,
    what: String,
    text: String,
}

#[test]
fn no_grant_and_no_limit_can_go_unnoticed() {
    let today = Day::parse(TODAY).unwrap();
    let (mut survivors, mut count, mut limits) = (Vec::new(), 0, 0);
    for application in ["policies/misis", "policies/map"] {
        let files = sources(&path(application));
        let roster = roster(&files);
        assert_eq!(compile(&files).failing(&roster, today), []);
        for mutant in files.iter().enumerate().flat_map(|(at, file)| mutants(at, file)) {
            count += 1;
            limits += usize::from(LIMITS.iter().any(|limit| mutant.what.contains(limit.trim())));
            survivors.extend(survives(&files, &mutant, &roster, today).then_some(mutant.what));
        }
    }
    assert!(count > 170 && limits == 8, "{count} mutants, {limits} of them without a limit");
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

fn survives(files: &[Source], mutant: &Mutant, roster: &Roster, today: Day) -> bool {
    let mut files = files.to_vec();
    files[mutant.file] = source(&files[mutant.file].name, mutant.text.clone());
    let compiled = Policy::compile(&files).unwrap_or_else(|findings| panic!("{}: {findings:?}", mutant.what));
    compiled.policy.failing(roster, today).is_empty()
}

fn roster(policies: &[Source]) -> Roster {
    let policy = compile(policies);
    let declared: Vec<&str> = policy.subject_properties().iter().map(String::as_str).collect();
    let files: Vec<Source> = sources(&path("examples/district"));
    let files: Vec<Source> = files.into_iter().filter(|file| file.name.ends_with(".csv")).collect();
    let Loaded { roster, .. } = Roster::load(&files, &declared).unwrap();
    roster
}

/// A role's file without each of its grants, and without each limit of them.
fn mutants(file: usize, source: &Source) -> Vec<Mutant> {
    let text = std::str::from_utf8(&source.bytes).unwrap();
    let Some((head, written)) = text.split_once("\ngrants:\n") else { return Vec::new() };
    let grants = grants(written);
    let mutant = |what: String, grants: &[Vec<&str>]| {
        let lines = if grants.is_empty() {
            "grants: []".to_owned()
        } else {
            format!("grants:\n{}", grants.concat().join("\n"))
        };
        Mutant { file, what, text: format!("{head}\n{lines}\n") }
    };
    let mut mutants = Vec::new();
    for (at, grant) in grants.iter().enumerate() {
        let mut others = grants.clone();
        others.remove(at);
        mutants.push(mutant(format!("{} without grant {}", source.name, at + 1), &others));
        for limit in grant.iter().filter(|line| LIMITS.iter().any(|limit| line.starts_with(limit))) {
            let mut less = grants.clone();
            less[at].retain(|line| line != limit);
            mutants.push(mutant(format!("{} without `{}` of grant {}", source.name, limit.trim(), at + 1), &less));
        }
    }
    mutants
}

/// The lines of each grant.
fn grants(written: &str) -> Vec<Vec<&str>> {
    let mut grants: Vec<Vec<&str>> = Vec::new();
    for line in written.lines() {
        match grants.last_mut() {
            Some(grant) if !line.starts_with("  - ") => grant.push(line),
            Some(_) | None => grants.push(vec![line]),
        }
    }
    grants
}
