//! What is 86 and what is counted down. Pure.

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{ItemId, OptionId, VariantId};
use crate::kernel::invalid::Invalid;

/// Portions a countdown holds at most.
pub const REMAINING_MAX: i64 = 1_000_000;

/// What can be 86 or counted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Item(ItemId),
    Variant(VariantId),
    Option(OptionId),
}

impl Subject {
    pub fn kind(self) -> &'static str {
        match self {
            Subject::Item(_) => "item",
            Subject::Variant(_) => "variant",
            Subject::Option(_) => "option",
        }
    }

    pub fn id(self) -> i64 {
        match self {
            Subject::Item(id) => id.get(),
            Subject::Variant(id) => id.get(),
            Subject::Option(id) => id.get(),
        }
    }

    /// As stored.
    pub fn parse(kind: &str, id: i64) -> Result<Self, Invalid> {
        match kind {
            "item" => Ok(Subject::Item(ItemId::new(id))),
            "variant" => Ok(Subject::Variant(VariantId::new(id))),
            "option" => Ok(Subject::Option(OptionId::new(id))),
            _ => Err(Invalid::new("unknown_value", "one of item, variant, option")),
        }
    }
}

/// What is known of a subject that is 86 or counted down; of any other there is plenty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    pub available: bool,
    /// Portions left; `None` where nobody counts.
    pub remaining: Option<i64>,
    /// From then on there is plenty again.
    pub until: Option<UtcMs>,
}

/// What there is left, where it is less than was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    pub remaining: i64,
}

impl Stock {
    /// Whether it still says something at `at`.
    pub fn holds(&self, at: UtcMs) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// What is left after selling `count`; the last one closes it.
    pub fn take(&self, count: i64) -> Result<Stock, Short> {
        if !self.available {
            return Err(Short { remaining: 0 });
        }
        match self.remaining {
            None => Ok(*self),
            Some(remaining) if remaining < count => Err(Short { remaining }),
            Some(remaining) => {
                let left = remaining - count;
                Ok(Stock { available: left > 0, remaining: Some(left), ..*self })
            }
        }
    }

    /// What is left when `count` come back: it opens again where the countdown had closed it, not
    /// where somebody had.
    #[must_use]
    pub fn give_back(&self, count: i64) -> Stock {
        match self.remaining {
            Some(remaining) if count > 0 => {
                let closed_by_countdown = !self.available && remaining == 0;
                let left = remaining.saturating_add(count).min(REMAINING_MAX);
                Stock { available: self.available || closed_by_countdown, remaining: Some(left), ..*self }
            }
            _ => *self,
        }
    }
}

/// When something 86 comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    At(UtcMs),
    /// The end of the running business day.
    DayEnd,
}

/// What somebody says of a subject's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewStock {
    Plenty,
    Told { available: bool, remaining: Option<i64>, until: Option<Until> },
}

impl NewStock {
    /// Nothing remaining is not available, whatever was said; something remaining cannot be 86.
    pub fn parse(
        available: bool,
        remaining: Option<i64>,
        until: Option<Until>,
    ) -> Result<Self, (&'static str, Invalid)> {
        match (available, remaining) {
            (_, Some(n)) if !(0..=REMAINING_MAX).contains(&n) => {
                Err(("/remaining", Invalid::range(format!("remaining is 0 to {REMAINING_MAX}"))))
            }
            (false, Some(n)) if n > 0 => {
                Err(("/remaining", Invalid::new("conflict", "what is not available has nothing remaining")))
            }
            (true, None) if until.is_some() => {
                Err(("/until", Invalid::new("conflict", "until says how long something is not available, or counted")))
            }
            (true, None) => Ok(NewStock::Plenty),
            (available, remaining) => {
                Ok(NewStock::Told { available: available && remaining != Some(0), remaining, until })
            }
        }
    }
}
