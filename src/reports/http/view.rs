//! The reports as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::day::{UtcMs, Zone};
use crate::reports::model::{
    By, Figures, NOBODY, ReceiptSpan, SalesRow, TaxTotal, TenderTotal, TipTotal, Totals, share, tender_total,
};
use crate::reports::ops::{Adjustments, CashCounted};
use crate::reports::sql::{AdjustmentRow, AdjustmentSum};

#[derive(Serialize, ToSchema)]
pub(super) struct SalesRowView {
    key: String,
    name: String,
    orders: i64,
    guests: i64,
    quantity: i64,
    list_amount: i64,
    comps: i64,
    discounts: i64,
    gross: i64,
    net: i64,
    tax: i64,
    refunds: i64,
    /// Gross per order and per guest, half-up; 0 where none were counted.
    average: i64,
    per_cover: i64,
    rank: i64,
    /// Percent of all rows' gross, to four decimals.
    share: String,
    running_total: i64,
    /// Gross seven days earlier, null where there was none; by day only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    last_week: Option<Option<i64>>,
}

impl SalesRowView {
    pub(super) fn of(row: SalesRow, by: By) -> Self {
        let f = &row.figures;
        Self {
            orders: f.orders,
            guests: f.guests,
            quantity: f.quantity,
            list_amount: f.list_amount,
            comps: f.comps,
            discounts: f.discounts,
            gross: f.gross,
            net: f.net,
            tax: f.tax,
            refunds: f.refunds,
            average: f.average(),
            per_cover: f.per_cover(),
            rank: row.rank,
            share: share(f.gross, row.whole).to_string(),
            running_total: row.running_total,
            last_week: (by == By::Day).then_some(row.last_week),
            key: row.key,
            name: row.name,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct SalesTotals {
    /// Distinct.
    orders: i64,
    guests: i64,
    quantity: i64,
    list_amount: i64,
    comps: i64,
    discounts: i64,
    gross: i64,
    net: i64,
    tax: i64,
    refunds: i64,
    service_charges: i64,
    service_tax: i64,
    tips: i64,
    rounding: i64,
    not_sales: i64,
    excess: i64,
    /// Refunded dishes without tax; refunded service charges are in `refunds` only.
    refunds_net: i64,
    refunds_tips: i64,
    /// net − refunds_net.
    net_sales: i64,
    held_start: i64,
    held_end: i64,
    /// Gross per order, half-up.
    average: i64,
    /// Gross per guest, half-up.
    per_cover: i64,
    payments_kept: i64,
    refunds_paid: i64,
}

impl SalesTotals {
    pub(super) fn of(totals: &Totals) -> Self {
        let f: &Figures = &totals.figures;
        Self {
            orders: f.orders,
            guests: f.guests,
            quantity: f.quantity,
            list_amount: f.list_amount,
            comps: f.comps,
            discounts: f.discounts,
            gross: f.gross,
            net: f.net,
            tax: f.tax,
            refunds: f.refunds,
            service_charges: f.service_charges,
            service_tax: f.service_tax,
            tips: f.tips,
            rounding: f.rounding,
            not_sales: f.not_sales,
            excess: f.excess,
            refunds_net: f.refunds_net,
            refunds_tips: f.refunds_tips,
            net_sales: f.net_sales(),
            held_start: totals.held_start,
            held_end: totals.held_end,
            average: f.average(),
            per_cover: f.per_cover(),
            payments_kept: f.kept,
            refunds_paid: f.refunds_paid,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct SalesReport {
    pub(super) rows: Vec<SalesRowView>,
    pub(super) totals: SalesTotals,
}

#[derive(Serialize, ToSchema)]
pub(in crate::reports) struct AdjustmentView {
    id: i64,
    business_date: String,
    at: String,
    order_id: i64,
    line_id: Option<i64>,
    /// Of the dish, or of the discount.
    name: String,
    quantity: i64,
    amount: i64,
    wasted: bool,
    reason_id: Option<i64>,
    reason: Option<String>,
    staff_id: Option<i64>,
    staff: Option<String>,
    approved_by: Option<i64>,
    approved_by_name: Option<String>,
}

impl AdjustmentView {
    pub(in crate::reports) fn of(row: AdjustmentRow, zone: &Zone) -> Self {
        Self {
            id: row.id,
            business_date: row.business_date.to_string(),
            at: UtcMs::new(row.at_ms).rfc3339(zone),
            order_id: row.order_id,
            line_id: row.line_id,
            name: row.name,
            quantity: row.quantity,
            amount: row.amount,
            wasted: row.wasted,
            reason_id: row.reason_id,
            reason: row.reason,
            staff_id: row.staff_id,
            staff: row.staff,
            approved_by: row.approved_by,
            approved_by_name: row.approved_by_name,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(in crate::reports) struct ReasonSum {
    reason: String,
    #[serde(flatten)]
    sum: AdjustmentTotal,
}

#[derive(Serialize, ToSchema)]
pub(in crate::reports) struct StaffSum {
    staff_id: Option<i64>,
    staff: String,
    #[serde(flatten)]
    sum: AdjustmentTotal,
}

#[derive(Default, Serialize, ToSchema)]
pub(in crate::reports) struct AdjustmentTotal {
    count: i64,
    quantity: i64,
    amount: i64,
    /// Of the amount, what was thrown away.
    wasted: i64,
}

impl AdjustmentTotal {
    fn of(s: &AdjustmentSum) -> Self {
        Self { count: s.count, quantity: s.quantity, amount: s.amount, wasted: s.wasted }
    }

    pub(in crate::reports) fn sum(of: &[AdjustmentSum]) -> Self {
        of.iter().fold(Self::default(), |all, s| Self {
            count: all.count + s.count,
            quantity: all.quantity + s.quantity,
            amount: all.amount + s.amount,
            wasted: all.wasted + s.wasted,
        })
    }
}

impl ReasonSum {
    pub(in crate::reports) fn of(s: AdjustmentSum) -> Self {
        Self { sum: AdjustmentTotal::of(&s), reason: s.name }
    }
}

impl StaffSum {
    pub(in crate::reports) fn of(s: AdjustmentSum) -> Self {
        Self { sum: AdjustmentTotal::of(&s), staff_id: s.id, staff: s.name }
    }
}

#[derive(Serialize, ToSchema)]
pub(in crate::reports) struct AdjustmentReport {
    /// Newest first, at most 1,000; the sums cover all.
    rows: Vec<AdjustmentView>,
    has_more: bool,
    by_reason: Vec<ReasonSum>,
    by_staff: Vec<StaffSum>,
    /// By whoever said yes to it: somebody who may do it alone says it themselves, and nobody to what is
    /// below a limit of the settings or was off before the kitchen had it.
    by_approver: Vec<StaffSum>,
    totals: AdjustmentTotal,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RefundReport {
    #[serde(flatten)]
    pub(super) refunds: AdjustmentReport,
    /// What went back before its check was settled.
    pub(super) reversals: AdjustmentReport,
}

impl AdjustmentReport {
    pub(super) fn of(found: Adjustments, zone: &Zone) -> Self {
        Self {
            rows: found.rows.into_iter().map(|row| AdjustmentView::of(row, zone)).collect(),
            has_more: found.has_more,
            totals: AdjustmentTotal::sum(&found.by_reason),
            by_reason: found.by_reason.into_iter().map(ReasonSum::of).collect(),
            by_staff: found.by_staff.into_iter().map(StaffSum::of).collect(),
            by_approver: found.by_approver.into_iter().map(StaffSum::of).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct VatRow {
    name: String,
    /// Percent, a decimal string.
    rate: String,
    included: bool,
    #[serde(flatten)]
    sums: VatSums,
}

#[derive(Default, Serialize, ToSchema)]
pub(super) struct VatSums {
    base: i64,
    tax: i64,
    gross: i64,
    refunds_base: i64,
    refunds_tax: i64,
    refunds: i64,
    /// base − refunds_base, and tax − refunds_tax.
    net_base: i64,
    net_tax: i64,
}

impl VatSums {
    fn add(&mut self, t: &TaxTotal) {
        self.base += t.base;
        self.tax += t.tax;
        self.gross += t.base + t.tax;
        self.refunds_base += t.refunds_base;
        self.refunds_tax += t.refunds_tax;
        self.refunds += t.refunds_base + t.refunds_tax;
        self.net_base += t.base - t.refunds_base;
        self.net_tax += t.tax - t.refunds_tax;
    }
}

/// Receipts issued in the range, sales, refunds and corrections alike.
#[derive(Serialize, ToSchema)]
pub(super) struct ReceiptRow {
    series: String,
    first: i64,
    last: i64,
    count: i64,
    /// Numbers between the first and the last that no receipt has: none, ever.
    gaps: i64,
    sales: i64,
    refunds: i64,
    corrections: i64,
    advances: i64,
}

impl ReceiptRow {
    fn of(span: ReceiptSpan) -> Self {
        let counts = span.counts;
        Self {
            first: span.first,
            last: span.last,
            count: counts.all(),
            gaps: span.gaps(),
            sales: counts.sales,
            refunds: counts.refunds,
            corrections: counts.corrections,
            advances: counts.advances,
            series: span.series,
        }
    }
}

/// `totals` adds the bases of several rates up, so a dish that bears two counts twice in them.
#[derive(Serialize, ToSchema)]
pub(super) struct VatReport {
    rows: Vec<VatRow>,
    totals: VatSums,
    /// By series.
    receipts: Vec<ReceiptRow>,
}

impl VatReport {
    pub(super) fn of(taxes: Vec<TaxTotal>, receipts: Vec<ReceiptSpan>) -> Self {
        let mut totals = VatSums::default();
        let row = |t: TaxTotal| {
            totals.add(&t);
            let mut sums = VatSums::default();
            sums.add(&t);
            VatRow { name: t.rate.name, rate: t.rate.rate.to_string(), included: t.rate.included, sums }
        };
        let receipts = receipts.into_iter().map(ReceiptRow::of).collect();
        Self { rows: taxes.into_iter().map(row).collect(), totals, receipts }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct TipRow {
    /// Null where nobody was signed in.
    staff_id: Option<i64>,
    staff: String,
    #[serde(flatten)]
    sums: TipSums,
}

#[derive(Default, Serialize, ToSchema)]
pub(super) struct TipSums {
    tips: i64,
    refunds: i64,
    /// tips − refunds.
    net: i64,
    /// Handed out of drawers to whom they belong, less what was taken back of it.
    paid_out: i64,
    /// net − paid_out, of tips by whose they are: below zero where more was handed out. Where tips are pooled, what
    /// somebody has to come is their part by `/reports/tip-pool` less this `paid_out`.
    owed: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TipReport {
    rows: Vec<TipRow>,
    totals: TipSums,
}

impl TipReport {
    pub(super) fn of(found: Vec<TipTotal>) -> Self {
        let mut totals = TipSums::default();
        let row = |t: TipTotal| {
            let net = t.tips - t.refunds;
            let (paid_out, owed) = (t.paid_out, net - t.paid_out);
            let sums = TipSums { tips: t.tips, refunds: t.refunds, net, paid_out, owed };
            totals.tips += sums.tips;
            totals.refunds += sums.refunds;
            totals.net += sums.net;
            totals.paid_out += sums.paid_out;
            totals.owed += sums.owed;
            let staff_id = if t.key == NOBODY { None } else { t.key.parse().ok() };
            TipRow { staff_id, staff: t.name, sums }
        };
        Self { rows: found.into_iter().map(row).collect(), totals }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct TenderRow {
    kind: String,
    name: String,
    #[serde(flatten)]
    sums: TenderSums,
}

#[derive(Default, Serialize, ToSchema)]
pub(super) struct TenderSums {
    /// Taken, less those given back.
    payments: i64,
    kept: i64,
    tips: i64,
    refunds_paid: i64,
    /// kept − refunds_paid: what there should be.
    expected: i64,
    /// Of cash: the takings of the drawers that ended in the range, by their counts: what lay in them less the
    /// floats they began with, what people put in or took out by a slip set aside. Cash of drawers that are open
    /// still, or in none, was not counted and is not in it. Null where no drawer ended.
    counted: Option<i64>,
    /// By how much those drawers were over what should have lain in them, below zero where they were short; with
    /// what was set right in the range of drawers that had ended before.
    over_short: Option<i64>,
}

/// The one kind of tender that lies in drawers.
const CASH: &str = "cash";

#[derive(Serialize, ToSchema)]
pub(super) struct TenderReport {
    rows: Vec<TenderRow>,
    totals: TenderSums,
}

impl TenderReport {
    pub(super) fn of(mut found: Vec<TenderTotal>, cash: Option<CashCounted>) -> Self {
        // A drawer may be over or short on a day on which nothing was paid in cash.
        if cash.is_some() && !found.iter().any(|t| t.kind == CASH) {
            let at = found.partition_point(|t| t.kind.as_str() < CASH);
            found.insert(at, tender_total(CASH.to_owned(), "Cash".to_owned(), &Figures::default()));
        }
        let (counted, over_short) = (cash.map(|cash| cash.counted), cash.map(|cash| cash.over_short));
        let mut totals = TenderSums { counted, over_short, ..TenderSums::default() };
        let row = |t: TenderTotal| {
            totals.payments += t.payments;
            totals.kept += t.kept;
            totals.tips += t.tips;
            totals.refunds_paid += t.refunds_paid;
            totals.expected += t.expected();
            let is_cash = t.kind == CASH;
            let sums = TenderSums {
                payments: t.payments,
                kept: t.kept,
                tips: t.tips,
                refunds_paid: t.refunds_paid,
                expected: t.expected(),
                counted: counted.filter(|_| is_cash),
                over_short: over_short.filter(|_| is_cash),
            };
            TenderRow { kind: t.kind, name: t.name, sums }
        };
        Self { rows: found.into_iter().map(row).collect(), totals }
    }
}
