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
mod key;
mod packer;
mod shard;
mod stats;
pub mod tag;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actix_web::rt;
use parking_lot::Mutex;

use crate::error::Result;
use crate::timing::{self, Class, Histogram, Registry};

pub use body::{Body, Coding, encode_once};
pub use config::{Config, Limits, Namespace};
pub use key::{Key, KeyBuilder};
pub use packer::Packer;
pub use stats::{NamespaceStats, Totals};
pub use tag::Tag;

use epoch::Epochs;
use flight::{Flight, Landing, Pilot};
use shard::{Found, Here, Shard};

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

/// A moment before a query, against which what the query brought is checked.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    epoch: u64,
    at_ms: u64,
}

/// What can be seen of an answer that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Whether it would be handed out.
    pub holds: bool,
    /// UTC milliseconds at which somebody last asked for it.
    pub used_ms: u64,
    /// Times it was handed out.
    pub hits: u32,
}

/// The cache; clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    clock: Clock,
    hasher: lru::DefaultHasher,
    epochs: Epochs,
    bytes_max: usize,
    /// By tag; takes in every namespace at once.
    invalidating: Histogram,
    namespaces: [Store; Namespace::ALL.len()],
}

/// One namespace.
struct Store {
    limits: Limits,
    /// Of all its shards together; changed only under the lock of the shard concerned.
    bytes: AtomicUsize,
    shards: [Mutex<Shard>; SHARDS],
    /// Hits, misses, what went, and times: of fills, of waiting, of dropping by name.
    meters: Arc<timing::Namespace>,
}

impl Store {
    fn new(limits: Limits, meters: Arc<timing::Namespace>) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { limits, bytes: AtomicUsize::new(0), shards, meters }
    }

    /// Pushes out what was used longest ago in any shard until the budget holds. The entry just
    /// stored is spared; as it fits the budget alone, the loop ends.
    fn evict(&self, spared: usize) {
        let keep = |at: usize| usize::from(at == spared);
        while self.bytes.load(Ordering::Relaxed) > self.limits.bytes_max {
            let oldest = |at: usize| Some((self.shards[at].lock().oldest_used_ms(keep(at))?, at));
            let Some((_, at)) = (0..SHARDS).filter_map(oldest).min() else { return };
            self.shards[at].lock().evict_one(keep(at), &self.bytes, &self.meters);
        }
    }
}

impl Cache {
    pub fn new(config: Config) -> Self {
        Self::with_clock(config, Arc::new(utc_ms))
    }

    /// A cache that reads the time from `clock`.
    pub fn with_clock(config: Config, clock: Clock) -> Self {
        Self::measured(config, clock, &Registry::default())
    }

    /// A cache whose figures stand with everything else that is measured.
    pub fn measured(config: Config, clock: Clock, registry: &Registry) -> Self {
        let store = |ns: Namespace| {
            let limits = config.of(ns);
            // What does not fit all is never kept.
            let limits = Limits { bytes_max: limits.bytes_max.min(config.bytes_max), ..limits };
            Store::new(limits, registry.namespace(ns.name()))
        };
        Self(Arc::new(Inner {
            clock,
            hasher: lru::DefaultHasher::default(),
            epochs: Epochs::new(),
            bytes_max: config.bytes_max,
            invalidating: Histogram::default(),
            namespaces: Namespace::ALL.map(store),
        }))
    }

