//! A district of 20,000 students: searches find what checks would, and go through less than four times what they find.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use hallpass::directory::Roster;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::search::{Found, Page};
use hallpass::policy::source::Source;
use serde_json::json;

use crate::little::ask;
use crate::support::{shipped_policy, source};

/// 2026-11-22.
const TODAY: Day = Day(20_779);
const SCHOOLS: usize = 80;
/// Of each school.
const STUDENTS: usize = 250;
const SECTIONS: usize = 60;
const TEACHERS: usize = 12;
/// Who works at each school besides teachers, and in each of the four local districts, and in the district.
const AT_SCHOOL: [&str; 6] =
    ["principal", "health_office", "counselor", "office_manager", "school_full_read", "discipline_designee"];
const ABOVE: [&str; 4] = ["nursing_office_admin", "district_administrator", "school_police", "district_limited_read"];

fn sections_of(student: usize) -> impl Iterator<Item = usize> {
    let (block, place) = (student / STUDENTS, student % STUDENTS);
    (0..7).map(move |period| block * SECTIONS + (place * 7 + period * 11) % SECTIONS)
}

fn district() -> Vec<Source> {
    let mut orgs = String::from("sourcedId,status,name,type,parentSourcedId\nd,,D,district,\n");
    let mut users = String::from("sourcedId,status,enabledUser,role,primaryOrgSourcedId\n");
    let mut classes = String::from("sourcedId,status,schoolSourcedId,termSourcedIds\n");
    let mut enrollments = String::from("sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n");
    let mut held = String::from("sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n");
    for above in ["d", "l.0", "l.1", "l.2", "l.3"] {
        for role in ABOVE {
            _ = writeln!(users, "{role}.{above},,true,,{above}");
            _ = writeln!(held, "h.{role}.{above},,{role}.{above},misis.{role},{above},,");
        }
        if above != "d" {
            _ = writeln!(orgs, "{above},,L,local,d");
        }
    }
    for school in 0..SCHOOLS {
        _ = writeln!(orgs, "o.{school},,S,school,l.{}", school % 4);
        let teachers = (0..TEACHERS).map(|at| (format!("t.{school}.{at}"), "teacher"));
        for (who, role) in teachers.chain(AT_SCHOOL.map(|role| (format!("{role}.{school}"), role))) {
            _ = writeln!(users, "{who},,true,,o.{school}");
            _ = writeln!(held, "h.{who},,{who},misis.{role},o.{school},,");
        }
        for section in school * SECTIONS..(school + 1) * SECTIONS {
            _ = writeln!(classes, "c.{section},,o.{school},");
            _ = writeln!(enrollments, "e.{section},,c.{section},t.{school}.{},teacher,,", section % TEACHERS);
        }
        for student in school * STUDENTS..(school + 1) * STUDENTS {
            _ = writeln!(users, "s.{student},,true,student,o.{school}");
            for section in sections_of(student) {
                _ = writeln!(enrollments, "e.{student}.{section},,c.{section},s.{student},student,,");
            }
        }
    }
    [
        ("orgs.csv", orgs),
        ("users.csv", users),
        ("classes.csv", classes),
        ("enrollments.csv", enrollments),
        ("role_assignments.csv", held),
    ]
    .map(|(name, text)| source(name, text))
    .into()
}

struct Grown {
    policy: Policy,
    roster: Roster,
}

impl Grown {
    fn who(&self, action: &str, kind: &str, student: &str, page: Page) -> Found<'_> {
        let question = ask("", action, kind, json!({"student": student}));
        self.policy.subjects(&self.roster, &question.request(), TODAY, page)
    }

    fn which(&self, who: &str, action: &str, kind: &str, page: Page) -> Found<'_> {
        self.policy.resources(&self.roster, &ask(who, action, kind, json!({})).request(), TODAY, page)
    }

    fn may(&self, who: &str, action: &str, kind: &str, student: &str) -> bool {
        let question = ask(who, action, kind, json!({"student": student}));
        self.policy.decide(&self.roster, &question.request(), TODAY).is_allow()
    }
}

#[test]
fn a_search_goes_through_little_more_than_it_finds() {
    let grown = Grown { policy: shipped_policy(), roster: Roster::load(&district(), &[]).unwrap().roster };
    // A role is looked for at the school, its local district and the district.
    let looked = 3 * grown.policy.roles().count();
    let people: Vec<String> = (0..TEACHERS)
        .map(|at| format!("t.40.{at}"))
        .chain(AT_SCHOOL.map(|role| format!("{role}.40")))
        .chain(ABOVE.iter().flat_map(|role| ["d", "l.0", "l.1"].map(|above| format!("{role}.{above}"))))
        .collect();
    for (action, kind) in [
        ("view", "misis.health.immunization"),
        ("view", "misis.census.student"),
        ("update", "misis.grades.mark"),
        ("create", "misis.student_support.suspension"),
    ] {
        let found = grown.who(action, kind, "s.10007", Page::ALL);
        assert!(found.visited <= 4 * found.results.len() + looked, "{action} {kind}: {found:?}");
        assert!(!found.results.is_empty(), "{action} {kind}");
        for who in &people {
            let may = grown.may(who, action, kind, "s.10007");
            assert_eq!(found.results.contains(&who.as_str()), may, "{who} {action} {kind}");
        }
    }
    let limit = NonZeroUsize::new(20).unwrap();
    let mut total = 0;
    for who in ["t.40.3", "principal.40", "health_office.40", "school_police.l.1", "district_administrator.d"] {
        let whole = grown.which(who, "view", "misis.census.student", Page::ALL);
        let students = whole.results.len();
        assert!(whole.visited <= 4 * students + 4 * SCHOOLS, "{who}: {} for {students}", whole.visited);
        assert!(whole.results.iter().all(|student| grown.may(who, "view", "misis.census.student", student)), "{who}");
        let (mut after, mut paged, mut most) = (None, Vec::new(), 0);
        for _ in 0..40 {
            let page = grown.which(who, "view", "misis.census.student", Page { after, limit });
            most = most.max(page.visited);
            paged.extend(page.results);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, whole.results[..paged.len()], "{who}");
        assert_eq!(paged.len(), students.min(800), "{who}");
        // A page costs what it holds: not what stands before it or behind. The staff of each school stand between.
        assert!(most <= 4 * (limit.get() + 1) + 2 * SCHOOLS, "{who}: {most} for a page");
        total += students;
    }
    assert!(total > 20_000, "{total}");
}
