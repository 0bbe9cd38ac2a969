//! What refuses a set, and the shapes of a file that don't.

use super::{Case, check, lines, load, set, source};
use crate::directory::{Roster, wanted};

/// A name, files to change, and every error.
type Refused = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn a_set_is_refused_for() {
    let cases: &[Refused] = &[
        (
            "missing files",
            &[("orgs.csv", ""), ("users.csv", ""), ("classes.csv", ""), ("enrollments.csv", "")],
            &[
                "orgs.csv: the file is missing",
                "classes.csv: the file is missing",
                "users.csv: the file is missing",
                "enrollments.csv: the file is missing",
            ],
        ),
        (
            "a file in other letters",
            &[("users.csv", ""), ("Users.csv", "sourcedId\n")],
            &["users.csv: the file is missing (`Users.csv` is there: rename it)"],
        ),
        (
            "missing columns, all of them",
            &[("classes.csv", "title,school\nx,y\n")],
            &[
                "classes.csv:1:1: the column `sourcedId` is missing",
                "classes.csv:1:1: the column `schoolSourcedId` is missing",
                "classes.csv:1:1: the column `termSourcedIds` is missing",
            ],
        ),
        (
            "a required column in other letters",
            &[("users.csv", "SourcedID,enabledUser\n")],
            &["users.csv:1:1: the column `SourcedID` is not known: did you mean `sourcedId`?"],
        ),
        (
            "an optional column with a slip, which would widen what it bounds",
            &[("roles.csv", "sourcedId,userSourcedId,role,orgSourcedId,beginDate,end_date\n")],
            &["roles.csv:1:53: the column `end_date` is not known: did you mean `endDate`?"],
        ),
        (
            "a column twice",
            &[("users.csv", "sourcedId,status,status\n")],
            &["users.csv:1:18: the column `status` stands here twice"],
        ),
        (
            "a row that is short",
            &[("users.csv", "sourcedId,enabledUser\r\np,true\r\nt\r\n")],
            &["users.csv:3:1: the row has 1 values where the header has 2"],
        ),
        (
            "quotes that never close",
            &[("users.csv", "sourcedId,givenName\np,Pim\nt,\"Tia\nx,Xi\n")],
            &["users.csv:5:1: quotes are opened and not closed before the end of the file"],
        ),
        ("an empty file", &[("users.csv", "\n")], &["users.csv: the file is empty"]),
        (
            "ids of two rows, deleted or not",
            &[("users.csv", "sourcedId,status\np,\n\"t\",tobedeleted\n\nq,\nt,\np,tobedeleted\np,\n")],
            &[
                "users.csv:6:1: `t` is the sourcedId of line 3 too",
                "users.csv:7:1: `p` is the sourcedId of line 2 too",
                "users.csv:8:1: `p` is the sourcedId of line 2 too",
            ],
        ),
        (
            "no organisation in use",
            &[("orgs.csv", "sourcedId,status,type,parentSourcedId\nd,tobedeleted,district,\n")],
            &["orgs.csv: there is no organisation in it"],
        ),
    ];
    for (name, files, errors) in cases {
        assert_eq!(lines(&load(files).unwrap_err()), *errors, "{name}");
    }
}

#[test]
fn a_file_that_is_not_text_refuses_the_set() {
    for (bytes, message) in [
        (
            &b"sourcedId,givenName\np,\xc3\xa9,\nt,\xff\n"[..],
            "users.csv:2:1: the row has 3 values where the header has 2",
        ),
        (
            b"sourcedId,givenName\np,\xc3\xa9\nt,\xff\n",
            "users.csv:3:3: this is not UTF-8 text (export the file as UTF-8)",
        ),
        (b"\xff\xfes\0o\0", "users.csv:1:1: this is not UTF-8 text (export the file as UTF-8)"),
    ] {
        let mut files = set(&[("users.csv", "")]);
        files.push(source("users.csv", bytes));
        assert_eq!(lines(&Roster::load(&files, &[]).unwrap_err()), [message]);
    }
}

#[test]
fn two_files_of_one_name_refuse_the_set() {
    let mut files = set(&[]);
    files.push(source("role_assignments.csv", b"sourcedId\n"));
    let message = "role_assignments.csv: the set has two files of this name";
    assert_eq!(lines(&Roster::load(&files, &[]).unwrap_err()), [message]);
}

#[test]
fn a_file_that_cannot_be_read_refuses_the_set() {
    let names = ["orgs.csv", "users.csv", "classes.csv", "enrollments.csv"].map(std::sync::Arc::from);
    let errors = Roster::read(&names, &|_| Err(std::io::Error::other("disk on fire")), &[]).unwrap_err();
    assert_eq!(lines(&errors).first().unwrap(), "orgs.csv: the file can't be read: disk on fire");
}

