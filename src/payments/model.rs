//! What a payment comes to, and what becomes of one that was pending. Pure.

mod account;
mod change;
mod refund;

pub use account::{draw, paper_goes_back, paper_pays};
pub use change::{change_tip, correct, is_large, must_stand};
pub use refund::{Asked as AskedBack, Back, GivenBack, give_back, left};

use crate::error::{Refusal, Refused, Result};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::kernel::words::words;
use crate::orders::bill::cash_rounding;
use crate::orders::model::{CashRounding, Check, PaymentState};
use crate::settings::model::{Excess, Tender, TenderKind};

words! {
    /// What is learnt of a payment that was not answered.
    Outcome { Captured "captured", Declined "declined", Cancelled "cancelled", Unknown "unknown", }
}

/// The one place where a payment changes its state. What is final stays, but for one thing: a payment that was
/// given up turns out taken, since the bank knows better than whoever stood at the terminal.
pub fn resolve(state: PaymentState, outcome: Outcome) -> Result<PaymentState, Refused> {
    match (state, outcome) {
        (PaymentState::Pending | PaymentState::Unknown, Outcome::Captured) => Ok(PaymentState::Captured),
        (PaymentState::Pending | PaymentState::Unknown, Outcome::Declined) => Ok(PaymentState::Declined),
        (PaymentState::Pending | PaymentState::Unknown, Outcome::Cancelled) => Ok(PaymentState::Cancelled),
        (PaymentState::Pending | PaymentState::Unknown, Outcome::Unknown) => Ok(PaymentState::Unknown),
        (PaymentState::Declined | PaymentState::Cancelled, Outcome::Captured) => Ok(PaymentState::Captured),
        (PaymentState::Captured, _)
        | (
            PaymentState::Declined | PaymentState::Cancelled,
            Outcome::Declined | Outcome::Cancelled | Outcome::Unknown,
        ) => Err(not_pending(state)),
    }
}

/// That nothing more is to be learnt of a payment.
pub fn not_pending(state: PaymentState) -> Refused {
    Refusal::NotPending.because(format!("This payment is {}.", state.as_str())).with("state", state.as_str())
}

/// Whether what is learnt of it contradicts what was said before: somebody has to answer for that.
pub fn was_given_up(state: PaymentState) -> bool {
    matches!(state, PaymentState::Declined | PaymentState::Cancelled)
}

/// A payment as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Above zero. Without it: all that is due, or as much of it as was handed over.
    pub amount: Option<Money>,
    /// Handed over, with the tip.
    pub tendered: Option<Money>,
    pub tip: Money,
    /// The terminal has not answered yet.
    pub pending: bool,
    /// The terminal says that it has the money: an authorisation or a reference of its own.
    pub vouched: bool,
}

/// How a check stands before a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Nothing stands on it.
    pub empty: bool,
    pub due: Money,
    /// Of what is due: kept from being charged again.
    pub unresolved: Money,
    pub cash: CashRounding,
    /// Something of it was paid otherwise than in cash.
    pub paid_otherwise: bool,
}

impl Standing {
    pub fn of(check: &Check) -> Result<Self, TooLarge> {
        let mut paid_otherwise = false;
        for payment in check.payments.iter().filter(|p| p.tender_kind != TenderKind::Cash.as_str()) {
            let back = Money::sum(payment.refunds.iter().filter(|r| r.reversal).map(|r| r.amount))?;
            paid_otherwise |= payment.state == PaymentState::Captured && back < payment.amount;
        }
        Ok(Self {
            empty: check.open_lines().next().is_none(),
            due: check.due()?,
            unresolved: check.unresolved()?,
            cash: check.cash,
            paid_otherwise,
        })
    }
}

/// Why a write-off bears no tip.
const NO_TIP: &str = "nobody pays a write-off, so that it bears no tip";

/// What a payment comes to: tendered − change = amount + rounding + tip + excess.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    pub amount: Money,
    pub tendered: Money,
    pub change: Money,
    pub tip: Money,
    pub rounding: Money,
    pub excess: Money,
}

/// Whether the money is gone from the guest already, so that recording it can no longer be refused.
fn is_taken(kind: TenderKind, asked: &Asked) -> bool {
    asked.vouched && !asked.pending && matches!(kind, TenderKind::Card | TenderKind::Online)
}

/// Whether a payment is written down wherever it belongs to, on a settled or voided check too: a terminal has the
/// money and says how much. What nobody owes stands as excess until it is given back.
pub fn stands_anyway(kind: TenderKind, asked: &Asked) -> bool {
    is_taken(kind, asked) && (asked.amount.is_some() || asked.tendered.is_some())
}

