//! What follows a dish from one check to another, each rule by its figures.

use comanda::store::Statement;
use serde_json::{Value, json};

use super::scene::{Night, Order, adds_up};
use crate::client::Answer;

/// A field of every check.
#[track_caller]
fn each(order: &Answer, field: &str) -> Vec<i64> {
    adds_up(order);
    order.list("/checks").iter().map(|check| check[field].as_i64().unwrap()).collect()
}

/// A field of every line that stands, by check.
#[track_caller]
fn lines(order: &Answer, field: &str) -> Vec<Vec<i64>> {
    adds_up(order);
    let of = |check: &Value| {
        let lines = check["lines"].as_array().unwrap().iter().filter(|line| line["state"] != "voided");
        lines.map(|line| line[field].as_i64().unwrap()).collect()
    };
    order.list("/checks").iter().map(of).collect()
}

#[track_caller]
fn evenly(order: &Order<'_>, parts: i64) -> Answer {
    order.post("/split", json!({"evenly": parts})).created()
}

#[track_caller]
fn off(order: &Order<'_>, body: Value) -> Answer {
    order.post_by_manager("/discounts", body).created()
}

/// A dish under taxes on top of its price: its variant.
fn taxed(n: &Night, price: i64, rates: &[(&str, bool)]) -> i64 {
    let rate = |(rate, compound): &(&str, bool)| json!({"name": format!("T {rate}"), "rate": rate, "included": false, "compound": compound});
    let rates: Vec<Value> = rates.iter().map(rate).collect();
    let class =
        n.manager.post("/tax-classes").body(json!({"name": format!("Top {price}"), "rates": rates})).created().id();
    let variants = json!([{"name": "one", "price": price}]);
    let item =
        json!({"name": format!("Taxed {price}"), "category_id": n.food, "tax_class": class, "variants": variants});
    n.manager.post("/items").body(item).created().int("/variants/0/id")
}

fn charge(n: &Night, charges: &Value) {
    n.house.as_("owner").patch("/settings").body(json!({"service_charges": charges})).ok();
}

fn a_charge(more: &Value) -> Value {
    let mut charge =
        json!({"name": "Service", "of": "after_discounts", "optional": true, "tax": "none", "goes_to": "house"});
    charge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    charge
}

#[test]
fn weighed_dishes_are_rounded_as_a_whole() {
    let n = Night::new();
    // Two of 0.111 kg are 9.99; one alone would be 5.00.
    let order = n.open(json!({"kind": "dine_in", "lines": [
        {"variant_id": n.steak, "quantity": 2, "measure": "0.111"}, {"variant_id": n.pilsner, "quantity": 1}
    ]}));
    let steak = order.line(0);
    let split = order.post("/checks", json!({"lines": [{"line_id": steak, "quantity": 1}]})).created();
    assert_eq!(lines(&split, "list_amount"), [vec![500, 480], vec![499]]);
    let back = n.waiter.delete(&order.path(&format!("/checks/{}", split.int("/checks/1/id")))).if_match("*").ok();
    assert_eq!(lines(&back, "list_amount"), [vec![999, 480]]);
    // A part that is given away or taken off is such a part too.
    order.post_by_manager(&format!("/lines/{steak}/comp"), json!({"quantity": 1})).ok();
    assert_eq!(lines(&order.now(), "list_amount"), [vec![500, 480, 499]]);
    // Of the one that is left somebody wants two after all: it costs what two cost.
    order.patch(&format!("/lines/{steak}"), json!({"quantity": 2})).ok();
    assert_eq!(lines(&order.now(), "list_amount"), [vec![999, 480, 499]]);
}

#[test]
fn a_tax_on_top_is_parted_and_one_inside_is_found_anew() {
    let n = Night::new();
    let one = taxed(&n, 1000, &[("8.875", false)]);
    let order = n.order(&[(one, 1)]);
    assert_eq!(each(&order.now(), "total"), [1089]);
    let split = evenly(&order, 3);
    assert_eq!((each(&split, "subtotal"), each(&split, "tax_total")), (vec![334, 333, 333], vec![30, 30, 29]));
    assert_eq!(each(&split, "total"), [364, 363, 362]);
    // By themselves two of them would be 30 and 30.
    let third = split.int("/checks/2/id");
    let more = json!({"check_id": third, "lines": [{"variant_id": one, "quantity": 1}]});
    assert_eq!(each(&order.post("/lines", more).ok(), "tax_total"), [30, 30, 30 + 89]);

    let order = n.order(&[(n.carbonara, 1)]);
    let split = evenly(&order, 3);
    assert_eq!((each(&split, "total"), each(&split, "tax_total")), (vec![417, 417, 416], vec![38, 38, 38]));
}

