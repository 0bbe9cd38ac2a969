//! Renaming a role or a set in all files at once. The set is compiled with the new name before anything is offered: what
//! would break it is refused, with what the compiler says.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gen_lsp_types::{PrepareRenamePlaceholder, PrepareRenameResult, RenameParams, TextEdit, WorkspaceEdit};
use lsp_server::ErrorCode;

use super::position::Lines;
use super::set::{File, Set};
use super::wire::Refusal;
use super::workspace::{Spot, Workspace};
use crate::policy::outline::book::Book;
use crate::policy::outline::{FileKind, Mark, Outline, What};
use crate::policy::source::{Finding, Place, Severity, Source};

/// What is renamed.
struct Subject<'w> {
    what: What,
    name: String,
    /// The application of a set.
    application: Option<&'w Outline>,
}

/// The name at a place, if it can be another.
pub(super) fn prepare(spot: &Spot<'_>) -> Option<PrepareRenameResult> {
    let mark = spot.outline()?.at(spot.line, spot.column)?;
    let subject = subject(spot)?;
    let range = spot.lines.range(&within(&mark.at, &subject.name));
    let placeholder = PrepareRenamePlaceholder { range, placeholder: subject.name };
    Some(PrepareRenameResult::PrepareRenamePlaceholder(placeholder))
}

/// All edits that give a role or a set another name, and what is to be said about it.
pub(super) fn rename(workspace: &Workspace, params: &RenameParams) -> Result<(WorkspaceEdit, Vec<String>), Refusal> {
    let at = &params.text_document_position_params;
    let spot = workspace.spot(&at.text_document.uri, at.position);
    let Some((spot, subject)) = spot.as_ref().and_then(|spot| Some((spot, subject(spot)?))) else {
        return Err(refused("only a role or a set can be renamed, where its name stands"));
    };
    let new = params.new_name.trim();
    named(new)?;
    readable(spot.set)?;
    let places = places(spot.set, &subject);
    let changed = changed(spot.set, &places, &subject.name, new);
    unbroken(spot.set, &changed)?;
    let mut changes = HashMap::new();
    for (file, places) in places {
        let Some(known) = spot.set.files.get(&file) else { continue };
        let lines = Lines::new(&known.text, workspace.encoding);
        let edit = |place: &Place| TextEdit { range: lines.range(place), new_text: new.to_owned() };
        changes.insert(workspace.uri(&spot.set.path(&file)), places.iter().map(edit).collect());
    }
    let notes = notes(spot.set, &subject, new);
    Ok((WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }, notes))
}

fn refused(why: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::RequestFailed, why)
}

fn subject<'w>(spot: &Spot<'w>) -> Option<Subject<'w>> {
    let outline = spot.outline()?;
    let mark = outline.at(spot.line, spot.column)?;
    let book = spot.set.book();
    match mark.what {
        What::Role => {
            book.role(&mark.text).map(|_| Subject { what: What::Role, name: mark.text.clone(), application: None })
        }
        What::Set | What::Word => {
            let application = book.application(outline)?;
            let is_set = Book::word(application, &mark.text) == Some(What::Set);
            is_set.then(|| Subject { what: What::Set, name: mark.text.clone(), application: Some(application) })
        }
        What::Application | What::Module | What::Topic | What::Type | What::Action | What::Clause => None,
    }
}

/// A name must be one that stands in a file as it is, for a text and for nothing else.
fn named(new: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    if new.is_empty() || !new.chars().all(plain) {
        let why = "names are made of letters a to z, digits, `_`, `-`, `.`, `:` and `/`";
        return Err(refused(format!("`{new}` cannot be a name: {why}")));
    }
    let probe = |text: String| Source { name: "name".into(), bytes: text.into_bytes().into() };
    let (bare, quoted) = (probe(format!("{{a: [{new}]}}")), probe(format!("{{a: [\"{new}\"]}}")));
    if crate::policy::outline::same(&bare, &quoted) {
        return Ok(());
    }
    Err(refused(format!("`{new}` would be read as something else than a name: choose another")))
}

/// A file that cannot be read may hold the name too.
fn readable(set: &Set) -> Result<(), Refusal> {
    let mut findings = set.files.values().flat_map(|file| file.read.findings());
    let error = findings.find(|finding| finding.severity == Severity::Error);
    error.map_or(Ok(()), |error| Err(refused(format!("first put right what can't be read: {error}"))))
}

