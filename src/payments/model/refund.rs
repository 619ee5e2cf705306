//! What of a payment goes back.

use crate::error::{Refusal, Refused, Result};
use crate::kernel::money::{Money, TooLarge};
use crate::orders::bill::cash_rounding;
use crate::orders::model::Payment;
use crate::settings::model::TenderKind;

/// What is asked back of a payment, tips apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// All that is left of it.
    All,
    /// So much. Zero where only a tip goes back.
    Amount(Money),
    /// What dishes cost, which is never what a terminal took too much.
    Dishes(Money),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub back: Back,
    /// Without it: all of it with [`Back::All`], none otherwise.
    pub tip: Option<Money>,
    /// It goes back in cash.
    pub cash: bool,
    /// The smallest coin, in minor units.
    pub step: Money,
}

/// What leaves is amount + rounding + tip + excess.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenBack {
    pub amount: Money,
    pub rounding: Money,
    pub tip: Money,
    pub excess: Money,
}

/// What of a captured payment did not go back yet; `rounding` as a full refund would have it.
pub fn left(payment: &Payment) -> Result<GivenBack, TooLarge> {
    let refunds = || payment.refunds.iter();
    Ok(GivenBack {
        amount: payment.amount.minus(Money::sum(refunds().map(|r| r.amount))?)?,
        rounding: payment.rounding.minus(Money::sum(refunds().map(|r| r.rounding))?)?,
        tip: payment.tip.minus(Money::sum(refunds().map(|r| r.tip))?)?,
        excess: payment.excess.minus(Money::sum(refunds().map(|r| r.excess))?)?,
    })
}

/// Decides what goes back of `payment`: never more than is left of it. Of an amount, what a terminal
/// took too much goes first; what a voucher forfeited goes back only with everything.
pub fn give_back(payment: &Payment, asked: &Asked) -> Result<GivenBack> {
    let left = left(payment)?;
    let took_too_much = [TenderKind::Card, TenderKind::Online].iter().any(|k| k.as_str() == payment.tender_kind);
    let first = if took_too_much { left.excess } else { Money::ZERO };
    let (amount, excess) = match asked.back {
        Back::All => (left.amount, left.excess),
        Back::Amount(amount) => {
            let excess = amount.min(first);
            (amount.minus(excess)?, excess)
        }
        Back::Dishes(amount) => (amount, Money::ZERO),
    };
    if amount > left.amount {
        let most = if matches!(asked.back, Back::Dishes(_)) { left.amount } else { left.amount.plus(first)? };
        return Err(too_high(format!("{} is left of this payment.", most.minor()), most).into());
    }
    let tip = asked.tip.unwrap_or(if asked.back == Back::All { left.tip } else { Money::ZERO });
    if tip > left.tip {
        return Err(too_high(format!("{} is left of its tip.", left.tip.minor()), left.tip).into());
    }
    if [amount, excess, tip].iter().all(|part| part.is_zero()) {
        return Err(too_high("Nothing of this is left to give back.".to_owned(), Money::ZERO).into());
    }
    let rounding = rounding(payment, left, amount, asked)?;
    let given = GivenBack { amount, rounding, tip, excess };
    given.check(left)?;
    Ok(given)
}

fn too_high(why: String, left: Money) -> Refused {
    Refusal::RefundTooHigh.because(why).with("left", left.minor())
}

/// The rounding of a part: in cash the running sum is rounded to coins, and the end of it returns what
/// was paid. Neither leads to more than was paid, or to less than nothing.
fn rounding(payment: &Payment, left: GivenBack, amount: Money, asked: &Asked) -> Result<Money, TooLarge> {
    let paid_in_cash = payment.tender_kind == TenderKind::Cash.as_str();
    let last = amount == left.amount;
    let exact = if last && (paid_in_cash || !asked.cash) {
        left.rounding
    } else if asked.cash {
        let coins = || payment.refunds.iter().filter(|r| r.cash);
        let sum = Money::sum(coins().map(|r| r.amount).chain([amount]))?;
        cash_rounding(sum, asked.step)?.minus(Money::sum(coins().map(|r| r.rounding))?)?
    } else {
        Money::ZERO
    };
    let most = if paid_in_cash { left.amount.plus(left.rounding)?.minus(amount)? } else { exact };
    Ok(exact.min(most).max(-amount))
}

impl GivenBack {
    pub fn paid(&self) -> Result<Money, TooLarge> {
        Money::sum([self.amount, self.rounding, self.tip, self.excess])
    }

    /// Kept on in release, as for payments.
    ///
    /// # Panics
    /// Where more goes back than is there.
    fn check(&self, left: GivenBack) -> Result<(), TooLarge> {
        let parts = [(self.amount, left.amount), (self.tip, left.tip), (self.excess, left.excess)];
        assert!(
            parts.iter().all(|(part, left)| !part.is_negative() && part <= left),
            "more goes back than is there: {self:?} of {left:?}"
        );
        assert!(!self.paid()?.is_negative(), "a refund takes money: {self:?}");
        Ok(())
    }
}