#[test]
fn rounded_per_check_a_rate_on_top_is_parted_too() {
    let n = Night::new();
    n.house.as_("owner").patch("/settings").body(json!({"tax_rounding": "per_check"})).ok();
    let three = taxed(&n, 1589, &[("6", false), ("6", false), ("3", true)]);
    // The published example: two of 15.89 are 36.67 rounded once; apart they would be 18.34 each.
    let order = n.order(&[(three, 1), (three, 1)]);
    assert_eq!(each(&order.now(), "total"), [3667]);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    assert_eq!(each(&split, "total").iter().sum::<i64>(), 3667);
    assert_eq!(each(&split, "subtotal"), [1589, 1589]);
    for at in 0..2 {
        let check = split.int(&format!("/checks/{at}/id"));
        order.post("/payments", json!({"tender": "cash", "check_id": check})).created();
    }
}

#[test]
fn a_percentage_follows_its_lines_and_reaches_what_comes_later() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1), (n.cigar, 1)]);
    // 10 % of 18.50, never of the cigar.
    off(&order, json!({"name": "Friends", "percent": "10"}));
    assert_eq!(each(&order.now(), "discount_total"), [185]);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    assert_eq!(each(&split, "discount_total"), [125, 60]);
    assert_eq!(split.at("/checks/1/discounts/0/applies_to"), "check");
    let second = split.int("/checks/1/id");
    let more = json!({"check_id": second, "lines": [{"variant_id": n.pilsner, "quantity": 1}]});
    assert_eq!(each(&order.post("/lines", more).ok(), "discount_total"), [125, 108]);
    // With a line it does not reach it is of those it reaches.
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}, {"line_id": order.line(0)}]}));
    assert_eq!(split.refused("invalid").str("/errors/0/code"), "nothing_left");
}

#[test]
fn a_line_that_comes_keeps_its_price() {
    let n = Night::new();
    let (here, there) = (n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]), n.order(&[(n.pilsner, 2)]));
    off(&here, json!({"name": "Ten", "percent": "10"}));
    off(&there, json!({"name": "Half", "percent": "50"}));
    here.post(&format!("/lines/{}/move", here.line(1)), json!({"order_id": there.id})).ok();
    let now = there.now();
    assert_eq!(lines(&now, "total"), [vec![540, 480]]);
    assert_eq!(now.list("/checks/0/discounts").len(), 2);
    // What is added there is reached by its own discount, what came is not, now and after it changed.
    let more = json!({"lines": [{"variant_id": n.tiramisu, "quantity": 1}]});
    assert_eq!(lines(&there.post("/lines", more).ok(), "total"), [vec![540, 480, 300]]);
    // Back home it is under its old discount alone.
    let came = there.now().int("/checks/0/lines/0/id");
    there.post(&format!("/lines/{came}/move"), json!({"order_id": here.id})).ok();
    assert_eq!(
        (lines(&here.now(), "total"), lines(&there.now(), "total")),
        (vec![vec![1125, 540]], vec![vec![480, 300]])
    );
    assert_eq!(here.now().list("/checks/0/discounts").len(), 1);
    let more = json!({"lines": [{"variant_id": n.tiramisu, "quantity": 1}]});
    assert_eq!(lines(&here.post("/lines", more).ok(), "total"), [vec![1125, 540, 540]]);
}

#[test]
fn an_amount_is_parted_by_what_it_took_off() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]);
    off(&order, json!({"name": "Voucher", "amount": 500}));
    // 5.00 on 18.50: 3.38 and 1.62.
    assert_eq!(lines(&order.now(), "discount"), [vec![338, 162]]);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    assert_eq!(each(&split, "discount_total"), [338, 162]);
    assert_eq!((split.int("/checks/0/discounts/0/amount"), split.int("/checks/1/discounts/0/amount")), (338, 162));
    let second = split.int("/checks/1/id");
    let back = n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match("*").ok();
    assert_eq!((back.int("/checks/0/discounts/0/amount"), back.list("/checks/0/discounts").len()), (500, 1));
    // On a line it goes with the line, and with each part of it.
    let order = n.order(&[(n.carbonara, 2), (n.tiramisu, 1)]);
    off(&order, json!({"name": "Sorry", "amount": 301, "line_id": order.line(0)}));
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(0), "quantity": 1}]})).created();
    assert_eq!(lines(&split, "discount"), [vec![151, 0], vec![150]]);
    let back = n.waiter.delete(&order.path(&format!("/checks/{}", split.int("/checks/1/id")))).if_match("*").ok();
    assert_eq!((lines(&back, "discount"), back.int("/checks/0/discounts/0/amount")), (vec![vec![301, 0]], 301));
}

