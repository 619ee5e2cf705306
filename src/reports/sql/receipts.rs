//! Receipts of a day and series: the first and the last number, and how many of each kind.

use rusqlite::Row;

use crate::kernel::day::BusinessDate;
use crate::reports::model::{ReceiptCounts, ReceiptSpan};
use crate::store::Statement;

/// ?1 date, ?2 series, ?3 number, ?4 to ?7 one of them 1: sale, refund, correction, advance.
pub(in crate::reports) static ADD: Statement = Statement::new(
    "reports.add_receipt",
    "insert into receipt_days (business_date, series, first, last, sales, refunds, corrections, advances)
     values (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)
     on conflict do update set last = excluded.last, sales = sales + excluded.sales,
       refunds = refunds + excluded.refunds, corrections = corrections + excluded.corrections,
       advances = advances + excluded.advances",
);

/// From ?1 to ?2 by series.
pub(in crate::reports) static SPANS: Statement = Statement::new(
    "reports.receipts",
    "select series, min(first), max(last), sum(sales), sum(refunds), sum(corrections), sum(advances)
     from receipt_days where business_date between ?1 and ?2 group by series order by series",
)
.scanning("sorts a row a day of the range");

/// Every day and series, for a recomputation to compare.
pub(in crate::reports) static ALL_DAYS: Statement = Statement::new(
    "reports.receipt_days",
    "select series, first, last, sales, refunds, corrections, advances, business_date from receipt_days
     order by business_date, series",
)
.scanning("reads a row a day, for `comanda check` alone");

// A day that is missing begins with none, since an upsert of less would meet the columns' CHECKs.
pub(in crate::reports) static MAKE: Statement = Statement::new(
    "reports.make_receipts",
    "insert into receipt_days (business_date, series, first, last) values (?1, ?2, ?3, ?4) on conflict do nothing",
);

/// Sets the day ?1 of series ?2 right: its first is ?3, its last ?4 where it still is ?5, and it lacks ?6 to ?9.
pub(in crate::reports) static AMEND: Statement = Statement::new(
    "reports.amend_receipts",
    "update receipt_days set first = ?3, last = case last when ?5 then ?4 else last end, sales = sales + ?6,
       refunds = refunds + ?7, corrections = corrections + ?8, advances = advances + ?9
     where (business_date, series) = (?1, ?2)",
);

/// A day that issued none.
pub(in crate::reports) static CLEAR: Statement =
    Statement::new("reports.clear_receipts", "delete from receipt_days where (business_date, series) = (?1, ?2)");

pub(in crate::reports) fn span(row: &Row<'_>) -> rusqlite::Result<ReceiptSpan> {
    let counts =
        ReceiptCounts { sales: row.get(3)?, refunds: row.get(4)?, corrections: row.get(5)?, advances: row.get(6)? };
    Ok(ReceiptSpan { series: row.get(0)?, first: row.get(1)?, last: row.get(2)?, counts })
}

pub(in crate::reports) fn day(row: &Row<'_>) -> rusqlite::Result<(BusinessDate, ReceiptSpan)> {
    Ok((row.get(7)?, span(row)?))
}
