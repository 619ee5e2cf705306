//! What is asked of receipts beside what they say: when, how often printed, which there are of an order.

use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{CheckId, OrderId, PaymentId, ReceiptId, RefundId};
use crate::store::{Row, Statement};

pub static ISSUED_AT: Statement =
    Statement::new("receipts.issued_at", "select issued_at_ms from receipts where id = ?1");

/// Counts one more print. Answers how many there are, the order and its version.
pub static PRINTED: Statement = Statement::new(
    "receipts.printed",
    "update receipts set prints = prints + 1 where id = ?1
     returning prints, order_id, (select o.version from orders o where o.id = order_id)",
);

pub fn printed(row: &Row<'_>) -> rusqlite::Result<(i64, OrderId, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// Every receipt of an order, the first one first.
pub static OF_ORDER: Statement = Statement::new(
    "receipts.papers_of_order",
    "select r.id, r.series, r.number, r.kind, r.check_id, r.original_id, r.refund_id, r.payment_id, r.business_date,
       r.issued_at_ms, r.prints
     from checks c join receipts r on r.check_id = c.id where c.order_id = ?1 order by r.id",
)
.scanning("sorts an order's few receipts");

/// A receipt without what it says.
#[derive(Debug, Clone)]
pub struct PaperRow {
    pub id: ReceiptId,
    pub series: String,
    pub number: i64,
    pub kind: String,
    pub check: CheckId,
    pub original: Option<ReceiptId>,
    pub refund: Option<RefundId>,
    /// Of a correction.
    pub payment: Option<PaymentId>,
    pub date: BusinessDate,
    pub issued_at: UtcMs,
    pub prints: i64,
}

pub fn paper(row: &Row<'_>) -> rusqlite::Result<PaperRow> {
    Ok(PaperRow {
        id: row.get(0)?,
        series: row.get(1)?,
        number: row.get(2)?,
        kind: row.get(3)?,
        check: row.get(4)?,
        original: row.get(5)?,
        refund: row.get(6)?,
        payment: row.get(7)?,
        date: row.get(8)?,
        issued_at: row.get(9)?,
        prints: row.get(10)?,
    })
}

pub static ALL: &[&Statement] = &[&ISSUED_AT, &PRINTED, &OF_ORDER];
