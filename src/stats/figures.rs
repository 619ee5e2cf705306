//! The figures of one moment, as plain numbers: what alerts, advice, the page and the history are made
//! from. No JSON, no SQLite, no clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::timing::{Class, Counts, Reading, Repeat, SlowRequest, Steps};

/// One thing over the last minute, the last hour and since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Windows<T> {
    pub minute: T,
    pub hour: T,
    pub start: T,
}

impl<T> Windows<T> {
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Windows<U> {
        Windows { minute: f(&self.minute), hour: f(&self.hour), start: f(&self.start) }
    }
}

/// How long something took, in µs, and how often it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// How long the window is, in ms.
    pub over_ms: u64,
    pub count: u64,
    pub total_us: u64,
    pub min_us: u64,
    pub mean_us: u64,
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
    /// By [`Class`], in its order.
    pub errors: [u64; Class::COUNT],
}

impl Took {
    pub fn of(reading: &Reading) -> Self {
        let errors = Class::ALL.map(|class| reading.errors.of(class));
        Self::of_counts(reading.over, &reading.counts, errors)
    }

    pub fn of_counts(over: Duration, counts: &Counts, errors: [u64; Class::COUNT]) -> Self {
        let us = |ns: u64| ns / 1_000;
        Self {
            over_ms: u64::try_from(over.as_millis()).unwrap_or(u64::MAX),
            count: counts.count(),
            total_us: us(counts.total()),
            min_us: us(counts.min()),
            mean_us: us(counts.mean()),
            p50_us: us(counts.percentile(5_000)),
            p95_us: us(counts.percentile(9_500)),
            p99_us: us(counts.percentile(9_900)),
            max_us: us(counts.max()),
            errors,
        }
    }

    pub fn errors_of(&self, class: Class) -> u64 {
        self.errors[class as usize]
    }

    /// Failures that are not the caller's doing.
    pub fn errors_ours(&self) -> u64 {
        Class::ALL.into_iter().filter(|class| !class.is_callers()).map(|class| self.errors_of(class)).sum()
    }

    /// Failures that are not the caller's doing, of a million.
    pub fn error_ppm(&self) -> u64 {
        (self.errors_ours() * 1_000_000).checked_div(self.count).unwrap_or(0)
    }

    /// How many a second, in thousandths.
    pub fn per_second_thousandths(&self) -> u64 {
        (self.count * 1_000_000).checked_div(self.over_ms).unwrap_or(0)
    }
}

/// A thing whose readings are sums of several.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    over: Duration,
    counts: Counts,
    errors: [u64; Class::COUNT],
}

impl Sum {
    pub fn add(&mut self, reading: &Reading) {
        self.over = self.over.max(reading.over);
        self.counts = self.counts.add(&reading.counts);
        for class in Class::ALL {
            self.errors[class as usize] += reading.errors.of(class);
        }
    }

