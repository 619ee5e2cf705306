//! Sales of another till.

use std::collections::HashMap;

use super::jobs::{self, Work, Wrote};
use super::sheet::{Field, Row, Sheet};
use super::{Import, Target};
use crate::error::{Faults, Refusal, Refused, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::{BusinessDate, Cutoff, UtcMs, Zone};
use crate::kernel::ids::VariantId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::quantity::Quantity;
use crate::kernel::text;
use crate::menu;
use crate::menu::model::{PRICE_MAX, SoldBy};
use crate::orders::ops::import::{Book, Imported, ImportedLine, is_there, settled};
use crate::settings;
use crate::store::{Read, Tx};

const fn needed(name: &'static str) -> Field {
    Field { name, needed: true }
}

const FIELDS: [Field; 6] =
    [needed("order"), needed("date"), needed("time"), needed("sku"), needed("quantity"), needed("unit_price")];
const ORDER: usize = 0;
const DATE: usize = 1;
const TIME: usize = 2;
const SKU: usize = 3;
const QUANTITY: usize = 4;
const UNIT_PRICE: usize = 5;

/// Characters of a source, and of an order's number in it.
const SOURCE_CHARS_MAX: usize = 200;
const REFERENCE_CHARS_MAX: usize = 100;

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub source: String,
    pub rows: u64,
    pub orders: u64,
    /// Orders written; with a dry run those that would be.
    pub added: u64,
    /// Orders that were there already.
    pub skipped: u64,
    pub from: Option<BusinessDate>,
    pub to: Option<BusinessDate>,
    pub total: Money,
    /// The currency's.
    pub decimals: u32,
}

/// Imports the orders of a file that are not there yet, each by `source` and its number.
///
/// # Errors
/// Every wrong value of the file, before anything is written.
pub fn import(import: &Import, source: Option<&str>, mut to: Target<'_>) -> Result<Summary> {
    let sheet = Sheet::open(&import.file, &FIELDS, &import.map)?;
    let source = text::line(source.unwrap_or(&sheet.name), SOURCE_CHARS_MAX)
        .map_err(|invalid| Refused::input("--source", invalid))?;
    let house = to.store.read_blocking(|db| Known::of(db, to.clock.now()))?;
    let mut reading = Reading { house: &house, now: to.clock.now(), orders: Vec::new(), places: HashMap::new() };
    let mut faults = Faults::new();
    let rows = sheet.each(&mut faults, |row, faults| reading.take(row, faults))?;
    let orders = reading.orders;
    faults.finish()?;
    let mut summary = summary(source.clone(), rows, &orders, &house)?;
    if import.dry_run {
        summary.skipped = already(&to, &source, &orders)?;
        summary.added = summary.orders - summary.skipped;
        return Ok(summary);
    }
    let clock = std::sync::Arc::clone(&to.clock);
    let counts = jobs::run(&mut to, Sales { source, clock }, orders.into_iter().map(|draft| draft.order).collect())?;
    (summary.added, summary.skipped) = (counts.added, counts.same);
    Ok(summary)
}

/// Reads a file against a menu of two, and what its orders come to: for whoever tries files, see `crate::fuzz`.
///
/// # Errors
/// As [`import`].
#[doc(hidden)]
pub fn tried(bytes: &[u8], zone: Zone, now: UtcMs) -> Result<Summary> {
    let cutoff = Cutoff::from_minutes(240);
    let calendar = journal::ops::Calendar { zone, cutoff, before: cutoff, from: UtcMs::new(0) };
    let skus = [("each", 1, SoldBy::Each), ("weighed", 2, SoldBy::Kg)];
    let skus = skus.map(|(sku, id, by)| (sku.to_owned(), (VariantId::new(id), by))).into();
    let house = Known { skus, decimals: 2, calendar };
    let sheet = Sheet::of(String::new(), bytes.to_vec(), &FIELDS, &[])?;
    let mut reading = Reading { house: &house, now, orders: Vec::new(), places: HashMap::new() };
    let mut faults = Faults::new();
    let rows = sheet.each(&mut faults, |row, faults| reading.take(row, faults))?;
    faults.finish()?;
    summary(String::new(), rows, &reading.orders, &house)
}

fn summary(source: String, rows: u64, orders: &[Draft], house: &Known) -> Result<Summary> {
    let dates = || orders.iter().map(|draft| house.calendar.date_of(draft.order.at));
    // A history may be worth more than one amount can be.
    let total = orders.iter().map(|draft| draft.total.minor()).fold(0, i64::saturating_add);
    Ok(Summary {
        source,
        rows,
        orders: orders.len() as u64,
        added: 0,
        skipped: 0,
        from: dates().min(),
        to: dates().max(),
        total: Money::new(total),
        decimals: house.decimals,
    })
}

/// How many of them are there, looked up in chunks so that no snapshot is held for long.
fn already(to: &Target<'_>, source: &str, orders: &[Draft]) -> Result<u64> {
    let mut there = 0;
    for chunk in orders.chunks(1000) {
        there += to.store.read_blocking(|db| {
            let mut found = 0;
            for draft in chunk {
                found += u64::from(is_there(db, source, &draft.order.reference)?);
            }
            Ok(found)
        })?;
    }
    Ok(there)
}

/// What the house knows that a row must fit.
struct Known {
    skus: HashMap<String, (VariantId, SoldBy)>,
    decimals: u32,
    calendar: journal::ops::Calendar,
}

