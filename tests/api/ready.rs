//! What the shell gives by itself is what its handler gives.

use std::collections::BTreeMap;

use crate::client::{Answer, Client};
use crate::harness::{House, ROLES};
use crate::orders::small_menu;

/// The addresses answered before any route is tried.
const READY: [&str; 4] = ["/menu", "/floor", "/settings", "/availability"];

/// What the lane passes by: a query is the handler's matter.
const BY_HAND: &str = "?by=hand";

/// An answer without what no two answers share.
fn told(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let own = |name: &str| ["x-request-id", "server-timing", "date"].contains(&name);
    let headers = answer.headers.iter().filter(|(name, _)| !own(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let id = answer.header("x-request-id");
    let body = String::from_utf8_lossy(&answer.bytes).replace(id, "the id");
    (answer.status, headers, body)
}

/// Asks both ways, with what is in the cache already.
fn check(who: &Client, path: &str, headers: &[(&str, &str)], status: u16) {
    let ask = |path: &str| headers.iter().fold(who.get(path), |get, (name, value)| get.header(name, value)).send();
    let (ready, by_hand) = (ask(path).expect(status), ask(&format!("{path}{BY_HAND}")).expect(status));
    assert_eq!(told(&ready), told(&by_hand), "{path} with {headers:?}");
    let hit = |answer: &Answer| answer.header("server-timing").ends_with("cache;desc=\"hit\"");
    assert_eq!((hit(&ready), hit(&by_hand)), (status < 400, status < 400), "{path} with {headers:?}");
}

#[test]
fn both_ways_answer_alike() {
    let house = House::open_with(1, 2);
    small_menu(&house);
    for path in READY {
        let etag = house.as_("manager").get(path).ok().etag();
        for role in ROLES {
            let status = if role == "kitchen" && path != "/availability" { 403 } else { 200 };
            check(&house.as_(role), path, &[], status);
        }
        let manager = house.as_("manager");
        check(&manager, path, &[("if-none-match", &etag)], 304);
        check(&manager, path, &[("if-none-match", "*"), ("accept-encoding", "gzip")], 304);
        check(&manager, path, &[("if-none-match", "\"other\"")], 200);
        for coding in ["zstd", "gzip", "identity", "br"] {
            check(&manager, path, &[("accept-encoding", coding)], 200);
        }
        check(&house.anyone(), path, &[], 401);
        check(&house.anyone().with_token("cms_nobody"), path, &[], 401);
        check(&house.anyone(), path, &[("authorization", "Basic abc")], 401);
        // A terminal nobody is signed in on.
        check(&house.terminal_of("waiter"), path, &[], 401);
    }
}

#[test]
fn other_methods_are_refused_by_their_address() {
    let house = House::open();
    for path in READY {
        let answer = house.as_("owner").delete(path).send().refused("method_not_allowed");
        assert!(answer.header("allow").contains("GET"), "{path}: {}", answer.header("allow"));
    }
}

#[test]
fn a_session_that_ended_is_not_known_any_more() {
    let house = House::open();
    let waiter = house.sign_in("waiter");
    for path in READY {
        waiter.get(path).ok();
    }
    waiter.delete("/sessions/current").done();
    for path in READY {
        check(&waiter, path, &[], 401);
    }
}
