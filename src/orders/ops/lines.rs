//! Lines: added, edited while the kitchen does not have them, voided, given away.

use super::adding::{Adding, Place, options_of};
use super::combos;
use super::{By, Why, bump, dish, open_order, step};
use crate::approvals::model::Size;
use crate::error::{Faults, Refusal, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{CheckId, LineId, OrderId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::service::Service;
use crate::menu::{
    self,
    model::{Chosen, ChosenPart, option_prices},
};
use crate::orders::facts::PriceNow;
use crate::orders::model::parts::{Cut, Turn};
use crate::orders::model::{Amounts, Check, Comp, IfMatch, Line, Order, Scope};
use crate::orders::{facts, load, save};
use crate::reports;
use crate::settings::model::ReasonUse;
use crate::store::{Read, Tx};

/// A line as it is asked for.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub variant: VariantId,
    pub quantity: Quantity,
    pub measure: Option<Measure>,
    /// For what has an open price; an import says it always.
    pub unit_price: Option<Money>,
    pub service: Option<Service>,
    pub seat: Option<i64>,
    pub course: Option<i64>,
    pub note: Option<String>,
    pub hold: bool,
    pub modifiers: Vec<Chosen>,
    /// Of a combo: what was chosen of its parts.
    pub components: Vec<ChosenPart>,
    /// The price is the past's, not the menu's.
    pub imported: bool,
}

/// Adds lines to a check. Adding commutes with what others do, so that no version is asked for.
pub fn add(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    check: Option<CheckId>,
    lines: Vec<NewLine>,
    menu_version: Option<i64>,
) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let place = order.check_place(check)?;
    order.checks[place].must_be_open()?;
    let version = bump(&mut order);
    let before = order.checks[place].lines.len();
    lay(tx, by, &mut order, place, lines, menu_version)?;
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let first = order.checks[place].lines[before..].first().map_or(i64::MAX, |line| line.id.get());
    let payload = facts::lines(&order.checks[place], |line| line.id.get() >= first);
    journal::ops::append(tx, &by.stamp, Fact::LinesAdded, id.get(), version, &payload)?;
    Ok(order)
}

/// Puts new lines on a check in memory: snapshots of the menu as it stands, countdowns reserved.
pub(super) fn lay(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    check: usize,
    lines: Vec<NewLine>,
    menu_version: Option<i64>,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    if let Some(seen) = menu_version {
        menu_is(tx, by, order.service, seen, &lines)?;
    }
    let mut next = load::next_line_id(tx)?;
    let mut ids = std::iter::from_fn(|| {
        next += 1;
        Some(LineId::new(next - 1))
    });
    let counted = menu::ops::anything_counted(tx)?;
    let now = menu::ops::now(tx, &by.stamp.calendar.zone, by.stamp.at)?;
    let adding = Adding { tx, by, version: order.version, service: order.service, counted, now };
    let mut faults = Faults::new();
    for (at, mut new) in lines.into_iter().enumerate() {
        let place = Place::line(at);
        let Some(sellable) = menu::ops::sellable(tx, new.variant)? else {
            let detail = format!("Nothing with the id {} is on the menu.", new.variant);
            faults.push(place.pointer("variant_id"), Invalid::new("unknown", detail));
            continue;
        };
        let laid = &mut order.checks[check].lines;
        if sellable.is_combo() {
            laid.extend(combos::lay(&adding, &mut ids, new, at, &sellable, &mut faults)?);
            continue;
        }
        if !std::mem::take(&mut new.components).is_empty() {
            let why = format!("{} has no components.", sellable.name);
            faults.push(place.pointer("components"), Invalid::new("unknown", why));
        }
        if let Some(id) = ids.next() {
            laid.extend(adding.line(id, new, place, &sellable, None, &mut faults)?);
        }
    }
    faults.finish()
}

/// Refuses a menu that has changed since the terminal loaded it, telling the prices of now.
fn menu_is(db: &impl Read, by: &By, service: Service, seen: i64, lines: &[NewLine]) -> Result<()> {
    let (zone, at) = (&by.stamp.calendar.zone, by.stamp.at);
    let version = menu::ops::version_at(db, zone, at)?;
    if version == seen {
        return Ok(());
    }
    let now = menu::ops::now(db, zone, at)?;
    let mut prices = Vec::with_capacity(lines.len());
    for line in lines {
        let sellable = menu::ops::sellable(db, line.variant)?;
        let price = match (&sellable, &now) {
            (Some(sellable), Some(now)) => now.price(sellable, line.service.unwrap_or(service))?,
            (sellable, _) => sellable.as_ref().and_then(|s| s.price),
        };
        let groups = sellable.as_ref().map_or(&[][..], |sellable| &sellable.groups);
        prices.push(PriceNow { variant: line.variant, price, options: option_prices(groups, &line.modifiers) });
    }
    let prices = facts::prices(&prices).to_string().into_boxed_str();
    let refused = Refusal::PriceChanged.because(format!("The menu is at version {version}, not {seen}."));
    Err(refused.with("menu_version", version).with("prices", crate::error::Extra::Json(prices)).into())
}

