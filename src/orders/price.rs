//! From the aggregate to the bill and back: what every line, charge and discount comes to.

use std::collections::HashMap;

use super::bill::{self, Bill, TaxRate, service_for};
use super::model::{Amounts, AppliesTo, Charge, ChargeHow, ChargeTax, Check, Discount, Off, RateTotal, Totals};
use super::sql::money::TaxRow;
use crate::error::{Refusal, Result};
use crate::kernel::ids::{ChargeId, DiscountId};
use crate::kernel::service::Service;
use crate::menu;
use crate::store::Read;

/// Tax rates by class version and service, each read once.
#[derive(Debug, Default)]
pub struct RateBook(HashMap<(i64, Service), Vec<TaxRate>>);

impl RateBook {
    /// Every rate that the lines and charges of `check` can bear.
    pub fn of(db: &impl Read, check: &Check, service: Service) -> Result<Self> {
        let mut book = Self::default();
        book.add(db, check, service)?;
        Ok(book)
    }

    pub fn add(&mut self, db: &impl Read, check: &Check, service: Service) -> Result<()> {
        // What is no sale bears no tax, whatever its class says.
        let sales = check.open_lines().filter(|line| line.is_sale());
        let lines = sales.map(|line| (line.tax_version, service_for(line.service, service)));
        let charges = check.charges.iter().filter_map(|charge| match charge.tax {
            ChargeTax::Class(version) => Some((version, service)),
            ChargeTax::None | ChargeTax::AsLines => None,
        });
        for key in lines.chain(charges) {
            if let std::collections::hash_map::Entry::Vacant(entry) = self.0.entry(key) {
                entry.insert(menu::ops::rates(db, key.0, key.1)?);
            }
        }
        Ok(())
    }

    fn rates(&self, version: i64, service: Service) -> &[TaxRate] {
        self.0.get(&(version, service)).map_or(&[], Vec::as_slice)
    }
}

/// What pricing moved, so that only that is written.
#[derive(Debug, Default)]
pub struct Moved {
    /// Places of lines whose amounts changed.
    pub lines: Vec<usize>,
    pub charges: Vec<usize>,
    pub discounts: Vec<usize>,
}

/// Prices `check` and lays every amount on it. Refused where the total would fall below what is paid.
pub fn reprice(check: &mut Check, service: Service, guests: u32, book: &RateBook) -> Result<Moved> {
    let rows = {
        let (lines, discounts, charges) = inputs(check, service, book)?;
        let priced = bill::price(&asked(check, &lines, &discounts, &charges, guests), check.rules)?;
        Laid::of(&priced)
    };
    let moved = rows.lay(check);
    if check.totals.total < check.paid()?.plus(check.unresolved()?)? {
        let why = format!("{} is already paid on this check.", check.paid()?.minor());
        return Err(Refusal::BelowPaid.because(why).with("paid", check.paid()?.minor()).into());
    }
    Ok(moved)
}

/// What an open check comes to by rate.
pub fn taxes(check: &Check, service: Service, guests: u32, book: &RateBook) -> Result<Vec<RateTotal>> {
    let (lines, discounts, charges) = inputs(check, service, book)?;
    let priced = bill::price(&asked(check, &lines, &discounts, &charges, guests), check.rules)?;
    Ok(priced.taxes.iter().map(rate_total).collect())
}

/// Each rate's part of each line and charge, as a check that is being settled stores them.
pub fn tax_rows(check: &Check, service: Service, guests: u32, book: &RateBook) -> Result<Vec<TaxRow>> {
    let (lines, discounts, charges) = inputs(check, service, book)?;
    let priced = bill::price(&asked(check, &lines, &discounts, &charges, guests), check.rules)?;
    let mut rows = Vec::new();
    for line in &priced.lines {
        rows.extend(line.taxes.iter().map(|tax| TaxRow {
            check: check.id,
            line: Some(line.id),
            charge: None,
            of: RateTotal {
                name: tax.rate.name.clone(),
                rate: tax.rate.rate,
                included: tax.rate.included,
                base: tax.base,
                tax: tax.tax,
            },
        }));
    }
    for (own, charge) in check.charges.iter().zip(&priced.charges) {
        rows.extend(charge.taxes.iter().map(|tax| TaxRow {
            check: check.id,
            line: None,
            charge: Some(own.id),
            of: rate_total(tax),
        }));
    }
    Ok(rows)
}

fn rate_total(tax: &bill::TaxSum<'_>) -> RateTotal {
    RateTotal { name: tax.name.to_owned(), rate: tax.rate, included: tax.included, base: tax.base, tax: tax.tax }
}

type Inputs<'a> = (Vec<bill::Line<'a>>, Vec<bill::Discount>, Vec<bill::Charge<'a>>);

