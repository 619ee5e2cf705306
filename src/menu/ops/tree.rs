//! Reading the menu: whole, or one thing of it.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::journal;
use crate::kernel::day::{UtcMs, Zone};
use crate::kernel::ids::{CategoryId, GroupId, ItemId, OptionId, TaxClassId, VariantId};
use crate::kernel::service::Service;
use crate::menu::model::{
    Category, Choice, Group, Head, Item, LEVELS_MAX, Menu, NewRate, Outline, Part, SoldOf, Stock, Subject, TaxClass,
    Times, Variant, Wall, Wanted,
};
use crate::menu::sql;
use crate::store::Read;

/// What is not there at a moment.
struct Missing(Vec<Subject>);

impl Missing {
    fn of(stock: &[(Subject, Stock)]) -> Self {
        Self(stock.iter().filter(|(_, stock)| !stock.available).map(|(subject, _)| *subject).collect())
    }

    /// A linear search: a house where hundreds of dishes are out is closed.
    fn spares(&self, subject: Subject) -> bool {
        !self.0.contains(&subject)
    }

    fn mark_option(&self, option: Choice) -> Choice {
        Choice { available: self.spares(Subject::Option(option.id)), ..option }
    }

    /// A combo is there while all that it must have is.
    fn mark_item(&self, item: &mut Item) {
        for dish in item.parts.iter_mut().flat_map(Part::dishes_mut) {
            dish.available = self.spares(Subject::Variant(dish.variant)) && self.spares(Subject::Item(dish.item));
        }
        item.available = self.spares(Subject::Item(item.id)) && item.parts.iter().all(Part::available);
        for variant in &mut item.variants {
            variant.available = item.available && self.spares(Subject::Variant(variant.id));
        }
    }
}

/// The whole menu as it stands at `at`.
pub fn menu(db: &impl Read, at: UtcMs) -> Result<Menu> {
    let stock = super::all_stock(db, at)?;
    let (times, zone) = (super::times(db)?, zone(db)?);
    let until = stock.iter().filter_map(|(_, stock)| stock.until).chain(times.next_change(&zone, at)).min();
    let mut by_category: HashMap<CategoryId, Vec<Item>> = HashMap::new();
    let mut items = all_items(db, &Missing::of(&stock), &times)?;
    lay_now(&mut items, &times, &zone, at)?;
    for item in items {
        by_category.entry(item.category).or_default().push(item);
    }
    let with_items = |category: Category| {
        let items = by_category.remove(&category.id).unwrap_or_default();
        (category, items)
    };
    let categories = categories(db)?.into_iter().map(with_items).collect();
    let version = times.version(super::version(db)?, Wall::at(&zone, at));
    Ok(Menu { times, categories, tax_classes: tax_classes(db)?, version, until })
}

/// The menu as it stands at `at`, without its items.
pub fn outline(db: &impl Read, at: UtcMs) -> Result<Outline> {
    let stock = super::all_stock(db, at)?;
    let (times, zone) = (super::times(db)?, zone(db)?);
    let times_until = times.next_change(&zone, at);
    let until = stock.iter().filter_map(|(_, stock)| stock.until).chain(times_until).min();
    let mut out: HashMap<ItemId, Vec<Subject>> = HashMap::new();
    if stock.iter().any(|(_, stock)| !stock.available) {
        for (item, subject) in db.all(&sql::STOCK_OUT, (at,), sql::out)? {
            out.entry(item).or_default().push(subject);
        }
    }
    let mut by_category: HashMap<CategoryId, Vec<Head>> = HashMap::new();
    for (id, category, edited) in db.all(&sql::HEADS, (), sql::head)? {
        let out = out.remove(&id).unwrap_or_default();
        by_category.entry(category).or_default().push(Head { id, edited, out });
    }
    let with_heads = |category: Category| {
        let heads = by_category.remove(&category.id).unwrap_or_default();
        (category, heads)
    };
    let categories = categories(db)?.into_iter().map(with_heads).collect();
    let wall = Wall::at(&zone, at);
    let (version, times_open) = (times.version(super::version(db)?, wall), times.open(wall));
    Ok(Outline { times, times_until, times_open, categories, tax_classes: tax_classes(db)?, version, until })
}

/// Up to so many items are read each on its own; more at once, which takes five statements in all.
const ONE_BY_ONE_MAX: usize = 8;

/// The items of these heads, whole, as their outline's snapshot has them, with the prices of now.
pub fn items_of(db: &impl Read, heads: &[&Head], times: &Times, at: UtcMs) -> Result<Vec<Item>> {
    let mut items: Vec<Item> = if heads.len() <= ONE_BY_ONE_MAX {
        let one = |head: &&Head| item_but(db, head.id, &Missing(head.out.clone()), times);
        heads.iter().filter_map(|head| one(head).transpose()).collect::<Result<_>>()?
    } else {
        let wanted: HashSet<ItemId> = heads.iter().map(|head| head.id).collect();
        let all = all_items(db, &Missing::of(&super::all_stock(db, at)?), times)?;
        all.into_iter().filter(|item| wanted.contains(&item.id)).collect()
    };
    if !items.is_empty() && !times.is_empty() {
        lay_now(&mut items, times, &zone(db)?, at)?;
    }
    Ok(items)
}

