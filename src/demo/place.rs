//! The restaurant before its first guest: settings, people, room, terminals, menu.

use super::carte::{self, Choice, GROUPS, Made, SECTIONS, Sold};
use crate::app::setup::{Beginning, Words};
use crate::error::{Error, Fault, Result};
use crate::floor::model::{Limits, NewStation};
use crate::floor::ops as floor;
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::ids::{DeviceId, DiscountId, GroupId, OptionId, ReasonId, StaffId, TableId, TaxClassId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::permission::Role;
use crate::kernel::rate::Rate;
use crate::menu::model::{
    CountsAs, NewCategory, NewGroup, NewItem, NewOption, NewRate, NewTaxClass, NewVariant, SoldBy,
};
use crate::menu::ops as menu;
use crate::settings::lists::ops as lists;
use crate::settings::model::{
    ChargeBase, ChargeHow, ChargeTax, DiscountHow, Edit, GoesTo, ReadyDiscount, ReasonUse, ServiceCharge,
};
use crate::settings::ops as settings;
use crate::staff::model::{NewStaff, Pin};
use crate::staff::{ops as staff, pin};
use crate::store::Tx;

pub const NAME: &str = "Osteria del Ponte";
pub(super) const TIMEZONE: &str = "Europe/Rome";
pub(super) const CUTOFF: &str = "04:00";

/// Somebody who works here, with the PIN that nobody but a demo would print.
#[derive(Debug)]
pub struct Person {
    pub name: &'static str,
    pub role: Role,
    pub pin: &'static str,
}

const fn person(name: &'static str, role: Role, pin: &'static str) -> Person {
    Person { name, role, pin }
}

/// In the order of their numbers, the owner first.
pub const STAFF: [Person; 8] = [
    person("Gina Ferri", Role::Owner, "4321"),
    person("Mara Conti", Role::Manager, "2580"),
    person("Carlo Riva", Role::Cashier, "1379"),
    person("Luca Moretti", Role::Waiter, "1111"),
    person("Sofia Greco", Role::Waiter, "2222"),
    person("Walter Sala", Role::Waiter, "3333"),
    person("Kim Tanaka", Role::Kitchen, "7890"),
    person("Aldo Neri", Role::Auditor, "8642"),
];

/// Their places in [`STAFF`].
pub(super) const MANAGER: usize = 1;
pub(super) const CASHIER: usize = 2;
pub(super) const WAITERS: [usize; 3] = [3, 4, 5];
pub(super) const COOK: usize = 6;

/// Areas, with the seats of each of their tables.
const AREAS: [(&str, &str, &[i64]); 3] = [
    ("Sala", "", &[2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 8, 10]),
    ("Terrazza", "T", &[2, 2, 2, 4, 4, 4, 6, 6]),
    ("Bar", "B", &[2, 2, 2, 2, 4]),
];

const TERMINALS: [&str; 4] = ["Till", "Tablet Sala", "Tablet Terrazza", "Kitchen screen"];

/// Their places in [`TERMINALS`].
pub(super) const TILL: usize = 0;
pub(super) const TABLETS: [usize; 2] = [1, 2];
pub(super) const SCREEN: usize = 3;

/// A table in the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: TableId,
    pub(super) seats: i64,
    /// Of the bar: coffee and drinks, no meal.
    pub(super) bar: bool,
}

/// A dish as it can be ordered.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) liked: u32,
    pub(super) sold: Sold,
    pub(super) course: Option<i64>,
    pub(super) variants: Vec<VariantId>,
    pub(super) groups: Vec<(&'static Choice, Vec<OptionId>)>,
}

/// What the guests find, by the ids it got.
#[derive(Debug, Clone)]
pub(super) struct Premises {
    pub(super) staff: Vec<StaffId>,
    pub(super) devices: Vec<DeviceId>,
    pub(super) tables: Vec<Place>,
    /// By section.
    pub(super) offers: Vec<Vec<Offer>>,
    pub(super) discounts: Vec<DiscountId>,
    pub(super) void_reasons: Vec<ReasonId>,
    pub(super) comp_reasons: Vec<ReasonId>,
    pub(super) refund_reasons: Vec<ReasonId>,
    pub(super) discount_reasons: Vec<ReasonId>,
}

/// Everybody's PIN, hashed; it takes its time.
pub(super) struct Hired {
    owner: Beginning,
    others: Vec<NewStaff>,
}

