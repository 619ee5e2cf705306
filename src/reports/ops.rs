//! Booking facts, and reading what they came to. Each push is called inside the transaction of the
//! fact it tells.

use super::facts::{
    Adjustment, Kept, NotConserved, Posting, Postings, ReceiptFact, RefundFact, Released, Reversed, Sale,
};
use super::model::{
    By, Dim, Figures, ReceiptCounts, ReceiptSpan, SalesRow, Span, TaxTotal, TenderTotal, TipTotal, Totals, ZTotals,
    name_of, tax_total, tender_total,
};
use super::sql::{self, receipts};
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::StaffId;
use crate::kernel::money::Money;
use crate::store::{Read, Tx, params};

/// A check closed: its sale, and its comps and discounts.
pub fn sale(tx: &Tx<'_>, sale: &Sale) -> Result<()> {
    book(tx, sale.date, &conserved(sale.postings())?, sale.outside_z)?;
    sale.comps_and_discounts.iter().try_for_each(|adjustment| record(tx, adjustment))
}

/// A payment was captured.
pub fn payment(tx: &Tx<'_>, kept: &Kept) -> Result<()> {
    book(tx, kept.date, &conserved(kept.postings(1))?, kept.outside_z)
}

/// The tip of a captured payment changed by so much; `held` is zero.
pub fn tip(tx: &Tx<'_>, change: &Kept) -> Result<()> {
    book(tx, change.date, &conserved(change.postings(0))?, change.outside_z)
}

/// Money went back on a check that is not settled, or a wrong tender is taken back. In coins a small sum may come
/// to nothing.
pub fn reversal(tx: &Tx<'_>, reversed: &Reversed) -> Result<()> {
    if reversed.kept > Money::ZERO {
        return Err(Fault::new("a reversal's amounts are not above zero").into());
    }
    book(tx, reversed.date, &conserved(reversed.postings(-1))?, reversed.outside_z)
}

/// What went back on a check that is not settled, as the report of refunds lists it.
pub fn reversed(tx: &Tx<'_>, adjustment: &Adjustment) -> Result<()> {
    record(tx, adjustment)
}

/// A payment came after its check was closed, call it after [`payment`]; or an order was voided.
pub fn released(tx: &Tx<'_>, released: &Released) -> Result<()> {
    book(tx, released.date, &released.postings(), false)
}

/// Money was given back after a sale.
pub fn refund(tx: &Tx<'_>, refund: &RefundFact) -> Result<()> {
    book(tx, refund.date, &conserved(refund.postings())?, false)?;
    record(tx, &refund.adjustment)
}

/// Something was taken off before payment.
pub fn voided(tx: &Tx<'_>, adjustment: &Adjustment) -> Result<()> {
    record(tx, adjustment)
}

/// A receipt was issued.
pub fn receipt(tx: &Tx<'_>, fact: &ReceiptFact<'_>) -> Result<()> {
    let ReceiptCounts { sales, refunds, corrections, advances } = ReceiptCounts::one(fact.kind);
    tx.run(&receipts::ADD, (fact.date, fact.series, fact.number, sales, refunds, corrections, advances))?;
    touch(tx, fact.date);
    Ok(())
}

