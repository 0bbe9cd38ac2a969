//! Who works at a school: teachers with their classes, everybody with a job, and many who hold no role.

use super::chance::Chance;
use super::files::{ALWAYS, DELETED, Enrolment, Files, User};
use super::jobs::{JOBS, Job};
use super::plan::{NPS, School};
use super::timetable::{Timetable, class};
use super::{Refused, Setting};

/// Writes them.
pub(super) fn write(setting: &Setting, school: &School, table: &Timetable, files: &mut Files) -> Result<(), Refused> {
    let chance = Chance::new(setting.seed, "staff", school.number);
    let mut staff = Staff { setting, school, id: school.id(), files, chance };
    let mut number = 0;
    for course in &table.teachers {
        number += 1;
        staff.teacher(number, course.roles)?;
    }
    staff.teach(table)?;
    for job in &JOBS {
        for _ in 0..job.count(school) {
            number += 1;
            staff.worker(number, job)?;
        }
    }
    if !school.is(NPS) {
        for _ in 0..(school.students / 400).max(1) {
            number += 1;
            staff.substitute(number, table)?;
        }
    }
    // Two for fifteen students, in a school as in the district.
    while number < school.students * 2 / 15 {
        number += 1;
        staff.helper(number, table)?;
    }
    Ok(())
}

/// The `sourcedId` of a school's member of staff: the letter of their job, and their number.
pub(super) fn id(letter: char, school: &School, number: usize) -> String {
    format!("{letter}.{:04}.{number:02}", school.number)
}

struct Staff<'a> {
    setting: &'a Setting,
    school: &'a School,
    /// The school's.
    id: String,
    files: &'a mut Files,
    chance: Chance,
}

