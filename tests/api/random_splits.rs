//! Bills split, moved, merged, joined, undone, changed and paid at random, on a file of their own: whatever was
//! done in whatever order, sums are what they were, the kitchen has what was ordered, and what is paid stays.

use std::collections::{BTreeMap, BTreeSet};

use comanda::error::{Error, Result};
use comanda::journal;
use comanda::kernel::ids::{CategoryId, CheckId, LineId, OrderId, StaffId, TableId, VariantId};
use comanda::kernel::money::Money;
use comanda::kernel::permission::Role;
use comanda::kernel::quantity::{Measure, Quantity};
use comanda::kernel::rate::Rate;
use comanda::kitchen;
use comanda::orders::load;
use comanda::orders::model::parts::Share;
use comanda::orders::model::{AppliesTo, Customer, IfMatch, Kind, Line, Off, Order, State};
use comanda::orders::ops::edit::{self, Edit};
use comanda::orders::ops::lines::{self, NewLine, Void};
use comanda::orders::ops::merge::{self, Merge};
use comanda::orders::ops::moving::{self, Where};
use comanda::orders::ops::open::{self, NewOrder};
use comanda::orders::ops::split::{self, How};
use comanda::orders::ops::{By, Piece, Take, Why, adjust, send, undo};
use comanda::payments::model::Asked;
use comanda::payments::ops::{self as payments, NewRefundCall, What};
use comanda::settings::model::TenderKind;
use comanda::store::Tx;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::harness::House;

/// One house; every sequence has orders of its own in it.
struct Bench {
    house: House,
    /// Included and exclusive rates, several, compounding, and none, some of them weighed; the last two are combos.
    variants: Vec<VariantId>,
    staff: StaffId,
    /// That of every other dish.
    category: CategoryId,
}

/// What is done, and three numbers that say to what.
type Act = (u8, u16, u16, u16);

impl Bench {
    fn new(settings: Value) -> Self {
        let house = House::open();
        let owner = house.as_("owner");
        owner.patch("/settings").body(settings).ok();
        let rate = |name: &str, rate: &str, included: bool, compound: bool| json!({"name": name, "rate": rate, "included": included, "compound": compound});
        let classes = [
            json!([rate("A", "10", true, false)]),
            json!([rate("S", "8.875", false, false)]),
            json!([rate("A", "22", true, false), rate("T", "5", false, false)]),
            json!([rate("X", "6", false, false), rate("Y", "6", false, false), rate("Z", "3", false, true)]),
            json!([]),
        ];
        let category = |name: &str| owner.post("/categories").body(json!({"name": name})).created().id();
        let categories = [category("Some"), category("Others")];
        let mut variants = Vec::new();
        for (at, rates) in classes.iter().enumerate() {
            let body = json!({"name": format!("Class {at}"), "rates": rates});
            let class = owner.post("/tax-classes").body(body).created().id();
            let prices = [199 + 137 * at as i64, 1000 + 55 * at as i64];
            for price in prices {
                let weighed = at < 2 && price > 999;
                let sold_by = if weighed { "kg" } else { "each" };
                let variants_of = json!([{"name": "one", "price": price, "sold_by": sold_by}]);
                let item = json!({
                    "name": format!("Dish {at} {price}"), "category_id": categories[variants.len() % 2], "tax_class": class,
                    "variants": variants_of, "discountable": at != 4,
                });
                variants.push(VariantId::new(owner.post("/items").body(item).created().int("/variants/0/id")));
            }
        }
        let combo = |price: i64, components: Value| {
            let item = json!({"name": format!("Combo {price}"), "category_id": categories[0], "tax_class": 1,
                "variants": [{"name": "one", "price": price}], "components": components});
            owner.post("/items").body(item).created().int("/variants/0/id")
        };
        let dish = |at: usize| variants[at].get();
        let parts = json!([{"variant_id": dish(0)}, {"variant_id": dish(4)}, {"variant_id": dish(8)}]);
        let shared = json!([{"variant_id": dish(2), "share": 2}, {"variant_id": dish(6), "share": 5}]);
        let combos = [combo(1501, parts), combo(998, shared)];
        variants.extend(combos.map(VariantId::new));
        let staff = StaffId::new(house.person("manager").staff_id);
        Self { house, variants, staff, category: CategoryId::new(categories[0]) }
    }

