//! The reports' statements.
//!
//! Every report seeks `day_totals` by each day of its range (a table of dates made on the spot,
//! joined first), so its cost follows the days and rows it shows, not the table.

pub(super) mod receipts;

use rusqlite::{Row, ToSql};

use super::facts::Posting;
use super::model::{Dim, Figures};
use crate::error::{Fault, Result};
use crate::kernel::day::BusinessDate;
use crate::store::{Read, Statement, Tx};

// The columns of `Figures`, in its order; a test compares them.
macro_rules! columns {
    () => {
        "orders, guests, quantity, list_amount, comps, discounts, gross, net, tax, refunds, refunds_net, refunds_tips,
         service_charges, service_tax, tips, rounding, not_sales, excess, kept, held, refunds_paid, refunds_not_sales"
    };
}

macro_rules! sums {
    () => {
        "sum(t.orders) as orders, sum(t.guests) as guests, sum(t.quantity) as quantity,
         sum(t.list_amount) as list_amount, sum(t.comps) as comps, sum(t.discounts) as discounts,
         sum(t.gross) as gross, sum(t.net) as net, sum(t.tax) as tax, sum(t.refunds) as refunds"
    };
}

macro_rules! upsert {
    ($table:literal, $first:literal) => {
        concat!(
            "insert into ",
            $table,
            " (",
            $first,
            ", dim, key, name, ",
            columns!(),
            ")
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
             ?24, ?25, ?26)
     on conflict do update set
       name = case excluded.name when '' then name else excluded.name end,
       orders = orders + excluded.orders, guests = guests + excluded.guests,
       quantity = quantity + excluded.quantity, list_amount = list_amount + excluded.list_amount,
       comps = comps + excluded.comps, discounts = discounts + excluded.discounts,
       gross = gross + excluded.gross, net = net + excluded.net, tax = tax + excluded.tax,
       refunds = refunds + excluded.refunds, refunds_net = refunds_net + excluded.refunds_net,
       refunds_tips = refunds_tips + excluded.refunds_tips,
       service_charges = service_charges + excluded.service_charges,
       service_tax = service_tax + excluded.service_tax, tips = tips + excluded.tips,
       rounding = rounding + excluded.rounding, not_sales = not_sales + excluded.not_sales,
       excess = excess + excluded.excess, kept = kept + excluded.kept, held = held + excluded.held,
       refunds_paid = refunds_paid + excluded.refunds_paid,
       refunds_not_sales = refunds_not_sales + excluded.refunds_not_sales"
        )
    };
}

static DAY_ADD: Statement = Statement::new("reports.add_to_day", upsert!("day_totals", "business_date"));
static Z_ADD: Statement = Statement::new("reports.add_to_z", upsert!("z_totals", "z_number"));

// A row that says nothing.
macro_rules! clear {
    ($table:literal, $first:literal) => {
        concat!(
            "delete from ",
            $table,
            " where (",
            $first,
            ", dim, key) = (?1, ?2, ?3) and (",
            columns!(),
            ") = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)"
        )
    };
}

static DAY_CLEAR: Statement = Statement::new("reports.clear_day", clear!("day_totals", "business_date"));
static Z_CLEAR: Statement = Statement::new("reports.clear_z", clear!("z_totals", "z_number"));

pub(super) fn clear_day(tx: &Tx<'_>, date: &str, of: &Posting<'_>) -> Result<()> {
    tx.run(&DAY_CLEAR, (date, of.dim.as_str(), of.key.as_ref()))?;
    Ok(())
}

pub(super) fn clear_z(tx: &Tx<'_>, z_number: i64, of: &Posting<'_>) -> Result<()> {
    tx.run(&Z_CLEAR, (z_number, of.dim.as_str(), of.key.as_ref()))?;
    Ok(())
}

fn add(tx: &Tx<'_>, statement: &Statement, first: &dyn ToSql, p: &Posting<'_>) -> Result<()> {
    let (dim, values) = (p.dim.as_str(), p.figures.values());
    let (key, name) = (p.key.as_ref(), p.name.as_ref());
    let mut params: Vec<&dyn ToSql> = vec![first, &dim, &key, &name];
    params.extend(values.iter().map(|value| value as &dyn ToSql));
    tx.run(statement, params.as_slice())?;
    Ok(())
}

pub(super) fn add_to_day(tx: &Tx<'_>, date: &str, posting: &Posting<'_>) -> Result<()> {
    add(tx, &DAY_ADD, &date, posting)
}

