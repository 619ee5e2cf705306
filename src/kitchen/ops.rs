//! Sending, moving and listing tickets.

pub mod alarm;
mod carry;
mod report;
mod verify;

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{
    Act, CURRENT_MS, Change, Filter, LedgerRow, LineState, Progress, Stage, Ticket, TicketHead, TicketKind, TicketLine,
    TicketState, ToMake, ToSend, by_station, taken_from,
};
use super::sql;
use crate::cache::Tag;
use crate::error::{Fault, Refusal, Result};
use crate::floor;
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{LineId, OrderId, StationId, TicketId};
use crate::store::{Cursor, Page, PageRequest, Read, Tx, params};

pub use carry::{carry, orders_sharing};
pub use report::times;
pub use verify::verify;

/// Tells the kitchen: one ticket a station, what is cancelled on tickets of its own. Answers the
/// tickets made; none where there is nothing to tell. The order's revision stays as it is.
pub fn send(tx: &Tx<'_>, stamp: &Stamp, head: &TicketHead, lines: &[ToSend]) -> Result<Vec<Ticket>> {
    let mut tickets = Vec::new();
    let (gone, made): (Vec<ToSend>, Vec<ToSend>) = lines.iter().cloned().partition(|line| line.delta < 0);
    let TakenBack { mut told, had } = take_back(tx, stamp, head.order, gone)?;
    told.extend(made);
    for (station, lines) in by_station(&told) {
        let cancels = lines.first().is_some_and(|line| line.delta < 0);
        let kind = if cancels { TicketKind::Cancel } else { TicketKind::New };
        let mut ticket = begin(tx, stamp, head, station, kind)?;
        for line in lines {
            let had = had.get(&line.line).copied().filter(|_| cancels);
            let line = add_line(tx, &ticket, line, had)?;
            ticket.lines.push(line);
        }
        let sent = ticket.lines.iter().map(|l| SentLine { line: l.line.get(), quantity: l.delta }).collect();
        let record = Sent { ticket: ticket.id.get(), station: station.get(), lines: sent };
        journal::ops::append(tx, stamp, Kind::TicketSent, head.order.get(), head.version, &record)?;
        tickets.push(ticket);
    }
    if !tickets.is_empty() {
        touch(tx, head.order);
    }
    Ok(tickets)
}

/// A ticket without anything on it. How long it may take is what its station's seconds are now.
fn begin(tx: &Tx<'_>, stamp: &Stamp, head: &TicketHead, station: StationId, kind: TicketKind) -> Result<Ticket> {
    let limits = floor::ops::station(tx, station)?.map(|station| station.limits).unwrap_or_default();
    let due = |seconds: i64| (seconds > 0).then(|| stamp.at.plus_ms(seconds * 1000));
    let late_at = due(limits.late_after_s).filter(|_| kind == TicketKind::New);
    let mut ticket = Ticket {
        id: TicketId::new(0),
        order: head.order,
        display_number: head.display_number,
        table_name: head.table_name.clone(),
        order_kind: Some(head.order_kind.to_owned()),
        service: Some(head.service),
        station,
        kind,
        stage: Stage::NEW,
        sent_at: stamp.at,
        ready_at: None,
        served_at: None,
        late_at,
        device: stamp.device,
        ack_due: due(limits.ack_within_s),
        alarmed_at: None,
        lines: Vec::new(),
        changes: Vec::new(),
    };
    let t = &ticket;
    let values = params![
        t.order,
        t.display_number,
        t.table_name,
        station,
        t.sent_at,
        kind,
        t.device,
        t.late_at,
        t.ack_due,
        t.order_kind,
        t.service,
    ];
    ticket.id = TicketId::new(tx.insert(&sql::TICKET_ADD, values)?);
    tx.run(&sql::COUNT_UP, (station, Stage::NEW.state()))?;
    Ok(ticket)
}

/// What is told as cancelled, and what the kitchen had of each line before.
struct TakenBack {
    told: Vec<ToSend>,
    had: BTreeMap<LineId, i64>,
}

