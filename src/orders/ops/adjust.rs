//! Discounts given and taken back, optional charges taken off, and what reports hear of it.

use super::{By, Why, bump, open_order};
use crate::approvals::model::Size;
use crate::error::{Error, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact, Stamp};
use crate::kernel::ids::{CheckId, DiscountId, LineId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::rate::Rate;
use crate::orders::model::{AppliesTo, Check, Discount, IfMatch, Line, Off, Order, Scope};
use crate::orders::price::{self, RateBook};
use crate::orders::sql::money;
use crate::orders::{facts, save};
use crate::reports::facts::{Adjustment, AdjustmentKind};
use crate::settings::model::ReasonUse;
use crate::store::{Read, Tx};
use crate::{menu, settings};

/// A discount as it is asked for.
#[derive(Debug, Clone)]
pub struct NewDiscount {
    /// `None`: the ready-made one's.
    pub name: Option<String>,
    pub off: Option<Off>,
    pub check: Option<CheckId>,
    pub applies_to: AppliesTo,
    pub discount_id: Option<DiscountId>,
    pub lowers_tax_base: Option<bool>,
    pub why: Why,
}

/// Gives a discount on a check, on a line, or on some lines of a check.
pub fn discount(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, new: NewDiscount) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let place = place_of(tx, &order, &new).map_err(|why| match why {
        Error::Refused(why) => order.not_there(seen, *why).into(),
        why => why,
    })?;
    order.checks[place].must_be_open()?;
    let (name, off, lowers_tax_base) = terms(tx, &new)?;
    let size = size_with(tx, &order, place, off, &new.applies_to)?;
    let approved_by = by.require(tx, Permission::Discount, size)?;
    order.must_match(seen, Scope::Check(order.checks[place].id))?;
    let why = new.why.resolve(tx, ReasonUse::Discount)?;
    let version = bump(&mut order);
    let stamp = &by.stamp;
    let mut given = Discount {
        id: 0,
        name,
        off,
        applies_to: new.applies_to,
        lowers_tax_base,
        discount_id: new.discount_id,
        reason_id: why.reason_id,
        reason: why.reason,
        staff: stamp.staff,
        approved_by,
        at: stamp.at,
        value: Money::ZERO,
        root: None,
        except: Vec::new(),
    };
    given.id = save::parts::new_discount(tx, order.checks[place].id, &given)?;
    let check = &mut order.checks[place];
    check.version = version;
    check.discounts.push(given);
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let check = &order.checks[place];
    let told = check.discounts.last().map(|d| facts::discount(check, d, approved_by));
    journal::ops::append(tx, stamp, Fact::DiscountGiven, id.get(), version, &told)?;
    Ok(order)
}

/// How much is given by a discount, those given before included: several small ones are no way around a limit.
/// Percentages count together where a dish may bear both, amounts over all checks of the order, with the charges taken
/// off them.
fn size_with(db: &impl Read, order: &Order, place: usize, off: Off, applies_to: &AppliesTo) -> Result<Size> {
    Ok(match off {
        Off::Percent(rate) => {
            let check = &order.checks[place];
            let met = check.discounts.iter().filter(|d| may_meet(check, &d.applies_to, applies_to));
            let others = met.filter_map(|d| if let Off::Percent(rate) = d.off { Some(rate) } else { None });
            Size::Percent(others.fold(rate, Rate::plus))
        }
        Off::Amount(amount) => Size::Amount(amounts_off(db, order)?.plus(amount)?),
    })
}

/// Whether some dish, there already or to come, may bear both.
fn may_meet(check: &Check, one: &AppliesTo, other: &AppliesTo) -> bool {
    fn share<T: PartialEq>(a: &[T], b: &[T]) -> bool {
        a.iter().any(|id| b.contains(id))
    }
    // What is on a combo is on its parts.
    let lines = |of: &AppliesTo| -> Option<Vec<LineId>> {
        let named = match of {
            AppliesTo::Line(line) => std::slice::from_ref(line),
            AppliesTo::Lines(lines) => lines,
            AppliesTo::Check | AppliesTo::Categories(_) => return None,
        };
        let parts = check.lines.iter().filter(|line| line.parent.is_some_and(|head| named.contains(&head)));
        Some(named.iter().copied().chain(parts.map(|line| line.id)).collect())
    };
    match (one, other) {
        (AppliesTo::Categories(a), AppliesTo::Categories(b)) => share(a, b),
        _ => lines(one).zip(lines(other)).is_none_or(|(a, b)| share(&a, &b)),
    }
}

