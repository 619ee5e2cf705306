//! `/stations`, all but deleting one: what is cooked there only the menu knows, and it stands above.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::stamp;
use crate::cache::{Key, Namespace, Tag};
use crate::error::{Faults, Result};
use crate::floor::{model, ops};
use crate::kernel::ids::StationId;
use crate::kernel::invalid::Invalid;
use crate::store::Snapshot;
use crate::web::list::{self, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(change);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStationBody {
    name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StationPatch {
    name: Option<String>,
    /// `true` makes it the one that cooks what names no station.
    is_default: Option<bool>,
}

impl StationPatch {
    fn parse(&self) -> Result<(Option<String>, bool)> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        if self.is_default == Some(false) {
            let detail = "there is always a default station; say true of another one";
            faults.push("/is_default", Invalid::new("conflict", detail));
        }
        faults.finish()?;
        Ok((name, self.is_default.unwrap_or(false)))
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct StationView {
    id: i64,
    name: String,
    /// Cooks what names no station.
    is_default: bool,
}

impl StationView {
    fn of(it: model::Station) -> Self {
        Self { id: it.id.get(), name: it.name, is_default: it.is_default }
    }
}

/// Where the kitchen cooks; a kitchen screen picks its own from here.
#[utoipa::path(tag = "floor", params(ListQuery), responses((status = 200, body = [StationView])))]
#[get("/api/v1/stations")]
async fn all(read: Read<right::SeeTickets>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let key = Key::of(Namespace::Floor).part("stations");
    let read_all = |db: &Snapshot| Ok(ops::stations(db)?.into_iter().map(StationView::of).collect());
    read.cached_list(key, vec![Tag::Floor], query.0.parse()?, req.path(), read_all).await
}

#[utoipa::path(tag = "floor", request_body = NewStationBody, responses((status = 201, body = StationView)))]
#[post("/api/v1/stations")]
async fn add(write: Write<right::EditFloor, NewStationBody>) -> Result<HttpResponse> {
    let (name, _) = StationPatch { name: Some(write.body.name), is_default: None }.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let station = ops::add_station(tx, &stamp(tx, clock.as_ref(), by)?, name.unwrap_or_default())?;
            Ok(Reply::created(&StationView::of(station))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "floor", request_body = StationPatch, responses((status = 200, body = StationView)))]
#[patch("/api/v1/stations/{id}")]
async fn change(write: Write<right::EditFloor, StationPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = StationId::new(list::id(*id)?);
    let (name, make_default) = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let station = ops::change_station(tx, &stamp(tx, clock.as_ref(), by)?, id, name, make_default)?;
            Ok(Reply::ok(&StationView::of(station))?.hashed())
        })
        .await
}
