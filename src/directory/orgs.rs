//! orgs.csv: the tree of organisations and the district's time zone. Names and addresses are not read.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::files::Files;
use super::names::{Book, Entry};
use super::table::{Column, Table};
use super::tree::{self, Cut, Node, Tree};
use crate::policy::facts::{Org, OrgKind};
use crate::policy::source::{Finding, Place};

/// `metadata.level`'s values.
const LEVELS: [&str; 5] = ["elementary", "secondary", "option", "cds", "nps"];
/// OneRoster's org types.
const TYPES: [&str; 6] = ["department", "school", "district", "local", "state", "national"];

/// The organisations of a set.
#[derive(Debug)]
pub(super) struct Orgs {
    /// Each with its way up the tree.
    pub(super) book: Book<Arc<Org>>,
    /// The root's `metadata.timeZone`.
    pub(super) zone: Option<TimeZone>,
}

/// Where a row names its parent, and its time zone.
type Places = (Place, Place);

/// Reads orgs.csv.
pub(super) fn read(files: &Files<'_>) -> Orgs {
    let nodes = rows(files);
    let Tree { book, root } = tree::grow(&nodes, |node, cut| files.report(orphaned(node, cut)));
    let zone = root.and_then(|at| nodes.at(at)).and_then(|node| zone(files, node));
    Orgs { book, zone }
}

fn rows(files: &Files<'_>) -> Book<Node<Places>> {
    let mut nodes = Book::new("orgs.csv");
    let Some(mut table) = files.require("orgs.csv").and_then(|file| Table::open(files, file)) else { return nodes };
    let (kind, parent) = (table.required("type"), table.required("parentSourcedId"));
    let (level, zone) = (table.optional("metadata.level"), table.optional("metadata.timeZone"));
    let mut levels = HashSet::new();
    while table.advance() {
        let node = table.live().then(|| Node {
            id: Arc::from(table.id()),
            kind: org_kind(&table, kind),
            level: org_level(&table, level, &mut levels),
            parent: table.cell(parent).to_owned(),
            zone: table.cell(zone).to_owned(),
            of: (table.place(parent), table.place(zone)),
        });
        nodes.add(table.id(), node.map_or(Entry::Deleted, Entry::Live));
    }
    if nodes.iter().next().is_none() {
        files.report(Finding::error(table.whole(), "there is no organisation in it"));
    }
    nodes
}

fn org_kind(table: &Table<'_>, column: Column) -> OrgKind {
    let text = table.cell(column);
    if !TYPES.contains(&text) && !text.starts_with("ext:") {
        let so = "so the organisation counts as neither school nor district";
        table.warn(column, format_args!("`{text}` is not a type of organisation, {so}"));
    }
    tree::kind(text)
}

fn org_level(table: &Table<'_>, column: Column, known: &mut HashSet<Arc<str>>) -> Option<Arc<str>> {
    let level = table.cell(column);
    if level.is_empty() {
        return None;
    }
    if !LEVELS.contains(&level) {
        table.warn(column, format_args!("`{level}` is not a level: use one of {}", LEVELS.join(", ")));
    }
    let level = known.get(level).cloned().unwrap_or_else(|| Arc::from(level));
    known.insert(Arc::clone(&level));
    Some(level)
}

fn orphaned(node: &Node<Places>, cut: Cut) -> Finding {
    let Node { id, parent, of: (place, _), .. } = node;
    let message = match cut {
        Cut::Deleted => format!("the parent `{parent}` is deleted, so `{id}` hangs from nobody"),
        Cut::Unknown => format!("the parent `{parent}` is not in orgs.csv, so `{id}` hangs from nobody"),
        Cut::Circle => format!("`{id}` is above itself by way of `{parent}`, so it hangs from nobody"),
    };
    Finding::warning(place.clone(), message)
}

fn zone(files: &Files<'_>, node: &Node<Places>) -> Option<TimeZone> {
    if node.zone.is_empty() {
        return None;
    }
    let zone = TimeZone::get(&node.zone).ok();
    if zone.is_none() {
        let message = format!("`{}` is not a time zone", node.zone);
        let finding = Finding::warning(node.of.1.clone(), message);
        files.report(finding.help("use a name such as `America/Los_Angeles`"));
    }
    zone
}
