//! Prices and menus by time: said once in the office, held to by the clock.

use std::rc::Rc;

use crate::cache::Tag;
use crate::error::{Faults, Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::service::Service;
use crate::menu::model::{PriceTime, Prices, Sellable, SoldOf, SoldTime, Times, Wall, Wanted};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::missing;
use super::record::{self, Edit};

/// All that the menu says by the clock. Four statements, remembered on the writer.
pub fn times(db: &impl Read) -> Result<Rc<Times>> {
    db.remembered(Tag::Menu, &sql::times::PRICE_TIMES, 0, read_times)
}

fn read_times(db: &impl Read) -> Result<Times> {
    let sold = db.all(&sql::times::SOLD_TIMES, (), sql::times::sold)?;
    Ok(Times { prices: price_times(db)?, sold })
}

pub fn price_times(db: &impl Read) -> Result<Vec<PriceTime>> {
    let mut times = db.all(&sql::times::PRICE_TIMES, (), sql::times::price_time)?;
    if times.is_empty() {
        return Ok(times);
    }
    let prices = db.all(&sql::times::PRICES_OF_TIMES, (), sql::times::price)?;
    let named = db.all(&sql::times::CATEGORIES_OF_TIMES, (), sql::times::category)?;
    for time in &mut times {
        match &mut time.what {
            Prices::Of(own) => own.extend(prices.iter().filter(|(of, ..)| *of == time.id).map(|(_, v, p)| (*v, *p))),
            Prices::Off { categories, .. } => {
                categories.extend(named.iter().filter(|(of, _)| *of == time.id).map(|(_, id)| *id));
            }
        }
    }
    Ok(times)
}

pub fn price_time(db: &impl Read, id: i64) -> Result<Option<PriceTime>> {
    Ok(price_times(db)?.into_iter().find(|time| time.id == id))
}

/// What holds at a moment, looked up once for all lines of a call.
#[derive(Debug, Clone)]
pub struct Now {
    times: Rc<Times>,
    wall: Wall,
}

/// `None` where nothing on the menu goes by the clock.
pub fn now(db: &impl Read, zone: &Zone, at: UtcMs) -> Result<Option<Now>> {
    let times = times(db)?;
    Ok((!times.is_empty()).then(|| Now { times, wall: Wall::at(zone, at) }))
}

impl Now {
    /// What it costs now, eaten so.
    pub fn price(&self, of: &Sellable, service: Service) -> Result<Option<Money>> {
        Ok(self.times.price(of.variant, of.category, of.price, service, self.wall)?)
    }

    /// Refuses what is not sold now to be eaten so, naming when it is again.
    pub fn must_be_sold(&self, of: &Sellable, service: Service, zone: &Zone, at: UtcMs) -> Result<()> {
        let wanted = Wanted { item: of.item, category: of.category };
        if self.times.is_sold(wanted, Some(service), self.wall) {
            return Ok(());
        }
        let until = self.times.sold_until(wanted, service, zone, at);
        let detail = match until {
            Some(until) if zone.calendar_date(until) == self.wall.date => {
                format!("{} is sold from {} on.", of.name, zone.hh_mm(until))
            }
            Some(until) => {
                format!("{} is sold again on {} at {}.", of.name, zone.calendar_date(until), zone.hh_mm(until))
            }
            None if self.times.is_sold(wanted, None, self.wall) => match service {
                Service::DineIn => format!("{} is sold to take away only.", of.name),
                Service::Takeaway => format!("{} is not sold to take away.", of.name),
            },
            None => format!("{} is not sold at this time.", of.name),
        };
        let refused = Refusal::NotNowOnMenu.because(detail).with("variant_id", of.variant.get());
        Err(match until {
            Some(until) => refused.with("until", until.rfc3339(zone)).into(),
            None => refused.into(),
        })
    }
}

/// The menu's version as a terminal has it from `GET /menu` at that moment.
pub fn version_at(db: &impl Read, zone: &Zone, at: UtcMs) -> Result<i64> {
    Ok(times(db)?.version(super::version(db)?, Wall::at(zone, at)))
}

/// Adds one; its id is given here.
pub fn add_price_time(tx: &Tx<'_>, stamp: &Stamp, mut new: PriceTime) -> Result<PriceTime> {
    must_exist(tx, &new.what)?;
    let w = &new.window;
    new.id = tx.insert(
        &sql::times::PRICE_TIME_ADD,
        (
            &new.name,
            w.weekday_bits(),
            w.from_min(),
            w.to_min(),
            w.valid_from,
            w.valid_to,
            new.service.map(Service::as_str),
            percent(&new.what),
        ),
    )?;
    put_prices(tx, &new)?;
    record_price_time(tx, stamp, Edit::Added, &new)?;
    Ok(new)
}

/// Makes the price time of that id what `is` says.
pub fn change_price_time(tx: &Tx<'_>, stamp: &Stamp, is: PriceTime) -> Result<PriceTime> {
    must_exist(tx, &is.what)?;
    let w = &is.window;
    tx.run(
        &sql::times::PRICE_TIME_SET,
        (
            is.id,
            &is.name,
            w.weekday_bits(),
            w.from_min(),
            w.to_min(),
            w.valid_from,
            w.valid_to,
            is.service.map(Service::as_str),
            percent(&is.what),
        ),
    )?;
    tx.run(&sql::times::PRICES_CLEAR, (is.id,))?;
    tx.run(&sql::times::CATEGORIES_CLEAR, (is.id,))?;
    put_prices(tx, &is)?;
    record_price_time(tx, stamp, Edit::Changed, &is)?;
    Ok(is)
}

pub fn remove_price_time(tx: &Tx<'_>, stamp: &Stamp, id: i64) -> Result<()> {
    let was = known_price_time(tx, id)?;
    tx.run(&sql::times::PRICE_TIME_ARCHIVE, (id,))?;
    record_price_time(tx, stamp, Edit::Archived, &was)
}

/// The price time of that id, or 404.
pub fn known_price_time(db: &impl Read, id: i64) -> Result<PriceTime> {
    price_time(db, id)?.ok_or_else(|| Refusal::NotFound.because(format!("There is no price time {id}.")).into())
}

fn percent(what: &Prices) -> Option<i64> {
    match what {
        Prices::Of(_) => None,
        Prices::Off { percent, .. } => Some(percent.ten_thousandths()),
    }
}

/// All that a price time names and that is not there, at once.
fn must_exist(tx: &Tx<'_>, what: &Prices) -> Result<()> {
    let mut faults = Faults::new();
    match what {
        Prices::Of(prices) => {
            for (at, (variant, _)) in prices.iter().enumerate() {
                let pointer = format!("/prices/{at}/variant_id");
                match tx.opt(&sql::times::VARIANT_PRICED, (*variant,), |row| row.get::<_, bool>(0))? {
                    Some(true) => {}
                    Some(false) => faults.push(pointer, Invalid::new("conflict", "its price is asked when it is sold")),
                    None => faults.push(pointer, missing("variant", variant)),
                }
            }
        }
        Prices::Off { categories, .. } => {
            for (at, id) in categories.iter().enumerate() {
                if super::category(tx, *id)?.is_none() {
                    faults.push(format!("/category_ids/{at}"), missing("category", id));
                }
            }
        }
    }
    faults.finish()
}

fn put_prices(tx: &Tx<'_>, of: &PriceTime) -> Result<()> {
    match &of.what {
        Prices::Of(prices) => {
            for (variant, price) in prices {
                tx.run(&sql::times::PRICE_ADD, (of.id, variant, price))?;
            }
        }
        Prices::Off { categories, .. } => {
            for category in categories {
                tx.run(&sql::times::CATEGORY_ADD, (of.id, category))?;
            }
        }
    }
    Ok(())
}

fn record_price_time(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, it: &PriceTime) -> Result<()> {
    let version = super::bump(tx)?;
    tx.run(&sql::times::ALL_EDITED, (version,))?;
    tx.touch(Tag::Menu);
    journal::ops::append(tx, stamp, Kind::MenuChanged, it.id, version, &record::price_time(edit, it))?;
    Ok(())
}

/// Makes the times at which an item or a category is sold these; none is always. The caller records it.
pub(super) fn put_sold(tx: &Tx<'_>, of: SoldOf, times: &[SoldTime]) -> Result<()> {
    // At once: what is remembered of them is read again in this very job.
    tx.touch(Tag::Menu);
    let (item, category) = match of {
        SoldOf::Item(id) => {
            tx.run(&sql::times::SOLD_OF_ITEM_CLEAR, (id,))?;
            (Some(id), None)
        }
        SoldOf::Category(id) => {
            tx.run(&sql::times::SOLD_OF_CATEGORY_CLEAR, (id,))?;
            (None, Some(id))
        }
    };
    for SoldTime { window: w, service } in times {
        let (days, service) = (w.weekday_bits(), service.map(Service::as_str));
        let row = (item, category, days, w.from_min(), w.to_min(), w.valid_from, w.valid_to, service);
        tx.run(&sql::times::SOLD_ADD, row)?;
    }
    Ok(())
}
