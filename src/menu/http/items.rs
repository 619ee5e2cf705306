//! `/items`.

mod components;
mod wire;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{found, stamp};
use crate::error::Result;
use crate::kernel::ids::ItemId;
use crate::menu::ops;
use crate::web::body::{Tried, of_json};
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) use wire::ItemView;
use wire::{ItemPatch, NewItemBody};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(one).service(change).service(remove);
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [ItemView])))]
#[get("/api/v1/items")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address, now) = (query.0.parse()?, Address::of(&req), read.now());
    read.reply(move |db| list::short(ops::items(db, now)?.into_iter().map(ItemView::of).collect(), request, &address))
        .await
}

#[utoipa::path(tag = "menu", request_body = NewItemBody, responses((status = 201, body = ItemView)))]
#[post("/api/v1/items")]
async fn add(write: Write<right::EditMenu, NewItemBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let item = ops::put_item(tx, &stamp(tx, clock.as_ref(), by)?, &new)?;
            Ok(Reply::created(&ItemView::of(item))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = ItemView)))]
#[get("/api/v1/items/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, now) = (list::id(*id)?, read.now());
    read.reply(move |db| {
        let item = found(ops::item(db, ItemId::new(id), now)?, "item", id)?;
        Ok(Reply::ok(&ItemView::of(item))?.hashed())
    })
    .await
}

/// Open checks keep what they have; lines added from now on are sold as it says.
#[utoipa::path(tag = "menu", request_body = ItemPatch, responses((status = 200, body = ItemView)))]
#[patch("/api/v1/items/{id}")]
async fn change(write: Write<right::EditMenu, ItemPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = ItemId::new(list::id(*id)?);
    let change = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let item = ops::change_item(tx, &stamp(tx, clock.as_ref(), by)?, id, change)?;
            Ok(Reply::ok(&ItemView::of(item))?.hashed())
        })
        .await
}

/// Archives it with its variants.
#[utoipa::path(tag = "menu", responses((status = 204)))]
#[delete("/api/v1/items/{id}")]
async fn remove(write: Write<right::EditMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = ItemId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_item(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| of_json::<NewItemBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<ItemPatch>(bytes).and_then(|body| body.parse()).is_ok(),
];
