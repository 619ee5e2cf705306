//! One pure function turns a check, the snapshots on its lines and the settings into a bill.
//!
//! It knows neither database nor menu: prices, tax rates and discounts are what was copied when
//! they were added. The order in which lines were added changes nothing: where a cent could go to
//! several of them, it goes by tax class, then variant, then amount.

mod carried;
mod cash;
mod charge;
mod discount;
mod refund;
mod tax;
#[cfg(test)]
mod tests;

pub use crate::kernel::service::Service;
pub use crate::kernel::tax::{TaxRate, TaxRounding};
pub use carried::{Added, CarriedCharge, CarriedLine, price_carried};
pub use cash::{cash_rounding, change};
pub use charge::{Charge, ChargeOf, ChargeTax, ChargeValue};
pub use discount::{Discount, Off, Scope};
pub use refund::{Part, Sold, portion, refund_by_amount, refund_by_quantity};
pub use tax::{rates_for, service_for};

use crate::kernel::ids::{CategoryId, ChargeId, DiscountId, LineId, TaxClassId, VariantId};
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::{Measure, Quantity, extend};
use crate::kernel::rate::{Rate, Rounding};

/// The settings a check was opened under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    pub tax_rounding: TaxRounding,
    /// For every division but splits: weighed goods, percentages, taxes.
    pub rounding: Rounding,
}

/// What stands on a check. Voided lines are left out by the caller.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    pub lines: &'a [Line<'a>],
    /// In the order they were given.
    pub discounts: &'a [Discount],
    pub charges: &'a [Charge<'a>],
    pub guests: u32,
    /// No tax is charged or shown. Prices with tax included stay as they are on the menu.
    pub tax_exempt: bool,
}

/// A line as it was when it was added.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub id: LineId,
    /// The head of the combo it is part of: a discount that names that line reaches this one.
    pub parent: Option<LineId>,
    pub unit_price: Money,
    /// Σ option price × option quantity, for one unit.
    pub modifiers: Money,
    pub quantity: Quantity,
    pub measure: Option<Measure>,
    /// What its list amount differs from its price by: a part of what was one line.
    pub carry: Money,
    pub category: CategoryId,
    pub variant: VariantId,
    pub tax_class: TaxClassId,
    /// The rates of the class for how this line is eaten, see [`rates_for`].
    pub rates: &'a [TaxRate],
    /// Whether discounts reach it at all.
    pub discountable: bool,
    /// Given away: the whole line, before any discount.
    pub comp: bool,
    /// False for what is no sale (a voucher): no service charge is a percentage of it.
    pub sale: bool,
}

impl Line<'_> {
    /// (price + modifiers) × quantity, or × measure for what is weighed, rounded once, with what it carries.
    pub fn list_amount(&self, rounding: Rounding) -> Result<Money, TooLarge> {
        extend(self.unit_price.plus(self.modifiers)?, self.quantity, self.measure, rounding)?.plus(self.carry)
    }
}

/// The bill: every amount that check and receipt show. Taxes borrow the rates of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill<'a> {
    /// In the order of the check's lines.
    pub lines: Vec<LineBill<'a>>,
    /// In the order of the check's charges, also those that come to nothing.
    pub charges: Vec<ChargeBill<'a>>,
    /// In the order of the check's discounts.
    pub discounts: Vec<DiscountAmount>,
    /// Σ list_amount.
    pub subtotal: Money,
    pub comp_total: Money,
    /// Without comps.
    pub discount_total: Money,
    /// Charges with their tax.
    pub service_total: Money,
    /// Of lines and charges.
    pub tax_total: Money,
    /// Of lines and charges; `net_total` + `tax_total` = `total`.
    pub net_total: Money,
    pub total: Money,
    /// What of `total` is no sale.
    pub not_sales: Money,
    /// Of lines and charges, by (name, rate, included), in the order of rate and name.
    pub taxes: Vec<TaxSum<'a>>,
}

/// One line's amounts: `total` = `list_amount` − `comp` − `discount` + exclusive tax, `net` = `total` − `tax`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineBill<'a> {
    pub id: LineId,
    pub list_amount: Money,
    /// The whole `list_amount`, or zero.
    pub comp: Money,
    pub discount: Money,
    /// What each discount took off this line; those that took nothing are absent.
    pub discounts: Vec<DiscountAmount>,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// One entry a rate of the class, in its order.
    pub taxes: Vec<LineTax<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscountAmount {
    pub id: DiscountId,
    pub amount: Money,
}

/// One rate on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTax<'a> {
    /// The rate's place in its class, from 0.
    pub position: u8,
    pub rate: &'a TaxRate,
    /// What it was charged on, without itself.
    pub base: Money,
    pub tax: Money,
}

/// One rate over many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSum<'a> {
    pub name: &'a str,
    pub rate: Rate,
    pub included: bool,
    pub base: Money,
    pub tax: Money,
}

/// One service charge. `total` = `amount` + exclusive tax, `net` = `total` − `tax`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeBill<'a> {
    pub id: ChargeId,
    pub amount: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    pub taxes: Vec<TaxSum<'a>>,
}

/// A line being priced.
struct Work<'a> {
    index: usize,
    line: &'a Line<'a>,
    rates: &'a [TaxRate],
    list: Money,
    comp: Money,
    /// What it still costs: list − comp − discounts so far.
    left: Money,
    /// Of the discounts, those that exclusive tax is charged on all the same.
    untaxed: Money,
    discounts: Vec<DiscountAmount>,
    taxes: Vec<LineTax<'a>>,
}

