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

/// The row as lines.
pub(super) fn lines(id: &str, sheet: &RoleSheet, width: usize, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let title = paragraph("", 0, &format!("{} ({id})", sheet.title), width);
    writeln!(out, "{}", paint.strong(title.trim_end()))?;
    let mut line = |label: &str, words: &str| write!(out, "{}", paragraph(label, 16, words, width));
    for (label, words) in sheet.in_words() {
        line(label, &words)?;
    }
    for (number, clause) in &sheet.clauses {
        line(&format!("clause {number}"), clause)?;
    }
    Ok(())
}
