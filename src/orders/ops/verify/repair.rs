//! Setting rollups right, inside a transaction.

use super::Rollup;
use crate::cache::Tag;
use crate::error::{Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::wrong::Wrong;
use crate::orders::facts;
use crate::orders::sql::verify as sql;
use crate::reports::facts::Posting;
use crate::reports::model::Figures;
use crate::reports::ops::{amend_day, amend_receipts, amend_z, current_z};
use crate::shifts;
use crate::store::{Read, Tx};

/// Adds to each rollup what it lacked when it was recomputed, when `z_number` was the coming Z's.
/// Answers what was wrong, as the journal is told it.
pub fn repair(tx: &Tx<'_>, stamp: &Stamp, rollups: &[Rollup], z_number: i64) -> Result<Vec<String>> {
    if rollups.iter().any(|rollup| matches!(rollup, Rollup::Z { .. })) && current_z(tx)? != z_number {
        return Err(Refusal::Stale.because("A day was closed meanwhile. Try again.").into());
    }
    let mut told = Vec::new();
    for rollup in rollups {
        one(tx, rollup)?;
        told.extend(rollup.wrong().iter().map(Wrong::to_string));
    }
    tx.touch(Tag::Orders);
    journal::ops::append(tx, stamp, Kind::RollupsRepaired, 0, 0, &facts::repaired(&told))?;
    Ok(told)
}

fn one(tx: &Tx<'_>, rollup: &Rollup) -> Result<()> {
    match rollup {
        Rollup::Day { date, dim, key, name, stored, recomputed } => {
            let figures = lacks(stored, recomputed);
            amend_day(tx, *date, &Posting { dim: *dim, key: key.into(), name: name.into(), figures })
        }
        Rollup::Z { number, dim, key, name, stored, recomputed } => {
            let figures = lacks(stored, recomputed);
            amend_z(tx, *number, &Posting { dim: *dim, key: key.into(), name: name.into(), figures })
        }
        Rollup::Count { table, key, state, kept, counted } => {
            let days = *table == "order_days";
            let (make, add) =
                if days { (&sql::DAY_MAKE, &sql::DAY_AMEND) } else { (&sql::MONTH_MAKE, &sql::MONTH_AMEND) };
            tx.run(make, (key, state))?;
            tx.run(add, (key, state, counted - kept))?;
            Ok(())
        }
        Rollup::Receipts { date, kept, is } => amend_receipts(tx, *date, kept, is.as_ref()),
        // A list and no sum: it is asked again what is open now.
        Rollup::Open { order, .. } => {
            shifts::ops::order_closed(tx, *order)?;
            match tx.opt(&sql::OPEN_ONE, [*order], sql::open)? {
                Some((open, _)) => shifts::ops::order_opened(tx, &open),
                None => Ok(()),
            }
        }
    }
}

fn lacks(stored: &Figures, recomputed: &Figures) -> Figures {
    let mut values = recomputed.values();
    for (value, stored) in values.iter_mut().zip(stored.values()) {
        *value -= stored;
    }
    Figures::from_values(values)
}
