//! A configuration as text: YAML that could be a configuration file itself, or JSON.

use serde_json::json;

use crate::config::effective::{Effective, Origin, Valued};
use crate::config::given::CONFIG;
use crate::config::setting::Kind;
use crate::config::value;

/// How to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A configuration file, with a comment on each line
    #[value(alias = "human")]
    Yaml,
    /// One JSON object
    Json,
}

/// The column at which comments begin, where there is room.
const COMMENTS: usize = 48;

/// The settings, each with its value and where that comes from.
pub(super) fn show(effective: &Effective, format: Format) -> String {
    match format {
        Format::Yaml => {
            let lines = effective.settings().iter().map(line);
            std::iter::once(format!("hallpass: {CONFIG}\n")).chain(lines).collect()
        }
        Format::Json => {
            let settings: Vec<_> = effective.settings().iter().map(object).collect();
            format!("{:#}\n", json!({"file": effective.file(), "settings": settings}))
        }
    }
}

/// What isn't set, or may not be shown, is a comment: whoever takes this for a file takes nothing wrong with it.
fn line(valued: &Valued) -> String {
    let (key, origin) = (&valued.setting.key, told(valued));
    let shown = valued.shown().filter(|shown| *shown == valued.texts);
    let line = match (&valued.origin, shown, valued.shown()) {
        (Origin::Nowhere, ..) => format!("# {key}:"),
        (_, Some(texts), _) => format!("{key}: {}", yaml(&valued.setting.kind, &texts)),
        (_, None, Some(texts)) => format!("# {key}: {}", texts.join(",")),
        (_, None, None) => format!("# {key}: …"),
    };
    format!("{line:<COMMENTS$} # {origin}\n")
}

fn told(valued: &Valued) -> String {
    match &valued.origin {
        Origin::Nowhere => "not set".to_owned(),
        Origin::Default => "default".to_owned(),
        Origin::File(at) => format!("{}:{}", at.file, at.line),
        Origin::Variable => valued.setting.variable.clone(),
        Origin::Flag => valued.setting.flag.clone(),
    }
}

/// JSON is YAML; texts that are nothing else in YAML need no quotes.
fn yaml(kind: &Kind, texts: &[String]) -> String {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match (kind, texts.as_slice()) {
        (Kind::Text | Kind::Choice(_), [text]) if is_plain(text) => (*text).to_owned(),
        _ => value(kind, &texts).unwrap_or_default().to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.');
    let means_more = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let number = text.starts_with('.') && text.contains(|c: char| c.is_ascii_digit());
    begins && text.chars().all(word) && !number && !means_more.contains(&text.to_ascii_lowercase().as_str())
}

fn object(valued: &Valued) -> serde_json::Value {
    let Valued { setting, origin, .. } = valued;
    let shown = valued.shown();
    let texts: Vec<&str> = shown.iter().flatten().map(String::as_str).collect();
    let (from, place) = match origin {
        Origin::Nowhere => ("nowhere", None),
        Origin::Default => ("default", None),
        Origin::File(at) => ("file", Some(json!({"file": *at.file, "line": at.line, "column": at.column}))),
        Origin::Variable => ("variable", None),
        Origin::Flag => ("flag", None),
    };
    json!({
        "key": setting.key, "flag": setting.flag, "variable": setting.variable, "value": value(&setting.kind, &texts),
        "hidden": shown.as_ref() != Some(&valued.texts), "from": from, "place": place,
    })
}
