//! What the journal keeps of an edit: enough to say who moved which price, and no more.

use serde_json::{Value, json};

use crate::menu::model::{Category, Group, Item, NewRate, Stock, Subject, TaxClass};

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

pub(super) fn category(edit: Edit, it: &Category) -> Value {
    let station = it.station.map(|id| id.get());
    json!({"id": it.id.get(), "of": "category", "edit": edit.word(), "name": it.name, "station_id": station})
}

pub(super) fn item(edit: Edit, it: &Item) -> Value {
    let price = |v: &crate::menu::model::Variant| v.price.map(|price| price.minor());
    let variants: Vec<Value> =
        it.variants.iter().map(|v| json!({"id": v.id.get(), "name": v.name, "price": price(v)})).collect();
    json!({
        "id": it.id.get(), "of": "item", "edit": edit.word(), "name": it.name, "category_id": it.category.get(),
        "tax_class": it.tax_class.get(), "variants": variants,
    })
}

pub(super) fn group(edit: Edit, it: &Group) -> Value {
    let options: Vec<Value> =
        it.options.iter().map(|o| json!({"id": o.id.get(), "name": o.name, "price": o.price.minor()})).collect();
    json!({
        "id": it.id.get(), "of": "modifier_group", "edit": edit.word(), "name": it.name, "min": it.min, "max": it.max,
        "options": options,
    })
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
