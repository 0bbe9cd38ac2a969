//! Bringing sets into the database: what becomes of each row, what is written and logged, and what is refused.

use hallpass::directory::postgres::import::{ImportError, Outcome, Wish};
use hallpass::policy::source::{Finding, Place};

use super::own::{Database, Sql};
use super::set::{Files, everything, rows};

const ANYHOW: Wish = Wish { delta: false, accept_shrink: true };
const CAREFUL: Wish = Wish { delta: false, accept_shrink: false };
const DELTA: Wish = Wish { delta: true, accept_shrink: false };

fn imported() -> (Database, Sql) {
    let database = Database::migrated();
    let mut sql = database.connect();
    Files::small().import(&mut sql, CAREFUL).unwrap();
    (database, sql)
}

#[test]
#[ignore = "needs PostgreSQL"]
fn each_row_becomes_what_a_folder_makes_of_it() {
    let (_database, sql) = imported();
    let cases: &[(&str, &[&str])] = &[
        ("orgs", &["(d,0,f,district,,,Europe/Rome)", "(s1,1,f,school,d,secondary,)", "(s2,2,t,school,d,,)"]),
        ("academic_sessions", &["(t1,f,2026-08-01,2027-07-01)", "(t2,t,,)"]),
        // A class may name no term, or none that is known.
        ("classes", &["(c1,1,f,s1,\"{t1,t2}\")", "(c2,0,f,s1,)", "(c3,2,f,nowhere,{})"]),
        (
            "users",
            &[
                r#"(w,3,f,f,t,{},"{""house"":""blue \\""one\\""""}")"#,
                "(x,2,t,f,t,{},{})",
                "(y,1,f,t,f,{s1},{})",
                r#"(z,0,f,t,t,"{s1,d}","{""grade"":""4""}")"#,
            ],
        ),
        // A bad day takes the row out of effect; its student stays a known one.
        ("roles", &["(r1,f,y,s1,teacher,2026-01-01,)", "(r2,t,z,s1,student,,)"]),
        (
            "enrollments",
            &[
                "(e1,f,c1,y,teacher,,)",
                "(e2,f,c1,z,student,2026-08-01,2027-07-01)",
                "(e3,f,c1,nobody,student,,)",
                "(e4,t,c1,w,student,,)",
            ],
        ),
        (
            "role_assignments",
            &["(a,1,f,y,misis.counselor,s1,,)", "(b,0,f,y,misis.teacher,s1,,)", "(c,2,t,y,\"\",s1,,)"],
        ),
        ("records", &["(m1,1,f,x.y,)", r#"(m2,0,f,x.y,"{""school"": ""s1""}")"#, "(m3,2,t,x.y,{})"]),
    ];
    for (table, expected) in cases {
        assert_eq!(rows(&sql, table), *expected, "{table}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_same_again_writes_nothing() {
    let (_database, mut sql) = imported();
    let (before, sequence) = (everything(&sql), sql.sequence());
    let again = Files::small().import(&mut sql, CAREFUL).unwrap();
    assert!(again.tables.iter().all(|table| table.written() == 0 && table.unchanged > 0), "{:?}", again.tables);
    assert_eq!((again.sequence, sql.sequence(), everything(&sql)), (sequence, sequence, before));
}

/// A text of a file and what takes its place; how many rows of which table that inserts, changes and deletes; what is logged.
type Change = (&'static str, &'static str, &'static str, &'static str, [i64; 3], &'static [&'static str]);

/// One change each: what it writes, and what is logged.
#[test]
#[ignore = "needs PostgreSQL"]
fn only_what_differs_is_written_and_logged() {
    let cases: &[Change] = &[
        ("users.csv", "y,,,teacher", "y,,false,teacher", "users", [0, 1, 0], &["user y"]),
        ("users.csv", "s1,,,\nx", "s1,d,,\nx", "users", [0, 1, 0], &["user y"]),
        ("users.csv", "s1,4,", "s1,5,", "users", [0, 1, 0], &["user z"]),
        ("users.csv", "w,,FALSE,Student,,,,\"blue \"\"one\"\"\"\n", "", "users", [0, 0, 1], &["user w"]),
        ("users.csv", "y,,,", "y,tobedeleted,,", "users", [0, 0, 1], &["user y"]),
        ("users.csv", "x,tobedeleted,", "x,,", "users", [0, 1, 0], &["user x"]),
        ("enrollments.csv", "e1,,c1,y", "e1,,c2,y", "enrollments", [0, 1, 0], &["user y"]),
        ("enrollments.csv", "e1,,c1,y", "e5,,c1,y", "enrollments", [1, 0, 1], &["user y", "user y"]),
        ("enrollments.csv", "2026-08-01,2027", "2026-08-02,2027", "enrollments", [0, 1, 0], &["user z"]),
        ("classes.csv", "c2,,s1,", "c2,,s1,t1", "classes", [0, 1, 0], &["class c2"]),
        (
            "classes.csv",
            "\"t1,t2\"",
            "t1",
            "classes",
            [0, 1, 0],
            &["class c1", "user nobody", "user w", "user y", "user z"],
        ),
        ("records.csv", "no JSON", "{}", "records", [0, 1, 0], &["record x.y m1"]),
        ("records.csv", "\"\": \"\"", "\"\":\"\"", "records", [0, 1, 0], &["record x.y m2"]),
        ("role_assignments.csv", "misis.teacher", "misis.Teacher", "role_assignments", [0, 1, 0], &["user y"]),
        ("roles.csv", "2026-13-01", "2026-12-01", "roles", [0, 1, 0], &["user z"]),
        ("academicSessions.csv", "2027-07-01", "2027-07-02", "academic_sessions", [0, 1, 0], &["frame"]),
        ("orgs.csv", "secondary", "elementary", "orgs", [0, 1, 0], &["frame"]),
    ];
    let (_database, mut sql) = imported();
    for (file, from, to, table, expected, logged) in cases {
        Files::small().import(&mut sql, ANYHOW).unwrap();
        let before = sql.sequence();
        let changed = Files::small().edit(file, from, to).import(&mut sql, ANYHOW).unwrap();
        for Outcome { table: name, inserted, changed, deleted, .. } in changed.tables {
            let expected = if name == *table { *expected } else { [0; 3] };
            assert_eq!([inserted, changed, deleted], expected, "{name}: {file}: {to}");
        }
        let mut log = sql.log(before);
        log.sort_unstable();
        assert_eq!(log, *logged, "{file}: {to}");
    }
}

/// Grants are tried in the file's order, also where the file has another order than before.
#[test]
#[ignore = "needs PostgreSQL"]
fn assignments_keep_the_order_of_a_whole_file() {
    let (_database, mut sql) = imported();
    let header = "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate";
    let cases = [
        ("a,,y,misis.counselor,s1,,\nb,,y,misis.teacher,s1,,\nc,,y,,s1,,", vec!["a", "b", "c"], vec!["user y"]),
        ("n,,y,x,s1,,\na,,y,misis.counselor,s1,,\nb,,y,misis.teacher,s1,,", vec!["n", "a", "b"], vec!["user y"; 3]),
        (
            "z,,z,x,s1,,\nn,,y,x,s1,,\na,,y,misis.counselor,s1,,\nb,,y,misis.teacher,s1,,",
            vec!["n", "a", "b", "z"],
            vec!["user z"],
        ),
    ];
    for (held, order, logged) in cases {
        let before = sql.sequence();
        let files = Files::small().with("role_assignments.csv", &format!("{header}\n{held}\n"));
        files.import(&mut sql, ANYHOW).unwrap();
        let rows = sql.rows("SELECT id FROM hallpass.role_assignments ORDER BY row", &[]);
        assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), order);
        assert_eq!(sql.log(before), logged, "{held}");
        files.import(&mut sql, ANYHOW).unwrap();
        assert_eq!(sql.log(before), logged, "again: {held}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_set_of_changes_leaves_the_rest_alone() {
    let (_database, mut sql) = imported();
    let before = everything(&sql);
    // What a deleted row says beside its id is not taken: a student stays a known one.
    let changes = Files::of(&[
        ("users.csv", "sourcedId,status,role,metadata.grade\nz,tobedeleted,,\nv,,student,3\n"),
        (
            "enrollments.csv",
            "sourcedId,status,classSourcedId,userSourcedId,role\ne2,tobedeleted,,,\ne9,tobedeleted,c1,v,student\ne1,,c2,y,teacher\n",
        ),
    ]);
    let after = changes.import(&mut sql, DELTA).unwrap();
    let expected = [
        ("enrollments (e2,f,", "enrollments (e2,t,"),
        ("enrollments (e1,f,c1,", "enrollments (e1,f,c2,"),
        (r#"users (z,0,f,t,t,"{s1,d}""#, r#"users (z,0,t,t,t,"{s1,d}""#),
    ];
    let mut should: Vec<String> = before
        .iter()
        .map(|row| expected.iter().fold(row.clone(), |row, (from, to)| row.replace(from, to)))
        .chain([
            "enrollments (e9,t,c1,v,student,,)".to_owned(),
            r#"users (v,4,f,t,t,{},"{""grade"":""3""}")"#.to_owned(),
        ])
        .collect();
    let mut is = everything(&sql);
    should.sort_unstable();
    is.sort_unstable();
    assert_eq!(is, should);
    let told: Vec<_> = after.tables.iter().map(|it| (it.table, it.inserted, it.changed, it.deleted)).collect();
    assert_eq!(told, [("enrollments", 1, 1, 1), ("users", 1, 0, 1)]);
    let sequence = sql.sequence();
    changes.import(&mut sql, DELTA).unwrap();
    assert_eq!(sql.sequence(), sequence, "the same changes again");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_manifest_says_how_each_file_is_meant() {
    let (_database, mut sql) = imported();
    let manifest = "propertyName,value\nfile.users,delta\nfile.enrollments,bulk\nfile.roles,absent\n";
    let files = Files::small().without("roles.csv").with("manifest.csv", manifest);
    let files = files.edit("users.csv", "w,,FALSE,Student,,,,\"blue \"\"one\"\"\"\n", "");
    let files = files.edit("enrollments.csv", "e4,odd,c1,w,student,,\n", "");
    files.import(&mut sql, CAREFUL).unwrap();
    let count = |table| rows(&sql, table).len();
    assert_eq!([count("users"), count("enrollments"), count("roles")], [4, 3, 2]);

    let missing = Files::small().without("roles.csv").with("manifest.csv", "propertyName,value\nfile.roles,bulk\n");
    let refused = missing.import(&mut sql, ANYHOW).unwrap_err();
    let ImportError::Refused(findings) = refused else { panic!("{refused}") };
    assert_eq!(findings[0].message, "the file is missing, and manifest.csv says that it is there");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_set_that_would_take_more_than_a_fifth_is_refused() {
    let database = Database::migrated();
    let mut sql = database.connect();
    let users = |count: usize| (0..count).map(|at| format!("u{at},,student\n")).collect::<String>();
    let set = |count: usize| Files::small().with("users.csv", &format!("sourcedId,status,role\n{}", users(count)));
    set(100).import(&mut sql, CAREFUL).unwrap();
    set(80).import(&mut sql, CAREFUL).unwrap();
    let before = (everything(&sql), sql.sequence());
    let less = set(63).without("records.csv").edit("orgs.csv", "s1,active", "s1,tobedeleted");
    let refused = less.import(&mut sql, CAREFUL).unwrap_err().to_string();
    let listed = "more than a fifth of `users` (17 of 80 rows), `records` (2 of 2 rows), `orgs` (1 of 2 rows)";
    assert!(refused.contains(listed) && refused.ends_with("say `--accept-shrink`"), "{refused}");
    assert_eq!((everything(&sql), sql.sequence()), before);
    less.import(&mut sql, ANYHOW).unwrap();
    assert_eq!(rows(&sql, "users").len(), 63);
    assert!(rows(&sql, "records").is_empty());
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_fails_half_way_leaves_everything_as_it_was() {
    let (_database, mut sql) = imported();
    let before = (everything(&sql), sql.sequence());
    let cases = [
        ("enrollments.csv", "e2,,c1", "e1,,c1", "`e1` is the sourcedId of line 2 too"),
        ("orgs.csv", "s1,active,school,d,secondary,", "s1,active", "the row has 2 values where the header has 6"),
        ("users.csv", "one\"\"\"", "one\"\"", "quotes are opened and not closed"),
        ("users.csv", "y,,,teacher", "y\0,,,teacher", "NUL character"),
        ("classes.csv", "\"t1,t2\"", "\"t1,t\0\"", "NUL character"),
    ];
    let long = format!("{},,c1", "e".repeat(1_001));
    let cases = cases.into_iter().chain([("enrollments.csv", "e2,,c1", &*long, "longer than 1000 bytes")]);
    for (file, from, to, why) in cases {
        let refused = Files::small().edit(file, from, to).import(&mut sql, ANYHOW).unwrap_err();
        let ImportError::Refused(findings) = refused else { panic!("{refused}") };
        assert!(findings.iter().any(|finding| finding.message.contains(why)), "{findings:?}");
        assert_eq!((everything(&sql), sql.sequence()), before, "{why}");
    }
    let place = Place { file: "orgs.csv".into(), line: 0, column: 0, width: 1 };
    let changed = || Err(Finding::error(place.clone(), "its files kept changing"));
    let other = Files::small().edit("orgs.csv", "secondary", "cds");
    assert!(matches!(other.import_if(&mut sql, ANYHOW, &changed), Err(ImportError::Refused(_))));
    assert_eq!((everything(&sql), sql.sequence()), before);

    // The last table that is written refuses.
    sql.run(
        "CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;
             CREATE TRIGGER no BEFORE UPDATE ON hallpass.orgs EXECUTE FUNCTION public.no()",
    );
    let refused = other.edit("users.csv", "y,,,teacher", "y,,,student").import(&mut sql, ANYHOW).unwrap_err();
    let told = "the database refused, and nothing was imported: not today (P0001)";
    assert_eq!(refused.to_string(), told);
    assert_eq!((everything(&sql), sql.sequence()), before);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn readers_see_all_of_it_or_nothing() {
    let (database, mut sql) = imported();
    let before = everything(&sql);
    let (holder, reader) = (database.sql(), database.sql());
    holder.run("BEGIN; SELECT FROM hallpass.orgs WHERE id = 's1' FOR UPDATE");
    let files = Files::small().edit("orgs.csv", "secondary", "cds").edit("users.csv", "y,,,teacher", "y,,,student");
    std::thread::scope(|scope| {
        let import = scope.spawn(|| files.import(&mut sql, CAREFUL).unwrap());
        reader.until(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                      AND datname = current_database() AND query LIKE 'UPDATE hallpass.orgs%')",
        );
        assert_eq!(everything(&reader), before);
        holder.run("COMMIT");
        import.join().unwrap();
    });
    let after = everything(&reader);
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert_eq!((changed, after.len()), (2, before.len()));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn one_import_at_a_time_into_tables_that_are_there() {
    let (database, mut sql) = imported();
    let other = database.sql();
    other.run("BEGIN; SELECT pg_advisory_xact_lock(7521412065683141493)");
    assert!(matches!(Files::small().import(&mut sql, CAREFUL), Err(ImportError::Running)));
    other.run("COMMIT; UPDATE hallpass.directory SET version = 7");
    let newer = Files::small().import(&mut sql, CAREFUL).unwrap_err().to_string();
    assert!(newer.starts_with("the schema has version 7"), "{newer}");
    let empty = Database::empty();
    let missing = Files::small().import(&mut empty.connect(), CAREFUL).unwrap_err().to_string();
    assert_eq!(missing, "the schema is not there, or not of version 1: run `hallpass directory migrate` first");
}

/// Values that a folder takes, and what becomes of them.
#[test]
#[ignore = "needs PostgreSQL"]
fn messy_values_keep_their_meaning() {
    let cases: &[(&str, &str, &str, &str)] = &[
        // A row without an id may still make somebody a student; a hundred of them no more than one.
        (
            "enrollments.csv",
            "e4,odd,c1,w,student,,\n",
            ",,c1,w,STUDENT,,\n,,c1,w,student,,\n,,c1,y,teacher,,\n",
            "enrollments (\"without sourcedId: w\",t,c1,w,STUDENT,,)",
        ),
        (
            "roles.csv",
            "r2,,z,student,s1,,2026-13-01",
            ",,z,student,s1,,",
            "roles (\"without sourcedId: z\",t,z,s1,student,,)",
        ),
        (
            "enrollments.csv",
            "e1,,c1,y,teacher,,",
            "e1,,c1,y,teacher,0000-02-29,9999-12-31",
            "enrollments (e1,f,c1,y,teacher,\"0001-02-29 BC\",9999-12-31)",
        ),
        ("enrollments.csv", "e1,,c1,y,teacher,,", "e1,,c1,y,teacher,08/01/2026,", "enrollments (e1,t,c1,y,teacher,,)"),
        ("enrollments.csv", "e1,,c1,y", "\" e1\",,c1,Y ", "enrollments (\" e1\",f,c1,\"Y \",teacher,,)"),
        (
            "users.csv",
            "\"s1,d\"",
            "\"s1,,d,s1,{x},a\"\"b\\\"",
            r#"users (z,0,f,t,t,"{s1,d,""{x}"",""a\\""b\\\\""}","{""grade"":""4""}")"#,
        ),
        ("users.csv", "y,,,teacher", "y,,yes,teacher", "users (y,1,f,f,f,{s1},{})"),
        (
            "users.csv",
            "y,,,teacher,s1,,,",
            "y,,,teacher,s1,,\"a\0b\",",
            r#"users (y,1,f,t,f,{s1},"{""grade"":""a\\u0000b""}")"#,
        ),
        ("records.csv", "no JSON", "\"{\"\"a\"\": \"\"\\ud800\"\"}\"", "records (m1,1,f,x.y,)"),
        (
            "records.csv",
            "no JSON",
            "\"{\"\"a\"\": \"\"\\u0000\"\"}\"",
            r#"records (m1,1,f,x.y,"{""a"": ""\\u0000""}")"#,
        ),
        (
            "records.csv",
            "no JSON",
            "\"{\"\"a\"\": 1, \"\"a\"\": 2}\"",
            r#"records (m1,1,f,x.y,"{""a"": 1, ""a"": 2}")"#,
        ),
        ("records.csv", "no JSON", "\"{\"\"a\"\": 1e999}\"", "records (m1,1,f,x.y,)"),
        ("records.csv", "no JSON", "[]", "records (m1,1,f,x.y,)"),
        ("records.csv", "no JSON", "\"{\"\"school\"\": 5}\"", "records (m1,1,f,x.y,)"),
        ("records.csv", "m1,,x.y,", "m1,,,", "records (m1,1,t,\"\",)"),
    ];
    for (file, from, to, expected) in cases {
        let database = Database::migrated();
        let mut sql = database.connect();
        Files::small().edit(file, from, to).import(&mut sql, CAREFUL).unwrap();
        let rows = everything(&sql);
        assert!(rows.iter().any(|row| row == expected), "{expected}: {rows:#?}");
        let sequence = sql.sequence();
        Files::small().edit(file, from, to).import(&mut sql, CAREFUL).unwrap();
        assert_eq!(sql.sequence(), sequence, "again: {to}");
    }
}
