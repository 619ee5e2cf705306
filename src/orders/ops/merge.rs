//! Two tables put together: one order has the dishes of both, the other ends.

use super::split::conserved;
use super::{By, bump, dish, open, open_order, settle, step};
use crate::error::{Refusal, Refused, Result};
use crate::floor;
use crate::journal::Kind as Fact;
use crate::kernel::ids::OrderId;
use crate::kernel::invalid::Invalid;
use crate::orders::bill::service_for;
use crate::orders::model::placing::{Going, Gone, Onto, place, whole_charges};
use crate::orders::model::{Act, Charge, ChargeHow, Check, IfMatch, Order, Scope, State};
use crate::orders::price::{self, RateBook};
use crate::orders::record::WasOrder;
use crate::orders::{facts, load, save};
use crate::store::{Read, Tx};

/// How two orders become one.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    /// The order whose dishes come.
    pub from: OrderId,
    /// Its version as it was seen.
    pub version: Option<i64>,
    /// Its checks stay checks of their own.
    pub keep_checks: bool,
}

/// Brings the open checks of another order to this one, joined with this order's check where that is its only open
/// one and nothing is paid on it. The guests come along; the other order ends, off its table and out of the
/// reports. What a charge asks of so many guests or more is found anew.
pub fn merge(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, asked: Merge) -> Result<Order> {
    let mut order = open_order(tx, id, Some((seen, Scope::Order)))?;
    if asked.from == id {
        return Err(Refused::input("/order_id", Invalid::new("same", "that is this order")).into());
    }
    let mut other = step::other_order(tx, asked.from, asked.version)?;
    other.checks.iter().try_for_each(step::must_be_resolved)?;
    for check in &other.checks {
        if check.state == State::Paid || check.has_money()? {
            let why = format!("Something is already paid on order {}; move what is left of it.", other.id);
            return Err(Refusal::AlreadyPaid.because(why).into());
        }
    }
    let was = vec![WasOrder::of(&order), WasOrder::of(&other)];
    let (total, before) = (step::total(&[&order, &other])?, dish::ledger(&[&order, &other]));
    let (version, theirs) = (bump(&mut order), bump(&mut other));
    let guests = order.guests.saturating_add(other.guests);
    let anew = value_all(tx, &mut order, guests)? | value_all(tx, &mut other, guests)?;
    let (joins, gone, alike) = bring(&mut order, &mut other, version, asked.keep_checks)?;
    let (own, came) = (order.guests, other.guests);
    order.guests = guests;
    say_both(&mut order, &other);
    charges(&mut order, (own, came), joins)?;
    step::write(tx, &mut order, &gone)?;
    end(tx, by, &mut order, &mut other, theirs)?;
    dish::follow(tx, by, &before, &[&order, &other])?;
    save::order(tx, &order)?;
    floor::ops::leave(tx, order.id)?;
    open::seat(tx, &order)?;
    conserved(step::total(&[&order, &other])?, Some(total).filter(|_| alike && !anew))?;
    let told = facts::merged(&order, &other);
    step::keep(tx, by, Fact::OrdersMerged, &order, Some(&other), &was, &told)?;
    load::order(tx, id)
}

/// Values every open check under its own order's guests. Answers whether a charge is due under so many guests as
/// both have that was not before.
fn value_all(db: &impl Read, order: &mut Order, guests: u32) -> Result<bool> {
    let mut anew = false;
    let (service, own) = (order.service, order.guests);
    for check in order.checks.iter_mut().filter(|check| check.state == State::Open) {
        let book = RateBook::of(db, check, service)?;
        price::value(check, service, own, &book)?;
        anew |= check.charges.iter().any(|charge| turns_due(charge, own, guests));
    }
    Ok(anew)
}

fn turns_due(charge: &Charge, before: u32, now: u32) -> bool {
    !charge.removed && charge.min_guests.is_some_and(|min| before < min && min <= now)
}

