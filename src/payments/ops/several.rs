//! Dishes that cost more than is left of one payment, on a check that several paid.

use super::{
    ByTender, Decided, NewRefundCall, Refunded, What, back_by, by_dish, find, must_be_settled, name_of, write,
};
use crate::approvals::model::Size;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::kernel::ids::PaymentId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::quantity::Quantity;
use crate::orders::bill::refund_by_amount;
use crate::orders::model::{Check, Order, Payment, PaymentState};
use crate::orders::ops::{By, refund};
use crate::orders::receipt::model::{PartOf, RefundPart};
use crate::payments::model::{self, AskedBack, Back};
use crate::settings::model::{ReasonUse, TenderKind};
use crate::store::Tx;

/// The other payments of a check of which something can go back, in the order in which they came.
fn others(check: &Check, but: PaymentId) -> impl Iterator<Item = &Payment> {
    let stands = |p: &&Payment| p.state == PaymentState::Captured && p.corrected_by.is_none();
    check.payments.iter().filter(stands).filter(move |p| p.id != but)
}

/// Refuses dishes that cost more than is left of their payment, saying how they go back all the same.
pub(super) fn covers(check: &Check, payment: &Payment, cost: Money) -> Result<()> {
    let left = model::left(payment)?.amount;
    let mut elsewhere = Money::ZERO;
    for other in others(check, payment.id) {
        elsewhere = elsewhere.plus(model::left(other)?.amount)?;
    }
    if cost <= left || cost > left.plus(elsewhere)? {
        return Ok(());
    }
    let (cost, left) = (cost.minor(), left.minor());
    let how = "with `other_payments` the rest goes back of the check's other payments";
    let why = format!("{left} is left of this payment, and that cost {cost}: {how}.");
    Err(Refusal::RefundTooHigh.because(why).with("left", left).into())
}

/// What is still to go back of a line: with the last of it, so many dishes.
struct Owed {
    of: PartOf,
    quantity: Option<Quantity>,
    amount: Money,
}

/// Gives dishes back of a settled check: of the payment `id` as far as it goes, the rest of the check's other payments
/// in the order in which they came. Each is a refund of its own, by its own tender unless told, with its receipt.
///
/// What is no sale is not parted so: a voucher goes back by piece.
pub fn give_back_of_several(
    tx: &Tx<'_>,
    by: &By,
    id: PaymentId,
    call: NewRefundCall,
) -> Result<(Vec<Refunded>, Order)> {
    let (mut order, place, at) = find(tx, id)?;
    let check = &order.checks[place];
    let payment = &check.payments[at];
    if payment.state != PaymentState::Captured || payment.corrected_by.is_some() {
        model::must_stand(payment)?;
    }
    let What::Dishes(dishes) = call.what else {
        let why = Invalid::new("conflict", "only dishes go back of several payments; an amount is one payment's");
        return Err(Refused::input("/other_payments", why).into());
    };
    must_be_settled(check)?;
    let mut why = call.why.resolve(tx, ReasonUse::Refund)?;
    let sold = refund::sold(tx, &order, place)?;
    let parts = by_dish(&sold, &refund::with_parts(check, dishes))?;
    let is_sale = |part: &RefundPart| match part.of {
        PartOf::Line(line) => check.line(line).is_some_and(|line| line.is_sale()),
        PartOf::Charge(_) => true,
    };
    if !parts.iter().all(is_sale) {
        let why = Invalid::new("conflict", "a voucher or a deposit goes back of one payment");
        return Err(Refused::input("/other_payments", why).into());
    }
    let cost = Money::sum(parts.iter().map(|part| part.total))?;
    let tip = call.tip.unwrap_or_default();
    let (mut turns, mut left, mut all) = (Vec::new(), cost, cost.plus(tip)?);
    for payment in std::iter::once(payment).chain(others(check, id)) {
        let amount = model::left(payment)?.amount.min(left);
        if amount > Money::ZERO {
            left = left.minus(amount)?;
            let before = payment.refunds.iter().flat_map(|r| [r.amount, r.rounding, r.tip, r.excess]);
            all = all.plus(Money::sum(before)?)?;
            turns.push((payment.id, amount));
        }
    }
    if left > Money::ZERO || turns.is_empty() {
        let most = cost.minus(left)?.minor();
        let why = format!("{most} is left of all payments of this check.");
        return Err(Refusal::RefundTooHigh.because(why).with("left", most).into());
    }
    why.approved_by = by.require(tx, Permission::Refund, Size::Amount(all))?;
    let mut owed: Vec<Owed> =
        parts.iter().map(|part| Owed { of: part.of, quantity: part.quantity, amount: part.total }).collect();
    let mut refunds = Vec::with_capacity(turns.len());
    for (payment, amount) in turns {
        // With the first of them, as it is asked of that payment.
        let tip = call.tip.filter(|_| payment == id);
        let asked = AskedBack { back: Back::Dishes(amount), tip, cash: false, step: order.checks[place].cash.step };
        let payment = order.checks[place].payments.iter().find(|p| p.id == payment).cloned();
        let payment = payment.ok_or_else(|| Fault::new("a payment went missing from its check"))?;
        let of: ByTender = back_by(tx, &payment, call.tender)?;
        let given = model::give_back(&payment, &AskedBack { cash: of.kind == TenderKind::Cash, ..asked })?;
        if of.kind == TenderKind::GiftVoucher && of.account.is_none() {
            model::paper_goes_back(&payment, &given)?;
        }
        // Read anew: what went back just now counts in the running sums of its rates.
        let sold = refund::sold(tx, &order, place)?;
        let (mut parts, mut rest) = (Vec::new(), amount);
        for owed in owed.iter_mut().filter(|owed| owed.amount > Money::ZERO) {
            let piece = rest.min(owed.amount);
            if piece.is_zero() {
                break;
            }
            let dish = sold.iter().find(|part| part.of == owed.of);
            let dish = dish.ok_or_else(|| Fault::new("a dish went missing from its check"))?;
            let spread = refund_by_amount(piece, std::slice::from_ref(&dish.sold))?;
            let part = spread.and_then(|parts| parts.into_iter().next());
            let part = part.ok_or_else(|| Fault::new("less of a dish is left than goes back"))?;
            let last = piece == owed.amount;
            parts.push(dish.back(part, owed.quantity.filter(|_| last))?);
            (owed.amount, rest) = (owed.amount.minus(piece)?, rest.minus(piece)?);
        }
        let names = parts.iter().map(|part| name_of(&sold, part)).collect();
        let decided = Decided { of, given, why: why.clone(), parts, names };
        refunds.push(write(tx, by, &mut order, place, payment.id, decided)?);
    }
    Ok((refunds, order))
}
