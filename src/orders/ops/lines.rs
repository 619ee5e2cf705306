//! Lines: added, edited while the kitchen does not have them, voided, given away.

use super::{By, Why, bump, open_order};
use crate::approvals::model::Size;
use crate::error::{Faults, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{CheckId, LineId, OptionId, OrderId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Permission;
use crate::kernel::quantity::{Measure, Quantity};
use crate::kernel::service::Service;
use crate::menu::{self, model::Sellable};
use crate::orders::model::{Amounts, Check, Comp, CountsAs, IfMatch, Line, Modifier, Order, Scope, SoldBy};
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
    pub modifiers: Vec<(OptionId, i64)>,
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
    place: usize,
    lines: Vec<NewLine>,
    menu_version: Option<i64>,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    if let Some(seen) = menu_version {
        menu_is(tx, seen, &lines)?;
    }
    let first = load::next_line_id(tx)?;
    let counted = menu::ops::anything_counted(tx)?;
    let mut faults = Faults::new();
    for (at, (new, id)) in lines.into_iter().zip(first..).enumerate() {
        let Some(sellable) = menu::ops::sellable(tx, new.variant)? else {
            let detail = format!("Nothing with the id {} is on the menu.", new.variant);
            faults.push(format!("/lines/{at}/variant_id"), Invalid::new("unknown", detail));
            continue;
        };
        let line = snapshot(tx, by, order.version, LineId::new(id), new, at, &sellable, counted, &mut faults)?;
        order.checks[place].lines.extend(line);
    }
    faults.finish()
}

/// Refuses a menu that has changed since the terminal loaded it, telling the prices of now.
fn menu_is(db: &impl Read, seen: i64, lines: &[NewLine]) -> Result<()> {
    let version = menu::ops::version(db)?;
    if version == seen {
        return Ok(());
    }
    let mut prices = Vec::with_capacity(lines.len());
    for line in lines {
        prices.push((line.variant, menu::ops::sellable(db, line.variant)?.and_then(|s| s.price)));
    }
    let prices = facts::prices(&prices).to_string().into_boxed_str();
    let refused = Refusal::PriceChanged.because(format!("The menu is at version {version}, not {seen}."));
    Err(refused.with("menu_version", version).with("prices", crate::error::Extra::Json(prices)).into())
}

/// The line at place `at` of those asked for: what it takes from the menu as it stands, reserved where
/// something on the menu is `counted`. `None` where it, or one before it, is at fault: nothing of the call
/// will stand, so that nothing is reserved.
#[expect(clippy::too_many_arguments, reason = "the whole of one line; a struct would be built for two callers")]
pub(super) fn snapshot(
    tx: &Tx<'_>,
    by: &By,
    version: i64,
    id: LineId,
    new: NewLine,
    at: usize,
    sellable: &Sellable,
    counted: bool,
    faults: &mut Faults,
) -> Result<Option<Line>> {
    let unit_price = match (sellable.price, new.unit_price) {
        (_, Some(price)) if new.imported => Ok(price),
        (Some(price), None) | (None, Some(price)) => Ok(price),
        (Some(_), Some(_)) => Err(("not_open_price", format!("{} has a price of its own.", sellable.name))),
        (None, None) => Err(("required", format!("Say what {} costs.", sellable.name))),
    };
    let unit_price = match unit_price {
        Ok(price) => price,
        Err((code, detail)) => {
            faults.push(format!("/lines/{at}/unit_price"), Invalid::new(code, detail));
            Money::ZERO
        }
    };
    if sellable.counts_as != CountsAs::Sale && unit_price.is_zero() && faults.is_empty() {
        // It is worth what is paid for it.
        let why = format!("{} costs something.", sellable.name);
        faults.push(format!("/lines/{at}/unit_price"), Invalid::range(why));
    }
    let measure = match (sellable.sold_by, new.measure) {
        (SoldBy::Kg, None) => Some(Invalid::new("required", format!("{} is weighed.", sellable.name))),
        (SoldBy::Each, Some(_)) => Some(Invalid::new("not_weighed", format!("{} is not weighed.", sellable.name))),
        (SoldBy::Kg, Some(_)) | (SoldBy::Each, None) => None,
    };
    if let Some(invalid) = measure {
        faults.push(format!("/lines/{at}/measure"), invalid);
    }
    let modifiers = modifiers(sellable, &new.modifiers, new.imported, faults, |field| format!("/lines/{at}/{field}"));
    if !faults.is_empty() {
        return Ok(None);
    }
    let reserved = if new.imported || !counted {
        0
    } else {
        menu::ops::reserve(tx, by.stamp.at, sellable, &new.modifiers, new.quantity.whole())?
    };
    Ok(Some(Line {
        id,
        parent: None,
        split_from: None,
        item: sellable.item,
        variant: sellable.variant,
        category: sellable.category,
        station: sellable.station,
        tax_version: sellable.tax_version,
        name: sellable.name.clone(),
        variant_name: sellable.variant_name.clone(),
        sold_by: sellable.sold_by,
        counts_as: sellable.counts_as,
        discountable: sellable.discountable,
        unit_price,
        modifiers,
        quantity: new.quantity,
        measure: new.measure,
        service: new.service,
        seat: new.seat,
        course: new.course,
        note: new.note,
        hold: new.hold,
        voided: false,
        version,
        reserved,
        added_by: by.stamp.staff,
        added_at: by.stamp.at,
        comp: None,
        kitchen: None,
        sent_as: None,
        amounts: Amounts::default(),
        fresh: true,
    }))
}

/// The options chosen, as they stand, within each group's minimum and maximum; `pointer` to the line's
/// `modifiers`, or to one of them. What is at fault is left out.
fn modifiers(
    sellable: &Sellable,
    chosen: &[(OptionId, i64)],
    imported: bool,
    faults: &mut Faults,
    pointer: impl Fn(&str) -> String,
) -> Vec<Modifier> {
    let mut taken = Vec::with_capacity(chosen.len());
    for (at, (id, quantity)) in chosen.iter().enumerate() {
        let Some(option) = sellable.option(*id) else {
            let why = format!("{} has no option {id}.", sellable.name);
            faults.push(pointer(&format!("modifiers/{at}/option_id")), Invalid::new("unknown", why));
            continue;
        };
        taken.push(Modifier { option: *id, name: option.name.clone(), price: option.price, quantity: *quantity });
    }
    // What an unknown option was meant for nobody knows: its group is not said to lack one.
    let all_known = taken.len() == chosen.len();
    for group in sellable.groups.iter().filter(|_| all_known && !imported) {
        let of_group = |m: &&Modifier| group.options.iter().any(|option| option.id == m.option);
        let count: i64 = taken.iter().filter(of_group).map(|m| m.quantity).sum();
        if count < group.min || count > group.max {
            let (min, max) = (group.min, group.max);
            let why = format!("{} takes {min} to {max} of {}; {count} were chosen.", sellable.name, group.name);
            faults.push(pointer("modifiers"), Invalid::new("out_of_range", why));
        }
    }
    taken
}

/// What an edit says; what it leaves out stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub quantity: Option<Quantity>,
    pub modifiers: Option<Vec<(OptionId, i64)>>,
    pub note: Option<Option<String>>,
    pub seat: Option<Option<i64>>,
    pub course: Option<Option<i64>>,
}

