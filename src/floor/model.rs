//! The room's words. Pure.

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{AreaId, OrderId, StaffId, StationId, TableId};
use crate::kernel::invalid::Invalid;
use crate::kernel::text;

/// Characters the name of an area, a table or a station has at most.
pub const NAME_CHARS_MAX: usize = 100;
pub const SEATS_MAX: i64 = 999;
pub const POSITION_MAX: i64 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    pub id: AreaId,
    pub name: String,
    pub position: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub id: TableId,
    pub area: AreaId,
    pub name: String,
    pub seats: i64,
}

/// Where the kitchen cooks: the grill, the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    pub id: StationId,
    pub name: String,
    /// Cooks what names no station. There is exactly one.
    pub is_default: bool,
    /// Prepares nothing and sees the tickets of all others; fixed when it is added.
    pub expo: bool,
    pub limits: Limits,
}

/// How long a station may take. They are taken for a ticket when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Seconds after which a ticket that is not ready is late, 0 to [`LATE_AFTER_S_MAX`]; 0 is never.
    pub late_after_s: i64,
    /// Seconds within which a ticket is printed or bumped, 0 to [`ACK_WITHIN_S_MAX`], else the terminal that sent
    /// it is told; 0 where nobody waits for that.
    pub ack_within_s: i64,
}

pub const LATE_AFTER_S_MAX: i64 = 24 * 60 * 60;
pub const ACK_WITHIN_S_MAX: i64 = 60 * 60;

impl Default for Limits {
    fn default() -> Self {
        Self { late_after_s: 900, ack_within_s: 60 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStation {
    pub name: String,
    pub expo: bool,
    pub limits: Limits,
}

/// What is to change of a station; `None` leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationChange {
    pub name: Option<String>,
    /// Moves the default here; it is never only taken away.
    pub make_default: bool,
    pub late_after_s: Option<i64>,
    pub ack_within_s: Option<i64>,
}

/// An order that is open at a table, as far as the room knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seating {
    pub order: OrderId,
    pub table: TableId,
    pub display_number: i64,
    pub guests: i64,
    pub opened_at: UtcMs,
    pub staff: Option<StaffId>,
}

/// The whole room, deterministic in its order: position, then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub areas: Vec<AreaView>,
}

/// An area with what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaView {
    pub area: Area,
    pub tables: Vec<TableView>,
}

/// A table with the orders open at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableView {
    pub table: Table,
    pub orders: Vec<Seating>,
}

impl Room {
    /// Puts everything where it belongs, in the order given.
    pub fn of(areas: Vec<Area>, tables: Vec<Table>, seatings: &[Seating]) -> Self {
        let mut areas: Vec<AreaView> = areas.into_iter().map(|area| AreaView { area, tables: Vec::new() }).collect();
        for table in tables {
            let orders = seatings.iter().filter(|seating| seating.table == table.id).cloned().collect();
            if let Some(area) = areas.iter_mut().find(|view| view.area.id == table.area) {
                area.tables.push(TableView { table, orders });
            }
        }
        Self { areas }
    }
}

/// What is to change of a table; `None` leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableChange {
    pub name: Option<String>,
    pub area: Option<AreaId>,
    pub seats: Option<i64>,
}

pub fn name(text: &str) -> Result<String, Invalid> {
    text::line(text, NAME_CHARS_MAX)
}

pub fn seats(value: i64) -> Result<i64, Invalid> {
    within(value, SEATS_MAX, "seats are 0 to 999")
}

pub fn position(value: i64) -> Result<i64, Invalid> {
    within(value, POSITION_MAX, "a position is 0 to 1000000")
}

pub fn late_after_s(value: i64) -> Result<i64, Invalid> {
    within(value, LATE_AFTER_S_MAX, "late after 1 to 86400 seconds, or 0 for never")
}

pub fn ack_within_s(value: i64) -> Result<i64, Invalid> {
    within(value, ACK_WITHIN_S_MAX, "acknowledged within 1 to 3600 seconds, or 0 for whenever")
}

fn within(value: i64, max: i64, detail: &'static str) -> Result<i64, Invalid> {
    if (0..=max).contains(&value) { Ok(value) } else { Err(Invalid::range(detail)) }
}
