//! What a document says that the order does not know: who sells, where, and who served.

use super::model::Order;
use super::receipt::Names;
use super::receipt::model::Seller;
use crate::error::Result;
use crate::kernel::ids::StaffId;
use crate::store::Read;
use crate::{floor, settings, staff};

/// `cashier` is whoever issues the document.
pub fn of(db: &impl Read, order: &Order, cashier: Option<StaffId>) -> Result<Names> {
    let now = settings::ops::current(db)?;
    let name = |id: Option<StaffId>| -> Result<Option<String>> {
        Ok(id.map(|id| staff::ops::name(db, id)).transpose()?.flatten())
    };
    let table = order.table.map(|id| floor::ops::table(db, id)).transpose()?.flatten();
    let served_by = name(order.staff)?;
    let cashier = if cashier == order.staff { served_by.clone() } else { name(cashier)? };
    Ok(Names {
        seller: Seller {
            name: now.name,
            legal_name: now.legal_name,
            address: now.address,
            country: now.country,
            vat_id: now.vat_id,
            tax_number: now.tax_number,
            header: now.receipt_header,
            footer: now.receipt_footer,
        },
        currency: now.currency,
        zone: now.zone,
        table: table.map(|t| t.name),
        served_by,
        cashier,
    })
}
