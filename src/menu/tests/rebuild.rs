//! The menu put together from parts, against the menu read whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use crate::cache::{self, Cache, Coding, Namespace};
use crate::error::Result;
use crate::journal::{self, Stamp};
use crate::kernel::clock::{Clock, ManualClock};
use crate::kernel::day::{Cutoff, UtcMs, Zone};
use crate::kernel::ids::{CategoryId, GroupId, ItemId, OptionId, VariantId};
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::kernel::service::Service;
use crate::menu::http::tree;
use crate::menu::model::*;
use crate::menu::ops;
use crate::store::{Config, Store, Tx};

const ITEMS: i64 = 12;
const START_MS: i64 = 1_790_000_000_000;

/// A file with a menu, and a cache that hears of no commit: what holds is told by the file alone.
struct Kitchen {
    store: Store,
    cache: Cache,
    clock: Arc<ManualClock>,
    folder: PathBuf,
}

impl Drop for Kitchen {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn option(name: &str, price: i64) -> NewOption {
    NewOption::plain(name, Money::new(price))
}

fn variant(name: &str, price: i64) -> NewVariant {
    NewVariant { name: name.to_owned(), sku: None, price: Some(Money::new(price)), sold_by: SoldBy::Each }
}

impl Kitchen {
    /// Three categories of four items with two variants each; two groups of two options, every other item
    /// offers one of them, every third both.
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("comanda-rebuild-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(Config::new(folder.join("m.db")), Arc::new(()), &crate::app::statements()).unwrap();
        let clock = Arc::new(ManualClock::at(UtcMs::new(START_MS)));
        let zone = Zone::parse("Europe/Rome").unwrap();
        let made =
            move |tx: &Tx<'_>| journal::ops::create_site(tx, &zone, Cutoff::from_minutes(240), UtcMs::new(START_MS));
        store.write_blocking(made).unwrap();
        let kitchen = Self { store, cache: Cache::new(cache::Config::default()), clock, folder };
        kitchen.write(|tx, stamp| {
            let tax = ops::no_tax_class(tx, stamp)?;
            for name in ["Sauces", "Sides"] {
                let options = vec![option("one", 0), option("other", 50)];
                ops::add_group(
                    tx,
                    stamp,
                    &NewGroup { name: name.to_owned(), min: 0, max: 2, free_quantity: 0, options },
                )?;
            }
            for n in 0..3 {
                ops::add_category(tx, stamp, NewCategory { name: format!("Category {n}"), ..NewCategory::default() })?;
            }
            for n in 0..ITEMS {
                let groups = [GroupId::new(1), GroupId::new(2)];
                let groups = match n % 6 {
                    0 => groups.to_vec(),
                    2 | 4 => groups[..1].to_vec(),
                    3 => groups[1..].to_vec(),
                    _ => Vec::new(),
                };
                let new = NewItem {
                    name: format!("Dish {n}"),
                    description: "of the \"house\"".to_owned(),
                    category: CategoryId::new(n % 3 + 1),
                    tax_class: tax,
                    station: None,
                    allergens: vec!["milk".to_owned()],
                    discountable: true,
                    counts_as: CountsAs::Sale,
                    position: None,
                    variants: vec![variant("small", 800), variant("large", 1200)],
                    groups,
                    parts: Vec::new(),
                    sold: Vec::new(),
                };
                ops::put_item(tx, stamp, &new)?;
            }
            Ok(())
        });
        kitchen
    }

    /// What is refused changes nothing, as for anybody.
    fn write(&self, job: impl FnOnce(&Tx<'_>, &Stamp) -> Result<()> + Send + 'static) {
        let clock = Arc::clone(&self.clock);
        let written = self.store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, None)?;
            job(tx, &stamp)
        });
        assert!(!matches!(written, Err(crate::error::Error::Fault(_))), "{written:?}");
    }

    /// Reads the menu by parts, which must be what it is read whole; how many parts had to be made.
    fn look(&self) -> u64 {
        let (now, cache) = (self.now(), self.cache.clone());
        let before = self.misses();
        let (parts, whole) =
            self.store.read_blocking(|db| Ok((tree::fill(db, now, &cache)?, tree::whole(db, now)?))).unwrap();
        let text = |filled: &cache::Filled| String::from_utf8(filled.body.json.to_vec()).unwrap();
        assert_eq!(text(&parts), text(&whole));
        assert_eq!(parts.body.etag(Coding::Identity), whole.body.etag(Coding::Identity));
        assert_eq!(parts.until_ms, whole.until_ms);
        self.misses() - before
    }

    fn now(&self) -> UtcMs {
        self.clock.now()
    }

    fn misses(&self) -> u64 {
        self.cache.stats().iter().find(|s| s.namespace == Namespace::Items).unwrap().misses
    }

    /// How often a statement ran, and rows it brought.
    fn runs(&self, name: &str) -> (u64, u64) {
        let meter = self.store.timing().statement_named(name).unwrap();
        (meter.runs.count(), meter.rows())
    }
}

