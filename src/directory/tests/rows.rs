//! Rows that don't count: each is skipped, reported with its place, and widens nothing.

use super::{Case, check};

const ENROLMENTS: &str = "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n";

#[test]
fn states_of_rows() {
    check(&[
        Case {
            name: "active, empty, deleted and unheard of",
            files: &[(
                "enrollments.csv",
                "sourcedId,status,classSourcedId,userSourcedId,role\ne1,active,c1,p,student\n\
                 e2,tobedeleted,c2,p,student\ne3,inactive,c2,p,student\ne4,Active,c2,t,teacher\n",
            )],
            people: &["p: active student attends=c1", "t: active roles=misis.teacher@s1"],
            warnings: &[
                "enrollments.csv:4:4: status `inactive` is neither `active` nor `tobedeleted`, so the row counts as deleted",
                "enrollments.csv:5:4: status `Active` is neither `active` nor `tobedeleted`, so the row counts as deleted",
            ],
        },
        Case {
            name: "no id",
            files: &[("users.csv", "sourcedId,enabledUser\nt,\np,\n,true\n,true\n")],
            people: &[": unknown"],
            warnings: &[
                "users.csv:4:1: `sourcedId` is empty, so the row is skipped",
                "users.csv:5:1: `sourcedId` is empty, so the row is skipped",
            ],
        },
        Case {
            name: "enabled or not",
            files: &[("users.csv", "sourcedId,givenName,enabledUser\nt,Tïa,FALSE\np,\"P, i\n\",yes\nq,,\nr,,True\n")],
            people: &["t: teaches=c1 roles=misis.teacher@s1", "p: student attends=c1", "q: active", "r: active"],
            warnings: &["users.csv:4:3: `yes` is neither `true` nor `false`, so the user counts as disabled"],
        },
    ]);
}

#[test]
fn enrolments() {
    check(&[
        Case {
            name: "whose references lead nowhere; the student stays known",
            files: &[
                ("users.csv", "sourcedId\nt\np\nq\n"),
                (
                    "classes.csv",
                    "sourcedId,status,schoolSourcedId,termSourcedIds\nc1,,s1,\ngone,tobedeleted,s1,\nlost,,s9,\n,,s1,\n",
                ),
                (
                    "enrollments.csv",
                    "sourcedId,status,classSourcedId,userSourcedId,role\ne1,,c9,p,student\ne2,,gone,p,student\n\
                     e3,,lost,p,student\ne4,,c1,nobody,student\ne5,,,q,student\ne6,,C1,t,teacher\ne7,,c1,,teacher\n",
                ),
            ],
            people: &["p: active student", "q: active student", "t: active roles=misis.teacher@s1", "nobody: unknown"],
            warnings: &[
                "classes.csv:4:7: `s9` is not in orgs.csv, so the class is skipped",
                "classes.csv:5:1: `sourcedId` is empty, so the row is skipped",
                "enrollments.csv:2:5: `c9` is not in classes.csv, so the row is skipped",
                "enrollments.csv:3:5: `gone` is deleted in classes.csv, so the row is skipped",
                "enrollments.csv:4:5: `lost` is skipped in classes.csv, so the row is skipped",
                "enrollments.csv:5:8: `nobody` is not in users.csv, so the row is skipped",
                "enrollments.csv:6:5: `classSourcedId` is empty, so the row is skipped",
                "enrollments.csv:7:5: `C1` is not in classes.csv, so the row is skipped",
                "enrollments.csv:8:8: `userSourcedId` is empty, so the row is skipped",
            ],
        },
        Case {
            name: "with days that are none",
            files: &[(
                "enrollments.csv",
                "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n\
                 e1,,c1,p,student,1/05/2023,\ne2,,c2,p,student,,2026-02-30\ne3,,c1,t,teacher,2025-08-01T00:00:00Z,\n",
            )],
            people: &["p: active student", "t: active roles=misis.teacher@s1"],
            warnings: &[
                "enrollments.csv:2:18: `1/05/2023` is not a day as YYYY-MM-DD, so the row is skipped (`2023-01-05` or `2023-05-01` was probably meant)",
                "enrollments.csv:3:19: `2026-02-30` is not a day as YYYY-MM-DD, so the row is skipped",
                "enrollments.csv:4:18: `2025-08-01T00:00:00Z` is not a day as YYYY-MM-DD, so the row is skipped (`2025-08-01` was probably meant)",
            ],
        },
        Case {
            name: "of other roles",
            files: &[(
                "enrollments.csv",
                "sourcedId,status,classSourcedId,userSourcedId,role\ne1,,c1,t,proctor\ne2,,c1,t,administrator\n\
                 e3,,c1,t,aide\ne4,,c1,t,Teacher\ne5,,c1,p,Student\ne6,tobedeleted,c1,t,Teacher\ne7,,c1,t,\n",
            )],
            people: &["t: active roles=misis.teacher@s1", "p: active student"],
            warnings: &[
                "enrollments.csv:5:10: `Teacher` is not a role in a class, so the row is skipped",
                "enrollments.csv:6:10: `Student` is not a role in a class, so the row is skipped",
                "enrollments.csv:8:10: `` is not a role in a class, so the row is skipped",
            ],
        },
        Case {
            name: "deleted ones of users unknown",
            files: &[("enrollments.csv", ENROLMENTS), ("users.csv", "sourcedId\nt\n")],
            people: &["p: unknown", "t: active roles=misis.teacher@s1"],
            warnings: &[],
        },
    ]);
}

