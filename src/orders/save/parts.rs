//! A check written whole after lines went or came, priced by what they were given.

use super::{insert_charge, insert_line, totals};
use crate::error::Result;
use crate::kernel::ids::{CheckId, DiscountId, LineId, OrderId};
use crate::orders::model::{AppliesTo, Check, Discount, Line, Off, Order};
use crate::orders::price::{self, RateBook};
use crate::orders::sql::{money, parts};
use crate::store::{Tx, params};

/// Lays on the check at `place` what its lines and charges were given, and writes all of it.
pub fn check(tx: &Tx<'_>, order: &mut Order, place: usize) -> Result<()> {
    let (service, guests, id) = (order.service, order.guests, order.id);
    let check = &mut order.checks[place];
    let book = RateBook::of(tx, check, service)?;
    price::lay_given(check, service, guests, &book)?;
    if check.id.get() == 0 {
        check.id = insert_check(tx, id, check)?;
    } else {
        forget_given(tx, check)?;
    }
    // A part comes after what it is a part of, a component after its combo.
    check.lines.sort_by_key(|line| line.id);
    for line in &mut check.lines {
        let stand = Some(line.stand_on(id, check.id));
        if line.fresh {
            insert_line(tx, id, check.id, line)?;
            line.fresh = false;
        } else {
            place_line(tx, id, check.id, line, line.stands != stand)?;
        }
        line.stands = stand;
    }
    discounts(tx, check)?;
    for charge in &mut check.charges {
        if charge.id == 0 {
            charge.id = insert_charge(tx, check.id, charge)?;
        }
        tx.run(&money::CHARGE_UPDATE, (charge.id, charge.removed, charge.value, charge.net, charge.tax_amount))?;
        tx.run(&parts::CHARGE_PART, (charge.id, charge.part))?;
    }
    if check.carried {
        keep_given(tx, check)?;
    }
    totals(tx, check, None)
}

fn insert_check(tx: &Tx<'_>, order: OrderId, check: &Check) -> Result<CheckId> {
    let row = tx.insert(
        &parts::CHECK_ADD,
        (
            order,
            check.opened_date,
            check.rules.tax_rounding.as_str(),
            check.rules.rounding.as_str(),
            check.cash.step,
            if check.cash.all_cash { "all_cash" } else { "final_cash" },
            check.tax_exempt,
            check.version,
            check.bills,
            check.split_from,
        ),
    )?;
    Ok(CheckId::new(row))
}

/// The last columns of a line's place, which are written only where it moves.
const STAND_COLUMNS: usize = 5;

/// What part a line is and what it comes to; and where it stands, unless that is where it stood.
fn place_line(tx: &Tx<'_>, order: OrderId, check: CheckId, line: &Line, moves: bool) -> Result<()> {
    let a = line.amounts;
    let all = params![
        line.id,
        line.quantity.thousandths(),
        line.service.map(|s| s.as_str()),
        line.reserved,
        line.version,
        line.share.map(|s| s.num()),
        line.share.map(|s| s.den()),
        line.counted,
        line.list_carry,
        a.list,
        a.comp,
        a.discount,
        a.net,
        a.tax,
        a.total,
        order,
        check,
        line.parent,
        line.split_from,
        line.sent_as,
    ];
    if moves {
        tx.run(&parts::LINE_PLACE, all)?;
    } else {
        tx.run(&parts::LINE_REVALUE, &all[..all.len() - STAND_COLUMNS])?;
    }
    Ok(())
}

/// What part of a dish a line is, and what is counted with it.
pub fn shape(tx: &Tx<'_>, line: &Line) -> Result<()> {
    let (num, den) = (line.share.map(|s| s.num()), line.share.map(|s| s.den()));
    tx.run(&parts::LINE_SHAPE, (line.id, num, den, line.counted, line.list_carry, line.reserved))?;
    Ok(())
}

fn discounts(tx: &Tx<'_>, check: &mut Check) -> Result<()> {
    let Check { id: check_id, discounts, lines, .. } = check;
    for discount in discounts {
        let new = discount.id < 0;
        if new {
            let given = discount.id;
            discount.id = insert_discount(tx, *check_id, discount)?;
            let (from, to) = (DiscountId::new(given), DiscountId::new(discount.id));
            let offs = lines.iter_mut().flat_map(|line| &mut line.worth.off);
            offs.filter(|off| off.id == from).for_each(|off| off.id = to);
        } else {
            place_discount(tx, discount)?;
            tx.run(&parts::TARGETS_CLEAR, (discount.id,))?;
            tx.run(&parts::EXCEPTIONS_CLEAR, (discount.id,))?;
        }
        insert_targets(tx, discount.id, &discount.applies_to)?;
        for line in &discount.except {
            tx.run(&parts::EXCEPTION_ADD, (discount.id, line))?;
        }
    }
    Ok(())
}

