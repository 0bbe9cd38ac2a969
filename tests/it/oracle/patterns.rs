//! What may be known of a record, as patterns relative to the subject: one question each, for every right.
//!
//! The patterns fit the folder of `district`. They are groups of cross products, each group one corner of the
//! contract; they are not the whole product of all properties, which would say little more at a thousand times the price.

use super::Question;

/// The facts of a question with places left open. In every value
/// - `{self}` stands for the subject,
/// - `{home}` for the subject's school: `sec` or `elem` where the role is held there, else `sec`,
/// - `{away}` for another school of the same local district: `elem` or `sec`,
/// - `{today}` for the day of the question.
///
/// To make a question of a pattern and a subject of `district::subjects()`:
/// ```ignore
/// let filled = pattern.fill("u.misis.teacher@sec", "2025-10-15");
/// let verdict = oracle.decide(&filled.question("u.misis.teacher@sec", "update", "misis.grades.mark"), "2025-10-15");
/// ```
/// A user's patterns can be filled once and asked for every type and action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    pub id: &'static str,
    pub school: Option<Vec<&'static str>>,
    pub student: Option<&'static str>,
    pub section: Option<Vec<&'static str>>,
    pub created_by: Option<&'static str>,
    pub referred_to: Option<Vec<&'static str>>,
    pub role: Option<&'static str>,
    pub date: Option<&'static str>,
}

/// A pattern with its places filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    pub id: String,
    pub school: Option<Vec<String>>,
    pub student: Option<String>,
    pub section: Option<Vec<String>>,
    pub created_by: Option<String>,
    pub referred_to: Option<Vec<String>>,
    pub role: Option<String>,
    pub date: Option<String>,
}

impl Pattern {
    pub fn fill(&self, subject: &str, today: &str) -> Filled {
        let (home, away) = if subject.ends_with("@elem") { ("elem", "sec") } else { ("sec", "elem") };
        let one = |text: &str| {
            let text = text.replace("{self}", subject).replace("{today}", today);
            text.replace("{home}", home).replace("{away}", away)
        };
        let text = |value: Option<&'static str>| value.map(one);
        let list = |value: &Option<Vec<&'static str>>| value.as_ref().map(|l| l.iter().map(|v| one(v)).collect());
        Filled {
            id: one(self.id),
            school: list(&self.school),
            student: text(self.student),
            section: list(&self.section),
            created_by: text(self.created_by),
            referred_to: list(&self.referred_to),
            role: text(self.role),
            date: text(self.date),
        }
    }
}

impl Filled {
    pub fn question<'a>(&'a self, subject: &'a str, action: &'a str, resource_type: &'a str) -> Question<'a> {
        let list = |value: &'a Option<Vec<String>>| value.as_ref().map(|l| l.iter().map(String::as_str).collect());
        Question {
            subject_type: "user",
            subject,
            action,
            resource_type,
            id: &self.id,
            school: list(&self.school),
            student: self.student.as_deref(),
            section: list(&self.section),
            created_by: self.created_by.as_deref(),
            referred_to: list(&self.referred_to),
            role: self.role.as_deref(),
            date: self.date.as_deref(),
        }
    }
}

/// `None` is absent, an empty list is given.
type List = Option<&'static [&'static str]>;

const SCHOOLS: [List; 7] = [
    None,
    Some(&["{home}"]),
    Some(&["{away}"]),
    Some(&["far"]),
    Some(&["nowhere"]),
    Some(&["far", "{home}"]),
    Some(&[]),
];
const ODD_SCHOOLS: [List; 4] = [Some(&["L1"]), Some(&["D"]), Some(&["shut"]), Some(&["far", "nowhere"])];

const SECTIONS: [List; 8] = [
    None,
    Some(&["c.taught@{home}"]),
    Some(&["c.other@{home}"]),
    Some(&["c.taught@far"]),
    Some(&["c.ended@{home}"]),
    Some(&["c.nowhere"]),
    Some(&["c.taught@far", "c.taught@{home}"]),
    Some(&[]),
];
const ODD_SECTIONS: [List; 4] =
    [Some(&["c.term@{home}"]), Some(&["c.left@{home}"]), Some(&["c.deleted@{home}"]), Some(&["c.taught@{away}"])];

const STUDENTS: [Option<&str>; 14] = [
    None,
    Some("s.taught@{home}"),
    Some("s.other@{home}"),
    Some("s.term@{home}"),
    Some("s.two@{home}"),
    Some("s.listed@{home}"),
    Some("s.ended@{home}"),
    Some("s.deleted@{home}"),
    Some("s.gone@{home}"),
    Some("s.none"),
    Some("s.taught@{away}"),
    Some("s.taught@far"),
    Some("p.aide@{home}"),
    Some("nobody"),
];

