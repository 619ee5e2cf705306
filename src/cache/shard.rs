//! One lock's worth of a namespace: its entries, its running fills and its counters.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::watch;

use super::epoch::{Epochs, Slot};
use super::flight::{Arrival, Flight, Landing};
use super::{Body, Glance, Limits};
use crate::timing::{self, Class};

/// Bytes an entry costs beside its body, key and tags: nodes, reference counts, three ETags.
const ENTRY_OVERHEAD: usize = 400;

/// How many of the least recently used entries each store looks at for dead ones.
const SWEPT_AT_STORE: usize = 4;

struct Entry {
    body: Arc<Body>,
    /// The epoch seen before its query began.
    begun: u64,
    slots: Box<[Slot]>,
    begun_ms: u64,
    expires_ms: u64,
    /// When somebody last asked for it; making it anew unasked does not count.
    used_ms: u64,
    /// Times it was handed out.
    hits: u32,
    bytes: usize,
}

/// Why an entry is not handed out.
#[derive(Clone, Copy)]
enum Death {
    Expired,
    Touched,
}

impl Entry {
    fn death(&self, now_ms: u64, epochs: &Epochs) -> Option<Death> {
        if !epochs.unchanged_since(self.begun, &self.slots) {
            return Some(Death::Touched);
        }
        // A clock that was set back must not lengthen a life.
        let alive = (self.begun_ms..self.expires_ms).contains(&now_ms);
        (!alive).then_some(Death::Expired)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Also of those who still wait.
    pub(super) waits: u64,
    /// Fills begun before anybody asked.
    pub(super) ahead: u64,
    /// Fills that brought a refusal to keep.
    pub(super) refusals: u64,
    pub(super) discarded: u64,
    pub(super) invalidations: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Counts) {
        self.waits += other.waits;
        self.ahead += other.ahead;
        self.refusals += other.refusals;
        self.discarded += other.discarded;
        self.invalidations += other.invalidations;
    }
}

/// What a shard asks of its namespace, so that it holds no pointer back.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) now_ms: u64,
    pub(super) limits: Limits,
    pub(super) epochs: &'a Epochs,
    /// The namespace's sum.
    pub(super) bytes: &'a AtomicUsize,
    pub(super) meters: &'a timing::Namespace,
}

/// What there is for an asker.
pub(super) enum Found {
    Body(Arc<Body>),
    /// A fill that has seen everything the asker was told.
    Flight(Flight),
    /// Neither: the asker flies, and this is registered as the flight to join.
    Nothing(Flight, watch::Sender<Arrival>),
}

pub(super) struct Shard {
    entries: LruCache<Box<str>, Entry>,
    flights: HashMap<Box<str>, Flight>,
    pub(super) counts: Counts,
}

impl Default for Shard {
    fn default() -> Self {
        Self { entries: LruCache::unbounded(), flights: HashMap::new(), counts: Counts::default() }
    }
}

impl Shard {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The body under `key` if it still holds; what no longer does is dropped.
    pub(super) fn get(&mut self, key: &str, here: Here<'_>) -> Option<Arc<Body>> {
        let entry = self.entries.get_mut(key)?;
        let Some(death) = entry.death(here.now_ms, here.epochs) else {
            entry.used_ms = here.now_ms;
            entry.hits = entry.hits.saturating_add(1);
            here.meters.hits.fetch_add(1, Ordering::Relaxed);
            return Some(entry.body.clone());
        };
        self.bury(key, death, here);
        None
    }

    /// The body, or the fill to wait for, or the place of a new fill. `arrived` is the epoch the
    /// asker saw when it came.
    pub(super) fn find(&mut self, key: &str, slots: &[Slot], arrived: u64, here: Here<'_>) -> Found {
        if let Some(body) = self.get(key, here) {
            return Found::Body(body);
        }
        if let Some(flight) = self.flights.get(key)
            && (flight.begun >= arrived || here.epochs.unchanged_since(flight.begun, &flight.slots))
        {
            self.counts.waits += 1;
            return Found::Flight(flight.clone());
        }
        here.meters.misses.fetch_add(1, Ordering::Relaxed);
        let (flight, landing) = self.take_off(key, slots, here.now_ms, here);
        Found::Nothing(flight, landing)
    }

    /// A flight for what nobody asked for since `asked_ms`, where there is neither a body that holds nor a
    /// fill that will bring one.
    pub(super) fn ahead(
        &mut self,
        key: &str,
        slots: &[Slot],
        asked_ms: u64,
        here: Here<'_>,
    ) -> Option<(Flight, watch::Sender<Arrival>)> {
        let flies = |flight: &Flight| here.epochs.unchanged_since(flight.begun, &flight.slots);
        if self.glance(key, here).is_some_and(|seen| seen.holds) || self.flights.get(key).is_some_and(flies) {
            return None;
        }
        self.counts.ahead += 1;
        Some(self.take_off(key, slots, asked_ms, here))
    }