#[test]
fn role_assignments() {
    check(&[
        Case {
            name: "that name what isn't there",
            files: &[
                (
                    "orgs.csv",
                    "sourcedId,status,type,parentSourcedId\nd,,district,\ns1,,school,d\ns2,,school,d\ns3,tobedeleted,school,d\n",
                ),
                ("users.csv", "sourcedId,status\nt,\np,\nx,tobedeleted\n"),
                (
                    "role_assignments.csv",
                    "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n\
                     a1,,nobody,misis.teacher,s1,,\na2,,x,misis.teacher,s1,,\na3,,t,misis.teacher,s3,,\n\
                     a4,,t,misis.teacher,s9,,\na5,,t,,s1,,\na6,,t,misis.counselor,s1,2025-13-01,\n\
                     a7,tobedeleted,t,misis.nurse,s9,?,\na8,,t,any.role,s1,,\na9,,t,misis.past,s2,2024-08-01,2025-10-01\n\
                     b1,,t,misis.teacher,s1 ,,\n",
                ),
            ],
            people: &["t: active teaches=c1 roles=any.role@s1+misis.past@s2!", "x:"],
            warnings: &[
                "role_assignments.csv:2:5: `nobody` is not in users.csv, so the row is skipped",
                "role_assignments.csv:3:5: `x` is deleted in users.csv, so the row is skipped",
                "role_assignments.csv:4:21: `s3` is deleted in orgs.csv, so the row is skipped",
                "role_assignments.csv:5:21: `s9` is not in orgs.csv, so the row is skipped",
                "role_assignments.csv:6:7: `role` is empty, so the row is skipped",
                "role_assignments.csv:7:26: `2025-13-01` is not a day as YYYY-MM-DD, so the row is skipped",
                "role_assignments.csv:11:21: `s1 ` is not in orgs.csv, so the row is skipped",
            ],
        },
        Case {
            name: "that nobody has",
            files: &[("role_assignments.csv", "")],
            people: &["t: active teaches=c1"],
            warnings: &["role_assignments.csv: the file is missing, so nobody holds a role"],
        },
    ]);
}

