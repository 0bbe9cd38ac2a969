//! A role's rights written out: what each word of its grants means today.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::paragraph;
use crate::policy::compiled::Policy;
use crate::policy::model::Reach;
use crate::policy::roles::Right;

/// Topics of a module, each with its actions.
type Topics<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The rights of a role as lines: by reach, by module, by topics that have the same actions.
pub(super) fn written_out(policy: &Policy, role: &str, most: usize) -> String {
    let rights = policy.rights(role);
    let mut blocks: BTreeMap<(Reach, &[String]), BTreeMap<&str, Topics<'_>>> = BTreeMap::new();
    for right in &rights {
        let (module, topic) = module_and_topic(right);
        let actions = blocks.entry((right.reach, &right.limits)).or_default().entry(module).or_default();
        let actions = actions.entry(topic).or_default();
        if !actions.contains(&right.action) {
            actions.push(right.action);
        }
    }
    blocks.iter().map(|((reach, limits), modules)| block(*reach, limits, modules, most)).collect()
}

fn block(reach: Reach, limits: &[String], modules: &BTreeMap<&str, Topics<'_>>, most: usize) -> String {
    let limits: String = limits.iter().map(|limit| format!("; {limit}")).collect();
    let mut text = paragraph("", 2, &format!("{}{limits}", reach.in_words()), most);
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
fn module_and_topic<'a>(right: &Right<'a>) -> (&'a str, &'a str) {
    let parts = right.resource_type.split_once('.').and_then(|(_, rest)| rest.split_once('.'));
    parts.unwrap_or(("", right.resource_type))
}
