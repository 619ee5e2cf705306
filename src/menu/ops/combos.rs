//! Combos: an item and the dishes it consists of.

use std::collections::HashMap;

use crate::error::{Faults, Refusal, Result};
use crate::kernel::ids::{ItemId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{CountsAs, Item, NewPart, NewPartKind, Part, PartKind, SoldBy};
use crate::menu::sql;
use crate::menu::sql::combos::PartRow;
use crate::store::{Read, Tx};

use super::missing;

/// What a combo consists of; nothing where the item is none.
pub(super) fn parts(db: &impl Read, item: ItemId) -> Result<Vec<Part>> {
    let rows = db.all(&sql::combos::PARTS_OF, (item,), sql::combos::part)?;
    Ok(gather(rows).remove(&item).unwrap_or_default())
}

/// What every combo consists of.
pub(super) fn all_parts(db: &impl Read) -> Result<HashMap<ItemId, Vec<Part>>> {
    Ok(gather(db.all(&sql::combos::PARTS, (), sql::combos::part)?))
}

/// Rows of one choice follow each other.
fn gather(rows: Vec<PartRow>) -> HashMap<ItemId, Vec<Part>> {
    let mut combos: HashMap<ItemId, Vec<Part>> = HashMap::new();
    for row in rows {
        let parts = combos.entry(row.combo).or_default();
        let Some((id, name, min, max)) = row.choice else {
            parts.push(Part { share: row.share, what: PartKind::Dish(row.dish) });
            continue;
        };
        match parts.last_mut().map(|part| &mut part.what) {
            Some(PartKind::Choice { id: last, options, .. }) if *last == id => options.push(row.dish),
            _ => {
                let what = PartKind::Choice { id, name, min, max, options: vec![row.dish] };
                parts.push(Part { share: row.share, what });
            }
        }
    }
    combos
}

pub(super) fn clear(tx: &Tx<'_>, item: ItemId) -> Result<()> {
    tx.run(&sql::combos::PARTS_CLEAR, (item,))?;
    tx.run(&sql::combos::CHOICES_CLEAR, (item,))?;
    Ok(())
}

/// Writes what an item consists of from now on; refuses dishes that cannot be part of a combo, each by name.
pub(super) fn put(tx: &Tx<'_>, item: ItemId, parts: &[NewPart]) -> Result<()> {
    let mut faults = Faults::new();
    for (at, part) in parts.iter().enumerate() {
        match &part.what {
            NewPartKind::Dish(variant) => {
                let pointer = format!("/components/{at}/variant_id");
                can_be_part(tx, item, *variant, &pointer, &mut faults)?;
                // What is not there has no row to point to, and nothing of the call will stand.
                if faults.is_empty() {
                    tx.run(&sql::combos::PART_ADD, (item, at as i64, None::<i64>, variant, part.share, 0))?;
                }
            }
            NewPartKind::Choice { name, min, max, options } => {
                let choice = tx.insert(&sql::combos::CHOICE_ADD, (item, name, min, max, part.share))?;
                for (i, (variant, supplement)) in options.iter().enumerate() {
                    let pointer = format!("/components/{at}/choice/options/{i}/variant_id");
                    can_be_part(tx, item, *variant, &pointer, &mut faults)?;
                    let row = (item, at as i64, Some(choice), variant, None::<i64>, supplement);
                    if faults.is_empty() {
                        tx.run(&sql::combos::PART_ADD, row)?;
                    }
                }
            }
        }
    }
    faults.finish()
}

fn can_be_part(tx: &Tx<'_>, combo: ItemId, id: VariantId, pointer: &str, faults: &mut Faults) -> Result<()> {
    let dish: Option<(bool, bool)> = tx.opt(&sql::combos::PART_DISH, (id,), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let own = tx.opt(&sql::VARIANT_THERE, (id,), |row| row.get::<_, ItemId>(0))? == Some(combo);
    match dish {
        None => faults.push(pointer, missing("variant", id)),
        Some((false, _)) => {
            faults.push(pointer, Invalid::new("conflict", "what is weighed or is no sale cannot be part of a combo"));
        }
        Some((true, true)) => faults.push(pointer, Invalid::new("conflict", "a combo cannot be part of a combo")),
        Some((true, false)) if own => {
            faults.push(pointer, Invalid::new("conflict", "a combo cannot be part of itself"));
        }
        Some((true, false)) => {}
    }
    Ok(())
}

/// Refuses to let go of a dish that a combo needs.
pub(super) fn must_be_in_none(tx: &Tx<'_>, id: VariantId) -> Result<()> {
    match tx.opt(&sql::combos::PART_OF, (id,), sql::text)? {
        Some(combo) => Err(Refusal::InUse.because(format!("{combo} still has it as a component.")).into()),
        None => Ok(()),
    }
}

/// What an edit must leave true: a combo has fixed prices and nothing that only a dish has, and a dish that is
/// part of one stays what it was there.
pub(super) fn must_hold(tx: &Tx<'_>, item: &Item) -> Result<()> {
    let is_no_part = !item.parts.is_empty() || item.counts_as != CountsAs::Sale;
    for variant in item.variants.iter().filter(|v| is_no_part || v.sold_by != SoldBy::Each) {
        must_be_in_none(tx, variant.id)?;
    }
    if item.parts.is_empty() {
        return Ok(());
    }
    let mut faults = Faults::new();
    for (at, variant) in item.variants.iter().enumerate() {
        if variant.price.is_none() {
            let why = "a combo has a price of its own";
            faults.push(format!("/variants/{at}/price"), Invalid::new("required", why));
        }
        if variant.sold_by != SoldBy::Each {
            let why = "a combo is sold by the piece";
            faults.push(format!("/variants/{at}/sold_by"), Invalid::new("conflict", why));
        }
    }
    if !item.groups.is_empty() {
        let why = "a combo has no modifiers; its components have";
        faults.push("/modifier_groups", Invalid::new("conflict", why));
    }
    if item.counts_as != CountsAs::Sale {
        faults.push("/counts_as", Invalid::new("conflict", "a combo is a sale"));
    }
    faults.finish()
}