fn conserved(postings: Result<Postings<'_>, NotConserved>) -> Result<Postings<'_>, Fault> {
    postings.map_err(|what| Fault::new(format!("the figures of a fact do not add up: {what}")))
}

fn book(tx: &Tx<'_>, date: BusinessDate, postings: &Postings<'_>, outside_z: bool) -> Result<()> {
    let day = date.to_string();
    for posting in postings.rows() {
        sql::add_to_day(tx, &day, posting)?;
    }
    if !outside_z {
        let z_number = sql::current_z(tx)?;
        for posting in postings.rows().iter().filter(|posting| posting.dim.in_z()) {
            sql::add_to_z(tx, z_number, posting)?;
        }
        tx.touch(Tag::X);
    }
    touch(tx, date);
    Ok(())
}

fn record(tx: &Tx<'_>, a: &Adjustment) -> Result<()> {
    tx.insert(
        &sql::ADJUST,
        params![
            a.kind.as_str(),
            a.date,
            a.at,
            a.order,
            a.line,
            a.name,
            a.quantity,
            a.amount,
            a.wasted,
            a.reason_id,
            a.reason,
            a.staff,
            a.approved_by
        ],
    )?;
    touch(tx, a.date);
    Ok(())
}

pub(super) fn touch(tx: &Tx<'_>, date: BusinessDate) {
    tx.touch(Tag::Day(date.days()));
    tx.touch(Tag::Month(date.month_index()));
}

/// So many drawers were counted and closed, with so much of takings by their counts, and were over by so much, or
/// short where it is below zero; or, with none of them, what one was over by was set right later.
pub fn drawers_counted(tx: &Tx<'_>, date: BusinessDate, drawers: i64, counted: Money, over_short: Money) -> Result<()> {
    tx.run(&sql::COUNTED_ADD, (date, drawers, counted, over_short))?;
    touch(tx, date);
    Ok(())
}

/// `amount` of tips was handed out on `date` to whom they belong; below zero where that was taken back.
pub fn tip_paid_out(tx: &Tx<'_>, date: BusinessDate, staff: StaffId, amount: Money) -> Result<()> {
    tx.run(&sql::TIP_OUT_ADD, (date, staff, amount))?;
    touch(tx, date);
    Ok(())
}

// ── reading ──────────────────────────────────────────────────────────────────

/// A sales report: its rows in the order of their key, or by gross where the key has none.
pub fn sales(db: &impl Read, span: Span, by: By) -> Result<Vec<SalesRow>> {
    let Span { from, to } = span;
    let mut rows = match by {
        By::Day => db.all(&sql::SALES_BY_DAY, (from, to, from.plus_days(-7)), sql::sales_row)?,
        By::Month => db.all(&sql::SALES_BY_MONTH, (from, to), sql::sales_row)?,
        By::Weekday => db.all(&sql::SALES_BY_WEEKDAY, (from, to), sql::sales_row)?,
        By::Hour => db.all(&sql::SALES_BY_HOUR, (from, to), sql::sales_row)?,
        By::Item => by_key(db, span, Dim::Item)?,
        By::Variant => by_key(db, span, Dim::Variant)?,
        By::Category => by_key(db, span, Dim::Category)?,
        By::Staff => by_key(db, span, Dim::Staff)?,
        By::Tender => by_key(db, span, Dim::Tender)?,
        By::Kind => by_key(db, span, Dim::Kind)?,
        By::Tax => by_key(db, span, Dim::Tax)?,
    };
    for row in &mut rows {
        if let Some(name) = name_of(by, &row.key) {
            row.name = name;
        }
    }
    Ok(rows)
}

fn by_key(db: &impl Read, span: Span, dim: Dim) -> Result<Vec<SalesRow>> {
    Ok(db.all(&sql::SALES_BY_KEY, (span.from, span.to, dim.as_str()), sql::sales_row)?)
}

fn sums(db: &impl Read, span: Span, dim: Dim) -> Result<Vec<(String, String, Figures)>> {
    let row = |row: &crate::store::Row<'_>| Ok((row.get(0)?, row.get(1)?, sql::figures(row, 2)?));
    Ok(db.all(&sql::SUMS_BY_KEY, (span.from, span.to, dim.as_str()), row)?)
}

/// The figures of a span with what is held before and after it.
pub fn totals(db: &impl Read, span: Span) -> Result<Totals> {
    let figures = sums(db, span, Dim::All)?.into_iter().map(|(_, _, f)| f).next().unwrap_or_default();
    let held_start = db.one(&sql::HELD_BEFORE, [span.from], |row| row.get::<_, i64>(0))?;
    Ok(Totals { figures, held_start, held_end: held_start + figures.held })
}

/// Base and tax by rate.
pub fn vat(db: &impl Read, span: Span) -> Result<Vec<TaxTotal>> {
    Ok(sums(db, span, Dim::Tax)?.iter().map(|(key, _, f)| tax_total(key, f)).collect())
}

/// Receipts by series.
pub fn receipts(db: &impl Read, span: Span) -> Result<Vec<ReceiptSpan>> {
    Ok(db.all(&receipts::SPANS, (span.from, span.to), receipts::span)?)
}

/// Payments by kind of tender.
pub fn tenders(db: &impl Read, span: Span) -> Result<Vec<TenderTotal>> {
    Ok(sums(db, span, Dim::Tender)?.into_iter().map(|(key, name, f)| tender_total(key, name, &f)).collect())
}

/// The cash of drawers that ended in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashCounted {
    /// Their takings by their counts.
    pub counted: i64,
    /// By how much they were over, below zero where they were short; with what was set right of those before.
    pub over_short: i64,
}

