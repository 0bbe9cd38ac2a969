//! A small OneRoster 1.1 folder made for enumeration, in which every role stands at every kind of place.
//!
//! It is no realistic district: it holds one of each thing that the scopes tell apart, under ids that say what they are.
//!
//! ```text
//! D (district)
//! ├─ L1 (local)   sec (secondary)  elem (elementary)  opt (option)  cds (cds)  shut (deleted)
//! └─ L2 (local)   far (secondary)
//! ```
//!
//! Users: `u.<role>@<place>` holds the role at `sec`, `elem`, `L1` or `D`; `u.<role>@expired` held it at `sec` once.
//! `u.disabled` (District Proctor at D, disabled), `u.deleted` (System Administrator at D, deleted), `m.none` (no
//! org, no role). Whoever holds a role at a school, or held it, teaches there every class but `c.other`.
//!
//! Classes of each school: `c.taught`, `c.other`, `c.term` (its term runs), `c.ended` (its term is over), `c.left`
//! (the teachers' enrolments are over), `c.deleted`; all `@<school>`.
//!
//! Students, `@<school>`: `s.taught` `s.other` `s.term` `s.left` (in the class of that name), `s.two` (in `c.taught`
//! and in `c.other@far`), `s.listed` (in users.csv alone), `s.ended` (in `c.ended` alone, so at no school), `s.deleted`
//! (a deleted row, in `c.taught`), `s.gone` (a deleted row alone), and `s.none` of no school. `p.aide@<school>` is no student.
//!
//! records.csv: `r.mark@<school>` (misis.grades.mark of `s.taught`), `r.session@<school>` (map.testing.session by
//! `u.map.district_proctor@D`), `r.file@<school>` (misis.student_support.referral: school and section, no student).

use std::path::Path;

use super::guide;

pub const SCHOOLS: [(&str, &str, &str); 5] = [
    ("sec", "L1", "secondary"),
    ("elem", "L1", "elementary"),
    ("opt", "L1", "option"),
    ("cds", "L1", "cds"),
    ("far", "L2", "secondary"),
];

/// Where each role is held: `u.<role>@<place>`.
pub const PLACES: [&str; 4] = ["sec", "elem", "L1", "D"];

const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.level";
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,\
    familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password";
const SESSIONS: &str = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear";
const COURSES: &str = "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,\
    subjects,subjectCodes";
const CLASSES: &str = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
    schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods";
const ENROLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,\
    beginDate,endDate";
const ASSIGNMENTS: &str = "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate";
const RECORDS: &str = "sourcedId,status,type,properties";

const TAUGHT: [&str; 5] = ["c.taught", "c.term", "c.ended", "c.left", "c.deleted"];

/// All role ids, in the order of the guides.
pub fn roles() -> Vec<String> {
    guide::lines(include_str!("../../data/roles.tsv")).into_iter().map(|row| row[0].clone()).collect()
}

/// Every subject who holds or held a role: `(user, role)`.
pub fn subjects() -> Vec<(String, String)> {
    let places = || PLACES.into_iter().chain(["expired"]);
    roles().into_iter().flat_map(|role| places().map(move |at| (format!("u.{role}@{at}"), role.clone()))).collect()
}

/// Writes the folder; `dir` must exist.
pub fn write_enumeration_district(dir: &Path) {
    orgs().write(dir, "orgs.csv");
    users().write(dir, "users.csv");
    sessions().write(dir, "academicSessions.csv");
    courses().write(dir, "courses.csv");
    classes().write(dir, "classes.csv");
    enrolments().write(dir, "enrollments.csv");
    assignments().write(dir, "role_assignments.csv");
    records().write(dir, "records.csv");
}

/// A file in the making: its columns, and rows in which most cells are empty.
struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(header: &'static str) -> Table {
        Table { columns: header.split(',').map(str::trim).collect(), rows: Vec::new() }
    }

    fn add(&mut self, cells: &[(&str, &str)]) {
        let mut row = vec![String::new(); self.columns.len()];
        for (column, value) in cells {
            let at = self.columns.iter().position(|c| c == column).expect("no such column");
            row[at] = (*value).to_owned();
        }
        self.rows.push(row);
    }

    fn write(&self, dir: &Path, file: &str) {
        let mut writer = csv::Writer::from_path(dir.join(file)).expect("the folder can be written");
        writer.write_record(&self.columns).expect("header");
        self.rows.iter().for_each(|row| writer.write_record(row).expect("row"));
        writer.flush().expect("flush");
    }
}

fn orgs() -> Table {
    let mut t = Table::new(ORGS);
    let mut add = |id, kind, parent, level, status| {
        t.add(&[
            ("sourcedId", id),
            ("status", status),
            ("name", id),
            ("type", kind),
            ("parentSourcedId", parent),
            ("metadata.level", level),
        ]);
    };
    add("D", "district", "", "", "");
    add("L1", "local", "D", "", "active");
    add("L2", "local", "D", "", "active");
    for (school, local, level) in SCHOOLS {
        add(school, "school", local, level, "active");
    }
    add("shut", "school", "L1", "secondary", "tobedeleted");
    t
}

fn users() -> Table {
    let mut t = Table::new(USERS);
    for (id, _) in subjects() {
        let place = id.rsplit('@').next().unwrap_or("");
        let org = if place == "expired" { "sec" } else { place };
        add_user(&mut t, &id, "teacher", org, "", "true");
    }
    add_user(&mut t, "u.disabled", "administrator", "D", "", "false");
    add_user(&mut t, "u.deleted", "administrator", "D", "tobedeleted", "true");
    add_user(&mut t, "m.none", "administrator", "", "", "true");
    add_user(&mut t, "s.none", "student", "", "", "true");
    for (school, _, _) in SCHOOLS {
        add_people_of(&mut t, school);
    }
    t
}

