//! What orders tell the kitchen, and how far it is with each: sending, firing a course, and the pass.

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order_id;
use crate::cache::{Filled, Key, Namespace, Tag};
use crate::error::{Faults, Refused, Result};
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{LineId, OrderId};
use crate::kernel::invalid::Invalid;
use crate::kitchen::http::TicketView;
use crate::kitchen::model::ages_hold_until;
use crate::orders::model::Line;
use crate::orders::ops::send::{self, Which};
use crate::orders::pass::{self, Course, OnPass};
use crate::web::call::Call;
use crate::web::{Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(send_order).service(fire_course).service(expo);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendBody {
    /// Fires this course, held lines too.
    course: Option<i64>,
    /// Sends these lines, held ones too; not with `course`. With neither every line that is not held.
    line_ids: Option<Vec<i64>>,
}

impl SendBody {
    fn parse(self) -> Result<Which> {
        Ok(match (self.course, self.line_ids) {
            (None, None) => Which::Unheld,
            (Some(course), None) => Which::Course(course),
            (None, Some(ids)) => Which::Lines(ids.into_iter().map(LineId::new).collect()),
            (Some(_), Some(_)) => {
                return Err(Refused::input("/line_ids", Invalid::new("conflict", "a course or lines, not both")).into());
            }
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct SentView {
    tickets: Vec<TicketView>,
}

#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = SendBody, responses((status = 200, body = SentView)))]
#[post("/api/v1/orders/{id}/send")]
async fn send_order(write: Write<right::TakeOrders, SendBody>, id: Path<i64>) -> Result<HttpResponse> {
    let which = write.body.parse()?;
    tell(write.call, order_id(*id), which).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FireBody {
    /// 1 to 99.
    course: i64,
}

/// Tells the kitchen to make a course, what is held of it too; no tickets where it has all of it.
#[utoipa::path(tag = "orders", params(("id" = i64, Path)), request_body = FireBody, responses((status = 200, body = SentView)))]
#[post("/api/v1/orders/{id}/fire")]
async fn fire_course(write: Write<right::TakeOrders, FireBody>, id: Path<i64>) -> Result<HttpResponse> {
    let mut faults = Faults::new();
    let course = faults.take("/course", super::lines::course(write.body.course));
    let course = faults.with(course)?;
    tell(write.call, order_id(*id), Which::Course(course)).await
}

async fn tell(call: Call, id: OrderId, which: Which) -> Result<HttpResponse> {
    let clock = call.house.clock.clone();
    let job = move |tx: &crate::store::Tx<'_>, actor: &crate::web::Actor| {
        let by = super::by(tx, clock.as_ref(), actor)?;
        let (zone, now) = (&by.stamp.calendar.zone, by.stamp.at);
        let sent = send::send(tx, &by, id, &which);
        let (order, tickets) = sent.map_err(|error| super::with_current(tx, error, Some(id), zone))?;
        let tickets = tickets.into_iter().map(|ticket| TicketView::of(ticket, zone, now)).collect();
        Ok(Reply::ok(&SentView { tickets })?.etag(order.etag()))
    };
    call.commit(job).await
}

// ── the pass ─────────────────────────────────────────────────────────────────

#[derive(Debug, Serialize, ToSchema)]
struct ExpoView {
    orders: Vec<ExpoOrder>,
}

/// An order of which something is still to be made or carried out, or comes later.
#[derive(Debug, Serialize, ToSchema)]
struct ExpoOrder {
    order_id: i64,
    display_number: i64,
    table: Option<String>,
    /// When the first of these tickets was sent; null where all that was sent is served.
    sent_at: Option<String>,
    late: bool,
    /// Dishes that are being made.
    waiting: i64,
    /// Dishes that are to be carried out.
    ready: i64,
    /// By station, each the oldest first.
    tickets: Vec<TicketView>,
    /// Courses the kitchen does not have yet.
    held: Vec<HeldCourse>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HeldCourse {
    course: Option<i64>,
    lines: Vec<HeldLine>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HeldLine {
    line_id: i64,
    name: String,
    variant: String,
    modifiers: String,
    note: Option<String>,
    seat: Option<i64>,
    quantity: i64,
}

impl ExpoOrder {
    fn of(it: OnPass, zone: &Zone, now: UtcMs) -> Self {
        let (waiting, ready) = it.progress();
        Self {
            order_id: it.order.get(),
            display_number: it.display_number,
            sent_at: it.sent_at().map(|at| at.rfc3339(zone)),
            late: it.tickets.iter().any(|ticket| ticket.is_late(now)),
            waiting,
            ready,
            table: it.table,
            tickets: it.tickets.into_iter().map(|ticket| TicketView::of(ticket, zone, now)).collect(),
            held: it.held.iter().map(HeldCourse::of).collect(),
        }
    }
}

impl HeldCourse {
    fn of(it: &Course) -> Self {
        Self { course: it.course, lines: it.lines.iter().map(HeldLine::of).collect() }
    }
}

impl HeldLine {
    fn of(line: &Line) -> Self {
        Self {
            line_id: line.id.get(),
            name: line.name.clone(),
            variant: line.variant_name.clone(),
            modifiers: send::modifiers_in_words(line),
            note: line.note.clone(),
            seat: line.seat,
            quantity: line.quantity.whole(),
        }
    }
}

/// Every order's progress, the oldest first: its tickets of the last twelve hours that are not served, and what is held.
#[utoipa::path(tag = "kitchen", responses((status = 200, body = ExpoView)))]
#[get("/api/v1/expo")]
async fn expo(read: Read<right::SeeTickets>) -> Result<HttpResponse> {
    let clock = Arc::clone(&read.house.clock);
    let key = Key::of(Namespace::Tickets).part("expo").key();
    // What is held is the orders'; tables are shown by the names they have now.
    let tags = vec![Tag::Tickets, Tag::Orders, Tag::Floor, Tag::Calendar];
    read.polled(key, tags, move |db| {
        let (now, zone) = (clock.now(), journal::ops::calendar(db)?.zone);
        let orders = pass::orders(db, now)?;
        let until = ages_hold_until(orders.iter().flat_map(|order| &order.tickets), now);
        let orders = orders.into_iter().map(|order| ExpoOrder::of(order, &zone, now)).collect();
        let until_ms = until.and_then(|at| u64::try_from(at.get()).ok());
        Ok(Filled { until_ms, ..Reply::ok(&ExpoView { orders })?.kept() })
    })
    .await
}
