//! `/modifier-groups`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{allergens, distinct, found, stamp, too_many};
use crate::error::{Faults, Result};
use crate::kernel::ids::{GroupId, OptionId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{
    self, Choice, GROUPS_MAX, Group, GroupChange, NewGroup, NewOption, OPTIONS_MAX, OptionChange, PriceMode, choices,
    free_quantity, price,
};
use crate::menu::ops;
use crate::web::body::{Tried, of_json};
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(one).service(change).service(remove);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGroupBody {
    name: String,
    /// How many have to be chosen.
    min: i64,
    /// How many may be.
    max: i64,
    /// So many of those added to the price cost nothing, in the order in which they are chosen; none unless told.
    free_quantity: Option<i64>,
    options: Vec<NewOptionBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOptionBody {
    name: String,
    /// Minor units; what it does to the dish's price `price_mode` says.
    price: i64,
    /// `added`, which it is unless told, `included`, which costs nothing, or `replaces` the price of the dish.
    price_mode: Option<String>,
    allergens: Option<Vec<String>>,
    /// The groups it opens when it is chosen.
    modifier_groups: Option<Vec<i64>>,
}

fn price_mode(word: Option<&str>) -> Result<Option<PriceMode>, Invalid> {
    word.map(PriceMode::parse).transpose()
}

/// The groups that an option opens.
fn opened(faults: &mut Faults, at: &str, ids: &[i64]) -> Vec<GroupId> {
    too_many(faults, at, ids.len(), GROUPS_MAX);
    distinct(faults, |i| format!("{at}/{i}"), ids);
    ids.iter().copied().map(GroupId::new).collect()
}

impl NewGroupBody {
    fn parse(&self) -> Result<NewGroup> {
        let mut faults = Faults::new();
        let name = faults.take("/name", model::name(&self.name));
        if let Err((pointer, invalid)) = choices(self.min, self.max, self.options.len()) {
            faults.push(pointer, invalid);
        }
        let free = faults.take("/free_quantity", free_quantity(self.free_quantity.unwrap_or(0)));
        too_many(&mut faults, "/options", self.options.len(), OPTIONS_MAX);
        let mut option = |(i, it): (usize, &NewOptionBody)| {
            let name = faults.take(format!("/options/{i}/name"), model::name(&it.name));
            let price = faults.take(format!("/options/{i}/price"), price(it.price));
            let words = it.allergens.as_deref().unwrap_or_default();
            let allergens = allergens(&mut faults, &format!("/options/{i}/allergens"), words);
            let mode = faults.take(format!("/options/{i}/price_mode"), price_mode(it.price_mode.as_deref()));
            let ids = it.modifier_groups.as_deref().unwrap_or_default();
            let groups = opened(&mut faults, &format!("/options/{i}/modifier_groups"), ids);
            Some(NewOption { name: name?, price: price?, mode: mode?.unwrap_or(PriceMode::Added), allergens, groups })
        };
        let options = self.options.iter().enumerate().filter_map(&mut option).collect();
        let new = name.zip(free);
        let new = new.map(|(name, free)| NewGroup { name, min: self.min, max: self.max, free_quantity: free, options });
        faults.with(new)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupPatch {
    name: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    free_quantity: Option<i64>,
    /// The whole list: an entry with an id keeps it, one without is new, who is missing is archived.
    options: Option<Vec<OptionPatch>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OptionPatch {
    id: Option<i64>,
    name: Option<String>,
    price: Option<i64>,
    price_mode: Option<String>,
    allergens: Option<Vec<String>>,
    /// The whole list of the groups it opens.
    modifier_groups: Option<Vec<i64>>,
}

impl GroupPatch {
    fn parse(&self) -> Result<GroupChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let free_quantity = self.free_quantity.and_then(|n| faults.take("/free_quantity", free_quantity(n)));
        let options = self.options.as_deref().map(|options| {
            too_many(&mut faults, "/options", options.len(), OPTIONS_MAX);
            let ids: Vec<i64> = options.iter().filter_map(|option| option.id).collect();
            distinct(&mut faults, |_| "/options".to_owned(), &ids);
            options.iter().enumerate().filter_map(|(i, option)| option.parse(&mut faults, i)).collect()
        });
        faults.finish()?;
        // Its bounds are looked at where what they are not told to be is known.
        Ok(GroupChange { name, min: self.min, max: self.max, free_quantity, options })
    }
}

impl OptionPatch {
    fn parse(&self, faults: &mut Faults, i: usize) -> Option<OptionChange> {
        let at = |field: &str| format!("/options/{i}/{field}");
        let name = self.name.as_deref().map(|name| faults.take(at("name"), model::name(name)));
        let price = self.price.map(|minor| faults.take(at("price"), price(minor)));
        let mode = faults.take(at("price_mode"), price_mode(self.price_mode.as_deref())).flatten();
        let words = self.allergens.as_deref().map(|words| allergens(faults, &at("allergens"), words));
        let groups = self.modifier_groups.as_deref().map(|ids| opened(faults, &at("modifier_groups"), ids));
        if let Some(id) = self.id {
            return Some(OptionChange::Keep {
                id: OptionId::new(id),
                name: name.flatten(),
                price: price.flatten(),
                mode,
                allergens: words,
                groups,
            });
        }
        let mut required = |field: &str, there: bool| {
            if !there {
                faults.push(at(field), Invalid::new("required", format!("a new option has a {field}")));
            }
        };
        required("name", name.is_some());
        required("price", price.is_some());
        Some(OptionChange::Add(NewOption {
            name: name.flatten()?,
            price: price.flatten()?,
            mode: mode.unwrap_or(PriceMode::Added),
            allergens: words.unwrap_or_default(),
            groups: groups.unwrap_or_default(),
        }))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModifierGroupView {
    id: i64,
    name: String,
    min: i64,
    max: i64,
    /// So many of those added to the price cost nothing, in the order in which they are chosen; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_quantity: Option<i64>,
    options: Vec<OptionView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct OptionView {
    id: i64,
    name: String,
    price: i64,
    /// `included`: it costs nothing; `replaces`: it is the price of the dish. Absent: added to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_mode: Option<&'static str>,
    allergens: Vec<String>,
    available: bool,
    /// The groups it opens when it is chosen; absent where none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    modifier_groups: Vec<ModifierGroupView>,
}

impl ModifierGroupView {
    pub(super) fn of(it: Group) -> Self {
        let free_quantity = (it.free_quantity > 0).then_some(it.free_quantity);
        let options = it.options.into_iter().map(OptionView::of).collect();
        Self { id: it.id.get(), name: it.name, min: it.min, max: it.max, free_quantity, options }
    }
}

impl OptionView {
    fn of(it: Choice) -> Self {
        Self {
            id: it.id.get(),
            name: it.name,
            price: it.price.minor(),
            price_mode: (it.mode != PriceMode::Added).then(|| it.mode.as_str()),
            allergens: it.allergens,
            available: it.available,
            modifier_groups: it.groups.into_iter().map(ModifierGroupView::of).collect(),
        }
    }
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [ModifierGroupView])))]
#[get("/api/v1/modifier-groups")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address, now) = (query.0.parse()?, Address::of(&req), read.now());
    read.reply(move |db| {
        list::short(ops::groups(db, now)?.into_iter().map(ModifierGroupView::of).collect(), request, &address)
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = NewGroupBody, responses((status = 201, body = ModifierGroupView)))]
#[post("/api/v1/modifier-groups")]
async fn add(write: Write<right::EditMenu, NewGroupBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let group = ops::add_group(tx, &stamp(tx, clock.as_ref(), by)?, &new)?;
            Ok(Reply::created(&ModifierGroupView::of(group))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = ModifierGroupView)))]
#[get("/api/v1/modifier-groups/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, now) = (list::id(*id)?, read.now());
    read.reply(move |db| {
        let group = found(ops::group(db, GroupId::new(id), now)?, "modifier group", id)?;
        Ok(Reply::ok(&ModifierGroupView::of(group))?.hashed())
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = GroupPatch, responses((status = 200, body = ModifierGroupView)))]
#[patch("/api/v1/modifier-groups/{id}")]
async fn change(write: Write<right::EditMenu, GroupPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = GroupId::new(list::id(*id)?);
    let change = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let group = ops::change_group(tx, &stamp(tx, clock.as_ref(), by)?, id, change)?;
            Ok(Reply::ok(&ModifierGroupView::of(group))?.hashed())
        })
        .await
}

/// Archives it; refused while items offer it.
#[utoipa::path(tag = "menu", responses((status = 204)))]
#[delete("/api/v1/modifier-groups/{id}")]
async fn remove(write: Write<right::EditMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = GroupId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_group(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| of_json::<NewGroupBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<GroupPatch>(bytes).and_then(|body| body.parse()).is_ok(),
];
