//! A district of 30,000 students: a page reads little more than it holds, a plan reads no district.

use std::num::NonZeroUsize;

use hallpass::directory::postgres::Postgres;
use hallpass::policy::day::Day;
use hallpass::policy::plan::{Columns, Enrolments, MOST_IDS, Short};
use hallpass::policy::search::Page;
use serde_json::json;

use super::database::Database;
use super::lists::{Asker, owned};
use crate::little::ask;
use crate::support::shipped_policy;

/// 2026-11-22.
const TODAY: Day = Day(20_779);

/// 40 schools of 750 students in four local districts; row numbers with gaps, students of all schools in turn.
const DISTRICT: &str = "
    INSERT INTO hallpass.orgs (id, type, parent_id) VALUES ('d', 'district', NULL);
    INSERT INTO hallpass.orgs (id, type, parent_id) SELECT 'l.' || n, 'local', 'd' FROM generate_series(0, 3) n;
    INSERT INTO hallpass.orgs (id, type, parent_id) SELECT 's.' || n, 'school', 'l.' || n % 4 FROM generate_series(0, 39) n;
    INSERT INTO hallpass.classes (id, school_id) SELECT 'c.' || n, 's.' || n % 40 FROM generate_series(0, 1199) n;
    INSERT INTO hallpass.users (id, row, org_ids) SELECT 't.' || n, n * 50, ARRAY['s.' || n % 40] FROM generate_series(0, 399) n;
    INSERT INTO hallpass.users (id, row, student, org_ids)
        SELECT 'k.' || n, 100000 + n * 7, true, ARRAY['s.' || n % 40] FROM generate_series(0, 29999) n;
    INSERT INTO hallpass.users (id, row) VALUES ('admin', 1), ('local', 2), ('principal', 3);
    INSERT INTO hallpass.enrollments (id, class_id, user_id, role)
        SELECT 'e.' || n || '.' || m, 'c.' || n % 40 + 40 * ((n / 40 + m) % 30), 'k.' || n, 'student'
        FROM generate_series(0, 29999) n, generate_series(0, 4) m;
    INSERT INTO hallpass.enrollments (id, class_id, user_id, role)
        SELECT 'et.' || n, 'c.' || n, 't.' || n % 400, 'teacher' FROM generate_series(0, 1199) n;
    INSERT INTO hallpass.role_assignments (id, user_id, role, org_id)
        SELECT 'a.' || n, 't.' || n, 'misis.teacher', 's.' || n % 40 FROM generate_series(0, 399) n;
    INSERT INTO hallpass.role_assignments (id, user_id, role, org_id) VALUES
        ('x1', 'admin', 'misis.district_administrator', 'd'), ('x2', 'local', 'misis.district_administrator', 'l.1'),
        ('x3', 'principal', 'misis.principal', 's.5');
    ANALYZE;";

fn page(after: Option<hallpass::policy::search::Cursor>) -> Page {
    Page { after, limit: NonZeroUsize::new(20).unwrap(), visits: Page::VISITS }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_page_reads_little_and_a_plan_no_district() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    database.execute(DISTRICT);
    let policy = shipped_policy();
    let asker = Asker::new(&database, &postgres);
    let kind = "misis.census.student";
    for (who, students) in [("t.5", 375), ("principal", 750), ("admin", 30_000), ("local", 7_500)] {
        let question = ask(who, "view", kind, json!({}));
        let (mut after, mut found, mut pages) = (None, 0, 0);
        for _ in 0..60 {
            let begun = std::time::Instant::now();
            let search =
                asker.ask(|facts| owned(policy.resources(facts, &question.request(), TODAY, facts.page(page(after)))));
            let search = search.unwrap();
            if pages < 2 {
                println!(
                    "{who}: {} found, {} rounds, {} people, {:?}",
                    search.results.len(),
                    asker.rounds.get(),
                    asker.people.get(),
                    begun.elapsed()
                );
            }
            assert!(
                asker.people.get() <= 3_000 && asker.rounds.get() <= 12,
                "{who}: {} people in {} rounds",
                asker.people.get(),
                asker.rounds.get()
            );
            assert!(search.results.len() == 20 || search.next.is_none(), "{who}: {}", search.results.len());
            found += search.results.len();
            pages += 1;
            after = search.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, students.min(20 * 60), "{who}");
    }
    let who = ask("", "view", kind, json!({"student": "k.45"}));
    let found =
        asker.ask(|facts| owned(policy.subjects(facts, &who.request(), TODAY, facts.page(page(None))))).unwrap();
    println!("who may: {:?}, {} rounds, {} people", found.results, asker.rounds.get(), asker.people.get());
    assert!(found.results.contains(&"principal") && found.results.contains(&"admin") && asker.people.get() < 100);
    for (who, school, enrolments, expected) in [
        ("t.5", false, false, Ok(vec![])),
        ("principal", true, false, Ok(vec![Short::UnknownStudents])),
        ("principal", false, false, Ok(vec![])),
        ("admin", false, false, Ok(vec![Short::TooManyIds])),
        ("local", false, false, Err(())),
        ("principal", true, true, Err(())),
    ] {
        let columns =
            Columns { student: true, school, enrolments: enrolments.then(Enrolments::default), ..Columns::default() };
        let question = ask(who, "view", "misis.health.immunization", json!({}));
        let begun = std::time::Instant::now();
        let plan = asker.ask(|facts| policy.plan(facts, &question.request(), &columns, TODAY, MOST_IDS).unwrap());
        println!(
            "{who}: {:?}, {} rounds, {} people, {:?}",
            plan.as_ref().map(|plan| (plan.outcome(), &plan.short)),
            asker.rounds.get(),
            asker.people.get(),
            begun.elapsed()
        );
        assert!(asker.people.get() <= 22_000, "{who}: {}", asker.people.get());
        match expected {
            Ok(short) => assert_eq!(plan.unwrap().short, short, "{who}"),
            Err(()) => assert!(plan.unwrap_err().contains("smaller part"), "{who}"),
        }
    }
    asker.end();
}