impl Staff<'_> {
    /// A teacher: now and then disabled, gone, of another school before, or of a second one.
    fn teacher(&mut self, number: usize, roles: &[&str]) -> Result<(), Refused> {
        let id = id('t', self.school, number);
        let days = &self.setting.days;
        // The first of a school is always there.
        let odd = if number > 1 { self.chance.below(1_000) } else { 999 };
        let (gone, disabled, leaving, coming) = (self.setting.messy && odd < 5, odd < 10, odd < 15, odd < 18);
        let status = if gone { DELETED } else { "" };
        let dates = match (gone || disabled, leaving, coming) {
            (false, true, _) => ["", days.turn.as_str()],
            (false, false, true) => [days.late.as_str(), ""],
            _ => ALWAYS,
        };
        self.person(
            &User { id: &id, status, enabled: gone || !disabled, grade: "", org: &self.id.clone() },
            "teacher",
        )?;
        let map: &[&str] = if self.chance.per_mille(600) { &["map.instructor"] } else { &[] };
        let proctor: &[&str] = if self.chance.per_mille(100) { &["map.school_proctor"] } else { &[] };
        let mut turn = 0;
        for role in [roles, map, proctor].concat() {
            turn += 1;
            self.files.assignment((&id, turn), status, role, &self.id, dates)?;
        }
        if gone {
            return Ok(());
        }
        let other = self.setting.next(self.school);
        let ended = [days.last_begin.as_str(), days.begin.as_str()];
        if self.chance.per_mille(20) && other.number != self.school.number {
            self.files.role((&id, 2), "", "teacher", &other.id(), ended)?;
            self.files.assignment((&id, turn + 1), "", "misis.teacher", &other.id(), ended)?;
        } else if self.chance.per_mille(10) && other.number != self.school.number {
            self.files.role((&id, 2), "", "teacher", &other.id(), ALWAYS)?;
            self.files.assignment((&id, turn + 1), "", "misis.teacher", &other.id(), ALWAYS)?;
            self.enrol(&other, 1, &id, "", ALWAYS)?;
        }
        if self.chance.per_mille(10) && self.setting.messy {
            self.files.assignment((&id, turn + 2), DELETED, "misis.principal", &self.id, ALWAYS)?;
        }
        Ok(())
    }

    /// Classes with their teachers, and some with a second one.
    fn teach(&mut self, table: &Timetable) -> Result<(), Refused> {
        for (number, (_, teacher)) in (1..).zip(&table.classes) {
            self.teaches(number, *teacher, true)?;
            if table.teachers.len() > 1 && self.chance.per_mille(60) {
                self.teaches(number, teacher % table.teachers.len() + 1, false)?;
            }
        }
        let over = table.classes.len();
        self.teaches(over + 1, 1, true)?;
        self.teaches(over + 2, 1, true)
    }

    fn teaches(&mut self, number: usize, teacher: usize, primary: bool) -> Result<(), Refused> {
        let (class, user) = (class(self.school, number), id('t', self.school, teacher));
        let school = &self.id;
        let row = Enrolment {
            class: &class,
            school,
            user: &user,
            turn: 0,
            status: "",
            role: "teacher",
            primary,
            dates: ALWAYS,
        };
        self.files.enrolment(&row)
    }

    /// Somebody with a job; now and then the same at the next school, or another one before.
    fn worker(&mut self, number: usize, job: &Job) -> Result<(), Refused> {
        let id = id(job.letter, self.school, number);
        self.person(&User { id: &id, status: "", enabled: true, grade: "", org: &self.id.clone() }, job.one_roster)?;
        let mut turn = 0;
        for role in job.roles {
            turn += 1;
            let begin = if self.chance.per_mille(50) { self.setting.days.turn.as_str() } else { "" };
            self.files.assignment((&id, turn), "", role, &self.id, [begin, ""])?;
        }
        let other = self.setting.next(self.school);
        if self.chance.per_mille(job.itinerant)
            && other.of.kind == self.school.of.kind
            && other.number != self.school.number
        {
            self.files.role((&id, 2), "", job.one_roster, &other.id(), ALWAYS)?;
            for role in job.roles {
                turn += 1;
                self.files.assignment((&id, turn), "", role, &other.id(), ALWAYS)?;
            }
        }
        if self.chance.per_mille(20) {
            let days = &self.setting.days;
            let ended = [days.begin.as_str(), days.turn.as_str()];
            self.files.assignment((&id, turn + 1), "", "misis.school_limited_read", &self.id, ended)?;
        }
        Ok(())
    }

    /// Somebody who teaches a class for some weeks, now or before.
    fn substitute(&mut self, number: usize, table: &Timetable) -> Result<(), Refused> {
        let id = id('u', self.school, number);
        self.person(&User { id: &id, status: "", enabled: true, grade: "", org: &self.id.clone() }, "teacher")?;
        let days = &self.setting.days;
        let now = number.is_multiple_of(2);
        let [begin, end] = if now { [&days.lately, &days.soon] } else { [&days.begin, &days.turn] };
        self.files.assignment((&id, 1), "", "misis.teacher", &self.id, [begin, end])?;
        let class = 1 + self.chance.below(table.classes.len());
        self.enrol(self.school, class, &id, "", [begin, end])
    }

    /// Somebody who holds no role here.
    fn helper(&mut self, number: usize, table: &Timetable) -> Result<(), Refused> {
        let id = id('g', self.school, number);
        self.person(&User { id: &id, status: "", enabled: true, grade: "", org: &self.id.clone() }, "aide")?;
        if self.chance.per_mille(50) {
            let class = class(self.school, 1 + self.chance.below(table.classes.len()));
            let (school, role) = (self.id.as_str(), "proctor");
            let row = Enrolment {
                class: &class,
                school,
                user: &id,
                turn: 0,
                status: "",
                role,
                primary: false,
                dates: ALWAYS,
            };
            self.files.enrolment(&row)?;
        }
        Ok(())
    }

    fn person(&mut self, user: &User<'_>, one_roster: &str) -> Result<(), Refused> {
        self.files.user(user, &mut self.chance)?;
        self.files.role((user.id, 1), user.status, one_roster, &self.id, ALWAYS)
    }

    /// One who teaches a class beside its teacher.
    fn enrol(
        &mut self,
        school: &School,
        number: usize,
        user: &str,
        status: &str,
        dates: [&str; 2],
    ) -> Result<(), Refused> {
        let (class, school) = (class(school, number), school.id());
        let (class, school) = (class.as_str(), school.as_str());
        self.files.enrolment(&Enrolment {
            class,
            school,
            user,
            turn: 2,
            status,
            role: "teacher",
            primary: false,
            dates,
        })
    }
}
