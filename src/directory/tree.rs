//! The tree of organisations, wherever its rows come from: what hangs from what, and which is the district's root. Reading
//! rows, and telling people what is wrong with them, is for others.

use std::sync::Arc;

use super::names::{Book, Entry, small};
use crate::policy::facts::{Org, OrgKind};

/// A row that is in use, before the tree is known.
#[derive(Debug)]
pub(super) struct Node<P> {
    pub(super) id: Arc<str>,
    pub(super) kind: OrgKind,
    pub(super) level: Option<Arc<str>>,
    /// The organisation above; empty where there is none.
    pub(super) parent: String,
    /// Its time zone; empty where it names none.
    pub(super) zone: String,
    /// Whatever else is known of the row.
    pub(super) of: P,
}

/// The organisations, each with its way up, by the numbers of their rows.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) book: Book<Arc<Org>>,
    /// The root of the district; of several the one of kind district that hangs highest, and of those the first.
    pub(super) root: Option<u32>,
}

/// Why an organisation hangs from nobody though it names a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The parent is deleted.
    Deleted,
    /// Nobody knows the parent.
    Unknown,
    /// It is above itself.
    Circle,
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

/// What the text of a kind means.
pub(super) fn kind(text: &str) -> OrgKind {
    match text {
        "school" => OrgKind::School,
        "district" => OrgKind::District,
        _ => OrgKind::Other,
    }
}

/// Makes the tree; each organisation that is cut off is told.
pub(super) fn grow<P>(nodes: &Book<Node<P>>, mut tell: impl FnMut(&Node<P>, Cut)) -> Tree {
    let above = links(nodes, &mut tell);
    let mut book = Book::new(nodes.file);
    let mut root: Option<((bool, usize), u32)> = None;
    for ((id, node), at) in nodes.named().zip(0..) {
        let Entry::Live(node) = node else {
            book.add(id, Entry::Deleted);
            continue;
        };
        let (path, whole) = path(nodes, &above, node);
        let Some(org) = Org::new(&path, whole, node.level.clone()) else { continue };
        let rank = (node.kind != OrgKind::District, path.len());
        if org.is_root() && root.is_none_or(|(other, _)| rank < other) {
            root = Some((rank, at));
        }
        book.add(id, Entry::Live(Arc::new(org)));
    }
    Tree { book, root: root.map(|(_, at)| at) }
}

/// What each organisation hangs from, by number; no way up comes back to where it began.
fn links<P>(nodes: &Book<Node<P>>, tell: &mut impl FnMut(&Node<P>, Cut)) -> Vec<Above> {
    let mut above: Vec<Above> = nodes.named().map(|(_, node)| parent(nodes, node, tell)).collect();
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
            cut(nodes, &mut above, at, tell);
        }
    }
    above
}

fn parent<P>(nodes: &Book<Node<P>>, node: &Entry<Node<P>>, tell: &mut impl FnMut(&Node<P>, Cut)) -> Above {
    let Entry::Live(node) = node else { return Above::Nothing };
    if node.parent.is_empty() {
        return Above::Nothing;
    }
    match nodes.find(&node.parent) {
        Some((at, Entry::Live(_))) => return Above::Org(at),
        Some((_, Entry::Deleted | Entry::Skipped)) => tell(node, Cut::Deleted),
        None => tell(node, Cut::Unknown),
    }
    Above::Nobody
}

/// Cuts a circle of parents apart: each of its organisations hangs from nobody.
fn cut<P>(nodes: &Book<Node<P>>, above: &mut [Above], start: usize, tell: &mut impl FnMut(&Node<P>, Cut)) {
    let mut at = start;
    while let Some(link) = above.get_mut(at)
        && let Above::Org(next) = std::mem::replace(link, Above::Nobody)
    {
        if let Some(node) = nodes.at(small(at)) {
            tell(node, Cut::Circle);
        }
        at = next as usize;
    }
}

/// The ids and kinds on the way up, and whether it ends at an organisation with nothing above it.
fn path<P>(nodes: &Book<Node<P>>, above: &[Above], node: &Node<P>) -> (Vec<(Arc<str>, OrgKind)>, bool) {
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
