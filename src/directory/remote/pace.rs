//! How fast look-ups go, and so how long whoever comes now would wait: one that can't be done in time had better not wait
//! at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Settings;
use super::board::nanos;

/// How many look-ups the average remembers, about.
const REMEMBERED: u64 = 8;

/// How long look-ups take of late.
#[derive(Debug)]
pub(super) struct Pace {
    /// Nanoseconds; 0 before the first.
    average: AtomicU64,
    /// How many look-ups are under way at once.
    at_once: u64,
    /// How long one may take, with the time that it waits.
    most: u64,
}

impl Pace {
    pub(super) fn new(settings: &Settings) -> Self {
        let at_once = settings.loads.max(1) as u64;
        Self { average: AtomicU64::new(0), at_once, most: nanos(settings.load_deadline) }
    }

    /// A look-up took so long. One task alone says so, or a few, of which one may be missed.
    pub(super) fn took(&self, span: Duration) {
        let (took, before) = (nanos(span).min(self.most), self.average.load(Ordering::Relaxed));
        let average = if before == 0 { took } else { (before * (REMEMBERED - 1) + took) / REMEMBERED };
        self.average.store(average, Ordering::Relaxed);
    }

    /// Whether the time of a look-up is up before its turn comes, behind so many others.
    pub(super) fn is_late_behind(&self, waiting: usize) -> bool {
        let average = self.average.load(Ordering::Relaxed);
        (waiting as u64).saturating_mul(average) / self.at_once >= self.most && waiting > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_cannot_be_done_in_time_does_not_wait() {
        let settings = Settings { loads: 8, load_deadline: Duration::from_millis(500), ..Settings::default() };
        let pace = Pace::new(&settings);
        assert!(!pace.is_late_behind(1_000), "nothing is known yet");
        pace.took(Duration::from_millis(50));
        // Eight at once, twenty a second each: eighty are done in half a second.
        assert_eq!([0, 79, 80, 1_000].map(|waiting| pace.is_late_behind(waiting)), [false, false, true, true]);
        (0..100).for_each(|_| pace.took(Duration::from_secs(60)));
        assert_eq!([0, 7, 9].map(|waiting| pace.is_late_behind(waiting)), [false, false, true]);
        (0..100).for_each(|_| pace.took(Duration::from_millis(1)));
        assert_eq!([1_000, 4_000].map(|waiting| pace.is_late_behind(waiting)), [false, true]);
    }
}
