//! What the kitchen hears: only what it does not have yet, and what changes of what it has.

use std::collections::BTreeMap;

use super::{By, bump, open_order};
use crate::error::{Faults, Result};
use crate::journal::{self, Kind as Fact};
use crate::kernel::ids::{LineId, OrderId, StationId};
use crate::kernel::invalid::Invalid;
use crate::kernel::service::Service;
use crate::kitchen::model::{Change, Changed, Ticket, TicketHead, ToSend, What};
use crate::menu;
use crate::orders::model::{Line, LineState, Order};
use crate::orders::{facts, save};
use crate::store::{Read, Tx};
use crate::{floor, kitchen};

/// What of an order is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// What is not held.
    Unheld,
    /// A course, held lines too: it is fired.
    Course(i64),
    /// These lines, held or not; of a combo its parts.
    Lines(Vec<LineId>),
}

impl Which {
    fn has(&self, line: &Line) -> bool {
        match self {
            Which::Unheld => !line.hold,
            Which::Course(course) => line.course == Some(*course),
            Which::Lines(ids) => ids.contains(&line.id) || line.parent.is_some_and(|parent| ids.contains(&parent)),
        }
    }
}

/// Tells the kitchen what it does not have yet of the lines meant. Answers the tickets it made: none where the
/// kitchen has everything.
pub fn send(tx: &Tx<'_>, by: &By, id: OrderId, which: &Which) -> Result<(Order, Vec<Ticket>)> {
    let mut order = open_order(tx, id, None)?;
    if let Which::Lines(ids) = which {
        must_stand(&order, ids)?;
    }
    let asked = |line: &Line| which.has(line);
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
    if let Which::Course(course) = which {
        let fired = facts::fired(*course, &tickets);
        journal::ops::append(tx, &by.stamp, Fact::CourseFired, id.get(), order.version, &fired)?;
    }
    save::version(tx, &order)?;
    Ok((order, tickets))
}

/// Refuses lines that are not on the order, or voided, each by its place.
fn must_stand(order: &Order, ids: &[LineId]) -> Result<()> {
    let mut faults = Faults::new();
    for (at, id) in ids.iter().enumerate() {
        let pointer = format!("/line_ids/{at}");
        match order.lines().find(|line| line.id == *id) {
            None => faults.push(pointer, Invalid::new("unknown", format!("There is no line {id} on this order."))),
            Some(line) if line.voided => faults.push(pointer, Invalid::new("line_closed", "This line is voided.")),
            Some(_) => {}
        }
    }
    faults.finish()
}

/// What stands on the order and the kitchen does not have, by the line it was first sent as: the
/// parts of a split line are one dish to the kitchen.
fn missing(
    db: &impl Read,
    order: &Order,
    known: &BTreeMap<LineId, i64>,
    asked: impl Fn(&Line) -> bool,
) -> Result<Vec<ToSend>> {
    let stations = Stations::read(db)?;
    let mut wanted: BTreeMap<LineId, ToSend> = BTreeMap::new();
    // Nobody cooks a voucher; of a combo its parts are cooked.
    let cooked = |line: &&Line| !line.voided && line.is_sale() && !line.combo && asked(line);
    for line in order.lines().filter(cooked) {
        let entry = wanted.entry(line.origin()).or_insert_with(|| told(line, &stations, 0));
        entry.delta += line.counted_thousandths();
    }
    for (origin, entry) in &mut wanted {
        entry.delta -= known.get(origin).copied().unwrap_or(0);
    }
    Ok(wanted.into_values().filter(|entry| entry.delta > 0).collect())
}

/// Where dishes are made now: a station that was closed since a line was added has no screen any more.
struct Stations {
    open: Vec<StationId>,
    default: StationId,
}

impl Stations {
    fn read(db: &impl Read) -> Result<Self> {
        let open = floor::ops::stations(db)?.iter().map(|station| station.id).collect();
        Ok(Self { open, default: floor::ops::default_station(db)?.id })
    }

    fn of(&self, line: &Line) -> StationId {
        line.station.filter(|station| self.open.contains(station)).unwrap_or(self.default)
    }
}