impl Edit {
    /// Whether the kitchen would have to know.
    fn is_kitchens(&self) -> bool {
        self.quantity.is_some() || self.modifiers.is_some() || self.note.is_some()
    }
}

pub(super) const BILLED: &str = "This check was billed: void what goes, with a reason, and add what comes instead.";

/// Edits a line: quantity, modifiers and note while it is unsent, seat and course always. Once its check
/// was billed a line only grows: what goes is voided.
pub fn edit(tx: &Tx<'_>, by: &By, id: OrderId, line: LineId, seen: &IfMatch, edit: Edit) -> Result<Order> {
    let mut order = open_order(tx, id, Some((seen, Scope::Line(line))))?;
    let (place, at) = find(&order, line)?;
    let version = bump(&mut order);
    let (billed, rounding) = (order.checks[place].bills > 0, order.checks[place].rules.rounding);
    let of = &mut order.checks[place].lines[at];
    must_stand(of)?;
    if edit.is_kitchens() && of.is_sent() {
        return Err(Refusal::AlreadySent.into());
    }
    if edit.quantity.is_some() || edit.modifiers.is_some() {
        let (quantity, amount) = (of.quantity, of.list_amount(rounding)?);
        requantify(tx, by, of, edit.quantity.unwrap_or(quantity), edit.modifiers)?;
        if billed && (of.quantity < quantity || of.list_amount(rounding)? < amount) {
            // Else the guest pays what the bill said, and the till less.
            return Err(Refusal::ReasonNeeded.because(BILLED).into());
        }
    }
    let was = (of.seat, of.course);
    of.note = edit.note.unwrap_or(of.note.take());
    of.seat = edit.seat.unwrap_or(of.seat);
    of.course = edit.course.unwrap_or(of.course);
    of.version = version;
    save::line(tx, of)?;
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let payload = facts::lines(&order.checks[place], |l| l.id == line);
    journal::ops::append(tx, &by.stamp, Fact::LineChanged, id.get(), version, &payload)?;
    super::send::changed(tx, by, &order, &order.checks[place].lines[at], was)?;
    Ok(order)
}

