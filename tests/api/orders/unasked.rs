//! What nobody was asked for stays as it was: a line given away or cheapened does not grow, a limit is not gone
//! around in small steps or by a split, and more of a dish costs what it costs now.

use serde_json::{Value, json};

use super::scene::Night;

/// A waiter may do so much without a yes.
fn limits(n: &Night, limits: &Value) {
    n.house.as_("owner").patch("/settings").body(json!({"approvals": limits})).ok();
}

#[test]
fn what_is_given_away_does_not_grow() {
    let n = Night::new();
    let order = n.open(json!({"kind": "dine_in", "lines": [
        {"variant_id": n.pilsner, "quantity": 2},
        {"variant_id": n.burger, "quantity": 1, "modifiers": [{"option_id": n.rare}]},
    ]}));
    let (beer, burger) = (order.line(0), order.line(1));
    for line in [beer, burger] {
        order.post_by_manager(&format!("/lines/{line}/comp"), json!({"reason": "waited long"})).ok();
    }
    let edit = |line: i64, body: Value| order.patch(&format!("/lines/{line}"), body);
    edit(beer, json!({"quantity": 99})).refused("line_closed");
    let dearer = json!([{"option_id": n.rare}, {"option_id": n.bacon, "quantity": 3}]);
    edit(burger, json!({"modifiers": dearer})).refused("line_closed");
    // Fewer of it, or where it goes, is nobody's loss.
    edit(beer, json!({"quantity": 1})).ok();
    let now = edit(burger, json!({"seat": 2, "note": "well done"})).ok();
    assert_eq!((now.int("/total"), now.list("/checks/0/lines").len()), (0, 2));
}

#[test]
fn more_of_a_dish_costs_what_it_costs_now() {
    let n = Night::new();
    let order = n.order(&[(n.pilsner, 1), (n.carbonara, 1)]);
    let (beer, carbonara) = (order.line(0), order.line(1));
    let edit = |line: i64, body: Value| order.patch(&format!("/lines/{line}"), body);
    // By hand.
    order.post_by_manager(&format!("/lines/{carbonara}/price"), json!({"unit_price": 750, "reason": "cold"})).ok();
    let refused = edit(carbonara, json!({"quantity": 20})).refused("price_changed");
    assert_eq!(refused.at("/prices/0"), &json!({"variant_id": n.carbonara, "price": 1250}));
    // On the menu.
    edit(beer, json!({"quantity": 2})).ok();
    let item = order.now().int("/checks/0/lines/0/item_id");
    let costs = |price: i64| {
        let variants = json!({"variants": [{"id": n.pilsner, "name": "one", "price": price}]});
        n.manager.patch(&format!("/items/{item}")).if_match("*").body(variants).ok();
    };
    costs(520);
    edit(beer, json!({"quantity": 3})).refused("price_changed");
    assert_eq!(edit(beer, json!({"quantity": 1})).ok().int("/total"), 480 + 750);
    // Off the menu.
    costs(480);
    n.manager.delete(&format!("/items/{item}")).if_match("*").done();
    edit(beer, json!({"quantity": 2})).refused("invalid").at_fault("/quantity", "unknown");
    edit(beer, json!({"note": "cold"})).ok();
}

#[test]
fn what_stands_there_is_not_asked_of_a_dish_that_is_sold_out() {
    let n = Night::new();
    let burger = |option: i64| json!({"variant_id": n.burger, "quantity": 2, "modifiers": [{"option_id": option}]});
    let order = n.open(json!({"kind": "dine_in", "lines": [burger(n.rare)]}));
    let line = order.line(0);
    let edit = |body: Value| order.patch(&format!("/lines/{line}"), body);
    n.stock(n.burger, json!({"available": false}));
    edit(json!({"modifiers": [{"option_id": n.done}]})).ok();
    edit(json!({"quantity": 3})).refused("sold_out");
    // A countdown begun over it counts what comes on top.
    n.stock(n.burger, json!({"available": true, "remaining": 5}));
    edit(json!({"quantity": 3})).ok();
    assert_eq!(n.remaining(n.burger), 4);
    edit(json!({"quantity": 1})).ok();
    assert_eq!(n.remaining(n.burger), 5);
    // An option that is counted down is taken when it is chosen and comes back when it is not.
    let eggs = format!("/options/{}/availability", n.egg);
    n.manager.put(&eggs).body(json!({"available": true, "remaining": 2})).ok();
    let with = |eggs: i64| json!({"modifiers": [{"option_id": n.done}, {"option_id": n.egg, "quantity": eggs}]});
    edit(with(2)).ok();
    edit(with(3)).refused("sold_out");
    edit(json!({"quantity": 2})).refused("sold_out");
    edit(json!({"modifiers": [{"option_id": n.rare}]})).ok();
    edit(with(1)).ok();
    assert_eq!(edit(json!({"quantity": 2})).ok().int("/total"), 2 * 1600);
}

#[test]
fn amounts_off_count_over_all_checks_of_an_order() {
    let n = Night::new();
    limits(&n, &json!({"discount_amount": 1000}));
    let order = n.order(&[(n.carbonara, 4)]);
    let split = order.post("/split", json!({"evenly": 4})).created();
    let off = |check: usize, amount: i64| {
        let check = split.int(&format!("/checks/{check}/id"));
        order.post("/discounts", json!({"name": "Friend", "amount": amount, "check_id": check}))
    };
    off(0, 600).created();
    let refused = off(1, 500).refused("approval_needed");
    assert_eq!(refused.str("/permission"), "discount");
    off(1, 400).created();
    off(2, 1).refused("approval_needed");
}

#[test]
fn a_charge_that_is_taken_off_counts_and_is_not_shaken_off() {
    let n = Night::new();
    let charges = json!([{"name": "Service", "percent": "10", "optional": true, "tax": "as_lines"}]);
    n.house.as_("owner").patch("/settings").body(json!({"service_charges": charges})).ok();
    limits(&n, &json!({"discount_amount": 100}));
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let beer = order.line(1);
    let split = order.post("/checks", json!({"lines": [{"line_id": beer}]})).created();
    let charge = |check: usize| split.int(&format!("/checks/{check}/service_charges/0/id"));
    let check = |check: usize| split.int(&format!("/checks/{check}/id"));
    let remove =
        |charge: i64| n.waiter.delete(&order.path(&format!("/service-charges/{charge}"))).if_match(&order.etag());
    remove(charge(1)).ok();
    // 0.48 is off, 2.50 more would be too much, and so would another discount of 0.53.
    remove(charge(0)).refused("approval_needed");
    let discount =
        |amount: i64| order.post("/discounts", json!({"name": "Friend", "amount": amount, "check_id": check(0)}));
    discount(53).refused("approval_needed");
    discount(52).created();
    // Dishes that bear it do not go where it is off; there it is joined once it is off both.
    let refused = n
        .waiter
        .delete(&order.path(&format!("/checks/{}", check(0))))
        .if_match(&order.etag())
        .refused("charges_differ");
    assert_eq!(refused.at("/current/id"), &json!(order.id));
    let line = order.line(0);
    order.post(&format!("/lines/{line}/move"), json!({"check_id": check(1)})).refused("charges_differ");
    order.delete_by_manager(&format!("/service-charges/{}", charge(0))).ok();
    let joined = n.waiter.delete(&order.path(&format!("/checks/{}", check(1)))).if_match(&order.etag()).ok();
    assert_eq!(joined.int("/total"), 2980 - 52);
}
