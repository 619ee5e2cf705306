//! When things are sold, and at what price.

use super::word;
use crate::kernel::day::BusinessDate;
use crate::kernel::ids::{CategoryId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;
use crate::menu::model::{PriceTime, Prices, SoldOf, SoldTime, Window};
use crate::store::{Row, Statement};

pub static PRICE_TIMES: Statement = Statement::new(
    "menu.price_times",
    "select id, name, weekdays, from_min, to_min, valid_from, valid_to, service, percent
     from price_times where archived = 0 order by id",
)
.scanning("all of them are asked for: a handful of rows");
pub static PRICES_OF_TIMES: Statement = Statement::new(
    "menu.prices_of_times",
    "select p.price_time_id, p.variant_id, p.price
     from price_times t join price_time_prices p on p.price_time_id = t.id where t.archived = 0 order by 1, 2",
)
.scanning("all of them are asked for: a few dozen rows");
pub static CATEGORIES_OF_TIMES: Statement = Statement::new(
    "menu.categories_of_times",
    "select c.price_time_id, c.category_id
     from price_times t join price_time_categories c on c.price_time_id = t.id where t.archived = 0 order by 1, 2",
)
.scanning("all of them are asked for: a few dozen rows");
pub static SOLD_TIMES: Statement = Statement::new(
    "menu.sold_times",
    "select item_id, category_id, weekdays, from_min, to_min, valid_from, valid_to, service from sold_times order by id",
)
.scanning("all of them are asked for: a few dozen rows");

pub static PRICE_TIME_ADD: Statement = Statement::new(
    "menu.price_time_add",
    "insert into price_times (name, weekdays, from_min, to_min, valid_from, valid_to, service, percent)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);
pub static PRICE_TIME_SET: Statement = Statement::new(
    "menu.price_time_set",
    "update price_times set name = ?2, weekdays = ?3, from_min = ?4, to_min = ?5, valid_from = ?6, valid_to = ?7,
                            service = ?8, percent = ?9
     where id = ?1",
);
pub static PRICE_TIME_ARCHIVE: Statement =
    Statement::new("menu.price_time_archive", "update price_times set archived = 1 where id = ?1");
pub static PRICES_CLEAR: Statement =
    Statement::new("menu.price_time_prices_clear", "delete from price_time_prices where price_time_id = ?1");
pub static PRICE_ADD: Statement = Statement::new(
    "menu.price_time_price_add",
    "insert into price_time_prices (price_time_id, variant_id, price) values (?1, ?2, ?3)",
);
pub static CATEGORIES_CLEAR: Statement =
    Statement::new("menu.price_time_categories_clear", "delete from price_time_categories where price_time_id = ?1");
pub static CATEGORY_ADD: Statement = Statement::new(
    "menu.price_time_category_add",
    "insert into price_time_categories (price_time_id, category_id) values (?1, ?2)",
);
pub static SOLD_OF_ITEM_CLEAR: Statement =
    Statement::new("menu.sold_of_item_clear", "delete from sold_times where item_id = ?1");
pub static SOLD_OF_CATEGORY_CLEAR: Statement =
    Statement::new("menu.sold_of_category_clear", "delete from sold_times where category_id = ?1");
pub static SOLD_ADD: Statement = Statement::new(
    "menu.sold_add",
    "insert into sold_times (item_id, category_id, weekdays, from_min, to_min, valid_from, valid_to, service)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);
/// What a price time shows of an item may be of any.
pub static ALL_EDITED: Statement = Statement::new("menu.all_edited", "update items set edited = ?1 where archived = 0")
    .scanning("runs when a time or a category's is edited, over a few hundred items");
/// Whether a variant is on the menu, and whether it has a price.
pub static VARIANT_PRICED: Statement =
    Statement::new("menu.variant_priced", "select price is not null from variants where id = ?1 and archived = 0");

pub static ALL: &[&Statement] = &[
    &PRICE_TIMES,
    &PRICES_OF_TIMES,
    &CATEGORIES_OF_TIMES,
    &SOLD_TIMES,
    &PRICE_TIME_ADD,
    &PRICE_TIME_SET,
    &PRICE_TIME_ARCHIVE,
    &PRICES_CLEAR,
    &PRICE_ADD,
    &CATEGORIES_CLEAR,
    &CATEGORY_ADD,
    &SOLD_OF_ITEM_CLEAR,
    &SOLD_OF_CATEGORY_CLEAR,
    &SOLD_ADD,
    &ALL_EDITED,
    &VARIANT_PRICED,
];

/// The five columns from `at` on.
fn window(row: &Row<'_>, at: usize) -> rusqlite::Result<Window> {
    let (valid_from, valid_to): (Option<BusinessDate>, Option<BusinessDate>) = (row.get(at + 3)?, row.get(at + 4)?);
    Ok(Window::stored(row.get(at)?, row.get(at + 1)?, row.get(at + 2)?, valid_from, valid_to))
}

/// A price time without what it names; with a percentage it is one off.
pub fn price_time(row: &Row<'_>) -> rusqlite::Result<PriceTime> {
    let percent: Option<i64> = row.get(8)?;
    let what = match percent {
        Some(percent) => Prices::Off { categories: Vec::new(), percent: Rate::new(percent) },
        None => Prices::Of(Vec::new()),
    };
    Ok(PriceTime { id: row.get(0)?, name: row.get(1)?, window: window(row, 2)?, service: service(row)?, what })
}

/// The column after a window's.
fn service(row: &Row<'_>) -> rusqlite::Result<Option<Service>> {
    match row.get_ref(7)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => word(row, 7, Service::parse).map(Some),
    }
}

pub fn price(row: &Row<'_>) -> rusqlite::Result<(i64, VariantId, Money)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub fn category(row: &Row<'_>) -> rusqlite::Result<(i64, CategoryId)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub fn sold(row: &Row<'_>) -> rusqlite::Result<(SoldOf, SoldTime)> {
    let of = match row.get(0)? {
        Some(item) => SoldOf::Item(item),
        None => SoldOf::Category(row.get(1)?),
    };
    Ok((of, SoldTime { window: window(row, 2)?, service: service(row)? }))
}