fn zone(db: &impl Read) -> Result<Zone> {
    Ok(journal::ops::calendar(db)?.zone.clone())
}

/// What the clock says of items: what they cost now, whether they are sold, and until when.
fn lay_now(items: &mut [Item], times: &Times, zone: &Zone, at: UtcMs) -> Result<()> {
    if times.is_empty() {
        return Ok(());
    }
    let wall = Wall::at(zone, at);
    for item in items {
        let wanted = Wanted { item: item.id, category: item.category };
        let variants: Vec<VariantId> = item.variants.iter().map(|variant| variant.id).collect();
        let about = times.about(wanted, &variants);
        if about.is_empty() {
            continue;
        }
        let is_sold = about.is_sold(wanted, None, wall);
        let sold_until = |service: &Service| about.sold_until(wanted, *service, zone, at);
        item.until = match about.prices.is_empty() {
            true => Service::ALL.iter().filter_map(sold_until).min(),
            false => about.next_change(zone, at),
        };
        item.available &= is_sold;
        for variant in &mut item.variants {
            variant.available &= is_sold;
            let price = |service| about.price(variant.id, item.category, variant.price, service, wall);
            let now = price(Service::DineIn)?.zip(price(Service::Takeaway)?).map(|(eaten, taken)| [eaten, taken]);
            variant.now = now.filter(|now| now.iter().any(|price| Some(*price) != variant.price));
        }
    }
    Ok(())
}

pub fn categories(db: &impl Read) -> Result<Vec<Category>> {
    Ok(db.all(&sql::CATEGORIES, (), sql::category)?)
}

pub fn category(db: &impl Read, id: CategoryId) -> Result<Option<Category>> {
    Ok(db.opt(&sql::CATEGORY, (id,), sql::category)?)
}

/// Every active item, whole.
pub fn items(db: &impl Read, at: UtcMs) -> Result<Vec<Item>> {
    all_items(db, &Missing::of(&super::all_stock(db, at)?), &*super::times(db)?)
}

fn all_items(db: &impl Read, missing: &Missing, times: &Times) -> Result<Vec<Item>> {
    let mut items = db.all(&sql::ITEMS, (), sql::item)?;
    let mut variants: HashMap<ItemId, Vec<Variant>> = HashMap::new();
    for variant in db.all(&sql::VARIANTS, (), sql::variant)? {
        variants.entry(variant.item).or_default().push(variant);
    }
    let groups: HashMap<GroupId, Group> = all_groups(db, missing)?.into_iter().map(|g| (g.id, g)).collect();
    let mut parts = super::combos::all_parts(db)?;
    let mut groups_of: HashMap<ItemId, Vec<Group>> = HashMap::new();
    for (item, group) in db.all(&sql::ITEM_GROUPS, (), sql::item_group)? {
        groups_of.entry(item).or_default().extend(groups.get(&group).cloned());
    }
    for item in &mut items {
        item.variants = variants.remove(&item.id).unwrap_or_default();
        item.groups = groups_of.remove(&item.id).unwrap_or_default();
        item.parts = parts.remove(&item.id).unwrap_or_default();
        item.sold = times.sold_of(SoldOf::Item(item.id));
        missing.mark_item(item);
    }
    Ok(items)
}

/// One active item, whole.
pub fn item(db: &impl Read, id: ItemId, at: UtcMs) -> Result<Option<Item>> {
    item_but(db, id, &Missing::of(&super::all_stock(db, at)?), &*super::times(db)?)
}

/// One active item, whole but for what is missing.
fn item_but(db: &impl Read, id: ItemId, missing: &Missing, times: &Times) -> Result<Option<Item>> {
    let Some(mut item) = db.opt(&sql::ITEM, (id,), sql::item)? else { return Ok(None) };
    item.variants = db.all(&sql::VARIANTS_OF, (id,), sql::variant)?;
    let groups = db.all(&sql::GROUPS_OF, (id,), sql::group)?;
    item.groups = fill(groups, db.all(&sql::OPTIONS_OF_ITEM, (id,), sql::option)?, missing);
    nest(db, &mut item.groups, missing)?;
    item.parts = super::combos::parts(db, id)?;
    item.sold = times.sold_of(SoldOf::Item(id));
    missing.mark_item(&mut item);
    Ok(Some(item))
}

