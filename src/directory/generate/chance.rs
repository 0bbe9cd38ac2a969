//! Chance that repeats itself: the same on every machine. It is no source of secrets.

/// A stream of numbers (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of a seed, for one purpose: each purpose has its own, so that no draw depends on what was drawn
    /// elsewhere.
    pub(super) fn new(seed: u64, purpose: &str, number: usize) -> Self {
        let mut stream = Self(seed);
        for word in purpose.bytes().map(u64::from).chain([number as u64]) {
            stream.0 = stream.next().wrapping_add(word);
        }
        stream
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`; 0 where there is nothing below it.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let number = self.next() % (end as u64).max(1);
        usize::try_from(number).unwrap_or_default()
    }

    /// True so many times in a thousand.
    pub(super) fn per_mille(&mut self, times: usize) -> bool {
        self.below(1_000) < times
    }

    /// One of a list of words.
    pub(super) fn word(&mut self, list: &[&'static str]) -> &'static str {
        list.get(self.below(list.len())).copied().unwrap_or_default()
    }
}
