//! Keeps prices that were set, and lists them.

use super::{PriceFigures, PriceOverride, sql};
use crate::error::Result;
use crate::kernel::ids::LineId;
use crate::kernel::money::Money;
use crate::reports::model::Span;
use crate::reports::ops::ADJUSTMENTS_MAX;
use crate::reports::sql::{self as reports, AdjustmentRow, AdjustmentSum};
use crate::store::{Read, Tx, params};

/// A price was set on a line. Answers the row's id.
pub fn set(tx: &Tx<'_>, p: &PriceOverride<'_>) -> Result<i64> {
    let stamp = p.stamp;
    let id = tx.insert(
        &sql::INSERT,
        params![
            stamp.date,
            stamp.at,
            p.order,
            p.line,
            p.name,
            p.quantity,
            p.from,
            p.to,
            p.amount,
            p.reason_id,
            p.reason,
            stamp.staff,
            p.approved_by,
            stamp.device,
        ],
    )?;
    crate::reports::ops::touch(tx, stamp.date);
    Ok(id)
}

/// What a line cost before anybody set its price; `None` where nobody did.
pub fn first_price(db: &impl Read, line: LineId) -> Result<Option<Money>> {
    Ok(db.opt(&sql::FIRST, [line], |row| row.get(0))?)
}

/// The prices set in a span.
pub struct Prices {
    /// Each with what it was before and after; newest first, at most [`ADJUSTMENTS_MAX`].
    pub rows: Vec<(AdjustmentRow, i64, i64)>,
    pub has_more: bool,
    pub by_reason: Vec<AdjustmentSum>,
    pub by_staff: Vec<AdjustmentSum>,
    pub by_approver: Vec<AdjustmentSum>,
}

pub fn list(db: &impl Read, span: Span) -> Result<Prices> {
    let of = (span.from, span.to);
    let mut rows = db.all(&sql::LIST, (of.0, of.1, ADJUSTMENTS_MAX as i64 + 1), sql::price)?;
    let has_more = rows.len() > ADJUSTMENTS_MAX;
    rows.truncate(ADJUSTMENTS_MAX);
    let by_reason = db.all(&sql::BY_REASON, of, reports::by_reason)?;
    let by_staff = db.all(&sql::BY_STAFF, of, reports::by_staff)?;
    let by_approver = db.all(&sql::BY_APPROVER, of, reports::by_staff)?;
    Ok(Prices { rows, has_more, by_reason, by_staff, by_approver })
}

/// Every one, oldest first, for a recomputation to compare.
pub fn every(db: &impl Read) -> Result<Vec<PriceFigures>> {
    Ok(db.all(&sql::EVERY, (), sql::figures)?)
}
