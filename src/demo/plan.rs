//! Who comes on a day, when, and what they want: decided before anything is written. Pure.

use super::carte::{self, COFFEES_FROM, DESSERTS, DRINKS, FIRSTS, MAINS, PIZZE, SIDES, STARTERS, Sold, WINES};
use super::chance::Chance;
use super::place::{Offer, Place, Premises, TABLETS, TILL, WAITERS};
use crate::kernel::day::{BusinessDate, Weekday};
use crate::kernel::ids::TableId;
use crate::kernel::money::Money;
use crate::kernel::quantity::{Measure, Quantity};
use crate::menu::model::Chosen;
use crate::orders::model::{Customer, Kind};
use crate::orders::ops::lines::NewLine;

/// Every history grows from this.
const SEED: u64 = 0x0C0_3A4D_A5E7;

/// Seconds from ten in the morning, when the doors open.
pub(super) type Seconds = i64;

const MINUTE: Seconds = 60;
const HOUR: Seconds = 60 * MINUTE;
const LUNCH: Seconds = 3 * HOUR;
const DINNER: Seconds = 10 * HOUR + 15 * MINUTE;
/// Nobody comes after half past ten at night.
const LAST_GUESTS: Seconds = 12 * HOUR + 30 * MINUTE;
/// Twenty to two: all have left, and the till is counted.
pub(super) const CLOSING: Seconds = 15 * HOUR + 40 * MINUTE;

/// A party, or a bag to take away.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) kind: Kind,
    pub(super) table: Option<TableId>,
    pub(super) tab: Option<&'static str>,
    pub(super) guests: u32,
    pub(super) customer: Customer,
    /// When it is promised, for what is carried away.
    pub(super) due: Option<Seconds>,
    /// Places in the staff and among the terminals.
    pub(super) waiter: usize,
    pub(super) device: usize,
    pub(super) lunch: bool,
    /// What is ordered together; the first with the order itself.
    pub(super) rounds: Vec<Vec<NewLine>>,
    /// For what is decided only when it happens.
    pub(super) chance: Chance,
}

/// What is done for a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Open,
    /// A further round.
    Add(usize),
    Send(usize),
    /// A round is cooked, then carried out.
    Cook(usize),
    Serve(usize),
    Discount,
    Comp,
    VoidUnsent,
    VoidSent,
    Uncharge,
    Bill,
    Pay,
    Refund,
    /// They left before anything was cooked.
    Leave,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) at: Seconds,
    /// Place in the day's visits.
    pub(super) visit: usize,
    pub(super) deed: Deed,
}

/// A day's visits and all that is done for them, in the order of time.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) visits: Vec<Visit>,
    pub(super) steps: Vec<Step>,
}

/// What happens on `date`, whatever happened on others.
pub(super) fn day(date: BusinessDate, at: &Premises) -> Day {
    let of_day = Chance::new(SEED).branch(date.days().unsigned_abs().into());
    let mut chance = of_day.branch(u64::MAX);
    let mut arrivals: Vec<Seconds> = (0..visitors(date, &mut chance)).map(|_| arrival(&mut chance)).collect();
    arrivals.sort_unstable();
    let mut planner = Planner { at, free_at: vec![i64::MIN; at.tables.len()], steps: Vec::new(), visits: Vec::new() };
    for (number, arrives) in arrivals.into_iter().enumerate() {
        planner.visit(arrives, of_day.branch(number as u64));
    }
    let Planner { mut steps, visits, .. } = planner;
    // Stable, so that what is done at the same second for one visit keeps its order.
    steps.sort_by_key(|step| step.at);
    Day { visits, steps }
}

/// About two hundred a day, a third more at the weekend and a quarter less after it.
fn visitors(date: BusinessDate, chance: &mut Chance) -> i64 {
    let usual = match date.weekday() {
        Weekday::Mon => 150,
        Weekday::Tue => 165,
        Weekday::Wed => 178,
        Weekday::Thu => 196,
        Weekday::Fri => 242,
        Weekday::Sat => 266,
        Weekday::Sun => 212,
    };
    usual + chance.between(-usual / 10, usual / 10)
}

