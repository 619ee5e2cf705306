//! What is changed about a payment after it was taken, each a record of its own: its tip, its tender.

use super::refund::{self, NewRefund, touch_check};
use super::{By, Why, account, bump, settle};
use crate::drawers;
use crate::error::Result;
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{ReceiptId, StaffId};
use crate::kernel::money::Money;
use crate::orders::model::{Order, Payment, Refund, TipChange};
use crate::orders::sql::money;
use crate::orders::{facts, receipt, save};
use crate::reports::{self, facts as books};
use crate::settings::model::TenderKind;
use crate::store::Tx;

/// Writes a change that was decided on to the tip of the payment `at` on the check at `place`. It is of
/// today and enters the coming Z, whenever the payment was taken. The check's version stays: nothing
/// that somebody else may be about to do on it depends on a tip. What it adds in cash goes
/// into the drawer of whoever changes it.
pub fn change_tip(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    at: usize,
    change: &TipChange,
    approved_by: Option<StaffId>,
) -> Result<Payment> {
    let stamp = &by.stamp;
    let version = bump(order);
    let mut payment = order.checks[place].payments[at].clone();
    let TipChange { taken, taken_from, given, given_to } = *change;
    let added = change.added()?;
    let moves_cash = payment.tender_kind == TenderKind::Cash.as_str() && !added.is_zero();
    let drawer = if moves_cash { drawers::ops::at_hand(tx, stamp)? } else { None };
    let row = (order.id, payment.id, taken, taken_from, given, given_to);
    let id = tx.insert(
        &money::TIP_INSERT,
        (row.0, row.1, row.2, row.3, row.4, row.5, stamp.staff, stamp.device, stamp.date, stamp.at, drawer),
    )?;
    if let Some(drawer) = drawer {
        drawers::ops::tip(tx, stamp, drawer, id, added)?;
    }
    payment.lay_tip(change)?;
    for (amount, staff) in [(-taken, taken_from), (given, given_to)] {
        if amount.is_zero() {
            continue;
        }
        let staff_name = settle::name_of_staff(tx, staff)?;
        let of_payment = settle::kept(tx, stamp, order, &payment, false)?;
        let added = books::Kept { kept: amount, tip: amount, held: Money::ZERO, staff, staff_name, ..of_payment };
        reports::ops::tip(tx, &added)?;
    }
    let check = &mut order.checks[place];
    check.payments[at].clone_from(&payment);
    touch_check(tx, check)?;
    let told = facts::approved(facts::tip_changed(check, &payment, id, change, added), approved_by);
    let told = facts::through(told, "drawer", drawer);
    save::version(tx, order)?;
    journal::ops::append(tx, stamp, Fact::TipChanged, order.id.get(), version, &told)?;
    account::tip(tx, stamp, order.id, &payment, change.added()?)?;
    Ok(payment)
}

/// Writes a correction that was decided on: what is left of the payment `at` on the check at `place` is
/// taken back by the tender it was booked under, and `new`, of the same amount, comes in its place. Both
/// are of today, so that neither the sale nor a Z that was made moves. The drawer that was told
/// of cash it never got is told so, closed or not.
pub fn correct_tender(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    at: usize,
    mut new: Payment,
    approved_by: Option<StaffId>,
) -> Result<(Payment, Option<(ReceiptId, i64)>)> {
    let stamp = &by.stamp;
    let mut wrong = order.checks[place].payments[at].clone();
    let kind = settle::tender_kind(&wrong.tender_kind)?;
    let wrong_drawer = wrong.drawer;
    let back = NewRefund {
        tender_id: wrong.tender_id,
        tender_kind: kind,
        tender: wrong.tender.clone(),
        account: wrong.account,
        amount: new.amount,
        rounding: new.rounding,
        tip: new.tip,
        excess: new.excess,
        drawer: wrong_drawer,
        why: Why { approved_by, ..Why::default() },
        parts: Vec::new(),
    };
    let version = bump(order);
    let refund = refund::insert(tx, by, order, place, &wrong, &back, true)?;
    reports::ops::reversal(tx, &refund::reversed(tx, by, order, &wrong, &back)?)?;
    new.corrects = Some(wrong.id);
    new.id = settle::insert(tx, order.id, order.checks[place].id, &new)?;
    settle::into_drawer(tx, stamp, &new)?;
    reports::ops::payment(tx, &settle::kept(tx, stamp, order, &new, false)?)?;
    let NewRefund { amount, rounding, tip, excess, .. } = back;
    let cash = kind == TenderKind::Cash.as_str();
    wrong.refunds.push(Refund { id: refund, amount, rounding, tip, excess, reversal: true, cash });
    wrong.corrected_by = Some(new.id);
    let check = &mut order.checks[place];
    check.version = version;
    check.payments[at].clone_from(&wrong);
    check.payments.push(new.clone());
    touch_check(tx, check)?;
    save::version(tx, order)?;
    let receipt = receipt::ops::issue_correction(tx, stamp, order, place, (&wrong, &new))?;
    let number = receipt.map(|(_, number)| number);
    let told = facts::corrected(&order.checks[place], &wrong, refund, &new, number);
    let told = facts::through(facts::approved(told, approved_by), "from_drawer", wrong_drawer);
    journal::ops::append(tx, stamp, Fact::PaymentCorrected, order.id.get(), version, &told)?;
    account::correct(tx, stamp, order.id, &wrong, refund, back.paid()?)?;
    account::draw(tx, stamp, order.id, &new)?;
    Ok((new, receipt))
}