impl Known {
    fn of(db: &impl Read, now: UtcMs) -> Result<Self> {
        if !settings::ops::exists(db)? {
            let why = "There is no restaurant in this file. Make one with comanda init.";
            return Err(Refusal::NotFound.because(why).into());
        }
        Book::open(db)?;
        let variants = menu::ops::items(db, now)?.into_iter().flat_map(|item| item.variants);
        let skus = variants.filter_map(|v| Some((v.sku?, (v.id, v.sold_by)))).collect();
        let decimals = settings::ops::current(db)?.currency.decimals();
        Ok(Self { skus, decimals, calendar: journal::ops::calendar(db)? })
    }
}

/// An order as far as the file was read.
struct Draft {
    order: Imported,
    /// The line it began on.
    line: u64,
    total: Money,
}

struct Reading<'a> {
    house: &'a Known,
    now: UtcMs,
    orders: Vec<Draft>,
    /// By number.
    places: HashMap<String, usize>,
}

impl Reading<'_> {
    fn take(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let reference = faults.take(row.at(ORDER), text::code(row.get(ORDER), REFERENCE_CHARS_MAX));
        let at = self.at(row, faults);
        let line = self.line(row, faults);
        let (Some(reference), Some(at), Some(line)) = (reference, at, line) else { return };
        let amount = line.unit_price.times(line.quantity.whole());
        let place = *self.places.entry(reference).or_insert_with_key(|reference| {
            let order = Imported { reference: reference.clone(), at, lines: Vec::new() };
            self.orders.push(Draft { order, line: row.line, total: Money::ZERO });
            self.orders.len() - 1
        });
        let draft = &mut self.orders[place];
        if draft.order.at != at {
            let detail = format!("this order was at another time on line {}", draft.line);
            faults.push(row.at(TIME), Invalid::new("conflict", detail));
        }
        match amount.and_then(|amount| draft.total.plus(amount)) {
            Ok(total) => draft.total = total,
            Err(_) => faults.push(row.at(UNIT_PRICE), Invalid::range("this order is worth more than an order can be")),
        }
        draft.order.lines.push(line);
    }

    /// When it was: the date and time on the wall.
    fn at(&self, row: &Row<'_>, faults: &mut Faults) -> Option<UtcMs> {
        let date = faults.take(row.at(DATE), BusinessDate::parse(row.get(DATE)));
        let time = faults.take(row.at(TIME), time_of_day(row.get(TIME)));
        let at = instant(&self.house.calendar.zone, date?, time?);
        if at > self.now {
            faults.push(row.at(DATE), Invalid::range("this lies in the future"));
            return None;
        }
        Some(at)
    }

    fn line(&self, row: &Row<'_>, faults: &mut Faults) -> Option<ImportedLine> {
        let sku = row.get(SKU);
        let variant = match self.house.skus.get(sku) {
            Some((_, SoldBy::Kg)) => Err(Invalid::new("not_each", format!("{sku} is sold by weight"))),
            Some((variant, SoldBy::Each)) => Ok(*variant),
            None => Err(Invalid::new("unknown", format!("nothing on the menu has the SKU {sku:?}"))),
        };
        let variant = faults.take(row.at(SKU), variant);
        let whole = row.get(QUANTITY).parse::<i64>();
        let whole = whole.map_err(|_| Invalid::format("a quantity is a whole number from 1 to 999"));
        let quantity = faults.take(row.at(QUANTITY), whole.and_then(Quantity::parse));
        let price = Money::parse_decimal(row.get(UNIT_PRICE), self.house.decimals);
        let unit_price = faults.take(row.at(UNIT_PRICE), price.and_then(at_most));
        Some(ImportedLine { variant: variant?, quantity: quantity?, unit_price: unit_price? })
    }
}

fn at_most(price: Money) -> Result<Money, Invalid> {
    menu::model::price(price.minor()).map_err(|_| Invalid::range(format!("a price is at most {PRICE_MAX} minor units")))
}

/// `HH:MM` or `HH:MM:SS`.
fn time_of_day(text: &str) -> Result<(u8, u8, u8), Invalid> {
    let fault = || Invalid::format("a time is HH:MM or HH:MM:SS");
    let two = |part: &str| match part.as_bytes() {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Ok((a - b'0') * 10 + (b - b'0')),
        _ => Err(fault()),
    };
    let mut parts = text.split(':').map(two);
    let mut next = || parts.next().unwrap_or_else(|| Err(fault()));
    let (hour, minute) = (next()?, next()?);
    let second = parts.next().unwrap_or(Ok(0))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return Err(fault());
    }
    Ok((hour, minute, second))
}

fn instant(zone: &Zone, date: BusinessDate, (hour, minute, second): (u8, u8, u8)) -> UtcMs {
    // The time was found to be one.
    zone.instant(date, hour, minute, second).unwrap_or(UtcMs::new(0))
}

struct Sales {
    source: String,
    clock: std::sync::Arc<dyn Clock>,
}

impl Work for Sales {
    type Unit = Imported;
    type State = (Book, Stamp);

    fn begin(&self, tx: &Tx<'_>) -> Result<(Book, Stamp)> {
        let stamp = journal::ops::stamp(tx, self.clock.as_ref(), None, None)?;
        Ok((Book::open(tx)?, stamp))
    }

    fn write(&self, tx: &Tx<'_>, (book, stamp): &mut (Book, Stamp), order: &Imported) -> Result<Wrote> {
        let added = settled(tx, stamp, book, &self.source, order)?;
        Ok(if added { Wrote::Added } else { Wrote::Same })
    }
}
