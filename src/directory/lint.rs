//! What looks wrong in a set though it can be read: what the OneRoster standard asks for, what can't be meant, and what
//! must not lie there. Nothing here keeps a set from being served, and nothing that is served comes from here.
//!
//! A second reading of the files, after the one that loads them: whatever that reports is not reported again. Of each
//! person and class a few bytes are kept, of rows none.

mod columns;
mod likeness;
mod manifest;
mod people;
mod sections;
mod sheet;
mod values;

use super::files::{Files, whole};
use super::names::Names;
use super::wanted;
use crate::policy::source::Finding;
use people::People;
use sections::Sections;

/// Files of OneRoster's that hold nothing but personal data.
const PERSONAL: [&str; 2] = ["demographics.csv", "userProfiles.csv"];

/// Reports whatever looks wrong.
pub(super) fn lint(files: &Files<'_>) {
    let manifest = manifest::read(files);
    beside(files);
    let orgs = orgs(files, &manifest);
    let mut sections = Sections::read(files, &manifest, &orgs);
    let mut people = People::read(files, &manifest, &orgs);
    people.enrol(files, &manifest, &mut sections);
    sections.conclude(files);
    people.conclude(files, &orgs);
}

/// The ids of a file, and of each what is kept about it.
#[derive(Debug)]
struct Ids<T> {
    names: Names,
    kept: Vec<T>,
}

impl<T> Ids<T> {
    fn new() -> Self {
        Self { names: Names::default(), kept: Vec::new() }
    }

    fn add(&mut self, id: &str, kept: T) {
        if self.names.add(id).is_some() {
            self.kept.push(kept);
        }
    }

    fn find(&self, id: &str) -> Option<&T> {
        self.kept.get(self.names.find(id)? as usize)
    }

    fn find_mut(&mut self, id: &str) -> Option<&mut T> {
        self.kept.get_mut(self.names.find(id)? as usize)
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        (0..).zip(&self.kept).map(|(at, kept)| (self.names.get(at), kept))
    }
}

/// Whether each organisation is a school.
type Orgs = Ids<bool>;

fn orgs(files: &Files<'_>, manifest: &manifest::Manifest) -> Orgs {
    let mut orgs = Orgs::new();
    let Some(mut sheet) = sheet::Sheet::open(files, "orgs.csv", manifest) else { return orgs };
    let kind = sheet.column("type");
    while sheet.advance() {
        if sheet.live() {
            orgs.add(sheet.id(), sheet.cell(kind) == "school");
        }
    }
    orgs
}

/// Files that are not read though somebody may think so, or should rather not lie there.
fn beside(files: &Files<'_>) {
    for name in files.names().iter().filter(|name| !wanted(name)) {
        let meant = super::FILES.iter().find(|meant| meant.eq_ignore_ascii_case(name));
        if let Some(meant) = meant.filter(|meant| files.names().iter().all(|name| **name != ***meant)) {
            let finding = Finding::warning(whole(name), "a file of this name is not read");
            files.report(finding.help(format!("rename it to `{meant}`")));
        }
        if PERSONAL.iter().any(|personal| personal.eq_ignore_ascii_case(name)) {
            let finding = Finding::warning(whole(name), "this holds personal data that is never read");
            files.report(finding.help("leave the file out of the export"));
        }
    }
}
