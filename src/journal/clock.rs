//! Clocks that jump: recorded where it happens, and confirmed by somebody who looked.
//!
//! What the clock showed stays in the record, for that is when it was recorded, as far as this machine knew;
//! the order of things is `seq`. A confirmation changes nothing of that: it says who looked, and that the
//! clock is right now.

use serde::Serialize;

use super::model::{Jump, Kind};
use super::ops::{Stamp, append};
use super::sql;
use crate::error::Result;
use crate::kernel::day::UtcMs;
use crate::store::{Read, Tx};

/// Jumps that are shown and confirmed at once, at most.
const SHOWN_MAX: u32 = 100;

/// A jump, as the table of them has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jumped {
    /// Of the first record after it.
    pub seq: i64,
    pub jump: Jump,
    /// What the record before says, and what the clock showed then.
    pub from: UtcMs,
    pub to: UtcMs,
    /// Of the record of whoever confirmed it.
    pub confirmed: Option<i64>,
}

/// Notes the jump that record `seq` tells of.
pub(super) fn note(tx: &Tx<'_>, seq: i64, jump: Jump, from: UtcMs, to: UtcMs) -> Result<()> {
    tx.run(&sql::JUMP_ADD, (seq, jump.as_str(), from, to))?;
    Ok(())
}

/// Those that nobody has confirmed, the first one first, at most a hundred.
pub fn unconfirmed(db: &impl Read) -> Result<Vec<Jumped>> {
    Ok(db.all(&sql::JUMPS_UNCONFIRMED, [SHOWN_MAX], sql::jumped)?)
}

/// Those that records `from` to `to` tell of, at most a hundred.
pub fn within(db: &impl Read, from: i64, to: i64) -> Result<Vec<Jumped>> {
    Ok(db.all(&sql::JUMPS_WITHIN, (from, to, SHOWN_MAX), sql::jumped)?)
}

/// What the journal keeps of a confirmation.
#[derive(Serialize)]
struct Confirmed {
    jumps: Vec<i64>,
}

/// Confirms that the clock is right as it stands: those that nobody had confirmed, for which one record is
/// written; none where there is none.
pub fn confirm(tx: &Tx<'_>, stamp: &Stamp) -> Result<Vec<Jumped>> {
    // A confirmation may itself be the first record after one.
    let mut jumps = unconfirmed(tx)?;
    if jumps.is_empty() {
        return Ok(jumps);
    }
    let told = Confirmed { jumps: jumps.iter().map(|jump| jump.seq).collect() };
    let seq = append(tx, stamp, Kind::ClockConfirmed, 0, 0, &told)?;
    if let Some(own) = unconfirmed(tx)?.into_iter().find(|jump| jump.seq == seq) {
        jumps.push(own);
    }
    for jump in &mut jumps {
        tx.run(&sql::JUMP_CONFIRM, (jump.seq, seq))?;
        jump.confirmed = Some(seq);
    }
    Ok(jumps)
}

/// Whether each is what its record says, and was confirmed by a record that says so.
pub fn verify(db: &impl Read) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for jump in db.all(&sql::JUMPS, (), sql::jumped)? {
        let record =
            |seq: i64| -> Result<_> { Ok(super::ops::after(db, seq - 1, 1)?.pop().filter(|record| record.seq == seq)) };
        let told = record(jump.seq)?.and_then(|record| Jump::of(&record.payload));
        if told != Some(jump.jump) {
            wrong.push(format!("clock_jumps {}: record {} does not tell of it", jump.seq, jump.seq));
        }
        if let Some(confirmed) = jump.confirmed
            && record(confirmed)?.is_none_or(|record| record.kind != Kind::ClockConfirmed.as_str())
        {
            wrong.push(format!("clock_jumps {}: record {confirmed} does not confirm it", jump.seq));
        }
    }
    Ok(wrong)
}
