//! Combos: what is sold as one and consists of dishes, each taxed alone at its share of the price. Pure.

use super::Chosen;
use crate::kernel::allocate::{split_by, split_even};
use crate::kernel::ids::{ItemId, VariantId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::{Money, TooLarge};

/// Parts of a combo, and options of a choice, at most.
pub const PARTS_MAX: usize = 20;
/// The largest weight of a part.
pub const SHARE_MAX: i64 = 1_000_000;

/// A dish in a combo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartDish {
    pub variant: VariantId,
    pub item: ItemId,
    /// On the menu; `None` is open.
    pub price: Option<Money>,
    /// What choosing it adds to the combo's price, and to its own part.
    pub supplement: Money,
    /// Both it and its item are; shown on the menu, and told anew when it is sold.
    pub available: bool,
}

/// What stands at one place of a combo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its weight in the price. Either every part has one, or the dishes weigh what they cost on the menu.
    pub share: Option<i64>,
    pub what: PartKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// Always comes.
    Dish(PartDish),
    /// From `min` to `max` of these, one dish more than once if so wished.
    Choice { id: i64, name: String, min: i64, max: i64, options: Vec<PartDish> },
}

impl Part {
    /// Whether it can be had now.
    pub fn available(&self) -> bool {
        match &self.what {
            PartKind::Dish(dish) => dish.available,
            PartKind::Choice { min, options, .. } => *min == 0 || options.iter().any(|dish| dish.available),
        }
    }

    pub fn dishes(&self) -> &[PartDish] {
        match &self.what {
            PartKind::Dish(dish) => std::slice::from_ref(dish),
            PartKind::Choice { options, .. } => options,
        }
    }

    pub fn dishes_mut(&mut self) -> &mut [PartDish] {
        match &mut self.what {
            PartKind::Dish(dish) => std::slice::from_mut(dish),
            PartKind::Choice { options, .. } => options,
        }
    }
}

/// A part as an edit brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    pub share: Option<i64>,
    pub what: NewPartKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewPartKind {
    Dish(VariantId),
    Choice { name: String, min: i64, max: i64, options: Vec<(VariantId, Money)> },
}

/// A dish of a combo as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenPart {
    /// Which choice it is meant for; unless told, the first place it fits.
    pub choice: Option<i64>,
    pub variant: VariantId,
    pub modifiers: Vec<Chosen>,
    pub note: Option<String>,
}

/// A dish that comes with a combo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    pub variant: VariantId,
    /// The place of its part in the combo.
    pub part: usize,
    /// The place of what was asked for, where it was.
    pub asked: Option<usize>,
    pub supplement: Money,
    /// Of one combo, its supplement included.
    pub price: Money,
}

/// What comes with one combo of that price: all that always comes and what was chosen, in the order of the
/// combo's parts, each with its part of the price. Faults point into the line.
pub fn pick(
    name: &str,
    price: Money,
    parts: &[Part],
    chosen: &[ChosenPart],
    fault: &mut dyn FnMut(String, Invalid),
) -> Result<Vec<Picked>, TooLarge> {
    // By part, the places of what was asked for.
    let mut taken: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    for (at, one) in chosen.iter().enumerate() {
        match place_for(parts, &taken, one) {
            Some(part) => taken[part].push(at),
            None => {
                let known = |id: &i64| parts.iter().any(|part| part.is_choice(*id));
                let (field, code, why) = match one.choice {
                    Some(id) if !known(&id) => ("choice_id", "unknown", format!("{name} has no choice {id}.")),
                    None if parts.iter().any(|part| part.offers(one.variant)) => {
                        ("variant_id", "out_of_range", format!("{name} has no more room for {}.", one.variant))
                    }
                    _ => ("variant_id", "unknown", format!("{name} has no place for {}.", one.variant)),
                };
                fault(format!("components/{at}/{field}"), Invalid::new(code, why));
            }
        }
    }
    let mut picked = Vec::with_capacity(parts.len());
    for (place, (part, asked)) in parts.iter().zip(&taken).enumerate() {
        let one = |variant, asked, supplement| Picked { variant, part: place, asked, supplement, price: Money::ZERO };
        match &part.what {
            PartKind::Dish(dish) => picked.push(one(dish.variant, asked.first().copied(), Money::ZERO)),
            PartKind::Choice { name: choice, min, max, options, .. } => {
                let count = asked.len() as i64;
                if count < *min || count > *max {
                    let why = format!("{name} takes {min} to {max} of {choice}; {count} were chosen.");
                    fault("components".to_owned(), Invalid::new("out_of_range", why));
                }
                for at in asked {
                    let variant = chosen[*at].variant;
                    let dish = options.iter().find(|dish| dish.variant == variant);
                    picked.push(one(variant, Some(*at), dish.map_or(Money::ZERO, |dish| dish.supplement)));
                }
            }
        }
    }
    lay_shares(price, parts, &mut picked)?;
    Ok(picked)
}