pub(super) fn add_to_z(tx: &Tx<'_>, z_number: i64, posting: &Posting<'_>) -> Result<()> {
    add(tx, &Z_ADD, &z_number, posting)
}

// ── sales ────────────────────────────────────────────────────────────────────

macro_rules! days {
    ($from:literal) => {
        concat!(
            "with recursive days (d) as (
       select ",
            $from,
            " union all select date(d, '+1 day') from days where d < ?2
     )"
        )
    };
}

/// Sums by a key, in an order, each with its rank and what it and those above it come to.
macro_rules! by_key {
    ($key:literal, $name:literal, $where:literal, $order:literal) => {
        concat!(
            days!("?1"),
            ", sums as (
       select ",
            $key,
            " as key, ",
            $name,
            " as name, max(case ",
            $name,
            " when '' then '' else t.business_date end), ",
            sums!(),
            " from days cross join day_totals t on t.business_date = days.d and ",
            $where,
            " group by 1
     )
     select key, name, orders, guests, quantity, list_amount, comps, discounts, gross, net, tax, refunds,
       rank() over (order by gross desc),
       sum(gross) over (order by ",
            $order,
            " rows unbounded preceding),
       sum(gross) over (), null
     from sums order by ",
            $order
        )
    };
}

const SORTS: &str = "sorts the rows it shows, summed from rollups: as many as keys, not as orders";

/// Each day with the gross of seven calendar days before: a frame over day numbers, so that a day of
/// rest in between shifts nothing. ?1 from, ?2 to, ?3 a week before from.
pub(super) static SALES_BY_DAY: Statement = Statement::new(
    "reports.sales_by_day",
    concat!(
        days!("?3"),
        ", weeks as (
       select t.*, sum(t.gross) over (
           order by unixepoch(t.business_date) / 86400 range between 7 preceding and 7 preceding) as last_week
       from days cross join day_totals t on t.business_date = days.d and t.dim = 'all' and t.key = ''
     )
     select business_date, business_date, orders, guests, quantity, list_amount, comps, discounts, gross, net, tax,
       refunds,
       rank() over (order by gross desc),
       sum(gross) over (order by business_date rows unbounded preceding),
       sum(gross) over (), last_week
     from weeks where business_date >= ?1 order by business_date"
    ),
)
.scanning(SORTS);

pub(super) static SALES_BY_MONTH: Statement = Statement::new(
    "reports.sales_by_month",
    by_key!("substr(t.business_date, 1, 7)", "''", "t.dim = 'all' and t.key = ''", "key"),
)
.scanning(SORTS);

/// Mondays first.
pub(super) static SALES_BY_WEEKDAY: Statement = Statement::new(
    "reports.sales_by_weekday",
    concat!(
        days!("?1"),
        ", sums as (
       select (unixepoch(t.business_date) / 86400 + 3) % 7 as day, ",
        sums!(),
        " from days cross join day_totals t on t.business_date = days.d and t.dim = 'all' and t.key = ''
       group by 1
     )
     select substr('montuewedthufrisatsun', day * 3 + 1, 3), '',
       orders, guests, quantity, list_amount, comps, discounts, gross, net, tax, refunds,
       rank() over (order by gross desc),
       sum(gross) over (order by day rows unbounded preceding),
       sum(gross) over (), null
     from sums order by day"
    ),
)
.scanning(SORTS);

pub(super) static SALES_BY_HOUR: Statement =
    Statement::new("reports.sales_by_hour", by_key!("t.key", "''", "t.dim = 'hour'", "cast(key as integer)"))
        .scanning(SORTS);

/// The name is that of the key's last day that knows one (SQLite: bare columns in an aggregate with max()
/// come from its row). ?3 the dimension.
pub(super) static SALES_BY_KEY: Statement =
    Statement::new("reports.sales_by_key", by_key!("t.key", "t.name", "t.dim = ?3", "gross desc, key")).scanning(SORTS);

/// All figures of each key of the dimension ?3, by key.
pub(super) static SUMS_BY_KEY: Statement = Statement::new(
    "reports.sums_by_key",
    concat!(
        days!("?1"),
        "
     select t.key, t.name, sum(t.orders), sum(t.guests), sum(t.quantity), sum(t.list_amount), sum(t.comps),
       sum(t.discounts), sum(t.gross), sum(t.net), sum(t.tax), sum(t.refunds), sum(t.refunds_net),
       sum(t.refunds_tips), sum(t.service_charges), sum(t.service_tax), sum(t.tips), sum(t.rounding),
       sum(t.not_sales), sum(t.excess), sum(t.kept), sum(t.held), sum(t.refunds_paid), sum(t.refunds_not_sales),
       max(case t.name when '' then '' else t.business_date end)
     from days cross join day_totals t on t.business_date = days.d and t.dim = ?3
     group by t.key order by t.key"
    ),
)
.scanning(SORTS);

