//! Every statement of the menu. Its tables are as long as the menu is, so reading one whole is no sin;
//! what runs for each line that is sold goes by key.

pub mod combos;
pub mod nested;
pub mod times;

use crate::kernel::ids::{CategoryId, GroupId, ItemId, TaxClassId};
use crate::kernel::invalid::Invalid;
use crate::kernel::rate::Rate;
use crate::store::{Row, Statement};

use super::model::{
    Category, Choice, CountsAs, Group, Item, NewRate, PriceMode, Sellable, SoldBy, Stock, Subject, TaxRate, Variant,
};

// ── for each line that is sold ───────────────────────────────────────────────

const WHOLE_MENU: &str = "the whole menu is asked for: a few hundred rows";

pub static SELLABLE: Statement = Statement::new(
    "menu.sellable",
    "select v.id, v.item_id, i.category_id, coalesce(i.station_id, c.station_id), t.id, i.name, v.name, v.sold_by,
            i.counts_as, i.discountable, v.price, exists (select 1 from item_groups g where g.item_id = i.id),
            exists (select 1 from combo_parts p where p.item_id = i.id)
     from variants v
     join items i on i.id = v.item_id
     join categories c on c.id = i.category_id
     join tax_versions t on t.tax_class_id = i.tax_class_id and t.current = 1
     where v.id = ?1 and v.archived = 0 and i.archived = 0",
)
.repeating("each line of an order takes its dish as it stands");

/// The same of what the house sells without it standing on the menu.
pub static HOUSE_SELLABLE: Statement = Statement::new(
    "menu.house_sellable",
    "select v.id, v.item_id, i.category_id, i.station_id, t.id, i.name, v.name, v.sold_by, i.counts_as, i.discountable,
            v.price, 0, 0
     from house_items h
     join variants v on v.id = h.variant_id
     join items i on i.id = v.item_id
     join tax_versions t on t.tax_class_id = i.tax_class_id and t.current = 1
     where h.purpose = ?1",
);
pub static HOUSE_ITEM_ADD: Statement =
    Statement::new("menu.house_item_add", "insert into house_items (purpose, variant_id) values (?1, ?2)");

pub static SELL_GROUPS: Statement = Statement::new(
    "menu.sell_groups",
    "select g.id, g.name, g.min, g.max, o.id, o.name, o.price, g.free_quantity, o.price_mode,
            exists (select 1 from option_groups n where n.option_id = o.id)
     from item_groups ig
     join modifier_groups g on g.id = ig.group_id
     left join options o on o.group_id = g.id and o.archived = 0
     where ig.item_id = ?1
     order by ig.position, g.id, o.position, o.id",
)
.repeating("each line of an order takes its dish as it stands");

/// What is known of an item, one of its variants and, where ?3 is true, of options.
pub static STOCK_FOR_SALE: Statement = Statement::new(
    "menu.stock_for_sale",
    "select kind, subject_id, available, remaining, until_ms from availability where kind = 'item' and subject_id = ?1
     union all
     select kind, subject_id, available, remaining, until_ms from availability where kind = 'variant' and subject_id = ?2
     union all
     select kind, subject_id, available, remaining, until_ms from availability where kind = 'option' and ?3",
)
.repeating("each line of an order reserves what is counted down");

pub static VERSION: Statement = Statement::new("menu.version", "select version from menu_state where id = 1");

pub static RATES: Statement = Statement::new(
    "menu.rates",
    "select service, name, rate, included, compound from tax_rates where version_id = ?1 order by service, position",
)
.repeating("each open check of a page is taxed by its lines' versions");

pub static TAX_CURRENT: Statement =
    Statement::new("menu.tax_current", "select id from tax_versions where tax_class_id = ?1 and current = 1");

// ── the tree ─────────────────────────────────────────────────────────────────

pub static CATEGORIES: Statement = Statement::new(
    "menu.categories",
    "select id, name, position, station_id from categories where archived = 0 order by position, id",
)
.scanning(WHOLE_MENU);
pub static CATEGORY: Statement = Statement::new(
    "menu.category",
    "select id, name, position, station_id from categories where id = ?1 and archived = 0",
);