fn add_people_of(t: &mut Table, school: &str) {
    let both = if school == "far" { "far".to_owned() } else { format!("{school},far") };
    for student in ["s.taught", "s.other", "s.term", "s.left", "s.listed"] {
        add_user(t, &format!("{student}@{school}"), "student", school, "", "true");
    }
    add_user(t, &format!("s.two@{school}"), "student", &both, "", "true");
    add_user(t, &format!("s.ended@{school}"), "student", "", "", "true");
    add_user(t, &format!("s.deleted@{school}"), "student", school, "tobedeleted", "true");
    add_user(t, &format!("s.gone@{school}"), "student", school, "tobedeleted", "true");
    add_user(t, &format!("p.aide@{school}"), "aide", school, "", "true");
}

fn add_user(t: &mut Table, id: &str, role: &str, orgs: &str, status: &str, enabled: &str) {
    t.add(&[
        ("sourcedId", id),
        ("status", status),
        ("enabledUser", enabled),
        ("orgSourcedIds", orgs),
        ("role", role),
        ("username", id),
        ("givenName", "Given"),
        ("familyName", "Family"),
    ]);
}

fn sessions() -> Table {
    let mut t = Table::new(SESSIONS);
    for (id, start, end) in [("t.now", "2000-01-01", "2100-01-01"), ("t.over", "2000-01-01", "2001-01-01")] {
        t.add(&[
            ("sourcedId", id),
            ("status", "active"),
            ("title", id),
            ("type", "term"),
            ("startDate", start),
            ("endDate", end),
            ("schoolYear", "2001"),
        ]);
    }
    t
}

fn courses() -> Table {
    let mut t = Table::new(COURSES);
    t.add(&[("sourcedId", "course"), ("title", "Course"), ("orgSourcedId", "D")]);
    t
}

fn classes() -> Table {
    let mut t = Table::new(CLASSES);
    for (school, _, _) in SCHOOLS {
        for class in TAUGHT.into_iter().chain(["c.other"]) {
            t.add(&[
                ("sourcedId", &format!("{class}@{school}")),
                ("status", if class == "c.deleted" { "tobedeleted" } else { "active" }),
                ("title", class),
                ("courseSourcedId", "course"),
                ("classType", "scheduled"),
                ("schoolSourcedId", school),
                ("termSourcedIds", term_of(class)),
            ]);
        }
    }
    t
}

fn term_of(class: &str) -> &'static str {
    match class {
        "c.term" => "t.over,t.now",
        "c.ended" => "t.over",
        _ => "",
    }
}

fn enrolments() -> Table {
    let mut t = Table::new(ENROLMENTS);
    for (user, _) in subjects() {
        let school = match user.rsplit('@').next() {
            Some("sec" | "expired") => "sec",
            Some("elem") => "elem",
            _ => continue,
        };
        for class in TAUGHT {
            let end = if class == "c.left" { "2001-01-01" } else { "" };
            enrol(&mut t, &user, class, school, "teacher", end);
        }
    }
    for (school, _, _) in SCHOOLS {
        for name in ["taught", "other", "term", "left", "ended"] {
            enrol(&mut t, &format!("s.{name}@{school}"), &format!("c.{name}"), school, "student", "");
        }
        enrol(&mut t, &format!("s.two@{school}"), "c.taught", school, "student", "");
        enrol(&mut t, &format!("s.two@{school}"), "c.other", "far", "student", "");
        enrol(&mut t, &format!("s.deleted@{school}"), "c.taught", school, "student", "");
    }
    t
}

fn enrol(t: &mut Table, user: &str, class: &str, school: &str, role: &str, end: &str) {
    let id = format!("e{}", t.rows.len());
    t.add(&[
        ("sourcedId", &id),
        ("status", "active"),
        ("classSourcedId", &format!("{class}@{school}")),
        ("schoolSourcedId", school),
        ("userSourcedId", user),
        ("role", role),
        ("primary", "false"),
        ("endDate", end),
    ]);
}

fn assignments() -> Table {
    let mut t = Table::new(ASSIGNMENTS);
    for (user, role) in subjects() {
        match user.rsplit('@').next() {
            Some("expired") => assign(&mut t, &user, &role, "sec", ("2000-01-01", "2001-01-01")),
            Some(place) => assign(&mut t, &user, &role, place, ("", "")),
            None => {}
        }
    }
    assign(&mut t, "u.disabled", "map.district_proctor", "D", ("", ""));
    assign(&mut t, "u.deleted", "map.system_administrator", "D", ("", ""));
    t
}

fn assign(t: &mut Table, user: &str, role: &str, org: &str, (begin, end): (&str, &str)) {
    let id = format!("a{}", t.rows.len());
    t.add(&[
        ("sourcedId", &id),
        ("status", "active"),
        ("userSourcedId", user),
        ("role", role),
        ("orgSourcedId", org),
        ("beginDate", begin),
        ("endDate", end),
    ]);
}

fn records() -> Table {
    let mut t = Table::new(RECORDS);
    let mut add = |id: String, topic, properties: String| {
        t.add(&[("sourcedId", &id), ("status", "active"), ("type", topic), ("properties", &properties)]);
    };
    for (school, _, _) in SCHOOLS {
        add(format!("r.mark@{school}"), "misis.grades.mark", format!(r#"{{"student": "s.taught@{school}"}}"#));
        let session = format!(r#"{{"school": "{school}", "created_by": "u.map.district_proctor@D"}}"#);
        add(format!("r.session@{school}"), "map.testing.session", session);
        let file = format!(r#"{{"school": ["{school}", "far"], "section": "c.taught@{school}", "student": null}}"#);
        add(format!("r.file@{school}"), "misis.student_support.referral", file);
    }
    t
}
