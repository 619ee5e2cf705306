//! What combos consist of.

use crate::kernel::ids::{ItemId, VariantId};
use crate::kernel::money::Money;
use crate::menu::model::PartDish;
use crate::store::{Row, Statement};

/// The parts of an item that is a combo, those of a choice behind each other.
pub static PARTS_OF: Statement = Statement::new(
    "menu.parts_of",
    "select p.item_id, p.position, c.id, c.name, c.min, c.max, coalesce(c.share, p.share), p.variant_id, v.item_id, v.price,
            p.supplement
     from combo_parts p
     join variants v on v.id = p.variant_id
     left join combo_choices c on c.id = p.choice_id
     where p.item_id = ?1 order by p.position, p.id",
)
.repeating("a few combos stand on a menu, and are remembered");

pub static PARTS: Statement = Statement::new(
    "menu.parts",
    "select p.item_id, p.position, c.id, c.name, c.min, c.max, coalesce(c.share, p.share), p.variant_id, v.item_id, v.price,
            p.supplement
     from combo_parts p
     join variants v on v.id = p.variant_id
     left join combo_choices c on c.id = p.choice_id
     order by p.item_id, p.position, p.id",
)
.scanning("the whole menu is asked for: a few dozen rows");

pub static PARTS_CLEAR: Statement = Statement::new("menu.parts_clear", "delete from combo_parts where item_id = ?1");
pub static CHOICES_CLEAR: Statement =
    Statement::new("menu.choices_clear", "delete from combo_choices where item_id = ?1");
pub static CHOICE_ADD: Statement = Statement::new(
    "menu.choice_add",
    "insert into combo_choices (item_id, name, min, max, share) values (?1, ?2, ?3, ?4, ?5)",
);
pub static PART_ADD: Statement = Statement::new(
    "menu.part_add",
    "insert into combo_parts (item_id, position, choice_id, variant_id, share, supplement) values (?1, ?2, ?3, ?4, ?5, ?6)",
);

/// The name of a combo that a variant is part of, if it is of any.
pub static PART_OF: Statement = Statement::new(
    "menu.part_of",
    "select i.name from combo_parts p join items i on i.id = p.item_id where p.variant_id = ?1 limit 1",
);

/// How a variant is sold, and whether its item is itself a combo.
pub static PART_DISH: Statement = Statement::new(
    "menu.part_dish",
    "select v.sold_by = 'each' and i.counts_as = 'sale', exists (select 1 from combo_parts p where p.item_id = v.item_id)
     from variants v join items i on i.id = v.item_id where v.id = ?1 and v.archived = 0",
);

pub static ALL: &[&Statement] =
    &[&PARTS_OF, &PARTS, &PARTS_CLEAR, &CHOICES_CLEAR, &CHOICE_ADD, &PART_ADD, &PART_OF, &PART_DISH];

/// A dish of a combo, and where it stands in it.
#[derive(Debug)]
pub struct PartRow {
    pub combo: ItemId,
    pub position: i64,
    /// Its id, its name, and how often it is chosen.
    pub choice: Option<(i64, String, i64, i64)>,
    pub share: Option<i64>,
    pub dish: PartDish,
}

pub fn part(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    let choice = match row.get(2)? {
        Some(id) => Some((id, row.get(3)?, row.get(4)?, row.get(5)?)),
        None => None,
    };
    let variant: VariantId = row.get(7)?;
    let price: Option<Money> = row.get(9)?;
    let dish = PartDish { variant, item: row.get(8)?, price, supplement: row.get(10)?, available: true };
    Ok(PartRow { combo: row.get(0)?, position: row.get(1)?, choice, share: row.get(6)?, dish })
}