/// What was counted in a span; `None` where no drawer was, and none set right.
pub fn cash_counted(db: &impl Read, span: Span) -> Result<Option<CashCounted>> {
    let (drawers, counted, over_short): (i64, i64, i64) =
        db.one(&sql::COUNTED, (span.from, span.to), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let any = [drawers, counted, over_short].iter().any(|of| *of != 0);
    Ok(any.then_some(CashCounted { counted, over_short }))
}

/// What a day comes to for whoever parts its tips or asks what its work cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayNet {
    pub date: BusinessDate,
    /// Net less net refunds.
    pub net_sales: i64,
    /// Taken less given back.
    pub tips: i64,
}

/// Each day of a span that has figures.
pub fn net_by_day(db: &impl Read, span: Span) -> Result<Vec<DayNet>> {
    Ok(db.all(&sql::BY_DAY, (span.from, span.to), |row| {
        let (net, refunds_net, tips, refunds_tips): (i64, i64, i64, i64) =
            (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok(DayNet { date: row.get(0)?, net_sales: net - refunds_net, tips: tips - refunds_tips })
    })?)
}

/// Net less net refunds by whose orders they were: a staff id or [`super::model::NOBODY`], and a name.
pub fn net_by_staff(db: &impl Read, span: Span) -> Result<Vec<(String, String, i64)>> {
    let rows = sums(db, span, Dim::Staff)?;
    let row = |(key, name, f): (String, String, Figures)| {
        let name = name_of(By::Staff, &key).unwrap_or(name);
        let net = f.net_sales();
        (key, name, net)
    };
    Ok(rows.into_iter().map(row).collect())
}

/// What was told of counted drawers by day, for a recomputation to compare: how many, their takings, and by how much
/// they were over.
pub fn all_drawers_counted(db: &impl Read) -> Result<Vec<(BusinessDate, [i64; 3])>> {
    Ok(db.all(&sql::COUNTED_ALL, (), |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])))?)
}

