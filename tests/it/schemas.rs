//! The schemas that editors read, held against the readers that decide: the same keys, and nothing is refused by a schema
//! that the loader takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hallpass::caller::Callers;
use hallpass::policy::code::Code;
use hallpass::policy::compiled::Policy;
use hallpass::policy::source::{Finding, Source};
use hallpass::schema::Kind;
use serde_json::{Value, json};

use crate::diagnostics::mutations::changes;
use crate::openapi::schema::Document;
use crate::support::{path, source, sources};

/// A key that is like none.
const NO_KEY: &str = "qqqqqqqqqqqqqqqq";

fn document(kind: Kind) -> Document {
    Document::read(&kind.schema().to_string())
}

/// The kind of a file by its first key, where it can be read at all.
fn kind_and_value(text: &str) -> Option<(Kind, Value)> {
    let value: Value =
        serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true }).ok()?;
    let name = value["hallpass"].as_str()?.replace('/', ".");
    let (kind, _) = Kind::SHIPPED.iter().find(|(_, file)| *file == format!("{name}.json"))?;
    Some((*kind, value))
}

fn fits(text: &str) -> Option<Result<(), String>> {
    let (kind, value) = kind_and_value(text)?;
    let document = document(kind);
    Some(document.fits(&value, document.at("")))
}

#[test]
fn the_shipped_schemas_are_those_that_the_code_makes() {
    let mut files = BTreeSet::new();
    for (kind, file) in Kind::SHIPPED {
        let made = format!("{:#}\n", kind.schema());
        assert!(files.insert((*file).to_owned()));
        let name = file.split('.').next().unwrap();
        let args = ["hallpass", "schema", name].map(Into::into);
        let mut out = Vec::new();
        assert_eq!(hallpass::cli::run(args, false, &mut out, &mut Vec::new()), hallpass::cli::Exit::Success);
        assert_eq!(String::from_utf8(out).unwrap(), made);
        let kept = fs::read_to_string(path("schemas").join(file)).unwrap_or_default();
        assert_eq!(kept, made, "`hallpass schema {name} > schemas/{file}` writes it anew");
    }
    assert_eq!(sources(&path("schemas")).iter().map(|file| file.name.to_string()).collect::<BTreeSet<_>>(), files);
}

/// The page of all keys: what stands before the first section is written by hand. `UPDATE=1 cargo test schemas` writes it anew.
#[test]
fn the_reference_of_all_keys_is_the_one_that_the_code_makes() {
    let kept = fs::read_to_string(path("docs/policy-reference.md")).unwrap();
    let head = kept.split("\n## ").next().unwrap();
    let kinds = [Kind::Application, Kind::Role, Kind::Tests, Kind::Routes, Kind::Callers];
    let page = format!("{}\n\n{}", head.trim_end(), kinds.map(Kind::reference).join("\n"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path("docs/policy-reference.md"), &page).unwrap();
    }
    assert_eq!(kept, page);
    for (kind, keys) in kinds.into_iter().zip(["nobody", "made_by", "reason", "from_context_extensions", "spiffe"]) {
        assert!(kind.reference().contains(&format!("| `{keys}` | ")), "{keys}");
    }
}

/// A chart's files are rendered as they are, and are read elsewhere.
#[test]
fn every_shipped_file_names_its_schema() {
    let mut count = 0;
    for folder in ["policies", "examples"] {
        for file in sources(&path(folder)).iter().filter(|file| !file.name.starts_with("helm/")) {
            let text = String::from_utf8_lossy(&file.bytes);
            if !file.name.ends_with(".yaml") || !text.contains("\nhallpass: ") {
                continue;
            }
            let first = text.lines().next().unwrap();
            let schema =
                first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{}", file.name));
            let found = path(folder).join(&*file.name).parent().unwrap().join(schema).canonicalize().unwrap();
            let name = found.file_name().unwrap().to_str().unwrap();
            let kind = text.lines().find_map(|line| line.strip_prefix("hallpass: ")).unwrap().replace('/', ".");
            let expected =
                if kind.starts_with("config") { "hallpass.schema.json".to_owned() } else { format!("{kind}.json") };
            assert_eq!(name, expected, "{}", file.name);
            count += 1;
        }
    }
    assert!(count >= 70, "{count} files");
}

