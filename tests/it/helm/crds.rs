//! Kinds of cert-manager and of the Prometheus operator: no schema of theirs is at hand, so what the charts use of them is
//! listed here, from their references.

use serde_json::Value;

/// Group, kind, and each path that may stand below `spec`.
const KINDS: [(&str, &str, &[&str]); 4] = [
    (
        "cert-manager.io/v1",
        "Certificate",
        &[
            "secretName",
            "issuerRef.name",
            "issuerRef.kind",
            "issuerRef.group",
            "duration",
            "renewBefore",
            "usages[]",
            "privateKey.algorithm",
            "privateKey.size",
            "privateKey.rotationPolicy",
            "dnsNames[]",
        ],
    ),
    ("monitoring.coreos.com/v1", "ServiceMonitor", MONITOR),
    ("monitoring.coreos.com/v1", "PodMonitor", MONITOR),
    (
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        &[
            "groups[].name",
            "groups[].interval",
            "groups[].rules[].alert",
            "groups[].rules[].record",
            "groups[].rules[].expr",
            "groups[].rules[].for",
            "groups[].rules[].keep_firing_for",
            "groups[].rules[].labels.*",
            "groups[].rules[].annotations.*",
        ],
    ),
];

const MONITOR: &[&str] = &[
    "selector.matchLabels.*",
    "[].port",
    "[].path",
    "[].scheme",
    "[].interval",
    "[].authorization.credentials.name",
    "[].authorization.credentials.key",
    "[].tlsConfig.serverName",
    "[].tlsConfig.ca.secret.name",
    "[].tlsConfig.ca.secret.key",
];

/// Whether Kubernetes itself has the kind.
pub(super) fn is_built_in(document: &Value) -> bool {
    let group = document["apiVersion"].as_str().unwrap();
    !KINDS.iter().any(|(known, ..)| *known == group)
}

/// Says what a document has that its kind hasn't.
pub(super) fn check(document: &Value) {
    let (group, kind) = (document["apiVersion"].as_str().unwrap(), document["kind"].as_str().unwrap());
    let known = KINDS.iter().find(|(g, k, _)| (*g, *k) == (group, kind));
    let (_, _, paths) = known.unwrap_or_else(|| panic!("{group} has no {kind}"));
    let mut leaves = Vec::new();
    collect(&document["spec"], String::new(), &mut leaves);
    assert!(!leaves.is_empty(), "{kind} says nothing");
    for leaf in leaves {
        // Which of the two a monitor has is said by its kind.
        let leaf = leaf.trim_start_matches("endpoints").trim_start_matches("podMetricsEndpoints");
        assert!(paths.iter().any(|path| fits(path, leaf)), "{kind} has no `{leaf}`");
    }
    let list = if kind == "PodMonitor" { "podMetricsEndpoints" } else { "endpoints" };
    assert!(!kind.ends_with("Monitor") || document["spec"][list].is_array(), "{kind} has `{list}`");
}

fn fits(path: &str, leaf: &str) -> bool {
    match path.strip_suffix('*') {
        Some(begin) => leaf.starts_with(begin),
        None => path == leaf,
    }
}

fn collect(value: &Value, path: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            fields.iter().for_each(|(name, value)| collect(value, format!("{path}{dot}{name}"), leaves));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, format!("{path}[]"), leaves)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(path),
    }
}
