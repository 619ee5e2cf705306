//! Chance that comes out the same every time.

use serde_json::Value;

use super::till::{Dish, Tender};

/// A xorshift generator (Marsaglia 2003, 64 bits); enough to vary orders.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// One for the `n`th of something.
    pub(super) fn of(n: u64) -> Self {
        let mut dice = Self((n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice.below(1);
        dice
    }

    /// 0 to one below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One to `most` lines of what there is.
    pub(super) fn lines(&mut self, dishes: &[Dish], most: u64) -> Vec<Value> {
        let count = 1 + self.below(most);
        let mut line = || {
            let at = usize::try_from(self.below(dishes.len() as u64)).unwrap_or_default();
            let quantity = 1 + self.below(2);
            dishes.get(at).map(|dish| dish.line(quantity))
        };
        (0..count).filter_map(|_| line()).collect()
    }

    pub(super) fn tender(&mut self) -> Tender {
        match self.below(10) {
            0..4 => Tender::Cash,
            4..7 => Tender::Card,
            _ => Tender::CardWithTip,
        }
    }
}
