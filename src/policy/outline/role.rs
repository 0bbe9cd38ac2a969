//! The outline of a role: its grants, with all roles, topics and clauses that they name.

use super::application::words;
use super::tree::Tree;
use super::{GrantOutline, Outline, What};

pub(super) fn fill(outline: &mut Outline, tree: &Tree<'_>) {
    if let Some((id, at)) = tree.text("role") {
        let prefix = id.split_once('.').map(|(prefix, _)| prefix.to_owned());
        outline.application = outline.application.take().or(prefix);
        outline.mark(What::Role, true, id, at);
    }
    for (name, at, _) in tree.get("modules").iter().flat_map(Tree::entries) {
        outline.mark(What::Word, false, name, at);
    }
    for (number, at, text) in tree.get("clauses").iter().flat_map(Tree::entries) {
        outline.mark(What::Clause, true, number, at);
        let text = text.texts().first().map(|(text, _)| (*text).to_owned()).unwrap_or_default();
        outline.clauses.extend(number.parse().ok().map(|number| (number, text)));
    }
    let reach = tree.text("reach").map(|(reach, _)| reach);
    for item in tree.get("grants").iter().flat_map(Tree::items) {
        let grant = grant(outline, &item, reach);
        outline.grants.push(grant);
    }
}

fn grant(outline: &mut Outline, node: &Tree<'_>, reach: Option<&str>) -> GrantOutline {
    words(outline, node);
    outline.refer(What::Action, node.names("allow"));
    outline.refer(What::Role, node.names("include"));
    outline.refer(What::Role, node.names("made_by"));
    let (roles, people) = (node.get("roles"), node.get("people"));
    outline.refer(What::Role, roles.map(|roles| roles.names("not")).unwrap_or_default());
    outline.refer(What::Role, people.map(|people| people.names("not_holding")).unwrap_or_default());
    outline.conditions.extend(node.text("when").map(|(text, at)| (text.to_owned(), at)));
    let clauses = clauses(outline, node);
    let text = |key: &str| node.text(key).map(|(text, _)| text.to_owned());
    let own = text("reach");
    let include = text("include");
    let reach = if include.is_some() { own } else { own.or_else(|| reach.map(str::to_owned)) };
    GrantOutline {
        lines: (node.at().line, node.last_line()),
        allow: node.words("allow"),
        topics: node.words("topics"),
        except: node.words("except"),
        limits: limits(node),
        because: text("because"),
        include,
        reach,
        clauses,
    }
}

fn clauses(outline: &mut Outline, node: &Tree<'_>) -> Vec<u32> {
    let Some(clause) = node.get("clause") else { return Vec::new() };
    let listed = clause.items();
    let nodes = if listed.is_empty() { vec![clause] } else { listed };
    let numbers: Vec<_> = nodes.iter().filter_map(|node| Some((node.count()?, node.at()))).collect();
    for (number, at) in &numbers {
        outline.mark(What::Clause, false, number.to_string(), at.clone());
    }
    numbers.into_iter().map(|(number, _)| number).collect()
}

/// What limits a grant beside its reach, in the words of [`crate::policy::roles::Right::limits`].
fn limits(node: &Tree<'_>) -> Vec<String> {
    let mut limits = Vec::new();
    limits.extend(node.text("made_by").map(|(role, _)| format!("made by {role}")));
    limits.extend(node.text("when").map(|(text, _)| format!("when {text}")));
    let listed = |names: Vec<String>| (!names.is_empty()).then(|| names.join(", "));
    let roles = node.get("roles").and_then(|roles| listed(roles.words("not")));
    limits.extend(roles.map(|roles| format!("not the roles {roles}")));
    if let Some(people) = node.get("people") {
        limits.extend(people.get("not_self").filter(Tree::yes).map(|_| "not one's own record".to_owned()));
        limits.extend(listed(people.words("not_holding")).map(|roles| format!("not people who hold {roles}")));
    }
    limits
}
