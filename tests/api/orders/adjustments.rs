//! Given away, made cheaper, charged for service.

use serde_json::{Value, json};

use super::scene::{Night, adds_up};

#[test]
fn a_comp_takes_the_whole_line_and_can_be_taken_back() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    let line = order.line(0);
    let comp = format!("/lines/{line}/comp");
    order.post(&comp, json!({})).refused("approval_needed");
    let given = order.post_by_manager(&comp, json!({"quantity": 1, "reason": "birthday"})).ok();
    adds_up(&given);
    assert_eq!((given.int("/total"), given.int("/subtotal"), given.int("/discount_total")), (2980, 4230, 0));
    let part = given.at("/checks/0/lines/2").clone();
    let mara = n.house.person("manager").staff_id;
    assert_eq!(part["comp"], json!({"amount": 1250, "reason": "birthday", "by": mara, "approved_by": mara}));
    assert_eq!((&part["split_from"], &part["quantity"], &part["total"]), (&json!(line), &json!(1), &json!(0)));
    let part = part["id"].as_i64().unwrap();
    order.post_by_manager(&format!("/lines/{part}/comp"), json!({})).refused("line_closed");
    order.post_by_manager(&comp, json!({"quantity": 3})).refused("invalid").at_fault("/quantity", "out_of_range");

    let whole = order.post_by_manager(&comp, json!({"quantity": 2})).ok();
    assert_eq!((whole.int("/total"), whole.list("/checks/0/lines").len()), (480, 3));
    let back = order.delete_by_manager(&comp).ok();
    adds_up(&back);
    assert_eq!((back.int("/total"), back.at("/checks/0/lines/0/comp")), (2980, &json!(null)));
    order.delete_by_manager(&comp).refused("not_found");
    n.waiter.delete(&order.path(&comp)).if_match(&order.etag()).refused("approval_needed");
    // A comped line can be voided, and is no comp any more.
    let voided = order.post(&format!("/lines/{part}/void"), json!({})).ok();
    assert_eq!((voided.int("/subtotal"), voided.at("/checks/0/lines/2/comp")), (2980, &json!(null)));
    order.delete_by_manager(&format!("/lines/{part}/comp")).refused("line_closed");
    assert_eq!((n.records("line.comped").len(), n.records("comp.removed").len()), (2, 1));
}

#[test]
fn a_comp_comes_before_any_discount() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.carbonara, 1)]);
    let ten = order.post_by_manager("/discounts", json!({"name": "Ten", "percent": "10"})).created();
    assert_eq!(ten.int("/total"), 2250);
    let given = order.post_by_manager(&format!("/lines/{}/comp", order.line(0)), json!({})).ok();
    assert_eq!((given.int("/total"), given.int("/discount_total")), (1125, 125));
    assert_eq!((given.int("/checks/0/lines/0/comp/amount"), given.int("/checks/0/lines/0/discount")), (1250, 0));
    adds_up(&given);
}

#[test]
fn discounts_of_every_form() {
    let n = Night::new();
    // 2 × 12.50 + 6.00 food, 4.80 a drink, 5.00 never cheaper: 40.80.
    let check = |discount: Value, by_line: [i64; 4]| {
        let order = n.order(&[(n.carbonara, 2), (n.tiramisu, 1), (n.pilsner, 1), (n.cigar, 1)]);
        let mut discount = discount;
        for field in ["/line_id", "/applies_to/line_ids/0", "/applies_to/line_ids/1"] {
            if let Some(at) = discount.pointer_mut(field) {
                *at = json!(order.line(usize::try_from(at.as_u64().unwrap()).unwrap()));
            }
        }
        let given = order.post_by_manager("/discounts", discount.clone()).created();
        let off: Vec<i64> = (0..4).map(|at| given.int(&format!("/checks/0/lines/{at}/discount"))).collect();
        assert_eq!(off, by_line, "{discount}");
        assert_eq!(given.int("/total"), 4080 - by_line.iter().sum::<i64>());
        adds_up(&given);
        // More of the same is reached later; taken back, everything is as before.
        let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 1}]});
        adds_up(&n.waiter.post(&order.path("/lines")).body(more).ok());
        let id = given.int("/checks/0/discounts/0/id");
        let back = order.delete_by_manager(&format!("/discounts/{id}")).ok();
        assert_eq!((back.int("/total"), back.list("/checks/0/discounts").len()), (5330, 0));
        order.delete_by_manager(&format!("/discounts/{id}")).refused("not_found");
    };
    let (food, drinks) = (n.food, n.drinks);
    check(json!({"name": "Ten", "percent": "10"}), [250, 60, 48, 0]);
    check(json!({"name": "All", "percent": "100"}), [2500, 600, 480, 0]);
    // 3.58 spread over 25.00, 6.00 and 4.80 by largest remainder.
    check(json!({"name": "Coin", "amount": 358}), [250, 60, 48, 0]);
    check(json!({"name": "Much", "amount": 1_000_000}), [2500, 600, 480, 0]);
    check(json!({"name": "Line", "percent": "50", "line_id": 1}), [0, 300, 0, 0]);
    check(json!({"name": "Line", "amount": 700, "line_id": 1}), [0, 600, 0, 0]);
    check(json!({"name": "Cigar", "percent": "50", "line_id": 3}), [0, 0, 0, 0]);
    check(json!({"name": "Two", "percent": "10", "applies_to": {"line_ids": [1, 2]}}), [0, 60, 48, 0]);
    check(json!({"name": "Food", "percent": "10", "applies_to": {"category_ids": [food]}}), [250, 60, 0, 0]);
    check(json!({"name": "Drinks", "amount": 80, "applies_to": {"category_ids": [drinks]}}), [0, 0, 80, 0]);
}

