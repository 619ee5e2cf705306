//! The figures as they stand on the wire. `_us` are µs, `_ms` ms, `_bytes` bytes, `per_mille` of a
//! thousand, `ppm` of a million; a percentile of nothing is 0.

mod found;
mod kept;

use serde::Serialize;

use crate::kernel::day::{UtcMs, Zone};
use crate::stats::Picture;
use crate::stats::advice::Advice;
use crate::stats::alerts::{Level, Raised};
use crate::stats::figures::{Figures, RouteFigures, StatementFigures, Took, Windows};
use crate::stats::targets::{self, Target};
use crate::timing::Class;
pub(super) use found::{FindingView, RepeatView, SlowView};
pub(super) use kept::PoolView;
use kept::{CachedView, WriterView};

/// Statements shown, those that took most time in all.
const STATEMENTS_SHOWN: usize = 20;

/// RFC 3339 in the restaurant's zone.
pub(super) struct Times(Zone);

impl Times {
    pub(super) fn of(f: &Figures) -> Self {
        Self::of_zone(f.zone.clone())
    }

    /// In UTC where the restaurant's is not known.
    pub(super) fn of_zone(zone: Option<Zone>) -> Self {
        Self(zone.unwrap_or_else(Zone::utc))
    }

    pub(super) fn text(&self, at: UtcMs) -> String {
        at.rfc3339(&self.0)
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WindowsView<T> {
    minute: T,
    hour: T,
    start: T,
}

impl<T> WindowsView<T> {
    fn of<F>(windows: &Windows<F>, f: impl FnMut(&F) -> T) -> Self {
        let Windows { minute, hour, start } = windows.map(f);
        Self { minute, hour, start }
    }
}

/// How long something took, and how often it failed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TookView {
    count: u64,
    errors: ErrorsView,
    min_us: u64,
    mean_us: u64,
    p50_us: u64,
    p95_us: u64,
    p99_us: u64,
    max_us: u64,
    total_us: u64,
    /// How many a second, in thousandths.
    per_second_thousandths: u64,
    /// How long the window is; shorter than its name while the server is younger.
    over_ms: u64,
}

/// `refused` (4xx) and `limited` (429) are the caller's doing; the others are ours.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ErrorsView {
    refused: u64,
    limited: u64,
    busy: u64,
    disk: u64,
    fault: u64,
}

impl ErrorsView {
    fn of(took: &Took) -> Self {
        let errors = |class| took.errors_of(class);
        Self {
            refused: errors(Class::Refused),
            limited: errors(Class::Limited),
            busy: errors(Class::Busy),
            disk: errors(Class::Disk),
            fault: errors(Class::Fault),
        }
    }
}

impl TookView {
    fn of(took: &Took) -> Self {
        Self {
            count: took.count,
            errors: ErrorsView::of(took),
            min_us: took.min_us,
            mean_us: took.mean_us,
            p50_us: took.p50_us,
            p95_us: took.p95_us,
            p99_us: took.p99_us,
            max_us: took.max_us,
            total_us: took.total_us,
            per_second_thousandths: took.per_second_thousandths(),
            over_ms: took.over_ms,
        }
    }