/// Prices a check.
///
/// Refused where any amount on the way leaves the bounds of [`Money`]. That taxes, discounts and
/// totals add up is asserted in release too: a bill that does not add up must not be shown.
pub fn price<'a>(check: &Check<'a>, rules: Rules) -> Result<Bill<'a>, TooLarge> {
    let mut works = lay_out(check, rules)?;
    let discounts = discount::apply(check.discounts, &mut works, rules.rounding)?;
    tax::charge_lines(&mut works, rules)?;
    let charges = charge::apply(check, &works, rules)?;
    add_up(works, discounts, charges)
}

/// The lines in the order in which ties are decided.
fn lay_out<'a>(check: &Check<'a>, rules: Rules) -> Result<Vec<Work<'a>>, TooLarge> {
    let mut works = Vec::with_capacity(check.lines.len());
    for (index, line) in check.lines.iter().enumerate() {
        let list = line.list_amount(rules.rounding)?;
        let (comp, left) = if line.comp { (list, Money::ZERO) } else { (Money::ZERO, list) };
        works.push(Work {
            index,
            line,
            rates: if check.tax_exempt { &[] } else { line.rates },
            list,
            comp,
            left,
            untaxed: Money::ZERO,
            discounts: Vec::new(),
            taxes: Vec::new(),
        });
    }
    // Class, variant and amount as promised; the rest only so that lines that tie are alike in
    // everything that could ever move a cent.
    works.sort_by(|a, b| {
        let (x, y) = (a.line, b.line);
        (x.tax_class, x.variant, a.list)
            .cmp(&(y.tax_class, y.variant, b.list))
            .then_with(|| a.rates.cmp(b.rates))
            .then_with(|| {
                (x.category, x.discountable, x.comp, x.sale).cmp(&(y.category, y.discountable, y.comp, y.sale))
            })
            .then_with(|| discount::named_by(check.discounts, x).cmp(discount::named_by(check.discounts, y)))
            .then_with(|| discount::passed_by(check.discounts, x.id).cmp(discount::passed_by(check.discounts, y.id)))
            // Parts of one dish may bear another cent of what was taken off it: in memory they stand as they came,
            // in the file by their ids.
            .then_with(|| x.id.cmp(&y.id))
    });
    Ok(works)
}

fn add_up<'a>(
    works: Vec<Work<'a>>,
    discounts: Vec<DiscountAmount>,
    charges: Vec<ChargeBill<'a>>,
) -> Result<Bill<'a>, TooLarge> {
    let mut taxes: Vec<TaxSum<'a>> = Vec::with_capacity(4);
    let mut not_sales = Money::ZERO;
    let mut lines = Vec::with_capacity(works.len());
    for work in works {
        let (mut tax, mut on_top) = (Money::ZERO, Money::ZERO);
        for levied in &work.taxes {
            tax = tax.plus(levied.tax)?;
            if !levied.rate.included {
                on_top = on_top.plus(levied.tax)?;
            }
            tax::add_to(&mut taxes, levied.rate, levied.base, levied.tax)?;
        }
        let total = work.left.plus(on_top)?;
        if !work.line.sale {
            not_sales = not_sales.plus(total)?;
        }
        let line = LineBill {
            id: work.line.id,
            list_amount: work.list,
            comp: work.comp,
            discount: work.list.minus(work.comp)?.minus(work.left)?,
            discounts: work.discounts,
            net: total.minus(tax)?,
            tax,
            total,
            taxes: work.taxes,
        };
        let given = Money::sum(line.discounts.iter().map(|share| share.amount))?;
        assert!(given == line.discount, "the discounts of line {} do not add up", line.id);
        lines.push((work.index, line));
    }
    for charge in &charges {
        for sum in &charge.taxes {
            tax::merge(&mut taxes, *sum)?;
        }
    }
    lines.sort_unstable_by_key(|(index, _)| *index);
    taxes.sort_unstable_by(|a, b| (a.rate, a.name, a.included).cmp(&(b.rate, b.name, b.included)));
    let lines: Vec<LineBill<'a>> = lines.into_iter().map(|(_, line)| line).collect();

    let of_lines = |amount: fn(&LineBill<'a>) -> Money| Money::sum(lines.iter().map(amount));
    let of_charges = |amount: fn(&ChargeBill<'a>) -> Money| Money::sum(charges.iter().map(amount));
    let service_total = of_charges(|c| c.total)?;
    let bill = Bill {
        subtotal: of_lines(|l| l.list_amount)?,
        comp_total: of_lines(|l| l.comp)?,
        discount_total: of_lines(|l| l.discount)?,
        service_total,
        tax_total: of_lines(|l| l.tax)?.plus(of_charges(|c| c.tax)?)?,
        net_total: of_lines(|l| l.net)?.plus(of_charges(|c| c.net)?)?,
        total: of_lines(|l| l.total)?.plus(service_total)?,
        not_sales,
        taxes,
        discounts,
        charges,
        lines,
    };
    assert!(Ok(bill.total) == bill.net_total.plus(bill.tax_total), "net and tax do not make the total");
    assert!(Ok(bill.tax_total) == Money::sum(bill.taxes.iter().map(|t| t.tax)), "the rates do not make the tax");
    assert!(
        Ok(bill.discount_total) == Money::sum(bill.discounts.iter().map(|d| d.amount)),
        "the discounts do not make their total"
    );
    Ok(bill)
}