/// Gives back what the line reserved and reserves what it is now.
fn requantify(
    tx: &Tx<'_>,
    by: &By,
    line: &mut Line,
    quantity: Quantity,
    chosen: Option<Vec<(OptionId, i64)>>,
) -> Result<()> {
    if chosen.is_none() && quantity <= line.quantity {
        // Fewer of the same: nothing new is asked of a dish that may be sold out by now.
        release(tx, by, line, line.quantity.whole() - quantity.whole())?;
        line.quantity = quantity;
        return Ok(());
    }
    let gone = || Refused::input("/modifiers", Invalid::new("unknown", "It is no longer on the menu."));
    let sellable = menu::ops::sellable(tx, line.variant)?;
    release(tx, by, line, line.quantity.whole())?;
    if let Some(chosen) = chosen {
        let mut faults = Faults::new();
        let on_menu = sellable.as_ref().ok_or_else(gone)?;
        line.modifiers = modifiers(on_menu, &chosen, false, &mut faults, |field| format!("/{field}"));
        faults.finish()?;
        tx.run(&crate::orders::sql::lines::MODIFIERS_CLEAR, (line.id,))?;
        for m in &line.modifiers {
            let values = (line.id, m.option, &m.name, m.price, m.quantity);
            tx.run(&crate::orders::sql::lines::MODIFIER_INSERT, values)?;
        }
    }
    line.quantity = quantity;
    if let Some(sellable) = sellable {
        line.reserved = menu::ops::reserve(tx, by.stamp.at, &sellable, &options_of(line), quantity.whole())?;
    }
    Ok(())
}

fn options_of(line: &Line) -> Vec<(OptionId, i64)> {
    line.modifiers.iter().map(|m| (m.option, m.quantity)).collect()
}

/// Gives `count` portions back to the countdowns they were taken from.
fn release(tx: &Tx<'_>, by: &By, line: &mut Line, count: i64) -> Result<()> {
    if line.reserved == 0 {
        return Ok(());
    }
    let back = count.min(line.reserved);
    line.reserved -= back;
    menu::ops::release(tx, by.stamp.at, line.variant, line.item, &options_of(line), back)
}

/// The places of a line's check, which is open, and of the line in it.
pub(super) fn find(order: &Order, line: LineId) -> Result<(usize, usize)> {
    let none = || Refusal::NotFound.because(format!("There is no line {line} on this order."));
    let (place, at) = order.line_place(line).ok_or_else(none)?;
    order.checks[place].must_be_open()?;
    Ok((place, at))
}

pub(super) fn must_stand(line: &Line) -> Result<()> {
    if line.voided { Err(Refusal::LineClosed.because("This line is voided.").into()) } else { Ok(()) }
}

