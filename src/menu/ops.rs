//! What the menu does, inside the caller's snapshot or transaction.

mod categories;
mod groups;
mod house;
mod items;
mod record;
mod stock;
mod taxes;
mod tree;

use std::rc::Rc;

use crate::cache::Tag;
use crate::error::Result;
use crate::kernel::ids::{StationId, TaxClassId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::service::Service;
use crate::store::{Read, Tx};

use super::model::{SellGroup, Sellable, TaxRate};
use super::sql;

pub use categories::{add_category, category_named, change_category, remove_category};
pub use groups::{add_group, change_group, remove_group};
pub use house::account_payment;
pub use items::{change_item, item_named, put_item, remove_item, variant_by_sku};
pub use stock::{all_stock, anything_counted, release, reserve, set_stock};
pub use taxes::{NO_TAX, add_tax_class, change_tax_class, no_tax_class, remove_tax_class, tax_class_named};
pub use tree::{categories, category, group, groups, item, items, items_of, menu, outline, tax_class, tax_classes};

/// All that a line needs of a variant; `None` where it is unknown or archived. One statement, and one
/// more where the item has modifier groups.
pub fn sellable(db: &impl Read, id: VariantId) -> Result<Option<Rc<Sellable>>> {
    let known = db.remembered(Tag::Menu, &sql::SELLABLE, id.get(), |db| Ok(read_sellable(db, id)?.map(Rc::new)))?;
    Ok(known.as_ref().clone())
}

fn read_sellable(db: &impl Read, id: VariantId) -> Result<Option<Sellable>> {
    let Some((mut sellable, has_groups)) = db.opt(&sql::SELLABLE, (id,), sql::sellable)? else { return Ok(None) };
    if has_groups {
        for (group, option) in db.all(&sql::SELL_GROUPS, (sellable.item,), sql::sell_group)? {
            add_option(&mut sellable.groups, group, option);
        }
    }
    Ok(Some(sellable))
}

/// Rows of one group follow each other.
fn add_option(groups: &mut Vec<SellGroup>, group: SellGroup, option: Option<super::model::SellOption>) {
    if groups.last().is_none_or(|last| last.id != group.id) {
        groups.push(group);
    }
    if let (Some(last), Some(option)) = (groups.last_mut(), option) {
        last.options.push(option);
    }
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