/// Gives `count` portions back to the countdowns they were taken from.
pub(super) fn release(tx: &Tx<'_>, by: &By, line: &mut Line, count: i64) -> Result<()> {
    if line.reserved == 0 {
        return Ok(());
    }
    let back = count.min(line.reserved);
    line.reserved -= back;
    menu::ops::release(tx, by.stamp.at, line.variant, line.item, &options_of(line), back)
}

/// The places of a line's check, which is open, and of the line in it.
pub(super) fn find(order: &Order, line: LineId, seen: &IfMatch) -> Result<(usize, usize)> {
    let none = || Refusal::NotFound.because(format!("There is no line {line} on this order."));
    let (place, at) = order.line_place(line).ok_or_else(|| order.not_there(seen, none()))?;
    order.checks[place].must_be_open()?;
    Ok((place, at))
}

pub(super) fn must_stand(line: &Line) -> Result<()> {
    if line.voided { Err(Refusal::LineClosed.because("This line is voided.").into()) } else { Ok(()) }
}

/// Splits `quantity` off a line into a new one behind it, which it answers the place of; the whole
/// line where that is all of it. A share of a dish has no number of its own.
pub(super) fn split(
    tx: &Tx<'_>,
    order: &mut Order,
    place: usize,
    at: usize,
    quantity: Option<Quantity>,
    version: i64,
) -> Result<usize> {
    let whole = order.checks[place].lines[at].quantity;
    let Some(part) = quantity.filter(|part| *part != whole) else { return Ok(at) };
    let id = combos::next_line_id(tx, order)?;
    let check = &mut order.checks[place];
    let of = &mut check.lines[at];
    let cut = of.cut(Cut::Quantity(part), &mut Turn::default(), check.rules.rounding);
    let mut parts = cut.map_err(|why| step::uncut(why, "/quantity"))?;
    of.version = version;
    save::line(tx, of)?;
    save::parts::shape(tx, of)?;
    let mut split = parts.swap_remove(0);
    (split.id, split.version) = (id, version);
    check.lines.push(split);
    Ok(check.lines.len() - 1)
}

/// What is voided of a line.
#[derive(Debug, Clone)]
pub struct Void {
    /// `None`: all of it.
    pub quantity: Option<Quantity>,
    pub why: Why,
    /// Cooked and thrown away, rather than back on the shelf.
    pub wasted: bool,
}

/// Takes a line, or a part of it, off: unsent without a word; sent or billed with a reason and by
/// somebody who may.
pub fn void(tx: &Tx<'_>, by: &By, id: OrderId, line: LineId, seen: &IfMatch, void: Void) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let (place, at) = find(&order, line, seen)?;
    combos::must_be_whole(&order.checks[place].lines[at])?;
    let sent = order.checks[place].lines[at].is_sent();
    let answered_for = sent || order.checks[place].bills > 0;
    let mut approved_by = None;
    if answered_for {
        approved_by = by.require(tx, Permission::VoidSent, voided_with(&order, place, at, void.quantity)?)?;
    }
    order.must_match(seen, Scope::Line(line))?;
    must_stand(&order.checks[place].lines[at])?;
    let why = Why { approved_by, ..void.why.resolve(tx, ReasonUse::Void)? };
    if answered_for && !why.is_given() {
        return Err(Refusal::ReasonNeeded.into());
    }
    let version = bump(&mut order);
    let mut voided = Vec::new();
    for at in combos::split(tx, &mut order, place, at, void.quantity, version)? {
        voided.push(take_off(tx, by, &mut order, place, at, version, &why, void.wasted)?);
    }
    if sent {
        super::send::cancel(tx, by, &order, &voided)?;
    }
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    load::order(tx, id)
}

/// What was voided of the order after it was sent or billed, once this much of a line is too: several
/// small voids are no way around a limit.
fn voided_with(order: &Order, place: usize, at: usize, quantity: Option<Quantity>) -> Result<Size> {
    let mut all = part_amount(&order.checks[place], at, quantity)?;
    for check in &order.checks {
        for line in check.lines.iter().filter(|line| line.voided && (line.is_sent() || check.bills > 0)) {
            all = all.plus(line.amounts.list)?;
        }
    }
    Ok(Size::Amount(all))
}

