//! The last portions, wanted by everybody at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::scene::Night;
use crate::client::{Answer, Client};
use crate::harness::House;

const TABLETS: usize = 20;

/// Everybody sends at the same moment; how many were served. The others hear that it is sold out.
fn all_at_once(night: &Night, line: &(dyn Fn(usize) -> Value + Sync), sold_out: &(dyn Fn(&Answer) + Sync)) -> usize {
    let (start, served) = (Barrier::new(TABLETS), AtomicUsize::new(0));
    let tablets: Vec<Client> = (0..TABLETS).map(|_| night.house.apart("waiter")).collect();
    std::thread::scope(|scope| {
        for (n, tablet) in tablets.iter().enumerate() {
            let (start, served) = (&start, &served);
            scope.spawn(move || {
                let body = json!({"kind": "dine_in", "lines": [line(n)]});
                start.wait();
                let answer = tablet.post("/orders").body(body).send();
                match answer.status {
                    201 => drop(served.fetch_add(1, Ordering::Relaxed)),
                    _ => sold_out(&answer.refused("sold_out")),
                }
            });
        }
    });
    served.into_inner()
}

fn night() -> Night {
    Night::in_house(House::open_with(4, 4))
}

#[test]
fn five_portions_are_sold_five_times() {
    let n = night();
    n.stock(n.carbonara, json!({"available": true, "remaining": 5}));
    let line = |_| json!({"variant_id": n.carbonara, "quantity": 1});
    let sold = all_at_once(&n, &line, &|answer| assert_eq!(answer.int("/variant_id"), n.carbonara));
    assert_eq!((sold, n.remaining(n.carbonara)), (5, 0));
    assert!(!n.waiter.get("/menu").ok().text().is_empty());
    // What is voided before it was sent is there again, once.
    let open = n.waiter.get("/orders?state=open").ok();
    assert_eq!(open.list("/items").len(), 5);
    let id = open.int("/items/0/id");
    let order = n.waiter.get(&format!("/orders/{id}")).ok();
    let path = format!("/orders/{id}/lines/{}/void", order.int("/checks/0/lines/0/id"));
    n.waiter.post(&path).if_match(&order.etag()).body(json!({})).key("once").ok();
    n.waiter.post(&path).if_match(&order.etag()).body(json!({})).key("once").ok();
    assert_eq!(n.remaining(n.carbonara), 1);
    let sold = all_at_once(&n, &line, &|_| ());
    assert_eq!((sold, n.remaining(n.carbonara)), (1, 0));
}

#[test]
fn larger_orders_leave_what_they_cannot_have() {
    let n = night();
    n.stock(n.carbonara, json!({"available": true, "remaining": 7}));
    // One to three each: whoever comes too late hears how many are left, which is fewer than asked for.
    let line = |at: usize| json!({"variant_id": n.carbonara, "quantity": at % 3 + 1});
    all_at_once(&n, &line, &|answer| assert!((0..3).contains(&answer.int("/remaining")), "{}", answer.text()));
    let sold: i64 = n
        .waiter
        .get("/orders?state=open&expand=checks&limit=100")
        .ok()
        .list("/items")
        .iter()
        .map(|order| order["checks"][0]["lines"][0]["quantity"].as_i64().unwrap())
        .sum();
    assert_eq!(sold + n.remaining(n.carbonara), 7);
    // With twenty that want some, a single portion is never left over.
    assert_eq!(n.remaining(n.carbonara), 0);
}

#[test]
fn options_and_parts_of_combos_count_too() {
    let n = night();
    let path = format!("/options/{}/availability", n.bacon);
    n.manager.put(&path).body(json!({"available": true, "remaining": 5})).ok();
    // Half of them want it twice; two more are then too many for the last one.
    let burger = |_| {
        json!({"variant_id": n.burger, "quantity": 1,
            "modifiers": [{"option_id": n.rare}, {"option_id": n.bacon, "quantity": 1}]})
    };
    let sold = all_at_once(&n, &burger, &|answer| assert_eq!(answer.int("/option_id"), n.bacon));
    assert_eq!(sold, 5);
    // A dish that is wanted by itself and in a combo.
    let body = json!({"name": "Menu", "category_id": n.food, "tax_class": 1, "variants": [{"name": "one", "price": 1500}],
        "components": [{"variant_id": n.carbonara}, {"variant_id": n.tiramisu}]});
    let combo = n.manager.post("/items").body(body).created().int("/variants/0/id");
    n.stock(n.tiramisu, json!({"available": true, "remaining": 9}));
    let either =
        |at: usize| json!({"variant_id": if at.is_multiple_of(2) { combo } else { n.tiramisu }, "quantity": 1});
    let sold = all_at_once(&n, &either, &|answer| assert_eq!(answer.int("/variant_id"), n.tiramisu));
    assert_eq!((sold, n.remaining(n.tiramisu)), (9, 0));
}