fn arrival(chance: &mut Chance) -> Seconds {
    let at = match chance.weighted([36, 56, 8].into_iter()) {
        0 => chance.around(LUNCH, 100 * MINUTE),
        1 => chance.around(DINNER, 140 * MINUTE),
        _ => chance.between(20 * MINUTE, LAST_GUESTS),
    };
    at.clamp(0, LAST_GUESTS)
}

struct Planner<'a> {
    at: &'a Premises,
    /// By table: when the last party has left it.
    free_at: Vec<Seconds>,
    steps: Vec<Step>,
    visits: Vec<Visit>,
}

/// What brings them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Meal,
    Drink,
    Takeaway,
    Delivery,
}

impl Planner<'_> {
    fn visit(&mut self, arrives: Seconds, mut chance: Chance) {
        let busy = (LUNCH - 90 * MINUTE..LUNCH + 100 * MINUTE).contains(&arrives) || arrives > DINNER - 150 * MINUTE;
        let wishes = if busy { [50, 8, 25, 17] } else { [5, 75, 18, 2] };
        let wish = [Wish::Meal, Wish::Drink, Wish::Takeaway, Wish::Delivery][chance.weighted(wishes.into_iter())];
        let guests = match wish {
            Wish::Meal => [1, 2, 3, 4, 5, 6, 8, 10][chance.weighted([7, 42, 16, 21, 5, 5, 3, 1].into_iter())],
            Wish::Drink => [1, 2, 3][chance.weighted([50, 38, 12].into_iter())],
            Wish::Takeaway | Wish::Delivery => 0,
        };
        let stays = match wish {
            Wish::Meal => chance.between(45, 70) * MINUTE + i64::from(guests) * 5 * MINUTE,
            Wish::Drink => chance.between(8, 25) * MINUTE,
            Wish::Takeaway => chance.between(14, 30) * MINUTE,
            Wish::Delivery => chance.between(28, 50) * MINUTE,
        };
        let table = self.table(wish, guests, arrives);
        if let Some(table) = table {
            self.free_at[table] = arrives + stays + chance.between(4, 12) * MINUTE;
        }
        // Who finds no table takes it home; a drink is had standing.
        let wish = if wish == Wish::Meal && table.is_none() { Wish::Takeaway } else { wish };
        let kind = match wish {
            Wish::Meal | Wish::Drink => Kind::DineIn,
            Wish::Takeaway => Kind::Takeaway,
            Wish::Delivery => Kind::Delivery,
        };
        let carried = kind != Kind::DineIn;
        let place = self.visits.len();
        let rounds = match wish {
            Wish::Meal => self.meal(guests, &mut chance),
            Wish::Drink => vec![self.drinks(guests, &mut chance)],
            Wish::Takeaway | Wish::Delivery => vec![self.bag(wish == Wish::Delivery, &mut chance)],
        };
        let device = if carried { TILL } else { TABLETS[place % TABLETS.len()] };
        let visit = Visit {
            kind,
            table: table.filter(|_| !carried).map(|t| self.at.tables[t].id),
            tab: (wish == Wish::Drink && table.is_none()).then_some("Counter"),
            guests: if carried { 0 } else { guests },
            customer: if carried { customer(wish == Wish::Delivery, &mut chance) } else { Customer::default() },
            due: carried.then_some(arrives + stays),
            waiter: *chance.pick(&WAITERS),
            device,
            lunch: arrives < LUNCH + 2 * HOUR,
            rounds,
            chance: chance.branch(0),
        };
        self.visits.push(visit);
        self.steps_of(place, wish, arrives, arrives + stays, &mut chance);
    }

    /// The smallest free table that seats them.
    fn table(&self, wish: Wish, guests: u32, arrives: Seconds) -> Option<usize> {
        let fits = |(at, table): &(usize, &Place)| {
            table.bar == (wish == Wish::Drink) && table.seats >= i64::from(guests) && self.free_at[*at] <= arrives
        };
        let seated = matches!(wish, Wish::Meal | Wish::Drink);
        let tables = self.at.tables.iter().enumerate().filter(|_| seated).filter(fits);
        tables.min_by_key(|(at, table)| (table.seats, *at)).map(|(at, _)| at)
    }

    /// All that is done for a visit between its coming and its going.
    fn steps_of(&mut self, visit: usize, wish: Wish, arrives: Seconds, leaves: Seconds, chance: &mut Chance) {
        let rounds = self.visits[visit].rounds.len();
        let mut step = |at: Seconds, deed: Deed| self.steps.push(Step { at, visit, deed });
        step(arrives, Deed::Open);
        if wish == Wish::Meal && chance.per_mille(8) {
            step(arrives + 4 * MINUTE, Deed::Leave);
            return;
        }
        let mut at = arrives + chance.between(30, 150);
        if chance.per_mille(12) {
            step(at, Deed::VoidUnsent);
        }
        for round in 0..rounds {
            if round > 0 {
                at = leaves - chance.between(16, 24) * MINUTE;
                step(at, Deed::Add(round));
            }
            step(at + 5, Deed::Send(round));
            let quick = wish == Wish::Drink || round > 0;
            let cooked = at + if quick { chance.between(2, 5) } else { chance.between(7, 13) } * MINUTE;
            step(cooked, Deed::Cook(round));
            let served = cooked + chance.between(20, 120);
            // Over the counter nobody says that it was carried out.
            if wish == Wish::Meal {
                step(served, Deed::Serve(round));
            }
            if round == 0 && chance.per_mille(14) {
                step(cooked - 60, Deed::VoidSent);
            }
        }
        let before = leaves - chance.between(2, 6) * MINUTE;
        let seated = wish == Wish::Meal;
        let sometimes = [
            (Deed::Comp, if seated { 16 } else { 4 }),
            (Deed::Discount, 45),
            (Deed::Uncharge, if seated { 9 } else { 0 }),
            (Deed::Bill, if seated { 420 } else { 0 }),
        ];
        for (deed, times) in sometimes {
            if chance.per_mille(times) {
                step(before, deed);
            }
        }
        step(leaves, Deed::Pay);
        if chance.per_mille(6) {
            step(leaves + chance.between(5, 40) * MINUTE, Deed::Refund);
        }
    }

    fn meal(&self, guests: u32, chance: &mut Chance) -> Vec<Vec<NewLine>> {
        let mut first = Basket::default();
        for _ in 0..guests.div_ceil(2) {
            let water = &self.at.offers[DRINKS][chance.below(2) as usize];
            first.put(line(water, water.variants.len() - 1, chance));
        }
        if chance.per_mille(450) {
            first.put(self.one_of(WINES, .., chance));
        }
        let seats = guests <= 4 && chance.per_mille(200);
        for guest in 1..=guests {
            if chance.per_mille(300) {
                first.put(self.one_of(DRINKS, 2..COFFEES_FROM, chance));
            }
            if chance.per_mille(280) {
                first.put(self.one_of(STARTERS, .., chance));
            }
            let section = [PIZZE, FIRSTS, MAINS][chance.weighted([42, 33, 25].into_iter())];
            let mut dish = self.one_of(section, .., chance);
            dish.seat = seats.then_some(i64::from(guest));
            first.put(dish);
            if section == MAINS && chance.per_mille(500) {
                first.put(self.one_of(SIDES, .., chance));
            }
        }
        let mut last = Basket::default();
        if chance.per_mille(720) {
            for _ in 0..guests {
                if chance.per_mille(400) {
                    last.put(self.one_of(DESSERTS, .., chance));
                }
                if chance.per_mille(520) {
                    last.put(self.one_of(DRINKS, COFFEES_FROM.., chance));
                }
            }
        }
        [first, last].into_iter().map(|basket| basket.0).filter(|lines| !lines.is_empty()).collect()
    }

    fn drinks(&self, guests: u32, chance: &mut Chance) -> Vec<NewLine> {
        let mut basket = Basket::default();
        let coffee = chance.per_mille(650);
        for _ in 0..guests {
            let drink =
                if coffee { self.one_of(DRINKS, COFFEES_FROM.., chance) } else { self.one_of(DRINKS, .., chance) };
            basket.put(drink);
            if chance.per_mille(180) {
                basket.put(self.one_of(DESSERTS, .., chance));
            }
        }
        basket.0
    }

    fn bag(&self, delivered: bool, chance: &mut Chance) -> Vec<NewLine> {
        let mut basket = Basket::default();
        for _ in 0..chance.between(1, if delivered { 4 } else { 3 }) {
            let section = [PIZZE, FIRSTS, STARTERS][chance.weighted([70, 20, 10].into_iter())];
            basket.put(self.one_of(section, .., chance));
            if chance.per_mille(350) {
                basket.put(self.one_of(DRINKS, 0..7, chance));
            }
        }
        if chance.per_mille(200) {
            basket.put(self.one_of(DESSERTS, .., chance));
        }
        basket.0
    }

    /// One of a section's dishes that stand in `range`.
    fn one_of<R>(&self, section: usize, range: R, chance: &mut Chance) -> NewLine
    where
        R: std::slice::SliceIndex<[Offer], Output = [Offer]>,
    {
        let offers = &self.at.offers[section][range];
        let offer = &offers[chance.weighted(offers.iter().map(|offer| offer.liked))];
        // The first size is what most take.
        let variant = chance.weighted((0..offer.variants.len()).map(|place| if place == 0 { 7 } else { 2 }));
        line(offer, variant, chance)
    }
}

