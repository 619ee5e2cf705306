//! Taking money and giving it back.

use super::chance::Chance;
use crate::error::Result;
use crate::kernel::ids::{LineId, OrderId, StaffId};
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::orders::model::{IfMatch, Line, Order, Payment};
use crate::orders::ops::{By, Why};
use crate::payments::model::Asked;
use crate::payments::ops::{self as payments, NewPayment, NewRefundCall, What, With};
use crate::settings::model::TenderKind;
use crate::store::Tx;

/// What is handed over: all that is due where nothing is said.
pub(super) struct Handed {
    pub(super) amount: Option<Money>,
    pub(super) tendered: Option<Money>,
    pub(super) tip: Money,
}

const BRANDS: [&str; 3] = ["visa", "mastercard", "pagobancomat"];

pub(super) fn take(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    kind: TenderKind,
    handed: &Handed,
    (served_by, chance): (Option<StaffId>, &mut Chance),
) -> Result<(Payment, Order)> {
    let card = kind == TenderKind::Card;
    let asked = Asked {
        amount: handed.amount,
        tendered: handed.tendered,
        tip: handed.tip,
        pending: false,
        vouched: matches!(kind, TenderKind::Card | TenderKind::Online),
    };
    let new = NewPayment {
        with: With::Kind(kind),
        check: None,
        asked,
        tip_staff: served_by.filter(|_| !handed.tip.is_zero()),
        reference: (kind == TenderKind::Online).then(|| format!("web-{id}")),
        card_brand: card.then(|| (*chance.pick(&BRANDS)).to_owned()),
        card_last4: card.then(|| format!("{:04}", chance.below(10_000))),
        card_auth: card.then(|| format!("{:06}", chance.below(1_000_000))),
        client_ref: None,
        drawn: payments::Drawn::default(),
    };
    payments::take(tx, by, id, &IfMatch::Any, new)
}

/// Gives one of `dish` back where the payment covers it, else all that was paid.
pub(super) fn give_back(tx: &Tx<'_>, by: &By, payment: &Payment, dish: Option<&Line>, why: Why) -> Result<()> {
    let covered = dish.filter(|line| line.amounts.total <= payment.amount && !line.amounts.total.is_zero());
    let one = |line: &Line| -> Vec<(LineId, Quantity)> { vec![(line.id, Quantity::ONE)] };
    let what = covered.map_or(What::All, |line| What::Dishes(one(line)));
    payments::give_back(tx, by, payment.id, NewRefundCall { what, tender: None, tip: None, why })?;
    Ok(())
}
