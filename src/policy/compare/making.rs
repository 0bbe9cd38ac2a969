//! Making a stage: the organisations around the one where the role is held, the subject, and the record between them.

use std::sync::Arc;

use super::super::day::Period;
use super::super::facts::{Assignment, Enrolment, Facts, Membership, Org, OrgKind, Section};
use super::super::key::key;
use super::super::model::IdIs;
use super::super::request::Stored;
use super::stage::{Class, Id, Maker, Player, Pupil, Scene, Seat, Spot, Stage, World};

const SCHOOL: &str = "school";
const CLASS: &str = "class";

/// The organisations of a stage.
struct Places {
    /// Where the subject holds the role.
    held: Arc<Org>,
    top: Arc<Org>,
    school: Arc<Org>,
    there: Arc<Org>,
}

impl Places {
    /// The usual ones, for a role held at a kind of organisation.
    fn made(kind: OrgKind, level: Option<&str>) -> Option<Self> {
        let level = level.map(Arc::from);
        let way = [(SCHOOL, OrgKind::School), ("area", OrgKind::Other), ("district", OrgKind::District)];
        let up = |from: usize| -> Vec<(Arc<str>, OrgKind)> {
            way.iter().skip(from).map(|(id, kind)| (Arc::from(*id), *kind)).collect()
        };
        let school = Arc::new(Org::new(&up(0), true, level)?);
        let (area, top) = (Arc::new(Org::new(&up(1), true, None)?), Arc::new(Org::new(&up(2), true, None)?));
        let held = match kind {
            OrgKind::School => &school,
            OrgKind::Other => &area,
            OrgKind::District => &top,
        };
        Some(Self { held: Arc::clone(held), there: there(held, &top)?, top, school })
    }

    /// Those around an organisation of a directory.
    fn around(held: &Arc<Org>, facts: &impl Facts) -> Option<Self> {
        let top = held.above().last().and_then(|id| facts.org(id)).unwrap_or(held);
        let school = if held.kind == OrgKind::School { Arc::clone(held) } else { below("(a school below it)", held)? };
        Some(Self { held: Arc::clone(held), there: there(held, top)?, top: Arc::clone(top), school })
    }

    fn seat(&self, seat: Seat) -> &Arc<Org> {
        match seat {
            Seat::Same => &self.held,
            Seat::Top => &self.top,
            Seat::School => &self.school,
            Seat::There => &self.there,
        }
    }
}

/// A school that is out of reach, though not from the topmost organisation where the role is held below that.
fn there(held: &Arc<Org>, top: &Arc<Org>) -> Option<Arc<Org>> {
    if held.id() != top.id() {
        return below("(another school)", top);
    }
    let way = [("(another school)", OrgKind::School), ("(another district)", OrgKind::District)];
    let way = way.map(|(id, kind)| (Arc::from(id), kind));
    Org::new(&way, true, None).map(Arc::new)
}

/// A school below an organisation.
fn below(name: &str, org: &Arc<Org>) -> Option<Arc<Org>> {
    let above = std::iter::once(org.id()).chain(org.above()).map(|id| (Arc::from(id), OrgKind::Other));
    let way: Vec<(Arc<str>, OrgKind)> = std::iter::once((Arc::from(name), OrgKind::School)).chain(above).collect();
    Org::new(&way, true, None).map(Arc::new)
}

fn enrolment(section: &Arc<Section>) -> Enrolment {
    Enrolment { section_key: key(&section.id), period: Period::ALWAYS, section: Arc::clone(section) }
}

fn enrolments(sections: &[Arc<Section>]) -> Vec<Enrolment> {
    let mut made: Vec<Enrolment> = sections.iter().map(enrolment).collect();
    made.sort_by_key(|enrolment| enrolment.section_key);
    made
}

fn membership(org: &Arc<Org>, as_student: bool) -> Membership {
    Membership { org: Arc::clone(org), period: Period::ALWAYS, as_student }
}

fn assignment(role: &str, org: &Arc<Org>) -> Assignment {
    Assignment { role: role.into(), role_key: key(role), period: Period::ALWAYS, org: Arc::clone(org) }
}

