//! The menu's words and what can be decided without looking anything up. Pure.

mod choose;
mod combo;
mod edits;
mod stock;
mod times;

use std::rc::Rc;

use crate::kernel::day::UtcMs;
use crate::kernel::ids::{CategoryId, GroupId, ItemId, OptionId, StationId, TaxClassId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::text;

pub use crate::kernel::tax::TaxRate;

pub use choose::{Chosen, LEVELS_MAX, Modifier, PriceMode, choose, levels, option_prices, words};
pub use combo::{
    ChosenPart, NewPart, NewPartKind, PARTS_MAX, Part, PartDish, PartKind, Picked, SHARE_MAX, parts_are_sound, pick,
};
pub use edits::{
    CategoryChange, GroupChange, ItemChange, NewCategory, NewGroup, NewItem, NewOption, NewRate, NewTaxClass,
    NewVariant, OptionChange, TaxClassChange, VariantChange,
};
pub use stock::{NewStock, REMAINING_MAX, Short, Stock, Subject, Until};
pub use times::{
    PRICES_MAX, PriceTime, Prices, SoldOf, SoldTime, Times, WINDOWS_MAX, Wall, Wanted, Window, hh_mm, minute,
    next_change, weekdays,
};

/// Characters a name on the menu has at most.
pub const NAME_CHARS_MAX: usize = 100;
pub const DESCRIPTION_CHARS_MAX: usize = 1000;
pub const SKU_CHARS_MAX: usize = 64;
pub const ALLERGEN_CHARS_MAX: usize = 40;
pub const ALLERGENS_MAX: usize = 40;
/// Minor units: ten million euro, far below [`Money::LIMIT`], so that no line overflows by its price alone.
pub const PRICE_MAX: i64 = 1_000_000_000;
pub const VARIANTS_MAX: usize = 50;
pub const OPTIONS_MAX: usize = 100;
pub const GROUPS_MAX: usize = 50;
pub const RATES_MAX: usize = 10;
/// Times a modifier group's options may be chosen at most.
pub const CHOICES_MAX: i64 = 1000;
pub const POSITION_MAX: i64 = 1_000_000;

/// What one unit of a variant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SoldBy {
    #[default]
    Each,
    /// Weighed: the price is that of a kilogram.
    Kg,
}

impl SoldBy {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "each" => Ok(SoldBy::Each),
            "kg" => Ok(SoldBy::Kg),
            _ => Err(Invalid::new("unknown_value", "one of each, kg")),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            SoldBy::Each => "each",
            SoldBy::Kg => "kg",
        }
    }
}

/// What selling it is to the books. Only a sale is revenue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CountsAs {
    #[default]
    Sale,
    GiftVoucher,
    Deposit,
}

impl CountsAs {
    /// As stored.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "sale" => Ok(CountsAs::Sale),
            "gift_voucher" => Ok(CountsAs::GiftVoucher),
            "deposit" => Ok(CountsAs::Deposit),
            _ => Err(Invalid::new("unknown_value", "one of sale, gift_voucher, deposit")),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            CountsAs::Sale => "sale",
            CountsAs::GiftVoucher => "gift_voucher",
            CountsAs::Deposit => "deposit",
        }
    }
}

/// All that a line needs to know of a variant when it is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sellable {
    pub variant: VariantId,
    pub item: ItemId,
    pub category: CategoryId,
    pub station: Option<StationId>,
    pub tax_version: i64,
    pub name: String,
    pub variant_name: String,
    pub sold_by: SoldBy,
    pub counts_as: CountsAs,
    pub discountable: bool,
    /// `None`: asked when it is sold.
    pub price: Option<Money>,
    pub groups: Vec<SellGroup>,
    /// Of a combo, what it consists of; empty for a dish.
    pub parts: Vec<Part>,
}

/// A modifier group: from `min` to `max` choices of its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellGroup {
    pub id: GroupId,
    pub name: String,
    pub min: i64,
    pub max: i64,
    /// So many of what is added to the price cost nothing.
    pub free_quantity: i64,
    pub options: Vec<SellOption>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellOption {
    pub id: OptionId,
    pub name: String,
    pub price: Money,
    pub mode: PriceMode,
    /// The groups it opens.
    pub groups: Vec<SellGroup>,
}

impl SellGroup {
    /// Its own option of that id.
    pub fn option(&self, id: OptionId) -> Option<&SellOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// The option of that id in it or in a group that one of its options opens.
    fn any_option(&self, id: OptionId) -> Option<&SellOption> {
        let nested = || self.options.iter().flat_map(|option| &option.groups);
        self.option(id).or_else(|| nested().find_map(|group| group.any_option(id)))
    }
}

impl Sellable {
    /// The option of that id in one of its groups, however deep.
    pub fn option(&self, id: OptionId) -> Option<&SellOption> {
        self.groups.iter().find_map(|group| group.any_option(id))
    }

    pub fn is_combo(&self) -> bool {
        !self.parts.is_empty()
    }
}

// ── values from outside ──────────────────────────────────────────────────────

pub fn name(text: &str) -> Result<String, Invalid> {
    text::line(text, NAME_CHARS_MAX)
}

