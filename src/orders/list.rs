//! Pages of orders: numbered by windows over months and days, or by cursor.

use super::model::{Kind, Order, State, Totals};
use super::sql::list::{self, ListRow};
use super::sql::open::{self, OpenCheck};
use crate::error::{Fault, Refusal, Result};
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::{StaffId, TableId};
use crate::kernel::money::Money;
use crate::store::{Cursor, Page, PageRequest, Read, params};

/// Days a range has at most where the counts do not cover a filter.
pub const NARROW_DAYS_MAX: i32 = 92;

#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub kind: Option<Kind>,
    pub from: Option<BusinessDate>,
    pub to: Option<BusinessDate>,
    pub table: Option<TableId>,
    pub staff: Option<StaffId>,
}

impl Filter {
    fn is_narrow(&self) -> bool {
        self.kind.is_some() || self.table.is_some() || self.staff.is_some()
    }
}

/// An order in a list: without its checks, with their sums.
#[derive(Debug, Clone)]
pub struct Listed {
    pub order: Order,
    pub totals: Totals,
    pub paid: Money,
    pub due: Money,
}

/// The first and the last date a filter can mean.
const FIRST: BusinessDate = BusinessDate::new(0);
const LAST: BusinessDate = BusinessDate::new(2_932_896);

pub fn page(db: &impl Read, filter: &Filter, request: PageRequest) -> Result<Page<Listed>> {
    if filter.is_narrow() { narrow(db, filter, request) } else { covered(db, filter, request) }
}

/// Filters that the counts of months and days cover.
fn covered(db: &impl Read, filter: &Filter, request: PageRequest) -> Result<Page<Listed>> {
    let (from, to) = (filter.from.unwrap_or(FIRST), filter.to.unwrap_or(LAST));
    let state = filter.state.map(State::as_str);
    let (rows, total) = match request {
        PageRequest::Cursor { after, size } => {
            let statement = if state.is_some() { &list::AFTER_STATE } else { &list::AFTER };
            let day = BusinessDate::new(i32::try_from(after.key).unwrap_or(0)).min(to);
            // A cursor past the range's end begins at the end of its last day.
            let id = if i64::from(day.days()) == after.key { after.id } else { i64::MAX };
            (db.all(statement, params![day, from, id, size + 1, state], list::row)?, None)
        }
        PageRequest::Number { page, size } => {
            let range = Range::of(from, to);
            let total = range.total(db, state)?;
            let row = i64::from(page - 1) * i64::from(size);
            let rows = match range.place_of(db, state, row)? {
                None => Vec::new(),
                Some((day, skip)) => {
                    let statement = if state.is_some() { &list::FROM_ROW_STATE } else { &list::FROM_ROW };
                    db.all(statement, params![day, from, skip, size + 1, state], list::row)?
                }
            };
            (rows, Some(total))
        }
    };
    finish(rows, request.size(), total)
}

/// A range of dates as the counts are asked for it.
struct Range {
    from: BusinessDate,
    to: BusinessDate,
    first_month: String,
    last_month: String,
    /// The last day of the first month that is in range.
    first_end: String,
    /// The first day of the last month; past every day where both are one month.
    last_start: String,
}

impl Range {
    fn of(from: BusinessDate, to: BusinessDate) -> Self {
        let one = from.month() == to.month();
        let past = || "~".to_owned();
        Self {
            from,
            to,
            first_month: from.month().to_string(),
            last_month: to.month().to_string(),
            first_end: from.month().last().min(to).to_string(),
            last_start: if one { past() } else { to.first_of_month().to_string() },
        }
    }

    fn total(&self, db: &impl Read, state: Option<&str>) -> Result<i64> {
        let statement = if state.is_some() { &list::TOTAL_STATE } else { &list::TOTAL };
        let r = self;
        let values = params![r.from, r.to, r.first_month, r.last_month, r.first_end, r.last_start, state];
        Ok(db.one(statement, values, |row| row.get(0))?)
    }