/// The lines of every open check of `other`; whether they are joined with a check that was there, what went out of
/// use, and whether all charge alike.
fn bring(order: &mut Order, other: &mut Order, version: i64, keep_checks: bool) -> Result<(bool, Gone, bool)> {
    let open = |check: &&Check| check.state == State::Open;
    let only = order.checks.iter().filter(open).count() == 1;
    let onto = order.checks.iter().position(|check| check.state == State::Open).filter(|_| only && !keep_checks);
    let onto = match onto {
        Some(at) if order.checks[at].has_money()? => None,
        // What was taken off here is not taken off there: they stay apart.
        Some(at) if !other.checks.iter().all(|check| step::must_charge(check, &order.checks[at]).is_ok()) => None,
        onto => onto,
    };
    let (mut gone, mut alike) = (Gone::default(), true);
    let (service, kept) = (other.service, order.service);
    for source in other.checks.iter_mut().filter(|check| check.state == State::Open) {
        let (stay, go): (Vec<_>, Vec<_>) = source.lines.drain(..).partition(|line| line.voided);
        source.lines = stay;
        if go.is_empty() {
            continue;
        }
        let mut going = Vec::with_capacity(go.len());
        for mut line in go {
            line.version = version;
            if service != kept {
                // It is taxed as it was.
                line.service = Some(service_for(line.service, service));
            }
            going.push(Going { known_as: line.id, line });
        }
        match onto {
            Some(at) => {
                let check = &mut order.checks[at];
                alike &= step::charges_alike(source, check);
                place(source, &mut [check], vec![going], Onto::Same, &mut gone)?;
                check.version = version;
            }
            None => {
                let mut new = step::beside(source, version);
                new.split_from = None;
                place(source, &mut [&mut new], vec![going], Onto::New, &mut gone)?;
                order.checks.push(new);
            }
        }
    }
    Ok((onto.is_some(), gone, alike))
}

/// Charges under the guests of both: one per guest stays what it is on checks apart, and is of all of them on one
/// check; one that is due only now is found anew.
fn charges(order: &mut Order, (own, came): (u32, u32), joined: bool) -> Result<()> {
    let version = order.version;
    for check in order.checks.iter_mut().filter(|check| check.state == State::Open) {
        for charge in &mut check.charges {
            let amount = charge.worth.as_ref().map(|worth| worth.amount);
            if matches!(charge.how, ChargeHow::PerGuest(_)) && charge.part.is_none() && !joined {
                charge.part = amount;
            }
            if turns_due(charge, own, order.guests) || turns_due(charge, came, order.guests) {
                (charge.part, charge.worth) = (None, None);
            }
        }
        check.version = version;
    }
    let guests = order.guests;
    Ok(whole_charges(&mut order.checks, guests)?)
}

/// What was said of the other order, an allergy say, is said of both. Who it was for and when it is due are this
/// order's own where it has any.
fn say_both(order: &mut Order, other: &Order) {
    order.note = match (order.note.take(), &other.note) {
        (Some(own), Some(theirs)) if own != *theirs => Some(format!("{own}; {theirs}")),
        (own, theirs) => own.or_else(|| theirs.clone()),
    };
    if order.customer.is_empty() {
        order.customer = other.customer.clone();
    }
    order.due_at = order.due_at.or(other.due_at);
}

/// The other order is no order any more: its checks are empty, it stands at no table.
fn end(tx: &Tx<'_>, by: &By, order: &mut Order, other: &mut Order, version: i64) -> Result<()> {
    other.merged_into = Some(order.id);
    for at in 0..other.checks.len() {
        if other.checks[at].state != State::Open {
            continue;
        }
        other.checks[at].version = version;
        save::parts::check(tx, other, at)?;
        let check = &mut other.checks[at];
        check.state = State::Voided;
        check.closed_date = Some(by.stamp.date);
        save::totals(tx, check, Some(by.stamp.at.get()))?;
    }
    settle::close(tx, &by.stamp, other, Act::Void)?;
    save::order(tx, other)
}
