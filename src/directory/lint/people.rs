//! Users, their roles and their enrolments.

use std::collections::HashSet;

use super::manifest::Manifest;
use super::sections::{Class, Sections};
use super::sheet::{Sheet, row};
use super::{Ids, Orgs};
use crate::directory::files::{Files, whole};
use crate::directory::table::Column;
use crate::policy::source::Finding;

/// Ids that a finding about many lists.
const LISTED: usize = 5;

/// A user, as far as they are looked at.
#[derive(Debug)]
struct User {
    line: u32,
    student: bool,
    /// Belongs to an organisation.
    placed: bool,
    /// Attends a class.
    enrolled: bool,
}

/// The users of a set.
#[derive(Debug)]
pub(super) struct People {
    users: Ids<User>,
    /// Schools that have a student.
    schools: HashSet<Box<str>>,
}

impl People {
    /// Reads users.csv, roles.csv, and what is looked at in every row of role_assignments.csv and records.csv.
    pub(super) fn read(files: &Files<'_>, manifest: &Manifest, orgs: &Orgs) -> Self {
        let mut people = Self { users: Ids::new(), schools: HashSet::new() };
        let agents = people.read_users(files, manifest, orgs);
        if agents {
            people.check_agents(files);
        }
        people.read_roles(files, manifest, orgs);
        for name in ["role_assignments.csv", "records.csv"] {
            let mut sheet = Sheet::open(files, name, manifest);
            while sheet.as_mut().is_some_and(Sheet::advance) {}
        }
        people
    }

    /// Whether somebody is said to be another's agent.
    fn read_users(&mut self, files: &Files<'_>, manifest: &Manifest, orgs: &Orgs) -> bool {
        let Some(mut sheet) = Sheet::open(files, "users.csv", manifest) else { return false };
        let (role, agent, password) = (sheet.column("role"), sheet.column("agentSourcedIds"), sheet.column("password"));
        let members = [sheet.column("orgSourcedIds"), sheet.column("primaryOrgSourcedId")];
        let (mut agents, mut passwords) = (false, 0_usize);
        while sheet.advance() {
            passwords += usize::from(!sheet.cell(password).is_empty());
            if !sheet.live() {
                continue;
            }
            agents |= !sheet.cell(agent).is_empty();
            let student = sheet.cell(role) == "student";
            let placed = members.iter().any(|column| sheet.ids(*column).any(|id| orgs.find(id).is_some()));
            if student {
                let theirs = members.iter().flat_map(|column| sheet.ids(*column));
                theirs.for_each(|id| self.attend(id));
            }
            self.users.add(sheet.id(), User { line: sheet.line(), student, placed, enrolled: false });
        }
        if passwords > 0 {
            let message = format!("the column `password` is filled in ({passwords}) and never read");
            let finding = Finding::warning(row("users.csv", 1), message);
            files.report(finding.help("leave passwords out of the export"));
        }
        agents
    }

    /// Agents may stand below those whose agents they are, so the file is gone through once more.
    fn check_agents(&self, files: &Files<'_>) {
        let Some(mut table) =
            files.find("users.csv").and_then(|file| crate::directory::table::Table::bare(files, file))
        else {
            return;
        };
        let agent = table.peek("agentSourcedIds");
        while table.advance() {
            for id in table.ids(agent).filter(|id| self.users.find(id).is_none()) {
                table.warn(agent, format_args!("the agent `{id}` is not a user in use"));
            }
        }
    }

    fn read_roles(&mut self, files: &Files<'_>, manifest: &Manifest, orgs: &Orgs) {
        let Some(mut sheet) = Sheet::open(files, "roles.csv", manifest) else { return };
        let (user, role, org) = (sheet.column("userSourcedId"), sheet.column("role"), sheet.column("orgSourcedId"));
        while sheet.advance() {
            let at = sheet.cell(org);
            if !sheet.live() || orgs.find(at).is_none() {
                continue;
            }
            let student = sheet.cell(role) == "student";
            if let Some(user) = self.users.find_mut(sheet.cell(user)) {
                user.placed = true;
                user.student |= student;
            }
            if student {
                self.attend(at);
            }
        }
    }

    /// Reads enrollments.csv.
    pub(super) fn enrol(&mut self, files: &Files<'_>, manifest: &Manifest, sections: &mut Sections) {
        let Some(mut sheet) = Sheet::open(files, "enrollments.csv", manifest) else { return };
        let (class, user) = (sheet.column("classSourcedId"), sheet.column("userSourcedId"));
        let (role, school, primary) = (sheet.column("role"), sheet.column("schoolSourcedId"), sheet.column("primary"));
        while sheet.advance() {
            let Some(class) = sections.classes.find_mut(sheet.cell(class)).filter(|_| sheet.live()) else { continue };
            check_enrolment(&sheet, class, school);
            match sheet.cell(role) {
                "teacher" => {
                    class.teachers += 1;
                    class.primary += u32::from(sheet.cell(primary).eq_ignore_ascii_case("true"));
                }
                "student" => {
                    let student = self.users.find_mut(sheet.cell(user));
                    student.into_iter().for_each(|user| (user.student, user.enrolled) = (true, true));
                    self.attend(&class.school);
                }
                _ => {}
            }
        }
    }

    fn attend(&mut self, school: &str) {
        if !self.schools.contains(school) {
            self.schools.insert(Box::from(school));
        }
    }

    /// Reports users who belong nowhere, students without a class, and schools without students.
    pub(super) fn conclude(&self, files: &Files<'_>, orgs: &Orgs) {
        for (id, user) in self.users.iter().filter(|(_, user)| !user.placed && !user.enrolled) {
            let message = format!("the user `{id}` belongs to no organisation");
            files.report(Finding::warning(row("users.csv", user.line), message));
        }
        let idle = self.users.iter().filter(|(_, user)| user.student && !user.enrolled).map(|(id, _)| id);
        many(files, "users.csv", "students without an enrolment", idle);
        let empty = orgs.iter().filter(|(id, school)| **school && !self.schools.contains(*id)).map(|(id, _)| id);
        many(files, "orgs.csv", "schools without students", empty);
    }
}

fn check_enrolment(sheet: &Sheet<'_>, class: &Class, school: Column) {
    let at = sheet.cell(school);
    if !at.is_empty() && *at != *class.school {
        let message = format_args!("`{at}` is not the school of the class, which is `{}` and counts", class.school);
        sheet.warn(school, message);
    }
    let Some((first, last)) = class.terms else { return };
    let ((begin, end), (from, to)) = (sheet.days(), sheet.bounds());
    if let Some(begin) = begin.filter(|begin| *begin < first || *begin >= last) {
        sheet.warn(from, format_args!("it begins on `{begin}`, outside the class's terms from `{first}` to `{last}`"));
    }
    if let Some(end) = end.filter(|end| *end <= first || *end > last) {
        sheet.warn(to, format_args!("it ends on `{end}`, outside the class's terms from `{first}` to `{last}`"));
    }
}

/// Reports how many there are, and names the first of them.
fn many<'i>(files: &Files<'_>, file: &'static str, what: &str, ids: impl Iterator<Item = &'i str>) {
    let ids: Vec<&str> = ids.collect();
    let named: Vec<String> = ids.iter().take(LISTED).map(|id| format!("`{id}`")).collect();
    let more = if ids.len() > LISTED { ", …" } else { "" };
    if !ids.is_empty() {
        let message = format!("{what}: {} ({}{more})", ids.len(), named.join(", "));
        files.report(Finding::warning(whole(&file.into()), message));
    }
}
