//! Streams that stay open: so many in the house, and so many of one asker, so that one terminal gone mad, or in
//! the wrong hands, leaves the others theirs.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::guard::Actor;
use super::limits;
use crate::error::{Refusal, Result};

/// What an asker is told to wait before coming back, in seconds.
const AGAIN_S: u32 = 10;

/// The seats of one kind of stream.
#[derive(Debug)]
pub struct Seats {
    /// Such as "event streams".
    what: &'static str,
    max: usize,
    each_max: usize,
    taken: Arc<Mutex<HashMap<i64, usize>>>,
}

/// One stream; given up when dropped.
#[derive(Debug)]
pub struct Seat {
    by: i64,
    taken: Arc<Mutex<HashMap<i64, usize>>>,
}

impl Seats {
    pub fn new(what: &'static str, max: usize, each_max: usize) -> Self {
        Self { what, max, each_max, taken: Arc::default() }
    }

    /// Streams open now.
    pub fn taken(&self) -> usize {
        self.taken.lock().values().sum()
    }

    /// # Errors
    /// [`Refusal::RateLimited`] where the asker has its share, [`Refusal::Busy`] where the house is full.
    pub fn take(&self, by: &Actor) -> Result<Seat> {
        let by = limits::bucket(by);
        let mut taken = self.taken.lock();
        let (all, own) = (taken.values().sum::<usize>(), taken.get(&by).copied().unwrap_or_default());
        let what = self.what;
        if own >= self.each_max {
            let refused = Refusal::RateLimited.because(format!("This terminal has {own} {what} open already."));
            return Err(refused.retry_after(AGAIN_S).with("limit", "streams").into());
        }
        if all >= self.max {
            return Err(Refusal::Busy.because(format!("Too many {what} are open.")).retry_after(AGAIN_S).into());
        }
        *taken.entry(by).or_default() += 1;
        Ok(Seat { by, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        if let Some(own) = taken.get_mut(&self.by) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.by);
            }
        }
    }
}
