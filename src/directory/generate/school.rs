//! One school, by itself: nothing of it depends on what was written before.

use super::files::Files;
use super::office::{ROOT, local};
use super::plan::{NPS, School};
use super::timetable::{self, Timetable};
use super::{Refused, Setting, names, records, staff, students};

/// Writes a school with its people.
pub(super) fn write(setting: &Setting, school: &School, files: &mut Files) -> Result<(), Refused> {
    let id = school.id();
    let name = format_args!("{} {}", names::place(school.number), school.of.title);
    let parent = if school.is(NPS) { ROOT.to_owned() } else { local(school.number % setting.locals) };
    let code = 10_000 + school.number;
    files.orgs.row(&[&id, &"", &"", &name, &"school", &code, &parent, &school.of.level, &""])?;
    let table = Timetable::of(school);
    timetable::classes(setting, school, &table, files)?;
    staff::write(setting, school, &table, files)?;
    students::write(setting, school, &table, files)?;
    records::write(setting, school, files)
}