/// Marks what is cancelled where it was asked for, and tells it where that was sent: a dish's station may be
/// another by now. Parts of one line are one dish.
fn take_back(tx: &Tx<'_>, stamp: &Stamp, order: OrderId, cancels: Vec<ToSend>) -> Result<TakenBack> {
    let mut taken = TakenBack { told: Vec::new(), had: BTreeMap::new() };
    if cancels.is_empty() {
        return Ok(taken);
    }
    let open: Vec<StationId> = floor::ops::stations(tx)?.iter().map(|station| station.id).collect();
    let mut wanted: Vec<ToSend> = Vec::new();
    for cancel in cancels {
        match wanted.iter_mut().find(|own| own.line == cancel.line) {
            Some(own) => own.delta += cancel.delta,
            None => wanted.push(cancel),
        }
    }
    let mut tickets: Vec<TicketId> = Vec::new();
    for cancel in wanted {
        let rows = ledger(tx, order, cancel.line)?;
        taken.had.insert(cancel.line, rows.iter().map(|row| row.delta).sum());
        let mut left = -cancel.delta;
        for (id, quantity) in taken_from(&rows, left) {
            tx.run(&sql::TAKE_BACK, (id, quantity))?;
            left -= quantity;
            let Some(row) = rows.iter().find(|row| row.id == id) else { continue };
            let station = if open.contains(&row.station) { row.station } else { cancel.station };
            taken.told.push(ToSend { station, delta: -quantity, ..cancel.clone() });
            if !tickets.contains(&row.ticket) {
                tickets.push(row.ticket);
            }
        }
        if left > 0 {
            return Err(
                Fault::new(format!("the kitchen has too little of line {} for order {order}", cancel.line)).into()
            );
        }
    }
    for id in tickets {
        if tx.run(&sql::STOP_WAITING, [id])? == 1 {
            let ticket = ticket(tx, id)?;
            if ticket.alarmed_at.is_some() {
                alarm::taken(tx, stamp, &ticket, revision(tx, ticket.order)?)?;
            }
        }
    }
    Ok(taken)
}

fn ledger(db: &impl Read, order: OrderId, line: LineId) -> Result<Vec<LedgerRow>> {
    Ok(db.all(&sql::LEDGER, (order, line, line), sql::ledger_row)?)
}

/// The stations that still make a dish of an order or have it ready.
pub fn cooking_at(db: &impl Read, order: OrderId, line: LineId) -> Result<Vec<StationId>> {
    let mut stations: Vec<StationId> = Vec::new();
    for row in ledger(db, order, line)?.iter().filter(|row| row.is_open()) {
        if !stations.contains(&row.station) {
            stations.push(row.station);
        }
    }
    Ok(stations)
}

fn add_line(tx: &Tx<'_>, ticket: &Ticket, l: ToSend, had: Option<i64>) -> Result<TicketLine> {
    let values = params![
        ticket.id,
        ticket.order,
        l.line,
        l.delta,
        l.name,
        l.variant,
        l.modifiers,
        l.note,
        l.seat,
        l.course,
        l.item,
        had,
        l.service,
    ];
    tx.insert(&sql::LINE_ADD, values)?;
    Ok(TicketLine {
        line: l.line,
        delta: l.delta,
        cancelled: 0,
        had,
        name: l.name,
        variant: l.variant,
        modifiers: l.modifiers,
        note: l.note,
        seat: l.seat,
        course: l.course,
        service: l.service,
    })
}

/// Tells a station what changed of dishes it has, on a ticket of its own: nothing more or less is made.
pub fn tell(tx: &Tx<'_>, stamp: &Stamp, head: &TicketHead, station: StationId, changes: Vec<Change>) -> Result<Ticket> {
    let mut ticket = begin(tx, stamp, head, station, TicketKind::Change)?;
    for change in &changes {
        let of = change.of.as_ref();
        let (name, variant) = (of.map(|of| &of.name), of.map(|of| &of.variant));
        let (line, quantity) = (of.map(|of| of.line), of.map(|of| of.quantity));
        let values = (ticket.id, line, name, variant, quantity, change.what, &change.was, &change.now);
        tx.insert(&sql::CHANGE_ADD, values)?;
    }
    let told = changes
        .iter()
        .map(|change| ToldChange { line: change.of.as_ref().map(|of| of.line.get()), what: change.what.as_str() });
    let record = Told { ticket: ticket.id.get(), station: station.get(), changes: told.collect() };
    journal::ops::append(tx, stamp, Kind::TicketSent, head.order.get(), head.version, &record)?;
    touch(tx, head.order);
    ticket.changes = changes;
    Ok(ticket)
}

/// Tells every station that still has dishes of the order where they go and how they are eaten now, and says so
/// on their tickets.
pub fn order_changed(tx: &Tx<'_>, stamp: &Stamp, head: &TicketHead, changes: &[Change]) -> Result<()> {
    let stations = cooking(tx, head.order)?;
    if stations.is_empty() || changes.is_empty() {
        return Ok(());
    }
    tx.run(&sql::RETABLE, (head.order, &head.table_name, head.service))?;
    for station in stations {
        tell(tx, stamp, head, station, changes.to_vec())?;
    }
    Ok(())
}

