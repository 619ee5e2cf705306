//! `/price-times`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::windows::Said;
use super::{distinct, found, stamp, too_many};
use crate::error::{Faults, Result};
use crate::kernel::ids::{CategoryId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;
use crate::menu::model::{self, PRICES_MAX, PriceTime, Prices, hh_mm};
use crate::menu::ops;
use crate::web::body::{Tried, of_json, present};
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(one).service(change).service(remove);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPriceTimeBody {
    name: String,
    /// `mon` … `sun` on which it begins; every day unless told.
    weekdays: Option<Vec<String>>,
    /// `17:00`, by the clock on the wall.
    from: String,
    /// `19:00`; `24:00` is midnight, and below `from` it is on the day after.
    to: String,
    /// `dine_in` or `takeaway`; either way unless told.
    service: Option<String>,
    /// The first and the last date on which it begins.
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// Of each of these its own price; or else `category_ids` and `percent`.
    prices: Option<Vec<TimePrice>>,
    category_ids: Option<Vec<i64>>,
    /// Off the price of all that stands in them, rounded to the minor unit, halves up.
    percent: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TimePrice {
    variant_id: i64,
    price: i64,
}

/// What it leaves out stays; `prices`, or `category_ids` with `percent`, replace what was there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriceTimePatch {
    name: Option<String>,
    weekdays: Option<Vec<String>>,
    from: Option<String>,
    to: Option<String>,
    #[serde(default, deserialize_with = "present")]
    service: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    valid_from: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    valid_to: Option<Option<String>>,
    prices: Option<Vec<TimePrice>>,
    category_ids: Option<Vec<i64>>,
    percent: Option<String>,
}

impl NewPriceTimeBody {
    fn parse(&self) -> Result<PriceTime> {
        let mut faults = Faults::new();
        let name = faults.take("/name", model::name(&self.name));
        let said = Said {
            weekdays: self.weekdays.as_deref(),
            from: &self.from,
            to: &self.to,
            valid_from: self.valid_from.as_deref(),
            valid_to: self.valid_to.as_deref(),
        };
        let window = said.parse(&mut faults, "");
        let service = faults.take("/service", self.service.as_deref().map(Service::parse).transpose());
        let what = what(&mut faults, self.prices.as_deref(), self.category_ids.as_deref(), self.percent.as_deref());
        let whole = name.zip(window).zip(service).zip(what);
        faults.with(whole.map(|(((name, window), service), what)| PriceTime { id: 0, name, window, service, what }))
    }

    /// What a price time says, so that a change is read as the whole it makes.
    fn of(it: PriceTime) -> Self {
        let view = PriceTimeView::of(it);
        Self {
            name: view.name,
            weekdays: Some(view.weekdays.into_iter().map(str::to_owned).collect()),
            from: view.from,
            to: view.to,
            service: view.service.map(str::to_owned),
            valid_from: view.valid_from,
            valid_to: view.valid_to,
            prices: view.prices,
            category_ids: view.category_ids,
            percent: view.percent,
        }
    }
}

impl PriceTimePatch {
    fn onto(self, was: PriceTime) -> Result<PriceTime> {
        let id = was.id;
        let mut is = NewPriceTimeBody::of(was);
        is.name = self.name.unwrap_or(is.name);
        is.weekdays = self.weekdays.or(is.weekdays);
        is.from = self.from.unwrap_or(is.from);
        is.to = self.to.unwrap_or(is.to);
        is.service = self.service.unwrap_or(is.service);
        is.valid_from = self.valid_from.unwrap_or(is.valid_from);
        is.valid_to = self.valid_to.unwrap_or(is.valid_to);
        if self.prices.is_some() {
            (is.prices, is.category_ids, is.percent) = (self.prices, self.category_ids, self.percent);
        } else if self.category_ids.is_some() || self.percent.is_some() {
            is.prices = None;
            is.category_ids = self.category_ids.or(is.category_ids);
            is.percent = self.percent.or(is.percent);
        }
        Ok(PriceTime { id, ..is.parse()? })
    }
}

fn what(
    faults: &mut Faults,
    prices: Option<&[TimePrice]>,
    categories: Option<&[i64]>,
    percent: Option<&str>,
) -> Option<Prices> {
    match (prices, categories, percent) {
        (Some(prices), None, None) => {
            count(faults, "/prices", prices.len());
            let ids: Vec<i64> = prices.iter().map(|said| said.variant_id).collect();
            distinct(faults, |i| format!("/prices/{i}/variant_id"), &ids);
            let mut of = Vec::with_capacity(prices.len());
            for (at, said) in prices.iter().enumerate() {
                let price = faults.take(format!("/prices/{at}/price"), model::price(said.price));
                of.extend(price.map(|price| (VariantId::new(said.variant_id), price)));
            }
            Some(Prices::Of(of))
        }
        (None, Some(ids), Some(percent)) => {
            count(faults, "/category_ids", ids.len());
            distinct(faults, |i| format!("/category_ids/{i}"), ids);
            let parsed = Rate::parse_share(percent).and_then(|percent| match percent.is_zero() {
                true => Err(Invalid::range("a percentage is above 0")),
                false => Ok(percent),
            });
            let percent = faults.take("/percent", parsed)?;
            Some(Prices::Off { categories: ids.iter().copied().map(CategoryId::new).collect(), percent })
        }
        (None, Some(_), None) => missing(faults, "/percent"),
        (None, None, Some(_)) => missing(faults, "/category_ids"),
        _ => {
            let why = "say prices, or category_ids and percent";
            faults.push("/prices", Invalid::new("conflict", why));
            None
        }
    }
}

fn missing(faults: &mut Faults, pointer: &str) -> Option<Prices> {
    faults.push(pointer, Invalid::new("required", "category_ids and percent go together"));
    None
}

fn count(faults: &mut Faults, pointer: &str, count: usize) {
    too_many(faults, pointer, count, PRICES_MAX);
    if count == 0 {
        faults.push(pointer, Invalid::new("empty", "name at least one"));
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct PriceTimeView {
    id: i64,
    name: String,
    weekdays: Vec<&'static str>,
    from: String,
    to: String,
    service: Option<&'static str>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// Null where it is a percentage off some categories.
    prices: Option<Vec<TimePrice>>,
    category_ids: Option<Vec<i64>>,
    percent: Option<String>,
}

impl PriceTimeView {
    fn of(it: PriceTime) -> Self {
        let price = |(variant, price): (VariantId, crate::kernel::money::Money)| TimePrice {
            variant_id: variant.get(),
            price: price.minor(),
        };
        let (prices, category_ids, percent) = match it.what {
            Prices::Of(prices) => (Some(prices.into_iter().map(price).collect()), None, None),
            Prices::Off { categories, percent } => {
                (None, Some(categories.into_iter().map(CategoryId::get).collect()), Some(percent.to_string()))
            }
        };
        Self {
            id: it.id,
            name: it.name,
            weekdays: it.window.weekday_words(),
            from: hh_mm(it.window.from_min()),
            to: hh_mm(it.window.to_min()),
            service: it.service.map(Service::as_str),
            valid_from: it.window.valid_from.map(|date| date.to_string()),
            valid_to: it.window.valid_to.map(|date| date.to_string()),
            prices,
            category_ids,
            percent,
        }
    }
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [PriceTimeView])))]
#[get("/api/v1/price-times")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        list::short(ops::price_times(db)?.into_iter().map(PriceTimeView::of).collect(), request, &address)
    })
    .await
}

