//! The calls that show how the server does.

mod cache;
pub(super) mod live;
mod metrics;
mod view;

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};

use super::Stats;
use super::history::{HOUR_S, MINUTE_S, MINUTES_KEPT_S, Metric};
use crate::error::{Faults, Refusal, Result};
use crate::kernel::day::UtcMs;
use crate::kernel::invalid::Invalid;
use crate::store::PlanStep;
use crate::web::{Query, Read, Reply, guard, right};
use view::{
    AdviceView, AlertView, FindingView, PoolView, RepeatView, SlowView, StatementView, StatsView, TargetView, Times,
};

/// Routes; beside them [`Stats`] stands in the application's data.
pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(everything).service(live_figures).service(curve).service(all_statements).service(plan_now);
    cache::configure(cfg);
    cfg.service(pool_now).service(slow_requests).service(performance).service(metrics::metrics);
}

/// Everything at once: alerts, advice, targets, and what they were made from.
#[utoipa::path(tag = "stats", responses((status = 200, body = StatsView)))]
#[get("/api/v1/stats")]
async fn everything(read: Read<right::SeeStats>, stats: Data<Stats>) -> Result<HttpResponse> {
    let picture = stats.picture().await?;
    Ok(read.answer(Reply::ok(&StatsView::of(&picture))?))
}

/// The same every two seconds, as Server-Sent Events without names: `data: {…}`.
#[utoipa::path(tag = "stats", responses((status = 200, body = String, content_type = "text/event-stream")))]
#[get("/api/v1/stats/live")]
async fn live_figures(read: Read<right::SeeStats>, req: HttpRequest, stats: Data<Stats>) -> Result<HttpResponse> {
    let token = guard::token_of(req.headers()).ok_or(Refusal::TokenMissing)?;
    let stream = stats.live().listen(stats.get_ref().clone(), read.house.clone(), &read.by, token)?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that gathers before it passes on would keep figures back.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct HistoryQuery {
    /// One of `metrics` in the answer, such as `request_p95_us`.
    metric: String,
    /// RFC 3339; a day before `to` unless told.
    from: Option<String>,
    /// RFC 3339; now unless told.
    to: Option<String>,
}

/// A curve: a point a minute where all of it lies within the last 48 hours, else a point an hour.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HistoryView {
    metric: &'static str,
    about: &'static str,
    /// `count`, `us`, `bytes` or `per_mille`.
    unit: &'static str,
    /// How an hour was made of its minutes: `sum`, `highest` or `lowest`.
    gather: &'static str,
    /// 60 or 3600.
    step_s: i64,
    from: String,
    to: String,
    /// Seconds of UTC since 1970 at which the minute or hour begins, and the value; none where there was none.
    points: Vec<(i64, i64)>,
    /// Every metric there is.
    metrics: Vec<&'static str>,
    /// `null`, or why the history is not kept for now.
    trouble: Option<String>,
}

/// How one figure went, by the minute for 48 hours and by the hour for 400 days.
#[utoipa::path(tag = "stats", params(HistoryQuery), responses((status = 200, body = HistoryView)))]
#[get("/api/v1/stats/history")]
async fn curve(read: Read<right::SeeStats>, query: Query<HistoryQuery>, stats: Data<Stats>) -> Result<HttpResponse> {
    let (now, mut faults) = (read.now(), Faults::new());
    let metrics = || Metric::ALL.iter().map(|m| m.name());
    let unknown = || {
        let known: Vec<_> = metrics().collect();
        Invalid::new("unknown_value", format!("one of {}", known.join(", ")))
    };
    let metric = faults.take("metric", Metric::parse(&query.0.metric).ok_or_else(unknown));
    let time = |text: &Option<String>| text.as_deref().map(UtcMs::parse).transpose();
    let (from, to) = (faults.take("from", time(&query.0.from)), faults.take("to", time(&query.0.to)));
    let metric = faults.with(metric)?;
    let to = to.flatten().unwrap_or(now);
    let from = from.flatten().unwrap_or(UtcMs::new(to.get() - 24 * HOUR_S * 1_000));
    if from > to {
        return Err(crate::error::Refused::input("from", Invalid::range("it is after to")).into());
    }
    let step_s = if now.get() - from.get() <= MINUTES_KEPT_S * 1_000 { MINUTE_S } else { HOUR_S };
    let (from_s, to_s) = (from.get().div_euclid(1_000), to.get().div_euclid(1_000));
    let series = stats.history().series(metric, step_s, from_s, to_s).await?;
    let times = Times::of_zone(stats.zone());
    let view = HistoryView {
        metric: metric.name(),
        about: metric.about(),
        unit: metric.unit(),
        gather: metric.gather().name(),
        step_s: series.step_s,
        from: times.text(from),
        to: times.text(to),
        points: series.points,
        metrics: metrics().collect(),
        trouble: stats.history().figures().trouble,
    };
    Ok(read.answer(Reply::ok(&view)?))
}

