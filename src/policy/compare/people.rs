//! Whom a change touches: the holders of a role in a directory for whom a decision changes on the day, asked one by one over
//! what the directory says of them and a record like that of the witness.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::census::Census;
use super::super::compiled::Policy;
use super::super::condition::{Looked, Source};
use super::super::day::Day;
use super::super::facts::{Assignment, Facts, Org, OrgKind, Person, Section};
use super::super::request::Stored;
use super::Comparison;
use super::said::Said;
use super::search::{Question, Recipe};
use super::stage::{Scene, Stage};

/// Somebody who gains or loses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Their id.
    pub user: String,
    /// The lines that touch them, by number.
    pub lines: Vec<usize>,
}

/// How far it has come: so many of so many.
pub type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// How many users are gone through between two words about it.
const STEP: u32 = 4_096;

/// Lines that touch a role, each with how its witnesses are made.
type ByRole<'c> = HashMap<&'c str, Vec<(usize, bool, Vec<(u32, &'c Recipe)>)>>;

/// What two people share for whom everything comes out alike.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Likeness {
    roles: BTreeSet<(Arc<str>, bool)>,
    kind: u8,
    level: Option<Arc<str>>,
    root: bool,
    teaches: bool,
}

impl Comparison<'_> {
    /// Everybody whom the lines touch, in the directory's order.
    pub fn people<C: Census>(&self, census: &C, progress: &mut Progress<'_>) -> Vec<Affected> {
        let by_role = self.by_role();
        let alike = !self.tells_people_apart();
        let (mut known, mut affected) = (HashMap::new(), Vec::new());
        let all = census.users();
        for row in 0..all {
            if row % STEP == 0 {
                progress(row as usize, all as usize);
            }
            let Some(user) = census.user_at(row).filter(|user| user.person.active) else { continue };
            if !user.person.assignments.iter().any(|held| by_role.contains_key(&*held.role)) {
                continue;
            }
            let likeness = if alike { likeness(&user.person, self.today) } else { None };
            let lines = match likeness {
                None => self.touching(census, user.id, user.person, &by_role),
                Some(likeness) => known
                    .entry(likeness)
                    .or_insert_with(|| self.touching(census, user.id, user.person, &by_role))
                    .clone(),
            };
            if !lines.is_empty() {
                affected.push(Affected { user: user.id.to_owned(), lines });
            }
        }
        affected
    }

    fn by_role(&self) -> ByRole<'_> {
        let mut by_role: ByRole<'_> = HashMap::new();
        for (at, line) in self.lines.iter().enumerate() {
            for (role, cell, recipe) in &line.recipes {
                let lines = by_role.entry(self.pair.names.id(*role)).or_default();
                match lines.last_mut() {
                    Some((last, _, recipes)) if *last == at => recipes.push((*cell, recipe)),
                    Some(_) | None => lines.push((at, line.gain, vec![(*cell, recipe)])),
                }
            }
        }
        by_role
    }

    /// Whether a condition looks at who asks.
    fn tells_people_apart(&self) -> bool {
        let mut looked = Looked::default();
        self.pair.names.conditions.iter().for_each(|condition| condition.look(&mut looked));
        looked.properties.iter().any(|(source, _)| matches!(source, Source::SubjectId | Source::Subject(_)))
    }

    /// The lines that touch somebody.
    fn touching<C: Census>(&self, census: &C, id: &str, person: Person<'_>, by_role: &ByRole<'_>) -> Vec<usize> {
        let mut touching = BTreeSet::new();
        for held in person.assignments.iter().filter(|held| held.period.contains(self.today)) {
            let differs = |cell, gain, recipe| self.differs(census, id, person, held, cell, gain, recipe);
            let lines = by_role.get(&*held.role).into_iter().flatten();
            let found = lines.filter(|(line, gain, recipes)| {
                !touching.contains(line) && recipes.iter().any(|(cell, recipe)| differs(*cell, *gain, recipe))
            });
            let found: Vec<usize> = found.map(|(line, ..)| *line).collect();
            touching.extend(found);
        }
        touching.into_iter().collect()
    }

    #[expect(clippy::too_many_arguments, reason = "one question: who, in which role, what, which way, and how")]
    fn differs<C: Census>(
        &self,
        census: &C,
        id: &str,
        person: Person<'_>,
        held: &Assignment,
        cell: u32,
        gain: bool,
        recipe: &Recipe,
    ) -> bool {
        let (world, said) = &**recipe;
        let teaches: Vec<&Arc<Section>> =
            person.teaches.iter().filter(|taught| taught.in_effect(self.today)).map(|taught| &taught.section).collect();
        let role = |role| self.pair.names.id(role);
        let Some(scene) = world.around(&held.org, id, &teaches, census, &role) else { return false };
        let facts = Overlay { stage: &scene.stage, facts: census, subject: id };
        let Some((kind, action)) = self.pair.names.cells.get(cell as usize) else { return false };
        let (granting, refusing) = self.pair.sides(gain);
        self.said_today(&scene, said, &person).iter().any(|question| {
            let request = question.request(kind, action);
            let allows = |policy: &Policy| policy.decide(&facts, &request, self.today).is_allow();
            allows(granting.policy) && !allows(refusing.policy)
        })
    }

    /// The question as it would be put on the day: about a day that lies as far from it, or about the day itself. What the
    /// directory stores of somebody is not said otherwise.
    fn said_today(&self, scene: &Scene, said: &Said, person: &Person<'_>) -> Vec<Question> {
        let stored = |name: &str| person.properties.iter().any(|(known, _)| known == name);
        let mut said = said.clone();
        said.subject.retain(|(name, _)| !stored(name));
        let moved = said.date.zip(said.day).map(|(date, day)| Day(self.today.0 + date.0 - day.0));
        let dates = BTreeSet::from([said.date, moved]);
        dates
            .into_iter()
            .map(|date| Question::new(scene, &Said { date, day: Some(self.today), ..said.clone() }))
            .collect()
    }
}

/// What decides how everything comes out for somebody who holds all roles at one organisation.
fn likeness(person: &Person<'_>, today: Day) -> Option<Likeness> {
    let org = &person.assignments.first()?.org;
    if !person.assignments.iter().all(|held| Arc::ptr_eq(&held.org, org)) {
        return None;
    }
    let teaches =
        |taught: &super::super::facts::Enrolment| taught.in_effect(today) && taught.section.school.lies_in(org);
    Some(Likeness {
        roles: person.assignments.iter().map(|held| (Arc::clone(&held.role), held.period.contains(today))).collect(),
        kind: kind(org),
        level: org.level.clone(),
        root: org.is_root(),
        teaches: person.teaches.iter().any(teaches),
    })
}

/// The kind of an organisation as part of a key.
fn kind(org: &Org) -> u8 {
    match org.kind {
        OrgKind::School => 0,
        OrgKind::District => 1,
        OrgKind::Other => 2,
    }
}

/// A directory with a made-up record in it.
struct Overlay<'o, F> {
    stage: &'o Stage,
    facts: &'o F,
    subject: &'o str,
}

impl<F: Facts> Facts for Overlay<'_, F> {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        if id == self.subject { self.facts.person(id) } else { self.stage.person(id) }
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.stage.org(id).or_else(|| self.facts.org(id))
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.stage.section(id).or_else(|| self.facts.section(id))
    }

    fn record(&self, _resource_type: &str, _id: &str) -> Option<&Stored> {
        None
    }
}
