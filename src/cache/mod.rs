//! Finished answers kept until a commit touches what they were made from.
//!
//! # The promise
//! Nobody gets a body older than a write they were told had succeeded. The writer calls
//! [`Cache::invalidate`] after its commit and before its answers; from the moment that call
//! returns, no entry and no running fill made before it is handed to anyone who asks.
//!
//! # How it is kept
//! One counter, the epoch, is moved by every invalidation, and every tag has a slot that keeps the
//! epoch at which it was last touched ([`epoch`]). A fill notes the epoch before its query begins,
//! and its body is true as long as none of its tags' slots is above that. So
//! - an invalidation is a few atomic stores and takes no lock: the writer thread never waits for
//!   readers, and no index from tags to keys has to be kept in step with evictions;
//! - tags that only the query can tell ([`Filled::more_tags`]) are checked against the same one
//!   number, without a snapshot of anything;
//! - an entry is checked again at every hit, a load for each of its tags, so that storing one just
//!   before its invalidation is harmless.
//!
//! The price is that a dead entry keeps its memory until somebody asks for its key, a store in its
//! shard comes by, the byte budget pushes it out or [`Cache::sweep`] runs.
//!
//! One fill runs at a time for a key ([`flight`]). Who asks while it runs waits for it, unless a
//! write has touched it since it began: then a second fill supersedes it, and only that one may be
//! stored.

mod body;
mod config;
mod epoch;
mod flight;
mod shard;
pub mod tag;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::rt;
use parking_lot::Mutex;

use crate::error::Result;

pub use body::{Body, Coding, encode_once};
pub use config::{Config, Limits, Namespace};
pub use tag::Tag;

use epoch::Epochs;
use flight::{Flight, Landing, Pilot};
use shard::{Counts, Found, Shard};

/// Milliseconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Shards of a namespace: a few more than the threads that could ask at once.
const SHARDS: usize = 8;

/// What a fill made.
pub struct Filled {
    pub body: Body,
    /// UTC milliseconds at which the body ceases to be true by itself, as when a dish that is
    /// 86 "until 18:00" comes back.
    pub until_ms: Option<u64>,
    /// Tags that only the query could tell, beside those given before it.
    pub more_tags: Vec<Tag>,
}

impl From<Body> for Filled {
    fn from(body: Body) -> Self {
        Self { body, until_ms: None, more_tags: Vec::new() }
    }
}

/// How an answer was come by; the `cache` entry of `Server-Timing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Hit,
    /// This caller's own fill made it.
    Miss,
    /// Another caller's fill made it.
    Waited,
}

/// What a namespace has done since the start. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceStats {
    pub namespace: Namespace,
    pub limits: Limits,
    pub entries: usize,
    /// Bodies in all codings, keys, tags and an allowance for bookkeeping.
    pub bytes: usize,
    /// Answers found; those of [`Cache::get`] included.
    pub hits: u64,
    /// Fills begun.
    pub misses: u64,
    /// Askers who waited for another's fill.
    pub waits: u64,
    /// Fills that ended with a body.
    pub fills: u64,
    pub fill_us_total: u64,
    /// Fills that ended with an error or not at all.
    pub failures: u64,
    /// Fills not stored: a write came meanwhile, or the body is past its time or too large.
    pub discarded: u64,
    /// Entries pushed out by the byte budget.
    pub evictions: u64,
    /// Entries dropped for their TTL or `until`.
    pub expiries: u64,
    /// Entries dropped because a write touched them, or by name.
    pub invalidations: u64,
}

/// The cache; clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    clock: Clock,
    hasher: lru::DefaultHasher,
    epochs: Epochs,
    namespaces: [Store; Namespace::ALL.len()],
}

/// One namespace.
struct Store {
    limits: Limits,
    /// Of all its shards together; changed only under the lock of the shard concerned.
    bytes: AtomicUsize,
    shards: [Mutex<Shard>; SHARDS],
}