/// Tips by whose they are, with what was handed out of drawers; those who had none and got none are left out.
pub fn tips(db: &impl Read, span: Span) -> Result<Vec<TipTotal>> {
    let rows = sums(db, span, Dim::Staff)?.into_iter().filter(|(_, _, f)| f.tips != 0 || f.refunds_tips != 0);
    let tip = |(key, name, f): (String, String, Figures)| {
        let name = name_of(By::Staff, &key).unwrap_or(name);
        TipTotal { key, name, tips: f.tips, refunds: f.refunds_tips, paid_out: 0 }
    };
    let mut tips: Vec<TipTotal> = rows.map(tip).collect();
    let paid_out = db.all(&sql::TIPS_OUT, (span.from, span.to), |row| {
        Ok((row.get::<_, StaffId>(0)?.to_string(), row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    })?;
    for (key, name, paid_out) in paid_out.into_iter().filter(|(.., paid_out)| *paid_out != 0) {
        match tips.iter_mut().find(|total| total.key == key) {
            Some(total) => total.paid_out = paid_out,
            None => tips.push(TipTotal { key, name, tips: 0, refunds: 0, paid_out }),
        }
    }
    Ok(tips)
}

/// What was told of tips handed out by day and person, for a recomputation to compare.
pub fn all_tips_paid_out(db: &impl Read) -> Result<Vec<(BusinessDate, StaffId, i64)>> {
    Ok(db.all(&sql::TIPS_OUT_ALL, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

/// Voids, comps, discounts, refunds or reversals of a span.
pub struct Adjustments {
    /// Newest first, at most [`ADJUSTMENTS_MAX`]; the sums cover all of them.
    pub rows: Vec<sql::AdjustmentRow>,
    pub has_more: bool,
    pub by_reason: Vec<sql::AdjustmentSum>,
    pub by_staff: Vec<sql::AdjustmentSum>,
    /// Whoever said yes; nobody where it was too little to ask.
    pub by_approver: Vec<sql::AdjustmentSum>,
}

/// Rows one answer names; what ten years voided would be no report.
pub const ADJUSTMENTS_MAX: usize = 1000;

pub fn adjustments(db: &impl Read, span: Span, kind: super::facts::AdjustmentKind) -> Result<Adjustments> {
    let of = (kind.as_str(), span.from, span.to);
    let mut rows = db.all(&sql::ADJUSTMENTS, (of.0, of.1, of.2, ADJUSTMENTS_MAX as i64 + 1), sql::adjustment)?;
    let has_more = rows.len() > ADJUSTMENTS_MAX;
    rows.truncate(ADJUSTMENTS_MAX);
    let by_reason = db.all(&sql::ADJUSTMENTS_BY_REASON, of, sql::by_reason)?;
    let by_staff = db.all(&sql::ADJUSTMENTS_BY_STAFF, of, sql::by_staff)?;
    let by_approver = db.all(&sql::ADJUSTMENTS_BY_APPROVER, of, sql::by_staff)?;
    Ok(Adjustments { rows, has_more, by_reason, by_staff, by_approver })
}

/// The rollups of a span as they stand, by date, dimension and key, for a recomputation to compare.
pub fn rollup_rows(db: &impl Read, from: BusinessDate, to: BusinessDate) -> Result<Vec<sql::RollupRow>> {
    Ok(db.all(&sql::ROLLUPS, (from, to), sql::rollup)?)
}

/// The rollups that the Z of that number covers, by dimension and key.
pub fn z_rollup_rows(db: &impl Read, z_number: i64) -> Result<Vec<(Dim, String, String, Figures)>> {
    let row = |row: &crate::store::Row<'_>| Ok((sql::dim(row, 0)?, row.get(1)?, row.get(2)?, sql::figures(row, 3)?));
    Ok(db.all(&sql::Z_TOTALS, [z_number], row)?)
}

/// Every adjustment, oldest first, for a recomputation to compare.
pub fn adjustment_figures(db: &impl Read) -> Result<Vec<sql::AdjustmentFigures>> {
    Ok(db.all(&sql::ADJUSTMENTS_ALL, (), sql::adjustment_figures)?)
}

/// Every day's receipts by series, the first day first, for a recomputation to compare.
pub fn receipt_days(db: &impl Read) -> Result<Vec<(BusinessDate, ReceiptSpan)>> {
    Ok(db.all(&receipts::ALL_DAYS, (), receipts::day)?)
}

/// Adds to a day's receipts what they lacked when they were recomputed, whatever was issued since; `None`
/// where none were issued at all.
pub fn amend_receipts(tx: &Tx<'_>, date: BusinessDate, kept: &ReceiptSpan, is: Option<&ReceiptSpan>) -> Result<()> {
    match is {
        Some(is) => {
            let ReceiptCounts { sales, refunds, corrections, advances } = is.counts.less(&kept.counts);
            tx.run(&receipts::MAKE, (date, &is.series, is.first, is.last))?;
            let lacks = (date, &is.series, is.first, is.last, kept.last, sales, refunds, corrections, advances);
            tx.run(&receipts::AMEND, lacks)?;
        }
        None => {
            tx.run(&receipts::CLEAR, (date, &kept.series))?;
        }
    }
    touch(tx, date);
    Ok(())
}

/// Adds to a day's row what it lacks against a recomputation. Since every fact adds to it too, what it
/// lacked when it was recomputed it still lacks, whatever was booked since. A row that then says
/// nothing goes.
pub fn amend_day(tx: &Tx<'_>, date: BusinessDate, lacks: &Posting<'_>) -> Result<()> {
    let day = date.to_string();
    sql::add_to_day(tx, &day, lacks)?;
    sql::clear_day(tx, &day, lacks)?;
    touch(tx, date);
    Ok(())
}

/// [`amend_day`] for a row of the coming Z.
pub fn amend_z(tx: &Tx<'_>, z_number: i64, lacks: &Posting<'_>) -> Result<()> {
    sql::add_to_z(tx, z_number, lacks)?;
    tx.touch(Tag::X);
    sql::clear_z(tx, z_number, lacks)
}

// ── Z ────────────────────────────────────────────────────────────────────────

/// The number of the coming Z, counted from 1.
pub fn current_z(db: &impl Read) -> Result<i64> {
    Ok(sql::current_z(db)?)
}

/// What was booked since the last Z.
pub fn totals_since_z(db: &impl Read) -> Result<ZTotals> {
    z_totals(db, current_z(db)?)
}

/// What the Z of that number covers.
pub fn z_totals(db: &impl Read, z_number: i64) -> Result<ZTotals> {
    let mut totals = ZTotals::default();
    for (dim, key, name, figures) in z_rollup_rows(db, z_number)? {
        totals.any = true;
        match dim {
            Dim::Tender => totals.tenders.push(tender_total(key, name, &figures)),
            Dim::Tax => totals.taxes.push(tax_total(&key, &figures)),
            _ => totals.all.add(&figures),
        }
    }
    Ok(totals)
}

/// Ends the current Z: what is booked from now on belongs to the next. Answers the ended number.
pub fn next_z(tx: &Tx<'_>) -> Result<i64> {
    let ended = current_z(tx)?;
    tx.run(&sql::Z_NEXT, ())?;
    tx.touch(Tag::X);
    Ok(ended)
}
