//! What the menu does, inside the caller's snapshot or transaction.

mod categories;
mod combos;
mod groups;
mod house;
mod items;
mod record;
mod stock;
mod taxes;
mod times;
mod tree;

use std::rc::Rc;

use crate::cache::Tag;
use crate::error::Result;
use crate::kernel::ids::{OptionId, StationId, TaxClassId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::service::Service;
use crate::store::{Read, Tx};

use super::model::{LEVELS_MAX, SellGroup, SellOption, Sellable, TaxRate};
use super::sql;

pub use categories::{add_category, category_named, change_category, remove_category, sold_of_category};
pub use groups::{add_group, change_group, remove_group};
pub use house::account_payment;
pub use items::{change_item, item_named, put_item, remove_item, variant_by_sku};
pub use stock::{all_stock, anything_counted, rechoose, release, reserve, set_stock};
pub use taxes::{NO_TAX, add_tax_class, change_tax_class, no_tax_class, remove_tax_class, tax_class_named};
pub use times::{
    Now, add_price_time, change_price_time, known_price_time, now, price_time, price_times, remove_price_time, times,
    version_at,
};
pub use tree::{categories, category, group, groups, item, items, items_of, menu, outline, tax_class, tax_classes};

/// All that a line needs of a variant; `None` where it is unknown or archived. One statement, and one
/// more where the item has modifier groups, is a combo, or has an option that opens groups.
pub fn sellable(db: &impl Read, id: VariantId) -> Result<Option<Rc<Sellable>>> {
    let known = db.remembered(Tag::Menu, &sql::SELLABLE, id.get(), |db| Ok(read_sellable(db, id)?.map(Rc::new)))?;
    Ok(known.as_ref().clone())
}

fn read_sellable(db: &impl Read, id: VariantId) -> Result<Option<Sellable>> {
    let Some((mut sellable, has_groups, has_parts)) = db.opt(&sql::SELLABLE, (id,), sql::sellable)? else {
        return Ok(None);
    };
    if has_groups {
        let rows = db.all(&sql::SELL_GROUPS, (sellable.item,), sql::nested::sell_group)?;
        sellable.groups = sell_groups(db, rows, LEVELS_MAX)?;
    }
    if has_parts {
        sellable.parts = combos::parts(db, sellable.item)?;
    }
    Ok(Some(sellable))
}

/// Rows of one group follow each other. Groups that an option opens are read where there are any, so many
/// levels deep at most.
fn sell_groups(
    db: &impl Read,
    rows: Vec<(SellGroup, Option<(SellOption, bool)>)>,
    levels: usize,
) -> Result<Vec<SellGroup>> {
    let mut groups: Vec<SellGroup> = Vec::new();
    for (group, option) in rows {
        if groups.last().is_none_or(|last| last.id != group.id) {
            groups.push(group);
        }
        if let (Some(last), Some((mut option, opens))) = (groups.last_mut(), option) {
            if opens && levels > 1 {
                option.groups = opened_by(db, option.id, levels - 1)?;
            }
            last.options.push(option);
        }
    }
    Ok(groups)
}

fn opened_by(db: &impl Read, option: OptionId, levels: usize) -> Result<Vec<SellGroup>> {
    sell_groups(db, db.all(&sql::nested::SELL_NESTED, (option,), sql::nested::sell_group)?, levels)
}

/// Counts every edit of what the menu shows but availability; 1 before the first.
pub fn version(db: &impl Read) -> Result<i64> {
    Ok(db.opt(&sql::VERSION, (), sql::number)?.unwrap_or(1))
}

/// The rates of a tax version in the order in which they are charged. Takeaway bears those of dining in
/// where the class has none of its own for it.
pub fn rates(db: &impl Read, tax_version: i64, service: Service) -> Result<Vec<TaxRate>> {
    let rows = db.remembered(Tag::Menu, &sql::RATES, tax_version, |db| {
        Ok(db.all(&sql::RATES, (tax_version,), sql::tax_rate)?)
    })?;
    let takeaway = service == Service::Takeaway && rows.iter().any(|(takeaway, _)| *takeaway);
    Ok(rows.iter().filter(|(of_takeaway, _)| *of_takeaway == takeaway).map(|(_, rate)| rate.clone()).collect())
}

/// The version of a tax class that a line added now would carry; `None` where there is no such class.
pub fn current_tax_version(db: &impl Read, id: TaxClassId) -> Result<Option<i64>> {
    Ok(db.opt(&sql::TAX_CURRENT, (id,), sql::number)?)
}

/// The name of something cooked at that station, or of a category that is, if anything is.
pub fn cooked_at(db: &impl Read, station: StationId) -> Result<Option<String>> {
    Ok(db.opt(&sql::STATION_USED, (station,), sql::text)?)
}

/// The version after this edit.
fn bump(tx: &Tx<'_>) -> Result<i64> {
    tx.run(&sql::VERSION_BUMP, ())?;
    version(tx)
}

/// What a body names that is not there.
fn missing(what: &str, id: impl std::fmt::Display) -> Invalid {
    Invalid::new("unknown", format!("There is no {what} {id}."))
}