const NOTES: [&str; 6] =
    ["no onion", "well done, please", "on two plates", "allergic to nuts", "no cheese", "extra crispy"];

fn line(offer: &Offer, variant: usize, chance: &mut Chance) -> NewLine {
    let mut modifiers = Vec::new();
    for (choice, options) in &offer.groups {
        if !chance.per_mille(choice.taken) {
            continue;
        }
        let most = if choice.max > choice.min && chance.per_mille(300) { choice.max } else { choice.min.max(1) };
        let mut left = options.clone();
        for _ in 0..most {
            let option = left.remove(chance.below(left.len() as u32) as usize);
            modifiers.push(Chosen { option, quantity: 1, nested: Vec::new() });
        }
    }
    let food = offer.course.is_some();
    NewLine {
        variant: offer.variants[variant],
        quantity: Quantity::ONE,
        measure: (offer.sold == Sold::ByKg).then(|| Measure::from_thousandths(chance.between(850, 1450))),
        unit_price: (offer.sold == Sold::Open).then(|| Money::new(chance.between(36, 58) * 50)),
        service: None,
        seat: None,
        course: offer.course,
        note: (food && chance.per_mille(35)).then(|| (*chance.pick(&NOTES)).to_owned()),
        hold: false,
        modifiers,
        components: Vec::new(),
        imported: false,
    }
}

