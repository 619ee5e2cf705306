//! Money given back: after a sale, which undoes a part of it, or before, which unmakes a payment.

use super::{By, Why, account, bump, settle};
use crate::drawers;
use crate::error::{Fault, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{AccountId, DrawerId, LineId, PaymentId, ReceiptId, RefundId, TenderId};
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::quantity::Quantity;
use crate::orders::bill::{Part, Sold, portion};
use crate::orders::model::{Check, Order, Payment, RateTotal, Refund, State};
use crate::orders::receipt::model::{PartOf, RefundDoc, RefundPart};
use crate::orders::sql::money::{self, RefundedRow};
use crate::orders::{facts, load, receipt, save};
use crate::reports::{self, facts as books};
use crate::settings::model::TenderKind;
use crate::store::{Read, Tx, params};

/// A line or service charge of a settled check, with what of it went back already.
#[derive(Debug, Clone)]
pub struct SoldPart {
    pub of: PartOf,
    pub name: String,
    pub sold: Sold,
    /// Of a charge: one.
    pub quantity: Quantity,
    /// By quantity, in thousandths; what was spread as an amount is in `sold` alone.
    pub refunded_quantity: i64,
    /// One a tax of `sold`, in its order.
    rates: Vec<RateTotal>,
    refunded_bases: Vec<Money>,
}

impl SoldPart {
    /// `part` of it as a refund tells it, each rate with what it was charged on.
    pub fn back(&self, part: Part, quantity: Option<Quantity>) -> Result<RefundPart, TooLarge> {
        let net = self.sold.total.minus(Money::sum(self.sold.taxes.iter().copied())?)?;
        let gone = self.sold.refunded.plus(part.total)?.minor();
        let mut taxes = Vec::with_capacity(self.rates.len());
        for (position, (rate, tax)) in self.rates.iter().zip(&part.taxes).enumerate() {
            let before = self.refunded_bases.get(position).copied().unwrap_or_default();
            let base = if rate.base == net {
                part.net
            } else {
                portion(rate.base, gone, self.sold.total.minor()).minus(before)?
            };
            taxes.push(RateTotal { base, tax: *tax, ..rate.clone() });
        }
        let tax = Money::sum(part.taxes)?;
        Ok(RefundPart { of: self.of, quantity, net: part.net, tax, total: part.total, taxes })
    }
}

/// What stands on a settled check to be given back, lines first.
pub fn sold(db: &impl Read, order: &Order, place: usize) -> Result<Vec<SoldPart>> {
    let check = &order.checks[place];
    // The head of a combo bears nothing that could go back.
    let lines = check.open_lines().filter(|l| !l.combo);
    let lines = lines.map(|l| (PartOf::Line(l.id), l.name.clone(), l.amounts.total, l.quantity));
    let charges = check.charges.iter().filter(|charge| !charge.removed);
    let charges = charges.map(|c| (PartOf::Charge(c.id), c.name.clone(), c.value, Quantity::ONE));
    let mut parts = Vec::with_capacity(check.lines.len() + check.charges.len());
    for (of, name, total, quantity) in lines.chain(charges) {
        let sold = Sold { total, taxes: Vec::new(), refunded: Money::ZERO, refunded_taxes: Vec::new() };
        let (rates, refunded_bases) = (Vec::new(), Vec::new());
        parts.push(SoldPart { of, name, sold, quantity, refunded_quantity: 0, rates, refunded_bases });
    }
    for row in db.all(&money::TAXES_OF_ORDER, (order.id,), money::tax)? {
        if row.check == check.id {
            let part = part_of(&mut parts, row.line, row.charge)?;
            part.sold.taxes.push(row.of.tax);
            part.rates.push(row.of);
        }
    }
    for part in &mut parts {
        part.sold.refunded_taxes = vec![Money::ZERO; part.rates.len()];
        part.refunded_bases = vec![Money::ZERO; part.rates.len()];
    }
    lay_refunded(db, order, check, &mut parts)?;
    Ok(parts)
}

/// Dishes to give back, each combo as the parts it bears its price by.
pub fn with_parts(check: &Check, dishes: Vec<(LineId, Quantity)>) -> Vec<(LineId, Quantity)> {
    let mut all = Vec::with_capacity(dishes.len());
    for (id, quantity) in dishes {
        let is_head = check.line(id).is_some_and(|line| line.combo);
        let parts = check.open_lines().filter(|line| is_head && line.parent == Some(id));
        all.extend(parts.map(|part| (part.id, quantity)));
        if !is_head {
            all.push((id, quantity));
        }
    }
    all
}

fn part_of(parts: &mut [SoldPart], line: Option<LineId>, charge: Option<i64>) -> Result<&mut SoldPart> {
    let same = |part: &&mut SoldPart| match part.of {
        PartOf::Line(id) => line == Some(id),
        PartOf::Charge(id) => charge == Some(id),
    };
    parts.iter_mut().find(same).ok_or_else(|| Fault::new("something was taxed or refunded that was not sold").into())
}

fn lay_refunded(db: &impl Read, order: &Order, check: &Check, parts: &mut [SoldPart]) -> Result<()> {
    let mut rows = db.all(&money::REFUND_LINES_OF_ORDER, (order.id,), money::refunded)?;
    rows.retain(|row| row.check == check.id);
    if rows.is_empty() {
        return Ok(());
    }
    let taxes = db.all(&money::REFUND_TAXES_OF_ORDER, (order.id,), money::refunded_tax)?;
    for RefundedRow { id, line, charge, quantity, total, .. } in rows {
        let part = part_of(parts, line, charge)?;
        part.sold.refunded = part.sold.refunded.plus(total)?;
        part.refunded_quantity += quantity.unwrap_or_default();
        for (position, (_, base, tax)) in taxes.iter().filter(|(of, ..)| *of == id).enumerate() {
            let rates = part.sold.refunded_taxes.get_mut(position).zip(part.refunded_bases.get_mut(position));
            let (taxed, based) = rates.ok_or_else(|| Fault::new("a rate was refunded that was not charged"))?;
            *taxed = taxed.plus(*tax)?;
            *based = based.plus(*base)?;
        }
    }
    Ok(())
}

/// A refund that was decided on.
#[derive(Debug, Clone)]
pub struct NewRefund {
    pub tender_id: TenderId,
    pub tender_kind: &'static str,
    pub tender: String,
    /// The account it goes back to.
    pub account: Option<AccountId>,
    /// Σ total of the parts; what leaves is amount + rounding + tip + excess.
    pub amount: Money,
    pub rounding: Money,
    pub tip: Money,
    pub excess: Money,
    /// The drawer its cash comes out of.
    pub drawer: Option<DrawerId>,
    pub why: Why,
    /// Of a settled check; empty before.
    pub parts: Vec<RefundPart>,
}

impl NewRefund {
    /// The sum that leaves the house.
    pub fn paid(&self) -> Result<Money, TooLarge> {
        Money::sum([self.amount, self.rounding, self.tip, self.excess])
    }
}

/// Writes money back on the payment `of` of the check at `place`. On a settled check it undoes a part
/// of the sale and has a receipt, whose id and number are answered; on an open one it unmakes the payment.
pub fn give(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    of: PaymentId,
    new: &NewRefund,
) -> Result<(RefundId, Option<(ReceiptId, i64)>)> {
    let reversal = order.checks[place].state == State::Open;
    let parts = Money::sum(new.parts.iter().map(|part| part.total))?;
    assert!(reversal && new.parts.is_empty() || parts == new.amount, "a refund is not the sum of its parts");
    let off = account::what_goes_off(tx, &order.checks[place], &new.parts)?;
    let version = bump(order);
    let payment = order.checks[place].payments.iter().find(|p| p.id == of).cloned();
    let payment = payment.ok_or_else(|| Fault::new(format!("payment {of} is not on its check")))?;
    let id = insert(tx, by, order, place, &payment, new, reversal)?;
    let refund = Refund {
        id,
        amount: new.amount,
        rounding: new.rounding,
        tip: new.tip,
        excess: new.excess,
        reversal,
        cash: new.tender_kind == TenderKind::Cash.as_str(),
    };
    let check = &mut order.checks[place];
    check.version = version;
    check.payments.iter_mut().filter(|p| p.id == of).for_each(|p| p.refunds.push(refund));
    let receipt = if reversal {
        reports::ops::reversal(tx, &reversed(tx, by, order, &payment, new)?)?;
        let kind = books::AdjustmentKind::Reversal;
        reports::ops::reversed(tx, &adjustment(kind, by, order, &order.checks[place], new)?)?;
        save::totals(tx, &order.checks[place], None)?;
        None
    } else {
        reports::ops::refund(tx, &booked(tx, by, order, place, &payment, new)?)?;
        touch_check(tx, &order.checks[place])?;
        Some(receipt::ops::issue_refund(tx, &by.stamp, order, place, &document(id, &payment, new))?)
    };
    save::version(tx, order)?;
    let number = receipt.map(|(_, number)| number);
    let told = facts::refund(&order.checks[place], &refund, of, new.tender_kind, &new.why, number);
    let told = facts::through(told, "drawer", new.drawer);
    journal::ops::append(tx, &by.stamp, Fact::Refunded, order.id.get(), version, &told)?;
    account::put_back(tx, &by.stamp, order.id, &payment, id, new)?;
    account::take_off(tx, &by.stamp, order.id, id, &off)?;
    Ok((id, receipt))
}

/// The row of a check that is settled already.
pub(super) fn touch_check(tx: &Tx<'_>, check: &Check) -> Result<()> {
    tx.run(&money::CHECK_REFUNDED, (check.id, check.version, check.tips()?))?;
    Ok(())
}

pub(super) fn insert(
    tx: &Tx<'_>,
    by: &By,
    order: &Order,
    place: usize,
    payment: &Payment,
    new: &NewRefund,
    reversal: bool,
) -> Result<RefundId> {
    let stamp = &by.stamp;
    let id = tx.insert(
        &money::REFUND_INSERT,
        params![
            order.id,
            order.checks[place].id,
            payment.id,
            new.tender_id,
            new.tender_kind,
            new.tender,
            reversal,
            new.amount,
            new.rounding,
            new.tip,
            new.excess,
            payment.tip_owner(),
            new.why.reason_id,
            new.why.reason,
            stamp.staff,
            new.why.approved_by,
            stamp.device,
            stamp.date,
            stamp.at,
            new.account,
            new.drawer,
        ],
    )?;
    if let Some(drawer) = new.drawer {
        drawers::ops::refund(tx, stamp, drawer, RefundId::new(id), new.paid()?)?;
    }
    for part in &new.parts {
        let (line, charge) = match part.of {
            PartOf::Line(id) => (Some(id), None),
            PartOf::Charge(id) => (None, Some(id)),
        };
        let quantity = part.quantity.map(Quantity::thousandths);
        let row = (id, line, charge, quantity, part.net, part.tax, part.total);
        let row = tx.insert(&money::REFUND_LINE_INSERT, row)?;
        // Every rate each time: the next refund finds them by their place.
        for tax in &part.taxes {
            let values = (row, &tax.name, tax.rate.ten_thousandths(), tax.included, tax.base, tax.tax);
            tx.run(&money::REFUND_TAX_INSERT, values)?;
        }
    }
    Ok(RefundId::new(id))
}

fn document(id: RefundId, payment: &Payment, new: &NewRefund) -> RefundDoc {
    let same_card = new.tender_id == payment.tender_id;
    RefundDoc {
        id,
        tender: new.tender.clone(),
        tender_kind: new.tender_kind.to_owned(),
        card_brand: payment.card_brand.clone().filter(|_| same_card),
        card_last4: payment.card_last4.clone().filter(|_| same_card),
        amount: new.amount,
        rounding: new.rounding,
        tip: new.tip,
        excess: new.excess,
        reason: new.why.reason.clone(),
        parts: new.parts.clone(),
    }
}

pub(super) fn reversed(
    db: &impl Read,
    by: &By,
    order: &Order,
    payment: &Payment,
    new: &NewRefund,
) -> Result<books::Reversed> {
    let (paid, tip) = (new.paid()?, new.tip);
    Ok(books::Reversed {
        kept: -paid,
        tip: -tip,
        held: tip.minus(paid)?,
        date: by.stamp.date,
        tender_kind: new.tender_kind,
        tender_name: new.tender.clone(),
        ..settle::kept(db, &by.stamp, order, payment, false)?
    })
}

fn booked(
    db: &impl Read,
    by: &By,
    order: &Order,
    place: usize,
    payment: &Payment,
    new: &NewRefund,
) -> Result<books::RefundFact> {
    let (stamp, check) = (&by.stamp, &order.checks[place]);
    let mut lines = Vec::with_capacity(new.parts.len());
    let (mut charges, mut charges_tax, mut taxes) = (Money::ZERO, Money::ZERO, Vec::new());
    for part in &new.parts {
        match part.of {
            PartOf::Line(id) => lines.extend(check.line(id).map(|line| books::RefundLine {
                item: line.item,
                item_name: line.name.clone(),
                variant: line.variant,
                variant_name: line.variant_name.clone(),
                category: line.category,
                category_name: String::new(),
                quantity: part.quantity.map_or(0, Quantity::whole),
                net: part.net,
                tax: part.tax,
                total: part.total,
                is_sale: line.is_sale(),
            })),
            PartOf::Charge(_) => {
                (charges, charges_tax) = (charges.plus(part.total)?, charges_tax.plus(part.tax)?);
            }
        }
        for tax in &part.taxes {
            load::add_tax(&mut taxes, tax.clone())?;
        }
    }
    settle::name_categories(db, lines.iter_mut().map(|line| (line.category, &mut line.category_name)))?;
    let tip_staff = payment.tip_owner();
    Ok(books::RefundFact {
        date: stamp.date,
        hour: stamp.calendar.zone.hour(order.opened_at),
        order: order.id,
        kind: order.kind.as_str(),
        staff: order.staff,
        staff_name: settle::name_of_staff(db, order.staff)?,
        tip_staff,
        tip_staff_name: settle::name_of_staff(db, tip_staff.filter(|_| !new.tip.is_zero()))?,
        tender_kind: new.tender_kind,
        tender_name: new.tender.clone(),
        paid: new.paid()?,
        amount: new.amount,
        tip: new.tip,
        rounding: new.rounding,
        excess: new.excess,
        charges,
        charges_tax,
        adjustment: adjustment(books::AdjustmentKind::Refund, by, order, check, new)?,
        lines,
        taxes,
    })
}

/// What the report of refunds shows: the money that left, and the dish where it was for one.
fn adjustment(
    kind: books::AdjustmentKind,
    by: &By,
    order: &Order,
    check: &Check,
    new: &NewRefund,
) -> Result<books::Adjustment> {
    let line = match new.parts.as_slice() {
        [RefundPart { of: PartOf::Line(id), .. }] => check.line(*id),
        _ => None,
    };
    let quantities = new.parts.iter().filter_map(|part| part.quantity);
    Ok(books::Adjustment {
        kind,
        date: by.stamp.date,
        at: by.stamp.at,
        order: order.id,
        line: line.map(|line| line.id),
        name: line.map_or(String::new(), |line| line.name.clone()),
        quantity: quantities.map(Quantity::whole).sum(),
        amount: new.paid()?,
        wasted: false,
        reason_id: new.why.reason_id,
        reason: new.why.reason.clone(),
        staff: by.stamp.staff,
        approved_by: new.why.approved_by,
    })
}
