//! A menu: rows of variants, gathered to items.

use std::collections::HashMap;

use serde_json::json;

use super::jobs::{self, Counts, Work, Wrote};
use super::sheet::{Field, Row, Sheet};
use super::{Import, Target};
use crate::error::{Faults, Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::TaxClassId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::menu::model::{
    self, CountsAs, Item, ItemChange, NewItem, NewVariant, SoldBy, VARIANTS_MAX, Variant, VariantChange,
};
use crate::menu::ops;
use crate::settings;
use crate::store::{Read, Tx};

const fn field(name: &'static str, needed: bool) -> Field {
    Field { name, needed }
}

const FIELDS: [Field; 7] = [
    field("sku", false),
    field("item", true),
    field("variant", false),
    field("category", false),
    field("price", true),
    field("description", false),
    field("tax_class", false),
];
const SKU: usize = 0;
const ITEM: usize = 1;
const VARIANT: usize = 2;
const CATEGORY: usize = 3;
const PRICE: usize = 4;
const DESCRIPTION: usize = 5;
const TAX_CLASS: usize = 6;

/// Where a file names no variant or no category.
const VARIANT_NAME: &str = "Regular";
const CATEGORY_NAME: &str = "Menu";

/// What an import came to, in items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub rows: u64,
    pub items: u64,
    pub added: u64,
    pub changed: u64,
    pub same: u64,
}

/// Imports the items of a file. A row is a variant: that of its SKU, else that of its item's and its
/// own name. What the file says of it is so afterwards; what the file does not mention stays.
///
/// # Errors
/// Every wrong value of the file, before anything is written.
pub fn import(import: &Import, mut to: Target<'_>) -> Result<Summary> {
    let sheet = Sheet::open(&import.file, &FIELDS, &import.map)?;
    let now = to.clock.now();
    let known = to.store.read_blocking(|db| Known::of(db, now))?;
    let mut reading = Reading { known: &known, items: Vec::new(), places: HashMap::new(), skus: HashMap::new() };
    let mut faults = Faults::new();
    let rows = sheet.each(&mut faults, |row, faults| reading.take(row, faults))?;
    let items = reading.items;
    known.check_whose(&items, &mut faults);
    faults.finish()?;
    let length = items.len() as u64;
    let counts = if import.dry_run {
        let mut counts = Counts::default();
        items.iter().for_each(|item| counts.count(known.wrote(item)));
        counts
    } else {
        let work = Menu { clock: std::sync::Arc::clone(&to.clock) };
        let counts = jobs::run(&mut to, work, items)?;
        record(&to, &sheet.name, rows, counts)?;
        counts
    };
    Ok(Summary { rows, items: length, added: counts.added, changed: counts.changed, same: counts.same })
}

/// Reads a file without a house, and how many items it has: for whoever tries files, see `crate::fuzz`.
#[doc(hidden)]
pub fn tried(bytes: &[u8]) -> Result<usize> {
    let classes = HashMap::from([("Food".to_owned(), TaxClassId::new(1))]);
    let known = Known {
        items: Vec::new(),
        by_sku: HashMap::new(),
        by_name: HashMap::new(),
        categories: HashMap::new(),
        classes,
        decimals: 2,
    };
    let sheet = Sheet::of(String::new(), bytes.to_vec(), &FIELDS, &[])?;
    let mut reading = Reading { known: &known, items: Vec::new(), places: HashMap::new(), skus: HashMap::new() };
    let mut faults = Faults::new();
    sheet.each(&mut faults, |row, faults| reading.take(row, faults))?;
    known.check_whose(&reading.items, &mut faults);
    faults.finish()?;
    let mut counts = Counts::default();
    reading.items.iter().for_each(|item| counts.count(known.wrote(item)));
    Ok(reading.items.len())
}

