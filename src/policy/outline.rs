//! A file as its author sees it: every name with its place and what it is, every grant with its lines. Compiling forgets
//! places; editors need them, in files too that are wrong otherwise.
//!
//! What the names of several files have to do with one another stands in [`book`].

mod application;
pub(crate) mod book;
mod role;
mod tree;

use std::sync::Arc;

use super::source::{Place, Source};
use super::yaml::{self, Kind, Node};
use tree::Tree;

/// What a file says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `application/v1`.
    Application,
    /// `role/v1`.
    Role,
    /// `tests/v1`.
    Tests,
    /// `routes/v1`.
    Routes,
    /// Anything else.
    Other,
}

impl FileKind {
    /// By the value of the first key.
    pub(crate) fn named(text: &str) -> Self {
        match text {
            "application/v1" => Self::Application,
            "role/v1" => Self::Role,
            "tests/v1" => Self::Tests,
            "routes/v1" => Self::Routes,
            _ => Self::Other,
        }
    }
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An application.
    Application,
    /// A module.
    Module,
    /// A topic as grants spell it: `module.topic`, or a type without a module.
    Topic,
    /// A named set of topics.
    Set,
    /// A topic, a module, a set or `all`: the application says which.
    Word,
    /// A resource type as callers spell it.
    Type,
    /// An action, `enter` or `manage`.
    Action,
    /// A role.
    Role,
    /// A clause of the role in the same file.
    Clause,
}

/// A name that an author wrote.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// What it names.
    pub(crate) what: What,
    /// Whether it is here that the thing is described.
    pub(crate) defines: bool,
    /// The name, as those who refer to it spell it.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) at: Place,
}

/// A topic, or a resource type without a module.
#[derive(Clone, Debug)]
pub(crate) struct TopicOutline {
    /// As grants spell it.
    pub(crate) name: String,
    /// As callers spell it.
    pub(crate) full: String,
    /// Its module.
    pub(crate) module: Option<String>,
    /// Its actions, each with the kind of record that it is about.
    pub(crate) actions: Vec<(String, String)>,
    /// The kind of record.
    pub(crate) record: String,
    /// What the id of such a resource is besides.
    pub(crate) id_is: Option<String>,
    /// Properties that conditions may use, each with its type.
    pub(crate) properties: Vec<(String, String)>,
}

/// A named set of topics.
#[derive(Clone, Debug)]
pub(crate) struct SetOutline {
    /// Its name.
    pub(crate) name: String,
    /// Why it is what it is.
    pub(crate) because: String,
    /// What it takes.
    pub(crate) topics: Vec<String>,
    /// What it leaves out of that.
    pub(crate) except: Vec<String>,
}

/// A grant with the words that an author wrote.
#[derive(Clone, Debug)]
pub(crate) struct GrantOutline {
    /// Its first and its last line.
    pub(crate) lines: (u32, u32),
    pub(crate) allow: Vec<String>,
    pub(crate) topics: Vec<String>,
    pub(crate) except: Vec<String>,
    /// The role that it includes.
    pub(crate) include: Option<String>,
    /// How far it reaches, by itself or by its role.
    pub(crate) reach: Option<String>,
    /// Limits beside the reach, in words.
    pub(crate) limits: Vec<String>,
    /// Why, where it says so.
    pub(crate) because: Option<String>,
    /// The clauses that it comes from.
    pub(crate) clauses: Vec<u32>,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    /// What it says it is.
    pub(crate) kind: FileKind,
    /// The application that it describes, or is about as far as it says so.
    pub(crate) application: Option<String>,
    /// Its title.
    pub(crate) title: Option<String>,
    /// All names, in no order that counts.
    pub(crate) marks: Vec<Mark>,
    /// Modules with their titles.
    pub(crate) modules: Vec<(String, Option<String>)>,
    pub(crate) topics: Vec<TopicOutline>,
    pub(crate) sets: Vec<SetOutline>,
    pub(crate) grants: Vec<GrantOutline>,
    /// The clauses of a role, by number.
    pub(crate) clauses: Vec<(u32, String)>,
    /// Conditions, where they stand.
    pub(crate) conditions: Vec<(String, Place)>,
}