fn inputs<'a>(check: &Check, service: Service, book: &'a RateBook) -> Result<Inputs<'a>> {
    let mut lines = Vec::with_capacity(check.lines.len());
    for line in check.open_lines() {
        lines.push(bill::Line {
            id: line.id,
            unit_price: line.unit_price,
            modifiers: line.modifiers_price()?,
            quantity: line.quantity,
            measure: line.measure,
            category: line.category,
            variant: line.variant,
            tax_class: line.tax_class(),
            rates: if line.is_sale() { book.rates(line.tax_version, service_for(line.service, service)) } else { &[] },
            // A voucher is worth what is paid for it.
            discountable: line.discountable && line.is_sale(),
            comp: line.comp.is_some(),
            sale: line.is_sale(),
        });
    }
    let discounts = check.discounts.iter().map(discount).collect();
    let charges = check.charges.iter().map(|c| charge(c, service, book)).collect();
    Ok((lines, discounts, charges))
}

fn asked<'a>(
    check: &Check,
    lines: &'a [bill::Line<'a>],
    discounts: &'a [bill::Discount],
    charges: &'a [bill::Charge<'a>],
    guests: u32,
) -> bill::Check<'a> {
    bill::Check { lines, discounts, charges, guests, tax_exempt: check.tax_exempt }
}

fn discount(of: &Discount) -> bill::Discount {
    bill::Discount {
        id: DiscountId::new(of.id),
        off: match of.off {
            Off::Percent(rate) => bill::Off::Percent(rate),
            Off::Amount(amount) => bill::Off::Amount(amount),
        },
        scope: match &of.applies_to {
            AppliesTo::Check => bill::Scope::Check,
            AppliesTo::Line(id) => bill::Scope::Line(*id),
            AppliesTo::Lines(ids) => bill::Scope::Lines(ids.clone()),
            AppliesTo::Categories(ids) => bill::Scope::Categories(ids.clone()),
        },
        lowers_tax_base: of.lowers_tax_base,
    }
}

fn charge<'a>(of: &Charge, service: Service, book: &'a RateBook) -> bill::Charge<'a> {
    bill::Charge {
        id: ChargeId::new(of.id),
        value: match of.how {
            ChargeHow::Percent(rate) => bill::ChargeValue::Percent(rate),
            ChargeHow::Amount(amount) => bill::ChargeValue::Amount(amount),
            ChargeHow::PerGuest(amount) => bill::ChargeValue::PerGuest(amount),
        },
        of: if of.after_discounts { bill::ChargeOf::AfterDiscounts } else { bill::ChargeOf::BeforeDiscounts },
        min_guests: of.min_guests,
        tax: match of.tax {
            ChargeTax::None => bill::ChargeTax::None,
            ChargeTax::AsLines => bill::ChargeTax::AsLines,
            ChargeTax::Class(version) => bill::ChargeTax::Rates(book.rates(version, service)),
        },
        removed: of.removed,
    }
}

/// A bill's amounts, free of the borrows it was made from.
struct Laid {
    lines: Vec<Amounts>,
    charges: Vec<[crate::kernel::money::Money; 3]>,
    discounts: Vec<crate::kernel::money::Money>,
    totals: Totals,
    taxes: Vec<RateTotal>,
}

impl Laid {
    fn of(bill: &Bill<'_>) -> Self {
        let amounts = |line: &bill::LineBill<'_>| Amounts {
            list: line.list_amount,
            comp: line.comp,
            discount: line.discount,
            net: line.net,
            tax: line.tax,
            total: line.total,
        };
        Self {
            lines: bill.lines.iter().map(amounts).collect(),
            charges: bill.charges.iter().map(|c| [c.total, c.net, c.tax]).collect(),
            discounts: bill.discounts.iter().map(|d| d.amount).collect(),
            totals: Totals {
                subtotal: bill.subtotal,
                discount: bill.discount_total,
                service: bill.service_total,
                tax: bill.tax_total,
                total: bill.total,
            },
            taxes: bill.taxes.iter().map(rate_total).collect(),
        }
    }

    fn lay(self, check: &mut Check) -> Moved {
        let mut moved = Moved::default();
        let open = check.lines.iter_mut().enumerate().filter(|(_, line)| !line.voided);
        for ((place, line), amounts) in open.zip(self.lines) {
            if line.amounts != amounts {
                line.amounts = amounts;
                moved.lines.push(place);
            }
        }
        for (place, (charge, [value, net, tax])) in check.charges.iter_mut().zip(self.charges).enumerate() {
            if (charge.value, charge.net, charge.tax_amount) != (value, net, tax) {
                (charge.value, charge.net, charge.tax_amount) = (value, net, tax);
                moved.charges.push(place);
            }
        }
        for (place, (discount, value)) in check.discounts.iter_mut().zip(self.discounts).enumerate() {
            if discount.value != value {
                discount.value = value;
                moved.discounts.push(place);
            }
        }
        check.totals = self.totals;
        check.taxes = self.taxes;
        moved
    }
}
