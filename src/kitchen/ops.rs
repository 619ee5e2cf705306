//! Sending, moving and listing tickets.

use serde::Serialize;

use super::model::{Act, Filter, Progress, Stage, Ticket, TicketHead, TicketLine, TicketState, ToSend, by_station};
use super::sql;
use crate::cache::Tag;
use crate::error::{Fault, Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{LineId, OrderId, TicketId};
use crate::store::{Cursor, Page, PageRequest, Read, Tx};

/// Tells the kitchen: one ticket a station, what is cancelled on tickets of its own. Answers the
/// tickets made; none where there is nothing to tell. The order's revision stays as it is.
pub fn send(tx: &Tx<'_>, stamp: &Stamp, head: &TicketHead, lines: &[ToSend]) -> Result<Vec<Ticket>> {
    let mut tickets = Vec::new();
    for (station, lines) in by_station(lines) {
        let values = (head.order, head.display_number, &head.table_name, station, stamp.at);
        let id = TicketId::new(tx.insert(&sql::TICKET_ADD, values)?);
        tx.run(&sql::COUNT_UP, (station, Stage::NEW.state()))?;
        let ticket = Ticket {
            id,
            order: head.order,
            display_number: head.display_number,
            table_name: head.table_name.clone(),
            station,
            stage: Stage::NEW,
            sent_at: stamp.at,
            lines: lines.into_iter().map(line_of).collect(),
        };
        for l in &ticket.lines {
            let values =
                (id, head.order, l.line, l.delta, &l.name, &l.variant, &l.modifiers, &l.note, l.seat, l.course);
            tx.insert(&sql::LINE_ADD, values)?;
        }
        let sent = ticket.lines.iter().map(|l| SentLine { line: l.line.get(), quantity: l.delta }).collect();
        let record = Sent { ticket: id.get(), station: station.get(), lines: sent };
        journal::ops::append(tx, stamp, Kind::TicketSent, head.order.get(), head.version, &record)?;
        tickets.push(ticket);
    }
    if !tickets.is_empty() {
        tx.touch(Tag::Tickets);
        tx.touch(Tag::Order(head.order.get()));
    }
    Ok(tickets)
}

fn line_of(l: &ToSend) -> TicketLine {
    TicketLine {
        line: l.line,
        delta: l.delta,
        name: l.name.clone(),
        variant: l.variant.clone(),
        modifiers: l.modifiers.clone(),
        note: l.note.clone(),
        seat: l.seat,
        course: l.course,
    }
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

#[derive(Serialize)]
struct Changed {
    ticket: i64,
    act: &'static str,
    state: &'static str,
    lines: &'static str,
}

/// Bumps, recalls or acknowledges a ticket. What had already happened has no effect and no record.
/// The record's version is the order's revision, since the order's own version does not move.
pub fn change(tx: &Tx<'_>, stamp: &Stamp, id: TicketId, act: Act) -> Result<Ticket> {
    let mut ticket = ticket(tx, id)?;
    let (from, to) = (ticket.stage, ticket.stage.after(act));
    if from == to {
        return Ok(ticket);
    }
    tx.run(&sql::TICKET_MOVE, (id, to.state(), to.printed, stamp.at))?;
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
    let record = Changed { ticket: id.get(), act: act.as_str(), state, lines };
    journal::ops::append(tx, stamp, Kind::TicketChanged, ticket.order.get(), revision, &record)?;
    for other in tx.all(&sql::ORDERS_WITH, (id, ticket.order), |row| row.get::<_, OrderId>(0))? {
        // Dishes of it went to another table, whose order shows how far they are.
        tx.one(&sql::REVISION_UP, [other], |row| row.get::<_, i64>(0))?;
        tx.touch(Tag::Order(other.get()));
    }
    tx.touch(Tag::Tickets);
    tx.touch(Tag::Order(ticket.order.get()));
    ticket.stage = to;
    Ok(ticket)
}

/// What the kitchen has of a line goes with it to another order, so many thousandths; nothing is told and no
/// ticket made. Of nothing, the other order only learns how far the dish is.
pub fn hand_over(tx: &Tx<'_>, line: LineId, from: OrderId, to: OrderId, thousandths: i64) -> Result<()> {
    let rows = if thousandths == 0 { [(to, 1000), (to, -1000)] } else { [(to, thousandths), (from, -thousandths)] };
    for (order, delta) in rows {
        if tx.run(&sql::LINE_MOVED, (from, line, order, delta))? != 1 {
            return Err(Fault::new(format!("the kitchen has nothing of line {line} for order {from}")).into());
        }
    }
    Ok(())
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
    let ticket = gather(db.all(&sql::TICKET, [id], sql::ticket_and_line)?).pop();
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
    Ok(Page::of(gather(rows), request.size(), total, |t| Cursor { key: t.id.get(), id: t.id.get() }))
}

/// When the oldest ticket was sent that nobody has taken, of those sent `since` or later.
pub fn oldest_new(db: &impl Read, since: UtcMs) -> Result<Option<UtcMs>> {
    let oldest = db.one(&sql::OLDEST_SINCE, (TicketState::New, since.get()), |row| row.get::<_, Option<i64>>(0))?;
    Ok(oldest.map(UtcMs::new))
}

/// Tickets from rows of one line each, those of a ticket next to each other.
fn gather(rows: Vec<(Ticket, TicketLine)>) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for (ticket, line) in rows {
        match tickets.last_mut() {
            Some(last) if last.id == ticket.id => last.lines.push(line),
            _ => tickets.push(Ticket { lines: vec![line], ..ticket }),
        }
    }
    tickets
}

/// What the kitchen has, in thousandths, by order and line it was told of, for orders past the one up to the other.
pub fn known(db: &impl Read, orders: (i64, i64)) -> Result<Vec<((i64, i64), i64)>> {
    Ok(db.all(&sql::KNOWN, orders, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?)
}

/// Counts that differ from a recount, in words.
pub fn verify(db: &impl Read) -> Result<Vec<String>> {
    let wrong = db.all(&sql::COUNTS_WRONG, (), |row| {
        let (station, state): (i64, String) = (row.get(0)?, row.get(1)?);
        let (kept, counted): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(format!("ticket_counts: station {station}, {state}: {kept} kept, {counted} counted"))
    })?;
    Ok(wrong)
}
