//! Tickets as the wire shows them; no money.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::DeviceId;
use crate::kernel::quantity::Quantity;
use crate::kernel::service::Service;
use crate::kitchen::model::{Change, Ticket, TicketLine};

#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    id: i64,
    order_id: i64,
    display_number: i64,
    table: Option<String>,
    station_id: i64,
    /// `new`: dishes to be made; `cancel`: not any more; `change`: where dishes go that are being made.
    kind: &'static str,
    /// `dine_in`, `takeaway` or `delivery`.
    order_kind: Option<String>,
    /// How it is eaten, `dine_in` or `takeaway`; a line says where it is otherwise.
    service: Option<&'static str>,
    /// `new`, `printed` or `bumped`.
    state: &'static str,
    sent_at: String,
    ready_at: Option<String>,
    served_at: Option<String>,
    /// Seconds from its sending until it was ready, or until this answer was made, at most 5 seconds ago.
    age_s: i64,
    /// It took, or takes, longer than its station has.
    late: bool,
    /// The terminal that sent it.
    device_id: Option<i64>,
    lines: Vec<TicketLineView>,
    changes: Vec<ChangeView>,
}

#[derive(Debug, Serialize, ToSchema)]
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
    /// Of a cancel, what the kitchen had of it before: `2 × carbonara: 1 cancelled` is `of` 2 and `quantity` -1.
    of: Option<i64>,
    /// Of what is to be made, what was cancelled since.
    cancelled: i64,
    /// How it is eaten: `dine_in` or `takeaway`.
    service: Option<&'static str>,
    /// `sent`, `ready` or `served`.
    state: &'static str,
}

/// A change of a dish the kitchen has, or of the whole order where there is no `line_id`.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeView {
    line_id: Option<i64>,
    name: Option<String>,
    variant: Option<String>,
    quantity: Option<i64>,
    /// `seat`, `course`, `table` or `service`.
    what: &'static str,
    was: Option<String>,
    now: Option<String>,
}

fn whole(thousandths: i64) -> i64 {
    Quantity::from_thousandths(thousandths).whole()
}

impl TicketView {
    pub fn of(ticket: Ticket, zone: &Zone, now: UtcMs) -> Self {
        let at = |at: Option<UtcMs>| at.map(|at| at.rfc3339(zone));
        let (state, service) = (ticket.stage.lines.as_str(), ticket.service);
        Self {
            id: ticket.id.get(),
            order_id: ticket.order.get(),
            display_number: ticket.display_number,
            station_id: ticket.station.get(),
            kind: ticket.kind.as_str(),
            service: service.map(Service::as_str),
            state: ticket.stage.state().as_str(),
            sent_at: ticket.sent_at.rfc3339(zone),
            ready_at: at(ticket.ready_at),
            served_at: at(ticket.served_at),
            age_s: ticket.age_s(now),
            late: ticket.is_late(now),
            device_id: ticket.device.map(DeviceId::get),
            order_kind: ticket.order_kind,
            table: ticket.table_name,
            lines: ticket.lines.into_iter().map(|line| TicketLineView::of(line, service, state)).collect(),
            changes: ticket.changes.into_iter().map(ChangeView::of).collect(),
        }
    }
}

impl TicketLineView {
    fn of(line: TicketLine, service: Option<Service>, state: &'static str) -> Self {
        Self {
            line_id: line.line.get(),
            name: line.name,
            variant: line.variant,
            modifiers: line.modifiers,
            note: line.note,
            seat: line.seat,
            course: line.course,
            quantity: whole(line.delta),
            of: line.had.map(whole),
            cancelled: whole(line.cancelled),
            service: line.service.or(service).map(Service::as_str),
            state,
        }
    }
}

impl ChangeView {
    fn of(change: Change) -> Self {
        let Change { of, what, was, now } = change;
        let (line_id, quantity) = (of.as_ref().map(|of| of.line.get()), of.as_ref().map(|of| whole(of.quantity)));
        let (name, variant) = of.map(|of| (of.name, of.variant)).unzip();
        Self { line_id, name, variant, quantity, what: what.as_str(), was, now }
    }
}
