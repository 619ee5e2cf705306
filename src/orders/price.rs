//! From the aggregate to the bill and back: what every line, charge and discount comes to.

use std::collections::HashMap;

use super::bill::{self, Added, Bill, CarriedCharge, CarriedLine, TaxRate, service_for};
use super::model::parts::{ChargeWorth, Worth};
use super::model::{Amounts, AppliesTo, Charge, ChargeHow, ChargeTax, Check, Discount, Off, RateTotal, Totals};
use super::sql::money::TaxRow;
use crate::error::{Refusal, Result};
use crate::kernel::ids::{ChargeId, DiscountId};
use crate::kernel::money::Money;
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
        // What is no sale bears no tax, whatever its class says, and of a combo its parts do.
        let sales = check.open_lines().filter(|line| line.is_sale() && !line.combo);
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

/// Prices `check` and lays every amount on it, whatever it was given before. Refused where the total would fall
/// below what is paid.
pub fn reprice(check: &mut Check, service: Service, guests: u32, book: &RateBook) -> Result<Moved> {
    check.carried = false;
    let rows = billed(check, service, guests, book, |bill| Ok(Laid::of(bill)))?;
    let moved = rows.lay(check);
    covers_paid(check)?;
    Ok(moved)
}

fn covers_paid(check: &Check) -> Result<()> {
    if check.totals.total < check.paid()?.plus(check.unresolved()?)? {
        let why = format!("{} is already paid on this check.", check.paid()?.minor());
        return Err(Refusal::BelowPaid.because(why).with("paid", check.paid()?.minor()).into());
    }
    let (paper, sales) = (check.paper()?, check.sales()?);
    if paper > Money::ZERO && paper > sales {
        let why = format!("Paper vouchers paid {}, and they pay for no vouchers or deposits.", paper.minor());
        return Err(Refusal::BelowPaid.because(why).with("paid", paper.minor()).into());
    }
    Ok(())
}

/// Gives every line and charge of an open check what it is priced at, to be parted.
pub fn value(check: &mut Check, service: Service, guests: u32, book: &RateBook) -> Result<()> {
    let (worths, charged) = billed(check, service, guests, book, |bill| {
        let on_top = |taxes: &[bill::LineTax<'_>]| {
            let added = taxes.iter().filter(|levied| !levied.rate.included).map(|levied| Added {
                position: levied.position,
                name: levied.rate.name.clone(),
                rate: levied.rate.rate,
                base: levied.base,
                tax: levied.tax,
            });
            added.collect()
        };
        let worth = |line: &bill::LineBill<'_>| Worth { off: line.discounts.clone(), added: on_top(&line.taxes) };
        let charge = |charge: &bill::ChargeBill<'_>| {
            let added = charge.taxes.iter().filter(|sum| !sum.included).map(|sum| Added {
                position: 0,
                name: sum.name.to_owned(),
                rate: sum.rate,
                base: sum.base,
                tax: sum.tax,
            });
            ChargeWorth { amount: charge.amount, added: added.collect() }
        };
        Ok((bill.lines.iter().map(worth).collect::<Vec<_>>(), bill.charges.iter().map(charge).collect::<Vec<_>>()))
    })?;
    for (line, worth) in check.lines.iter_mut().filter(|line| !line.voided).zip(worths) {
        line.worth = worth;
    }
    for (charge, worth) in check.charges.iter_mut().zip(charged) {
        charge.worth = Some(worth);
    }
    Ok(())
}

/// Lays on a check what its lines and charges were given, and on a charge that was given nothing what it comes to.
/// Where that is what the check comes to by itself, it is as any other. Refused where the total would fall below
/// what is paid.
pub fn lay_given(check: &mut Check, service: Service, guests: u32, book: &RateBook) -> Result<()> {
    check.carried = true;
    let given = billed(check, service, guests, book, |bill| Ok(Laid::of(bill)))?;
    check.carried = false;
    let own = billed(check, service, guests, book, |bill| Ok(Laid::of(bill)))?;
    check.carried = own != given;
    given.lay(check);
    if check.carried {
        value(check, service, guests, book)?;
    }
    covers_paid(check)
}

/// What an open check comes to by rate.
pub fn taxes(check: &Check, service: Service, guests: u32, book: &RateBook) -> Result<Vec<RateTotal>> {
    billed(check, service, guests, book, |bill| Ok(bill.taxes.iter().map(rate_total).collect()))
}

/// The check's bill: as it was given, or else as it comes to.
fn billed<T>(
    check: &Check,
    service: Service,
    guests: u32,
    book: &RateBook,
    of: impl FnOnce(&Bill<'_>) -> Result<T>,
) -> Result<T> {
    let (lines, discounts, charges) = inputs(check, service, book)?;
    let asked =
        bill::Check { lines: &lines, discounts: &discounts, charges: &charges, guests, tax_exempt: check.tax_exempt };
    if !check.carried {
        return of(&bill::price(&asked, check.rules)?);
    }
    let given = check.open_lines().map(|line| CarriedLine { off: &line.worth.off, added: &line.worth.added });
    let given: Vec<CarriedLine<'_>> = given.collect();
    let charged = check
        .charges
        .iter()
        .map(|charge| charge.worth.as_ref().map(|worth| CarriedCharge { amount: worth.amount, added: &worth.added }));
    let worths: Vec<Option<CarriedCharge<'_>>> = charged.collect();
    of(&bill::price_carried(&asked, check.rules, &given, &worths)?)
}

/// Each rate's part of each line and charge, as a check that is being settled stores them.
pub fn tax_rows(check: &Check, service: Service, guests: u32, book: &RateBook) -> Result<Vec<TaxRow>> {
    billed(check, service, guests, book, |bill| Ok(rows_of(check, bill)))
}

fn rows_of(check: &Check, priced: &Bill<'_>) -> Vec<TaxRow> {
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
    rows
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
            parent: line.parent,
            // The head of a combo bears neither money nor tax; its parts do.
            unit_price: if line.combo { Money::ZERO } else { line.unit_price },
            modifiers: line.modifiers_price()?,
            quantity: line.quantity,
            measure: line.measure,
            carry: line.list_carry,
            category: line.category,
            variant: line.variant,
            tax_class: line.tax_class(),
            rates: match line.is_sale() && !line.combo {
                true => book.rates(line.tax_version, service_for(line.service, service)),
                false => &[],
            },
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
        except: of.except.clone(),
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
        part: of.part,
    }
}

/// A bill's amounts, free of the borrows it was made from.
#[derive(PartialEq, Eq)]
struct Laid {
    lines: Vec<Amounts>,
    charges: Vec<[Money; 3]>,
    discounts: Vec<Money>,
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
