//! An order of several checks: each call says which.

use comanda::store::Statement;
use serde_json::{Value, json};

use super::scene::{Night, adds_up};

/// What splitting a bill leaves: a second check beside the first.
static SECOND: Statement = Statement::new(
    "test.second_check",
    "insert into checks (order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding,
       cash_rounding_when, version)
     select order_id, state, opened_business_date, tax_rounding, rounding_mode, cash_rounding, cash_rounding_when, version
     from checks where order_id = ?1",
);

#[test]
fn with_several_checks_every_call_says_which() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let id = order.id;
    let second = n.house.running().house().store.write_blocking(move |tx| Ok(tx.insert(&SECOND, (id,))?)).unwrap();
    let first = order.now().int("/checks/0/id");
    let line = || json!([{"variant_id": n.pilsner, "quantity": 1}]);
    let calls = |check: Value| {
        let with = |mut body: Value| {
            if !check.is_null() {
                body["check_id"] = check.clone();
            }
            body
        };
        [
            n.manager.post(&order.path("/lines")).body(with(json!({"lines": line()}))),
            n.manager.post(&order.path("/discounts")).if_match("*").body(with(json!({"name": "x", "percent": "10"}))),
            n.manager.post(&order.path("/bill")).body(with(json!({}))),
            n.manager.post(&order.path("/payments")).if_match("*").body(with(json!({"tender": "cash"}))),
            n.manager.post(&order.path("/close")).body(with(json!({}))),
        ]
    };
    let before = order.now().text();
    for call in calls(Value::Null) {
        call.refused("check_needed");
    }
    for call in calls(json!(99)) {
        call.refused("invalid").at_fault("/check_id", "unknown");
    }
    n.waiter.get(&order.path("/receipt")).refused("check_needed");
    assert_eq!(order.now().text(), before);

    // One is paid, and from then on it stands; the order is open until the other is.
    n.waiter.post(&order.path("/lines")).body(json!({"check_id": second, "lines": line()})).ok();
    let paid = n.waiter.post(&order.path("/payments")).if_match("*").body(json!({"tender": "cash", "check_id": first}));
    assert_eq!(paid.created().str("/order/state"), "open");
    let now = order.now();
    adds_up(&now);
    assert_eq!((now.int("/total"), now.int("/paid"), now.int("/due")), (1730, 1250, 480));
    let listed = n.waiter.get("/orders").ok();
    assert_eq!((listed.int("/items/0/total"), listed.int("/items/0/due"), listed.list("/items").len()), (1730, 480, 1));
    for call in calls(json!(first)) {
        call.refused("order_closed");
    }
    let line = format!("/lines/{}", now.int("/checks/0/lines/0/id"));
    order.patch(&line, json!({"seat": 1})).refused("order_closed");
    order.post_by_manager(&format!("{line}/void"), json!({"reason": "x"})).refused("order_closed");
    order.post_by_manager(&format!("{line}/comp"), json!({})).refused("order_closed");
    order.post_by_manager("/void", json!({"reason": "x"})).refused("already_paid");
    // What is paid keeps its rates when the rest is taken away.
    let taxed = order.patch("", json!({"service": "takeaway", "guests": 5})).ok();
    assert_eq!(taxed.at("/checks/0"), now.at("/checks/0"));
    let paid =
        n.waiter.post(&order.path("/payments")).if_match("*").body(json!({"tender": "cash", "check_id": second}));
    let paid = paid.created();
    assert_eq!((paid.str("/order/state"), paid.int("/order/due")), ("paid", 0));
    assert_ne!(paid.at("/order/checks/0/receipt_number"), paid.at("/order/checks/1/receipt_number"));
    n.waiter.get(&order.path(&format!("/receipt?check_id={second}"))).ok();
    let sales = n.manager.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=day").ok();
    assert_eq!((sales.int("/totals/orders"), sales.int("/totals/gross")), (1, 1730));
}
