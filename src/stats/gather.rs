//! Reads the figures of this moment from where they are kept: the registry, the store, the cache, the
//! event streams, the machine, and the file for how the evening goes.

use std::time::Instant;

use super::alerts::TICKET_FORGOTTEN_MS;
use super::figures::{
    BackupFigures, EventFigures, Figures, LimitFigures, NamespaceFigures, PoolFigures, RouteFigures, Sizes,
    StatementFigures, Sum, System, Today, Took, Windows, WriterFigures, Writing, indexed_per_mille,
};
use super::{Inner, machine};
use crate::error::{Fault, Result};
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::kitchen::model::{Filter, Which};
use crate::store::{Health, PageRequest, Snapshot};
use crate::timing::{Class, Meter, Registry, Repeat, StatementMeter, Window};
use crate::web::limits::Met;
use crate::{journal, kitchen, orders, reports, shifts};

const WINDOWS: Windows<Window> = Windows { minute: Window::Minute, hour: Window::Hour, start: Window::Start };
/// An hour after a statement last ran too often in a request it counts as mended, in ms.
const REPEATS_STAND_MS: u64 = 3_600_000;
/// Slow requests that are shown.
pub(super) const SLOW_SHOWN: usize = 20;

pub(super) fn took(meter: &Meter, now: Instant) -> Windows<Took> {
    WINDOWS.map(|window| Took::of(&meter.window(*window, now)))
}

impl Inner {
    /// Everything but what the file tells.
    pub(super) fn gather(&self, of_file: OfFile) -> Figures {
        let now = Instant::now();
        let at = self.house.clock.now();
        let timing = self.house.store.timing();
        let (requests, routes) = routes(timing, now);
        let (database, statements) = statements(timing, now);
        let uptime_s = self.began.elapsed().as_secs();
        let (runs, unindexed) = statements
            .iter()
            .fold((0, 0), |(runs, unindexed), s| (runs + s.took.start.count, unindexed + s.unindexed_runs));
        let stands = |repeat: &Repeat| at.get().abs_diff(repeat.last_ms) < REPEATS_STAND_MS;
        let mut findings = self.findings.lock().clone();
        findings.extend(self.changed.lock().iter().flatten().cloned());
        let system = self.system(now, at, &of_file);
        Figures {
            at,
            started_at: self.started_at,
            zone: self.zone.lock().clone(),
            uptime_s,
            requests,
            routes,
            statements,
            cached: Some(Took::of(&timing.cached.read())),
            database,
            indexed_per_mille: indexed_per_mille(runs, unindexed),
            repeats: timing.repeats().into_iter().filter(stands).collect(),
            cache: self.cache(),
            writer: self.writer(now),
            pool: self.pool(now),
            slow: timing.slow().into_iter().take(SLOW_SHOWN).collect(),
            slow_limit_ms: u64::try_from(timing.slow_limit().as_millis()).unwrap_or(u64::MAX),
            today: of_file.today,
            system,
            cache_invalidations: Took::of_counts(
                self.began.elapsed(),
                &self.house.cache.totals().invalidations,
                [0; Class::COUNT],
            ),
            cache_bytes_max: self.house.cache.totals().bytes_max as u64,
            events: EventFigures {
                streams: self.hub.streams() as u64,
                streams_max: journal::events::STREAMS_MAX as u64,
                lag: self.hub.lag() as u64,
            },
            limits: self.limits(),
            history: self.history.figures(),
            findings,
        }
    }

    fn limits(&self) -> LimitFigures {
        let limits = &self.house.limits;
        let Met { address, device, shed, slow_bodies, slow_answers, connections } = limits.met();
        let requests_max = limits.settings.requests_max.into();
        LimitFigures {
            by_address: address,
            by_device: device,
            shed,
            requests_max,
            slow_bodies,
            slow_answers,
            connections,
        }
    }

