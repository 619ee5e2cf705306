//! Lines and checks that go elsewhere: to another check, to another table, or back to where they came from.

use super::split::conserved;
use super::step::{self, Ids, Take};
use super::{By, bump, dish, open_order};
use crate::error::{Refusal, Refused, Result};
use crate::journal::Kind as Fact;
use crate::kernel::ids::{CheckId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::orders::bill::service_for;
use crate::orders::model::placing::{Going, Gone, Onto, place, whole_charges};
use crate::orders::model::{Check, IfMatch, Order, Scope, State};
use crate::orders::record::WasOrder;
use crate::orders::{facts, load, save};
use crate::store::Tx;

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    Check(CheckId),
    /// To a check of another order; of several it is named. With the version of that order that was seen.
    Order(OrderId, Option<CheckId>, Option<i64>),
}

/// Moves a line, or a part of it.
pub fn line(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, take: &Take, to: Where) -> Result<Order> {
    let mut order = open_order(tx, id, Some((seen, Scope::Line(take.line))))?;
    let none = || Refusal::NotFound.because(format!("There is no line {} on this order.", take.line));
    let (from, _) = order.line_place(take.line).ok_or_else(|| order.not_there(seen, none()))?;
    match to {
        Where::Check(check) => {
            let onto = order.check_place(Some(check)).map_err(|why| order.not_there(seen, why))?;
            if onto == from {
                return Err(Refused::input("/check_id", Invalid::new("same", "the line stands on that check")).into());
            }
            within(tx, by, order, from, onto, Some(take), Fact::LinesMoved)
        }
        Where::Order(other, check, version) => {
            let mut other = another(tx, id, other, version)?;
            let onto = other.check_place(check)?;
            across(tx, by, &mut order, from, &mut other, Some(onto), Some(take))
        }
    }
}

/// Moves a whole check to another order, where it is a check of its own.
pub fn check(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    check: CheckId,
    seen: &IfMatch,
    other: OrderId,
    version: Option<i64>,
) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    order.must_match(seen, Scope::Check(check))?;
    let from = named(&order, check, seen)?;
    let mut other = another(tx, id, other, version)?;
    across(tx, by, &mut order, from, &mut other, None, None)
}

/// Puts a check on which nothing is paid back on the one it came from or, where that is closed, on the first
/// that is open.
pub fn join(tx: &Tx<'_>, by: &By, id: OrderId, check: CheckId, seen: &IfMatch) -> Result<Order> {
    let order = open_order(tx, id, None)?;
    order.must_match(seen, Scope::Check(check))?;
    let from = named(&order, check, seen)?;
    order.checks[from].must_be_open()?;
    let others = || (0..order.checks.len()).filter(|at| *at != from && order.checks[*at].state == State::Open);
    let came_from = order.checks[from].split_from;
    let onto = others().find(|at| Some(order.checks[*at].id) == came_from).or_else(|| others().next());
    let onto = onto.ok_or(Refusal::NothingToJoin)?;
    step::must_be_resolved(&order.checks[from])?;
    if order.checks[from].has_money()? {
        return Err(Refusal::AlreadyPaid.into());
    }
    within(tx, by, order, from, onto, None, Fact::ChecksJoined)
}

/// The place of the check in the path, or 404.
fn named(order: &Order, id: CheckId, seen: &IfMatch) -> Result<usize> {
    if order.joined.contains(&id) {
        return Err(Refusal::CheckJoined.into());
    }
    let none = || Refusal::NotFound.because(format!("There is no check {id} on this order."));
    Ok(order.checks.iter().position(|check| check.id == id).ok_or_else(|| order.not_there(seen, none()))?)
}

fn another(tx: &Tx<'_>, id: OrderId, other: OrderId, version: Option<i64>) -> Result<Order> {
    if other == id {
        return Err(Refused::input("/order_id", Invalid::new("same", "that is this order")).into());
    }
    step::other_order(tx, other, version)
}

/// Of a dish that the kitchen has not heard of yet no share goes to another order: it would be told by neither.
fn stays_one_dish(order: &Order, going: &[Going]) -> Result<()> {
    let unsent = going.iter().map(|going| &going.line).filter(|line| line.share.is_some() && !line.is_sent());
    for line in unsent {
        let stays = |other: &&crate::orders::model::Line| !other.voided && other.origin() == line.origin();
        if order.lines().any(|other| stays(&other)) {
            let why = Invalid::new("not_sent", "send it first: the kitchen cannot be told of a share of a dish");
            return Err(Refused::input("/order_id", why).into());
        }
    }
    Ok(())
}

