//! Refunds in parts. Each part rounds the running sum of all parts so far, so that giving
//! everything back in pieces gives back exactly everything, of every tax rate too.

use crate::kernel::allocate::split_by;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rounding, div_round};

/// What was sold as one line or charge, and what of it went back already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// What the guest paid for it, tax included. Never negative.
    pub total: Money,
    /// Its taxes, one a rate.
    pub taxes: Vec<Money>,
    pub refunded: Money,
    /// In the order of `taxes`; empty where nothing was refunded yet.
    pub refunded_taxes: Vec<Money>,
}

/// What goes back of one line or charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub total: Money,
    pub net: Money,
    /// In the order of [`Sold::taxes`].
    pub taxes: Vec<Money>,
}

impl Sold {
    /// What can still be given back.
    pub fn left(&self) -> Money {
        Money::new(self.total.minor().saturating_sub(self.refunded.minor()).max(0))
    }

    /// `share` of it, at most what is left, with its taxes.
    fn part(&self, share: Money) -> Result<Part, TooLarge> {
        let share = share.clamp(Money::ZERO, self.left());
        let gone = self.refunded.plus(share)?;
        let mut taxes = Vec::with_capacity(self.taxes.len());
        // What is left of every tax, and at the end of the net.
        let mut left = Vec::with_capacity(self.taxes.len() + 1);
        for (position, tax) in self.taxes.iter().enumerate() {
            let before = self.refunded_taxes.get(position).copied().unwrap_or_default();
            let tax_left = tax.minus(before)?.max(Money::ZERO);
            let until = portion(*tax, gone.minor(), self.total.minor());
            taxes.push(until.minus(before)?.clamp(Money::ZERO, tax_left));
            left.push(tax_left.minor());
        }
        let net = share.minus(Money::sum(taxes.iter().copied())?)?;
        let net_left = self.left().minus(Money::sum(left.iter().map(|left| Money::new(*left)))?)?;
        if net <= net_left && !net.is_negative() {
            return Ok(Part { total: share, net, taxes });
        }
        // Many rates rounded the same way can ask for more than this part is, or leave the net more
        // than was sold; then what is left is shared in proportion, which never does.
        left.push(net_left.minor());
        let mut taxes = split_by(share, &left);
        let net = taxes.pop().unwrap_or_default();
        Ok(Part { total: share, net, taxes })
    }
}

/// `amount` × `part` / `whole`, halves up; zero of nothing.
pub fn portion(amount: Money, part: i64, whole: i64) -> Money {
    if whole <= 0 {
        return Money::ZERO;
    }
    let exact = i128::from(amount.minor()) * i128::from(part.min(whole));
    // No larger than `amount`.
    Money::new(div_round(exact, i128::from(whole), Rounding::HalfUp) as i64)
}

/// Gives back `quantity` of `of` sold, when `already` went back by quantity before. All three in one
/// unit. At most what is left of the line is given back.
pub fn refund_by_quantity(sold: &Sold, quantity: i64, of: i64, already: i64) -> Result<Part, TooLarge> {
    let end = already.saturating_add(quantity);
    let until = portion(sold.total, end, of);
    let share = until.minus(portion(sold.total, already, of))?;
    sold.part(share)
}

/// Spreads `amount` over lines and charges by largest remainder in proportion to what is left of
/// each. `None` where that is less than `amount`.
pub fn refund_by_amount(amount: Money, sold: &[Sold]) -> Result<Option<Vec<Part>>, TooLarge> {
    let left: Vec<i64> = sold.iter().map(|sold| sold.left().minor()).collect();
    if amount.is_negative() || amount > Money::sum(left.iter().map(|left| Money::new(*left)))? {
        return Ok(None);
    }
    let parts = sold.iter().zip(split_by(amount, &left)).map(|(sold, share)| sold.part(share));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    assert!(Ok(amount) == Money::sum(parts.iter().map(|part| part.total)), "a refund of {amount:?} was not conserved");
    Ok(Some(parts))
}