    fn take_off(
        &mut self,
        key: &str,
        slots: &[Slot],
        asked_ms: u64,
        here: Here<'_>,
    ) -> (Flight, watch::Sender<Arrival>) {
        let (flight, landing) = Flight::new(here.epochs.now(), slots, asked_ms);
        self.flights.insert(key.into(), flight.clone());
        (flight, landing)
    }

    /// How it stands with what is under `key`. Asks for nothing itself.
    pub(super) fn glance(&self, key: &str, here: Here<'_>) -> Option<Glance> {
        let entry = self.entries.peek(key)?;
        let holds = entry.death(here.now_ms, here.epochs).is_none();
        Some(Glance { holds, used_ms: entry.used_ms, hits: entry.hits })
    }

    /// Ends `flight` and keeps what it brought, unless another flight has superseded it or a write
    /// has touched it: then whatever it brought is older than what somebody was told.
    pub(super) fn land(
        &mut self,
        key: &str,
        flight: &Flight,
        landing: Result<&Landing, Class>,
        took: Duration,
        here: Here<'_>,
    ) {
        let current = self.flights.get(key).is_some_and(|registered| registered.is(flight));
        if current {
            self.flights.remove(key);
        }
        let landing = match landing {
            Ok(landing) => landing,
            Err(class) => {
                here.meters.fills.took(took);
                here.meters.fills.error(class);
                return;
            }
        };
        self.filled(landing, took, here.meters);
        if current {
            self.put(key, landing, flight.begun, flight.asked_ms, here);
        } else {
            self.counts.discarded += 1;
        }
    }

    /// Keeps what was made outside of a flight, unless a write touched it since the epoch `begun`.
    pub(super) fn keep(&mut self, key: &str, landing: &Landing, begun: u64, took: Duration, here: Here<'_>) {
        here.meters.misses.fetch_add(1, Ordering::Relaxed);
        self.filled(landing, took, here.meters);
        self.put(key, landing, begun, here.now_ms, here);
    }

    fn filled(&mut self, landing: &Landing, took: Duration, meters: &timing::Namespace) {
        meters.fills.took(took);
        self.counts.refusals += u64::from(landing.body.refused().is_some());
    }

    fn put(&mut self, key: &str, landing: &Landing, begun: u64, used_ms: u64, here: Here<'_>) {
        let entry = Entry {
            body: landing.body.clone(),
            begun,
            slots: landing.slots.clone(),
            begun_ms: landing.begun_ms,
            expires_ms: landing.expires_ms,
            used_ms,
            hits: 0,
            bytes: ENTRY_OVERHEAD + key.len() + size_of_val(&*landing.slots) + landing.body.bytes(),
        };
        if entry.bytes > here.limits.bytes_max || entry.death(here.now_ms, here.epochs).is_some() {
            self.counts.discarded += 1;
            return;
        }
        here.bytes.fetch_add(entry.bytes, Ordering::Relaxed);
        if let Some(old) = self.entries.put(key.into(), entry) {
            here.bytes.fetch_sub(old.bytes, Ordering::Relaxed);
        }
        self.sweep(SWEPT_AT_STORE, here);
    }

    /// Drops what no longer holds among the `looked_at` least recently used entries.
    pub(super) fn sweep(&mut self, looked_at: usize, here: Here<'_>) -> usize {
        let oldest = self.entries.iter().rev().take(looked_at);
        let dead: Vec<(Box<str>, Death)> =
            oldest.filter_map(|(key, entry)| Some((key.clone(), entry.death(here.now_ms, here.epochs)?))).collect();
        for (key, death) in &dead {
            self.bury(key, *death, here);
        }
        dead.len()
    }

    /// When the entry was last used that goes next; none if only `keep` are left.
    pub(super) fn oldest_used_ms(&self, keep: usize) -> Option<u64> {
        let (_, entry) = self.entries.peek_lru().filter(|_| self.entries.len() > keep)?;
        Some(entry.used_ms)
    }

    /// Pushes out the least recently used entry, unless only `keep` are left.
    pub(super) fn evict_one(&mut self, keep: usize, bytes: &AtomicUsize, meters: &timing::Namespace) {
        if self.entries.len() > keep
            && let Some((_, entry)) = self.entries.pop_lru()
        {
            bytes.fetch_sub(entry.bytes, Ordering::Relaxed);
            meters.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Drops entries and forgets fills whose key begins with `prefix`.
    pub(super) fn drop_prefix(&mut self, prefix: &str, here: Here<'_>) -> usize {
        self.flights.retain(|key, _| !key.starts_with(prefix));
        let keys = self.entries.iter().map(|(key, _)| key).filter(|key| key.starts_with(prefix));
        let keys: Vec<Box<str>> = keys.cloned().collect();
        for key in &keys {
            self.bury(key, Death::Touched, here);
        }
        keys.len()
    }

    fn bury(&mut self, key: &str, death: Death, here: Here<'_>) {
        let Some(entry) = self.entries.pop(key) else { return };
        here.bytes.fetch_sub(entry.bytes, Ordering::Relaxed);
        match death {
            Death::Expired => drop(here.meters.expiries.fetch_add(1, Ordering::Relaxed)),
            Death::Touched => self.counts.invalidations += 1,
        }
    }
}