/// What is held before ?1: the sum over all days there are before it.
pub(super) static HELD_BEFORE: Statement = Statement::new(
    "reports.held_before",
    "with recursive days (d) as (
       select min(business_date) from day_totals
       union all select date(d, '+1 day') from days where date(d, '+1 day') < ?1
     )
     select coalesce(sum(t.held), 0)
     from days cross join day_totals t on t.business_date = days.d and t.dim = 'all' and t.key = ''
     where days.d < ?1",
)
.scanning("scans its own table of dates, one row a day of the house's life");

/// Every rollup row of the dates ?1 to ?2.
pub(super) static ROLLUPS: Statement = Statement::new(
    "reports.rollups",
    concat!(
        "select business_date, dim, key, name, ",
        columns!(),
        " from day_totals where business_date between ?1 and ?2 order by business_date, dim, key"
    ),
);

// ── Z ────────────────────────────────────────────────────────────────────────

pub(super) static Z_CURRENT: Statement =
    Statement::new("reports.current_z", "select number from z_current where id = 1");

pub(super) static Z_NEXT: Statement = Statement::new(
    "reports.next_z",
    "insert into z_current (id, number) values (1, 2) on conflict do update set number = number + 1",
);

pub(super) static Z_TOTALS: Statement = Statement::new(
    "reports.z_totals",
    concat!("select dim, key, name, ", columns!(), " from z_totals where z_number = ?1 order by dim, key"),
);

// ── adjustments ──────────────────────────────────────────────────────────────

pub(super) static ADJUST: Statement = Statement::new(
    "reports.add_adjustment",
    "insert into adjustments (kind, business_date, at_ms, order_id, line_id, name, quantity, amount, wasted, reason_id,
       reason, staff_id, approved_by)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
);

/// Every one, for a recomputation to compare.
pub(super) static ADJUSTMENTS_ALL: Statement = Statement::new(
    "reports.adjustments_all",
    "select id, kind, business_date, order_id, coalesce(line_id, 0), quantity, amount, wasted from adjustments order by id",
)
.scanning("reads them all, for `comanda check` alone");

/// ?1 kind, ?2 from, ?3 to, ?4 how many; newest first. The names of staff are theirs of today.
pub(super) static ADJUSTMENTS: Statement = Statement::new(
    "reports.adjustments",
    "select a.id, a.business_date, a.at_ms, a.order_id, a.line_id, a.name, a.quantity, a.amount, a.wasted, a.reason_id,
       a.reason, a.staff_id, s.name, a.approved_by, b.name
     from adjustments a left join staff s on s.id = a.staff_id left join staff b on b.id = a.approved_by
     where a.kind = ?1 and a.business_date between ?2 and ?3
     order by a.business_date desc, a.id desc limit ?4",
);

pub(super) static ADJUSTMENTS_BY_REASON: Statement = Statement::new(
    "reports.adjustments_by_reason",
    "select coalesce(reason, ''), count(*), sum(quantity), sum(amount), sum(wasted * amount)
     from adjustments where kind = ?1 and business_date between ?2 and ?3
     group by 1 order by 4 desc, 1",
)
.scanning("sorts reasons, of which a house has a few dozen");

pub(super) static ADJUSTMENTS_BY_STAFF: Statement = Statement::new(
    "reports.adjustments_by_staff",
    "select a.staff_id, coalesce(s.name, ''), count(*), sum(a.quantity), sum(a.amount), sum(a.wasted * a.amount)
     from adjustments a left join staff s on s.id = a.staff_id
     where a.kind = ?1 and a.business_date between ?2 and ?3
     group by a.staff_id order by 5 desc, 1",
)
.scanning("sorts staff, of whom a house has a few dozen");

pub(super) static ADJUSTMENTS_BY_APPROVER: Statement = Statement::new(
    "reports.adjustments_by_approver",
    "select a.approved_by, coalesce(s.name, ''), count(*), sum(a.quantity), sum(a.amount), sum(a.wasted * a.amount)
     from adjustments a left join staff s on s.id = a.approved_by
     where a.kind = ?1 and a.business_date between ?2 and ?3
     group by a.approved_by order by 5 desc, 1",
)
.scanning("sorts staff, of whom a house has a few dozen");

