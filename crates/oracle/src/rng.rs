//! Chance that repeats: splitmix64.

/// A stream of numbers which a seed fixes.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream of one calendar of one seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Self(seed);
        let mixed = rng.next() ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93);
        Self(mixed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The upper half of the next number.
    pub(crate) fn word(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).expect("32 bits are left")
    }

    /// A number under `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let scaled = (u64::from(self.word()) * u64::from(bound)) >> 32;
        u32::try_from(scaled).expect("less than the bound")
    }

    /// True once in `of` times.
    pub(crate) fn once_in(&mut self, of: u32) -> bool {
        self.below(of) == 0
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, share: u32) -> bool {
        self.below(100) < share
    }

    /// One of several values.
    pub(crate) fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        let count = u32::try_from(from.len()).expect("a short list");
        from[self.below(count) as usize]
    }

    /// One of several.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        let count = u32::try_from(from.len()).expect("a short list");
        from[self.below(count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn a_seed_and_a_stream_fix_the_numbers() {
        let numbers = |seed, stream| {
            let mut rng = Rng::new(seed, stream);
            [rng.next(), rng.next(), rng.next()]
        };
        assert_eq!(numbers(1, 2), numbers(1, 2));
        assert_ne!(numbers(1, 2), numbers(1, 3));
        assert_ne!(numbers(1, 2), numbers(2, 2));
    }

    #[test]
    fn a_number_stays_under_its_bound() {
        let mut rng = Rng::new(7, 7);
        assert!((0..1000).all(|_| rng.below(3) < 3));
    }
}
