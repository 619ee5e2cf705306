//! One running fill, and those who wait for it.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::epoch::{self, Slot};
use super::{Body, Cache, Filled, Key};
use crate::error::{Error, Fault, Result};
use crate::timing::Class;

/// What a fill brought.
pub(super) struct Landing {
    pub(super) body: Arc<Body>,
    /// Of the tags given before and those the query told.
    pub(super) slots: Box<[Slot]>,
    /// UTC milliseconds; at that time it holds no longer.
    pub(super) expires_ms: u64,
    /// UTC milliseconds at the beginning of the fill.
    pub(super) begun_ms: u64,
}

impl Landing {
    pub(super) fn new(filled: Filled, mut slots: Vec<Slot>, begun_ms: u64, ttl_ms: u64) -> Self {
        slots.extend(epoch::slots(&filled.more_tags));
        slots.sort_unstable();
        slots.dedup();
        let expires_ms = begun_ms.saturating_add(ttl_ms).min(filled.until_ms.unwrap_or(u64::MAX));
        Self { body: Arc::new(filled.body), slots: slots.into(), expires_ms, begun_ms }
    }
}

pub(super) type Arrival = Option<Result<Arc<Landing>, Arc<Error>>>;

/// A fill as those see it who wait for it.
#[derive(Clone)]
pub(super) struct Flight {
    /// The epoch seen before the query began.
    pub(super) begun: u64,
    /// Of the tags known at the beginning.
    pub(super) slots: Arc<[Slot]>,
    /// UTC milliseconds at which somebody last asked for what it makes.
    pub(super) asked_ms: u64,
    arrival: watch::Receiver<Arrival>,
}

impl Flight {
    pub(super) fn new(begun: u64, slots: &[Slot], asked_ms: u64) -> (Self, watch::Sender<Arrival>) {
        let (sender, arrival) = watch::channel(None);
        (Self { begun, slots: slots.into(), asked_ms, arrival }, sender)
    }

    /// Whether both are the same fill.
    pub(super) fn is(&self, other: &Flight) -> bool {
        self.arrival.same_channel(&other.arrival)
    }

    /// Waits for the end of the fill.
    ///
    /// # Errors
    /// A copy of the fill's own; a fault if it ended without a word, that is by a panic or with its
    /// event loop.
    pub(super) async fn wait(&self) -> Result<Arc<Landing>> {
        let mut arrival = self.arrival.clone();
        let Ok(arrived) = arrival.wait_for(Option::is_some).await else {
            return Err(Fault::new("a cache fill ended without an answer").into());
        };
        match arrived.as_ref() {
            Some(Ok(landing)) => Ok(landing.clone()),
            Some(Err(error)) => Err(copy(error)),
            None => Err(Fault::new("a cache fill answered nothing").into()),
        }
    }
}

/// An error for one of several who get it. A fault's text already tells its source.
pub(super) fn copy(error: &Error) -> Error {
    match error {
        Error::Refused(refused) => Error::Refused(refused.clone()),
        Error::Fault(fault) => Fault::new(fault.to_string()).into(),
    }
}

/// Lives inside the fill's task. Dropped without landing, as by a panic, it still clears the way
/// for the next fill and wakes the waiters.
pub(super) struct Pilot {
    cache: Cache,
    key: Key,
    flight: Flight,
    begun_ms: u64,
    started: Instant,
    arrival: watch::Sender<Arrival>,
    landed: bool,
}

impl Pilot {
    pub(super) fn new(cache: Cache, key: Key, flight: Flight, arrival: watch::Sender<Arrival>, begun_ms: u64) -> Self {
        Self { cache, key, flight, begun_ms, started: Instant::now(), arrival, landed: false }
    }

    /// Stores what holds, then wakes the waiters, in this order: who comes between finds the entry.
    pub(super) fn land(mut self, result: Result<Filled>) {
        let arrival = result.map(|filled| Arc::new(self.landing(filled))).map_err(Arc::new);
        self.record(arrival.as_ref().map(Arc::as_ref).map_err(|error| error.class()));
        self.landed = true;
        // Nobody may be left who waits.
        self.arrival.send_replace(Some(arrival));
    }

    fn landing(&self, filled: Filled) -> Landing {
        let ttl_ms = self.cache.store(&self.key).limits.ttl_ms;
        Landing::new(filled, self.flight.slots.to_vec(), self.begun_ms, ttl_ms)
    }

    fn record(&self, landing: Result<&Landing, Class>) {
        self.cache.land(&self.key, &self.flight, landing, self.started.elapsed());
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        if !self.landed {
            self.record(Err(Class::Fault));
        }
    }
}
