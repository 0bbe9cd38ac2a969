//! A role's row in words, as a guide has it.

use super::role::{RoleSheet, Staffing};

impl RoleSheet {
    /// The row, label by label; what it does not say is left out. The clauses are apart.
    #[must_use]
    pub fn in_words(&self) -> Vec<(&'static str, String)> {
        let modules: Vec<String> = self.modules.iter().map(|(name, measure)| format!("{name} ({measure})")).collect();
        let all = [
            ("group", self.group.clone().unwrap_or_default()),
            ("security level", self.security_level.map_or("", |level| level.name()).to_owned()),
            ("held at", self.held_at_in_words()),
            ("available from", self.available_from.map(|day| day.to_string()).unwrap_or_default()),
            ("modules", modules.join(", ")),
            ("users", by_level(&self.users)),
            ("staffing", self.staffing.in_words()),
            ("request through", self.request_through.clone().unwrap_or_default()),
            ("approval", self.approval.clone().unwrap_or_default()),
        ];
        all.into_iter().filter(|(_, words)| !words.is_empty()).collect()
    }

    /// Where it is held, and where not.
    #[must_use]
    pub fn held_at_in_words(&self) -> String {
        let not_at = if self.not_at.is_empty() { String::new() } else { format!(", not {}", self.not_at.join(", ")) };
        format!("{}{not_at}", self.held_at)
    }
}

impl Staffing {
    fn in_words(&self) -> String {
        let Self { as_needed, one_per_students, minimum, maximum, note } = self;
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
}

fn by_level<T: std::fmt::Display>(values: &[(Option<String>, T)]) -> String {
    let each = values.iter().map(|(level, value)| match level {
        Some(level) => format!("{level}: {value}"),
        None => value.to_string(),
    });
    each.collect::<Vec<_>>().join("; ")
}