fn record(to: &Target<'_>, source: &str, rows: u64, counts: Counts) -> Result<()> {
    if counts.added + counts.changed == 0 {
        return Ok(());
    }
    let told = json!({"source": source, "rows": rows, "added": counts.added, "changed": counts.changed});
    let clock = std::sync::Arc::clone(&to.clock);
    to.store.write_blocking(move |tx| {
        let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
        journal::ops::append(tx, &stamp, Kind::MenuImported, 1, ops::version(tx)?, &told).map(drop)
    })
}

/// An item as the file has it.
#[derive(Debug, Clone)]
struct Wanted {
    line: u64,
    name: String,
    category: Option<String>,
    description: Option<String>,
    tax_class: Option<TaxClassId>,
    variants: Vec<WantedVariant>,
}

#[derive(Debug, Clone)]
struct WantedVariant {
    line: u64,
    name: Option<String>,
    sku: Option<String>,
    price: Money,
}

impl WantedVariant {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(VARIANT_NAME)
    }

    fn is(&self, variant: &Variant) -> bool {
        match (&self.sku, &variant.sku) {
            (Some(sku), Some(own)) => sku == own,
            _ => variant.name == self.name(),
        }
    }
}

/// The menu as it stands.
struct Known {
    items: Vec<Item>,
    by_sku: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    categories: HashMap<String, model::Category>,
    classes: HashMap<String, TaxClassId>,
    decimals: u32,
}

impl Known {
    fn of(db: &impl Read, now: UtcMs) -> Result<Self> {
        if !settings::ops::exists(db)? {
            let why = "There is no restaurant in this file. Make one with comanda init.";
            return Err(Refusal::NotFound.because(why).into());
        }
        let items = ops::items(db, now)?;
        let (mut by_sku, mut by_name) = (HashMap::new(), HashMap::new());
        for (place, item) in items.iter().enumerate() {
            by_name.entry(item.name.clone()).or_insert(place);
            by_sku.extend(item.variants.iter().filter_map(|v| Some((v.sku.clone()?, place))));
        }
        let categories = ops::categories(db)?.into_iter().rev().map(|c| (c.name.clone(), c)).collect();
        let classes = ops::tax_classes(db)?.into_iter().rev().map(|class| (class.name, class.id)).collect();
        let decimals = settings::ops::current(db)?.currency.decimals();
        Ok(Self { items, by_sku, by_name, categories, classes, decimals })
    }

    /// The item on the menu that the file means: of one of its SKUs, else of its name.
    fn place_of(&self, wanted: &Wanted) -> Option<usize> {
        let by_sku = wanted.variants.iter().find_map(|v| self.by_sku.get(v.sku.as_ref()?));
        by_sku.or_else(|| self.by_name.get(&wanted.name)).copied()
    }

    /// No two items of the file are one of the menu, and no item of the file two.
    fn check_whose(&self, items: &[Wanted], faults: &mut Faults) {
        let mut taken: HashMap<usize, &Wanted> = HashMap::new();
        for wanted in items {
            let Some(place) = self.place_of(wanted) else { continue };
            let is = &self.items[place].name;
            if let Some(other) = taken.insert(place, wanted) {
                let detail =
                    format!("{} and {} of line {} are both {is} on the menu", wanted.name, other.name, other.line);
                faults.push(format!("line {}", wanted.line), Invalid::new("conflict", detail));
            }
            for variant in &wanted.variants {
                let other = variant.sku.as_ref().and_then(|sku| self.by_sku.get(sku)).filter(|other| **other != place);
                if let Some(other) = other {
                    let detail =
                        format!("this SKU is {} on the menu, others of this item are {is}", self.items[*other].name);
                    faults.push(format!("line {}", variant.line), Invalid::new("conflict", detail));
                }
            }
        }
    }

    fn wrote(&self, wanted: &Wanted) -> Wrote {
        match self.place_of(wanted) {
            None => Wrote::Added,
            Some(place) if self.change(&self.items[place], wanted).is_none() => Wrote::Same,
            Some(_) => Wrote::Changed,
        }
    }