pub static ITEMS: Statement = Statement::new(
    "menu.items",
    "select id, category_id, name, description, allergens, tax_class_id, station_id, discountable, counts_as, position
     from items where archived = 0 order by position, id",
)
.scanning(WHOLE_MENU);
pub static ITEM: Statement = Statement::new(
    "menu.item",
    "select id, category_id, name, description, allergens, tax_class_id, station_id, discountable, counts_as, position
     from items where id = ?1 and archived = 0",
);

/// What there is and where it stands, without reading any of it.
pub static HEADS: Statement =
    Statement::new("menu.heads", "select id, category_id, edited from items where archived = 0 order by position, id")
        .scanning(WHOLE_MENU);

pub static VARIANTS: Statement = Statement::new(
    "menu.variants",
    "select id, item_id, sku, name, price, sold_by from variants where archived = 0 order by position, id",
)
.scanning(WHOLE_MENU);
pub static VARIANTS_OF: Statement = Statement::new(
    "menu.variants_of",
    "select id, item_id, sku, name, price, sold_by from variants where item_id = ?1 and archived = 0 order by position, id",
);

pub static GROUPS: Statement = Statement::new(
    "menu.groups",
    "select id, name, min, max, free_quantity from modifier_groups where archived = 0 order by id",
)
.scanning(WHOLE_MENU);
pub static GROUP: Statement = Statement::new(
    "menu.group",
    "select id, name, min, max, free_quantity from modifier_groups where id = ?1 and archived = 0",
);
pub static GROUPS_OF: Statement = Statement::new(
    "menu.groups_of",
    "select g.id, g.name, g.min, g.max, g.free_quantity from item_groups ig join modifier_groups g on g.id = ig.group_id
     where ig.item_id = ?1 order by ig.position, g.id",
);

pub static OPTIONS: Statement = Statement::new(
    "menu.options",
    "select id, group_id, name, price, allergens, price_mode from options where archived = 0 order by position, id",
)
.scanning(WHOLE_MENU);
pub static OPTIONS_OF: Statement = Statement::new(
    "menu.options_of",
    "select id, group_id, name, price, allergens, price_mode from options where group_id = ?1 and archived = 0 order by position, id",
);
pub static OPTIONS_OF_ITEM: Statement = Statement::new(
    "menu.options_of_item",
    "select o.id, o.group_id, o.name, o.price, o.allergens, o.price_mode
     from item_groups ig join options o on o.group_id = ig.group_id
     where ig.item_id = ?1 and o.archived = 0 order by o.position, o.id",
);

pub static ITEM_GROUPS: Statement = Statement::new(
    "menu.item_groups",
    "select item_id, group_id from item_groups order by item_id, position, group_id",
)
.scanning(WHOLE_MENU);

pub static TAX_CLASSES: Statement =
    Statement::new("menu.tax_classes", "select id, name from tax_classes where archived = 0 order by id")
        .scanning("all tax classes are asked for: a handful of rows");
pub static TAX_CLASS: Statement =
    Statement::new("menu.tax_class", "select id, name from tax_classes where id = ?1 and archived = 0");
pub static RATES_CURRENT: Statement = Statement::new(
    "menu.rates_current",
    "select v.tax_class_id, r.service, r.name, r.rate, r.included, r.compound
     from tax_versions v join tax_rates r on r.version_id = v.id
     where v.current = 1 order by v.tax_class_id, r.service, r.position",
)
.scanning("a few rates a version, of which a change of the law makes one");
pub static RATES_OF: Statement = Statement::new(
    "menu.rates_of",
    "select v.tax_class_id, r.service, r.name, r.rate, r.included, r.compound
     from tax_versions v join tax_rates r on r.version_id = v.id
     where v.tax_class_id = ?1 and v.current = 1 order by r.service, r.position",
);

// ── availability ─────────────────────────────────────────────────────────────

pub(super) static STOCK_ANY: Statement = Statement::new("menu.stock_any", "select exists (select 1 from availability)")
    .scanning("it stops at the first row");

