//! A line as it is added: what it takes from the menu and the clock as they stand, and from then on keeps.

use super::By;
use super::combos::PartOf;
use super::lines::NewLine;
use crate::error::{Faults, Result};
use crate::kernel::ids::{LineId, OptionId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::service::Service;
use crate::menu::{
    self,
    model::{Chosen, Sellable},
};
use crate::orders::model::parts::Worth;
use crate::orders::model::{Amounts, CountsAs, Line, Modifier, SoldBy};
use crate::store::Tx;

/// Where a line stands among those asked for, or a part of it; said only where something is at fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    line: usize,
    /// Of a combo's part; the inner `None` of one that nobody spoke of.
    part: Option<Option<usize>>,
}

impl Place {
    pub(super) fn line(line: usize) -> Self {
        Self { line, part: None }
    }

    pub(super) fn part(line: usize, asked: Option<usize>) -> Self {
        Self { line, part: Some(asked) }
    }

    pub(super) fn pointer(self, field: &str) -> String {
        match (self.line, self.part) {
            (line, None) => format!("/lines/{line}/{field}"),
            (line, Some(Some(part))) => format!("/lines/{line}/components/{part}/{field}"),
            (line, Some(None)) => format!("/lines/{line}/components"),
        }
    }
}

/// What is alike for all lines of a call.
pub(super) struct Adding<'a, 'tx> {
    pub tx: &'a Tx<'tx>,
    pub by: &'a By,
    /// The order's.
    pub version: i64,
    /// How it is eaten unless a line says otherwise.
    pub service: Service,
    /// Whether something on the menu is counted down.
    pub counted: bool,
    /// What the clock says, where it says anything.
    pub now: Option<menu::ops::Now>,
}

impl Adding<'_, '_> {
    /// What one costs at this moment, eaten so; refused where it is not sold now.
    pub(super) fn price(&self, sellable: &Sellable, service: Option<Service>) -> Result<Option<Money>> {
        let Some(now) = &self.now else { return Ok(sellable.price) };
        let stamp = &self.by.stamp;
        let service = service.unwrap_or(self.service);
        now.must_be_sold(sellable, service, &stamp.calendar.zone, stamp.at)?;
        now.price(sellable, service)
    }

    /// A line as it is asked for: what it takes from the menu as it stands, reserved where something there is
    /// counted. `None` where it, or one before it, is at fault: nothing of the call will stand, so that
    /// nothing is reserved.
    pub(super) fn line(
        &self,
        id: LineId,
        new: NewLine,
        place: Place,
        sellable: &Sellable,
        part: Option<PartOf>,
        faults: &mut Faults,
    ) -> Result<Option<Line>> {
        // A part is sold when its combo is, at its share of that.
        let price = if part.is_some() { sellable.price } else { self.price(sellable, new.service)? };
        let unit_price = match (part, price, new.unit_price) {
            (Some(part), _, _) => Ok(part.price),
            (None, _, Some(price)) if new.imported => Ok(price),
            (None, Some(price), None) | (None, None, Some(price)) => Ok(price),
            (None, Some(_), Some(_)) => Err(("not_open_price", format!("{} has a price of its own.", sellable.name))),
            (None, None, None) => Err(("required", format!("Say what {} costs.", sellable.name))),
        };
        let unit_price = match unit_price {
            Ok(price) => price,
            Err((code, detail)) => {
                faults.push(place.pointer("unit_price"), Invalid::new(code, detail));
                Money::ZERO
            }
        };
        if sellable.counts_as != CountsAs::Sale && unit_price.is_zero() && faults.is_empty() {
            // It is worth what is paid for it.
            let why = format!("{} costs something.", sellable.name);
            faults.push(place.pointer("unit_price"), Invalid::range(why));
        }
        let measure = match (sellable.sold_by, new.measure) {
            (SoldBy::Kg, None) => Some(Invalid::new("required", format!("{} is weighed.", sellable.name))),
            (SoldBy::Each, Some(_)) => Some(Invalid::new("not_weighed", format!("{} is not weighed.", sellable.name))),
            (SoldBy::Kg, Some(_)) | (SoldBy::Each, None) => None,
        };
        if let Some(invalid) = measure {
            faults.push(place.pointer("measure"), invalid);
        }
        // An option that replaces the price of a part replaces what the dish costs by itself.
        let base = if part.is_some() { sellable.price.unwrap_or_default() } else { unit_price };
        let modifiers =
            modifiers(sellable, &new.modifiers, (unit_price, base), new.imported, faults, |field| place.pointer(field));
        if !faults.is_empty() {
            return Ok(None);
        }
        let mut line = Line {
            id,
            parent: part.map(|part| part.head),
            combo: false,
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
            version: self.version,
            reserved: 0,
            added_by: self.by.stamp.staff,
            added_at: self.by.stamp.at,
            comp: None,
            kitchen: None,
            sent_as: None,
            amounts: Amounts::default(),
            share: None,
            counted: true,
            list_carry: Money::ZERO,
            worth: Worth::default(),
            fresh: true,
            stands: None,
        };
        if self.counted && !new.imported {
            let (at, options) = (self.by.stamp.at, options_of(&line));
            line.reserved = menu::ops::reserve(self.tx, at, sellable, &options, line.quantity.whole())?;
        }
        Ok(Some(line))
    }
}

/// The options chosen, as they stand; `pointer` into the line. What is at fault is left out. `costs` is what
/// one of the line costs, and what an option that replaces the price replaces.
pub(super) fn modifiers(
    sellable: &Sellable,
    chosen: &[Chosen],
    costs: (Money, Money),
    imported: bool,
    faults: &mut Faults,
    pointer: impl Fn(&str) -> String,
) -> Vec<Modifier> {
    let (unit_price, base) = costs;
    let mut fault = |field: String, invalid: Invalid| faults.push(pointer(&field), invalid);
    let taken = menu::model::choose(&sellable.name, &sellable.groups, chosen, base, imported, &mut fault);
    let added = taken.iter().try_fold(unit_price, |sum, m| sum.plus(m.price.times(m.quantity)?));
    if added.is_ok_and(Money::is_negative) {
        let why = format!("With these options {} would cost less than nothing.", sellable.name);
        fault("modifiers".to_owned(), Invalid::range(why));
    }
    taken
}

/// Its options as countdowns count them: each with how many of it one of the line takes.
pub(super) fn options_of(line: &Line) -> Vec<(OptionId, i64)> {
    line.modifiers.iter().map(|m| (m.option, m.quantity)).collect()
}
