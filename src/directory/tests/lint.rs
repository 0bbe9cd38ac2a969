//! What looks wrong in a set that is served all the same, word for word, and that it is served.

use std::cell::RefCell;
use std::sync::Arc;

use super::{BASE, set};
use crate::directory::{FileRows, Roster, Tally, at_hand};
use crate::policy::source::Source;

/// The base set as the standard would have it.
const CLEAN: [(&str, &str); 7] = [
    (
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.academicSessions,bulk\n\
         file.classes,bulk\nfile.enrollments,bulk\nfile.orgs,bulk\nfile.users,bulk\nfile.courses,absent\n",
    ),
    (
        "orgs.csv",
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
         d,,,D,district,,\ns1,,,One,school,,d\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,\
         email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,\
         preferredFamilyName,primaryOrgSourcedId,pronouns\n\
         t,,,true,,,,,,,,,,,,,,,,,s1,\np,,,true,,,,,,,,,,t,,,,,,,s1,\n",
    ),
    (
        "academicSessions.csv",
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
         now,,,N,semester,2025-08-01,2026-06-15,,2026\n",
    ),
    (
        "classes.csv",
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods\nc1,,,C,,,,scheduled,,s1,now,,,\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
         e1,,,c1,s1,t,teacher,true,,\ne2,,2025-09-01T06:00:00Z,c1,s1,p,student,,2025-09-01,2026-06-01\n",
    ),
    (
        "role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\na1,,t,misis.teacher,s1,,\n",
    ),
];

/// The tally of a set, and whether it is served.
fn tally(files: &[Source]) -> (Tally, bool) {
    let names: Vec<Arc<str>> = files.iter().map(|file| Arc::clone(&file.name)).collect();
    let tally = RefCell::new(Tally::new(usize::MAX));
    let served = Roster::check(&names, &at_hand(files), &[], &tally).is_some();
    (tally.into_inner(), served)
}

fn lines(tally: &Tally) -> Vec<String> {
    tally.kinds().flat_map(|kind| &kind.findings).map(ToString::to_string).collect()
}

fn clean(changes: &[(&str, &str)]) -> Vec<Source> {
    let mut files: Vec<(&str, &str)> = CLEAN.to_vec();
    for (name, text) in changes {
        files.retain(|(other, _)| other != name);
        files.push((name, text));
    }
    files.iter().map(|(name, text)| super::source(name, text.as_bytes())).collect()
}

/// A file of the clean set with a text in it replaced.
fn with(name: &str, from: &str, to: &str) -> Vec<Source> {
    let text = CLEAN.iter().find(|(file, _)| *file == name).unwrap().1;
    assert!(text.contains(from), "{name} has no `{from}`");
    clean(&[(name, &text.replacen(from, to, 1))])
}

#[test]
fn nothing_looks_wrong_in_a_set_as_the_standard_has_it() {
    let (tally, served) = tally(&clean(&[]));
    assert_eq!((lines(&tally), served), (Vec::new(), true));
    assert_eq!(tally.rows()["users.csv"], FileRows { read: 2, deleted: 0, skipped: 0 });
}

