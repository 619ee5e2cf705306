//! `/reports/price-overrides`.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::ops::{self, Prices};
use crate::cache::Tag;
use crate::error::Result;
use crate::kernel::day::Zone;
use crate::reports::http::view::{AdjustmentTotal, AdjustmentView, ReasonSum, StaffSum};
use crate::reports::http::{Days, Report};
use crate::web::{Query, Read, right};

#[derive(Serialize, ToSchema)]
struct PriceView {
    #[serde(flatten)]
    of: AdjustmentView,
    /// Of one, without modifiers, before and after.
    from_price: i64,
    to_price: i64,
}

#[derive(Serialize, ToSchema)]
struct PriceReport {
    /// Newest first, at most 1,000; the sums cover all. `amount` is how much less the line costs, below zero
    /// how much more.
    rows: Vec<PriceView>,
    has_more: bool,
    by_reason: Vec<ReasonSum>,
    by_staff: Vec<StaffSum>,
    /// By whoever said yes to it.
    by_approver: Vec<StaffSum>,
    totals: AdjustmentTotal,
}

impl PriceReport {
    fn of(found: Prices, zone: &Zone) -> Self {
        let row = |(of, from_price, to_price)| PriceView { of: AdjustmentView::of(of, zone), from_price, to_price };
        Self {
            rows: found.rows.into_iter().map(row).collect(),
            has_more: found.has_more,
            totals: AdjustmentTotal::sum(&found.by_reason),
            by_reason: found.by_reason.into_iter().map(ReasonSum::of).collect(),
            by_staff: found.by_staff.into_iter().map(StaffSum::of).collect(),
            by_approver: found.by_approver.into_iter().map(StaffSum::of).collect(),
        }
    }
}

/// Prices set in place of the menu's, on the day it was done.
#[utoipa::path(tag = "reports", params(Days), responses((status = 200, body = PriceReport)))]
#[get("/api/v1/reports/price-overrides")]
pub(in crate::reports) async fn price_overrides(
    read: Read<right::SeeReports>,
    days: Query<Days>,
) -> Result<HttpResponse> {
    // Rows show staff by the names they have now.
    let report = Report { tags: vec![Tag::Staff], ..Report::of("price-overrides", days.0.parse()?) };
    report.answer(read, |db, span, zone| Ok(PriceReport::of(ops::list(db, span)?, zone))).await
}