impl Store {
    fn new(limits: Limits) -> Self {
        Self { limits, bytes: AtomicUsize::new(0), shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Pushes out what was used longest ago in any shard until the budget holds. The entry just
    /// stored is spared; as it fits the budget alone, the loop ends.
    fn evict(&self, spared: usize) {
        let keep = |at: usize| usize::from(at == spared);
        while self.bytes.load(Ordering::Relaxed) > self.limits.bytes_max {
            let oldest = |at: usize| Some((self.shards[at].lock().oldest_used_ms(keep(at))?, at));
            let Some((_, at)) = (0..SHARDS).filter_map(oldest).min() else { return };
            self.shards[at].lock().evict_one(keep(at), &self.bytes);
        }
    }
}

impl Cache {
    pub fn new(config: Config) -> Self {
        Self::with_clock(config, Arc::new(utc_ms))
    }

    /// A cache that reads the time from `clock`.
    pub fn with_clock(config: Config, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            clock,
            hasher: lru::DefaultHasher::default(),
            epochs: Epochs::new(),
            namespaces: config.0.map(Store::new),
        }))
    }

    /// The body under `key`, if there is one and it still holds. Never waits for a fill or a
    /// query, so it may be called on the event loop. Only hits are counted: who finds nothing
    /// goes on to [`Cache::get_or_fill`].
    pub fn get(&self, ns: Namespace, key: &str) -> Option<Arc<Body>> {
        let store = self.store(ns);
        if !store.limits.enabled {
            return None;
        }
        let now_ms = (self.0.clock)();
        store.shards[self.shard_of(key)].lock().get(key, now_ms, &self.0.epochs, &store.bytes)
    }

    /// The body under `key`, or what `fill` makes. `tags` are what the body is made from as far
    /// as it is known beforehand; the query must begin inside the future that `fill` returns.
    ///
    /// The fill runs as a task of its own on the caller's event loop and ends even when the caller
    /// has left. Compressing is part of [`Body::new`], so large bodies are best built where the
    /// query runs, on the blocking pool.
    ///
    /// # Errors
    /// What the fill answered, to everyone who waited for it; a fault if it panicked. Errors are
    /// not kept.
    ///
    /// # Panics
    /// Outside an actix system (or a tokio `LocalSet`).
    pub async fn get_or_fill<F, Fut>(
        &self,
        ns: Namespace,
        key: String,
        tags: Vec<Tag>,
        fill: F,
    ) -> Result<(Arc<Body>, Outcome)>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Filled>> + 'static,
    {
        let store = self.store(ns);
        if !store.limits.enabled {
            return Ok((Arc::new(fill().await?.body), Outcome::Miss));
        }
        let slots = epoch::slots(&tags);
        let arrived = self.0.epochs.now();
        loop {
            let (flight, pilot) = {
                let now_ms = (self.0.clock)();
                let mut shard = store.shards[self.shard_of(&key)].lock();
                match shard.find(&key, &slots, arrived, now_ms, &self.0.epochs, &store.bytes) {
                    Found::Body(body) => return Ok((body, Outcome::Hit)),
                    Found::Flight(flight) => (flight, None),
                    Found::Nothing(flight, landing) => {
                        (flight.clone(), Some(Pilot::new(self.clone(), ns, key.clone(), flight, landing, now_ms)))
                    }
                }
            };
            let outcome = if pilot.is_some() { Outcome::Miss } else { Outcome::Waited };
            if let Some(pilot) = pilot {
                let filling = fill();
                rt::spawn(async move {
                    let result = filling.await;
                    pilot.land(result);
                });
                let landed = flight.wait().await?;
                return Ok((landed.body.clone(), outcome));
            }
            let landed = flight.wait().await?;
            // A write may have touched a tag that nobody knew when this caller joined. The next
            // flight found begins after this caller came, so there is one more round at most.
            if flight.begun >= arrived || self.0.epochs.unchanged_since(flight.begun, &landed.slots) {
                return Ok((landed.body.clone(), outcome));
            }
        }
    }

    /// Makes everything that was made from any of `tags` unreachable, and keeps fills that began
    /// before now from being stored or joined. Takes no lock and does not allocate; called on the
    /// writer thread after a commit and before its answers.
    pub fn invalidate(&self, tags: &[Tag]) {
        self.0.epochs.touch(tags);
    }

    /// Drops everything of a namespace. Answers how many entries went.
    pub fn invalidate_namespace(&self, ns: Namespace) -> usize {
        self.invalidate_prefix(ns, "")
    }

    /// Drops the entries whose key begins with `prefix`, and keeps fills for such keys that began
    /// before from being stored. Answers how many entries went. Looks at every key: for operators,
    /// not for the write path.
    pub fn invalidate_prefix(&self, ns: Namespace, prefix: &str) -> usize {
        let store = self.store(ns);
        store.shards.iter().map(|shard| shard.lock().drop_prefix(prefix, &store.bytes)).sum()
    }

    /// Frees the memory of every entry that no longer holds. Housekeeping, say once a minute; holds
    /// one shard's lock at a time. Answers how many entries went.
    pub fn sweep(&self) -> usize {
        let now_ms = (self.0.clock)();
        let dropped = self.0.namespaces.iter().flat_map(|store| {
            store.shards.iter().map(|shard| shard.lock().sweep(usize::MAX, now_ms, &self.0.epochs, &store.bytes))
        });
        dropped.sum()
    }

    /// What every namespace holds and has done.
    pub fn stats(&self) -> Vec<NamespaceStats> {
        Namespace::ALL.iter().map(|&ns| self.stats_of(ns)).collect()
    }

    fn stats_of(&self, namespace: Namespace) -> NamespaceStats {
        let store = self.store(namespace);
        let mut sum = Counts::default();
        let mut entries = 0;
        for shard in &store.shards {
            let shard = shard.lock();
            entries += shard.len();
            sum.add(&shard.counts);
        }
        NamespaceStats {
            namespace,
            limits: store.limits,
            entries,
            bytes: store.bytes.load(Ordering::Relaxed),
            hits: sum.hits,
            misses: sum.misses,
            waits: sum.waits,
            fills: sum.fills,
            fill_us_total: sum.fill_us_total,
            failures: sum.failures,
            discarded: sum.discarded,
            evictions: sum.evictions,
            expiries: sum.expiries,
            invalidations: sum.invalidations,
        }
    }

    /// Ends a flight: stores what it brought if that still holds, and lets newcomers no longer join.
    fn land(&self, ns: Namespace, key: &str, flight: &Flight, landing: Option<&Landing>, fill_us: u64) {
        let store = self.store(ns);
        let at = self.shard_of(key);
        let now_ms = (self.0.clock)();
        store.shards[at].lock().land(key, flight, landing, fill_us, now_ms, store.limits, &self.0.epochs, &store.bytes);
        store.evict(at);
    }

    fn store(&self, ns: Namespace) -> &Store {
        &self.0.namespaces[ns as usize]
    }

    fn shard_of(&self, key: &str) -> usize {
        // The low bits pick buckets inside the shard's own table; these come from the other end.
        (self.0.hasher.hash_one(key) >> 32) as usize % SHARDS
    }
}

fn utc_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
