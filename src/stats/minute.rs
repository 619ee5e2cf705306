//! The figures of a minute: what came in since the one before, and how it stands now.

use super::figures::Took;
use super::history::{Metric, Minute};
use super::{Inner, Picture};
use crate::timing::{Class, Counts, Registry};

/// Everything counted since the start, at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    requests: Counts,
    errors: u64,
    slow: u64,
    statements: Counts,
    commits: Counts,
    jobs: u64,
    reader_waits: Counts,
    hits: u64,
    misses: u64,
}

impl Totals {
    fn read(inner: &Inner) -> Self {
        let timing: &Registry = inner.house.store.timing();
        let slow_ns = u64::try_from(timing.slow_limit().as_nanos()).unwrap_or(u64::MAX);
        let mut totals = Self::default();
        for route in timing.routes() {
            let reading = route.requests.read();
            totals.errors += reading.errors.ours();
            totals.slow += reading.counts.above(slow_ns);
            totals.requests = totals.requests.add(&reading.counts);
        }
        for statement in timing.statements().filter(|statement| statement.runs.count() > 0) {
            totals.statements = totals.statements.add(&statement.runs.read().counts);
        }
        totals.commits = timing.batches.commit.read().counts;
        totals.reader_waits = timing.reader_wait.read().counts;
        totals.jobs = inner.house.store.stats().jobs;
        for namespace in inner.house.cache.stats() {
            totals.hits += namespace.hits;
            totals.misses += namespace.misses + namespace.waits;
        }
        totals
    }
}

impl Inner {
    /// What came in since the last call.
    pub(super) fn minute(&self, picture: &Picture) -> Minute {
        let now = Totals::read(self);
        let before = std::mem::replace(&mut *self.totals.lock(), now.clone());
        let took = |now: &Counts, before: &Counts| {
            let came = now.minus(before);
            Took::of_counts(std::time::Duration::ZERO, &came, [0; Class::COUNT])
        };
        let requests = took(&now.requests, &before.requests);
        let statements = took(&now.statements, &before.statements);
        let commits = took(&now.commits, &before.commits);
        let waits = took(&now.reader_waits, &before.reader_waits);
        let f = &picture.figures;
        let mut values = vec![
            (Metric::Requests, requests.count),
            (Metric::RequestErrors, now.errors.saturating_sub(before.errors)),
            (Metric::RequestTime, requests.total_us),
            (Metric::SlowRequests, now.slow.saturating_sub(before.slow)),
            (Metric::Statements, statements.count),
            (Metric::StatementTime, statements.total_us),
            (Metric::CacheHits, now.hits.saturating_sub(before.hits)),
            (Metric::CacheMisses, now.misses.saturating_sub(before.misses)),
            (Metric::Writes, now.jobs.saturating_sub(before.jobs)),
            (Metric::Batches, commits.count),
            (Metric::Queue, f.writer.queue),
            (Metric::LogBytes, f.writer.wal_bytes),
            (Metric::Memory, f.system.rss_bytes),
            (Metric::FileBytes, f.system.db_bytes),
            (Metric::Streams, f.events.streams),
            (Metric::Alerts, picture.alerts.len() as u64),
        ];
        // Of nothing there is no percentile, and no point is better than a zero.
        if requests.count > 0 {
            values.extend([
                (Metric::RequestP50, requests.p50_us),
                (Metric::RequestP95, requests.p95_us),
                (Metric::RequestP99, requests.p99_us),
                (Metric::RequestMax, requests.max_us),
            ]);
        }
        values.extend((statements.count > 0).then_some((Metric::StatementP95, statements.p95_us)));
        values.extend((commits.count > 0).then_some((Metric::CommitP95, commits.p95_us)));
        values.extend((waits.count > 0).then_some((Metric::ReaderWaitP95, waits.p95_us)));
        values.extend(f.system.cpu_per_mille.map(|cpu| (Metric::Cpu, cpu)));
        values.extend(f.system.disk_free_bytes.map(|free| (Metric::DiskFree, free)));
        if let Some(today) = &f.today {
            values.extend([(Metric::OpenOrders, today.open_orders), (Metric::TicketsWaiting, today.tickets_waiting)]);
        }
        Minute { at: f.at, clock_is_right: self.is_clock_right(f), values }
    }
}
