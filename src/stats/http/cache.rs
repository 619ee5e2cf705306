//! `/stats/cache`: what is kept, letting it go, and making it ready.

use std::time::Instant;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::{TookView, WindowsView};
use crate::cache::{Namespace, NamespaceStats, Outcome, Totals};
use crate::error::{Error, Refusal, Refused, Result};
use crate::kernel::invalid::Invalid;
use crate::stats::gather::took;
use crate::stats::{Warmed, warm};
use crate::timing::{self, Counts, Registry};
use crate::web::{Query, Read, Reply, Warmers, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(show).service(drop_some).service(warm_up);
}

/// Commits let go of entries within this, or terminals wait for their answers.
const INVALIDATION_TARGET_US: u64 = 5_000;

#[derive(Debug, Serialize, ToSchema)]
struct CacheView {
    entries: usize,
    bytes: usize,
    /// For all namespaces together.
    bytes_max: usize,
    /// By the tags of a commit: each takes in every namespace at once.
    invalidations: InvalidationsView,
    namespaces: Vec<NamespaceView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvalidationsView {
    #[serde(flatten)]
    took: TimesView,
    target_us: u64,
    /// Whether the longest was within the target.
    met: bool,
}

/// So many times, and how long they took, in microseconds, rounded up.
#[derive(Debug, Serialize, ToSchema)]
struct TimesView {
    times: u64,
    us_total: u64,
    us_p50: u64,
    us_p95: u64,
    us_p99: u64,
    us_max: u64,
}

impl TimesView {
    fn of(counts: &Counts) -> Self {
        let at = |per_ten_thousand| counts.percentile(per_ten_thousand).div_ceil(1000);
        Self {
            times: counts.count(),
            us_total: counts.total().div_ceil(1000),
            us_p50: at(5_000),
            us_p95: at(9_500),
            us_p99: at(9_900),
            us_max: counts.max().div_ceil(1000),
        }
    }
}

/// Counted since the start.
#[derive(Debug, Serialize, ToSchema)]
struct NamespaceView {
    name: &'static str,
    /// 0 where nothing is kept.
    ttl_s: u64,
    bytes_max: usize,
    entries: usize,
    bytes: usize,
    hits: u64,
    /// Fills begun for somebody who asked.
    misses: u64,
    /// Fills begun before anybody asked, of what is asked for again and again.
    ahead: u64,
    /// Askers who waited for another's fill.
    waits: u64,
    waited: TimesView,
    /// Percent of those who asked that found an answer ready; null when nobody asked.
    hit_rate: Option<String>,
    fills: TimesView,
    /// Fills that found that there is no such thing, kept for seconds.
    refusals: u64,
    /// Fills that ended with an error.
    failures: u64,
    /// Fills not kept: a write came meanwhile, or the answer is too large or past its time.
    discarded: u64,
    /// Entries pushed out by a byte budget.
    evictions: u64,
    /// Entries past their time.
    expiries: u64,
    /// Entries a write made old, or somebody let go by name.
    invalidations: u64,
    /// Letting go by name.
    drops: TimesView,
    /// The last minute, the last hour and since the start.
    windows: NamespaceWindows,
}

/// What took time in a namespace, and how often it failed.
#[derive(Debug, Serialize, ToSchema)]
struct NamespaceWindows {
    /// Making an answer; a fill that failed stands among the errors by its class.
    fills: WindowsView<TookView>,
    /// Waiting for another's fill.
    waits: WindowsView<TookView>,
    /// Letting go by name.
    drops: WindowsView<TookView>,
}

impl NamespaceWindows {
    fn of(meters: &timing::Namespace, now: Instant) -> Self {
        let windows = |meter| TookView::windows(&took(meter, now));
        Self { fills: windows(&meters.fills), waits: windows(&meters.waits), drops: windows(&meters.invalidations) }
    }
}

impl CacheView {
    fn of(totals: &Totals, namespaces: &[NamespaceStats], timing: &Registry) -> Self {
        let took = TimesView::of(&totals.invalidations);
        let met = took.us_max < INVALIDATION_TARGET_US;
        Self {
            entries: namespaces.iter().map(|ns| ns.entries).sum(),
            bytes: totals.bytes,
            bytes_max: totals.bytes_max,
            invalidations: InvalidationsView { took, target_us: INVALIDATION_TARGET_US, met },
            namespaces: namespaces.iter().map(|ns| NamespaceView::of(ns, timing)).collect(),
        }
    }
}

impl NamespaceView {
    fn of(s: &NamespaceStats, timing: &Registry) -> Self {
        let hit_rate = s.hit_rate().map(|rate| format!("{}.{:02}", rate / 100, rate % 100));
        Self {
            name: s.namespace.name(),
            ttl_s: s.limits.ttl_s(),
            bytes_max: s.limits.bytes_max,
            entries: s.entries,
            bytes: s.bytes,
            hits: s.hits,
            misses: s.misses,
            ahead: s.ahead,
            waits: s.waits,
            waited: TimesView::of(&s.waited),
            hit_rate,
            fills: TimesView::of(&s.filling),
            refusals: s.refusals,
            failures: s.failures,
            discarded: s.discarded,
            evictions: s.evictions,
            expiries: s.expiries,
            invalidations: s.invalidations,
            drops: TimesView::of(&s.drops),
            windows: NamespaceWindows::of(&timing.namespace(s.namespace.name()), Instant::now()),
        }
    }
}

/// What the cache holds, and how often it had what was asked for.
#[utoipa::path(tag = "stats", responses((status = 200, body = CacheView)))]
#[get("/api/v1/stats/cache")]
async fn show(read: Read<right::SeeStats>) -> Result<HttpResponse> {
    let cache = &read.house.cache;
    let timing = read.house.store.timing();
    let reply = Reply::ok(&CacheView::of(&cache.totals(), &cache.stats(), timing))?;
    Ok(read.answer(reply))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DropQuery {
    /// Only keys that begin so, such as `orders:list:state=paid`.
    prefix: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DroppedView {
    namespace: &'static str,
    /// How many entries went.
    entries: usize,
}

/// Lets go of a namespace, or of the keys in it that begin with `prefix`. What is asked for next is read anew.
#[utoipa::path(tag = "stats", params(("namespace" = String, Path), DropQuery), responses((status = 200, body = DroppedView)))]
#[delete("/api/v1/stats/cache/{namespace}")]
async fn drop_some(
    write: Write<right::EditSettings>,
    namespace: Path<String>,
    query: Query<DropQuery>,
) -> Result<HttpResponse> {
    let ns = Namespace::from_name(&namespace).ok_or_else(|| {
        let names = Namespace::ALL.map(Namespace::name).join(", ");
        Refusal::NotFound.because(format!("The cache has no namespace of that name; there are {names}."))
    })?;
    let prefix = query.0.prefix.unwrap_or_default();
    if !prefix.is_empty() && !prefix.starts_with(ns.name()) {
        let invalid = Invalid::new("unknown_value", format!("every key there begins with {}", ns.name()));
        return Err(Refused::input("prefix", invalid).into());
    }
    let entries = write.call.house.cache.invalidate_prefix(ns, &prefix);
    let reply = Reply::ok(&DroppedView { namespace: ns.name(), entries })?;
    Ok(write.call.answer(reply))
}

#[derive(Debug, Serialize, ToSchema)]
struct WarmView {
    items: Vec<WarmedView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct WarmedView {
    name: &'static str,
    /// `hit`: it was ready; `miss`: it was made now; `waited`: it was just being made; `failed`.
    outcome: &'static str,
    us: u64,
    /// Why it could not be made: a refusal's code, or `fault`, of which the log has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

impl WarmedView {
    fn of(warmed: &Warmed) -> Self {
        let (outcome, why) = match &warmed.outcome {
            Ok(Outcome::Hit) => ("hit", None),
            Ok(Outcome::Miss) => ("miss", None),
            Ok(Outcome::Waited) => ("waited", None),
            Err(Error::Refused(refused)) => ("failed", Some(refused.refusal.code())),
            Err(Error::Fault(_)) => ("failed", Some("fault")),
        };
        Self { name: warmed.name, outcome, us: u64::try_from(warmed.took.as_micros()).unwrap_or(u64::MAX), why }
    }
}

/// Makes ready what is asked for first and most. What is ready already stays as it is.
#[utoipa::path(tag = "stats", responses((status = 200, body = WarmView)))]
#[post("/api/v1/stats/cache/warm")]
async fn warm_up(write: Write<right::EditSettings>, warmers: Data<Warmers>) -> Result<HttpResponse> {
    let warmed = warm(&write.call.house, warmers.0).await;
    let reply = Reply::ok(&WarmView { items: warmed.iter().map(WarmedView::of).collect() })?;
    Ok(write.call.answer(reply))
}