/// The loader takes all of these, so the schemas must.
#[test]
fn good_files_fit() {
    let mut count = 0;
    for folder in ["policies", "examples", "tests/data/every_key", "tests/data/mistakes/with"] {
        for file in sources(&path(folder)).iter().filter(|file| file.name.ends_with(".yaml")) {
            let text = String::from_utf8_lossy(&file.bytes);
            let Some(fits) = fits(&text) else { continue };
            assert_eq!(fits, Ok(()), "{folder}/{}", file.name);
            count += 1;
        }
    }
    assert!(count >= 80, "{count} files");
}

/// What a schema refuses, the loader refuses.
#[test]
fn a_schema_refuses_nothing_that_the_loader_takes() {
    let (mut refused, mut taken) = (0, 0);
    let mut hold = |files: &[Source], name: &str, text: &str| {
        let Some(fits) = fits(text) else { return };
        let others = files.iter().filter(|file| *file.name != *name).cloned();
        let set: Vec<Source> = others.chain([source(name, text)]).collect();
        let loaded = Policy::compile(&set);
        match fits {
            Ok(()) => taken += usize::from(loaded.is_ok()),
            Err(why) => {
                refused += 1;
                assert!(loaded.is_err(), "{name}: {why}\n{text}");
            }
        }
    };
    let every = sources(&path("tests/data/every_key"));
    for file in &every {
        for change in changes(&String::from_utf8_lossy(&file.bytes), false) {
            hold(&every, &file.name, &change.text);
        }
    }
    let with = sources(&path("tests/data/mistakes/with"));
    for file in sources(&path("tests/data/mistakes")).iter().filter(|file| !file.name.contains('/')) {
        hold(&with, &file.name, &String::from_utf8_lossy(&file.bytes));
    }
    assert!(refused > 250 && taken > 30, "{refused} are refused, {taken} taken");
}

/// The places of a file where an author writes keys that are known: the schema of each by its pointer, and the pointers to
/// maps of the file that stand there.
fn places(document: &Document, value: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    walk(document, "", value, "", &mut found);
    found
}

