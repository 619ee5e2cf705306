//! What a file that was restored from a backup is told before anybody works with it.

use serde::Serialize;

use super::sql;
use crate::approvals;
use crate::error::{Refusal, Result};
use crate::journal::{self, Kind};
use crate::kernel::clock::Clock;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::settings;
use crate::staff;
use crate::store::{Read as _, Tx};

/// What the journal is told.
#[derive(Serialize)]
struct RestoredRecord {
    epoch: i64,
}

/// What a backup held.
#[derive(Debug)]
pub struct Restored {
    /// The restaurant's name.
    pub name: String,
    /// The business date of the last record.
    pub date: Option<BusinessDate>,
    pub orders: i64,
    /// The one that begins with the restore.
    pub epoch: i64,
    pub at: UtcMs,
    pub zone: Zone,
}

/// The epoch after a backup's and that of the file it replaces, which may itself have come from that
/// backup. A file that cannot be asked may have had any count; the seconds since 1970 are more.
fn next_epoch(backup: i64, replaced: Option<i64>, now: UtcMs) -> i64 {
    backup.max(replaced.unwrap_or(now.get() / 1000)) + 1
}

/// Begins a new epoch, given that of the file which is replaced where it could be asked, tells the journal,
/// and has everybody sign in anew.
///
/// Idempotency keys stay: each stands beside an effect that the backup holds, and a terminal that asks
/// again gets its answer. Those given since then are gone with their effects, so that asking again has
/// them anew.
///
/// # Errors
/// [`Refusal::NotFound`] where the file holds no restaurant.
pub fn begin_epoch(tx: &Tx<'_>, clock: &dyn Clock, replaced: Option<i64>) -> Result<Restored> {
    if !settings::ops::exists(tx)? {
        return Err(Refusal::NotFound.because("There is no restaurant in this backup.").into());
    }
    let date = journal::ops::last_date(tx)?;
    let (_, backup) = journal::ops::identity(tx)?;
    let epoch = next_epoch(backup, replaced, clock.now());
    journal::ops::set_epoch(tx, epoch)?;
    let stamp = journal::ops::stamp(tx, clock, None, None)?;
    staff::ops::end_all(tx, stamp.at)?;
    approvals::ops::end_all(tx, stamp.at)?;
    journal::ops::append(tx, &stamp, Kind::SiteRestored, 1, 0, &RestoredRecord { epoch })?;
    let name = settings::ops::current(tx)?.name;
    let orders = tx.one(&sql::ORDERS, (), |row| row.get(0))?;
    Ok(Restored { name, date, orders, epoch, at: stamp.at, zone: stamp.calendar.zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_never_comes_again() {
        let now = UtcMs::new(1_800_000_000_500);
        assert_eq!(next_epoch(1, Some(1), now), 2);
        // The same backup once more, and the file that was kept aside when it was restored.
        assert_eq!(next_epoch(1, Some(2), now), 3);
        assert_eq!(next_epoch(7, Some(3), now), 8);
        assert_eq!(next_epoch(1, None, now), 1_800_000_001);
        assert_eq!(next_epoch(1_800_000_001, None, now), 1_800_000_002);
    }
}
