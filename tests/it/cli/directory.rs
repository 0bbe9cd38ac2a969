//! `directory check`: what it prints, as text and as JSON, and its exit codes.

use std::io::Write;

use serde_json::Value;
use zip::write::SimpleFileOptions;

use super::{DISTRICT, Place, shipped, small};

const CHECK: &str = "directory check examples/district";

#[test]
fn the_demo_district_has_no_errors_and_is_counted() {
    let ended = shipped("directory check examples/district --policies policies --format plain");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{}", ended.out);
    assert!(!ended.out.contains(": error: "), "{}", ended.out);
    assert!(ended.out.contains("\nno errors, "), "{}", ended.out);
    assert!(ended.out.contains("file                  rows  deleted  skipped\n"), "{}", ended.out);
}

#[test]
fn findings_are_shown_by_kind_and_the_rest_is_counted() {
    let rows: String = (0..8).map(|n| format!("{n}x,,art,high,lee,teacher,1/31/2026,\n")).collect();
    let (_, enrolments) = DISTRICT[3];
    let place = small(&[("examples/district/enrollments.csv", &(enrolments.to_owned() + &rows))]);
    let few = place.run(&format!("{CHECK} --format plain"));
    let message = "examples/district/enrollments.csv:9:26: warning: `1/31/2026` is not a day as YYYY-MM-DD, so the row is \
                   skipped (`2026-01-31` was probably meant; 3 more like this: `--all` lists them)\n";
    assert!(few.out.contains(message), "{}", few.out);
    assert!(few.out.contains("enrollments.csv         11        0        8\n"), "{}", few.out);
    assert!(few.out.contains("\n4 people, 2 students, 2 schools, 1 sections, 3 enrolments, 2 roles held, 0 records\n"));
    let all = place.run(&format!("{CHECK} --format plain --all"));
    assert_eq!(all.out.matches("`1/31/2026` is not a day").count(), 8);
    assert_eq!((few.code, all.code), (0, 0));
    let drawn = place.run(CHECK);
    assert!(drawn.out.contains(" | 0x,,art,high,lee,teacher,1/31/2026,\n"), "{}", drawn.out);
}

#[test]
fn json_has_findings_kinds_rows_and_totals() {
    let broken = "sourcedId,status,enabledUser,primaryOrgSourcedId\nlee,,true,high\nlee,,true,high\n";
    for (files, errors, code) in [(&[][..], 0, 0), (&[("examples/district/users.csv", broken)][..], 1, 1)] {
        let ended = small(files).run(&format!("{CHECK} --format json"));
        let told: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((ended.code, &told["errors"]), (code, &errors.into()));
        let kinds = told["kinds"].as_array().unwrap();
        let counted: u64 = kinds.iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
        assert_eq!(counted, told["errors"].as_u64().unwrap() + told["warnings"].as_u64().unwrap());
        assert_eq!(told["files"]["orgs.csv"]["rows"], 3);
        assert_eq!(told["holds"].is_null(), errors > 0);
        let first = &told["findings"][0];
        assert_eq!(first["severity"], if errors > 0 { "error" } else { "warning" });
    }
}

#[test]
fn roles_are_looked_at_where_policies_are_given() {
    let assigned = "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n\
                    1,,lee,sis.teacher,d,,\n2,,kim,sis.auditer,d,,\n";
    let place = small(&[("examples/district/role_assignments.csv", assigned)]);
    let without = place.run(&format!("{CHECK} --format plain"));
    assert!(!without.out.contains("role_assignments.csv:"), "{}", without.out);
    let with = place.run(&format!("{CHECK} --format plain --policies policies"));
    assert!(
        with.out.contains("role_assignments.csv:2:8: warning[idle-assignment]: `sis.teacher` has no effect at `d`"),
        "{}",
        with.out
    );
    assert!(
        with.out.contains("role_assignments.csv:3:8: warning[idle-assignment]: there is no role `sis.auditer`"),
        "{}",
        with.out
    );
}

#[test]
fn a_zip_is_checked_like_its_folder() {
    let place = Place::with(&DISTRICT);
    let file = std::fs::File::create(place.0.path().join("people.zip")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    for (name, text) in DISTRICT {
        zip.start_file(name.rsplit_once('/').unwrap().1, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let folder = place.run(&format!("{CHECK} --format plain"));
    let zipped = place.run("directory check people.zip --format plain");
    assert_eq!(zipped.out.replace("people.zip/", "examples/district/"), folder.out);
    place.write("broken.zip", "PK");
    let broken = place.run("directory check broken.zip --format plain");
    assert_eq!(broken.code, 1);
    assert!(broken.out.starts_with("broken.zip: error: this is not a zip file that can be read"), "{}", broken.out);
    let missing = place.run("directory check nowhere");
    assert_eq!((missing.code, missing.err.contains("nowhere: does not exist")), (1, true), "{}", missing.err);
}
