//! What the cache holds and has done since the start.

use std::sync::atomic::{AtomicU64, Ordering};

use super::shard::Counts;
use super::{Cache, Limits, Namespace};
use crate::timing::Counts as Times;

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
    /// Fills begun for somebody who asked.
    pub misses: u64,
    /// Fills begun before anybody asked, of what is asked for again and again.
    pub ahead: u64,
    /// Askers who waited for another's fill.
    pub waits: u64,
    /// How long those did whose wait is over, in ns.
    pub waited: Times,
    /// Fills that ended with a body.
    pub fills: u64,
    /// How long they took, in ns; failures too.
    pub filling: Times,
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
    /// Dropping by name or prefix, in ns.
    pub drops: Times,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub bytes: usize,
    pub bytes_max: usize,
    /// Invalidations by the tags of a commit, each of which takes in every namespace at once. On the
    /// writer's thread, before the answers. In ns.
    pub invalidations: Times,
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
        let (meters, read) = (&store.meters, |counter: &AtomicU64| counter.load(Ordering::Relaxed));
        let fills = meters.fills.read();
        NamespaceStats {
            namespace,
            limits: store.limits,
            entries,
            bytes: store.bytes.load(Ordering::Relaxed),
            hits: read(&meters.hits),
            misses: read(&meters.misses),
            ahead: sum.ahead,
            waits: sum.waits,
            waited: meters.waits.read().counts,
            fills: fills.counts.count().saturating_sub(fills.errors.total()),
            filling: fills.counts,
            refusals: sum.refusals,
            failures: fills.errors.total(),
            discarded: sum.discarded,
            evictions: read(&meters.evictions),
            expiries: read(&meters.expiries),
            invalidations: sum.invalidations,
            drops: meters.invalidations.read().counts,
        }
    }
}
