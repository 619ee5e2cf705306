//! What the room does, inside the caller's snapshot or transaction.

use serde_json::Value;

use crate::cache::Tag;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{AreaId, OrderId, StationId, TableId};
use crate::kernel::invalid::Invalid;
use crate::store::{Read, Tx};

use super::model::{Area, Limits, NewStation, Room, Seating, Station, StationChange, Table, TableChange};
use super::{record, sql};

/// What the first station is called until somebody renames it.
const FIRST_STATION: &str = "Kitchen";

pub fn room(db: &impl Read) -> Result<Room> {
    Ok(Room::of(areas(db)?, tables(db)?, &seatings(db)?))
}

/// What is open at which table.
pub fn seatings(db: &impl Read) -> Result<Vec<Seating>> {
    Ok(db.all(&sql::SEATINGS, (), sql::seating)?)
}

// ── who sits where, told by orders ───────────────────────────────────────────

/// The first order that is open at a table.
pub fn order_at(db: &impl Read, table: TableId) -> Result<Option<OrderId>> {
    Ok(db.opt(&sql::ORDER_AT, (table,), |row| row.get(0))?)
}

/// Says that an order is open at a table; said again it replaces what was said of the order before.
pub fn seat(tx: &Tx<'_>, s: &Seating) -> Result<()> {
    tx.run(&sql::SEAT, (s.order, s.table, s.display_number, s.guests, s.opened_at, s.staff))?;
    tx.touch(Tag::Floor);
    Ok(())
}

/// Says that an order is open at no table any more.
pub fn leave(tx: &Tx<'_>, order: OrderId) -> Result<()> {
    if tx.run(&sql::LEAVE, (order,))? > 0 {
        tx.touch(Tag::Floor);
    }
    Ok(())
}

// ── areas ────────────────────────────────────────────────────────────────────

pub fn areas(db: &impl Read) -> Result<Vec<Area>> {
    Ok(db.all(&sql::AREAS, (), sql::area)?)
}

/// `position` of `None` is after the last.
pub fn add_area(tx: &Tx<'_>, stamp: &Stamp, name: String, position: Option<i64>) -> Result<Area> {
    let position = match position {
        Some(position) => position,
        None => tx.one(&sql::AREA_NEXT, (), |row| row.get(0))?,
    };
    let id = AreaId::new(tx.insert(&sql::AREA_ADD, (&name, position))?);
    let area = Area { id, name, position };
    changed(tx, stamp, id.get(), &record::area("added", &area))?;
    Ok(area)
}

pub fn change_area(
    tx: &Tx<'_>,
    stamp: &Stamp,
    id: AreaId,
    name: Option<String>,
    position: Option<i64>,
) -> Result<Area> {
    let was = area(tx, id)?;
    let is = Area { id, name: name.unwrap_or(was.name), position: position.unwrap_or(was.position) };
    tx.run(&sql::AREA_SET, (id, &is.name, is.position))?;
    changed(tx, stamp, id.get(), &record::area("changed", &is))?;
    Ok(is)
}

/// Archives it, unless tables still stand in it.
pub fn remove_area(tx: &Tx<'_>, stamp: &Stamp, id: AreaId) -> Result<()> {
    let area = area(tx, id)?;
    if let Some(table) = tx.opt(&sql::AREA_USED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("Table {table} still stands in {}.", area.name)).into());
    }
    tx.run(&sql::AREA_ARCHIVE, (id,))?;
    changed(tx, stamp, id.get(), &record::area("archived", &area))
}

fn area(tx: &Tx<'_>, id: AreaId) -> Result<Area> {
    let found = tx.opt(&sql::AREA, (id,), sql::area)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no area {id}.")).into())
}

// ── tables ───────────────────────────────────────────────────────────────────

/// A table that stands in the room; `None` where it is unknown or archived.
pub fn table(db: &impl Read, id: TableId) -> Result<Option<Table>> {
    Ok(db.opt(&sql::TABLE, (id,), sql::table)?)
}

pub fn tables(db: &impl Read) -> Result<Vec<Table>> {
    Ok(db.all(&sql::TABLES, (), sql::table)?)
}

pub fn add_table(tx: &Tx<'_>, stamp: &Stamp, name: String, area: AreaId, seats: i64) -> Result<Table> {
    must_have_area(tx, area)?;
    let id = TableId::new(tx.insert(&sql::TABLE_ADD, (area, &name, seats))?);
    let table = Table { id, area, name, seats };
    changed(tx, stamp, id.get(), &record::table("added", &table))?;
    Ok(table)
}

pub fn change_table(tx: &Tx<'_>, stamp: &Stamp, id: TableId, change: TableChange) -> Result<Table> {
    let was = known_table(tx, id)?;
    if let Some(area) = change.area {
        must_have_area(tx, area)?;
    }
    let is = Table {
        id,
        area: change.area.unwrap_or(was.area),
        name: change.name.unwrap_or(was.name),
        seats: change.seats.unwrap_or(was.seats),
    };
    tx.run(&sql::TABLE_SET, (id, is.area, &is.name, is.seats))?;
    changed(tx, stamp, id.get(), &record::table("changed", &is))?;
    Ok(is)
}