#[test]
fn orgs_of_users() {
    check(&[
        Case {
            name: "an unknown one is left out, the row stays",
            files: &[(
                "users.csv",
                "sourcedId,status,orgSourcedIds,role\nt,,,teacher\np,,\"s1,s9, s2\",student\nx,tobedeleted,s9,student\n",
            )],
            people: &["p: active student attends=c1 orgs=s1", "x: student"],
            warnings: &[
                "users.csv:3:4: `s9` is not in orgs.csv, so it is left out here",
                "users.csv:3:4: ` s2` is not in orgs.csv, so it is left out here",
            ],
        },
        Case {
            name: "roles.csv rows that lead nowhere; whoever is a student there stays known",
            files: &[
                ("users.csv", "sourcedId,status\nt,\np,\nq,\nr,\n"),
                (
                    "roles.csv",
                    "sourcedId,status,userSourcedId,role,beginDate,endDate,orgSourcedId\nr1,,q,student,,,s9\n\
                     r2,tobedeleted,r,student,,,s1\nr3,,nobody,student,,,s1\nr4,,t,teacher,never,,s1\nr5,tobedeleted,zz,student,,,s9\n",
                ),
            ],
            people: &["q: active student", "r: active student", "t: active teaches=c1 roles=misis.teacher@s1"],
            warnings: &[
                "roles.csv:2:17: `s9` is not in orgs.csv, so the row is skipped",
                "roles.csv:4:5: `nobody` is not in users.csv, so the row is skipped",
                "roles.csv:5:15: `never` is not a day as YYYY-MM-DD, so the row is skipped",
            ],
        },
    ]);
}

#[test]
fn terms_and_courses() {
    check(&[
        Case {
            name: "unknown and deleted terms put no class in effect",
            files: &[
                (
                    "academicSessions.csv",
                    "sourcedId,status,startDate,endDate\nnow,,2025-08-01,2026-06-15\nold,,2024-08-01,2025-10-01\n\
                     gone,tobedeleted,2025-08-01,2026-06-15\nbad,,2025-08-01,soon\nopen,,2025-08-01,\n",
                ),
                (
                    "classes.csv",
                    "sourcedId,schoolSourcedId,termSourcedIds\nc1,s1,\nc2,s1,\"old,now\"\nc3,s1,old\nc4,s1,gone\n\
                     c5,s1,t9\nc6,s1,\"t9,now\"\nc7,s1,bad\nc8,s1,open\nc9,s1,\",\"\n",
                ),
                (
                    "enrollments.csv",
                    "sourcedId,classSourcedId,userSourcedId,role\n1,c1,p,student\n2,c2,p,student\n3,c3,p,student\n\
                     4,c4,p,student\n5,c5,p,student\n6,c6,p,student\n7,c7,p,student\n8,c8,p,student\n9,c9,p,student\n",
                ),
            ],
            people: &["p: active student attends=c1+c2+c3!+c4!+c5!+c6+c7!+c8!+c9!"],
            warnings: &[
                "academicSessions.csv:5:17: `soon` is not a day as YYYY-MM-DD, so the row is skipped",
                "academicSessions.csv:6:18: `endDate` is empty, so the row is skipped",
                "classes.csv:6:7: `t9` is not in academicSessions.csv, so the class is not in effect by it",
                "classes.csv:7:7: `t9` is not in academicSessions.csv, so the class is not in effect by it",
                "classes.csv:8:7: `bad` is skipped in academicSessions.csv, so the class is not in effect by it",
                "classes.csv:9:7: `open` is skipped in academicSessions.csv, so the class is not in effect by it",
            ],
        },
        Case {
            name: "an unknown course changes nothing",
            files: &[
                ("courses.csv", "sourcedId,status\nk1,\nk2,tobedeleted\n"),
                (
                    "classes.csv",
                    "sourcedId,courseSourcedId,schoolSourcedId,termSourcedIds\nc1,k9,s1,now\nc2,k2,s2,now\nc3,,s1,\n",
                ),
            ],
            people: &["p: active student attends=c1"],
            warnings: &["classes.csv:2:4: `k9` is not in courses.csv; the class counts all the same"],
        },
    ]);
}
