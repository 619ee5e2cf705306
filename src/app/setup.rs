//! A restaurant's first minute: its site, its settings, its lists, its owner.

use crate::error::{Faults, Refusal, Result};
use crate::floor;
use crate::kernel::clock::Clock;
use crate::kernel::currency::Currency;
use crate::kernel::day::{Cutoff, Zone};
use crate::kernel::permission::Role;
use crate::kernel::text;
use crate::settings::ops::{self as settings, NewSite};
use crate::staff::model::{NewStaff, Pin};
use crate::staff::{ops as staff, pin};
use crate::store::Tx;

/// What a restaurant begins with, as somebody typed it.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub name: &'a str,
    pub currency: &'a str,
    pub timezone: &'a str,
    pub cutoff: &'a str,
    pub owner_name: &'a str,
    pub owner_pin: &'a str,
}

/// What a restaurant begins with; every value is right.
#[derive(Debug)]
pub struct Beginning {
    site: NewSite,
    owner: NewStaff,
}

impl Beginning {
    /// Hashes the PIN, hence takes its time.
    ///
    /// # Errors
    /// Every wrong value at once, under the name of its option.
    pub fn parse(words: Words<'_>) -> Result<Self> {
        let mut faults = Faults::new();
        let name = faults.take("--name", text::name(words.name));
        let currency = faults.take("--currency", Currency::parse(words.currency));
        let zone = faults.take("--timezone", Zone::parse(words.timezone));
        let cutoff = faults.take("--cutoff", Cutoff::parse(words.cutoff));
        let owner_name = faults.take("--owner-name", text::name(words.owner_name));
        let owner_pin = faults.take("--owner-pin", Pin::parse(words.owner_pin));
        let whole = (|| Some((name?, currency?, zone?, cutoff?, owner_name?, owner_pin?)))();
        let (name, currency, zone, cutoff, owner_name, owner_pin) = faults.with(whole)?;
        let owner = NewStaff { name: owner_name, role: Role::Owner, pin_hash: pin::hash_blocking(&owner_pin)? };
        Ok(Self { site: NewSite { name, currency, zone, cutoff }, owner })
    }

    /// Makes the restaurant.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`] in a file that has one.
    pub fn make(self, tx: &Tx<'_>, clock: &dyn Clock) -> Result<()> {
        if settings::exists(tx)? {
            return Err(Refusal::AlreadyExists.because("There is a restaurant in this file already.").into());
        }
        let stamp = settings::create(tx, clock, self.site)?;
        floor::ops::create_default_station(tx)?;
        staff::add(tx, &stamp, Role::Owner, self.owner)?;
        Ok(())
    }
}
