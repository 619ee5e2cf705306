//! Pages of orders, newest first.
//!
//! Where a numbered page begins is found by windows over the counts of months, then over the days of
//! one month, never by counting orders; inside that day the index does the rest.

use super::order::word;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::OrderId;
use crate::kernel::money::Money;
use crate::orders::model::{Order, State, Totals};
use crate::store::{Row, Statement};

/// Orders of whole months inside the range and of the days of its first and last month.
/// ?1 from, ?2 to, ?3 and ?4 their months, ?5 the last day of the first month that is in range,
/// ?6 the first day of the last month, past every day where both are one month.
macro_rules! buckets {
    ($state:literal) => {
        concat!(
            "with buckets (month, n) as (
               select month, sum(n) from order_months where month > ?3 and month < ?4 ",
            $state,
            " group by month
               union all
               select ?3, coalesce(sum(n), 0) from order_days where business_date between ?1 and ?5 ",
            $state,
            "
               union all
               select ?4, coalesce(sum(n), 0) from order_days where business_date between ?6 and ?2 ",
            $state,
            ") "
        )
    };
}

macro_rules! total {
    ($state:literal) => {
        concat!(buckets!($state), "select coalesce(sum(n), 0) from buckets")
    };
}

pub static TOTAL: Statement =
    Statement::new("orders.list_total", total!("and ?7 is ?7")).scanning("sums a row a month; days only of two months");
pub static TOTAL_STATE: Statement = Statement::new("orders.list_total_state", total!("and state = ?7"))
    .scanning("sums a row a month; days only of two months");

/// The month that holds row ?8, and how many rows lie in later ones.
macro_rules! month_of_row {
    ($state:literal) => {
        concat!(
            buckets!($state),
            "select month, skipped from
               (select month, n, sum(n) over (order by month desc) - n as skipped from buckets where n > 0)
             where skipped <= ?8 and ?8 < skipped + n"
        )
    };
}

pub static MONTH_OF_ROW: Statement =
    Statement::new("orders.list_month_of_row", month_of_row!("and ?7 is ?7")).scanning("a window over a row a month");
pub static MONTH_OF_ROW_STATE: Statement =
    Statement::new("orders.list_month_of_row_state", month_of_row!("and state = ?7"))
        .scanning("a window over a row a month");

