//! What a question may say beside the record's place: the day, the role given, properties of every part.

use super::super::condition::Source;
use super::super::day::Day;
use super::super::document::ValueType;
use super::super::request::{Properties, Value};
use super::space::{Matter, picks};

/// How many questions are tried in each world at most; of more, these are spread over all.
const ASKS: usize = 1_500;

/// What else a question says: the day, and properties.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) day: Option<Day>,
    pub(super) role: Option<String>,
    pub(super) date: Option<Day>,
    pub(super) subject: Properties,
    pub(super) action: Properties,
    pub(super) resource: Properties,
    pub(super) context: Properties,
}

/// A value that a property may have.
#[derive(Clone, Debug)]
enum Choice {
    Absent,
    Value(Value),
    /// So many days after the day.
    After(i32),
}

impl Matter {
    /// What questions may say, on a day at first.
    pub(super) fn said(&self, today: Day) -> Vec<Said> {
        let days: Vec<Day> = std::iter::once(today).chain(self.days.iter().copied()).collect();
        let roles = self.roles();
        let dates = if self.looked.has(&Source::Date) { self.dates() } else { vec![Choice::Absent] };
        let free: Vec<(&Source, Vec<Choice>)> = self.free();
        let sizes =
            [days.len(), roles.len(), dates.len()].into_iter().chain(free.iter().map(|(_, choices)| choices.len()));
        let sizes: Vec<usize> = sizes.collect();
        let said = |at: Vec<usize>| {
            let [day, role, date, rest @ ..] = at.as_slice() else { return None };
            let day = *days.get(*day)?;
            let date = match dates.get(*date)? {
                Choice::After(days) => Some(Day(day.0 + days)),
                Choice::Value(Value::Text(text)) => Day::parse(text),
                Choice::Absent | Choice::Value(_) => None,
            };
            let mut said = Said { day: Some(day), role: roles.get(*role)?.clone(), date, ..Said::default() };
            for ((source, choices), at) in free.iter().zip(rest) {
                said.say(source, choices.get(*at)?, day);
            }
            Some(said)
        };
        picks(&sizes, ASKS).filter_map(said).take(ASKS).collect()
    }

    fn roles(&self) -> Vec<Option<String>> {
        let named = self.names(&Source::Role);
        let mut roles: Vec<Option<String>> = self.assigned.iter().cloned().map(Some).collect();
        roles.extend(named.into_iter().filter(|text| !text.is_empty()).map(Some));
        // Where a role is required, a question without one tells nothing; elsewhere it is the usual one.
        roles.insert(0, None);
        roles.dedup();
        roles
    }

    fn dates(&self) -> Vec<Choice> {
        let near = [0, -1, 1].map(Choice::After);
        let around = |day: &Day| [0, -1, 1].map(|by| Choice::Value(Value::Text(Day(day.0 + by).to_string())));
        let named = self.looked.days.iter().flat_map(around);
        near.into_iter().chain([Choice::Absent]).chain(named).collect()
    }

    /// Free properties with their choices.
    fn free(&self) -> Vec<(&Source, Vec<Choice>)> {
        let mut free: Vec<(&Source, Vec<Choice>)> = Vec::new();
        for (source, kind) in &self.looked.properties {
            if !matches!(source, Source::Subject(_) | Source::Action(_) | Source::Resource(_) | Source::Context(_)) {
                continue;
            }
            let choices = self.choices(source, *kind);
            match free.iter_mut().find(|(known, _)| *known == source) {
                Some((_, known)) => known.extend(choices),
                None => free.push((source, choices)),
            }
        }
        free
    }

    fn choices(&self, source: &Source, kind: ValueType) -> Vec<Choice> {
        let text = |text: &str| Choice::Value(Value::Text(text.to_owned()));
        let (mut choices, wrong) = match kind {
            ValueType::YesNo => ([true, false].map(|value| Choice::Value(Value::Bool(value))).into(), text("wrong")),
            ValueType::Number => (self.numbers(), text("wrong")),
            ValueType::Text => {
                let texts = self.names(source).into_iter().chain([String::new(), "other".to_owned()]);
                (texts.map(|named| text(&named)).collect(), Choice::Value(Value::Number(1.0)))
            }
            ValueType::Date => (self.dates(), text("wrong")),
            ValueType::Texts => {
                let list = |list: Vec<String>| Choice::Value(Value::List(list.into_iter().map(Value::Text).collect()));
                (self.lists(source).into_iter().map(list).collect::<Vec<_>>(), text("wrong"))
            }
        };
        choices.insert(1.min(choices.len()), Choice::Absent);
        choices.push(wrong);
        choices
    }

    /// The numbers, one between each two, and one beyond each end.
    fn numbers(&self) -> Vec<Choice> {
        let numbers = &self.looked.numbers;
        let between = numbers.iter().zip(numbers.iter().skip(1)).map(|(one, other)| f64::midpoint(*one, *other));
        let ends = [numbers.first().map_or(0.0, |first| first - 1.0), numbers.last().map_or(1.0, |last| last + 1.0)];
        numbers.iter().copied().chain(between).chain(ends).map(|number| Choice::Value(Value::Number(number))).collect()
    }
}

impl Said {
    fn say(&mut self, source: &Source, choice: &Choice, day: Day) {
        let value = match choice {
            Choice::Absent => return,
            Choice::Value(value) => value.clone(),
            Choice::After(days) => Value::Text(Day(day.0 + days).to_string()),
        };
        match source {
            Source::Subject(name) => self.subject.push((name.clone(), value)),
            Source::Action(name) => self.action.push((name.clone(), value)),
            Source::Resource(name) => self.resource.push((name.clone(), value)),
            Source::Context(name) => self.context.push((name.clone(), value)),
            Source::SubjectId
            | Source::ResourceId
            | Source::Student
            | Source::CreatedBy
            | Source::Role
            | Source::Date
            | Source::School
            | Source::Section
            | Source::ReferredTo => {}
        }
    }
}
