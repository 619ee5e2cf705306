//! The end of an order: payments written, checks settled, receipts issued, orders voided.

use super::{By, Why, account, adjust, bump, open_order, refund};
use crate::approvals::model::Size;
use crate::error::{Fault, Refusal, Result};
use crate::journal::{self, Kind as Fact, Stamp};
use crate::kernel::ids::{CategoryId, CheckId, DeviceId, OrderId, PaymentId, StaffId};
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::orders::model::{Act, Check, IfMatch, Line, Order, Payment, PaymentState, Scope, State, next_state};
use crate::orders::price::{self, RateBook};
use crate::orders::sql::money;
use crate::orders::{facts, load, receipt, save};
use crate::reports::{self, facts as books};
use crate::settings::model::ReasonUse;
use crate::store::{Read, Tx, params};
use crate::{drawers, floor, menu, shifts, staff};

/// Writes a payment that was decided on, and settles its check where nothing is due any more and
/// nothing is unresolved. Taking money and closing what it pays are one transaction. What comes for a check that is
/// closed is excess, of the day on which it comes; an empty one stays open, and the money on it is held.
///
/// `approved_by`: whoever said yes to it, where it takes one.
pub fn add_payment(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    mut payment: Payment,
    approved_by: Option<StaffId>,
) -> Result<Payment> {
    let stamp = &by.stamp;
    let version = bump(order);
    payment.id = insert(tx, order.id, order.checks[place].id, &payment)?;
    into_drawer(tx, stamp, &payment)?;
    let check = &mut order.checks[place];
    check.version = version;
    check.payments.push(payment.clone());
    if payment.state == PaymentState::Captured {
        reports::ops::payment(tx, &kept(tx, stamp, order, &payment, false)?)?;
    }
    let check = &order.checks[place];
    let told = facts::approved(facts::payment(check, &payment), approved_by);
    journal::ops::append(tx, stamp, Fact::PaymentTaken, order.id.get(), version, &told)?;
    account::draw(tx, stamp, order.id, &payment)?;
    follow(tx, by, order, place, &payment)?;
    save::order(tx, order)?;
    Ok(payment)
}

/// What a payment that was written leads to: its check is settled by it, or stands as it comes to now.
fn follow(tx: &Tx<'_>, by: &By, order: &mut Order, place: usize, payment: &Payment) -> Result<()> {
    let check = &order.checks[place];
    let captured = payment.state == PaymentState::Captured;
    match check.state {
        State::Open if captured && is_paid(check)? => settle(tx, by, order, place, false),
        State::Open => save::totals(tx, check, None),
        // It is closed without this payment, so that all of it is excess.
        State::Paid | State::Voided => {
            if captured {
                let excess = books::Released { date: by.stamp.date, rounding: Money::ZERO, excess: payment.excess };
                reports::ops::released(tx, &excess)?;
            }
            refund::touch_check(tx, check)
        }
    }
}

fn is_paid(check: &Check) -> Result<bool> {
    Ok(check.open_lines().next().is_some() && check.due()?.is_zero() && check.unresolved()?.is_zero())
}

/// Writes what became of a payment that was pending, or given up, as it was decided: once captured it pays, and
/// settles its check where nothing is due any more. It is a payment of the day on which it was taken.
///
/// `approved_by`: whoever said yes to it, where it takes one.
pub fn resolve_payment(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    mut payment: Payment,
    approved_by: Option<StaffId>,
) -> Result<Payment> {
    let stamp = &by.stamp;
    let version = bump(order);
    let captured = payment.state == PaymentState::Captured;
    if captured {
        (payment.date, payment.at) = (stamp.date, stamp.at);
    }
    let p = &payment;
    tx.run(&money::PAYMENT_RESOLVE, (p.id, p.state.as_str(), p.amount, p.excess, &p.reference, p.date, p.at))?;
    let check = &mut order.checks[place];
    check.version = version;
    let own = check.payments.iter_mut().find(|own| own.id == payment.id);
    let own = own.ok_or_else(|| Fault::new(format!("payment {} is not on its check", payment.id)))?;
    let was_given_up = matches!(own.state, PaymentState::Declined | PaymentState::Cancelled);
    own.clone_from(&payment);
    if captured {
        reports::ops::payment(tx, &kept(tx, stamp, order, &payment, false)?)?;
    }
    let check = &order.checks[place];
    let told = facts::approved(facts::payment(check, &payment), approved_by);
    journal::ops::append(tx, stamp, Fact::PaymentResolved, order.id.get(), version, &told)?;
    if !was_given_up {
        account::resolve(tx, stamp, order.id, &payment)?;
    }
    follow(tx, by, order, place, &payment)?;
    save::order(tx, order)?;
    Ok(payment)
}