    fn cache(&self) -> Vec<NamespaceFigures> {
        let (then, hour) = self.hour_ago();
        let figures = self.house.cache.stats().into_iter().enumerate().map(|(at, stats)| {
            let (hits, others) = if hour { then.get(at).copied().unwrap_or_default() } else { (0, 0) };
            NamespaceFigures {
                name: stats.namespace.name(),
                entries: stats.entries as u64,
                bytes: stats.bytes as u64,
                bytes_max: stats.limits.bytes_max as u64,
                ttl_ms: stats.limits.ttl_ms,
                hits: stats.hits,
                misses: stats.misses,
                ahead: stats.ahead,
                waits: stats.waits,
                fills: stats.fills,
                fill_us_total: stats.filling.total() / 1_000,
                wait_us_total: stats.waited.total() / 1_000,
                drops: stats.drops.count(),
                drop_us_total: stats.drops.total() / 1_000,
                discarded: stats.discarded,
                failures: stats.failures,
                evictions: stats.evictions,
                expiries: stats.expiries,
                invalidations: stats.invalidations,
                hour_hits: stats.hits.saturating_sub(hits),
                hour_misses: (stats.misses + stats.waits).saturating_sub(others),
            }
        });
        figures.collect()
    }

    fn writer(&self, now: Instant) -> WriterFigures {
        let (store, timing) = (&self.house.store, self.house.store.timing());
        let stats = store.stats();
        let state = match store.health() {
            Health::Writable => Writing::Writable,
            Health::Full => Writing::Full,
            Health::Corrupt(_) => Writing::Damaged,
            Health::Stopping => Writing::Stopping,
        };
        WriterFigures {
            state,
            file: store.path().to_owned(),
            queue: stats.queue,
            queue_max: store.queue_max() as u64,
            batches: stats.batches,
            jobs: stats.jobs,
            jobs_refused: stats.jobs_refused,
            jobs_abandoned: stats.jobs_abandoned,
            jobs_lost: stats.jobs_lost,
            batch_max: stats.batch_max,
            batch_jobs: WINDOWS.map(|window| Sizes::of(&timing.batches.jobs.window(*window, now))),
            last_commit_us: stats.last_sync_us,
            queue_wait: took(&timing.queue_wait, now),
            run: took(&timing.batches.run, now),
            commit: took(&timing.batches.commit, now),
            wal_bytes: stats.wal_bytes,
            checkpoints_passive: stats.checkpoints_passive,
            checkpoints_truncate: stats.checkpoints_truncate,
            checkpoints_stalled: stats.checkpoints_stalled,
        }
    }

    pub(super) fn pool(&self, now: Instant) -> PoolFigures {
        let store = &self.house.store;
        let (readers, idle) = store.readers();
        let wait = took(&store.timing().reader_wait, now);
        PoolFigures { readers: readers.into(), idle: idle.into(), refused: store.stats().readers_busy, wait }
    }

    /// Looks at the clock; the ticker does so every ten seconds, whoever reads figures besides.
    pub(super) fn clock_moved_ms(&self, now: Instant, at: UtcMs) -> i64 {
        if self.settings.clock_runs { self.jumps.lock().look(now, at) } else { 0 }
    }

    fn system(&self, now: Instant, at: UtcMs, of_file: &OfFile) -> System {
        let path = self.house.store.path();
        let disk = machine::disk(path);
        let behind = of_file.last_record_at.map_or(0, |last| (last.get() - at.get()).max(0));
        let backup = crate::store::side::last_backup(path).unwrap_or_default();
        System {
            db_bytes: machine::file_bytes(path),
            stats_bytes: machine::file_bytes(self.history.path()),
            rss_bytes: machine::rss_bytes(),
            memory_budget_bytes: self.settings.memory_budget_bytes,
            cpu_per_mille: self.cpu.lock().per_mille(now),
            cpu_ms: machine::cpu_ms(),
            disk_free_bytes: disk.map(|(free, _)| free),
            disk_bytes: disk.map(|(_, all)| all),
            timing_bytes: self.house.store.timing().memory_bytes() as u64,
            last_backup_at: backup.at_ms.map(UtcMs::new),
            backup: BackupFigures {
                to: backup.to.map(|to| to.display().to_string()),
                same_disk: backup.same_disk,
                failed: backup.failed.map(|(at, why)| (UtcMs::new(at), why)),
            },
            known_since: self.history.known_since(),
            clock_moved_ms: self.clock_moved_ms(now, at),
            clock_behind_ms: behind,
            clock_jumps: of_file.clock_jumps,
        }
    }
}