#[test]
fn charges_are_parted_by_what_the_lines_cost() {
    let n = Night::new();
    charge(
        &n,
        &json!([
            a_charge(&json!({"percent": "10"})),
            a_charge(&json!({"name": "Cover", "per_guest": 150, "of": "before_discounts"})),
            a_charge(&json!({"name": "Table", "amount": 100})),
        ]),
    );
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]);
    // 1.85, twice 1.50 and 1.00 on 18.50.
    let before = order.now().int("/total");
    assert_eq!(before, 1850 + 185 + 300 + 100);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    let charges = |at: usize| -> Vec<i64> {
        split.list(&format!("/checks/{at}/service_charges")).iter().map(|c| c["total"].as_i64().unwrap()).collect()
    };
    assert_eq!((charges(0), charges(1)), (vec![125, 203, 68], vec![60, 97, 32]));
    assert_eq!(each(&split, "total").iter().sum::<i64>(), before);
    // Fixed ones stay so parted, whoever comes.
    let patched = order.patch("", json!({"guests": 6})).ok();
    assert_eq!(each(&patched, "total"), each(&split, "total"));
    let second = split.int("/checks/1/id");
    order.patch("", json!({"guests": 2})).ok();
    let back = n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match("*").ok();
    assert_eq!(back.int("/total"), before);
    // Whole again, the cover follows the guests.
    assert_eq!(order.patch("", json!({"guests": 3})).ok().int("/total"), before + 150);
}

#[test]
fn guests_of_both_tables_pay_their_covers() {
    let n = Night::new();
    charge(
        &n,
        &json!([
            a_charge(&json!({"name": "Cover", "per_guest": 150})),
            a_charge(&json!({"percent": "20", "min_guests": 4}))
        ]),
    );
    let (here, there) = (n.order(&[(n.carbonara, 1)]), n.order(&[(n.tiramisu, 1)]));
    assert_eq!(here.now().int("/total") + there.now().int("/total"), 1850 + 600);
    // Four are a party: what is asked of so many is asked of them now.
    let merged = here.post("/merge", json!({"order_id": there.id})).ok();
    assert_eq!((merged.int("/guests"), merged.int("/total")), (4, 1850 + 600 + 370));
    let back = here.post("/undo", json!({})).ok();
    assert_eq!((back.int("/total"), there.now().int("/total")), (1550, 900));
    let kept = here.post("/merge", json!({"order_id": there.id, "keep_checks": true})).ok();
    assert_eq!(each(&kept, "total"), [1250 + 300 + 250, 600 + 300 + 120]);
}

#[test]
fn a_line_is_charged_as_the_check_it_stands_on() {
    let n = Night::new();
    charge(&n, &json!([a_charge(&json!({"percent": "10"}))]));
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    assert_eq!(each(&split, "service_total"), [125, 60]);
    let gone = split.int("/checks/1/service_charges/0/id");
    order.delete_by_manager(&format!("/service-charges/{gone}")).ok();
    let first = split.int("/checks/0/id");
    let moved =
        order.post(&format!("/lines/{}/move", split.int("/checks/1/lines/0/id")), json!({"check_id": first})).ok();
    assert_eq!(each(&moved, "service_total"), [185]);
}