/// Drawers that were counted, their takings, and by how much they were over.
pub(super) static COUNTED_ADD: Statement = Statement::new(
    "reports.drawers_counted",
    "insert into cash_counts (business_date, drawers, counted, over_short) values (?1, ?2, ?3, ?4)
     on conflict do update set drawers = drawers + excluded.drawers, counted = counted + excluded.counted,
       over_short = over_short + excluded.over_short",
);

/// Of the days ?1 to ?2.
pub(super) static COUNTED: Statement = Statement::new(
    "reports.cash_counted",
    "select coalesce(sum(drawers), 0), coalesce(sum(counted), 0), coalesce(sum(over_short), 0) from cash_counts
     where business_date between ?1 and ?2",
);

pub(super) static COUNTED_ALL: Statement = Statement::new(
    "reports.all_cash_counts",
    "select business_date, drawers, counted, over_short from cash_counts order by business_date",
)
.scanning("reads a row a day, for `comanda check` alone");

/// Tips handed out to whom they belong.
pub(super) static TIP_OUT_ADD: Statement = Statement::new(
    "reports.tip_paid_out",
    "insert into tips_paid_out (business_date, staff_id, amount) values (?1, ?2, ?3)
     on conflict do update set amount = amount + excluded.amount",
);

/// Of the days ?1 to ?2, by whose they were.
pub(super) static TIPS_OUT: Statement = Statement::new(
    "reports.tips_paid_out",
    "select t.staff_id, s.name, sum(t.amount) from tips_paid_out t join staff s on s.id = t.staff_id
     where t.business_date between ?1 and ?2 group by t.staff_id order by t.staff_id",
)
.scanning("groups a row a day and person of the span");

pub(super) static TIPS_OUT_ALL: Statement = Statement::new(
    "reports.all_tips_paid_out",
    "select business_date, staff_id, amount from tips_paid_out order by business_date, staff_id",
)
.scanning("reads a row a day and person, for `comanda check` alone");

/// Net, refunded net, tips and refunded tips of each day that has figures.
pub(super) static BY_DAY: Statement = Statement::new(
    "reports.net_and_tips_by_day",
    concat!(
        days!("?1"),
        "
     select t.business_date, t.net, t.refunds_net, t.tips, t.refunds_tips
     from days cross join day_totals t on t.business_date = days.d and t.dim = 'all' and t.key = ''
     order by t.business_date"
    ),
)
.scanning(SORTS);

pub static ALL: &[&Statement] = &[
    &DAY_ADD,
    &Z_ADD,
    &SALES_BY_DAY,
    &SALES_BY_MONTH,
    &SALES_BY_WEEKDAY,
    &SALES_BY_HOUR,
    &SALES_BY_KEY,
    &SUMS_BY_KEY,
    &HELD_BEFORE,
    &ROLLUPS,
    &Z_CURRENT,
    &Z_NEXT,
    &Z_TOTALS,
    &ADJUST,
    &ADJUSTMENTS_ALL,
    &DAY_CLEAR,
    &Z_CLEAR,
    &ADJUSTMENTS,
    &ADJUSTMENTS_BY_REASON,
    &ADJUSTMENTS_BY_STAFF,
    &receipts::ADD,
    &receipts::SPANS,
    &receipts::ALL_DAYS,
    &receipts::MAKE,
    &receipts::AMEND,
    &receipts::CLEAR,
    &ADJUSTMENTS_BY_APPROVER,
    &COUNTED_ADD,
    &COUNTED,
    &TIP_OUT_ADD,
    &TIPS_OUT,
    &TIPS_OUT_ALL,
    &COUNTED_ALL,
    &BY_DAY,
];

/// The figures that begin at a column.
pub(super) fn figures(row: &Row<'_>, first: usize) -> rusqlite::Result<Figures> {
    let mut values = [0; 22];
    for (i, value) in values.iter_mut().enumerate() {
        *value = row.get(first + i)?;
    }
    Ok(Figures::from_values(values))
}

