//! `/areas`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::stamp;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::floor::{model, ops};
use crate::kernel::ids::AreaId;
use crate::store::Snapshot;
use crate::web::list::{self, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(change).service(remove);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAreaBody {
    name: String,
    /// After the last unless told.
    position: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AreaPatch {
    name: Option<String>,
    position: Option<i64>,
}

impl AreaPatch {
    fn parse(&self) -> Result<(Option<String>, Option<i64>)> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let position = self.position.and_then(|position| faults.take("/position", model::position(position)));
        faults.finish()?;
        Ok((name, position))
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct PlainArea {
    id: i64,
    name: String,
    position: i64,
}

impl PlainArea {
    fn of(it: model::Area) -> Self {
        Self { id: it.id.get(), name: it.name, position: it.position }
    }
}

#[utoipa::path(tag = "floor", params(ListQuery), responses((status = 200, body = [PlainArea])))]
#[get("/api/v1/areas")]
async fn all(read: Read<right::SeeFloor>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Floor).part("areas");
    let read_all = |db: &Snapshot| Ok(ops::areas(db)?.into_iter().map(PlainArea::of).collect());
    read.cached_list(key, vec![Tag::Floor], query.0.parse()?, req.path(), read_all).await
}

#[utoipa::path(tag = "floor", request_body = NewAreaBody, responses((status = 201, body = PlainArea)))]
#[post("/api/v1/areas")]
async fn add(write: Write<right::EditFloor, NewAreaBody>) -> Result<HttpResponse> {
    let NewAreaBody { name, position } = write.body;
    let (name, position) = AreaPatch { name: Some(name), position }.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = stamp(tx, clock.as_ref(), by)?;
            let area = ops::add_area(tx, &stamp, name.unwrap_or_default(), position)?;
            Ok(Reply::created(&PlainArea::of(area))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "floor", request_body = AreaPatch, responses((status = 200, body = PlainArea)))]
#[patch("/api/v1/areas/{id}")]
async fn change(write: Write<right::EditFloor, AreaPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = AreaId::new(list::id(*id)?);
    let (name, position) = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let area = ops::change_area(tx, &stamp(tx, clock.as_ref(), by)?, id, name, position)?;
            Ok(Reply::ok(&PlainArea::of(area))?.hashed())
        })
        .await
}

/// Archives it; refused while tables stand in it.
#[utoipa::path(tag = "floor", responses((status = 204)))]
#[delete("/api/v1/areas/{id}")]
async fn remove(write: Write<right::EditFloor>, id: Path<i64>) -> Result<HttpResponse> {
    let id = AreaId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_area(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}