pub static STOCK_ALL: Statement = Statement::new(
    "menu.stock_all",
    "select kind, subject_id, available, remaining, until_ms from availability
     where until_ms is null or until_ms > ?1 order by kind, subject_id",
)
.scanning("all that is out or counted down is asked for: a few dozen rows");
/// What is not there, by the items that show it: those it is of, combos it is part of, and dishes that offer it
/// behind however many options. Each once.
pub static STOCK_OUT: Statement = Statement::new(
    "menu.stock_out",
    "with recursive gone (kind, id) as (
       select kind, subject_id from availability where available = 0 and (until_ms is null or until_ms > ?1)
     ), offered (option_id, group_id) as (
       select gone.id, o.group_id from gone join options o on o.id = gone.id where gone.kind = 'option'
       union
       select offered.option_id, o.group_id
       from offered join option_groups n on n.group_id = offered.group_id join options o on o.id = n.option_id
     )
     select id, kind, id from gone where kind = 'item'
     union
     select p.item_id, gone.kind, gone.id
     from gone join variants v on v.item_id = gone.id join combo_parts p on p.variant_id = v.id where gone.kind = 'item'
     union
     select v.item_id, gone.kind, gone.id from gone join variants v on v.id = gone.id where gone.kind = 'variant'
     union
     select p.item_id, gone.kind, gone.id
     from gone join combo_parts p on p.variant_id = gone.id where gone.kind = 'variant'
     union
     select g.item_id, 'option', offered.option_id
     from offered join item_groups g on g.group_id = offered.group_id
     order by 1, 2, 3",
)
.scanning("all that is out is asked for: a few dozen rows");
pub static STOCK: Statement = Statement::new(
    "menu.stock",
    "select kind, subject_id, available, remaining, until_ms from availability where kind = ?1 and subject_id = ?2",
);
pub static STOCK_PUT: Statement = Statement::new(
    "menu.stock_put",
    "insert into availability (kind, subject_id, available, remaining, until_ms) values (?1, ?2, ?3, ?4, ?5)
     on conflict (kind, subject_id) do update
     set available = excluded.available, remaining = excluded.remaining, until_ms = excluded.until_ms",
);
pub static STOCK_DROP: Statement =
    Statement::new("menu.stock_drop", "delete from availability where kind = ?1 and subject_id = ?2");

pub static VARIANT_THERE: Statement =
    Statement::new("menu.variant_there", "select item_id from variants where id = ?1 and archived = 0");
pub static OPTION_THERE: Statement =
    Statement::new("menu.option_there", "select group_id from options where id = ?1 and archived = 0");

// ── edits ────────────────────────────────────────────────────────────────────

pub static VERSION_BUMP: Statement = Statement::new(
    "menu.version_bump",
    "insert into menu_state (id, version) values (1, 2) on conflict (id) do update set version = version + 1",
);

pub static CATEGORY_ADD: Statement =
    Statement::new("menu.category_add", "insert into categories (name, position, station_id) values (?1, ?2, ?3)");
pub static CATEGORY_SET: Statement = Statement::new(
    "menu.category_set",
    "update categories set name = ?2, position = ?3, station_id = ?4 where id = ?1",
);
pub static CATEGORY_ARCHIVE: Statement =
    Statement::new("menu.category_archive", "update categories set archived = 1 where id = ?1");
pub static CATEGORY_USED: Statement =
    Statement::new("menu.category_used", "select name from items where category_id = ?1 and archived = 0 limit 1");
pub static CATEGORY_NEXT: Statement =
    Statement::new("menu.category_next", "select coalesce(max(position) + 1, 0) from categories where archived = 0");
pub static CATEGORY_NAMED: Statement = Statement::new(
    "menu.category_named",
    "select id from categories where name = ?1 and archived = 0 order by id limit 1",
)
.scanning("runs when the menu is edited, over a few dozen categories");

