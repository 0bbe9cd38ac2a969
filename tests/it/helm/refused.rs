//! Values that the chart refuses: by its schema, or because they don't go together. A message says what is wrong.

use tempfile::TempDir;

use super::tools::Charts;
use super::{CHART, EXAMPLE};
use crate::support::{path, write};

/// Added to good values, by their file below `ci`: what a line of the message says. An empty line takes nothing away.
const REFUSED: [(&str, &str, &str); 40] = [
    // What the schema knows.
    ("service", "unknown: 1", "additional properties 'unknown' not allowed"),
    ("service", "policy: {configmaps: [a]}", "at '/policy': additional properties 'configmaps' not allowed"),
    ("service", "tls: {clientCa: {file: a}}", "at '/tls/clientCa': additional properties 'file' not allowed"),
    ("service", "settings: {pollSeconds: 5}", "at '/settings': additional properties 'pollSeconds' not allowed"),
    ("service", "settings: {grpc_listen: '0.0.0.0:1'}", "additional properties 'grpc_listen' not allowed"),
    ("service", "mode: daemonset", "at '/mode': value must be one of 'sidecar', 'service'"),
    ("service", "image: {tag: 1.0}", "at '/image/tag': got number, want string"),
    ("service", "replicas: '2'", "at '/replicas': got string, want integer"),
    ("service", "settings: {workers: 0}", "at '/settings/workers': minimum: got 0, want 1"),
    ("service", "settings: {log_format: xml}", "at '/settings/log_format': value must be one of 'text', 'json'"),
    ("service", "ports: {grpc: 70000}", "at '/ports/grpc': maximum: got 70,000, want 65,535"),
    ("service", "image: {digest: 'sha256:12'}", "at '/image/digest': 'sha256:12' does not match pattern"),
    ("service", "listenAddress: 127.0.0.1", "at '/listenAddress': value must be one of '0.0.0.0', '[::]'"),
    ("service", "policy: {files: {notes.txt: a}}", "'notes.txt' does not match pattern"),
    ("service", "directory: {path: /etc}", "at '/directory/path': '/etc' does not match pattern"),
    ("service", "directory: {postgres: {url: 'mysql://db'}}", "'mysql://db' does not match pattern"),
    ("service", "callers: {entries: {a: {spiffe_id: b}}}", "additional properties 'spiffe_id' not allowed"),
    ("service", "decisionLog: {mode: sometimes}", "value must be one of 'best_effort', 'required'"),
    ("service", "podDisruptionBudget: {maxUnavailable: 0}", "at '/podDisruptionBudget/maxUnavailable'"),
    ("service", "commonLabels: {a: 1}", "at '/commonLabels/a': got number, want string"),
    // What doesn't go together.
    ("service", "policy: {configMaps: null}", "`policy` says nothing of where the rules are: set one of"),
    ("service", "policy: {shipped: true}", "`policy` has configMaps and shipped: set one of them"),
    ("service", "directory: {claim: ''}", "`directory` says nothing of who the people are: set one of"),
    ("service", "directory: {demo: true}", "`directory` has claim and demo: set one of them"),
    ("service", "directory: {postgres: {caSecret: {name: a}}}", "`directory.postgres` has Secrets and no `url`"),
    ("service", "decisionLog: {keySecret: {name: a}}", "a key or a place for checkpoints, and no log: set `to`"),
    ("service-demo", "directory: {path: a}", "`directory.path` is a place in `directory.claim` or"),
    (
        "service-everything",
        "directory: {postgres: {url: 'postgres://me:secret@db/sis'}}",
        "`directory.postgres.url` has a password in it",
    ),
    ("service", "callers: {configMap: a}", "`callers` has entries and configMap: set one of them"),
    ("service-everything", "callers: {keysSecret: a}", "`callers.keysSecret` goes with `callers.entries`"),
    ("service", "tls: {secret: ''}", "a service that others reach needs TLS: set `tls.secret`, or"),
    ("service", "callers: {entries: null, keysSecret: ''}", "needs to know its callers: set one of"),
    ("service", "tls: {clientCa: {secret: a, configMap: b}}", "`tls.clientCa` has secret and configMap"),
    ("service", "tls: {certManager: {enabled: true}}", "`tls.certManager` is enabled without `issuerRef.name`"),
    ("service", "admin: {enabled: true}", "`admin` is enabled without `keySecret.name`"),
    ("service", "monitoring: {monitor: {enabled: true}}", "is enabled without `admin.enabled`: there is nothing"),
    ("service", "autoscaling: {minReplicas: 9}", "`autoscaling.minReplicas` is 9, more than `maxReplicas`, which is 6"),
    ("service", "terminationGracePeriodSeconds: 15", "is 15, and draining takes 15: the pods would be killed"),
    ("sidecar", "autoscaling: {enabled: true}", "`autoscaling` is enabled in mode `sidecar`: the pods are"),
    ("sidecar", "tls: {clientCa: {secret: a}}", "`tls.clientCa` is set without TLS"),
];

#[test]
#[ignore = "needs Helm"]
fn values_that_are_wrong_are_refused_and_named() {
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for (good, change, message) in REFUSED {
        let (file, good) = (folder.path().join("change.yaml"), path(CHART).join(format!("ci/{good}-values.yaml")));
        write(&file, change);
        match Charts::get().template(CHART, 35, &[&good, &file]) {
            Ok(_) => wrong.push(format!("{change}: was rendered")),
            Err(said) if !said.contains(message) => wrong.push(format!("{change}: no `{message}` in: {said}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without values of one's own there is nothing to serve, and everything that is missing is said at once.
#[test]
#[ignore = "needs Helm"]
fn nothing_is_served_by_default() {
    let said = Charts::get().template(CHART, 35, &[]).unwrap_err();
    for part in ["`policy` says nothing", "`directory` says nothing", "needs TLS", "needs to know its callers"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
#[ignore = "needs Helm"]
fn what_a_version_of_kubernetes_lacks_is_refused_there() {
    let values = |name: &str| path(CHART).join(format!("ci/{name}-values.yaml"));
    let folder = TempDir::new().unwrap();
    let near = folder.path().join("near.yaml");
    write(&near, "service: {trafficDistribution: PreferClose}");
    let refused = [
        (
            "`policy.image` needs Kubernetes 1.31 or newer, and this is v1.30.0",
            30,
            vec![values("service-image-volume")],
        ),
        ("`service.trafficDistribution` needs Kubernetes 1.30 or newer", 29, vec![values("service"), near]),
        ("chart requires kubeVersion: >=1.29.0-0", 28, vec![values("service")]),
    ];
    for (message, minor, values) in refused {
        let values: Vec<_> = values.iter().map(std::path::PathBuf::as_path).collect();
        let said = Charts::get().template(CHART, minor, &values).unwrap_err();
        assert!(said.contains(message), "{said}");
        Charts::get().template(CHART, 31, &values).unwrap();
    }
}

/// A chart that takes the sidecar without saying so would get the listeners of a service.
#[test]
#[ignore = "needs Helm"]
fn a_sidecar_in_mode_service_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("values.yaml");
    let service = std::fs::read_to_string(path(CHART).join("ci/service-values.yaml")).unwrap();
    let nested: String = service.lines().map(|line| format!("  {line}\n")).collect();
    write(&file, format!("hallpass:\n{}", nested.replace("  directory:\n", "  directory:\n    volume: null\n")));
    let said = Charts::get().template(EXAMPLE, 35, &[&file]).unwrap_err();
    assert!(said.contains("the template `hallpass.sidecar` is for `mode: sidecar`"), "{said}");
}