fn routes(timing: &Registry, now: Instant) -> (Windows<Took>, Vec<RouteFigures>) {
    let mut sums: Windows<Sum> = Windows::default();
    let routes = timing.routes();
    let each = routes.iter().filter(|route| route.requests.count() > 0).map(|route| {
        let readings = WINDOWS.map(|window| route.requests.window(*window, now));
        sums.minute.add(&readings.minute);
        sums.hour.add(&readings.hour);
        sums.start.add(&readings.start);
        RouteFigures { method: route.method.clone(), pattern: route.pattern.clone(), took: readings.map(Took::of) }
    });
    let mut each: Vec<_> = each.collect();
    each.sort_by_key(|route| std::cmp::Reverse(route.took.start.count));
    (sums.map(Sum::took), each)
}

fn statements(timing: &Registry, now: Instant) -> (Windows<Took>, Vec<StatementFigures>) {
    let slow_ns = u64::try_from(timing.slow_limit().as_nanos()).unwrap_or(u64::MAX);
    let mut sums: Windows<Sum> = Windows::default();
    let ran = timing.statements().filter(|statement| statement.runs.count() > 0);
    let mut each: Vec<_> = ran
        .map(|meter: &StatementMeter| {
            let readings = WINDOWS.map(|window| meter.runs.window(*window, now));
            sums.minute.add(&readings.minute);
            sums.hour.add(&readings.hour);
            sums.start.add(&readings.start);
            StatementFigures {
                name: meter.named.name,
                declared: meter.named.declared,
                slow_hour: readings.hour.counts.above(slow_ns),
                took: readings.map(Took::of),
                rows: meter.rows(),
                scanning_runs: meter.scanning_runs(),
                sorting_runs: meter.sorting_runs(),
                unindexed_runs: meter.unindexed_runs(),
                steps: meter.steps(),
                share_per_mille: 0,
            }
        })
        .collect();
    let sums = sums.map(Sum::took);
    for statement in &mut each {
        let share = (statement.took.start.total_us * 1_000).checked_div(sums.start.total_us);
        statement.share_per_mille = share.unwrap_or(0);
    }
    each.sort_by_key(|statement| std::cmp::Reverse(statement.took.start.total_us));
    (sums, each)
}

/// What only the file tells.
#[derive(Debug, Clone, Default)]
pub(super) struct OfFile {
    pub today: Option<Today>,
    /// Of the clock, that nobody has confirmed.
    pub clock_jumps: u64,
    pub last_record_at: Option<UtcMs>,
    pub zone: Option<Zone>,
}

impl OfFile {
    pub(super) fn read(db: &Snapshot, now: UtcMs) -> Result<Self> {
        let Some(last) = journal::ops::after(db, journal::ops::last_seq(db)? - 1, 1)?.pop() else {
            return Ok(Self::default());
        };
        let calendar = journal::ops::calendar(db)?;
        let date = calendar.date_of(now);
        let one = PageRequest::Number { page: 1, size: 1 };
        let sales = reports::ops::sales(db, reports::model::Span { from: date, to: date }, reports::model::By::Day)?;
        let figures = sales.first().map(|row| row.figures).unwrap_or_default();
        let newest = orders::list::page(db, &orders::list::Filter::default(), one)?;
        let waiting = kitchen::ops::tickets(db, Filter { station: None, which: Which::Waiting }, one)?;
        // What nobody took for hours is not waited for: it is a house without a screen, or yesterday's.
        let unprinted_since = kitchen::ops::oldest_new(db, UtcMs::new(now.get() - TICKET_FORGOTTEN_MS))?;
        let today = Today {
            date,
            open_orders: shifts::ops::pending(db)?.orders.len() as u64,
            sales: figures.gross,
            orders: figures.orders,
            last_order_at: newest.items.first().map(|listed| listed.order.opened_at),
            tickets_waiting: waiting.total.unwrap_or(0),
            oldest_ticket_at: waiting.items.first().map(|ticket| ticket.sent_at),
            unprinted_since,
        };
        // A clock that was behind wrote its own time into the last record, but the journal's date.
        let last_date = BusinessDate::parse(&last.business_date).map_err(|wrong| Fault::new(wrong.detail))?;
        let last_record_at = UtcMs::new(last.at_utc_ms).max(calendar.begin_of(last_date));
        let clock_jumps = journal::clock::unconfirmed(db)?.len() as u64;
        Ok(Self { today: Some(today), clock_jumps, last_record_at: Some(last_record_at), zone: Some(calendar.zone) })
    }
}
