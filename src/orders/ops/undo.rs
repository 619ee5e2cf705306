//! The last splitting, moving or merging of an order, taken back.

use super::{By, bump, dish, open, open_order};
use crate::error::{Fault, Refusal, Result};
use crate::floor;
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{CheckId, LineId, OrderId};
use crate::kernel::money::Money;
use crate::orders::model::{Act, Check, Discount, IfMatch, Line, Order, Scope, State, next_state};
use crate::orders::price::{self, RateBook};
use crate::orders::record::{self, WasCheck, WasOrder};
use crate::orders::sql::{money, parts};
use crate::orders::{facts, load, save};
use crate::shifts::{self, model::OpenOrder};
use crate::store::{Read, Tx};

struct Step {
    kind: String,
    seq: i64,
    version: i64,
    other: Option<(OrderId, i64)>,
    was: Vec<WasOrder>,
}

/// Takes the last step back: every line, discount and charge is where it was. Refused once anything else happened
/// to one of its orders, naming what.
pub fn undo(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch) -> Result<Order> {
    let mut order = open_order(tx, id, Some((seen, Scope::Order)))?;
    let step = step_of(tx, id)?;
    let step = step.ok_or_else(|| Refusal::NotUndoable.because("Nothing was split, moved or merged here."))?;
    let mut other = step.other.map(|(other, _)| load::order(tx, other)).transpose()?;
    let moved_on = step.other.zip(other.as_ref()).is_some_and(|((_, version), other)| other.version != version);
    if order.version != step.version || moved_on {
        return Err(came_between(tx, &step, id)?.into());
    }
    let known: Vec<&Order> = std::iter::once(&order).chain(&other).collect();
    let before = dish::ledger(&known);
    bump(&mut order);
    for was in &step.was {
        if was.id == id.get() {
            was.unsay(&mut order);
        }
    }
    if let Some(other) = &mut other {
        bump(other);
        reopen(tx, other)?;
    }
    let mut both: Vec<Order> = std::iter::once(order).chain(other).collect();
    put_back(tx, &mut both, &step.was)?;
    let back: Vec<&Order> = both.iter().collect();
    dish::follow(tx, by, &before, &back)?;
    for order in &both {
        save::order(tx, order)?;
        floor::ops::leave(tx, order.id)?;
        open::seat(tx, order)?;
        let told = facts::undone(&step.kind, step.seq, order);
        journal::ops::append(tx, &by.stamp, Fact::SplitUndone, order.id.get(), order.version, &told)?;
    }
    tx.run(&parts::STEP_DROP, (id,))?;
    load::order(tx, id)
}

fn step_of(db: &impl Read, id: OrderId) -> Result<Option<Step>> {
    type Row = (String, i64, i64, Option<OrderId>, Option<i64>, String);
    let row: Option<Row> = db.opt(&parts::STEP, (id,), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    })?;
    let Some((kind, seq, version, other, other_version, was)) = row else { return Ok(None) };
    Ok(Some(Step { kind, seq, version, other: other.zip(other_version), was: record::read(&was)? }))
}

/// What happened to an order since, from the journal.
fn came_between(db: &impl Read, step: &Step, id: OrderId) -> Result<crate::error::Refused> {
    const OF_ORDERS: [&str; 12] = [
        "order.",
        "line.",
        "lines.",
        "comp.",
        "discount.",
        "service_charge.",
        "check.",
        "checks.",
        "bill.",
        "payment.",
        "ticket.sent",
        "orders.",
    ];
    let concerned = [Some(id), step.other.map(|(other, _)| other)];
    let mut after = step.seq + i64::from(step.other.is_some());
    loop {
        let records = journal::ops::after(db, after, 500)?;
        let Some(last) = records.last() else { break };
        after = last.seq;
        let about = |subject: i64| concerned.iter().flatten().any(|order| order.get() == subject);
        let found = records
            .iter()
            .find(|record| about(record.subject) && OF_ORDERS.iter().any(|word| record.kind.starts_with(word)));
        if let Some(record) = found {
            let why = format!("Something else was done since: {}.", record.kind);
            return Ok(Refusal::NotUndoable.because(why).with("since", record.kind.clone()));
        }
    }
    Ok(Refusal::NotUndoable.because("Something else was done since."))
}

/// An order that had ended in another one is open again.
fn reopen(tx: &Tx<'_>, order: &mut Order) -> Result<()> {
    if order.state == State::Open {
        return Ok(());
    }
    let before = order.state;
    order.state = next_state(before, Act::Unmerge)?;
    (order.closed_at, order.merged_into) = (None, None);
    save::count(tx, order, Some(before), order.state)?;
    let (display_number, date, opened_at) = (order.display_number, order.date, order.opened_at);
    shifts::ops::order_opened(tx, &OpenOrder { order: order.id, display_number, date, opened_at })
}