/// Splits `quantity` off a line into a new one behind it, which it answers the place of; the whole
/// line where that is all of it.
fn split(
    tx: &Tx<'_>,
    order: &mut Order,
    place: usize,
    at: usize,
    quantity: Option<Quantity>,
    version: i64,
) -> Result<usize> {
    let whole = order.checks[place].lines[at].quantity;
    let Some(part) = quantity.filter(|part| *part != whole) else { return Ok(at) };
    let rest = whole.less(part).ok_or_else(|| {
        let why = format!("This line has {} of it.", whole.whole());
        Refused::input("/quantity", Invalid::range(why))
    })?;
    let id = LineId::new(load::next_line_id(tx)?);
    let check = &mut order.checks[place];
    let of = &mut check.lines[at];
    let mut split = of.clone();
    (of.quantity, of.version) = (rest, version);
    let reserved = of.reserved.min(part.whole());
    of.reserved -= reserved;
    save::line(tx, of)?;
    (split.id, split.quantity, split.version, split.fresh) = (id, part, version, true);
    split.reserved = reserved;
    split.split_from = Some(of.split_from.unwrap_or(of.id));
    // What the kitchen has not heard of yet it hears of apart: the part may go with another course.
    split.sent_as = of.is_sent().then(|| of.origin());
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
    let (place, at) = find(&order, line)?;
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
    let at = split(tx, &mut order, place, at, void.quantity, version)?;
    let voided = take_off(tx, by, &mut order, place, at, version, &why, void.wasted)?;
    if sent {
        super::send::cancel(tx, by, &order, &[voided])?;
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
    let mut part = check.lines[at].clone();
    part.quantity = quantity.unwrap_or(part.quantity);
    Ok(part.list_amount(check.rules.rounding)?)
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
    let line = &mut order.checks[place].lines[at];
    if !line.is_sent() {
        let all = line.quantity.whole();
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
    let (place, at) = find(&order, line)?;
    let given = order.lines().filter(|line| line.comp.is_some() && !line.voided).map(|line| line.amounts.comp);
    let size = Money::sum(given)?.plus(part_amount(&order.checks[place], at, quantity)?)?;
    let approved_by = by.require(tx, Permission::Comp, Size::Amount(size))?;
    order.must_match(seen, Scope::Line(line))?;
    must_stand(&order.checks[place].lines[at])?;
    if order.checks[place].lines[at].comp.is_some() {
        return Err(Refusal::LineClosed.because("This line is given away already.").into());
    }
    if !order.checks[place].lines[at].is_sale() {
        return Err(Refusal::NotASale.into());
    }
    let why = why.resolve(tx, ReasonUse::Comp)?;
    let version = bump(&mut order);
    let at = split(tx, &mut order, place, at, quantity, version)?;
    let of = &mut order.checks[place].lines[at];
    let (staff, at) = (by.stamp.staff, by.stamp.at);
    of.comp = Some(Comp { reason: why.reason, reason_id: why.reason_id, by: staff, approved_by, at });
    of.version = version;
    if !of.fresh {
        save::line(tx, of)?;
    }
    let of = of.id;
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let check = &order.checks[place];
    let told = check.line(of).map(|l| facts::comped(check, l));
    journal::ops::append(tx, &by.stamp, Fact::LineComped, id.get(), version, &told)?;
    Ok(order)
}

/// Takes a comp back.
pub fn uncomp(tx: &Tx<'_>, by: &By, id: OrderId, line: LineId, seen: &IfMatch) -> Result<Order> {
    let mut order = open_order(tx, id, None)?;
    let (place, at) = find(&order, line)?;
    let size = Size::Amount(order.checks[place].lines[at].amounts.comp);
    let approved_by = by.require(tx, Permission::Comp, size)?;
    order.must_match(seen, Scope::Line(line))?;
    let version = bump(&mut order);
    let of = &mut order.checks[place].lines[at];
    must_stand(of)?;
    if of.comp.take().is_none() {
        return Err(Refusal::NotFound.because("This line is not given away.").into());
    }
    of.version = version;
    save::line(tx, of)?;
    order.checks[place].version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    journal::ops::append(tx, &by.stamp, Fact::CompRemoved, id.get(), version, &facts::uncomped(line, approved_by))?;
    Ok(order)
}
