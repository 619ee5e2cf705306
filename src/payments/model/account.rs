//! A payment that is drawn on an account of the house's own.

use super::{Asked, Parts, Standing, decide};
use crate::accounts::model::{Account, AccountKind};
use crate::error::Result;
use crate::kernel::money::Money;
use crate::settings::model::{Excess, Tender};

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
