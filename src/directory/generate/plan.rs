//! How many schools there are, of which kind, how large, and below which local district: sizes differ from school to
//! school, and sum up to the students that are wanted.

use super::chance::Chance;

/// A kind of school: bits, so that a set of them is a number.
pub(super) type Kinds = u8;

/// Kindergarten to grade 5.
pub(super) const ELEMENTARY: Kinds = 1;
/// Grades 6 to 8.
pub(super) const MIDDLE: Kinds = 2;
/// Grades 9 to 12.
pub(super) const HIGH: Kinds = 4;
/// An option school.
pub(super) const OPTION: Kinds = 8;
/// A community day school.
pub(super) const CDS: Kinds = 16;
/// A nonpublic school.
pub(super) const NPS: Kinds = 32;
/// Where grades 6 to 12 are taught in general.
pub(super) const SECONDARY: Kinds = MIDDLE | HIGH;

/// What is true of a kind.
#[derive(Debug)]
pub(super) struct Trait {
    pub(super) kind: Kinds,
    /// `metadata.level`.
    pub(super) level: &'static str,
    /// What follows a school's name.
    pub(super) title: &'static str,
    pub(super) grades: &'static [&'static str],
    /// Students of it in a thousand.
    share: usize,
    /// Students of a school, on average.
    size: usize,
}

/// All kinds.
pub(super) const TRAITS: [Trait; 6] = [
    Trait {
        kind: ELEMENTARY,
        level: "elementary",
        title: "Elementary School",
        grades: &["KG", "01", "02", "03", "04", "05"],
        share: 475,
        size: 510,
    },
    Trait {
        kind: MIDDLE,
        level: "secondary",
        title: "Middle School",
        grades: &["06", "07", "08"],
        share: 230,
        size: 830,
    },
    Trait {
        kind: HIGH,
        level: "secondary",
        title: "High School",
        grades: &["09", "10", "11", "12"],
        share: 275,
        size: 1_100,
    },
    Trait { kind: OPTION, level: "option", title: "Option School", grades: &["10", "11", "12"], share: 14, size: 110 },
    Trait { kind: CDS, level: "cds", title: "CDS", grades: &["07", "08", "09", "10"], share: 4, size: 60 },
    Trait { kind: NPS, level: "nps", title: "NPS", grades: &["03", "04", "05"], share: 2, size: 40 },
];

/// A school of the plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct School {
    /// From 1.
    pub(super) number: usize,
    pub(super) of: &'static Trait,
    pub(super) students: usize,
    /// The number of its first student, from 1.
    pub(super) first: usize,
}

impl School {
    /// Its `sourcedId`.
    pub(super) fn id(&self) -> String {
        format!("sch.{:04}", self.number)
    }

    /// Whether it is one of these kinds.
    pub(super) fn is(&self, kinds: Kinds) -> bool {
        self.of.kind & kinds != 0
    }

    /// The grade of a student by their place in the school, as a place in the kind's grades.
    pub(super) fn grade(&self, place: usize) -> usize {
        place * self.of.grades.len() / self.students.max(1)
    }

    /// How many students are in a grade.
    pub(super) fn in_grade(&self, grade: usize) -> usize {
        let start = |grade: usize| (grade * self.students).div_ceil(self.of.grades.len());
        start(grade + 1) - start(grade)
    }
}

/// The schools for so many students: one of each kind at least.
pub(super) fn schools(students: usize, seed: u64) -> Vec<School> {
    let mut schools = Vec::new();
    let (mut share, mut given) = (0, 0);
    for (at, of) in TRAITS.iter().enumerate() {
        share += of.share;
        // One student each at least, where there are as many.
        let (least, most) = (at + 1, students.saturating_sub(TRAITS.len() - 1 - at));
        let here = (students * share / 1_000).max(least).min(most).max(given) - given;
        let count = ((here + of.size / 2) / of.size).max(1);
        let mut chance = Chance::new(seed, of.title, 0);
        let weights: Vec<usize> = (0..count).map(|_| 50 + chance.below(101)).collect();
        let whole: usize = weights.iter().sum();
        let (mut weighed, mut placed) = (0, 0);
        for weight in weights {
            weighed += weight;
            let size = here * weighed / whole - placed;
            schools.push(School { number: schools.len() + 1, of, students: size, first: given + placed + 1 });
            placed += size;
        }
        given += here;
    }
    schools
}

/// How many local districts so many schools have.
pub(super) fn locals(schools: usize) -> usize {
    (schools / 25).clamp(2, 8)
}
