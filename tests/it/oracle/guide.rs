//! The tables of the guide: which role has which right, what the catalogue holds, where a role may be held.
//!
//! Plain tab-separated text; a line that starts with `#` is a comment, the next one the header. Nothing is
//! derived here: a right that guide.tsv does not spell out does not exist.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// One line of guide.tsv without its row, clause, topic and action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Right {
    /// `org`, `section`, `own` or `referred`.
    pub reach: String,
    pub made_by: Option<String>,
    /// `date<=today`
    pub not_future: bool,
    pub role_not: Vec<String>,
    pub not_self: bool,
    pub not_holding: Vec<String>,
}

pub struct Role {
    /// `school` or `district`.
    pub held_at: String,
    /// A level of school where the role has no effect, or empty.
    pub not_at: String,
    pub available_from: String,
}

/// role -> topic -> action -> rights
type Rights = HashMap<String, HashMap<String, HashMap<String, Vec<Right>>>>;

pub struct Guide {
    rights: Rights,
    /// type -> action -> kind of record
    pub catalogue: HashMap<String, HashMap<String, String>>,
    /// type -> what the id of its records is besides
    pub ids: HashMap<String, String>,
    pub roles: HashMap<String, Role>,
}

impl Guide {
    pub fn load(tables: &Path) -> Guide {
        Guide {
            rights: read_rights(&tables.join("guide.tsv")),
            catalogue: read_catalogue(&tables.join("catalogue.tsv")),
            ids: read_ids(&tables.join("ids.tsv")),
            roles: read_roles(&tables.join("roles.tsv")),
        }
    }

    pub fn rights(&self, role: &str, topic: &str, action: &str) -> &[Right] {
        self.rights
            .get(role)
            .and_then(|topics| topics.get(topic))
            .and_then(|actions| actions.get(action))
            .map_or(&[], Vec::as_slice)
    }
}

/// The lines below the header, split at tabs.
pub fn lines(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .skip(1)
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn table(path: &Path) -> Vec<Vec<String>> {
    lines(&fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

fn read_rights(path: &Path) -> Rights {
    let mut rights = Rights::new();
    for row in table(path) {
        let [role, _clause, topic, action, reach, limits] =
            <[String; 6]>::try_from(row).unwrap_or_else(|row| panic!("guide.tsv: {row:?}"));
        let right = with_limits(Right { reach, ..Right::default() }, &limits);
        rights.entry(role).or_default().entry(topic).or_default().entry(action).or_default().push(right);
    }
    rights
}

fn with_limits(mut right: Right, limits: &str) -> Right {
    for limit in limits.split(';').filter(|limit| !limit.is_empty()) {
        let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
        let list = || value.split(',').map(str::to_owned).collect();
        match name {
            "made_by" => right.made_by = Some(value.to_owned()),
            "date<" if value == "today" => right.not_future = true,
            "role_not" => right.role_not = list(),
            "not_self" => right.not_self = true,
            "not_holding" => right.not_holding = list(),
            _ => panic!("guide.tsv: unknown limit {limit:?}"),
        }
    }
    right
}

fn read_catalogue(path: &Path) -> HashMap<String, HashMap<String, String>> {
    let mut catalogue: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in table(path) {
        let [topic, action, record] =
            <[String; 3]>::try_from(row).unwrap_or_else(|row| panic!("catalogue.tsv: {row:?}"));
        catalogue.entry(topic).or_default().insert(action, record);
    }
    catalogue
}

fn read_ids(path: &Path) -> HashMap<String, String> {
    let pair = |row| <[String; 2]>::try_from(row).unwrap_or_else(|row| panic!("ids.tsv: {row:?}"));
    table(path).into_iter().map(pair).map(|[topic, id_is]| (topic, id_is)).collect()
}

fn read_roles(path: &Path) -> HashMap<String, Role> {
    let mut roles = HashMap::new();
    for row in table(path) {
        let [role, held_at, not_at, available_from] =
            <[String; 4]>::try_from(row).unwrap_or_else(|row| panic!("roles.tsv: {row:?}"));
        roles.insert(role, Role { held_at, not_at, available_from });
    }
    roles
}
