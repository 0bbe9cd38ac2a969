//! What may be written at a place: keys, and the names of the set.

use gen_lsp_types::{CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, Range, TextEdit};

use super::context::{Context, Typing};
use super::places::{self, Values};
use super::words;
use super::workspace::Spot;
use crate::policy::model::roles::several;
use crate::policy::outline::book::{ALL, Book};
use crate::policy::outline::{FileKind, Outline, TopicOutline};

/// Something that may be written.
struct Offer {
    label: String,
    kind: CompletionItemKind,
    words: String,
    /// What is written after it.
    after: &'static str,
}

impl Offer {
    fn new(label: impl Into<String>, kind: CompletionItemKind, words: impl Into<String>) -> Self {
        Self { label: label.into(), kind, words: words.into(), after: "" }
    }

    fn key(label: impl Into<String>, words: impl Into<String>) -> Self {
        Self { after: ": ", ..Self::new(label, CompletionItemKind::Property, words) }
    }
}

/// Everything that may be written at a place.
pub(super) fn complete(spot: &Spot<'_>) -> Vec<CompletionItem> {
    let Some(context) = Context::at(spot.lines.all(), spot.line, spot.column) else { return Vec::new() };
    let book = spot.set.book();
    let desk = Desk { application: application(spot, &book), outline: spot.file.outline.as_ref(), book, context };
    let begun = u32::try_from(desk.context.prefix.chars().count()).unwrap_or(0);
    let from = spot.lines.position(spot.line, spot.column.saturating_sub(begun + 1));
    let range = Range { start: from, end: spot.lines.position(spot.line, spot.column.saturating_sub(1)) };
    let colon = spot.lines.line(spot.line).chars().nth(spot.column.saturating_sub(1) as usize) == Some(':');
    desk.offers().into_iter().map(|offer| item(offer, range, colon)).collect()
}

fn item(offer: Offer, range: Range, colon: bool) -> CompletionItem {
    let Offer { label, kind, words, after } = offer;
    let new_text = format!("{label}{}", if colon { "" } else { after });
    CompletionItem {
        label,
        kind: Some(kind),
        documentation: Some(Documentation::String(words)),
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text })),
        ..CompletionItem::default()
    }
}

/// The application that a file is about, as far as it can be told.
fn application<'w>(spot: &Spot<'w>, book: &Book<'w>) -> Option<&'w Outline> {
    let known = spot.file.outline.as_ref().and_then(|outline| book.application(outline));
    let role = spot.lines.all().iter().find_map(|line| line.strip_prefix("role:"));
    let prefix = role.and_then(|id| id.trim().split('.').next());
    known.or_else(|| book.applications().find(|app| app.application.as_deref() == prefix))
}

/// What is at hand to complete with.
struct Desk<'w> {
    context: Context,
    book: Book<'w>,
    application: Option<&'w Outline>,
    outline: Option<&'w Outline>,
}

impl<'w> Desk<'w> {
    fn offers(&self) -> Vec<Offer> {
        let (kind, path) = (self.context.kind, self.context.path());
        if self.context.typing != Typing::Value {
            let mut keys: Vec<Offer> = self.keys(kind, &path);
            keys.retain(|offer| !self.context.siblings.iter().any(|(known, _)| *known == offer.label));
            if !keys.is_empty() || self.context.typing == Typing::Key {
                return keys;
            }
        }
        places::values(kind, &path).map(|values| self.values(values)).unwrap_or_default()
    }

    fn keys(&self, kind: FileKind, path: &[&str]) -> Vec<Offer> {
        let fixed = places::keys(kind, path).into_iter();
        let mut keys: Vec<Offer> = fixed.map(|(key, words)| Offer::key(key, words)).collect();
        match (kind, path) {
            (FileKind::Role, ["modules"]) => {
                keys.extend(self.words().into_iter().map(|offer| Offer { after: ": ", ..offer }));
            }
            (FileKind::Role, ["users"] | ["staffing", "minimum" | "maximum"]) => {
                if let Some(Values::One(levels)) = places::values(kind, &["not_at"]) {
                    keys.extend(levels.iter().map(|(level, words)| Offer::key(*level, *words)));
                }
            }
            (FileKind::Application, ["modules", _, "topics", _] | ["types", _]) => {
                keys.extend(self.own_actions().map(|action| Offer::key(action, "what is different about this action")));
            }
            (FileKind::Tests, ["tests", "-", "of"]) => {
                keys.extend(PROPERTIES.map(|(key, words)| Offer::key(key, words)))
            }
            _ => {}
        }
        keys
    }

    fn values(&self, values: Values) -> Vec<Offer> {
        match values {
            Values::One(listed) => {
                listed.iter().map(|(name, words)| Offer::new(*name, CompletionItemKind::EnumMember, *words)).collect()
            }
            Values::Roles => self.roles(),
            Values::Words => self.words(),
            Values::Actions => self.actions(),
            Values::ActionsOfType => self.actions_of_type(),
            Values::OwnActions => self
                .own_actions()
                .map(|action| Offer::new(action, CompletionItemKind::Method, "of this topic"))
                .collect(),
            Values::Types => self.types(),
            Values::Clauses => self.clauses(),
            Values::Applications => {
                let named = self.book.applications().filter_map(|app| Some((app.application.clone()?, app)));
                named
                    .map(|(name, app)| {
                        Offer::new(name, CompletionItemKind::Module, app.title.clone().unwrap_or_default())
                    })
                    .collect()
            }
        }
    }

