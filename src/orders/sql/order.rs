//! Orders, their checks, and the counts that are kept of them.

use crate::kernel::ids::OrderId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::Rounding;
use crate::kernel::service::Service;
use crate::orders::bill::{Rules, TaxRounding};
use crate::orders::model::{CashRounding, Check, Customer, Kind, Order, State, Totals};
use crate::store::{Row, Statement};

/// A word that the schema's CHECK allows and the program does not know.
pub fn word<T>(parsed: Result<T, Invalid>) -> rusqlite::Result<T> {
    parsed.map_err(|fault| rusqlite::types::FromSqlError::Other(fault.detail.into()).into())
}

pub static ORDER_INSERT: Statement = Statement::new(
    "orders.insert",
    "insert into orders (display_number, kind, service, state, table_id, tab_name, guests, customer_name,
       customer_phone, customer_address, customer_vat_id, due_at_ms, note, business_date, opened_at_ms, staff_id,
       device_id, version, source, source_ref)
     values (?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
);

pub static ORDER_GET: Statement = Statement::new(
    "orders.get",
    "select id, display_number, kind, service, state, table_id, tab_name, guests, customer_name, customer_phone,
       customer_address, customer_vat_id, due_at_ms, note, business_date, opened_at_ms, closed_at_ms, staff_id,
       device_id, version, merged_into
     from orders where id = ?1",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

/// Without its checks and its kitchen revision.
pub fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        display_number: row.get(1)?,
        kind: word(Kind::parse(row.get_ref(2)?.as_str()?))?,
        service: word(Service::parse(row.get_ref(3)?.as_str()?))?,
        state: word(State::parse(row.get_ref(4)?.as_str()?))?,
        table: row.get(5)?,
        tab_name: row.get(6)?,
        guests: row.get(7)?,
        customer: Customer { name: row.get(8)?, phone: row.get(9)?, address: row.get(10)?, vat_id: row.get(11)? },
        due_at: row.get(12)?,
        note: row.get(13)?,
        date: row.get(14)?,
        opened_at: row.get(15)?,
        closed_at: row.get(16)?,
        staff: row.get(17)?,
        device: row.get(18)?,
        version: row.get(19)?,
        merged_into: row.get(20)?,
        revision: 0,
        checks: Vec::new(),
        joined: Vec::new(),
    })
}

pub static ORDER_UPDATE: Statement = Statement::new(
    "orders.update",
    "update orders set service = ?2, state = ?3, table_id = ?4, tab_name = ?5, guests = ?6, customer_name = ?7,
       customer_phone = ?8, customer_address = ?9, customer_vat_id = ?10, due_at_ms = ?11, note = ?12,
       closed_at_ms = ?13, staff_id = ?14, version = ?15, merged_into = ?16
     where id = ?1",
);

pub static ORDER_VERSION: Statement = Statement::new("orders.version", "update orders set version = ?2 where id = ?1");

pub static ORDER_BY_SOURCE: Statement =
    Statement::new("orders.by_source", "select id from orders where source = ?1 and source_ref = ?2");

/// Without `returning`, whose rows would go through a table made for each call.
pub static NEXT_DISPLAY_NUMBER: Statement = Statement::new(
    "orders.next_display_number",
    "insert into display_numbers (business_date, last) values (?1, 1)
     on conflict (business_date) do update set last = last + 1",
);

pub static DISPLAY_NUMBER: Statement =
    Statement::new("orders.display_number", "select last from display_numbers where business_date = ?1");

pub static MONTH_ADD: Statement = Statement::new(
    "orders.month_add",
    "insert into order_months (month, state, n) values (?1, ?2, 1) on conflict (month, state) do update set n = n + 1",
);

/// An upsert of −1 would meet the column's CHECK before its conflict.
pub static MONTH_TAKE: Statement =
    Statement::new("orders.month_take", "update order_months set n = n - 1 where month = ?1 and state = ?2");

