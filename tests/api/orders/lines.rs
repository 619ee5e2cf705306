//! Lines: added, edited, voided.

use serde_json::{Value, json};

use super::scene::{Night, adds_up};

#[test]
fn what_a_line_costs() {
    let n = Night::new();
    #[track_caller]
    fn check(n: &Night, line: &Value, list_amount: i64) {
        let order = n.waiter.post("/orders").body(json!({"kind": "dine_in", "lines": [line]})).created();
        assert_eq!(order.int("/checks/0/lines/0/list_amount"), list_amount, "{}", order.text());
        adds_up(&order);
    }
    let burger =
        |quantity: i64, modifiers: Value| json!({"variant_id": n.burger, "quantity": quantity, "modifiers": modifiers});
    check(&n, &json!({"variant_id": n.carbonara, "quantity": 999}), 1_248_750);
    check(&n, &burger(1, json!([{"option_id": n.rare}])), 1500);
    check(
        &n,
        &burger(2, json!([{"option_id": n.done}, {"option_id": n.bacon, "quantity": 2}, {"option_id": n.egg}])),
        3800,
    );
    // 0.350 kg of 45.00 is 15.75; 0.333 kg is 14.985, half up; twice that is 29.97.
    check(&n, &json!({"variant_id": n.steak, "quantity": 1, "measure": "0.350"}), 1575);
    check(&n, &json!({"variant_id": n.steak, "quantity": 1, "measure": "0.333"}), 1499);
    check(&n, &json!({"variant_id": n.steak, "quantity": 2, "measure": "0.333"}), 2997);
    check(&n, &json!({"variant_id": n.special, "quantity": 3, "unit_price": 0}), 0);
    check(&n, &json!({"variant_id": n.special, "quantity": 3, "unit_price": 777}), 2331);
}

#[test]
fn what_a_line_says_is_shown() {
    let n = Night::new();
    let line = json!({"variant_id": n.burger, "quantity": 2, "seat": 3, "course": 2, "note": "no onion", "hold": true,
        "service": "takeaway", "modifiers": [{"option_id": n.rare}, {"option_id": n.egg, "quantity": 2}]});
    let order = n.open(json!({"kind": "dine_in", "lines": [line]}));
    let now = order.now();
    let shown = now.at("/checks/0/lines/0");
    for (field, is) in [
        ("variant_id", json!(n.burger)),
        ("name", json!("Burger")),
        ("variant", json!("one")),
        ("quantity", json!(2)),
        ("measure", json!(null)),
        ("unit_price", json!(1500)),
        ("seat", json!(3)),
        ("course", json!(2)),
        ("note", json!("no onion")),
        ("service", json!("takeaway")),
        ("state", json!("held")),
        ("comp", json!(null)),
        ("split_from", json!(null)),
        ("added_by", json!(n.house.person("waiter").staff_id)),
        ("added_at", json!("2026-11-20T18:00:00.000+01:00")),
        ("sent_at", json!(null)),
    ] {
        assert_eq!(shown[field], is, "{field}");
    }
    let egg = json!({"option_id": n.egg, "name": "Egg", "price": 100, "quantity": 2});
    assert_eq!(shown["modifiers"][1], egg);
    // Two equal lines stay two lines.
    let twice = json!([{"variant_id": n.pilsner, "quantity": 1}, {"variant_id": n.pilsner, "quantity": 1}]);
    n.waiter.post(&order.path("/lines")).body(json!({"lines": twice})).ok();
    assert_eq!(order.states(), ["held 2", "new 1", "new 1"]);
}

