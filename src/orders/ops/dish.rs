//! A dish on several checks, or on several orders, is one dish to the kitchen: with which of its lines it is counted,
//! and where what the kitchen has of it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{By, bump, send};
use crate::error::Result;
use crate::kernel::ids::{LineId, OrderId};
use crate::kitchen;
use crate::kitchen::model::{Carried, Changed};
use crate::orders::model::{Line, Order, State};
use crate::orders::{load, save};
use crate::store::Tx;

/// Where a line stands on an order: its check's place and its own.
type At = (usize, usize);

/// Another share of the dish that `line` is one of, on an open check: one that is counted, or one that is not.
fn share_on(order: &Order, line: &Line, counted: bool) -> Option<At> {
    let fits = |other: &Line| {
        other.id != line.id
            && !other.voided
            && other.share.is_some()
            && other.counted == counted
            && other.origin() == line.origin()
            && other.quantity == line.quantity
    };
    let open = order.checks.iter().enumerate().filter(|(_, check)| check.state == State::Open);
    open.filter_map(|(place, check)| check.lines.iter().position(&fits).map(|at| (place, at))).next()
}

/// The same on another order.
fn share_elsewhere(tx: &Tx<'_>, order: OrderId, line: &Line, counted: bool) -> Result<Option<(Order, At)>> {
    for id in kitchen::ops::orders_sharing(tx, order, line.origin())? {
        let other = load::order(tx, id)?;
        if let Some(at) = share_on(&other, line, counted) {
            return Ok(Some((other, at)));
        }
    }
    Ok(None)
}

/// The dish is counted with `to` from now on. What is not written yet is written with its line.
fn count_with(tx: &Tx<'_>, from: &mut Line, to: &mut Line) -> Result<()> {
    (from.counted, to.counted) = (false, true);
    to.reserved += std::mem::take(&mut from.reserved);
    for line in [&*from, &*to] {
        if !line.fresh {
            save::parts::shape(tx, line)?;
        }
    }
    Ok(())
}

fn within(tx: &Tx<'_>, order: &mut Order, from: At, to: At) -> Result<()> {
    let mut line = order.checks[from.0].lines[from.1].clone();
    count_with(tx, &mut line, &mut order.checks[to.0].lines[to.1])?;
    order.checks[from.0].lines[from.1] = line;
    Ok(())
}

/// What the kitchen has of the dish goes along. The other order becomes another by that: what was done to it before
/// is not undone any more.
fn across(tx: &Tx<'_>, by: &By, from: (&mut Order, At), to: (&mut Order, At), other: OrderId) -> Result<()> {
    let ((from, giver), (to, taker)) = (from, to);
    let gives = &mut from.checks[giver.0].lines[giver.1];
    let dish = changed(gives, gives.quantity.thousandths());
    count_with(tx, gives, &mut to.checks[taker.0].lines[taker.1])?;
    let changes = if from.id == other { &mut *from } else { &mut *to };
    bump(changes);
    save::version(tx, changes)?;
    let carried = Carried { from: from.id, to: to.id, dish };
    kitchen::ops::carry(tx, &by.stamp, &[send::head(tx, from)?, send::head(tx, to)?], &[carried])
}

/// A dish whose counted share is taken off is counted with another share of it that nobody paid yet, on this order or
/// on another: the kitchen hears that it is not to be made when the last of them goes.
pub(super) fn count_with_another(tx: &Tx<'_>, by: &By, order: &mut Order, place: usize, at: usize) -> Result<()> {
    let line = &order.checks[place].lines[at];
    if line.share.is_none() || !line.counted {
        return Ok(());
    }
    if let Some(other) = share_on(order, line, false) {
        return within(tx, order, (place, at), other);
    }
    if let Some((mut other, to)) = share_elsewhere(tx, order.id, line, false)? {
        let id = other.id;
        across(tx, by, (order, (place, at)), (&mut other, to), id)?;
    }
    Ok(())
}

/// A dish is counted with the first of its shares that is paid: what is paid stays, whatever becomes of the others.
pub(super) fn count_paid(tx: &Tx<'_>, by: &By, order: &mut Order, place: usize) -> Result<()> {
    for at in 0..order.checks[place].lines.len() {
        let line = &order.checks[place].lines[at];
        if line.share.is_none() || line.counted || line.voided {
            continue;
        }
        if let Some(other) = share_on(order, line, true).filter(|(other, _)| *other != place) {
            within(tx, order, other, (place, at))?;
        } else if let Some((mut other, from)) = share_elsewhere(tx, order.id, line, true)? {
            let id = other.id;
            across(tx, by, (&mut other, from), (order, (place, at)), id)?;
        }
    }
    Ok(())
}

/// What the kitchen has for an order, by the line it was told of: dishes that stand on it, and of a combo its
/// parts.
pub(super) type Ledger = BTreeMap<(LineId, OrderId), i64>;

pub(super) fn ledger(orders: &[&Order]) -> Ledger {
    let mut ledger = Ledger::new();
    for order in orders {
        for line in order.lines().filter(|line| !line.voided && !line.combo && line.is_sent()) {
            *ledger.entry((line.origin(), order.id)).or_default() += line.counted_thousandths();
        }
    }
    ledger
}

/// What the kitchen has goes to the orders that its dishes went to: it makes nothing of it again, and hears where
/// they are carried to.
pub(super) fn follow(tx: &Tx<'_>, by: &By, before: &Ledger, orders: &[&Order]) -> Result<()> {
    let after = ledger(orders);
    let mut carried = Vec::new();
    let origins: BTreeSet<LineId> = before.keys().map(|(line, _)| *line).collect();
    for origin in origins {
        let of = |ledger: &Ledger| -> BTreeMap<OrderId, i64> {
            let own = ledger.range((origin, OrderId::new(i64::MIN))..=(origin, OrderId::new(i64::MAX)));
            own.map(|((_, order), sum)| (*order, *sum)).collect()
        };
        let (was, is) = (of(before), of(&after));
        let change = |order: &OrderId| is.get(order).unwrap_or(&0) - was.get(order).unwrap_or(&0);
        let from = was.keys().min_by_key(|order| change(order)).copied();
        let Some(from) = from else { continue };
        for to in is.keys().filter(|order| **order != from) {
            let moved = change(to);
            if moved > 0 || moved == 0 && !was.contains_key(to) {
                let line = orders.iter().flat_map(|order| order.lines()).find(|line| line.origin() == origin);
                carried.extend(line.map(|line| Carried { from, to: *to, dish: changed(line, moved) }));
            }
        }
    }
    let heads = orders.iter().map(|order| send::head(tx, order)).collect::<Result<Vec<_>>>()?;
    kitchen::ops::carry(tx, &by.stamp, &heads, &carried)
}

fn changed(line: &Line, quantity: i64) -> Changed {
    Changed { line: line.origin(), name: line.name.clone(), variant: line.variant_name.clone(), quantity }
}