/// Lines added while it holds cost what it says, whatever the clock shows when they are paid.
#[utoipa::path(tag = "menu", request_body = NewPriceTimeBody, responses((status = 201, body = PriceTimeView)))]
#[post("/api/v1/price-times")]
async fn add(write: Write<right::EditMenu, NewPriceTimeBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let made = ops::add_price_time(tx, &stamp(tx, clock.as_ref(), by)?, new)?;
            Ok(Reply::created(&PriceTimeView::of(made))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = PriceTimeView)))]
#[get("/api/v1/price-times/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = list::id(*id)?;
    read.reply(move |db| {
        let time = found(ops::price_time(db, id)?, "price time", id)?;
        Ok(Reply::ok(&PriceTimeView::of(time))?.hashed())
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = PriceTimePatch, responses((status = 200, body = PriceTimeView)))]
#[patch("/api/v1/price-times/{id}")]
async fn change(write: Write<right::EditMenu, PriceTimePatch>, id: Path<i64>) -> Result<HttpResponse> {
    let (id, patch) = (list::id(*id)?, write.body);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let is = patch.onto(ops::known_price_time(tx, id)?)?;
            let is = ops::change_price_time(tx, &stamp(tx, clock.as_ref(), by)?, is)?;
            Ok(Reply::ok(&PriceTimeView::of(is))?.hashed())
        })
        .await
}

/// Archives it.
#[utoipa::path(tag = "menu", responses((status = 204)))]
#[delete("/api/v1/price-times/{id}")]
async fn remove(write: Write<right::EditMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = list::id(*id)?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_price_time(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[|bytes| of_json::<NewPriceTimeBody>(bytes).and_then(|body| body.parse()).is_ok()];
