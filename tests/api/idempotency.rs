//! A retried request has one effect and, once it had it, one answer.

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::PIN;
use crate::orders::Night;

/// That `again` is `first` once more.
#[track_caller]
fn replays(first: &Answer, again: &Answer) {
    assert_eq!(again.header("idempotency-replayed"), "true", "{}", again.text());
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(first.header("idempotency-replayed"), "");
}

fn pilsner(n: &Night) -> Value {
    json!({"kind": "dine_in", "lines": [{"variant_id": n.pilsner, "quantity": 1}]})
}

fn count(n: &Night) -> i64 {
    n.waiter.get("/orders").ok().int("/page/total")
}

#[test]
fn the_same_request_is_answered_the_same() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    let line = order.line(0);
    let seen = order.etag();
    let m = &n.manager;
    type Call<'a> = Box<dyn Fn() -> Request + 'a>;
    let calls: Vec<(&str, Call<'_>)> = vec![
        ("open", Box::new(|| n.waiter.post("/orders").body(pilsner(&n)).key("k-open"))),
        (
            "add",
            Box::new(|| {
                n.waiter
                    .post(&order.path("/lines"))
                    .body(json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}]}))
                    .key("k-add")
            }),
        ),
        (
            "edit",
            Box::new(|| {
                n.waiter
                    .patch(&order.path(&format!("/lines/{line}")))
                    .if_match(&seen)
                    .body(json!({"seat": 2}))
                    .key("k-edit")
            }),
        ),
        ("send", Box::new(|| n.waiter.post(&order.path("/send")).key("k-send"))),
        (
            "void",
            Box::new(|| {
                m.post(&order.path(&format!("/lines/{line}/void")))
                    .if_match("*")
                    .body(json!({"quantity": 1, "reason": "x"}))
                    .key("k-void")
            }),
        ),
        (
            "comp",
            Box::new(|| {
                m.post(&order.path(&format!("/lines/{line}/comp")))
                    .if_match("*")
                    .body(json!({"quantity": 1}))
                    .key("k-comp")
            }),
        ),
        ("bill", Box::new(|| n.waiter.post(&order.path("/bill")).accept("text/plain").key("k-bill"))),
        ("guests", Box::new(|| n.waiter.patch(&order.path("")).body(json!({"guests": 7})).key("k-guests"))),
        (
            "86",
            Box::new(|| {
                m.put(&format!("/variants/{}/availability", n.tiramisu)).body(json!({"available": false})).key("k-86")
            }),
        ),
        ("area", Box::new(|| m.post("/areas").body(json!({"name": "Yard"})).key("k-area"))),
        ("leave", Box::new(|| m.delete(&format!("/tables/{}", n.tables[1])).key("k-leave"))),
        ("end", Box::new(|| m.post(&order.path("/void")).if_match("*").body(json!({"reason": "x"})).key("k-end"))),
    ];
    let mut firsts = Vec::new();
    for (name, call) in &calls {
        let first = call().send();
        assert!((200..300).contains(&first.status), "{name}: {}", first.text());
        firsts.push(first);
    }
    let after = (order.now().text(), count(&n), n.records("order.opened").len());
    for ((_, call), first) in calls.iter().zip(&firsts) {
        replays(first, &call().send());
        replays(first, &call().send());
    }
    assert_eq!((order.now().text(), count(&n), n.records("order.opened").len()), after);
}

#[test]
fn fifty_at_once_have_one_effect_and_one_answer() {
    let n = Night::new();
    n.stock(n.pilsner, json!({"available": true, "remaining": 60}));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let send = || n.waiter.post("/orders").body(pilsner(&n)).key("once").send();
        let all: Vec<_> = (0..50).map(|_| scope.spawn(send)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!((answer.status, &answer.bytes), (201, &answers[0].bytes), "{}", answer.text());
        assert_eq!(answer.header("etag"), answers[0].header("etag"));
    }
    let replayed = answers.iter().filter(|a| a.header("idempotency-replayed") == "true").count();
    assert_eq!((replayed, count(&n), n.remaining(n.pilsner)), (49, 1, 59));
    assert_eq!(n.records("order.opened").len(), 1);
}

