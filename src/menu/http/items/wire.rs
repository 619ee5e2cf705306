//! An item's shapes on the wire, and from there to what the menu understands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::components::{self, ComponentBody, ComponentView};
use crate::error::{Faults, Result};
use crate::kernel::day::Zone;
use crate::kernel::ids::{CategoryId, GroupId, StationId, TaxClassId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::menu::http::groups::ModifierGroupView;
use crate::menu::http::windows::{self, WindowBody, WindowView};
use crate::menu::http::{allergens, distinct, too_many};
use crate::menu::model::{
    self, CountsAs, GROUPS_MAX, Item, ItemChange, NewItem, NewVariant, SoldBy, VARIANTS_MAX, Variant, VariantChange,
};
use crate::web::body::{nullable, present};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewItemBody {
    name: String,
    description: Option<String>,
    category_id: i64,
    tax_class: i64,
    /// The default one unless told.
    station_id: Option<i64>,
    /// Lower-case words, such as those of EU Regulation 1169/2011, Annex II.
    allergens: Option<Vec<String>>,
    discountable: Option<bool>,
    /// `sale`, which it is unless told; `gift_voucher` or `deposit`: paid for, untaxed and no revenue, it
    /// brings a voucher or a deposit of its price.
    counts_as: Option<String>,
    /// After the last of its category unless told.
    position: Option<i64>,
    variants: Vec<NewVariantBody>,
    modifier_groups: Option<Vec<i64>>,
    /// Makes it a combo: what it consists of, each part taxed alone at its share of the price.
    components: Option<Vec<ComponentBody>>,
    /// When it is sold; always unless told.
    sold: Option<Vec<WindowBody>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVariantBody {
    name: String,
    /// One of its kind among all that is on the menu.
    sku: Option<String>,
    /// Minor units; null is asked when it is sold.
    #[serde(deserialize_with = "nullable")]
    #[schema(required)]
    price: Option<i64>,
    /// `each`, which it is unless told, or `kg`.
    sold_by: Option<String>,
}

impl NewItemBody {
    pub(super) fn parse(&self) -> Result<NewItem> {
        let mut faults = Faults::new();
        let name = faults.take("/name", model::name(&self.name));
        let description = faults.take("/description", model::description(self.description.as_deref().unwrap_or("")));
        let allergens = allergens(&mut faults, "/allergens", self.allergens.as_deref().unwrap_or_default());
        let counts_as = faults.take("/counts_as", CountsAs::parse(self.counts_as.as_deref().unwrap_or("sale")));
        let position = self.position.and_then(|position| faults.take("/position", model::position(position)));
        variant_count(&mut faults, self.variants.len());
        let variants = self.variants.iter().enumerate().filter_map(|(i, v)| v.parse(&mut faults, i)).collect();
        let groups = groups(&mut faults, self.modifier_groups.as_deref().unwrap_or_default());
        let parts = components::parse(&mut faults, self.components.as_deref().unwrap_or_default());
        let sold = windows::parse(&mut faults, "/sold", self.sold.as_deref().unwrap_or_default());
        faults.finish()?;
        let new = |name, description, counts_as| NewItem {
            name,
            description,
            category: CategoryId::new(self.category_id),
            tax_class: TaxClassId::new(self.tax_class),
            station: self.station_id.map(StationId::new),
            allergens,
            discountable: self.discountable.unwrap_or(true),
            counts_as,
            position,
            variants,
            groups,
            parts,
            sold,
        };
        Faults::new().with(name.zip(description).zip(counts_as).map(|((n, d), c)| new(n, d, c)))
    }
}

impl NewVariantBody {
    fn parse(&self, faults: &mut Faults, i: usize) -> Option<NewVariant> {
        let at = |field: &str| format!("/variants/{i}/{field}");
        let name = faults.take(at("name"), model::name(&self.name));
        let sku = faults.take(at("sku"), model::sku(self.sku.as_deref().unwrap_or("")));
        let price = faults.take(at("price"), price(self.price));
        let sold_by = faults.take(at("sold_by"), SoldBy::parse(self.sold_by.as_deref().unwrap_or("each")));
        Some(NewVariant { name: name?, sku: sku?, price: price?, sold_by: sold_by? })
    }
}

fn price(minor: Option<i64>) -> Result<Option<Money>, Invalid> {
    minor.map(model::price).transpose()
}

fn variant_count(faults: &mut Faults, count: usize) {
    too_many(faults, "/variants", count, VARIANTS_MAX);
    if count == 0 {
        faults.push("/variants", Invalid::new("empty", "an item has at least one variant"));
    }
}

fn groups(faults: &mut Faults, ids: &[i64]) -> Vec<GroupId> {
    too_many(faults, "/modifier_groups", ids.len(), GROUPS_MAX);
    distinct(faults, |i| format!("/modifier_groups/{i}"), ids);
    ids.iter().copied().map(GroupId::new).collect()
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemPatch {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    description: Option<Option<String>>,
    category_id: Option<i64>,
    tax_class: Option<i64>,
    /// Null: the default one.
    #[serde(default, deserialize_with = "present")]
    station_id: Option<Option<i64>>,
    allergens: Option<Vec<String>>,
    discountable: Option<bool>,
    counts_as: Option<String>,
    position: Option<i64>,
    /// The whole list: an entry with an id keeps it, one without is new, who is missing is archived.
    variants: Option<Vec<VariantPatch>>,
    modifier_groups: Option<Vec<i64>>,
    /// The whole list; an empty one makes a dish of a combo.
    components: Option<Vec<ComponentBody>>,
    /// The whole list; an empty one is always.
    sold: Option<Vec<WindowBody>>,
}

/// With an id what it leaves out stays; without one it needs a name and a price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VariantPatch {
    id: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    sku: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    price: Option<Option<i64>>,
    sold_by: Option<String>,
}

impl ItemPatch {
    pub(super) fn parse(&self) -> Result<ItemChange> {
        let mut faults = Faults::new();
        let name = self.name.as_deref().and_then(|name| faults.take("/name", model::name(name)));
        let description = self
            .description
            .as_ref()
            .and_then(|text| faults.take("/description", model::description(text.as_deref().unwrap_or(""))));
        let allergens = self.allergens.as_deref().map(|words| allergens(&mut faults, "/allergens", words));
        let counts_as = self.counts_as.as_deref().and_then(|word| faults.take("/counts_as", CountsAs::parse(word)));
        let position = self.position.and_then(|position| faults.take("/position", model::position(position)));
        let variants = self.variants.as_deref().map(|variants| {
            variant_count(&mut faults, variants.len());
            let ids: Vec<i64> = variants.iter().filter_map(|variant| variant.id).collect();
            distinct(&mut faults, |_| "/variants".to_owned(), &ids);
            variants.iter().enumerate().filter_map(|(i, variant)| variant.parse(&mut faults, i)).collect()
        });
        let groups = self.modifier_groups.as_deref().map(|ids| groups(&mut faults, ids));
        let parts = self.components.as_deref().map(|list| components::parse(&mut faults, list));
        let sold = self.sold.as_deref().map(|list| windows::parse(&mut faults, "/sold", list));
        faults.finish()?;
        Ok(ItemChange {
            name,
            description,
            category: self.category_id.map(CategoryId::new),
            tax_class: self.tax_class.map(TaxClassId::new),
            station: self.station_id.map(|id| id.map(StationId::new)),
            allergens,
            discountable: self.discountable,
            counts_as,
            position,
            variants,
            groups,
            parts,
            sold,
        })
    }
}

impl VariantPatch {
    fn parse(&self, faults: &mut Faults, i: usize) -> Option<VariantChange> {
        let at = |field: &str| format!("/variants/{i}/{field}");
        let name = self.name.as_deref().map(|name| faults.take(at("name"), model::name(name)));
        let sku = self.sku.as_ref().map(|sku| faults.take(at("sku"), model::sku(sku.as_deref().unwrap_or(""))));
        let price = self.price.map(|minor| faults.take(at("price"), price(minor)));
        let sold_by = self.sold_by.as_deref().map(|word| faults.take(at("sold_by"), SoldBy::parse(word)));
        if let Some(id) = self.id {
            return Some(VariantChange::Keep {
                id: VariantId::new(id),
                name: name.flatten(),
                sku: sku.flatten(),
                price: price.flatten(),
                sold_by: sold_by.flatten(),
            });
        }
        let mut required = |field: &str, there: bool| {
            if !there {
                faults.push(at(field), Invalid::new("required", format!("a new variant has a {field}")));
            }
        };
        required("name", name.is_some());
        required("price", price.is_some());
        Some(VariantChange::Add(NewVariant {
            name: name.flatten()?,
            sku: sku.flatten().flatten(),
            price: price.flatten()?,
            sold_by: sold_by.flatten().unwrap_or_default(),
        }))
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::menu::http) struct ItemView {
    id: i64,
    category_id: i64,
    name: String,
    description: String,
    allergens: Vec<String>,
    tax_class: i64,
    /// Null: the default one.
    station_id: Option<i64>,
    discountable: bool,
    counts_as: &'static str,
    position: i64,
    available: bool,
    variants: Vec<VariantView>,
    modifier_groups: Vec<ModifierGroupView>,
    /// Of a combo, what it consists of; absent of a dish.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<ComponentView>,
    /// When it is sold; absent where that is always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sold: Vec<WindowView>,
    /// On the menu: when a price here, or whether it is sold, next changes by the clock. Absent where it does not
    /// within a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VariantView {
    id: i64,
    sku: Option<String>,
    name: String,
    /// Minor units; null is asked when it is sold. On the menu that of now, eaten in.
    price: Option<i64>,
    /// On the menu, while a price time holds: what it costs taken away, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    takeaway_price: Option<i64>,
    /// On the menu, while a price time holds: what it costs otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    regular_price: Option<i64>,
    /// `each` or `kg`.
    sold_by: &'static str,
    /// Both it and its item are.
    available: bool,
}

impl ItemView {
    pub(in crate::menu::http) fn of(it: Item) -> Self {
        Self::shown(it, None)
    }

    /// With what the clock says of it, its times in that zone.
    pub(in crate::menu::http) fn shown(it: Item, zone: Option<&Zone>) -> Self {
        Self {
            id: it.id.get(),
            category_id: it.category.get(),
            name: it.name,
            description: it.description,
            allergens: it.allergens,
            tax_class: it.tax_class.get(),
            station_id: it.station.map(StationId::get),
            discountable: it.discountable,
            counts_as: it.counts_as.as_str(),
            position: it.position,
            available: it.available,
            variants: it.variants.into_iter().map(VariantView::of).collect(),
            modifier_groups: it.groups.into_iter().map(ModifierGroupView::of).collect(),
            components: it.parts.into_iter().map(ComponentView::of).collect(),
            sold: WindowView::all(&it.sold),
            until: it.until.zip(zone).map(|(until, zone)| until.rfc3339(zone)),
        }
    }
}

impl VariantView {
    fn of(it: Variant) -> Self {
        Self {
            id: it.id.get(),
            sku: it.sku,
            name: it.name,
            price: it.now.map(|[eaten_in, _]| eaten_in).or(it.price).map(Money::minor),
            takeaway_price: it.now.filter(|[eaten, taken]| eaten != taken).map(|[_, taken]| taken.minor()),
            regular_price: it.now.and(it.price).map(Money::minor),
            sold_by: it.sold_by.as_str(),
            available: it.available,
        }
    }
}