/// A discount that was given, with what it names; its id.
pub fn new_discount(tx: &Tx<'_>, check: CheckId, d: &Discount) -> Result<i64> {
    let id = insert_discount(tx, check, d)?;
    insert_targets(tx, id, &d.applies_to)?;
    Ok(id)
}

fn insert_targets(tx: &Tx<'_>, discount: i64, applies_to: &AppliesTo) -> Result<()> {
    let targets: Vec<i64> = match applies_to {
        AppliesTo::Check | AppliesTo::Line(_) => Vec::new(),
        AppliesTo::Lines(lines) => lines.iter().map(|l| l.get()).collect(),
        AppliesTo::Categories(categories) => categories.iter().map(|c| c.get()).collect(),
    };
    for target in targets {
        tx.run(&money::DISCOUNT_TARGET_INSERT, (discount, target))?;
    }
    Ok(())
}

fn line_of(discount: &Discount) -> Option<LineId> {
    if let AppliesTo::Line(line) = discount.applies_to { Some(line) } else { None }
}

pub fn place_discount(tx: &Tx<'_>, d: &Discount) -> Result<()> {
    let amount = if let Off::Amount(amount) = d.off { Some(amount) } else { None };
    tx.run(&parts::DISCOUNT_PLACE, (d.id, line_of(d), amount, d.applies_to.as_str(), d.value))?;
    Ok(())
}

fn insert_discount(tx: &Tx<'_>, check: CheckId, d: &Discount) -> Result<i64> {
    let (percent, amount) = match d.off {
        Off::Percent(rate) => (Some(rate.ten_thousandths()), None),
        Off::Amount(amount) => (None, Some(amount)),
    };
    let id = tx.insert(
        &money::DISCOUNT_INSERT,
        params![
            check,
            line_of(d),
            d.name,
            percent,
            amount,
            d.applies_to.as_str(),
            d.lowers_tax_base,
            d.discount_id,
            d.reason_id,
            d.reason,
            d.staff,
            d.approved_by,
            d.at,
            d.value,
            d.root,
        ],
    )?;
    Ok(id)
}

/// What the lines and charges of a carried check were given.
fn keep_given(tx: &Tx<'_>, check: &Check) -> Result<()> {
    for line in check.open_lines() {
        for off in &line.worth.off {
            tx.run(&parts::CARRIED_DISCOUNT_ADD, (off.id.get(), line.id, off.amount))?;
        }
        for of in &line.worth.added {
            let rate = of.rate.ten_thousandths();
            let row = (check.id, Some(line.id), None::<i64>, of.position, &of.name, rate, of.base, of.tax);
            tx.run(&parts::CARRIED_TAX_ADD, row)?;
        }
    }
    for charge in &check.charges {
        for of in charge.worth.iter().flat_map(|worth| &worth.added) {
            let rate = of.rate.ten_thousandths();
            let row = (check.id, None::<LineId>, Some(charge.id), of.position, &of.name, rate, of.base, of.tax);
            tx.run(&parts::CARRIED_TAX_ADD, row)?;
        }
    }
    Ok(())
}

/// The check is priced by itself from now on.
pub fn forget_given(tx: &Tx<'_>, check: &Check) -> Result<()> {
    tx.run(&parts::CARRIED_DISCOUNTS_CLEAR, (check.id,))?;
    tx.run(&parts::CARRIED_TAXES_CLEAR, (check.id,))?;
    Ok(())
}

/// A check that was put together with another, which has what was voided on it, and payments that came to nothing.
pub fn joined(tx: &Tx<'_>, order: OrderId, check: &Check, into: CheckId) -> Result<()> {
    forget_given(tx, check)?;
    for line in &check.lines {
        place_line(tx, order, into, line, true)?;
    }
    tx.run(&parts::PAYMENTS_FOLLOW, (order, check.id, into))?;
    tx.run(&parts::REFUNDS_FOLLOW, (order, check.id, into))?;
    tx.run(&parts::CHECK_JOINED, (check.id, into))?;
    Ok(())
}