pub static ITEM_ADD: Statement = Statement::new(
    "menu.item_add",
    "insert into items (category_id, name, description, allergens, tax_class_id, station_id, discountable, counts_as, position)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
);
pub static ITEM_SET: Statement = Statement::new(
    "menu.item_set",
    "update items set category_id = ?2, name = ?3, description = ?4, allergens = ?5, tax_class_id = ?6, station_id = ?7,
                      discountable = ?8, counts_as = ?9, position = ?10
     where id = ?1",
);
pub static ITEM_EDITED: Statement = Statement::new("menu.item_edited", "update items set edited = ?2 where id = ?1");
pub static ITEM_ARCHIVE: Statement = Statement::new("menu.item_archive", "update items set archived = 1 where id = ?1");
pub static ITEM_NEXT: Statement = Statement::new(
    "menu.item_next",
    "select coalesce(max(position) + 1, 0) from items where category_id = ?1 and archived = 0",
);
pub static ITEM_NAMED: Statement = Statement::new(
    "menu.item_named",
    "select id from items where category_id = ?1 and name = ?2 and archived = 0 order by id limit 1",
);

pub static VARIANT_ADD: Statement = Statement::new(
    "menu.variant_add",
    "insert into variants (item_id, sku, name, price, sold_by, position) values (?1, ?2, ?3, ?4, ?5, ?6)",
);
pub static VARIANT_SET: Statement = Statement::new(
    "menu.variant_set",
    "update variants set sku = ?2, name = ?3, price = ?4, sold_by = ?5, position = ?6 where id = ?1",
);
pub static VARIANT_ARCHIVE: Statement =
    Statement::new("menu.variant_archive", "update variants set archived = 1 where id = ?1");
/// So that variants of one item can swap theirs.
pub static SKUS_CLEAR: Statement =
    Statement::new("menu.skus_clear", "update variants set sku = null where item_id = ?1 and archived = 0");
pub static SKU_HOLDER: Statement = Statement::new(
    "menu.sku_holder",
    "select v.id, v.item_id, i.name from variants v join items i on i.id = v.item_id where v.sku = ?1 and v.archived = 0",
);

pub static ITEM_GROUPS_CLEAR: Statement =
    Statement::new("menu.item_groups_clear", "delete from item_groups where item_id = ?1");
pub static ITEM_GROUP_ADD: Statement =
    Statement::new("menu.item_group_add", "insert into item_groups (item_id, group_id, position) values (?1, ?2, ?3)");

pub static GROUP_ADD: Statement = Statement::new(
    "menu.group_add",
    "insert into modifier_groups (name, min, max, free_quantity) values (?1, ?2, ?3, ?4)",
);
pub static GROUP_SET: Statement = Statement::new(
    "menu.group_set",
    "update modifier_groups set name = ?2, min = ?3, max = ?4, free_quantity = ?5 where id = ?1",
);
pub static GROUP_ARCHIVE: Statement =
    Statement::new("menu.group_archive", "update modifier_groups set archived = 1 where id = ?1");
pub static GROUP_USED: Statement = Statement::new(
    "menu.group_used",
    "select i.name from item_groups g join items i on i.id = g.item_id where g.group_id = ?1 and i.archived = 0 limit 1",
);
pub static OPTION_ADD: Statement = Statement::new(
    "menu.option_add",
    "insert into options (group_id, name, price, allergens, position, price_mode) values (?1, ?2, ?3, ?4, ?5, ?6)",
);
pub static OPTION_SET: Statement = Statement::new(
    "menu.option_set",
    "update options set name = ?2, price = ?3, allergens = ?4, position = ?5, price_mode = ?6 where id = ?1",
);
pub static OPTION_ARCHIVE: Statement =
    Statement::new("menu.option_archive", "update options set archived = 1 where id = ?1");

pub static TAX_CLASS_ADD: Statement =
    Statement::new("menu.tax_class_add", "insert into tax_classes (name) values (?1)");
pub static TAX_CLASS_NAME: Statement =
    Statement::new("menu.tax_class_name", "update tax_classes set name = ?2 where id = ?1");
pub static TAX_CLASS_ARCHIVE: Statement =
    Statement::new("menu.tax_class_archive", "update tax_classes set archived = 1 where id = ?1");
pub static TAX_CLASS_USED: Statement =
    Statement::new("menu.tax_class_used", "select name from items where tax_class_id = ?1 and archived = 0 limit 1")
        .scanning("runs when a tax class is archived, over a few hundred items");
