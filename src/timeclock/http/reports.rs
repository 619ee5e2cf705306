//! What work cost, and how tips are parted.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::{Faults, Refused, Result};
use crate::journal::{self, ops::Calendar};
use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::invalid::Invalid;
use crate::reports::model::{Span, share};
use crate::store::Snapshot;
use crate::timeclock::model::Worked;
use crate::timeclock::ops::{self, LabourBy, LabourRow, TipPool};
use crate::timeclock::pool::Rule;
use crate::web::{Query, Read, Reply, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(labour).service(tip_pool);
}

/// Inclusive business dates; each is today where it is left out.
#[derive(Debug, Clone, Copy)]
struct Range {
    from: Option<BusinessDate>,
    to: Option<BusinessDate>,
}

impl Range {
    fn parse(from: Option<&str>, to: Option<&str>, faults: &mut Faults) -> Self {
        let mut date = |name, text: Option<&str>| text.and_then(|t| faults.take(name, BusinessDate::parse(t)));
        Self { from: date("from", from), to: date("to", to) }
    }
}

/// Answers with what is made of the span and of now. Not kept: somebody at work costs more every minute.
async fn answer<T: Serialize>(
    read: Read<right::SeeReports>,
    range: Range,
    make: impl FnOnce(&Snapshot, &Calendar, Span, UtcMs) -> Result<T> + Send + 'static,
) -> Result<HttpResponse> {
    let clock = read.house.clock.clone();
    read.reply(move |db| {
        let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
        let span = Span::new(range.from.unwrap_or(stamp.date), range.to.unwrap_or(stamp.date));
        let span = span.map_err(|invalid| Refused::input("to", invalid))?;
        Ok(Reply::ok(&make(db, &stamp.calendar, span, stamp.at)?)?.hashed())
    })
    .await
}

// ── labour ───────────────────────────────────────────────────────────────────

/// Inclusive business dates, today where left out, and what there is a row for: `day` (unless told) or
/// `staff`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct LabourQuery {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LabourRowView {
    /// A date, or somebody's number; `none` where nobody was signed in.
    key: String,
    name: String,
    #[serde(flatten)]
    sums: LabourSums,
}

/// Minutes are whole, rounded half-up once an entry; what still lasts counts until now, at most until its business
/// day ended.
#[derive(Serialize, ToSchema)]
struct LabourSums {
    entries: i64,
    /// Of the entries, those that still last: somebody is at work, or forgot to clock out.
    open: i64,
    /// Without breaks.
    minutes: i64,
    break_minutes: i64,
    /// With paid breaks: what is paid for.
    paid_minutes: i64,
    /// Of the paid minutes, those of people without a wage: they cost nothing here.
    minutes_without_wage: i64,
    /// Minor units.
    cost: i64,
    /// Net less net refunds: of the day, or of their orders.
    net_sales: i64,
    /// cost in percent of net_sales, to four decimals; null where nothing was sold.
    labour_percent: Option<String>,
}

impl LabourSums {
    fn of(row: &LabourRow) -> Self {
        let Worked { entries, open, minutes, break_minutes, paid_minutes, minutes_without_wage, cost } = row.worked;
        let net_sales = row.net_sales;
        let labour_percent = (net_sales > 0).then(|| share(cost, net_sales).to_string());
        Self {
            entries,
            open,
            minutes,
            break_minutes,
            paid_minutes,
            minutes_without_wage,
            cost,
            net_sales,
            labour_percent,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct LabourReport {
    rows: Vec<LabourRowView>,
    totals: LabourSums,
}

/// Hours, what they cost, and what was sold meanwhile. An entry belongs to the business date on which it
/// begins.
#[utoipa::path(tag = "reports", params(LabourQuery), responses((status = 200, body = LabourReport)))]
#[get("/api/v1/reports/labour")]
async fn labour(read: Read<right::SeeReports>, query: Query<LabourQuery>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let range = Range::parse(query.0.from.as_deref(), query.0.to.as_deref(), &mut faults);
    let by = match query.0.by.as_deref() {
        None | Some("day") => Ok(LabourBy::Day),
        Some("staff") => Ok(LabourBy::Staff),
        Some(_) => Err(Invalid::new("unknown_value", "one of day, staff")),
    };
    let by = faults.take("by", by);
    let by = faults.with(by)?;
    let make = move |db: &Snapshot, calendar: &Calendar, span, now| {
        let (rows, totals) = ops::labour(db, calendar, span, by, now)?;
        let row = |row: LabourRow| LabourRowView { sums: LabourSums::of(&row), key: row.key, name: row.name };
        Ok(LabourReport { rows: rows.into_iter().map(row).collect(), totals: LabourSums::of(&totals) })
    };
    answer(read, range, make).await
}

// ── tips ─────────────────────────────────────────────────────────────────────

/// Inclusive business dates, today where left out, and how tips are parted: `hours` (unless told), `shares`
/// or `own`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct TipPoolQuery {
    from: Option<String>,
    to: Option<String>,
    rule: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TipPartView {
    staff_id: i64,
    name: String,
    /// Worked, without breaks; of what still lasts, at most until its business day ended.
    minutes: i64,
    /// Entries that still last: set them right before tips are parted by them.
    open: i64,
    tips: i64,
}

#[derive(Serialize, ToSchema)]
struct TipPoolReport {
    rule: &'static str,
    rows: Vec<TipPartView>,
    /// Taken less given back: the rows and what is not distributed.
    tips: i64,
    /// Of days on which nobody worked; of `own`, what is nobody's.
    undistributed: i64,
}

impl TipPoolReport {
    fn of(pool: TipPool, rule: Rule) -> Self {
        let part = |(staff, part): (crate::kernel::ids::StaffId, ops::TipPart)| TipPartView {
            staff_id: staff.get(),
            name: part.name,
            minutes: part.minutes,
            open: part.open,
            tips: part.tips,
        };
        Self {
            rule: rule.as_str(),
            rows: pool.parts.into_iter().map(part).collect(),
            tips: pool.tips,
            undistributed: pool.undistributed,
        }
    }
}

/// Tips parted: each day's among those who worked on it, by minutes, or by minutes times the share each has
/// (`tip_share` of the staff, as it was when they came), to the cent by largest remainder; or everybody's own.
#[utoipa::path(tag = "reports", params(TipPoolQuery), responses((status = 200, body = TipPoolReport)))]
#[get("/api/v1/reports/tip-pool")]
async fn tip_pool(read: Read<right::SeeReports>, query: Query<TipPoolQuery>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let range = Range::parse(query.0.from.as_deref(), query.0.to.as_deref(), &mut faults);
    let rule = faults.take("rule", query.0.rule.as_deref().map_or(Ok(Rule::Hours), Rule::parse));
    let rule = faults.with(rule)?;
    let make = move |db: &Snapshot, calendar: &Calendar, span, now| {
        Ok(TipPoolReport::of(ops::tip_pool(db, calendar, span, rule, now)?, rule))
    };
    answer(read, range, make).await
}