/// What is changed (file, text, its replacement) and everything that is said.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CASES: [Case; 30] = [
    (
        "manifest.csv",
        "file.courses,absent\n",
        "file.courses,delta\n",
        &[
            "manifest.csv:9:14: `courses.csv` is said to be there as `delta`, but it is not",
            "manifest.csv:9:14: `file.courses` is a delta but read as a whole set, so whoever it leaves out counts as gone",
        ],
    ),
    (
        "manifest.csv",
        "file.orgs,bulk",
        "file.orgs,absent",
        &["manifest.csv:7:11: `orgs.csv` is said to be absent, but it is there"],
    ),
    (
        "manifest.csv",
        "file.users,bulk\n",
        "file.user,bulk\n",
        &[
            "manifest.csv: `users.csv` is there but not listed",
            "manifest.csv:8:1: `user.csv` is not a file of OneRoster's",
        ],
    ),
    (
        "manifest.csv",
        "file.users,bulk",
        "file.users,",
        &["manifest.csv:8:12: `` is none of `absent`, `bulk` and `delta`"],
    ),
    ("manifest.csv", "oneroster.version,1.2\n", "", &["manifest.csv: `oneroster.version` is missing"]),
    (
        "orgs.csv",
        "type,identifier",
        "identifier,type",
        &[
            "orgs.csv:1:51: `type` stands after `identifier`: in the standard it comes first; any order is read",
            "orgs.csv:2:16: `` is not a type of organisation, so the organisation counts as neither school nor district",
            "orgs.csv:3:17: `` is not a type of organisation, so the organisation counts as neither school nor district",
        ],
    ),
    ("orgs.csv", "name,", "nmae,", &["orgs.csv:1:35: the column `nmae` is not known: did you mean `name`?"]),
    (
        "orgs.csv",
        "identifier,",
        "colour,",
        &[
            "orgs.csv:1:1: the standard's column `identifier` is missing",
            "orgs.csv:1:45: the column `colour` is not known, so it is not read",
        ],
    ),
    (
        "orgs.csv",
        "s1,,,One,school,,d\n",
        "s1,,,One,school,,d\nS1,,,Two,school,,d\n",
        &[
            "orgs.csv: schools without students: 1 (`S1`)",
            "orgs.csv:4:1: `S1` looks like `s1` of line 3, but is another",
        ],
    ),
    (
        "orgs.csv",
        "s1,,,One,school,,d\n",
        "s1,,,One,school,,d\n\u{455}1,,,Two,department,,d\n",
        &["orgs.csv:4:1: `\u{455}1` looks like `s1` of line 3, but is another"],
    ),
    ("users.csv", "t,,,true", "t,,,TRUE", &["users.csv:2:5: `TRUE` is not the standard's spelling: write `true`"]),
    (
        "users.csv",
        "t,,,true,,,,,,,,,,,,,",
        "t,,,true,,,,,,,,,,,,hunter2,",
        &["users.csv:1:1: the column `password` is filled in (1) and never read (leave passwords out of the export)"],
    ),
    (
        "users.csv",
        "p,,,true,,,,,,,,,,t,",
        "p,,,true,,,,,,,,,,x,",
        &["users.csv:3:19: the agent `x` is not a user in use"],
    ),
    (
        "users.csv",
        "p,,,true,,,,,,,,,,t,,,,,,,s1,\n",
        "p,,,true,,,,,,,,,,t,,,,,,,s1,\nq,,,true,,,,,,,,,,,,,,,,,,\n",
        &["users.csv:4:1: the user `q` belongs to no organisation"],
    ),
    (
        "users.csv",
        "t,,,true,,,,,,,,,,,,,,,,,s1,\n",
        "t,,,true,,,,,,,,,,,,,,,,,s1,\n\" q\u{200b}\",,,true,,,,,,,,,,,,,,,,,s1,\nr s,,,true,,,,,,,,,,,,,,,,,s1,\n",
        &[
            "users.csv:3:1: the sourcedId ` q\\u{200b}` has characters that don't show",
            "users.csv:4:1: the sourcedId `r s` has blanks: they count",
        ],
    ),
    (
        "users.csv",
        "t,,,true",
        "t,,yesterday,true",
        &["users.csv:2:4: `yesterday` is not a date and time as `2026-11-22T06:00:00Z`"],
    ),
    (
        "academicSessions.csv",
        "semester",
        "Semester",
        &["academicSessions.csv:2:9: `Semester` is not the standard's spelling: write `semester`"],
    ),
    (
        "academicSessions.csv",
        "semester",
        "half",
        &[
            "academicSessions.csv:2:9: `half` is not a value of `type`: use one of gradingPeriod, semester, schoolYear, term",
        ],
    ),
    (
        "academicSessions.csv",
        "06-15,,",
        "06-15,year,",
        &["academicSessions.csv:2:1: the parent `year` is not a session in use"],
    ),
    (
        "academicSessions.csv",
        "2025-08-01,2026-06-15",
        "8/01/2025,15.06.2026",
        &[
            "academicSessions.csv:2:18: `8/01/2025` is not a day as YYYY-MM-DD, so the row is skipped \
         (`2025-08-01` or `2025-01-08` was probably meant)",
            "classes.csv:2:25: `now` is skipped in academicSessions.csv, so the class is not in effect by it",
        ],
    ),
    (
        "classes.csv",
        "scheduled",
        "weekly",
        &["classes.csv:2:11: `weekly` is not a value of `classType`: use one of homeroom, scheduled"],
    ),
    ("classes.csv", "c1,,,C,,,", "c1,,,C,,co,", &["classes.csv:2:9: `co` can't be found: there is no courses.csv"]),
    (
        "classes.csv",
        "now,,,\n",
        "now,,,\nc2,,,C,,,,scheduled,,s1,now,,,\n",
        &["classes.csv:3:1: the class `c2` has no teacher"],
    ),
    (
        "enrollments.csv",
        "e1,,,c1,s1",
        "e1,,,c1,d",
        &["enrollments.csv:2:9: `d` is not the school of the class, which is `s1` and counts"],
    ),
    (
        "enrollments.csv",
        "e1,,,c1,s1,t,teacher,true,,\n",
        "e1,,,c1,s1,t,teacher,true,,\ne3,,,c1,s1,p,teacher,true,,\n",
        &["classes.csv:2:1: the class `c1` has 2 primary teachers: the standard allows one"],
    ),
    (
        "enrollments.csv",
        "2025-09-01,2026-06-01",
        "2025-07-01,2026-06-16",
        &[
            "enrollments.csv:3:54: it ends on `2026-06-16`, outside the class's terms from `2025-08-01` to `2026-06-15`",
            "enrollments.csv:3:43: it begins on `2025-07-01`, outside the class's terms from `2025-08-01` to `2026-06-15`",
        ],
    ),
    (
        "enrollments.csv",
        "2025-09-01,2026-06-01",
        "2026-06-01,2025-09-01",
        &["enrollments.csv:3:54: it ends on `2025-09-01`, before it begins on `2026-06-01`: it never counts"],
    ),
    (
        "enrollments.csv",
        "2025-09-01,2026-06-01",
        "2025-09-01,2025-09-01",
        &["enrollments.csv:3:54: it ends on `2025-09-01`, when it begins: a last day doesn't count, so none does"],
    ),
    (
        "enrollments.csv",
        "e2,,",
        "e2,tobedeleted,",
        &[
            "enrollments.csv:3:4: a row to be deleted, though the file is said to be `bulk`",
            "orgs.csv: schools without students: 1 (`s1`)",
        ],
    ),
    ("role_assignments.csv", "a1,,t,misis.teacher,s1,,\n", "", &["role_assignments.csv: the file has no rows"]),
];

