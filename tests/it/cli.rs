//! The command line as people meet it: the built binary, small folders, exact texts and exit codes.

mod answers;
mod configuration;
mod database;
mod diff;
mod directory;
mod healthcheck;
mod matrix;
mod mistakes;
mod roles;
mod routes;
mod serving;
mod shells;
mod tests;
mod validate;
mod who_can;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a command came to.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A folder of small files with the binary run in it, so that messages name relative paths.
struct Place(TempDir);

impl Place {
    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self(TempDir::new().unwrap());
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, line: &str) -> Ended {
        run_in(self.0.path(), line, &[])
    }
}

/// Runs a command line, its words parted by spaces, without the variables of whoever runs the tests.
fn run_in(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.args(line.split_whitespace()).current_dir(folder).env_clear().envs(variables.iter().copied());
    Ended::of(command.output().unwrap())
}

/// Runs a command line where the shipped policies and the demo district are.
fn shipped(line: &str) -> Ended {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), line, &[])
}

const APPLICATION: &str = "\
hallpass: application/v1
application: sis
title: A small application
modules:
  grades:
    title: Grades
    topics:
      mark: [view, update]
apart: [school, district]
apart_because: nobody should check their own work
";

const TEACHER: &str = "\
hallpass: role/v1
role: sis.teacher
title: Teacher
held_at: school
not_at: [elementary]
reach: section
clauses:
  1: enters marks of the own classes
grants:
  - allow: [view, update]
    topics: [grades.mark]
    clause: 1
";

const AUDITOR: &str = "\
hallpass: role/v1
role: sis.auditor
title: Auditor
held_at: district
reach: org
grants:
  - allow: view
    topics: [grades.mark]
";

/// A good policy set.
const POLICIES: [(&str, &str); 3] =
    [("policies/sis.yaml", APPLICATION), ("policies/teacher.yaml", TEACHER), ("policies/auditor.yaml", AUDITOR)];

/// A district of two schools: Lee teaches Sam.
const DISTRICT: [(&str, &str); 5] = [
    (
        "examples/district/orgs.csv",
        "sourcedId,status,name,type,identifier,parentSourcedId,metadata.level,metadata.timeZone\n\
         d,,District,district,1,,,America/Los_Angeles\n\
         high,,High,school,2,d,secondary,\n\
         small,,Small,school,3,d,elementary,\n",
    ),
    (
        "examples/district/users.csv",
        "sourcedId,status,enabledUser,primaryOrgSourcedId\nlee,,true,high\nkim,,true,d\nsam,,true,high\nzoe,,true,small\n",
    ),
    ("examples/district/classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds\nart,,high,\n"),
    (
        "examples/district/enrollments.csv",
        "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate\n\
         1,,art,high,lee,teacher,,\n2,,art,high,sam,student,,\n3,,art,high,zoe,student,2020-01-01,2020-02-01\n",
    ),
    (
        "examples/district/role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n\
         1,,lee,sis.teacher,high,,\n2,,kim,sis.auditor,d,,\n",
    ),
];

/// The policies and the district, and other files beside or instead of theirs.
fn small(others: &[(&str, &str)]) -> Place {
    let place = Place::with(&POLICIES);
    DISTRICT.iter().chain(others).for_each(|(name, text)| place.write(name, text));
    place
}
