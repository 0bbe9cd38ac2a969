//! The way to where a name is described.

use gen_lsp_types::Location;

use super::position::Lines;
use super::set::Set;
use super::workspace::{Spot, Workspace};
use crate::policy::source::Place;

/// Where the thing at a place is described.
pub(super) fn definition(spot: &Spot<'_>, workspace: &Workspace) -> Vec<Location> {
    let Some(outline) = spot.outline() else { return Vec::new() };
    let Some(mark) = outline.at(spot.line, spot.column) else { return Vec::new() };
    let book = spot.set.book();
    book.described(outline, mark).into_iter().filter_map(|place| location(spot.set, place, workspace)).collect()
}

fn location(set: &Set, place: &Place, workspace: &Workspace) -> Option<Location> {
    let file = set.files.get(&place.file)?;
    let range = Lines::new(&file.text, workspace.encoding).range(place);
    Some(Location { uri: workspace.uri(&set.path(&place.file)), range })
}
