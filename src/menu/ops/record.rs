//! What the journal keeps of an edit: enough to say who moved which price, and no more.

use serde_json::{Value, json};

use crate::kernel::day::BusinessDate;
use crate::kernel::ids::VariantId;
use crate::kernel::money::Money;
use crate::kernel::service::Service;
use crate::menu::model::{
    Category, Choice, Group, Item, NewRate, Part, PriceTime, Prices, SoldTime, Stock, Subject, TaxClass, Window, hh_mm,
};

/// How an edit is called in a record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit {
    Added,
    Changed,
    Archived,
}

impl Edit {
    fn word(self) -> &'static str {
        match self {
            Edit::Added => "added",
            Edit::Changed => "changed",
            Edit::Archived => "archived",
        }
    }
}

pub(super) fn category(edit: Edit, it: &Category, times: &[SoldTime]) -> Value {
    let station = it.station.map(|id| id.get());
    let mut told =
        json!({"id": it.id.get(), "of": "category", "edit": edit.word(), "name": it.name, "station_id": station});
    if !times.is_empty() {
        told["sold"] = times.iter().map(sold).collect();
    }
    told
}

pub(super) fn item(edit: Edit, it: &Item) -> Value {
    let price = |v: &crate::menu::model::Variant| v.price.map(|price| price.minor());
    let variants: Vec<Value> =
        it.variants.iter().map(|v| json!({"id": v.id.get(), "name": v.name, "price": price(v)})).collect();
    let mut told = json!({
        "id": it.id.get(), "of": "item", "edit": edit.word(), "name": it.name, "category_id": it.category.get(),
        "tax_class": it.tax_class.get(), "variants": variants,
    });
    if !it.parts.is_empty() {
        told["components"] = it.parts.iter().map(part).collect();
    }
    if !it.sold.is_empty() {
        told["sold"] = it.sold.iter().map(sold).collect();
    }
    told
}

fn sold(it: &SoldTime) -> Value {
    let mut told = window(&it.window);
    if let Some(service) = it.service {
        told["service"] = service.as_str().into();
    }
    told
}

fn window(it: &Window) -> Value {
    let date = |date: Option<BusinessDate>| date.map(|date| date.to_string());
    json!({
        "weekdays": it.weekday_words(), "from": hh_mm(it.from_min()), "to": hh_mm(it.to_min()),
        "valid_from": date(it.valid_from), "valid_to": date(it.valid_to),
    })
}

pub(super) fn price_time(edit: Edit, it: &PriceTime) -> Value {
    let mut told = json!({
        "id": it.id, "of": "price_time", "edit": edit.word(), "name": it.name, "window": window(&it.window),
        "service": it.service.map(Service::as_str),
    });
    match &it.what {
        Prices::Of(prices) => {
            let price = |(v, p): &(VariantId, Money)| json!({"variant": v.get(), "price": p.minor()});
            told["prices"] = prices.iter().map(price).collect();
        }
        Prices::Off { categories, percent } => {
            told["category_ids"] = categories.iter().map(|id| id.get()).collect();
            told["percent"] = percent.to_string().into();
        }
    }
    told
}

fn part(it: &Part) -> Value {
    let dishes: Vec<Value> = it
        .dishes()
        .iter()
        .map(|dish| json!({"variant": dish.variant.get(), "supplement": dish.supplement.minor()}))
        .collect();
    json!({"share": it.share, "of": dishes})
}

pub(super) fn group(edit: Edit, it: &Group) -> Value {
    let options: Vec<Value> = it.options.iter().map(option).collect();
    json!({
        "id": it.id.get(), "of": "modifier_group", "edit": edit.word(), "name": it.name, "min": it.min, "max": it.max,
        "free": it.free_quantity, "options": options,
    })
}

fn option(o: &Choice) -> Value {
    let opens: Vec<i64> = o.groups.iter().map(|group| group.id.get()).collect();
    json!({"id": o.id.get(), "name": o.name, "price": o.price.minor(), "mode": o.mode.as_str(), "opens": opens})
}

pub(super) fn tax_class(edit: Edit, it: &TaxClass) -> Value {
    json!({
        "id": it.id.get(), "of": "tax_class", "edit": edit.word(), "name": it.name, "rates": rates(&it.rates),
        "takeaway_rates": rates(&it.takeaway_rates),
    })
}

fn rates(rates: &[NewRate]) -> Vec<Value> {
    let rate = |r: &NewRate| json!({"name": r.name, "rate": r.rate.to_string(), "included": r.included, "compound": r.compound});
    rates.iter().map(rate).collect()
}

pub(super) fn stock(subject: Subject, it: Stock) -> Value {
    let until = it.until.map(|until| until.get());
    json!({
        "id": subject.id(), "of": subject.kind(), "available": it.available, "remaining": it.remaining, "until_ms": until,
    })
}