    pub(super) fn windows(windows: &Windows<Took>) -> WindowsView<Self> {
        WindowsView::of(windows, Self::of)
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AlertView {
    code: &'static str,
    /// Which route, statement or namespace; empty where there is one only.
    about: String,
    /// `warning` or `critical`.
    level: &'static str,
    since: String,
    title: String,
    /// What to do.
    sentence: String,
    evidence: String,
}

impl AlertView {
    pub(super) fn of(raised: &Raised, times: &Times) -> Self {
        let alert = raised.alert.clone();
        Self {
            code: alert.code,
            about: alert.about,
            level: alert.level.name(),
            since: times.text(raised.since),
            title: alert.title,
            sentence: alert.sentence,
            evidence: alert.evidence,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AdviceView {
    code: &'static str,
    about: String,
    title: String,
    sentence: String,
    evidence: String,
}

impl AdviceView {
    pub(super) fn of(advice: &Advice) -> Self {
        let Advice { code, about, title, sentence, evidence } = advice.clone();
        Self { code, about, title, sentence, evidence }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TargetView {
    name: &'static str,
    title: &'static str,
    /// `us`, `per_mille` or `ppm`.
    unit: &'static str,
    target: u64,
    /// `null`: not measured yet.
    measured: Option<u64>,
    met: Option<bool>,
}

impl TargetView {
    pub(super) fn of(target: &Target) -> Self {
        let Target { name, title, unit, target: limit, measured } = *target;
        Self { name, title, unit: unit.name(), target: limit, measured, met: target.met() }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RouteView {
    method: String,
    route: String,
    /// What 95 of 100 answers may take.
    target_p95_us: u64,
    #[serde(flatten)]
    took: WindowsView<TookView>,
}

impl RouteView {
    fn of(route: &RouteFigures) -> Self {
        Self {
            method: route.method.clone(),
            route: route.pattern.clone(),
            target_p95_us: targets::route_p95_us(&route.method, &route.pattern),
            took: TookView::windows(&route.took),
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StatementView {
    name: &'static str,
    runs: u64,
    rows: u64,
    total_us: u64,
    min_us: u64,
    mean_us: u64,
    p50_us: u64,
    p95_us: u64,
    p99_us: u64,
    max_us: u64,
    /// Of all the database's time.
    share_per_mille: u64,
    scan_steps: u64,
    sorts: u64,
    auto_indexes: u64,
    vm_steps: u64,
    /// Runs with no full-scan step and no automatic index, of a thousand.
    indexed_per_mille: u64,
    /// Runs of the last hour over the limit.
    slow_hour: u64,
    errors: u64,
    errors_by_class: ErrorsView,
    /// Why it may scan or sort; `null` where it may not.
    declared: Option<&'static str>,
    minute: TookView,
    hour: TookView,
}

impl StatementView {
    pub(super) fn of(s: &StatementFigures) -> Self {
        let start = s.took.start;
        Self {
            name: s.name,
            runs: start.count,
            rows: s.rows,
            total_us: start.total_us,
            min_us: start.min_us,
            mean_us: start.mean_us,
            p50_us: start.p50_us,
            p95_us: start.p95_us,
            p99_us: start.p99_us,
            max_us: start.max_us,
            share_per_mille: s.share_per_mille,
            scan_steps: s.steps.full_scan,
            sorts: s.steps.sorts,
            auto_indexes: s.steps.auto_index,
            vm_steps: s.steps.vm,
            indexed_per_mille: s.indexed_per_mille(),
            slow_hour: s.slow_hour,
            errors: start.errors.iter().sum(),
            errors_by_class: ErrorsView::of(&start),
            declared: s.declared,
            minute: TookView::of(&s.took.minute),
            hour: TookView::of(&s.took.hour),
        }
    }
}

/// How the evening goes. Amounts are in minor units.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TodayView {
    date: String,
    open_orders: u64,
    /// Gross of the orders settled.
    sales: i64,
    orders: i64,
    last_order_at: Option<String>,
    tickets_waiting: u64,
    oldest_ticket_at: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MachineView {
    version: &'static str,
    started_at: String,
    db_bytes: u64,
    wal_bytes: u64,
    stats_bytes: u64,
    rss_bytes: u64,
    memory_budget_bytes: u64,
    /// What all meters together occupy.
    timing_bytes: u64,
    cache_bytes: u64,
    cpu_per_mille: Option<u64>,
    disk_free_bytes: Option<u64>,
    disk_bytes: Option<u64>,
    /// As of when the last good backup holds everything.
    last_backup_at: Option<String>,
    backup: BackupView,
    clock: ClockView,
    history: KeptView,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BackupView {
    /// Where the last good one was put.
    to: Option<String>,
    /// It lies on the disk of the file: if that fails both are gone.
    same_disk: bool,
    /// `null`, or when one failed since then.
    failed_at: Option<String>,
    /// `null`, or why.
    trouble: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClockView {
    /// By how much it was moved within the last hour.
    moved_ms: i64,
    /// How far it stands behind the last record.
    behind_ms: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KeptView {
    /// `null`, or why it is not kept for now.
    trouble: Option<String>,
    minute_points: u64,
    hour_points: u64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EventsView {
    streams: u64,
    streams_max: u64,
    lag: u64,
}

/// How often the limits were met since the start.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LimitsView {
    /// 429: too much from one address.
    by_address: u64,
    /// 429: too much from one device.
    by_device: u64,
    /// 503: too many under way.
    shed: u64,
    requests_max: u64,
    /// 408: bodies that came too slowly.
    slow_bodies: u64,
    /// 503: answers that took too long.
    slow_answers: u64,
    /// Connections closed at once: too many from one address.
    connections: u64,
}

/// Everything the stats page shows, at one moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StatsView {
    at: String,
    version: &'static str,
    uptime_s: u64,
    /// `green`, `amber` or `red`.
    level: &'static str,
    alerts: Vec<AlertView>,
    advice: Vec<AdviceView>,
    targets: Vec<TargetView>,
    requests: WindowsView<TookView>,
    routes: Vec<RouteView>,
    /// All statements together.
    database: WindowsView<TookView>,
    /// Runs of all statements with no full-scan step and no automatic index, of a thousand, since the start.
    indexed_per_mille: u64,
    statements: Vec<StatementView>,
    repeats: Vec<RepeatView>,
    findings: Vec<FindingView>,
    cache: Vec<CachedView>,
    /// For all namespaces together.
    cache_bytes_max: u64,
    /// Letting go of what commits touched, since the start.
    cache_invalidations: TookView,
    writer: WriterView,
    pool: PoolView,
    slow_limit_ms: u64,
    slow: Vec<SlowView>,
    today: Option<TodayView>,
    system: MachineView,
    events: EventsView,
    limits: LimitsView,
}

/// The traffic light of the alerts.
pub(super) fn level(alerts: &[Raised]) -> &'static str {
    match alerts.iter().map(|raised| raised.alert.level).max() {
        None => "green",
        Some(Level::Warning) => "amber",
        Some(Level::Critical) => "red",
    }
}

impl StatsView {
    pub(super) fn of(picture: &Picture) -> Self {
        let (f, times) = (&picture.figures, Times::of(&picture.figures));
        let at = |at: UtcMs| times.text(at);
        Self {
            at: at(f.at),
            version: env!("CARGO_PKG_VERSION"),
            uptime_s: f.uptime_s,
            level: level(&picture.alerts),
            alerts: picture.alerts.iter().map(|raised| AlertView::of(raised, &times)).collect(),
            advice: picture.advice.iter().map(AdviceView::of).collect(),
            targets: picture.targets.iter().map(TargetView::of).collect(),
            requests: TookView::windows(&f.requests),
            routes: f.routes.iter().map(RouteView::of).collect(),
            database: TookView::windows(&f.database),
            indexed_per_mille: f.indexed_per_mille,
            statements: f.statements.iter().take(STATEMENTS_SHOWN).map(StatementView::of).collect(),
            repeats: f.repeats.iter().map(|repeat| RepeatView::of(repeat, &times)).collect(),
            findings: f.findings.iter().map(FindingView::of).collect(),
            cache: f.cache.iter().map(CachedView::of).collect(),
            cache_bytes_max: f.cache_bytes_max,
            cache_invalidations: TookView::of(&f.cache_invalidations),
            writer: WriterView::of(&f.writer),
            pool: PoolView::of(&f.pool),
            slow_limit_ms: f.slow_limit_ms,
            slow: f.slow.iter().map(|slow| SlowView::of(slow, &times)).collect(),
            today: f.today.as_ref().map(|today| TodayView {
                date: today.date.to_string(),
                open_orders: today.open_orders,
                sales: today.sales,
                orders: today.orders,
                last_order_at: today.last_order_at.map(at),
                tickets_waiting: today.tickets_waiting,
                oldest_ticket_at: today.oldest_ticket_at.map(at),
            }),
            system: MachineView {
                version: env!("CARGO_PKG_VERSION"),
                started_at: at(f.started_at),
                db_bytes: f.system.db_bytes,
                wal_bytes: f.writer.wal_bytes,
                stats_bytes: f.system.stats_bytes,
                rss_bytes: f.system.rss_bytes,
                memory_budget_bytes: f.system.memory_budget_bytes,
                timing_bytes: f.system.timing_bytes,
                cache_bytes: f.cache.iter().map(|ns| ns.bytes).sum(),
                cpu_per_mille: f.system.cpu_per_mille,
                disk_free_bytes: f.system.disk_free_bytes,
                disk_bytes: f.system.disk_bytes,
                last_backup_at: f.system.last_backup_at.map(at),
                backup: BackupView {
                    to: f.system.backup.to.clone(),
                    same_disk: f.system.backup.same_disk,
                    failed_at: f.system.backup.failed.as_ref().map(|(failed, _)| at(*failed)),
                    trouble: f.system.backup.failed.as_ref().map(|(_, why)| why.clone()),
                },
                clock: ClockView { moved_ms: f.system.clock_moved_ms, behind_ms: f.system.clock_behind_ms },
                history: KeptView {
                    trouble: f.history.trouble.clone(),
                    minute_points: f.history.minutes,
                    hour_points: f.history.hours,
                },
            },
            events: EventsView { streams: f.events.streams, streams_max: f.events.streams_max, lag: f.events.lag },
            limits: LimitsView {
                by_address: f.limits.by_address,
                by_device: f.limits.by_device,
                shed: f.limits.shed,
                requests_max: f.limits.requests_max,
                slow_bodies: f.limits.slow_bodies,
                slow_answers: f.limits.slow_answers,
                connections: f.limits.connections,
            },
        }
    }
}
