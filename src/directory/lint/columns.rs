//! The standard's columns of each file, and headers against them. Which columns are needed, or misspelt so that what they
//! say would be lost, is for the reading that loads the set.

use crate::directory::files::Files;
use crate::directory::table::{Table, near};
use crate::policy::source::Finding;

type Columns = &'static [&'static str];

const COMMON: Columns = &["sourcedId", "status", "dateLastModified"];

const FILES: [(&str, Columns); 6] = [
    ("orgs.csv", &["name", "type", "identifier", "parentSourcedId"]),
    ("academicSessions.csv", &["title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"]),
    (
        "courses.csv",
        &["schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"],
    ),
    (
        "classes.csv",
        &[
            "title",
            "grades",
            "courseSourcedId",
            "classCode",
            "classType",
            "location",
            "schoolSourcedId",
            "termSourcedIds",
            "subjects",
            "subjectCodes",
            "periods",
        ],
    ),
    (
        "enrollments.csv",
        &["classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"],
    ),
    (
        "roles.csv",
        &["userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"],
    ),
];

const USERS_1_1: Columns = &[
    "enabledUser",
    "orgSourcedIds",
    "role",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "grades",
    "password",
];

const USERS_1_2: Columns = &[
    "enabledUser",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "grades",
    "password",
    "userMasterIdentifier",
    "preferredGivenName",
    "preferredMiddleName",
    "preferredFamilyName",
    "primaryOrgSourcedId",
    "pronouns",
];

/// Files that are not OneRoster's, with all of their columns.
const OWN: [(&str, Columns); 2] = [
    ("role_assignments.csv", &["sourcedId", "status", "userSourcedId", "role", "orgSourcedId", "beginDate", "endDate"]),
    ("records.csv", &["sourcedId", "status", "type", "properties"]),
];

/// Reports what the header of a file has that the standard hasn't, and the other way round.
pub(super) fn check(files: &Files<'_>, table: &Table<'_>, file: &str, version: Option<&str>) {
    let is_own = OWN.iter().any(|(name, _)| *name == file);
    let standard = standard(table, file, version);
    if standard.is_empty() {
        return;
    }
    let mut last: Option<(usize, &str)> = None;
    let mut ordered = is_own;
    for (field, header) in table.headers().enumerate() {
        let warn = |message: String| files.report(Finding::warning(table.header_place(field), message));
        let Some(at) = standard.iter().position(|name| *name == header) else {
            unknown(header, &standard, warn);
            continue;
        };
        if let Some((before, other)) = last.filter(|(before, _)| *before > at && !ordered) {
            warn(format!("`{header}` stands after `{other}`: in the standard it comes first; any order is read"));
            (ordered, last) = (true, Some((before, other)));
        } else {
            last = Some((at, header));
        }
    }
    let missing = standard.iter().filter(|name| !is_own && table.headers().all(|header| header != **name));
    for name in missing.filter(|name| table.headers().all(|header| !near(name, header))) {
        files.report(Finding::warning(table.header_place(0), format!("the standard's column `{name}` is missing")));
    }
}

fn unknown(header: &str, standard: &[&str], warn: impl Fn(String)) {
    let near = standard.iter().find(|name| near(name, header));
    match near {
        _ if header.starts_with("metadata.") => {}
        _ if header.trim().is_empty() => warn("a column has no name".to_owned()),
        Some(near) => warn(format!("the column `{header}` is not known: did you mean `{near}`?")),
        None => warn(format!("the column `{header}` is not known, so it is not read")),
    }
}

/// The columns of a file in order. Users differ between versions: a column that only one of them has tells which it is.
fn standard(table: &Table<'_>, file: &str, version: Option<&str>) -> Vec<&'static str> {
    if let Some((_, all)) = OWN.iter().find(|(name, _)| *name == file) {
        return all.to_vec();
    }
    let has = |name: &str| table.headers().any(|header| header == name);
    let is_1_1 = version.map_or_else(|| has("orgSourcedIds") || has("role"), |version| version == "1.1");
    let own: Columns = match FILES.iter().find(|(name, _)| *name == file) {
        Some((_, own)) => own,
        None if file != "users.csv" => return Vec::new(),
        None if is_1_1 => USERS_1_1,
        None => USERS_1_2,
    };
    [COMMON, own].concat()
}