impl Hired {
    pub(super) fn all() -> Result<Self> {
        let [owner, others @ ..] = &STAFF;
        let words = Words {
            name: NAME,
            currency: "EUR",
            timezone: TIMEZONE,
            cutoff: CUTOFF,
            owner_name: owner.name,
            owner_pin: owner.pin,
        };
        let hashed = |person: &Person| -> Result<NewStaff> {
            let pin = Pin::parse(person.pin).map_err(|e| Fault::new(e.detail))?;
            Ok(NewStaff { name: person.name.to_owned(), role: person.role, pin_hash: pin::hash_blocking(&pin)? })
        };
        Ok(Self { owner: Beginning::parse(words)?, others: others.iter().map(hashed).collect::<Result<_>>()? })
    }
}

/// Makes the restaurant in an empty file.
pub(super) fn furnish(tx: &Tx<'_>, clock: &dyn Clock, hired: Hired) -> Result<Premises> {
    hired.owner.make(tx, clock)?;
    let mut stamp = journal::ops::stamp(tx, clock, None, None)?;
    let mut staff_ids = vec![staff::all_active(tx)?.first().map_or(StaffId::new(1), |owner| owner.id)];
    for person in hired.others {
        staff_ids.push(staff::add(tx, &stamp, Role::Owner, person)?.id);
    }
    stamp.staff = staff_ids.first().copied();
    let devices = terminals(tx, &stamp)?;
    let tables = room(tx, &stamp)?;
    let (offers, food) = lay_menu(tx, &stamp)?;
    rules(tx, &stamp, food)?;
    let reasons = |used_for: ReasonUse| -> Result<Vec<ReasonId>> {
        Ok(lists::reasons(tx)?.iter().filter(|r| r.used_for == used_for).map(|r| r.id).collect())
    };
    Ok(Premises {
        staff: staff_ids,
        devices,
        tables,
        offers,
        discounts: ready_discounts(tx, &stamp)?,
        void_reasons: reasons(ReasonUse::Void)?,
        comp_reasons: reasons(ReasonUse::Comp)?,
        refund_reasons: reasons(ReasonUse::Refund)?,
        discount_reasons: reasons(ReasonUse::Discount)?,
    })
}

fn terminals(tx: &Tx<'_>, stamp: &Stamp) -> Result<Vec<DeviceId>> {
    let pair = |name: &&str| -> Result<DeviceId> {
        let code = staff::new_pairing_code(tx, stamp.at)?.code;
        Ok(staff::pair(tx, stamp.clone(), &code, (*name).to_owned())?.device.id)
    };
    TERMINALS.iter().map(pair).collect()
}

fn room(tx: &Tx<'_>, stamp: &Stamp) -> Result<Vec<Place>> {
    let mut tables = Vec::new();
    for (name, prefix, seats) in AREAS {
        let area = floor::add_area(tx, stamp, name.to_owned(), None)?.id;
        for (seats, number) in seats.iter().zip(1..) {
            let table = floor::add_table(tx, stamp, format!("{prefix}{number}"), area, *seats)?;
            tables.push(Place { id: table.id, seats: *seats, bar: prefix == "B" });
        }
    }
    Ok(tables)
}

/// Italy's rates: a meal served at the table bears 10 % with everything drunk to it; carried away, the
/// food keeps them and drinks bear 22 % (DPR 633/1972, Tabella A, parte III, n. 80 and 121).
fn tax_classes(tx: &Tx<'_>, stamp: &Stamp) -> Result<(TaxClassId, TaxClassId)> {
    let iva = |percent: i64| {
        let rate = Rate::new(percent * 10_000);
        vec![NewRate { name: "IVA".to_owned(), rate, included: true, compound: false }]
    };
    let class = |name: &str, takeaway_rates| {
        let new = NewTaxClass { name: name.to_owned(), rates: iva(10), takeaway_rates };
        menu::add_tax_class(tx, stamp, new)
    };
    Ok((class("Food", Vec::new())?.id, class("Drinks", iva(22))?.id))
}

