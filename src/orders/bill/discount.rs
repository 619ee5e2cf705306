//! Discounts, in their four rounds.

use super::{DiscountAmount, Line, Work};
use crate::kernel::allocate::split_by;
use crate::kernel::ids::{CategoryId, DiscountId, LineId};
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rate, Rounding};

/// A discount on a check.
#[derive(Debug, Clone)]
pub struct Discount {
    pub id: DiscountId,
    pub off: Off,
    pub scope: Scope,
    /// Whether exclusive tax falls with the price (a shop's discount) or not (a maker's coupon).
    /// Included tax always does.
    pub lowers_tax_base: bool,
    /// Lines that it passes by, though they are on its check or in its category.
    pub except: Vec<LineId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    Percent(Rate),
    /// At most what its lines still cost.
    Amount(Money),
}

/// What a discount reaches. All but `Line` count as discounts on the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Check,
    Line(LineId),
    Lines(Vec<LineId>),
    Categories(Vec<CategoryId>),
}

impl Discount {
    /// Line percent, check percent, line amount, check amount.
    fn round(&self) -> u8 {
        match (self.off, matches!(self.scope, Scope::Line(_))) {
            (Off::Percent(_), true) => 0,
            (Off::Percent(_), false) => 1,
            (Off::Amount(_), true) => 2,
            (Off::Amount(_), false) => 3,
        }
    }

    /// Whether it is for this line by name, or for the combo the line is part of.
    fn names(&self, line: &Line<'_>) -> bool {
        let is = |id: &LineId| line.id == *id || line.parent == Some(*id);
        match &self.scope {
            Scope::Line(id) => is(id),
            Scope::Lines(ids) => ids.iter().any(is),
            Scope::Check | Scope::Categories(_) => false,
        }
    }

    fn reaches(&self, work: &Work<'_>) -> bool {
        let line = work.line;
        line.discountable
            && work.left > Money::ZERO
            && !self.except.contains(&line.id)
            && match &self.scope {
                Scope::Check => true,
                Scope::Line(_) | Scope::Lines(_) => self.names(line),
                Scope::Categories(ids) => ids.contains(&line.category),
            }
    }
}

/// The places of the discounts that name this line.
pub(super) fn named_by(discounts: &[Discount], line: &Line<'_>) -> impl Iterator<Item = usize> {
    discounts.iter().enumerate().filter(move |(_, discount)| discount.names(line)).map(|(place, _)| place)
}

/// The places of the discounts that pass this line by.
pub(super) fn passed_by(discounts: &[Discount], line: LineId) -> impl Iterator<Item = usize> {
    discounts.iter().enumerate().filter(move |(_, d)| d.except.contains(&line)).map(|(place, _)| place)
}

/// Takes every discount off, each on what the ones before it left, and answers what each came to.
pub(super) fn apply(
    discounts: &[Discount],
    works: &mut [Work<'_>],
    rounding: Rounding,
) -> Result<Vec<DiscountAmount>, TooLarge> {
    let mut amounts: Vec<_> = discounts.iter().map(|d| DiscountAmount { id: d.id, amount: Money::ZERO }).collect();
    for round in 0..4 {
        for (discount, taken) in discounts.iter().zip(&mut amounts).filter(|(d, _)| d.round() == round) {
            taken.amount = take_off(discount, works, rounding)?;
        }
    }
    Ok(amounts)
}

/// The amount is found once for all lines it reaches, then spread in proportion to what each still
/// costs, so that each tax rate gets its share and no line goes below zero.
fn take_off(discount: &Discount, works: &mut [Work<'_>], rounding: Rounding) -> Result<Money, TooLarge> {
    let mut reached = Vec::with_capacity(works.len());
    let mut weights = Vec::with_capacity(works.len());
    for (place, work) in works.iter().enumerate() {
        if discount.reaches(work) {
            reached.push(place);
            weights.push(work.left.minor());
        }
    }
    if reached.is_empty() {
        return Ok(Money::ZERO);
    }
    let cost = Money::sum(weights.iter().map(|w| Money::new(*w)))?;
    let amount = match discount.off {
        Off::Percent(rate) => rate.min(Rate::HUNDRED).of(cost, rounding)?,
        Off::Amount(amount) => amount.clamp(Money::ZERO, cost),
    };
    for (place, share) in reached.into_iter().zip(split_by(amount, &weights)) {
        if share.is_zero() {
            continue;
        }
        let work = &mut works[place];
        work.left = work.left.minus(share)?;
        if !discount.lowers_tax_base {
            work.untaxed = work.untaxed.plus(share)?;
        }
        work.discounts.push(DiscountAmount { id: discount.id, amount: share });
    }
    Ok(amount)
}
