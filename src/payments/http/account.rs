//! Payments into accounts, and out of them, on the wire.

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RefundView, TakePaymentBody};
use crate::accounts::http::view::AccountView;
use crate::error::{Faults, Result};
use crate::kernel::ids::{AccountId, ReasonId, TenderId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::text;
use crate::orders::http::by;
use crate::orders::http::view::{OrderView, PaymentView};
use crate::orders::ops::Why;
use crate::payments::ops::{self, With};
use crate::settings::model::TenderKind;
use crate::web::right::OrApproved;
use crate::web::{Reply, Write, list, right};

#[derive(Debug, Serialize, ToSchema)]
struct AccountPaymentAnswer {
    payment: PaymentView,
    /// Of one line, which is no sale; settled with the payment.
    order: OrderView,
    /// To be given back now.
    change: i64,
    account: AccountView,
}

/// A guest pays what he owes on a house account, or pays into a deposit or a voucher. It is an order of its
/// own with one line that is no sale, so that it stands in the day's figures and has a receipt. `amount` is
/// what is paid in: left out, all that is owed. Pending, the account has it once the payment is captured.
#[utoipa::path(tag = "accounts", params(("id" = i64, Path)), request_body = TakePaymentBody, responses((status = 201, body = AccountPaymentAnswer)))]
#[post("/api/v1/accounts/{id}/payments")]
pub(super) async fn pay_account(
    write: Write<right::TakePayment, TakePaymentBody>,
    id: Path<i64>,
) -> Result<HttpResponse> {
    let (id, new) = (AccountId::new(list::id(*id)?), write.body.parse()?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let zone = &by.stamp.calendar.zone;
            let (payment, order, account) = ops::pay_in(tx, &by, id, new)?;
            Reply::created(&AccountPaymentAnswer {
                change: payment.change.minor(),
                payment: PaymentView::of(&payment, zone)?,
                order: OrderView::of(&order, zone)?,
                account: AccountView::of(&account, zone)?,
            })
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountRefundBody {
    /// Minor units; left out, all there is.
    amount: Option<i64>,
    /// What it goes back by: what it was paid with unless told.
    tender_id: Option<i64>,
    /// The kind, in place of `tender_id`.
    tender: Option<String>,
    reason_id: Option<i64>,
    reason: Option<String>,
}

impl AccountRefundBody {
    fn parse(&self) -> Result<(Option<Money>, Option<With>, Why)> {
        let mut faults = Faults::new();
        let amount = self.amount.and_then(|minor| faults.take("/amount", Money::parse_positive(minor)));
        let kind = self.tender.as_deref().and_then(|word| faults.take("/tender", TenderKind::parse(word)));
        if self.tender.is_some() && self.tender_id.is_some() {
            faults.push("/tender", Invalid::new("conflict", "say tender_id or tender"));
        }
        let reason = self.reason.as_deref();
        let reason =
            reason.and_then(|t| faults.take("/reason", text::optional_line(t, text::NAME_CHARS_MAX))).flatten();
        faults.finish()?;
        let with = self.tender_id.map(|id| With::Tender(TenderId::new(id))).or(kind.map(With::Kind));
        Ok((amount, with, Why { reason_id: self.reason_id.map(ReasonId::new), reason, approved_by: None }))
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct AccountRefundAnswer {
    /// One a payment that had brought it, the last one first.
    refunds: Vec<RefundView>,
    account: AccountView,
}

/// Gives back in money what is left on a deposit or a voucher, or what was paid on a house account above what
/// is owed: as refunds of the payments that brought it, each with a receipt that names the original.
#[utoipa::path(tag = "accounts", params(("id" = i64, Path)), request_body = AccountRefundBody, responses((status = 201, body = AccountRefundAnswer)))]
#[post("/api/v1/accounts/{id}/refunds")]
pub(super) async fn pay_account_back(
    write: Write<OrApproved<right::Refund>, AccountRefundBody>,
    id: Path<i64>,
) -> Result<HttpResponse> {
    let (id, (amount, with, why)) = (AccountId::new(list::id(*id)?), write.body.parse()?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, actor| {
            let by = by(tx, clock.as_ref(), actor)?;
            let back = ops::pay_back(tx, &by, id, amount, with, why)?;
            let refunds = back.refunds.iter().map(|refunded| RefundView::of(refunded, &by)).collect::<Result<_>>()?;
            let account = AccountView::of(&back.account, &by.stamp.calendar.zone)?;
            Reply::created(&AccountRefundAnswer { refunds, account })
        })
        .await
}
