//! Whether what is kept of tickets is what their rows come to.

use crate::error::Result;
use crate::kitchen::sql;
use crate::store::Read;

/// What differs from a recount, in words.
pub fn verify(db: &impl Read) -> Result<Vec<String>> {
    let mut wrong = db.all(&sql::COUNTS_WRONG, (), |row| {
        let (station, state): (i64, String) = (row.get(0)?, row.get(1)?);
        let (kept, counted): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(format!("ticket_counts: station {station}, {state}: {kept} kept, {counted} counted"))
    })?;
    wrong.extend(db.all(&sql::CANCELLED_WRONG, (), |row| {
        let (order, line): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (kept, told): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(format!("ticket_lines: order {order}, line {line}: {kept} marked as taken back, {told} cancelled"))
    })?);
    wrong.extend(db.all(&sql::STAGES_WRONG, (), |row| {
        let ticket: i64 = row.get(0)?;
        Ok(format!("tickets: {ticket}: its state is not that of its lines and times"))
    })?);
    Ok(wrong)
}
