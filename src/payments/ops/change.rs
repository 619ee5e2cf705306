//! A tip that changes after its payment, and a wrong tender set right.

use super::{Drawn, With, account, find, tender, unknown, written_off};
use crate::approvals::model::Size;
use crate::error::Result;
use crate::kernel::ids::{PaymentId, ReceiptId, StaffId, TenderId};
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::orders::model::{Order, Payment};
use crate::orders::ops::{By, correct};
use crate::payments::model::{self, Parts};
use crate::settings::model::TenderKind;
use crate::store::Tx;
use crate::{accounts, drawers, staff};

/// Makes the tip of a captured payment `amount`, and `whose` where that is said. What is so already is
/// answered as it stands. A tip above all that was paid needs somebody who may correct payments.
pub fn change_tip(
    tx: &Tx<'_>,
    by: &By,
    id: PaymentId,
    amount: Money,
    whose: Option<StaffId>,
) -> Result<(Payment, Order)> {
    let (mut order, place, at) = find(tx, id)?;
    let payment = &order.checks[place].payments[at];
    let change = model::change_tip(payment, amount, whose.or(payment.tip_owner()))?;
    if let Some(whose) = whose
        && staff::ops::active(tx, whose)?.is_none()
    {
        return Err(unknown("/staff_id", format!("There is nobody {whose}.")).into());
    }
    let large = model::is_large(payment, amount);
    let approved_by = if large { by.require(tx, Permission::CorrectPayment, Size::Amount(amount))? } else { None };
    if let Some((account, change)) = payment.account.zip(change) {
        let added = change.added()?;
        if added > Money::ZERO {
            accounts::ops::get(tx, account)?.can_draw(added)?;
        }
    }
    let payment = match change {
        Some(change) => correct::change_tip(tx, by, &mut order, place, at, &change, approved_by)?,
        None => payment.clone(),
    };
    Ok((payment, order))
}

/// What of a payment's tender was otherwise than it was written.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub drawn: Drawn,
    /// What the terminal calls it, or the number of a paper voucher.
    pub reference: Option<String>,
}

/// A wrong tender set right.
#[derive(Debug)]
pub struct Corrected {
    /// The one that stands now.
    pub payment: Payment,
    /// Id and number of the receipt that says so; of a sale that has one.
    pub receipt: Option<(ReceiptId, i64)>,
    pub order: Order,
}

/// Sets a wrong tender right: what is left of the payment is taken back, and a new one comes in its
/// place. It says of itself only what the books need: who took the money and where stays as it was, as
/// does whose the tip is, while the terminal's own names for it (`client_ref`, the card, the `reference` of before)
/// belong to the payment they were sent with.
///
/// No coin moves now: what a drawer should hold is set right, the one in which the cash lies, or which was
/// told of cash it never got. Where that one is closed, what it was over or short is set right instead, today and
/// for the coming Z, and no other is moved in its place, since none of it lies there.
pub fn correct(tx: &Tx<'_>, by: &By, id: PaymentId, to: TenderId, truth: Truth) -> Result<Corrected> {
    let (mut order, place, at) = find(tx, id)?;
    let check = &order.checks[place];
    let payment = &check.payments[at];
    model::must_stand(payment)?;
    let to = tender(tx, With::Tender(to))?;
    let account = account::of(tx, &to, &truth.drawn, truth.reference.as_deref())?;
    let other_account = account.as_ref().map(|account| account.id) != payment.account;
    let parts = model::correct(payment, &to, other_account, check.cash.step)?;
    let Parts { amount, tendered, change, tip, rounding, excess } = parts;
    if to.kind == TenderKind::GiftVoucher && account.is_none() {
        model::paper_pays(check, amount, Some(payment))?;
    }
    if let Some(account) = account.as_ref().filter(|_| other_account) {
        account.can_draw(tendered)?;
    }
    let account = account.map(|account| account.id);
    let is_cash = |kind: &str| kind == TenderKind::Cash.as_str();
    let drawer = if !is_cash(to.kind.as_str()) {
        None
    } else if is_cash(&payment.tender_kind) {
        payment.drawer
    } else {
        drawers::ops::lying_in(tx, payment.staff, payment.device, payment.at)?
    };
    let new = Payment {
        // The row gives it one.
        id: PaymentId::new(0),
        tender_id: to.id,
        tender_kind: to.kind.as_str().to_owned(),
        tender: to.name.clone(),
        amount,
        tendered,
        change,
        tip,
        rounding,
        excess,
        reference: truth.reference,
        card_brand: None,
        card_last4: None,
        card_auth: None,
        client_ref: None,
        account,
        drawer,
        date: by.stamp.date,
        at: by.stamp.at,
        refunds: Vec::new(),
        ..payment.clone()
    };
    let mut size = amount.plus(tip)?;
    if to.kind == TenderKind::WriteOff {
        size = size.plus(written_off(&order)?)?;
    }
    let approved_by = by.require(tx, Permission::CorrectPayment, Size::Amount(size))?;
    let (payment, receipt) = correct::correct_tender(tx, by, &mut order, place, at, new, approved_by)?;
    Ok(Corrected { payment, receipt, order })
}