/// Rows first, then what they come to.
fn put_back(tx: &Tx<'_>, orders: &mut [Order], was: &[WasOrder]) -> Result<()> {
    let mut pool = Pool::of(orders, was);
    for was in was {
        let order = orders.iter_mut().find(|order| order.id.get() == was.id);
        let order = order.ok_or_else(|| Fault::new(format!("order {} is not of its step", was.id)))?;
        for was in &was.checks {
            let check = pool.check(tx, was, order)?;
            order.checks.push(check);
        }
        order.checks.sort_by_key(|check| check.id);
    }
    for order in orders.iter_mut() {
        let (service, guests, version) = (order.service, order.guests, order.version);
        let given = |check: &Check| was.iter().flat_map(|was| &was.checks).find(|was| was.id == check.id.get());
        for at in 0..order.checks.len() {
            let check = &mut order.checks[at];
            if check.state != State::Open || check.version != version {
                continue;
            }
            if !given(check).is_some_and(|was| was.carried) {
                let book = RateBook::of(tx, check, service)?;
                check.carried = false;
                price::reprice(check, service, guests, &book)?;
                price::value(check, service, guests, &book)?;
            }
            save::parts::check(tx, order, at)?;
        }
    }
    pool.rest(tx, orders)
}

/// Everything of the step's orders that is to be put somewhere.
struct Pool {
    checks: Vec<(OrderId, Check)>,
    lines: Vec<Line>,
    discounts: Vec<Discount>,
}

impl Pool {
    /// Takes open checks apart; of an order that ended in the other, those it had.
    fn of(orders: &mut [Order], was: &[WasOrder]) -> Self {
        let mut pool = Self { checks: Vec::new(), lines: Vec::new(), discounts: Vec::new() };
        let had = |check: &Check| was.iter().flat_map(|was| &was.checks).any(|was| was.id == check.id.get());
        for order in orders {
            let apart = order.checks.extract_if(.., |check| check.state == State::Open || had(check));
            pool.checks.extend(apart.map(|check| (order.id, check)));
        }
        for (_, check) in &mut pool.checks {
            pool.lines.append(&mut check.lines);
            pool.discounts.append(&mut check.discounts);
        }
        pool
    }

    /// A check as it was, of what there is or was.
    fn check(&mut self, tx: &Tx<'_>, was: &WasCheck, order: &Order) -> Result<Check> {
        let at = self.checks.iter().position(|(_, check)| check.id.get() == was.id);
        let mut check = match at {
            Some(at) => self.checks.remove(at).1,
            None => load::gone_check(tx, CheckId::new(was.id))?,
        };
        tx.run(&parts::CHECK_BACK, (check.id, was.bills, order.version))?;
        (check.state, check.closed_date) = (State::Open, None);
        (check.bills, check.version, check.carried) = (was.bills, order.version, was.carried);
        for was in &was.lines {
            let at = self.lines.iter().position(|line| line.id.get() == was.id);
            let mut line = match at {
                Some(at) => self.lines.remove(at),
                None => load::gone_line(tx, LineId::new(was.id), order.id)?,
            };
            was.lay(&mut line)?;
            line.version = order.version;
            line.amounts.list = line.list_amount(check.rules.rounding)?;
            line.amounts.comp = if line.comp.is_some() { line.amounts.list } else { Money::ZERO };
            check.lines.push(line);
        }
        for was in &was.discounts {
            let at = self.discounts.iter().position(|discount| discount.id == was.id);
            let mut discount = match at {
                Some(at) => self.discounts.remove(at),
                None => load::gone_discount(tx, was.id)?,
            };
            was.lay(&mut discount);
            check.discounts.push(discount);
        }
        for charge in &mut check.charges {
            if let Some(was) = was.charges.iter().find(|was| was.id == charge.id) {
                let (worth, part) = was.worth();
                (charge.worth, charge.part) = (Some(worth), part);
            }
        }
        Ok(check)
    }

    /// What the step made is no more.
    fn rest(self, tx: &Tx<'_>, orders: &[Order]) -> Result<()> {
        for line in &self.lines {
            tx.run(&parts::LINE_GONE, (line.id,))?;
        }
        for discount in &self.discounts {
            tx.run(&money::DISCOUNT_REMOVE, (discount.id,))?;
        }
        for (of, check) in &self.checks {
            let order = orders.iter().find(|order| order.id == *of);
            let own = |id: &CheckId| order.is_some_and(|order| order.checks.iter().any(|check| check.id == *id));
            let first = order.and_then(|order| order.checks.first()).map(|check| check.id);
            let into = check.split_from.filter(own).or(first);
            let into = into.ok_or_else(|| Fault::new(format!("order {of} had no check before")))?;
            save::parts::joined(tx, *of, check, into)?;
        }
        Ok(())
    }
}