/// The payment that this device already sent under that reference of its own, and its order.
pub fn by_client_ref(db: &impl Read, device: DeviceId, client_ref: &str) -> Result<Option<(PaymentId, OrderId)>> {
    Ok(db.opt(&money::PAYMENT_BY_CLIENT_REF, (device, client_ref), |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(super) fn insert(tx: &Tx<'_>, order: OrderId, check: CheckId, p: &Payment) -> Result<PaymentId> {
    let id = tx.insert(
        &money::PAYMENT_INSERT,
        params![
            order,
            check,
            p.tender_id,
            p.tender_kind,
            p.tender,
            p.state.as_str(),
            p.amount,
            p.tendered,
            p.change,
            p.tip,
            p.rounding,
            p.excess,
            p.tip_staff,
            p.reference,
            p.card_brand,
            p.card_last4,
            p.card_auth,
            p.client_ref,
            p.device,
            p.staff,
            p.date,
            p.at,
            p.corrects,
            p.account,
            p.drawer,
        ],
    )?;
    Ok(PaymentId::new(id))
}

/// Tells the drawer that a payment's cash went into, where it went into one.
pub(super) fn into_drawer(tx: &Tx<'_>, stamp: &Stamp, payment: &Payment) -> Result<()> {
    match payment.drawer {
        Some(drawer) => drawers::ops::sale(tx, stamp, drawer, payment.id, payment.kept()?),
        None => Ok(()),
    }
}

/// What the books hear of money that stays.
pub fn kept(db: &impl Read, stamp: &Stamp, order: &Order, p: &Payment, outside_z: bool) -> Result<books::Kept> {
    let kept = p.kept()?;
    let whose = p.tip_owner();
    Ok(books::Kept {
        date: stamp.date,
        order: order.id,
        staff: whose,
        staff_name: name_of_staff(db, whose)?,
        tender_kind: tender_kind(&p.tender_kind)?,
        tender_name: p.tender.clone(),
        kept,
        tip: p.tip,
        held: kept.minus(p.tip)?,
        outside_z,
    })
}

/// The kind's own word, which lives as long as the program.
pub fn tender_kind(word: &str) -> Result<&'static str> {
    let known = crate::settings::model::TenderKind::parse(word).map_err(|e| crate::error::Fault::new(e.detail))?;
    Ok(known.as_str())
}

/// Settles a check that owes nothing: closes it, books the sale, issues its receipt, and closes the
/// order with its last check.
pub(in crate::orders) fn settle(tx: &Tx<'_>, by: &By, order: &mut Order, place: usize, imported: bool) -> Result<()> {
    let stamp = &by.stamp;
    let (service, guests) = (order.service, order.guests);
    super::dish::count_paid(tx, by, order, place)?;
    let check = &mut order.checks[place];
    assert!(check.paid()? == check.totals.total, "check {} is settled with something else than its total", check.id);
    check.state = next_state(check.state, Act::Settle)?;
    check.closed_date = Some(stamp.date);
    check.version = order.version;
    let book = RateBook::of(tx, check, service)?;
    let taxes = price::tax_rows(check, service, guests, &book)?;
    for row in &taxes {
        let of = &row.of;
        let values =
            (row.check, row.line, row.charge, &of.name, of.rate.ten_thousandths(), of.included, of.base, of.tax);
        tx.run(&money::TAX_INSERT, values)?;
    }
    save::totals(tx, check, Some(stamp.at.get()))?;
    let last = order.checks.iter().all(|check| check.state != State::Open);
    if last {
        close(tx, stamp, order, Act::Settle)?;
    }
    let sale = sale(tx, stamp, order, place, last, imported)?;
    reports::ops::sale(tx, &sale)?;
    if !imported {
        account::load(tx, stamp, order, place)?;
    }
    let number = if imported {
        0
    } else {
        let (id, number) = receipt::ops::issue_sale(tx, stamp, order, place, &receipt::ops::rates(&taxes))?;
        order.checks[place].receipt = Some((id, number));
        number
    };
    let check = &order.checks[place];
    if !imported {
        journal::ops::append(
            tx,
            stamp,
            Fact::CheckClosed,
            order.id.get(),
            order.version,
            &facts::closed(check, number),
        )?;
    }
    Ok(())
}

/// The order is done: off the table, off the list of open ones, counted anew.
pub(super) fn close(tx: &Tx<'_>, stamp: &Stamp, order: &mut Order, act: Act) -> Result<()> {
    let before = order.state;
    order.state = next_state(order.state, act)?;
    order.closed_at = Some(stamp.at);
    save::count(tx, order, Some(before), order.state)?;
    shifts::ops::order_closed(tx, order.id)?;
    if order.table.is_some() {
        floor::ops::leave(tx, order.id)?;
    }
    Ok(())
}

fn sale(db: &impl Read, stamp: &Stamp, order: &Order, place: usize, last: bool, imported: bool) -> Result<books::Sale> {
    let check = &order.checks[place];
    let earlier = order.checks.iter().filter(|other| last && other.id != check.id && other.state == State::Paid);
    let mut earlier: Vec<books::SaleLine> = earlier.flat_map(sale_lines).collect();
    name_categories(db, earlier.iter_mut().map(|line| (line.category, &mut line.category_name)))?;
    let mut lines = sale_lines(check);
    name_categories(db, lines.iter_mut().map(|line| (line.category, &mut line.category_name)))?;
    let charges = check.charges.iter();
    // Who only buys a voucher, or pays what he owes, is no cover.
    let paid = order.checks.iter().filter(|check| check.state == State::Paid);
    let counts = last && paid.flat_map(Check::open_lines).any(Line::is_sale);
    Ok(books::Sale {
        date: stamp.date,
        hour: stamp.calendar.zone.hour(order.opened_at),
        order: order.id,
        kind: order.kind.as_str(),
        staff: order.staff,
        staff_name: name_of_staff(db, order.staff)?,
        orders: i64::from(counts),
        guests: if counts { i64::from(order.guests) } else { 0 },
        lines,
        earlier,
        charges: check.totals.service,
        charges_tax: Money::sum(charges.map(|c| c.tax_amount))?,
        taxes: check.taxes.clone(),
        rounding: check.rounding()?,
        excess: check.excess()?,
        held: Money::sum([check.paid()?, check.rounding()?, check.excess()?])?,
        comps_and_discounts: if imported { Vec::new() } else { adjust::given_on(stamp, order.id, check) },
        outside_z: imported,
    })
}

fn sale_lines(check: &Check) -> Vec<books::SaleLine> {
    let mut lines = Vec::with_capacity(check.lines.len());
    for line in check.open_lines() {
        lines.push(books::SaleLine {
            item: line.item,
            item_name: line.name.clone(),
            variant: line.variant,
            variant_name: line.variant_name.clone(),
            category: line.category,
            category_name: String::new(),
            quantity: line.counted_whole(),
            list_amount: line.amounts.list,
            comp: line.amounts.comp,
            discount: line.amounts.discount,
            net: line.amounts.net,
            tax: line.amounts.tax,
            total: line.amounts.total,
            is_sale: line.is_sale(),
        });
    }
    lines
}

/// Reports stand below the menu, so that a fact brings its categories' names along.
pub(super) fn name_categories<'a>(
    db: &impl Read,
    lines: impl Iterator<Item = (CategoryId, &'a mut String)>,
) -> Result<()> {
    let mut known: Vec<(CategoryId, &String)> = Vec::new();
    for (id, name) in lines {
        *name = match known.iter().find(|(other, _)| *other == id) {
            Some((_, same)) => (*same).clone(),
            None => menu::ops::category(db, id)?.map(|category| category.name).unwrap_or_default(),
        };
        known.push((id, name));
    }
    Ok(())
}

/// Somebody's name for the books; empty where it is nobody.
pub(super) fn name_of_staff(db: &impl Read, id: Option<StaffId>) -> Result<String> {
    Ok(id.map(|id| staff::ops::name(db, id)).transpose()?.flatten().unwrap_or_default())
}

/// Settles a check with nothing due: all given away, or paid before its last line was taken off.
pub fn close_check(tx: &Tx<'_>, by: &By, id: OrderId, check: Option<CheckId>) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let place = order.check_place(check)?;
    let check = &order.checks[place];
    next_state(check.state, Act::Settle)?;
    if !check.unresolved()?.is_zero() {
        return Err(Refusal::PaymentUnresolved.into());
    }
    if check.open_lines().next().is_none() {
        return close_empty(tx, by, order, place);
    }
    if !check.due()?.is_zero() {
        let due = check.due()?.minor();
        return Err(Refusal::StillDue.because(format!("{due} is still due.")).with("due", due).into());
    }
    bump(&mut order);
    settle(tx, by, &mut order, place, false)?;
    save::order(tx, &order)?;
    Ok(order)
}

/// Ends a check that everything was taken from, and on which there is no money: nothing was sold on it, so that it has
/// no receipt. Where the others are paid their order is done, and counted.
fn close_empty(tx: &Tx<'_>, by: &By, mut order: Order, place: usize) -> Result<Order> {
    let others_paid = order.checks.iter().any(|check| check.state == State::Paid);
    if !others_paid || order.checks[place].has_to_give_back()? {
        return Err(Refusal::OrderIsEmpty.because("Nothing stands on this check; void the order instead.").into());
    }
    let stamp = &by.stamp;
    let version = bump(&mut order);
    let check = &mut order.checks[place];
    check.state = next_state(check.state, Act::Void)?;
    (check.closed_date, check.version) = (Some(stamp.date), version);
    save::totals(tx, check, Some(stamp.at.get()))?;
    if order.checks.iter().all(|check| check.state != State::Open) {
        close(tx, stamp, &mut order, Act::Settle)?;
        reports::ops::sale(tx, &sale(tx, stamp, &order, place, true, false)?)?;
    } else {
        release_rounding(tx, stamp, &order.checks[place])?;
    }
    save::order(tx, &order)?;
    let told = facts::parted(&order.checks, version, None);
    journal::ops::append(tx, stamp, Fact::ChecksJoined, order.id.get(), version, &told)?;
    Ok(order)
}

/// What coins made of money that was given back in them, of a check that ends without a sale: no sale will tell it.
fn release_rounding(tx: &Tx<'_>, stamp: &Stamp, check: &Check) -> Result<()> {
    let rounding = check.rounding()?;
    if rounding.is_zero() {
        return Ok(());
    }
    reports::ops::released(tx, &books::Released { date: stamp.date, rounding, excess: Money::ZERO })
}

/// Voids an order on which nothing is paid: every line goes, the kitchen is told, countdowns get back
/// what was not cooked.
pub fn void(tx: &Tx<'_>, by: &By, id: OrderId, seen: &IfMatch, why: Why) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let mut approved_by = None;
    if order.lines().any(|line| line.is_sent() && !line.voided) || order.checks.iter().any(|check| check.bills > 0) {
        let size = Money::sum(order.lines().filter(|line| !line.voided).map(|line| line.amounts.list))?;
        approved_by = by.require(tx, Permission::VoidOrder, Size::Amount(size))?;
    }
    order.must_match(seen, Scope::Order)?;
    let why = Why { approved_by, ..why.resolve(tx, ReasonUse::Void)? };
    if !why.is_given() {
        return Err(Refusal::ReasonNeeded.into());
    }
    for check in &order.checks {
        if !check.unresolved()?.is_zero() {
            return Err(Refusal::PaymentUnresolved.into());
        }
        if check.state == State::Paid || check.has_to_give_back()? {
            return Err(Refusal::AlreadyPaid.into());
        }
    }
    let version = bump(&mut order);
    let mut cancelled = Vec::new();
    let mut amount = Money::ZERO;
    for place in 0..order.checks.len() {
        for at in 0..order.checks[place].lines.len() {
            if order.checks[place].lines[at].voided {
                continue;
            }
            let line = super::lines::take_off(tx, by, &mut order, place, at, version, &why, false)?;
            let line = order.checks[place].line(line);
            amount = amount.plus(line.map_or(Money::ZERO, |l| l.amounts.list))?;
            cancelled.extend(line.filter(|l| l.is_sent()).map(|l| l.id));
        }
        save::check(tx, &mut order, place)?;
        let check = &mut order.checks[place];
        check.state = next_state(check.state, Act::Void)?;
        (check.closed_date, check.version) = (Some(by.stamp.date), version);
        save::totals(tx, check, Some(by.stamp.at.get()))?;
        release_rounding(tx, &by.stamp, check)?;
    }
    if !cancelled.is_empty() {
        super::send::cancel(tx, by, &order, &cancelled)?;
    }
    close(tx, &by.stamp, &mut order, Act::Void)?;
    save::order(tx, &order)?;
    journal::ops::append(tx, &by.stamp, Fact::OrderVoided, id.get(), version, &facts::order_voided(&why, amount))?;
    load::order(tx, id)
}
