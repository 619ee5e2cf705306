//! Combos on an order: a head that shows name and price, and its parts, which bear the money, are taxed and
//! cooked each as the dish it is, and stay together.

use super::adding::{Adding, Place};
use super::lines::NewLine;
use crate::error::{Faults, Refusal, Refused, Result};
use crate::kernel::allocate::split_by;
use crate::kernel::ids::LineId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::menu::{
    self,
    model::{Sellable, pick},
};
use crate::orders::load;
use crate::orders::model::{Check, Line, Order};
use crate::store::Tx;

/// Of what a line is a part, and what one of it costs there.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartOf {
    pub head: LineId,
    pub price: Money,
}

/// A combo's head and its parts, as [`Adding::line`] makes them. The price of one is parted by largest
/// remainder, so that n combos cost n times that in every part. Course, seat and service are the combo's; what
/// was noted for it every station that cooks a part of it reads, but where a part has a note of its own.
pub(super) fn lay(
    adding: &Adding<'_, '_>,
    ids: &mut impl Iterator<Item = LineId>,
    mut new: NewLine,
    at: usize,
    combo: &Sellable,
    faults: &mut Faults,
) -> Result<Vec<Line>> {
    let place = Place::line(at);
    let asked = std::mem::take(&mut new.components);
    let price = adding.price(combo, new.service)?.unwrap_or_default();
    let mut fault = |field: String, invalid: Invalid| faults.push(place.pointer(&field), invalid);
    let picked = pick(&combo.name, price, &combo.parts, &asked, &mut fault)?;
    let Some(head_id) = ids.next() else { return Ok(Vec::new()) };
    let like = new.clone();
    let head = adding.line(head_id, new, place, combo, None, faults)?;
    let mut parts = Vec::with_capacity(picked.len());
    for (one, id) in picked.iter().zip(ids) {
        let place = Place::part(at, one.asked);
        let asked = one.asked.and_then(|asked_at| asked.get(asked_at));
        let Some(dish) = menu::ops::sellable(adding.tx, one.variant)? else {
            let detail = format!("Nothing with the id {} is on the menu.", one.variant);
            faults.push(place.pointer("variant_id"), Invalid::new("unknown", detail));
            continue;
        };
        let part = NewLine {
            variant: one.variant,
            modifiers: asked.map(|asked| asked.modifiers.clone()).unwrap_or_default(),
            note: asked.and_then(|asked| asked.note.clone()).or_else(|| like.note.clone()),
            ..like.clone()
        };
        let of = PartOf { head: head_id, price: one.price };
        parts.extend(adding.line(id, part, place, &dish, Some(of), faults)?);
    }
    let Some(mut head) = head.filter(|_| faults.is_empty()) else { return Ok(Vec::new()) };
    head.combo = true;
    head.station = None;
    head.unit_price = Money::sum(parts.iter().map(|part| part.unit_price))?;
    for part in &mut parts {
        part.discountable &= head.discountable;
    }
    parts.insert(0, head);
    Ok(parts)
}

/// The places of a line and, of a combo's head, of its parts that stand; the line itself first.
pub(super) fn members(check: &Check, at: usize) -> Vec<usize> {
    let mut members = vec![at];
    let head = &check.lines[at];
    if head.combo {
        let part = |line: &Line| line.parent == Some(head.id) && line.voided == head.voided;
        members.extend(check.lines.iter().enumerate().filter(|(_, line)| part(line)).map(|(place, _)| place));
    }
    members
}

/// The head of the combo that the line at `at` is part of.
pub(super) fn head_of(check: &mut Check, at: usize) -> Option<&mut Line> {
    let head = check.lines[at].parent?;
    check.lines.iter_mut().find(|line| line.id == head)
}

/// Those of its members that bear money.
pub(super) fn bearing(check: &Check, at: usize) -> Vec<usize> {
    let mut members = members(check, at);
    members.retain(|place| !check.lines[*place].combo);
    members
}

/// What is done to a combo is done to all of it.
pub(super) fn must_be_whole(line: &Line) -> Result<(), Refused> {
    if line.parent.is_some() { Err(not_alone(line)) } else { Ok(()) }
}

pub(super) fn not_alone(part: &Line) -> Refused {
    let refused = Refusal::PartOfCombo.because(format!("{} is part of a combo.", part.name));
    match part.parent {
        Some(head) => refused.with("line_id", head.get()),
        None => refused,
    }
}

/// What a line costs at a price of `to`: of a combo its parts too, each in proportion to what it cost, by largest
/// remainder. By their places, the line itself first.
pub(super) fn prices(check: &Check, at: usize, to: Money) -> Vec<(usize, Money)> {
    let mut prices = vec![(at, to)];
    if check.lines[at].combo {
        let bearing = bearing(check, at);
        let weights: Vec<i64> = bearing.iter().map(|at| check.lines[*at].unit_price.minor()).collect();
        prices.extend(bearing.into_iter().zip(split_by(to, &weights)));
    }
    prices
}

/// [`super::lines::split`] of a line and all that belongs to it. Answers the places of what was split off, or of the whole
/// where that is all of it; the line itself first.
pub(super) fn split(
    tx: &Tx<'_>,
    order: &mut Order,
    place: usize,
    at: usize,
    quantity: Option<Quantity>,
    version: i64,
) -> Result<Vec<usize>> {
    let members = members(&order.checks[place], at);
    let mut off: Vec<usize> = Vec::with_capacity(members.len());
    for member in members {
        let part = super::lines::split(tx, order, place, member, quantity, version)?;
        if let Some(head) = off.first().filter(|_| part != member) {
            order.checks[place].lines[part].parent = Some(order.checks[place].lines[*head].id);
        }
        off.push(part);
    }
    Ok(off)
}

/// The id the next new line gets, those counted that are only in memory.
pub(super) fn next_line_id(tx: &Tx<'_>, order: &Order) -> Result<LineId> {
    let fresh = order.lines().filter(|line| line.fresh).map(|line| line.id.get() + 1).max();
    Ok(LineId::new(load::next_line_id(tx)?.max(fresh.unwrap_or(0))))
}