    pub fn took(&self) -> Took {
        Took::of_counts(self.over, &self.counts, self.errors)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteFigures {
    pub method: String,
    pub pattern: String,
    pub took: Windows<Took>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementFigures {
    pub name: &'static str,
    /// Why it may scan or sort; none where it may not.
    pub declared: Option<&'static str>,
    pub took: Windows<Took>,
    pub rows: u64,
    pub scanning_runs: u64,
    pub sorting_runs: u64,
    /// Runs with a full-scan step or an index made for the run.
    pub unindexed_runs: u64,
    pub steps: Steps,
    /// Of the time that all statements took since the start.
    pub share_per_mille: u64,
    /// Runs of the last hour above the limit.
    pub slow_hour: u64,
}

impl StatementFigures {
    /// Runs that found all their rows by an index or a key, of a thousand.
    pub fn indexed_per_mille(&self) -> u64 {
        indexed_per_mille(self.took.start.count, self.unindexed_runs)
    }
}

/// Of a thousand runs; nothing of nothing is all of it.
pub fn indexed_per_mille(runs: u64, unindexed: u64) -> u64 {
    (runs.saturating_sub(unindexed) * 1_000).checked_div(runs).unwrap_or(1_000)
}

/// How large something was, such as batches by their jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    pub count: u64,
    pub min: u64,
    pub mean: u64,
    pub p50: u64,
    pub p95: u64,
    pub p99: u64,
    pub max: u64,
}

impl Sizes {
    pub fn of(reading: &Reading) -> Self {
        let counts = &reading.counts;
        Self {
            count: counts.count(),
            min: counts.min(),
            mean: counts.mean(),
            p50: counts.percentile(5_000),
            p95: counts.percentile(9_500),
            p99: counts.percentile(9_900),
            max: counts.max(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceFigures {
    pub name: &'static str,
    pub entries: u64,
    pub bytes: u64,
    pub bytes_max: u64,
    pub ttl_ms: u64,
    pub hits: u64,
    pub misses: u64,
    /// Made before anybody asked.
    pub ahead: u64,
    pub waits: u64,
    pub fills: u64,
    /// Failures included.
    pub fill_us_total: u64,
    pub wait_us_total: u64,
    /// Times somebody let go of entries by name.
    pub drops: u64,
    pub drop_us_total: u64,
    pub discarded: u64,
    pub failures: u64,
    pub evictions: u64,
    pub expiries: u64,
    pub invalidations: u64,
    /// Of the last hour; all since the start while the server is younger.
    pub hour_hits: u64,
    pub hour_misses: u64,
}

impl NamespaceFigures {
    /// Of a thousand askers; none where nobody asked.
    pub fn hit_per_mille(&self) -> Option<u64> {
        hit_per_mille(self.hits, self.misses + self.waits)
    }

    pub fn hour_hit_per_mille(&self) -> Option<u64> {
        hit_per_mille(self.hour_hits, self.hour_misses)
    }
}

/// Hits of a thousand askers.
pub fn hit_per_mille(hits: u64, others: u64) -> Option<u64> {
    (hits * 1_000).checked_div(hits + others)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    #[default]
    Writable,
    /// The disk is full.
    Full,
    /// The file is damaged.
    Damaged,
    Stopping,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriterFigures {
    pub state: Writing,
    /// The restaurant's file, by its one name.
    pub file: PathBuf,
    pub queue: u64,
    pub queue_max: u64,
    pub batches: u64,
    pub jobs: u64,
    pub jobs_refused: u64,
    pub jobs_abandoned: u64,
    pub jobs_lost: u64,
    pub batch_max: u64,
    /// Jobs of a batch.
    pub batch_jobs: Windows<Sizes>,
    pub last_commit_us: u64,
    pub queue_wait: Windows<Took>,
    pub run: Windows<Took>,
    /// The sync included.
    pub commit: Windows<Took>,
    pub wal_bytes: u64,
    pub checkpoints_passive: u64,
    pub checkpoints_truncate: u64,
    pub checkpoints_stalled: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolFigures {
    pub readers: u64,
    pub idle: u64,
    /// Times nobody got a reader in time, since the start.
    pub refused: u64,
    pub wait: Windows<Took>,
}

/// How the evening goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    pub date: BusinessDate,
    pub open_orders: u64,
    /// Gross of what was settled, in minor units.
    pub sales: i64,
    /// Orders settled.
    pub orders: i64,
    pub last_order_at: Option<UtcMs>,
    pub tickets_waiting: u64,
    /// The oldest of the tickets waiting was sent then.
    pub oldest_ticket_at: Option<UtcMs>,
    /// The oldest ticket of the last three hours that no printer or screen has taken was sent then.
    pub unprinted_since: Option<UtcMs>,
}

/// The machine, as far as it matters to the server. Zero or none is: not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct System {
    pub db_bytes: u64,
    pub stats_bytes: u64,
    pub rss_bytes: u64,
    pub memory_budget_bytes: u64,
    /// Of one core, over the time between two looks.
    pub cpu_per_mille: Option<u64>,
    /// Since the start.
    pub cpu_ms: Option<u64>,
    pub disk_free_bytes: Option<u64>,
    pub disk_bytes: Option<u64>,
    pub timing_bytes: u64,
    /// As of when the last good backup holds everything.
    pub last_backup_at: Option<UtcMs>,
    pub backup: BackupFigures,
    /// The first start that the history knows of, which stands in where there was no backup.
    pub known_since: Option<UtcMs>,
    /// How far the clock was moved within the last hour, in ms.
    pub clock_moved_ms: i64,
    /// How far it stands behind the journal's last record, in ms; zero where it does not.
    pub clock_behind_ms: i64,
    /// Jumps of it that nobody has confirmed.
    pub clock_jumps: u64,
}

/// The last backup, beside its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupFigures {
    /// Where it was put.
    pub to: Option<String>,
    /// It lies on the disk of the file it is of.
    pub same_disk: bool,
    /// When one failed since then, and why.
    pub failed: Option<(UtcMs, String)>,
}

impl System {
    /// The larger of both, whichever way.
    pub fn clock_wrong_ms(&self) -> u64 {
        self.clock_moved_ms.unsigned_abs().max(self.clock_behind_ms.unsigned_abs())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFigures {
    pub streams: u64,
    pub streams_max: u64,
    /// Records that the slowest stream was not told yet.
    pub lag: u64,
}

/// How often the limits were met since the start, and where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitFigures {
    /// Refused for what came from their address.
    pub by_address: u64,
    /// For what came from their device.
    pub by_device: u64,
    /// Turned away since too many requests were under way.
    pub shed: u64,
    pub requests_max: u64,
    /// Given up, since the body came too slowly.
    pub slow_bodies: u64,
    /// Given up, since the answer took too long.
    pub slow_answers: u64,
    /// Connections closed at once, since their address had as many as it may.
    pub connections: u64,
}

/// How the history is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFigures {
    /// What keeps it from being written; none where all is well.
    pub trouble: Option<String>,
    pub minutes: u64,
    pub hours: u64,
}

/// Everything, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub at: UtcMs,
    pub started_at: UtcMs,
    pub uptime_s: u64,
    /// The restaurant's; none before it is known.
    pub zone: Option<Zone>,
    pub requests: Windows<Took>,
    pub routes: Vec<RouteFigures>,
    /// Those that ran, the ones that took most time in all first.
    pub statements: Vec<StatementFigures>,
    /// Requests that the cache answered, since the start.
    pub cached: Option<Took>,
    /// All statements together.
    pub database: Windows<Took>,
    /// Runs of all statements that found their rows by an index or a key, of a thousand, since the start.
    pub indexed_per_mille: u64,
    /// Those of the last hour; what was not seen again for so long counts as mended.
    pub repeats: Vec<Repeat>,
    pub cache: Vec<NamespaceFigures>,
    pub cache_bytes_max: u64,
    /// By the tags of commits.
    pub cache_invalidations: Took,
    pub writer: WriterFigures,
    pub pool: PoolFigures,
    pub slow: Vec<Arc<SlowRequest>>,
    pub slow_limit_ms: u64,
    pub today: Option<Today>,
    pub system: System,
    pub events: EventFigures,
    pub limits: LimitFigures,
    pub history: HistoryFigures,
    /// What the analyser found.
    pub findings: Vec<Finding>,
}

/// Something about one statement or one index that should be otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// The statement's name, or the index's.
    pub about: String,
    pub table: Option<String>,
    pub columns: Vec<String>,
    /// An index of the file that begins with these columns, and was not used.
    pub existing: Option<String>,
    /// In a sentence, with what was measured.
    pub evidence: String,
    /// What it costs, in µs since the start; zero where not known.
    pub cost_us: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// It reads whole tables and did not say so.
    UndeclaredScan,
    /// SQLite builds an index for each run.
    AutomaticIndex,
    /// It sorts and did not say so.
    UndeclaredSort,
    /// Its plan is another than at the last start.
    PlanChanged,
    /// An index of the schema is not there.
    MissingIndex,
    UnusedIndex,
}

impl FindingKind {
    pub fn code(self) -> &'static str {
        match self {
            Self::UndeclaredScan => "undeclared_scan",
            Self::AutomaticIndex => "automatic_index",
            Self::UndeclaredSort => "undeclared_sort",
            Self::PlanChanged => "plan_changed",
            Self::MissingIndex => "missing_index",
            Self::UnusedIndex => "unused_index",
        }
    }
}
