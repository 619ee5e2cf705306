//! `/tax-classes`.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{found, stamp, too_many};
use crate::error::{Faults, Result};
use crate::kernel::ids::TaxClassId;
use crate::kernel::invalid::Invalid;
use crate::kernel::rate::Rate;
use crate::menu::model::{self, NewRate, NewTaxClass, RATES_MAX, TaxClass, TaxClassChange};
use crate::menu::ops;
use crate::web::body::{Tried, of_json, present};
use crate::web::list::{self, Address, ListQuery};
use crate::web::{Query, Read, Reply, Write, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(all).service(add).service(one).service(change).service(remove);
}

/// One rate; they are charged in the order in which they stand.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MenuTaxRate {
    name: String,
    /// Percent, such as `"7.25"`.
    rate: String,
    /// Stands inside the price on the menu.
    included: bool,
    /// Charged on the net plus all earlier rates.
    compound: bool,
}

impl MenuTaxRate {
    fn of(rate: NewRate) -> Self {
        Self { name: rate.name, rate: rate.rate.to_string(), included: rate.included, compound: rate.compound }
    }
}

fn parse_rates(faults: &mut Faults, pointer: &str, rates: &[MenuTaxRate]) -> Vec<NewRate> {
    too_many(faults, pointer, rates.len(), RATES_MAX);
    let mut parse = |(i, it): (usize, &MenuTaxRate)| {
        let name = faults.take(format!("{pointer}/{i}/name"), model::name(&it.name));
        let rate = faults.take(format!("{pointer}/{i}/rate"), Rate::parse(&it.rate));
        Some(NewRate { name: name?, rate: rate?, included: it.included, compound: it.compound })
    };
    rates.iter().enumerate().filter_map(&mut parse).collect()
}

/// None at all would say "no tax" to one reader and "as eaten in" to the other, hence refused.
fn parse_takeaway(faults: &mut Faults, rates: Option<&[MenuTaxRate]>) -> Vec<NewRate> {
    if rates.is_some_and(<[MenuTaxRate]>::is_empty) {
        let detail = "leave it out for the same rates as eaten in; for no tax give a rate of 0";
        faults.push("/takeaway_rates", Invalid::new("empty", detail));
    }
    parse_rates(faults, "/takeaway_rates", rates.unwrap_or_default())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTaxClassBody {
    name: String,
    rates: Vec<MenuTaxRate>,
    /// The same as eaten in unless told.
    takeaway_rates: Option<Vec<MenuTaxRate>>,
}

impl NewTaxClassBody {
    fn parse(&self) -> Result<NewTaxClass> {
        let mut faults = Faults::new();
        let name = faults.take("/name", model::name(&self.name));
        let rates = parse_rates(&mut faults, "/rates", &self.rates);
        let takeaway_rates = parse_takeaway(&mut faults, self.takeaway_rates.as_deref());
        let new = name.map(|name| NewTaxClass { name, rates, takeaway_rates });
        faults.with(new)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaxClassPatch {
    name: Option<String>,
    rates: Option<Vec<MenuTaxRate>>,
    /// Null: from now on the same as eaten in.
    #[serde(default, deserialize_with = "present")]
    takeaway_rates: Option<Option<Vec<MenuTaxRate>>>,
}

impl TaxClassPatch {
    fn parse(&self) -> Result<TaxClassChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let rates = self.rates.as_deref().map(|rates| parse_rates(&mut faults, "/rates", rates));
        let takeaway_rates = self.takeaway_rates.as_ref().map(|rates| parse_takeaway(&mut faults, rates.as_deref()));
        faults.finish()?;
        Ok(TaxClassChange { name, rates, takeaway_rates })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaxClassView {
    id: i64,
    name: String,
    rates: Vec<MenuTaxRate>,
    /// Null: the same as eaten in.
    takeaway_rates: Option<Vec<MenuTaxRate>>,
}

impl TaxClassView {
    pub(super) fn of(it: TaxClass) -> Self {
        let takeaway: Vec<MenuTaxRate> = it.takeaway_rates.into_iter().map(MenuTaxRate::of).collect();
        Self {
            id: it.id.get(),
            name: it.name,
            rates: it.rates.into_iter().map(MenuTaxRate::of).collect(),
            takeaway_rates: (!takeaway.is_empty()).then_some(takeaway),
        }
    }
}

#[utoipa::path(tag = "menu", params(ListQuery), responses((status = 200, body = [TaxClassView])))]
#[get("/api/v1/tax-classes")]
async fn all(read: Read<right::SeeMenu>, req: HttpRequest, query: Query<ListQuery>) -> Result<HttpResponse> {
    let (request, address) = (query.0.parse()?, Address::of(&req));
    read.reply(move |db| {
        list::short(ops::tax_classes(db)?.into_iter().map(TaxClassView::of).collect(), request, &address)
    })
    .await
}

#[utoipa::path(tag = "menu", request_body = NewTaxClassBody, responses((status = 201, body = TaxClassView)))]
#[post("/api/v1/tax-classes")]
async fn add(write: Write<right::EditMenu, NewTaxClassBody>) -> Result<HttpResponse> {
    let new = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let class = ops::add_tax_class(tx, &stamp(tx, clock.as_ref(), by)?, new)?;
            Ok(Reply::created(&TaxClassView::of(class))?.hashed())
        })
        .await
}

#[utoipa::path(tag = "menu", responses((status = 200, body = TaxClassView)))]
#[get("/api/v1/tax-classes/{id}")]
async fn one(read: Read<right::SeeMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = list::id(*id)?;
    read.reply(move |db| {
        let class = found(ops::tax_class(db, TaxClassId::new(id))?, "tax class", id)?;
        Ok(Reply::ok(&TaxClassView::of(class))?.hashed())
    })
    .await
}

/// New rates hold for lines added from now on.
#[utoipa::path(tag = "menu", request_body = TaxClassPatch, responses((status = 200, body = TaxClassView)))]
#[patch("/api/v1/tax-classes/{id}")]
async fn change(write: Write<right::EditMenu, TaxClassPatch>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TaxClassId::new(list::id(*id)?);
    let change = write.body.parse()?;
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            let class = ops::change_tax_class(tx, &stamp(tx, clock.as_ref(), by)?, id, change)?;
            Ok(Reply::ok(&TaxClassView::of(class))?.hashed())
        })
        .await
}

/// Archives it; refused while items bear it.
#[utoipa::path(tag = "menu", responses((status = 204)))]
#[delete("/api/v1/tax-classes/{id}")]
async fn remove(write: Write<right::EditMenu>, id: Path<i64>) -> Result<HttpResponse> {
    let id = TaxClassId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            ops::remove_tax_class(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}

#[doc(hidden)]
pub(super) const TRIED: &[Tried] = &[
    |bytes| of_json::<NewTaxClassBody>(bytes).and_then(|body| body.parse()).is_ok(),
    |bytes| of_json::<TaxClassPatch>(bytes).and_then(|body| body.parse()).is_ok(),
];
