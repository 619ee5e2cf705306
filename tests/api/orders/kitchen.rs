//! What the kitchen is told of an order, and what the order shows of the kitchen.

use serde_json::{Value, json};

use super::scene::{Night, told};

#[test]
fn only_what_is_new_is_sent() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 2)]);
    let version = order.now().int("/version");
    let (kitchen, bar) = (1, n.bar);
    assert_eq!(told(&order.send()), [format!("{kitchen}: 3 Carbonara"), format!("{bar}: 2 Pilsner")]);
    assert_eq!(order.now().int("/version"), version + 1);
    assert_eq!(order.send(), Vec::<Value>::new());
    assert_eq!(order.now().int("/version"), version + 1, "nothing was done");

    // A part given away and a part voided are no new dishes.
    let line = order.line(0);
    order.post_by_manager(&format!("/lines/{line}/comp"), json!({"quantity": 1})).ok();
    assert_eq!(order.send(), Vec::<Value>::new());
    order.post_by_manager(&format!("/lines/{line}/void"), json!({"quantity": 1, "reason": "cold"})).ok();
    assert_eq!(order.send(), Vec::<Value>::new());
    assert_eq!(order.states(), ["sent 1", "sent 2", "sent 1", "voided 1"]);
    let waiting = n.house.as_("kitchen").get("/tickets?state=waiting&station_id=1").ok();
    assert_eq!(told(waiting.list("/items")), ["1: 3 Carbonara", "1: -1 Carbonara"]);
    let more = json!({"lines": [{"variant_id": n.tiramisu, "quantity": 1}]});
    n.waiter.post(&order.path("/lines")).body(more).ok();
    assert_eq!(told(&order.send()), ["1: 1 Tiramisù"]);
}

#[test]
fn courses_are_fired_held_lines_too() {
    let n = Night::new();
    let line = |variant: i64, course: i64, hold: bool| json!({"variant_id": variant, "quantity": 1, "course": course, "hold": hold});
    let lines = json!([line(n.carbonara, 1, false), line(n.burger, 2, true), line(n.tiramisu, 3, true), {"variant_id": n.pilsner, "quantity": 1}]);
    let mut lines = lines;
    lines[1]["modifiers"] = json!([{"option_id": n.rare}, {"option_id": n.egg, "quantity": 2}]);
    lines[1]["note"] = json!("no bun");
    let order = n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "lines": lines}));
    assert_eq!(told(&order.send()), ["1: 1 Carbonara".to_owned(), format!("{}: 1 Pilsner", n.bar)]);
    assert_eq!(order.states(), ["sent 1", "held 1", "held 1", "sent 1"]);
    let fire = |course: i64| n.waiter.post(&order.path("/send")).body(json!({"course": course})).ok();
    assert_eq!(fire(9).list("/tickets").len(), 0);
    let ticket = fire(2);
    assert_eq!(told(ticket.list("/tickets")), ["1: 1 Burger"]);
    let shown = ticket.at("/tickets/0/lines/0");
    assert_eq!(
        (&shown["modifiers"], &shown["note"], &shown["course"]),
        (&json!("Rare, 2 × Egg"), &json!("no bun"), &json!(2))
    );
    assert_eq!((ticket.str("/tickets/0/table"), ticket.str("/tickets/0/state")), ("1", "new"));
    assert_eq!(fire(2).list("/tickets").len(), 0);
    assert_eq!(order.states(), ["sent 1", "sent 1", "held 1", "sent 1"]);
    assert_eq!(order.send(), Vec::<Value>::new(), "what is held stays held");
    assert_eq!(told(fire(3).list("/tickets")), ["1: 1 Tiramisù"]);
}

#[test]
fn a_part_that_goes_later_is_cooked_later() {
    let n = Night::new();
    let order = n.open(json!({"kind": "dine_in", "lines": [{"variant_id": n.carbonara, "quantity": 3, "course": 1}]}));
    order.post_by_manager(&format!("/lines/{}/comp", order.line(0)), json!({"quantity": 1})).ok();
    order.patch(&format!("/lines/{}", order.line(1)), json!({"course": 2})).ok();
    let fire =
        |course: i64| told(n.waiter.post(&order.path("/send")).body(json!({"course": course})).ok().list("/tickets"));
    assert_eq!(fire(1), ["1: 2 Carbonara"]);
    assert_eq!(order.states(), ["sent 2", "new 1"]);
    assert_eq!(fire(2), ["1: 1 Carbonara"]);
    assert_eq!((fire(1), fire(2)), (Vec::<String>::new(), Vec::new()));
    // Voided apart, the other part stays with the kitchen.
    order.post_by_manager(&format!("/lines/{}/void", order.line(0)), json!({"reason": "cold"})).ok();
    assert_eq!(order.states(), ["voided 2", "sent 1"]);
    assert_eq!(order.send(), Vec::<Value>::new());
}

#[test]
fn what_the_kitchen_does_is_seen_on_the_order() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let tickets = order.send();
    let version = order.now().int("/version");
    let act = |at: usize, act: &str| {
        kitchen.post(&format!("/tickets/{}/{act}", tickets[at]["id"])).ok();
    };
    let is = |states: [&str; 2], revision: i64| {
        let now = order.now();
        assert_eq!(order.states(), states);
        assert_eq!((now.int("/version"), now.int("/revision")), (version, revision));
        assert_eq!(now.etag(), format!("\"{version}.{revision}\"").replace("\"\"", "\""));
    };
    is(["sent 1", "sent 1"], 0);
    let seen = order.etag();
    act(0, "printed");
    act(0, "bump");
    is(["ready 1", "sent 1"], 2);
    n.waiter.get(&order.path("")).if_none_match(&seen).ok();
    act(0, "bump");
    is(["served 1", "sent 1"], 3);
    act(0, "recall");
    is(["ready 1", "sent 1"], 4);
    act(1, "bump");
    is(["ready 1", "ready 1"], 5);
    // The kitchen moves no version: what a waiter saw before is still good.
    n.waiter.patch(&order.path(&format!("/lines/{}", order.line(0)))).if_match(&seen).body(json!({"seat": 1})).ok();
}