/// What `quantity` of a line, or all of it, costs by the menu.
fn part_amount(check: &Check, at: usize, quantity: Option<Quantity>) -> Result<Money> {
    let mut sum = Money::ZERO;
    for at in combos::bearing(check, at) {
        let mut part = check.lines[at].clone();
        part.quantity = quantity.unwrap_or(part.quantity);
        sum = sum.plus(part.list_amount(check.rules.rounding)?)?;
    }
    Ok(sum)
}

/// Marks one line voided and tells journal and reports. Answers its id.
#[expect(clippy::too_many_arguments, reason = "the whole of one act; a struct would be built for one caller")]
pub(super) fn take_off(
    tx: &Tx<'_>,
    by: &By,
    order: &mut Order,
    place: usize,
    at: usize,
    version: i64,
    why: &Why,
    wasted: bool,
) -> Result<LineId> {
    let id = order.id;
    let (check, rules) = (order.checks[place].id, order.checks[place].rules);
    dish::count_with_another(tx, by, order, place, at)?;
    let line = &mut order.checks[place].lines[at];
    if !line.is_sent() {
        let all = line.counted_whole();
        release(tx, by, line, all)?;
    }
    let amount = line.list_amount(rules.rounding)?;
    (line.voided, line.version, line.comp) = (true, version, None);
    line.amounts = Amounts { list: amount, ..Amounts::default() };
    save::line_whole(tx, id, check, line)?;
    journal::ops::append(tx, &by.stamp, Fact::LineVoided, id.get(), version, &facts::voided(line, why, wasted))?;
    reports::ops::voided(tx, &super::adjust::void_of(&by.stamp, id, line, why, wasted))?;
    Ok(line.id)
}

/// Gives a line, or a part of it, away. It stays on the check and in the reports.
pub fn comp(
    tx: &Tx<'_>,
    by: &By,
    id: OrderId,
    line: LineId,
    seen: &IfMatch,
    quantity: Option<Quantity>,
    why: Why,
) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let (place, at) = find(&order, line, seen)?;
    combos::must_be_whole(&order.checks[place].lines[at])?;
    let given = order.lines().filter(|line| line.comp.is_some() && !line.voided).map(|line| line.amounts.comp);
    let size = Money::sum(given)?.plus(part_amount(&order.checks[place], at, quantity)?)?;
    let approved_by = by.require(tx, Permission::Comp, Size::Amount(size))?;
    order.must_match(seen, Scope::Line(line))?;
    must_stand(&order.checks[place].lines[at])?;
    if combos::bearing(&order.checks[place], at).iter().any(|at| order.checks[place].lines[*at].comp.is_some()) {
        return Err(Refusal::LineClosed.because("This line is given away already.").into());
    }
    if !order.checks[place].lines[at].is_sale() {
        return Err(Refusal::NotASale.into());
    }
    let why = why.resolve(tx, ReasonUse::Comp)?;
    let version = bump(&mut order);
    let members = combos::split(tx, &mut order, place, at, quantity, version)?;
    let (staff, at) = (by.stamp.staff, by.stamp.at);
    let comp = Comp { reason: why.reason, reason_id: why.reason_id, by: staff, approved_by, at };
    let mut given = Vec::with_capacity(members.len());
    for at in members {
        let of = &mut order.checks[place].lines[at];
        // The head of a combo bears nothing that could be given away.
        of.comp = (!of.combo).then(|| comp.clone());
        of.version = version;
        if !of.fresh {
            save::line(tx, of)?;
        }
        given.push(of.id);
    }
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let check = &order.checks[place];
    for told in check.lines.iter().filter(|line| given.contains(&line.id) && !line.combo) {
        let told = facts::comped(check, told);
        journal::ops::append(tx, &by.stamp, Fact::LineComped, id.get(), version, &told)?;
    }
    Ok(order)
}

/// Takes a comp back.
pub fn uncomp(tx: &Tx<'_>, by: &By, id: OrderId, line: LineId, seen: &IfMatch) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let (place, at) = find(&order, line, seen)?;
    combos::must_be_whole(&order.checks[place].lines[at])?;
    let bearing = combos::bearing(&order.checks[place], at);
    let given = Money::sum(bearing.iter().map(|at| order.checks[place].lines[*at].amounts.comp))?;
    let approved_by = by.require(tx, Permission::Comp, Size::Amount(given))?;
    order.must_match(seen, Scope::Line(line))?;
    must_stand(&order.checks[place].lines[at])?;
    let version = bump(&mut order);
    for at in bearing {
        let of = &mut order.checks[place].lines[at];
        if of.comp.take().is_none() {
            return Err(Refusal::NotFound.because("This line is not given away.").into());
        }
        of.version = version;
        save::line(tx, of)?;
    }
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    journal::ops::append(tx, &by.stamp, Fact::CompRemoved, id.get(), version, &facts::uncomped(line, approved_by))?;
    Ok(order)
}