#[test]
fn shapes_of_one_content() {
    const PEOPLE: &[&str] = &["t: active teaches=c1 roles=misis.teacher@s1", "p: active student attends=c1 orgs=s1"];
    let shape = |name, files| Case { name, files, people: PEOPLE, warnings: &[] };
    check(&[
        shape(
            "as published",
            &[("users.csv", "sourcedId,status,enabledUser,primaryOrgSourcedId\nt,,true,\np,,true,s1\n")],
        ),
        shape("a byte order mark", &[("users.csv", "\u{feff}sourcedId,primaryOrgSourcedId\nt,\np,s1\n")]),
        shape("carriage returns", &[("users.csv", "sourcedId,primaryOrgSourcedId\r\nt,\r\np,s1\r\n")]),
        shape("blank lines", &[("users.csv", "\nsourcedId,primaryOrgSourcedId\n\n\nt,\n\np,s1\n\n")]),
        shape(
            "quotes everywhere",
            &[("users.csv", "\"sourcedId\",\"primaryOrgSourcedId\"\n\"t\",\"\"\n\"p\",\"s1\"\n")],
        ),
        shape(
            "quotes, commas and line breaks in values",
            &[("users.csv", "sourcedId,givenName,primaryOrgSourcedId\nt,\"T, \"\"x\"\"\n,\",\np,P,s1\n")],
        ),
        shape("other order of columns", &[("users.csv", "primaryOrgSourcedId,sourcedId\n,t\ns1,p\n")]),
        shape("empty header cells at the end", &[("users.csv", "sourcedId,primaryOrgSourcedId,,\nt,,,\np,s1,,\n")]),
        shape(
            "slips in columns that aren't read",
            &[("users.csv", "sourcedId,dataLastModified,prefferedGivenName,primaryOrgSourcedId\nt,,,\np,,,s1\n")],
        ),
        shape(
            "no line break at the end, after a column that isn't read",
            &[("users.csv", "sourcedId,primaryOrgSourcedId,pronouns\nt,,\np,s1,")],
        ),
        shape(
            "OneRoster 1.1",
            &[("users.csv", "sourcedId,enabledUser,orgSourcedIds,role\nt,TRUE,,teacher\np,True,s1,student\n")],
        ),
        shape(
            "more files than are read",
            &[
                ("users.csv", "sourcedId,primaryOrgSourcedId\nt,\np,s1\n"),
                ("demographics.csv", "\"not csv"),
                ("resources.csv", ""),
            ],
        ),
    ]);
}

#[test]
fn a_last_line_that_may_be_cut_off_is_reported() {
    check(&[Case {
        name: "no line break after a column that is read",
        files: &[("role_assignments.csv", "sourcedId,userSourcedId,role,orgSourcedId\na,t,misis.principal,s1")],
        people: &["t: active teaches=c1 roles=misis.principal@s1"],
        warnings: &["role_assignments.csv:2:1: the last line has no line break: if the file was cut off there, \
                     the row's last value is not whole (end the file with a line break)"],
    }]);
}

#[test]
fn findings_of_a_file_are_bounded() {
    let rows: String = (0..1_500).map(|n| format!("x{n},maybe\n")).collect();
    let loaded = load(&[("users.csv", &format!("sourcedId,enabledUser\nt,\np,\n{rows}"))]).unwrap();
    assert_eq!(loaded.warnings.len(), 1_001);
    assert_eq!(loaded.warnings.last().unwrap().to_string(), "users.csv: the file has 500 more problems, not listed");
    assert!(!super::Facts::person(&loaded.roster, "x1499").unwrap().active);
}

#[test]
fn places_hold_throughout_a_long_file() {
    let row = |n: u32| format!("u{n:06},\"Gïven, {n}\",{}\n", if n.is_multiple_of(97) { "maybe" } else { "true" });
    let rows: String = (0..60_000).map(row).collect();
    let loaded = load(&[("users.csv", &format!("sourcedId,givenName,enabledUser\nt,,\np,,\n{rows}"))]).unwrap();
    let places = loaded.warnings.iter().map(|finding| (finding.place.line, finding.place.column));
    let expected = (0..60_000).step_by(97).map(|n: u32| (n + 4, 9 + 10 + u32::try_from(n.to_string().len()).unwrap()));
    assert!(places.eq(expected));
}

#[test]
fn manifests_are_checked_and_change_nothing() {
    const MANIFEST: &str =
        "propertyName,value\nmanifest.version,1.0\noneroster.version,2.0\nfile.users,delta\nfile.orgs,bulk\n";
    check(&[Case {
        name: "an unknown version, a delta",
        files: &[("manifest.csv", MANIFEST)],
        people: &["t: active teaches=c1 roles=misis.teacher@s1"],
        warnings: &[
            "manifest.csv:3:19: version `2.0` is read as 1.2: known are 1.1 and 1.2",
            "manifest.csv:4:12: `file.users` is a delta but read as a whole set, so whoever it leaves out counts as gone",
        ],
    }]);
}

#[test]
fn only_files_of_a_directory_are_wanted() {
    assert!(["orgs.csv", "records.csv", "role_assignments.csv", "academicSessions.csv"].into_iter().all(wanted));
    assert!(
        !["Orgs.csv", "demographics.csv", "resources.csv", "sub/orgs.csv", "._orgs.csv", ""].into_iter().any(wanted)
    );
}
