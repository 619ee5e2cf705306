//! One bill on several checks: lines or parts of them, by seat, or evenly.

use std::collections::BTreeSet;

use super::step::{self, Ids, Piece, Take};
use super::{By, bump, open_order};
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::Kind as Fact;
use crate::kernel::ids::{CheckId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::orders::model::placing::{Gone, Onto, place};
use crate::orders::model::{Check, IfMatch, Order, Scope};
use crate::orders::record::WasOrder;
use crate::orders::{facts, load, save};
use crate::store::Tx;

/// Puts lines, or parts of them, on a new check. They may come from several; one that nothing stays on, and no
/// money, is a check no more.
pub fn onto_new(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, takes: &[Take]) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let known = |take: &Take| order.line_place(take.line).is_some();
    if !takes.iter().all(known) {
        // It may have been taken elsewhere since.
        order.must_match(seen, Scope::Order)?;
    }
    let sources = sources(&order, takes)?;
    for source in &sources {
        order.must_match(seen, Scope::Check(*source))?;
    }
    let (was, total) = (vec![WasOrder::of(&order)], step::total(&[&order])?);
    let version = bump(&mut order);
    let (mut ids, mut gone, mut alike) = (Ids::next(tx)?, Gone::default(), true);
    let mut new: Option<Check> = None;
    for id in &sources {
        let from = order.check_place(Some(*id))?;
        step::ready(tx, &mut order, from)?;
        let source = &mut order.checks[from];
        let own: Vec<Take> = takes.iter().filter(|take| source.line(take.line).is_some()).cloned().collect();
        let going = step::take(source, &own, version, &mut ids)?;
        if sources.len() == 1 && source.open_lines().next().is_none() {
            let why = Invalid::new("nothing_left", "something has to stay on the check they come from");
            return Err(Refused::input("/lines", why).into());
        }
        source.version = version;
        let first = new.is_none();
        alike &= new.as_ref().is_none_or(|new| step::charges_alike(source, new));
        let check = new.get_or_insert_with(|| step::beside(source, version));
        place(source, &mut [check], vec![going], if first { Onto::New } else { Onto::Same }, &mut gone)?;
    }
    order.checks.extend(new);
    finish(tx, by, order, &sources, (was, Some(total).filter(|_| alike)), &gone)
}

/// The checks of lines that are named, each once; refuses what cannot be taken.
fn sources(order: &Order, takes: &[Take]) -> Result<Vec<CheckId>> {
    let mut sources = Vec::new();
    for (at, take) in takes.iter().enumerate() {
        if takes[..at].iter().any(|other| other.line == take.line) {
            return Err(Refused::input(&take.pointer, Invalid::new("duplicate", "each line once")).into());
        }
        let unknown = || {
            let why = format!("There is no line {} on this order.", take.line);
            Refused::input(&take.pointer, Invalid::new("unknown", why))
        };
        let (place, _) = order.line_place(take.line).ok_or_else(unknown)?;
        let check = order.checks[place].id;
        if !sources.contains(&check) {
            sources.push(check);
        }
    }
    Ok(sources)
}

/// Writes what lines went from and to, and tells of it. Whatever happened, the sums are what they were.
fn finish(
    tx: &Tx<'_>,
    by: &By,
    mut order: Order,
    sources: &[CheckId],
    (was, total): (Vec<WasOrder>, Option<Money>),
    gone: &Gone,
) -> Result<Order> {
    step::write(tx, &mut order, gone)?;
    let new = order.checks.last().map(|check| check.id);
    step::sweep(tx, &mut order, sources, new)?;
    save::version(tx, &order)?;
    conserved(step::total(&[&order])?, total)?;
    let told = facts::parted(&order.checks, order.version, None);
    step::keep(tx, by, Fact::CheckSplit, &order, None, &was, &told)?;
    load::order(tx, order.id)
}

/// A bill that is not what it was is not shown.
/// `before` is `None` where the checks concerned charge differently.
pub(super) fn conserved(now: Money, before: Option<Money>) -> Result<()> {
    let Some(before) = before.filter(|before| *before != now) else { return Ok(()) };
    Err(Fault::new(format!("{} became {} when it was parted", before.minor(), now.minor())).into())
}

/// How a check is split as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A check a seat; what nobody sits at stays with the first.
    BySeat,
    /// On so many checks, every line a share on each.
    Evenly(usize),
}

/// Splits a check as a whole.
pub fn whole(tx: &Tx<'_>, by: &By, id: OrderId, check: Option<CheckId>, seen: &IfMatch, how: How) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let from = order.check_place(check).map_err(|why| order.not_there(seen, why))?;
    let source = order.checks[from].id;
    order.must_match(seen, Scope::Check(source))?;
    let (was, total) = (vec![WasOrder::of(&order)], step::total(&[&order])?);
    let version = bump(&mut order);
    step::ready(tx, &mut order, from)?;
    let source_check = &mut order.checks[from];
    if source_check.open_lines().next().is_none() {
        return Err(Refusal::OrderIsEmpty.into());
    }
    let mut ids = Ids::next(tx)?;
    let going = match how {
        How::Evenly(parts) => step::take_evenly(source_check, parts, version, &mut ids)?,
        How::BySeat => {
            let mut going = Vec::new();
            for takes in seats(source_check)? {
                going.push(step::take(source_check, &takes, version, &mut ids)?);
            }
            going
        }
    };
    if going.iter().any(Vec::is_empty) {
        let why = Invalid::new("nothing_to_split", "vouchers and deposits are paid whole");
        return Err(Refused::input("/evenly", why).into());
    }
    source_check.version = version;
    let mut new: Vec<Check> = going.iter().map(|_| step::beside(source_check, version)).collect();
    let mut gone = Gone::default();
    place(source_check, &mut new.iter_mut().collect::<Vec<_>>(), going, Onto::New, &mut gone)?;
    order.checks.extend(new);
    finish(tx, by, order, &[source], (was, Some(total)), &gone)
}

/// What goes to a check of its own, by seat. What is eaten at no seat stays; where everything is, the first seat.
fn seats(check: &Check) -> Result<Vec<Vec<Take>>> {
    let own = || check.open_lines().filter(|line| line.parent.is_none());
    let seats: BTreeSet<i64> = own().filter_map(|line| line.seat).collect();
    let all_seated = own().all(|line| line.seat.is_some());
    let leave = seats.iter().skip(usize::from(all_seated));
    let lines = |seat: &i64| {
        let of_seat = own().filter(|line| line.seat == Some(*seat));
        of_seat.map(|line| Take { line: line.id, piece: Piece::All, pointer: "/by".to_owned() }).collect()
    };
    let takes: Vec<Vec<Take>> = leave.map(lines).collect();
    if takes.is_empty() {
        let why = Invalid::new("nothing_to_split", "all of this check is one seat's, or nobody's");
        return Err(Refused::input("/by", why).into());
    }
    Ok(takes)
}
