//! Wrong data in a real database: what an operator's views may give that tables would refuse, and ids and roles that
//! almost are what they should be.

use super::{District, PATIENCE, Sidecar, Verdict, bound};
use crate::postgres::sidecar::Told;

/// Tables of a directory.
const TABLES: [&str; 8] =
    ["orgs", "academic_sessions", "classes", "users", "roles", "enrollments", "role_assignments", "records"];

/// The district in tables of the operator's own shape, with views in the place of Hallpass's tables, and no log.
fn mapped() -> District {
    let district = District::new(10);
    district.sql.run("CREATE SCHEMA own; DROP FUNCTION hallpass.log_changes CASCADE; DROP FUNCTION hallpass.sequence");
    for table in TABLES {
        district.sql.run(&format!(
            "ALTER TABLE hallpass.{table} SET SCHEMA own; CREATE VIEW hallpass.{table} AS SELECT * FROM own.{table}"
        ));
    }
    district.sql.run("DROP TABLE hallpass.change_log; DROP TABLE hallpass.directory");
    district
}

/// A view's columns, one of them replaced by an expression.
fn with(district: &District, table: &str, column: &str, expression: &str) -> String {
    let columns: String = district.sql.one(&format!(
        "SELECT string_agg(CASE attname WHEN '{column}' THEN '{expression} AS {column}' ELSE attname::text END, ', ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = 'own.{table}'::regclass AND attnum > 0 AND NOT attisdropped",
        expression = expression.replace('\'', "''"),
    ));
    format!("SELECT {columns} FROM own.{table}")
}

fn view(district: &District, table: &str, query: &str) {
    district.sql.run(&format!("DROP VIEW IF EXISTS hallpass.{table}; CREATE VIEW hallpass.{table} AS {query}"));
}

fn start(district: &District) -> Sidecar {
    let sidecar = Sidecar::start(&district.proxy.url(), &["--directory-ttl-seconds", "1"]);
    sidecar.until_settled();
    sidecar
}

