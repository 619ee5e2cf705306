//! Percentages, exact to four decimals, and the only division amounts go through.

use std::fmt;

use super::decimal;
use super::invalid::Invalid;
use super::money::{Money, TooLarge};

/// Where half a minor unit goes. Both are symmetric: −x rounds to minus what x rounds to,
/// so that a refund takes back exactly what the sale charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// Away from zero.
    #[default]
    HalfUp,
    /// To the even neighbour (bankers' rounding).
    HalfEven,
}

impl Rounding {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "half_up" => Ok(Rounding::HalfUp),
            "half_even" => Ok(Rounding::HalfEven),
            _ => Err(Invalid::new("unknown_value", "one of half_up, half_even")),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Rounding::HalfUp => "half_up",
            Rounding::HalfEven => "half_even",
        }
    }
}

/// `num` / `den`, rounded. `den` is above zero.
pub fn div_round(num: i128, den: i128, rounding: Rounding) -> i128 {
    assert!(den > 0, "a division by {den}");
    let (quotient, rest) = div_rem(num, den);
    let twice = rest.unsigned_abs() * 2;
    let away = match twice.cmp(&den.unsigned_abs()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => rounding == Rounding::HalfUp || quotient % 2 != 0,
    };
    if away { quotient + num.signum() } else { quotient }
}

/// Quotient and rest, towards zero. `den` is above zero. Nearly all amounts are small, and dividing in 128 bits is
/// slow.
pub(super) fn div_rem(num: i128, den: i128) -> (i128, i128) {
    match (i64::try_from(num), i64::try_from(den)) {
        (Ok(num), Ok(den)) => (i128::from(num / den), i128::from(num % den)),
        _ => (num / den, num % den),
    }
}

/// A percentage in ten-thousandths of a percent: 7.25 % is 72,500. Never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(i64);

impl Rate {
    pub const ZERO: Rate = Rate(0);
    /// The whole: 100 %.
    pub const HUNDRED: Rate = Rate(1_000_000);
    const MAX: Rate = Rate(10 * Self::HUNDRED.0);

    /// A rate this house stored, in ten-thousandths of a percent.
    pub const fn new(ten_thousandths: i64) -> Self {
        Rate(ten_thousandths)
    }

    /// A tax rate: `"7.25"`, at most four decimals, 0 to 1000 (excises above 100 % exist).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match decimal::parse(text, 4).map(Rate) {
            Some(rate) if rate <= Self::MAX => Ok(rate),
            Some(_) => Err(Invalid::range("a rate is at most 1000 percent")),
            None => Err(Invalid::format("a rate is a decimal of at most four places, such as \"7.25\"")),
        }
    }

    /// A part of something: a discount or service charge, 0 to 100.
    pub fn parse_share(text: &str) -> Result<Self, Invalid> {
        match Self::parse(text) {
            Ok(rate) if rate > Self::HUNDRED => Err(Invalid::range("a percentage is at most 100 here")),
            rate => rate,
        }
    }

    /// In ten-thousandths of a percent.
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Both together, for what bears them side by side.
    #[must_use]
    pub const fn plus(self, other: Rate) -> Rate {
        Rate(self.0.saturating_add(other.0))
    }

    /// This share of `money`.
    pub fn of(self, money: Money, rounding: Rounding) -> Result<Money, TooLarge> {
        let exact = i128::from(money.minor()) * i128::from(self.0);
        Money::within(div_round(exact, i128::from(Self::HUNDRED.0), rounding))
    }

    /// The tax that stands inside `gross`: gross × r / (1 + r).
    pub fn included_in(self, gross: Money, rounding: Rounding) -> Result<Money, TooLarge> {
        let exact = i128::from(gross.minor()) * i128::from(self.0);
        Money::within(div_round(exact, i128::from(Self::HUNDRED.0 + self.0), rounding))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, 4, true)
    }
}
