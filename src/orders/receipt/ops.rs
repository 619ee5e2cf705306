//! Issues receipts, on the writer's thread inside the payment or refund they are for; reads them again.

use sha2::{Digest as _, Sha256};

use super::body;
use super::model::{Document, Draft, Kind, Names, Number, Original, PartOf, RefundDoc, SERIES, Seller};
use crate::cache::Tag;
use crate::error::{Error, Fault, Refusal, Result};
use crate::floor;
use crate::journal::{self, Stamp};
use crate::kernel::ids::{OrderId, PaymentId, ReceiptId, RefundId, StaffId};
use crate::kernel::money::Money;
use crate::orders::model::{Check, Order, Payment, RateTotal};
use crate::orders::price::{self, RateBook};
use crate::orders::sql::money::{self as sql, TaxRow};
use crate::orders::sql::receipts::{self, PaperRow};
use crate::reports::{self, facts::ReceiptFact};
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

/// Numbers and stores the receipt of a settled check, of which `rates` are each line's and charge's part of each
/// rate. Answers its id and number.
pub fn issue_sale(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: &Order,
    check_place: usize,
    rates: &[(PartOf, RateTotal)],
) -> Result<(ReceiptId, i64)> {
    let names = names(tx, order, stamp)?;
    let draft = Draft { rates, ..draft(order, check_place, &names, stamp)? };
    let document = with_its_taxes(draft.sale(next_number(tx)?)?)?;
    store(tx, stamp, order, Of::default(), document)
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
    let draft = Draft { original: original(tx, draft.check)?, ..draft };
    let document = draft.refund(next_number(tx)?, refund)?;
    store(tx, stamp, order, Of { refund: Some(refund.id), payment: None }, document)
}

/// Numbers and stores the receipt of a wrong tender set right: `new` came in the place of `wrong`. It names the
/// sale's. None where that is not issued yet and will tell the right tender, or never was, as of imported
/// history. Answers its id and number.
pub fn issue_correction(
    tx: &Tx<'_>,
    stamp: &Stamp,
    order: &Order,
    check_place: usize,
    (wrong, new): (&Payment, &Payment),
) -> Result<Option<(ReceiptId, i64)>> {
    let names = names(tx, order, stamp)?;
    let draft = draft(order, check_place, &names, stamp)?;
    let Some(original) = original(tx, draft.check)? else { return Ok(None) };
    let document = Draft { original: Some(original), ..draft }.correction(next_number(tx)?, wrong, new)?;
    store(tx, stamp, order, Of { refund: None, payment: Some(new.id) }, document).map(Some)
}

/// The pre-bill; nothing is written.
pub fn bill(db: &impl Read, stamp: &Stamp, order: &Order, check_place: usize) -> Result<Document> {
    let names = names(db, order, stamp)?;
    let draft = draft(order, check_place, &names, stamp)?;
    let book = RateBook::of(db, draft.check, order.service)?;
    let rows = price::tax_rows(draft.check, order.service, order.guests, &book)?;
    let rates = rates(&rows);
    with_its_taxes(Draft { rates: &rates, ..draft }.bill()?)
}

/// Each rate's part of each line and charge, as a receipt tells it.
pub fn rates(rows: &[TaxRow]) -> Vec<(PartOf, RateTotal)> {
    let part = |row: &TaxRow| {
        let of = row.line.map(PartOf::Line).or(row.charge.map(PartOf::Charge))?;
        Some((of, row.of.clone()))
    };
    rows.iter().filter_map(part).collect()
}

fn original(db: &impl Read, check: &Check) -> Result<Option<Original>> {
    let Some((id, number)) = check.receipt else { return Ok(None) };
    let issued_at = db.opt(&receipts::ISSUED_AT, [id], |row| row.get(0))?;
    Ok(Some(Original { id, number, issued_at }))
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

/// Counts a print of the receipt. Answers it, and whether it is a copy: one was printed before.
pub fn print(tx: &Tx<'_>, stamp: &Stamp, id: ReceiptId) -> Result<(Document, bool)> {
    let found = tx.opt(&receipts::PRINTED, [id], receipts::printed)?.zip(document(tx, id)?);
    let ((prints, order, version), document) =
        found.ok_or_else(|| Refusal::NotFound.because(format!("There is no receipt {id}.")))?;
    let printed = body::Printed { receipt_id: id.get(), prints };
    journal::ops::append(tx, stamp, journal::Kind::ReceiptPrinted, order.get(), version, &printed)?;
    tx.touch(Tag::Order(order.get()));
    Ok((document, prints > 1))
}

/// Every receipt of the order, the first one first.
pub fn papers(db: &impl Read, order: OrderId) -> Result<Vec<PaperRow>> {
    Ok(db.all(&receipts::OF_ORDER, [order], receipts::paper)?)
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
    Ok(Draft { order, check, names, at: stamp.at, date: stamp.date, rates: &[], original: None })
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

/// What a receipt is of, beside its check.
#[derive(Debug, Clone, Copy, Default)]
struct Of {
    refund: Option<RefundId>,
    /// The one that came in a wrong one's place.
    payment: Option<PaymentId>,
}

fn store(tx: &Tx<'_>, stamp: &Stamp, order: &Order, of: Of, document: Document) -> Result<(ReceiptId, i64)> {
    let (kind, check, total) = (document.kind, document.check, document.totals.total);
    let (started_at, issued_at) = (document.started_at, document.issued_at);
    let original = document.original.map(|original| original.id);
    let number = document.number.as_ref().map_or(0, |n| n.number);
    let body = body::to_json(document)?;
    let body_sha256 = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let id = tx.insert(
        &sql::RECEIPT_INSERT,
        params![
            SERIES,
            number,
            kind.as_str(),
            order.id,
            check,
            of.refund,
            of.payment,
            original,
            stamp.date,
            started_at,
            issued_at,
            body
        ],
    )?;
    let fact = ReceiptFact { date: stamp.date, series: SERIES, number, kind: kind.as_str() };
    reports::ops::receipt(tx, &fact)?;
    let issued = body::Issued {
        receipt_id: id,
        kind: kind.as_str(),
        series: SERIES,
        number,
        check_id: check.get(),
        refund_id: of.refund.map(RefundId::get),
        payment_id: of.payment.map(PaymentId::get),
        original_id: original.map(ReceiptId::get),
        total: total.minor(),
        body_sha256,
    };
    journal::ops::append(tx, stamp, journal::Kind::ReceiptIssued, order.id.get(), order.version, &issued)?;
    Ok((ReceiptId::new(id), number))
}
