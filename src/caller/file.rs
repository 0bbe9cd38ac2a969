//! `callers/v1`: the file that names the callers, read whole or refused with everything that is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::book::Entry;
use super::key::Fingerprint;
use super::{Callers, Known, Permission};
use crate::policy::code::Code;
use crate::policy::fields::{Fields, Name, Reader, nearest, shown};
use crate::policy::source::{Finding, Place, Source};
use crate::policy::yaml::{self, Kind, Node};

/// The kind of file.
const CALLERS: &str = "callers/v1";

impl Callers {
    /// Reads a file of callers; `key` gives the content of a file that holds a key, by its path as written.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(source: &Source, key: impl Fn(&Path) -> Result<Vec<u8>, String>) -> Result<Self, Vec<Finding>> {
        let node = yaml::parse(source).map_err(|finding| vec![finding])?;
        let mut findings = Vec::new();
        let mut reader = Reader::new(&source.name, &mut findings);
        let mut fields = reader.fields(&node, "the file");
        kind(&mut fields, &mut reader);
        let entries = fields.required("callers").map(|node| entries(node, &key, &mut reader)).unwrap_or_default();
        fields.finish(&mut reader);
        if findings.is_empty() { Ok(Self::new(entries)) } else { Err(findings) }
    }
}

fn kind(fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    let Some(kind) = fields.required_text(reader, "hallpass") else { return };
    if kind.text != CALLERS {
        let message = format!("`{}` is no kind of file that can stand here", shown(&kind.text));
        reader.report(Finding::error(kind.at, message).help(format!("write `hallpass: {CALLERS}`")));
    }
}

fn entries(node: &Node, key: &impl Fn(&Path) -> Result<Vec<u8>, String>, reader: &mut Reader<'_>) -> Vec<Entry> {
    let mut fields = reader.fields(node, "callers");
    if matches!(node.value, Kind::Map(_)) && matches!(&node.value, Kind::Map(entries) if entries.is_empty()) {
        fields.refuse(reader, Code::EmptyList, "`callers` names nobody", "name a caller, or serve without `--callers`");
    }
    let mut entries: Vec<Entry> = Vec::new();
    for (name, node) in fields.rest() {
        let at = reader.at(name);
        let Some(entry) = entry(Name { text: name.value.clone(), at: at.clone() }, node, key, reader) else { continue };
        for earlier in &entries {
            for shared in shared(earlier, &entry) {
                let message = format!("`{}` and `{}` have the same {shared}", earlier.known.name, entry.known.name);
                reader.report(Finding::error(at.clone(), message).help("give each its own"));
            }
        }
        entries.push(entry);
    }
    entries
}

/// What two callers have in common that must be one's alone.
fn shared(one: &Entry, other: &Entry) -> impl Iterator<Item = &'static str> {
    let same = [
        (one.spiffe.is_some() && one.spiffe == other.spiffe, "`spiffe`"),
        (one.key.is_some() && one.key == other.key, "key"),
        (one.uid.is_some() && one.uid == other.uid, "`uid`"),
    ];
    same.into_iter().filter(|(same, _)| *same).map(|(_, what)| what)
}

fn entry(
    name: Name,
    node: &Node,
    key: &impl Fn(&Path) -> Result<Vec<u8>, String>,
    reader: &mut Reader<'_>,
) -> Option<Entry> {
    if !is_name(&name.text) {
        let message = format!("`{}` is no name for a caller", shown(&name.text));
        let help = "write up to 64 letters, digits, `.`, `_` and `-`";
        reader.report(Finding::error(name.at.clone(), message).help(help));
    }
    let mut fields = reader.fields(node, &name.text);
    let written = fields.optional_text(reader, "spiffe");
    let key_file = fields.optional_text(reader, "key_file");
    let user = fields.optional("uid");
    let proofs = written.is_some() || key_file.is_some() || user.is_some();
    let applications = fields.optional("applications").map(|node| reader.texts(node, "applications"));
    let may = fields.optional("may").map_or_else(|| vec![Permission::Check], |node| permissions(node, reader));
    if !proofs && fields.complete() {
        let message = format!("nothing proves that somebody is `{}`", shown(&name.text));
        fields.refuse(reader, Code::MissingKey, &message, "give it `spiffe`, `key_file` or `uid`");
    }
    fields.finish(reader);
    let boxed = |names: Vec<Name>| names.into_iter().map(|name| name.text.into()).collect();
    let known = Known::new(name.text.into(), applications.map(boxed), may.into());
    Some(Entry {
        known: Arc::new(known),
        spiffe: written.and_then(|written| spiffe(written, reader)),
        key: key_file.and_then(|file| fingerprint(&file, key, reader)),
        uid: user.and_then(|node| uid(node, reader)),
    })
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

fn permissions(node: &Node, reader: &mut Reader<'_>) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for name in reader.texts(node, "may") {
        match Permission::NAMED.iter().find(|(known, _)| *known == name.text) {
            Some((_, permission)) => permissions.push(*permission),
            None => {
                let known = || Permission::NAMED.iter().map(|(name, _)| *name);
                let help = nearest(&name.text, known()).map_or_else(
                    || format!("the permissions are {}", known().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` is no permission", shown(&name.text));
                reader.report(Finding::error(name.at, message).help(help));
            }
        }
    }
    permissions
}

/// A SPIFFE ID: it is compared byte for byte, so one that no certificate can have is a mistake.
fn spiffe(name: Name, reader: &mut Reader<'_>) -> Option<Box<str>> {
    if is_spiffe(&name.text) {
        return Some(name.text.into());
    }
    let message = format!("`{}` is no SPIFFE ID", shown(&name.text));
    let help = "write `spiffe://`, a trust domain in small letters, and a path without a slash at its end";
    reader.report(Finding::error(name.at, message).help(help));
    None
}

fn is_spiffe(text: &str) -> bool {
    let Some((domain, path)) = text.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let of_domain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let segment = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(of_path);
    text.len() <= 2048 && !domain.is_empty() && domain.bytes().all(of_domain) && path.split('/').all(segment)
}

/// The key in a file: its first line.
fn fingerprint(
    file: &Name,
    read: &impl Fn(&Path) -> Result<Vec<u8>, String>,
    reader: &mut Reader<'_>,
) -> Option<Fingerprint> {
    let refuse = |reader: &mut Reader<'_>, message: String, help: &str| {
        reader.report(Finding::error(file.at.clone(), message).help(help));
        None
    };
    let content = match read(&PathBuf::from(&file.text)) {
        Ok(content) => content,
        Err(error) => {
            let message = format!("the key in `{}` cannot be read: {error}", shown(&file.text));
            return refuse(reader, message, "put the key there, readable for the server's user");
        }
    };
    match Fingerprint::read(&content) {
        Ok(fingerprint) => Some(fingerprint),
        Err(unfit) => refuse(reader, format!("the key in `{}` {}", shown(&file.text), unfit.what()), unfit.help()),
    }
}

/// The number of a user; root is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn uid(node: &Node, reader: &mut Reader<'_>) -> Option<u32> {
    if let Kind::Number(number) = node.value
        && number.fract() == 0.0
        && (0.0..f64::from(u32::MAX)).contains(&number)
    {
        return Some(number as u32);
    }
    let place = Place { width: 1, ..reader.at(node) };
    reader.report(Finding::error(place, "`uid` must be the number of a user").help("`id -u NAME` prints it"));
    None
}
