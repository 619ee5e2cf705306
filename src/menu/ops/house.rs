//! What the house sells without it standing on the menu.

use crate::error::{Fault, Result};
use crate::kernel::ids::{CategoryId, ItemId, TaxClassId};
use crate::menu::model::{CountsAs, Sellable, SoldBy};
use crate::menu::sql;
use crate::store::{Read, Tx};

/// The word of `house_items.purpose`.
const ACCOUNT_PAYMENT: &str = "account_payment";

/// What a guest buys who pays into an account: at an open price, without tax, no sale. Made when it is first
/// asked for, archived with its category and tax class, so that no terminal ever shows it; nothing that the
/// menu shows changes, so nobody is told.
pub fn account_payment(tx: &Tx<'_>) -> Result<Sellable> {
    if let Some(known) = find(tx)? {
        return Ok(known);
    }
    let name = "Payment into an account";
    let category = CategoryId::new(tx.insert(&sql::CATEGORY_ADD, (name, 0, None::<i64>))?);
    let class = TaxClassId::new(tx.insert(&sql::TAX_CLASS_ADD, (name,))?);
    tx.insert(&sql::TAX_VERSION_ADD, (class,))?;
    let item = (category, name, "", "", class, None::<i64>, false, CountsAs::Deposit.as_str(), 0);
    let item = ItemId::new(tx.insert(&sql::ITEM_ADD, item)?);
    let variant = tx.insert(&sql::VARIANT_ADD, (item, None::<String>, name, None::<i64>, SoldBy::Each.as_str(), 0))?;
    tx.run(&sql::VARIANT_ARCHIVE, (variant,))?;
    tx.run(&sql::ITEM_ARCHIVE, (item,))?;
    tx.run(&sql::TAX_CLASS_ARCHIVE, (class,))?;
    tx.run(&sql::CATEGORY_ARCHIVE, (category,))?;
    tx.insert(&sql::HOUSE_ITEM_ADD, (ACCOUNT_PAYMENT, variant))?;
    find(tx)?.ok_or_else(|| Fault::new("what pays into an account is gone").into())
}

fn find(db: &impl Read) -> Result<Option<Sellable>> {
    Ok(db.opt(&sql::HOUSE_SELLABLE, (ACCOUNT_PAYMENT,), sql::sellable)?.map(|(sellable, ..)| sellable))
}
