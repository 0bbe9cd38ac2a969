//! Who goes to a school: students with their classes, before and after classes were rearranged; some came from another
//! school, some go to two, some are gone.

use super::chance::Chance;
use super::days::Days;
use super::files::{ALWAYS, DELETED, Enrolment, Files, User};
use super::plan::SECONDARY;
use super::plan::School;
use super::timetable::{Group, Timetable, class};
use super::{Refused, Setting};

/// Students of last year's class, and of last summer's.
const OVER: usize = 12;

/// Writes them.
pub(super) fn write(setting: &Setting, school: &School, table: &Timetable, files: &mut Files) -> Result<(), Refused> {
    let chance = Chance::new(setting.seed, "students", school.number);
    let mut students = Students { setting, school, school_id: school.id(), table, files, chance };
    (0..school.students).try_for_each(|place| students.student(place))
}

/// The `sourcedId` of the student with a number.
pub(super) fn id(number: usize) -> String {
    format!("s.{number:07}")
}

struct Students<'a> {
    setting: &'a Setting,
    school: &'a School,
    school_id: String,
    table: &'a Timetable,
    files: &'a mut Files,
    chance: Chance,
}

impl Students<'_> {
    fn student(&mut self, place: usize) -> Result<(), Refused> {
        let id = id(self.school.first + place);
        // The first one of a school is an ordinary one.
        let odd = if place > 0 { self.chance.below(1_000) } else { 999 };
        let (gone, disabled, idle, moved, double) =
            (self.setting.messy && odd < 3, odd < 8, odd < 10, odd < 25, odd < 35);
        let status = if gone { DELETED } else { "" };
        let (grade, org) = (self.school.of.grades.get(self.school.grade(place)), self.school_id.clone());
        let grade = grade.copied().unwrap_or_default();
        let enabled = gone || !disabled;
        self.files.user(&User { id: &id, status, enabled, grade, org: &org }, &mut self.chance)?;
        let turn = self.setting.days.turn.clone();
        let other = self.setting.next(self.school);
        let moved = !idle && moved && other.number != self.school.number;
        let since = if moved { turn.as_str() } else { "" };
        self.files.role((&id, 1), status, "student", &self.school_id, [since, ""])?;
        if moved {
            self.elsewhere(&id, &other, ["", &turn])?;
        } else if !idle && double {
            self.elsewhere(&id, &other, ALWAYS)?;
        }
        if idle && !gone && !disabled {
            let last = self.table.classes.len() + 1;
            return self.enrol(self.school, last, (&id, 1), "", ALWAYS);
        }
        self.classes(&id, place, status, moved)
    }

    /// At another school, in its first class.
    fn elsewhere(&mut self, id: &str, other: &School, dates: [&str; 2]) -> Result<(), Refused> {
        if other.number == self.school.number {
            return Ok(());
        }
        self.files.role((id, 2), "", "student", &other.id(), dates)?;
        self.enrol(other, 1, (id, 2), "", dates)
    }

    fn classes(&mut self, id: &str, place: usize, status: &str, moved: bool) -> Result<(), Refused> {
        let (grade, table) = (self.school.grade(place), self.table);
        for group in table.groups.iter().filter(|group| group.grade == grade) {
            self.class(id, place, status, moved, group)?;
        }
        if place < OVER {
            let over = self.table.classes.len() + 1 + place % 2;
            self.enrol(self.school, over, (id, 1), status, ALWAYS)?;
        }
        Ok(())
    }

    /// A class of a course. In general, classes were rearranged: a row ended then, of the same class or another one.
    fn class(&mut self, id: &str, place: usize, status: &str, moved: bool, group: &Group) -> Result<(), Refused> {
        let Days { begin, turn, end, .. } = self.setting.days.clone();
        let now = group.class(place);
        let odd = self.chance.below(1_000);
        let before = !moved && self.school.is(SECONDARY) && odd >= 150;
        let dropped = odd % 200 == 7 && status.is_empty() && place > 0;
        let dates = match (dropped && !self.setting.messy, before || moved) {
            (true, _) => [begin.as_str(), turn.as_str()],
            (false, true) => [turn.as_str(), end.as_str()],
            (false, false) => ALWAYS,
        };
        let status = if dropped && self.setting.messy { DELETED } else { status };
        self.enrol(self.school, now, (id, 1), status, dates)?;
        if !before || dropped {
            return Ok(());
        }
        let earlier = if odd < 300 { group.class(place + 1) } else { now };
        self.enrol(self.school, earlier, (id, 0), status, [&begin, &turn])
    }

    fn enrol(
        &mut self,
        school: &School,
        number: usize,
        (user, turn): (&str, usize),
        status: &str,
        dates: [&str; 2],
    ) -> Result<(), Refused> {
        let (class, school) = (class(school, number), school.id());
        let (class, school) = (class.as_str(), school.as_str());
        self.files.enrolment(&Enrolment { class, school, user, turn, status, role: "student", primary: false, dates })
    }
}
