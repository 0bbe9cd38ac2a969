//! Districts that don't exist: OneRoster 1.2 folders of any size, with everything in them that a real one has, under
//! names that are nobody's. The same wishes give the same files, byte for byte, on every machine.
//!
//! Rows are written as they are thought of: what is in memory is the list of schools. How a school is made up stands in
//! the parts; which roles there are is taken from no policy, but a test holds the two together.

mod chance;
mod days;
mod files;
mod jobs;
mod mess;
mod names;
mod oddities;
mod office;
mod out;
mod plan;
mod records;
mod school;
mod staff;
mod students;
mod timetable;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};

use days::Days;
use files::Files;
use plan::School;

/// What district is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How many students there are; everything else is in proportion.
    pub students: usize,
    /// Another seed gives another district.
    pub seed: u64,
    /// What is in effect is so on this day, and nearly all of it for ten years more.
    pub day: Date,
    /// With the messy shapes of real exports: it still loads, with findings.
    pub messy: bool,
}

impl Wanted {
    /// The day that is meant where nobody names one.
    pub const DAY: Date = date(2026, 11, 22);

    /// A clean district of so many students.
    #[must_use]
    pub const fn new(students: usize, seed: u64) -> Self {
        Self { students, seed, day: Self::DAY, messy: false }
    }
}

/// How much a district has; rows of its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Schools.
    pub schools: u64,
    /// Students and staff.
    pub users: u64,
    /// Classes.
    pub classes: u64,
    /// Enrolments, of all roles, those that have ended included.
    pub enrolments: u64,
    /// Role assignments.
    pub assignments: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Why no district was written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is something in the folder.
    #[error("`{0}` is not empty: name a new folder, or an empty one")]
    NotEmpty(PathBuf),
    /// The folder can't be made or read.
    #[error("`{0}` can't be used: {1}")]
    Folder(PathBuf, #[source] io::Error),
    /// A file can't be written; some of the others are there already.
    #[error("`{0}` can't be written: {1}")]
    Write(&'static str, #[source] io::Error),
}

/// What everything in a district is placed in.
#[derive(Debug)]
struct Setting {
    seed: u64,
    days: Days,
    schools: Vec<School>,
    locals: usize,
    /// With rows of what is gone: a set that holds to the standard leaves those out.
    messy: bool,
}

impl Setting {
    /// The school after one, round to the first: neighbours share people.
    fn next(&self, school: &School) -> School {
        self.schools.get(school.number).or(self.schools.first()).copied().unwrap_or(*school)
    }
}

/// Writes a district into a folder that is empty, or doesn't exist yet. `progress` is told of each school how many
/// students are written.
///
/// # Errors
/// A folder that has something in it, and whatever keeps files from being written.
pub fn write(wanted: &Wanted, folder: &Path, progress: &mut dyn FnMut(usize)) -> Result<Made, Refused> {
    prepare(folder)?;
    let schools = plan::schools(wanted.students, wanted.seed);
    let locals = plan::locals(schools.len());
    let setting = Setting { seed: wanted.seed, days: Days::around(wanted.day), schools, locals, messy: wanted.messy };
    let mut files = Files::create(folder, wanted, &setting.days)?;
    office::write(&setting, &mut files)?;
    timetable::courses(&setting, &mut files)?;
    for school in &setting.schools {
        school::write(&setting, school, &mut files)?;
        progress(school.students);
    }
    if wanted.messy {
        oddities::write(&setting, &mut files)?;
    }
    let bytes = office::manifest(folder, wanted.messy)?;
    files.finish(Made { schools: setting.schools.len() as u64, bytes, ..Made::default() })
}

fn prepare(folder: &Path) -> Result<(), Refused> {
    let refused = |error| Refused::Folder(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(refused)?;
    let mut entries = fs::read_dir(folder).map_err(refused)?;
    entries.next().map_or(Ok(()), |_| Err(Refused::NotEmpty(folder.to_owned())))
}
