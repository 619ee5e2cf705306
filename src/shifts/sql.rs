//! The statements of the business day.

use rusqlite::Row;

use super::model::{LastZ, OpenOrder, Unresolved, ZSpan};
use crate::store::Statement;

pub(super) static OPENED: Statement = Statement::new(
    "shifts.order_opened",
    "insert into open_orders (order_id, display_number, business_date, opened_at_ms) values (?1, ?2, ?3, ?4)",
);

pub(super) static SETTLED: Statement =
    Statement::new("shifts.order_closed", "delete from open_orders where order_id = ?1");

pub(super) static UNRESOLVED: Statement = Statement::new(
    "shifts.payment_unresolved",
    "insert into unresolved_payments (payment_id, order_id, amount) values (?1, ?2, ?3)
     on conflict do update set amount = excluded.amount",
);

pub(super) static RESOLVED: Statement =
    Statement::new("shifts.payment_resolved", "delete from unresolved_payments where payment_id = ?1");

/// Only what is open now: as many as a room holds.
pub(super) static OPEN_ORDERS: Statement = Statement::new(
    "shifts.open_orders",
    "select order_id, display_number, business_date, opened_at_ms from open_orders order by order_id",
)
.scanning("all that is open is asked for: a row an open order");

pub(super) static UNRESOLVED_PAYMENTS: Statement = Statement::new(
    "shifts.unresolved_payments",
    "select payment_id, order_id, amount from unresolved_payments order by payment_id",
)
.scanning("all that is in doubt is asked for: a few rows");

pub(super) static LAST_Z: Statement = Statement::new(
    "shifts.last_z",
    "select id, business_date, to_seq, closed_at_ms, perpetual_total from z_reports order by id desc limit 1",
)
.scanning("reads the last row only");

pub(super) static Z_ADD: Statement = Statement::new(
    "shifts.add_z",
    "insert into z_reports (id, business_date, from_seq, to_seq, closed_at_ms, staff_id, device_id, perpetual_total, body)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
);

pub(super) static Z_GET: Statement =
    Statement::new("shifts.get_z", "select id, closed_at_ms, body from z_reports where id = ?1");

/// ?1 the newest that is asked for, ?2 how many.
pub(super) static Z_LIST: Statement = Statement::new(
    "shifts.list_z",
    "select id, closed_at_ms, body from z_reports where id <= ?1 order by id desc limit ?2",
);

/// Every Z there is, without its text.
pub(super) static Z_SPANS: Statement =
    Statement::new("shifts.z_spans", "select id, from_seq, to_seq, perpetual_total from z_reports order by id")
        .scanning("reads every Z, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &OPENED,
    &SETTLED,
    &UNRESOLVED,
    &RESOLVED,
    &OPEN_ORDERS,
    &UNRESOLVED_PAYMENTS,
    &LAST_Z,
    &Z_ADD,
    &Z_GET,
    &Z_LIST,
    &Z_SPANS,
];

pub(super) fn open_order(row: &Row<'_>) -> rusqlite::Result<OpenOrder> {
    Ok(OpenOrder { order: row.get(0)?, display_number: row.get(1)?, date: row.get(2)?, opened_at: row.get(3)? })
}

pub(super) fn unresolved(row: &Row<'_>) -> rusqlite::Result<Unresolved> {
    Ok(Unresolved { payment: row.get(0)?, order: row.get(1)?, amount: row.get(2)? })
}

pub(super) fn last_z(row: &Row<'_>) -> rusqlite::Result<LastZ> {
    Ok(LastZ {
        number: row.get(0)?,
        date: row.get(1)?,
        to_seq: row.get(2)?,
        closed_at: row.get(3)?,
        perpetual_total: row.get(4)?,
    })
}

pub(super) fn z_span(row: &Row<'_>) -> rusqlite::Result<ZSpan> {
    Ok(ZSpan { number: row.get(0)?, from_seq: row.get(1)?, to_seq: row.get(2)?, perpetual_total: row.get(3)? })
}

/// A Z as it was stored.
#[derive(Debug, Clone)]
pub struct StoredZ {
    pub number: i64,
    pub closed_at_ms: i64,
    /// JSON.
    pub body: String,
}

pub(super) fn stored_z(row: &Row<'_>) -> rusqlite::Result<StoredZ> {
    Ok(StoredZ { number: row.get(0)?, closed_at_ms: row.get(1)?, body: row.get(2)? })
}
