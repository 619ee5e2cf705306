//! Orders on the wire.

mod adjust;
pub mod export;
mod kitchen;
mod lines;
mod open_checks;
mod order;
mod receipts;
mod split;
pub mod view;

use actix_web::HttpResponse;

use super::load;
use super::model::{IfMatch, Order};
use super::ops::By;
use crate::cache::{Body, Filled};
use crate::error::{Error, Extra, Refusal, Result};
use crate::journal;
use crate::kernel::clock::Clock;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::OrderId;
use crate::store::{Read, Tx};
use crate::web::body::Tried;
use crate::web::call::Call;
use crate::web::{Actor, Reply};
use view::OrderView;

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    order::configure(cfg);
    lines::configure(cfg);
    kitchen::configure(cfg);
    adjust::configure(cfg);
    split::configure(cfg);
    receipts::configure(cfg);
    cfg.service(export::export).service(open_checks::open_checks);
}

/// Who does it, stamped, with the yes they brought. Somebody with a right has a role.
pub fn by(tx: &Tx<'_>, clock: &dyn Clock, actor: &Actor) -> Result<By> {
    let role = actor.role.ok_or(Refusal::TokenMissing)?;
    let stamp = journal::ops::stamp(tx, clock, Some(actor.device), actor.staff)?;
    Ok(By { stamp, role, approval: actor.approval.clone() })
}

/// The order as an answer, with its ETag.
pub fn shown(status: u16, order: &Order, zone: &Zone) -> Result<Reply> {
    Ok(Reply::new(status, &OrderView::of(order, zone)?)?.etag(order.etag()))
}

/// How long it is remembered that there is no such order. Opening one touches its tag, so it may be long;
/// it is short so that ids out of thin air leave no trace.
const NO_ORDER_MS: i64 = 10_000;

/// The order as the cache keeps it: until it, or its kitchen's work, moves on. That there is none is kept
/// too, for whoever polls a number that is wrong.
fn kept(db: &impl Read, id: OrderId, now: UtcMs) -> Result<Filled> {
    let order = match load::order(db, id) {
        Err(Error::Refused(refused)) if refused.refusal == Refusal::NotFound => {
            let until_ms = u64::try_from(now.plus_ms(NO_ORDER_MS).get()).ok();
            return Ok(Filled { until_ms, ..Filled::from(Body::refusal(refused)) });
        }
        order => order?,
    };
    Ok(shown(200, &order, &journal::ops::calendar(db)?.zone)?.kept())
}

/// Runs one operation on an order and answers with the order. A version that is stale is answered
/// with the order as it is now.
async fn change(
    call: Call,
    status: u16,
    id: Option<OrderId>,
    operation: impl FnOnce(&Tx<'_>, &By) -> Result<Order> + Send + 'static,
) -> Result<HttpResponse> {
    let clock = call.house.clock.clone();
    let job = move |tx: &Tx<'_>, actor: &Actor| {
        let by = by(tx, clock.as_ref(), actor)?;
        let zone = &by.stamp.calendar.zone;
        match operation(tx, &by) {
            Ok(order) => shown(status, &order, zone),
            Err(error) => Err(with_current(tx, error, id, zone)),
        }
    };
    call.commit(job).await
}

/// Lays the current order beside a refusal that others caused: whoever is stale, or comes too late. What the refused
/// operation wrote before it was refused is taken back first, so that nobody is shown what never was.
pub fn with_current(tx: &Tx<'_>, error: Error, id: Option<OrderId>, zone: &Zone) -> Error {
    let Error::Refused(refused) = error else { return error };
    let Some(id) = id.filter(|_| matches!(refused.refusal.status(), 409 | 412)) else { return Error::Refused(refused) };
    let undone = tx.undo().map_err(Error::from);
    match undone.and_then(|()| load::order(tx, id)).and_then(|order| shown(200, &order, zone)) {
        Ok(reply) => {
            let json = String::from_utf8(reply.body).unwrap_or_default().into_boxed_str();
            refused.with("current", Extra::Json(json)).into()
        }
        Err(error) => error,
    }
}

/// The version a call says it saw, where it must say.
pub fn seen(call: &Call) -> Result<IfMatch> {
    Ok(IfMatch::parse(call.if_match())?)
}

/// The version a call says it saw, where it may.
fn seen_if_said(call: &Call) -> Result<Option<IfMatch>> {
    Ok(call.if_match().map(|tags| IfMatch::parse(Some(tags))).transpose()?)
}

/// An order's id in a path.
pub fn order_id(value: i64) -> OrderId {
    OrderId::new(value)
}

/// Bodies of orders, for `crate::fuzz`.
#[doc(hidden)]
pub fn tried() -> impl Iterator<Item = Tried> {
    [order::TRIED, lines::TRIED, split::TRIED, adjust::TRIED].into_iter().flatten().copied()
}
