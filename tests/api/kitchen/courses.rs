//! Courses held and fired, and the pass that sees every order's progress.

use serde_json::{Value, json};

use crate::orders::{Night, Order, told};

fn three_courses(n: &Night) -> Order<'_> {
    let line = |variant: i64, course: i64, hold: bool| json!({"variant_id": variant, "quantity": 2, "course": course, "hold": hold});
    let mut lines = vec![line(n.carbonara, 1, false), line(n.burger, 2, true), line(n.tiramisu, 3, true)];
    lines[1]["modifiers"] = json!([{"option_id": n.rare}]);
    lines[1]["note"] = json!("no bun");
    lines.push(json!({"variant_id": n.pilsner, "quantity": 1}));
    n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "another": true, "lines": lines}))
}

fn fire(order: &Order<'_>, course: i64) -> Vec<String> {
    let fired = order.night.waiter.post(&order.path("/fire")).body(json!({"course": course})).ok();
    told(fired.list("/tickets"))
}

#[test]
fn a_course_is_fired_once() {
    let n = Night::new();
    let order = three_courses(&n);
    order.send();
    let version = order.now().int("/version");
    assert_eq!(fire(&order, 2), ["1: 2 Burger"]);
    assert_eq!(fire(&order, 2), Vec::<String>::new());
    assert_eq!(fire(&order, 9), Vec::<String>::new());
    assert_eq!(order.now().int("/version"), version + 1, "what the kitchen has is not fired");
    // The contract's older word for it.
    let sent = n.waiter.post(&order.path("/send")).body(json!({"course": 3})).ok();
    assert_eq!(told(sent.list("/tickets")), ["1: 2 Tiramisù"]);
    let ticket = sent.int("/tickets/0/id");
    let fired: Vec<Value> = n.records("course.fired").iter().map(|record| record["payload"].clone()).collect();
    assert_eq!(fired, [json!({"course": 2, "tickets": [ticket - 1]}), json!({"course": 3, "tickets": [ticket]})]);
    let record = &n.records("course.fired")[0];
    assert_eq!((&record["subject"], &record["version"]), (&json!(order.id), &json!(version + 1)));

    // A retry fires nothing anew, and says the same.
    let order = three_courses(&n);
    let retry = || n.waiter.post(&order.path("/fire")).key("fire").body(json!({"course": 3})).ok();
    let (first, second) = (retry(), retry());
    assert_eq!((first.text(), second.header("idempotency-replayed")), (second.text(), "true"));
    assert_eq!(n.records("course.fired").len(), 3);
    for (course, code) in [(json!(0), "out_of_range"), (json!(100), "out_of_range"), (json!("2"), "wrong_type")] {
        let refused = n.waiter.post(&order.path("/fire")).body(json!({"course": course}));
        refused.refused("invalid").at_fault("/course", code);
    }
    n.waiter.post(&order.path("/fire")).refused("invalid").at_fault("/course", "required");
    n.waiter.post("/orders/99/fire").body(json!({"course": 1})).refused("not_found");
    order.post_by_manager("/void", json!({"reason": "they left"})).ok();
    n.waiter.post(&order.path("/fire")).body(json!({"course": 2})).refused("order_closed");
}

