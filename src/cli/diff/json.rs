//! Changes as one JSON object, each witness with the whole directory that it is asked over.

use serde_json::{Map, Value as Json, json};

use super::Told;
use crate::policy::compare::{Line, Note, Player, Scope, Stage, Witness};
use crate::policy::decision::Reason;
use crate::policy::facts::{Enrolment, Org, OrgKind};
use crate::policy::request::{AnyOf, Resource, Value};

/// Everything.
pub(super) fn json(told: &Told<'_>) -> Json {
    let changes: Vec<Json> =
        told.comparison.lines.iter().enumerate().map(|(at, line)| change(told, at, line)).collect();
    let notes: Vec<Json> = told.comparison.notes.iter().map(|made| note(told, made)).collect();
    json!({
        "before": told.before, "after": told.after, "day": told.day.to_string(),
        "changes": changes, "unchanged": notes, "people": people(told),
    })
}

fn change(told: &Told<'_>, at: usize, line: &Line) -> Json {
    let touched = told.people.as_ref().map(|people| people.iter().filter(|one| one.lines.contains(&at)).count());
    json!({
        "effect": effect(line.gain),
        "sentence": told.comparison.sentence(line),
        "roles": line.roles, "cells": cells(&line.cells), "scope": scope(&line.scope),
        "people": touched, "witness": witness(&line.witness),
    })
}

fn note(told: &Told<'_>, note: &Note) -> Json {
    json!({
        "stands": if note.is_new() { "after" } else { "before" },
        "sentence": told.comparison.note(note),
        "roles": note.roles, "cells": cells(&note.cells), "scope": scope(&note.scope),
    })
}

fn effect(gain: bool) -> &'static str {
    if gain { "gains" } else { "loses" }
}

fn people(told: &Told<'_>) -> Option<Json> {
    let people = told.people.as_ref()?;
    let gain = |at: &usize| told.comparison.lines.get(*at).is_some_and(|line| line.gain);
    let by = |wanted: bool| people.iter().filter(|one| one.lines.iter().any(|at| gain(at) == wanted)).count();
    let shown = if told.all { people.len() } else { super::text::LISTED };
    let listed: Vec<Json> =
        people.iter().take(shown).map(|one| json!({"user": one.user, "changes": one.lines})).collect();
    Some(json!({"gain": by(true), "lose": by(false), "count": people.len(), "listed": listed}))
}

fn cells(cells: &[(String, String)]) -> Vec<Json> {
    cells.iter().map(|(kind, action)| json!({"resource_type": kind, "action": action})).collect()
}

fn scope(scope: &Scope) -> Json {
    match scope {
        Scope::Grant { reach, limits, when, other, because } => json!({
            "kind": "grant", "reach": reach.name(), "limits": limits, "when": when, "other_conditions": other,
            "because": because,
        }),
        Scope::Places => json!({"kind": "held_at"}),
        Scope::Level(level) => json!({"kind": "level", "level": level}),
        Scope::Days { from, until } => {
            let text = |day: &Option<crate::policy::day::Day>| day.map(|day| day.to_string());
            json!({"kind": "days", "from": text(from), "until": text(until)})
        }
        Scope::Rule { id, when, unless, other } => {
            let other = other.as_ref().map(|(when, unless)| json!({"when": when, "unless_role": unless}));
            json!({"kind": "deny", "rule": id, "when": when, "unless_role": unless, "other": other})
        }
    }
}

fn witness(witness: &Witness) -> Json {
    let request = witness.request();
    let (subject, action, resource) = (&request.subject, &request.action, &request.resource);
    json!({
        "subject": {"type": subject.kind, "id": subject.id, "properties": object(subject.properties)},
        "action": {"name": action.name, "properties": object(action.properties)},
        "resource": {"type": resource.kind, "id": resource.id, "properties": properties(resource)},
        "context": object(request.context),
        "day": witness.day.to_string(),
        "before": answer(witness.before), "after": answer(witness.after),
        "directory": directory(&witness.stage),
    })
}

fn answer(reason: Reason) -> Json {
    json!({"allow": reason == Reason::Granted, "reason": reason.code()})
}

fn properties(resource: &Resource<'_>) -> Json {
    let mut members = Map::new();
    let mut add = |name: &str, value: Option<Json>| members.extend(value.map(|value| (name.to_owned(), value)));
    let ids = |ids: AnyOf<'_>| ids.iter().map(str::to_owned).collect::<Json>();
    add("school", resource.school.map(ids));
    add("student", resource.student.map(Json::from));
    add("section", resource.section.map(ids));
    add("created_by", resource.created_by.map(Json::from));
    add("referred_to", resource.referred_to.map(ids));
    add("role", resource.role.map(Json::from));
    add("date", resource.date.map(|date| Json::from(date.to_string())));
    resource.properties.iter().for_each(|(name, value)| add(name, Some(plain(value))));
    members.into()
}

fn object(properties: &[(String, Value)]) -> Json {
    properties.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>().into()
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(value) => value.as_str().into(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Object(members) => object(members),
    }
}

fn directory(stage: &Stage) -> Json {
    let orgs: Vec<Json> = stage.orgs.iter().map(|made| org(made)).collect();
    let classes = stage.sections.iter().map(|class| json!({"id": &*class.id, "school": class.school.id()}));
    let classes: Vec<Json> = classes.collect();
    json!({"orgs": orgs, "classes": classes, "people": stage.people.iter().map(person).collect::<Vec<_>>()})
}

fn org(org: &Org) -> Json {
    let kind = match org.kind {
        OrgKind::School => "school",
        OrgKind::District => "district",
        OrgKind::Other => "other",
    };
    json!({"id": org.id(), "kind": kind, "level": org.level.as_deref(), "above": org.above().collect::<Vec<_>>()})
}

fn person(player: &Player) -> Json {
    let held = player.assignments.iter().map(|held| json!({"role": &*held.role, "org": held.org.id()}));
    let classes =
        |enrolments: &[Enrolment]| enrolments.iter().map(|one| one.section.id.to_string()).collect::<Vec<_>>();
    let orgs: Vec<&str> = player.orgs.iter().map(|membership| membership.org.id()).collect();
    json!({
        "id": player.id, "student": player.student, "holds": held.collect::<Vec<_>>(),
        "teaches": classes(&player.teaches), "attends": classes(&player.attends), "belongs_to": orgs,
    })
}
