//! What is taught: courses by kind of school and grade, the classes that a school has of them, and which of its teachers
//! has which.

use super::files::Files;
use super::plan::{CDS, ELEMENTARY, HIGH, Kinds, MIDDLE, NPS, OPTION, School, TRAITS};
use super::{Refused, Setting};

/// A course.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    at: Kinds,
    /// The grades it is for, as places in the kind's grades: from, to.
    grades: [usize; 2],
    slug: &'static str,
    title: &'static str,
    subject: &'static str,
    /// Students of a class at most.
    size: usize,
    /// Classes of a teacher.
    load: usize,
    /// The roles of who teaches it.
    pub(super) roles: &'static [&'static str],
}

const TEACHER: &[&str] = &["misis.teacher"];

const fn course(at: Kinds, slug: &'static str, titles: [&'static str; 2], [size, load]: [usize; 2]) -> Course {
    let [title, subject] = titles;
    Course { at, grades: [0, 9], slug, title, subject, size, load, roles: TEACHER }
}

/// All courses.
pub(super) const COURSES: [Course; 20] = [
    course(ELEMENTARY, "home", ["Homeroom", "General"], [24, 1]),
    gym(course(ELEMENTARY, "pe", ["Physical Education", "Physical Education"], [96, 6])),
    course(MIDDLE, "ela", ["English Language Arts", "English"], [46, 5]),
    course(MIDDLE, "math", ["Mathematics", "Mathematics"], [46, 5]),
    course(MIDDLE, "sci", ["Science", "Science"], [46, 5]),
    course(MIDDLE, "hist", ["History", "Social Science"], [46, 5]),
    gym(course(MIDDLE, "pe", ["Physical Education", "Physical Education"], [62, 5])),
    course(MIDDLE, "art", ["Studio Art", "Visual Arts"], [46, 5]),
    course(HIGH, "eng", ["English", "English"], [46, 5]),
    course(HIGH, "math", ["Mathematics", "Mathematics"], [46, 5]),
    course(HIGH, "sci", ["Science", "Science"], [46, 5]),
    course(HIGH, "hist", ["History", "Social Science"], [46, 5]),
    gym(course(HIGH, "pe", ["Physical Education", "Physical Education"], [62, 5])),
    Course { grades: [0, 1], ..course(HIGH, "elec", ["Elective, First Years", "General"], [46, 5]) },
    Course {
        grades: [2, 3],
        roles: &["misis.teacher", "misis.cte_teacher", "misis.cte_instructor"],
        ..course(HIGH, "cte", ["Construction Trades", "Career Technical Education"], [46, 5])
    },
    course(OPTION, "is", ["Independent Study Core", "General"], [25, 2]),
    course(OPTION, "credit", ["Credit Recovery", "General"], [25, 3]),
    course(CDS, "core", ["Core", "General"], [12, 2]),
    course(CDS, "lab", ["Learning Lab", "General"], [20, 4]),
    course(NPS, "nps", ["Individual Program", "General"], [10, 1]),
];

const fn gym(course: Course) -> Course {
    Course { roles: &["misis.teacher", "misis.pe_teacher"], ..course }
}

impl Course {
    fn id(&self, grade: &str) -> String {
        format!("co.{}-{}", self.slug, grade.to_lowercase())
    }

    fn is_for(&self, grade: usize) -> bool {
        let [from, to] = self.grades;
        (from..=to).contains(&grade)
    }
}

/// The classes of a course for a grade of a school.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) course: &'static Course,
    pub(super) grade: usize,
    /// The number of its first class, from 1.
    pub(super) first: usize,
    pub(super) classes: usize,
}

impl Group {
    /// The class of a student by their place in the school; the groups spread them differently.
    pub(super) fn class(&self, place: usize) -> usize {
        self.first + (place + self.first) % self.classes
    }
}

/// What a school teaches, and by whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Timetable {
    pub(super) groups: Vec<Group>,
    /// Of each class, from number 1: its group and its teacher's number.
    pub(super) classes: Vec<(usize, usize)>,
    /// Of each teacher, from number 1: their course.
    pub(super) teachers: Vec<&'static Course>,
}

impl Timetable {
    /// The timetable of a school: grades without students have no classes, but for the last one.
    pub(super) fn of(school: &School) -> Self {
        let mut table = Self::default();
        for course in COURSES.iter().filter(|course| school.is(course.at)) {
            let mut taught = 0;
            for grade in (0..school.of.grades.len()).filter(|&grade| course.is_for(grade)) {
                let least = usize::from(grade + 1 == school.of.grades.len());
                let classes = school.in_grade(grade).div_ceil(course.size).max(least);
                table.groups.push(Group { course, grade, first: table.classes.len() + 1, classes });
                (0..classes).for_each(|number| table.add(course, taught + number));
                taught += classes;
            }
        }
        table
    }

    /// Adds a class to the last group, the course's next one after so many: a teacher has several.
    fn add(&mut self, course: &'static Course, taught: usize) {
        if taught.is_multiple_of(course.load) {
            self.teachers.push(course);
        }
        self.classes.push((self.groups.len() - 1, self.teachers.len()));
    }
}

/// The id of a school's class.
pub(super) fn class(school: &School, number: usize) -> String {
    format!("c.{:04}.{number:03}", school.number)
}

/// Writes courses.csv.
pub(super) fn courses(setting: &Setting, files: &mut Files) -> Result<(), Refused> {
    let year = setting.days.current();
    for of in &TRAITS {
        let grades = of.grades.iter().enumerate();
        for (course, (_, grade)) in COURSES
            .iter()
            .filter(|course| course.at & of.kind != 0)
            .flat_map(|course| grades.clone().filter(|(at, _)| course.is_for(*at)).map(move |grade| (course, grade)))
        {
            let (id, title) = (course.id(grade), format_args!("{} {grade}", course.title));
            let code = format_args!("{}{grade}", course.slug.to_uppercase());
            let row = &mut files.courses;
            row.row(&[&id, &"", &"", &year, &title, &code, grade, &super::office::ROOT, &course.subject, &""])?;
        }
    }
    Ok(())
}

/// Writes a school's rows of classes.csv. The last two are over: one of last year, and one of last summer.
pub(super) fn classes(setting: &Setting, school: &School, table: &Timetable, files: &mut Files) -> Result<(), Refused> {
    let days = &setting.days;
    let numbered = (1..).zip(&table.classes);
    let now = numbered.filter_map(|(number, (group, _))| Some((number, *table.groups.get(*group)?, days.current())));
    let last = table.groups.last().copied();
    let over = last.into_iter().flat_map(|group| {
        let past = [days.last(), format!("{},{}", days.fall(), days.spring()), days.summer()];
        let [whole, halves, summer] = past;
        let year = if school.number.is_multiple_of(2) { whole } else { halves };
        let number = table.classes.len();
        [(number + 1, group, year), (number + 2, group, summer)]
    });
    for (number, group, term) in now.chain(over) {
        let Group { course, grade, .. } = group;
        let grade = school.of.grades.get(grade).copied().unwrap_or_default();
        let (id, room) = (class(school, number), format_args!("Room {}", 100 + number));
        let (title, code) = (format_args!("{} {grade}", course.title), format_args!("{}-{number}", school.number));
        let kind = if course.slug == "home" { "homeroom" } else { "scheduled" };
        let (course_id, org) = (course.id(grade), school.id());
        files.classes.row(&[
            &id,
            &"",
            &"",
            &title,
            &grade,
            &course_id,
            &code,
            &kind,
            &room,
            &org,
            &term,
            &course.subject,
            &"",
            &"",
        ])?;
    }
    Ok(())
}