#[test]
fn what_a_line_may_not_be() {
    let n = Night::new();
    let order = n.order(&[(n.pilsner, 1)]);
    let before = order.now().text();
    let check = |line: Value, field: &str, code: &str| {
        let body = json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}, line]});
        let pointer = format!("/lines/1/{field}");
        n.waiter.post(&order.path("/lines")).body(body).refused("invalid").at_fault(&pointer, code);
        assert_eq!(order.now().text(), before, "nothing half done");
    };
    let burger = |modifiers: Value| json!({"variant_id": n.burger, "quantity": 1, "modifiers": modifiers});
    check(json!({"variant_id": 99, "quantity": 1}), "variant_id", "unknown");
    check(json!({"variant_id": 0, "quantity": 1}), "variant_id", "unknown");
    check(json!({"variant_id": n.pilsner}), "quantity", "required");
    check(json!({"variant_id": n.pilsner, "quantity": 1, "unit_price": 1}), "unit_price", "not_open_price");
    check(json!({"variant_id": n.special, "quantity": 1}), "unit_price", "required");
    check(json!({"variant_id": n.special, "quantity": 1, "unit_price": -1}), "unit_price", "out_of_range");
    check(json!({"variant_id": n.steak, "quantity": 1}), "measure", "required");
    check(json!({"variant_id": n.pilsner, "quantity": 1, "measure": "1"}), "measure", "not_weighed");
    check(json!({"variant_id": n.steak, "quantity": 1, "measure": "0"}), "measure", "out_of_range");
    check(json!({"variant_id": n.steak, "quantity": 1, "measure": "0.0005"}), "measure", "bad_format");
    check(json!({"variant_id": n.steak, "quantity": 1, "measure": "-1"}), "measure", "bad_format");
    check(json!({"variant_id": n.steak, "quantity": 1, "measure": 0.35}), "measure", "wrong_type");
    check(burger(json!([])), "modifiers", "out_of_range");
    check(burger(json!([{"option_id": n.rare}, {"option_id": n.done}])), "modifiers", "out_of_range");
    check(burger(json!([{"option_id": n.rare, "quantity": 2}])), "modifiers", "out_of_range");
    check(burger(json!([{"option_id": n.rare}, {"option_id": n.egg, "quantity": 4}])), "modifiers", "out_of_range");
    check(burger(json!([{"option_id": n.rare}, {"option_id": 99}])), "modifiers/1/option_id", "unknown");
    check(burger(json!([{"option_id": n.rare, "quantity": 0}])), "modifiers/0/quantity", "out_of_range");
    check(
        json!({"variant_id": n.pilsner, "quantity": 1, "modifiers": [{"option_id": n.egg}]}),
        "modifiers/0/option_id",
        "unknown",
    );
    check(json!({"variant_id": n.pilsner, "quantity": 1, "seat": 0}), "seat", "out_of_range");
    check(json!({"variant_id": n.pilsner, "quantity": 1, "course": 100}), "course", "out_of_range");
    check(json!({"variant_id": n.pilsner, "quantity": 1, "service": "delivery"}), "service", "unknown_value");
    check(json!({"variant_id": n.pilsner, "quantity": 1, "note": "x".repeat(1001)}), "note", "too_long");
    let lines = |lines: Value| n.waiter.post(&order.path("/lines")).body(json!({"lines": lines}));
    lines(json!([])).refused("invalid").at_fault("/lines", "empty");
    lines(json!(vec![json!({"variant_id": n.pilsner, "quantity": 1}); 201]))
        .refused("invalid")
        .at_fault("/lines", "too_many");
    n.waiter.post(&order.path("/lines")).refused("invalid").at_fault("/lines", "required");
    // Every fault at once.
    let both =
        lines(json!([{"variant_id": n.pilsner, "quantity": 0}, {"variant_id": n.pilsner, "quantity": 1, "seat": -1}]));
    assert_eq!(both.refused("invalid").list("/errors").len(), 2);
    let elsewhere = json!({"check_id": 99, "lines": [{"variant_id": n.pilsner, "quantity": 1}]});
    n.waiter.post(&order.path("/lines")).body(elsewhere).refused("invalid").at_fault("/check_id", "unknown");
    assert_eq!(order.now().text(), before);
}

#[test]
fn a_countdown_reserves_and_gets_back() {
    let n = Night::new();
    n.stock(n.tiramisu, json!({"available": true, "remaining": 5}));
    let order = n.order(&[(n.tiramisu, 2)]);
    assert_eq!(n.remaining(n.tiramisu), 3);
    let add = |quantity: i64| {
        let lines = json!([{"variant_id": n.pilsner, "quantity": 1}, {"variant_id": n.tiramisu, "quantity": quantity}]);
        n.waiter.post(&order.path("/lines")).body(json!({"lines": lines}))
    };
    let refused = add(4).refused("sold_out");
    assert_eq!((refused.int("/remaining"), refused.int("/variant_id")), (3, n.tiramisu));
    assert_eq!((n.remaining(n.tiramisu), order.states()), (3, vec!["new 2".to_owned()]), "nothing half done");

    // Edited up and down, within what is left.
    let line = format!("/lines/{}", order.line(0));
    order.patch(&line, json!({"quantity": 5})).ok();
    assert_eq!(n.remaining(n.tiramisu), 0);
    order.patch(&line, json!({"quantity": 6})).refused("sold_out");
    add(1).refused("sold_out");
    order.patch(&line, json!({"quantity": 4})).ok();
    assert_eq!(n.remaining(n.tiramisu), 1);
    // A part voided unsent comes back, the rest of it too.
    order.post(&format!("{line}/void"), json!({"quantity": 1})).ok();
    assert_eq!(n.remaining(n.tiramisu), 2);
    order.post(&format!("{line}/void"), json!({})).ok();
    assert_eq!(n.remaining(n.tiramisu), 5);

    // What was cooked does not; what the order had not sent does.
    add(1).ok();
    order.send();
    let sent = order.line(3);
    order.post_by_manager(&format!("/lines/{sent}/void"), json!({"reason": "burnt"})).ok();
    assert_eq!(n.remaining(n.tiramisu), 4);
    add(2).ok();
    assert_eq!(n.remaining(n.tiramisu), 2);
    order.post_by_manager("/void", json!({"reason": "left"})).ok();
    assert_eq!(n.remaining(n.tiramisu), 4);
}

