//! Items and their variants.

use crate::cache::Tag;
use crate::error::{Fault, Faults, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{CategoryId, GroupId, ItemId, StationId, TaxClassId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{
    CountsAs, Item, ItemChange, NewItem, NewVariant, SoldBy, SoldOf, Subject, Variant, VariantChange,
};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record::{self, Edit};
use super::{combos, missing, stock, times};

/// Adds an item with its variants: what the office and an import do alike.
pub fn put_item(tx: &Tx<'_>, stamp: &Stamp, new: &NewItem) -> Result<Item> {
    must_exist(tx, Some(new.category), Some(new.tax_class), new.station, &new.groups)?;
    let position = match new.position {
        Some(position) => position,
        None => tx.one(&sql::ITEM_NEXT, (new.category,), sql::number)?,
    };
    let id = tx.insert(
        &sql::ITEM_ADD,
        (
            new.category,
            &new.name,
            &new.description,
            new.allergens.join(","),
            new.tax_class,
            new.station,
            new.discountable,
            new.counts_as.as_str(),
            position,
        ),
    )?;
    let id = ItemId::new(id);
    for (position, variant) in new.variants.iter().enumerate() {
        add_variant(tx, id, position, variant)?;
    }
    put_groups(tx, id, &new.groups)?;
    combos::put(tx, id, &new.parts)?;
    times::put_sold(tx, SoldOf::Item(id), &new.sold)?;
    written(tx, stamp, Edit::Added, id)
}

/// Changes what `change` names. Variants that its list leaves out are archived.
pub fn change_item(tx: &Tx<'_>, stamp: &Stamp, id: ItemId, change: ItemChange) -> Result<Item> {
    let was = get(tx, stamp, id)?;
    let groups = change.groups.as_deref().unwrap_or_default();
    must_exist(tx, change.category, change.tax_class, change.station.flatten(), groups)?;
    tx.run(
        &sql::ITEM_SET,
        (
            id,
            change.category.unwrap_or(was.category),
            change.name.as_ref().unwrap_or(&was.name),
            change.description.as_ref().unwrap_or(&was.description),
            change.allergens.as_ref().unwrap_or(&was.allergens).join(","),
            change.tax_class.unwrap_or(was.tax_class),
            change.station.unwrap_or(was.station),
            change.discountable.unwrap_or(was.discountable),
            change.counts_as.unwrap_or(was.counts_as).as_str(),
            change.position.unwrap_or(was.position),
        ),
    )?;
    if let Some(variants) = change.variants {
        put_variants(tx, id, &was.variants, variants)?;
    }
    if let Some(groups) = &change.groups {
        tx.run(&sql::ITEM_GROUPS_CLEAR, (id,))?;
        put_groups(tx, id, groups)?;
    }
    if let Some(parts) = &change.parts {
        combos::clear(tx, id)?;
        combos::put(tx, id, parts)?;
    }
    if let Some(windows) = &change.sold {
        times::put_sold(tx, SoldOf::Item(id), windows)?;
    }
    written(tx, stamp, Edit::Changed, id)
}

/// Archives an item and its variants, whose SKUs are free again. What was sold of it keeps its name.
pub fn remove_item(tx: &Tx<'_>, stamp: &Stamp, id: ItemId) -> Result<()> {
    let item = get(tx, stamp, id)?;
    combos::clear(tx, id)?;
    times::put_sold(tx, SoldOf::Item(id), &[])?;
    for variant in &item.variants {
        archive_variant(tx, variant.id)?;
    }
    stock::forget(tx, Subject::Item(id))?;
    tx.run(&sql::ITEM_ARCHIVE, (id,))?;
    record(tx, stamp, Edit::Archived, &item)
}

/// The active variant that has this SKU, and its item.
pub fn variant_by_sku(db: &impl Read, sku: &str) -> Result<Option<(VariantId, ItemId)>> {
    Ok(db.opt(&sql::SKU_HOLDER, (sku,), |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The first active item of that name in a category.
pub fn item_named(db: &impl Read, category: CategoryId, name: &str) -> Result<Option<ItemId>> {
    Ok(db.opt(&sql::ITEM_NAMED, (category, name), |row| row.get(0))?)
}

fn get(tx: &Tx<'_>, stamp: &Stamp, id: ItemId) -> Result<Item> {
    let found = super::item(tx, id, stamp.at)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no item {id}.")).into())
}

/// All that a body names and that is not there, at once.
fn must_exist(
    tx: &Tx<'_>,
    category: Option<CategoryId>,
    tax_class: Option<TaxClassId>,
    station: Option<StationId>,
    groups: &[GroupId],
) -> Result<()> {
    let mut faults = Faults::new();
    if let Some(id) = category
        && tx.opt(&sql::CATEGORY, (id,), sql::number)?.is_none()
    {
        faults.push("/category_id", missing("category", id));
    }
    if let Some(id) = tax_class
        && tx.opt(&sql::TAX_CLASS, (id,), sql::number)?.is_none()
    {
        faults.push("/tax_class", missing("tax class", id));
    }
    if let Some(id) = station {
        faults.take("/station_id", crate::floor::ops::cooking_station(tx, id)?);
    }
    for (i, id) in groups.iter().enumerate() {
        if tx.opt(&sql::GROUP, (*id,), sql::number)?.is_none() {
            faults.push(format!("/modifier_groups/{i}"), missing("modifier group", id));
        }
    }
    faults.finish()
}

fn put_groups(tx: &Tx<'_>, id: ItemId, groups: &[GroupId]) -> Result<()> {
    for (group, position) in groups.iter().zip(0_i64..) {
        tx.run(&sql::ITEM_GROUP_ADD, (id, group, position))?;
    }
    Ok(())
}

fn add_variant(tx: &Tx<'_>, item: ItemId, position: usize, new: &NewVariant) -> Result<()> {
    must_be_free(tx, new.sku.as_deref())?;
    let values = (item, &new.sku, &new.name, new.price, new.sold_by.as_str(), position as i64);
    tx.insert(&sql::VARIANT_ADD, values)?;
    Ok(())
}

/// Makes the list of an item's variants what `list` says, in its order.
fn put_variants(tx: &Tx<'_>, item: ItemId, was: &[Variant], list: Vec<VariantChange>) -> Result<()> {
    let kept = |id: VariantId| list.iter().any(|entry| matches!(entry, VariantChange::Keep { id: k, .. } if *k == id));
    for variant in was.iter().filter(|variant| !kept(variant.id)) {
        archive_variant(tx, variant.id)?;
    }
    tx.run(&sql::SKUS_CLEAR, (item,))?;
    for (position, entry) in list.into_iter().enumerate() {
        match entry {
            VariantChange::Add(new) => add_variant(tx, item, position, &new)?,
            VariantChange::Keep { id, name, sku, price, sold_by } => {
                let Some(old) = was.iter().find(|variant| variant.id == id) else {
                    let pointer = format!("/variants/{position}/id");
                    let detail = format!("This item has no variant {id}.");
                    return Err(Refused::input(pointer, Invalid::new("unknown", detail)).into());
                };
                let sku = sku.unwrap_or_else(|| old.sku.clone());
                must_be_free(tx, sku.as_deref())?;
                let name = name.as_ref().unwrap_or(&old.name);
                let (price, sold_by) = (price.unwrap_or(old.price), sold_by.unwrap_or(old.sold_by).as_str());
                tx.run(&sql::VARIANT_SET, (id, sku, name, price, sold_by, position as i64))?;
            }
        }
    }
    Ok(())
}

fn archive_variant(tx: &Tx<'_>, id: VariantId) -> Result<()> {
    combos::must_be_in_none(tx, id)?;
    stock::forget(tx, Subject::Variant(id))?;
    tx.run(&sql::VARIANT_ARCHIVE, (id,))?;
    Ok(())
}

fn must_be_free(tx: &Tx<'_>, sku: Option<&str>) -> Result<()> {
    let Some(sku) = sku else { return Ok(()) };
    let holder: Option<(i64, String)> = tx.opt(&sql::SKU_HOLDER, (sku,), |row| Ok((row.get(0)?, row.get(2)?)))?;
    match holder {
        None => Ok(()),
        Some((variant, item)) => {
            let refused = Refusal::AlreadyExists.because(format!("SKU {sku} already is {item}."));
            Err(refused.with("sku", sku).with("variant_id", variant).into())
        }
    }
}

/// The item as it is after an edit, recorded.
fn written(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, id: ItemId) -> Result<Item> {
    let item = super::item(tx, id, stamp.at)?.ok_or_else(|| Fault::new(format!("item {id} is gone after its edit")))?;
    combos::must_hold(tx, &item)?;
    if item.counts_as != CountsAs::Sale
        && let Some(at) = item.variants.iter().position(|variant| variant.sold_by != SoldBy::Each)
    {
        let why = Invalid::new("conflict", "what counts as no sale is not weighed");
        return Err(Refused::input(format!("/variants/{at}/sold_by"), why).into());
    }
    record(tx, stamp, edit, &item)?;
    Ok(item)
}

fn record(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, item: &Item) -> Result<()> {
    let version = super::bump(tx)?;
    tx.run(&sql::ITEM_EDITED, (item.id, version))?;
    tx.touch(Tag::Menu);
    tx.touch(Tag::Item(item.id.get()));
    journal::ops::append(tx, stamp, Kind::MenuChanged, item.id.get(), version, &record::item(edit, item))?;
    Ok(())
}
