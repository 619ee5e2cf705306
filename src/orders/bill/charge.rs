//! Service charges.

use super::TaxRate;
use super::tax::{self, Levy, Taxable};
use super::{ChargeBill, Check, Rules, Work};
use crate::kernel::allocate::split_by;
use crate::kernel::ids::ChargeId;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::rate::{Rate, Rounding};

/// A service charge as the settings had it when the check was opened.
///
/// Its basis is what the sales on the check cost without comps, before or after discounts. A charge
/// with a basis of nothing is nothing, fixed ones too: an empty check owes no cover charge, and
/// 100 % off leaves none that comes after discounts.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    pub id: ChargeId,
    pub value: ChargeValue,
    pub of: ChargeOf,
    /// Only for so many guests or more.
    pub min_guests: Option<u32>,
    pub tax: ChargeTax<'a>,
    /// Taken off this check.
    pub removed: bool,
    /// What of a fixed one, or of one per guest, this check bears; `None`: all of it.
    pub part: Option<Money>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeValue {
    Percent(Rate),
    Amount(Money),
    PerGuest(Money),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeOf {
    BeforeDiscounts,
    AfterDiscounts,
}

#[derive(Debug, Clone, Copy)]
pub enum ChargeTax<'a> {
    None,
    /// Spread over the lines' rates in proportion to what their lines cost.
    AsLines,
    Rates(&'a [TaxRate]),
}

/// What every charge comes to, those that come to nothing included.
pub(super) fn apply<'a>(check: &Check<'a>, works: &[Work<'a>], rules: Rules) -> Result<Vec<ChargeBill<'a>>, TooLarge> {
    check.charges.iter().map(|charge| bill(charge, check, works, rules.rounding, None)).collect()
}

/// What one charge comes to; `given` in place of its own size.
pub(super) fn bill<'a>(
    charge: &Charge<'a>,
    check: &Check<'a>,
    works: &[Work<'a>],
    rounding: Rounding,
    given: Option<Money>,
) -> Result<ChargeBill<'a>, TooLarge> {
    let basis_of = |work: &Work<'a>| match (work.line.sale, charge.of) {
        (false, _) => Ok(Money::ZERO),
        (true, ChargeOf::AfterDiscounts) => Ok(work.left),
        (true, ChargeOf::BeforeDiscounts) => work.list.minus(work.comp),
    };
    let bases: Vec<Money> = works.iter().map(basis_of).collect::<Result<_, _>>()?;
    let basis = Money::sum(bases.iter().copied())?;
    let due = !charge.removed && basis > Money::ZERO && check.guests >= charge.min_guests.unwrap_or(0);
    let amount = match charge.value {
        _ if given.is_some() => given.unwrap_or_default(),
        _ if !due => Money::ZERO,
        _ if charge.part.is_some() => charge.part.unwrap_or_default(),
        ChargeValue::Percent(rate) => rate.of(basis, rounding)?,
        ChargeValue::Amount(amount) => amount,
        ChargeValue::PerGuest(amount) => amount.times(i64::from(check.guests))?,
    };
    let mut bill =
        ChargeBill { id: charge.id, amount, net: amount, tax: Money::ZERO, total: amount, taxes: Vec::new() };
    if amount.is_zero() || check.tax_exempt {
        return Ok(bill);
    }
    match charge.tax {
        ChargeTax::None => {}
        ChargeTax::Rates(rates) => levy(&mut bill, rates, amount, rounding)?,
        ChargeTax::AsLines => {
            let groups = tax::groups(works);
            let weight = |group: &Vec<usize>| Money::sum(group.iter().map(|place| bases[*place])).map(Money::minor);
            let weights: Vec<i64> = groups.iter().map(weight).collect::<Result<_, _>>()?;
            for (group, part) in groups.iter().zip(split_by(amount, &weights)) {
                levy(&mut bill, works[group[0]].rates, part, rounding)?;
            }
        }
    }
    bill.net = bill.total.minus(bill.tax)?;
    Ok(bill)
}

fn levy<'a>(bill: &mut ChargeBill<'a>, rates: &'a [TaxRate], gross: Money, rounding: Rounding) -> Result<(), TooLarge> {
    if gross.is_zero() {
        return Ok(());
    }
    let mut levy = Levy::of(rates)?;
    let levied = levy.on([Taxable { gross, untaxed: Money::ZERO }].into_iter(), rounding)?;
    for (rate, levied) in rates.iter().zip(levied) {
        bill.tax = bill.tax.plus(levied.tax)?;
        if !rate.included {
            bill.total = bill.total.plus(levied.tax)?;
        }
        tax::add_to(&mut bill.taxes, rate, levied.base, levied.tax)?;
    }
    Ok(())
}
