//! The reports' handlers. Every report is kept until a fact of its days comes in.

pub(super) mod view;

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::facts::AdjustmentKind;
use super::model::{By, Span};
use super::ops;
use crate::cache::{Body, Filled, Key, KeyBuilder, Namespace, Tag};
use crate::error::{Fault, Faults, Refused, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::{BusinessDate, UtcMs, Zone};
use crate::store::Snapshot;
use crate::web::{House, Query, Read, Warming, right};
use view::{
    AdjustmentReport, RefundReport, SalesReport, SalesRowView, SalesTotals, TenderReport, TipReport, VatReport,
};

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(sales).service(voids).service(comps).service(discounts).service(refunds);
    cfg.service(vat).service(tips).service(tenders).service(super::prices::http::price_overrides);
}

// ── which days ───────────────────────────────────────────────────────────────

/// Inclusive business dates; each is today where it is left out.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    from: Option<String>,
    to: Option<String>,
}

/// Inclusive business dates, today where left out, and what there is a row for (`day` unless told).
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct SalesQuery {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
}

/// Dates as asked for; what is absent is the running business day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    from: Option<BusinessDate>,
    to: Option<BusinessDate>,
}

impl Range {
    fn parse(from: Option<&str>, to: Option<&str>, faults: &mut Faults) -> Self {
        let mut date = |name, text: Option<&str>| text.and_then(|t| faults.take(name, BusinessDate::parse(t)));
        Self { from: date("from", from), to: date("to", to) }
    }

    fn span(self, today: BusinessDate) -> Result<Span> {
        let span = Span::new(self.from.unwrap_or(today), self.to.unwrap_or(today));
        Ok(span.map_err(|invalid| Refused::input("to", invalid))?)
    }

    /// The span where it does not depend on what day it is.
    fn fixed(self) -> Result<Option<Span>> {
        match (self.from, self.to) {
            (Some(from), Some(_)) => self.span(from).map(Some),
            _ => Ok(None),
        }
    }

    /// An absent date is the running day, whichever that is.
    fn key(self, what: KeyBuilder) -> Key {
        what.set("from", self.from).set("to", self.to).key()
    }
}

impl Days {
    pub(super) fn parse(&self) -> Result<Range> {
        let mut faults = Faults::new();
        let range = Range::parse(self.from.as_deref(), self.to.as_deref(), &mut faults);
        faults.finish()?;
        Ok(range)
    }
}

/// The facts a span is made of: a day's, or its months'.
fn tags(span: Span) -> Vec<Tag> {
    if span.from == span.to {
        return vec![Tag::Day(span.from.days())];
    }
    span.months().map(|month| Tag::Month(month.index())).collect()
}

/// Those of a span and so many days before it, and others.
fn tags_of(span: Span, days_before: i32, others: &[Tag]) -> Vec<Tag> {
    let mut all = tags(Span { from: span.from.plus_days(-days_before), to: span.to });
    all.extend_from_slice(others);
    all
}

/// A report: what it reads from a span's facts, and which other facts its rows show.
pub(super) struct Report {
    pub(super) what: KeyBuilder,
    pub(super) range: Range,
    /// Days before `from` that it looks at.
    pub(super) days_before: i32,
    /// Beside those of its days.
    pub(super) tags: Vec<Tag>,
}

/// A report as the cache keeps it.
struct Kept<F> {
    key: Key,
    tags: Vec<Tag>,
    fill: F,
}

impl Report {
    pub(super) fn of(what: &str, range: Range) -> Self {
        Self { what: Key::of(Namespace::Reports).part(what), range, days_before: 0, tags: Vec::new() }
    }

    fn kept<T: Serialize>(
        self,
        clock: Arc<dyn Clock>,
        make: impl FnOnce(&Snapshot, Span, &Zone) -> Result<T> + Send + 'static,
    ) -> Result<Kept<impl FnOnce(&Snapshot) -> Result<Filled> + Send + 'static>> {
        let Self { what, range, days_before, tags: others } = self;
        let fixed = range.fixed()?;
        // A new cutoff or zone moves what today is and how times are written.
        let mut tags = vec![Tag::Calendar];
        if let Some(span) = fixed {
            tags.extend(tags_of(span, days_before, &others));
        }
        let key = range.key(what);
        let fill = move |db: &Snapshot| {
            let stamp = journal::ops::stamp(db, clock.as_ref(), None, None)?;
            let span = range.span(stamp.date)?;
            let report = make(db, span, &stamp.calendar.zone)?;
            let json = serde_json::to_vec(&report).map_err(|e| Fault::from_source("a report does not serialise", e))?;
            let until_ms = until(&stamp, span, fixed.is_none()).and_then(|at| u64::try_from(at.get()).ok());
            let more_tags = if fixed.is_none() { tags_of(span, days_before, &others) } else { Vec::new() };
            Ok(Filled { body: Body::new(json), until_ms, more_tags })
        };
        Ok(Kept { key, tags, fill })
    }

    pub(super) async fn answer<T: Serialize>(
        self,
        read: Read<right::SeeReports>,
        make: impl FnOnce(&Snapshot, Span, &Zone) -> Result<T> + Send + 'static,
    ) -> Result<HttpResponse> {
        let Kept { key, tags, fill } = self.kept(Arc::clone(&read.house.clock), make)?;
        read.cached(key, tags, fill).await
    }
}