pub(super) fn sales_row(row: &Row<'_>) -> rusqlite::Result<super::model::SalesRow> {
    let mut figures = Figures::default();
    let columns = [
        &mut figures.orders,
        &mut figures.guests,
        &mut figures.quantity,
        &mut figures.list_amount,
        &mut figures.comps,
        &mut figures.discounts,
        &mut figures.gross,
        &mut figures.net,
        &mut figures.tax,
        &mut figures.refunds,
    ];
    for (i, column) in columns.into_iter().enumerate() {
        *column = row.get(2 + i)?;
    }
    Ok(super::model::SalesRow {
        key: row.get(0)?,
        name: row.get(1)?,
        figures,
        rank: row.get(12)?,
        running_total: row.get(13)?,
        whole: row.get(14)?,
        last_week: row.get(15)?,
    })
}

/// A rollup as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupRow {
    pub date: BusinessDate,
    pub dim: Dim,
    pub key: String,
    pub name: String,
    pub figures: Figures,
}

pub(super) fn dim(row: &Row<'_>, column: usize) -> rusqlite::Result<Dim> {
    let word: String = row.get(column)?;
    let dim = Dim::ALL.into_iter().find(|dim| dim.as_str() == word);
    dim.ok_or_else(|| rusqlite::Error::InvalidColumnType(column, word, rusqlite::types::Type::Text))
}

pub(super) fn rollup(row: &Row<'_>) -> rusqlite::Result<RollupRow> {
    let (date, dim) = (row.get(0)?, dim(row, 1)?);
    Ok(RollupRow { date, dim, key: row.get(2)?, name: row.get(3)?, figures: figures(row, 4)? })
}

/// An adjustment as a recomputation compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentFigures {
    pub id: i64,
    pub kind: String,
    pub date: BusinessDate,
    pub order: i64,
    /// 0 where it is of none.
    pub line: i64,
    pub quantity: i64,
    pub amount: i64,
    pub wasted: bool,
}

pub(super) fn adjustment_figures(row: &Row<'_>) -> rusqlite::Result<AdjustmentFigures> {
    Ok(AdjustmentFigures {
        id: row.get(0)?,
        kind: row.get(1)?,
        date: row.get(2)?,
        order: row.get(3)?,
        line: row.get(4)?,
        quantity: row.get(5)?,
        amount: row.get(6)?,
        wasted: row.get(7)?,
    })
}

/// One adjustment as a report shows it.
#[derive(Debug, Clone)]
pub struct AdjustmentRow {
    pub id: i64,
    pub business_date: BusinessDate,
    pub at_ms: i64,
    pub order_id: i64,
    pub line_id: Option<i64>,
    pub name: String,
    pub quantity: i64,
    pub amount: i64,
    pub wasted: bool,
    pub reason_id: Option<i64>,
    pub reason: Option<String>,
    pub staff_id: Option<i64>,
    pub staff: Option<String>,
    pub approved_by: Option<i64>,
    pub approved_by_name: Option<String>,
}

pub(super) fn adjustment(row: &Row<'_>) -> rusqlite::Result<AdjustmentRow> {
    Ok(AdjustmentRow {
        id: row.get(0)?,
        business_date: row.get(1)?,
        at_ms: row.get(2)?,
        order_id: row.get(3)?,
        line_id: row.get(4)?,
        name: row.get(5)?,
        quantity: row.get(6)?,
        amount: row.get(7)?,
        wasted: row.get(8)?,
        reason_id: row.get(9)?,
        reason: row.get(10)?,
        staff_id: row.get(11)?,
        staff: row.get(12)?,
        approved_by: row.get(13)?,
        approved_by_name: row.get(14)?,
    })
}

/// What adjustments of one reason, or one person, come to.
#[derive(Debug, Clone)]
pub struct AdjustmentSum {
    pub id: Option<i64>,
    pub name: String,
    pub count: i64,
    pub quantity: i64,
    pub amount: i64,
    /// Of which thrown away.
    pub wasted: i64,
}

pub(super) fn by_reason(row: &Row<'_>) -> rusqlite::Result<AdjustmentSum> {
    let (count, quantity, amount, wasted) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(AdjustmentSum { id: None, name: row.get(0)?, count, quantity, amount, wasted })
}

pub(super) fn by_staff(row: &Row<'_>) -> rusqlite::Result<AdjustmentSum> {
    let (count, quantity, amount, wasted) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
    Ok(AdjustmentSum { id: row.get(0)?, name: row.get(1)?, count, quantity, amount, wasted })
}

/// Reads the number of the coming Z.
pub(super) fn current_z(db: &impl Read) -> Result<i64, Fault> {
    Ok(db.opt(&Z_CURRENT, (), |row| row.get(0))?.unwrap_or(1))
}
