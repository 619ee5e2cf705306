//! What an operation changed, written. It writes what moved and nothing else.

pub mod parts;

use super::model::{Charge, ChargeHow, ChargeTax, Check, Line, Order, State};
use super::price::{self, RateBook};
use super::sql::{lines, money, order};
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::kernel::ids::{CheckId, OrderId};
use crate::store::Tx;

/// Prices the check at `place` again and writes it with its new and moved lines. Everything that
/// changes what stands on a check ends here.
pub fn check(tx: &Tx<'_>, order: &mut Order, place: usize) -> Result<()> {
    let (service, guests, id) = (order.service, order.guests, order.id);
    let check = &mut order.checks[place];
    let book = RateBook::of(tx, check, service)?;
    if check.carried {
        parts::forget_given(tx, check)?;
    }
    let moved = price::reprice(check, service, guests, &book)?;
    for (at, line) in check.lines.iter_mut().enumerate() {
        if line.fresh {
            insert_line(tx, id, check.id, line)?;
            line.fresh = false;
        } else if moved.lines.contains(&at) {
            let a = line.amounts;
            tx.run(&lines::REPRICE, (line.id, a.list, a.comp, a.discount, a.net, a.tax, a.total))?;
        }
    }
    for charge in moved.charges.iter().map(|at| &check.charges[*at]) {
        tx.run(&money::CHARGE_UPDATE, (charge.id, charge.removed, charge.value, charge.net, charge.tax_amount))?;
    }
    for discount in moved.discounts.iter().map(|at| &check.discounts[*at]) {
        tx.run(&money::DISCOUNT_VALUE, (discount.id, discount.value))?;
    }
    totals(tx, check, None)
}

/// Prices a check that is only in memory and writes it, its charges and its lines, each once.
pub fn new_check(tx: &Tx<'_>, order: &mut Order, place: usize) -> Result<()> {
    let (service, guests, id) = (order.service, order.guests, order.id);
    let check = &mut order.checks[place];
    let book = RateBook::of(tx, check, service)?;
    price::reprice(check, service, guests, &book)?;
    let (t, when) = (check.totals, if check.cash.all_cash { "all_cash" } else { "final_cash" });
    let row = tx.insert(
        &order::CHECK_INSERT,
        (
            id,
            check.opened_date,
            check.rules.tax_rounding.as_str(),
            check.rules.rounding.as_str(),
            check.cash.step,
            when,
            check.version,
            t.subtotal,
            t.discount,
            t.service,
            t.tax,
            t.total,
        ),
    )?;
    check.id = CheckId::new(row);
    for charge in &mut check.charges {
        charge.id = insert_charge(tx, check.id, charge)?;
    }
    for line in &mut check.lines {
        insert_line(tx, id, check.id, line)?;
        line.fresh = false;
    }
    Ok(())
}

fn insert_charge(tx: &Tx<'_>, check: CheckId, of: &Charge) -> Result<i64> {
    let (percent, amount, per_guest) = match of.how {
        ChargeHow::Percent(rate) => (Some(rate.ten_thousandths()), None, None),
        ChargeHow::Amount(amount) => (None, Some(amount), None),
        ChargeHow::PerGuest(amount) => (None, None, Some(amount)),
    };
    let (tax_kind, version) = match of.tax {
        ChargeTax::None => ("none", None),
        ChargeTax::AsLines => ("as_lines", None),
        ChargeTax::Class(version) => ("class", Some(version)),
    };
    let id = tx.insert(
        &money::CHARGE_INSERT,
        (
            check,
            of.charge,
            &of.name,
            percent,
            amount,
            per_guest,
            if of.after_discounts { "after_discounts" } else { "before_discounts" },
            of.min_guests,
            of.optional,
            tax_kind,
            version,
            if of.to_staff { "staff" } else { "house" },
            of.value,
            of.net,
            of.tax_amount,
        ),
    )?;
    Ok(id)
}

/// A check's own row. `closed` is the time and date at which it was settled or voided.
pub fn totals(tx: &Tx<'_>, check: &Check, closed_at: Option<i64>) -> Result<()> {
    let t = check.totals;
    tx.run(
        &order::CHECK_UPDATE,
        (
            check.id,
            check.state.as_str(),
            check.closed_date,
            closed_at,
            check.version,
            check.bills,
            t.subtotal,
            t.discount,
            t.service,
            t.tax,
            t.total,
            check.rounding()?,
            check.paid()?,
            check.tips()?,
            check.carried,
        ),
    )?;
    Ok(())
}

/// The last columns of a part, which a whole line leaves as they are by default.
const PART_COLUMNS: usize = 4;

