//! A retried request has one effect and, once it had it, one answer.

use rusqlite::Connection;
use rusqlite::types::FromSql;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::{House, PIN};
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

/// Whoever has this role, signed in at the waiter's terminal.
fn at_the_waiters(house: &House, role: &str) -> Client {
    let who = json!({"staff_id": house.person(role).staff_id, "pin": PIN});
    let session = house.terminal_of("waiter").post("/sessions").no_key().body(who).created();
    house.anyone().with_token(session.str("/token"))
}

#[test]
fn a_retry_is_answered_whoever_signed_in_meanwhile() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3)]);
    let path = order.path(&format!("/lines/{}/comp", order.line(0)));
    let (seen, one) = (order.etag(), json!({"quantity": 1}));
    let comp = |by: &Client, body: &Value| by.post(&path).if_match(&seen).body(body.clone()).key("comp");
    let waiter = at_the_waiters(&n.house, "waiter");
    comp(&waiter, &one).refused("approval_needed");
    let first = comp(&at_the_waiters(&n.house, "manager"), &one).ok();
    let waiter = at_the_waiters(&n.house, "waiter");
    replays(&first, &comp(&waiter, &one).send());
    // It is the same without the version it moved itself.
    replays(&first, &at_the_waiters(&n.house, "manager").post(&path).body(one.clone()).key("comp").send());
    // Another request is another matter, as is another terminal.
    comp(&waiter, &json!({"quantity": 2})).refused("key_reused");
    comp(&at_the_waiters(&n.house, "manager"), &json!({"quantity": 2})).refused("key_reused");
    comp(&n.house.as_("cashier"), &one).refused("approval_needed");
    // Whoever is not known is told nothing.
    comp(&n.house.terminal_of("waiter"), &one).refused("token_missing");
    comp(&n.house.anyone(), &one).refused("token_missing");
    // Demoted, she is answered what she did and does no more of it.
    let owner = n.house.as_("owner");
    owner.patch(&format!("/staff/{}", n.house.person("manager").staff_id)).body(json!({"role": "waiter"})).ok();
    let mara = at_the_waiters(&n.house, "manager");
    replays(&first, &comp(&mara, &one).send());
    mara.post(&path).if_match(&seen).body(one.clone()).key("more").refused("approval_needed");
    let comps = order.now().list("/checks/0/lines").iter().filter(|line| !line["comp"].is_null()).count();
    assert_eq!(comps, 1);
}

#[test]
fn what_was_refused_for_its_version_had_no_effect_to_answer_with() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let path = order.path(&format!("/lines/{}", order.line(0)));
    let edit = || n.waiter.patch(&path).body(json!({"quantity": 3})).key("edit");
    edit().refused("version_missing");
    edit().refused("version_missing");
    let first = edit().if_match(&order.etag()).ok();
    assert_eq!(first.header("idempotency-replayed"), "");
    replays(&first, &edit().send());
    // A key is not looked at before it is one.
    n.waiter.patch(&path).body(json!({"quantity": 3})).key("two words").refused("idempotency_key_invalid");
    n.waiter.post(&order.path("/lines")).bytes("text/plain", "x").key("edit").refused("not_json_type");
}

/// The one row of a query on the file, beside the server.
fn of<T: FromSql>(house: &House, query: &str) -> T {
    Connection::open(house.db()).unwrap().query_row(query, (), |row| row.get(0)).unwrap()
}

#[test]
fn what_is_kept_of_a_request_tells_no_pin() {
    let house = House::open();
    let owner = house.as_("owner");
    let hire = |name: &str, pin: &str, key: &str| {
        owner.post("/staff").body(json!({"name": name, "role": "waiter", "pin": pin})).key(key)
    };
    let hash =
        |key: &str| of::<Vec<u8>>(&house, &format!("select request_hash from idempotency_keys where key = '{key}'"));
    let first = hire("Ugo", "1357", "a").created();
    hire("Ugo", "2468", "b").created();
    hire("Ida", "1357", "c").created();
    assert_eq!(hash("a"), hash("b"), "four digits would be found by trying them all");
    assert_ne!(hash("a"), hash("c"));
    // So another PIN is the same request, and has no effect; another name is another.
    replays(&first, &hire("Ugo", "9999", "a").send());
    hire("Ida", "1357", "a").refused("key_reused");
    let ugo = |pin: &str| json!({"staff_id": first.id(), "pin": pin});
    house.terminal_of("waiter").post("/sessions").no_key().body(ugo("9999")).refused("pin_wrong");
    house.terminal_of("waiter").post("/sessions").no_key().body(ugo("1357")).created();
    let path = format!("/staff/{}", first.id());
    let edit = |body: Value, key: &str| owner.patch(&path).body(body).key(key).ok();
    edit(json!({"name": "Ugo B", "pin": "1111"}), "d");
    edit(json!({"pin": "2222", "name": "Ugo B"}), "e");
    edit(json!({"name": "Ugo B"}), "f");
    edit(json!({"name": "Ugo B", "pin": null}), "g");
    assert_eq!(hash("d"), hash("e"));
    assert_ne!(hash("d"), hash("f"), "whether there is a PIN is told");
    assert_ne!(hash("d"), hash("g"));
}

#[test]
fn a_pairing_code_is_kept_nowhere() {
    let house = House::open();
    let before: i64 = of(&house, "select count(*) from idempotency_keys");
    let ask = || house.as_("manager").post("/devices/pairing-codes").key("code").created();
    let (first, second) = (ask(), ask());
    assert_ne!(first.str("/code"), second.str("/code"));
    assert_eq!(second.header("idempotency-replayed"), "");
    assert_eq!(of::<i64>(&house, "select count(*) from idempotency_keys"), before);
    for code in [first, second] {
        let pair = json!({"code": code.str("/code"), "name": "Till"});
        house.anyone().post("/devices/pair").no_key().body(pair).created();
    }
}

#[test]
fn old_keys_go_a_few_at_a_time() {
    let n = Night::new();
    let order = |by: &Client| by.post("/orders").body(json!({"kind": "takeaway"})).created();
    for _ in 0..150 {
        order(&n.waiter);
    }
    let count = || of::<i64>(&n.house, "select count(*) from idempotency_keys");
    let old = count();
    assert!(old > 150);
    n.house.clock.advance_ms(9 * 24 * 60 * 60 * 1000);
    let waiter = n.house.sign_in("waiter");
    let mut counts = vec![old];
    for _ in 0..4 * 32 {
        order(&waiter);
        counts.push(count());
    }
    let gone: Vec<i64> = counts.windows(2).map(|pair| pair[0] + 1 - pair[1]).filter(|gone| *gone > 0).collect();
    assert_eq!(gone.iter().sum::<i64>(), old, "all of them, and none of the new");
    assert!(gone.len() >= 3 && gone.iter().all(|gone| *gone <= 64), "{gone:?}");
}
