//! Whether what is kept of orders is what their rows come to: totals of checks, counts, receipts'
//! numbers, and every rollup of every day, recomputed from lines, charges, taxes, payments and refunds.
//!
//! The recomputation shares no code with what books a sale; it reads what is stored and adds it up.

mod accounts;
mod books;
mod cash;
pub mod day;
mod given;
mod open;
mod receipts;
pub mod repair;
mod told;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

pub use books::Rollup;
use books::{At, Found};
use given::Given;
use receipts::Numbered;
use told::Told;

use crate::error::Result;
use crate::journal;
use crate::kernel::rate::Rate;
use crate::kernel::wrong::Wrong;
use crate::kitchen;
use crate::orders::sql::verify::{
    self as sql, CheckRow, ComboRow, LineRow, MoneyRow, OrderRow, ReceiptRow, RefundLineRow, SUMS, TaxRow, TipRow,
    VoidedRow,
};
use crate::reports::model::{CHARGES, Dim, Figures, NOBODY, TaxKey};
use crate::reports::prices;
use crate::store::Read;

/// Orders read at a time.
const CHUNK: i64 = 5000;

/// What does not hold.
#[derive(Debug, Default)]
pub struct Findings {
    /// Rows that contradict each other, or the journal. Nobody but people can say which is right.
    pub wrong: Vec<Wrong>,
    /// Rollups that differ from what rows that hold come to.
    pub rollups: Vec<Rollup>,
    /// The number of the coming Z at that moment.
    pub z_number: i64,
}

/// Every row that is wrong. All is read through one snapshot, so that it is of one moment; a year
/// takes seconds, during which a running server's log is not emptied.
pub fn verify(db: &impl Read, progress: impl FnMut(u64, u64)) -> Result<Vec<Wrong>> {
    let Findings { mut wrong, rollups, .. } = findings(db, progress)?;
    wrong.extend(rollups.iter().flat_map(Rollup::wrong));
    Ok(wrong)
}

