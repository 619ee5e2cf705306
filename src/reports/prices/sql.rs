//! The statements of prices that were set.

use super::PriceFigures;
use crate::reports::sql::AdjustmentRow;
use crate::store::{Row, Statement};

pub static INSERT: Statement = Statement::new(
    "price_overrides.insert",
    "insert into price_overrides (business_date, at_ms, order_id, line_id, name, quantity, from_price, to_price, amount,
       reason_id, reason, staff_id, approved_by, device_id)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
);

/// What a line cost before anybody set its price.
pub static FIRST: Statement = Statement::new(
    "price_overrides.first",
    "select from_price from price_overrides where line_id = ?1 order by id limit 1",
);

/// ?1 from, ?2 to, ?3 how many; newest first. The names of staff are theirs of today.
pub static LIST: Statement = Statement::new(
    "price_overrides.list",
    "select p.id, p.business_date, p.at_ms, p.order_id, p.line_id, p.name, p.quantity, p.amount, 0, p.reason_id,
       p.reason, p.staff_id, s.name, p.approved_by, b.name, p.from_price, p.to_price
     from price_overrides p left join staff s on s.id = p.staff_id left join staff b on b.id = p.approved_by
     where p.business_date between ?1 and ?2
     order by p.business_date desc, p.id desc limit ?3",
);

pub static BY_REASON: Statement = Statement::new(
    "price_overrides.by_reason",
    "select coalesce(reason, ''), count(*), sum(quantity), sum(amount), 0
     from price_overrides where business_date between ?1 and ?2
     group by 1 order by 4 desc, 1",
)
.scanning("sorts reasons, of which a house has a few dozen");

pub static BY_STAFF: Statement = Statement::new(
    "price_overrides.by_staff",
    "select p.staff_id, coalesce(s.name, ''), count(*), sum(p.quantity), sum(p.amount), 0
     from price_overrides p left join staff s on s.id = p.staff_id
     where p.business_date between ?1 and ?2
     group by p.staff_id order by 5 desc, 1",
)
.scanning("sorts staff, of whom a house has a few dozen");

pub static BY_APPROVER: Statement = Statement::new(
    "price_overrides.by_approver",
    "select p.approved_by, coalesce(s.name, ''), count(*), sum(p.quantity), sum(p.amount), 0
     from price_overrides p left join staff s on s.id = p.approved_by
     where p.business_date between ?1 and ?2
     group by p.approved_by order by 5 desc, 1",
)
.scanning("sorts staff, of whom a house has a few dozen");

/// Every one, for a recomputation to compare.
pub static EVERY: Statement = Statement::new(
    "price_overrides.every",
    "select p.id, p.business_date, p.line_id, p.amount, p.to_price, l.unit_price,
       p.id = (select max(id) from price_overrides o where o.line_id = p.line_id)
     from price_overrides p join lines l on l.id = p.line_id order by p.id",
)
.scanning("reads them all, for `comanda check` alone");

pub static ALL: &[&Statement] = &[&INSERT, &FIRST, &LIST, &BY_REASON, &BY_STAFF, &BY_APPROVER, &EVERY];

/// A row of the report, with both prices.
pub fn price(row: &Row<'_>) -> rusqlite::Result<(AdjustmentRow, i64, i64)> {
    Ok((crate::reports::sql::adjustment(row)?, row.get(15)?, row.get(16)?))
}

pub fn figures(row: &Row<'_>) -> rusqlite::Result<PriceFigures> {
    Ok(PriceFigures {
        id: row.get(0)?,
        date: row.get(1)?,
        line: row.get(2)?,
        amount: row.get(3)?,
        to: row.get(4)?,
        stands: row.get(5)?,
        is_last: row.get(6)?,
    })
}
