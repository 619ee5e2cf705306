//! `/categories`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{found, stamp};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CategoryId, StationId};
use crate::menu::model::{self, CategoryChange, NewCategory};
use crate::menu::ops;
use crate::web::body::present;
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(one).service(change).service(remove);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCategoryBody {
    name: String,
    /// After the last unless told.
    position: Option<i64>,
    /// Where its items are made that name no station; at the default one unless told.
    station_id: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryPatch {
    name: Option<String>,
    position: Option<i64>,
    /// For what is added to orders from now on; null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    station_id: Option<Option<i64>>,
}

impl NewCategoryBody {
    fn parse(self) -> Result<NewCategory> {
        let Self { name, position, station_id } = self;
        let edit = CategoryPatch { name: Some(name), position, station_id: Some(station_id) }.parse()?;
        let CategoryChange { name, position, station } = edit;
        Ok(NewCategory { name: name.unwrap_or_default(), position, station: station.flatten() })
    }
}

impl CategoryPatch {
    fn parse(&self) -> Result<CategoryChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let position = self.position.and_then(|position| faults.take("/position", model::position(position)));
        faults.finish()?;
        Ok(CategoryChange { name, position, station: self.station_id.map(|id| id.map(StationId::new)) })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct CategoryView {
    id: i64,
    name: String,
    position: i64,
    station_id: Option<i64>,
}

impl CategoryView {
    fn of(it: model::Category) -> Self {
        Self { id: it.id.get(), name: it.name, position: it.position, station_id: it.station.map(StationId::get) }
    }
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [CategoryView])))]
#[get("/api/v1/categories")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        list::short(ops::categories(db)?.into_iter().map(CategoryView::of).collect(), request, &address)
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = NewCategoryBody, responses((status = 201, body = CategoryView)))]
#[post("/api/v1/categories")]
async fn add(write: Write<right::EditMenu, NewCategoryBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = stamp(tx, clock.as_ref(), by)?;
            let category = ops::add_category(tx, &stamp, new)?;
            Ok(Reply::created(&CategoryView::of(category))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = CategoryView)))]
#[get("/api/v1/categories/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = list::id(*id)?;
    read.reply(move |db| {
        let category = found(ops::category(db, CategoryId::new(id))?, "category", id)?;
        Ok(Reply::ok(&CategoryView::of(category))?.hashed())
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = CategoryPatch, responses((status = 200, body = CategoryView)))]
#[patch("/api/v1/categories/{id}")]
async fn change(write: Write<right::EditMenu, CategoryPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = CategoryId::new(list::id(*id)?);
    let edit = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let stamp = stamp(tx, clock.as_ref(), by)?;
            let category = ops::change_category(tx, &stamp, id, edit)?;
            Ok(Reply::ok(&CategoryView::of(category))?.hashed())
        })
        .await
}

/// Archives it; refused while items stand in it.
#[utoipa::path(tag = "menu", responses((status = 204)))]
#[delete("/api/v1/categories/{id}")]
async fn remove(write: Write<right::EditMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = CategoryId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_category(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}