#[test]
fn fewer_of_what_is_86_is_no_new_sale() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3)]);
    let line = format!("/lines/{}", order.line(0));
    n.stock(n.carbonara, json!({"available": false}));
    order.patch(&line, json!({"quantity": 4})).refused("sold_out");
    order.patch(&line, json!({"quantity": 2})).ok();
    order.patch(&line, json!({"note": "quick", "seat": 1})).ok();
    let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 1}]});
    assert_eq!(n.waiter.post(&order.path("/lines")).body(more).refused("sold_out").int("/remaining"), 0);
    assert_eq!(order.states(), ["new 2"]);
}

#[test]
fn an_option_runs_out_too() {
    let n = Night::new();
    n.manager.put(&format!("/options/{}/availability", n.bacon)).body(json!({"available": true, "remaining": 3})).ok();
    let burger = |quantity: i64, bacon: i64| {
        let modifiers = json!([{"option_id": n.rare}, {"option_id": n.bacon, "quantity": bacon}]);
        let line = json!({"variant_id": n.burger, "quantity": quantity, "modifiers": modifiers});
        n.waiter.post("/orders").body(json!({"kind": "dine_in", "lines": [line]}))
    };
    let refused = burger(2, 2).refused("sold_out");
    assert_eq!((refused.int("/option_id"), refused.int("/remaining")), (n.bacon, 3));
    let order = burger(1, 2).created();
    let line = order.int("/checks/0/lines/0/id");
    let path = format!("/orders/{}/lines/{line}", order.id());
    let fewer = json!({"modifiers": [{"option_id": n.done}, {"option_id": n.bacon}]});
    let edited = n.waiter.patch(&path).if_match(&order.etag()).body(fewer).ok();
    assert_eq!(edited.int("/total"), 1650);
    let left = || n.waiter.get("/availability").ok().int("/items/0/remaining");
    assert_eq!(left(), 2);
    n.waiter.post(&format!("{path}/void")).if_match(&edited.etag()).ok();
    assert_eq!(left(), 3);
}

#[test]
fn a_line_is_edited_while_the_kitchen_does_not_have_it() {
    let n = Night::new();
    let modifiers = json!([{"option_id": n.rare}, {"option_id": n.bacon}]);
    let order =
        n.open(json!({"kind": "dine_in", "lines": [{"variant_id": n.burger, "quantity": 1, "modifiers": modifiers}]}));
    let line = format!("/lines/{}", order.line(0));
    let is = |total: i64| {
        let now = order.now();
        assert_eq!(now.int("/total"), total);
        adds_up(&now);
    };
    is(1650);
    order.patch(&line, json!({"quantity": 3})).ok();
    is(4950);
    order.patch(&line, json!({"modifiers": [{"option_id": n.done}]})).ok();
    is(4500);
    order.patch(&line, json!({"modifiers": []})).refused("invalid").at_fault("/modifiers", "out_of_range");
    order.patch(&line, json!({"quantity": 1000})).refused("invalid").at_fault("/quantity", "out_of_range");
    order.patch(&line, json!({"unit_price": 1})).refused("invalid").at_fault("/unit_price", "unknown_field");
    is(4500);
    order.patch(&line, json!({"note": "well", "seat": 2, "course": 1})).ok();
    order.patch(&line, json!({"seat": null, "note": null})).ok();
    let shown = order.now().at("/checks/0/lines/0").clone();
    assert_eq!((&shown["note"], &shown["seat"], &shown["course"]), (&json!(null), &json!(null), &json!(1)));

    order.send();
    for body in [json!({"quantity": 1}), json!({"modifiers": [{"option_id": n.rare}]}), json!({"note": "no"})] {
        order.patch(&line, body).refused("already_sent");
    }
    order.patch(&line, json!({"seat": 4, "course": 2})).ok();
    is(4500);
    order.patch("/lines/999", json!({"seat": 4})).refused("not_found");
}

