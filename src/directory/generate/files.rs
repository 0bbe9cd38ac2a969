//! The files of a district together, and one method for each kind of row in them.

use std::path::Path;

use super::chance::Chance;
use super::days::Days;
use super::mess::{Shape, Spoiler};
use super::out::Rows;
use super::{Made, Refused, Wanted, names};

const ORGS: (&str, &str) = (
    "orgs.csv",
    "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.level,metadata.timeZone",
);
const SESSIONS: (&str, &str) = (
    "academicSessions.csv",
    "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
);
const COURSES: (&str, &str) = (
    "courses.csv",
    "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
);
const CLASSES: (&str, &str) = (
    "classes.csv",
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
     termSourcedIds,subjects,subjectCodes,periods",
);
const USERS: (&str, &str) = (
    "users.csv",
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,\
     sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,\
     preferredFamilyName,primaryOrgSourcedId,pronouns",
);
const ROLES: (&str, &str) = (
    "roles.csv",
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
     userProfileSourcedId",
);
const ENROLLMENTS: (&str, &str) = (
    "enrollments.csv",
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
);
const ASSIGNMENTS: (&str, &str) =
    ("role_assignments.csv", "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate");
const RECORDS: (&str, &str) = ("records.csv", "sourcedId,status,type,properties");

/// A status: in use, which bulk files leave empty, or deleted.
pub(super) const DELETED: &str = "tobedeleted";
/// No bound on either side.
pub(super) const ALWAYS: [&str; 2] = ["", ""];

/// Every file that is written row by row.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) orgs: Rows,
    pub(super) sessions: Rows,
    pub(super) courses: Rows,
    pub(super) classes: Rows,
    users: Rows,
    roles: Rows,
    enrollments: Rows,
    assignments: Rows,
    pub(super) records: Rows,
    people: usize,
    /// The school years that ids of enrolments name.
    years: String,
}

/// A person, as users.csv has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct User<'a> {
    pub(super) id: &'a str,
    pub(super) status: &'a str,
    pub(super) enabled: bool,
    pub(super) grade: &'a str,
    pub(super) org: &'a str,
}

/// Somebody's part in a class, as enrollments.csv has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enrolment<'a> {
    pub(super) class: &'a str,
    pub(super) school: &'a str,
    pub(super) user: &'a str,
    /// Tells apart the rows of one person in one class.
    pub(super) turn: usize,
    pub(super) status: &'a str,
    pub(super) role: &'a str,
    pub(super) primary: bool,
    pub(super) dates: [&'a str; 2],
}

impl Files {
    /// Makes them all, with their headers.
    pub(super) fn create(folder: &Path, wanted: &Wanted, days: &Days) -> Result<Self, Refused> {
        let mut number = 0;
        let mut rows = |file| {
            number += 1;
            let mess = || (Shape::messy(wanted.seed, number), Spoiler::new(wanted.seed, number));
            Rows::create(folder, file, wanted.messy.then(mess))
        };
        Ok(Self {
            orgs: rows(ORGS)?,
            sessions: rows(SESSIONS)?,
            courses: rows(COURSES)?,
            classes: rows(CLASSES)?,
            users: rows(USERS)?,
            roles: rows(ROLES)?,
            enrollments: rows(ENROLLMENTS)?,
            assignments: rows(ASSIGNMENTS)?,
            records: rows(RECORDS)?,
            people: 0,
            years: format!("{}-{}", days.year, (days.year + 1) % 100),
        })
    }

    /// A row of users.csv.
    pub(super) fn user(&mut self, user: &User<'_>, chance: &mut Chance) -> Result<(), Refused> {
        let User { id, status, enabled, grade, org } = *user;
        self.people += 1;
        let number = 1_000_000 + self.people;
        let [given, family] = names::person(chance);
        let ids = format_args!("{{SIS:{number}}},{{State:{:010}}}", number * 37 % 9_999_999_967);
        let master = format_args!("{:08x}-0000-4000-8000-{number:012x}", number * 2_654_435_761 % 4_294_967_291);
        let login = format!("{}.{}.{number}", given.to_lowercase(), family.to_lowercase());
        let email = format_args!("{login}@{}.example.org", if grade.is_empty() { "staff" } else { "students" });
        self.users.row(&[
            &id, &status, &"", &enabled, &login, &ids, &given, &family, &"", &number, &email, &"", &"", &"", &grade,
            &"", &master, &given, &"", &family, &org, &"",
        ])
    }

    /// A row of roles.csv: OneRoster's own role of somebody at an organisation, the `turn`-th of theirs.
    pub(super) fn role(
        &mut self,
        (user, turn): (&str, usize),
        status: &str,
        role: &str,
        org: &str,
        [begin, end]: [&str; 2],
    ) -> Result<(), Refused> {
        let id = format_args!("r.{user}.{turn}");
        self.roles.row(&[&id, &status, &"", &user, &"primary", &role, &begin, &end, &org, &""])
    }

    /// A row of role_assignments.csv, the `turn`-th of somebody.
    pub(super) fn assignment(
        &mut self,
        (user, turn): (&str, usize),
        status: &str,
        role: &str,
        org: &str,
        [begin, end]: [&str; 2],
    ) -> Result<(), Refused> {
        self.assignments.row(&[&format_args!("ra.{user}.{turn}"), &status, &user, &role, &org, &begin, &end])
    }

    /// A row of enrollments.csv.
    pub(super) fn enrolment(&mut self, row: &Enrolment<'_>) -> Result<(), Refused> {
        let Enrolment { class, school, user, turn, status, role, primary, dates: [begin, end] } = *row;
        let id = format_args!("enr.{}.{school}.{class}.{user}.{turn}", self.years);
        self.enrollments.row(&[&id, &status, &"", &class, &school, &user, &role, &primary, &begin, &end])
    }

    /// Ends all files, and says how much there is.
    pub(super) fn finish(self, made: Made) -> Result<Made, Refused> {
        let Self {
            orgs,
            sessions,
            courses,
            classes,
            users,
            roles,
            enrollments,
            assignments,
            records,
            people: _,
            years: _,
        } = self;
        let mut made = made;
        let mut end = |rows: Rows| {
            let (rows, bytes) = rows.finish()?;
            made.bytes += bytes;
            Ok(rows)
        };
        for rows in [orgs, sessions, courses, roles, records] {
            end(rows)?;
        }
        let [classes, users, enrolments, assignments] =
            [end(classes)?, end(users)?, end(enrollments)?, end(assignments)?];
        Ok(Made { classes, users, enrolments, assignments, ..made })
    }
}
