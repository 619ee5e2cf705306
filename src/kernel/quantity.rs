//! How many, and how much of what is weighed.

use std::fmt;

use super::decimal;
use super::invalid::Invalid;
use super::money::{Money, TooLarge};
use super::rate::{Rounding, div_round};

const THOUSAND: i64 = 1000;

/// How many of a dish: a whole number from 1 to 999 on the wire, kept in thousandths
/// so that a line shared by fractions has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    pub const ONE: Quantity = Quantity(THOUSAND);

    /// From the wire.
    pub fn parse(whole: i64) -> Result<Self, Invalid> {
        if (1..=999).contains(&whole) {
            Ok(Quantity(whole * THOUSAND))
        } else {
            Err(Invalid::range("a quantity is a whole number from 1 to 999"))
        }
    }

    /// As stored.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Quantity(thousandths)
    }

    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// The whole number on the wire.
    pub const fn whole(self) -> i64 {
        self.0 / THOUSAND
    }

    /// What is left of it when `other` is taken away; `None` where nothing would be.
    pub fn less(self, other: Quantity) -> Option<Quantity> {
        (other.0 < self.0).then(|| Quantity(self.0 - other.0))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, 3, true)
    }
}

/// How much of what is sold by weight, in thousandths of the unit: `"0.350"` kg is 350.
/// Above zero and at most 9999.999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measure(i64);

impl Measure {
    /// From the wire: a decimal string of at most three places.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match decimal::parse(text, 3) {
            Some(v @ 1..=9_999_999) => Ok(Measure(v)),
            Some(_) => Err(Invalid::range("a measure is above 0 and at most 9999.999")),
            None => Err(Invalid::format("a measure is a decimal of at most three places, such as \"0.350\"")),
        }
    }

    /// As stored.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Measure(thousandths)
    }

    pub const fn thousandths(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, 3, false)
    }
}

/// `price` × `quantity`, or × `quantity` × `measure` for what is weighed, rounded once.
///
/// `measure` is that of one piece: two trays of 0.350 kg are quantity 2, measure 0.350, and cost 0.700 kg.
/// What is sold as one lump has quantity 1, where this is price × measure.
pub fn extend(
    price: Money,
    quantity: Quantity,
    measure: Option<Measure>,
    rounding: Rounding,
) -> Result<Money, TooLarge> {
    let per_unit = i128::from(price.minor()) * i128::from(quantity.0);
    let thousand = i128::from(THOUSAND);
    match measure {
        None => Money::within(div_round(per_unit, thousand, rounding)),
        Some(measure) => Money::within(div_round(
            per_unit.checked_mul(i128::from(measure.0)).ok_or(TooLarge)?,
            thousand * thousand,
            rounding,
        )),
    }
}
