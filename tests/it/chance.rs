//! Chance that repeats itself: random questions, worlds and rows are the same ones in every run.

/// A stream of numbers (splitmix64), by where it begins.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// The stream of a small number, unlike that of its neighbours.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap()
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of a list.
    pub(crate) fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// The same, as a value of its own.
    pub(crate) fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        self.of(list).clone()
    }

    /// So many times, or fewer.
    pub(crate) fn times(&mut self, most: usize) -> std::ops::Range<usize> {
        0..self.below(most + 1)
    }
}
