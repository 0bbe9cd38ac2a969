//! The dashboard and the alert rules ask for metrics that there are, and every alert says what to do.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::whole_page;
use crate::support::path;

const DASHBOARD: &str = "helm/hallpass/files/dashboard.json";
const ALERTS: &str = "helm/hallpass/files/alerts.yaml";
const TESTS: &str = "helm/hallpass/files/alerts_test.yaml";
const RUNBOOK: &str = "docs/alerts.md";

fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap()
}

/// Every name in a text that begins as our metrics do, the parts of histograms as the whole.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with("hallpass_"));
    names.map(|name| name.strip_suffix("_bucket").unwrap_or(name).to_owned()).collect()
}

/// The values of a key of the rules, in their order.
fn values(rules: &str, key: &str) -> Vec<String> {
    rules.lines().filter_map(|line| line.trim().strip_prefix(key)).map(|value| value.trim().to_owned()).collect()
}

#[test]
fn every_metric_that_is_asked_for_is_there() {
    let there: BTreeSet<String> = whole_page().metrics.into_keys().collect();
    for file in [DASHBOARD, ALERTS, TESTS, RUNBOOK] {
        let asked = metrics(&text(file));
        let missing: Vec<_> = asked.difference(&there).collect();
        assert!(missing.is_empty() && !asked.is_empty(), "{file}: {missing:?}");
    }
    let shown = metrics(&text(DASHBOARD));
    assert_eq!(there.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new(), "shown nowhere");
}

/// Each alert has a summary, a description and a section of its own that says what to do, and a scenario in which it fires.
#[test]
fn every_alert_says_what_to_do() {
    let (rules, tests, runbook) = (text(ALERTS), text(TESTS), text(RUNBOOK));
    let alerts = values(&rules, "- alert:");
    assert!(alerts.len() >= 15);
    for key in ["expr:", "summary:", "description:", "labels: {severity:"] {
        assert_eq!(values(&rules, key).len(), alerts.len(), "{key}");
    }
    let links: Vec<String> = alerts.iter().map(|name| format!("{RUNBOOK}#{}", name.to_lowercase())).collect();
    assert_eq!(values(&rules, "runbook_url:"), links);
    let sections: Vec<&str> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(sections.iter().copied().collect::<BTreeSet<_>>(), alerts.iter().map(String::as_str).collect());
    assert_eq!(sections.len(), alerts.len());
    for alert in &alerts {
        assert!(tests.contains(&format!("alertname=\"{alert}\"")), "{alert} fires in no scenario");
    }
}

#[test]
fn every_link_of_the_runbook_leads_somewhere() {
    let runbook = text(RUNBOOK);
    let sections: BTreeSet<String> =
        runbook.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_lowercase).collect();
    for link in runbook.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        match link.split_once('#') {
            Some(("", section)) => assert!(sections.contains(section), "{link}"),
            _ => assert!(path("docs").join(link).exists(), "{link}"),
        }
    }
}

#[test]
fn the_dashboard_is_one() {
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{panel}");
        if panel["type"] != "row" {
            assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{panel}");
            let title = panel["title"].as_str().unwrap();
            let words = panel["description"].as_str().unwrap();
            assert!(!title.is_empty() && words.is_empty() | words.ends_with('.'), "{title}: {words}");
        }
    }
}