pub static DAY_ADD: Statement = Statement::new(
    "orders.day_add",
    "insert into order_days (business_date, state, n) values (?1, ?2, 1)
     on conflict (business_date, state) do update set n = n + 1",
);

pub static DAY_TAKE: Statement =
    Statement::new("orders.day_take", "update order_days set n = n - 1 where business_date = ?1 and state = ?2");

pub static CHECK_INSERT: Statement = Statement::new(
    "checks.insert",
    "insert into checks (order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding,
       cash_rounding_when, version, subtotal, discount_total, service_total, tax_total, total)
     values (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);

macro_rules! check_columns {
    () => {
        "select id, state, opened_business_date, closed_business_date, tax_rounding, rounding_mode, cash_rounding,
           cash_rounding_when, tax_exempt, version, bills, subtotal, discount_total, service_total, tax_total, total,
           carried, split_from, joined_into is not null
         from checks"
    };
}

/// A check that may be joined to another.
pub static CHECK_GET: Statement = Statement::new("checks.get", concat!(check_columns!(), " where id = ?1"));

pub static CHECKS_OF_ORDER: Statement =
    Statement::new("checks.of_order", concat!(check_columns!(), " where order_id = ?1 order by id"))
        .repeating("a page or an export with its checks reads each order whole, by its key");

/// Without what stands on it.
pub fn check(row: &Row<'_>) -> rusqlite::Result<Check> {
    let step: Money = row.get(6)?;
    Ok(Check {
        id: row.get(0)?,
        state: word(State::parse(row.get_ref(1)?.as_str()?))?,
        opened_date: row.get(2)?,
        closed_date: row.get(3)?,
        rules: Rules {
            tax_rounding: word(TaxRounding::parse(row.get_ref(4)?.as_str()?))?,
            rounding: word(Rounding::parse(row.get_ref(5)?.as_str()?))?,
        },
        cash: CashRounding { step, all_cash: row.get_ref(7)?.as_str()? == "all_cash" },
        tax_exempt: row.get(8)?,
        version: row.get(9)?,
        bills: row.get(10)?,
        totals: Totals {
            subtotal: row.get(11)?,
            discount: row.get(12)?,
            service: row.get(13)?,
            tax: row.get(14)?,
            total: row.get(15)?,
        },
        carried: row.get(16)?,
        split_from: row.get(17)?,
        lines: Vec::new(),
        discounts: Vec::new(),
        charges: Vec::new(),
        payments: Vec::new(),
        receipt: None,
        loaded: Vec::new(),
        taxes: Vec::new(),
    })
}

/// A check, and whether it was put together with another.
pub fn check_or_joined(row: &Row<'_>) -> rusqlite::Result<(Check, bool)> {
    Ok((check(row)?, row.get(18)?))
}

pub static CHECK_UPDATE: Statement = Statement::new(
    "checks.update",
    "update checks set state = ?2, closed_business_date = ?3, closed_at_ms = ?4, version = ?5, bills = ?6,
       subtotal = ?7, discount_total = ?8, service_total = ?9, tax_total = ?10, total = ?11, rounding = ?12,
       paid = ?13, tip_total = ?14, carried = ?15
     where id = ?1",
);

pub fn order_id(row: &Row<'_>) -> rusqlite::Result<OrderId> {
    row.get(0)
}

pub static ALL: &[&Statement] = &[
    &ORDER_INSERT,
    &ORDER_GET,
    &ORDER_UPDATE,
    &ORDER_VERSION,
    &ORDER_BY_SOURCE,
    &NEXT_DISPLAY_NUMBER,
    &DISPLAY_NUMBER,
    &MONTH_ADD,
    &MONTH_TAKE,
    &DAY_ADD,
    &DAY_TAKE,
    &CHECK_INSERT,
    &CHECK_GET,
    &CHECKS_OF_ORDER,
    &CHECK_UPDATE,
];
