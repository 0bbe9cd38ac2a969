//! Whether a database says what a roster of the same facts says.

use std::sync::Arc;

use hallpass::directory::Roster;
use hallpass::directory::postgres::Postgres;
use hallpass::directory::remote::{Entry, Key, Loaded, Source as _};
use hallpass::policy::facts::{Enrolment, Facts as _, Person, Section};

/// What there is to ask about.
#[derive(Default)]
pub(crate) struct Ids {
    pub(crate) orgs: Vec<String>,
    pub(crate) users: Vec<String>,
    pub(crate) classes: Vec<String>,
    pub(crate) records: Vec<(String, String)>,
}

impl Ids {
    /// All ids of a folder's files, and some that nobody has.
    pub(crate) fn of(files: &[hallpass::policy::source::Source]) -> Self {
        let column = |name: &str, column: &str| -> Vec<String> {
            let Some(file) = files.iter().find(|file| *file.name == *name) else { return Vec::new() };
            let mut reader = csv::Reader::from_reader(&*file.bytes);
            let at = reader.headers().unwrap().iter().position(|known| known == column).unwrap();
            reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
        };
        let with = |mut ids: Vec<String>| {
            ids.extend(["nobody", "", "a\0b", "u0 ", "U0", "s1", "c1"].map(str::to_owned));
            ids
        };
        let records = with(column("records.csv", "sourcedId")).into_iter();
        let mut kinds = column("records.csv", "type").into_iter();
        Self {
            orgs: with(column("orgs.csv", "sourcedId")),
            users: with(column("users.csv", "sourcedId")),
            classes: with(column("classes.csv", "sourcedId")),
            records: records.map(|id| (kinds.next().unwrap_or_else(|| "odd".to_owned()), id)).collect(),
        }
    }

    fn keys(&self) -> Vec<Key> {
        let text = |text: &String| Arc::<str>::from(&**text);
        let people = self.users.iter().map(|id| Key::Person(text(id)));
        let sections = self.classes.iter().map(|id| Key::Section(text(id)));
        let records = self.records.iter().map(|(kind, id)| Key::Record { kind: text(kind), id: text(id) });
        people.chain(sections).chain(records).collect()
    }
}

/// Asks a database for everything, and compares.
pub(crate) async fn compare(postgres: &Postgres, roster: &Roster, ids: &Ids) -> Loaded {
    let frame = Arc::new(postgres.frame().await.unwrap());
    for id in &ids.orgs {
        assert_eq!(org(frame.org(id)), org(roster.org(id)), "{id}");
    }
    assert_eq!(frame.zone.as_ref(), roster.time_zone());
    let keys = ids.keys();
    let loaded = postgres.load(&keys, &frame).await.unwrap();
    assert_eq!(loaded.entries.len(), keys.len());
    for (key, entry) in keys.iter().zip(&loaded.entries) {
        match (key, entry) {
            (Key::Person(id), Entry::Person(found)) => {
                assert!(found.as_ref().is_none_or(|human| human.id == *id));
                assert_eq!(
                    found.as_ref().map(|it| person(&it.person())),
                    roster.person(id).map(|it| person(&it)),
                    "{id}"
                );
            }
            (Key::Section(id), Entry::Section(found)) => {
                assert_eq!(found.as_deref().map(section), roster.section(id).map(|it| section(it)), "{id}");
            }
            (Key::Record { kind, id }, Entry::Record(found)) => {
                assert_eq!(found.as_deref(), roster.record(kind, id), "{kind} {id}");
                assert!(found.is_none() || frame.record_types.contains(kind), "{kind}");
            }
            other => panic!("{other:?}"),
        }
    }
    loaded
}

fn org(org: Option<&Arc<hallpass::policy::facts::Org>>) -> String {
    format!("{org:?}")
}

fn section(section: &Section) -> String {
    let Section { id, school, terms } = section;
    format!("{id} at {} in {terms:?}", school.id())
}

fn person(person: &Person<'_>) -> String {
    let Person { active, student, assignments, teaches, attends, orgs, properties } = person;
    let enrolments = |list: &[Enrolment]| {
        assert!(list.is_sorted_by_key(|enrolment| enrolment.section_key));
        let texts = list.iter().map(|it| format!("{} {:?}", section(&it.section), it.period));
        sorted(texts.collect())
    };
    let orgs = orgs.iter().map(|it| format!("{} {:?} {}", it.org.id(), it.period, it.as_student));
    let assignments = assignments.iter().map(|it| format!("{} {:?} {}", it.role, it.period, it.org.id()));
    let properties = properties.iter().map(|(name, value)| format!("{name} {value:?}"));
    format!(
        "active {active}, student {student}\nholds {:#?}\nteaches {:#?}\nattends {:#?}\nbelongs to {:#?}\nhas {:#?}",
        assignments.collect::<Vec<_>>(),
        enrolments(teaches),
        enrolments(attends),
        sorted(orgs.collect()),
        sorted(properties.collect()),
    )
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}
