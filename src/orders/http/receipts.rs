//! The papers of an order: pre-bills, receipts and their copies.

use actix_web::http::header::ACCEPT;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{by, order_id, with_current};
use crate::error::{Refusal, Result};
use crate::kernel::ids::{CheckId, ReceiptId};
use crate::orders::load;
use crate::orders::ops::adjust;
use crate::orders::receipt::{self, Form};
use crate::store::Snapshot;
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(bill).service(receipt_of_order).service(show_receipt);
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

/// What was issued never changes, but how a later version of the program lays it out may: its ETag is a hash.
fn copy(db: &Snapshot, id: ReceiptId, form: Form) -> Result<Reply> {
    let found = receipt::ops::document(db, id)?;
    let document = found.ok_or_else(|| Refusal::NotFound.because(format!("There is no receipt {id}.")))?;
    Ok(receipt::http::answer(document, true, form)?.hashed())
}
