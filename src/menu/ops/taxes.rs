//! Tax classes. A class's rates are never changed: new ones make a new version, and lines sold under the
//! old one keep pointing at it.

use crate::cache::Tag;
use crate::error::{Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::TaxClassId;
use crate::kernel::service::Service;
use crate::menu::model::{NewRate, NewTaxClass, TaxClass, TaxClassChange};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record::{self, Edit};

/// The name of the class that items without one get.
pub const NO_TAX: &str = "No tax";

pub fn add_tax_class(tx: &Tx<'_>, stamp: &Stamp, new: NewTaxClass) -> Result<TaxClass> {
    let id = TaxClassId::new(tx.insert(&sql::TAX_CLASS_ADD, (&new.name,))?);
    let class = TaxClass { id, name: new.name, rates: new.rates, takeaway_rates: new.takeaway_rates };
    add_version(tx, &class)?;
    record(tx, stamp, Edit::Added, &class)?;
    Ok(class)
}

/// The first active tax class of that name, made without rates where there is none.
pub fn tax_class_named(tx: &Tx<'_>, stamp: &Stamp, name: &str) -> Result<TaxClassId> {
    match tx.opt(&sql::TAX_CLASS_NAMED, (name,), |row| row.get(0))? {
        Some(id) => Ok(id),
        None => {
            let new = NewTaxClass { name: name.to_owned(), rates: Vec::new(), takeaway_rates: Vec::new() };
            Ok(add_tax_class(tx, stamp, new)?.id)
        }
    }
}

/// The class of what bears no tax.
pub fn no_tax_class(tx: &Tx<'_>, stamp: &Stamp) -> Result<TaxClassId> {
    tax_class_named(tx, stamp, NO_TAX)
}

pub fn change_tax_class(tx: &Tx<'_>, stamp: &Stamp, id: TaxClassId, change: TaxClassChange) -> Result<TaxClass> {
    let was = get(tx, id)?;
    let is = TaxClass {
        id,
        name: change.name.unwrap_or_else(|| was.name.clone()),
        rates: change.rates.unwrap_or_else(|| was.rates.clone()),
        takeaway_rates: change.takeaway_rates.unwrap_or_else(|| was.takeaway_rates.clone()),
    };
    tx.run(&sql::TAX_CLASS_NAME, (id, &is.name))?;
    if (&is.rates, &is.takeaway_rates) != (&was.rates, &was.takeaway_rates) {
        tx.run(&sql::TAX_VERSION_CLOSE, (id,))?;
        add_version(tx, &is)?;
    }
    record(tx, stamp, Edit::Changed, &is)?;
    Ok(is)
}

/// Archives it, unless an item still bears it.
pub fn remove_tax_class(tx: &Tx<'_>, stamp: &Stamp, id: TaxClassId) -> Result<()> {
    let class = get(tx, id)?;
    if let Some(item) = tx.opt(&sql::TAX_CLASS_USED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("{} is still the tax class of {item}.", class.name)).into());
    }
    tx.run(&sql::TAX_CLASS_ARCHIVE, (id,))?;
    record(tx, stamp, Edit::Archived, &class)
}

fn get(tx: &Tx<'_>, id: TaxClassId) -> Result<TaxClass> {
    let found = super::tax_class(tx, id)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no tax class {id}.")).into())
}

fn add_version(tx: &Tx<'_>, class: &TaxClass) -> Result<()> {
    let version = tx.insert(&sql::TAX_VERSION_ADD, (class.id,))?;
    add_rates(tx, version, Service::DineIn, &class.rates)?;
    add_rates(tx, version, Service::Takeaway, &class.takeaway_rates)
}

fn add_rates(tx: &Tx<'_>, version: i64, service: Service, rates: &[NewRate]) -> Result<()> {
    for (rate, position) in rates.iter().zip(0_i64..) {
        let values = (
            version,
            service.as_str(),
            position,
            &rate.name,
            rate.rate.ten_thousandths(),
            rate.included,
            rate.compound,
        );
        tx.insert(&sql::TAX_RATE_ADD, values)?;
    }
    Ok(())
}

fn record(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, class: &TaxClass) -> Result<()> {
    let version = super::bump(tx)?;
    tx.touch(Tag::Menu);
    journal::ops::append(tx, stamp, Kind::MenuChanged, class.id.get(), version, &record::tax_class(edit, class))?;
    Ok(())
}