/// What was given off an order as amounts, and as charges taken off.
fn amounts_off(db: &impl Read, order: &Order) -> Result<Money> {
    let mut sum = Money::ZERO;
    for check in &order.checks {
        let amounts = check.discounts.iter().filter_map(|d| if let Off::Amount(a) = d.off { Some(a) } else { None });
        sum = sum.plus(Money::sum(amounts)?)?;
        if check.charges.iter().any(|charge| charge.removed) {
            let mut charged = check.clone();
            charged.charges.iter_mut().for_each(|charge| charge.removed = false);
            price::reprice(&mut charged, order.service, order.guests, &RateBook::of(db, check, order.service)?)?;
            let off = charged.charges.iter().zip(&check.charges).filter(|(_, was)| was.removed);
            sum = sum.plus(Money::sum(off.map(|(charge, _)| charge.value))?)?;
        }
    }
    Ok(sum)
}

/// The check the discount is on: of the line it names, or the one named.
fn place_of(db: &impl Read, order: &Order, new: &NewDiscount) -> Result<usize> {
    let missing = |pointer: &str, line: LineId| {
        Refused::input(pointer, Invalid::new("unknown", format!("There is no open line {line} on this order.")))
    };
    let standing = |line: LineId| {
        order.line_place(line).filter(|(place, at)| !order.checks[*place].lines[*at].voided).map(|(place, _)| place)
    };
    match &new.applies_to {
        AppliesTo::Line(line) => {
            let place = standing(*line).ok_or_else(|| missing("/line_id", *line))?;
            match new.check {
                Some(named) if order.check_place(Some(named))? != place => Err(missing("/line_id", *line).into()),
                _ => Ok(place),
            }
        }
        AppliesTo::Lines(lines) => {
            let place = match (new.check, lines.first()) {
                (None, Some(line)) => standing(*line).ok_or_else(|| missing("/applies_to/line_ids/0", *line))?,
                (named, _) => order.check_place(named)?,
            };
            for (at, line) in lines.iter().enumerate() {
                if standing(*line) != Some(place) {
                    return Err(missing(&format!("/applies_to/line_ids/{at}"), *line).into());
                }
            }
            Ok(place)
        }
        AppliesTo::Categories(categories) => {
            for (at, id) in categories.iter().enumerate() {
                if menu::ops::category(db, *id)?.is_none() {
                    let unknown = Invalid::new("unknown", format!("There is no category {id}."));
                    return Err(Refused::input(format!("/applies_to/category_ids/{at}"), unknown).into());
                }
            }
            Ok(order.check_place(new.check)?)
        }
        AppliesTo::Check => Ok(order.check_place(new.check)?),
    }
}

/// Name and size: said, or those of the ready-made discount.
fn terms(tx: &Tx<'_>, new: &NewDiscount) -> Result<(String, Off, bool)> {
    let required = |pointer, detail: &'static str| Refused::input(pointer, Invalid::new("required", detail));
    let ready = match new.discount_id {
        None => None,
        Some(id) => Some(settings::ops::ready_discount(tx, id)?.ok_or_else(|| {
            Refused::input("/discount_id", Invalid::new("unknown", format!("There is no ready-made discount {id}.")))
        })?),
    };
    let name = new.name.clone().or_else(|| ready.as_ref().map(|r| r.name.clone()));
    let off = new.off.or_else(|| ready.as_ref().map(|r| ready_off(r.how)));
    let lowers = new.lowers_tax_base.or_else(|| ready.as_ref().map(|r| r.lowers_tax_base)).unwrap_or(true);
    Ok((
        name.ok_or_else(|| required("/name", "A discount has a name."))?,
        off.ok_or_else(|| required("/percent", "Say percent or amount."))?,
        lowers,
    ))
}

fn ready_off(off: settings::model::DiscountHow) -> Off {
    match off {
        settings::model::DiscountHow::Percent(rate) => Off::Percent(rate),
        settings::model::DiscountHow::Amount(amount) => Off::Amount(amount),
    }
}

/// Takes a discount back.
pub fn remove_discount(tx: &Tx<'_>, by: &By, id: OrderId, discount: i64, seen: &IfMatch) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let of_check = |check: &Check| check.discounts.iter().position(|d| d.id == discount);
    let found = order.checks.iter().enumerate().find_map(|(place, check)| Some((place, of_check(check)?)));
    let none = || Refusal::NotFound.because(format!("There is no discount {discount} on this order."));
    let (place, at) = found.ok_or_else(|| order.not_there(seen, none()))?;
    order.checks[place].must_be_open()?;
    let size = match order.checks[place].discounts[at].off {
        Off::Percent(rate) => Size::Percent(rate),
        Off::Amount(amount) => Size::Amount(amount),
    };
    let approved_by = by.require(tx, Permission::Discount, size)?;
    order.must_match(seen, Scope::Check(order.checks[place].id))?;
    let version = bump(&mut order);
    let gone = order.checks[place].discounts.remove(at);
    tx.run(&money::DISCOUNT_REMOVE, (gone.id,))?;
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let told = facts::discount(&order.checks[place], &gone, approved_by);
    journal::ops::append(tx, &by.stamp, Fact::DiscountRemoved, id.get(), version, &told)?;
    Ok(order)
}

