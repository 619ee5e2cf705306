//! All-day counts: what is still to be made, over all tickets.

use serde_json::{Value, json};

use crate::orders::Night;

/// Lines as `quantity name (modifiers)`.
fn to_make(n: &Night, query: &str) -> Vec<String> {
    let all = n.house.as_("kitchen").get(&format!("/kitchen/all-day{query}")).ok();
    let line = |dish: &Value| {
        let (name, modifiers) = (dish["name"].as_str().unwrap(), dish["modifiers"].as_str().unwrap());
        format!("{} {name} ({modifiers})", dish["quantity"])
    };
    all.list("/items").iter().map(line).collect()
}

#[test]
fn equal_dishes_are_counted_together() {
    let n = Night::new();
    assert_eq!(to_make(&n, ""), Vec::<String>::new());
    let burger = |option: i64, quantity: i64, note: &str| json!({"variant_id": n.burger, "quantity": quantity, "note": note, "modifiers": [{"option_id": option}]});
    let lines = json!([burger(n.rare, 2, "no bun"), {"variant_id": n.pilsner, "quantity": 4}]);
    n.open(json!({"kind": "dine_in", "lines": lines})).send();
    n.house.clock.advance_ms(60_000);
    let held = json!({"variant_id": n.tiramisu, "quantity": 9, "hold": true});
    let lines = json!([burger(n.rare, 1, ""), burger(n.done, 1, ""), held]);
    n.open(json!({"kind": "dine_in", "lines": lines})).send();
    let (bar, food) = (format!("?station_id={}", n.bar), ["3 Burger (Rare)", "1 Burger (Done)"]);
    assert_eq!(to_make(&n, "?station_id=1"), food);
    assert_eq!(to_make(&n, &bar), ["4 Pilsner ()"]);
    assert_eq!(to_make(&n, ""), ["3 Burger (Rare)", "4 Pilsner ()", "1 Burger (Done)"]);
    let pass = n.manager.post("/stations").body(json!({"name": "Pass", "expo": true})).created().id();
    assert_eq!(to_make(&n, &format!("?station_id={pass}")).len(), 3);
    let first = n.house.as_("kitchen").get("/kitchen/all-day").ok();
    assert_eq!(first.str("/items/0/oldest_sent_at"), "2026-11-20T18:00:00.000+01:00");
    assert_eq!(first.str("/items/2/oldest_sent_at"), "2026-11-20T18:01:00.000+01:00");
    n.house.as_("kitchen").get("/kitchen/all-day?station=1").refused("invalid").at_fault("station", "unknown_field");
    // What nobody bumped since yesterday is not cooked tonight.
    n.house.at("2026-11-21T18:00:00+01:00");
    n.house.sign_in("kitchen").get("/kitchen/all-day").ok();
    assert_eq!(n.house.sign_in("kitchen").get("/kitchen/all-day").ok().at("/items"), &json!([]));
}

#[test]
fn what_is_cancelled_is_not_made() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3)]);
    let first = order.send()[0]["id"].clone();
    let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 2}]});
    n.waiter.post(&order.path("/lines")).body(more).ok();
    let second = order.send()[0]["id"].clone();
    let act = |ticket: &Value, act: &str| {
        n.house.as_("kitchen").post(&format!("/tickets/{ticket}/{act}")).ok();
    };
    let void = |at: usize, quantity: i64| {
        let body = json!({"quantity": quantity, "reason": "changed their mind"});
        order.post_by_manager(&format!("/lines/{}/void", order.line(at)), body).ok();
    };
    let is = |quantity: i64| {
        let expected: Vec<String> = (quantity > 0).then(|| format!("{quantity} Carbonara ()")).into_iter().collect();
        assert_eq!(to_make(&n, ""), expected);
    };
    is(5);
    void(0, 1);
    is(4);
    act(&first, "bump");
    is(2);
    act(&first, "recall");
    is(4);
    act(&first, "bump");
    // Cooked already: it is wasted, and the others are made all the same.
    void(0, 1);
    is(2);
    void(1, 1);
    is(1);
    // More of what was cancelled is one more to make.
    let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 1}]});
    n.waiter.post(&order.path("/lines")).body(more).ok();
    order.send();
    is(2);
    act(&second, "printed");
    is(2);
    act(&second, "bump");
    is(1);
}

#[test]
fn what_goes_to_another_table_is_counted_once() {
    let n = Night::new();
    let (order, other) = (n.order(&[(n.carbonara, 3)]), n.order(&[(n.pilsner, 1)]));
    order.send();
    let is = |quantity: i64| assert_eq!(to_make(&n, "?station_id=1"), [format!("{quantity} Carbonara ()")]);
    let to_other = json!({"order_id": other.id, "quantity": 1});
    order.post(&format!("/lines/{}/move", order.line(0)), to_other).ok();
    is(3);
    // Taken back where it is now, it is gone from the ticket it was sent on.
    let moved = other.line(1);
    other.post_by_manager(&format!("/lines/{moved}/void"), json!({"reason": "changed their mind"})).ok();
    is(2);
    let waiting = n.house.as_("kitchen").get("/tickets?state=waiting&station_id=1").ok();
    let line = waiting.at("/items/0/lines/0");
    assert_eq!((&line["quantity"], &line["cancelled"]), (&json!(3), &json!(1)));
    assert_eq!((waiting.int("/items/1/lines/0/of"), waiting.int("/items/1/lines/0/quantity")), (1, -1));
    let pass = n.house.as_("kitchen").get("/expo").ok();
    assert_eq!(pass.int("/orders/0/waiting"), 2);
}
