//! Issues receipts, on the writer's thread inside the payment or refund they are for; reads them again.

use super::body;
use super::model::{Document, Draft, Kind, Names, Number, RefundDoc, SERIES, Seller};
use crate::error::{Error, Fault, Result};
use crate::floor;
use crate::journal::{self, Stamp};
use crate::kernel::ids::{ReceiptId, RefundId, StaffId};
use crate::kernel::money::Money;
use crate::orders::model::Order;
use crate::orders::sql::money as sql;
use crate::settings;
use crate::staff;
use crate::store::{Read, Tx, params};

/// A receipt as it was issued.
#[derive(Debug, Clone)]
pub struct Stored {
    pub kind: Kind,
    pub number: i64,
    /// Whole, see [`body::from_json`].
    pub body: String,
}

/// Numbers and stores the receipt of a settled check. Answers its id and number.
pub fn issue_sale(tx: &Tx<'_>, stamp: &Stamp, order: &Order, check_place: usize) -> Result<(ReceiptId, i64)> {
    let names = names(tx, order, stamp)?;
    let draft = draft(order, check_place, &names, stamp)?;
    let document = with_its_taxes(draft.sale(next_number(tx)?)?)?;
    store(tx, stamp, order, None, document)
}

/// Numbers and stores the receipt of a refund, which names the check's own where it has one.
/// Answers its id and number.
pub fn issue_refund(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: &Order,
    check_place: usize,
    refund: &RefundDoc,
) -> Result<(ReceiptId, i64)> {
    let names = names(tx, order, stamp)?;
    let draft = draft(order, check_place, &names, stamp)?;
    let document = draft.refund(next_number(tx)?, refund)?;
    store(tx, stamp, order, Some(refund.id), document)
}

/// The pre-bill; nothing is written.
pub fn bill(db: &impl Read, stamp: &Stamp, order: &Order, check_place: usize) -> Result<Document> {
    let names = names(db, order, stamp)?;
    with_its_taxes(draft(order, check_place, &names, stamp)?.bill()?)
}

/// The receipt of that id.
pub fn get(db: &impl Read, id: ReceiptId) -> Result<Option<Stored>> {
    let row = db.opt(&sql::RECEIPT_GET, [id], sql::stored_receipt)?;
    row.map(|(kind, number, body)| {
        let kind = Kind::parse(&kind).map_err(|fault| Fault::new(format!("receipt {id}: {}", fault.detail)))?;
        Ok(Stored { kind, number, body })
    })
    .transpose()
}

/// The document of that id, to be shown again.
pub fn document(db: &impl Read, id: ReceiptId) -> Result<Option<Document>> {
    let Some(stored) = get(db, id)? else { return Ok(None) };
    Ok(Some(Document { id: Some(id), ..body::from_json(stored.body.as_bytes())? }))
}

/// Who sells, where, and who serves, as they are called now.
fn names(db: &impl Read, order: &Order, stamp: &Stamp) -> Result<Names> {
    let settings = settings::ops::current(db)?;
    let person = |id: Option<StaffId>| Ok::<_, Error>(id.map(|id| staff::ops::name(db, id)).transpose()?.flatten());
    let served_by = person(order.staff)?;
    let cashier = if stamp.staff == order.staff { served_by.clone() } else { person(stamp.staff)? };
    let table = order.table.map(|id| floor::ops::table(db, id)).transpose()?.flatten();
    Ok(Names {
        seller: Seller {
            name: settings.name,
            legal_name: settings.legal_name,
            address: settings.address,
            country: settings.country,
            vat_id: settings.vat_id,
            tax_number: settings.tax_number,
            header: settings.receipt_header,
            footer: settings.receipt_footer,
        },
        currency: settings.currency,
        zone: settings.zone,
        table: table.map(|table| table.name),
        served_by,
        cashier,
    })
}

fn draft<'a>(order: &'a Order, check_place: usize, names: &'a Names, stamp: &Stamp) -> Result<Draft<'a>> {
    let check = order.checks.get(check_place);
    let check = check.ok_or_else(|| Fault::new(format!("order {} has no check at {check_place}", order.id)))?;
    Ok(Draft { order, check, names, at: stamp.at, date: stamp.date })
}

/// A document that charges a tax it does not show is not handed out: the check was not priced.
fn with_its_taxes(document: Document) -> Result<Document> {
    let shown = Money::sum(document.taxes.iter().map(|tax| tax.tax))?;
    if shown != document.totals.tax {
        return Err(Fault::new(format!("check {} does not show its taxes by rate", document.check)).into());
    }
    Ok(document)
}

/// Rolled back with what it is for, so that a number is never lost.
fn next_number(tx: &Tx<'_>) -> Result<Number> {
    let number = tx.one(&sql::NEXT_RECEIPT_NUMBER, [SERIES], |row| row.get(0))?;
    Ok(Number { series: SERIES.to_owned(), number })
}

fn store(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: &Order,
    refund: Option<RefundId>,
    document: Document,
) -> Result<(ReceiptId, i64)> {
    let (kind, check, total) = (document.kind.as_str(), document.check, document.totals.total);
    let (started_at, issued_at) = (document.started_at, document.issued_at);
    let original = document.original.map(|original| original.id);
    let number = document.number.as_ref().map_or(0, |n| n.number);
    let body = body::to_json(document)?;
    let id = tx.insert(
        &sql::RECEIPT_INSERT,
        params![SERIES, number, kind, order.id, check, refund, original, stamp.date, started_at, issued_at, body],
    )?;
    let issued = body::Issued {
        receipt_id: id,
        kind,
        series: SERIES,
        number,
        check_id: check.get(),
        refund_id: refund.map(RefundId::get),
        original_id: original.map(ReceiptId::get),
        total: total.minor(),
    };
    journal::ops::append(tx, stamp, journal::Kind::ReceiptIssued, order.id.get(), order.version, &issued)?;
    Ok((ReceiptId::new(id), number))
}
