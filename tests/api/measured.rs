//! Every request is on its route's meter, and a slow one is kept with what it ran.

use std::sync::Arc;
use std::time::Duration;

use comanda::timing::{CacheOutcome, Class, Registry};
use serde_json::json;

use crate::harness::House;
use crate::orders::small_menu;

fn meters(house: &House) -> Arc<Registry> {
    Arc::clone(house.running().house().store.timing())
}

/// `requests refused busy fault` of a route.
#[track_caller]
fn check(house: &House, method: &str, pattern: &str, expected: &str) {
    let routes = meters(house).routes();
    let mut told = "nothing".to_owned();
    if let Some(route) = routes.iter().find(|route| route.method == method && route.pattern == pattern) {
        let read = route.requests.read();
        let errors = |class| read.errors.of(class);
        let (refused, busy, fault) = (errors(Class::Refused), errors(Class::Busy), errors(Class::Fault));
        told = format!("{} {refused} {busy} {fault}", read.counts.count());
    }
    assert_eq!(told, expected, "{method} {pattern}");
}

#[test]
fn a_request_counts_for_its_route() {
    let house = House::open();
    let (waiter, kitchen) = (house.as_("waiter"), house.as_("kitchen"));
    for _ in 0..3 {
        waiter.get("/menu").ok();
    }
    let etag = waiter.get("/menu?by=hand").ok().etag();
    waiter.get("/menu").if_none_match(&etag).send().expect(304);
    kitchen.get("/menu").refused("forbidden");
    check(&house, "GET", "/api/v1/menu", "6 1 0 0");
    for id in 1..=2 {
        waiter.get(&format!("/orders/{id}")).refused("not_found");
    }
    check(&house, "GET", "/api/v1/orders/{id}", "2 2 0 0");
    check(&house, "POST", "/api/v1/orders", "nothing");
    waiter.post("/orders").body(json!({"kind": "nonsense"})).send();
    check(&house, "POST", "/api/v1/orders", "1 1 0 0");
    // What leads nowhere is one route, and a method that nobody takes is one method.
    waiter.get("/nowhere").refused("not_found");
    waiter.get("/nowhere/else").refused("not_found");
    check(&house, "GET", "(none)", "2 2 0 0");
    waiter.request("BREW", "/menu").refused("method_not_allowed");
    check(&house, "(other)", "/api/v1/menu", "1 1 0 0");
}

#[test]
fn a_slow_request_is_kept_with_what_it_ran() {
    let house = House::open();
    let menu = small_menu(&house);
    let waiter = house.as_("waiter");
    waiter.get("/menu").ok();
    let timing = meters(&house);
    assert_eq!(timing.slow_limit(), Duration::from_millis(100));
    timing.set_slow(Duration::ZERO);
    waiter.get("/menu").ok();
    let lines = json!([{"variant_id": menu[0], "quantity": 1}]);
    let made = waiter.post("/orders").body(json!({"kind": "takeaway", "lines": lines})).created();
    waiter.get(&format!("/orders/{}", made.id())).ok();
    timing.set_slow(Duration::from_secs(600));
    let slow = timing.slow();
    let told: Vec<_> = slow.iter().map(|slow| format!("{} {} {}", slow.method, slow.route, slow.status)).collect();
    assert_eq!(told, ["GET /api/v1/orders/{id} 200", "POST /api/v1/orders 201", "GET /api/v1/menu 200"]);
    let [read, written, cached] = [&slow[0], &slow[1], &slow[2]];
    assert_eq!((cached.cache, cached.statements.len()), (CacheOutcome::Hit, 0));
    assert_eq!(written.request_id, made.header("x-request-id"));
    let names: Vec<_> = written.statements.iter().map(|ran| ran.name).collect();
    assert!(names.contains(&"orders.insert") || names.iter().any(|name| name.starts_with("order")), "{names:?}");
    assert!(!read.statements.is_empty() && read.db_us <= read.app_us, "{read:?}");
}
