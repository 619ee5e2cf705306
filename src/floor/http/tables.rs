//! `/tables`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::stamp;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::floor::model::{self, TableChange};
use crate::floor::ops;
use crate::kernel::ids::{AreaId, TableId};
use crate::store::Snapshot;
use crate::web::list::{self, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(change).service(remove);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTableBody {
    name: String,
    area_id: i64,
    seats: i64,
}

impl NewTableBody {
    fn parse(&self) -> Result<(String, AreaId, i64)> {
        let mut faults = Faults::new();
        let name = faults.take("/name", model::name(&self.name));
        let seats = faults.take("/seats", model::seats(self.seats));
        faults.with(name.zip(seats).map(|(name, seats)| (name, AreaId::new(self.area_id), seats)))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TablePatch {
    name: Option<String>,
    area_id: Option<i64>,
    seats: Option<i64>,
}

impl TablePatch {
    fn parse(&self) -> Result<TableChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let seats = self.seats.and_then(|seats| faults.take("/seats", model::seats(seats)));
        faults.finish()?;
        Ok(TableChange { name, area: self.area_id.map(AreaId::new), seats })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct PlainTable {
    id: i64,
    name: String,
    area_id: i64,
    seats: i64,
}

impl PlainTable {
    fn of(it: model::Table) -> Self {
        Self { id: it.id.get(), name: it.name, area_id: it.area.get(), seats: it.seats }
    }
}

#[utoipa::path(tag = "floor", params(ListQuery), responses((status = 200, body = [PlainTable])))]
#[get("/api/v1/tables")]
async fn all(read: Read<right::SeeFloor>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Floor).part("tables");
    let read_all = |db: &Snapshot| Ok(ops::tables(db)?.into_iter().map(PlainTable::of).collect());
    read.cached_list(key, vec![Tag::Floor], query.0.parse()?, req.path(), read_all).await
}

#[utoipa::path(tag = "floor", request_body = NewTableBody, responses((status = 201, body = PlainTable)))]
#[post("/api/v1/tables")]
async fn add(write: Write<right::EditFloor, NewTableBody>) -> Result<HttpResponse> {
    let (name, area, seats) = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let table = ops::add_table(tx, &stamp(tx, clock.as_ref(), by)?, name, area, seats)?;
            Ok(Reply::created(&PlainTable::of(table))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "floor", request_body = TablePatch, responses((status = 200, body = PlainTable)))]
#[patch("/api/v1/tables/{id}")]
async fn change(write: Write<right::EditFloor, TablePatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TableId::new(list::id(*id)?);
    let change = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let table = ops::change_table(tx, &stamp(tx, clock.as_ref(), by)?, id, change)?;
            Ok(Reply::ok(&PlainTable::of(table))?.hashed())
        })
        .await
}

/// Archives it; refused while an order is open there.
#[utoipa::path(tag = "floor", responses((status = 204)))]
#[delete("/api/v1/tables/{id}")]
async fn remove(write: Write<right::EditFloor>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TableId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_table(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}
