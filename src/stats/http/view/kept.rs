//! What is kept and what is written: the cache's namespaces, the writer, the connections that read.

use serde::Serialize;

use super::{TookView, WindowsView};
use crate::stats::figures::{NamespaceFigures, PoolFigures, Sizes, WriterFigures, Writing};

/// How large something was: numbers, not times.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SizesView {
    count: u64,
    min: u64,
    mean: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    max: u64,
}

impl SizesView {
    fn of(sizes: &Sizes) -> Self {
        let Sizes { count, min, mean, p50, p95, p99, max } = *sizes;
        Self { count, min, mean, p50, p95, p99, max }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct CachedView {
    name: &'static str,
    entries: u64,
    bytes: u64,
    bytes_max: u64,
    ttl_s: u64,
    hits: u64,
    misses: u64,
    /// Answers made before anybody asked, since screens ask for them again and again.
    ahead: u64,
    /// Askers who waited for another's fill.
    waits: u64,
    /// Of a thousand askers since the start; `null` where nobody asked.
    hit_per_mille: Option<u64>,
    hour_hit_per_mille: Option<u64>,
    fills: u64,
    fill_mean_us: u64,
    wait_mean_us: u64,
    /// Times somebody let go of entries by name.
    drops: u64,
    drop_mean_us: u64,
    /// Fills not kept, since a write came meanwhile or they were too large.
    discarded: u64,
    failures: u64,
    evictions: u64,
    expiries: u64,
    invalidations: u64,
}

impl CachedView {
    pub(super) fn of(ns: &NamespaceFigures) -> Self {
        Self {
            name: ns.name,
            entries: ns.entries,
            bytes: ns.bytes,
            bytes_max: ns.bytes_max,
            ttl_s: ns.ttl_ms / 1_000,
            hits: ns.hits,
            misses: ns.misses,
            ahead: ns.ahead,
            waits: ns.waits,
            hit_per_mille: ns.hit_per_mille(),
            hour_hit_per_mille: ns.hour_hit_per_mille(),
            fills: ns.fills,
            fill_mean_us: ns.fill_us_total.checked_div(ns.fills + ns.failures).unwrap_or(0),
            wait_mean_us: ns.wait_us_total.checked_div(ns.waits).unwrap_or(0),
            drops: ns.drops,
            drop_mean_us: ns.drop_us_total.checked_div(ns.drops).unwrap_or(0),
            discarded: ns.discarded,
            failures: ns.failures,
            evictions: ns.evictions,
            expiries: ns.expiries,
            invalidations: ns.invalidations,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct WriterView {
    /// `writable`, `full`, `damaged` or `stopping`.
    state: &'static str,
    queue: u64,
    queue_max: u64,
    batches: u64,
    jobs: u64,
    jobs_refused: u64,
    jobs_abandoned: u64,
    jobs_lost: u64,
    batch_jobs_max: u64,
    /// Jobs in a batch on average, in thousandths.
    batch_jobs_mean_thousandths: u64,
    /// Jobs of a batch.
    batch_jobs: WindowsView<SizesView>,
    queue_wait: WindowsView<TookView>,
    run: WindowsView<TookView>,
    /// The sync included.
    commit: WindowsView<TookView>,
    last_commit_us: u64,
    wal_bytes: u64,
    checkpoints: CheckpointsView,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CheckpointsView {
    passive: u64,
    /// Those that emptied the log.
    truncate: u64,
    /// Those that somebody's snapshot kept from it.
    stalled: u64,
}

impl WriterView {
    pub(super) fn of(w: &WriterFigures) -> Self {
        let state = match w.state {
            Writing::Writable => "writable",
            Writing::Full => "full",
            Writing::Damaged => "damaged",
            Writing::Stopping => "stopping",
        };
        Self {
            state,
            queue: w.queue,
            queue_max: w.queue_max,
            batches: w.batches,
            jobs: w.jobs,
            jobs_refused: w.jobs_refused,
            jobs_abandoned: w.jobs_abandoned,
            jobs_lost: w.jobs_lost,
            batch_jobs_max: w.batch_max,
            batch_jobs: WindowsView::of(&w.batch_jobs, SizesView::of),
            batch_jobs_mean_thousandths: (w.jobs * 1_000).checked_div(w.batches).unwrap_or(0),
            queue_wait: TookView::windows(&w.queue_wait),
            run: TookView::windows(&w.run),
            commit: TookView::windows(&w.commit),
            last_commit_us: w.last_commit_us,
            wal_bytes: w.wal_bytes,
            checkpoints: CheckpointsView {
                passive: w.checkpoints_passive,
                truncate: w.checkpoints_truncate,
                stalled: w.checkpoints_stalled,
            },
        }
    }
}

/// The connections that read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::stats::http) struct PoolView {
    readers: u64,
    idle: u64,
    /// Reads turned away because nobody was free in time.
    refused: u64,
    waits: WindowsView<TookView>,
    /// A sentence where nothing is free.
    warning: Option<&'static str>,
}

impl PoolView {
    pub(in crate::stats::http) fn of(pool: &PoolFigures) -> Self {
        let warning =
            (pool.idle == 0).then_some("No reader is free. If it stays, give the server more with --readers.");
        Self {
            readers: pool.readers,
            idle: pool.idle,
            refused: pool.refused,
            waits: TookView::windows(&pool.wait),
            warning,
        }
    }
}