/// Archives it, unless somebody sits there.
pub fn remove_table(tx: &Tx<'_>, stamp: &Stamp, id: TableId) -> Result<()> {
    let table = known_table(tx, id)?;
    if let Some(order) = order_at(tx, id)? {
        let refused = Refusal::InUse.because(format!("Order {order} is open at table {}.", table.name));
        return Err(refused.with("order_id", order.get()).into());
    }
    tx.run(&sql::TABLE_ARCHIVE, (id,))?;
    changed(tx, stamp, id.get(), &record::table("archived", &table))
}

fn known_table(tx: &Tx<'_>, id: TableId) -> Result<Table> {
    table(tx, id)?.ok_or_else(|| Refusal::NotFound.because(format!("There is no table {id}.")).into())
}

fn must_have_area(tx: &Tx<'_>, id: AreaId) -> Result<()> {
    match tx.opt(&sql::AREA, (id,), sql::area)? {
        Some(_) => Ok(()),
        None => Err(Refused::input("/area_id", Invalid::new("unknown", format!("There is no area {id}."))).into()),
    }
}

// ── stations ─────────────────────────────────────────────────────────────────

/// A station that is in use; `None` where it is unknown or archived.
pub fn station(db: &impl Read, id: StationId) -> Result<Option<Station>> {
    Ok(db.opt(&sql::STATION, (id,), sql::station)?)
}

pub fn stations(db: &impl Read) -> Result<Vec<Station>> {
    Ok(db.all(&sql::STATIONS, (), sql::station)?)
}

/// The one that cooks what names none.
pub fn default_station(db: &impl Read) -> Result<Station> {
    let found = db.opt(&sql::STATION_DEFAULT, (), sql::station)?;
    found.ok_or_else(|| Fault::new("there is no default station").into())
}

/// What every station there ever was is called.
pub fn station_names(db: &impl Read) -> Result<Vec<(StationId, String)>> {
    Ok(db.all(&sql::STATION_NAMES, (), |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The station that an item or a category names, which cooks; else what is wrong with it.
pub fn cooking_station(db: &impl Read, id: StationId) -> Result<Result<Station, Invalid>> {
    Ok(match station(db, id)? {
        None => Err(Invalid::new("unknown", format!("There is no station {id}."))),
        Some(station) if station.expo => {
            Err(Invalid::new("not_for_this", format!("{} sees everything and prepares nothing.", station.name)))
        }
        Some(station) => Ok(station),
    })
}

/// Makes the default station; once in a file's life.
pub fn create_default_station(tx: &Tx<'_>) -> Result<Station> {
    let new = NewStation { name: FIRST_STATION.to_owned(), expo: false, limits: Limits::default() };
    insert_station(tx, new, true)
}

fn insert_station(tx: &Tx<'_>, new: NewStation, is_default: bool) -> Result<Station> {
    let NewStation { name, expo, limits } = new;
    let values = (&name, is_default, expo, limits.late_after_s, limits.ack_within_s);
    let id = StationId::new(tx.insert(&sql::STATION_ADD, values)?);
    Ok(Station { id, name, is_default, expo, limits })
}

pub fn add_station(tx: &Tx<'_>, stamp: &Stamp, new: NewStation) -> Result<Station> {
    let station = insert_station(tx, new, false)?;
    station_changed(tx, stamp, "added", &station)?;
    Ok(station)
}

pub fn change_station(tx: &Tx<'_>, stamp: &Stamp, id: StationId, change: StationChange) -> Result<Station> {
    let was = known_station(tx, id)?;
    if was.expo && change.make_default {
        let detail = format!("{} sees everything and prepares nothing.", was.name);
        return Err(Refused::input("/is_default", Invalid::new("not_for_this", detail)).into());
    }
    let limits = Limits {
        late_after_s: change.late_after_s.unwrap_or(was.limits.late_after_s),
        ack_within_s: change.ack_within_s.unwrap_or(was.limits.ack_within_s),
    };
    let is_default = was.is_default || change.make_default;
    let is = Station { id, name: change.name.unwrap_or(was.name), is_default, expo: was.expo, limits };
    tx.run(&sql::STATION_SET, (id, &is.name, limits.late_after_s, limits.ack_within_s))?;
    if is.is_default != was.is_default {
        tx.run(&sql::STATION_MAKE_DEFAULT, (id,))?;
    }
    station_changed(tx, stamp, "changed", &is)?;
    Ok(is)
}

/// Archives it, unless it is the default. Whether anything is cooked there the caller knows.
pub fn remove_station(tx: &Tx<'_>, stamp: &Stamp, id: StationId) -> Result<()> {
    let station = known_station(tx, id)?;
    if station.is_default {
        let why = format!("{} cooks what names no station; make another one the default first.", station.name);
        return Err(Refusal::InUse.because(why).into());
    }
    tx.run(&sql::STATION_ARCHIVE, (id,))?;
    station_changed(tx, stamp, "archived", &station)
}

fn station_changed(tx: &Tx<'_>, stamp: &Stamp, edit: &str, station: &Station) -> Result<()> {
    // Which tickets a screen sees depends on what its station is.
    tx.touch(Tag::Tickets);
    changed(tx, stamp, station.id.get(), &record::station(edit, station))
}

fn known_station(tx: &Tx<'_>, id: StationId) -> Result<Station> {
    station(tx, id)?.ok_or_else(|| Refusal::NotFound.because(format!("There is no station {id}.")).into())
}

fn changed(tx: &Tx<'_>, stamp: &Stamp, subject: i64, payload: &Value) -> Result<()> {
    tx.touch(Tag::Floor);
    journal::ops::append(tx, stamp, Kind::FloorChanged, subject, 0, payload)?;
    Ok(())
}
