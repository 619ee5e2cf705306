//! The look-out: every second it asks the file whether a ticket was taken by nobody.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use actix_web::web::Data;
use tokio::time::MissedTickBehavior;

use super::ops::alarm;
use crate::error::{Error, Result};
use crate::journal;
use crate::web::House;

const EVERY: Duration = Duration::from_secs(1);

/// Tells of tickets that nobody took, as long as the server runs. Where the file cannot be asked just now, the
/// next second does.
pub async fn watch(house: Data<House>) {
    let mut second = rt::time::interval(EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut broken = false;
    loop {
        second.tick().await;
        let fault = match look(&house).await {
            Ok(()) | Err(Error::Refused(_)) => None,
            Err(Error::Fault(fault)) => Some(fault),
        };
        // Said once, not every second.
        if let Some(fault) = fault.as_ref().filter(|_| !broken) {
            log::error!("whether tickets are taken cannot be asked: {fault}");
        }
        broken = fault.is_some();
    }
}

async fn look(house: &House) -> Result<()> {
    loop {
        let now = house.clock.now();
        if !house.store.read(move |db| alarm::any_due(db, now)).await? {
            return Ok(());
        }
        let clock = Arc::clone(&house.clock);
        let job = move |tx: &crate::store::Tx<'_>| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            alarm::raise(tx, &stamp)
        };
        if house.store.write(job).await? < alarm::AT_ONCE_MAX {
            return Ok(());
        }
    }
}
