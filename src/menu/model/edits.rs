//! What an edit of the menu brings, already right. Pure.

use crate::kernel::ids::{CategoryId, GroupId, OptionId, StationId, TaxClassId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;

use super::{CountsAs, NewPart, PriceMode, SoldBy, SoldTime};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    pub name: String,
    pub description: String,
    pub category: CategoryId,
    pub tax_class: TaxClassId,
    pub station: Option<StationId>,
    pub allergens: Vec<String>,
    pub discountable: bool,
    pub counts_as: CountsAs,
    /// `None`: after the last of its category.
    pub position: Option<i64>,
    pub variants: Vec<NewVariant>,
    pub groups: Vec<GroupId>,
    /// Of a combo, what it consists of.
    pub parts: Vec<NewPart>,
    /// When it is sold; without any, always.
    pub sold: Vec<SoldTime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVariant {
    pub name: String,
    pub sku: Option<String>,
    pub price: Option<Money>,
    pub sold_by: SoldBy,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewCategory {
    pub name: String,
    /// `None`: after the last.
    pub position: Option<i64>,
    pub station: Option<StationId>,
    /// When what stands in it is sold; without any, always.
    pub sold: Vec<SoldTime>,
}

/// What is to change of a category; `None` leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryChange {
    pub name: Option<String>,
    pub position: Option<i64>,
    pub station: Option<Option<StationId>>,
    /// The whole list.
    pub sold: Option<Vec<SoldTime>>,
}

/// What is to change of an item; `None` leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub category: Option<CategoryId>,
    pub tax_class: Option<TaxClassId>,
    pub station: Option<Option<StationId>>,
    pub allergens: Option<Vec<String>>,
    pub discountable: Option<bool>,
    pub counts_as: Option<CountsAs>,
    pub position: Option<i64>,
    /// The whole list; who is missing is archived.
    pub variants: Option<Vec<VariantChange>>,
    pub groups: Option<Vec<GroupId>>,
    /// The whole list.
    pub parts: Option<Vec<NewPart>>,
    /// The whole list.
    pub sold: Option<Vec<SoldTime>>,
}

/// One entry of an item's new list of variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariantChange {
    Add(NewVariant),
    /// Keeps its identity; `None` leaves as it is.
    Keep {
        id: VariantId,
        name: Option<String>,
        sku: Option<Option<String>>,
        price: Option<Option<Money>>,
        sold_by: Option<SoldBy>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    pub name: String,
    pub min: i64,
    pub max: i64,
    /// So many of what is added to the price cost nothing.
    pub free_quantity: i64,
    pub options: Vec<NewOption>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOption {
    pub name: String,
    pub price: Money,
    pub mode: PriceMode,
    pub allergens: Vec<String>,
    /// The groups it opens.
    pub groups: Vec<GroupId>,
}

impl NewOption {
    /// One that is added to the price and opens nothing.
    pub fn plain(name: &str, price: Money) -> Self {
        Self { name: name.to_owned(), price, mode: PriceMode::Added, allergens: Vec::new(), groups: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    pub name: Option<String>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub free_quantity: Option<i64>,
    /// The whole list; who is missing is archived.
    pub options: Option<Vec<OptionChange>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionChange {
    Add(NewOption),
    Keep {
        id: OptionId,
        name: Option<String>,
        price: Option<Money>,
        mode: Option<PriceMode>,
        allergens: Option<Vec<String>>,
        /// The whole list.
        groups: Option<Vec<GroupId>>,
    },
}

/// A rate as it is told: what becomes a [`TaxRate`] of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRate {
    pub name: String,
    pub rate: Rate,
    pub included: bool,
    pub compound: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTaxClass {
    pub name: String,
    pub rates: Vec<NewRate>,
    /// Empty: the same as eaten in.
    pub takeaway_rates: Vec<NewRate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxClassChange {
    pub name: Option<String>,
    pub rates: Option<Vec<NewRate>>,
    pub takeaway_rates: Option<Vec<NewRate>>,
}