/// The stations that still have dishes of an order.
fn cooking(db: &impl Read, order: OrderId) -> Result<Vec<StationId>> {
    let mut stations: Vec<StationId> = Vec::new();
    for station in db.all(&sql::STATIONS_COOKING, [order], |row| row.get(0))? {
        if !stations.contains(&station) {
            stations.push(station);
        }
    }
    Ok(stations)
}

fn touch(tx: &Tx<'_>, order: OrderId) {
    tx.touch(Tag::Tickets);
    tx.touch(Tag::Order(order.get()));
}

#[derive(Serialize)]
struct Sent {
    ticket: i64,
    station: i64,
    lines: Vec<SentLine>,
}

/// Quantities in thousandths. Names and notes stay out of the record: a note may be about a guest.
#[derive(Serialize)]
struct SentLine {
    line: i64,
    quantity: i64,
}

/// A change without its words: a tab's name may be a guest's.
#[derive(Serialize)]
struct Told {
    ticket: i64,
    station: i64,
    changes: Vec<ToldChange>,
}

#[derive(Serialize)]
struct ToldChange {
    line: Option<i64>,
    what: &'static str,
}

#[derive(Serialize)]
struct Moved {
    ticket: i64,
    act: &'static str,
    state: &'static str,
    lines: &'static str,
}

/// Bumps, recalls or acknowledges a ticket. What had already happened has no effect and no record.
/// The record's version is the order's revision, since the order's own version does not move.
pub fn change(tx: &Tx<'_>, stamp: &Stamp, id: TicketId, act: Act) -> Result<Ticket> {
    let mut ticket = ticket(tx, id)?;
    let (from, to) = (ticket.stage, ticket.kind.after(ticket.stage, act));
    if from == to {
        return Ok(ticket);
    }
    let awaited = ticket.ack_due.is_some() && ticket.alarmed_at.is_some();
    ticket.go_to(to, stamp.at);
    let served = to.lines == LineState::Served;
    let (ready_at, served_at) = (ticket.ready_at, ticket.served_at);
    tx.run(&sql::TICKET_MOVE, (id, to.state(), to.printed, stamp.at, ready_at, served, served_at, ticket.ack_due))?;
    if from.lines != to.lines {
        tx.run(&sql::LINES_MOVE, (id, to.lines))?;
    }
    if from.state() != to.state() {
        if tx.run(&sql::COUNT_DOWN, (ticket.station, from.state()))? != 1 {
            return Err(Fault::new(format!("ticket {id} was not counted")).into());
        }
        tx.run(&sql::COUNT_UP, (ticket.station, to.state()))?;
    }
    let revision = tx.one(&sql::REVISION_UP, [ticket.order], |row| row.get(0))?;
    let (state, lines) = (to.state().as_str(), to.lines.as_str());
    let record = Moved { ticket: id.get(), act: act.as_str(), state, lines };
    journal::ops::append(tx, stamp, Kind::TicketChanged, ticket.order.get(), revision, &record)?;
    if awaited && ticket.ack_due.is_none() {
        alarm::taken(tx, stamp, &ticket, revision)?;
    }
    for other in tx.all(&sql::ORDERS_WITH, (id, ticket.order), |row| row.get::<_, OrderId>(0))? {
        // Dishes of it went to another table, whose order shows how far they are.
        tx.one(&sql::REVISION_UP, [other], |row| row.get::<_, i64>(0))?;
        tx.touch(Tag::Order(other.get()));
    }
    touch(tx, ticket.order);
    Ok(ticket)
}

/// How far the kitchen is with an order, in one statement.
pub fn progress(db: &impl Read, order: OrderId) -> Result<Progress> {
    let rows = db.all(&sql::PROGRESS, [order], sql::progress)?;
    let revision = rows.first().map_or(0, |(_, revision)| *revision);
    Ok(Progress { revision, lines: rows.into_iter().map(|(line, _)| line).collect() })
}

/// The order's revision alone: 0 until the kitchen did something.
pub fn revision(db: &impl Read, order: OrderId) -> Result<i64> {
    Ok(db.opt(&sql::REVISION, [order], |row| row.get(0))?.unwrap_or(0))
}

/// One ticket, or 404.
pub fn ticket(db: &impl Read, id: TicketId) -> Result<Ticket> {
    let ticket = gather(db, db.all(&sql::TICKET, [id], sql::ticket_and_line)?)?.pop();
    ticket.ok_or_else(|| Refusal::NotFound.because(format!("There is no ticket {id}.")).into())
}

