//! A role's rights written out: what each word of its grants means today.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::layout::paragraph;
use crate::policy::compiled::Policy;
use crate::policy::matrix::DenyRule;
use crate::policy::model::Reach;
use crate::policy::roles::Right;

/// Topics of a module, each with its actions.
type Topics<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The rights of a role as lines: by reach, by module, by topics that have the same actions.
pub(super) fn written_out(policy: &Policy, role: &str, most: usize) -> String {
    lines(&policy.rights(role), most, |reach| reach.in_words().to_owned())
}

/// The same of any rights, the reach told in the words of whoever asks.
pub(super) fn lines(rights: &[Right<'_>], most: usize, told: impl Fn(Reach) -> String) -> String {
    let mut blocks: BTreeMap<(Reach, &[String]), BTreeMap<&str, Topics<'_>>> = BTreeMap::new();
    for right in rights {
        let (module, topic) = module_and_topic(right.resource_type);
        let actions = blocks.entry((right.reach, &right.limits)).or_default().entry(module).or_default();
        let actions = actions.entry(topic).or_default();
        if !actions.contains(&right.action) {
            actions.push(right.action);
        }
    }
    blocks.iter().map(|((reach, limits), modules)| block(&told(*reach), limits, modules, most)).collect()
}

fn block(reach: &str, limits: &[String], modules: &BTreeMap<&str, Topics<'_>>, most: usize) -> String {
    let limits: String = limits.iter().map(|limit| format!("; {limit}")).collect();
    let mut text = paragraph("", 2, &format!("{reach}{limits}"), most);
    for (module, topics) in modules {
        let mut by_actions: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (topic, actions) in topics {
            by_actions.entry(actions.join(", ")).or_default().insert(topic);
        }
        let mut label = format!("    {module}");
        for (actions, topics) in by_actions {
            let topics: Vec<&str> = topics.into_iter().collect();
            text.push_str(&paragraph(&format!("{label:23} "), 24, &format!("{actions}: {}", topics.join(", ")), most));
            label.clear();
        }
    }
    text
}

/// `misis.grades.mark` is the topic `mark` of the module `grades`; a type without a module stands by itself.
pub(super) fn module_and_topic(resource_type: &str) -> (&str, &str) {
    let parts = resource_type.split_once('.').and_then(|(_, rest)| rest.split_once('.'));
    parts.unwrap_or(("", resource_type))
}

/// A right as an object.
pub(super) fn object(right: &Right<'_>) -> serde_json::Value {
    json!({
        "resource_type": right.resource_type, "action": right.action, "reach": right.reach.name(), "limits": right.limits,
        "grant": right.grant,
    })
}

/// A deny rule as an object.
pub(super) fn rule(rule: &DenyRule<'_>) -> serde_json::Value {
    json!({"id": rule.id, "when": rule.when, "unless_role": rule.unless, "because": rule.because})
}

/// Deny rules, a paragraph each; nothing where there is none.
pub(super) fn deny_rules(rules: &[DenyRule<'_>], most: usize) -> String {
    let told = |rule: &DenyRule<'_>| paragraph(&format!("  {} ", rule.id), 18, &rule.in_words(), most);
    let lines: String = rules.iter().map(told).collect();
    if lines.is_empty() { lines } else { format!("\ndeny rules that override\n{lines}") }
}