fn walk(document: &Document, schema: &str, value: &Value, at: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let words = document.at(schema);
    for word in ["oneOf", "anyOf"] {
        let choices = words[word].as_array().into_iter().flatten().enumerate();
        for (number, _) in choices.filter(|(_, one)| document.fits(value, one).is_ok()) {
            walk(document, &format!("{schema}/{word}/{number}"), value, at, found);
        }
    }
    if words["properties"].is_object() && words["type"] == "object" && value.is_object() {
        found.entry(schema.to_owned()).or_default().push(at.to_owned());
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let known = words["properties"].get(name).is_some();
        let below =
            if known { format!("{schema}/properties/{name}") } else { format!("{schema}/additionalProperties") };
        if known || words["additionalProperties"].is_object() {
            walk(document, &below, member, &format!("{at}/{name}"), found);
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate().filter(|_| words["items"].is_object()) {
        walk(document, &format!("{schema}/items"), item, &format!("{at}/{number}"), found);
    }
}

/// All places of a schema at which keys are known.
fn all_places(words: &Value, at: &str, found: &mut BTreeSet<String>) {
    if words["properties"].is_object() && words["type"] == "object" {
        found.insert(at.to_owned());
    }
    for (name, below) in words.as_object().into_iter().flatten() {
        all_places(below, &format!("{at}/{name}"), found);
    }
    for (number, below) in words.as_array().into_iter().flatten().enumerate() {
        all_places(below, &format!("{at}/{number}"), found);
    }
}

/// The keys that the reader knows where one is that it doesn't.
fn keys_of(findings: &[Finding]) -> BTreeSet<String> {
    let about = |finding: &&Finding| finding.code == Some(Code::UnknownKey) && finding.message.contains(NO_KEY);
    let found: Vec<&Finding> = findings.iter().filter(about).collect();
    assert_eq!(found.len(), 1, "{findings:?}");
    let help = found[0].help.as_deref().unwrap();
    let keys = help.split_once("the keys are ").unwrap_or_else(|| panic!("{help}")).1;
    keys.split(", ").map(str::to_owned).collect()
}

fn same_keys(kind: Kind, values: &[Value], findings: &dyn Fn(usize, &str) -> Vec<Finding>) {
    let document = document(kind);
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, value) in values.iter().enumerate() {
        for (schema, maps) in places(&document, value) {
            for at in maps {
                let mut changed = value.clone();
                changed.pointer_mut(&at).unwrap()[NO_KEY] = json!("x");
                known.entry(schema.clone()).or_default().extend(keys_of(&findings(number, &changed.to_string())));
            }
        }
    }
    let mut all = BTreeSet::new();
    all_places(document.at(""), "", &mut all);
    assert_eq!(known.keys().cloned().collect::<BTreeSet<_>>(), all, "{kind:?}: every place is tried");
    for (schema, keys) in known {
        let listed = document.at(&schema)["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, listed, "{kind:?} {schema}");
    }
}

/// Readers tell which keys they know; schemas list the same, at every place of every kind.
#[test]
fn schemas_have_the_keys_that_the_readers_have() {
    let files = sources(&path("tests/data/every_key"));
    for (kind, _) in Kind::SHIPPED.iter().filter(|(kind, _)| *kind != Kind::Callers) {
        let of_kind: Vec<(&Source, Value)> = files
            .iter()
            .filter_map(|file| Some((file, kind_and_value(&String::from_utf8_lossy(&file.bytes))?)))
            .filter(|(_, (found, _))| found == kind)
            .map(|(file, (_, value))| (file, value))
            .collect();
        let values: Vec<Value> = of_kind.iter().map(|(_, value)| value.clone()).collect();
        same_keys(*kind, &values, &|number, text| {
            let name = &of_kind[number].0.name;
            let others = files.iter().filter(|file| file.name != *name).cloned();
            Policy::compile(&others.chain([source(name, text)]).collect::<Vec<_>>()).err().unwrap_or_default()
        });
    }
}

#[test]
fn the_schema_of_callers_has_the_keys_of_its_reader() {
    let caller = json!({"spiffe": "spiffe://a.example/b", "uid": 7, "applications": "misis", "may": ["check"]});
    let value = json!({"hallpass": "callers/v1", "callers": {"portal": caller}});
    same_keys(Kind::Callers, &[value], &|_, text| read_callers(text));
    for (text, good) in [
        ("{uid: 0}", true),
        ("{uid: -1}", false),
        ("{key_file: k, may: [check, status]}", true),
        ("{may: check}", false),
        ("{uid: 1, may: everything}", false),
        ("{uid: 1, applications: []}", false),
    ] {
        let text = format!("hallpass: callers/v1\ncallers: {{a: {text}}}");
        assert_eq!((fits(&text).unwrap().is_ok(), read_callers(&text).is_empty()), (good, good), "{text}");
    }
}

fn read_callers(text: &str) -> Vec<Finding> {
    let key = |_: &Path| Ok(b"0123456789abcdef0123456789abcdef".to_vec());
    Callers::read(&source("callers.yaml", text), key).err().unwrap_or_default()
}

#[test]
fn every_key_is_described() {
    for (kind, _) in Kind::SHIPPED {
        let mut bare = Vec::new();
        undescribed(&kind.schema(), "", &mut bare);
        assert_eq!(bare, Vec::<String>::new(), "{kind:?}");
    }
}

fn undescribed(words: &Value, at: &str, bare: &mut Vec<String>) {
    for (name, key) in words["properties"].as_object().into_iter().flatten() {
        // Under a choice of forms a key is named without a word: its description stands where the keys are listed.
        if words["type"] == "object" && key["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            bare.push(format!("{at}/{name}"));
        }
    }
    for (name, below) in words.as_object().into_iter().flatten() {
        undescribed(below, &format!("{at}/{name}"), bare);
    }
    for (number, below) in words.as_array().into_iter().flatten().enumerate() {
        undescribed(below, &format!("{at}/{number}"), bare);
    }
}