    fn write<T: Send + 'static>(&self, job: impl FnOnce(&Tx<'_>, &By) -> Result<T> + Send + 'static) -> Result<T> {
        let (house, staff) = (self.house.running().house(), self.staff);
        let clock = house.clock.clone();
        house.store.write_blocking(move |tx| {
            let stamp = journal::ops::stamp(tx, clock.as_ref(), None, Some(staff))?;
            job(tx, &By::new(stamp, Role::Manager))
        })
    }

    fn order(&self, id: OrderId) -> Order {
        self.house.running().house().store.read_blocking(|db| load::order(db, id)).unwrap()
    }

    fn line(&self, a: u16, b: u16) -> NewLine {
        let at = usize::from(a) % self.variants.len();
        let weighed = at == 1 || at == 3;
        NewLine {
            variant: self.variants[at],
            quantity: Quantity::parse(1 + i64::from(b % 4)).unwrap(),
            measure: weighed.then(|| Measure::from_thousandths(101 + i64::from(b % 977))),
            unit_price: None,
            service: None,
            seat: Some(i64::from(b % 3)).filter(|seat| *seat > 0),
            course: None,
            note: None,
            hold: false,
            modifiers: Vec::new(),
            components: Vec::new(),
            imported: false,
        }
    }

    fn open(&self, lines: Vec<NewLine>, guests: u32) -> OrderId {
        let new = NewOrder {
            kind: Kind::DineIn,
            table: None::<TableId>,
            another: false,
            tab_name: None,
            guests: Some(guests),
            customer: Customer::default(),
            due_at: None,
            note: None,
            lines,
            menu_version: None,
            source: None,
        };
        self.write(move |tx, by| open::open(tx, by, new)).unwrap().id
    }
}

/// Everything of a check that money sees.
fn face(order: &Order) -> Vec<String> {
    let line = |l: &Line| {
        let share = l.share.map_or(String::new(), |share| share.to_string());
        format!("{} {} {share} {:?} {}", l.id, l.quantity, l.amounts, l.state().as_str())
    };
    let of = |check: &comanda::orders::model::Check| {
        let lines = check.lines.iter().map(line).collect::<Vec<_>>().join("; ");
        let offs: Vec<String> = check.discounts.iter().map(|d| format!("{} {:?} {:?}", d.id, d.off, d.value)).collect();
        let charges: Vec<String> =
            check.charges.iter().map(|c| format!("{} {:?} {:?}", c.id, c.value, c.removed)).collect();
        format!("{} {:?} {:?} [{lines}] {offs:?} {charges:?} {:?}", check.id, check.state, check.totals, check.taxes)
    };
    order.checks.iter().map(of).collect()
}

/// What was paid: the receipts' checks with all that stands on them.
fn paid(order: &Order) -> Vec<String> {
    let check = |check: &comanda::orders::model::Check| {
        let lines: Vec<_> = check.lines.iter().map(|l| (l.id, l.quantity, l.share, l.amounts)).collect();
        format!("{} {:?} {lines:?} {:?} {:?}", check.id, check.totals, check.receipt, check.taxes)
    };
    order.checks.iter().filter(|c| c.state == State::Paid).map(check).collect()
}

fn total(orders: &[Order]) -> i64 {
    let checks = orders.iter().flat_map(|order| &order.checks).filter(|check| check.state != State::Voided);
    checks.map(|check| check.totals.total.minor()).sum()
}

/// What all that was ever on the orders costs by the menu.
fn listed(orders: &[Order]) -> i64 {
    let lines = orders.iter().filter(|order| order.merged_into.is_none()).flat_map(Order::lines);
    lines.map(|line| line.amounts.list.minor()).sum()
}