#[test]
#[ignore = "needs PostgreSQL"]
fn rows_that_a_view_gives_twice_count_once_or_not_at_all() {
    let district = mapped();
    for table in TABLES {
        let query = format!("SELECT * FROM own.{table} UNION ALL SELECT * FROM own.{table}");
        view(&district, table, &query);
        let sidecar = start(&district);
        for who in ["nobody", "s.0142", "U.1", "u.1 "] {
            assert_ne!(sidecar.ask_in_time(who).verdict, Verdict::Allow, "{table}: {who}");
        }
        assert!(!sidecar.ask_in_time("u.1").denied(), "{table}");
        view(&district, table, &format!("SELECT * FROM own.{table}"));
    }
    // Twice and not the same: whoever is gone in one of them is gone.
    for (table, column, expression) in [("users", "deleted", "true"), ("users", "enabled", "false")] {
        let other = with(&district, table, column, expression);
        for query in [
            format!("SELECT * FROM own.{table} UNION ALL {other}"),
            format!("{other} UNION ALL SELECT * FROM own.{table}"),
        ] {
            view(&district, table, &query);
            let sidecar = start(&district);
            for who in ["u.1", "p.okafor"] {
                assert_ne!(sidecar.ask_in_time(who).verdict, Verdict::Allow, "{query}: {who}");
            }
        }
        view(&district, table, &format!("SELECT * FROM own.{table}"));
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn values_of_the_wrong_type_or_none_let_nobody_in() {
    let district = mapped();
    for (table, column, expression) in [
        ("users", "deleted", "deleted::text"),
        ("users", "deleted", "NULL::boolean"),
        ("users", "deleted", "deleted::integer"),
        ("users", "enabled", "NULL::boolean"),
        ("users", "enabled", "'yes'::text"),
        ("users", "id", "id::bytea"),
        ("users", "id", "NULL::text"),
        ("users", "id", "'u.1 '::text"),
        ("users", "id", "upper(id)"),
        ("users", "org_ids", "org_ids::text"),
        ("users", "org_ids", "NULL::text[]"),
        ("role_assignments", "deleted", "NULL::boolean"),
        ("role_assignments", "deleted", "deleted::text"),
        ("role_assignments", "role", "NULL::text"),
        ("role_assignments", "role", "upper(role)"),
        ("role_assignments", "role", "role || ' '"),
        ("role_assignments", "role", "1"),
        ("role_assignments", "user_id", "NULL::text"),
        ("role_assignments", "user_id", "user_id || ' '"),
        ("role_assignments", "org_id", "NULL::text"),
        ("role_assignments", "org_id", "upper(org_id)"),
        ("role_assignments", "org_id", "'{sch.fernvale}'::text[]"),
        ("role_assignments", "begin_date", "'9999-01-01'::date"),
        ("role_assignments", "begin_date", "'infinity'::date"),
        ("role_assignments", "begin_date", "'2020-01-01'::text"),
        ("role_assignments", "begin_date", "'5000000-01-01'::date"),
        ("role_assignments", "end_date", "'-infinity'::date"),
        ("role_assignments", "end_date", "'4713-01-01 BC'::date"),
        ("role_assignments", "end_date", "'2020-01-01'::timestamptz"),
        ("orgs", "id", "upper(id)"),
        ("orgs", "id", "NULL::text"),
        ("orgs", "deleted", "true"),
        ("orgs", "deleted", "NULL::boolean"),
        ("orgs", "deleted", "0"),
    ] {
        view(&district, table, &with(&district, table, column, expression));
        let sidecar = start(&district);
        for who in ["u.1", "p.okafor", "U.1", "u.1 ", "nobody"] {
            let told = sidecar.ask_in_time(who);
            assert_ne!(told.verdict, Verdict::Allow, "{table}.{column} as {expression}: {who}");
        }
        view(&district, table, &format!("SELECT * FROM own.{table}"));
    }
    let sidecar = start(&district);
    sidecar.until("the views as they should be", |told| told.verdict == Verdict::Allow, "u.1");
}

/// A collation for which letters of either case are the same, as a district's other programs may want it.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_careless_collation_changes_nothing() {
    let district = mapped();
    district.sql.run("CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level1', deterministic = false)");
    for (table, column) in
        [("users", "id"), ("role_assignments", "user_id"), ("role_assignments", "role"), ("orgs", "id")]
    {
        view(&district, table, &with(&district, table, column, &format!("{column} COLLATE careless")));
        let sidecar = start(&district);
        for who in ["U.1", "ú.1", "u.1\u{200b}", "P.Okafor", "p.okafor\u{300}"] {
            assert_ne!(sidecar.ask_in_time(who).verdict, Verdict::Allow, "{table}.{column}: {who}");
        }
        assert!(!sidecar.ask_in_time("u.1").denied(), "{table}.{column}");
        view(&district, table, &format!("SELECT * FROM own.{table}"));
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn ids_and_roles_count_byte_for_byte() {
    let district = District::new(1);
    let sidecar = district.sidecar(&[]);
    let names = ["u.x", "U.X", "u.x ", " u.x", "u.X", "u.x\u{200b}", "u.\u{445}", "u.x\t", "ﬀ", "ff", "é", "e\u{301}"];
    for holder in names {
        district.sql.run(&format!(
            "INSERT INTO hallpass.users (id, org_ids) VALUES ('{holder}', '{{sch.fernvale}}');
             INSERT INTO hallpass.role_assignments (id, user_id, role, org_id)
                 VALUES ('ra.{holder}', '{holder}', 'misis.principal', 'sch.fernvale')"
        ));
        for who in names {
            let told = sidecar.ask_at(who, "full");
            assert_eq!(told.verdict == Verdict::Allow, who == holder, "{holder:?} holds it, {who:?} asks: {told:?}");
        }
        district.sql.run("DELETE FROM hallpass.role_assignments WHERE role = 'misis.principal' AND id LIKE 'ra.%' AND length(user_id) < 6 AND user_id <> 'u.0'");
    }
    for (role, org) in [
        ("misis.no_such_role", "sch.fernvale"),
        ("", "sch.fernvale"),
        ("misis.principal ", "sch.fernvale"),
        ("MISIS.PRINCIPAL", "sch.fernvale"),
        ("principal", "sch.fernvale"),
        ("misis.principal", "sch.fernvale "),
        ("misis.principal", "SCH.FERNVALE"),
        ("misis.principal", ""),
        ("misis.principal", "%"),
        ("misis.principal", "sch.nowhere"),
    ] {
        district.sql.run(&format!(
            "UPDATE hallpass.role_assignments SET role = '{role}', org_id = '{org}' WHERE user_id = 'u.0'"
        ));
        let told = sidecar.ask_at("u.0", "full");
        assert!(told.denied(), "{role:?} at {org:?}: {told:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_hundred_thousand_roles_of_one_person_harm_nobody_else() {
    let district = District::new(50);
    let sidecar = district.sidecar(&[]);
    district.sql.run(
        "INSERT INTO hallpass.role_assignments (id, user_id, role, org_id)
             SELECT 'many.' || n, 'u.0', 'misis.role_' || n, 'sch.fernvale' FROM generate_series(1, 100000) n;
         INSERT INTO hallpass.enrollments (id, class_id, user_id, role)
             SELECT 'many.' || n, 'c.fernvale-eng9', 'u.1', 'teacher' FROM generate_series(1, 100000) n",
    );
    let before = sidecar.memory(false);
    std::thread::scope(|scope| {
        let many: Vec<_> = ["u.0", "u.1", "u.0", "u.1"]
            .map(|who| {
                scope.spawn({
                    let sidecar = &sidecar;
                    move || sidecar.ask_in_time(who)
                })
            })
            .into();
        for number in 2..50 {
            assert_ne!(sidecar.ask_in_time(&format!("u.{number}")).verdict, Verdict::Deny("unknown_subject".into()));
        }
        for told in many {
            println!("with 100,000 of them: {:?}", told.join().unwrap());
        }
    });
    // Those who are not in the way are served as ever, and what was taken away is gone.
    sidecar.until("somebody else's look-up", |told| told.verdict == Verdict::Allow, "u.49");
    district.sql.run("DELETE FROM hallpass.role_assignments WHERE user_id = 'u.0'; DELETE FROM hallpass.enrollments WHERE user_id = 'u.1'");
    let took = sidecar.until("the truth", Told::denied, "u.0");
    assert!(took < bound() * PATIENCE, "{took:?}");
    sidecar.until("the truth", |told| told.verdict == Verdict::Allow, "u.1");
    println!("memory: {before} MB before, {} MB at most", sidecar.memory(true));
}
