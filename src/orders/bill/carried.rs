//! A check priced by what its parts were given, not anew: after lines went to another check, or came from one.
//!
//! What discounts took off each line, what charges came to and the taxes charged on top of prices are laid on as
//! they are, so that the sums over the checks concerned are what they were. Taxes inside prices are found anew:
//! each check is a receipt, and whoever reads one finds them from its prices.

use super::charge::{self, Charge};
use super::{Bill, ChargeBill, Check, DiscountAmount, Rules, TaxSum, Work, add_up, lay_out, tax};
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::Rate;

/// What a line was given.
#[derive(Debug, Clone, Copy)]
pub struct CarriedLine<'a> {
    /// Of each discount that took something off.
    pub off: &'a [DiscountAmount],
    /// One a rate that is charged on top.
    pub added: &'a [Added],
}

/// One rate that is charged on top of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The rate's place in its class; of a charge 0.
    pub position: u8,
    pub name: String,
    pub rate: Rate,
    pub base: Money,
    pub tax: Money,
}

/// What a charge was given: its amount, before taxes on top, and those.
#[derive(Debug, Clone, Copy)]
pub struct CarriedCharge<'a> {
    pub amount: Money,
    pub added: &'a [Added],
}

/// Prices a check by what its lines and charges were given, both in the order of the check's. A charge that was
/// given nothing is priced anew.
pub fn price_carried<'a>(
    check: &Check<'a>,
    rules: Rules,
    lines: &[CarriedLine<'_>],
    charges: &[Option<CarriedCharge<'a>>],
) -> Result<Bill<'a>, TooLarge> {
    let mut works = lay_out(check, rules)?;
    let mut discounts: Vec<_> =
        check.discounts.iter().map(|d| DiscountAmount { id: d.id, amount: Money::ZERO }).collect();
    for work in &mut works {
        take_off(check, work, lines[work.index].off, &mut discounts)?;
    }
    tax::charge_lines(&mut works, rules)?;
    for work in &mut works {
        for levied in work.taxes.iter_mut().filter(|levied| !levied.rate.included) {
            let given = lines[work.index].added.iter().find(|added| added.position == levied.position);
            (levied.base, levied.tax) = given.map_or((Money::ZERO, Money::ZERO), |added| (added.base, added.tax));
        }
    }
    let mut billed = Vec::with_capacity(check.charges.len());
    for (own, given) in check.charges.iter().zip(charges) {
        billed.push(charge(own, check, &works, rules, *given)?);
    }
    add_up(works, discounts, billed)
}

fn take_off(
    check: &Check<'_>,
    work: &mut Work<'_>,
    off: &[DiscountAmount],
    sums: &mut [DiscountAmount],
) -> Result<(), TooLarge> {
    for share in off {
        let Some(at) = check.discounts.iter().position(|discount| discount.id == share.id) else { continue };
        let (discount, sum) = (&check.discounts[at], &mut sums[at]);
        work.left = work.left.minus(share.amount)?;
        if !discount.lowers_tax_base {
            work.untaxed = work.untaxed.plus(share.amount)?;
        }
        work.discounts.push(*share);
        sum.amount = sum.amount.plus(share.amount)?;
    }
    Ok(())
}

/// Its taxes inside the amount anew, those on top as given.
fn charge<'a>(
    own: &Charge<'a>,
    check: &Check<'a>,
    works: &[Work<'a>],
    rules: Rules,
    given: Option<CarriedCharge<'a>>,
) -> Result<ChargeBill<'a>, TooLarge> {
    let mut bill = charge::bill(own, check, works, rules.rounding, given.map(|given| given.amount))?;
    let Some(given) = given else { return Ok(bill) };
    let mut rest: Vec<&Added> = given.added.iter().collect();
    bill.taxes.retain_mut(|sum| {
        let same = |added: &&Added| (added.rate, added.name.as_str()) == (sum.rate, sum.name);
        match rest.iter().position(same) {
            _ if sum.included => true,
            Some(at) => {
                let added = rest.remove(at);
                (sum.base, sum.tax) = (added.base, added.tax);
                true
            }
            None => false,
        }
    });
    let on_top = Money::sum(given.added.iter().map(|added| added.tax))?;
    for added in rest {
        let Added { name, rate, base, tax, .. } = added;
        tax::merge(&mut bill.taxes, TaxSum { name, rate: *rate, included: false, base: *base, tax: *tax })?;
    }
    bill.total = bill.amount.plus(on_top)?;
    bill.tax = Money::sum(bill.taxes.iter().map(|sum| sum.tax))?;
    bill.net = bill.total.minus(bill.tax)?;
    Ok(bill)
}