fn comes_to(orders: &[Order]) -> Vec<(CheckId, Money)> {
    orders.iter().flat_map(|order| &order.checks).map(|check| (check.id, check.totals.total)).collect()
}

/// Every payment as it was taken.
fn taken(orders: &[Order]) -> BTreeSet<(i64, [i64; 5])> {
    let payments = orders.iter().flat_map(|order| &order.checks).flat_map(|check| &check.payments);
    let of = |p: &comanda::orders::model::Payment| {
        (p.id.get(), [p.amount, p.tip, p.change, p.rounding, p.excess].map(Money::minor))
    };
    payments.map(of).collect()
}

fn alike(orders: &[Order]) -> bool {
    !orders.iter().flat_map(|order| &order.checks).flat_map(|check| &check.charges).any(|charge| charge.removed)
}

fn adds_up(order: &Order) -> Result<(), TestCaseError> {
    for check in &order.checks {
        let sum = |of: fn(&Line) -> Money| check.open_lines().map(|l| of(l).minor()).sum::<i64>();
        let charges: i64 = check.charges.iter().map(|c| c.value.minor()).sum();
        let offs: i64 = check.discounts.iter().map(|d| d.value.minor()).sum();
        prop_assert_eq!(check.totals.total.minor(), sum(|l| l.amounts.total) + charges);
        prop_assert_eq!(check.totals.subtotal.minor(), sum(|l| l.amounts.list));
        prop_assert_eq!(check.totals.discount.minor(), offs);
        prop_assert_eq!(check.totals.discount.minor(), sum(|l| l.amounts.discount));
        for l in check.open_lines() {
            let a = l.amounts;
            prop_assert!(a.list.minor() >= 0 && a.net.minor() >= 0 && a.tax.minor() >= 0, "{:?}", a);
            prop_assert!(a.comp.minor() + a.discount.minor() <= a.list.minor(), "{:?}", a);
        }
    }
    Ok(())
}

/// What the kitchen has of an order is what stands on it of what was sent; of a combo, its parts.
fn ledger(bench: &Bench, order: &Order) -> Result<(), TestCaseError> {
    let store = &bench.house.running().house().store;
    let range = (order.id.get() - 1, order.id.get());
    let known = store.read_blocking(|db| kitchen::ops::known(db, range)).unwrap();
    let mut wanted: BTreeMap<i64, i64> = BTreeMap::new();
    for line in order.lines().filter(|line| !line.voided && !line.combo && line.is_sent()) {
        *wanted.entry(line.origin().get()).or_default() += line.counted_thousandths();
    }
    for ((_, line), sum) in &known {
        prop_assert_eq!(*sum, wanted.remove(line).unwrap_or(0), "order {}, line {}", order.id, line);
    }
    prop_assert!(wanted.values().all(|sum| *sum == 0), "not told: {:?}", wanted);
    Ok(())
}

/// Of a dish of which a share stands anywhere, paid or not, one is counted: the kitchen has it.
fn shared(orders: &[Order]) -> Result<(), TestCaseError> {
    let mut dishes: BTreeMap<(i64, i64), bool> = BTreeMap::new();
    let lines = orders.iter().flat_map(Order::lines).filter(|line| !line.voided && line.share.is_some());
    for line in lines {
        *dishes.entry((line.origin().get(), line.quantity.thousandths())).or_default() |= line.counted;
    }
    for (dish, counted) in dishes {
        prop_assert!(counted, "nobody makes {:?}", dish);
    }
    Ok(())
}

fn pick<T>(all: &[T], n: u16) -> Option<&T> {
    all.get(usize::from(n) % all.len().max(1))
}

fn why() -> Why {
    Why { reason_id: None, reason: Some("so".to_owned()), approved_by: None }
}

enum Done {
    /// Sums are what they were.
    Moved,
    /// Everything is as it was before the step.
    Undone,
    /// No line is more or less; it may be voided, or cost something else.
    Marked,
    /// Money came or went, or the kitchen heard; no check comes to anything else.
    Money,
    /// Something else.
    Changed,
}

