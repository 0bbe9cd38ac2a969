//! The chart's values, their schema, the table of its page and the server's flags say the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};

use super::tools::as_kept;
use super::{CHART, cases};
use crate::support::path;

/// Variables of the server that the chart sets by itself, from other values; and the file that would say the same.
const OWN: [&str; 18] = [
    "config",
    "policies",
    "directory",
    "unix_listen",
    "grpc_listen",
    "http_listen",
    "callers",
    "tls_cert",
    "tls_key",
    "tls_client_ca",
    "admin_listen",
    "admin_key_file",
    "decision_log",
    "decision_log_mode",
    "decision_log_key_file",
    "decision_log_checkpoints",
    "database_password_file",
    "shadow",
];
/// Keys of the schema that have no default: they are for charts that depend on this one.
const FOR_PARENTS: [&str; 2] = ["enabled", "global"];

fn read(file: &str) -> String {
    fs::read_to_string(path(CHART).join(file)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&read("values.schema.json")).unwrap()
}

/// What `# -- …` says of a value, by the value's path.
fn described() -> Vec<(String, String)> {
    let (mut trail, mut said, mut all) = (Vec::<String>::new(), None, Vec::new());
    for line in read("values.yaml").lines() {
        let text = line.trim_start();
        if let Some(description) = text.strip_prefix("# -- ") {
            said = Some(description.to_owned());
        } else if let Some((key, _)) = text.split_once(':').filter(|_| !text.starts_with(['#', '-'])) {
            trail.truncate((line.len() - text.len()) / 2);
            trail.push(key.to_owned());
            all.extend(said.take().map(|description| (trail.join("."), description)));
        }
    }
    all
}

fn at<'a>(values: &'a Value, dotted: &str) -> &'a Value {
    dotted.split('.').fold(values, |value, key| &value[key])
}

#[test]
fn the_page_lists_every_value_with_its_default() {
    let values: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let mut table = String::from("| value | default | what it is |\n| --- | --- | --- |\n");
    for (dotted, description) in described() {
        let default = at(&values, &dotted);
        writeln!(table, "| `{dotted}` | `{default}` | {} |", description.replace('|', "\\|")).unwrap();
    }
    let page = read("README.md");
    let (before, rest) = page.split_once("<!-- values -->\n").expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- end of values -->").unwrap();
    let whole = format!("{before}<!-- values -->\n{table}<!-- end of values -->{after}");
    as_kept(&path(CHART).join("README.md"), &whole);
}

#[test]
fn every_value_is_described_once() {
    let values: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let described: Vec<String> = described().into_iter().map(|(dotted, _)| dotted).collect();
    assert_eq!(described.iter().collect::<BTreeSet<_>>().len(), described.len());
    let mut bare = Vec::new();
    undescribed(&values, String::new(), &described, &mut bare);
    assert!(bare.is_empty(), "{bare:?}");
}

fn undescribed(value: &Value, dotted: String, described: &[String], bare: &mut Vec<String>) {
    if described.contains(&dotted) {
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let dot = if dotted.is_empty() { "" } else { "." };
            fields.iter().for_each(|(key, value)| undescribed(value, format!("{dotted}{dot}{key}"), described, bare));
        }
        Value::Object(_) | Value::Array(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            bare.push(dotted);
        }
    }
}

#[test]
fn the_schema_knows_the_values_and_no_others() {
    let (values, schema): (Value, _) = (serde_saphyr::from_str(&read("values.yaml")).unwrap(), schema());
    let described = described();
    let mut found = Vec::new();
    compare(&values, &schema, "", &described, &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn compare(values: &Value, schema: &Value, dotted: &str, described: &[(String, String)], found: &mut Vec<String>) {
    let said = described.iter().find(|(path, _)| path == dotted).map(|(_, text)| text.as_str());
    if !dotted.is_empty() && schema["description"].as_str() != said {
        found.push(format!("{dotted}: the schema describes it as {}", schema["description"]));
    }
    let Some(known) = schema["properties"].as_object() else { return };
    let none = Map::new();
    let given = values.as_object().unwrap_or(&none);
    let names: BTreeSet<&String> = given.keys().chain(known.keys()).collect();
    for name in names {
        let inner = if dotted.is_empty() { name.clone() } else { format!("{dotted}.{name}") };
        match (given.get(name), known.get(name)) {
            (Some(value), Some(schema)) => compare(value, schema, &inner, described, found),
            // Settings have the server's own defaults, and numbers of probes Kubernetes'.
            (None, Some(_)) if dotted == "settings" || dotted.starts_with("probes.") => {}
            (None, Some(_)) if dotted.is_empty() && FOR_PARENTS.contains(&name.as_str()) => {}
            (None, _) => found.push(format!("{inner} is no value")),
            (_, None) => found.push(format!("{inner} isn't in the schema")),
        }
    }
}

/// An object is closed, or what it takes is said: texts, callers, or whatever Kubernetes takes there.
#[test]
fn the_schema_is_closed() {
    let schema = schema();
    let mut open = Vec::new();
    closed(&schema, "#", &mut open);
    assert_eq!(open, ["#/$defs/kubernetes", "#/$defs/kubernetesList/items", "#/properties/global"]);
}

fn closed(schema: &Value, place: &str, open: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else { return };
    if schema["type"] == "object" && !fields.contains_key("additionalProperties") {
        open.push(place.to_owned());
    }
    fields.iter().for_each(|(key, inner)| closed(inner, &format!("{place}/{key}"), open));
}

/// Each variable that `hallpass serve --help` names is a setting, or the chart sets it by itself; and the other way round.
#[test]
fn the_settings_are_those_of_the_server() {
    let mut help = Vec::new();
    let exit = hallpass::cli::run(["hallpass", "serve", "--help"].map(Into::into), false, &mut help, &mut Vec::new());
    assert_eq!(exit, hallpass::cli::Exit::Success);
    let help = String::from_utf8(help).unwrap();
    let variables = help.split("[env: HALLPASS_").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap());
    let server: BTreeSet<String> = variables.map(str::to_lowercase).collect();
    let schema = schema();
    let settings = schema["properties"]["settings"]["properties"].as_object().unwrap();
    let chart: BTreeSet<String> = settings.keys().cloned().chain(OWN.map(str::to_owned)).collect();
    assert_eq!(chart, server);
}

/// The chart, the image and the server are of one version.
#[test]
fn the_versions_agree() {
    let chart: Value = serde_saphyr::from_str(&read("Chart.yaml")).unwrap();
    let image = fs::read_to_string(path("Containerfile")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version.into(), &version.into()));
    assert!(image.contains(&format!("ARG VERSION={version}\n")));
}

/// Beside each file of values lies what it renders, and nothing else.
#[test]
fn each_case_is_kept_once() {
    let kept = fs::read_dir(path("tests/data/helm")).unwrap();
    let kept: BTreeSet<String> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: BTreeSet<String> = cases().iter().map(|case| format!("{}.yaml", case.name)).collect();
    expected.insert("gradebook.yaml".to_owned());
    assert_eq!(kept, expected);
}
