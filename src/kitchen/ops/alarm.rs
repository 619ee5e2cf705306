//! Tickets that nobody took: told once to the terminal that sent them, and once more when somebody does.
//!
//! A ticket's time is a row of its own, so that a restart forgets none; it is marked in the transaction that
//! tells, so that none is told twice. Whoever sends does not wait for any of it.

use serde::Serialize;

use super::{gather, since};
use crate::cache::Tag;
use crate::error::Result;
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, TicketId};
use crate::kitchen::model::Ticket;
use crate::kitchen::sql::{self, Untaken};
use crate::store::{Read, Tx};

/// Tickets told of in one transaction, so that a till behind it does not wait.
pub const AT_ONCE_MAX: u32 = 50;

/// `device` is the terminal that sent it.
#[derive(Serialize)]
struct Alarm {
    ticket: i64,
    station: i64,
    device: Option<i64>,
}

fn due(db: &impl Read, now: UtcMs, limit: u32) -> Result<Vec<Untaken>> {
    Ok(db.all(&sql::ALARMS_DUE, (now, since(now), limit), sql::untaken)?)
}

/// Whether a ticket waits for longer than its station has.
pub fn any_due(db: &impl Read, now: UtcMs) -> Result<bool> {
    Ok(!due(db, now, 1)?.is_empty())
}

/// Tells of tickets that nobody took in time, the longest waiting first. How many it told of; at
/// [`AT_ONCE_MAX`] there may be more.
pub fn raise(tx: &Tx<'_>, stamp: &Stamp) -> Result<u32> {
    let untaken = due(tx, stamp.at, AT_ONCE_MAX)?;
    let mut told = 0;
    for t in untaken {
        tx.run(&sql::ALARM, (t.ticket, stamp.at))?;
        let record = record(t.ticket, t.station.get(), t.device);
        let revision = super::revision(tx, t.order)?;
        journal::ops::append(tx, stamp, Kind::TicketUnacknowledged, t.order.get(), revision, &record)?;
        tx.touch(Tag::Tickets);
        told += 1;
    }
    Ok(told)
}

fn record(ticket: TicketId, station: i64, device: Option<DeviceId>) -> Alarm {
    Alarm { ticket: ticket.get(), station, device: device.map(DeviceId::get) }
}

/// Somebody took a ticket after all.
pub(super) fn taken(tx: &Tx<'_>, stamp: &Stamp, ticket: &Ticket, revision: i64) -> Result<()> {
    let record = record(ticket.id, ticket.station.get(), ticket.device);
    journal::ops::append(tx, stamp, Kind::TicketAcknowledged, ticket.order.get(), revision, &record)?;
    Ok(())
}

/// Tickets that were told of lately and that still nobody took, oldest first; of one terminal, or of all.
pub fn unacknowledged(db: &impl Read, now: UtcMs, device: Option<DeviceId>) -> Result<Vec<Ticket>> {
    let mut tickets = gather(db, db.all(&sql::ALARMED, [since(now)], sql::ticket_and_line)?)?;
    tickets.retain(|ticket| device.is_none() || ticket.device == device);
    Ok(tickets)
}
