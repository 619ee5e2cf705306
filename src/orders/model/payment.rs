//! A payment as a check shows it, what was changed about it, and what went back of it. Pure.

use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{AccountId, DeviceId, DrawerId, PaymentId, RefundId, StaffId, TenderId};
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::words::words;
use crate::settings::model::TenderKind;

words! {
    /// Whether a payment is money yet.
    PaymentState {
        Pending "pending", Captured "captured", Declined "declined", Cancelled "cancelled", Unknown "unknown",
    }
}

/// A payment as a check shows it. tendered − change = amount + rounding + tip + excess, the last tip it
/// has: see [`TipChange`].
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: PaymentId,
    /// The one whose wrong tender this one sets right.
    pub corrects: Option<PaymentId>,
    /// The one that sets this one's wrong tender right.
    pub corrected_by: Option<PaymentId>,
    pub tender_id: TenderId,
    pub tender_kind: String,
    pub tender: String,
    pub state: PaymentState,
    pub amount: Money,
    pub tendered: Money,
    pub change: Money,
    pub tip: Money,
    pub rounding: Money,
    pub excess: Money,
    pub tip_staff: Option<StaffId>,
    pub reference: Option<String>,
    pub card_brand: Option<String>,
    pub card_last4: Option<String>,
    pub card_auth: Option<String>,
    pub client_ref: Option<String>,
    /// The account it is drawn on.
    pub account: Option<AccountId>,
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    /// The drawer its cash went into.
    pub drawer: Option<DrawerId>,
    pub date: BusinessDate,
    pub at: UtcMs,
    /// What was given back of it, in the order it was.
    pub refunds: Vec<Refund>,
}

/// A tip changed after its payment was taken: a record of its own. At least one amount is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TipChange {
    pub taken: Money,
    pub taken_from: Option<StaffId>,
    pub given: Money,
    /// Whose all of the tip is from now on.
    pub given_to: Option<StaffId>,
}

impl TipChange {
    /// What it adds to the tip; below zero where it takes.
    pub fn added(&self) -> Result<Money, TooLarge> {
        self.given.minus(self.taken)
    }
}

impl Payment {
    /// Lays a change of its tip on the payment: what was handed over changes with it, so that nothing
    /// else moves.
    pub fn lay_tip(&mut self, change: &TipChange) -> Result<(), TooLarge> {
        let added = change.added()?;
        self.tip = self.tip.plus(added)?;
        self.tendered = self.tendered.plus(added)?;
        self.tip_staff = change.given_to;
        Ok(())
    }

    /// Whose its tip is: who was named, or else who took the payment.
    pub fn tip_owner(&self) -> Option<StaffId> {
        self.tip_staff.or(self.staff)
    }

    /// Whether it is by a paper voucher of another house, of which no balance is known here.
    pub fn is_paper(&self) -> bool {
        let gone = matches!(self.state, PaymentState::Declined | PaymentState::Cancelled);
        !gone && self.account.is_none() && self.tender_kind == TenderKind::GiftVoucher.as_str()
    }

    /// What stays with the house, tip included: tendered less change, while it is captured.
    pub fn kept(&self) -> Result<Money, TooLarge> {
        if self.state == PaymentState::Captured { self.tendered.minus(self.change) } else { Ok(Money::ZERO) }
    }

    pub fn refunded(&self) -> Result<Money, TooLarge> {
        Money::sum(self.refunds.iter().map(|r| r.amount))
    }
}

/// Money given back. The sum that leaves is amount + rounding + tip + excess.
#[derive(Debug, Clone, Copy)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    pub rounding: Money,
    pub tip: Money,
    pub excess: Money,
    /// Given back before the check was settled: it unmakes the payment, not a sale.
    pub reversal: bool,
    /// In cash, whatever it was paid with.
    pub cash: bool,
}