const CREATORS: [&str; 9] = [
    "{self}",
    "u.map.district_proctor@D",
    "u.map.district_proctor@L1",
    "u.map.district_proctor@{home}",
    "u.map.district_proctor@{away}",
    "u.map.school_proctor@{home}",
    "u.disabled",
    "u.map.district_proctor@expired",
    "nobody",
];

const TARGETS: [&[&str]; 7] = [&["{home}"], &["{away}"], &["far"], &["L1"], &["nowhere"], &["far", "{home}"], &[]];

const MANAGED: [&str; 12] = [
    "",
    "{self}",
    "nobody",
    "m.none",
    "u.deleted",
    "u.disabled",
    "p.aide@far",
    "u.map.instructor@{home}",
    "u.map.system_administrator@D",
    "u.map.system_administrator@expired",
    "u.map.district_assessment_coordinator@D",
    "u.map.data_administrator@D",
];

const GIVEN_ROLES: [Option<&str>; 6] = [
    None,
    Some("map.system_administrator"),
    Some("map.district_assessment_coordinator"),
    Some("map.instructor"),
    Some("misis.teacher"),
    Some("no.such_role"),
];

const STORED: [&str; 3] = ["r.mark@{home}", "r.session@{home}", "r.file@{home}"];

/// All patterns, none twice, some 1,450.
pub fn patterns() -> Vec<Pattern> {
    let mut all = places(&SCHOOLS, &STUDENTS, &SECTIONS);
    let few = [None, Some("s.taught@{home}"), Some("s.none")];
    all.extend(places(&ODD_SCHOOLS, &few, &SECTIONS[..2]));
    let few = [None, Some("s.taught@{home}"), Some("s.term@{home}"), Some("s.left@{home}")];
    all.extend(places(&SCHOOLS[..2], &few, &ODD_SECTIONS));
    all.extend(made_by());
    all.extend(referred());
    all.extend(managed_users());
    all.extend(dated());
    all.extend(stored());
    let identified: Vec<Pattern> = identified().into_iter().filter(|p| !all.contains(p)).collect();
    all.extend(identified);
    all
}

/// Every school with every student with every section.
fn places(schools: &[List], students: &[Option<&'static str>], sections: &[List]) -> Vec<Pattern> {
    let mut all = Vec::new();
    for school in schools {
        for student in students {
            for section in sections {
                all.push(Pattern {
                    school: school.map(<[_]>::to_vec),
                    student: *student,
                    section: section.map(<[_]>::to_vec),
                    ..Pattern::default()
                });
            }
        }
    }
    all
}

/// A few of the places, to be combined with something else.
fn few_places() -> Vec<Pattern> {
    let students = [None, Some("s.taught@{home}"), Some("s.taught@far")];
    places(&[None, Some(&["{home}"]), Some(&["far"])], &students, &[None])
}

fn made_by() -> Vec<Pattern> {
    let places = places(&SCHOOLS, &STUDENTS[..2], &[None]);
    let by = |created_by| places.iter().map(move |p| Pattern { created_by: Some(created_by), ..p.clone() });
    CREATORS.into_iter().flat_map(by).collect()
}

fn referred() -> Vec<Pattern> {
    let places = few_places();
    let to = |t: &[&'static str]| Some(t.to_vec());
    TARGETS.into_iter().flat_map(|t| places.iter().map(move |p| Pattern { referred_to: to(t), ..p.clone() })).collect()
}

/// For `map.setup.user`: who is managed, with which role, said to be where.
fn managed_users() -> Vec<Pattern> {
    let mut all = Vec::new();
    for id in MANAGED {
        for role in GIVEN_ROLES {
            for school in [None, Some(vec!["{home}"]), Some(vec!["far"]), Some(vec![])] {
                if !id.is_empty() || role.is_some() {
                    all.push(Pattern { id, role, school, ..Pattern::default() });
                }
            }
        }
    }
    all
}

fn dated() -> Vec<Pattern> {
    let places = few_places();
    let on = |date| places.iter().map(move |p| Pattern { date: Some(date), ..p.clone() });
    ["2000-01-01", "{today}", "2100-01-01"].into_iter().flat_map(on).collect()
}

/// What the directory stores against what the caller says.
fn stored() -> Vec<Pattern> {
    let mut all: Vec<Pattern> = Vec::new();
    for id in STORED {
        all.extend(few_places().into_iter().map(|p| Pattern { id, ..p }));
        all.push(Pattern { id, created_by: Some("{self}"), ..Pattern::default() });
        all.push(Pattern { id, section: Some(vec!["c.taught@far"]), ..Pattern::default() });
    }
    all
}

/// Students as ids of records, where their property says nothing or another.
fn identified() -> Vec<Pattern> {
    let places = few_places();
    let ids = STUDENTS.into_iter().flatten();
    ids.flat_map(|id| places.iter().map(move |p| Pattern { id, ..p.clone() })).collect()
}
