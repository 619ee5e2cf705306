//! `/tickets/unacknowledged`: what nobody in the kitchen took in time.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;

use super::{TicketView, until_then};
use crate::cache::{Key, Namespace, Tag};
use crate::error::Result;
use crate::journal;
use crate::kernel::ids::DeviceId;
use crate::kitchen::model::ages_hold_until;
use crate::kitchen::ops::alarm;
use crate::store::PageRequest;
use crate::web::list::{self, Address};
use crate::web::{Query, Read, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(unacknowledged);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct UnacknowledgedQuery {
    /// The terminal that sent them: one's own unless told.
    device_id: Option<i64>,
    /// `true`: of every terminal.
    #[serde(default)]
    all: bool,
    /// Items a page holds: 1 to 100, 20 unless told.
    limit: Option<i64>,
    /// Counted from 1; not with `cursor`.
    page: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Tickets of this terminal that no printer or screen took in time, oldest first; `printed` or `bump` takes one off.
#[utoipa::path(tag = "kitchen", params(UnacknowledgedQuery), responses((status = 200, body = [TicketView])))]
#[get("/api/v1/tickets/unacknowledged")]
async fn unacknowledged(
    read: Read<right::SeeTickets>,
    req: HttpRequest,
    query: Query<UnacknowledgedQuery>,
) -> Result<HttpResponse> {
    let UnacknowledgedQuery { device_id, all, limit, page, cursor } = query.0;
    let request = PageRequest::parse(limit, page, cursor.as_deref())?;
    let device = (!all).then(|| device_id.map_or(read.by.device, DeviceId::new));
    let what = Key::of(Namespace::Tickets).part("unacknowledged").set("device_id", device.map(DeviceId::get));
    let key = list::key(what.set("all", all.then_some(true)), request);
    let address = Address::keyed(req.path(), &key);
    let clock = Arc::clone(&read.house.clock);
    read.polled(key, vec![Tag::Tickets, Tag::Calendar], move |db| {
        let (now, zone) = (clock.now(), journal::ops::calendar(db)?.zone);
        let tickets = alarm::unacknowledged(db, now, device)?;
        let until = ages_hold_until(&tickets, now);
        let views = tickets.into_iter().map(|ticket| TicketView::of(ticket, &zone, now)).collect();
        Ok(until_then(list::short(views, request, &address)?, until))
    })
    .await
}
