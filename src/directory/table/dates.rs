//! Which day was probably meant by one that is written in another way. A guess is shown and never used.

use crate::policy::day::Day;

/// What to say of a text that is not a day as YYYY-MM-DD.
pub(super) fn help(text: &str) -> Option<String> {
    let guesses: Vec<String> = guesses(text).iter().map(|guess| format!("`{guess}`")).collect();
    (!guesses.is_empty()).then(|| format!("{} was probably meant", guesses.join(" or ")))
}

/// Days that a text may mean: year first, or month and day in either order before the year; what follows a blank or a
/// `T` is a time.
fn guesses(text: &str) -> Vec<String> {
    let day = text.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['/', '-', '.']).collect();
    let plain = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let mut guesses = match parts.as_slice() {
        [all] if plain && all.len() == 8 => {
            let (year, rest) = all.split_at(4);
            let (month, day) = rest.split_at(2);
            vec![written(year, month, day)]
        }
        [year, month, day] if plain && year.len() == 4 => vec![written(year, month, day)],
        [first, second, year] if plain && year.len() == 4 => {
            vec![written(year, first, second), written(year, second, first)]
        }
        _ => Vec::new(),
    };
    guesses.retain(|guess| Day::parse(guess).is_some());
    guesses.dedup();
    guesses
}

fn written(year: &str, month: &str, day: &str) -> String {
    format!("{year}-{month:0>2}-{day:0>2}")
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn days_in_other_shapes_are_guessed() {
        for (text, guess) in [
            ("1/31/2026", Some("`2026-01-31` was probably meant")),
            ("31.1.2026", Some("`2026-01-31` was probably meant")),
            ("1/05/2023", Some("`2023-01-05` or `2023-05-01` was probably meant")),
            ("5/5/2023", Some("`2023-05-05` was probably meant")),
            ("2026/8/1", Some("`2026-08-01` was probably meant")),
            (" 2026-08-01", Some("`2026-08-01` was probably meant")),
            ("20260801", Some("`2026-08-01` was probably meant")),
            ("2026-08-01T00:00:00Z", Some("`2026-08-01` was probably meant")),
            ("2026-13-01", None),
            ("46235", None),
            ("never", None),
            ("1/2", None),
            ("1/2/26", None),
            ("\u{664}\u{664}\u{664}\u{664}\u{664}\u{664}", None),
        ] {
            assert_eq!(help(text).as_deref(), guess, "{text}");
        }
    }
}
