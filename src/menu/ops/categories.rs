//! Categories: where items stand on the menu.

use crate::cache::Tag;
use crate::error::{Faults, Refusal, Result};
use crate::floor;
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{CategoryId, StationId};
use crate::menu::model::{Category, CategoryChange, NewCategory, SoldOf, SoldTime};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record::{self, Edit};
use super::times;

pub fn add_category(tx: &Tx<'_>, stamp: &Stamp, new: NewCategory) -> Result<Category> {
    let NewCategory { name, position, station, sold } = new;
    must_cook(tx, station)?;
    let position = match position {
        Some(position) => position,
        None => tx.one(&sql::CATEGORY_NEXT, (), sql::number)?,
    };
    let id = CategoryId::new(tx.insert(&sql::CATEGORY_ADD, (&name, position, station))?);
    times::put_sold(tx, SoldOf::Category(id), &sold)?;
    let category = Category { id, name, position, station };
    written(tx, stamp, Edit::Added, &category)?;
    Ok(category)
}

fn must_cook(tx: &Tx<'_>, station: Option<StationId>) -> Result<()> {
    let mut faults = Faults::new();
    if let Some(id) = station {
        faults.take("/station_id", floor::ops::cooking_station(tx, id)?);
    }
    faults.finish()
}

/// The first active category of that name, made where there is none.
pub fn category_named(tx: &Tx<'_>, stamp: &Stamp, name: &str) -> Result<CategoryId> {
    match tx.opt(&sql::CATEGORY_NAMED, (name,), sql::category_id)? {
        Some(id) => Ok(id),
        None => Ok(add_category(tx, stamp, NewCategory { name: name.to_owned(), ..NewCategory::default() })?.id),
    }
}

/// Lines that are there keep the station they were added with.
pub fn change_category(tx: &Tx<'_>, stamp: &Stamp, id: CategoryId, change: CategoryChange) -> Result<Category> {
    let was = get(tx, id)?;
    must_cook(tx, change.station.flatten())?;
    let is = Category {
        id,
        name: change.name.unwrap_or(was.name),
        position: change.position.unwrap_or(was.position),
        station: change.station.unwrap_or(was.station),
    };
    tx.run(&sql::CATEGORY_SET, (id, &is.name, is.position, is.station))?;
    if let Some(windows) = change.sold {
        times::put_sold(tx, SoldOf::Category(id), &windows)?;
        // Of each item in it the menu shows until when that holds; the version is the one after this edit.
        tx.run(&sql::times::ALL_EDITED, (super::version(tx)? + 1,))?;
    }
    written(tx, stamp, Edit::Changed, &is)?;
    Ok(is)
}

/// Archives it, unless items still stand in it.
pub fn remove_category(tx: &Tx<'_>, stamp: &Stamp, id: CategoryId) -> Result<()> {
    let category = get(tx, id)?;
    if let Some(item) = tx.opt(&sql::CATEGORY_USED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("{} still holds {item}.", category.name)).into());
    }
    tx.run(&sql::CATEGORY_ARCHIVE, (id,))?;
    written(tx, stamp, Edit::Archived, &category)
}

/// When what stands in a category is sold; without any, always.
pub fn sold_of_category(db: &impl Read, id: CategoryId) -> Result<Vec<SoldTime>> {
    Ok(times::times(db)?.sold_of(SoldOf::Category(id)))
}

fn get(tx: &Tx<'_>, id: CategoryId) -> Result<Category> {
    let found = super::category(tx, id)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no category {id}.")).into())
}

fn written(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, category: &Category) -> Result<()> {
    let version = super::bump(tx)?;
    tx.touch(Tag::Menu);
    let told = record::category(edit, category, &sold_of_category(tx, category.id)?);
    journal::ops::append(tx, stamp, Kind::MenuChanged, category.id.get(), version, &told)?;
    Ok(())
}
