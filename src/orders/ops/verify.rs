//! Whether what is kept of orders is what their rows come to: totals of checks, counts, receipts'
//! numbers, and every rollup of every day, recomputed from lines, charges, taxes, payments and refunds.
//!
//! The recomputation shares no code with what books a sale; it reads what is stored and adds it up.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::Result;
use crate::journal;
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::rate::Rate;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::verify::{self as sql, CheckRow, LineRow, MoneyRow, OrderRow, RefundLineRow, SUMS, TaxRow};
use crate::reports::model::{CHARGES, Dim, Figures, NOBODY, TaxKey};
use crate::reports::ops::rollup_rows;
use crate::store::Read;

/// Orders read at a time.
const CHUNK: i64 = 5000;

/// Rollups by date, dimension and key.
type Books = BTreeMap<(BusinessDate, Dim, String), Figures>;

/// Every row that is wrong. All is read through one snapshot, so that it is of one moment; a year
/// takes seconds, during which a running server's log is not emptied.
pub fn verify(db: &impl Read, mut progress: impl FnMut(u64, u64)) -> Result<Vec<Wrong>> {
    let mut found = Found { wrong: Vec::new(), books: Books::new(), zone: journal::ops::calendar(db)?.zone };
    let last: i64 = db.one(&sql::LAST_ORDER, (), |row| row.get(0))?;
    let mut after = 0;
    while after < last {
        let to = (after + CHUNK).min(last);
        Chunk::read(db, (after, to))?.fold(&mut found);
        after = to;
        progress(after.unsigned_abs(), last.unsigned_abs());
    }
    compare(db, found.books, &mut found.wrong)?;
    counts(db, &mut found.wrong)?;
    Ok(found.wrong)
}

struct Found {
    wrong: Vec<Wrong>,
    books: Books,
    zone: Zone,
}

impl Found {
    #[expect(clippy::needless_pass_by_value, reason = "a key is a number or a word; neither is worth a borrow")]
    fn post(&mut self, date: BusinessDate, dim: Dim, key: impl ToString, figures: &Figures) {
        self.books.entry((date, dim, key.to_string())).or_default().add(figures);
    }

    fn same(&mut self, table: &'static str, id: i64, column: &'static str, stored: i64, recomputed: i64) {
        self.wrong.extend(Wrong::unless_equal(table, id, column, stored, recomputed));
    }

    /// Of a dish under item, variant and category.
    fn dish(&mut self, date: BusinessDate, dish: [i64; 3], figures: &Figures) {
        for (dim, id) in [Dim::Item, Dim::Variant, Dim::Category].into_iter().zip(dish) {
            self.post(date, dim, id, figures);
        }
    }
}

fn person(id: i64) -> String {
    if id == 0 { NOBODY.to_owned() } else { id.to_string() }
}

/// A range of orders with all they hold.
struct Chunk {
    orders: HashMap<i64, OrderRow>,
    checks: Vec<CheckRow>,
    lines: HashMap<i64, Vec<LineRow>>,
    charges: HashMap<i64, (i64, i64)>,
    taxes: HashMap<i64, Vec<TaxRow>>,
    payments: HashMap<i64, Vec<MoneyRow>>,
    refunds: HashMap<i64, Vec<MoneyRow>>,
    refund_lines: HashMap<i64, Vec<RefundLineRow>>,
    refund_taxes: HashMap<i64, Vec<TaxRow>>,
    receipts: HashSet<i64>,
}

