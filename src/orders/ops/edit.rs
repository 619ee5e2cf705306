//! Lines edited while the kitchen does not have them.

use super::adding::{modifiers, options_of};
use super::combos;
use super::lines::{find, must_stand, release};
use super::{By, bump, open_order};
use crate::error::{Extra, Faults, Refusal, Refused, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{LineId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::kernel::service::Service;
use crate::menu::{
    self,
    model::{Chosen, Sellable},
};
use crate::orders::facts::PriceNow;
use crate::orders::model::{Check, IfMatch, Line, Order, Scope};
use crate::orders::{facts, save};
use crate::store::Tx;

/// What an edit says; what it leaves out stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub quantity: Option<Quantity>,
    pub modifiers: Option<Vec<Chosen>>,
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
pub fn edit(tx: &Tx<'_>, by: &By, id: OrderId, line: LineId, seen: &IfMatch, edit: &Edit) -> Result<Order> {
    let mut order = open_order(tx, id, Some((seen, Scope::Line(line))))?;
    let (place, at) = find(&order, line, seen)?;
    let version = bump(&mut order);
    let service = order.service;
    let check = &mut order.checks[place];
    let (billed, rounding) = (check.bills > 0, check.rules.rounding);
    let members = combos::members(check, at);
    if check.lines[at].parent.is_some() && edit.quantity.is_some() {
        return Err(combos::not_alone(&check.lines[at]).into());
    }
    must_stand(&check.lines[at])?;
    if edit.is_kitchens() && check.lines[at].is_sent() {
        return Err(Refusal::AlreadySent.into());
    }
    if edit.modifiers.is_some() || edit.quantity.is_some_and(|quantity| quantity > check.lines[at].quantity) {
        may_grow(tx, by, check, at, edit.quantity, service)?;
    }
    let was: Vec<_> = members.iter().map(|at| (*at, (check.lines[*at].seat, check.lines[*at].course))).collect();
    for member in members {
        let of = &mut check.lines[member];
        // A combo's own options are its parts', each chosen there.
        let chosen = edit.modifiers.clone().filter(|_| member == at);
        if edit.quantity.is_some() || chosen.is_some() {
            if of.share.is_some() {
                return Err(Refusal::LineClosed
                    .because("This is a share of a dish; put its shares together first.")
                    .into());
            }
            let (quantity, amount) = (of.quantity, of.list_amount(rounding)?);
            requantify(tx, by, of, edit.quantity.unwrap_or(quantity), chosen)?;
            if !of.list_carry.is_zero() {
                of.list_carry = Money::ZERO;
                save::parts::shape(tx, of)?;
            }
            if billed && (of.quantity < quantity || of.list_amount(rounding)? < amount) {
                // Else the guest pays what the bill said, and the till less.
                return Err(Refusal::ReasonNeeded.because(BILLED).into());
            }
        }
        of.note = edit.note.clone().unwrap_or(of.note.take());
        of.seat = edit.seat.unwrap_or(of.seat);
        of.course = edit.course.unwrap_or(of.course);
        of.version = version;
        save::line(tx, of)?;
    }
    if let Some(head) = combos::head_of(check, at) {
        // Whoever takes the whole combo off has to have seen what it is now.
        head.version = version;
        save::line(tx, head)?;
    }
    check.version = version;
    save::check(tx, &mut order, place)?;
    save::version(tx, &order)?;
    let payload = facts::lines(&order.checks[place], |l| l.id == line || l.parent == Some(line));
    journal::ops::append(tx, &by.stamp, Fact::LineChanged, id.get(), version, &payload)?;
    for (at, was) in was {
        super::send::changed(tx, by, &order, &order.checks[place].lines[at], was)?;
    }
    Ok(order)
}

/// Whether more of a line, or other options, may stand on it unasked: what was given away or cheapened was so as it
/// was, and what costs another price by now, or is not sold any more, is a line of its own.
fn may_grow(tx: &Tx<'_>, by: &By, check: &Check, at: usize, to: Option<Quantity>, service: Service) -> Result<()> {
    let line = &check.lines[at];
    if combos::bearing(check, at).iter().any(|at| check.lines[*at].comp.is_some()) {
        return Err(Refusal::LineClosed
            .because("This line is given away; what comes on top is a line of its own.")
            .into());
    }
    if to.is_none_or(|to| to <= line.quantity) {
        return Ok(());
    }
    let Some(sellable) = menu::ops::sellable(tx, line.variant)? else {
        return Err(Refused::input("/quantity", off_the_menu()).into());
    };
    let (zone, moment) = (&by.stamp.calendar.zone, by.stamp.at);
    let price = match menu::ops::now(tx, zone, moment)? {
        Some(now) => {
            let service = line.service.unwrap_or(service);
            now.must_be_sold(&sellable, service, zone, moment)?;
            now.price(&sellable, service)?
        }
        None => sellable.price,
    };
    match price.filter(|price| line.parent.is_none() && *price != line.unit_price) {
        Some(price) => {
            let now = PriceNow { variant: line.variant, price: Some(price), options: Vec::new() };
            let prices = facts::prices(&[now]).to_string().into_boxed_str();
            let why = format!("Another {} does not cost what these do: add a line for it.", line.name);
            let version = menu::ops::version_at(tx, zone, moment)?;
            let refused = Refusal::PriceChanged.because(why).with("menu_version", version);
            Err(refused.with("prices", Extra::Json(prices)).into())
        }
        None => Ok(()),
    }
}

fn off_the_menu() -> Invalid {
    Invalid::new("unknown", "It is no longer on the menu.")
}

/// Makes a line more or less, or another: of what is counted down the difference alone is taken or given back, so
/// that what stood there already is not asked of a dish that may be sold out by now.
fn requantify(tx: &Tx<'_>, by: &By, line: &mut Line, quantity: Quantity, chosen: Option<Vec<Chosen>>) -> Result<()> {
    let (was, is) = (line.quantity.whole(), quantity.whole());
    if is < was {
        release(tx, by, line, was - is)?;
    }
    let sellable = menu::ops::sellable(tx, line.variant)?;
    if let Some(chosen) = chosen {
        let on_menu = sellable.as_ref().ok_or_else(|| Refused::input("/modifiers", off_the_menu()))?;
        let before = options_of(line);
        rechoose(tx, line, on_menu, &chosen)?;
        let (from, to) = ((&before[..], line.reserved), (&options_of(line)[..], was.min(is)));
        if menu::ops::rechoose(tx, by.stamp.at, on_menu, from, to)? {
            line.reserved = was.min(is);
        }
    }
    line.quantity = quantity;
    if let Some(sellable) = sellable.filter(|_| is > was) {
        line.reserved += menu::ops::reserve(tx, by.stamp.at, &sellable, &options_of(line), is - was)?;
    }
    Ok(())
}

fn rechoose(tx: &Tx<'_>, line: &mut Line, on_menu: &Sellable, chosen: &[Chosen]) -> Result<()> {
    let mut faults = Faults::new();
    let base = line.parent.and(on_menu.price).unwrap_or(line.unit_price);
    let costs = (line.unit_price, base);
    line.modifiers = modifiers(on_menu, chosen, costs, false, &mut faults, |field| format!("/{field}"));
    faults.finish()?;
    tx.run(&crate::orders::sql::lines::MODIFIERS_CLEAR, (line.id,))?;
    for m in &line.modifiers {
        let values = (line.id, m.option, &m.name, m.price, m.quantity, m.depth);
        tx.run(&crate::orders::sql::lines::MODIFIER_INSERT, values)?;
    }
    Ok(())
}