/// What is ordered together; the same again is two of it.
#[derive(Default)]
struct Basket(Vec<NewLine>);

impl Basket {
    fn put(&mut self, new: NewLine) {
        let same = |l: &&mut NewLine| {
            let alike =
                (l.variant, &l.modifiers, &l.note, l.seat) == (new.variant, &new.modifiers, &new.note, new.seat);
            alike && l.measure.is_none() && l.unit_price.is_none()
        };
        match self.0.iter_mut().find(same) {
            Some(line) => {
                let both = line.quantity.thousandths() + new.quantity.thousandths();
                line.quantity = Quantity::from_thousandths(both);
            }
            None => self.0.push(new),
        }
    }
}

const CALLERS: [&str; 10] =
    ["Bianchi", "Esposito", "Romano", "Gallo", "Costa", "Fontana", "Rizzo", "Bruno", "Marini", "De Luca"];
const STREETS: [&str; 5] = ["Via delle Prove", "Vicolo del Campione", "Piazza Esempio", "Via Modello", "Largo Saggio"];

/// Nobody's number and nobody's street.
fn customer(delivered: bool, chance: &mut Chance) -> Customer {
    let address = format!("{} {}", chance.pick(&STREETS), chance.between(1, 90));
    Customer {
        name: Some((*chance.pick(&CALLERS)).to_owned()),
        phone: Some(format!("+39 06 5550 {:04}", chance.below(10_000))),
        address: delivered.then_some(address),
        vat_id: None,
    }
}

/// The SKUs of an order anybody would understand: a large Margherita, a bottle of water.
pub(super) fn plain_order() -> [String; 2] {
    [carte::sku(PIZZE, 0, 1), carte::sku(DRINKS, 0, 0)]
}