impl World {
    /// The world with a role held in it, all made up; `role` names the roles by number.
    pub(super) fn scene<'n>(&self, held: &str, role: &dyn Fn(u32) -> &'n str) -> Option<Scene> {
        let places = Places::made(self.kind, self.level.as_deref())?;
        let subject = self.called.subject.clone().unwrap_or_else(|| "subject".to_owned());
        let mut making = Making::new(self, &places, role);
        making.person(&subject, |subject| {
            subject.assignments.push(assignment(held, &places.held));
            let also = self.also.map(|(also, seat)| assignment(role(also), places.seat(seat)));
            subject.assignments.extend(also);
            subject.orgs.push(membership(&places.school, false));
        });
        let names = if self.called.sections.is_empty() { vec![CLASS.to_owned()] } else { self.called.sections.clone() };
        let taught: Vec<Arc<Section>> = names.iter().map(|name| making.class(name, self.school_of_class())).collect();
        if self.tie.section != Some(Class::Here) {
            making.person(&subject, |subject| subject.teaches = enrolments(&taught));
        }
        making.record(subject, &taught)
    }

    /// The same record around an organisation where somebody in a directory holds the role. `None` where they teach nothing
    /// that the record would have to be of.
    pub(super) fn around<'n>(
        &self,
        held: &Arc<Org>,
        subject: &str,
        teaches: &[&Arc<Section>],
        facts: &impl Facts,
        role: &dyn Fn(u32) -> &'n str,
    ) -> Option<Scene> {
        let places = Places::around(held, facts)?;
        let mut making = Making::new(self, &places, role);
        let own = |section: &&Arc<Section>| section.school.lies_in(held);
        let taught = teaches.iter().copied().find(own).cloned();
        let needs = self.tie.section == Some(Class::Taught) || self.tie.student == Some(Pupil::Taught);
        let taught = match taught {
            None if needs => return None,
            Some(taught) if needs => taught,
            Some(_) | None => making.class("(a class)", self.school_of_class()),
        };
        making.record(subject.to_owned(), &[taught])
    }

    fn school_of_class(&self) -> Spot {
        self.tie.section.map_or(Spot::Here, Class::spot)
    }
}

/// A stage in the making.
struct Making<'w, 'n> {
    world: &'w World,
    places: &'w Places,
    role: &'w dyn Fn(u32) -> &'n str,
    stage: Stage,
}

impl<'w, 'n> Making<'w, 'n> {
    fn new(world: &'w World, places: &'w Places, role: &'w dyn Fn(u32) -> &'n str) -> Self {
        let mut stage = Stage::default();
        for org in [&places.held, &places.top, &places.school, &places.there] {
            if !stage.orgs.iter().any(|known| known.id() == org.id()) {
                stage.orgs.push(Arc::clone(org));
            }
        }
        Self { world, places, role, stage }
    }

    /// Changes somebody, who is made where unknown.
    fn person(&mut self, id: &str, change: impl FnOnce(&mut Player)) {
        let people = &mut self.stage.people;
        if let Some(known) = people.iter_mut().find(|known| known.id == id) {
            return change(known);
        }
        let mut made = Player { id: id.to_owned(), ..Player::default() };
        change(&mut made);
        people.push(made);
    }

    fn spot(&self, spot: Spot) -> &Arc<Org> {
        match spot {
            Spot::Here => &self.places.school,
            Spot::There => &self.places.there,
        }
    }

    fn class(&mut self, name: &str, spot: Spot) -> Arc<Section> {
        let section = Arc::new(Section { id: name.into(), school: Arc::clone(self.spot(spot)), terms: None });
        self.stage.sections.push(Arc::clone(&section));
        section
    }

    /// A school by name, within reach or not.
    fn school(&mut self, name: &str, spot: Spot) -> Option<()> {
        let above = match spot {
            Spot::Here => &self.places.held,
            Spot::There => &self.places.there,
        };
        if !self.stage.orgs.iter().any(|known| known.id() == name) {
            let made = below(name, above)?;
            self.stage.orgs.push(made);
        }
        Some(())
    }

