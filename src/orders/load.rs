//! An order read whole.

use std::collections::HashMap;

use super::model::{AppliesTo, Check, Line, LineState, Order, RateTotal, Sent, State};
use super::price::{self, RateBook};
use super::sql::{lines, money, order};
use crate::accounts;
use crate::error::{Fault, Refusal, Result};
use crate::kernel::ids::{CategoryId, CheckId, LineId, OrderId, PaymentId};
use crate::kitchen::{self, model::LineState as Cooked};
use crate::store::{Read, Tx};

/// The order with everything on it, or 404.
pub fn order(db: &impl Read, id: OrderId) -> Result<Order> {
    find(db, id)?.ok_or_else(|| Refusal::NotFound.because(format!("There is no order {id}.")).into())
}

/// The order a payment belongs to, or 404.
pub fn order_of_payment(db: &impl Read, id: PaymentId) -> Result<Order> {
    match db.opt(&money::ORDER_OF_PAYMENT, (id,), order::order_id)? {
        Some(order_id) => order(db, order_id),
        None => Err(Refusal::NotFound.because(format!("There is no payment {id}.")).into()),
    }
}

pub fn find(db: &impl Read, id: OrderId) -> Result<Option<Order>> {
    let Some(mut order) = db.opt(&order::ORDER_GET, (id,), order::order)? else { return Ok(None) };
    order.checks = db.all(&order::CHECKS_OF_ORDER, (id,), order::check)?;
    lay_lines(db, &mut order)?;
    lay_money(db, &mut order)?;
    Ok(Some(order))
}

fn check_of(checks: &mut [Check], id: CheckId) -> Result<&mut Check> {
    checks
        .iter_mut()
        .find(|check| check.id == id)
        .ok_or_else(|| Fault::new(format!("check {id} is of no order")).into())
}

fn lay_lines(db: &impl Read, order: &mut Order) -> Result<()> {
    for (check, line) in db.all(&lines::OF_ORDER, (order.id,), lines::line)? {
        check_of(&mut order.checks, check)?.lines.push(line);
    }
    let modifiers = db.all(&lines::MODIFIERS_OF_ORDER, (order.id,), lines::modifier)?;
    let progress = kitchen::ops::progress(db, order.id)?;
    order.revision = progress.revision;
    let sent: HashMap<LineId, Sent> =
        progress.lines.iter().map(|p| (p.line, Sent { state: cooked(p.state), at: p.sent_at })).collect();
    let mut all: HashMap<LineId, &mut Line> =
        order.checks.iter_mut().flat_map(|check| &mut check.lines).map(|line| (line.id, line)).collect();
    for (line, modifier) in modifiers {
        if let Some(line) = all.get_mut(&line) {
            line.modifiers.push(modifier);
        }
    }
    for line in all.values_mut() {
        line.kitchen = sent.get(&line.origin()).copied();
    }
    Ok(())
}

fn cooked(state: Cooked) -> LineState {
    match state {
        Cooked::Sent => LineState::Sent,
        Cooked::Ready => LineState::Ready,
        Cooked::Served => LineState::Served,
    }
}

fn lay_money(db: &impl Read, order: &mut Order) -> Result<()> {
    for (check, mut discount) in db.all(&money::DISCOUNTS_OF_ORDER, (order.id,), money::discount)? {
        let targets = || db.all(&money::DISCOUNT_TARGETS, (discount.id,), |row| row.get::<_, i64>(0));
        match &mut discount.applies_to {
            AppliesTo::Lines(ids) => *ids = targets()?.into_iter().map(LineId::new).collect(),
            AppliesTo::Categories(ids) => *ids = targets()?.into_iter().map(CategoryId::new).collect(),
            AppliesTo::Check | AppliesTo::Line(_) => {}
        }
        check_of(&mut order.checks, check)?.discounts.push(discount);
    }
    for (check, charge) in db.all(&money::CHARGES_OF_ORDER, (order.id,), money::charge)? {
        check_of(&mut order.checks, check)?.charges.push(charge);
    }
    lay_payments(db, order)?;
    lay_loaded(db, order)?;
    if order.checks.iter().any(|check| check.state == State::Paid) {
        for (check, id, number) in db.all(&money::RECEIPTS_OF_ORDER, (order.id,), money::receipt_number)? {
            check_of(&mut order.checks, check)?.receipt = Some((id, number));
        }
        for row in db.all(&money::TAXES_OF_ORDER, (order.id,), money::tax)? {
            add_tax(&mut check_of(&mut order.checks, row.check)?.taxes, row.of)?;
        }
    }
    let (service, guests) = (order.service, order.guests);
    for check in order.checks.iter_mut().filter(|check| check.state == State::Open) {
        // A settled check's rates are stored; an open one's are found as its bill is.
        check.taxes = price::taxes(check, service, guests, &RateBook::of(db, check, service)?)?;
    }
    Ok(())
}

/// What was sold that is no sale went to accounts when its check was settled.
fn lay_loaded(db: &impl Read, order: &mut Order) -> Result<()> {
    let loads = |check: &Check| check.state == State::Paid && check.lines.iter().any(|line| !line.is_sale());
    if !order.checks.iter().any(loads) {
        return Ok(());
    }
    for loaded in accounts::ops::loaded_by(db, order.id)? {
        let check = order.checks.iter_mut().find(|check| check.line(loaded.line).is_some());
        check.ok_or_else(|| Fault::new(format!("line {} is on no check", loaded.line)))?.loaded.push(loaded);
    }
    Ok(())
}

fn lay_payments(db: &impl Read, order: &mut Order) -> Result<()> {
    let mut refunds = db.all(&money::REFUNDS_OF_ORDER, (order.id,), money::refund)?;
    let payments = db.all(&money::PAYMENTS_OF_ORDER, (order.id,), money::payment)?;
    if payments.is_empty() {
        return Ok(());
    }
    let tips = db.all(&money::TIPS_OF_ORDER, (order.id,), money::tip_change)?;
    let corrections: Vec<_> = payments.iter().filter_map(|(_, p)| Some((p.corrects?, p.id))).collect();
    for (check, mut payment) in payments {
        let id = payment.id;
        payment.refunds = refunds.extract_if(.., |(of, _)| *of == id).map(|(_, refund)| refund).collect();
        for (_, change) in tips.iter().filter(|(of, _)| *of == id) {
            payment.lay_tip(change)?;
        }
        payment.corrected_by = corrections.iter().find(|(of, _)| *of == id).map(|(_, by)| *by);
        check_of(&mut order.checks, check)?.payments.push(payment);
    }
    Ok(())
}

/// Adds to the total of its rate; totals are in the order of rate and name, as on a bill.
pub fn add_tax(totals: &mut Vec<RateTotal>, of: RateTotal) -> Result<()> {
    match totals.iter_mut().find(|t| t.name == of.name && t.rate == of.rate && t.included == of.included) {
        Some(total) => {
            total.base = total.base.plus(of.base)?;
            total.tax = total.tax.plus(of.tax)?;
        }
        None => {
            let key = |t: &RateTotal| (t.rate, t.name.clone(), t.included);
            let place = totals.partition_point(|t| key(t) < key(&of));
            totals.insert(place, of);
        }
    }
    Ok(())
}

/// The id the next new line gets; ids after it are free too, since one writer gives them.
pub fn next_line_id(tx: &Tx<'_>) -> Result<i64> {
    Ok(tx.one(&lines::LAST_ID, (), |row| row.get::<_, i64>(0))? + 1)
}
