//! The configuration file, `config/v1`: what it gives, each value with its place, or everything that is wrong with it.
//! Which keys there are stands in `setting`, what its values are good for together in the checks of [`super::Config`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, Command};
use serde_saphyr::Spanned;

use super::setting::{Kind, Secrecy, Setting, command, settings};
use crate::credentials::read;
use crate::policy::code::Code;
use crate::policy::fields::{Fields, Reader, nearest, shown};
use crate::policy::source::{Finding, Place, Source};
use crate::policy::yaml::{self, Kind as Yaml, Node};

/// The kind of file.
pub const CONFIG: &str = "config/v1";
/// The largest file that is read, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// What a configuration file gives.
#[derive(Clone, Debug)]
pub struct Given {
    pub(super) source: Source,
    pub(super) values: Vec<Value>,
}

/// One setting that it gives.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) key: String,
    /// One text, or those of a list.
    pub(super) texts: Vec<String>,
    /// Where the key stands.
    pub(super) at: Place,
}

/// Why a configuration file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// It can't be read.
    #[error("the configuration in `{}` cannot be read: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// A configuration file with what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("the configuration in `{}` is refused", file.name)]
pub struct Refused {
    /// The file.
    pub file: Source,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Given {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, or something in it is wrong.
    pub fn read(path: &Path) -> Result<Self, GivenError> {
        let bytes =
            read::file(path, FILE_BYTES).map_err(|source| GivenError::Unread { path: path.to_owned(), source })?;
        Ok(Self::of(Source { name: path.to_string_lossy().into(), bytes: bytes.into() })?)
    }

    /// What a file gives that is at hand.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of(source: Source) -> Result<Self, Refused> {
        let node = match yaml::parse(&source) {
            Ok(node) => node,
            Err(finding) => return Err(Refused { file: source, findings: vec![finding] }),
        };
        let mut findings = Vec::new();
        let mut reader = Reader::new(&source.name, &mut findings);
        let mut fields = reader.fields(&node, "the file");
        kind(&mut fields, &mut reader);
        let (known, command) = (settings(), command());
        let entries = fields.rest();
        let values = entries.into_iter().filter_map(|(key, node)| value(key, node, &known, &command, &mut reader));
        let values = values.collect();
        fields.finish(&mut reader);
        findings.sort_by(|one, other| one.place.cmp(&other.place));
        if findings.is_empty() { Ok(Self { source, values }) } else { Err(Refused { file: source, findings }) }
    }
}

fn kind(fields: &mut Fields<'_>, reader: &mut Reader<'_>) {
    let Some(kind) = fields.required_text(reader, "hallpass") else { return };
    if kind.text != CONFIG {
        let message = format!("`{}` is no kind of file that can stand here", shown(&kind.text));
        reader.report(Code::FileKind.at(kind.at, message).help(format!("write `hallpass: {CONFIG}`")));
    }
}

fn value(
    key: &Spanned<String>,
    node: &Node,
    known: &[Setting],
    command: &Command,
    reader: &mut Reader<'_>,
) -> Option<Value> {
    let at = reader.at(key);
    let Some(setting) = known.iter().find(|setting| setting.key == key.value) else {
        unknown(key, known, reader);
        return None;
    };
    if setting.secrecy == Secrecy::Secret {
        let message = format!("`{}` is a secret, and this file is none", setting.key);
        reader.report(
            Code::UnknownKey.at(at, message).help(format!("name a file that holds it: `{}_file`", setting.key)),
        );
        return None;
    }
    let texts = texts(setting, node, reader)?;
    let arg = command.get_arguments().find(|arg| arg.get_id() == &*setting.id)?;
    let refused = texts.iter().find_map(|text| refused(arg, text).map(|help| (text, help)));
    if let Some((text, help)) = refused {
        let value = setting.secrecy.shown(text).unwrap_or_default();
        let message = format!("`{}` cannot be `{}`", setting.key, shown(&value));
        reader.report(Code::UnknownValue.at(reader.at(node), message).help(help));
        return None;
    }
    Some(Value { key: setting.key.clone(), texts, at })
}

fn unknown(key: &Spanned<String>, known: &[Setting], reader: &mut Reader<'_>) {
    let open = known.iter().filter(|setting| setting.secrecy != Secrecy::Secret);
    let near = nearest(&key.value, open.map(|setting| &*setting.key));
    let help = near
        .map_or_else(|| "`hallpass config show` lists the keys".to_owned(), |near| format!("did you mean `{near}`?"));
    let message = format!("`{}` is no key of this place", shown(&key.value));
    reader.report(Code::UnknownKey.at(reader.at(key), message).help(help));
}

/// What is written as texts, as a flag has it; what is of a wrong kind is reported.
fn texts(setting: &Setting, node: &Node, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let key = &*setting.key;
    match &setting.kind {
        Kind::Switch => match node.value {
            Yaml::Bool(on) => Some(vec![on.to_string()]),
            Yaml::Null | Yaml::Number(_) | Yaml::Text(_) | Yaml::List(_) | Yaml::Map(_) => {
                reader.wrong(node, key, "true or false", None);
                None
            }
        },
        Kind::Number { least } => number(*least, key, node, reader).map(|number| vec![number.to_string()]),
        Kind::Choice(names) => {
            let choices: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &**name)).collect();
            reader.choice(node, key, &choices).map(|name| vec![name.to_owned()])
        }
        Kind::List(delimiter) => {
            let names = reader.texts(node, key);
            for name in names.iter().filter(|name| name.text.contains(*delimiter)) {
                let message = format!("an item of `{key}` cannot contain `{delimiter}`");
                reader.report(Code::UnknownValue.at(name.at.clone(), message).help("list each item by itself"));
            }
            (!names.is_empty()).then(|| names.into_iter().map(|name| name.text).collect())
        }
        Kind::Text => reader.text(node, key).map(|name| vec![name.text]),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
#[expect(clippy::cast_precision_loss, reason = "what is least is small")]
fn number(least: u64, key: &str, node: &Node, reader: &mut Reader<'_>) -> Option<u64> {
    /// The most: up to here every whole number is told from the next.
    const MOST: f64 = 9_007_199_254_740_991.0;
    let Yaml::Number(number) = node.value else {
        reader.wrong(node, key, &format!("a whole number from {least}"), None);
        return None;
    };
    if number.fract() == 0.0 && (least as f64..=MOST).contains(&number) {
        return Some(number as u64);
    }
    let place = Place { width: 1, ..reader.at(node) };
    reader.report(Code::WrongType.at(place, format!("`{key}` must be a whole number from {least}")));
    None
}

/// What is wrong with a value by itself, as its flag says.
fn refused(arg: &Arg, text: &str) -> Option<String> {
    let value = Arg::new("value").long("value").value_parser(arg.get_value_parser().clone());
    let command = Command::new("value").no_binary_name(true).arg(value);
    let error = command.try_get_matches_from([format!("--value={text}")]).err()?;
    let said = std::error::Error::source(&error).map(ToString::to_string);
    Some(said.unwrap_or_else(|| error.kind().to_string()))
}

impl Given {
    /// A command whose flags have what the file gives for their defaults.
    pub(super) fn beneath(&self, command: Command) -> Command {
        let defaults = |arg: Arg| {
            let key = arg.get_long().unwrap_or_default().replace('-', "_");
            match self.value(&key) {
                Some(value) => arg.default_values(value.texts.clone()),
                None => arg,
            }
        };
        command.mut_args(defaults)
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.key == key)
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.source.name
    }
}