/// A line's modifiers in words, without prices.
pub fn modifiers_in_words(line: &Line) -> String {
    menu::model::words(&line.modifiers)
}

fn told(line: &Line, stations: &Stations, delta: i64) -> ToSend {
    ToSend {
        line: line.origin(),
        station: stations.of(line),
        delta,
        item: line.item,
        name: line.name.clone(),
        variant: line.variant_name.clone(),
        modifiers: modifiers_in_words(line),
        note: line.note.clone(),
        seat: line.seat,
        course: line.course,
        service: line.service,
    }
}

pub(super) fn head(db: &impl Read, order: &Order) -> Result<TicketHead> {
    let table_name = place_name(db, order)?;
    Ok(TicketHead {
        order: order.id,
        display_number: order.display_number,
        table_name,
        order_kind: order.kind.as_str(),
        service: order.service,
        version: order.version,
    })
}

/// Where it is carried to: the table's name, or the tab's.
pub fn place_name(db: &impl Read, order: &Order) -> Result<Option<String>> {
    let table = order.table.map(|id| floor::ops::table(db, id)).transpose()?.flatten();
    Ok(table.map(|t| t.name).or_else(|| order.tab_name.clone()))
}

/// Tells the kitchen where an order is carried to and how it is eaten now, as long as it has something of it;
/// `was` is its [`place_name`] and its service before.
pub(super) fn moved(tx: &Tx<'_>, by: &By, order: &Order, was: (Option<String>, Service)) -> Result<()> {
    let head = head(tx, order)?;
    let mut changes = Vec::new();
    if head.table_name != was.0 {
        changes.push(Change { of: None, what: What::Table, was: was.0, now: head.table_name.clone() });
    }
    if head.service != was.1 {
        let word = |service: Service| Some(service.as_str().to_owned());
        changes.push(Change { of: None, what: What::Service, was: word(was.1), now: word(head.service) });
    }
    kitchen::ops::order_changed(tx, &by.stamp, &head, &changes)
}

/// A line's seat and course.
pub(super) type SeatAndCourse = (Option<i64>, Option<i64>);

/// Tells the kitchen which seat and course a dish is for now, unless it has it not yet, or has it done.
pub(super) fn changed(tx: &Tx<'_>, by: &By, order: &Order, line: &Line, was: SeatAndCourse) -> Result<()> {
    if line.combo || line.kitchen.is_none_or(|sent| sent.state == LineState::Served) {
        return Ok(());
    }
    let fields = [(What::Seat, was.0, line.seat), (What::Course, was.1, line.course)];
    let quantity = line.quantity.thousandths();
    let dish = || {
        let (name, variant) = (line.name.clone(), line.variant_name.clone());
        Some(Changed { line: line.origin(), name, variant, quantity })
    };
    let word = |number: Option<i64>| number.map(|n| n.to_string());
    let change = |(what, was, now)| Change { of: dish(), what, was: word(was), now: word(now) };
    let changes: Vec<Change> = fields.into_iter().filter(|(_, was, now)| was != now).map(change).collect();
    if changes.is_empty() {
        return Ok(());
    }
    // Where it was sent: its station may be another by now.
    for station in kitchen::ops::cooking_at(tx, order.id, line.origin())? {
        kitchen::ops::tell(tx, &by.stamp, &head(tx, order)?, station, changes.clone())?;
    }
    Ok(())
}

/// Tells the kitchen that voided lines are not to be made any more, as far as it has them: of a combo its parts.
pub fn cancel(tx: &Tx<'_>, by: &By, order: &Order, lines: &[LineId]) -> Result<()> {
    let stations = Stations::read(tx)?;
    let gone = order.lines().filter(|line| lines.contains(&line.id) && !line.combo && line.is_sent());
    let cancelled: Vec<ToSend> = gone.map(|line| told(line, &stations, -line.counted_thousandths())).collect();
    kitchen::ops::send(tx, &by.stamp, &head(tx, order)?, &cancelled)?;
    Ok(())
}
