//! What counts: who is a known student and where, the tree of organisations, stored properties, places of roles.

use super::{Case, check, lines, load};
use crate::directory::Counts;
use crate::policy::facts::{Facts, OrgKind};
use crate::policy::request::Value;

#[test]
fn known_students() {
    check(&[
        Case {
            name: "by OneRoster 1.1's role, even with a slip in it or deleted",
            files: &[(
                "users.csv",
                "sourcedId,status,role,orgSourcedIds\nt,,teacher,\np,,student,s2\nq,,STUDENT,\nx,tobedeleted,student,s1\n",
            )],
            people: &[
                "p: active student attends=c1 orgs=s2",
                "q: active student",
                "x: student",
                "t: active teaches=c1 roles=misis.teacher@s1",
            ],
            warnings: &[],
        },
        Case {
            name: "deleted rows take their orgs and roles, not enrolments and roles.csv's schools",
            files: &[
                ("users.csv", "sourcedId,status,primaryOrgSourcedId,metadata.grade\nt,,,\np,tobedeleted,s2,7\n"),
                (
                    "roles.csv",
                    "sourcedId,status,userSourcedId,role,beginDate,endDate,orgSourcedId\n\
                     r1,,p,student,2025-08-01,,s1\nr2,,p,aide,,,s2\nr3,,p,student,2024-08-01,2025-06-15,s2\nr4,,t,teacher,,,s1\n",
                ),
            ],
            people: &["p: student attends=c1 orgs=s1+s2!", "t: active teaches=c1 orgs=s1~ roles=misis.teacher@s1"],
            warnings: &[],
        },
        Case {
            name: "roles.csv adds to users.csv, and says nothing twice",
            files: &[
                ("users.csv", "sourcedId,orgSourcedIds,primaryOrgSourcedId\nt,,\np,\"s1,s2\",s1\n"),
                (
                    "roles.csv",
                    "sourcedId,userSourcedId,role,orgSourcedId\nr0,p,student,d\nr1,p,student,s1\nr2,p,teacher,s2\n",
                ),
            ],
            people: &["p: active student attends=c1 orgs=d+s1+s2"],
            warnings: &[],
        },
        Case {
            name: "deleted enrolments make known",
            files: &[(
                "enrollments.csv",
                "sourcedId,status,classSourcedId,userSourcedId,role\ne1,tobedeleted,c9,p,student\ne2,,c1,t,proctor\n",
            )],
            people: &["p: active student", "t: active roles=misis.teacher@s1"],
            warnings: &[],
        },
    ]);
}

#[test]
fn days_bound_enrolments() {
    check(&[Case {
        name: "the first day counts, the last one no longer",
        files: &[
            ("classes.csv", "sourcedId,schoolSourcedId,termSourcedIds\na,s1,\nb,s1,\nc,s1,\nd,s1,\n"),
            (
                "enrollments.csv",
                "sourcedId,classSourcedId,userSourcedId,role,beginDate,endDate\n1,a,p,student,2025-10-01,2025-10-02\n\
                 2,b,p,student,2025-09-01,2025-10-01\n3,c,p,student,2025-10-02,\n4,d,t,teacher,,2025-10-02\n",
            ),
        ],
        people: &["p: active student attends=a+b!+c!", "t: active teaches=d roles=misis.teacher@s1"],
        warnings: &[],
    }]);
}

#[test]
fn declared_properties_of_users() {
    check(&[Case {
        name: "only declared columns are kept, empty values are none",
        files: &[(
            "users.csv",
            "sourcedId,metadata.grade,metadata.team,metadata.secret\nt,7,red,x\np,,blue,y\nq,,,z\nr,7,red,\n",
        )],
        people: &[
            "t: active teaches=c1 roles=misis.teacher@s1 properties=grade:Text(\"7\")+team:Text(\"red\")",
            "p: active student attends=c1 properties=team:Text(\"blue\")",
            "q: active",
            "r: active properties=grade:Text(\"7\")+team:Text(\"red\")",
        ],
        warnings: &[],
    }]);
}