/// How long a report is true by itself. Days to come begin with what is held then, which every day
/// until then moves: such a report is not kept.
fn until(stamp: &Stamp, span: Span, of_today: bool) -> Option<UtcMs> {
    if span.from > stamp.date {
        return Some(stamp.at);
    }
    of_today.then(|| stamp.calendar.end_of(stamp.date, stamp.at))
}

// ── sales ────────────────────────────────────────────────────────────────────

/// What was sold, cut by one thing at a time.
#[utoipa::path(tag = "reports", params(SalesQuery), responses((status = 200, body = SalesReport)))]
#[get("/api/v1/reports/sales")]
async fn sales(read: Read<right::SeeReports>, query: Query<SalesQuery>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let range = Range::parse(query.0.from.as_deref(), query.0.to.as_deref(), &mut faults);
    let by = faults.take("by", query.0.by.as_deref().map_or(Ok(By::Day), By::parse));
    let by = faults.with(by)?;
    sales_by(by, range).answer(read, move |db, span, _| read_sales(db, span, by)).await
}

fn sales_by(by: By, range: Range) -> Report {
    let report = Report::of("sales", range);
    let days_before = if by == By::Day { 7 } else { 0 };
    Report { what: report.what.set("by", Some(by.as_str())), days_before, ..report }
}

fn read_sales(db: &Snapshot, span: Span, by: By) -> Result<SalesReport> {
    let rows = ops::sales(db, span, by)?.into_iter().map(|row| SalesRowView::of(row, by)).collect();
    Ok(SalesReport { rows, totals: SalesTotals::of(&ops::totals(db, span)?) })
}

/// The running day as it stands: what a manager looks at all evening.
pub fn warm(house: Data<House>) -> Warming {
    Box::pin(async move {
        let today = sales_by(By::Day, Range { from: None, to: None });
        let kept = today.kept(Arc::clone(&house.clock), |db, span, _| read_sales(db, span, By::Day))?;
        Ok(house.cached(kept.key, kept.tags, kept.fill).await?.1)
    })
}

// ── who took what off, and why ───────────────────────────────────────────────

async fn adjustments(read: Read<right::SeeReports>, days: &Days, kind: AdjustmentKind) -> Result<HttpResponse> {
    // Rows show staff by the names they have now.
    let report = Report { tags: vec![Tag::Staff], ..Report::of(kind.as_str(), days.parse()?) };
    let make =
        move |db: &Snapshot, span: Span, zone: &Zone| Ok(AdjustmentReport::of(ops::adjustments(db, span, kind)?, zone));
    report.answer(read, make).await
}

/// What was taken off before payment.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = AdjustmentReport)))]
#[get("/api/v1/reports/voids")]
async fn voids(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    adjustments(read, &days.0, AdjustmentKind::Void).await
}

/// What was given away, on checks that are settled.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = AdjustmentReport)))]
#[get("/api/v1/reports/comps")]
async fn comps(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    adjustments(read, &days.0, AdjustmentKind::Comp).await
}

/// What was taken off the price, on checks that are settled.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = AdjustmentReport)))]
#[get("/api/v1/reports/discounts")]
async fn discounts(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    adjustments(read, &days.0, AdjustmentKind::Discount).await
}

/// What was given back after a sale; apart, under `reversals`, what went back before its check was settled, which
/// unmade a payment and is in no figure of refunds. A wrong tender set right is neither.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = RefundReport)))]
#[get("/api/v1/reports/refunds")]
async fn refunds(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    // Rows show staff by the names they have now.
    let report = Report { tags: vec![Tag::Staff], ..Report::of("refunds", days.0.parse()?) };
    let make = |db: &Snapshot, span: Span, zone: &Zone| {
        let of = |kind| ops::adjustments(db, span, kind).map(|found| AdjustmentReport::of(found, zone));
        Ok(RefundReport { refunds: of(AdjustmentKind::Refund)?, reversals: of(AdjustmentKind::Reversal)? })
    };
    report.answer(read, make).await
}

// ── tax, tips, tenders ───────────────────────────────────────────────────────

/// Base and tax by rate, of dishes and service charges, and the receipts of the range by series.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = VatReport)))]
#[get("/api/v1/reports/vat")]
async fn vat(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    let make = |db: &Snapshot, span: Span, _: &Zone| Ok(VatReport::of(ops::vat(db, span)?, ops::receipts(db, span)?));
    Report::of("vat", days.0.parse()?).answer(read, make).await
}

/// Tips by whose they are.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = TipReport)))]
#[get("/api/v1/reports/tips")]
async fn tips(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    Report::of("tips", days.0.parse()?).answer(read, |db, span, _| Ok(TipReport::of(ops::tips(db, span)?))).await
}

/// What was taken and given back by kind of tender; of cash, what the drawers that ended in the range held by count.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = TenderReport)))]
#[get("/api/v1/reports/tenders")]
async fn tenders(read: Read<right::SeeReports>, days: Query<Days>) -> Result<HttpResponse> {
    Report::of("tenders", days.0.parse()?)
        .answer(read, |db, span, _| Ok(TenderReport::of(ops::tenders(db, span)?, ops::cash_counted(db, span)?)))
        .await
}
