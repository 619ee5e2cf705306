//! Writing much without holding the writer up.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Target;
use crate::error::{Error, Refusal, Result};
use crate::store::Tx;

/// How long one job may go on before it takes no further unit. With the last unit and the commit it
/// stays below the 20 ms that a till notices, on slow hardware too.
const JOB: Duration = Duration::from_millis(8);
/// When the queue is full: how long, and how often, it is tried again.
const AGAIN: Duration = Duration::from_millis(50);
const TRIES_MAX: u32 = 200;

/// What is written unit by unit, with what one job learnt for the next.
pub(super) trait Work: Send + Sync + 'static {
    type Unit: Send + Sync + 'static;
    type State;

    /// At the begin of each job.
    fn begin(&self, tx: &Tx<'_>) -> Result<Self::State>;
    /// Whether it changed anything, and what to count.
    fn write(&self, tx: &Tx<'_>, state: &mut Self::State, unit: &Self::Unit) -> Result<Wrote>;
}

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrote {
    Added,
    Changed,
    Same,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) same: u64,
}

impl Counts {
    pub(super) fn count(&mut self, wrote: Wrote) {
        *match wrote {
            Wrote::Added => &mut self.added,
            Wrote::Changed => &mut self.changed,
            Wrote::Same => &mut self.same,
        } += 1;
    }

    fn add(&mut self, other: Counts) {
        self.added += other.added;
        self.changed += other.changed;
        self.same += other.same;
    }
}

/// Writes every unit in order, each job after the one before is on disk.
///
/// # Errors
/// What a unit was refused for; those of earlier jobs stay, and a second run goes on from there.
pub(super) fn run<W: Work>(to: &mut Target<'_>, work: W, units: Vec<W::Unit>) -> Result<Counts> {
    let (work, units) = (Arc::new(work), Arc::new(units));
    let (mut next, mut counts, mut tries) = (0, Counts::default(), 0);
    while next < units.len() {
        let (working, all) = (Arc::clone(&work), Arc::clone(&units));
        let job = move |tx: &Tx<'_>| {
            let began = Instant::now();
            let mut state = working.begin(tx)?;
            let (mut at, mut counts) = (next, Counts::default());
            while let Some(unit) = all.get(at) {
                counts.count(working.write(tx, &mut state, unit)?);
                at += 1;
                if began.elapsed() >= JOB {
                    break;
                }
            }
            Ok((at, counts))
        };
        match to.store.write_blocking(job) {
            Ok((at, wrote)) => {
                (next, tries) = (at, 0);
                counts.add(wrote);
            }
            Err(Error::Refused(refused)) if refused.refusal == Refusal::Busy && tries < TRIES_MAX => {
                tries += 1;
                thread::sleep(AGAIN);
                continue;
            }
            Err(error) => return Err(stopped(error, next)),
        }
        if !(to.progress)(next as u64, units.len() as u64) && next < units.len() {
            let why = format!("Nobody waits for it any more; {next} of {} are written.", units.len());
            return Err(Refusal::Stopping.because(why).into());
        }
    }
    Ok(counts)
}

fn stopped(error: Error, done: usize) -> Error {
    match error {
        Error::Refused(mut refused) => {
            refused.detail = format!("Stopped after {done}: {} Run it again to go on from there.", refused.detail);
            Error::Refused(refused)
        }
        fault @ Error::Fault(_) => fault,
    }
}
