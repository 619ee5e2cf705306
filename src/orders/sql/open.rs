//! What is open now: checks with what a manager asks about them, orders that hold something back.

use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::money::Money;
use crate::store::{Row, Statement};

/// Oldest first. Names are those of today.
pub static OPEN_CHECKS: Statement = Statement::new(
    "checks.open",
    "select c.id, o.id, o.display_number, o.kind, o.table_id, t.name, o.tab_name, o.guests, o.staff_id, s.name,
       c.opened_business_date, o.opened_at_ms, c.bills, c.total, c.paid,
       (select coalesce(sum(p.amount), 0) from payments p
        where p.order_id = o.id and p.check_id = c.id and p.state in ('pending', 'unknown'))
     from orders o join checks c on c.order_id = o.id and c.state = 'open'
       left join tables t on t.id = o.table_id left join staff s on s.id = o.staff_id
     where o.state = 'open' order by o.business_date, o.id, c.id",
);

/// Open orders with lines that wait for their course.
pub static ORDERS_HOLDING: Statement = Statement::new(
    "orders.holding",
    "select o.id from orders o
     where o.state = 'open' and exists (select 1 from lines l where l.order_id = o.id and l.hold = 1 and l.state = 'open')
     order by o.business_date, o.id",
);

#[derive(Debug, Clone)]
pub struct OpenCheck {
    pub id: i64,
    pub order: i64,
    pub display_number: i64,
    pub kind: String,
    pub table: Option<(i64, String)>,
    pub tab_name: Option<String>,
    /// The order's.
    pub guests: i64,
    pub staff: Option<(i64, String)>,
    pub date: BusinessDate,
    /// When the order was opened.
    pub opened_at: UtcMs,
    /// How often its bill was printed.
    pub bills: i64,
    pub total: Money,
    pub paid: Money,
    pub unresolved: Money,
}

pub fn open_check(row: &Row<'_>) -> rusqlite::Result<OpenCheck> {
    let (table, staff): (Option<i64>, Option<i64>) = (row.get(4)?, row.get(8)?);
    let (table_name, staff_name): (Option<String>, Option<String>) = (row.get(5)?, row.get(9)?);
    Ok(OpenCheck {
        id: row.get(0)?,
        order: row.get(1)?,
        display_number: row.get(2)?,
        kind: row.get(3)?,
        table: table.zip(table_name),
        tab_name: row.get(6)?,
        guests: row.get(7)?,
        staff: staff.zip(staff_name),
        date: row.get(10)?,
        opened_at: row.get(11)?,
        bills: row.get(12)?,
        total: row.get(13)?,
        paid: row.get(14)?,
        unresolved: row.get(15)?,
    })
}

pub static ALL: &[&Statement] = &[&OPEN_CHECKS, &ORDERS_HOLDING];
