//! What a configuration comes to: every setting with its value and where that comes from, to be shown, and to name the
//! setting that is at fault as whoever wrote it knows it.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::given::{Given, Refused};
use super::listening::ConfigError;
use super::setting::{Setting, settings};
use crate::policy::source::{Finding, Place};

/// All settings of a command that has them; none of one that has not.
#[derive(Debug, Default)]
pub struct Effective {
    settings: Vec<Valued>,
    file: Option<Given>,
}

/// A setting and its value.
#[derive(Debug)]
pub struct Valued {
    /// The setting.
    pub setting: Setting,
    /// Its value: nothing, one text, or those of a list.
    pub texts: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: there is none.
    Nowhere,
    /// Nothing sets it.
    Default,
    /// The configuration file.
    File(Place),
    /// Its variable.
    Variable,
    /// Its flag.
    Flag,
}

/// Settings that don't go together.
#[derive(Debug, thiserror::Error)]
pub enum Contradiction {
    /// The one at fault stands in the file.
    #[error(transparent)]
    InFile(#[from] Refused),
    /// It stands elsewhere: says where.
    #[error("{0}")]
    Elsewhere(String),
}

impl Effective {
    pub(super) fn new(matches: &ArgMatches, file: Option<Given>) -> Self {
        let valued = |setting| Valued::of(setting, matches, file.as_ref());
        Self { settings: settings().into_iter().map(valued).collect(), file }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &[Valued] {
        &self.settings
    }

    /// The name of the file, where there is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_ref().map(|given| &**given.name())
    }

    /// An error about settings, told to whoever wrote the one that is at fault.
    #[must_use]
    pub fn blame(&self, error: &ConfigError) -> Contradiction {
        let message = error.to_string();
        let Some(at_fault) = self.settings.iter().find(|valued| valued.setting.flag == error.flag()) else {
            return Contradiction::Elsewhere(message);
        };
        let quoted = |name: &str| format!("`{name}`");
        match (&at_fault.origin, &self.file) {
            (Origin::File(at), Some(given)) => {
                let keyed = |message: String, Valued { setting, .. }: &Valued| {
                    message.replace(&quoted(&setting.flag), &quoted(&setting.key))
                };
                let message = self.settings.iter().fold(message, keyed);
                Refused { file: given.source.clone(), findings: vec![Finding::error(at.clone(), message)] }.into()
            }
            (Origin::Variable, _) => {
                let Setting { flag, variable, .. } = &at_fault.setting;
                Contradiction::Elsewhere(message.replace(&quoted(flag), &quoted(variable)))
            }
            (Origin::Nowhere | Origin::Default | Origin::Flag | Origin::File(_), _) => {
                Contradiction::Elsewhere(message)
            }
        }
    }
}

impl Valued {
    fn of(setting: Setting, matches: &ArgMatches, file: Option<&Given>) -> Self {
        let raw = matches.get_raw(&setting.id).into_iter().flatten();
        let texts: Vec<String> = raw.map(|text| text.to_string_lossy().into_owned()).collect();
        let source = matches.value_source(&setting.id);
        let given = file.and_then(|file| file.value(&setting.key));
        let origin = if source == Some(ValueSource::CommandLine) {
            Origin::Flag
        } else if source == Some(ValueSource::EnvVariable) {
            Origin::Variable
        } else if let Some(value) = given {
            Origin::File(value.at.clone())
        } else if texts.is_empty() {
            Origin::Nowhere
        } else {
            Origin::Default
        };
        Self { setting, texts, origin }
    }

    /// Its value as it may be shown: texts, or nothing where none of it may.
    #[must_use]
    pub fn shown(&self) -> Option<Vec<String>> {
        self.texts.iter().map(|text| self.setting.secrecy.shown(text)).collect()
    }
}
