//! Worlds to decide in: the demo district under the shipped policies, and both grown.
#![allow(dead_code, clippy::allow_attributes, reason = "no benchmark needs all of it")]
#![expect(clippy::expect_used, clippy::indexing_slicing, unreachable_pub, reason = "a benchmark may fail")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hallpass::directory::Roster;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::decision::Decision;
use hallpass::policy::explain::Explanation;
use hallpass::policy::request::{Action, Request, Resource, Subject};
use hallpass::policy::source::Source;

/// A teacher, and a student of a section of theirs.
pub const OWN: (&str, &str) = ("t.rivera", "s.0142");
/// A teacher, and a student of none of theirs.
pub const OTHER: (&str, &str) = ("t.rivera", "s.0999");

/// May a teacher update a mark of a student?
pub fn request<'a>(subject: &'a str, student: &'a str) -> Request<'a> {
    Request {
        subject: Subject { kind: "user", id: subject, properties: &[] },
        action: Action { name: "update", properties: &[] },
        resource: Resource { kind: "misis.grades.mark", id: "m.1", student: Some(student), ..Resource::default() },
        context: &[],
    }
}

/// A policy, a roster and a day.
pub struct World {
    pub policy: Policy,
    pub roster: Roster,
    people: usize,
}

/// Students, sections and teachers of a grown world, per unit of growth.
const STUDENTS: usize = 250;
const TEACHERS: usize = 12;
const SECTIONS: usize = 60;

impl World {
    /// The shipped policies on the demo district.
    pub fn demo() -> Self {
        Self::new(&policies(1), &sources(&root().join("examples/district")), 0)
    }

    /// The shipped roles so many times over, on a district of so many times 250 students.
    pub fn grown(roles: usize, people: usize) -> Self {
        Self::new(&policies(roles), &district(people), people)
    }

    /// One school of 250 students, and people with roles at it: who, and which role.
    pub fn staffed(assignments: &[(&str, &str)]) -> Self {
        let (mut users, mut held) = (String::new(), String::new());
        for (at, (who, role)) in assignments.iter().enumerate() {
            if !assignments[..at].iter().any(|(other, _)| other == who) {
                _ = writeln!(users, "{who},,true,teacher");
            }
            _ = writeln!(held, "b.{at},,{who},{role},o.0,,");
        }
        Self::with_staff(1, &users, &held)
    }

    /// So many schools of 250 students, each with a principal `p.N` and a health office `n.N`; and the district's office.
    pub fn with_offices(schools: usize) -> Self {
        let (mut users, mut held) = (String::from("office,,true,\n"), String::new());
        _ = writeln!(held, "b.office,,office,misis.district_administrator,d,,");
        for school in 0..schools {
            for (who, role) in [("p", "misis.principal"), ("n", "misis.health_office")] {
                _ = writeln!(users, "{who}.{school},,true,");
                _ = writeln!(held, "b.{who}.{school},,{who}.{school},{role},o.{school},,");
            }
        }
        Self::with_staff(schools, &users, &held)
    }

    /// So many schools, with further rows of users.csv and role_assignments.csv.
    fn with_staff(schools: usize, users: &str, held: &str) -> Self {
        let mut district = district(schools);
        for (name, more) in [("users.csv", users), ("role_assignments.csv", held)] {
            let file = district.iter_mut().find(|file| *file.name == *name).expect("a file of the district");
            file.bytes = [&file.bytes, more.as_bytes()].concat().into();
        }
        Self::new(&policies(1), &district, schools)
    }

