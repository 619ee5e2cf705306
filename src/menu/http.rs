//! The menu on the wire.

pub(super) mod availability;
mod categories;
mod groups;
mod items;
mod stations;
mod taxes;

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::ops;
use crate::cache::{Body, Filled, Namespace, Tag};
use crate::error::{Fault, Faults, Refusal, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::kernel::invalid::Invalid;
use crate::store::{Snapshot, Tx};
use crate::web::{Actor, Read, Ready, right};

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(menu);
    availability::configure(cfg);
    items::configure(cfg);
    categories::configure(cfg);
    groups::configure(cfg);
    taxes::configure(cfg);
    stations::configure(cfg);
}

/// Where the whole menu stands in its namespace of the cache.
pub const MENU_KEY: &str = "menu";

pub const MENU: Ready<right::SeeMenu> = Ready::new("/api/v1/menu", Namespace::Menu, MENU_KEY, &[Tag::Menu]);

#[derive(Debug, Serialize, ToSchema)]
struct MenuView {
    categories: Vec<FullCategoryView>,
    tax_classes: Vec<taxes::TaxClassView>,
    /// Counts every edit of what stands here but `available`.
    version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct FullCategoryView {
    id: i64,
    name: String,
    position: i64,
    items: Vec<items::ItemView>,
}

/// The whole tree a terminal needs.
#[utoipa::path(tag = "menu", responses((status = 200, body = MenuView), (status = 304)))]
#[get("/api/v1/menu")]
async fn menu(read: Read<right::SeeMenu>) -> Result<HttpResponse> {
    let now = read.now();
    read.ready(&MENU, move |db| fill_menu(db, now)).await
}

/// The whole menu as the cache keeps it: carries [`Tag::Menu`] and ends with the first thing that comes back
/// by itself.
pub fn fill_menu(db: &Snapshot, now: UtcMs) -> Result<Filled> {
    let tree = ops::menu(db, now)?;
    let until = tree.until;
    let category = |(category, items): (super::model::Category, Vec<super::model::Item>)| FullCategoryView {
        id: category.id.get(),
        name: category.name,
        position: category.position,
        items: items.into_iter().map(items::ItemView::of).collect(),
    };
    let view = MenuView {
        categories: tree.categories.into_iter().map(category).collect(),
        tax_classes: tree.tax_classes.into_iter().map(taxes::TaxClassView::of).collect(),
        version: tree.version,
    };
    filled(&view, until)
}

fn filled(view: &impl Serialize, until: Option<UtcMs>) -> Result<Filled> {
    let json = serde_json::to_vec(view).map_err(|e| Fault::from_source("the menu does not serialise", e))?;
    let until_ms = until.and_then(|until| u64::try_from(until.get()).ok());
    Ok(Filled { until_ms, ..Filled::from(Body::new(json)) })
}

fn stamp(tx: &Tx<'_>, clock: &dyn Clock, by: &Actor) -> Result<Stamp> {
    journal::ops::stamp(tx, clock, Some(by.device), by.staff)
}

fn found<T>(value: Option<T>, what: &str, id: i64) -> Result<T> {
    value.ok_or_else(|| Refusal::NotFound.because(format!("There is no {what} {id}.")).into())
}

/// A list of words, each with a fault of its own, without repeats.
fn allergens(faults: &mut Faults, pointer: &str, words: &[String]) -> Vec<String> {
    too_many(faults, pointer, words.len(), super::model::ALLERGENS_MAX);
    let mut kept: Vec<String> = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        if let Some(word) = faults.take(format!("{pointer}/{i}"), super::model::allergen(word))
            && !kept.contains(&word)
        {
            kept.push(word);
        }
    }
    kept
}

fn too_many(faults: &mut Faults, pointer: &str, count: usize, max: usize) {
    if count > max {
        faults.push(pointer, Invalid::new("too_many", format!("at most {max} of them")));
    }
}

/// Ids that each stand once.
fn distinct(faults: &mut Faults, pointer: impl Fn(usize) -> String, ids: &[i64]) {
    for (i, id) in ids.iter().enumerate() {
        if ids.iter().take(i).any(|before| before == id) {
            faults.push(pointer(i), Invalid::new("duplicate", format!("{id} stands here twice")));
        }
    }
}