/// A page of tickets: what is still to be made oldest first, everything else newest first.
pub fn tickets(db: &impl Read, filter: Filter, request: PageRequest) -> Result<Page<Ticket>> {
    let mut states = [""; 3];
    for (place, state) in states.iter_mut().zip(filter.which.states()) {
        *place = state.as_str();
    }
    let [a, b, c] = states;
    let oldest_first = filter.which.oldest_first();
    let (beyond, offset) = match request {
        PageRequest::Number { page, size } => {
            let beyond = if oldest_first { 0 } else { i64::MAX };
            (beyond, (i64::from(page) - 1) * i64::from(size))
        }
        PageRequest::Cursor { after, .. } => (after.id, 0),
    };
    let limit = i64::from(request.size()) + 1;
    let rows = match (filter.station, oldest_first) {
        (None, true) => db.all(&sql::PAGE_OLDEST, (a, b, c, beyond, limit, offset), sql::ticket_and_line)?,
        (None, false) => db.all(&sql::PAGE_NEWEST, (a, b, c, beyond, limit, offset), sql::ticket_and_line)?,
        (Some(at), true) => db.all(&sql::PAGE_OLDEST_AT, (a, b, c, beyond, limit, offset, at), sql::ticket_and_line)?,
        (Some(at), false) => {
            db.all(&sql::PAGE_NEWEST_AT, (a, b, c, beyond, limit, offset, at), sql::ticket_and_line)?
        }
    };
    let total = match (request, filter.station) {
        (PageRequest::Cursor { .. }, _) => None,
        (PageRequest::Number { .. }, None) => Some(db.one(&sql::TOTAL, (a, b, c), |row| row.get::<_, i64>(0))?),
        (PageRequest::Number { .. }, Some(at)) => Some(db.one(&sql::TOTAL_AT, (a, b, c, at), |row| row.get(0))?),
    };
    let total = total.and_then(|n| u64::try_from(n).ok());
    Ok(Page::of(gather(db, rows)?, request.size(), total, |t| Cursor { key: t.id.get(), id: t.id.get() }))
}

/// When the oldest ticket was sent that nobody has taken, of those sent `since` or later.
pub fn oldest_new(db: &impl Read, since: UtcMs) -> Result<Option<UtcMs>> {
    let oldest = db.one(&sql::OLDEST_SINCE, (TicketState::New, since.get()), |row| row.get::<_, Option<i64>>(0))?;
    Ok(oldest.map(UtcMs::new))
}

/// What was sent lately and is not served, oldest first.
pub fn unserved(db: &impl Read, now: UtcMs) -> Result<Vec<Ticket>> {
    gather(db, db.all(&sql::UNSERVED, [since(now)], sql::ticket_and_line)?)
}

/// What the kitchen has, in thousandths, by order and line it was told of, for orders past the one up to the other.
pub fn known(db: &impl Read, orders: (i64, i64)) -> Result<Vec<((i64, i64), i64)>> {
    Ok(db.all(&sql::KNOWN, orders, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?)
}

/// What is still to be made of what was sent lately, over all tickets or a station's, the oldest first.
pub fn to_make(db: &impl Read, now: UtcMs, station: Option<StationId>) -> Result<Vec<ToMake>> {
    let dishes = match station {
        None => db.all(&sql::TO_MAKE, [since(now)], sql::to_make)?,
        Some(station) => db.all(&sql::TO_MAKE_AT, (since(now), station), sql::to_make)?,
    };
    Ok(dishes)
}

/// The station whose tickets a screen of `station` shows; an expo sees all.
pub fn seen_by(db: &impl Read, station: Option<StationId>) -> Result<Option<StationId>> {
    let Some(id) = station else { return Ok(None) };
    let is_expo = floor::ops::station(db, id)?.is_some_and(|station| station.expo);
    Ok((!is_expo).then_some(id))
}

fn since(now: UtcMs) -> UtcMs {
    now.plus_ms(-CURRENT_MS)
}

/// Tickets from rows of one line each, those of a ticket next to each other; with what changes they tell.
fn gather(db: &impl Read, rows: Vec<(Ticket, Option<TicketLine>)>) -> Result<Vec<Ticket>> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for (mut ticket, line) in rows {
        match tickets.last_mut() {
            Some(last) if last.id == ticket.id => last.lines.extend(line),
            _ => {
                if ticket.kind == TicketKind::Change {
                    ticket.changes = db.all(&sql::CHANGES_OF, [ticket.id], sql::change)?;
                }
                ticket.lines.extend(line);
                tickets.push(ticket);
            }
        }
    }
    Ok(tickets)
}
