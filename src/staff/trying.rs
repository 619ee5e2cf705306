//! A PIN typed at a terminal, whatever it is typed for: counted, and only then looked at.

use super::model::Pin;
use super::ops::{self, Try};
use super::pin;
use crate::error::{Refusal, Result};
use crate::journal;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::store::Tx;
use crate::web::{Actor, House};

/// Counts the try, and then verifies it outside the writer: what was tried, and whether it was right.
///
/// # Errors
/// [`crate::error::Refusal::Busy`] where too many wait already, before anything is counted; those of
/// [`ops::begin_try`].
pub async fn try_pin(house: &House, device: DeviceId, staff: StaffId, typed: Pin) -> Result<(Try, bool)> {
    let place = pin::TILLS.enter()?;
    let now = house.clock.now();
    let tried = house.store.write(move |tx| ops::begin_try(tx, device, staff, now)).await?;
    // Who works here is told to every terminal, so nobody learns anything by how soon it says no; and one that
    // asks for nobody on and on takes no turn from who signs in.
    let right = tried.pin_hash.is_some() && pin::verify(typed, tried.pin_hash.clone(), place).await?;
    Ok((tried, right))
}

/// A PIN that somebody types at a terminal they are not signed in on: whoever it is of agrees to what is done. A
/// wrong one is counted and told. What is done by it still proves it inside its transaction.
///
/// # Errors
/// Those of [`try_pin`]; [`Refusal::Forbidden`] from an integration; [`Refusal::PinWrong`].
pub async fn proved(house: &House, by: &Actor, who: StaffId, typed: Pin) -> Result<Try> {
    if by.role.is_some() && by.session.is_none() {
        return Err(Refusal::Forbidden.because("An integration has no pad to type a PIN on.").into());
    }
    let device = by.device;
    let (tried, right) = try_pin(house, device, who, typed).await?;
    if right {
        return Ok(tried);
    }
    let clock = house.clock.clone();
    let refuse = move |tx: &Tx<'_>| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(device), None)?;
        ops::refuse_try(tx, &stamp, device, who)
    };
    house.store.write(refuse).await?;
    Err(Refusal::PinWrong.into())
}