#[test]
fn comps_and_extras_stay_with_their_dish() {
    let n = Night::new();
    let order = n.open(json!({"kind": "dine_in", "lines": [
        {"variant_id": n.burger, "quantity": 1, "modifiers": [{"option_id": n.rare}, {"option_id": n.bacon, "quantity": 2}]},
        {"variant_id": n.tiramisu, "quantity": 1},
    ]}));
    order.post_by_manager(&format!("/lines/{}/comp", order.line(1)), json!({"reason": "birthday"})).ok();
    let split = evenly(&order, 2);
    assert_eq!(lines(&split, "list_amount"), [vec![900, 300], vec![900, 300]]);
    assert_eq!(each(&split, "total"), [900, 900]);
    assert_eq!(split.int("/checks/1/lines/1/comp/amount"), 300);
    assert_eq!(split.list("/checks/1/lines/0/modifiers").len(), 2);
    let bill = n.waiter.post(&order.path("/bill")).body(json!({"check_id": split.at("/checks/1/id")}));
    let bill = bill.accept("text/plain").ok();
    assert!(bill.text().contains("1/2 Burger"), "{}", bill.text());
    for at in 0..2 {
        let check = split.int(&format!("/checks/{at}/id"));
        order.post("/payments", json!({"tender": "cash", "check_id": check})).created();
    }
    let comps = n.manager.get("/reports/comps?from=2026-11-20&to=2026-11-20").ok();
    let sum = |field: &str| comps.list("/rows").iter().map(|row| row[field].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("amount"), sum("quantity")), (600, 1));
}

#[test]
fn it_is_taxed_as_it_was_ordered() {
    let n = Night::new();
    let here = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let there = n.open(json!({"kind": "takeaway", "lines": [{"variant_id": n.tiramisu, "quantity": 1}]}));
    here.post(&format!("/lines/{}/move", here.line(0)), json!({"order_id": there.id})).ok();
    let now = there.now();
    // 4 % taken away, 10 % at the table.
    assert_eq!(
        (lines(&now, "tax"), now.str("/checks/0/lines/0/service").to_owned()),
        (vec![vec![114, 23]], "dine_in".to_owned())
    );
}

#[test]
fn a_voucher_is_paid_whole() {
    let n = Night::new();
    let class = n.manager.post("/tax-classes").body(json!({"name": "None", "rates": []})).created().id();
    let item = json!({"name": "Voucher", "category_id": n.food, "tax_class": class, "counts_as": "gift_voucher",
        "variants": [{"name": "one", "price": 5000}]});
    let voucher = n.manager.post("/items").body(item).created().int("/variants/0/id");
    let order = n.order(&[(voucher, 1), (n.carbonara, 1)]);
    let share = json!({"lines": [{"line_id": order.line(0), "share": "1/2"}]});
    order.post("/checks", share).refused("invalid").at_fault("/lines/0/line_id", "not_shared");
    assert_eq!(lines(&evenly(&order, 2), "total"), [vec![5000, 625], vec![625]]);
    let order = n.order(&[(voucher, 1)]);
    order.post("/split", json!({"evenly": 2})).refused("invalid").at_fault("/evenly", "nothing_to_split");
    let order = n.order(&[(voucher, 2)]);
    assert_eq!(lines(&evenly(&order, 2), "total"), [vec![5000], vec![5000]]);
}

static COMBO: Statement = Statement::new("test.combo", "update lines set parent_line_id = ?2 where id = ?1");

#[test]
fn a_combo_goes_whole() {
    let n = Night::new();
    let (order, other) = (n.order(&[(n.carbonara, 2), (n.pilsner, 4), (n.tiramisu, 1)]), n.order(&[(n.cigar, 1)]));
    let (combo, part) = (order.line(0), order.line(1));
    n.house.running().house().store.write_blocking(move |tx| Ok(tx.run(&COMBO, (part, combo))?)).unwrap();
    order.send();
    let alone = order.post("/checks", json!({"lines": [{"line_id": part}]}));
    alone.refused("invalid").at_fault("/lines/0/line_id", "part_of_combo");
    let split = order.post("/checks", json!({"lines": [{"line_id": combo, "quantity": 1}]})).created();
    assert_eq!(lines(&split, "quantity"), [vec![1, 2, 1], vec![1, 2]]);
    assert_eq!(split.at("/checks/1/lines/1/parent_line_id"), split.at("/checks/1/lines/0/id"));
    let second = split.int("/checks/1/id");
    let back = n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match("*").ok();
    assert_eq!(lines(&back, "quantity"), [vec![2, 4, 1]]);
    let split = evenly(&order, 2);
    assert_eq!(split.at("/checks/1/lines/1/parent_line_id"), split.at("/checks/1/lines/0/id"));
    order.post("/undo", json!({})).ok();
    order.post(&format!("/lines/{combo}/move"), json!({"order_id": other.id})).ok();
    assert_eq!(
        (lines(&order.now(), "quantity"), lines(&other.now(), "quantity")),
        (vec![vec![1]], vec![vec![2, 4, 1]])
    );
    other.send();
    assert!(order.send().is_empty());
}
