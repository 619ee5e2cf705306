//! What may be changed about a payment after it was taken: its tip, and what it was paid with.

use super::refund::left;
use super::{GivenBack, NO_TIP, Parts};
use crate::error::{Refusal, Refused, Result};
use crate::kernel::ids::StaffId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};
use crate::orders::bill::cash_rounding;
use crate::orders::model::{Payment, PaymentState, TipChange};
use crate::settings::model::{Tender, TenderKind};

/// Refuses a payment that was never taken, and one of which nothing is left, naming what stands in its
/// place. Answers what is left of it.
pub fn must_stand(payment: &Payment) -> Result<GivenBack> {
    if payment.state != PaymentState::Captured {
        let why = format!("This payment is {}.", payment.state.as_str());
        return Err(Refusal::PaymentNotCaptured.because(why).with("state", payment.state.as_str()).into());
    }
    if let Some(by) = payment.corrected_by {
        let why = format!("Its tender was corrected: payment {by} stands in its place.");
        return Err(Refusal::PaymentGivenBack.because(why).with("corrected_by", by.get()).into());
    }
    let left = left(payment)?;
    let nothing = [left.amount, left.tip, left.excess].iter().all(|part| part.is_zero());
    if nothing && !payment.refunds.is_empty() {
        return Err(Refusal::PaymentGivenBack.into());
    }
    Ok(left)
}

/// Decides that the tip of `payment` is `amount` from now on, and `whose`. `None` where it is so already.
/// What of a tip went back stays with whom it was taken from.
pub fn change_tip(payment: &Payment, amount: Money, whose: Option<StaffId>) -> Result<Option<TipChange>> {
    let left = must_stand(payment)?;
    if payment.tender_kind == TenderKind::WriteOff.as_str() && amount > payment.tip {
        return Err(wrong(NO_TIP).into());
    }
    let back = payment.tip.minus(left.tip)?;
    if amount < back {
        let why = Invalid::range(format!("{} of this tip went back already", back.minor()));
        return Err(Refused::input("/amount", why).into());
    }
    let owner = payment.tip_owner();
    let rest = amount.minus(back)?;
    let (taken, given) = if whose == owner {
        (left.tip.minus(rest)?.max(Money::ZERO), rest.minus(left.tip)?.max(Money::ZERO))
    } else {
        (left.tip, rest)
    };
    let change = TipChange { taken, taken_from: owner, given, given_to: whose };
    Ok((taken > Money::ZERO || given > Money::ZERO).then_some(change))
}

fn wrong(why: &'static str) -> Refused {
    Refused::input("/amount", Invalid::new("conflict", why))
}

/// Whether a tip is raised above all that its payment paid: mostly a slip of one digit, so that somebody
/// who may correct payments has to mean it. A share of the bill, since an amount that is much in one
/// currency is little in another.
pub fn is_large(payment: &Payment, tip: Money) -> bool {
    tip > payment.tip && tip > payment.amount
}

/// Decides what the payment comes to that takes the place of `payment`, paid with `to` instead: all that
/// is left of it, amount for amount, since the sale it settled is in the books and stays there.
///
/// Change is not carried: what was handed over and came back was never the house's. Rounding is not
/// either, nor made: cash that was rounded to coins settled its check by another sum than a card takes,
/// and a sum that is not in coins was not paid in cash. Both would move the rounding of a sale that is in
/// the books, so they are refused; so is what was taken above the due, unless to a tender of the same
/// kind: what a voucher forfeits is the house's, what a terminal took too much is the guest's.
pub fn correct(payment: &Payment, to: &Tender, other_account: bool, coin: Money) -> Result<Parts> {
    let left = must_stand(payment)?;
    let refuse = |why: &'static str| Err(Refused::input("/tender_id", Invalid::new("conflict", why)).into());
    if to.id == payment.tender_id && !other_account {
        return refuse("it was paid with this tender");
    }
    if !payment.rounding.is_zero() {
        return refuse("it was rounded to coins, and the rounding is in the books of its sale");
    }
    if to.kind == TenderKind::Cash && !cash_rounding(left.amount, coin)?.is_zero() {
        return refuse("its amount is not in coins, so that it was not paid in cash");
    }
    if !left.excess.is_zero() && to.kind.as_str() != payment.tender_kind {
        return refuse("what was taken above the due stays with its kind of tender; refund it first");
    }
    if to.kind == TenderKind::WriteOff && !left.tip.is_zero() {
        return refuse(NO_TIP);
    }
    if left.paid()? <= Money::ZERO {
        // Refunds in coins gave back the last of it.
        return Err(Refusal::PaymentGivenBack.into());
    }
    Ok(moved(&left)?)
}

fn moved(left: &GivenBack) -> Result<Parts, TooLarge> {
    let GivenBack { amount, rounding, tip, excess } = *left;
    let parts = Parts { amount, tendered: left.paid()?, change: Money::ZERO, tip, rounding, excess };
    parts.conserve()?;
    Ok(parts)
}
