//! What can be set: each flag of `serve`, which is a variable and a key of the configuration file too. All of it is asked
//! of the command line itself, so a new flag is a key, has its place in the schema and is shown from the first.

use std::any::TypeId;
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};

use clap::builder::PossibleValue;
use clap::{Arg, Args, Command};

use super::{Raw, layers};

/// One setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name in the command line's own books.
    pub(super) id: String,
    /// Its key in the configuration file.
    pub key: String,
    /// Its flag, with the dashes.
    pub flag: String,
    /// The variable that sets it.
    pub variable: String,
    /// What it does, in a line.
    pub help: String,
    /// What may be written.
    pub kind: Kind,
    /// What it is where nothing sets it: nothing, one value, or those of a list.
    pub default: Vec<String>,
    /// As much of it as may be shown.
    pub secrecy: Secrecy,
}

/// What may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Switch,
    /// A whole number.
    Number {
        /// The least that it may be.
        least: u64,
    },
    /// One of some names.
    Choice(Vec<String>),
    /// Texts; in one text they are parted by a character.
    List(char),
    /// A text.
    Text,
}

/// As much of a value as may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// All.
    Open,
    /// Of a URL its scheme alone, as a password may follow; anything else whole.
    Url,
    /// Nothing.
    Secret,
}

/// Everything that can be set, in the order of `serve --help`.
#[must_use]
pub fn settings() -> Vec<Setting> {
    command().get_arguments().filter_map(Setting::of).collect()
}

/// A command with the flags of `serve` alone.
pub(super) fn command() -> Command {
    Raw::augment_args(Command::new("settings").no_binary_name(true).disable_help_flag(true)).mut_args(layers::switch)
}

impl Setting {
    fn of(arg: &Arg) -> Option<Self> {
        let long = arg.get_long()?;
        let text = |value: &clap::builder::OsStr| value.to_string_lossy().into_owned();
        Some(Self {
            id: arg.get_id().to_string(),
            key: long.replace('-', "_"),
            flag: format!("--{long}"),
            variable: arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            kind: Kind::of(arg),
            default: arg.get_default_values().iter().map(text).collect(),
            secrecy: Secrecy::of(arg),
        })
    }
}

impl Kind {
    fn of(arg: &Arg) -> Self {
        let is = |kinds: &[TypeId]| kinds.iter().any(|kind| arg.get_value_parser().type_id() == *kind);
        if is(&[TypeId::of::<bool>()]) {
            return Self::Switch;
        }
        if is(&[
            TypeId::of::<u8>(),
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
        ]) {
            return Self::Number { least: 0 };
        }
        let from_one = [
            TypeId::of::<NonZeroU8>(),
            TypeId::of::<NonZeroU16>(),
            TypeId::of::<NonZeroU32>(),
            TypeId::of::<NonZeroU64>(),
            TypeId::of::<NonZeroUsize>(),
        ];
        if is(&from_one) {
            return Self::Number { least: 1 };
        }
        let choices = arg.get_possible_values();
        match arg.get_value_delimiter() {
            Some(delimiter) => Self::List(delimiter),
            None if choices.is_empty() => Self::Text,
            None => Self::Choice(choices.iter().map(PossibleValue::get_name).map(str::to_owned).collect()),
        }
    }
}

impl Secrecy {
    fn of(arg: &Arg) -> Self {
        match (arg.is_hide_set(), arg.is_hide_env_values_set()) {
            (true, _) => Self::Secret,
            (false, true) => Self::Url,
            (false, false) => Self::Open,
        }
    }

    /// A value as it may be shown; nothing, where none of it may.
    #[must_use]
    pub fn shown(self, value: &str) -> Option<String> {
        match self {
            Self::Open => Some(value.to_owned()),
            Self::Url => Some(value.split_once("://").map_or(value.to_owned(), |(scheme, _)| format!("{scheme}://…"))),
            Self::Secret => None,
        }
    }
}
