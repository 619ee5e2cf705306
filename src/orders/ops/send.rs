//! What the kitchen hears: only what it does not have yet.

use std::collections::BTreeMap;

use super::{By, bump, open_order};
use crate::error::Result;
use crate::floor;
use crate::kernel::ids::{LineId, OrderId, StationId};
use crate::kitchen::{self, model::Ticket, model::TicketHead, model::ToSend};
use crate::menu;
use crate::orders::model::{Line, Order};
use crate::orders::save;
use crate::store::{Read, Tx};

/// Sends unheld lines, or those of a course, held ones too. Answers the tickets it made: none where
/// the kitchen has everything.
pub fn send(tx: &Tx<'_>, by: &By, id: OrderId, course: Option<i64>) -> Result<(Order, Vec<Ticket>)> {
    let mut order = open_order(tx, id, None)?;
    let asked = |line: &Line| match course {
        Some(course) => line.course == Some(course),
        None => !line.hold,
    };
    let known: BTreeMap<LineId, i64> =
        kitchen::ops::progress(tx, id)?.lines.iter().map(|line| (line.line, line.sent)).collect();
    let new = missing(tx, &order, &known, asked)?;
    if new.is_empty() {
        return Ok((order, Vec::new()));
    }
    for line in order.checks.iter_mut().flat_map(|check| &mut check.lines) {
        if line.hold && new.iter().any(|sent| sent.line == line.origin()) {
            line.hold = false;
            save::line(tx, line)?;
        }
    }
    bump(&mut order);
    let tickets = kitchen::ops::send(tx, &by.stamp, &head(tx, &order)?, &new)?;
    save::version(tx, &order)?;
    Ok((order, tickets))
}

/// What stands on the order and the kitchen does not have, by the line it was first sent as: the
/// parts of a split line are one dish to the kitchen.
fn missing(
    db: &impl Read,
    order: &Order,
    known: &BTreeMap<LineId, i64>,
    asked: impl Fn(&Line) -> bool,
) -> Result<Vec<ToSend>> {
    let default = floor::ops::default_station(db)?.id;
    let mut wanted: BTreeMap<LineId, ToSend> = BTreeMap::new();
    for line in order.lines().filter(|line| !line.voided && !line.combo && asked(line)) {
        let entry = wanted.entry(line.origin()).or_insert_with(|| told(line, default, 0));
        entry.delta += line.quantity.thousandths();
    }
    for (origin, entry) in &mut wanted {
        entry.delta -= known.get(origin).copied().unwrap_or(0);
    }
    Ok(wanted.into_values().filter(|entry| entry.delta > 0).collect())
}

fn told(line: &Line, default: StationId, delta: i64) -> ToSend {
    ToSend {
        line: line.origin(),
        station: line.station.unwrap_or(default),
        delta,
        name: line.name.clone(),
        variant: line.variant_name.clone(),
        modifiers: menu::model::words(&line.modifiers),
        note: line.note.clone(),
        seat: line.seat,
        course: line.course,
    }
}

fn head(db: &impl Read, order: &Order) -> Result<TicketHead> {
    let table = order.table.map(|id| floor::ops::table(db, id)).transpose()?.flatten();
    let table_name = table.map(|t| t.name).or_else(|| order.tab_name.clone());
    Ok(TicketHead { order: order.id, display_number: order.display_number, table_name, version: order.version })
}

/// Tells the kitchen that voided lines are not to be made any more, as far as it has them: of a combo its parts.
pub fn cancel(tx: &Tx<'_>, by: &By, order: &Order, lines: &[LineId]) -> Result<()> {
    let default = floor::ops::default_station(tx)?.id;
    let gone = order.lines().filter(|line| lines.contains(&line.id) && !line.combo && line.is_sent());
    let cancelled: Vec<ToSend> = gone.map(|line| told(line, default, -line.quantity.thousandths())).collect();
    kitchen::ops::send(tx, &by.stamp, &head(tx, order)?, &cancelled)?;
    Ok(())
}
