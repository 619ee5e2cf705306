//! `/tickets`: what the kitchen sees and does.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};

use super::model::{Act, Filter, Ticket, TicketState, Which};
use super::ops;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::journal;
use crate::kernel::day::Zone;
use crate::kernel::ids::{StationId, TicketId};
use crate::kernel::invalid::Invalid;
use crate::kernel::quantity::Quantity;
use crate::store::PageRequest;
use crate::web::list::{self, Address};
use crate::web::{Query, Read, Reply, Write, right};

pub fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(tickets).service(bump).service(recall).service(printed);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct TicketQuery {
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

/// A ticket as the wire shows it; no money.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketView {
    id: i64,
    order_id: i64,
    display_number: i64,
    table: Option<String>,
    station_id: i64,
    /// `new`, `printed` or `bumped`.
    state: &'static str,
    sent_at: String,
    lines: Vec<TicketLineView>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TicketLineView {
    line_id: i64,
    name: String,
    variant: String,
    modifiers: String,
    note: Option<String>,
    seat: Option<i64>,
    course: Option<i64>,
    /// Below zero for what was cancelled.
    quantity: i64,
    /// `sent`, `ready` or `served`.
    state: &'static str,
}

impl TicketView {
    pub fn of(ticket: Ticket, zone: &Zone) -> Self {
        let line_state = ticket.stage.lines.as_str();
        let lines = ticket.lines.into_iter().map(|line| TicketLineView {
            line_id: line.line.get(),
            name: line.name,
            variant: line.variant,
            modifiers: line.modifiers,
            note: line.note,
            seat: line.seat,
            course: line.course,
            quantity: Quantity::from_thousandths(line.delta).whole(),
            state: line_state,
        });
        Self {
            id: ticket.id.get(),
            order_id: ticket.order.get(),
            display_number: ticket.display_number,
            table: ticket.table_name,
            station_id: ticket.station.get(),
            state: ticket.stage.state().as_str(),
            sent_at: ticket.sent_at.rfc3339(zone),
            lines: lines.collect(),
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
    // What a ticket says was written when it was sent; its times are shown in the restaurant's zone.
    read.polled(key, vec![Tag::Tickets, Tag::Calendar], move |db| {
        let zone = journal::ops::calendar(db)?.zone;
        let page = ops::tickets(db, filter, request)?;
        Ok(list::envelope(&page.map(|ticket| TicketView::of(ticket, &zone)), request, &address)?.kept())
    })
    .await
}

/// Done: the first time its lines are ready, the second time served.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/bump")]
async fn bump(write: Write<right::WorkTickets>, id: Path<i64>) -> Result<HttpResponse> {
    change(write, *id, Act::Bump).await
}

/// Takes the last bump back.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/recall")]
async fn recall(write: Write<right::WorkTickets>, id: Path<i64>) -> Result<HttpResponse> {
    change(write, *id, Act::Recall).await
}

/// The paper came out.
#[utoipa::path(tag = "kitchen", params(("id" = i64, Path)), responses((status = 200, body = TicketView)))]
#[post("/api/v1/tickets/{id}/printed")]
async fn printed(write: Write<right::WorkTickets>, id: Path<i64>) -> Result<HttpResponse> {
    change(write, *id, Act::Print).await
}

async fn change(write: Write<right::WorkTickets>, id: i64, act: Act) -> Result<HttpResponse> {
    let id = TicketId::new(list::id(id)?);
    let clock = write.call.house.clock.clone();
    let job = move |tx: &crate::store::Tx<'_>, by: &crate::web::Actor| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), Some(by.device), by.staff)?;
        let ticket = ops::change(tx, &stamp, id, act)?;
        Ok(Reply::ok(&TicketView::of(ticket, &stamp.calendar.zone))?.hashed())
    };
    write.call.commit(job).await
}
