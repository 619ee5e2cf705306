//! What is 86 and what is counted down.

use crate::cache::Tag;
use crate::error::{Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::{UtcMs, bounds};
use crate::kernel::ids::{ItemId, OptionId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{NewStock, Sellable, Short, Stock, Subject, Until};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record;

const PLENTY: Stock = Stock { available: true, remaining: None, until: None };

/// Everything that is not simply there at `at`.
pub fn all_stock(db: &impl Read, at: UtcMs) -> Result<Vec<(Subject, Stock)>> {
    Ok(db.all(&sql::STOCK_ALL, (at,), sql::stock)?)
}

/// Takes so many of a variant, and of the options chosen with each, from whatever is counted down.
///
/// Answers `quantity` where anything counted, to be given back by [`release`], and 0 where nothing did.
/// One statement where nothing is known of any of them.
///
/// # Errors
/// [`Refusal::SoldOut`], naming what, with `remaining` and `variant_id`, and `option_id` where it is one.
pub fn reserve(tx: &Tx<'_>, at: UtcMs, sellable: &Sellable, options: &[(OptionId, i64)], quantity: i64) -> Result<i64> {
    let mut counted = false;
    for (subject, stock) in known(tx, sellable.item, sellable.variant, options)? {
        let count = portions(subject, options, quantity);
        if count == 0 || !stock.holds(at) {
            continue;
        }
        let left = stock.take(count).map_err(|short| sold_out(sellable, subject, short))?;
        counted |= stock.remaining.is_some();
        put_if_changed(tx, sellable.item, subject, stock, left)?;
    }
    Ok(if counted { quantity } else { 0 })
}

/// Whether anything is 86 or counted down at all. Where nothing is, nothing needs to be reserved.
pub fn anything_counted(db: &impl Read) -> Result<bool> {
    Ok(*db.remembered(Tag::Availability, &sql::STOCK_ANY, 0, |db| {
        Ok(db.one(&sql::STOCK_ANY, (), |row| row.get::<_, bool>(0))?)
    })?)
}

/// Gives back what [`reserve`] took, as far as it is still counted.
pub fn release(
    tx: &Tx<'_>,
    at: UtcMs,
    variant: VariantId,
    item: ItemId,
    options: &[(OptionId, i64)],
    quantity: i64,
) -> Result<()> {
    for (subject, stock) in known(tx, item, variant, options)? {
        let count = portions(subject, options, quantity);
        if stock.holds(at) {
            put_if_changed(tx, item, subject, stock, stock.give_back(count))?;
        }
    }
    Ok(())
}

/// Takes the options chosen `to` be with so many portions in place of those chosen before, of which so many portions
/// were reserved; the dish itself stays as it was taken. Answers whether anything chosen now is counted.
///
/// # Errors
/// [`Refusal::SoldOut`] as [`reserve`] says it, of an option that is new.
pub fn rechoose(
    tx: &Tx<'_>,
    at: UtcMs,
    sellable: &Sellable,
    (from, reserved): (&[(OptionId, i64)], i64),
    (to, quantity): (&[(OptionId, i64)], i64),
) -> Result<bool> {
    let mut counted = false;
    let either = [from, to].concat();
    for (subject, stock) in known(tx, sellable.item, sellable.variant, &either)? {
        if !matches!(subject, Subject::Option(_)) || !stock.holds(at) {
            continue;
        }
        let wanted = portions(subject, to, quantity);
        let kept = wanted.min(portions(subject, from, quantity));
        let freed = (portions(subject, from, reserved) - kept).max(0);
        let left = match wanted - kept {
            0 => stock.give_back(freed),
            more => stock.take(more).map_err(|short| sold_out(sellable, subject, short))?,
        };
        counted |= wanted > 0 && stock.remaining.is_some();
        put_if_changed(tx, sellable.item, subject, stock, left)?;
    }
    Ok(counted)
}

fn known(tx: &Tx<'_>, item: ItemId, variant: VariantId, options: &[(OptionId, i64)]) -> Result<Vec<(Subject, Stock)>> {
    Ok(tx.all(&sql::STOCK_FOR_SALE, (item, variant, !options.is_empty()), sql::stock)?)
}

/// How many of a subject so many portions take.
fn portions(subject: Subject, options: &[(OptionId, i64)], quantity: i64) -> i64 {
    match subject {
        Subject::Item(_) | Subject::Variant(_) => quantity,
        Subject::Option(id) => {
            let each: i64 = options.iter().filter(|(option, _)| *option == id).map(|(_, count)| *count).sum();
            each.saturating_mul(quantity)
        }
    }
}

fn put_if_changed(tx: &Tx<'_>, item: ItemId, subject: Subject, was: Stock, is: Stock) -> Result<()> {
    if was == is {
        return Ok(());
    }
    put(tx, subject, is)?;
    if was.available != is.available {
        tx.touch(Tag::Menu);
        tx.touch(Tag::Item(item.get()));
    }
    Ok(())
}

fn put(tx: &Tx<'_>, subject: Subject, stock: Stock) -> Result<()> {
    tx.run(&sql::STOCK_PUT, (subject.kind(), subject.id(), stock.available, stock.remaining, stock.until))?;
    tx.touch(Tag::Availability);
    Ok(())
}

/// Forgets what was known of a subject, which then is plenty, or gone from the menu.
pub(super) fn forget(tx: &Tx<'_>, subject: Subject) -> Result<()> {
    if tx.run(&sql::STOCK_DROP, (subject.kind(), subject.id()))? > 0 {
        tx.touch(Tag::Availability);
    }
    Ok(())
}

fn sold_out(sellable: &Sellable, subject: Subject, short: Short) -> Refused {
    let name = match subject {
        Subject::Item(_) => sellable.name.clone(),
        Subject::Variant(_) => format!("{} ({})", sellable.name, sellable.variant_name),
        Subject::Option(id) => sellable.option(id).map_or_else(|| format!("Option {id}"), |option| option.name.clone()),
    };
    let detail = match short.remaining {
        0 => format!("{name} is sold out."),
        1 => format!("Of {name} only one is left."),
        n => format!("Of {name} only {n} are left."),
    };
    let refused =
        Refusal::SoldOut.because(detail).with("remaining", short.remaining).with("variant_id", sellable.variant.get());
    match subject {
        Subject::Option(id) => refused.with("option_id", id.get()),
        Subject::Item(_) | Subject::Variant(_) => refused,
    }
}

/// 86, back again, or so many left. Answers what is known of it now.
pub fn set_stock(tx: &Tx<'_>, stamp: &Stamp, subject: Subject, new: NewStock) -> Result<Stock> {
    must_be_there(tx, subject)?;
    let row = tx.opt(&sql::STOCK, (subject.kind(), subject.id()), sql::stock)?;
    let was = row.map(|(_, stock)| stock).filter(|stock| stock.holds(stamp.at)).unwrap_or(PLENTY);
    let is = match new {
        NewStock::Plenty => PLENTY,
        NewStock::Told { available, remaining, until } => {
            Stock { available, remaining, until: until.map(|until| instant(stamp, until)).transpose()? }
        }
    };
    if is == PLENTY {
        forget(tx, subject)?;
    } else {
        put(tx, subject, is)?;
    }
    // The cached menu knows until when it is true, so a new end is news to it as well.
    if (was.available, was.until) != (is.available, is.until) {
        tx.touch(Tag::Menu);
    }
    journal::ops::append(tx, stamp, Kind::AvailabilityChanged, subject.id(), 0, &record::stock(subject, is))?;
    Ok(is)
}

fn instant(stamp: &Stamp, until: Until) -> Result<UtcMs> {
    match until {
        Until::At(at) if at <= stamp.at => {
            Err(Refused::input("/until", Invalid::range("until is a time to come")).into())
        }
        Until::At(at) => Ok(at),
        Until::DayEnd => {
            let calendar = &stamp.calendar;
            let cutoff = if stamp.at < calendar.from { calendar.before } else { calendar.cutoff };
            let (_, end) = bounds(stamp.date, &calendar.zone, cutoff);
            Ok(end)
        }
    }
}

fn must_be_there(tx: &Tx<'_>, subject: Subject) -> Result<()> {
    let there = match subject {
        Subject::Item(id) => tx.opt(&sql::ITEM, (id,), sql::number)?,
        Subject::Variant(id) => tx.opt(&sql::VARIANT_THERE, (id,), sql::number)?,
        Subject::Option(id) => tx.opt(&sql::OPTION_THERE, (id,), sql::number)?,
    };
    match there {
        Some(_) => Ok(()),
        None => Err(Refusal::NotFound.because(format!("There is no {} {}.", subject.kind(), subject.id())).into()),
    }
}
