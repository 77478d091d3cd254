//! The same numbers from the same seed, for sample data and for tests that a seed replays.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Never
//! for secrets: who knows one number knows all. Start at [`Dice`].

/// A seeded source of choices.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The same seed makes the same choices.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next of 2⁶⁴ numbers.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly below `limit`, near enough for what this is for; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit.max(1) as u64) as usize
    }

    /// One of the choices.
    ///
    /// # Panics
    /// When there is nothing to choose from: a mistake of whoever asks.
    #[allow(clippy::indexing_slicing, reason = "see above")]
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_and_choices_stay_in_bounds() {
        // The first numbers of the published generator for the seed 1234567.
        let mut dice = Dice::new(1_234_567);
        assert_eq!(
            [dice.roll(), dice.roll()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
        assert!((0..1000).all(|_| dice.below(7) < 7));
        assert_eq!(dice.below(0), 0);
    }
}
