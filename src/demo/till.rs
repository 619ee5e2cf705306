//! Taking money and giving it back.

use crate::error::{Fault, Result};
use crate::kernel::ids::{LineId, OrderId, PaymentId, StaffId};
use crate::kernel::money::Money;
use crate::orders::bill::cash_rounding;
use crate::orders::load;
use crate::orders::model::{Order, Payment, PaymentState};
use crate::orders::ops::{By, Why, settle};
use crate::settings;
use crate::settings::model::TenderKind;
use crate::store::Tx;

/// What is handed over: all that is due where nothing is said.
pub(super) struct Handed {
    pub(super) amount: Option<Money>,
    pub(super) tendered: Option<Money>,
    pub(super) tip: Money,
}

pub(super) fn take(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    kind: TenderKind,
    handed: &Handed,
    served_by: Option<StaffId>,
) -> Result<(PaymentId, Order)> {
    let mut order = load::order(tx, id)?;
    let check = &order.checks[0];
    let tender = settings::ops::tender_of_kind(tx, kind)?.ok_or_else(|| Fault::new("a tender is missing"))?;
    let due = check.due()?;
    let rounding = if kind == TenderKind::Cash { cash_rounding(due, check.cash.step)? } else { Money::ZERO };
    let amount = handed.amount.unwrap_or(due).min(due);
    let payable = Money::sum([amount, rounding, handed.tip])?;
    let tendered = handed.tendered.unwrap_or(payable);
    let (amount, rest) = if tendered < payable { (tendered, Money::ZERO) } else { (amount, tendered.minus(payable)?) };
    let (change, excess) = if tender.gives_change { (rest, Money::ZERO) } else { (Money::ZERO, rest) };
    let payment = Payment {
        id: PaymentId::new(0),
        tender_id: tender.id,
        tender_kind: kind.as_str().to_owned(),
        tender: tender.name,
        state: PaymentState::Captured,
        amount,
        tendered,
        change,
        tip: handed.tip,
        rounding,
        excess,
        tip_staff: served_by.filter(|_| !handed.tip.is_zero()),
        reference: None,
        card_brand: None,
        card_last4: None,
        card_auth: None,
        client_ref: None,
        device: by.stamp.device,
        staff: by.stamp.staff,
        date: by.stamp.date,
        at: by.stamp.at,
        refunds: Vec::new(),
    };
    let payment = settle::add_payment(tx, by, &mut order, 0, payment)?;
    Ok((payment.id, order))
}

pub(super) fn give_back(_: &Tx<'_>, _: &By, _: PaymentId, _: Option<LineId>, _: Why) -> Result<()> {
    Ok(())
}