#[test]
fn a_ready_made_discount_needs_no_words() {
    let n = Night::new();
    let ready = n.manager.post("/discounts").body(json!({"name": "Staff", "percent": "30"})).created().id();
    let order = n.order(&[(n.carbonara, 2)]);
    let cashier = n.house.as_("cashier");
    let give = |body: Value| cashier.post(&order.path("/discounts")).if_match(&order.etag()).body(body);
    let given = give(json!({"discount_id": ready})).created();
    assert_eq!((given.int("/total"), given.str("/checks/0/discounts/0/name")), (1750, "Staff"));
    let shown = given.at("/checks/0/discounts/0");
    assert_eq!((&shown["percent"], &shown["amount"], &shown["value"]), (&json!("30"), &json!(null), &json!(750)));
    give(json!({"discount_id": 99})).refused("invalid").at_fault("/discount_id", "unknown");
    order.post("/discounts", json!({"discount_id": ready})).refused("approval_needed");
}

#[test]
fn discounts_come_in_their_order() {
    let n = Night::new();
    // Check amount, check percent, line amount and line percent, given the wrong way round:
    // 25.00 − 50 % = 12.50; with 6.00: 18.50 − 10 % = 16.65; the line −1.00; the check −2.00.
    let order = n.order(&[(n.carbonara, 2), (n.tiramisu, 1)]);
    let line = order.line(0);
    for discount in [
        json!({"name": "a", "amount": 200}),
        json!({"name": "b", "amount": 100, "line_id": line}),
        json!({"name": "c", "percent": "10"}),
        json!({"name": "d", "percent": "50", "line_id": line}),
    ] {
        order.post_by_manager("/discounts", discount).created();
    }
    let now = order.now();
    assert_eq!(now.int("/total"), 1365);
    let value = |at: usize| now.int(&format!("/checks/0/discounts/{at}/value"));
    assert_eq!([value(0), value(1), value(2), value(3)], [200, 100, 185, 1250]);
    adds_up(&now);
}

#[test]
fn a_coupon_leaves_the_tax_base() {
    let n = Night::new();
    let rates = json!([{"name": "VAT", "rate": "20", "included": false, "compound": false}]);
    let tax = n.manager.post("/tax-classes").body(json!({"name": "On top", "rates": rates})).created().id();
    let item =
        json!({"name": "Soup", "category_id": n.food, "tax_class": tax, "variants": [{"name": "one", "price": 1000}]});
    let soup = n.manager.post("/items").body(item).created().int("/variants/0/id");
    let check = |discount: Value, tax: i64, total: i64| {
        let order = n.order(&[(soup, 1)]);
        assert_eq!(order.now().int("/total"), 1200);
        let given = order.post_by_manager("/discounts", discount).created();
        assert_eq!((given.int("/tax_total"), given.int("/total")), (tax, total));
        adds_up(&given);
    };
    check(json!({"name": "Shop", "amount": 500}), 100, 600);
    check(json!({"name": "Maker", "amount": 500, "lowers_tax_base": false}), 200, 700);
    check(json!({"name": "Shop", "percent": "100"}), 0, 0);
    check(json!({"name": "Maker", "percent": "100", "lowers_tax_base": false}), 200, 200);
}