    /// The body under `key`, if there is one and it still holds. Never waits for a fill or a
    /// query, so it may be called on the event loop. Only hits are counted: who finds nothing
    /// goes on to [`Cache::get_or_fill`].
    pub fn get(&self, key: &Key) -> Option<Arc<Body>> {
        let store = self.store(key);
        if !store.limits.enabled {
            return None;
        }
        store.shards[self.shard_of(key)].lock().get(key.text(), self.here(store))
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
    pub async fn get_or_fill<F, Fut>(&self, key: Key, tags: Vec<Tag>, fill: F) -> Result<(Arc<Body>, Outcome)>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Filled>> + 'static,
    {
        let store = self.store(&key);
        if !store.limits.enabled {
            return Ok((Arc::new(fill().await?.body), Outcome::Miss));
        }
        let slots = epoch::slots(&tags);
        let arrived = self.0.epochs.now();
        loop {
            let (flight, pilot) = {
                let here = self.here(store);
                let mut shard = store.shards[self.shard_of(&key)].lock();
                match shard.find(key.text(), &slots, arrived, here) {
                    Found::Body(body) => return Ok((body, Outcome::Hit)),
                    Found::Flight(flight) => (flight, None),
                    Found::Nothing(flight, landing) => {
                        let pilot = Pilot::new(self.clone(), key.clone(), flight.clone(), landing, here.now_ms);
                        (flight, Some(pilot))
                    }
                }
            };
            if let Some(pilot) = pilot {
                let filling = fill();
                rt::spawn(async move {
                    let result = filling.await;
                    pilot.land(result);
                });
                let landed = flight.wait().await?;
                return Ok((landed.body.clone(), Outcome::Miss));
            }
            let began = Instant::now();
            let landed = flight.wait().await;
            store.meters.waits.took(began.elapsed());
            let landed = landed?;
            // A write may have touched a tag that nobody knew when this caller joined. The next
            // flight found begins after this caller came, so there is one more round at most.
            if flight.begun >= arrived || self.0.epochs.unchanged_since(flight.begun, &landed.slots) {
                return Ok((landed.body.clone(), Outcome::Waited));
            }
        }
    }

    /// Makes what is under `key` anew before anybody asks, unless it holds or is being made. It counts as
    /// neither a hit nor a miss, and as last asked for at `asked_ms`; who asks meanwhile waits for it.
    /// Answers whether `fill` ran and brought something.
    pub async fn refill<F, Fut>(&self, key: &Key, tags: &[Tag], asked_ms: u64, fill: F) -> Result<bool>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Filled>>,
    {
        let (store, slots) = (self.store(key), epoch::slots(tags));
        let pilot = {
            let here = self.here(store);
            let mut shard = store.shards[self.shard_of(key)].lock();
            let flight = store.limits.enabled.then(|| shard.ahead(key.text(), &slots, asked_ms, here)).flatten();
            flight.map(|(flight, landing)| Pilot::new(self.clone(), key.clone(), flight, landing, here.now_ms))
        };
        let Some(pilot) = pilot else { return Ok(false) };
        let result = fill().await;
        let failed = result.as_ref().err().map(flight::copy);
        pilot.land(result);
        failed.map_or(Ok(true), Err)
    }

    /// How it stands with what is under `key`, without asking for it; `None` where there is nothing.
    pub fn glance(&self, key: &Key) -> Option<Glance> {
        let store = self.store(key);
        store.shards[self.shard_of(key)].lock().glance(key.text(), self.here(store))
    }

    /// This moment. To be taken before the first statement of the query whose parts go to [`Cache::keep`].
    pub fn mark(&self) -> Mark {
        Mark { epoch: self.0.epochs.now(), at_ms: (self.0.clock)() }
    }

    /// Keeps a part of bodies that a fill, which is alone already, asked for by [`Cache::get`] and did not
    /// find; making it took `took`.
    ///
    /// A part found may be older or newer than the snapshot of who asks: a commit can be seen in the file
    /// a moment before its invalidation is heard. So its key says the version that the asker's snapshot
    /// wants; tags only free its memory.
    pub fn keep(&self, key: &Key, tags: &[Tag], mark: Mark, body: Body, took: Duration) -> Arc<Body> {
        let store = self.store(key);
        if !store.limits.enabled {
            return Arc::new(body);
        }
        let landing = Landing::new(body.into(), epoch::slots(tags), mark.at_ms, store.limits.ttl_ms);
        let at = self.shard_of(key);
        store.shards[at].lock().keep(key.text(), &landing, mark.epoch, took, self.here(store));
        self.evict(key.namespace(), at);
        landing.body
    }

    /// Makes everything that was made from any of `tags` unreachable, and keeps fills that began
    /// before now from being stored or joined. Takes no lock and does not allocate; called on the
    /// writer thread after a commit and before its answers.
    pub fn invalidate(&self, tags: &[Tag]) {
        let began = Instant::now();
        self.0.epochs.touch(tags);
        self.0.invalidating.record(timing::nanos(began.elapsed()));
    }

    /// Drops everything of a namespace. Answers how many entries went.
    pub fn invalidate_namespace(&self, ns: Namespace) -> usize {
        self.invalidate_prefix(ns, "")
    }

    /// Drops the entries whose key begins with `prefix`, and keeps fills for such keys that began
    /// before from being stored. Answers how many entries went. Looks at every key: for operators,
    /// not for the write path.
    pub fn invalidate_prefix(&self, ns: Namespace, prefix: &str) -> usize {
        let (store, began) = (&self.0.namespaces[ns as usize], Instant::now());
        let dropped = store.shards.iter().map(|shard| shard.lock().drop_prefix(prefix, self.here(store))).sum();
        store.meters.invalidations.took(began.elapsed());
        dropped
    }

    /// Frees the memory of every entry that no longer holds. Housekeeping, say once a minute; holds
    /// one shard's lock at a time. Answers how many entries went.
    pub fn sweep(&self) -> usize {
        let dropped = self.0.namespaces.iter().flat_map(|store| {
            let here = self.here(store);
            store.shards.iter().map(move |shard| shard.lock().sweep(usize::MAX, here))
        });
        dropped.sum()
    }

    /// Ends a flight: stores what it brought if that still holds, and lets newcomers no longer join.
    fn land(&self, key: &Key, flight: &Flight, landing: Result<&Landing, Class>, took: Duration) {
        let (store, at) = (self.store(key), self.shard_of(key));
        store.shards[at].lock().land(key.text(), flight, landing, took, self.here(store));
        self.evict(key.namespace(), at);
    }

    /// Pushes out what was used longest ago until the namespace's budget holds, and that of all. What was
    /// stored last in shard `at` of the namespace is spared.
    fn evict(&self, ns: Namespace, at: usize) {
        self.0.namespaces[ns as usize].evict(at);
        let bytes = || self.0.namespaces.iter().map(|store| store.bytes.load(Ordering::Relaxed)).sum::<usize>();
        while bytes() > self.0.bytes_max {
            let keep = |store: usize, shard: usize| usize::from((store, shard) == (ns as usize, at));
            let places = (0..self.0.namespaces.len()).flat_map(|store| (0..SHARDS).map(move |shard| (store, shard)));
            let used = |(store, shard): (usize, usize)| {
                Some((self.0.namespaces[store].shards[shard].lock().oldest_used_ms(keep(store, shard))?, store, shard))
            };
            let Some((_, store, shard)) = places.filter_map(used).min() else { return };
            let oldest = &self.0.namespaces[store];
            oldest.shards[shard].lock().evict_one(keep(store, shard), &oldest.bytes, &oldest.meters);
        }
    }

    fn here<'a>(&'a self, store: &'a Store) -> Here<'a> {
        Here {
            now_ms: (self.0.clock)(),
            limits: store.limits,
            epochs: &self.0.epochs,
            bytes: &store.bytes,
            meters: &store.meters,
        }
    }

    fn store(&self, key: &Key) -> &Store {
        &self.0.namespaces[key.namespace() as usize]
    }

    fn shard_of(&self, key: &Key) -> usize {
        // The low bits pick buckets inside the shard's own table; these come from the other end.
        (self.0.hasher.hash_one(key.text()) >> 32) as usize % SHARDS
    }
}

fn utc_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