    /// What is to change of an item for the file to be right; its category apart, which may be new.
    fn change(&self, item: &Item, wanted: &Wanted) -> Option<ItemChange> {
        let differs = |is: &str, wanted: &Option<String>| wanted.clone().filter(|wanted| wanted != is);
        let variants = variants(item, wanted);
        let change = ItemChange {
            name: differs(&item.name, &Some(wanted.name.clone())),
            description: differs(&item.description, &wanted.description),
            tax_class: wanted.tax_class.filter(|class| *class != item.tax_class),
            variants,
            ..ItemChange::default()
        };
        let moves = self.moves(item, wanted);
        (moves || change != ItemChange::default()).then_some(change)
    }

    fn moves(&self, item: &Item, wanted: &Wanted) -> bool {
        let name = wanted.category.as_ref();
        name.is_some_and(|name| self.categories.get(name).is_none_or(|category| category.id != item.category))
    }
}

/// The item's variants as they are to be; `None` where they are so already.
fn variants(item: &Item, wanted: &Wanted) -> Option<Vec<VariantChange>> {
    let mut changed = false;
    let mut list = Vec::with_capacity(item.variants.len() + wanted.variants.len());
    for is in &item.variants {
        let meant = wanted.variants.iter().find(|v| v.is(is));
        let name = meant.and_then(|v| v.name.clone()).filter(|name| *name != is.name);
        let sku = meant.and_then(|v| v.sku.clone()).filter(|sku| is.sku.as_ref() != Some(sku)).map(Some);
        let price = meant.map(|v| Some(v.price)).filter(|price| *price != is.price);
        changed |= name.is_some() || sku.is_some() || price.is_some();
        list.push(VariantChange::Keep { id: is.id, name, sku, price, sold_by: None });
    }
    let new = wanted.variants.iter().filter(|v| !item.variants.iter().any(|is| v.is(is)));
    for variant in new {
        changed = true;
        list.push(VariantChange::Add(new_variant(variant)));
    }
    changed.then_some(list)
}

fn new_variant(wanted: &WantedVariant) -> NewVariant {
    NewVariant {
        name: wanted.name().to_owned(),
        sku: wanted.sku.clone(),
        price: Some(wanted.price),
        sold_by: SoldBy::Each,
    }
}

struct Reading<'a> {
    known: &'a Known,
    items: Vec<Wanted>,
    /// By name.
    places: HashMap<String, usize>,
    /// The line of each SKU.
    skus: HashMap<String, u64>,
}

impl Reading<'_> {
    fn take(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let name = faults.take(row.at(ITEM), model::name(row.get(ITEM)));
        let category = optional(row, CATEGORY, faults);
        let tax_class = self.tax_class(row, faults);
        let description = faults.take(row.at(DESCRIPTION), model::description(row.get(DESCRIPTION)));
        let variant = self.variant(row, faults);
        let (Some(name), Some(description), Some(variant)) = (name, description, variant) else { return };
        let description = Some(description).filter(|text| !text.is_empty());
        let place = *self.places.entry(name).or_insert_with_key(|name| {
            let (name, line) = (name.clone(), row.line);
            self.items.push(Wanted {
                line,
                name,
                category: None,
                description: None,
                tax_class: None,
                variants: Vec::new(),
            });
            self.items.len() - 1
        });
        let item = &mut self.items[place];
        agree(&mut item.category, category, row.at(CATEGORY), item.line, faults);
        agree(&mut item.tax_class, tax_class, row.at(TAX_CLASS), item.line, faults);
        // Sizes of one dish are at times described apart; a dish has one description here.
        item.description = item.description.take().or(description);
        if let Some(twin) = item.variants.iter().find(|twin| twin.name() == variant.name()) {
            let detail = format!("{} {} is on line {} already", item.name, variant.name(), twin.line);
            faults.push(row.at(VARIANT), Invalid::new("duplicate", detail));
        }
        if item.variants.len() == VARIANTS_MAX {
            faults.push(row.at(ITEM), Invalid::range(format!("an item has at most {VARIANTS_MAX} variants")));
        }
        item.variants.push(variant);
    }

    fn variant(&mut self, row: &Row<'_>, faults: &mut Faults) -> Option<WantedVariant> {
        let name = optional(row, VARIANT, faults);
        let sku = faults.take(row.at(SKU), model::sku(row.get(SKU)));
        if let Some(Some(sku)) = &sku
            && let Some(line) = self.skus.insert(sku.clone(), row.line)
        {
            faults.push(row.at(SKU), Invalid::new("duplicate", format!("the SKU {sku} is on line {line} already")));
        }
        let price = Money::parse_decimal(row.get(PRICE), self.known.decimals);
        let price = faults.take(row.at(PRICE), price.and_then(|price| model::price(price.minor())));
        Some(WantedVariant { line: row.line, name, sku: sku?, price: price? })
    }

    fn tax_class(&self, row: &Row<'_>, faults: &mut Faults) -> Option<TaxClassId> {
        let name = optional(row, TAX_CLASS, faults)?;
        let found = self.known.classes.get(&name).copied();
        // Making one without rates would sell untaxed what bears tax.
        let unknown =
            || Invalid::new("unknown", format!("there is no tax class {name}; make it first, with its rates"));
        faults.take(row.at(TAX_CLASS), found.ok_or_else(unknown))
    }
}

