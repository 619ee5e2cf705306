//! `/menu`: the whole tree, put together from the items as they were last rendered.
//!
//! An edit makes the whole body old and one of its items. So what the tree shows of each item is kept
//! apart, under a key that says when the item was last edited and what of it is out: both are read in the
//! snapshot that the tree is read from, hence a part found is the one that this snapshot would give,
//! whatever was committed meanwhile. What is not found is read again, and that alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::items::ItemView;
use super::windows::WindowView;
use super::{filled, taxes};
use crate::cache::{Body, Cache, Filled, Key, Namespace, Tag};
use crate::error::{Fault, Result};
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{ItemId, StationId};
use crate::menu::model::{Category, Head, Item, Outline, SoldOf, Subject, Times};
use crate::menu::ops;
use crate::store;
use crate::web::{House, Read, Ready, Warming, right};

/// What every terminal asks for again and again.
pub fn configure_menu(cfg: &mut ServiceConfig<'_>) {
    cfg.service(menu);
}

pub const MENU: Ready<right::SeeMenu> = Ready::new("/api/v1/menu", Namespace::Menu, &[Tag::Menu]);

#[derive(Debug, Serialize, ToSchema)]
struct MenuView {
    categories: Vec<FullCategoryView>,
    tax_classes: Vec<taxes::TaxClassView>,
    /// Another one after every edit of what stands here but `available`, and whenever the clock changes a price or
    /// what is sold; to be compared for equality alone.
    version: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct FullCategoryView {
    id: i64,
    name: String,
    position: i64,
    station_id: Option<i64>,
    /// When what stands in it is sold; absent where that is always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sold: Vec<WindowView>,
    #[schema(value_type = Vec<ItemView>)]
    items: Vec<Rendered>,
}

impl FullCategoryView {
    fn of(it: Category, times: &Times, items: Vec<Rendered>) -> Self {
        let sold = WindowView::all(&times.sold_of(SoldOf::Category(it.id)));
        let station_id = it.station.map(StationId::get);
        Self { id: it.id.get(), name: it.name, position: it.position, station_id, sold, items }
    }
}

/// An item's JSON, as it was made once.
#[derive(Debug)]
struct Rendered(Arc<Body>);

impl Serialize for Rendered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_slice(&self.0.json).map_err(ser::Error::custom)?;
        json.serialize(serializer)
    }
}

/// The whole tree a terminal needs.
#[utoipa::path(tag = "menu", responses((status = 200, body = MenuView), (status = 304)))]
#[get("/api/v1/menu")]
async fn menu(read: Read<right::SeeMenu>) -> Result<HttpResponse> {
    let (clock, cache) = (Arc::clone(&read.house.clock), read.house.cache.clone());
    read.ready(&MENU, move |db| fill(db, clock.now(), &cache)).await
}

/// A terminal that wakes up asks for nothing else first.
pub fn warm(house: Data<House>) -> Warming {
    Box::pin(async move {
        let (now, cache) = (house.clock.now(), house.cache.clone());
        Ok(house.ready(&MENU, move |db| fill(db, now, &cache)).await?.1)
    })
}

/// The whole menu as the cache keeps it: ends with the first thing that comes back by itself.
pub(in crate::menu) fn fill(db: &impl store::Read, now: UtcMs, cache: &Cache) -> Result<Filled> {
    let mark = cache.mark();
    let outline = ops::outline(db, now)?;
    let zone = journal::ops::calendar(db)?.zone.clone();
    let key = |head: &Head| key(head, &outline);
    let mut parts: HashMap<ItemId, Arc<Body>> = HashMap::new();
    let mut lacking: HashMap<ItemId, &Head> = HashMap::new();
    let mut asked = Vec::new();
    for head in outline.categories.iter().flat_map(|(_, heads)| heads) {
        match cache.get(&key(head)) {
            Some(part) => drop(parts.insert(head.id, part)),
            None => {
                lacking.insert(head.id, head);
                asked.push(head);
            }
        }
    }
    let began = Instant::now();
    let items = ops::items_of(db, &asked, &outline.times, now)?;
    // Read together, so each has its share of the time.
    let took = began.elapsed() / u32::try_from(items.len().max(1)).unwrap_or(1);
    for item in items {
        let id = item.id;
        let Some(head) = lacking.get(&id) else { continue };
        let part = Body::part(render(item, &zone)?);
        parts.insert(id, cache.keep(&key(head), &[Tag::Item(id.get())], mark, part, took));
    }
    join(outline, parts)
}

/// `items:17:edited=42:out=option3,variant9`; where the menu goes by the clock, with what of it holds and until
/// when, so that each time it changes all is made once more.
fn key(head: &Head, outline: &Outline) -> Key {
    let word = |subject: &Subject| format!("{}{}", subject.kind(), subject.id());
    let out = (!head.out.is_empty()).then(|| head.out.iter().map(word).collect::<Vec<_>>().join(","));
    let clock = (!outline.times.is_empty()).then(|| {
        let until = outline.times_until.map_or(0, UtcMs::get);
        format!("{}.{until}", outline.times_open)
    });
    Key::of(Namespace::Items).part(head.id).set("edited", Some(head.edited)).set("out", out).set("clock", clock).key()
}

fn render(item: Item, zone: &Zone) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(&ItemView::shown(item, Some(zone)));
    Ok(json.map_err(|e| Fault::from_source("an item does not serialise", e))?)
}

fn join(outline: Outline, mut parts: HashMap<ItemId, Arc<Body>>) -> Result<Filled> {
    let Outline { categories, tax_classes, version, until, times, .. } = outline;
    let mut category = |(category, heads): (Category, Vec<Head>)| -> Result<FullCategoryView> {
        let part = |head: Head| {
            let part = parts.remove(&head.id).map(Rendered);
            part.ok_or_else(|| Fault::new(format!("item {} was not read", head.id)))
        };
        let items = heads.into_iter().map(part).collect::<Result<_, _>>()?;
        Ok(FullCategoryView::of(category, &times, items))
    };
    let view = MenuView {
        categories: categories.into_iter().map(&mut category).collect::<Result<_>>()?,
        tax_classes: tax_classes.into_iter().map(taxes::TaxClassView::of).collect(),
        version,
    };
    let filled = filled(&view, until)?;
    // Where nothing goes by the clock, a clock that is set moves nothing.
    let more_tags = if times.is_empty() { Vec::new() } else { vec![Tag::Calendar] };
    Ok(Filled { more_tags, ..filled })
}

/// The same from [`ops::menu`], which keeps nothing: what [`fill`] is held against.
#[cfg(test)]
pub(in crate::menu) fn whole(db: &impl store::Read, now: UtcMs) -> Result<Filled> {
    let tree = ops::menu(db, now)?;
    let (zone, times) = (journal::ops::calendar(db)?.zone.clone(), std::rc::Rc::clone(&tree.times));
    let rendered = |item| Ok(Rendered(Arc::new(Body::part(render(item, &zone)?))));
    let category = |(category, items): (Category, Vec<Item>)| -> Result<FullCategoryView> {
        let items = items.into_iter().map(rendered).collect::<Result<_>>()?;
        Ok(FullCategoryView::of(category, &times, items))
    };
    let view = MenuView {
        categories: tree.categories.into_iter().map(category).collect::<Result<_>>()?,
        tax_classes: tree.tax_classes.into_iter().map(taxes::TaxClassView::of).collect(),
        version: tree.version,
    };
    filled(&view, tree.until)
}
