//! A PIN typed at a terminal, whatever it is typed for: counted, and only then looked at.

use super::model::Pin;
use super::ops::{self, Try};
use super::pin;
use crate::error::Result;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::web::House;

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
