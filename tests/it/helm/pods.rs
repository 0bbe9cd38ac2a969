//! What a cluster holds when a pod starts: the rendered objects, and what an operator has put beside them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents;

/// Files by name.
pub(super) type Files = BTreeMap<String, String>;

/// The objects that pods are made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    rendered: Vec<Value>,
    config_maps: BTreeMap<String, Files>,
    secrets: BTreeMap<String, Files>,
}

impl Cluster {
    /// The objects of these documents.
    pub(super) fn of(rendered: &str) -> Self {
        let rendered = documents(rendered);
        let of_maps = |document: &&Value| document["kind"] == "ConfigMap";
        let config_maps = rendered.iter().filter(of_maps).map(|map| (name(map), files(&map["data"]))).collect();
        Self { rendered, config_maps, ..Self::default() }
    }

    /// Changes a Secret.
    pub(super) fn set_secret(&mut self, name: &str, files: &[(&str, &str)]) {
        let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        self.secrets.insert(name.to_owned(), files);
    }

    /// A ConfigMap, to be changed.
    pub(super) fn config_map(&mut self, name: &str) -> &mut Files {
        self.config_maps.get_mut(name).unwrap_or_else(|| panic!("there is no ConfigMap `{name}`"))
    }

    /// The pod of the one Deployment, or of the one Pod, as it was rendered.
    pub(super) fn pod(&self, kind: &str) -> &Value {
        let found = self.object(kind);
        if kind == "Pod" { &found["spec"] } else { &found["spec"]["template"]["spec"] }
    }

    /// The one object of a kind.
    pub(super) fn object(&self, kind: &str) -> &Value {
        let found = self.rendered.iter().find(|document| document["kind"] == kind);
        found.unwrap_or_else(|| panic!("there is no {kind}"))
    }

    /// What a Secret has under a key.
    pub(super) fn secret(&self, of: &Value, name: &str) -> &str {
        &self.secrets[&text(&of[name])][&text(&of["key"])]
    }

    /// What a volume holds that the kubelet writes; nothing where it is another's.
    pub(super) fn files_of(&self, volume: &Value) -> Option<Files> {
        let map = |map: &Value| self.config_maps.get(map["name"].as_str()?).cloned();
        let secret = |name: &Value| self.secrets.get(name.as_str()?).cloned();
        let missing = || panic!("what {volume} names doesn't exist");
        if let Some(source) = volume.get("configMap") {
            return Some(picked(map(source).unwrap_or_else(missing), source));
        }
        if let Some(source) = volume.get("secret") {
            return Some(picked(secret(&source["secretName"]).unwrap_or_else(missing), source));
        }
        let sources = volume.get("projected")?["sources"].as_array().unwrap();
        let one = |source: &Value| {
            let found = source.get("configMap").and_then(map);
            found.or_else(|| secret(source.get("secret")?.get("name")?)).unwrap_or_else(missing)
        };
        Some(sources.iter().flat_map(one).collect())
    }

    /// The variables of a container.
    pub(super) fn environment(&self, container: &Value) -> Vec<(String, String)> {
        let variables = container["env"].as_array().into_iter().flatten();
        variables.map(|variable| (name_of(variable), self.value_of(variable))).collect()
    }

    fn value_of(&self, variable: &Value) -> String {
        let Some(from) = variable.get("valueFrom") else { return text(&variable["value"]) };
        if from["fieldRef"]["fieldPath"] == "metadata.name" {
            return POD.to_owned();
        }
        let key = &from["secretKeyRef"];
        let secret = self.secrets.get(&text(&key["name"])).unwrap_or_else(|| panic!("{variable} names no Secret"));
        secret[&text(&key["key"])].clone()
    }
}

/// What each pod is called here.
pub(super) const POD: &str = "district-hallpass-7c9f-x2x4q";

fn picked(files: Files, source: &Value) -> Files {
    let Some(items) = source.get("items").and_then(Value::as_array) else { return files };
    items.iter().map(|item| (text(&item["path"]), files[&text(&item["key"])].clone())).collect()
}

fn files(data: &Value) -> Files {
    data.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn name(document: &Value) -> String {
    text(&document["metadata"]["name"])
}

fn name_of(value: &Value) -> String {
    text(&value["name"])
}

/// A text as it stands.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