/// Does one thing, whatever that is for the orders as they are.
fn act(bench: &Bench, orders: &[Order], (what, a, b, c): Act) -> Option<Result<Done>> {
    let order = pick(orders, a)?;
    let other = pick(orders, a.wrapping_add(1 + b % 2))?.id;
    let (id, any) = (order.id, IfMatch::Any);
    if what % 24 == 19 {
        // Of a closed order too.
        let payment = order.checks.iter().flat_map(|check| &check.payments).nth(usize::from(c % 3))?.id;
        let what = if b % 2 == 0 { What::All } else { What::Amount(Money::new(1 + i64::from(c % 300))) };
        let call = NewRefundCall { what, tender: None, tip: None, why: why() };
        let back = bench.write(move |tx, by| payments::give_back(tx, by, payment, call));
        return Some(back.map(|_| Done::Money));
    }
    let open: Vec<&comanda::orders::model::Check> = order.checks.iter().filter(|c| c.state == State::Open).collect();
    let check = pick(&open, b)?;
    let standing: Vec<&Line> = check.open_lines().collect();
    let line = pick(&standing, c);
    let piece = |line: &Line| match (c / 7 % 4, line.quantity.whole()) {
        (0, n) if n > 1 => Piece::Quantity(Quantity::parse(1 + i64::from(b) % (n - 1)).unwrap()),
        (1, _) => Piece::Share(Share::parse(["1/2", "1/3", "2/3", "3/7"][usize::from(b % 4)]).unwrap()),
        _ => Piece::All,
    };
    let take = |line: &Line| Take { line: line.id, piece: piece(line), pointer: String::new() };
    let check_id: CheckId = check.id;
    let moved = |result: Result<Order>| Some(result.map(|_| Done::Moved));
    let changed = |result: Result<Order>| Some(result.map(|_| Done::Changed));
    let marked = |result: Result<Order>| Some(result.map(|_| Done::Marked));
    match what % 24 {
        0 => {
            let mut takes: Vec<Take> = vec![take(line?)];
            takes.extend(pick(&standing, c.wrapping_add(1)).filter(|l| l.id != takes[0].line).map(|l| take(l)));
            moved(bench.write(move |tx, by| split::onto_new(tx, by, id, &any, &takes)))
        }
        1 => {
            let how = How::Evenly(2 + usize::from(c % 4));
            moved(bench.write(move |tx, by| split::whole(tx, by, id, Some(check_id), &any, how)))
        }
        2 => moved(bench.write(move |tx, by| split::whole(tx, by, id, Some(check_id), &any, How::BySeat))),
        3 | 4 => {
            let (take, to) = (take(line?), Where::Check(pick(&open, b.wrapping_add(1))?.id));
            moved(bench.write(move |tx, by| moving::line(tx, by, id, &any, &take, to)))
        }
        5 => {
            let onto = orders.iter().find(|o| o.id == other)?;
            let onto = pick(&onto.checks, c)?.id;
            let mut take = take(line?);
            if b % 5 < 2 {
                // A dish that two tables share.
                take.piece = Piece::Share(Share::parse("1/2").unwrap());
            }
            let to = Where::Order(other, Some(onto), None);
            moved(bench.write(move |tx, by| moving::line(tx, by, id, &any, &take, to)))
        }
        6 => moved(bench.write(move |tx, by| moving::check(tx, by, id, check_id, &any, other, None))),
        7 | 8 => moved(bench.write(move |tx, by| moving::join(tx, by, id, check_id, &any))),
        9 => {
            let asked = Merge { from: other, version: None, keep_checks: c % 2 == 0 };
            moved(bench.write(move |tx, by| merge::merge(tx, by, id, &any, asked)))
        }
        10 | 11 => Some(bench.write(move |tx, by| undo::undo(tx, by, id, &any)).map(|_| Done::Undone)),
        12 => {
            let line = line?;
            let part = if line.share.is_none() && line.quantity.whole() > 1 && c % 2 == 0 {
                Some(Quantity::ONE)
            } else {
                None
            };
            let (line, void) = (line.id, Void { quantity: part, why: why(), wasted: false });
            marked(bench.write(move |tx, by| lines::void(tx, by, id, line, &any, void)))
        }
        13 => {
            let line: LineId = line?.id;
            marked(bench.write(move |tx, by| lines::comp(tx, by, id, line, &any, None, why())))
        }
        14 | 15 => {
            let applies_to = match c % 4 {
                0 => AppliesTo::Check,
                3 => AppliesTo::Categories(vec![bench.category]),
                1 => AppliesTo::Line(line?.id),
                _ => AppliesTo::Lines(standing.iter().map(|l| l.id).take(2).collect()),
            };
            let off = if b % 2 == 0 {
                Off::Percent(Rate::new(33_300 + i64::from(c) * 13))
            } else {
                Off::Amount(Money::new(1 + i64::from(c % 700)))
            };
            let new = adjust::NewDiscount {
                name: Some("off".to_owned()),
                off: Some(off),
                check: Some(check_id),
                applies_to,
                discount_id: None,
                lowers_tax_base: Some(c % 5 != 0),
                why: why(),
            };
            changed(bench.write(move |tx, by| adjust::discount(tx, by, id, &any, new)))
        }
        16 => {
            let discount = pick(&check.discounts, c)?.id;
            marked(bench.write(move |tx, by| adjust::remove_discount(tx, by, id, discount, &any)))
        }
        17 => {
            let all = check.totals.total.minor();
            let amount = (c % 3 == 0 && all > 1).then(|| Money::new(1 + i64::from(c) % (all - 1)));
            let (kind, tip) = match b / 7 % 3 {
                0 => (TenderKind::Cash, Money::ZERO),
                1 => (TenderKind::Card, Money::ZERO),
                _ => (TenderKind::Card, Money::new(1 + i64::from(c % 99))),
            };
            let new = payments::NewPayment {
                with: payments::With::Kind(kind),
                check: Some(check_id),
                asked: Asked { amount, tendered: None, tip, pending: false, vouched: false },
                tip_staff: None,
                reference: None,
                card_brand: None,
                card_last4: None,
                card_auth: None,
                client_ref: None,
                drawn: comanda::payments::ops::Drawn::default(),
            };
            Some(bench.write(move |tx, by| payments::take(tx, by, id, &any, new)).map(|_| Done::Money))
        }
        18 => Some(bench.write(move |tx, by| send::send(tx, by, id, &send::Which::Unheld)).map(|_| Done::Money)),
        20 => {
            let charge = pick(&check.charges, c).filter(|_| b % 4 == 0)?.id;
            changed(bench.write(move |tx, by| adjust::remove_charge(tx, by, id, charge, &any)))
        }
        21 => {
            let line = line?.id;
            let edit = Edit {
                quantity: (b % 2 == 0).then_some(Quantity::ONE),
                seat: Some(Some(1 + i64::from(c % 3))),
                ..Edit::default()
            };
            changed(bench.write(move |tx, by| edit::edit(tx, by, id, line, &any, &edit)))
        }
        22 => {
            let line = standing.iter().find(|line| line.comp.is_some())?.id;
            marked(bench.write(move |tx, by| lines::uncomp(tx, by, id, line, &any)))
        }
        _ => {
            let new = vec![bench.line(b, c), bench.line(c, a)];
            changed(bench.write(move |tx, by| lines::add(tx, by, id, Some(check_id), new, None)))
        }
    }
}