fn lay_menu(tx: &Tx<'_>, stamp: &Stamp) -> Result<(Vec<Vec<Offer>>, TaxClassId)> {
    let (food, drinks) = tax_classes(tx, stamp)?;
    let station = |name: &str, expo: bool| {
        let new = NewStation { name: name.to_owned(), expo, limits: Limits::default() };
        Ok::<_, Error>(floor::add_station(tx, stamp, new)?.id)
    };
    let (oven, bar) = (station("Pizza oven", false)?, station("Bar", false)?);
    station("Pass", true)?;
    let groups = groups(tx, stamp)?;
    let mut offers = Vec::with_capacity(SECTIONS.len());
    for (place, section) in SECTIONS.iter().enumerate() {
        let station = match section.made {
            Made::Kitchen => None,
            Made::Oven => Some(oven),
            Made::Bar => Some(bar),
        };
        let category = NewCategory { name: section.name.to_owned(), position: None, station, sold: Vec::new() };
        let category = menu::add_category(tx, stamp, category)?.id;
        let mut of_section = Vec::with_capacity(section.dishes.len());
        for (number, dish) in section.dishes.iter().enumerate() {
            let variant = |(at, (name, price)): (usize, &(&str, i64))| NewVariant {
                name: (*name).to_owned(),
                sku: Some(carte::sku(place, number, at)),
                price: (dish.sold != Sold::Open).then(|| Money::new(*price)),
                sold_by: if dish.sold == Sold::ByKg { SoldBy::Kg } else { SoldBy::Each },
            };
            let new = NewItem {
                name: dish.name.to_owned(),
                description: dish.about.to_owned(),
                category,
                tax_class: if section.drinks { drinks } else { food },
                station: None,
                allergens: words(dish.allergens),
                discountable: true,
                counts_as: CountsAs::Sale,
                position: None,
                variants: dish.variants.iter().enumerate().map(variant).collect(),
                groups: dish.groups.iter().map(|g| groups[*g].0).collect(),
                parts: Vec::new(),
                sold: Vec::new(),
            };
            let item = menu::put_item(tx, stamp, &new)?;
            of_section.push(Offer {
                liked: dish.liked,
                sold: dish.sold,
                course: section.course,
                variants: item.variants.iter().map(|v| v.id).collect(),
                groups: dish.groups.iter().map(|g| (&GROUPS[*g], groups[*g].1.clone())).collect(),
            });
        }
        offers.push(of_section);
    }
    Ok((offers, food))
}

fn groups(tx: &Tx<'_>, stamp: &Stamp) -> Result<Vec<(GroupId, Vec<OptionId>)>> {
    let add = |choice: &Choice| -> Result<(GroupId, Vec<OptionId>)> {
        let option = |(name, price, allergens): &(&str, i64, &str)| NewOption {
            allergens: words(allergens),
            ..NewOption::plain(name, Money::new(*price))
        };
        let options = choice.options.iter().map(option).collect();
        let (min, max) = (choice.min, choice.max);
        let new = NewGroup { name: choice.name.to_owned(), min, max, free_quantity: 0, options };
        let group = menu::add_group(tx, stamp, &new)?;
        Ok((group.id, group.options.iter().map(|o| o.id).collect()))
    };
    GROUPS.iter().map(add).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// What the house charges by itself, and what its receipts say.
fn rules(tx: &Tx<'_>, stamp: &Stamp, food: TaxClassId) -> Result<()> {
    let cover = ServiceCharge {
        id: None,
        name: "Coperto".to_owned(),
        how: ChargeHow::PerGuest(Money::new(200)),
        of: ChargeBase::BeforeDiscounts,
        min_guests: None,
        optional: true,
        tax: ChargeTax::Class(food),
        goes_to: GoesTo::House,
    };
    let large_parties = ServiceCharge {
        id: None,
        name: "Service, parties of eight and more".to_owned(),
        how: ChargeHow::Percent(Rate::new(100_000)),
        of: ChargeBase::AfterDiscounts,
        min_guests: Some(8),
        optional: true,
        tax: ChargeTax::None,
        goes_to: GoesTo::Staff,
    };
    let edit = Edit {
        legal_name: Some("Osteria del Ponte S.r.l.".to_owned()),
        address: Some("Via dell'Esempio 12\n00100 Roma".to_owned()),
        country: Some("IT".to_owned()),
        vat_id: Some("IT00000000000".to_owned()),
        cash_rounding: Some(Money::new(5)),
        receipt_footer: Some("Grazie e a presto!".to_owned()),
        service_charges: Some(vec![cover, large_parties]),
        ..Edit::default()
    };
    settings::edit(tx, stamp, edit)?;
    Ok(())
}

fn ready_discounts(tx: &Tx<'_>, stamp: &Stamp) -> Result<Vec<DiscountId>> {
    let percent = |percent: i64| DiscountHow::Percent(Rate::new(percent * 10_000));
    let all = [
        ("Neighbours 10 %", percent(10)),
        ("Staff meal 50 %", percent(50)),
        ("Voucher 5 euro", DiscountHow::Amount(Money::new(500))),
    ];
    let add = |(name, how): (&str, DiscountHow)| -> Result<DiscountId> {
        let new = ReadyDiscount { id: (), name: name.to_owned(), how, lowers_tax_base: true };
        Ok(lists::add_discount(tx, stamp, new)?.id)
    };
    all.into_iter().map(add).collect()
}