/// One random edit, and time that goes by.
fn edit(kitchen: &Kitchen, (what, which, n): (u8, i64, i64)) {
    let item = ItemId::new(which % (ITEMS + 2) + 1);
    let change =
        |change: ItemChange| kitchen.write(move |tx, stamp| ops::change_item(tx, stamp, item, change).map(drop));
    let told = |available, remaining, until| NewStock::Told { available, remaining, until };
    let stock = |subject: Subject, new: NewStock| {
        kitchen.write(move |tx, stamp| ops::set_stock(tx, stamp, subject, new).map(drop));
    };
    let subject = match which % 3 {
        0 => Subject::Item(item),
        1 => Subject::Variant(VariantId::new(which % (2 * ITEMS) + 1)),
        _ => Subject::Option(OptionId::new(which % 4 + 1)),
    };
    match what % 15 {
        0 => change(ItemChange { name: Some(format!("Dish no. {n}")), ..ItemChange::default() }),
        1 => change(ItemChange { category: Some(CategoryId::new(n % 3 + 1)), ..ItemChange::default() }),
        2 => change(ItemChange { position: Some(n % 5), ..ItemChange::default() }),
        3 => change(ItemChange {
            variants: Some(vec![VariantChange::Add(variant("only", n)), VariantChange::Add(variant("two", n + 1))]),
            ..ItemChange::default()
        }),
        4 => change(ItemChange { groups: Some(vec![GroupId::new(n % 2 + 1)]), ..ItemChange::default() }),
        5 => kitchen.write(move |tx, stamp| {
            let window = Window::new(127, 60 * (which % 24) as u16, 1440, None, None).unwrap();
            let sold = (n % 4 == 0).then(|| vec![SoldTime { window, service: None }]);
            let (name, position) = (Some(format!("C{n}")), Some(which % 4));
            let change = CategoryChange { name, position, sold, ..CategoryChange::default() };
            ops::change_category(tx, stamp, CategoryId::new(n % 3 + 1), change).map(drop)
        }),
        6 => kitchen.write(move |tx, stamp| {
            let options = (n % 2 == 0).then(|| vec![OptionChange::Add(option("new", n))]);
            let change = GroupChange { name: Some(format!("G{n}")), options, ..GroupChange::default() };
            ops::change_group(tx, stamp, GroupId::new(which % 2 + 1), change).map(drop)
        }),
        7 => stock(subject, told(false, None, None)),
        8 => stock(subject, told(n % 2 == 0, None, Some(Until::At(kitchen.now().plus_ms(60_000 + n * 1000))))),
        9 => stock(subject, if n % 2 == 0 { NewStock::Plenty } else { told(true, Some(n % 3 + 1), None) }),
        10 => kitchen.write(move |tx, stamp| ops::remove_item(tx, stamp, item)),
        11 => kitchen.write(move |tx, stamp| {
            let dish = VariantId::new(which % (2 * ITEMS) + 1);
            let choice = NewPartKind::Choice {
                name: "Side".to_owned(),
                min: n % 2,
                max: 2,
                options: vec![(VariantId::new(n % (2 * ITEMS) + 1), Money::new(n))],
            };
            let parts =
                vec![NewPart { share: None, what: NewPartKind::Dish(dish) }, NewPart { share: None, what: choice }];
            let change = ItemChange { parts: Some(parts), groups: Some(Vec::new()), ..ItemChange::default() };
            ops::change_item(tx, stamp, item, change).map(drop)
        }),
        12 => kitchen.write(move |tx, stamp| {
            // The options of one group open the other.
            let mut opening = option("opens", n);
            opening.groups = vec![GroupId::new(2 - n % 2)];
            let change = GroupChange { options: Some(vec![OptionChange::Add(opening)]), ..GroupChange::default() };
            ops::change_group(tx, stamp, GroupId::new(1 + n % 2), change).map(drop)
        }),
        13 => kitchen.write(move |tx, stamp| {
            let from = 60 * (which % 24) as u16;
            let window = Window::new(127, from, (from + 60 * (n % 5 + 1) as u16) % 1440 + 1, None, None).unwrap();
            if n % 2 == 0 {
                let service = Service::ALL.get(usize::try_from(which % 3).unwrap()).copied();
                let sold = Some(vec![SoldTime { window, service }]);
                let change = ItemChange { sold, ..ItemChange::default() };
                return ops::change_item(tx, stamp, item, change).map(drop);
            }
            let variant = VariantId::new(which % (2 * ITEMS) + 1);
            let what = match n % 3 {
                0 => Prices::Of(vec![(variant, Money::new(n))]),
                _ => Prices::Off { categories: vec![CategoryId::new(n % 3 + 1)], percent: Rate::new(100_000) },
            };
            let new = PriceTime { id: 0, name: "Happy".to_owned(), window, service: None, what };
            ops::add_price_time(tx, stamp, new).map(drop)
        }),
        _ => kitchen.clock.set(kitchen.now().plus_ms(n * 1000 * 60 * (1 + which % 20))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_menu_of_parts_is_the_menu_read_whole(
        edits in proptest::collection::vec((0_u8..15, 0_i64..100, 0_i64..100), 1..40),
    ) {
        let kitchen = Kitchen::new();
        kitchen.look();
        for next in edits {
            edit(&kitchen, next);
            kitchen.look();
        }
        prop_assert_eq!(kitchen.look(), 0, "read again with nothing changed");
    }
}

#[test]
fn an_edit_reads_its_own_item_and_no_other() {
    const OF_ONE: [&str; 4] = ["menu.item", "menu.variants_of", "menu.groups_of", "menu.options_of_item"];
    const OF_ALL: [&str; 5] = ["menu.items", "menu.variants", "menu.groups", "menu.options", "menu.item_groups"];
    let kitchen = Kitchen::new();
    assert_eq!(kitchen.look(), ITEMS as u64, "the first time everything is read");
    let fill = || {
        let (now, cache) = (kitchen.now(), kitchen.cache.clone());
        kitchen.store.read_blocking(|db| tree::fill(db, now, &cache)).unwrap();
    };
    let check = |what: &str, edit: &dyn Fn(), items: u64| {
        edit();
        let before = OF_ONE.map(|name| kitchen.runs(name).0);
        let (rows, all) = (kitchen.runs("menu.variants_of").1, OF_ALL.map(|name| kitchen.runs(name)));
        fill();
        assert_eq!(OF_ONE.map(|name| kitchen.runs(name).0), before.map(|runs| runs + items), "{what}");
        assert_eq!(kitchen.runs("menu.variants_of").1, rows + 2 * items, "rows after {what}");
        assert_eq!(OF_ALL.map(|name| kitchen.runs(name)), all, "{what} reads nothing of all");
        assert_eq!(kitchen.look(), 0, "{what}, twice");
    };
    let price = || {
        let keep = |id, price| {
            let price = Some(Some(Money::new(price)));
            VariantChange::Keep { id: VariantId::new(id), name: None, sku: None, price, sold_by: None }
        };
        let variants = Some(vec![keep(5, 850), keep(6, 1250)]);
        let change = ItemChange { variants, ..ItemChange::default() };
        kitchen.write(move |tx, stamp| ops::change_item(tx, stamp, ItemId::new(3), change).map(drop));
    };
    let out = |subject: Subject| {
        let new = NewStock::Told { available: false, remaining: None, until: None };
        kitchen.write(move |tx, stamp| ops::set_stock(tx, stamp, subject, new).map(drop));
    };
    let category = || {
        let change = CategoryChange { position: Some(9), ..CategoryChange::default() };
        kitchen.write(move |tx, stamp| ops::change_category(tx, stamp, CategoryId::new(1), change).map(drop));
    };
    let group = || {
        let change = GroupChange { name: Some("Salse".to_owned()), ..GroupChange::default() };
        kitchen.write(move |tx, stamp| ops::change_group(tx, stamp, GroupId::new(2), change).map(drop));
    };
    check("nothing", &|| (), 0);
    check("a price", &price, 1);
    check("a category's place", &category, 0);
    check("a variant that is out", &|| out(Subject::Variant(VariantId::new(1))), 1);
    check("an item that is out", &|| out(Subject::Item(ItemId::new(2))), 1);
    // Items 1, 4, 7 and 10 offer it.
    check("a group's name", &group, 4);
    check("an option that is out", &|| out(Subject::Option(OptionId::new(3))), 4);
    check("an item taken off", &|| kitchen.write(|tx, stamp| ops::remove_item(tx, stamp, ItemId::new(12))), 0);
}