pub fn description(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(Invalid::new("too_long", format!("at most {DESCRIPTION_CHARS_MAX} characters")));
    }
    Ok(text::note(text)?.unwrap_or_default())
}

/// A stock keeping unit; nothing but space is none.
pub fn sku(text: &str) -> Result<Option<String>, Invalid> {
    text::optional_code(text, SKU_CHARS_MAX)
}

/// A price in minor units, 0 to [`PRICE_MAX`].
pub fn price(minor: i64) -> Result<Money, Invalid> {
    if (0..=PRICE_MAX).contains(&minor) {
        Ok(Money::new(minor))
    } else {
        Err(Invalid::range(format!("a price is 0 to {PRICE_MAX} minor units")))
    }
}

pub fn position(value: i64) -> Result<i64, Invalid> {
    if (0..=POSITION_MAX).contains(&value) {
        Ok(value)
    } else {
        Err(Invalid::range(format!("a position is 0 to {POSITION_MAX}")))
    }
}

/// One allergen: the words of EU Regulation 1169/2011, Annex II, or any other the guests ask for, in lower case.
/// No comma, since they are stored as a list.
pub fn allergen(text: &str) -> Result<String, Invalid> {
    let word = text::line(text, ALLERGEN_CHARS_MAX)?.to_lowercase();
    if word.contains(',') { Err(Invalid::new("bad_character", "one allergen each, without commas")) } else { Ok(word) }
}

/// The bounds of a modifier group with so many options.
pub fn choices(min: i64, max: i64, options: usize) -> Result<(), (&'static str, Invalid)> {
    if !(0..=CHOICES_MAX).contains(&min) {
        return Err(("/min", Invalid::range(format!("min is 0 to {CHOICES_MAX}"))));
    }
    if !(0..=CHOICES_MAX).contains(&max) {
        return Err(("/max", Invalid::range(format!("max is 0 to {CHOICES_MAX}"))));
    }
    if min > max {
        return Err(("/max", Invalid::range("max is not below min")));
    }
    if min > 0 && options == 0 {
        return Err(("/options", Invalid::new("empty", "a group that must be chosen from has options")));
    }
    Ok(())
}

/// How many choices of a group cost nothing.
pub fn free_quantity(value: i64) -> Result<i64, Invalid> {
    if (0..=CHOICES_MAX).contains(&value) {
        Ok(value)
    } else {
        Err(Invalid::range(format!("free_quantity is 0 to {CHOICES_MAX}")))
    }
}

// ── the tree ─────────────────────────────────────────────────────────────────

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    pub position: i64,
    /// Where its items are made that name no station of their own; `None`: at the default one.
    pub station: Option<StationId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub category: CategoryId,
    pub name: String,
    pub description: String,
    pub allergens: Vec<String>,
    pub tax_class: TaxClassId,
    pub station: Option<StationId>,
    pub discountable: bool,
    pub counts_as: CountsAs,
    pub position: i64,
    pub available: bool,
    pub variants: Vec<Variant>,
    pub groups: Vec<Group>,
    /// Of a combo, what it consists of.
    pub parts: Vec<Part>,
    /// When it is sold; without any, always.
    pub sold: Vec<SoldTime>,
    /// When the clock next changes a price of it, or whether it is sold; on the menu alone.
    pub until: Option<UtcMs>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub id: VariantId,
    pub item: ItemId,
    pub sku: Option<String>,
    pub name: String,
    pub price: Option<Money>,
    pub sold_by: SoldBy,
    /// Of its own; where the item is not, neither is it.
    pub available: bool,
    /// What it costs now, eaten in and taken away; on the menu, where a price time holds.
    pub now: Option<[Money; 2]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub min: i64,
    pub max: i64,
    pub free_quantity: i64,
    pub options: Vec<Choice>,
}

/// An option of a modifier group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub id: OptionId,
    pub group: GroupId,
    pub name: String,
    pub price: Money,
    pub mode: PriceMode,
    pub allergens: Vec<String>,
    pub available: bool,
    /// The groups it opens.
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxClass {
    pub id: TaxClassId,
    pub name: String,
    pub rates: Vec<NewRate>,
    /// Empty: the same as eaten in.
    pub takeaway_rates: Vec<NewRate>,
}

/// The whole menu, deterministic in its order: position, then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    pub times: Rc<Times>,
    pub categories: Vec<(Category, Vec<Item>)>,
    pub tax_classes: Vec<TaxClass>,
    pub version: i64,
    /// When the first thing that is 86 or counted down stops being so by itself.
    pub until: Option<UtcMs>,
}

/// An item of the menu before any of it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: ItemId,
    /// The menu's version at which it was last changed.
    pub edited: i64,
    /// What of it, or it itself, is not there; each once, in a fixed order.
    pub out: Vec<Subject>,
}

/// The whole menu but for what its items say. Two heads that are equal are of items that show the same, as far
/// as the clock has no say in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// What the menu says by the clock, and until when that holds as it does now.
    pub times: Rc<Times>,
    pub times_until: Option<UtcMs>,
    /// See [`Times::open`].
    pub times_open: i64,
    pub categories: Vec<(Category, Vec<Head>)>,
    pub tax_classes: Vec<TaxClass>,
    pub version: i64,
    pub until: Option<UtcMs>,
}