pub static TAX_CLASS_NAMED: Statement = Statement::new(
    "menu.tax_class_named",
    "select id from tax_classes where name = ?1 and archived = 0 order by id limit 1",
)
.scanning("runs when the menu is edited, over a handful of tax classes");
pub static TAX_VERSION_CLOSE: Statement = Statement::new(
    "menu.tax_version_close",
    "update tax_versions set current = 0 where tax_class_id = ?1 and current = 1",
);
pub static TAX_VERSION_ADD: Statement =
    Statement::new("menu.tax_version_add", "insert into tax_versions (tax_class_id, current) values (?1, 1)");
pub static TAX_RATE_ADD: Statement = Statement::new(
    "menu.tax_rate_add",
    "insert into tax_rates (version_id, service, position, name, rate, included, compound) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

pub static STATION_USED: Statement = Statement::new(
    "menu.station_used",
    "select name from items where station_id = ?1 and archived = 0
     union all select name from categories where station_id = ?1 and archived = 0 limit 1",
)
.scanning("runs when a station is archived, over a few hundred items and a few dozen categories");

pub static ALL: &[&Statement] = &[
    &STOCK_ANY,
    &SELLABLE,
    &HOUSE_SELLABLE,
    &HOUSE_ITEM_ADD,
    &SELL_GROUPS,
    &STOCK_FOR_SALE,
    &VERSION,
    &RATES,
    &TAX_CURRENT,
    &CATEGORIES,
    &CATEGORY,
    &HEADS,
    &ITEMS,
    &ITEM,
    &VARIANTS,
    &VARIANTS_OF,
    &GROUPS,
    &GROUP,
    &GROUPS_OF,
    &OPTIONS,
    &OPTIONS_OF,
    &OPTIONS_OF_ITEM,
    &ITEM_GROUPS,
    &TAX_CLASSES,
    &TAX_CLASS,
    &RATES_CURRENT,
    &RATES_OF,
    &STOCK_ALL,
    &STOCK_OUT,
    &STOCK,
    &STOCK_PUT,
    &STOCK_DROP,
    &VARIANT_THERE,
    &OPTION_THERE,
    &VERSION_BUMP,
    &CATEGORY_ADD,
    &CATEGORY_SET,
    &CATEGORY_ARCHIVE,
    &CATEGORY_USED,
    &CATEGORY_NEXT,
    &CATEGORY_NAMED,
    &ITEM_ADD,
    &ITEM_SET,
    &ITEM_EDITED,
    &ITEM_ARCHIVE,
    &ITEM_NEXT,
    &ITEM_NAMED,
    &VARIANT_ADD,
    &VARIANT_SET,
    &VARIANT_ARCHIVE,
    &SKUS_CLEAR,
    &SKU_HOLDER,
    &ITEM_GROUPS_CLEAR,
    &ITEM_GROUP_ADD,
    &GROUP_ADD,
    &GROUP_SET,
    &GROUP_ARCHIVE,
    &GROUP_USED,
    &OPTION_ADD,
    &OPTION_SET,
    &OPTION_ARCHIVE,
    &TAX_CLASS_ADD,
    &TAX_CLASS_NAME,
    &TAX_CLASS_ARCHIVE,
    &TAX_CLASS_USED,
    &TAX_CLASS_NAMED,
    &TAX_VERSION_CLOSE,
    &TAX_VERSION_ADD,
    &TAX_RATE_ADD,
    &STATION_USED,
];

// ── mappers ──────────────────────────────────────────────────────────────────

/// A word of a column, which the schema's CHECK has already admitted.
fn word<T>(row: &Row<'_>, at: usize, parse: impl FnOnce(&str) -> Result<T, Invalid>) -> rusqlite::Result<T> {
    let text = row.get_ref(at)?;
    parse(text.as_str()?).map_err(|_| rusqlite::Error::InvalidColumnType(at, "word".to_owned(), text.data_type()))
}

fn words(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<String>> {
    let text: String = row.get(at)?;
    Ok(text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// The sellable without its groups and parts, and whether it has any of either.
pub fn sellable(row: &Row<'_>) -> rusqlite::Result<(Sellable, bool, bool)> {
    let sellable = Sellable {
        variant: row.get(0)?,
        item: row.get(1)?,
        category: row.get(2)?,
        station: row.get(3)?,
        tax_version: row.get(4)?,
        name: row.get(5)?,
        variant_name: row.get(6)?,
        sold_by: word(row, 7, SoldBy::parse)?,
        counts_as: word(row, 8, CountsAs::parse)?,
        discountable: row.get(9)?,
        price: row.get(10)?,
        groups: Vec::new(),
        parts: Vec::new(),
    };
    Ok((sellable, row.get(11)?, row.get(12)?))
}

pub fn stock(row: &Row<'_>) -> rusqlite::Result<(Subject, Stock)> {
    let id = row.get(1)?;
    let subject = word(row, 0, |kind| Subject::parse(kind, id))?;
    Ok((subject, Stock { available: row.get(2)?, remaining: row.get(3)?, until: row.get(4)? }))
}

/// Whether it is for takeaway, and the rate.
pub fn tax_rate(row: &Row<'_>) -> rusqlite::Result<(bool, TaxRate)> {
    let takeaway = row.get_ref(0)?.as_str()? == "takeaway";
    let rate =
        TaxRate { name: row.get(1)?, rate: Rate::new(row.get(2)?), included: row.get(3)?, compound: row.get(4)? };
    Ok((takeaway, rate))
}

/// Whose it is, whether for takeaway, and the rate.
pub fn class_rate(row: &Row<'_>) -> rusqlite::Result<(TaxClassId, bool, NewRate)> {
    let takeaway = row.get_ref(1)?.as_str()? == "takeaway";
    let rate =
        NewRate { name: row.get(2)?, rate: Rate::new(row.get(3)?), included: row.get(4)?, compound: row.get(5)? };
    Ok((row.get(0)?, takeaway, rate))
}

pub fn tax_class(row: &Row<'_>) -> rusqlite::Result<(TaxClassId, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub fn category(row: &Row<'_>) -> rusqlite::Result<Category> {
    Ok(Category { id: row.get(0)?, name: row.get(1)?, position: row.get(2)?, station: row.get(3)? })
}

/// An item alone.
pub fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        category: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        allergens: words(row, 4)?,
        tax_class: row.get(5)?,
        station: row.get(6)?,
        discountable: row.get(7)?,
        counts_as: word(row, 8, CountsAs::parse)?,
        position: row.get(9)?,
        available: true,
        variants: Vec::new(),
        groups: Vec::new(),
        parts: Vec::new(),
        sold: Vec::new(),
        until: None,
    })
}

/// Its id, its category and when it was last edited.
pub fn head(row: &Row<'_>) -> rusqlite::Result<(ItemId, CategoryId, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// An item, and what of it is not there.
pub fn out(row: &Row<'_>) -> rusqlite::Result<(ItemId, Subject)> {
    let id = row.get(2)?;
    Ok((row.get(0)?, word(row, 1, |kind| Subject::parse(kind, id))?))
}

pub fn variant(row: &Row<'_>) -> rusqlite::Result<Variant> {
    Ok(Variant {
        id: row.get(0)?,
        item: row.get(1)?,
        sku: row.get(2)?,
        name: row.get(3)?,
        price: row.get(4)?,
        sold_by: word(row, 5, SoldBy::parse)?,
        available: true,
        now: None,
    })
}

/// A group alone.
pub fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        id: row.get(0)?,
        name: row.get(1)?,
        min: row.get(2)?,
        max: row.get(3)?,
        free_quantity: row.get(4)?,
        options: Vec::new(),
    })
}

pub fn option(row: &Row<'_>) -> rusqlite::Result<Choice> {
    Ok(Choice {
        id: row.get(0)?,
        group: row.get(1)?,
        name: row.get(2)?,
        price: row.get(3)?,
        mode: word(row, 5, PriceMode::parse)?,
        allergens: words(row, 4)?,
        available: true,
        groups: Vec::new(),
    })
}

pub fn item_group(row: &Row<'_>) -> rusqlite::Result<(ItemId, GroupId)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

pub fn number(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}

pub fn category_id(row: &Row<'_>) -> rusqlite::Result<CategoryId> {
    row.get(0)
}