    fn new(policies: &[Source], directory: &[Source], people: usize) -> Self {
        let policy = Policy::compile(policies).expect("the shipped policies compile").policy;
        let roster = Roster::load(directory, &[]).expect("the district loads").roster;
        Self { policy, roster, people }
    }

    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        self.policy.decide(&self.roster, request, TODAY)
    }

    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        self.policy.explain(&self.roster, request, TODAY)
    }

    /// Pairs of a teacher and a student, in half of which the teacher teaches the student.
    pub fn questions(&self, count: usize) -> Vec<(String, String)> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).expect("below a usize")
        };
        let mut questions = Vec::new();
        for at in 0..count {
            let student = random(STUDENTS * self.people);
            let section = sections_of(student)[random(7)];
            let own = student / STUDENTS * TEACHERS + section % TEACHERS;
            let teacher = if at % 2 == 0 { own } else { random(TEACHERS * self.people) };
            questions.push((format!("t.{teacher}"), format!("s.{student}")));
        }
        questions
    }
}

/// 2026-11-22.
pub const TODAY: Day = Day(20_779);

/// The package.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped policies, every role so many times over under ids of its own.
pub fn policies(times: usize) -> Vec<Source> {
    let shipped = sources(&root().join("policies"));
    let mut files = shipped.clone();
    for copy in 1..times {
        for file in shipped.iter().filter(|file| file.bytes.windows(7).any(|bytes| bytes == b"role/v1")) {
            let text = String::from_utf8(file.bytes.to_vec()).expect("UTF-8");
            let id = text.lines().find_map(|line| line.strip_prefix("role: ")).expect("a role");
            let text = text.replacen(&format!("role: {id}"), &format!("role: {id}_{copy}"), 1);
            files.push(Source { name: format!("{copy}/{}", file.name).into(), bytes: text.into_bytes().into() });
        }
    }
    files
}

/// The seven sections of a student, in blocks of the district's sections.
fn sections_of(student: usize) -> [usize; 7] {
    let (block, place) = (student / STUDENTS, student % STUDENTS);
    std::array::from_fn(|period| block * SECTIONS + (place * 7 + period * 11) % SECTIONS)
}

/// A district of CSV files, in memory: one school for every 250 students, each with its teachers and sections.
pub fn district(times: usize) -> Vec<Source> {
    let mut orgs = String::from("sourcedId,status,name,type,parentSourcedId,metadata.timeZone\nd,,D,district,,UTC\n");
    let mut users = String::from("sourcedId,status,enabledUser,role\n");
    let mut classes = String::from("sourcedId,status,schoolSourcedId,termSourcedIds\n");
    let mut enrollments =
        String::from("sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate\n");
    let mut assignments = String::from("sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n");
    let mut row = 0;
    for school in 0..times {
        _ = writeln!(orgs, "o.{school},,S,school,d,");
        for section in school * SECTIONS..(school + 1) * SECTIONS {
            _ = writeln!(classes, "c.{section},,o.{school},");
            let teacher = school * TEACHERS + section % TEACHERS;
            _ = writeln!(enrollments, "e.{row},,c.{section},o.{school},t.{teacher},teacher,,");
            row += 1;
        }
        for teacher in school * TEACHERS..(school + 1) * TEACHERS {
            _ = writeln!(users, "t.{teacher},,true,teacher");
            _ = writeln!(assignments, "a.{teacher},,t.{teacher},misis.teacher,o.{school},,");
        }
        for student in school * STUDENTS..(school + 1) * STUDENTS {
            _ = writeln!(users, "s.{student},,true,student");
            for section in sections_of(student) {
                _ = writeln!(enrollments, "e.{row},,c.{section},o.{school},s.{student},student,,");
                row += 1;
            }
        }
    }
    let file = |name: &str, text: String| Source { name: name.into(), bytes: text.into_bytes().into() };
    vec![
        file("orgs.csv", orgs),
        file("users.csv", users),
        file("classes.csv", classes),
        file("enrollments.csv", enrollments),
        file("role_assignments.csv", assignments),
    ]
}

/// The files of a folder and its subfolders.
pub fn sources(folder: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let within = folder.file_name().expect("a name").to_string_lossy();
            let name = if folder.ends_with("district") { name } else { format!("{within}/{name}") };
            files.push(Source { name: name.into(), bytes: std::fs::read(&path).expect("a file").into() });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}
