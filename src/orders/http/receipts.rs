//! The papers of an order: pre-bills, receipts and their copies.

use actix_web::http::header::ACCEPT;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{by, order_id, with_current};
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Refusal, Result};
use crate::journal;
use crate::kernel::day::Zone;
use crate::kernel::ids::{CheckId, PaymentId, ReceiptId, RefundId};
use crate::orders::load;
use crate::orders::ops::adjust;
use crate::orders::receipt;
use crate::orders::sql::receipts::PaperRow;
use crate::store::Snapshot;
use crate::web::list::ListQuery;
use crate::web::{Form, Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(bill).service(receipt_of_order).service(receipts_of_order).service(show_receipt);
    cfg.service(print_receipt);
}

fn form(req: &HttpRequest) -> Form {
    Form::of(req.headers().get(ACCEPT).and_then(|v| v.to_str().ok()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BillBody {
    check_id: Option<i64>,
}

#[utoipa::path(tag = "receipts", params(("id" = i64, Path)), request_body = BillBody, responses((status = 200, body = receipt::body::Receipt)))]
#[post("/api/v1/orders/{id}/bill")]
async fn bill(write: Write<right::TakeOrders, BillBody>, id: Path<i64>, req: HttpRequest) -> Result<HttpResponse> {
    let (id, check, form) = (order_id(*id), write.body.check_id.map(CheckId::new), form(&req));
    let clock = write.call.house.clock.clone();
    let job = move |tx: &crate::store::Tx<'_>, actor: &crate::web::Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let counted = adjust::bill(tx, &by, id, check);
        let zone = &by.stamp.calendar.zone;
        let (order, place) = counted.map_err(|error| with_current(tx, error, Some(id), zone))?;
        let document = receipt::ops::bill(tx, &by.stamp, &order, place)?;
        Ok(receipt::http::answer(document, false, form)?.etag(order.etag()))
    };
    write.call.commit(job).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ReceiptQuery {
    check_id: Option<i64>,
}

#[utoipa::path(tag = "receipts", params(("id" = i64, Path), ReceiptQuery), responses((status = 200, body = receipt::body::Receipt)))]
#[get("/api/v1/orders/{id}/receipt")]
async fn receipt_of_order(
    read: Read<right::SeeOrders>,
    id: Path<i64>,
    query: Query<ReceiptQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let (id, check, form) = (order_id(*id), query.0.check_id.map(CheckId::new), form(&req));
    let shown = move |db: &Snapshot| {
        let order = load::order(db, id)?;
        let issued = order.checks[order.check_place(check)?].receipt;
        let (receipt, _) = issued.ok_or_else(|| Refusal::NotFound.because("No receipt was issued yet."))?;
        copy(db, receipt, form)
    };
    read.reply(shown).await
}

#[utoipa::path(tag = "receipts", params(("id" = i64, Path)), responses((status = 200, body = receipt::body::Receipt)))]
#[get("/api/v1/receipts/{id}")]
async fn show_receipt(read: Read<right::SeeOrders>, id: Path<i64>, req: HttpRequest) -> Result<HttpResponse> {
    let (id, form) = (ReceiptId::new(*id), form(&req));
    read.reply(move |db| copy(db, id, form)).await
}

/// Prints a receipt: the first time it is the guest's own, every other time it says it is a copy. Printing is
/// counted and in the journal; a retry with its key is the same print.
#[utoipa::path(tag = "receipts", params(("id" = i64, Path)), responses((status = 200, body = receipt::body::Receipt)))]
#[post("/api/v1/receipts/{id}/print")]
async fn print_receipt(write: Write<right::TakePayment>, id: Path<i64>, req: HttpRequest) -> Result<HttpResponse> {
    let (id, form) = (ReceiptId::new(*id), form(&req));
    let clock = write.call.house.clock.clone();
    let job = move |tx: &crate::store::Tx<'_>, actor: &crate::web::Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let (document, copy) = receipt::ops::print(tx, &by.stamp, id)?;
        receipt::http::answer(document, copy, form)
    };
    write.call.commit(job).await
}

#[derive(Debug, Serialize, ToSchema)]
struct PaperView {
    id: i64,
    series: String,
    number: i64,
    /// `sale`, `refund` or `correction`.
    kind: String,
    check_id: i64,
    /// The sale's, of a refund or a correction.
    original_id: Option<i64>,
    refund_id: Option<i64>,
    /// Of a correction: the payment that stands now.
    payment_id: Option<i64>,
    business_date: String,
    issued_at: String,
    /// How often it was printed.
    prints: i64,
}

impl PaperView {
    fn of(paper: PaperRow, zone: &Zone) -> Self {
        Self {
            id: paper.id.get(),
            series: paper.series,
            number: paper.number,
            kind: paper.kind,
            check_id: paper.check.get(),
            original_id: paper.original.map(ReceiptId::get),
            refund_id: paper.refund.map(RefundId::get),
            payment_id: paper.payment.map(PaymentId::get),
            business_date: paper.date.to_string(),
            issued_at: paper.issued_at.rfc3339(zone),
            prints: paper.prints,
        }
    }
}

/// Every receipt of an order: its sales, refunds and corrections.
#[utoipa::path(tag = "receipts", params(("id" = i64, Path), ListQuery), responses((status = 200, body = Vec<PaperView>)))]
#[get("/api/v1/orders/{id}/receipts")]
async fn receipts_of_order(
    read: Read<right::SeeOrders>,
    id: Path<i64>,
    query: Query<ListQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let (id, request) = (order_id(*id), query.0.parse()?);
    let what = Key::of(Namespace::Orders).part("receipts").set("order", Some(id));
    let listed = move |db: &Snapshot| {
        load::order(db, id)?;
        let zone = journal::ops::calendar(db)?.zone;
        Ok(receipt::ops::papers(db, id)?.into_iter().map(|paper| PaperView::of(paper, &zone)).collect())
    };
    read.cached_list(what, vec![Tag::Order(id.get()), Tag::Calendar], request, req.path(), listed).await
}

/// What was issued never changes, but how a later version of the program lays it out may: its ETag is a hash.
fn copy(db: &Snapshot, id: ReceiptId, form: Form) -> Result<Reply> {
    let found = receipt::ops::document(db, id)?;
    let document = found.ok_or_else(|| Refusal::NotFound.because(format!("There is no receipt {id}.")))?;
    Ok(receipt::http::answer(document, true, form)?.hashed())
}
