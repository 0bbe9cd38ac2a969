//! How long things took: a histogram whose bounds are those of deciding, from a microsecond to a second.

use std::time::Duration;

use crate::telemetry::striped::Striped;

/// Upper bounds, in nanoseconds.
const BOUNDS: [u64; 19] = [
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
];
/// Where that stands which took longer than the last bound.
const LONGER: usize = BOUNDS.len();
/// Where all times stand together.
const TOGETHER: usize = LONGER + 1;
const NANOS: f64 = 1e9;

/// Counts by how long it took.
#[derive(Debug, Default)]
pub(super) struct Histogram(Striped<{ TOGETHER + 1 }>);

/// What was counted: in seconds, and by upper bound, each apart from those below it.
#[derive(Debug)]
pub(crate) struct Times {
    pub(crate) sum: f64,
    pub(crate) count: u64,
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Counts one. A bound counts for those that took exactly so long.
    pub(super) fn add(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.add(BOUNDS.partition_point(|bound| *bound < nanos), 1);
        self.0.add(TOGETHER, nanos);
    }

    /// All so far.
    #[expect(clippy::cast_precision_loss, reason = "bounds are exact, and a sum need not be")]
    pub(super) fn counted(&self) -> Times {
        let sums = self.0.sums();
        let bounds = BOUNDS.map(|nanos| nanos as f64 / NANOS).into_iter().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(sums).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let together = sums.get(TOGETHER).copied().unwrap_or_default();
        Times { sum: together as f64 / NANOS, count, buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_counts_under_the_first_bound_that_is_not_below_it() {
        let table = [
            (0, 1e-6),
            (1, 1e-6),
            (1_000, 1e-6),
            (1_001, 2e-6),
            (2_001, 5e-6),
            (9_999, 1e-5),
            (499_999_999, 0.5),
            (500_000_001, 1.0),
            (1_000_000_000, 1.0),
            (1_000_000_001, f64::INFINITY),
        ];
        for (nanos, bound) in table {
            let histogram = Histogram::default();
            histogram.add(Duration::from_nanos(nanos));
            let Times { sum, count, buckets } = histogram.counted();
            let found: Vec<f64> = buckets.iter().filter(|(_, count)| *count == 1).map(|(bound, _)| *bound).collect();
            assert_eq!((count, found), (1, vec![bound]), "{nanos} ns");
            assert!((sum - nanos as f64 / NANOS).abs() < 1e-12, "{nanos} ns");
        }
    }
}
