//! Tickets that nobody takes: whoever sent them hears of it, once.

use serde_json::{Value, json};

use crate::client::{Client, Events};
use crate::harness::House;
use crate::orders::Night;

/// A night with somebody on the look-out.
fn night() -> Night {
    Night::in_house(House::open_set(|config| config.look_out = true))
}

/// Waits for the next event of these; its kind and subject.
#[track_caller]
fn hears(events: &mut Events) -> (String, i64) {
    let event = events.next().expect("the stream goes on");
    let data: Value = serde_json::from_str(&event.data).unwrap();
    (data["kind"].as_str().unwrap().to_owned(), data["subject"].as_i64().unwrap())
}

const ALARMS: &str = "?kinds=ticket.unacknowledged,ticket.acknowledged";

#[track_caller]
fn unacknowledged(client: &Client, query: &str) -> Vec<i64> {
    let list = client.get(&format!("/tickets/unacknowledged{query}")).ok();
    list.list("/items").iter().map(|ticket| ticket["id"].as_i64().unwrap()).collect()
}

fn ids(tickets: &[Value]) -> Vec<i64> {
    tickets.iter().map(|ticket| ticket["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_ticket_nobody_takes_is_told_to_who_sent_it() {
    let n = night();
    let kitchen = n.house.as_("kitchen");
    let mut events = n.waiter.events(ALARMS, None);
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let tickets = ids(&order.send());
    let by_cashier = n.house.as_("cashier").post("/orders").body(json!({"kind": "takeaway",
        "lines": [{"variant_id": n.tiramisu, "quantity": 1}]}));
    let other = by_cashier.created().id();
    let others = ids(n.house.as_("cashier").post(&format!("/orders/{other}/send")).ok().list("/tickets"));
    kitchen.post(&format!("/tickets/{}/printed", tickets[1])).ok();
    assert_eq!(unacknowledged(&n.waiter, "?all=true"), Vec::<i64>::new());
    n.house.clock.advance_ms(60_000);
    let unacknowledged_of = |order: i64| ("ticket.unacknowledged".to_owned(), order);
    assert_eq!(hears(&mut events), unacknowledged_of(order.id));
    assert_eq!(hears(&mut events), unacknowledged_of(other));
    assert_eq!(unacknowledged(&n.waiter, ""), [tickets[0]]);
    assert_eq!(unacknowledged(&n.house.as_("cashier"), ""), others);
    assert_eq!(unacknowledged(&kitchen, ""), Vec::<i64>::new());
    assert_eq!(unacknowledged(&kitchen, "?all=true"), [tickets[0], others[0]]);
    let cashiers = format!("?device_id={}", n.house.person("cashier").device_id);
    assert_eq!(unacknowledged(&n.waiter, &cashiers), others);

    // Somebody shouts; the cook bumps it.
    kitchen.post(&format!("/tickets/{}/bump", tickets[0])).ok();
    assert_eq!(hears(&mut events), ("ticket.acknowledged".to_owned(), order.id));
    assert_eq!(unacknowledged(&n.waiter, ""), Vec::<i64>::new());
    // Taken once, it is not waited for again.
    kitchen.post(&format!("/tickets/{}/recall", tickets[0])).ok();
    n.house.clock.advance_ms(600_000);
    kitchen.post(&format!("/tickets/{}/printed", others[0])).ok();
    assert_eq!(hears(&mut events), ("ticket.acknowledged".to_owned(), other));
    let told = n.records("ticket.unacknowledged");
    let device = n.house.person("waiter").device_id;
    assert_eq!(told[0]["payload"], json!({"ticket": tickets[0], "station": 1, "device": device}));
    assert_eq!((told.len(), n.records("ticket.acknowledged").len()), (2, 2));
    assert_eq!(told[0]["device_id"], json!(null), "nobody did it");
}

#[test]
fn a_restart_forgets_no_alarm_and_tells_none_twice() {
    let mut n = night();
    let first = ids(&n.order(&[(n.carbonara, 1)]).send());
    let mut events = n.waiter.events(ALARMS, None);
    n.house.clock.advance_ms(59_000);
    let second = n.order(&[(n.carbonara, 2)]);
    let second = (second.id, ids(&second.send()));
    n.house.clock.advance_ms(1_000);
    assert_eq!(hears(&mut events).1, 1);
    n.house.stop();
    n.house.clock.advance_ms(120_000);
    n.house.restart();
    n.waiter = n.house.as_("waiter");
    let mut events = n.waiter.events(ALARMS, Some(0));
    assert_eq!(hears(&mut events), ("ticket.unacknowledged".to_owned(), 1));
    assert_eq!(hears(&mut events), ("ticket.unacknowledged".to_owned(), second.0));
    assert_eq!(unacknowledged(&n.waiter, ""), [first[0], second.1[0]]);
    n.house.restart();
    n.waiter = n.house.as_("waiter");
    // Whatever comes next on the stream is not one of them.
    let mut events = n.waiter.events(ALARMS, Some(0));
    n.waiter.post(&format!("/tickets/{}/printed", first[0])).ok();
    let kinds: Vec<String> = (0..3).map(|_| hears(&mut events).0).collect();
    assert_eq!(kinds, ["ticket.unacknowledged", "ticket.unacknowledged", "ticket.acknowledged"]);
}

#[test]
fn a_station_may_be_waited_for_longer_or_not_at_all() {
    let n = night();
    n.manager.patch(&format!("/stations/{}", n.bar)).body(json!({"ack_within_s": 0})).ok();
    n.manager.patch("/stations/1").body(json!({"ack_within_s": 120})).ok();
    let mut events = n.waiter.events(ALARMS, None);
    let quiet = n.order(&[(n.pilsner, 1)]);
    quiet.send();
    let order = n.order(&[(n.carbonara, 1)]);
    let tickets = ids(&order.send());
    n.house.clock.advance_ms(119_000);
    assert_eq!(unacknowledged(&n.waiter, ""), Vec::<i64>::new());
    n.house.clock.advance_ms(1_000);
    assert_eq!(hears(&mut events).1, order.id);
    assert_eq!(unacknowledged(&n.waiter, ""), tickets);
    // A cancel that nobody reads is cooked.
    order.post_by_manager(&format!("/lines/{}/void", order.line(0)), json!({"reason": "left"})).ok();
    assert_eq!(hears(&mut events), ("ticket.acknowledged".to_owned(), order.id), "it is not waited for any more");
    n.house.clock.advance_ms(120_000);
    assert_eq!(hears(&mut events).1, order.id);
    assert_eq!(unacknowledged(&n.house.as_("manager"), ""), [tickets[0] + 1], "the manager's terminal told it");
    // A wrong question, and a page.
    let page = n.waiter.get("/tickets/unacknowledged?all=true&limit=1").ok();
    assert_eq!((page.int("/page/total"), page.bool("/has_more")), (1, false), "nobody waits for what is not made");
    n.waiter.get("/tickets/unacknowledged?limit=0").refused("invalid").at_fault("limit", "out_of_range");
    n.waiter.get("/tickets/unacknowledged?station_id=1").refused("invalid").at_fault("station_id", "unknown_field");
}

#[test]
fn of_what_was_cancelled_unseen_only_the_cancel_is_waited_for() {
    let n = night();
    let mut events = n.waiter.events(ALARMS, None);
    let order = n.order(&[(n.carbonara, 1)]);
    let ticket = ids(&order.send())[0];
    order.post_by_manager(&format!("/lines/{}/void", order.line(0)), json!({"reason": "left"})).ok();
    let other = n.order(&[(n.pilsner, 2)]);
    let others = ids(&other.send());
    other.post_by_manager(&format!("/lines/{}/void", other.line(0)), json!({"quantity": 1, "reason": "left"})).ok();
    n.house.clock.advance_ms(60_000);
    let heard: Vec<i64> = (0..3).map(|_| hears(&mut events).1).collect();
    assert_eq!(heard, [order.id, other.id, other.id]);
    assert_eq!(unacknowledged(&n.waiter, "?all=true"), [ticket + 1, others[0], others[0] + 1]);
}

#[test]
fn sending_waits_for_no_printer() {
    let n = night();
    let mut events = n.waiter.events(ALARMS, None);
    // More than are told of at once, by a kitchen that is dark.
    let orders: Vec<i64> = (0..60)
        .map(|_| {
            let order = n.order(&[(n.carbonara, 1)]);
            order.send();
            order.id
        })
        .collect();
    n.house.clock.advance_ms(60_000);
    let told: Vec<i64> = orders.iter().map(|_| hears(&mut events).1).collect();
    assert_eq!(told, orders);
    let list = n.waiter.get("/tickets/unacknowledged?limit=100").ok();
    assert_eq!(list.int("/page/total"), 60);
}
