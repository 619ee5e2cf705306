//! `/categories`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::windows::{self, WindowBody, WindowView};
use super::{found, stamp};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CategoryId, StationId};
use crate::menu::model::{self, CategoryChange, NewCategory, SoldOf, SoldTime};
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
    /// When what stands in it is sold; always unless told.
    sold: Option<Vec<WindowBody>>,
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
    /// When what stands in it is sold, the whole list; an empty one is always.
    sold: Option<Vec<WindowBody>>,
}

impl NewCategoryBody {
    fn parse(self) -> Result<NewCategory> {
        let Self { name, position, station_id, sold } = self;
        let edit = CategoryPatch { name: Some(name), position, station_id: Some(station_id), sold }.parse()?;
        let CategoryChange { name, position, station, sold } = edit;
        let (name, sold) = (name.unwrap_or_default(), sold.unwrap_or_default());
        Ok(NewCategory { name, position, station: station.flatten(), sold })
    }
}

impl CategoryPatch {
    fn parse(&self) -> Result<CategoryChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let position = self.position.and_then(|position| faults.take("/position", model::position(position)));
        let sold = self.sold.as_deref().map(|list| windows::parse(&mut faults, "/sold", list));
        faults.finish()?;
        Ok(CategoryChange { name, position, station: self.station_id.map(|id| id.map(StationId::new)), sold })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct CategoryView {
    id: i64,
    name: String,
    position: i64,
    station_id: Option<i64>,
    /// When what stands in it is sold; absent where that is always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sold: Vec<WindowView>,
}

impl CategoryView {
    fn of(it: model::Category, sold: &[SoldTime]) -> Self {
        Self {
            id: it.id.get(),
            name: it.name,
            position: it.position,
            station_id: it.station.map(StationId::get),
            sold: WindowView::all(sold),
        }
    }
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [CategoryView])))]
#[get("/api/v1/categories")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        let times = ops::times(db)?;
        let view = |it: model::Category| {
            let sold = times.sold_of(SoldOf::Category(it.id));
            CategoryView::of(it, &sold)
        };
        list::short(ops::categories(db)?.into_iter().map(view).collect(), request, &address)
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
            let sold = ops::sold_of_category(tx, category.id)?;
            Ok(Reply::created(&CategoryView::of(category, &sold))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = CategoryView)))]
#[get("/api/v1/categories/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = list::id(*id)?;
    read.reply(move |db| {
        let category = found(ops::category(db, CategoryId::new(id))?, "category", id)?;
        Ok(Reply::ok(&CategoryView::of(category, &ops::sold_of_category(db, CategoryId::new(id))?))?.hashed())
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
            Ok(Reply::ok(&CategoryView::of(category, &ops::sold_of_category(tx, id)?))?.hashed())
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
