//! Whether what is kept of drawers is what their events come to, and those what the journal told. Whether
//! the events of sales are those of the payments is asked by the orders, whose rows those are.

use std::collections::{BTreeMap, HashMap};

use super::record::Told;
use super::{model::EventKind, record, sql};
use crate::error::Result;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::StaffId;
use crate::kernel::wrong::Wrong;
use crate::reports;
use crate::store::Read;

/// Every row that is wrong; `told` are the journal's events, each with the Z that covers its record.
pub fn verify(db: &impl Read, told: impl Iterator<Item = (Told, i64)>) -> Result<Vec<Wrong>> {
    let mut told: HashMap<i64, (Told, i64)> = told.map(|(t, z_number)| (t.event, (t, z_number))).collect();
    let mut wrong = Vec::new();
    sums(db, &mut wrong)?;
    db.each(&sql::COUNTS_WRONG, (), |row| {
        let id: i64 = row.get(0)?;
        wrong.extend(Wrong::unless_equal("drawers", id, "counted", row.get(1)?, row.get(2)?));
        wrong.extend(Wrong::unless_equal("drawers", id, "over_short", row.get(3)?, row.get(4)?));
        Ok(())
    })?;
    by_day(db, &mut wrong)?;
    tips_out(db, &mut wrong)?;
    db.each(&sql::BY_HAND, (), |row| {
        let (id, kind): (i64, EventKind) = (row.get(0)?, row.get(2)?);
        let (amount, counted) = (row.get(3)?, row.get(4)?);
        match told.remove(&id).filter(|_| record::kind(kind).is_some()) {
            Some((t, z_number)) => {
                wrong.extend(Wrong::unless_equal("drawer_events", id, "z_number", row.get(5)?, z_number));
                wrong.extend(Wrong::unless_equal("drawer_events", id, "amount", amount, t.amount));
                wrong.extend(Wrong::unless_equal("drawer_events", id, "counted", counted, t.counted));
            }
            None => wrong.push(Wrong::new("drawer_events", id, "record in the journal", "missing", amount)),
        }
        Ok(())
    })?;
    let mut gone: Vec<&Told> = told.values().map(|(t, _)| t).collect();
    gone.sort_unstable_by_key(|t| t.event);
    wrong.extend(gone.into_iter().map(|t| Wrong::new("drawer_events", t.event, "row", "missing", t.amount)));
    Ok(wrong)
}

/// What is kept of each drawer, Z and kind against its events.
fn sums(db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
    type Sum = (i64, i64);
    let mut sums: BTreeMap<(i64, i64, String), [Sum; 2]> = BTreeMap::new();
    for (statement, place) in [(&sql::SUMS_KEPT, 0), (&sql::SUMS_FOUND, 1)] {
        db.each(statement, (), |row| {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?);
            sums.entry(key).or_default()[place] = (row.get(3)?, row.get(4)?);
            Ok(())
        })?;
    }
    for ((drawer, z_number, kind), [kept, found]) in sums {
        let id = format!("{drawer} z {z_number} {kind}");
        wrong.extend(Wrong::unless_equal("drawer_sums", &id, "n", kept.0, found.0));
        wrong.extend(Wrong::unless_equal("drawer_sums", &id, "amount", kept.1, found.1));
    }
    Ok(())
}

/// What the reports were told of tips handed out.
fn tips_out(db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
    let mut sums: BTreeMap<(BusinessDate, StaffId), [i64; 2]> = BTreeMap::new();
    for (date, staff, amount) in reports::ops::all_tips_paid_out(db)? {
        sums.entry((date, staff)).or_default()[0] = amount;
    }
    db.each(&sql::TIPS_OUT, (), |row| {
        sums.entry((row.get(0)?, row.get(1)?)).or_default()[1] = row.get(2)?;
        Ok(())
    })?;
    for ((date, staff), [kept, found]) in sums {
        wrong.extend(Wrong::unless_equal("tips_paid_out", format!("{date} {staff}"), "amount", kept, found));
    }
    Ok(())
}

/// What the reports were told of counted drawers.
fn by_day(db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
    let mut days: BTreeMap<BusinessDate, [[i64; 3]; 2]> = BTreeMap::new();
    db.each(&sql::OVER_SHORT, (), |row| {
        days.entry(row.get(0)?).or_default()[1] = [row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(())
    })?;
    for (date, told) in reports::ops::all_drawers_counted(db)? {
        days.entry(date).or_default()[0] = told;
    }
    for (date, [kept, found]) in days {
        for (column, (kept, found)) in ["drawers", "counted", "over_short"].into_iter().zip(kept.into_iter().zip(found))
        {
            wrong.extend(Wrong::unless_equal("cash_counts", date, column, kept, found));
        }
    }
    Ok(())
}
