//! What the cache holds and has done since the start. Times are microseconds where nothing else is said.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::shard::Counts;
use super::{Cache, Limits, Namespace};

/// What a namespace holds and has done.
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
    /// How long they did.
    pub waited: Spell,
    /// Fills that ended with a body.
    pub fills: u64,
    pub fill_us_total: u64,
    pub fill_us_max: u64,
    /// Fills that brought a refusal which was kept.
    pub refusals: u64,
    /// Fills that ended with an error or not at all.
    pub failures: u64,
    /// Fills not stored: a write came meanwhile, or the body is past its time or too large.
    pub discarded: u64,
    /// Entries pushed out by a byte budget.
    pub evictions: u64,
    /// Entries dropped for their TTL or `until`.
    pub expiries: u64,
    /// Entries dropped because a write touched them, or by name.
    pub invalidations: u64,
    /// Dropping by name or prefix.
    pub drops: Spell,
}

impl NamespaceStats {
    /// Of everybody who asked, the share that found an answer ready, in hundredths of a percent; `None`
    /// when nobody asked. Who waited for another's fill did not find one.
    pub fn hit_rate(&self) -> Option<u64> {
        let asked = self.hits + self.misses + self.waits;
        (asked > 0).then(|| u64::try_from(u128::from(self.hits) * 10_000 / u128::from(asked)).unwrap_or(10_000))
    }
}

/// What concerns all namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub bytes: usize,
    pub bytes_max: usize,
    /// Invalidations by the tags of a commit, each of which takes in every namespace at once. On the
    /// writer's thread, before the answers.
    pub invalidations: Spell,
}

/// So many times, and how long they took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spell {
    pub times: u64,
    pub ns_total: u64,
    pub ns_max: u64,
}

/// Gathers a [`Spell`].
#[derive(Default)]
pub(super) struct Timed {
    times: AtomicU64,
    ns_total: AtomicU64,
    ns_max: AtomicU64,
}

impl Timed {
    pub(super) fn add(&self, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.times.fetch_add(1, Ordering::Relaxed);
        self.ns_total.fetch_add(ns, Ordering::Relaxed);
        self.ns_max.fetch_max(ns, Ordering::Relaxed);
    }

    fn read(&self) -> Spell {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Spell { times: read(&self.times), ns_total: read(&self.ns_total), ns_max: read(&self.ns_max) }
    }
}

pub(super) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

impl Cache {
    /// What every namespace holds and has done.
    pub fn stats(&self) -> Vec<NamespaceStats> {
        Namespace::ALL.iter().map(|&ns| self.stats_of(ns)).collect()
    }

    pub fn totals(&self) -> Totals {
        let bytes = self.0.namespaces.iter().map(|store| store.bytes.load(Ordering::Relaxed)).sum();
        Totals { bytes, bytes_max: self.0.bytes_max, invalidations: self.0.invalidating.read() }
    }

    fn stats_of(&self, namespace: Namespace) -> NamespaceStats {
        let store = &self.0.namespaces[namespace as usize];
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
            waited: store.waiting.read(),
            fills: sum.fills,
            fill_us_total: sum.fill_us_total,
            fill_us_max: sum.fill_us_max,
            refusals: sum.refusals,
            failures: sum.failures,
            discarded: sum.discarded,
            evictions: sum.evictions,
            expiries: sum.expiries,
            invalidations: sum.invalidations,
            drops: store.dropping.read(),
        }
    }
}
