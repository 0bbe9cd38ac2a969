//! The row that a guide has of a role, as lines and as an object.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::layout::paragraph;
use crate::cli::look::Paint;
use crate::policy::document::{RoleSheet, Staffing};

/// The row as an object.
pub(super) fn object(id: &str, sheet: &RoleSheet) -> Value {
    let RoleSheet { title, group, security_level, not_at, available_from, modules, users, staffing, .. } = sheet;
    let Staffing { as_needed, one_per_students, minimum, maximum, note } = staffing;
    let modules: serde_json::Map<_, _> =
        modules.iter().map(|(name, measure)| (name.clone(), measure.as_str().into())).collect();
    json!({
        "role": id, "title": title, "group": group, "security_level": security_level.map(|level| level.name()),
        "held_at": sheet.held_at, "not_at": not_at, "available_from": available_from.map(|day| day.to_string()),
        "modules": modules, "users": at_levels(users, "who"),
        "staffing": {
            "as_needed": as_needed, "one_per_students": one_per_students, "minimum": at_levels(minimum, "count"),
            "maximum": at_levels(maximum, "count"), "note": note,
        },
        "request_through": sheet.request_through, "approval": sheet.approval, "clauses": sheet.clauses,
    })
}

/// Values by level of school; the level is null where it makes no difference.
fn at_levels<T: Clone + Into<Value>>(values: &[(Option<String>, T)], name: &str) -> Vec<Value> {
    values.iter().map(|(level, value)| json!({"level": level, name: value.clone().into()})).collect()
}

/// Where it is held.
pub(super) fn held_at(sheet: &RoleSheet) -> String {
    let not_at = if sheet.not_at.is_empty() { String::new() } else { format!(", not {}", sheet.not_at.join(", ")) };
    format!("{}{not_at}", sheet.held_at)
}

/// The row as lines.
pub(super) fn lines(id: &str, sheet: &RoleSheet, width: usize, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let title = paragraph("", 0, &format!("{} ({id})", sheet.title), width);
    writeln!(out, "{}", paint.strong(title.trim_end()))?;
    let mut line = |label: &str, words: &str| {
        let text = if words.is_empty() { String::new() } else { paragraph(label, 16, words, width) };
        write!(out, "{text}")
    };
    line("group", sheet.group.as_deref().unwrap_or_default())?;
    line("security level", sheet.security_level.map_or("", |level| level.name()))?;
    line("held at", &held_at(sheet))?;
    line("available from", &sheet.available_from.map(|day| day.to_string()).unwrap_or_default())?;
    let modules: Vec<String> = sheet.modules.iter().map(|(name, measure)| format!("{name} ({measure})")).collect();
    line("modules", &modules.join(", "))?;
    line("users", &by_level(&sheet.users))?;
    line("staffing", &staffing(&sheet.staffing))?;
    line("request through", sheet.request_through.as_deref().unwrap_or_default())?;
    line("approval", sheet.approval.as_deref().unwrap_or_default())?;
    for (number, clause) in &sheet.clauses {
        line(&format!("clause {number}"), clause)?;
    }
    Ok(())
}

fn by_level<T: std::fmt::Display>(values: &[(Option<String>, T)]) -> String {
    let each = values.iter().map(|(level, value)| match level {
        Some(level) => format!("{level}: {value}"),
        None => value.to_string(),
    });
    each.collect::<Vec<_>>().join("; ")
}

fn staffing(staffing: &Staffing) -> String {
    let Staffing { as_needed, one_per_students, minimum, maximum, note } = staffing;
    let bound = |name: &str, counts: &[(Option<String>, u32)]| {
        (!counts.is_empty()).then(|| format!("{name} {}", by_level(counts).replace("; ", ", ")))
    };
    let parts = [
        as_needed.then(|| "as needed".to_owned()),
        one_per_students.map(|students| format!("one per {students} students")),
        bound("at least", minimum),
        bound("at most", maximum),
        note.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