impl Outline {
    /// The outline of a file that was taken apart.
    pub(crate) fn of(name: &Arc<str>, node: &Node) -> Self {
        let tree = Tree::new(name, node);
        let kind = tree.text("hallpass").map_or(FileKind::Other, |(kind, _)| FileKind::named(kind));
        let mut outline = Self {
            kind,
            application: tree.text("application").map(|(name, _)| name.to_owned()),
            title: tree.text("title").map(|(title, _)| title.to_owned()),
            marks: Vec::new(),
            modules: Vec::new(),
            topics: Vec::new(),
            sets: Vec::new(),
            grants: Vec::new(),
            clauses: Vec::new(),
            conditions: Vec::new(),
        };
        outline.refer(What::Application, tree.names("application"));
        match kind {
            FileKind::Application => application::fill(&mut outline, &tree),
            FileKind::Role => role::fill(&mut outline, &tree),
            FileKind::Tests => tests(&mut outline, &tree),
            FileKind::Routes => routes(&mut outline, &tree),
            FileKind::Other => {}
        }
        outline
    }

    /// The id of the role, where it is a role's file.
    pub(crate) fn role(&self) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.defines && mark.what == What::Role)
    }

    /// The name at a place: line and column from 1, in characters.
    pub(crate) fn at(&self, line: u32, column: u32) -> Option<&Mark> {
        let here = |at: &Place| at.line == line && (at.column..=at.column + at.width).contains(&column);
        self.marks.iter().find(|mark| here(&mark.at))
    }

    /// The grant at a line.
    pub(crate) fn grant(&self, line: u32) -> Option<&GrantOutline> {
        self.grants.iter().find(|grant| (grant.lines.0..=grant.lines.1).contains(&line))
    }

    fn mark(&mut self, what: What, defines: bool, text: impl Into<String>, at: Place) {
        self.marks.push(Mark { what, defines, text: text.into(), at });
    }

    fn refer(&mut self, what: What, names: Vec<(&str, Place)>) {
        names.into_iter().for_each(|(text, at)| self.mark(what, false, text, at));
    }
}

fn tests(outline: &mut Outline, tree: &Tree<'_>) {
    for case in tree.get("tests").iter().flat_map(Tree::items) {
        outline.refer(What::Type, case.names("a"));
        outline.refer(What::Action, case.names("may"));
        outline.refer(What::Role, case.names("as"));
        let role = case.get("of").map(|of| of.names("role")).unwrap_or_default();
        outline.refer(What::Role, role);
    }
}

fn routes(outline: &mut Outline, tree: &Tree<'_>) {
    for route in tree.get("routes").iter().flat_map(Tree::items) {
        outline.refer(What::Type, route.names("type"));
        outline.refer(What::Action, route.names("action"));
        let role = route.get("properties").map(|of| of.names("role")).unwrap_or_default();
        outline.refer(What::Role, role);
    }
}

/// Whether two files say the same, but for where they say it.
pub(crate) fn same(one: &Source, other: &Source) -> bool {
    match (yaml::parse(one), yaml::parse(other)) {
        (Ok(one), Ok(other)) => alike(&one.value, &other.value),
        (Ok(_) | Err(_), _) => false,
    }
}

fn alike(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Bool(one), Kind::Bool(other)) => one == other,
        (Kind::Number(one), Kind::Number(other)) => one.to_bits() == other.to_bits(),
        (Kind::Text(one), Kind::Text(other)) => one == other,
        (Kind::List(one), Kind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(&one.value, &other.value))
        }
        (Kind::Map(one), Kind::Map(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(a, b)| a.0.value == b.0.value && alike(&a.1.value, &b.1.value))
        }
        (Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_), _) => false,
    }
}