    fn schools(&mut self, names: &[String], spot: Spot) -> Option<Vec<String>> {
        if names.is_empty() {
            return Some(vec![self.spot(spot).id().to_owned()]);
        }
        names.iter().try_for_each(|name| self.school(name, spot))?;
        Some(names.to_vec())
    }

    fn record(mut self, subject: String, sections: &[Arc<Section>]) -> Option<Scene> {
        let World { tie, maker, referred, id, called, .. } = self.world;
        let mut of = Stored::default();
        if let Some(spot) = tie.school {
            of.school = Some(self.schools(&called.schools, spot)?);
        }
        if let Some(pupil) = tie.student {
            of.student = Some(self.student(pupil, sections));
        }
        if tie.section.is_some() {
            of.section = Some(sections.iter().map(|section| section.id.to_string()).collect());
        }
        if *referred {
            of.referred_to = Some(self.schools(&called.targets, Spot::Here)?);
        }
        of.created_by = self.maker(*maker, &subject);
        let id = self.identity(*id, &subject, &mut of);
        Some(Scene { stage: self.stage, subject, id, of })
    }

    fn student(&mut self, pupil: Pupil, sections: &[Arc<Section>]) -> String {
        let name = self.world.called.student.clone().unwrap_or_else(|| "student".to_owned());
        let home = membership(self.spot(pupil.spot()), true);
        if pupil != Pupil::Stranger {
            let attends = if pupil == Pupil::Taught { enrolments(sections) } else { Vec::new() };
            self.person(&name, |student| {
                student.student = true;
                student.orgs.push(home);
                student.attends = attends;
            });
        }
        name
    }

    fn maker(&mut self, maker: Maker, subject: &str) -> Option<String> {
        let name = self.world.called.maker.clone().unwrap_or_else(|| "maker".to_owned());
        match maker {
            Maker::Unsaid => None,
            Maker::Subject => Some(subject.to_owned()),
            Maker::Somebody => {
                self.person(&name, |_| ());
                Some(name)
            }
            Maker::Holder(role, seat) => {
                self.holder(&name, role, seat);
                Some(name)
            }
        }
    }

    fn holder(&mut self, name: &str, role: u32, seat: Seat) {
        let held = assignment((self.role)(role), self.places.seat(seat));
        self.person(name, |holder| holder.assignments.push(held));
    }

    /// The record's id; where it stands for a property, that is left out.
    fn identity(&mut self, id: Id, subject: &str, of: &mut Stored) -> String {
        let name = self.world.called.record.clone().unwrap_or_else(|| "record".to_owned());
        match id {
            Id::None => String::new(),
            Id::Record => name,
            Id::Subject => subject.to_owned(),
            Id::Managed | Id::Holder(..) => {
                let home = membership(&self.places.school, false);
                self.person(&name, |managed| managed.orgs.push(home));
                if let Id::Holder(role, seat) = id {
                    self.holder(&name, role, seat);
                }
                name
            }
            Id::Of(id_is) => taken(id_is, of),
            Id::Beside(id_is) => self.another(id_is),
        }
    }

    /// A student, section or school where that of the record is not.
    fn another(&mut self, id_is: IdIs) -> String {
        let tie = self.world.tie;
        match id_is {
            IdIs::Student => {
                let spot = tie.student.map_or(Spot::There, |pupil| pupil.spot().other());
                let home = membership(self.spot(spot), true);
                self.person("another student", |student| {
                    student.student = true;
                    student.orgs.push(home);
                });
                "another student".to_owned()
            }
            IdIs::Section => {
                let spot = tie.section.map_or(Spot::There, |class| class.spot().other());
                self.class("another class", spot).id.to_string()
            }
            IdIs::School => self.spot(tie.school.map_or(Spot::There, Spot::other)).id().to_owned(),
            IdIs::User => String::new(),
        }
    }
}

/// What the id is, no longer told as a property.
fn taken(id_is: IdIs, of: &mut Stored) -> String {
    let first = |ids: Option<Vec<String>>| ids.and_then(|ids| ids.into_iter().next());
    let id = match id_is {
        IdIs::Student => of.student.take(),
        IdIs::Section => first(of.section.take()),
        IdIs::School => first(of.school.take()),
        IdIs::User => None,
    };
    id.unwrap_or_default()
}
