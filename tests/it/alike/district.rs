//! What there is to ask about in a set of files, messy or not: ids as they stand there, who holds what, who is in which
//! class, and the days on which something begins or ends.

use std::collections::{BTreeSet, HashMap};

use csv::StringRecord;
use hallpass::directory::generate::Wanted;
use hallpass::policy::day::Day;
use hallpass::policy::source::Source;

/// A class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) id: String,
    pub(crate) school: String,
    pub(crate) students: Vec<String>,
}

/// A set, as far as questions go.
#[derive(Debug, Default)]
pub(crate) struct District {
    pub(crate) users: Vec<String>,
    pub(crate) orgs: Vec<String>,
    pub(crate) classes: Vec<Class>,
    pub(crate) roles: Vec<String>,
    /// User, role and organisation.
    pub(crate) holders: Vec<[String; 3]>,
    /// Id and type.
    pub(crate) records: Vec<[String; 2]>,
    /// Classes of everybody enrolled, by their places.
    pub(crate) classes_of: HashMap<String, Vec<usize>>,
    pub(crate) days: Vec<Day>,
}

impl District {
    pub(crate) fn of(files: &[Source]) -> Self {
        let mut district = Self::default();
        let (mut days, mut places) = (BTreeSet::new(), HashMap::new());
        each(files, "users.csv", ["sourcedId"], |[id]| district.users.push(id));
        each(files, "orgs.csv", ["sourcedId"], |[id]| district.orgs.push(id));
        each(files, "records.csv", ["sourcedId", "type"], |record| district.records.push(record));
        each(files, "academicSessions.csv", ["startDate", "endDate"], |dates| days.extend(dates));
        each(files, "classes.csv", ["sourcedId", "schoolSourcedId"], |[id, school]| {
            places.insert(id.clone(), district.classes.len());
            district.classes.push(Class { id, school, students: Vec::new() });
        });
        each(files, "enrollments.csv", ["classSourcedId", "userSourcedId", "role"], |[class, user, role]| {
            let Some(&at) = places.get(&class) else { return };
            if role == "student" {
                district.classes[at].students.push(user.clone());
            }
            district.classes_of.entry(user).or_default().push(at);
        });
        let held = ["userSourcedId", "role", "orgSourcedId", "beginDate", "endDate"];
        each(files, "role_assignments.csv", held, |[user, role, org, begin, end]| {
            days.extend([begin, end]);
            district.roles.push(role.clone());
            district.holders.push([user, role, org]);
        });
        for name in ["enrollments.csv", "roles.csv"] {
            each(files, name, ["beginDate", "endDate"], |dates| days.extend(dates));
        }
        district.roles.sort();
        district.roles.dedup();
        let today = Day::of(Wanted::DAY).unwrap();
        let known = days.iter().filter_map(|text| Day::parse(text));
        district.days = known.flat_map(|day| [-1, 0, 1].map(|by| Day(day.0 + by))).collect();
        // What is asked is mostly of today.
        district.days.extend(vec![today; 3 * district.days.len() + 1]);
        district
    }
}

/// The rows of a file, some of their columns.
fn each<const N: usize>(files: &[Source], name: &str, columns: [&str; N], mut take: impl FnMut([String; N])) {
    let Some(file) = files.iter().find(|file| *file.name == *name) else { return };
    let mut reader = csv::Reader::from_reader(&*file.bytes);
    let header = reader.headers().unwrap().clone();
    let places = columns.map(|column| header.iter().position(|known| known == column).unwrap());
    let mut row = StringRecord::new();
    while reader.read_record(&mut row).unwrap() {
        take(places.map(|at| row[at].to_owned()));
    }
}
