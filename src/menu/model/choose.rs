//! What guests choose with a dish: options of its groups, and of the groups that those open. Pure.

use super::{SellGroup, SellOption};
use crate::kernel::ids::OptionId;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::words::words;

/// Groups one inside the other, from a dish's own down.
pub const LEVELS_MAX: usize = 3;

words! {
    /// What choosing an option does to the price of a dish.
    PriceMode { Added "added", Included "included", Replaces "replaces", }
}

/// An option as it is asked for, with what is chosen in the groups it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub option: OptionId,
    /// For one of what it belongs to.
    pub quantity: i64,
    pub nested: Vec<Chosen>,
}

/// An option on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    pub option: OptionId,
    pub name: String,
    /// What one of it comes to on this line: nothing where it is included or free, and the difference to the
    /// dish's own price where it replaces that.
    pub price: Money,
    /// For one of the line.
    pub quantity: i64,
    /// 0 in a group of the dish; 1 in one that the option before it opened, and so on.
    pub depth: u8,
}

/// Where in the tree of what was asked for something stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    at: usize,
}

impl Place<'_> {
    /// `modifiers/2/modifiers`: the list it opens.
    fn list(this: Option<&Self>) -> String {
        match this {
            None => "modifiers".to_owned(),
            Some(place) => format!("{}/{}/modifiers", Self::list(place.above), place.at),
        }
    }
}

/// The options chosen with a dish, as they stand, each behind the one that opened its group.
///
/// Every group asked is held to its minimum and maximum. Of a group's options that are added to the price, as
/// many as it has free cost nothing, in the order in which they were chosen. `base` is what the dish costs
/// before its options. What is at fault is told to `fault` with a pointer into the line, and left out; an
/// `imported` line bears whatever it bore.
pub fn choose(
    dish: &str,
    groups: &[SellGroup],
    chosen: &[Chosen],
    base: Money,
    imported: bool,
    fault: &mut dyn FnMut(String, Invalid),
) -> Vec<Modifier> {
    let mut choosing = Choosing { base, imported, replaced: false, taken: Vec::with_capacity(chosen.len()), fault };
    choosing.level(dish, groups, chosen, 1, 0, None);
    choosing.taken
}

/// What each option that was chosen costs by itself, those of its own groups after it; `None` where it is not on
/// the menu there.
pub fn option_prices(groups: &[SellGroup], chosen: &[Chosen]) -> Vec<(OptionId, Option<Money>)> {
    let mut prices = Vec::with_capacity(chosen.len());
    for own in chosen {
        let option = groups.iter().flat_map(|group| &group.options).find(|option| option.id == own.option);
        prices.push((own.option, option.map(|option| option.price)));
        prices.extend(option_prices(option.map_or(&[][..], |option| &option.groups), &own.nested));
    }
    prices
}

struct Choosing<'f> {
    base: Money,
    imported: bool,
    /// Whether an option has replaced the price.
    replaced: bool,
    taken: Vec<Modifier>,
    fault: &'f mut dyn FnMut(String, Invalid),
}