fn group<T>(rows: Vec<T>, key: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

impl Chunk {
    fn read(db: &impl Read, range: (i64, i64)) -> Result<Self> {
        let mut charges: HashMap<i64, (i64, i64)> = HashMap::new();
        for (check, value, tax) in db.all(&sql::CHARGES, range, sql::charge)? {
            let sums = charges.entry(check).or_default();
            *sums = (sums.0 + value, sums.1 + tax);
        }
        Ok(Self {
            orders: db.all(&sql::ORDERS, range, sql::order)?.into_iter().map(|o| (o.id, o)).collect(),
            checks: db.all(&sql::CHECKS, range, sql::check)?,
            lines: group(db.all(&sql::LINES, range, sql::line)?, |l| l.check),
            charges,
            taxes: group(db.all(&sql::TAXES, range, sql::tax)?, |t| t.of),
            payments: group(db.all(&sql::PAYMENTS, range, sql::money)?, |p| p.check),
            refunds: group(db.all(&sql::REFUNDS, range, sql::money)?, |r| r.check),
            refund_lines: group(db.all(&sql::REFUND_LINES, range, sql::refund_line)?, |l| l.refund),
            refund_taxes: group(db.all(&sql::REFUND_TAXES, range, sql::tax)?, |t| t.of),
            receipts: db.all(&sql::RECEIPTS, range, |row| row.get(0))?.into_iter().collect(),
        })
    }

    fn lines(&self, check: i64) -> &[LineRow] {
        self.lines.get(&check).map_or(&[], Vec::as_slice)
    }

    fn fold(&self, found: &mut Found) {
        let mut of_order: HashMap<i64, Vec<&CheckRow>> = HashMap::new();
        for check in &self.checks {
            of_order.entry(check.order).or_default().push(check);
        }
        for order in self.orders.values() {
            let checks = of_order.get(&order.id).map_or(&[][..], Vec::as_slice);
            self.state(order, checks, found);
            for check in checks {
                self.dishes(check, found);
                self.totals(check, found);
                self.money(order, check, found);
                if let Some(date) = check.closed_date.filter(|_| check.state == "paid") {
                    self.sale(order, check, date, found);
                    if !order.imported && !self.receipts.contains(&check.id) {
                        found.wrong.push(Wrong::new("checks", check.id, "receipt", "missing", "one"));
                    }
                }
            }
            let paid = checks.iter().filter(|c| c.state == "paid");
            if let Some(last) = paid.clone().max_by_key(|c| (c.closed_at, c.id)).filter(|_| order.state == "paid") {
                self.settled(order, last, &paid.copied().collect::<Vec<_>>(), found);
            }
        }
    }

    fn state(&self, order: &OrderRow, checks: &[&CheckRow], found: &mut Found) {
        let any = |state: &str| checks.iter().any(|c| c.state == state);
        let state = if any("open") || checks.is_empty() {
            "open"
        } else if any("paid") {
            "paid"
        } else {
            "voided"
        };
        if order.state != state || order.unclosed != (state == "open") {
            found.wrong.push(Wrong::new("orders", order.id, "state", &order.state, state));
        }
    }

    /// Each line against its price and, once it is paid, its taxes: total = list_amount − comp −
    /// discount + exclusive tax.
    fn dishes(&self, check: &CheckRow, found: &mut Found) {
        let mut taxes: HashMap<i64, (i64, i64)> = HashMap::new();
        for t in self.taxes.get(&check.id).into_iter().flatten() {
            let (all, exclusive) = taxes.entry(t.line).or_default();
            *all += t.tax;
            *exclusive += if t.included { 0 } else { t.tax };
        }
        for line in self.lines(check.id) {
            if let Some(list) = list_amount(line).filter(|_| line.is_whole) {
                found.same("lines", line.id, "list_amount", line.list, list);
            }
            if check.state == "paid" {
                let (all, exclusive) = taxes.get(&line.id).copied().unwrap_or_default();
                found.same("lines", line.id, "tax", line.tax, all);
                found.same("lines", line.id, "total", line.total, line.list - line.comp - line.discount + exclusive);
            }
        }
    }

    /// A check's own row against what stands on it.
    fn totals(&self, check: &CheckRow, found: &mut Found) {
        let lines = self.lines(check.id);
        let sum = |of: fn(&LineRow) -> i64| lines.iter().map(of).sum::<i64>();
        let (service, service_tax) = self.charges.get(&check.id).copied().unwrap_or_default();
        let none = Vec::new();
        let payments = self.payments.get(&check.id).unwrap_or(&none);
        let refunds = self.refunds.get(&check.id).unwrap_or(&none);
        let paid = |of: fn(&MoneyRow) -> i64| payments.iter().map(of).sum::<i64>();
        let back = |of: fn(&MoneyRow) -> i64| refunds.iter().filter(|r| r.tendered == 1).map(of).sum::<i64>();
        let all_tips_back: i64 = refunds.iter().map(|r| r.tip).sum();
        let recomputed = [
            sum(|l| l.list),
            sum(|l| l.discount),
            service,
            sum(|l| l.tax) + service_tax,
            sum(|l| l.total) + service,
            paid(|p| p.rounding) - back(|r| r.rounding),
            paid(|p| p.amount) - back(|r| r.amount),
            paid(|p| p.tip) - all_tips_back,
        ];
        for ((column, stored), recomputed) in SUMS.into_iter().zip(check.sums).zip(recomputed) {
            found.same("checks", check.id, column, stored, recomputed);
        }
        if check.state == "paid" {
            let taxes: i64 = self.taxes.get(&check.id).into_iter().flatten().map(|t| t.tax).sum();
            found.same("checks", check.id, "tax_total", check.sums[3], taxes);
            found.same("checks", check.id, "paid", check.sums[6], check.sums[4]);
        }
    }

    /// A closed check under the day it closed on; who settles the order apart.
    fn sale(&self, order: &OrderRow, check: &CheckRow, date: BusinessDate, found: &mut Found) {
        let mut whole = Figures::default();
        for line in self.lines(check.id) {
            if !line.is_sale {
                whole.not_sales += line.total;
                continue;
            }
            let figures = Figures {
                quantity: line.quantity / 1000,
                list_amount: line.list,
                comps: line.comp,
                discounts: line.discount,
                gross: line.total,
                net: line.net,
                tax: line.tax,
                ..Figures::default()
            };
            whole.add(&figures);
            found.dish(date, line.dish, &figures);
        }
        self.of_order(order, date, &Figures { not_sales: 0, ..whole }, found);
        let (service_charges, service_tax) = self.charges.get(&check.id).copied().unwrap_or_default();
        found.post(date, Dim::All, "", &Figures { service_charges, service_tax, ..whole });
        let mut keys = HashSet::new();
        for t in self.taxes.get(&check.id).into_iter().flatten() {
            let key = tax_key(t);
            let orders = i64::from(keys.insert(key.clone()));
            let figures = Figures { orders, gross: t.base + t.tax, net: t.base, tax: t.tax, ..Figures::default() };
            found.post(date, Dim::Tax, key, &figures);
        }
    }

    /// Under the order's hour, kind and staff.
    fn of_order(&self, order: &OrderRow, date: BusinessDate, figures: &Figures, found: &mut Found) {
        let hour = found.zone.hour(order.opened_at);
        found.post(date, Dim::Hour, hour, figures);
        found.post(date, Dim::Kind, &order.kind, figures);
        found.post(date, Dim::Staff, person(order.staff), figures);
    }

    /// The order and its guests, once, with the check that settled it.
    fn settled(&self, order: &OrderRow, last: &CheckRow, paid: &[&CheckRow], found: &mut Found) {
        let Some(date) = last.closed_date else { return };
        let once = Figures { orders: 1, guests: order.guests, ..Figures::default() };
        found.post(date, Dim::All, "", &once);
        self.of_order(order, date, &once, found);
        let sales = paid.iter().flat_map(|check| self.lines(check.id)).filter(|line| line.is_sale);
        let dishes: Vec<[i64; 3]> = sales.map(|line| line.dish).collect();
        for (place, dim) in [Dim::Item, Dim::Variant, Dim::Category].into_iter().enumerate() {
            let keys: HashSet<i64> = dishes.iter().map(|dish| dish[place]).collect();
            for key in keys {
                found.post(date, dim, key, &once);
            }
        }
    }

    /// What was paid and given back, under its own day; what is held no longer, under the check's.
    fn money(&self, order: &OrderRow, check: &CheckRow, found: &mut Found) {
        let closed = check.closed_date.filter(|_| check.state == "paid");
        for p in self.payments.get(&check.id).into_iter().flatten() {
            keep(p, p.tendered - p.change, p.tip, 1, found);
            let on_check = closed.filter(|_| p.at <= check.closed_at);
            let date = if closed.is_some() { on_check.unwrap_or(p.date) } else { continue };
            release(date, p, 1, found);
        }
        for r in self.refunds.get(&check.id).into_iter().flatten() {
            let paid = r.amount + r.tip + r.rounding + r.excess;
            if r.tendered == 1 {
                keep(r, -paid, -r.tip, -1, found);
                if let Some(date) = closed {
                    release(date, r, -1, found);
                }
            } else {
                self.refund(order, r, paid, found);
            }
        }
    }

    fn refund(&self, order: &OrderRow, r: &MoneyRow, paid: i64, found: &mut Found) {
        let date = r.date;
        let (mut whole, mut not_sales, mut charges) = (Figures::default(), 0, 0);
        for line in self.refund_lines.get(&r.id).into_iter().flatten() {
            if line.is_charge {
                charges += line.total;
            } else if line.is_sale {
                let figures = Figures { refunds: line.total, refunds_net: line.net, ..Figures::default() };
                whole.add(&figures);
                found.dish(date, line.dish, &figures);
            } else {
                not_sales += line.total;
            }
        }
        found.same("refunds", r.id, "amount", r.amount, whole.refunds + not_sales + charges);
        whole.refunds += charges;
        if charges != 0 {
            for dim in [Dim::Item, Dim::Variant, Dim::Category] {
                found.post(date, dim, CHARGES, &Figures { refunds: charges, ..Figures::default() });
            }
        }
        self.of_order(order, date, &whole, found);
        let all = Figures { refunds_tips: r.tip, refunds_paid: paid, refunds_not_sales: not_sales, ..whole };
        found.post(date, Dim::All, "", &all);
        if r.tip != 0 {
            found.post(date, Dim::Staff, person(r.staff), &Figures { refunds_tips: r.tip, ..Figures::default() });
        }
        let tender = Figures { refunds: paid, refunds_paid: paid, refunds_tips: r.tip, ..Figures::default() };
        found.post(date, Dim::Tender, &r.tender, &tender);
        for t in self.refund_taxes.get(&r.id).into_iter().flatten() {
            let figures = Figures { refunds: t.base + t.tax, refunds_net: t.base, ..Figures::default() };
            found.post(date, Dim::Tax, tax_key(t), &figures);
        }
    }
}

/// Price times how many, or how much; `None` where no amount is as large.
fn list_amount(line: &LineRow) -> Option<i64> {
    let (per, whole) = match line.measure {
        None => (i128::from(line.quantity), 1000),
        Some(measure) => (i128::from(line.quantity) * i128::from(measure), 1_000_000),
    };
    let exact = i128::from(line.price).checked_mul(per)?;
    let (floor, rest) = (exact.div_euclid(whole), exact.rem_euclid(whole));
    let up = match (rest * 2).cmp(&whole) {
        Ordering::Less => false,
        Ordering::Equal => !line.rounds_half_even || floor % 2 != 0,
        Ordering::Greater => true,
    };
    i64::try_from(floor + i128::from(up)).ok()
}

fn tax_key(t: &TaxRow) -> String {
    TaxKey { name: t.name.clone(), rate: Rate::new(t.rate), included: t.included }.to_string()
}

/// Money that came (1) or went before a sale (−1), with its tip.
fn keep(of: &MoneyRow, kept: i64, tips: i64, count: i64, found: &mut Found) {
    found.post(of.date, Dim::All, "", &Figures { kept, tips, held: kept - tips, ..Figures::default() });
    let tender = Figures { orders: count, gross: kept, kept, tips, ..Figures::default() };
    found.post(of.date, Dim::Tender, &of.tender, &tender);
    if tips != 0 {
        found.post(of.date, Dim::Staff, person(of.staff), &Figures { tips, ..Figures::default() });
    }
}

/// A payment becomes a sale's.
fn release(date: BusinessDate, of: &MoneyRow, sign: i64, found: &mut Found) {
    let figures = Figures {
        rounding: sign * of.rounding,
        excess: sign * of.excess,
        held: -sign * (of.amount + of.rounding + of.excess),
        ..Figures::default()
    };
    found.post(date, Dim::All, "", &figures);
}

/// The rollups as they stand against the books, month by month.
fn compare(db: &impl Read, mut books: Books, wrong: &mut Vec<Wrong>) -> Result<()> {
    let (early, late) = (BusinessDate::new(0), BusinessDate::new(2_932_896));
    let dates = || books.keys().map(|(date, ..)| *date);
    let (first, last) = (dates().min().unwrap_or(early), dates().max().unwrap_or(early));
    let mut from = early;
    while from <= late {
        let next = from.month().last();
        let to = if from < first {
            first.plus_days(-1).max(from)
        } else if from > last {
            late
        } else {
            next
        };
        let stored = rollup_rows(db, from, to)?;
        for row in &stored {
            let id = format!("{} {} {}", row.date, row.dim.as_str(), row.key);
            let recomputed = books.remove(&(row.date, row.dim, row.key.clone())).unwrap_or_default();
            rollup(id.trim_end(), &row.figures, &recomputed, wrong);
            if row.dim == Dim::All {
                identity(row.date, &row.figures, wrong);
            }
        }
        let missing: Vec<_> = books.range((from, Dim::All, String::new())..).map(|(key, _)| key.clone()).collect();
        for key in missing.into_iter().take_while(|(date, ..)| *date <= to) {
            let recomputed = books.remove(&key).unwrap_or_default();
            rollup(
                format!("{} {} {}", key.0, key.1.as_str(), key.2).trim_end(),
                &Figures::default(),
                &recomputed,
                wrong,
            );
        }
        from = to.plus_days(1);
    }
    Ok(())
}

fn rollup(id: &str, stored: &Figures, recomputed: &Figures, wrong: &mut Vec<Wrong>) {
    for ((column, stored), recomputed) in Figures::COLUMNS.into_iter().zip(stored.values()).zip(recomputed.values()) {
        wrong.extend(Wrong::unless_equal("day_totals", id, column, stored, recomputed));
    }
}

/// Payments kept = gross + service charges + tips + rounding + not sales + excess + what is held more.
fn identity(date: BusinessDate, f: &Figures, wrong: &mut Vec<Wrong>) {
    let kept = f.gross + f.service_charges + f.tips + f.rounding + f.not_sales + f.excess + f.held;
    wrong.extend(Wrong::unless_equal("day_totals", format!("{date} all"), "kept (the day's identity)", f.kept, kept));
}

fn counts(db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
    for (table, statement) in [("order_days", &sql::DAYS_WRONG), ("order_months", &sql::MONTHS_WRONG)] {
        wrong.extend(db.all(statement, (), |row| {
            let (key, state): (String, String) = (row.get(0)?, row.get(1)?);
            let (kept, counted): (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok(Wrong::new(table, format!("{key} {state}"), "n", kept, counted))
        })?);
    }
    wrong.extend(db.all(&sql::RECEIPTS_MISSING, (), |row| {
        let (series, number): (String, i64) = (row.get(0)?, row.get(1)?);
        Ok(Wrong::new("receipts", format!("{series} {number}"), "number", "missing", number))
    })?);
    Ok(())
}