#[test]
fn a_course_fired_at_two_terminals_is_cooked_once() {
    let n = Night::in_house(crate::harness::House::open_with(2, 4));
    let order = three_courses(&n);
    order.send();
    let fired: usize = std::thread::scope(|scope| {
        let fire = |_| {
            let terminal = n.house.apart("cashier");
            let path = order.path("/fire");
            scope.spawn(move || terminal.post(&path).body(json!({"course": 2})).ok().list("/tickets").len())
        };
        let all: Vec<_> = (0..12).map(fire).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(fired, 1);
    assert_eq!(order.states(), ["sent 2", "sent 2", "held 2", "sent 1"]);
    assert_eq!(n.records("course.fired").len(), 1);
}

/// The pass as text: an order, how many dishes are being made and to be carried out, its tickets, what is held.
fn pass(n: &Night) -> Vec<String> {
    let expo = n.house.as_("kitchen").get("/expo").ok();
    let ticket = |ticket: &Value| {
        let lines = ticket["lines"].as_array().unwrap();
        let line = |line: &Value| format!("{} {}", line["quantity"], line["name"].as_str().unwrap());
        let lines: Vec<String> = lines.iter().map(line).collect();
        format!("{}@{} {}", lines.join("+"), ticket["station_id"], ticket["state"].as_str().unwrap())
    };
    let held = |course: &Value| {
        let line = |line: &Value| format!("{} {}", line["quantity"], line["name"].as_str().unwrap());
        let lines: Vec<String> = course["lines"].as_array().unwrap().iter().map(line).collect();
        format!("{}: {}", course["course"], lines.join("+"))
    };
    let of = |order: &Value| {
        let list = |name: &str| order[name].as_array().unwrap().clone();
        let tickets: Vec<String> = list("tickets").iter().map(ticket).collect();
        let held: Vec<String> = list("held").iter().map(held).collect();
        let table = order["table"].as_str().unwrap_or("-");
        let (waiting, ready) = (&order["waiting"], &order["ready"]);
        format!(
            "{} at {table} {waiting}/{ready} [{}] held [{}]",
            order["order_id"],
            tickets.join(", "),
            held.join(", ")
        )
    };
    expo.list("/orders").iter().map(of).collect()
}

#[test]
fn the_pass_sees_how_far_every_order_is() {
    let n = Night::new();
    assert_eq!(pass(&n), Vec::<String>::new());
    let first = three_courses(&n);
    // Nothing sent yet, but it is known to come.
    assert_eq!(pass(&n), ["1 at 1 0/0 [] held [2: 2 Burger, 3: 2 Tiramisù]"]);
    let tickets = first.send();
    n.house.clock.advance_ms(60_000);
    n.order(&[(n.tiramisu, 1)]).send();
    let bar = n.bar;
    let second = "2 at - 1/0 [1 Tiramisù@1 new] held []".to_owned();
    assert_eq!(
        pass(&n),
        [
            format!("1 at 1 3/0 [2 Carbonara@1 new, 1 Pilsner@{bar} new] held [2: 2 Burger, 3: 2 Tiramisù]"),
            second.clone()
        ]
    );
    let kitchen = n.house.as_("kitchen");
    let bump = |ticket: &Value| kitchen.post(&format!("/tickets/{}/bump", ticket["id"])).ok();
    bump(&tickets[0]);
    assert_eq!(
        pass(&n)[0],
        format!("1 at 1 1/2 [2 Carbonara@1 bumped, 1 Pilsner@{bar} new] held [2: 2 Burger, 3: 2 Tiramisù]")
    );
    bump(&tickets[0]);
    bump(&tickets[1]);
    bump(&tickets[1]);
    // All that was sent is served: it waits behind whoever is cooked for.
    assert_eq!(pass(&n), [second.clone(), "1 at 1 0/0 [] held [2: 2 Burger, 3: 2 Tiramisù]".to_owned()]);
    fire(&first, 2);
    assert_eq!(pass(&n)[1], "1 at 1 2/0 [2 Burger@1 new] held [3: 2 Tiramisù]");
    first.post_by_manager(&format!("/lines/{}/void", first.line(2)), json!({"reason": "full"})).ok();
    assert_eq!(pass(&n)[1], "1 at 1 2/0 [2 Burger@1 new] held []");
    let burger = first.line(1);
    first.post_by_manager(&format!("/lines/{burger}/void"), json!({"reason": "full"})).ok();
    // Nothing of it is to be made; the kitchen has yet to read that.
    assert_eq!(pass(&n)[1], "1 at 1 0/0 [-2 Burger@1 new] held []");
    let waiting = kitchen.get("/tickets?state=waiting").ok();
    let cancel = waiting.list("/items").iter().find(|ticket| ticket["kind"] == "cancel").unwrap();
    bump(cancel);
    assert_eq!(pass(&n), [second]);
}

#[test]
fn what_is_held_says_what_a_cook_needs() {
    let n = Night::new();
    three_courses(&n);
    let expo = n.house.as_("kitchen").get("/expo").ok();
    let held = expo.at("/orders/0/held/0/lines/0");
    assert_eq!(
        (&held["modifiers"], &held["note"], &held["variant"]),
        (&json!("Rare"), &json!("no bun"), &json!("one"))
    );
    let etag = expo.etag();
    n.house.as_("kitchen").get("/expo").if_none_match(&etag).send().expect(304);
    n.order(&[(n.carbonara, 1)]).send();
    n.house.as_("kitchen").get("/expo").if_none_match(&etag).ok();
}