/// The day from ?1 to ?2, inside one month, that holds row ?3, and how many rows lie on later ones.
macro_rules! day_of_row {
    ($state:literal) => {
        concat!(
            "select business_date, skipped from
               (select business_date, n, sum(n) over (order by business_date desc) - n as skipped from
                 (select business_date, sum(n) as n from order_days
                  where business_date between ?1 and ?2 ",
            $state,
            " group by business_date))
             where skipped <= ?3 and ?3 < skipped + n"
        )
    };
}

pub static DAY_OF_ROW: Statement = Statement::new("orders.list_day_of_row", day_of_row!("and ?4 is ?4"))
    .scanning("a window over the days of one month");
pub static DAY_OF_ROW_STATE: Statement = Statement::new("orders.list_day_of_row_state", day_of_row!("and state = ?4"))
    .scanning("a window over the days of one month");

macro_rules! row_columns {
    ($page:expr, $total:literal) => {
        concat!(
            "select o.id, o.display_number, o.kind, o.service, o.state, o.table_id, o.tab_name, o.guests, o.customer_name,
               o.customer_phone, o.customer_address, o.customer_vat_id, o.due_at_ms, o.note, o.business_date,
               o.opened_at_ms, o.closed_at_ms, o.staff_id, o.device_id, o.version, o.merged_into,
               coalesce(k.revision, 0), c.state, c.subtotal, c.discount_total, c.service_total, c.tax_total, c.total,
               c.paid, ", $total, "
             from (", $page, ") p
             join orders o on o.id = p.id
             join checks c on c.order_id = o.id
             left join kitchen_orders k on k.order_id = o.id
             order by o.business_date desc, o.id desc, c.id"
        )
    };
}

/// From day ?1 back to ?2, past ?3 rows, ?4 rows. `from_row` is a numbered page, `after` a cursor's.
macro_rules! from_row {
    ($state:literal) => {
        row_columns!(
            concat!(
                "select id from orders where business_date <= ?1 and business_date >= ?2 ",
                $state,
                " order by business_date desc, id desc limit ?4 offset ?3"
            ),
            "null"
        )
    };
}

pub static FROM_ROW: Statement =
    Statement::new("orders.list_from_row", from_row!("and ?5 is ?5")).scanning("sorts the rows of one page");
pub static FROM_ROW_STATE: Statement =
    Statement::new("orders.list_from_row_state", from_row!("and state = ?5")).scanning("sorts the rows of one page");

macro_rules! after {
    ($state:literal) => {
        row_columns!(
            concat!(
                "select id from orders where (business_date, id) < (?1, ?3) and business_date >= ?2 ",
                $state,
                " order by business_date desc, id desc limit ?4"
            ),
            "null"
        )
    };
}

pub static AFTER: Statement =
    Statement::new("orders.list_after", after!("and ?5 is ?5")).scanning("sorts the rows of one page");
pub static AFTER_STATE: Statement =
    Statement::new("orders.list_after_state", after!("and state = ?5")).scanning("sorts the rows of one page");

/// Filters the counts do not cover, inside a range of at most 92 days: the plain window.
/// ?1 from, ?2 to, ?3 and ?4 the cursor's date and id (or what lies before every row), ?5 limit, ?6 offset.
macro_rules! narrow {
    ($($name:ident $word:literal $state:literal $kind:literal $table:literal $staff:literal;)*) => {
        $(pub static $name: Statement = Statement::new(
            concat!("orders.list_narrow", $word),
            row_columns!(
                concat!(
                    "select id, count(*) over () as found from orders
                     where business_date between ?1 and ?2 and (business_date, id) < (?3, ?4) ",
                    $state, $kind, $table, $staff,
                    " order by business_date desc, id desc limit ?5 offset ?6"
                ),
                "p.found"
            ),
        ).scanning("sorts the rows of one page; the window runs over 92 days at most");)*

        /// By which of state, kind, table and staff are asked for, a bit each.
        pub static NARROW: &[&Statement] = &[$(&$name),*];
    };
}

narrow! {
    NARROW_0  "_none"                   " and ?7 is ?7 " " and ?8 is ?8 " " and ?9 is ?9 "     " and ?10 is ?10";
    NARROW_1  "_state"                  " and state = ?7 " " and ?8 is ?8 " " and ?9 is ?9 "   " and ?10 is ?10";
    NARROW_2  "_kind"                   " and ?7 is ?7 " " and kind = ?8 " " and ?9 is ?9 "    " and ?10 is ?10";
    NARROW_3  "_state_kind"             " and state = ?7 " " and kind = ?8 " " and ?9 is ?9 "  " and ?10 is ?10";
    NARROW_4  "_table"                  " and ?7 is ?7 " " and ?8 is ?8 " " and table_id = ?9 " " and ?10 is ?10";
    NARROW_5  "_state_table"            " and state = ?7 " " and ?8 is ?8 " " and table_id = ?9 " " and ?10 is ?10";
    NARROW_6  "_kind_table"             " and ?7 is ?7 " " and kind = ?8 " " and table_id = ?9 " " and ?10 is ?10";
    NARROW_7  "_state_kind_table"       " and state = ?7 " " and kind = ?8 " " and table_id = ?9 " " and ?10 is ?10";
    NARROW_8  "_staff"                  " and ?7 is ?7 " " and ?8 is ?8 " " and ?9 is ?9 "     " and staff_id = ?10";
    NARROW_9  "_state_staff"            " and state = ?7 " " and ?8 is ?8 " " and ?9 is ?9 "   " and staff_id = ?10";
    NARROW_10 "_kind_staff"             " and ?7 is ?7 " " and kind = ?8 " " and ?9 is ?9 "    " and staff_id = ?10";
    NARROW_11 "_state_kind_staff"       " and state = ?7 " " and kind = ?8 " " and ?9 is ?9 "  " and staff_id = ?10";
    NARROW_12 "_table_staff"            " and ?7 is ?7 " " and ?8 is ?8 " " and table_id = ?9 " " and staff_id = ?10";
    NARROW_13 "_state_table_staff"      " and state = ?7 " " and ?8 is ?8 " " and table_id = ?9 " " and staff_id = ?10";
    NARROW_14 "_kind_table_staff"       " and ?7 is ?7 " " and kind = ?8 " " and table_id = ?9 " " and staff_id = ?10";
    NARROW_15 "_state_kind_table_staff" " and state = ?7 " " and kind = ?8 " " and table_id = ?9 " " and staff_id = ?10";
}

/// A row of a list: the order, one of its checks, and the window's count where there is one.
pub struct ListRow {
    pub order: Order,
    pub check_state: State,
    pub totals: Totals,
    pub paid: Money,
    pub found: Option<i64>,
}

pub fn row(row: &Row<'_>) -> rusqlite::Result<ListRow> {
    let mut order = super::order::order(row)?;
    order.revision = row.get(21)?;
    Ok(ListRow {
        order,
        check_state: word(State::parse(row.get_ref(22)?.as_str()?))?,
        totals: Totals {
            subtotal: row.get(23)?,
            discount: row.get(24)?,
            service: row.get(25)?,
            tax: row.get(26)?,
            total: row.get(27)?,
        },
        paid: row.get(28)?,
        found: row.get(29)?,
    })
}

/// A month or day and the rows before it.
pub fn place(row: &Row<'_>) -> rusqlite::Result<(String, i64)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Ids of a day's orders in ascending order, a chunk after an id: what an export walks.
pub static OF_DAY_AFTER: Statement = Statement::new(
    "orders.of_day_after",
    "select id from orders where business_date = ?1 and id > ?2 order by id limit ?3",
);

/// The first day from ?1 to ?2 that has orders.
pub static NEXT_DAY: Statement = Statement::new(
    "orders.next_day",
    "select min(business_date) from order_days where business_date between ?1 and ?2",
);

pub fn id(row: &Row<'_>) -> rusqlite::Result<OrderId> {
    row.get(0)
}

pub fn day(row: &Row<'_>) -> rusqlite::Result<Option<BusinessDate>> {
    row.get(0)
}

pub static ALL: &[&Statement] = &[
    &TOTAL,
    &TOTAL_STATE,
    &MONTH_OF_ROW,
    &MONTH_OF_ROW_STATE,
    &DAY_OF_ROW,
    &DAY_OF_ROW_STATE,
    &FROM_ROW,
    &FROM_ROW_STATE,
    &AFTER,
    &AFTER_STATE,
    &OF_DAY_AFTER,
    &NEXT_DAY,
    &NARROW_0,
    &NARROW_1,
    &NARROW_2,
    &NARROW_3,
    &NARROW_4,
    &NARROW_5,
    &NARROW_6,
    &NARROW_7,
    &NARROW_8,
    &NARROW_9,
    &NARROW_10,
    &NARROW_11,
    &NARROW_12,
    &NARROW_13,
    &NARROW_14,
    &NARROW_15,
];