fn sequence(bench: &Bench, first: &[(u16, u16)], acts: &[Act]) -> Result<(), TestCaseError> {
    let half = first.len() / 2;
    let lines = |part: &[(u16, u16)]| part.iter().map(|(a, b)| bench.line(*a, *b)).collect::<Vec<_>>();
    let ids = [bench.open(lines(&first[..half]), 2), bench.open(lines(&first[half..]), 3), bench.open(Vec::new(), 1)];
    let read = || ids.iter().map(|id| bench.order(*id)).collect::<Vec<_>>();
    let mut before = read();
    // What each order was before its last step, and with which.
    let mut steps: BTreeMap<OrderId, Vec<(OrderId, Vec<String>)>> = BTreeMap::new();
    for step in acts {
        let done = match act(bench, &before, *step) {
            None => continue,
            Some(Err(Error::Fault(fault))) => return Err(TestCaseError::fail(format!("{step:?}: {fault}"))),
            Some(Err(Error::Refused(_))) => {
                let now = read();
                for (was, is) in before.iter().zip(&now) {
                    prop_assert_eq!(face(was), face(is), "refused, and changed: {:?}", step);
                }
                continue;
            }
            Some(Ok(done)) => done,
        };
        let now = read();
        let subject = pick(&before, step.1).map(|order| order.id).unwrap();
        match done {
            Done::Moved => {
                // Where a charge was taken off one check and not off another, a line is charged as the one it is on.
                if alike(&before) {
                    prop_assert_eq!(total(&before), total(&now), "{:?}: {:#?}\n{:#?}", step, before, now);
                }
                let concerned = before.iter().zip(&now).filter(|(was, is)| was.version != is.version);
                steps.insert(subject, concerned.map(|(was, _)| (was.id, face(was))).collect());
            }
            Done::Undone => {
                let was = steps.remove(&subject).ok_or_else(|| TestCaseError::fail("undone twice"))?;
                for (id, was) in was {
                    let is = now.iter().find(|order| order.id == id).map(face);
                    prop_assert_eq!(Some(was), is, "{:?}", step);
                }
            }
            Done::Marked => prop_assert_eq!(listed(&before), listed(&now), "{:?}", step),
            Done::Money => prop_assert_eq!(comes_to(&before), comes_to(&now), "{:?}", step),
            Done::Changed => {}
        }
        let kept = taken(&now);
        prop_assert!(taken(&before).is_subset(&kept), "money that was taken is not what it was: {:?}", step);
        for (was, is) in before.iter().zip(&now) {
            adds_up(is)?;
            ledger(bench, is)?;
            let kept = paid(is);
            for check in paid(was) {
                prop_assert!(kept.contains(&check), "what was paid is not what it was: {} {:?}", check, kept);
            }
        }
        shared(&now)?;
        before = now;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a failed run says how it is repeated")]
fn check(settings: Value) {
    let bench = Bench::new(settings);
    let acts = proptest::collection::vec((0..24_u8, any::<u16>(), any::<u16>(), any::<u16>()), 6..30);
    let first = proptest::collection::vec((any::<u16>(), any::<u16>()), 2..9);
    let config = Config {
        cases: std::env::var("COMANDA_CASES").map_or(100, |n| n.parse().unwrap()),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    // The same sequences each time, unless a seed is said: what a change breaks is told from what chance finds.
    let seed: u64 = std::env::var("COMANDA_SEED").map_or(1, |n| n.parse().unwrap());
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    println!("COMANDA_SEED={seed}");
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    if let Err(error) = runner.run(&(first, acts), |(first, acts)| sequence(&bench, &first, &acts)) {
        // The file need not hold any more.
        bench.house.by_hand();
        panic!("{error}");
    }
    let store = &bench.house.running().house().store;
    let broken = store.read_blocking(|db| comanda::upkeep::links::verify(db, |_, _| {})).unwrap();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn rounded_per_line_without_charges() {
    check(json!({"tax_rounding": "per_line", "cash_rounding": 5}));
}

#[test]
fn rounded_per_check_with_a_percentage_and_a_cover() {
    let charge = |more: Value| {
        let mut charge =
            json!({"name": "C", "of": "after_discounts", "optional": false, "tax": "as_lines", "goes_to": "house"});
        charge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        charge
    };
    let charges = json!([
        charge(json!({"name": "Service", "percent": "12.5"})),
        charge(json!({"name": "Cover", "per_guest": 170, "of": "before_discounts"})),
    ]);
    check(json!({"tax_rounding": "per_check", "rounding_mode": "half_even", "service_charges": charges}));
}

#[test]
fn rounded_per_line_with_charges_of_every_kind() {
    let charges = json!([
        {"name": "Table", "amount": 500, "of": "after_discounts", "optional": true, "tax": "as_lines", "goes_to": "staff"},
        {"name": "Service", "percent": "7.77", "of": "before_discounts", "optional": true, "tax": "none", "goes_to": "staff"},
    ]);
    check(json!({"tax_rounding": "per_line", "service_charges": charges}));
}

/// What was found at random once, on purpose: a combo, a discount on it or on one of its parts, split evenly and
/// joined; each other split and join takes back nothing of it.
#[test]
fn a_discount_follows_a_combo_apart_and_together() {
    let bench = Bench::new(json!({"tax_rounding": "per_line"}));
    let combos = bench.variants.len() as u16 - 2..bench.variants.len() as u16;
    for (combo, on) in combos.flat_map(|combo| (0..4).map(move |on| (combo, on))) {
        for (percent, later) in [(true, false), (false, false), (true, true), (false, true)] {
            let id = bench.open(vec![bench.line(combo, 4), bench.line(0, 4)], 2);
            let order = || bench.order(id);
            let off = if percent { Off::Percent(Rate::new(112_821)) } else { Off::Amount(Money::new(77)) };
            let line = |order: &Order| order.checks.last().unwrap().lines.iter().map(|l| l.id).nth(on);
            let give = |order: &Order| {
                let new = adjust::NewDiscount {
                    name: Some("off".to_owned()),
                    off: Some(off),
                    check: None,
                    applies_to: AppliesTo::Line(line(order).unwrap()),
                    discount_id: None,
                    lowers_tax_base: Some(true),
                    why: why(),
                };
                bench.write(move |tx, by| adjust::discount(tx, by, id, &IfMatch::Any, new)).unwrap();
            };
            let split = || bench.write(move |tx, by| split::whole(tx, by, id, None, &IfMatch::Any, How::Evenly(2)));
            if !later {
                give(&order());
            }
            let before = order();
            split().unwrap();
            let other = order().checks[1].id;
            if later {
                give(&order());
            }
            let apart = order();
            bench.write(move |tx, by| moving::join(tx, by, id, other, &IfMatch::Any)).unwrap();
            let joined = order();
            adds_up(&joined).unwrap();
            assert_eq!(total(&[apart]), total(std::slice::from_ref(&joined)), "{combo} {on} {off:?}");
            let heads = || joined.lines().filter(|line| line.combo);
            for head in heads() {
                let parts = joined.lines().filter(|line| line.parent == Some(head.id));
                assert_eq!(head.unit_price, Money::sum(parts.map(|part| part.unit_price)).unwrap(), "{combo} {on}");
            }
            if !later {
                assert_eq!((heads().count(), joined.checks[0].discounts.len()), (1, 1), "{combo} {on}");
                let worth = |order: &Order| (order.checks[0].discounts[0].value, order.checks[0].totals);
                assert_eq!(worth(&joined), worth(&before), "{combo} {on} {off:?}");
            }
        }
    }
}

/// What was found at random once, on purpose: of a check with charges that are no percentages all goes but a dish on
/// the house, and then that too, to an order put together with it.
#[test]
fn what_is_charged_goes_with_the_last_dish_also_where_that_costs_nothing() {
    let charge = |more: Value| {
        let mut charge =
            json!({"name": "C", "of": "before_discounts", "optional": false, "tax": "as_lines", "goes_to": "house"});
        charge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        charge
    };
    let covers = json!([charge(json!({"per_guest": 170})), charge(json!({"name": "Table", "amount": 500}))]);
    for keep in [0, 1] {
        let bench = Bench::new(json!({"tax_rounding": "per_check", "service_charges": covers}));
        let acts = [(13, 1, 0, 1), (5, 1, 3, 0), (9, 2, 1, keep), (10, 2, 0, 0)];
        sequence(&bench, &[(0, 0), (0, 0), (0, 0)], &acts).unwrap();
        let shown = bench.order(OrderId::new(2));
        assert!(shown.checks[0].charges.iter().all(|charge| !charge.value.is_zero()), "{:#?}", shown.checks);
    }
}
