//! Every value's fault at once, wherever they are found.

use serde_json::{Value, json};

use super::scene::Night;
use crate::client::Request;

/// The faults told are these, in this order.
#[track_caller]
fn check(request: Request, expected: &[(&str, &str)]) {
    let answer = request.refused("invalid");
    let told = answer.list("/errors").iter().map(|f| (f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap()));
    assert_eq!(told.collect::<Vec<_>>(), expected, "{}", answer.text());
    if expected.len() > 1 {
        assert_eq!(answer.str("/detail"), format!("{} values are not right.", expected.len()));
    }
}

#[test]
fn of_every_line_against_the_menu() {
    let n = Night::new();
    n.stock(n.tiramisu, json!({"available": true, "remaining": 5}));
    let plain = |variant: i64| json!({"variant_id": variant, "quantity": 1});
    let burger = |modifiers: Value| json!({"variant_id": n.burger, "quantity": 1, "modifiers": modifiers});
    let lines = json!([
        plain(n.tiramisu),
        plain(98),
        {"variant_id": n.steak, "quantity": 1, "unit_price": 5},
        {"variant_id": n.special, "quantity": 1, "measure": "0.5"},
        burger(json!([])),
        burger(json!([{"option_id": n.rare}, {"option_id": 98}, {"option_id": 99}])),
        burger(json!([{"option_id": n.rare, "quantity": 2}, {"option_id": n.egg, "quantity": 4}])),
        plain(99),
        plain(n.tiramisu),
    ]);
    let faults = [
        ("/lines/1/variant_id", "unknown"),
        ("/lines/2/unit_price", "not_open_price"),
        ("/lines/2/measure", "required"),
        ("/lines/3/unit_price", "required"),
        ("/lines/3/measure", "not_weighed"),
        ("/lines/4/modifiers", "out_of_range"),
        ("/lines/5/modifiers/1/option_id", "unknown"),
        ("/lines/5/modifiers/2/option_id", "unknown"),
        ("/lines/6/modifiers", "out_of_range"),
        ("/lines/6/modifiers", "out_of_range"),
        ("/lines/7/variant_id", "unknown"),
    ];
    check(n.waiter.post("/orders").body(json!({"kind": "dine_in", "lines": lines})), &faults);
    let order = n.order(&[(n.pilsner, 1)]);
    let before = order.now().text();
    check(n.waiter.post(&order.path("/lines")).body(json!({"lines": lines})), &faults);
    assert_eq!((order.now().text(), n.remaining(n.tiramisu)), (before, 5), "nothing half done");

    let order = n.open(json!({"kind": "dine_in", "lines": [burger(json!([{"option_id": n.rare}]))]}));
    let edit = json!({"modifiers": [{"option_id": 98}, {"option_id": 99}]});
    let unknown = [("/modifiers/0/option_id", "unknown"), ("/modifiers/1/option_id", "unknown")];
    check(order.patch(&format!("/lines/{}", order.line(0)), edit), &unknown);
}

#[test]
fn of_a_reason_beside_the_rest() {
    let n = Night::new();
    let order = n.order(&[(n.pilsner, 1)]);
    let line = format!("/lines/{}", order.line(0));
    let long = "x".repeat(1001);
    let both = [("/quantity", "out_of_range"), ("/reason", "too_long")];
    let part = json!({"quantity": 0, "reason": long});
    check(order.post_by_manager(&format!("{line}/void"), part.clone()), &both);
    check(order.post_by_manager(&format!("{line}/comp"), part), &both);
    let off = json!({"name": "x", "percent": "101", "reason": long});
    check(order.post_by_manager("/discounts", off), &[("/percent", "out_of_range"), ("/reason", "too_long")]);
    check(order.post_by_manager("/void", json!({"reason": long})), &[("/reason", "too_long")]);
}

#[test]
fn of_a_page_beside_its_filters() {
    let n = Night::new();
    let page = [("limit", "out_of_range"), ("page", "out_of_range")];
    check(
        n.waiter.get("/orders?state=x&kind=y&limit=0&page=0"),
        &[("state", "unknown_value"), ("kind", "unknown_value"), page[0], page[1]],
    );
    check(n.waiter.get("/tickets?state=x&limit=0&page=0"), &[("state", "unknown_value"), page[0], page[1]]);
    check(n.waiter.get("/orders?state=open&limit=0"), &page[..1]);
}
