//! Drawers: what payments and refunds moved in cash is what the drawers were told, under the Z of its
//! record. What else is kept of drawers they recompute themselves; so does the time clock of its entries.

use super::books::Found;
use crate::drawers;
use crate::error::Result;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::drawers as sql;
use crate::store::Read;
use crate::timeclock;

pub(super) fn compare(db: &impl Read, found: &mut Found) -> Result<()> {
    db.each(&sql::EVENTS, (), |row| {
        let event = sql::cash_event(row)?;
        found.same("drawer_events", event.id, "drawer_id", event.drawer.0, event.drawer.1);
        found.same("drawer_events", event.id, "amount", event.amount.0, event.amount.1);
        let z_number = event.moved.map_or(0, |moved| found.told.z_of(moved));
        found.same("drawer_events", event.id, "z_number", event.z_number, z_number);
        Ok(())
    })?;
    let untold = |row: &crate::store::Row<'_>| {
        let (table, id, drawer): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Wrong::new("drawer_events", format!("of {table} {id}"), "row", "missing", format!("drawer {drawer}")))
    };
    found.wrong.extend(db.all(&sql::UNTOLD, (), untold)?);
    let wrong = drawers::verify::verify(db, found.told.drawers())?;
    found.wrong.extend(wrong);
    let times = found.told.take_times();
    found.wrong.extend(timeclock::verify::verify(db, times)?);
    Ok(())
}