#[test]
fn what_a_discount_may_not_be() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let line = order.line(0);
    let before = order.now().text();
    let check = |body: Value, pointer: &str, code: &str| {
        order.post_by_manager("/discounts", body).refused("invalid").at_fault(pointer, code);
        assert_eq!(order.now().text(), before);
    };
    check(json!({"name": "x", "percent": "101"}), "/percent", "out_of_range");
    check(json!({"name": "x", "percent": "100.0001"}), "/percent", "out_of_range");
    check(json!({"name": "x", "percent": "0"}), "/percent", "out_of_range");
    check(json!({"name": "x", "percent": "-5"}), "/percent", "bad_format");
    check(json!({"name": "x", "percent": "5.00001"}), "/percent", "bad_format");
    check(json!({"name": "x", "percent": 5}), "/percent", "wrong_type");
    check(json!({"name": "x", "amount": 0}), "/amount", "out_of_range");
    check(json!({"name": "x", "amount": -1}), "/amount", "out_of_range");
    check(json!({"name": "x", "amount": 1, "percent": "1"}), "/amount", "conflict");
    check(json!({"name": "x"}), "/percent", "required");
    check(json!({"percent": "5"}), "/name", "required");
    check(json!({"name": "", "percent": "5"}), "/name", "empty");
    check(json!({"name": "x", "percent": "5", "line_id": 99}), "/line_id", "unknown");
    check(json!({"name": "x", "percent": "5", "check_id": 99}), "/check_id", "unknown");
    check(json!({"name": "x", "percent": "5", "check_id": 99, "line_id": line}), "/check_id", "unknown");
    check(
        json!({"name": "x", "percent": "5", "applies_to": {"line_ids": [line, 99]}}),
        "/applies_to/line_ids/1",
        "unknown",
    );
    check(
        json!({"name": "x", "percent": "5", "applies_to": {"category_ids": [99]}}),
        "/applies_to/category_ids/0",
        "unknown",
    );
    check(
        json!({"name": "x", "percent": "5", "applies_to": {"category_ids": []}}),
        "/applies_to/category_ids",
        "out_of_range",
    );
    check(json!({"name": "x", "percent": "5", "applies_to": {}}), "/applies_to", "conflict");
    check(
        json!({"name": "x", "percent": "5", "line_id": line, "applies_to": {"line_ids": [line]}}),
        "/applies_to",
        "conflict",
    );
    check(json!({"name": "x", "percent": "5", "reason_id": 99}), "/reason_id", "unknown");
}

#[test]
fn only_optional_charges_are_taken_off() {
    let n = Night::new();
    let charges = json!([{"name": "Coperto", "per_guest": 250, "optional": false, "tax": "none"},
        {"name": "Service", "percent": "10", "optional": true, "tax": "as_lines"}]);
    n.manager.patch("/settings").body(json!({"service_charges": charges})).ok();
    let order = n.order(&[(n.carbonara, 2)]);
    let now = order.now();
    assert_eq!((now.int("/total"), now.int("/checks/0/service_total")), (3250, 750));
    adds_up(&now);
    let charge = |at: usize| format!("/service-charges/{}", now.int(&format!("/checks/0/service_charges/{at}/id")));
    order.delete_by_manager(&charge(0)).refused("charge_not_optional");
    n.waiter.delete(&order.path(&charge(1))).if_match(&order.etag()).refused("approval_needed");
    let off = order.delete_by_manager(&charge(1)).ok();
    assert_eq!((off.int("/total"), off.list("/checks/0/service_charges").len()), (3000, 1));
    adds_up(&off);
    order.delete_by_manager(&charge(1)).refused("not_found");
    order.delete_by_manager("/service-charges/99").refused("not_found");
    // It stays off when the check changes.
    let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 2}]});
    assert_eq!(n.waiter.post(&order.path("/lines")).body(more).ok().int("/total"), 5500);
}