fn optional(row: &Row<'_>, field: usize, faults: &mut Faults) -> Option<String> {
    let text = row.get(field);
    if text.is_empty() { None } else { faults.take(row.at(field), model::name(text)) }
}

/// Rows of one item say the same of it, or nothing.
fn agree<T: PartialEq>(is: &mut Option<T>, said: Option<T>, at: String, line: u64, faults: &mut Faults) {
    match (&*is, said) {
        (_, None) => {}
        (None, said) => *is = said,
        (Some(is), Some(said)) if *is == said => {}
        (Some(_), Some(_)) => {
            faults.push(at, Invalid::new("conflict", format!("line {line} says otherwise of the same item")));
        }
    }
}

struct Menu {
    clock: std::sync::Arc<dyn Clock>,
}

impl Work for Menu {
    type Unit = Wanted;
    type State = (Known, Stamp);

    fn begin(&self, tx: &Tx<'_>) -> Result<(Known, Stamp)> {
        let stamp = journal::ops::stamp(tx, self.clock.as_ref(), None, None)?;
        // Anew each time: the job before changed it, and so may somebody at the office have.
        Ok((Known::of(tx, stamp.at)?, stamp))
    }

    fn write(&self, tx: &Tx<'_>, (known, stamp): &mut (Known, Stamp), wanted: &Wanted) -> Result<Wrote> {
        let Some(place) = known.place_of(wanted) else {
            add(tx, stamp, wanted)?;
            return Ok(Wrote::Added);
        };
        let item = &known.items[place];
        let Some(mut change) = known.change(item, wanted) else { return Ok(Wrote::Same) };
        if let Some(name) = wanted.category.as_ref().filter(|_| known.moves(item, wanted)) {
            change.category = Some(ops::category_named(tx, stamp, name)?);
        }
        ops::change_item(tx, stamp, item.id, change)?;
        Ok(Wrote::Changed)
    }
}

fn add(tx: &Tx<'_>, stamp: &Stamp, wanted: &Wanted) -> Result<()> {
    let category = ops::category_named(tx, stamp, wanted.category.as_deref().unwrap_or(CATEGORY_NAME))?;
    let tax_class = match wanted.tax_class {
        Some(class) => class,
        None => ops::no_tax_class(tx, stamp)?,
    };
    let new = NewItem {
        name: wanted.name.clone(),
        description: wanted.description.clone().unwrap_or_default(),
        category,
        tax_class,
        station: None,
        allergens: Vec::new(),
        discountable: true,
        counts_as: CountsAs::Sale,
        position: None,
        variants: wanted.variants.iter().map(new_variant).collect(),
        groups: Vec::new(),
        parts: Vec::new(),
        sold: Vec::new(),
    };
    ops::put_item(tx, stamp, &new).map(drop)
}