impl Part {
    fn offers(&self, variant: VariantId) -> bool {
        self.dishes().iter().any(|dish| dish.variant == variant)
    }

    fn is_choice(&self, id: i64) -> bool {
        matches!(&self.what, PartKind::Choice { id: own, .. } if *own == id)
    }
}

/// The part that takes a dish: its choice where that is told; else what always comes and nobody spoke of yet,
/// and then the first choice that has room.
fn place_for(parts: &[Part], taken: &[Vec<usize>], one: &ChosenPart) -> Option<usize> {
    let offers = |part: &Part| part.offers(one.variant);
    if let Some(id) = one.choice {
        return parts.iter().position(|part| part.is_choice(id) && offers(part));
    }
    let fits = |always: bool| {
        parts.iter().zip(taken).position(|(part, taken)| {
            let room = match part.what {
                PartKind::Dish(_) => always && taken.is_empty(),
                PartKind::Choice { max, .. } => !always && (taken.len() as i64) < max,
            };
            room && offers(part)
        })
    };
    fits(true).or_else(|| fits(false))
}

/// Parts the price of one combo by largest remainder: by the parts' shares, those of a choice evenly among what
/// was chosen there; or else by what each dish costs on the menu, an open price counting as nothing.
fn lay_shares(price: Money, parts: &[Part], picked: &mut [Picked]) -> Result<(), TooLarge> {
    if picked.is_empty() {
        return Ok(());
    }
    let shared = parts.iter().any(|part| part.share.is_some());
    let amounts: Vec<Money> = if shared {
        let count = |place: usize| picked.iter().filter(|p| p.part == place).count();
        let there: Vec<usize> = (0..parts.len()).filter(|place| count(*place) > 0).collect();
        let weights: Vec<i64> = there.iter().map(|place| parts[*place].share.unwrap_or(0)).collect();
        let each = there.iter().zip(split_by(price, &weights)).map(|(place, amount)| split_even(amount, count(*place)));
        each.flatten().collect()
    } else {
        let cost = |p: &Picked| {
            let dish = parts[p.part].dishes().iter().find(|dish| dish.variant == p.variant);
            dish.and_then(|dish| dish.price).map_or(0, Money::minor)
        };
        split_by(price, &picked.iter().map(cost).collect::<Vec<_>>())
    };
    for (one, amount) in picked.iter_mut().zip(amounts) {
        one.price = amount.plus(one.supplement)?;
    }
    Ok(())
}

/// What can be said of a combo without looking anything up; `pointer` into the item.
pub fn parts_are_sound(parts: &[NewPart]) -> Vec<(String, Invalid)> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, invalid: Invalid| faults.push((pointer, invalid));
    if parts.is_empty() {
        return faults;
    }
    if parts.len() > PARTS_MAX {
        fault("/components".to_owned(), Invalid::new("too_many", format!("at most {PARTS_MAX} of them")));
    }
    let shared = parts.iter().filter(|part| part.share.is_some()).count();
    if shared != 0 && shared != parts.len() {
        let why = "either every component says its share or none does";
        fault("/components".to_owned(), Invalid::new("conflict", why));
    }
    let comes = |part: &NewPart| match &part.what {
        NewPartKind::Dish(_) => true,
        NewPartKind::Choice { min, .. } => *min > 0,
    };
    if !parts.iter().any(comes) {
        let why = "a combo has at least one dish that comes with it";
        fault("/components".to_owned(), Invalid::new("empty", why));
    }
    for (at, part) in parts.iter().enumerate() {
        if part.share.is_some_and(|share| !(1..=SHARE_MAX).contains(&share)) {
            fault(format!("/components/{at}/share"), Invalid::range(format!("a share is 1 to {SHARE_MAX}")));
        }
        let NewPartKind::Choice { min, max, options, .. } = &part.what else { continue };
        let most = PARTS_MAX as i64;
        if !(0..=most).contains(min) {
            fault(format!("/components/{at}/choice/min"), Invalid::range(format!("min is 0 to {most}")));
        }
        if !(1..=most).contains(max) || max < min {
            fault(
                format!("/components/{at}/choice/max"),
                Invalid::range(format!("max is 1 to {most}, and not below min")),
            );
        }
        if options.is_empty() || options.len() > PARTS_MAX {
            let invalid = Invalid::new("out_of_range", format!("a choice has 1 to {PARTS_MAX} options"));
            fault(format!("/components/{at}/choice/options"), invalid);
        }
        for (i, (variant, _)) in options.iter().enumerate() {
            if options[..i].iter().any(|(before, _)| before == variant) {
                let pointer = format!("/components/{at}/choice/options/{i}/variant_id");
                fault(pointer, Invalid::new("duplicate", format!("{variant} stands here twice")));
            }
        }
    }
    faults
}
