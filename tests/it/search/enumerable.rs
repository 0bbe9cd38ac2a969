//! What can be listed, read from a folder's files the plain way.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::policy::source::Source;

/// Ids by what they are, each list in the order of its file.
pub(crate) struct Enumerable {
    pub(crate) users: Vec<String>,
    pub(crate) students: Vec<String>,
    pub(crate) sections: Vec<String>,
    pub(crate) schools: Vec<String>,
    /// Records by their type.
    pub(crate) records: BTreeMap<String, Vec<String>>,
}

type Row = BTreeMap<String, String>;

impl Enumerable {
    pub(crate) fn read(files: &[Source]) -> Self {
        let live = |name: &str| rows(files, name).into_iter().filter(is_live).collect::<Vec<_>>();
        let ids = |rows: &[Row]| rows.iter().map(|row| row["sourcedId"].clone()).collect::<Vec<_>>();
        let is_student = |row: &&Row| row.get("role").is_some_and(|role| role.eq_ignore_ascii_case("student"));
        let mut known: BTreeSet<String> =
            rows(files, "users.csv").iter().filter(is_student).map(|row| row["sourcedId"].clone()).collect();
        for name in ["enrollments.csv", "roles.csv"] {
            known.extend(rows(files, name).iter().filter(is_student).map(|row| row["userSourcedId"].clone()));
        }
        let orgs = live("orgs.csv");
        let org_ids = ids(&orgs);
        let classes: Vec<Row> =
            live("classes.csv").into_iter().filter(|row| org_ids.contains(&row["schoolSourcedId"])).collect();
        let mut records: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in live("records.csv").into_iter().filter(|row| !row["type"].is_empty()) {
            records.entry(row["type"].clone()).or_default().push(row["sourcedId"].clone());
        }
        Self {
            users: ids(&live("users.csv")),
            students: ids(&rows(files, "users.csv")).into_iter().filter(|id| known.contains(id)).collect(),
            sections: ids(&classes),
            schools: ids(&orgs.into_iter().filter(|row| row["type"] == "school").collect::<Vec<_>>()),
            records,
        }
    }

    /// Everything of a resource type, `id_is` being what the catalogue says of its ids: that first, then the records that
    /// are nothing of the kind.
    pub(crate) fn of(&self, resource_type: &str, id_is: Option<&str>) -> Vec<String> {
        let mut all = match id_is {
            None => Vec::new(),
            Some("student") => self.students.clone(),
            Some("section") => self.sections.clone(),
            Some("school") => self.schools.clone(),
            Some("user") => self.users.clone(),
            Some(other) => panic!("{other}"),
        };
        let records = self.records.get(resource_type).into_iter().flatten();
        all.extend(records.filter(|id| !all.contains(id)).cloned().collect::<Vec<_>>());
        all
    }
}

fn is_live(row: &Row) -> bool {
    row.get("status").is_none_or(|status| status != "tobedeleted")
}

fn rows(files: &[Source], name: &str) -> Vec<Row> {
    let Some(file) = files.iter().find(|file| *file.name == *name) else { return Vec::new() };
    let mut reader = csv::Reader::from_reader(&*file.bytes);
    let header = reader.headers().unwrap().clone();
    let named = |row: csv::StringRecord| header.iter().zip(&row).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    reader.records().map(|row| named(row.unwrap())).collect()
}