#[test]
fn what_looks_wrong_is_said_and_served_all_the_same() {
    let mut wrong = Vec::new();
    for (file, from, to, expected) in CASES {
        let (tally, served) = tally(&with(file, from, to));
        let (mut said, mut expected) = (lines(&tally), expected.to_vec());
        said.sort();
        expected.sort_unstable();
        if said != expected {
            wrong.push(format!("{file}: `{from}` -> `{to}`:\n  {}", said.join("\n  ")));
        }
        assert!(served, "{file}: `{to}`");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_that_are_not_read_are_told_where_somebody_may_think_so() {
    let mut files = clean(&[]);
    for name in ["demographics.csv", "Roles.csv", "grades.csv", "Users.csv"] {
        files.push(super::source(name, b"never opened"));
    }
    let (tally, served) = tally(&files);
    let expected = [
        "Roles.csv: a file of this name is not read (rename it to `roles.csv`)",
        "demographics.csv: this holds personal data that is never read (leave the file out of the export)",
    ];
    assert_eq!((lines(&tally), served), (expected.map(str::to_owned).to_vec(), true));
}

#[test]
fn a_set_that_is_refused_is_looked_through_all_the_same() {
    let (tally, served) = tally(&set(&[("users.csv", "sourcedId,password\nt,x\nt,y\n")]));
    assert!(!served);
    let (errors, warnings) = tally.counts();
    assert!(errors == 1 && warnings > 10, "{errors} errors, {warnings} warnings");
    assert!(lines(&tally)[0].starts_with("users.csv:3:1: `t` is the sourcedId of line 2 too"));
}

#[test]
fn kinds_are_counted_beyond_what_is_kept() {
    let rows: String = (0..5_000).map(|n| format!("x{n},maybe\n")).collect();
    let files = set(&[("users.csv", &format!("sourcedId,enabledUser\nt,\np,\n{rows}"))]);
    let (all, _) = tally(&files);
    let kind = all.kinds().find(|kind| kind.findings[0].message.contains("`maybe` is neither")).unwrap();
    assert_eq!(kind.count, 5_000);
    assert_eq!(all.rows()["users.csv"], FileRows { read: 5_002, deleted: 0, skipped: 0 });
    let mut few = Tally::new(2);
    for finding in all.kinds().flat_map(|kind| kind.findings.clone()) {
        few.add(finding);
    }
    assert_eq!(few.counts(), all.counts());
    assert!(few.kinds().all(|kind| kind.findings.len() <= 2));
}

#[test]
fn rows_are_counted_as_deleted_and_skipped_once() {
    let rows = "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n\
                a,tobedeleted,c1,p,student,,\nb,,nowhere,p,student,never,ever\nc,,c1,p,student,never,ever\nd,,c1,p,student,,\n";
    let (tally, _) = tally(&set(&[("enrollments.csv", rows)]));
    assert_eq!(tally.rows()["enrollments.csv"], FileRows { read: 4, deleted: 1, skipped: 2 });
}

#[test]
fn looking_for_what_is_wrong_survives_noise() {
    for (name, text) in BASE {
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = [b'"', b',', b'\n', 0xff][at % 4];
            let mut files = set(&[(name, "")]);
            files.push(super::source(name, &bytes));
            drop(tally(&files));
        }
    }
}