/// Every statement that ran, the one that took most time in all first, and what is wrong with any.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StatementsView {
    /// Statements the program has.
    known: usize,
    /// Runs over it are slow.
    slow_limit_ms: u64,
    /// Runs of one statement inside one request that are still fine.
    repeats_max: u32,
    /// Runs with no full-scan step and no automatic index, of a thousand, of all statements since the start.
    indexed_per_mille: u64,
    items: Vec<StatementView>,
    repeats: Vec<RepeatView>,
    findings: Vec<FindingView>,
}

/// What every statement costs.
#[utoipa::path(tag = "stats", responses((status = 200, body = StatementsView)))]
#[get("/api/v1/stats/statements")]
async fn all_statements(read: Read<right::SeeStats>, stats: Data<Stats>) -> Result<HttpResponse> {
    stats.analyse().await?;
    let picture = stats.picture().await?;
    let (f, times) = (&picture.figures, Times::of(&picture.figures));
    let timing = read.house.store.timing();
    let view = StatementsView {
        known: timing.statements().count(),
        slow_limit_ms: f.slow_limit_ms,
        repeats_max: timing.repeats_max(),
        indexed_per_mille: f.indexed_per_mille,
        items: f.statements.iter().map(StatementView::of).collect(),
        repeats: f.repeats.iter().map(|repeat| RepeatView::of(repeat, &times)).collect(),
        findings: f.findings.iter().map(FindingView::of).collect(),
    };
    Ok(read.answer(Reply::ok(&view)?))
}

/// How SQLite would run a statement on the file as it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlanView {
    name: &'static str,
    sql: &'static str,
    /// Why it may scan or sort; `null` where it may not.
    declared: Option<&'static str>,
    steps: Vec<PlanStepView>,
    /// The steps that get slower with the years and were not declared.
    flags: Vec<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlanStepView {
    /// How far below the statement, from 0.
    depth: usize,
    /// In SQLite's words.
    detail: String,
    /// `scan`, `search`, `sort` or `other`.
    kind: &'static str,
    table: Option<String>,
    index: Option<String>,
}

/// The plan of one statement as it is now; nothing is run.
#[utoipa::path(tag = "stats", params(("name" = String, Path)), responses((status = 200, body = PlanView)))]
#[get("/api/v1/stats/statements/{name}/plan")]
async fn plan_now(read: Read<right::SeeStats>, name: Path<String>, stats: Data<Stats>) -> Result<HttpResponse> {
    let name = name.into_inner();
    let missing = || Refusal::NotFound.because(format!("There is no statement {name}."));
    let statement = stats.statement(&name).ok_or_else(missing)?;
    read.reply(move |db| {
        let plan = db.plan(statement)?;
        let flagged = if statement.scans.is_none() { crate::store::flagged(&plan) } else { Vec::new() };
        let flags = flagged.into_iter().map(|row| row.detail.clone()).collect();
        let step = |row: &crate::store::PlanRow| PlanStepView {
            depth: row.depth,
            detail: row.detail.clone(),
            kind: match row.step {
                PlanStep::Scan(_) => "scan",
                PlanStep::Search(_) => "search",
                PlanStep::Sort => "sort",
                PlanStep::Other => "other",
            },
            table: row.table.clone(),
            index: row.index().map(str::to_owned),
        };
        let steps = plan.iter().map(step).collect();
        Reply::ok(&PlanView { name: statement.name, sql: statement.sql, declared: statement.scans, steps, flags })
    })
    .await
}