/// [`verify`], with the rollups that could be made anew apart.
pub fn findings(db: &impl Read, mut progress: impl FnMut(u64, u64)) -> Result<Findings> {
    let mut found = Found::new(Told::read(db)?, journal::ops::calendar(db)?.zone);
    let (mut given, mut numbered) = (Given::default(), Numbered::default());
    let last: i64 = db.one(&sql::LAST_ORDER, (), |row| row.get(0))?;
    let mut after = 0;
    while after < last {
        let to = (after + CHUNK).min(last);
        let chunk = Chunk::read(db, (after, to))?;
        chunk.fold(&mut found);
        chunk.ledger(&mut found);
        chunk.given(&mut found, &mut given);
        chunk.papers(&mut found, &mut numbered);
        chunk.accounts(db, (after, to), &mut found)?;
        after = to;
        progress(after.unsigned_abs(), last.unsigned_abs());
    }
    given.compare(db, &mut found.wrong)?;
    accounts::compare(db, &mut found.wrong)?;
    found.told.priced(&prices::ops::every(db)?, &mut found.wrong);
    cash::compare(db, &mut found)?;
    let z_number = found.told.z_number();
    found.told.covered(&mut found.wrong);
    let (mut wrong, mut rollups) = found.compare(db)?;
    open::compare(db, &mut wrong, &mut rollups)?;
    numbered.compare(db, &mut rollups)?;
    counts(db, &mut wrong, &mut rollups)?;
    Ok(Findings { wrong, rollups, z_number })
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
    tips: HashMap<i64, Vec<TipRow>>,
    refunds: HashMap<i64, Vec<MoneyRow>>,
    refund_lines: HashMap<i64, Vec<RefundLineRow>>,
    refund_taxes: HashMap<i64, Vec<TaxRow>>,
    receipts: Vec<ReceiptRow>,
    /// Checks that have their sale's.
    receipted: HashSet<i64>,
    voided: Vec<VoidedRow>,
    combos: Vec<ComboRow>,
    /// By check: the line or 0, and what it takes off.
    discounts: HashMap<i64, Vec<(i64, i64, i64)>>,
    /// What the kitchen has, by order and line.
    known: Vec<((i64, i64), i64)>,
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
        let receipts = db.all(&sql::RECEIPTS, range, sql::receipt)?;
        let receipted = receipts.iter().filter(|r| r.kind == "sale" || r.kind == "advance").map(|r| r.check).collect();
        Ok(Self {
            receipts,
            receipted,
            orders: db.all(&sql::ORDERS, range, sql::order)?.into_iter().map(|o| (o.id, o)).collect(),
            checks: db.all(&sql::CHECKS, range, sql::check)?,
            lines: group(db.all(&sql::LINES, range, sql::line)?, |l| l.check),
            charges,
            taxes: group(db.all(&sql::TAXES, range, sql::tax)?, |t| t.of),
            payments: group(db.all(&sql::PAYMENTS, range, sql::money)?, |p| p.check),
            tips: group(db.all(&sql::TIPS, range, sql::tip)?, |t| t.check),
            refunds: group(db.all(&sql::REFUNDS, range, sql::money)?, |r| r.check),
            refund_lines: group(db.all(&sql::REFUND_LINES, range, sql::refund_line)?, |l| l.refund),
            refund_taxes: group(db.all(&sql::REFUND_TAXES, range, sql::tax)?, |t| t.of),
            voided: db.all(&sql::VOIDED, range, sql::voided)?,
            combos: db.all(&sql::COMBOS, range, sql::combo)?,
            discounts: group(db.all(&sql::DISCOUNTS, range, sql::discount)?, |(check, ..)| *check),
            known: kitchen::ops::known(db, range)?,
        })
    }

    fn lines(&self, check: i64) -> &[LineRow] {
        self.lines.get(&check).map_or(&[], Vec::as_slice)
    }

    fn tips(&self, check: i64) -> &[TipRow] {
        self.tips.get(&check).map_or(&[], Vec::as_slice)
    }

    /// The kitchen has what was ordered of what it was told of, less what was cancelled.
    fn ledger(&self, found: &mut Found) {
        let mut wanted: HashMap<(i64, i64), i64> = HashMap::new();
        for check in &self.checks {
            for line in self.lines(check.id) {
                *wanted.entry((check.order, line.origin)).or_default() += line.quantity * line.counted;
            }
        }
        for ((order, line), known) in &self.known {
            let wanted = wanted.get(&(*order, *line)).copied().unwrap_or_default();
            let id = format!("order {order}, line {line}");
            found.wrong.extend(Wrong::unless_equal("ticket_lines", id, "delta, summed", *known, wanted));
        }
    }

    fn fold(&self, found: &mut Found) {
        for combo in &self.combos {
            found.same("lines", combo.id, "unit_price", combo.unit_price, combo.parts);
            found.same("lines", combo.id, "parts astray", combo.astray, 0);
        }
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
                    let at = found.told.settled(order, check, &mut found.wrong).on(date);
                    self.sale(order, check, at, found);
                    if !order.imported && !self.receipted.contains(&check.id) {
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
            if let Some(list) = list_amount(line) {
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
        let tips_changed: i64 = self.tips(check.id).iter().map(|t| t.given.0 - t.taken.0).sum();
        let recomputed = [
            sum(|l| l.list),
            sum(|l| l.discount),
            service,
            sum(|l| l.tax) + service_tax,
            sum(|l| l.total) + service,
            paid(|p| p.rounding) - back(|r| r.rounding),
            paid(|p| p.amount) - back(|r| r.amount),
            paid(|p| p.tip) + tips_changed - all_tips_back,
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
    fn sale(&self, order: &OrderRow, check: &CheckRow, at: At, found: &mut Found) {
        let mut whole = Figures::default();
        for line in self.lines(check.id) {
            if !line.is_sale {
                whole.not_sales += line.total;
                continue;
            }
            let figures = Figures {
                quantity: line.dishes(),
                list_amount: line.list,
                comps: line.comp,
                discounts: line.discount,
                gross: line.total,
                net: line.net,
                tax: line.tax,
                ..Figures::default()
            };
            whole.add(&figures);
            found.dish(at, line.dish, &figures);
        }
        self.of_order(order, at, &Figures { not_sales: 0, ..whole }, found);
        let (service_charges, service_tax) = self.charges.get(&check.id).copied().unwrap_or_default();
        found.post(at, Dim::All, "", &Figures { service_charges, service_tax, ..whole });
        let mut keys = HashSet::new();
        for t in self.taxes.get(&check.id).into_iter().flatten() {
            let key = tax_key(t);
            let orders = i64::from(keys.insert(key.clone()));
            let figures = Figures { orders, gross: t.base + t.tax, net: t.base, tax: t.tax, ..Figures::default() };
            found.post(at, Dim::Tax, key, &figures);
        }
    }

    /// Under the order's hour, kind and staff.
    fn of_order(&self, order: &OrderRow, at: At, figures: &Figures, found: &mut Found) {
        let hour = found.hour(order.opened_at, at);
        found.post(at, Dim::Hour, hour, figures);
        found.post(at, Dim::Kind, &order.kind, figures);
        found.post(at, Dim::Staff, person(order.staff), figures);
    }

    /// The order and its guests, once, with the check that settled it.
    fn settled(&self, order: &OrderRow, last: &CheckRow, paid: &[&CheckRow], found: &mut Found) {
        let Some(date) = last.closed_date else { return };
        if !paid.iter().flat_map(|check| self.lines(check.id)).any(|line| line.is_sale) {
            return;
        }
        let at = found.told.check(order, last.id).on(date);
        let once = Figures { orders: 1, guests: order.guests, ..Figures::default() };
        found.post(at, Dim::All, "", &once);
        self.of_order(order, at, &once, found);
        let sales = paid.iter().flat_map(|check| self.lines(check.id)).filter(|line| line.is_sale);
        let dishes: Vec<[i64; 3]> = sales.map(|line| line.dish).collect();
        for (place, dim) in [Dim::Item, Dim::Variant, Dim::Category].into_iter().enumerate() {
            let keys: HashSet<i64> = dishes.iter().map(|dish| dish[place]).collect();
            for key in keys {
                found.post(at, dim, key, &once);
            }
        }
    }

    /// What was paid and given back, under its own day; what is held no longer, under the check's. A voided check
    /// had nothing to give back, so that what is held no longer is what coins made of it.
    fn money(&self, order: &OrderRow, check: &CheckRow, found: &mut Found) {
        let closing = match check.state.as_str() {
            "paid" => Some(found.told.check(order, check.id)),
            "voided" => Some(found.told.ended(order.id, check.id)),
            _ => None,
        };
        let closed = closing.zip(check.closed_date).map(|(place, date)| place.on(date));
        for p in self.payments.get(&check.id).into_iter().flatten() {
            let at = found.told.payment(order, p, &mut found.wrong).on(p.date);
            keep(at, p, p.tendered - p.change, p.tip, 1, found);
            if let Some(closed) = closed {
                // What came for a check that was closed already is nobody's but the day's it came.
                release(if at.seq <= closed.seq { closed } else { at }, p, 1, found);
            }
        }
        for t in self.tips(check.id) {
            let at = found.told.tip(t, &mut found.wrong).on(t.date);
            for (amount, staff) in [(-t.taken.0, t.taken.1), (t.given.0, t.given.1)] {
                tip(at, &t.tender, staff, amount, found);
            }
        }
        for r in self.refunds.get(&check.id).into_iter().flatten() {
            let paid = r.amount + r.tip + r.rounding + r.excess;
            let at = found.told.refund(r, &mut found.wrong).on(r.date);
            if r.tendered == 1 {
                keep(at, r, -paid, -r.tip, -1, found);
                if let Some(closed) = closed {
                    // A wrong tender may be taken back after the sale: what comes in its place releases as
                    // much on the same day.
                    release(if at.seq <= closed.seq { closed } else { at }, r, -1, found);
                }
            } else {
                self.refund(order, at, r, paid, found);
            }
        }
    }

    fn refund(&self, order: &OrderRow, at: At, r: &MoneyRow, paid: i64, found: &mut Found) {
        let (mut whole, mut not_sales, mut charges) = (Figures::default(), 0, 0);
        for line in self.refund_lines.get(&r.id).into_iter().flatten() {
            if line.is_charge {
                charges += line.total;
            } else if line.is_sale {
                let figures = Figures { refunds: line.total, refunds_net: line.net, ..Figures::default() };
                whole.add(&figures);
                found.dish(at, line.dish, &figures);
            } else {
                not_sales += line.total;
            }
        }
        found.same("refunds", r.id, "amount", r.amount, whole.refunds + not_sales + charges);
        whole.refunds += charges;
        if charges != 0 {
            for dim in [Dim::Item, Dim::Variant, Dim::Category] {
                found.post(at, dim, CHARGES, &Figures { refunds: charges, ..Figures::default() });
            }
        }
        self.of_order(order, at, &whole, found);
        let all = Figures { refunds_tips: r.tip, refunds_paid: paid, refunds_not_sales: not_sales, ..whole };
        found.post(at, Dim::All, "", &all);
        if r.tip != 0 {
            found.post(at, Dim::Staff, person(r.staff), &Figures { refunds_tips: r.tip, ..Figures::default() });
        }
        let tender = Figures { refunds: paid, refunds_paid: paid, refunds_tips: r.tip, ..Figures::default() };
        found.post(at, Dim::Tender, &r.tender, &tender);
        for t in self.refund_taxes.get(&r.id).into_iter().flatten() {
            let figures = Figures { refunds: t.base + t.tax, refunds_net: t.base, ..Figures::default() };
            found.post(at, Dim::Tax, tax_key(t), &figures);
        }
    }
}

/// Price times how many, or how much, and what it carries; `None` where no amount is as large.
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
    i64::try_from(floor + i128::from(up) + i128::from(line.carry)).ok()
}

fn tax_key(t: &TaxRow) -> String {
    TaxKey { name: t.name.clone(), rate: Rate::new(t.rate), included: t.included }.to_string()
}

/// Money that came (1) or went before a sale (−1), with its tip.
fn keep(at: At, of: &MoneyRow, kept: i64, tips: i64, count: i64, found: &mut Found) {
    found.post(at, Dim::All, "", &Figures { kept, tips, held: kept - tips, ..Figures::default() });
    let tender = Figures { orders: count, gross: kept, kept, tips, ..Figures::default() };
    found.post(at, Dim::Tender, &of.tender, &tender);
    if tips != 0 {
        found.post(at, Dim::Staff, person(of.staff), &Figures { tips, ..Figures::default() });
    }
}

/// A part of a tip that came, or went below zero, after its payment.
fn tip(at: At, tender: &str, staff: i64, amount: i64, found: &mut Found) {
    if amount == 0 {
        return;
    }
    let all = Figures { kept: amount, tips: amount, ..Figures::default() };
    found.post(at, Dim::All, "", &all);
    found.post(at, Dim::Tender, tender, &Figures { gross: amount, ..all });
    found.post(at, Dim::Staff, person(staff), &Figures { tips: amount, ..Figures::default() });
}

/// A payment becomes a sale's.
fn release(at: At, of: &MoneyRow, sign: i64, found: &mut Found) {
    let figures = Figures {
        rounding: sign * of.rounding,
        excess: sign * of.excess,
        held: -sign * (of.amount + of.rounding + of.excess),
        ..Figures::default()
    };
    found.post(at, Dim::All, "", &figures);
}

fn counts(db: &impl Read, wrong: &mut Vec<Wrong>, rollups: &mut Vec<Rollup>) -> Result<()> {
    for (table, statement) in [("order_days", &sql::DAYS_WRONG), ("order_months", &sql::MONTHS_WRONG)] {
        rollups.extend(db.all(statement, (), |row| {
            let (key, state) = (row.get(0)?, row.get(1)?);
            Ok(Rollup::Count { table, key, state, kept: row.get(2)?, counted: row.get(3)? })
        })?);
    }
    wrong.extend(db.all(&sql::RECEIPTS_MISSING, (), |row| {
        let (series, number): (String, i64) = (row.get(0)?, row.get(1)?);
        Ok(Wrong::new("receipts", format!("{series} {number}"), "number", "missing", number))
    })?);
    Ok(())
}
