//! The statements of the short lists.

use super::model::{DiscountHow, Excess, ReadyDiscount, Reason, ReasonUse, Tender, TenderKind};
use crate::kernel::rate::Rate;
use crate::store::{Row, Statement};

crate::store::word_columns! { TenderKind Excess ReasonUse }

// ── tenders ──────────────────────────────────────────────────────────────────

pub static TENDERS: Statement = Statement::new(
    "tenders.list",
    "select id, name, kind, gives_change, excess from tenders where archived = 0 order by id",
)
.scanning("a list the house keeps itself: a dozen rows");

pub static TENDER: Statement = Statement::new(
    "tenders.get",
    "select id, name, kind, gives_change, excess from tenders where id = ?1 and archived = 0",
);

/// Tenders are a handful: no index is worth its writes.
pub static TENDER_OF_KIND: Statement = Statement::new(
    "tenders.of_kind",
    "select id, name, kind, gives_change, excess from tenders where kind = ?1 and archived = 0 order by id limit 1",
)
.scanning("a list the house keeps itself: a dozen rows");

pub static TENDER_INSERT: Statement =
    Statement::new("tenders.insert", "insert into tenders (name, kind, gives_change, excess) values (?1, ?2, ?3, ?4)");

pub static TENDER_UPDATE: Statement =
    Statement::new("tenders.update", "update tenders set name = ?1, gives_change = ?2, excess = ?3 where id = ?4");

pub static TENDER_ARCHIVE: Statement =
    Statement::new("tenders.archive", "update tenders set archived = 1 where id = ?1");

// ── reasons ──────────────────────────────────────────────────────────────────

pub static REASONS: Statement =
    Statement::new("reasons.list", "select id, name, used_for from reasons where archived = 0 order by id")
        .scanning("a list the house keeps itself: a few dozen rows");

pub static REASON: Statement =
    Statement::new("reasons.get", "select id, name, used_for from reasons where id = ?1 and archived = 0");

pub static REASON_INSERT: Statement =
    Statement::new("reasons.insert", "insert into reasons (name, used_for) values (?1, ?2)");

pub static REASON_UPDATE: Statement = Statement::new("reasons.update", "update reasons set name = ?1 where id = ?2");

pub static REASON_ARCHIVE: Statement =
    Statement::new("reasons.archive", "update reasons set archived = 1 where id = ?1");

// ── ready-made discounts ─────────────────────────────────────────────────────

pub static DISCOUNTS: Statement = Statement::new(
    "discounts.list",
    "select id, name, percent, amount, lowers_tax_base from discounts where archived = 0 order by id",
)
.scanning("a list the house keeps itself: a few dozen rows");

pub static DISCOUNT: Statement = Statement::new(
    "discounts.get",
    "select id, name, percent, amount, lowers_tax_base from discounts where id = ?1 and archived = 0",
);

pub static DISCOUNT_INSERT: Statement = Statement::new(
    "discounts.insert",
    "insert into discounts (name, percent, amount, lowers_tax_base) values (?1, ?2, ?3, ?4)",
);

pub static DISCOUNT_UPDATE: Statement = Statement::new(
    "discounts.update",
    "update discounts set name = ?1, percent = ?2, amount = ?3, lowers_tax_base = ?4 where id = ?5",
);

pub static DISCOUNT_ARCHIVE: Statement =
    Statement::new("discounts.archive", "update discounts set archived = 1 where id = ?1");

pub static ALL: &[&Statement] = &[
    &TENDERS,
    &TENDER,
    &TENDER_OF_KIND,
    &TENDER_INSERT,
    &TENDER_UPDATE,
    &TENDER_ARCHIVE,
    &REASONS,
    &REASON,
    &REASON_INSERT,
    &REASON_UPDATE,
    &REASON_ARCHIVE,
    &DISCOUNTS,
    &DISCOUNT,
    &DISCOUNT_INSERT,
    &DISCOUNT_UPDATE,
    &DISCOUNT_ARCHIVE,
];

pub fn tender(row: &Row<'_>) -> rusqlite::Result<Tender> {
    Ok(Tender { id: row.get(0)?, name: row.get(1)?, kind: row.get(2)?, gives_change: row.get(3)?, excess: row.get(4)? })
}

pub fn reason(row: &Row<'_>) -> rusqlite::Result<Reason> {
    Ok(Reason { id: row.get(0)?, name: row.get(1)?, used_for: row.get(2)? })
}

pub fn discount(row: &Row<'_>) -> rusqlite::Result<ReadyDiscount> {
    let percent = row.get::<_, Option<i64>>(2)?.map(Rate::new);
    let how = DiscountHow::one_of(percent, row.get(3)?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Integer, e.detail.into()))?;
    Ok(ReadyDiscount { id: row.get(0)?, name: row.get(1)?, how, lowers_tax_base: row.get(4)? })
}