/// Everywhere that the name stands, by file.
fn places(set: &Set, subject: &Subject<'_>) -> BTreeMap<Arc<str>, Vec<Place>> {
    let book = set.book();
    let mut found: BTreeMap<Arc<str>, Vec<Place>> = BTreeMap::new();
    for outline in book.outlines() {
        let ours = match (subject.what, subject.application, book.application(outline)) {
            (What::Role, ..) => true,
            (_, Some(one), Some(other)) => std::ptr::eq(one, other),
            (_, _, _) => false,
        };
        let named = |mark: &&Mark| match mark.what {
            What::Role => subject.what == What::Role,
            What::Set => subject.what == What::Set,
            What::Word => subject.what == What::Set && outline.kind != FileKind::Tests,
            What::Application | What::Module | What::Topic | What::Type | What::Action | What::Clause => false,
        };
        for mark in outline.marks.iter().filter(|_| ours).filter(named).filter(|mark| mark.text == subject.name) {
            found.entry(Arc::clone(&mark.at.file)).or_default().push(within(&mark.at, &subject.name));
        }
    }
    found
}

/// The name without the quotes that it may stand in.
fn within(at: &Place, name: &str) -> Place {
    let width = u32::try_from(name.chars().count()).unwrap_or(at.width);
    let quote = u32::from(at.width == width + 2);
    Place { column: at.column + quote, width, ..at.clone() }
}

/// The files as they would be.
fn changed(set: &Set, places: &BTreeMap<Arc<str>, Vec<Place>>, old: &str, new: &str) -> BTreeMap<Arc<str>, Source> {
    let file = |(name, places): (&Arc<str>, &Vec<Place>)| {
        let text = replaced(set.files.get(name)?, places, old, new);
        Some((Arc::clone(name), Source { name: Arc::clone(name), bytes: text.into_bytes().into() }))
    };
    places.iter().filter_map(file).collect()
}

fn replaced(file: &File, places: &[Place], old: &str, new: &str) -> String {
    let mut lines: Vec<String> = file.text.split('\n').map(str::to_owned).collect();
    let mut places: Vec<&Place> = places.iter().collect();
    places.sort_by_key(|place| std::cmp::Reverse((place.line, place.column)));
    for place in places {
        let at = usize::try_from(place.line).unwrap_or(0).saturating_sub(1);
        let before = usize::try_from(place.column).unwrap_or(1).saturating_sub(1);
        if let Some(line) = lines.get_mut(at) {
            let head: String = line.chars().take(before).collect();
            let rest = line.get(head.len()..).unwrap_or_default();
            *line = format!("{head}{}", rest.replacen(old, new, 1));
        }
    }
    lines.join("\n")
}

/// Refuses what the compiler would find wrong that it does not now.
fn unbroken(set: &Set, changed: &BTreeMap<Arc<str>, Source>) -> Result<(), Refusal> {
    let errors = |findings: Vec<Finding>| -> Vec<Finding> {
        findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
    };
    let (before, after) = (errors(set.findings(&BTreeMap::new())), errors(set.findings(changed)));
    let known = |finding: &&Finding| before.iter().any(|known| known.message == finding.message);
    let first = after.iter().find(|finding| !known(finding)).or(after.first());
    match first {
        Some(finding) if after.len() > before.len() || !known(&finding) => Err(refused(finding.to_string())),
        Some(_) | None => Ok(()),
    }
}

/// What is left to do by hand.
fn notes(set: &Set, subject: &Subject<'_>, new: &str) -> Vec<String> {
    if subject.what != What::Role {
        return Vec::new();
    }
    let old = &subject.name;
    let mut notes = vec![format!(
        "`{old}` is `{new}` in the policies now. Directories are outside: change it in their role_assignments.csv too, \
         or nobody holds the role."
    )];
    let quoted = [format!("\"{old}\""), format!("'{old}'")];
    for (text, place) in set.book().outlines().flat_map(|outline| &outline.conditions) {
        if quoted.iter().any(|quoted| text.contains(quoted)) {
            notes.push(format!("{}:{}: the condition names `{old}` still", place.file, place.line));
        }
    }
    notes
}