    fn roles(&self) -> Vec<Offer> {
        let offer = |(mark, role): (&'w crate::policy::outline::Mark, &'w Outline)| {
            Offer::new(&mark.text, CompletionItemKind::Class, role.title.clone().unwrap_or_default())
        };
        self.book.roles().map(offer).collect()
    }

    fn words(&self) -> Vec<Offer> {
        let Some(application) = self.application else { return Vec::new() };
        let topics = application.topics.iter();
        let topics = topics.map(|topic| Offer::new(&topic.name, CompletionItemKind::Struct, about(topic)));
        let modules = application.modules.iter();
        let modules = modules.map(|(name, title)| {
            let (title, topics) = (title.clone().unwrap_or_default(), topics_of(name, application));
            Offer::new(name, CompletionItemKind::Module, format!("module {title}: {topics}"))
        });
        let sets = application.sets.iter();
        let sets = sets.map(|set| Offer::new(&set.name, CompletionItemKind::Enum, format!("set: {}", set.because)));
        let all = Offer::new(ALL, CompletionItemKind::Keyword, "every topic of the application");
        sets.chain(modules).chain([all]).chain(topics).collect()
    }

    fn actions(&self) -> Vec<Offer> {
        let Some(application) = self.application else { return Vec::new() };
        let named = |key| parts(self.context.sibling(key).unwrap_or_default()).map(str::to_owned).collect::<Vec<_>>();
        let chosen = Book::choose(application, &named("topics"), &named("except"));
        let meant = |topic: &&str| chosen.is_empty() || chosen.iter().any(|known| known.name == **topic);
        let of = Book::all_actions(application).into_iter();
        let of = of.map(|(action, of)| (action, of.into_iter().filter(meant).map(str::to_owned).collect::<Vec<_>>()));
        let of = of.filter(|(_, topics)| !topics.is_empty());
        let mut offers: Vec<Offer> =
            of.map(|(action, topics)| Offer::new(action, CompletionItemKind::Method, of_topics(&topics))).collect();
        let known =
            |word: &str| application.topics.iter().any(|topic| topic.actions.iter().any(|(own, _)| own == word));
        for word in ["enter", "manage"].into_iter().filter(|word| !known(word)) {
            let several: Vec<String> = several(word).iter().map(|action| (*action).to_owned()).collect();
            let words = format!("{}: those that a topic has", words::listed(&several));
            offers.push(Offer::new(word, CompletionItemKind::Keyword, words));
        }
        offers
    }

    /// The actions of the topic that is being written.
    fn own_actions(&self) -> impl Iterator<Item = &str> {
        parts(self.context.sibling("actions").unwrap_or_default())
    }

    fn actions_of_type(&self) -> Vec<Offer> {
        let full = ["a", "type"].iter().find_map(|key| self.context.sibling(key)).unwrap_or_default();
        let Some((topic, _)) = self.book.resource_type(full.trim_matches(['"', '\''])) else {
            let all = self.book.applications().flat_map(Book::all_actions);
            return all.map(|(action, _)| Offer::new(action, CompletionItemKind::Method, "")).collect();
        };
        let offer = |(action, record): &(String, String)| {
            Offer::new(action, CompletionItemKind::Method, format!("of {} ({record})", topic.full))
        };
        topic.actions.iter().map(offer).collect()
    }

    fn types(&self) -> Vec<Offer> {
        let topics = self.book.applications().flat_map(|application| &application.topics);
        topics.map(|topic| Offer::new(&topic.full, CompletionItemKind::Struct, about(topic))).collect()
    }

    fn clauses(&self) -> Vec<Offer> {
        let clauses = self.outline.map(|outline| outline.clauses.as_slice()).unwrap_or_default();
        let offer =
            |(number, text): &(u32, String)| Offer::new(number.to_string(), CompletionItemKind::Reference, text);
        clauses.iter().map(offer).collect()
    }
}

/// Properties of a record that have a meaning of their own.
const PROPERTIES: [(&str, &str); 7] = [
    ("student", "the student whose record it is"),
    ("school", "the school that it is about, or a list of alternatives"),
    ("section", "the class, or a list of alternatives"),
    ("created_by", "whoever made it"),
    ("referred_to", "the organisations that the student is referred to"),
    ("role", "of `assign_role`: the role that is given or taken away"),
    ("date", "the day that it is about"),
];

/// The words of a list as it is written.
fn parts(written: &str) -> impl Iterator<Item = &str> {
    written.split(['[', ']', ',', ' ', '"', '\'']).filter(|part| !part.is_empty())
}

/// Topics by name, or by number where they are many.
fn of_topics(topics: &[String]) -> String {
    if topics.len() > 8 { format!("of {} topics", topics.len()) } else { format!("of {}", words::listed(topics)) }
}

fn about(topic: &TopicOutline) -> String {
    let actions: Vec<String> = topic.actions.iter().map(|(action, _)| action.clone()).collect();
    format!("{} ({})", words::listed(&actions), topic.record)
}

fn topics_of(module: &str, application: &Outline) -> String {
    let count = application.topics.iter().filter(|topic| topic.module.as_deref() == Some(module)).count();
    format!("{count} topic{}", if count == 1 { "" } else { "s" })
}
