//! Groups that an option opens when it is chosen.

use super::word;
use crate::kernel::ids::{GroupId, OptionId};
use crate::menu::model::{PriceMode, SellGroup, SellOption};
use crate::store::{Row, Statement};

/// The groups of an option as they are sold, as `menu.sell_groups` has those of an item.
pub static SELL_NESTED: Statement = Statement::new(
    "menu.sell_nested",
    "select g.id, g.name, g.min, g.max, o.id, o.name, o.price, g.free_quantity, o.price_mode,
            exists (select 1 from option_groups n where n.option_id = o.id)
     from option_groups og
     join modifier_groups g on g.id = og.group_id
     left join options o on o.group_id = g.id and o.archived = 0
     where og.option_id = ?1
     order by og.position, g.id, o.position, o.id",
)
.repeating("a few options of a dish open groups of their own, and are remembered");

/// Which groups which options open.
pub static OPTION_GROUPS: Statement = Statement::new(
    "menu.option_groups",
    "select option_id, group_id from option_groups order by option_id, position, group_id",
)
.scanning("the whole menu is asked for: a few dozen rows");

/// Which groups the options of which groups open.
pub static GROUP_OPENS: Statement = Statement::new(
    "menu.group_opens",
    "select distinct o.group_id, n.group_id from option_groups n join options o on o.id = n.option_id and o.archived = 0",
)
.scanning("runs when a group is edited, over a few dozen rows");

pub static OPTION_GROUPS_CLEAR: Statement =
    Statement::new("menu.option_groups_clear", "delete from option_groups where option_id = ?1");
pub static OPTION_GROUP_ADD: Statement = Statement::new(
    "menu.option_group_add",
    "insert into option_groups (option_id, group_id, position) values (?1, ?2, ?3)",
);
/// The name of an option that opens a group, if any does.
pub static GROUP_OPENED: Statement = Statement::new(
    "menu.group_opened",
    "select o.name from option_groups n join options o on o.id = n.option_id
     where n.group_id = ?1 and o.archived = 0 limit 1",
);

/// Every item that offers a group, at once or behind an option of another.
pub static GROUP_EDITED: Statement = Statement::new(
    "menu.group_edited",
    "with recursive above (id) as (
       select ?1
       union
       select o.group_id from above join option_groups n on n.group_id = above.id join options o on o.id = n.option_id
     )
     update items set edited = ?2
     where id in (select ig.item_id from above join item_groups ig on ig.group_id = above.id)",
)
.scanning("runs when a group is edited, over the groups above it");

pub static ALL: &[&Statement] = &[
    &SELL_NESTED,
    &OPTION_GROUPS,
    &GROUP_OPENS,
    &OPTION_GROUPS_CLEAR,
    &OPTION_GROUP_ADD,
    &GROUP_OPENED,
    &GROUP_EDITED,
];

/// A group without its options, one of them, and whether that opens groups.
pub fn sell_group(row: &Row<'_>) -> rusqlite::Result<(SellGroup, Option<(SellOption, bool)>)> {
    let group = SellGroup {
        id: row.get(0)?,
        name: row.get(1)?,
        min: row.get(2)?,
        max: row.get(3)?,
        free_quantity: row.get(7)?,
        options: Vec::new(),
    };
    let option = match row.get(4)? {
        Some(id) => {
            let mode = word(row, 8, PriceMode::parse)?;
            Some((SellOption { id, name: row.get(5)?, price: row.get(6)?, mode, groups: Vec::new() }, row.get(9)?))
        }
        None => None,
    };
    Ok((group, option))
}

pub fn option_group(row: &Row<'_>) -> rusqlite::Result<(OptionId, GroupId)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub fn opens(row: &Row<'_>) -> rusqlite::Result<(GroupId, GroupId)> {
    Ok((row.get(0)?, row.get(1)?))
}
