//! A directory that lost many of its people at once: an export that was cut off between two rows looks just like one from
//! which they are really gone, so it is not taken while an older one is in use.
//!
//! Only a start takes it, since there is nothing to compare with then. So nothing has to be remembered, and nothing that
//! somebody set once lets the next accident pass.

use crate::directory::Counts;
use crate::policy::source::{Finding, Place};

/// More than one of so many gone is too many.
const PART: usize = 5;
/// Below so many, rows are written by hand, and a few that go are many.
const FEW: usize = 100;

/// Compares what two directories hold, the last good one first.
///
/// # Errors
/// More than a fifth of the users or enrolments are gone.
pub(super) fn check(before: Counts, now: Counts) -> Result<(), Finding> {
    let lists = [
        ("users.csv", "users", before.people, now.people),
        ("enrollments.csv", "enrolments in use", before.enrolments, now.enrolments),
    ];
    for (file, what, before, now) in lists {
        if before >= FEW && before.saturating_sub(now) * PART > before {
            let place = Place { file: file.into(), line: 0, column: 0, width: 1 };
            let message = format!("there are {now} {what} where there were {before}: more than a fifth are gone");
            let help = "if the export is whole and they are meant to be gone, restart to take it";
            return Err(Finding::error(place, message).help(help));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_fifth_is_too_many_unless_there_are_few() {
        let counts = |people, enrolments| Counts { people, enrolments, ..Counts::default() };
        let all = counts(100, 1_000);
        for (before, now, message) in [
            (all, all, None),
            (all, counts(500, 5_000), None),
            (all, counts(80, 800), None),
            (all, counts(79, 800), Some("users.csv: there are 79 users where there were 100")),
            (all, counts(80, 799), Some("enrollments.csv: there are 799 enrolments in use where there were 1000")),
            (all, counts(0, 0), Some("users.csv: there are 0 users where there were 100")),
            (counts(99, 99), counts(0, 0), None),
            (Counts::default(), all, None),
        ] {
            let found = check(before, now).err().map(|finding| finding.to_string());
            assert!(found.as_deref().unwrap_or_default().starts_with(message.unwrap_or_default()), "{found:?}");
            assert_eq!(found.is_some(), message.is_some(), "{before:?} {now:?}");
        }
    }
}