    /// The day that holds row `row`, counted from 0, newest first, and how many rows of it lie before.
    fn place_of(&self, db: &impl Read, state: Option<&str>, row: i64) -> Result<Option<(BusinessDate, i64)>> {
        let (months, days) = match state {
            Some(_) => (&list::MONTH_OF_ROW_STATE, &list::DAY_OF_ROW_STATE),
            None => (&list::MONTH_OF_ROW, &list::DAY_OF_ROW),
        };
        let r = self;
        let values = params![r.from, r.to, r.first_month, r.last_month, r.first_end, r.last_start, state, row];
        let Some((month, skipped)) = db.opt(months, values, list::place)? else { return Ok(None) };
        let first = BusinessDate::parse(&format!("{month}-01")).map_err(|e| Fault::new(e.detail))?;
        let (start, end) = (first.max(self.from), first.month().last().min(self.to));
        let found = db.opt(days, params![start, end, row - skipped, state], list::place)?;
        let Some((day, in_month)) = found else { return Ok(None) };
        let day = BusinessDate::parse(&day).map_err(|e| Fault::new(e.detail))?;
        Ok(Some((day, row - skipped - in_month)))
    }
}

/// Filters the counts do not cover: the plain window inside a bounded range.
fn narrow(db: &impl Read, filter: &Filter, request: PageRequest) -> Result<Page<Listed>> {
    let range = filter.from.zip(filter.to).filter(|(from, to)| to.since(*from) < NARROW_DAYS_MAX);
    let (from, to) = range.ok_or(Refusal::RangeRequired)?;
    let asked = [filter.state.is_some(), filter.kind.is_some(), filter.table.is_some(), filter.staff.is_some()];
    let variant = asked.iter().enumerate().map(|(bit, on)| usize::from(*on) << bit).sum::<usize>();
    let statement = list::NARROW[variant];
    let read = |before: (BusinessDate, i64), limit: u32, offset: i64| {
        let (state, kind) = (filter.state.map(State::as_str), filter.kind.map(Kind::as_str));
        let values = params![from, to, before.0, before.1, limit, offset, state, kind, filter.table, filter.staff];
        db.all(statement, values, list::row)
    };
    let start = (LAST, i64::MAX);
    match request {
        PageRequest::Cursor { after, size } => {
            let day = BusinessDate::new(i32::try_from(after.key).unwrap_or(0));
            finish(read((day, after.id), size + 1, 0)?, size, None)
        }
        PageRequest::Number { page, size } => {
            let rows = read(start, size + 1, i64::from(page - 1) * i64::from(size))?;
            // A page past the end has no row to carry the window's count.
            let found = match rows.first() {
                Some(row) => row.found,
                None => read(start, 1, 0)?.first().and_then(|row| row.found),
            };
            finish(rows, size, Some(found.unwrap_or(0)))
        }
    }
}

/// One entry an order, its checks summed; the row too many says that there is more.
fn finish(rows: Vec<ListRow>, size: u32, total: Option<i64>) -> Result<Page<Listed>> {
    let mut items: Vec<Listed> = Vec::with_capacity(size as usize + 1);
    for row in rows {
        let owed = if row.check_state == State::Voided { Money::ZERO } else { row.totals.total.minus(row.paid)? };
        let due = owed.max(Money::ZERO);
        match items.last_mut() {
            Some(listed) if listed.order.id == row.order.id => {
                let (sum, t) = (&mut listed.totals, row.totals);
                sum.subtotal = sum.subtotal.plus(t.subtotal)?;
                sum.discount = sum.discount.plus(t.discount)?;
                sum.service = sum.service.plus(t.service)?;
                sum.tax = sum.tax.plus(t.tax)?;
                sum.total = sum.total.plus(t.total)?;
                listed.paid = listed.paid.plus(row.paid)?;
                listed.due = listed.due.plus(due)?;
            }
            _ => items.push(Listed { order: row.order, totals: row.totals, paid: row.paid, due }),
        }
    }
    let place = |l: &Listed| Cursor { key: i64::from(l.order.date.days()), id: l.order.id.get() };
    Ok(Page::of(items, size, total.map(|n| u64::try_from(n).unwrap_or(0)), place))
}

/// Every check that is open, the oldest first: as many as a room holds.
pub fn open_checks(db: &impl Read) -> Result<Vec<OpenCheck>> {
    Ok(db.all(&open::OPEN_CHECKS, (), open::open_check)?)
}