#[test]
fn all_given_away_is_closed_at_zero() {
    let n = Night::new();
    let [one, _] = n.tables;
    let order =
        n.open(json!({"kind": "dine_in", "table_id": one, "lines": [{"variant_id": n.carbonara, "quantity": 1}]}));
    let close = || n.waiter.post(&order.path("/close"));
    assert_eq!(close().refused("still_due").int("/due"), 1250);
    order.post_by_manager(&format!("/lines/{}/comp", order.line(0)), json!({"reason": "critic"})).ok();
    let closed = close().ok();
    assert_eq!((closed.str("/state"), closed.int("/total"), closed.int("/checks/0/receipt_number")), ("paid", 0, 1));
    assert_eq!(closed.str("/closed_at"), "2026-11-20T18:00:00.000+01:00");
    assert_eq!(n.waiter.get("/floor").ok().at("/areas/0/tables/0/orders"), &json!([]));
    close().refused("order_closed");
    n.waiter
        .post(&order.path("/lines"))
        .body(json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}]}))
        .refused("order_closed");
    n.waiter.patch(&order.path("")).body(json!({"guests": 3})).refused("order_closed");
    order.post_by_manager("/void", json!({"reason": "no"})).refused("order_closed");
    n.waiter.post(&order.path("/send")).refused("order_closed");
    n.waiter.post(&order.path("/bill")).refused("order_closed");
    order.post_by_manager("/discounts", json!({"name": "x", "percent": "1"})).refused("order_closed");
    order.delete_by_manager(&format!("/lines/{}/comp", order.line(0))).refused("order_closed");
    let comps = n.manager.get("/reports/comps?from=2026-11-20&to=2026-11-20").ok();
    assert!(comps.text().contains("critic"), "{}", comps.text());
    // Nothing on it: there is nothing to settle.
    let empty = n.order(&[]);
    n.waiter.post(&empty.path("/close")).refused("order_is_empty");
    let taken_off = n.order(&[(n.pilsner, 1)]);
    taken_off.post(&format!("/lines/{}/void", taken_off.line(0)), json!({})).ok();
    n.waiter.post(&taken_off.path("/close")).refused("order_is_empty");
}

#[test]
fn an_order_is_voided_while_nothing_is_paid() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    order.post("/void", json!({})).refused("reason_needed");
    let sent = n.waiter.post(&order.path("/send")).ok();
    assert_eq!(sent.list("/tickets").len(), 2);
    assert_eq!(
        order.post("/void", json!({"reason": "left"})).refused("approval_needed").str("/permission"),
        "void_order"
    );
    let voided = order.post_by_manager("/void", json!({"reason": "left"})).ok();
    assert_eq!((voided.str("/state"), voided.int("/total"), voided.int("/due")), ("voided", 0, 0));
    assert_eq!((voided.str("/checks/0/state"), order.states()), ("voided", vec!["voided 2".into(), "voided 1".into()]));
    assert_eq!(voided.str("/checks/0/lines/0/sent_at"), "2026-11-20T18:00:00.000+01:00", "it was sent once");
    // The kitchen is told.
    let tickets = n.house.as_("kitchen").get("/tickets?state=new").ok();
    let cancelled: Vec<_> = tickets.list("/items").iter().map(|t| t["lines"][0]["quantity"].clone()).collect();
    assert_eq!(json!(cancelled), json!([2, 1, -2, -1]));
    order.post_by_manager("/void", json!({"reason": "left"})).refused("order_closed");
    let voids = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    assert!(voids.text().contains("\"left\""), "{}", voids.text());
    // Unsent, the waiter may alone.
    n.order(&[(n.carbonara, 2)]).post("/void", json!({"reason": "mistake"})).ok();
    // No open orders keep the day from closing.
    n.manager.post("/business-day/close").ok();
}

/// What was found beside a model: a refusal that comes after something was written showed what was taken back.
#[test]
fn what_a_refusal_shows_is_what_stands() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 1)]);
    order.post("/payments", json!({"tender": "card", "amount": 1500})).created();
    let before = order.now();
    let line = order.line(0);
    for (more, body) in [
        ("/discounts".to_owned(), json!({"name": "Half", "percent": "50"})),
        (format!("/lines/{line}/comp"), json!({})),
        (format!("/lines/{line}/void"), json!({"reason": "x"})),
    ] {
        let refused = order.post_by_manager(&more, body).refused("below_paid");
        assert_eq!(refused.at("/current"), before.json(), "{more}");
        assert_eq!(order.now().text(), before.text(), "{more}");
    }
}
