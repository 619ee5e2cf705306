//! Another price on a line than the menu's.

use super::combos;
use super::edit::BILLED;
use super::lines::{find, must_stand};
use super::{By, Why, bump, open_order};
use crate::approvals::model::Size;
use crate::error::{Refusal, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{LineId, OrderId};
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::orders::model::{Check, IfMatch, Line, Order, Scope};
use crate::orders::sql::lines::PRICE;
use crate::orders::{facts, save};
use crate::reports::prices::{self, PriceOverride};
use crate::settings::model::ReasonUse;
use crate::store::Tx;

/// Makes one of a line's dish cost `to`, its modifiers apart: sent or not, and also where its price is an
/// open one. How far it lies from the price the line was added at decides whether somebody has to say yes:
/// several small steps are one large one; nobody is asked for the way back. What is so already is answered as
/// it stands.
pub fn set_price(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    line: LineId,
    seen: &IfMatch,
    to: Money,
    why: Why,
) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let (place, at) = find(&order, line, seen)?;
    let (bills, rounding) = (order.checks[place].bills, order.checks[place].rules.rounding);
    let of = &order.checks[place].lines[at];
    // What it carried made it a part at its old price; that of a combo is borne by its parts, whose own options it
    // leaves alone.
    let costing = |price: Money| {
        Line { unit_price: price, list_carry: Money::ZERO, combo: false, ..of.clone() }.list_amount(rounding)
    };
    let (from, after) = (of.unit_price, costing(to)?);
    let amount = costing(from)?.minus(after)?;
    let far = costing(added_at(tx, of)?)?.minus(after)?;
    let mut approved_by = None;
    if from != to && !far.is_zero() {
        approved_by = by.require(tx, Permission::PriceOverride, Size::Amount(far.max(-far)))?;
    }
    order.must_match(seen, Scope::Line(line))?;
    may_cost(&order.checks[place], at)?;
    if from == to {
        return Ok(order);
    }
    let why = why.resolve(tx, ReasonUse::Discount)?;
    if bills > 0 && amount > Money::ZERO && !why.is_given() {
        return Err(Refusal::ReasonNeeded.because(BILLED).into());
    }
    let version = bump(&mut order);
    for (at, price) in combos::prices(&order.checks[place], at, to) {
        let of = &mut order.checks[place].lines[at];
        (of.unit_price, of.version, of.list_carry) = (price, version, Money::ZERO);
        save::line(tx, of)?;
        save::parts::shape(tx, of)?;
        tx.run(&PRICE, (of.id, price))?;
    }
    let of = &order.checks[place].lines[at];
    let told = PriceOverride {
        stamp: &by.stamp,
        order: id,
        line,
        name: &of.name,
        quantity: of.quantity.whole(),
        from,
        to,
        amount,
        reason_id: why.reason_id,
        reason: why.reason.as_deref(),
        approved_by,
    };
    let row = prices::ops::set(tx, &told)?;
    let fact = facts::priced(&told, row);
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    journal::ops::append(tx, &by.stamp, Fact::LinePriced, id.get(), version, &fact)?;
    Ok(order)
}

/// Whether a price says anything of the line.
fn may_cost(check: &Check, at: usize) -> Result<()> {
    let line = &check.lines[at];
    must_stand(line)?;
    if combos::bearing(check, at).iter().any(|at| check.lines[*at].comp.is_some()) {
        return Err(Refusal::LineClosed.because("This line is given away; take that back first.").into());
    }
    if line.share.is_some() {
        return Err(Refusal::LineClosed.because("This is a share of a dish; put its shares together first.").into());
    }
    if !line.is_sale() {
        // A voucher, a deposit or a payment into an account is worth what it costs.
        return Err(Refusal::NotASale.into());
    }
    Ok(combos::must_be_whole(line)?)
}

/// The price a line was added at, or the one it was split off.
fn added_at(tx: &Tx<'_>, line: &Line) -> Result<Money> {
    for of in [Some(line.id), line.split_from].into_iter().flatten() {
        if let Some(first) = prices::ops::first_price(tx, of)? {
            return Ok(first);
        }
    }
    Ok(line.unit_price)
}
