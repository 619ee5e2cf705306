//! The room on the wire.

mod areas;
mod stations;
mod tables;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{AreaView, Seating, TableView};
use super::ops;
use crate::cache::{Body, Filled, Namespace, Tag};
use crate::error::{Fault, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::Zone;
use crate::kernel::ids::StaffId;
use crate::store::{Snapshot, Tx};
use crate::web::{Actor, House, Read, Ready, Warming, right};

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(floor);
    areas::configure(cfg);
    tables::configure(cfg);
    stations::configure(cfg);
}

/// Its times are shown in the restaurant's zone.
pub const FLOOR: Ready<right::SeeFloor> = Ready::new("/api/v1/floor", Namespace::Floor, &[Tag::Floor, Tag::Calendar]);

#[derive(Debug, Serialize, ToSchema)]
struct FloorView {
    areas: Vec<FloorArea>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FloorArea {
    id: i64,
    name: String,
    position: i64,
    tables: Vec<FloorTable>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FloorTable {
    id: i64,
    area_id: i64,
    name: String,
    seats: i64,
    /// What is open there, in the order in which it was opened.
    orders: Vec<FloorOrder>,
}

/// An open order, as far as the room knows it.
#[derive(Debug, Serialize, ToSchema)]
struct FloorOrder {
    id: i64,
    display_number: i64,
    guests: i64,
    opened_at: String,
    staff_id: Option<i64>,
}

/// The room, and what is open at which table.
#[utoipa::path(tag = "floor", responses((status = 200, body = FloorView), (status = 304)))]
#[get("/api/v1/floor")]
async fn floor(read: Read<right::SeeFloor>) -> Result<HttpResponse> {
    read.ready(&FLOOR, fill).await
}

/// The room is on every waiter's screen.
pub fn warm(house: Data<House>) -> Warming {
    Box::pin(async move { Ok(house.ready(&FLOOR, fill).await?.1) })
}

fn fill(db: &Snapshot) -> Result<Filled> {
    let zone = journal::ops::calendar(db)?.zone;
    let areas = ops::room(db)?.areas.into_iter().map(|area| FloorArea::of(area, &zone)).collect();
    let json = serde_json::to_vec(&FloorView { areas });
    Ok(Body::new(json.map_err(|e| Fault::from_source("the floor does not serialise", e))?).into())
}

impl FloorArea {
    fn of(AreaView { area, tables }: AreaView, zone: &Zone) -> Self {
        let tables = tables.into_iter().map(|table| FloorTable::of(table, zone)).collect();
        Self { id: area.id.get(), name: area.name, position: area.position, tables }
    }
}

impl FloorTable {
    fn of(TableView { table, orders }: TableView, zone: &Zone) -> Self {
        let orders = orders.into_iter().map(|seating| FloorOrder::of(&seating, zone)).collect();
        Self { id: table.id.get(), area_id: table.area.get(), name: table.name, seats: table.seats, orders }
    }
}

impl FloorOrder {
    fn of(it: &Seating, zone: &Zone) -> Self {
        Self {
            id: it.order.get(),
            display_number: it.display_number,
            guests: it.guests,
            opened_at: it.opened_at.rfc3339(zone),
            staff_id: it.staff.map(StaffId::get),
        }
    }
}

fn stamp(tx: &Tx<'_>, clock: &dyn Clock, by: &Actor) -> Result<Stamp> {
    journal::ops::stamp(tx, clock, Some(by.device), by.staff)
}