pub(super) fn insert_line(tx: &Tx<'_>, order: OrderId, check: CheckId, line: &Line) -> Result<()> {
    let (comp, a) = (line.comp.as_ref(), line.amounts);
    let (num, den) = (line.share.map(|s| s.num()), line.share.map(|s| s.den()));
    let all = crate::store::params![
        line.id,
        order,
        check,
        line.parent,
        line.split_from,
        line.item,
        line.variant,
        line.category,
        line.station,
        line.tax_version,
        line.name,
        line.variant_name,
        line.sold_by.as_str(),
        line.counts_as.as_str(),
        line.discountable,
        line.unit_price,
        line.quantity.thousandths(),
        line.measure.map(|m| m.thousandths()),
        line.service.map(|s| s.as_str()),
        line.seat,
        line.course,
        line.note,
        line.is_held(),
        if line.voided { "voided" } else { "open" },
        line.version,
        line.reserved,
        line.added_by,
        line.added_at,
        comp.and_then(|c| c.reason.as_deref()),
        comp.and_then(|c| c.reason_id),
        comp.and_then(|c| c.by),
        comp.and_then(|c| c.approved_by),
        comp.map(|c| c.at),
        a.list,
        a.comp,
        a.discount,
        a.net,
        a.tax,
        a.total,
        line.sent_as,
        line.combo,
        num,
        den,
        line.counted,
        line.list_carry,
    ];
    if line.is_whole() {
        tx.run(&lines::INSERT, &all[..all.len() - PART_COLUMNS])?;
    } else {
        tx.run(&lines::INSERT_PART, all)?;
    }
    for m in &line.modifiers {
        tx.run(&lines::MODIFIER_INSERT, (line.id, m.option, &m.name, m.price, m.quantity, m.depth))?;
    }
    Ok(())
}

/// A line of a check that is not priced again, new or not.
pub fn line_whole(tx: &Tx<'_>, order: OrderId, check: CheckId, of: &mut Line) -> Result<()> {
    if !of.fresh {
        return line(tx, of);
    }
    insert_line(tx, order, check, of)?;
    of.fresh = false;
    Ok(())
}

/// A line that was edited, voided, comped or held, whole.
pub fn line(tx: &Tx<'_>, line: &Line) -> Result<()> {
    let (comp, a) = (line.comp.as_ref(), line.amounts);
    tx.run(
        &lines::UPDATE,
        crate::store::params![
            line.id,
            line.quantity.thousandths(),
            line.seat,
            line.course,
            line.note,
            line.is_held(),
            if line.voided { "voided" } else { "open" },
            line.version,
            line.reserved,
            comp.and_then(|c| c.reason.as_deref()),
            comp.and_then(|c| c.reason_id),
            comp.and_then(|c| c.by),
            comp.and_then(|c| c.approved_by),
            comp.map(|c| c.at),
            a.list,
            a.comp,
            a.discount,
            a.net,
            a.tax,
            a.total,
        ],
    )?;
    Ok(())
}

/// The order's own row.
pub fn order(tx: &Tx<'_>, o: &Order) -> Result<()> {
    tx.run(
        &order::ORDER_UPDATE,
        (
            o.id,
            o.service.as_str(),
            o.state.as_str(),
            o.table,
            &o.tab_name,
            o.guests,
            &o.customer.name,
            &o.customer.phone,
            &o.customer.address,
            &o.customer.vat_id,
            o.due_at,
            &o.note,
            o.closed_at,
            o.staff,
            o.version,
            o.merged_into,
        ),
    )?;
    touch(tx, o);
    Ok(())
}

/// Only the order's version.
pub fn version(tx: &Tx<'_>, o: &Order) -> Result<()> {
    tx.run(&order::ORDER_VERSION, (o.id, o.version))?;
    touch(tx, o);
    Ok(())
}

/// Every change of an order passes here, its opening too: an id may have been asked for before there was one.
pub fn touch(tx: &Tx<'_>, o: &Order) {
    tx.touch(Tag::Order(o.id.get()));
    tx.touch(Tag::Orders);
    tx.touch(Tag::OrdersOf(o.date.days()));
}

/// Keeps the counts of months and days: one order of `date` went from `from` to `to`.
pub fn count(tx: &Tx<'_>, o: &Order, from: Option<State>, to: State) -> Result<()> {
    let (date, month) = (o.date.text(), o.date.month().to_string());
    if let Some(from) = from {
        let taken =
            tx.run(&order::DAY_TAKE, (&date, from.as_str()))? + tx.run(&order::MONTH_TAKE, (&month, from.as_str()))?;
        if taken != 2 {
            return Err(Fault::new(format!("order {} was not counted as {}", o.id, from.as_str())).into());
        }
    }
    tx.run(&order::DAY_ADD, (&date, to.as_str()))?;
    tx.run(&order::MONTH_ADD, (&month, to.as_str()))?;
    Ok(())
}
