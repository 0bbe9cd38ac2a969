//! What a messy district has beside spoilt rows: organisations that hang from nobody or from each other, terms that are
//! none, classes in them, and people who have to do with all that.

use super::chance::Chance;
use super::files::{ALWAYS, DELETED, Enrolment, Files, User};
use super::office::ROOT;
use super::{Refused, Setting};

/// Organisations: id, status, type, parent, level.
const ORGS: [[&str; 5]; 8] = [
    ["sch.orphan", "", "school", "ld.gone", "secondary"],
    ["sch.closed", DELETED, "school", "ld.1", "secondary"],
    ["sch.below-closed", "", "school", "sch.closed", ""],
    ["sch.circle-1", "", "school", "sch.circle-2", "elementary"],
    ["sch.circle-2", "", "school", "sch.circle-1", "elementary"],
    ["sch.self", "", "school", "sch.self", ""],
    ["sch.campus", "", "campus", "ld.1", "K-12"],
    ["d.second", "", "district", "", ""],
];

/// Terms: id, status, begin, end.
const TERMS: [[&str; 4]; 5] = [
    ["term.us-dates", "", "8/10/2026", "6/11/2037"],
    ["term.no-end", "", "2026-08-10", ""],
    ["term.backwards", "", "2037-06-11", "2026-08-10"],
    ["term.deleted", DELETED, "2026-08-10", "2037-06-11"],
    ["term.long", "", "1900-01-01", "2500-01-01"],
];

/// Classes: the last part of the id, its school, its terms.
const CLASSES: [[&str; 3]; 9] = [
    ["orphan", "sch.orphan", ""],
    ["closed", "sch.closed", ""],
    ["circle", "sch.circle-1", "sy.current"],
    ["us-dates", "sch.0001", "term.us-dates"],
    ["no-end", "sch.0001", "term.no-end,term.unknown"],
    ["backwards", "sch.0001", "term.backwards"],
    ["deleted", "sch.0001", "term.deleted"],
    ["one-good", "sch.0001", "term.us-dates,,term.long,sy.current"],
    ["blank", "sch.0001", " "],
];

/// Writes them.
pub(super) fn write(setting: &Setting, files: &mut Files) -> Result<(), Refused> {
    for [id, status, kind, parent, level] in ORGS {
        files.orgs.firm(&[
            &id,
            &status,
            &"",
            &format_args!("Odd {id}"),
            &kind,
            &"",
            &parent,
            &level,
            &"Mars/Olympus",
        ])?;
    }
    for [id, status, begin, end] in TERMS {
        files.sessions.firm(&[&id, &status, &"", &id, &"semester", &begin, &end, &"", &"2027"])?;
    }
    let mut chance = Chance::new(setting.seed, "oddities", 0);
    for (who, status, enabled) in [("t.odd", "", true), ("t.gone", DELETED, true), ("t.idle", "", false)] {
        files.user(&User { id: who, status, enabled, grade: "", org: ROOT }, &mut chance)?;
        let places = ORGS.iter().map(|[id, ..]| *id).chain([ROOT, "ld.1", "sch.0001"]);
        for (turn, org) in (1..).zip(places) {
            files.role((who, turn), "", "teacher", org, ALWAYS)?;
            let role = if turn % 2 == 0 { "misis.principal" } else { "misis.teacher" };
            files.assignment((who, turn), "", role, org, ALWAYS)?;
        }
    }
    for who in ["s.odd", "s.gone"] {
        let status = if who == "s.gone" { DELETED } else { "" };
        files.user(&User { id: who, status, enabled: true, grade: "09", org: "sch.orphan" }, &mut chance)?;
        files.role((who, 1), "", "Student", "sch.circle-1", ALWAYS)?;
        files.role((who, 2), "", "student", "sch.closed", ALWAYS)?;
    }
    for [name, school, terms] in CLASSES {
        let class = format!("c.odd.{name}");
        files.classes.row(&[
            &class,
            &"",
            &"",
            &name,
            &"09",
            &"co.unknown",
            &"",
            &"scheduled",
            &"",
            &school,
            &terms,
            &"",
            &"",
            &"",
        ])?;
        for (user, role) in [("t.odd", "teacher"), ("t.gone", "teacher"), ("s.odd", "student"), ("s.gone", "student")] {
            let (turn, status, primary, dates) = (0, "", false, ALWAYS);
            files.enrolment(&Enrolment { class: &class, school, user, turn, status, role, primary, dates })?;
        }
    }
    Ok(())
}
