//! Every statement of the room. Its tables are as long as the room is; only what is open stands in
//! `table_orders`, so reading it whole is cheap however long the history.

use crate::store::{Row, Statement};

use super::model::{Area, Limits, Seating, Station, Table};

pub static AREAS: Statement =
    Statement::new("floor.areas", "select id, name, position from areas where archived = 0 order by position, id")
        .scanning("all areas of the house are asked for: a handful of rows");
pub static AREA: Statement =
    Statement::new("floor.area", "select id, name, position from areas where id = ?1 and archived = 0");
pub static AREA_NEXT: Statement =
    Statement::new("floor.area_next", "select coalesce(max(position) + 1, 0) from areas where archived = 0");
pub static AREA_ADD: Statement = Statement::new("floor.area_add", "insert into areas (name, position) values (?1, ?2)");
pub static AREA_SET: Statement =
    Statement::new("floor.area_set", "update areas set name = ?2, position = ?3 where id = ?1");
pub static AREA_ARCHIVE: Statement =
    Statement::new("floor.area_archive", "update areas set archived = 1 where id = ?1");
pub static AREA_USED: Statement =
    Statement::new("floor.area_used", "select name from tables where area_id = ?1 and archived = 0 limit 1");

pub static TABLES: Statement =
    Statement::new("floor.tables", "select id, area_id, name, seats from tables where archived = 0 order by id")
        .scanning("all tables of the house are asked for: a few dozen rows");
pub static TABLE: Statement =
    Statement::new("floor.table", "select id, area_id, name, seats from tables where id = ?1 and archived = 0")
        .repeating("the pass names the table of each order that waits for its next course");
pub static TABLE_ADD: Statement =
    Statement::new("floor.table_add", "insert into tables (area_id, name, seats) values (?1, ?2, ?3)");
pub static TABLE_SET: Statement =
    Statement::new("floor.table_set", "update tables set area_id = ?2, name = ?3, seats = ?4 where id = ?1");
pub static TABLE_ARCHIVE: Statement =
    Statement::new("floor.table_archive", "update tables set archived = 1 where id = ?1");

pub static STATIONS: Statement = Statement::new(
    "floor.stations",
    "select id, name, is_default, expo, late_after_s, ack_within_s from stations where archived = 0 order by id",
)
.scanning("all stations of the house are asked for: a handful of rows");
pub static STATION: Statement = Statement::new(
    "floor.station",
    "select id, name, is_default, expo, late_after_s, ack_within_s from stations where id = ?1 and archived = 0",
);
pub static STATION_DEFAULT: Statement = Statement::new(
    "floor.station_default",
    "select id, name, is_default, expo, late_after_s, ack_within_s from stations
     where is_default = 1 and archived = 0 order by id limit 1",
)
.scanning("a house's stations: a handful of rows");
pub static STATION_NAMES: Statement =
    Statement::new("floor.station_names", "select id, name from stations order by id")
        .scanning("all stations the house ever had are asked for: a handful of rows");
pub static STATION_ADD: Statement = Statement::new(
    "floor.station_add",
    "insert into stations (name, is_default, expo, late_after_s, ack_within_s) values (?1, ?2, ?3, ?4, ?5)",
);
pub static STATION_SET: Statement = Statement::new(
    "floor.station_set",
    "update stations set name = ?2, late_after_s = ?3, ack_within_s = ?4 where id = ?1",
);
pub static STATION_MAKE_DEFAULT: Statement =
    Statement::new("floor.station_make_default", "update stations set is_default = (id = ?1)")
        .scanning("changes every station of the house: a handful of rows");
pub static STATION_ARCHIVE: Statement =
    Statement::new("floor.station_archive", "update stations set archived = 1 where id = ?1");

pub static SEATINGS: Statement = Statement::new(
    "floor.seatings",
    "select order_id, table_id, display_number, guests, opened_at_ms, staff_id from table_orders order by order_id",
)
.scanning("all that is open at tables is asked for: a row an open order");
pub static ORDER_AT: Statement =
    Statement::new("floor.order_at", "select order_id from table_orders where table_id = ?1 order by order_id limit 1");
pub static SEAT: Statement = Statement::new(
    "floor.seat",
    "insert into table_orders (order_id, table_id, display_number, guests, opened_at_ms, staff_id)
     values (?1, ?2, ?3, ?4, ?5, ?6)
     on conflict (order_id) do update
     set table_id = excluded.table_id, display_number = excluded.display_number, guests = excluded.guests,
         opened_at_ms = excluded.opened_at_ms, staff_id = excluded.staff_id",
);
pub static LEAVE: Statement = Statement::new("floor.leave", "delete from table_orders where order_id = ?1");

pub static ALL: &[&Statement] = &[
    &AREAS,
    &AREA,
    &AREA_NEXT,
    &AREA_ADD,
    &AREA_SET,
    &AREA_ARCHIVE,
    &AREA_USED,
    &TABLES,
    &TABLE,
    &TABLE_ADD,
    &TABLE_SET,
    &TABLE_ARCHIVE,
    &STATIONS,
    &STATION,
    &STATION_DEFAULT,
    &STATION_NAMES,
    &STATION_ADD,
    &STATION_SET,
    &STATION_MAKE_DEFAULT,
    &STATION_ARCHIVE,
    &SEATINGS,
    &ORDER_AT,
    &SEAT,
    &LEAVE,
];

pub fn area(row: &Row<'_>) -> rusqlite::Result<Area> {
    Ok(Area { id: row.get(0)?, name: row.get(1)?, position: row.get(2)? })
}

pub fn table(row: &Row<'_>) -> rusqlite::Result<Table> {
    Ok(Table { id: row.get(0)?, area: row.get(1)?, name: row.get(2)?, seats: row.get(3)? })
}

pub fn station(row: &Row<'_>) -> rusqlite::Result<Station> {
    let limits = Limits { late_after_s: row.get(4)?, ack_within_s: row.get(5)? };
    Ok(Station { id: row.get(0)?, name: row.get(1)?, is_default: row.get(2)?, expo: row.get(3)?, limits })
}

pub fn seating(row: &Row<'_>) -> rusqlite::Result<Seating> {
    Ok(Seating {
        order: row.get(0)?,
        table: row.get(1)?,
        display_number: row.get(2)?,
        guests: row.get(3)?,
        opened_at: row.get(4)?,
        staff: row.get(5)?,
    })
}

pub fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}
