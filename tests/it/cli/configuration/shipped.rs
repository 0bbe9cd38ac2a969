//! What is shipped with the configuration says what the code does: the schema, the example and the page of all settings.

use std::collections::BTreeSet;
use std::fs;

use hallpass::config::setting::{Secrecy, settings};
use serde_json::{Value, json};

use super::super::{Place, shipped};
use crate::openapi::schema::Document;
use crate::support::path;

const EXAMPLE: &str = "examples/hallpass.yaml";
const SCHEMA: &str = "hallpass.schema.json";

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

#[test]
fn the_schema_is_the_one_that_the_code_makes() {
    let ended = shipped("config schema");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert_eq!(read(SCHEMA), ended.out, "`hallpass config schema > {SCHEMA}` writes it anew");
}

#[test]
fn the_example_is_taken_and_fits_the_schema() {
    let example = read(EXAMPLE);
    assert!(example.starts_with("# yaml-language-server: $schema=../hallpass.schema.json\n"));
    let ended = shipped(&format!("config show --config {EXAMPLE}"));
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert!(ended.out.contains(EXAMPLE), "{}", ended.out);
    assert_eq!(fits(&example), Ok(()));
}

fn fits(yaml: &str) -> Result<(), String> {
    let document = Document::read(&read(SCHEMA));
    let value: Value = serde_saphyr::from_str(yaml).unwrap();
    document.fits(&value, document.at(""))
}

/// An editor and the server agree on what a file may look like.
#[test]
fn the_schema_refuses_what_the_server_refuses() {
    for (body, good) in [
        ("workers: 1", true),
        ("workers: 0", false),
        ("workers: '1'", false),
        ("workers: 1.5", false),
        ("reflection: true", true),
        ("reflection: 1", false),
        ("log_format: json", true),
        ("log_format: xml", false),
        ("subject_types: user", true),
        ("subject_types: [user, service]", true),
        ("subject_types: []", false),
        ("subject_types: [user, user]", false),
        ("subject_types: [1]", false),
        ("policies: ''", false),
        ("policies: [a]", false),
        ("polices: a", false),
        ("database_password: a", false),
        ("database_password_file: a", true),
        ("hallpass: config/v1", false),
    ] {
        let yaml = format!("hallpass: config/v1\n{body}\n");
        let place = Place::with(&[("f.yaml", &yaml)]);
        let ended = place.run("config show --config f.yaml");
        assert_eq!(ended.code == 0, good, "{body}: {ended:?}");
        if !body.starts_with("hallpass") {
            assert_eq!(fits(&yaml).is_ok(), good, "{body}: {:?}", fits(&yaml));
        }
    }
    assert!(fits("workers: 1").is_err() && fits("hallpass: config/v2").is_err());
    let place = Place::with(&[("f.yaml", "workers: 1\n")]);
    assert_eq!(place.run("config show --config f.yaml").code, 1);
}

/// Whatever can be set has a variable of its own name, and stands in the page of all settings with its default.
#[test]
fn every_setting_is_described() {
    let page = read("docs/configuration.md");
    let page = page.split("\n## ").find(|section| section.starts_with("All settings\n")).unwrap();
    let rows: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let open: Vec<_> = settings().into_iter().filter(|setting| setting.secrecy != Secrecy::Secret).collect();
    for setting in &open {
        assert_eq!(setting.variable, format!("HALLPASS_{}", setting.key.to_uppercase()));
        assert!(!setting.help.is_empty(), "{}", setting.key);
        let default = match setting.default.join(",") {
            none if none.is_empty() => String::new(),
            given => format!("`{given}`"),
        };
        let begin = format!("| `{}` | {default} | ", setting.key);
        let alike = begin.replace("|  |", "| |");
        assert!(page.lines().any(|line| line.starts_with(&alike)), "no row in the page begins with `{alike}`");
    }
    let keys: BTreeSet<&str> = open.iter().map(|setting| setting.key.as_str()).collect();
    assert_eq!(rows, keys, "rows and settings");
}

#[test]
fn secrets_are_no_keys_of_the_schema() {
    let schema: Value = serde_json::from_str(&read(SCHEMA)).unwrap();
    assert_eq!(schema["properties"]["database_password"], Value::Null);
    assert_eq!(schema["properties"]["hallpass"]["const"], json!("config/v1"));
    assert_eq!(schema["additionalProperties"], json!(false));
}
