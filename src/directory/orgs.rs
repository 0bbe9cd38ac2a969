//! orgs.csv: the tree of organisations and the district's time zone. Names and addresses are not read.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::files::Files;
use super::names::{Book, Entry};
use super::table::{Column, Table};
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

/// A row that is in use, before the tree is known.
struct Node {
    id: Arc<str>,
    kind: OrgKind,
    level: Option<Arc<str>>,
    parent: String,
    parent_at: Place,
    zone: String,
    zone_at: Place,
}

/// What an organisation hangs from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    /// It is the topmost.
    Nothing,
    /// Its parent is deleted or unknown, or it is its own ancestor: it hangs from nobody.
    Nobody,
    /// The organisation with this number.
    Org(u32),
}

/// Reads orgs.csv.
pub(super) fn read(files: &Files<'_>) -> Orgs {
    let nodes = rows(files);
    let above = tree(files, &nodes);
    let mut book = Book::new("orgs.csv");
    let mut root: Option<(bool, usize, &Node)> = None;
    for (id, node) in nodes.named() {
        let Entry::Live(node) = node else {
            book.add(id, Entry::Deleted);
            continue;
        };
        let (path, whole) = path(&nodes, &above, node);
        let Some(org) = Org::new(&path, whole, node.level.clone()) else { continue };
        let rank = (node.kind != OrgKind::District, path.len());
        if org.is_root() && root.is_none_or(|(other, length, _)| rank < (other, length)) {
            root = Some((rank.0, rank.1, node));
        }
        book.add(id, Entry::Live(Arc::new(org)));
    }
    let zone = root.and_then(|(_, _, node)| zone(files, node));
    Orgs { book, zone }
}

fn rows(files: &Files<'_>) -> Book<Node> {
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
            parent_at: table.place(parent),
            zone: table.cell(zone).to_owned(),
            zone_at: table.place(zone),
        });
        nodes.add(table.id(), node.map_or(Entry::Deleted, Entry::Live));
    }
    if nodes.iter().next().is_none() {
        files.report(Finding::error(table.whole(), "there is no organisation in it"));
    }
    nodes
}

fn org_kind(table: &Table<'_>, column: Column) -> OrgKind {
    match table.cell(column) {
        "school" => OrgKind::School,
        "district" => OrgKind::District,
        other => {
            if !TYPES.contains(&other) && !other.starts_with("ext:") {
                let so = "so the organisation counts as neither school nor district";
                table.warn(column, format_args!("`{other}` is not a type of organisation, {so}"));
            }
            OrgKind::Other
        }
    }
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

/// What each organisation hangs from, by number; no way up comes back to where it began.
fn tree(files: &Files<'_>, nodes: &Book<Node>) -> Vec<Above> {
    let mut above: Vec<Above> = nodes.named().map(|(_, node)| parent(files, nodes, node)).collect();
    let mut passed = vec![0_usize; above.len()];
    for start in 0..above.len() {
        let mut at = start;
        while let Some(Above::Org(next)) = above.get(at).copied()
            && passed.get(at) == Some(&0)
        {
            passed.iter_mut().skip(at).take(1).for_each(|mark| *mark = start + 1);
            at = next as usize;
        }
        if passed.get(at) == Some(&(start + 1)) {
            cut(files, nodes, &mut above, at);
        }
    }
    above
}

fn parent(files: &Files<'_>, nodes: &Book<Node>, node: &Entry<Node>) -> Above {
    let Entry::Live(node) = node else { return Above::Nothing };
    if node.parent.is_empty() {
        return Above::Nothing;
    }
    let why = match nodes.find(&node.parent) {
        Some((at, Entry::Live(_))) => return Above::Org(at),
        Some((_, Entry::Deleted | Entry::Skipped)) => "is deleted",
        None => "is not in orgs.csv",
    };
    let message = format!("the parent `{}` {why}, so `{}` hangs from nobody", node.parent, node.id);
    files.report(Finding::warning(node.parent_at.clone(), message));
    Above::Nobody
}

/// Cuts a circle of parents apart: each of its organisations hangs from nobody.
fn cut(files: &Files<'_>, nodes: &Book<Node>, above: &mut [Above], start: usize) {
    let mut at = start;
    while let Some(link) = above.get_mut(at)
        && let Above::Org(next) = std::mem::replace(link, Above::Nobody)
    {
        if let Some(node) = nodes.at(super::names::small(at)) {
            let message = format!("`{}` is above itself by way of `{}`, so it hangs from nobody", node.id, node.parent);
            files.report(Finding::warning(node.parent_at.clone(), message));
        }
        at = next as usize;
    }
}

/// The ids and kinds on the way up, and whether it ends at an organisation with nothing above it.
fn path(nodes: &Book<Node>, above: &[Above], node: &Node) -> (Vec<(Arc<str>, OrgKind)>, bool) {
    let mut path = vec![(Arc::clone(&node.id), node.kind)];
    let mut at = nodes.find(&node.id).map(|(at, _)| at);
    while let Some(link) = at.and_then(|at| above.get(at as usize)) {
        match *link {
            Above::Nothing => return (path, true),
            Above::Nobody => return (path, false),
            Above::Org(next) => {
                path.extend(nodes.at(next).map(|node| (Arc::clone(&node.id), node.kind)));
                at = Some(next);
            }
        }
    }
    (path, false)
}

fn zone(files: &Files<'_>, node: &Node) -> Option<TimeZone> {
    if node.zone.is_empty() {
        return None;
    }
    let zone = TimeZone::get(&node.zone).ok();
    if zone.is_none() {
        let message = format!("`{}` is not a time zone", node.zone);
        let finding = Finding::warning(node.zone_at.clone(), message);
        files.report(finding.help("use a name such as `America/Los_Angeles`"));
    }
    zone
}
