//! Prices that somebody set in place of the menu's: told by orders at once, listed with who, on whose word
//! and why.

pub mod http;
pub mod ops;
pub mod sql;

use crate::journal::Stamp;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::{LineId, OrderId, ReasonId, StaffId};
use crate::kernel::money::Money;

/// Another price on a line.
#[derive(Debug, Clone)]
pub struct PriceOverride<'a> {
    pub stamp: &'a Stamp,
    pub order: OrderId,
    pub line: LineId,
    /// Of the dish.
    pub name: &'a str,
    /// Whole.
    pub quantity: i64,
    /// Of one, without modifiers.
    pub from: Money,
    pub to: Money,
    /// How much less the line costs by it, before discounts; below zero: more.
    pub amount: Money,
    pub reason_id: Option<ReasonId>,
    pub reason: Option<&'a str>,
    pub approved_by: Option<StaffId>,
}

/// One as a recomputation compares it.
#[derive(Debug, Clone)]
pub struct PriceFigures {
    pub id: i64,
    pub date: BusinessDate,
    pub line: i64,
    pub amount: i64,
    pub to: i64,
    /// What the line costs now.
    pub stands: i64,
    /// No later one is on its line.
    pub is_last: bool,
}
