//! `/tickets`: what the kitchen sees and does.

mod alarms;
mod report;
mod to_make;
mod view;

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;

use super::model::{Act, Filter, Reached, TicketState, Which, ages_hold_until};
use super::ops;
use crate::cache::{Filled, Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::journal;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{StationId, TicketId};
use crate::kernel::invalid::Invalid;
use crate::store::PageRequest;
use crate::web::call::Call;
use crate::web::list::{self, Address};
use crate::web::{Query, Read, Reply, Write, right};

pub use view::TicketView;

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(tickets).service(bump).service(recall).service(printed);
    alarms::configure(cfg);
    to_make::configure(cfg);
    report::configure(cfg);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct TicketQuery {
    /// Of an expo: those of every station.
    station_id: Option<i64>,
    /// `new`, `printed` or `bumped`; `waiting` is new or printed. All unless told.
    /// What waits comes oldest first, everything else newest first.
    state: Option<String>,
    /// Items a page holds: 1 to 100, 20 unless told.
    limit: Option<i64>,
    /// Counted from 1; not with `cursor`.
    page: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl TicketQuery {
    fn parse(&self) -> Result<(Filter, PageRequest)> {
        let mut faults = Faults::new();
        let which = faults.take("state", which(self.state.as_deref()));
        let request = PageRequest::gather(self.limit, self.page, self.cursor.as_deref(), &mut faults);
        let (which, request) = faults.with(which.zip(request))?;
        Ok((Filter { station: self.station_id.map(StationId::new), which }, request))
    }
}

fn which(state: Option<&str>) -> Result<Which, Invalid> {
    match state {
        None => Ok(Which::All),
        Some("waiting") => Ok(Which::Waiting),
        Some(word) => {
            let state = TicketState::parse(word).map(Which::In);
            state.ok_or_else(|| Invalid::new("unknown_value", "one of new, printed, bumped, waiting"))
        }
    }
}

/// What the kitchen sees.
#[utoipa::path(tag = "kitchen", params(TicketQuery), responses((status = 200, body = [TicketView])))]
#[get("/api/v1/tickets")]
async fn tickets(read: Read<right::SeeTickets>, req: HttpRequest, query: Query<TicketQuery>) -> Result<HttpResponse> {
    let (filter, request) = query.0.parse()?;
    let what = Key::of(Namespace::Tickets);
    let what = what.set("station_id", filter.station.map(StationId::get)).set("state", query.0.state.as_deref());
    let key = list::key(what, request);
    let address = Address::keyed(req.path(), &key);
    let clock = Arc::clone(&read.house.clock);
    // What a ticket says was written when it was sent; its times are shown in the restaurant's zone.
    read.polled(key, vec![Tag::Tickets, Tag::Calendar], move |db| {
        let (now, zone) = (clock.now(), journal::ops::calendar(db)?.zone);
        let filter = Filter { station: ops::seen_by(db, filter.station)?, ..filter };
        let page = ops::tickets(db, filter, request)?;
        let until = ages_hold_until(&page.items, now);
        let page = page.map(|ticket| TicketView::of(ticket, &zone, now));
        Ok(until_then(list::envelope(&page, request, &address)?, until))
    })
    .await
}

/// An answer that holds until its tickets have grown older.
fn until_then(reply: Reply, until: Option<UtcMs>) -> Filled {
    let until_ms = until.and_then(|at| u64::try_from(at.get()).ok());
    Filled { until_ms, ..reply.kept() }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BumpBody {
    /// `ready` or `served`: how far it is to be. A ticket that is so far already is answered as it stands, so that
    /// two screens which each say `ready` once have not served it. One step on without it.
    to: Option<String>,
}

/// Done: the first time its lines are ready, the second time served; with `to` so far and no further.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), request_body = BumpBody, responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/bump")]
async fn bump(write: Write<right::WorkTickets, BumpBody>, id: Path<i64>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let to = write.body.to.as_deref().and_then(|to| faults.take("/to", Reached::parse(to)));
    faults.finish()?;
    change(write.call, *id, to.map_or(Act::Bump, Act::To)).await
}

/// Takes the last bump back.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/recall")]
async fn recall(write: Write<right::WorkTickets>, id: Path<i64>) -> Result<HttpResponse> {
    change(write.call, *id, Act::Recall).await
}

/// The paper came out.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/printed")]
async fn printed(write: Write<right::WorkTickets>, id: Path<i64>) -> Result<HttpResponse> {
    change(write.call, *id, Act::Print).await
}

async fn change(call: Call, id: i64, act: Act) -> Result<HttpResponse> {
    let id = TicketId::new(list::id(id)?);
    let clock = call.house.clock.clone();
    let job = move |tx: &crate::store::Tx<'_>, by: &crate::web::Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        let ticket = ops::change(tx, &stamp, id, act)?;
        Ok(Reply::ok(&TicketView::of(ticket, &stamp.calendar.zone, stamp.at))?.hashed())
    };
    call.commit(job).await
}
