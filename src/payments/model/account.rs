//! A payment that is drawn on an account of the house's own, or by a paper voucher of another house.

use super::{Asked, GivenBack, Parts, Standing, decide, left};
use crate::accounts::model::{Account, AccountKind};
use crate::error::{Refusal, Refused, Result};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::orders::model::{Check, Payment};
use crate::settings::model::{Excess, Tender};

/// Refuses that paper vouchers pay for what is no sale: another house's paper would become a voucher or a deposit of
/// this one, which is money. `instead` is the payment that this one takes the place of.
pub fn paper_pays(check: &Check, amount: Money, instead: Option<&Payment>) -> Result<()> {
    let before = instead.filter(|payment| payment.is_paper()).map(left).transpose()?.unwrap_or_default();
    let paper = check.paper()?.minus(before.amount)?;
    let most = check.sales()?.minus(paper)?.max(Money::ZERO);
    if amount > most {
        let why = format!("A paper voucher pays for no vouchers or deposits; {} of this it can pay.", most.minor());
        return Err(Refusal::NotASale.because(why).with("left", most.minor()).into());
    }
    Ok(())
}

/// Refuses that a part of a paper voucher goes back as a voucher: there is none that it could be on. Whole it is
/// handed back as it came.
pub fn paper_goes_back(payment: &Payment, given: &GivenBack) -> Result<()> {
    let GivenBack { amount, tip, excess, .. } = *given;
    let whole = (amount, tip, excess) == (payment.amount, payment.tip, payment.excess);
    if whole && payment.refunds.is_empty() {
        return Ok(());
    }
    let why = "a paper voucher goes back whole, as it came; say what a part of it goes back by";
    Err(Refused::input("/tender_id", Invalid::new("conflict", why)).into())
}

/// Decides a payment by an account: never more than is due, so that nothing forfeits and what is left stays on
/// it, and never more than there is. Without an amount a voucher or deposit pays what it can of what is due;
/// a house account all of it, or it is refused.
pub fn draw(account: &Account, tender: &Tender, on: &Standing, asked: &Asked) -> Result<Parts> {
    account.must_be_in_use()?;
    let free = on.due.minus(on.unresolved)?.max(Money::ZERO);
    let mut asked = *asked;
    if asked.amount.is_none() && asked.tendered.is_none() && account.kind != AccountKind::House && free > Money::ZERO {
        let there = account.available()?.unwrap_or(free);
        let left = there.minus(asked.tip)?;
        if left <= Money::ZERO {
            return Err(account.too_low(there).into());
        }
        asked.amount = Some(left.min(free));
    }
    let tender = Tender { gives_change: false, excess: Excess::Refuse, ..tender.clone() };
    let parts = decide(&tender, on, &asked)?;
    account.can_draw(parts.tendered)?;
    Ok(parts)
}