/// Decides a payment. Refused in this order: a tip that nobody gives, nothing on the check, nothing due or all of
/// it waiting for an answer, more than is due, less handed over than is paid.
///
/// Cash that clears the check is rounded to the smallest coin, and an amount that reaches what is due
/// in coins clears it. What is handed over beyond comes back where the tender gives change, stays as
/// excess where it forfeits or a terminal has it already, and is refused otherwise.
pub fn decide(tender: &Tender, on: &Standing, asked: &Asked) -> Result<Parts> {
    if tender.kind == TenderKind::WriteOff && !asked.tip.is_zero() {
        return Err(Refused::input("/tip", Invalid::new("conflict", NO_TIP)).into());
    }
    let (taken, anyway) = (is_taken(tender.kind, asked), stands_anyway(tender.kind, asked));
    if on.empty && !anyway {
        return Err(Refusal::OrderIsEmpty.into());
    }
    let free = on.due.minus(on.unresolved)?.max(Money::ZERO);
    if free.is_zero() && !anyway {
        return Err(if on.due.is_zero() { Refusal::NothingDue.into() } else { unresolved(on).into() });
    }
    // Only what leaves nothing open, answered or not, clears the check.
    let rounds = tender.kind == TenderKind::Cash && on.unresolved.is_zero() && !(on.cash.all_cash && on.paid_otherwise);
    let rounding = if rounds { cash_rounding(free, on.cash.step)? } else { Money::ZERO };
    let payable = free.plus(rounding)?;
    let wanted = wanted(asked, taken, payable)?;
    if wanted > free && !taken && !on.unresolved.is_zero() && asked.amount.is_some() {
        return Err(unresolved(on).into());
    }
    let said = asked.amount.is_some() && !taken;
    let clears = wanted >= payable || said && wanted >= free;
    if !clears && wanted >= free {
        // Enough for the due, not for the coins it is rounded to.
        return Err(underpaid(wanted, payable).into());
    }
    let (amount, rounding) = if clears { (free, rounding) } else { (wanted, Money::ZERO) };
    // An amount up to the due is the due in other words; one above it is money on the table.
    let covered = if clears { if wanted > free { wanted.max(payable) } else { payable } } else { wanted };
    let needed = covered.plus(asked.tip)?;
    let tendered = asked.tendered.unwrap_or(needed);
    if tendered < needed {
        return Err(underpaid(tendered, needed).into());
    }
    let rest = tendered.minus(Money::sum([amount, rounding, asked.tip])?)?;
    let parts = Parts { amount, tendered, change: Money::ZERO, tip: asked.tip, rounding, excess: Money::ZERO };
    let parts = if rest.is_zero() {
        parts
    } else if taken {
        Parts { excess: rest, ..parts }
    } else if tender.gives_change {
        Parts { change: rest, ..parts }
    } else {
        match tender.excess {
            Excess::Forfeit => Parts { excess: rest, ..parts },
            Excess::Refuse => return Err(overpaid(free, amount).into()),
        }
    };
    parts.conserve()?;
    Ok(parts)
}

/// What is meant to be paid of the check, tip left out: said, or handed over, or all of it.
fn wanted(asked: &Asked, taken: bool, payable: Money) -> Result<Money> {
    let handed = asked.tendered.map(|tendered| tendered.minus(asked.tip)).transpose()?;
    match (asked.amount, handed) {
        // The terminal has what was handed over, whatever was asked of it.
        (Some(amount), Some(handed)) if taken => Ok(amount.max(handed)),
        (Some(amount), _) => Ok(amount),
        (None, None) => Ok(payable),
        (None, Some(handed)) if handed > Money::ZERO || handed == payable => Ok(handed),
        (None, Some(_)) => Err(underpaid(asked.tendered.unwrap_or_default(), payable.plus(asked.tip)?).into()),
    }
}

fn unresolved(on: &Standing) -> Refused {
    let waiting = on.unresolved.minor();
    Refusal::PaymentUnresolved
        .because(format!("{waiting} of what is due waits for a payment that is not resolved."))
        .with("unresolved", waiting)
        .with("due", on.due.minor())
}

fn underpaid(handed: Money, needed: Money) -> Refused {
    let why = format!("{} was handed over for {}.", handed.minor(), needed.minor());
    Refusal::Underpaid.because(why).with("needed", needed.minor())
}

fn overpaid(due: Money, amount: Money) -> Refused {
    let why = if amount < due {
        format!("More was handed over than the {} to be paid, and this tender gives no change.", amount.minor())
    } else {
        format!("{} is due.", due.minor())
    };
    Refusal::Overpaid.because(why).with("due", due.minor())
}

/// A payment captured later than it was asked for: what is due takes its part, the rest is excess.
/// Nothing can refuse it any more.
pub fn late(parts: Parts, due: Money) -> Result<Parts, TooLarge> {
    let amount = parts.amount.min(due);
    let late = Parts { amount, excess: parts.excess.plus(parts.amount.minus(amount)?)?, ..parts };
    late.conserve()?;
    Ok(late)
}

impl Parts {
    /// Kept on in release: a cent lost here is a cent nobody finds again.
    ///
    /// # Panics
    /// Where money was made or lost.
    fn conserve(&self) -> Result<(), TooLarge> {
        let parts = [self.amount, self.rounding, self.tip, self.excess];
        assert!(self.tendered.minus(self.change)? == Money::sum(parts)?, "money was made or lost: {self:?}");
        assert!(
            [self.amount, self.change, self.tip, self.excess].iter().all(|part| !part.is_negative()),
            "a part of a payment is below zero: {self:?}"
        );
        Ok(())
    }
}

/// A payment that waits for an answer is one that somebody else takes: coins are there or not.
pub fn may_wait(kind: TenderKind) -> Result<(), Invalid> {
    match kind {
        TenderKind::Cash | TenderKind::WriteOff => {
            Err(Invalid::new("conflict", format!("a payment by {} is never pending", kind.as_str())))
        }
        TenderKind::Card
        | TenderKind::MealVoucher
        | TenderKind::GiftVoucher
        | TenderKind::HouseAccount
        | TenderKind::Deposit
        | TenderKind::Online
        | TenderKind::Other => Ok(()),
    }
}