/// The connections that read: how many, how many free, who waited.
#[utoipa::path(tag = "stats", responses((status = 200, body = PoolView)))]
#[get("/api/v1/stats/pool")]
async fn pool_now(read: Read<right::SeeStats>, stats: Data<Stats>) -> Result<HttpResponse> {
    let reply = Reply::ok(&PoolView::of(&stats.pool()))?;
    Ok(read.answer(reply))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SlowListView {
    limit_ms: u64,
    items: Vec<SlowView>,
}

/// The latest requests that took too long, the newest first; 200 at most.
#[utoipa::path(tag = "stats", responses((status = 200, body = SlowListView)))]
#[get("/api/v1/stats/slow")]
async fn slow_requests(read: Read<right::SeeStats>, stats: Data<Stats>) -> Result<HttpResponse> {
    let times = Times::of_zone(stats.zone());
    let timing = read.house.store.timing();
    let items = timing.slow().iter().map(|slow| SlowView::of(slow, &times)).collect();
    let limit_ms = u64::try_from(timing.slow_limit().as_millis()).unwrap_or(u64::MAX);
    let reply = Reply::ok(&SlowListView { limit_ms, items })?;
    Ok(read.answer(reply))
}

/// Whether it is well, why not, and what to do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PerformanceView {
    /// `green`, `amber` or `red`.
    level: &'static str,
    at: String,
    uptime_s: u64,
    thresholds: ThresholdsView,
    alerts: Vec<AlertView>,
    advice: Vec<AdviceView>,
    targets: Vec<TargetView>,
}

/// From where on an alert is raised.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ThresholdsView {
    slow_ms: u64,
    slow_statements_hour: u64,
    repeats_in_a_request: u32,
    statement_mean_us: u64,
    /// Of routes in general; those below are held to less.
    route_p95_us: u64,
    route_cached_p95_us: u64,
    route_list_p95_us: u64,
    route_report_p95_us: u64,
    hit_per_mille: u64,
    error_ppm: u64,
    error_critical_ppm: u64,
    writer_queue: u64,
    reader_wait_p95_us: u64,
    commit_p95_us: u64,
    log_bytes: u64,
    disk_free_bytes: u64,
    disk_free_percent: u64,
    memory_bytes: u64,
    clock_moved_ms: u64,
    backup_hours: u32,
    ticket_wait_ms: i64,
    event_lag: u64,
}

impl ThresholdsView {
    fn of(stats: &Stats, slow_ms: u64, repeats_max: u32, queue_max: u64) -> Self {
        use super::{alerts, targets};
        let settings = stats.settings();
        Self {
            slow_ms,
            slow_statements_hour: alerts::SLOW_STATEMENTS_HOUR,
            repeats_in_a_request: repeats_max,
            statement_mean_us: alerts::STATEMENT_MEAN_US,
            route_p95_us: targets::RESPONSE_P95_US,
            route_cached_p95_us: targets::CACHED_P95_US,
            route_list_p95_us: targets::LIST_P95_US,
            route_report_p95_us: targets::AGGREGATION_P95_US,
            hit_per_mille: alerts::WARM_HIT_PER_MILLE,
            error_ppm: alerts::ERROR_PPM,
            error_critical_ppm: alerts::ERROR_CRITICAL_PPM,
            writer_queue: queue_max / 2,
            reader_wait_p95_us: alerts::READER_WAIT_P95_US,
            commit_p95_us: alerts::COMMIT_P95_US,
            log_bytes: alerts::LOG_BYTES,
            disk_free_bytes: alerts::DISK_FREE_BYTES,
            disk_free_percent: alerts::DISK_FREE_PERCENT,
            memory_bytes: settings.memory_budget_bytes,
            clock_moved_ms: alerts::CLOCK_MOVED_MS,
            backup_hours: settings.backup_hours,
            ticket_wait_ms: alerts::TICKET_WAIT_MS,
            event_lag: alerts::EVENT_LAG,
        }
    }
}

/// The verdict alone, for whoever is responsible.
#[utoipa::path(tag = "stats", responses((status = 200, body = PerformanceView)))]
#[get("/api/v1/health/performance")]
async fn performance(read: Read<right::SeePerformance>, stats: Data<Stats>) -> Result<HttpResponse> {
    let picture = stats.picture().await?;
    let (f, times) = (&picture.figures, Times::of(&picture.figures));
    let repeats_max = read.house.store.timing().repeats_max();
    let view = PerformanceView {
        level: view::level(&picture.alerts),
        at: times.text(f.at),
        uptime_s: f.uptime_s,
        thresholds: ThresholdsView::of(&stats, f.slow_limit_ms, repeats_max, f.writer.queue_max),
        alerts: picture.alerts.iter().map(|raised| AlertView::of(raised, &times)).collect(),
        advice: picture.advice.iter().map(AdviceView::of).collect(),
        targets: picture.targets.iter().map(TargetView::of).collect(),
    };
    Ok(read.answer(Reply::ok(&view)?))
}