impl Choosing<'_> {
    /// What is chosen in the groups of one dish, or of one option of which there are `times`.
    fn level(
        &mut self,
        of: &str,
        groups: &[SellGroup],
        chosen: &[Chosen],
        times: i64,
        depth: u8,
        above: Option<&Place<'_>>,
    ) {
        let mut all_known = true;
        for (at, one) in chosen.iter().enumerate() {
            let found = groups.iter().find_map(|group| Some((group, group.option(one.option)?)));
            let Some((group, option)) = found else {
                all_known = false;
                let pointer = format!("{}/{at}/option_id", Place::list(above));
                (self.fault)(pointer, Invalid::new("unknown", format!("{of} has no option {}.", one.option)));
                continue;
            };
            let place = Place { above, at };
            let quantity = one.quantity.saturating_mul(times);
            match option.mode {
                PriceMode::Included => self.take(option, Money::ZERO, quantity, depth),
                PriceMode::Replaces => self.replace(option, quantity, depth, &place),
                PriceMode::Added => {
                    let free = free_left(group, &chosen[..at]).saturating_mul(times).min(quantity);
                    self.take(option, Money::ZERO, free, depth);
                    self.take(option, option.price, quantity - free, depth);
                }
            }
            self.level(&option.name, &option.groups, &one.nested, quantity, depth + 1, Some(&place));
        }
        // What an unknown option was meant for nobody knows: its group is not said to lack one.
        for group in groups.iter().filter(|_| all_known && !self.imported) {
            let count = chosen.iter().filter(|c| group.option(c.option).is_some()).map(|c| c.quantity).sum::<i64>();
            if count < group.min || count > group.max {
                let (min, max) = (group.min, group.max);
                let why = format!("{of} takes {min} to {max} of {}; {count} were chosen.", group.name);
                (self.fault)(Place::list(above), Invalid::new("out_of_range", why));
            }
        }
    }

    fn take(&mut self, option: &SellOption, price: Money, quantity: i64, depth: u8) {
        if quantity > 0 {
            self.taken.push(Modifier { option: option.id, name: option.name.clone(), price, quantity, depth });
        }
    }

    /// Kept as the difference, so that a line costs its own price and what its options add, whatever they are.
    fn replace(&mut self, option: &SellOption, quantity: i64, depth: u8, place: &Place<'_>) {
        let pointer = || format!("{}/{}/option_id", Place::list(place.above), place.at);
        if self.replaced || quantity != 1 {
            let why = format!("{} sets the price, and only one option can, once.", option.name);
            (self.fault)(pointer(), Invalid::new("conflict", why));
            return;
        }
        self.replaced = true;
        match option.price.minus(self.base) {
            Ok(difference) => self.take(option, difference, 1, depth),
            Err(_) => (self.fault)(pointer(), Invalid::range("That price is too large.")),
        }
    }
}

/// How many of a group are still free after what was chosen before; what is included or replaces takes no place.
fn free_left(group: &SellGroup, before: &[Chosen]) -> i64 {
    if group.free_quantity == 0 {
        return 0;
    }
    let added = |c: &&Chosen| group.option(c.option).is_some_and(|option| option.mode == PriceMode::Added);
    let used = before.iter().filter(added).map(|c| c.quantity).sum::<i64>();
    (group.free_quantity - used).max(0)
}

/// The options of a line as the kitchen reads them: `Cheddar, Side (Fries (large), 2 × Ketchup)`.
pub fn words(modifiers: &[Modifier]) -> String {
    let mut text = String::new();
    let mut depth = 0;
    let mut rest = modifiers;
    while let Some((first, after)) = rest.split_first() {
        // Of which a part is free stands in two rows.
        let same = after.iter().take_while(|m| m.option == first.option && m.depth == first.depth).count();
        let quantity: i64 = rest[..=same].iter().map(|m| m.quantity).sum();
        for _ in first.depth..depth {
            text.push(')');
        }
        match first.depth {
            _ if text.is_empty() => {}
            deeper if deeper > depth => text.push_str(" ("),
            _ => text.push_str(", "),
        }
        depth = first.depth;
        if quantity != 1 {
            text.push_str(&format!("{quantity} × "));
        }
        text.push_str(&first.name);
        rest = &rest[same + 1..];
    }
    for _ in 0..depth {
        text.push(')');
    }
    text
}

/// How many groups stand one inside the other at most, where `opens` are the groups that a group's options
/// open; `None` where one opens itself, however far down.
pub fn levels<G: Copy + PartialEq>(opens: &[(G, G)]) -> Option<usize> {
    fn below<G: Copy + PartialEq>(group: G, opens: &[(G, G)], path: &mut Vec<G>) -> Option<usize> {
        if path.contains(&group) {
            return None;
        }
        path.push(group);
        let mut deepest = 0;
        for (_, next) in opens.iter().filter(|(from, _)| *from == group) {
            deepest = deepest.max(below(*next, opens, path)?);
        }
        path.pop();
        Some(deepest + 1)
    }
    let mut deepest = 1;
    for (group, _) in opens {
        deepest = deepest.max(below(*group, opens, &mut Vec::new())?);
    }
    Some(deepest)
}
