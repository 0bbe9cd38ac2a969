//! Names that people and things have in a world: usual ones, those that conditions name, and those of others with whom they are
//! compared.

use super::super::condition::Source;
use super::space::{Matter, STRIDE, pick, total};
use super::stage::{Called, Id, Maker, World};

/// What is called how, where nothing else is asked for.
const USUAL: [(Source, &str); 7] = [
    (Source::SubjectId, "subject"),
    (Source::ResourceId, "record"),
    (Source::Student, "student"),
    (Source::CreatedBy, "maker"),
    (Source::School, "school"),
    (Source::Section, "class"),
    (Source::ReferredTo, "school"),
];

/// Names to choose from, the usual one first.
struct Choices {
    one: [Vec<Option<String>>; 4],
    many: [Vec<Vec<String>>; 3],
}

impl Matter {
    /// Texts that decide about a property: those that it is compared with, and the usual names of what comes before it, each
    /// with one right behind it where their order counts.
    pub(super) fn names(&self, source: &Source) -> Vec<String> {
        let group = self.looked.group(source);
        let told = self.looked.texts.iter().filter(|(of, _)| group.contains(&of)).map(|(_, text)| text.clone());
        let usual =
            USUAL.iter().filter(|(of, _)| of < source && group.contains(&of)).map(|(_, name)| (*name).to_owned());
        let mut names: Vec<String> = told.chain(usual).collect();
        if self.looked.ordered {
            let behind: Vec<String> = names.iter().map(|name| format!("{name}!")).collect();
            names.extend(behind);
        }
        names
    }

    /// Lists of such texts: none of them, each alone, and all, beside what is there by its usual name.
    pub(super) fn lists(&self, source: &Source) -> Vec<Vec<String>> {
        let names: Vec<String> = self.names(source).into_iter().filter(|name| !name.is_empty()).collect();
        let each = names.iter().map(|name| vec![name.clone()]);
        let own = USUAL.iter().filter(|(of, _)| of == source).map(|(_, name)| (*name).to_owned());
        let all: Vec<String> = names.iter().cloned().chain(own).collect();
        let all = (!names.is_empty() && all.len() > 1).then_some(all);
        std::iter::once(Vec::new()).chain(each).chain(all).collect()
    }

    /// Worlds with every name that matters in them, as far as there is room: each world with the usual ones first.
    pub(super) fn named(&self, plain: &[World], most: usize) -> Vec<World> {
        let choices = self.name_choices();
        let room = (most / plain.len().max(1)).max(2);
        plain.iter().enumerate().flat_map(|(at, world)| choices.of(world, at, room)).collect()
    }

    fn name_choices(&self) -> Choices {
        let one = |source| {
            let names = self.names(&source).into_iter().filter(|name| !name.is_empty());
            std::iter::once(None).chain(names.map(Some)).collect()
        };
        Choices {
            one: [Source::SubjectId, Source::Student, Source::CreatedBy, Source::ResourceId].map(one),
            many: [Source::School, Source::Section, Source::ReferredTo].map(|source| self.lists(&source)),
        }
    }
}

impl Choices {
    /// A world with the usual names, and some of the others: other ones in each world where there is no room for all.
    fn of(&self, world: &World, turn: usize, room: usize) -> impl Iterator<Item = World> {
        let used = used(world);
        let lens = self.one.iter().map(Vec::len).chain(self.many.iter().map(Vec::len));
        let sizes: Vec<usize> = lens.zip(used).map(|(len, used)| if used { len } else { 1 }).collect();
        let all = total(&sizes);
        let others = room.min(all) - 1;
        // Number 0 is the usual names.
        let spread = (turn * others..(turn + 1) * others).map(move |at| 1 + at.wrapping_mul(STRIDE) % (all - 1));
        let numbers = std::iter::once(0).chain(spread);
        numbers.filter_map(move |number| Some(World { called: self.called(&pick(&sizes, number))?, ..world.clone() }))
    }

    fn called(&self, at: &[usize]) -> Option<Called> {
        let [subject, student, maker, record, schools, sections, targets] = at else { return None };
        let ([a, b, c, d], [e, f, g]) = (&self.one, &self.many);
        Some(Called {
            subject: a.get(*subject)?.clone(),
            student: b.get(*student)?.clone(),
            maker: c.get(*maker)?.clone(),
            record: d.get(*record)?.clone(),
            schools: e.get(*schools)?.clone(),
            sections: f.get(*sections)?.clone(),
            targets: g.get(*targets)?.clone(),
        })
    }
}

/// Which names are of anything in a world.
fn used(world: &World) -> [bool; 7] {
    let World { tie, maker, referred, id, .. } = world;
    [
        true,
        tie.student.is_some(),
        matches!(maker, Maker::Somebody | Maker::Holder(..)),
        matches!(id, Id::Record | Id::Managed | Id::Holder(..)),
        tie.school.is_some(),
        tie.section.is_some(),
        *referred,
    ]
}
