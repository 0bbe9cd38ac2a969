//! The folders that all surfaces decide on, and what there is to ask about: the shipped policies and the demo district
//! with a second application beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hallpass::snapshot::{Builder, Files, Snapshot};
use tempfile::TempDir;

use super::gateway;
use crate::support::{append, copy, path, sources, write};

/// Who holds the role of the second application.
pub(crate) const READER: &str = "t.rivera";

/// Copies of the folders.
pub(crate) struct Folders(TempDir);

impl Folders {
    pub(crate) fn new() -> Self {
        let folders = Self(TempDir::new().unwrap());
        copy(&path("policies"), &folders.policies());
        copy(&path("tests/data/surfaces"), &folders.policies().join("probe"));
        for application in gateway::APPLICATIONS {
            write(&folders.policies().join(format!("routes_{application}.yaml")), gateway::routes(application));
        }
        copy(&path("examples/district"), &folders.directory());
        let assignment = format!("ra.probe,,{READER},probe.reader,sch.fernvale,,\n");
        append(&folders.directory().join("role_assignments.csv"), &assignment);
        folders
    }

    pub(crate) fn policies(&self) -> PathBuf {
        self.0.path().join("policies")
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.path().join("directory")
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let (policies, directory) = (sources(&self.policies()), sources(&self.directory()));
        let policies = Files { revision: &"00000000000000aa".into(), files: &policies };
        let directory = Files { revision: &"00000000000000bb".into(), files: &directory };
        Builder::new(vec!["user".to_owned()], None).build(policies, directory, 1).unwrap()
    }
}

/// A class and its school.
#[derive(Clone)]
pub(crate) struct Class {
    pub(crate) id: String,
    pub(crate) school: String,
}

/// Everybody and everything by id, with what does not exist.
pub(crate) struct District {
    pub(crate) users: Vec<String>,
    pub(crate) orgs: Vec<String>,
    pub(crate) classes: Vec<Class>,
    pub(crate) roles: Vec<String>,
    /// User and role.
    pub(crate) holders: Vec<(String, String)>,
    /// Id and resource type.
    pub(crate) records: Vec<(String, String)>,
    /// Class, user, role.
    enrolments: Vec<[String; 3]>,
}

impl District {
    pub(crate) fn read(folder: &Path) -> Self {
        let ids = |file: &str| column(folder, file, ["sourcedId"]).into_iter().map(|[id]| id).collect::<Vec<_>>();
        let pairs = |file: &str, columns| {
            column(folder, file, columns).into_iter().map(|[first, second]| (first, second)).collect::<Vec<_>>()
        };
        let classes = pairs("classes.csv", ["sourcedId", "schoolSourcedId"]);
        let holders = pairs("role_assignments.csv", ["userSourcedId", "role"]);
        let roles: BTreeSet<String> = holders.iter().map(|(_, role)| role.clone()).collect();
        let unknown = |id: &str| std::iter::once(id.to_owned());
        Self {
            users: ids("users.csv"),
            orgs: ids("orgs.csv").into_iter().chain(unknown("sch.none")).collect(),
            classes: classes.into_iter().map(|(id, school)| Class { id, school }).collect(),
            roles: roles.into_iter().chain(unknown("map.none")).collect(),
            holders,
            records: pairs("records.csv", ["sourcedId", "type"]),
            enrolments: column(folder, "enrollments.csv", ["classSourcedId", "userSourcedId", "role"]),
        }
    }

    /// The classes that a user has to do with.
    pub(crate) fn classes_of(&self, user: &str) -> Vec<Class> {
        let own: Vec<&str> =
            self.enrolments.iter().filter(|[_, who, _]| who == user).map(|[class, ..]| class.as_str()).collect();
        self.classes.iter().filter(|class| own.contains(&class.id.as_str())).cloned().collect()
    }

    pub(crate) fn students_of(&self, class: &str) -> Vec<&str> {
        let enrolled = self.enrolments.iter().filter(|[of, _, role]| of == class && role == "student");
        enrolled.map(|[_, who, _]| who.as_str()).collect()
    }
}

fn column<const N: usize>(folder: &Path, file: &str, columns: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let header = reader.headers().unwrap().clone();
    let places = columns.map(|column| header.iter().position(|name| name == column).unwrap());
    reader.records().map(|row| row.unwrap()).map(|row| places.map(|at| row[at].to_owned())).collect()
}
