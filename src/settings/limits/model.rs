//! Up to where nobody asks a manager. Pure.

use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::words::words;

words! {
    /// One of the numbers. Those of a discount stand in pairs: what whoever takes orders may give alone, and
    /// above which somebody who may give discounts, but runs no house, needs a manager after all.
    Limit {
        DiscountPercent "discount_percent",
        DiscountAmount "discount_amount",
        DiscountPercentMax "discount_percent_max",
        DiscountAmountMax "discount_amount_max",
        VoidSent "void_sent",
        Comp "comp",
        Refund "refund",
        VoidOrder "void_order",
        PriceOverride "price_override",
        CorrectPayment "correct_payment",
        NoSale "no_sale",
    }
}

impl Limit {
    /// Whether it is a percentage; else it is an amount.
    pub fn is_percent(self) -> bool {
        matches!(self, Limit::DiscountPercent | Limit::DiscountPercentMax)
    }

    /// As a house begins: everything is asked for, and a cashier's discounts know no bound.
    fn initial(self) -> Most {
        match self {
            Limit::DiscountPercentMax | Limit::DiscountAmountMax => None,
            _ => Some(0),
        }
    }
}

/// The most that passes, itself included: minor units, or ten-thousandths of a percent; `None`: anything.
pub type Most = Option<i64>;

/// Every limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits([Most; Limit::ALL.len()]);

impl Limits {
    /// As a house begins.
    pub fn new() -> Self {
        let mut limits = Self([None; Limit::ALL.len()]);
        for limit in Limit::ALL {
            limits.set(*limit, limit.initial());
        }
        limits
    }

    pub fn of(&self, limit: Limit) -> Most {
        self.0[limit as usize]
    }

    pub fn set(&mut self, limit: Limit, most: Most) {
        self.0[limit as usize] = most;
    }

    pub fn amount(&self, limit: Limit) -> Option<Money> {
        self.of(limit).map(Money::new)
    }

    pub fn percent(&self, limit: Limit) -> Option<Rate> {
        self.of(limit).map(Rate::new)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// A limit as a journal's record or a refusal tells it.
pub fn told(limit: Limit, most: Most) -> String {
    match most {
        None => "none".to_owned(),
        Some(most) if limit.is_percent() => Rate::new(most).to_string(),
        Some(most) => most.to_string(),
    }
}

/// Opening a drawer has no size: whoever takes orders asks each time, or never.
pub fn no_sale(minor: i64) -> Result<i64, Invalid> {
    if minor == 0 { Ok(0) } else { Err(Invalid::range("no_sale is 0, which asks, or null, which does not")) }
}