/// Takes an optional service charge off.
pub fn remove_charge(tx: &Tx<'_>, by: &By, id: OrderId, charge: i64, seen: &IfMatch) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let of_check = |check: &Check| check.charges.iter().position(|c| c.id == charge && !c.removed);
    let found = order.checks.iter().enumerate().find_map(|(place, check)| Some((place, of_check(check)?)));
    let none = || Refusal::NotFound.because(format!("There is no service charge {charge} on this order."));
    let (place, at) = found.ok_or_else(|| order.not_there(seen, none()))?;
    let check = &order.checks[place];
    check.must_be_open()?;
    let size = Size::Amount(amounts_off(tx, &order)?.plus(check.charges[at].value)?);
    let approved_by = by.require(tx, Permission::Discount, size)?;
    order.must_match(seen, Scope::Check(check.id))?;
    let of = &mut order.checks[place].charges[at];
    if !of.optional {
        return Err(Refusal::ChargeNotOptional.because(format!("{} is not optional.", of.name)).into());
    }
    of.removed = true;
    tx.run(&money::CHARGE_UPDATE, (of.id, true, of.value, of.net, of.tax_amount))?;
    let version = bump(&mut order);
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let check = &order.checks[place];
    journal::ops::append(
        tx,
        &by.stamp,
        Fact::ChargeRemoved,
        id.get(),
        version,
        &facts::charge(check, &check.charges[at], approved_by),
    )?;
    Ok(order)
}

/// Counts a pre-bill. From then on taking something off needs a reason.
pub fn bill(tx: &Tx<'_>, by: &By, id: OrderId, check: Option<CheckId>) -> Result<(Order, usize)> {
    let mut order = open_order(tx, id, None)?;
    let place = order.check_place(check)?;
    order.checks[place].must_be_open()?;
    let version = bump(&mut order);
    order.checks[place].bills += 1;
    save::totals(tx, &order.checks[place], None)?;
    save::version(tx, &order)?;
    journal::ops::append(tx, &by.stamp, Fact::BillPrinted, id.get(), version, &facts::bill(&order.checks[place]))?;
    Ok((order, place))
}

/// What reports hear of a voided line: what it would have cost.
pub fn void_of(stamp: &Stamp, order: OrderId, line: &Line, why: &Why, wasted: bool) -> Adjustment {
    Adjustment {
        kind: AdjustmentKind::Void,
        date: stamp.date,
        at: stamp.at,
        order,
        line: Some(line.id),
        name: line.name.clone(),
        quantity: line.counted_whole(),
        amount: line.amounts.list,
        wasted,
        reason_id: why.reason_id,
        reason: why.reason.clone(),
        staff: stamp.staff,
        approved_by: why.approved_by,
    }
}

/// The comps and discounts that stand on a check when it is settled.
pub fn given_on(stamp: &Stamp, order: OrderId, check: &Check) -> Vec<Adjustment> {
    let comp = |line: &Line| {
        let comp = line.comp.as_ref()?;
        Some(Adjustment {
            kind: AdjustmentKind::Comp,
            date: stamp.date,
            at: comp.at,
            order,
            line: Some(line.id),
            name: line.name.clone(),
            quantity: line.counted_whole(),
            amount: line.amounts.comp,
            wasted: false,
            reason_id: comp.reason_id,
            reason: comp.reason.clone(),
            staff: comp.by,
            approved_by: comp.approved_by,
        })
    };
    let discount = |d: &Discount| Adjustment {
        kind: AdjustmentKind::Discount,
        date: stamp.date,
        at: d.at,
        order,
        line: match d.applies_to {
            AppliesTo::Line(line) => Some(line),
            _ => None,
        },
        name: d.name.clone(),
        quantity: 0,
        amount: d.value,
        wasted: false,
        reason_id: d.reason_id,
        reason: d.reason.clone(),
        staff: d.staff,
        approved_by: d.approved_by,
    };
    let discounts = check.discounts.iter().filter(|d| !d.value.is_zero()).map(discount);
    check.open_lines().filter_map(comp).chain(discounts).collect()
}