#[test]
fn unsent_lines_are_voided_without_a_word() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    let (first, second) = (order.line(0), order.line(1));
    let voided = order.post(&format!("/lines/{first}/void"), json!({"quantity": 2})).ok();
    assert_eq!(order.states(), ["new 1", "new 1", "voided 2"]);
    assert_eq!((voided.int("/total"), voided.int("/checks/0/lines/2/split_from")), (1730, first));
    adds_up(&voided);
    for quantity in [json!(2), json!(99)] {
        let more = order.post(&format!("/lines/{first}/void"), json!({"quantity": quantity}));
        more.refused("invalid").at_fault("/quantity", "out_of_range");
    }
    let all = order.post(&format!("/lines/{second}/void"), json!({"quantity": 1})).ok();
    assert_eq!((all.int("/total"), order.states().len()), (1250, 3), "all of it is the line itself");
    order.post(&format!("/lines/{second}/void"), json!({})).refused("line_closed");
    order.patch(&format!("/lines/{second}"), json!({"seat": 1})).refused("line_closed");
    order.post_by_manager(&format!("/lines/{second}/comp"), json!({})).refused("line_closed");
    assert_eq!(n.records("line.voided").len(), 2);
}

#[test]
fn what_was_sent_or_billed_goes_with_a_reason_and_a_manager() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    order.send();
    let path = format!("/lines/{}/void", order.line(0));
    let refused = order.post(&path, json!({"reason": "cold"})).refused("approval_needed");
    assert_eq!(refused.str("/permission"), "void_sent");
    order.post_by_manager(&path, json!({})).refused("reason_needed");
    order.post_by_manager(&path, json!({"reason": "  "})).refused("reason_needed");
    order.post_by_manager(&path, json!({"reason_id": 999})).refused("invalid").at_fault("/reason_id", "unknown");
    order.post_by_manager(&path, json!({"reason": "cold", "quantity": 1, "wasted": true})).ok();
    let told = n.records("line.voided").pop().unwrap();
    let payload = &told["payload"];
    assert_eq!(
        (&payload["reason"], &payload["wasted"], &payload["sent"]),
        (&json!("cold"), &json!(true), &json!(true))
    );
    assert_eq!(payload["approved_by"], n.house.person("manager").staff_id);
    let listed = n.manager.get("/reasons").ok().list("/items")[0].clone();
    order.post_by_manager(&path, json!({"reason_id": listed["id"]})).ok();
    assert_eq!(n.records("line.voided").pop().unwrap()["payload"]["reason"], listed["name"]);

    // A pre-bill was printed: what is new on the check needs a reason too.
    let billed = n.order(&[(n.pilsner, 2)]);
    n.waiter.post(&billed.path("/bill")).ok();
    let path = format!("/lines/{}/void", billed.line(0));
    billed.post(&path, json!({"reason": "mistake"})).refused("approval_needed");
    billed.post_by_manager(&path, json!({})).refused("reason_needed");
    billed.post_by_manager(&path, json!({"reason": "mistake"})).ok();
}

#[test]
fn after_the_bill_a_line_only_grows() {
    let n = Night::new();
    n.stock(n.pilsner, json!({"available": true, "remaining": 20}));
    let with = |options: &[i64]| options.iter().map(|id| json!({"option_id": id})).collect::<Value>();
    let burger = json!({"variant_id": n.burger, "quantity": 1, "modifiers": with(&[n.rare, n.bacon])});
    let order = n.open(json!({"kind": "dine_in", "lines": [{"variant_id": n.pilsner, "quantity": 6}, burger]}));
    let (beers, burger) = (format!("/lines/{}", order.line(0)), format!("/lines/{}", order.line(1)));
    order.patch(&beers, json!({"quantity": 5})).ok();
    n.waiter.post(&order.path("/bill")).ok();

    let before = order.now().text();
    let less = [
        (&beers, json!({"quantity": 1})),
        (&beers, json!({"quantity": 4, "note": "he drank but four"})),
        (&burger, json!({"modifiers": with(&[n.rare])})),
        (&burger, json!({"modifiers": with(&[n.rare, n.egg])})),
    ];
    for (line, body) in less {
        order.patch(line, body.clone()).refused("reason_needed");
        // Nor by somebody who may void: a void is told with its reason, an edit is not.
        let edit = n.manager.patch(&order.path(line)).if_match(&order.etag()).body(body);
        assert!(edit.refused("reason_needed").str("/detail").contains("void"));
        assert_eq!((order.now().text(), n.remaining(n.pilsner)), (before.clone(), 15), "nothing half done");
    }

    // What costs as much or more, and what costs nothing.
    order.patch(&beers, json!({"quantity": 6})).ok();
    order.patch(&beers, json!({"quantity": 6, "note": "cold"})).ok();
    order.patch(&burger, json!({"modifiers": with(&[n.done, n.bacon])})).ok();
    order.patch(&burger, json!({"modifiers": with(&[n.done, n.bacon, n.egg])})).ok();
    order.patch(&burger, json!({"seat": 1, "course": 2})).ok();
    order.post_by_manager(&format!("{beers}/void"), json!({"quantity": 5, "reason": "not served"})).ok();
    assert_eq!((order.states()[0].as_str(), order.now().int("/total")), ("new 1", 480 + 1750));
    adds_up(&order.now());
}