#[test]
fn a_key_is_for_one_request() {
    let n = Night::new();
    let order = n.waiter.post("/orders").body(pilsner(&n)).key("mine").created();
    let path = format!("/orders/{}", order.id());
    n.waiter.post("/orders").body(json!({"kind": "takeaway"})).key("mine").refused("key_reused");
    n.waiter.post(&format!("{path}/lines")).body(pilsner(&n)["lines"].clone()).key("mine").send().refused("invalid");
    n.waiter.post(&format!("{path}/send")).key("mine").refused("key_reused");
    n.waiter.patch(&path).body(json!({"guests": 3})).key("mine").refused("key_reused");
    n.waiter.post("/orders?x=1").body(pilsner(&n)).key("mine").refused("key_reused");
    assert_eq!((count(&n), n.waiter.get(&path).ok().int("/version")), (1, 1));
    // The same key of another device is another key; of the same device it is the same, whoever signs in.
    let cashier = n.house.as_("cashier").post("/orders").body(pilsner(&n)).key("mine").created();
    assert_ne!(cashier.id(), order.id());
    let carlo = json!({"staff_id": n.house.person("cashier").staff_id, "pin": PIN});
    let session = n.house.terminal_of("waiter").post("/sessions").no_key().body(carlo).created();
    let carlo: Client = n.house.anyone().with_token(session.str("/token"));
    replays(&order, &carlo.post("/orders").body(pilsner(&n)).key("mine").send());
}

#[test]
fn a_refusal_leaves_the_key_free() {
    let n = Night::new();
    let [one, _] = n.tables;
    let first = n.open(json!({"kind": "dine_in", "table_id": one}));
    let again = || n.waiter.post("/orders").body(json!({"kind": "dine_in", "table_id": one})).key("free");
    again().refused("table_occupied");
    again().refused("table_occupied");
    // Even another request may have it now.
    first.post("/void", json!({"reason": "x"})).ok();
    let opened = again().created();
    assert_eq!(opened.header("idempotency-replayed"), "");
    replays(&opened, &again().send());
    n.waiter.post("/orders").body(json!({"kind": "nonsense"})).key("other").refused("invalid");
    n.waiter.post("/orders").body(json!({"kind": "takeaway"})).key("other").created();
}

#[test]
fn keys_of_every_shape() {
    let n = Night::new();
    let with = |key: &str| n.waiter.post("/orders").body(pilsner(&n)).key(key);
    n.waiter.post("/orders").body(pilsner(&n)).no_key().refused("idempotency_key_missing");
    for wrong in ["", &"x".repeat(65), "two words", "tab\tbed"] {
        with(wrong).refused("idempotency_key_invalid");
    }
    // Welcome and not required elsewhere, and then held to the same.
    let patch = || n.waiter.patch("/orders/1").body(json!({"guests": 2}));
    assert_eq!(count(&n), 0);
    for right in ["x", &"y".repeat(64), "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "%_%"] {
        with(right).created();
    }
    assert_eq!(count(&n), 4);
    patch().key("two words").refused("idempotency_key_invalid");
    patch().ok();
    // A key is looked up exactly: nothing in it stands for anything else.
    with("%").created();
    with("_").created();
    assert_eq!(count(&n), 6);
}

#[test]
fn a_retry_outlives_its_version_and_the_server() {
    let mut n = Night::new();
    let id = n.order(&[(n.carbonara, 2)]).id;
    let line = n.waiter.get(&format!("/orders/{id}")).ok().int("/checks/0/lines/0/id");
    let call = |client: &Client| {
        client.patch(&format!("/orders/{id}/lines/{line}")).if_match("\"1.0\"").body(json!({"quantity": 3})).key("late")
    };
    let first = call(&n.waiter).ok();
    n.waiter
        .patch(&format!("/orders/{id}/lines/{line}"))
        .if_match("\"1.0\"")
        .body(json!({"quantity": 4}))
        .refused("stale");
    replays(&first, &call(&n.waiter).send());
    n.house.restart();
    let waiter = n.house.as_("waiter");
    replays(&first, &call(&waiter).send());
    // Kept a week at least.
    n.house.clock.advance_ms(7 * 24 * 60 * 60 * 1000);
    replays(&first, &call(&n.house.sign_in("waiter")).send());
}
