//! Amounts of money in minor units, and the one way arithmetic on them can fail.

use std::fmt;
use std::ops::Neg;

use super::decimal;
use super::invalid::Invalid;

/// An amount that left the bounds of [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("amount beyond 10^12 minor units")
    }
}

impl std::error::Error for TooLarge {}

/// An amount in minor units of the restaurant's currency (cents, yen, fils).
///
/// Every operation keeps it within ±10^12, that is ten billion euro: more than a restaurant
/// sells, and so little that a million of them summed in SQL stay inside 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    pub const ZERO: Money = Money(0);
    /// The bound on both sides, in minor units.
    pub const LIMIT: i64 = 1_000_000_000_000;
    pub const MAX: Money = Money(Self::LIMIT);

    /// An amount this house stored or wrote down. Bounds are met again by the next operation on it.
    pub const fn new(minor: i64) -> Self {
        Money(minor)
    }

    /// An amount from outside, of either sign.
    pub fn parse(minor: i64) -> Result<Self, Invalid> {
        Self::within(i128::from(minor)).map_err(|_| Invalid::range("an amount is at most 10^12 minor units"))
    }

    /// An amount from outside that is not negative: a price, a payment.
    pub fn parse_not_negative(minor: i64) -> Result<Self, Invalid> {
        if minor < 0 { Err(Invalid::range("an amount is not negative here")) } else { Self::parse(minor) }
    }

    /// An amount from outside above zero: a refund, a tip that is there.
    pub fn parse_positive(minor: i64) -> Result<Self, Invalid> {
        if minor < 1 { Err(Invalid::range("an amount is above zero here")) } else { Self::parse(minor) }
    }

    /// A price as a file writes it: `12.5` with two `decimals`, the currency's, is 1250. No sign.
    pub fn parse_decimal(text: &str, decimals: u32) -> Result<Self, Invalid> {
        let minor = decimal::parse(text, decimals as usize);
        let minor = minor.ok_or_else(|| {
            Invalid::format(format!("an amount is digits with a point and at most {decimals} decimals"))
        })?;
        Self::parse_not_negative(minor)
    }

    /// The result of a calculation in 128 bits.
    pub fn within(minor: i128) -> Result<Self, TooLarge> {
        match i64::try_from(minor) {
            Ok(v) if (-Self::LIMIT..=Self::LIMIT).contains(&v) => Ok(Money(v)),
            _ => Err(TooLarge),
        }
    }

    pub const fn minor(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub fn plus(self, other: Money) -> Result<Money, TooLarge> {
        Self::within(i128::from(self.0) + i128::from(other.0))
    }

    pub fn minus(self, other: Money) -> Result<Money, TooLarge> {
        Self::within(i128::from(self.0) - i128::from(other.0))
    }

    /// So many of it: an option's price times its quantity.
    pub fn times(self, count: i64) -> Result<Money, TooLarge> {
        Self::within(i128::from(self.0) * i128::from(count))
    }

    /// The sum, refused only where the end of it is out of bounds.
    pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money, TooLarge> {
        Self::within(amounts.into_iter().map(|m| i128::from(m.0)).sum())
    }

    /// As people read it: `Money::new(1250).display(2)` is `12.50`. `decimals` is the currency's.
    pub fn display(self, decimals: u32) -> impl fmt::Display {
        struct Shown(i64, u32);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                decimal::write(f, self.0, self.1, false)
            }
        }
        Shown(self.0, decimals)
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        // i64::MIN is no amount; saturating keeps a tampered row from ending the program.
        Money(self.0.saturating_neg())
    }
}
