//! `POST /approvals`.

use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{model, ops};
use crate::error::{Faults, Refusal, Result};
use crate::journal;
use crate::kernel::ids::StaffId;
use crate::staff::{self, model::Pin};
use crate::store::Tx;
use crate::web::{Actor, Reply, WritePin, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(approve);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApproveBody {
    /// Who says yes.
    staff_id: i64,
    /// Theirs; wrong ones count and wait as at signing in.
    pin: String,
    /// The `permission` that the refusal named.
    operation: String,
    /// The `subject` that it named: the path of the thing as far as its last id, `/orders/12/lines/34`.
    subject: String,
}

/// A manager's yes: to be sent as the header `Approval` with the call itself, within two minutes, once, from
/// this terminal by whoever is signed in there now.
#[derive(Serialize, ToSchema)]
struct ApprovalView {
    /// Shown once.
    approval: String,
    operation: &'static str,
    subject: String,
    approved_by: i64,
    expires_at: String,
}

/// A manager says yes to one operation on one thing, at the till of somebody who may not. It is kept nowhere,
/// not even for its key: asked again, there is another. A call that is refused for another reason does not
/// use it up.
#[utoipa::path(tag = "approvals", request_body = ApproveBody, responses((status = 201, body = ApprovalView)))]
#[post("/api/v1/approvals")]
async fn approve(sent: WritePin<right::TakeOrders, ApproveBody>) -> Result<HttpResponse> {
    let write = sent.0;
    let Some(asked_by) = write.by.staff.filter(|_| write.by.session.is_some()) else {
        return Err(Refusal::Forbidden.because("An approval is for somebody who is signed in at a terminal.").into());
    };
    let body = write.body;
    let mut faults = Faults::new();
    let typed = faults.take("/pin", Pin::parse(&body.pin));
    let operation = faults.take("/operation", model::operation(&body.operation));
    let subject = faults.take("/subject", model::subject(&body.subject));
    let ((typed, operation), subject) = faults.with(typed.zip(operation).zip(subject))?;
    let (device, approver, house) = (write.by.device, StaffId::new(body.staff_id), write.call.house.clone());
    let (tried, right) = staff::trying::try_pin(&house, device, approver, typed).await?;
    let job = move |tx: &Tx<'_>, by: &Actor| {
        let stamp = journal::ops::stamp(tx, house.clock.as_ref(), Some(by.device), by.staff)?;
        if !right {
            tx.if_refused(move |tx| staff::ops::refuse_try(tx, &stamp, device, approver));
            return Err(Refusal::PinWrong.into());
        }
        let granted = ops::grant(tx, &stamp, (device, asked_by), &tried, operation, &subject)?;
        Reply::created(&ApprovalView {
            approval: granted.token,
            operation: operation.as_str(),
            subject,
            approved_by: granted.approved_by.id.get(),
            expires_at: granted.expires_at.rfc3339(&stamp.calendar.zone),
        })
    };
    write.call.commit_unkept(job).await
}