/// All that stands on a check, as it goes.
fn all_of(check: &mut Check, version: i64) -> Vec<Going> {
    let (stay, go): (Vec<_>, Vec<_>) = check.lines.drain(..).partition(|line| line.voided);
    check.lines = stay;
    let going = |mut line: crate::orders::model::Line| {
        line.version = version;
        Going { known_as: line.id, line }
    };
    go.into_iter().map(going).collect()
}

/// From one check of an order to another.
fn within(
    tx: &Tx<'_>,
    by: &By,
    mut order: Order,
    from: usize,
    onto: usize,
    take: Option<&Take>,
    kind: Fact,
) -> Result<Order> {
    let (was, total) = (vec![WasOrder::of(&order)], step::total(&[&order])?);
    let version = bump(&mut order);
    step::ready(tx, &mut order, from)?;
    step::ready(tx, &mut order, onto)?;
    step::must_charge(&order.checks[from], &order.checks[onto])?;
    let (source_id, onto_id) = (order.checks[from].id, order.checks[onto].id);
    let source = &mut order.checks[from];
    let going = match take {
        Some(take) => step::take(source, std::slice::from_ref(take), version, &mut Ids::next(tx)?)?,
        None => all_of(source, version),
    };
    let alike = step::charges_alike(&order.checks[from], &order.checks[onto]);
    let mut gone = Gone::default();
    let mut source = order.checks[from].clone();
    place(&mut source, &mut [&mut order.checks[onto]], vec![going], Onto::Same, &mut gone)?;
    order.checks[from] = source;
    (order.checks[from].version, order.checks[onto].version) = (version, version);
    let guests = order.guests;
    whole_charges(&mut order.checks, guests)?;
    step::write(tx, &mut order, &gone)?;
    step::sweep(tx, &mut order, &[source_id], Some(onto_id))?;
    save::version(tx, &order)?;
    conserved(step::total(&[&order])?, Some(total).filter(|_| alike))?;
    let told = facts::parted(&order.checks, version, None);
    step::keep(tx, by, kind, &order, None, &was, &told)?;
    load::order(tx, order.id)
}

/// From a check of an order to one of another, or to a new one there.
fn across(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    from: usize,
    other: &mut Order,
    onto: Option<usize>,
    take: Option<&Take>,
) -> Result<Order> {
    let was = vec![WasOrder::of(order), WasOrder::of(other)];
    let (total, before) = (step::total(&[order, other])?, dish::ledger(&[order, other]));
    let (version, theirs) = (bump(order), bump(other));
    step::ready(tx, order, from)?;
    if let Some(onto) = onto {
        step::ready(tx, other, onto)?;
        step::must_charge(&order.checks[from], &other.checks[onto])?;
    }
    let service = order.service;
    let source = &mut order.checks[from];
    let source_id = source.id;
    let mut going = match take {
        Some(take) => step::take(source, std::slice::from_ref(take), version, &mut Ids::next(tx)?)?,
        None => all_of(source, version),
    };
    if going.is_empty() {
        return Err(Refusal::OrderIsEmpty.because("Nothing stands on this check.").into());
    }
    stays_one_dish(order, &going)?;
    let source = &mut order.checks[from];
    for Going { line, .. } in &mut going {
        line.version = theirs;
        if service != other.service {
            // It is taxed as it was.
            line.service = Some(service_for(line.service, service));
        }
    }
    source.version = version;
    let mut gone = Gone::default();
    let alike = onto.is_none_or(|onto| step::charges_alike(source, &other.checks[onto]));
    match onto {
        Some(onto) => {
            place(source, &mut [&mut other.checks[onto]], vec![going], Onto::Others, &mut gone)?;
            other.checks[onto].version = theirs;
        }
        None => {
            let mut new = step::beside(source, theirs);
            new.split_from = None;
            place(source, &mut [&mut new], vec![going], Onto::New, &mut gone)?;
            other.checks.push(new);
        }
    }
    step::write(tx, other, &gone)?;
    step::write(tx, order, &Gone::default())?;
    dish::follow(tx, by, &before, &[order, other])?;
    step::sweep(tx, order, &[source_id], None)?;
    save::version(tx, order)?;
    save::version(tx, other)?;
    conserved(step::total(&[order, other])?, Some(total).filter(|_| alike))?;
    let told = facts::parted(&order.checks, version, Some(other));
    step::keep(tx, by, Fact::LinesMoved, order, Some(other), &was, &told)?;
    load::order(tx, order.id)
}
