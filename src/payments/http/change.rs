//! Tips and tenders changed after their payment, on the wire.

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PaymentAnswer, answer, answered, drawn, with_its_order};
use crate::error::{Faults, Result};
use crate::kernel::ids::{PaymentId, StaffId, TenderId};
use crate::kernel::money::Money;
use crate::kernel::text;
use crate::orders::http::by;
use crate::payments::ops::{self, Truth};
use crate::web::right::OrApproved;
use crate::web::{Reply, Write, list, right};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TipBody {
    /// What the tip is from now on, minor units; 0 takes it off. Above all that was paid it needs
    /// `correct_payment`.
    amount: i64,
    /// Whose it is from now on; left out, whose it was, or else who took the payment.
    staff_id: Option<i64>,
}

/// Adds a tip to a captured payment or changes it, also after its check is paid. The change is of today's
/// business day and enters the coming Z: what is closed stays. Receipts stay as they were issued.
#[utoipa::path(tag = "payments", params(("id" = i64, Path)), request_body = TipBody, responses((status = 200, body = PaymentAnswer)))]
#[post("/api/v1/payments/{id}/tip")]
pub(super) async fn tip_payment(write: Write<right::TakePayment, TipBody>, id: Path<i64>) -> Result<HttpResponse> {
    let id = PaymentId::new(list::id(*id)?);
    let mut faults = Faults::new();
    let amount = faults.take("/amount", Money::parse_not_negative(write.body.amount));
    let amount = faults.with(amount)?;
    let whose = write.body.staff_id.map(StaffId::new);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let changed = ops::change_tip(tx, &by, id, amount, whose);
            let (payment, order) = changed.map_err(|error| with_its_order(tx, error, id, zone))?;
            answered(tx, 200, &payment, &order, zone, Money::ZERO)
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CorrectBody {
    /// What it was paid with in truth.
    tender_id: i64,
    /// The gift voucher it was drawn on in truth.
    voucher: Option<String>,
    /// What the terminal calls it, or the number of a paper voucher of another house.
    reference: Option<String>,
    /// The house account or deposit it was drawn on in truth.
    account_id: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CorrectionAnswer {
    #[serde(flatten)]
    of_payment: PaymentAnswer,
    /// The correction's own, which names the sale's; null where the sale has none.
    receipt_id: Option<i64>,
    receipt_number: Option<i64>,
}

/// Sets a wrong tender right: what is left of the payment is taken back by its tender, and a new payment
/// of the same amount and tip comes in its place, answered here; the order shows both. Both are of
/// today's business day and enter the coming Z; the sale, its receipts and what is closed stay. What went
/// back of the wrong one stays as it went; later refunds are of the new one. Where the sale has its receipt, the
/// correction has one of its own, in the same series.
///
/// Refused under `/tender_id`: cash that was rounded to coins, a sum that is not in coins to cash, and an
/// excess to another kind of tender. What an account had paid is on it again, and the account named here
/// pays: another one of the same tender too.
#[utoipa::path(tag = "payments", params(("id" = i64, Path)), request_body = CorrectBody, responses((status = 201, body = CorrectionAnswer)))]
#[post("/api/v1/payments/{id}/correct")]
pub(super) async fn correct_payment(
    write: Write<OrApproved<right::CorrectPayment>, CorrectBody>,
    id: Path<i64>,
) -> Result<HttpResponse> {
    let (id, to) = (PaymentId::new(list::id(*id)?), TenderId::new(write.body.tender_id));
    let mut faults = Faults::new();
    let drawn = drawn(&mut faults, write.body.voucher.as_deref(), write.body.account_id);
    let reference = write.body.reference.as_deref();
    let reference =
        reference.and_then(|words| faults.take("/reference", text::optional_code(words, text::NAME_CHARS_MAX)));
    faults.finish()?;
    let truth = Truth { drawn, reference: reference.flatten() };
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let corrected = ops::correct(tx, &by, id, to, truth);
            let corrected = corrected.map_err(|error| with_its_order(tx, error, id, zone))?;
            let of_payment = answer(tx, &corrected.payment, &corrected.order, zone, Money::ZERO)?;
            let answer = CorrectionAnswer {
                of_payment,
                receipt_id: corrected.receipt.map(|(id, _)| id.get()),
                receipt_number: corrected.receipt.map(|(_, number)| number),
            };
            Ok(Reply::new(201, &answer)?.etag(corrected.order.etag()))
        })
        .await
}
