//! Tax rates, and where tax is rounded.

use super::money::Money;
use super::rate::Rate;
use super::words::words;

/// One rate of a tax class. Their order in the class is the order in which they are charged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxRate {
    pub name: String,
    pub rate: Rate,
    /// Inside the price on the menu; else it comes on top.
    pub included: bool,
    /// Charged on the net and all earlier rates of its class; else on the net alone.
    pub compound: bool,
}

/// One rate's part of a check, a line or a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTotal {
    pub name: String,
    pub rate: Rate,
    pub included: bool,
    /// What it was charged on, without itself.
    pub base: Money,
    pub tax: Money,
}

words! {
    /// Where tax is rounded; per line unless told.
    TaxRounding {
        PerLine "per_line",
        /// Once a rate over all lines taxed alike, then spread over them by largest remainder.
        PerCheck "per_check",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is made by `words!`")]
impl Default for TaxRounding {
    fn default() -> Self {
        TaxRounding::PerLine
    }
}