/// Every active modifier group, whole.
pub fn groups(db: &impl Read, at: UtcMs) -> Result<Vec<Group>> {
    all_groups(db, &Missing::of(&super::all_stock(db, at)?))
}

fn all_groups(db: &impl Read, missing: &Missing) -> Result<Vec<Group>> {
    let mut groups = flat_groups(db, missing)?;
    let opens = opens(db)?;
    if !opens.is_empty() {
        let flat = groups.iter().map(|group| (group.id, group.clone())).collect();
        groups.iter_mut().for_each(|group| open(group, &flat, &opens, LEVELS_MAX));
    }
    Ok(groups)
}

/// Every group with its options, and nothing of what those open.
fn flat_groups(db: &impl Read, missing: &Missing) -> Result<Vec<Group>> {
    let groups = db.all(&sql::GROUPS, (), sql::group)?;
    Ok(fill(groups, db.all(&sql::OPTIONS, (), sql::option)?, missing))
}

/// The groups that options open, in their order.
fn opens(db: &impl Read) -> Result<HashMap<OptionId, Vec<GroupId>>> {
    let mut opens: HashMap<OptionId, Vec<GroupId>> = HashMap::new();
    for (option, group) in db.all(&sql::nested::OPTION_GROUPS, (), sql::nested::option_group)? {
        opens.entry(option).or_default().push(group);
    }
    Ok(opens)
}

/// Lays what their options open on groups that were read alone. All groups are read where any does.
fn nest(db: &impl Read, groups: &mut [Group], missing: &Missing) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let opens = opens(db)?;
    if groups.iter().flat_map(|group| &group.options).any(|option| opens.contains_key(&option.id)) {
        let flat = flat_groups(db, missing)?.into_iter().map(|group| (group.id, group)).collect();
        groups.iter_mut().for_each(|group| open(group, &flat, &opens, LEVELS_MAX));
    }
    Ok(())
}

fn open(group: &mut Group, flat: &HashMap<GroupId, Group>, opens: &HashMap<OptionId, Vec<GroupId>>, levels: usize) {
    for option in group.options.iter_mut().filter(|_| levels > 1) {
        let nested = opens.get(&option.id).into_iter().flatten().filter_map(|id| flat.get(id).cloned());
        option.groups = nested.collect();
        option.groups.iter_mut().for_each(|nested| open(nested, flat, opens, levels - 1));
    }
}

/// One active modifier group, whole.
pub fn group(db: &impl Read, id: GroupId, at: UtcMs) -> Result<Option<Group>> {
    let Some(group) = db.opt(&sql::GROUP, (id,), sql::group)? else { return Ok(None) };
    let missing = Missing::of(&super::all_stock(db, at)?);
    let mut groups = fill(vec![group], db.all(&sql::OPTIONS_OF, (id,), sql::option)?, &missing);
    nest(db, &mut groups, &missing)?;
    Ok(groups.pop())
}

fn fill(mut groups: Vec<Group>, options: Vec<Choice>, missing: &Missing) -> Vec<Group> {
    let places: HashMap<GroupId, usize> = groups.iter().enumerate().map(|(i, group)| (group.id, i)).collect();
    for option in options {
        if let Some(group) = places.get(&option.group).and_then(|i| groups.get_mut(*i)) {
            group.options.push(missing.mark_option(option));
        }
    }
    groups
}

/// Every active tax class with the rates of now.
pub fn tax_classes(db: &impl Read) -> Result<Vec<TaxClass>> {
    let names = db.all(&sql::TAX_CLASSES, (), sql::tax_class)?;
    Ok(with_rates(names, db.all(&sql::RATES_CURRENT, (), sql::class_rate)?))
}

/// One active tax class with the rates of now.
pub fn tax_class(db: &impl Read, id: TaxClassId) -> Result<Option<TaxClass>> {
    let Some(name) = db.opt(&sql::TAX_CLASS, (id,), sql::tax_class)? else { return Ok(None) };
    Ok(with_rates(vec![name], db.all(&sql::RATES_OF, (id,), sql::class_rate)?).pop())
}

fn with_rates(names: Vec<(TaxClassId, String)>, rates: Vec<(TaxClassId, bool, NewRate)>) -> Vec<TaxClass> {
    let mut dine_in: HashMap<TaxClassId, Vec<NewRate>> = HashMap::new();
    let mut takeaway: HashMap<TaxClassId, Vec<NewRate>> = HashMap::new();
    for (class, is_takeaway, rate) in rates {
        let side = if is_takeaway { &mut takeaway } else { &mut dine_in };
        side.entry(class).or_default().push(rate);
    }
    let whole = |(id, name): (TaxClassId, String)| TaxClass {
        id,
        name,
        rates: dine_in.remove(&id).unwrap_or_default(),
        takeaway_rates: takeaway.remove(&id).unwrap_or_default(),
    };
    names.into_iter().map(whole).collect()
}