#[test]
fn the_tree_of_organisations() {
    let orgs = "sourcedId,status,type,parentSourcedId,metadata.level,metadata.timeZone\n\
                s1,,school,l,elementary,Europe/Berlin\nl,,local,d,,\nd,,district,state,,America/Los_Angeles\nstate,,state,,,\n\
                s2,,school,gone,Elementary,\ngone,tobedeleted,local,d,,\ns3,,school,nowhere,,\ns4,,Schule,s3,,\n\
                x,,local,y,,\ny,,local,x,,\nz,,school,x,,\n";
    let loaded = load(&[("orgs.csv", orgs)]).unwrap();
    assert_eq!(
        lines(&loaded.warnings),
        [
            "orgs.csv:6:17: `Elementary` is not a level: use one of elementary, secondary, option, cds, nps",
            "orgs.csv:9:5: `Schule` is not a type of organisation, so the organisation counts as neither school nor district",
            "orgs.csv:6:12: the parent `gone` is deleted, so `s2` hangs from nobody",
            "orgs.csv:8:12: the parent `nowhere` is not in orgs.csv, so `s3` hangs from nobody",
            "orgs.csv:10:10: `x` is above itself by way of `y`, so it hangs from nobody",
            "orgs.csv:11:10: `y` is above itself by way of `x`, so it hangs from nobody",
        ]
    );
    let roster = loaded.roster;
    let org = |id: &str| roster.org(id).unwrap();
    let within = |low: &str| {
        let all = ["s1", "l", "d", "state", "s2", "s3", "s4", "x", "y", "z"];
        all.into_iter().filter(|high| org(low).lies_in(org(high))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        ["s1", "l", "s2", "s3", "s4", "x", "y", "z"].map(within),
        ["s1 l d state", "l d state", "s2", "s3", "s3 s4", "x", "y", "x z"]
    );
    assert!(roster.org("gone").is_none() && roster.org("").is_none());
    let roots = ["s1", "l", "d", "state", "s2", "s3", "s4", "x", "y", "z"].into_iter().filter(|id| org(id).is_root());
    assert_eq!(roots.collect::<Vec<_>>(), ["d", "state"], "whoever hangs from nobody is no root");
    assert_eq!([org("s1").kind, org("l").kind, org("d").kind], [OrgKind::School, OrgKind::Other, OrgKind::District]);
    assert_eq!(org("s1").level.as_deref(), Some("elementary"));
    assert_eq!(roster.time_zone().unwrap().iana_name(), Some("America/Los_Angeles"));
}

#[test]
fn the_time_zone_of_the_root() {
    for (rows, zone, warnings) in [
        ("d,district,,\ns1,school,d,Asia/Tokyo\ns2,school,,", None, &[][..]),
        ("s1,school,,Asia/Tokyo\ns2,school,s1,", Some("Asia/Tokyo"), &[]),
        ("s1,school,,Asia/Tokyo\ns2,school,s1,\nd,district,,UTC", Some("UTC"), &[]),
        (
            "s1,school,d,\ns2,school,d,\nd,district,,Pacific",
            None,
            &["orgs.csv:4:13: `Pacific` is not a time zone (use a name such as `America/Los_Angeles`)"],
        ),
    ] {
        let orgs = format!("sourcedId,type,parentSourcedId,metadata.timeZone\n{rows}\n");
        let loaded = load(&[("orgs.csv", &orgs)]).unwrap();
        assert_eq!(loaded.roster.time_zone().and_then(|zone| zone.iana_name()), zone, "{rows}");
        assert_eq!(lines(&loaded.warnings), warnings, "{rows}");
    }
}

#[test]
fn stored_properties_of_records() {
    let records = "sourcedId,status,type,properties\n\
        r1,,app.note,\"{\"\"school\"\":\"\"s1\"\",\"\"section\"\":[\"\"c1\"\",\"\"c2\"\"],\"\"n\"\":1.5,\"\"gone\"\":null,\"\"deep\"\":{\"\"a\"\":[true,null]}}\"\n\
        r2,tobedeleted,app.note,{}\nr3,,,{}\nr4,,app.note,{\nr5,,app.note,[]\nr6,,app.note,\"{\"\"student\"\":7}\"\n\
        r7,,app.note,\nr8,,app.note,{}\n";
    let loaded = load(&[("records.csv", records)]).unwrap();
    let stored = loaded.roster.record("app.note", "r1").unwrap();
    assert_eq!(stored.school.as_deref(), Some(&["s1".to_owned()][..]));
    assert_eq!(stored.section.as_ref().unwrap().len(), 2);
    let deep = Value::Object(vec![("a".to_owned(), Value::List(vec![Value::Bool(true)]))]);
    assert_eq!(stored.free, [("deep".to_owned(), deep), ("n".to_owned(), Value::Number(1.5))]);
    let known = |id: &str| loaded.roster.record("app.note", id).is_some();
    assert_eq!(
        ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"].map(known),
        [true, false, false, true, true, true, true, true]
    );
    for unreadable in ["r4", "r5", "r6", "r7"] {
        let stored = loaded.roster.record("app.note", unreadable).unwrap();
        let nowhere = Some(Vec::new());
        assert_eq!([&stored.school, &stored.section, &stored.referred_to], [&nowhere; 3], "{unreadable}");
    }
    assert!(loaded.roster.record("app.other", "r1").is_none(), "a record is known by its type too");
    assert_eq!(
        lines(&loaded.warnings),
        [
            "records.csv:4:5: `type` is empty, so the row is skipped",
            "records.csv:5:14: this is not JSON: EOF while parsing an object at line 1 column 1, so the record counts as out of everybody's reach",
            "records.csv:6:14: this is not a JSON object, so the record counts as out of everybody's reach",
            "records.csv:7:14: `student` must be a text, so the record counts as out of everybody's reach",
            "records.csv:8:14: this is not JSON: EOF while parsing a value at line 1 column 0, so the record counts as out of everybody's reach",
        ]
    );
}

#[test]
fn roles_have_places() {
    let rows = "sourcedId,status,userSourcedId,role,orgSourcedId\na1,,t,misis.teacher,s1\n\"a,2\",,p,\"misis.wizard\",s1\na3,,t,misis.counselor,s2\n";
    let loaded = load(&[("role_assignments.csv", rows)]).unwrap();
    let mut places: Vec<_> = loaded
        .roster
        .assignments()
        .map(|(_, assignment, place)| (place.line, place.column, place.width, assignment.role.to_string()))
        .collect();
    places.sort();
    let expected = [(2, 7, 13, "misis.teacher"), (3, 10, 12, "misis.wizard"), (4, 7, 15, "misis.counselor")];
    assert_eq!(places, expected.map(|(line, column, width, role)| (line, column, width, role.to_owned())));
}

#[test]
fn a_roster_counts_what_it_holds() {
    let loaded = load(&[("records.csv", "sourcedId,type,properties\nr,x,{}\n")]).unwrap();
    let counts = Counts { orgs: 3, people: 2, sections: 2, enrolments: 2, assignments: 1, records: 1 };
    assert_eq!(loaded.roster.counts(), counts);
    assert_eq!(crate::directory::Roster::default().counts(), Counts::default());
}

#[test]
fn many_people_are_found_with_all_that_is_theirs() {
    let users: String = (0..5_000).map(|n| format!("u{n},s{}\n", n % 2 + 1)).collect();
    let enrolments: String = (0..5_000)
        .rev()
        .map(|n| format!("e{n},c{},u{n},{}\n", n % 2 + 1, if n % 3 == 0 { "teacher" } else { "student" }))
        .collect();
    let loaded = load(&[
        ("users.csv", &format!("sourcedId,primaryOrgSourcedId\n{users}")),
        ("enrollments.csv", &format!("sourcedId,classSourcedId,userSourcedId,role\n{enrolments}")),
        ("role_assignments.csv", "sourcedId,userSourcedId,role,orgSourcedId\na,u4999,x,s1\nb,u0,y,s2\n"),
    ])
    .unwrap();
    for n in 0..5_000 {
        let (half, part) = (n % 2 + 1, if n % 3 == 0 { "teaches" } else { "attends" });
        let student = if n % 3 == 0 { "" } else { " student" };
        let role = [" roles=y@s2", "", " roles=x@s1"][usize::from(n > 0) + usize::from(n == 4_999)];
        let expected = format!("u{n}: active{student} {part}=c{half} orgs=s{half}{role}");
        assert_eq!(super::describe(&loaded.roster, &format!("u{n}")), expected);
    }
}
