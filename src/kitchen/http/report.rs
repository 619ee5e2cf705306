//! `/reports/kitchen`: how long the kitchen took.

use std::sync::Arc;

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cache::{Filled, Key, Namespace, Tag};
use crate::error::{Faults, Refusal, Refused, Result};
use crate::journal;
use crate::kernel::day::{BusinessDate, bounds};
use crate::kitchen::model::times::{DAYS_MAX, Summary, Times, TimesBy, TimesRow};
use crate::kitchen::ops;
use crate::reports::model::Span;
use crate::web::{Query, Read, Reply, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(kitchen);
}

/// Inclusive business dates, today where left out, at most 92 of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct TimesQuery {
    from: Option<String>,
    to: Option<String>,
    /// `station` unless told, `item`, or `hour` of sending.
    by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct KitchenReport {
    rows: Vec<KitchenTimesRow>,
    totals: KitchenTimes,
}

#[derive(Debug, Serialize, ToSchema)]
struct KitchenTimesRow {
    key: String,
    name: String,
    #[serde(flatten)]
    times: KitchenTimes,
}

/// Of tickets sent in the range and ready; by item, of their lines, each taking what its ticket took.
#[derive(Debug, Serialize, ToSchema)]
struct KitchenTimes {
    count: i64,
    /// Ready no sooner than their station's `late_after_s` at the time.
    late: i64,
    /// From sent to ready; null where nothing was.
    ready: Option<TimesSummary>,
    /// From ready to served, of those of which it is known; null where of none.
    served: Option<TimesSummary>,
}

/// Whole seconds, rounded half up. A percentile is by the nearest rank: the time at place ⌈p × n ÷ 100⌉ of n.
#[derive(Debug, Serialize, ToSchema)]
struct TimesSummary {
    count: i64,
    mean_s: i64,
    p50_s: i64,
    p90_s: i64,
}

impl KitchenTimes {
    fn of(it: Times) -> Self {
        let summary = |s: Summary| TimesSummary { count: s.count, mean_s: s.mean_s, p50_s: s.p50_s, p90_s: s.p90_s };
        Self {
            count: it.to_ready.map_or(0, |ready| ready.count),
            late: it.late,
            ready: it.to_ready.map(summary),
            served: it.to_served.map(summary),
        }
    }
}

impl KitchenTimesRow {
    fn of(row: TimesRow) -> Self {
        Self { key: row.key.to_string(), name: row.name, times: KitchenTimes::of(row.times) }
    }
}

struct Asked {
    from: Option<BusinessDate>,
    to: Option<BusinessDate>,
    by: TimesBy,
}

impl TimesQuery {
    fn parse(&self) -> Result<Asked> {
        let mut faults = Faults::new();
        let mut date = |name, text: Option<&str>| text.and_then(|t| faults.take(name, BusinessDate::parse(t)));
        let (from, to) = (date("from", self.from.as_deref()), date("to", self.to.as_deref()));
        let by = faults.take("by", self.by.as_deref().map_or(Ok(TimesBy::Station), TimesBy::parse));
        Ok(Asked { from, to, by: faults.with(by)? })
    }
}

impl Asked {
    fn span(&self, today: BusinessDate) -> Result<Span> {
        let span = Span::new(self.from.unwrap_or(today), self.to.unwrap_or(today));
        let span = span.map_err(|invalid| Refused::input("to", invalid))?;
        if span.to.since(span.from) >= DAYS_MAX {
            return Err(Refusal::RangeRequired.into());
        }
        Ok(span)
    }
}

/// How long tickets took until they were ready and until they were served.
#[utoipa::path(tag = "reports", params(TimesQuery), responses((status = 200, body = KitchenReport)))]
#[get("/api/v1/reports/kitchen")]
async fn kitchen(read: Read<right::SeeReports>, query: Query<TimesQuery>) -> Result<HttpResponse> {
    let asked = query.0.parse()?;
    let what = Key::of(Namespace::Reports).part("kitchen").set("by", Some(asked.by.as_str()));
    let key = what.set("from", asked.from).set("to", asked.to).key();
    let clock = Arc::clone(&read.house.clock);
    // Rows show stations by the names they have now.
    let tags = vec![Tag::Tickets, Tag::Calendar];
    read.cached(key, tags, move |db| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let (rows, totals) = ops::times(db, &stamp.calendar, asked.span(stamp.date)?, asked.by)?;
        let rows = rows.into_iter().map(KitchenTimesRow::of).collect();
        let reply = Reply::ok(&KitchenReport { rows, totals: KitchenTimes::of(totals) })?;
        // Where a date is left out it is today, until the day ends.
        let calendar = &stamp.calendar;
        let ends = bounds(stamp.date, &calendar.zone, calendar.cutoff).1;
        let until = if stamp.at < calendar.from { calendar.from } else { ends };
        let until_ms = u64::try_from(until.get()).ok().filter(|_| asked.from.is_none() || asked.to.is_none());
        Ok(Filled { until_ms, ..reply.kept() })
    })
    .await
}
