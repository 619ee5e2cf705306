//! An order read whole.

use super::bill::DiscountAmount;
use super::model::parts::ChargeWorth;
use super::model::{AppliesTo, Check, Discount, Line, LineState, Order, RateTotal, Sent, State};
use super::price::{self, RateBook};
use super::sql::{lines, money, order, parts};
use crate::accounts;
use crate::error::{Fault, Refusal, Result};
use crate::kernel::ids::{CategoryId, CheckId, DiscountId, LineId, OrderId, PaymentId};
use crate::kernel::money::Money;
use crate::kitchen::{self, model::LineProgress, model::LineState as Cooked};
use crate::store::{Read, Tx};

/// The order with everything on it, or 404.
pub fn order(db: &impl Read, id: OrderId) -> Result<Order> {
    find(db, id)?.ok_or_else(|| Refusal::NotFound.because(format!("There is no order {id}.")).into())
}

/// Which order a payment belongs to, where there is one.
pub fn order_id_of_payment(db: &impl Read, id: PaymentId) -> Result<Option<OrderId>> {
    Ok(db.opt(&money::ORDER_OF_PAYMENT, (id,), order::order_id)?)
}

/// The order a payment belongs to, or 404.
pub fn order_of_payment(db: &impl Read, id: PaymentId) -> Result<Order> {
    match order_id_of_payment(db, id)? {
        Some(order_id) => order(db, order_id),
        None => Err(Refusal::NotFound.because(format!("There is no payment {id}.")).into()),
    }
}

pub fn find(db: &impl Read, id: OrderId) -> Result<Option<Order>> {
    let Some(mut order) = db.opt(&order::ORDER_GET, (id,), order::order)? else { return Ok(None) };
    for (check, joined) in db.all(&order::CHECKS_OF_ORDER, (id,), order::check_or_joined)? {
        if joined {
            order.joined.push(check.id);
        } else {
            order.checks.push(check);
        }
    }
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
    for (check, mut line) in db.all(&lines::OF_ORDER, (order.id,), lines::line)? {
        line.stands = Some(line.stand_on(order.id, check));
        check_of(&mut order.checks, check)?.lines.push(line);
    }
    let modifiers = db.all(&lines::MODIFIERS_OF_ORDER, (order.id,), lines::modifier)?;
    let progress = kitchen::ops::progress(db, order.id)?;
    order.revision = progress.revision;
    for (id, modifier) in modifiers {
        // Lines and what the kitchen has of them come in the order of their ids.
        let of = |check: &Check| check.lines.binary_search_by_key(&id, |line| line.id).ok();
        if let Some((check, at)) = order.checks.iter_mut().find_map(|check| of(check).map(|at| (check, at))) {
            check.lines[at].modifiers.push(modifier);
        }
    }
    for line in order.checks.iter_mut().flat_map(|check| &mut check.lines) {
        let found = progress.lines.binary_search_by_key(&line.origin(), |own| own.line);
        line.kitchen = found.ok().map(|at| sent(&progress.lines[at]));
    }
    order.checks.iter_mut().for_each(lay_heads);
    Ok(())
}

/// The head of a combo is as far as the part that is least far; sent, once any part is; held while all are.
fn lay_heads(check: &mut Check) {
    for place in 0..check.lines.len() {
        let head = &check.lines[place];
        if !head.combo {
            continue;
        }
        let parts = || check.lines.iter().filter(|line| line.parent == Some(head.id) && line.voided == head.voided);
        let at = parts().filter_map(|part| part.kitchen).map(|sent| sent.at).min();
        let state = parts().map(|part| part.kitchen.map_or(LineState::Sent, |sent| sent.state)).min();
        let held = parts().all(|part| part.hold);
        let head = &mut check.lines[place];
        (head.kitchen, head.hold) = (at.zip(state).map(|(at, state)| Sent { state, at }), held);
    }
}

fn sent(of: &LineProgress) -> Sent {
    Sent { state: cooked(of.state), at: of.sent_at }
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
    lay_parts(db, order)?;
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

/// What came to a check at a price of its own, and what a carried one was given.
fn lay_parts(db: &impl Read, order: &mut Order) -> Result<()> {
    let wide = |d: &Discount| matches!(d.applies_to, AppliesTo::Check | AppliesTo::Categories(_));
    if order.checks.iter().any(|check| check.discounts.iter().any(wide)) {
        let rows = db.all(&parts::EXCEPTIONS_OF_ORDER, (order.id,), |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        for (id, line) in rows {
            let all = order.checks.iter_mut().flat_map(|check| &mut check.discounts);
            all.filter(|discount| discount.id == id).for_each(|discount| discount.except.push(line));
        }
    }
    if !order.checks.iter().any(|check| check.carried && check.state == State::Open) {
        return Ok(());
    }
    for check in order.checks.iter_mut().filter(|check| check.carried) {
        for charge in &mut check.charges {
            charge.worth = Some(ChargeWorth { amount: charge.value, added: Vec::new() });
        }
    }
    for (check, discount, line, amount) in
        db.all(&parts::CARRIED_DISCOUNTS_OF_ORDER, (order.id,), parts::carried_discount)?
    {
        let lines = &mut check_of(&mut order.checks, check)?.lines;
        let off = DiscountAmount { id: DiscountId::new(discount), amount: Money::new(amount) };
        lines.iter_mut().filter(|own| own.id == line).for_each(|own| own.worth.off.push(off));
    }
    for row in db.all(&parts::CARRIED_TAXES_OF_ORDER, (order.id,), parts::carried_tax)? {
        let check = check_of(&mut order.checks, row.check)?;
        if let Some(line) = check.lines.iter_mut().find(|line| row.line == Some(line.id)) {
            line.worth.added.push(row.of);
        } else if let Some(charge) = check.charges.iter_mut().find(|charge| row.charge == Some(charge.id))
            && let Some(worth) = &mut charge.worth
        {
            worth.amount = worth.amount.minus(row.of.tax)?;
            worth.added.push(row.of);
        }
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

/// A check that was joined to another, with its charges: what a step that is taken back brings back.
pub fn gone_check(db: &impl Read, id: CheckId) -> Result<Check> {
    let mut check = db.one(&order::CHECK_GET, (id,), order::check)?;
    check.charges = db.all(&money::CHARGES_OF_CHECK, (id,), money::charge)?.into_iter().map(|(_, c)| c).collect();
    Ok(check)
}

/// A line that was taken into another part of its dish, on an order that it was on before.
pub fn gone_line(db: &impl Read, id: LineId, order: OrderId) -> Result<Line> {
    let (_, mut line) = db.one(&lines::ONE, (id,), lines::line)?;
    line.modifiers = db.all(&lines::MODIFIERS_OF_LINE, (id,), lines::modifier)?.into_iter().map(|(_, m)| m).collect();
    let progress = kitchen::ops::progress(db, order)?;
    line.kitchen = progress.lines.iter().find(|own| own.line == line.origin()).map(sent);
    Ok(line)
}

/// A discount that was removed with its check; without what it reaches.
pub fn gone_discount(db: &impl Read, id: i64) -> Result<Discount> {
    Ok(db.one(&money::DISCOUNT_GET, (id,), money::discount)?.1)
}

/// The id the next new line gets; ids after it are free too, since one writer gives them.
pub fn next_line_id(tx: &Tx<'_>) -> Result<i64> {
    Ok(tx.one(&lines::LAST_ID, (), |row| row.get::<_, i64>(0))? + 1)
}
