//! Whether everything kept is what it was made from, and making rollups anew.

use std::sync::Arc;

use parking_lot::Mutex;

use super::sql;
use crate::accounts;
use crate::error::{Refusal, Result};
use crate::journal;
use crate::kernel::clock::Clock;
use crate::kernel::ids::StaffId;
use crate::kitchen;
use crate::orders::ops::verify::{self, Rollup, repair};
use crate::reports::facts::variant_label;
use crate::reports::model::{Dim, TaxKey};
use crate::shifts;
use crate::staff;
use crate::store::{Read, Store};

/// Rollups set right in one write: it takes a few milliseconds, and the next batch of a till goes
/// between two of them.
const BATCH: usize = 200;

/// What a recomputation of the whole file found.
#[derive(Debug, Default)]
pub struct Report {
    /// What contradicts something else, in words. Nothing repairs it.
    pub wrong: Vec<String>,
    /// What could be made anew.
    pub rollups: Vec<Rollup>,
    /// Records in the journal's chain, as far as it holds.
    pub records: i64,
    z_number: i64,
}

/// Recomputes everything, through one snapshot, so that it is of one moment.
pub fn verify(db: &impl Read, progress: impl FnMut(u64, u64)) -> Result<Report> {
    let found = verify::findings(db, progress)?;
    let mut report = Report { rollups: found.rollups, z_number: found.z_number, ..Report::default() };
    report.wrong = found.wrong.iter().map(ToString::to_string).collect();
    report.wrong.extend(kitchen::ops::verify(db)?);
    report.wrong.extend(accounts::ops::verify(db)?.iter().map(ToString::to_string));
    report.wrong.extend(shifts::ops::verify(db)?.iter().map(ToString::to_string));
    report.wrong.extend(journal::clock::verify(db)?);
    match journal::ops::verify(db, |_| {})? {
        Ok(records) => report.records = records,
        Err(what) => report.wrong.push(what),
    }
    Ok(report)
}

/// Sets every rollup right that differs from what its source comes to, and tells the journal. Answers
/// each value that was wrong, in words.
///
/// The recomputation reads a snapshot, beside which tills go on booking. That is no race: what a
/// fact adds it adds to the rollup and to its source alike, so what a rollup lacked then it lacks
/// still, and is added in a write of its own.
///
/// # Errors
/// [`Refusal::Invalid`] where anything but a rollup is wrong: a rollup made from rows that were
/// changed would hide the change. [`Refusal::Stale`] where a day was closed meanwhile.
pub fn repair_rollups(
    store: &Store,
    clock: &Arc<dyn Clock>,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Vec<String>> {
    // Two at once would each add what is missing.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    let snapshot = store.snapshot()?;
    let mut report = verify(&snapshot, |done, of| {
        progress(done, of);
    })?;
    if let Some(first) = report.wrong.first() {
        let more = report.wrong.len() - 1;
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let why = format!(
            "{first}{more}. Find out first what happened there: rollups are made anew only from rows that hold. Nothing was changed."
        );
        return Err(Refusal::Invalid.because(why).into());
    }
    for rollup in &mut report.rollups {
        name(&snapshot, rollup)?;
    }
    drop(snapshot);
    let mut told = Vec::new();
    let z_number = report.z_number;
    for batch in report.rollups.chunks(BATCH) {
        let (batch, clock) = (batch.to_vec(), Arc::clone(clock));
        let done = store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            repair::repair(tx, &stamp, &batch, z_number)
        })?;
        told.extend(done);
    }
    Ok(told)
}

/// A row that is gone took its name along: what it is called now stands in its place.
fn name(db: &impl Read, rollup: &mut Rollup) -> Result<()> {
    let (Rollup::Day { dim, key, name, .. } | Rollup::Z { dim, key, name, .. }) = rollup else { return Ok(()) };
    if !name.is_empty() {
        return Ok(());
    }
    let id: i64 = key.parse().unwrap_or_default();
    let dish = |variant: Option<i64>, item: Option<i64>| {
        db.opt(&sql::DISH_NAME, (variant, item), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
    };
    let found = match dim {
        Dim::Item => dish(None, Some(id))?.map(|(item, _)| item),
        Dim::Variant => dish(Some(id), None)?.map(|(item, variant)| variant_label(&item, &variant).into_owned()),
        Dim::Category => db.opt(&sql::CATEGORY_NAME, [id], |row| row.get(0))?,
        Dim::Staff => staff::ops::name(db, StaffId::new(id))?,
        Dim::Tax => TaxKey::parse(key).map(|tax| tax.name),
        // Reports know these words by themselves.
        Dim::All | Dim::Hour | Dim::Kind | Dim::Tender => None,
    };
    *name = found.unwrap_or_default();
    Ok(())
}
