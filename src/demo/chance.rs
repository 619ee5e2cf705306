//! Chance that comes out the same every time.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): small,
/// and its numbers never change under us as a library's may. Not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

/// The odd number nearest to 2^64 divided by the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for the `n`th of something, whatever the others drew.
    pub(super) fn branch(&self, n: u64) -> Self {
        Self(mix(self.0 ^ mix(n.wrapping_mul(STEP).wrapping_add(STEP))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// 0 to `n` − 1; 0 where `n` is 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        // The upper half of a product of two 32-bit numbers is below either.
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::from(self.below(u32::try_from(high - low + 1).unwrap_or(0)))
    }

    /// Whether a thing happens that does so `times` in a thousand.
    pub(super) fn per_mille(&mut self, times: u32) -> bool {
        self.below(1000) < times
    }

    /// One of `of`, which is not empty.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u32) as usize]
    }

    /// The place of one of `weights`, each as likely as it is heavy. Their sum is above zero.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }

    /// Around `peak`, at most `spread` away: the mean of three throws, which crowd at the middle.
    pub(super) fn around(&mut self, peak: i64, spread: i64) -> i64 {
        let throws: i64 = (0..3).map(|_| self.between(-spread, spread)).sum();
        peak + throws / 3
    }
}

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn it_is_the_published_sequence() {
        // The first numbers of the reference implementation for the seed 1234567.
        let mut chance = Chance::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| chance.next()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn it_stays_within_bounds() {
        let mut chance = Chance::new(1);
        let mut seen = [0; 5];
        for _ in 0..1000 {
            seen[(chance.between(-2, 2) + 2) as usize] += 1;
            assert!((70..=130).contains(&chance.around(100, 30)));
            assert_eq!(chance.weighted([0, 3, 0].into_iter()), 1);
        }
        assert!(seen.iter().all(|n| *n > 150), "{seen:?}");
        assert_eq!(chance.below(0), 0);
    }
}
