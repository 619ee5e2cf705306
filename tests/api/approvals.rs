//! The manager's yes: who is asked for one, what it is good for, and how much needs none.

use std::thread;

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::{House, PIN};
use crate::orders::{Night, adds_up};

/// What a manager types at the terminal of `asker`.
fn ask(house: &House, asker: &Client, role: &str, operation: &str, subject: &str) -> Request {
    let staff_id = house.person(role).staff_id;
    let body = json!({"staff_id": staff_id, "pin": PIN, "operation": operation, "subject": subject});
    asker.post("/approvals").body(body)
}

/// Mara's yes, given at the waiter's terminal.
#[track_caller]
fn yes(n: &Night, operation: &str, subject: &str) -> String {
    ask(&n.house, &n.waiter, "manager", operation, subject).created().str("/approval").to_owned()
}

/// Somebody signed in at the terminal of somebody else.
fn at(house: &House, terminal: &str, role: &str) -> Client {
    let who = json!({"staff_id": house.person(role).staff_id, "pin": PIN});
    let session = house.terminal_of(terminal).post("/sessions").no_key().body(who).created();
    house.anyone().with_token(session.str("/token"))
}

#[track_caller]
fn invalid(answer: Answer, why: &str) {
    let refused = answer.refused("approval_invalid");
    assert_eq!(refused.str("/why"), why, "{}", refused.text());
    assert!(!refused.str("/permission").is_empty() && refused.str("/subject").starts_with('/'));
}

/// 12.50 twice and 4.80, sent, with what `more` says of it.
fn sent(n: &Night) -> (i64, i64) {
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    order.send();
    (order.id, order.line(0))
}

/// A payment of 12.50 by card, on a check that it settled.
fn paid(n: &Night) -> i64 {
    n.order(&[(n.carbonara, 1)]).post("/payments", json!({"tender": "card"})).created().int("/payment/id")
}

/// What a waiter does: the method, the path, the body.
type Call = (&'static str, String, Value);

fn call(by: &Client, (method, path, body): &Call) -> Request {
    let request = by.request(method, path).if_match("*");
    if *method == "DELETE" { request } else { request.body(body.clone()) }
}

/// Every call that takes somebody's yes: its permission, its subject, the record it leaves.
fn calls(n: &Night) -> Vec<(&'static str, String, &'static str, Call)> {
    let charges = json!([{"name": "Service", "percent": "10", "optional": true, "tax": "as_lines", "min_guests": 7}]);
    n.manager.patch("/settings").body(json!({"service_charges": charges})).ok();
    let tender = |kind: &str| {
        let tenders = n.manager.get("/tenders?limit=100").ok();
        tenders.list("/items").iter().find(|t| t["kind"] == kind).unwrap()["id"].clone()
    };
    let mut calls = Vec::new();
    let mut add = |permission, subject: String, action: &str, record, method, body| {
        let path = format!("{subject}{action}");
        calls.push((permission, subject, record, (method, path, body)));
    };
    let (order, line) = sent(n);
    add("comp", format!("/orders/{order}/lines/{line}"), "/comp", "line.comped", "POST", json!({"reason": "cold"}));
    let (order, line) = sent(n);
    n.manager.post(&format!("/orders/{order}/lines/{line}/comp")).if_match("*").body(json!({})).ok();
    add("comp", format!("/orders/{order}/lines/{line}"), "/comp", "comp.removed", "DELETE", json!(null));
    let (order, line) = sent(n);
    let why = json!({"quantity": 1, "reason": "spilt"});
    add("void_sent", format!("/orders/{order}/lines/{line}"), "/void", "line.voided", "POST", why);
    let (order, _) = sent(n);
    let ten = json!({"name": "Ten", "percent": "10"});
    add("discount", format!("/orders/{order}"), "/discounts", "discount.given", "POST", ten.clone());
    let (order, _) = sent(n);
    let given = n.manager.post(&format!("/orders/{order}/discounts")).if_match("*").body(ten).created();
    let subject = format!("/orders/{order}/discounts/{}", given.int("/checks/0/discounts/0/id"));
    add("discount", subject, "", "discount.removed", "DELETE", json!(null));
    let many = n.open(json!({"kind": "dine_in", "guests": 8, "lines": [{"variant_id": n.carbonara, "quantity": 1}]}));
    let charge = many.now().int("/checks/0/service_charges/0/id");
    let subject = format!("/orders/{}/service-charges/{charge}", many.id);
    add("discount", subject, "", "service_charge.removed", "DELETE", json!(null));
    let billed = n.open(json!({"kind": "dine_in", "guests": 8, "lines": [{"variant_id": n.carbonara, "quantity": 1}]}));
    n.waiter.post(&billed.path("/bill")).ok();
    add("discount", format!("/orders/{}", billed.id), "", "order.changed", "PATCH", json!({"guests": 6}));
    let (order, _) = sent(n);
    add("void_order", format!("/orders/{order}"), "/void", "order.voided", "POST", json!({"reason": "left"}));
    let (order, _) = sent(n);
    add(
        "correct_payment",
        format!("/orders/{order}"),
        "/payments",
        "payment.taken",
        "POST",
        json!({"tender": "write_off"}),
    );
    let payment = format!("/payments/{}", paid(n));
    let cash = json!({"tender_id": tender("cash")});
    add("correct_payment", payment, "/correct", "payment.corrected", "POST", cash);
    let payment = format!("/payments/{}", paid(n));
    add("correct_payment", payment, "/tip", "tip.changed", "POST", json!({"amount": 2000}));
    let payment = format!("/payments/{}", paid(n));
    add("refund", payment, "/refunds", "refund.paid", "POST", json!({"amount": 250, "reason": "salty"}));
    // Opened once, however often the calls are made up.
    n.waiter.post("/drawers").body(json!({"owner": "device", "float": 0})).send();
    let drawer = format!("/drawers/{}", n.waiter.get("/drawers?state=open").ok().int("/items/0/id"));
    add("no_sale", drawer, "/no-sale", "drawer.moved", "POST", json!({"reason": "change"}));
    let (order, line) = sent(n);
    let ten = json!({"unit_price": 1000});
    add("price_override", format!("/orders/{order}/lines/{line}"), "/price", "line.priced", "POST", ten);
    let purse = n.waiter.post("/drawers").body(json!({"owner": "staff", "float": 0})).created().id();
    add("no_sale", format!("/drawers/{purse}"), "/no-sale", "drawer.moved", "POST", json!({"reason": "change"}));
    calls
}

#[test]
fn each_operation_takes_one_yes_and_names_both() {
    let n = Night::new();
    let (walter, mara) = (n.house.person("waiter").staff_id, n.house.person("manager").staff_id);
    let calls = calls(&n);
    let count = calls.len();
    for (permission, subject, record, wanted) in calls {
        let what = format!("{} {}", wanted.0, wanted.1);
        let needed = call(&n.waiter, &wanted).refused("approval_needed");
        assert_eq!((needed.str("/permission"), needed.str("/subject")), (permission, subject.as_str()), "{what}");
        assert!(!needed.str("/limit").is_empty(), "{what}");
        let approval = yes(&n, needed.str("/permission"), needed.str("/subject"));
        let before = n.records(record).len();
        let done = call(&n.waiter, &wanted).header("approval", &approval).key(&what.replace(' ', "-")).send();
        assert!(matches!(done.status, 200 | 201), "{what}: {}", done.text());
        let records = n.records(record);
        let told = records.last().unwrap();
        assert_eq!((records.len(), &told["staff_id"]), (before + 1, &json!(walter)), "{what}: {told}");
        assert_eq!(told["payload"]["approved_by"], mara, "{what}: {told}");
        // A retry meets no spent approval, whether it brings it or not.
        for again in [call(&n.waiter, &wanted).header("approval", &approval), call(&n.waiter, &wanted)] {
            let again = again.key(&what.replace(' ', "-")).send();
            assert_eq!((again.bytes == done.bytes, again.header("idempotency-replayed")), (true, "true"), "{what}");
        }
        // Another call on the same thing does, but those that change nothing any more.
        let again = call(&n.waiter, &wanted).header("approval", &approval).send();
        let repeats = wanted.0 == "PATCH" || ["/tip", "/price"].iter().any(|end| wanted.1.ends_with(end));
        assert!(again.status >= 400 || repeats, "{what}: {}", again.text());
    }
    let granted = n.records("approval.granted");
    assert_eq!(granted.len(), count);
    for record in &granted {
        assert_eq!(
            (&record["staff_id"], &record["payload"]["approved_by"]),
            (&json!(walter), &json!(mara)),
            "{record}"
        );
    }
    // Of all that is written by somebody: the digits of a hash may be anybody's PIN by chance.
    let mut written = granted.clone();
    for record in &mut written {
        let record = record.as_object_mut().unwrap();
        assert!(record.remove("hash").is_some() && record.remove("prev_hash").is_some());
    }
    let text = json!(written).to_string();
    assert!(!text.contains("cma_") && !text.contains(PIN), "{text}");
    // Reports name who did it and who said yes, and sum by either.
    for (report, rows) in [("voids", 3), ("refunds", 1), ("comps", 0)] {
        let report = n.manager.get(&format!("/reports/{report}?from=2026-11-20&to=2026-11-20")).ok();
        assert_eq!(report.list("/rows").len(), rows, "{}", report.text());
        for row in report.list("/rows") {
            assert_eq!((&row["staff"], &row["approved_by_name"]), (&json!("Walter"), &json!("Mara")), "{row}");
        }
        for (sums, name) in [("/by_staff", "Walter"), ("/by_approver", "Mara")].iter().filter(|_| rows > 0) {
            let [sum] = report.list(sums) else { panic!("{sums}: {}", report.text()) };
            assert_eq!((&sum["staff"], &sum["amount"]), (&json!(name), report.at("/totals/amount")), "{sums}");
        }
    }
}

#[test]
fn a_yes_is_good_for_what_it_was_given_for() {
    let n = Night::new();
    let (order, line) = sent(&n);
    let subject = format!("/orders/{order}/lines/{line}");
    let comp = |by: &Client, approval: &str| {
        by.post(&format!("{subject}/comp"))
            .if_match("*")
            .body(json!({"quantity": 1}))
            .header("approval", approval)
            .send()
    };
    for nonsense in ["x", "cma_", "ä", "cma_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        invalid(comp(&n.waiter, nonsense), "unknown");
    }
    invalid(comp(&n.waiter, &yes(&n, "void_sent", &subject)), "other_operation");
    invalid(comp(&n.waiter, &yes(&n, "comp", &format!("/orders/{order}"))), "other_subject");
    invalid(comp(&n.waiter, &yes(&n, "comp", &format!("/orders/{order}/lines/{}", line + 1))), "other_subject");
    // The same waiter elsewhere, and somebody else here.
    let approval = yes(&n, "comp", &subject);
    invalid(comp(&at(&n.house, "cashier", "waiter"), &approval), "other_device");
    invalid(comp(&at(&n.house, "waiter", "cashier"), &approval), "other_staff");
    // Signed in anew at the same terminal it is still the same person.
    n.house.clock.advance_ms(119_000);
    assert_eq!(comp(&at(&n.house, "waiter", "waiter"), &approval).status, 200);
    invalid(comp(&n.waiter, &approval), "used");
    let old = yes(&n, "comp", &subject);
    n.house.clock.advance_ms(121_000);
    invalid(comp(&n.waiter, &old), "expired");
    // Long after, it is not known any more; what it was used for stands.
    n.house.clock.advance_ms(3 * 60 * 60 * 1000);
    let newer = yes(&n, "comp", &subject);
    invalid(comp(&n.waiter, &old), "unknown");
    // Whoever gave it may it no more.
    let owner = n.house.as_("owner");
    let mara = format!("/staff/{}", n.house.person("manager").staff_id);
    owner.patch(&mara).body(json!({"role": "cashier"})).ok();
    invalid(comp(&n.waiter, &newer), "withdrawn");
    owner.patch(&mara).body(json!({"role": "manager", "archived": true})).ok();
    invalid(comp(&n.waiter, &newer), "withdrawn");
    owner.patch(&mara).body(json!({"archived": false})).ok();
    n.house.clock.advance_ms(-10_000_000);
    invalid(comp(&n.waiter, &newer), "expired");
}

#[test]
fn a_call_that_is_refused_or_needs_none_leaves_it() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 2)]);
    let (unsent, before) = (order.line(1), order.etag());
    let subject = format!("/orders/{}/lines/{unsent}", order.id);
    let approval = yes(&n, "void_sent", &subject);
    let void = |etag: &str, body: Value| {
        n.waiter.post(&format!("{subject}/void")).if_match(etag).body(body).header("approval", &approval)
    };
    order.send();
    order.patch(&format!("/lines/{unsent}"), json!({"seat": 2})).ok();
    void(&before, json!({"reason": "x"})).refused("stale").at("/current/id");
    void("*", json!({})).refused("reason_needed");
    void("*", json!({"reason": "x", "quantity": 5})).refused("invalid");
    void("*", json!({"reason": "x", "quantity": 1})).ok();
    invalid(void("*", json!({"reason": "x"})).send(), "used");

    // What the waiter may alone.
    let order = n.order(&[(n.pilsner, 2)]);
    let subject = format!("/orders/{}/lines/{}", order.id, order.line(0));
    let approval = yes(&n, "void_sent", &subject);
    let one = json!({"quantity": 1, "reason": "x"});
    order.post(&format!("/lines/{}/void", order.line(0)), one.clone()).header("approval", &approval).ok();
    order.send();
    order.post(&format!("/lines/{}/void", order.line(0)), one).header("approval", &approval).ok();
    // What a manager does alone, whatever comes along; a nonsense beside a call that asks nothing is nothing.
    let (order, line) = sent(&n);
    let comp = n.manager.post(&format!("/orders/{order}/lines/{line}/comp")).if_match("*").body(json!({}));
    comp.header("approval", "x").ok();
    n.waiter.post(&format!("/orders/{order}/send")).header("approval", "x").ok();
}

#[test]
fn twenty_at_once_are_one() {
    let n = Night::new();
    let payment = paid(&n);
    let approval = yes(&n, "refund", &format!("/payments/{payment}"));
    let clients: Vec<Client> = (0..20).map(|_| n.house.apart("waiter")).collect();
    let refund = |by: Client| {
        let request = by.post(&format!("/payments/{payment}/refunds")).body(json!({"amount": 100}));
        request.header("approval", &approval).send()
    };
    let answers: Vec<Answer> = thread::scope(|scope| {
        let all: Vec<_> = clients.into_iter().map(|by| scope.spawn(|| refund(by))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (given, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((given.len(), refused.len()), (1, 19));
    refused.into_iter().for_each(|answer| invalid(answer, "used"));
    let report = n.manager.get("/reports/refunds?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!((report.int("/totals/count"), report.int("/totals/amount")), (1, 100));
}

#[test]
fn who_says_yes_and_to_whom() {
    let n = Night::new();
    let (order, line) = sent(&n);
    let subject = format!("/orders/{order}/lines/{line}");
    // Nobody says yes to what they may not do themselves; a cashier does to a discount.
    for role in ["cashier", "waiter", "kitchen", "auditor"] {
        let refused = ask(&n.house, &n.waiter, role, "comp", &subject).refused("forbidden");
        assert_eq!(refused.str("/permission"), "comp", "{role}");
    }
    let carlos = ask(&n.house, &n.waiter, "cashier", "discount", &format!("/orders/{order}")).created();
    let body = json!({"name": "Ten", "percent": "10"});
    let discount = n.waiter.post(&format!("/orders/{order}/discounts")).if_match("*").body(body);
    let given = discount.header("approval", carlos.str("/approval")).created();
    let carlo = n.house.person("cashier").staff_id;
    assert_eq!(given.int("/checks/0/discounts/0/approved_by"), carlo);
    assert_eq!(carlos.str("/expires_at"), "2026-11-20T18:02:00.000+01:00");
    // It is for somebody at a terminal who works with orders.
    for role in ["kitchen", "auditor"] {
        ask(&n.house, &n.house.as_(role), "manager", "comp", &subject).refused("forbidden");
        let comp = n.house.as_(role).post(&format!("{subject}/comp")).if_match("*").body(json!({}));
        comp.header("approval", "x").refused("forbidden");
    }
    ask(&n.house, &n.house.terminal_of("waiter"), "manager", "comp", &subject).refused("token_missing");
    // Bad input, all of it at once.
    let bad = json!({"staff_id": 2, "pin": "12", "operation": "close_day", "subject": "/orders"});
    let refused = n.waiter.post("/approvals").body(bad).refused("invalid");
    refused.at_fault("/pin", "bad_format").at_fault("/operation", "unknown_value").at_fault("/subject", "bad_format");
    // Asked again with the same key there is another: it is kept nowhere.
    let once = ask(&n.house, &n.waiter, "manager", "comp", &subject).key("ask").created();
    let twice = ask(&n.house, &n.waiter, "manager", "comp", &subject).key("ask").created();
    assert_ne!(once.str("/approval"), twice.str("/approval"));
    let without = ask(&n.house, &n.waiter, "manager", "comp", &subject).no_key();
    without.refused("idempotency_key_missing");
}

#[test]
fn wrong_pins_count_as_at_signing_in() {
    let n = Night::new();
    let (order, _) = sent(&n);
    let mara = n.house.person("manager").staff_id;
    let subject = format!("/orders/{order}");
    let ask = |pin: &str| {
        let body = json!({"staff_id": mara, "pin": pin, "operation": "void_order", "subject": subject});
        n.waiter.post("/approvals").body(body)
    };
    let sign_in = |terminal: &str, pin: &str| {
        let body = json!({"staff_id": mara, "pin": pin});
        n.house.terminal_of(terminal).post("/sessions").no_key().body(body)
    };
    for _ in 0..3 {
        ask("9999").refused("pin_wrong");
    }
    // A right one forgets them, also where its owner may not say yes.
    ask(PIN).created();
    for _ in 0..2 {
        ask("9999").refused("pin_wrong");
        sign_in("waiter", "9999").refused("pin_wrong");
    }
    ask("9999").refused("pin_wrong");
    let wait = ask(PIN).refused("too_many_tries");
    assert_eq!(wait.header("retry-after"), "30");
    sign_in("waiter", PIN).refused("too_many_tries");
    // Elsewhere she signs in as ever.
    sign_in("manager", PIN).created();
    n.house.clock.advance_ms(31_000);
    ask(PIN).created();
    n.waiter
        .post("/approvals")
        .body(json!({"staff_id": 999, "pin": PIN, "operation": "comp", "subject": "/orders/1"}))
        .refused("pin_wrong");
    let refused = n.records("session.refused");
    assert_eq!(refused.len(), 8);
    assert!(refused.iter().all(|record| record["subject"] == mara), "{refused:?}");
    // A cashier's right PIN, of which no yes comes, counts for nothing.
    let carlo = n.house.person("cashier").staff_id;
    let carlos = json!({"staff_id": carlo, "pin": PIN, "operation": "comp", "subject": "/orders/1"});
    for _ in 0..7 {
        n.waiter.post("/approvals").body(carlos.clone()).refused("forbidden");
    }
}

// ── limits ───────────────────────────────────────────────────────────────────

fn limits(n: &Night, approvals: &Value) -> Answer {
    n.manager.patch("/settings").body(json!({"approvals": approvals})).ok()
}

#[test]
fn limits_are_settings() {
    let n = Night::new();
    let first = json!({
        "discount_percent": "0", "discount_amount": 0, "discount_percent_max": null, "discount_amount_max": null,
        "void_sent": 0, "comp": 0, "refund": 0, "void_order": 0, "price_override": 0, "correct_payment": 0,
        "no_sale": 0,
    });
    assert_eq!(n.waiter.get("/settings").ok().at("/approvals"), &first);
    let wanted = json!({"discount_percent": "7.5", "discount_amount_max": 2000, "comp": null, "no_sale": null});
    let changed = limits(&n, &wanted);
    for (field, value) in first.as_object().unwrap() {
        assert_eq!(changed.at(&format!("/approvals/{field}")), wanted.get(field).unwrap_or(value), "{field}");
    }
    let seen = n.waiter.get("/settings").ok();
    assert_eq!((seen.json(), seen.etag()), (changed.json(), changed.etag()));
    // The same again is no change.
    limits(&n, &wanted);
    let records = n.records("settings.changed");
    assert_eq!(records.len(), 1);
    let told = &records[0]["payload"]["changes"];
    assert_eq!(told[0], json!({"field": "discount_percent", "from": "0", "to": "7.5"}));
    let text = told.to_string();
    assert!(text.contains(r#"{"field":"comp","from":"0","to":"none"}"#), "{text}");
    let bad = json!({"approvals": {"discount_percent": "101", "comp": -1, "refund": 0.5}});
    n.manager.patch("/settings").body(bad).refused("invalid").at_fault("/approvals/refund", "wrong_type");
    let bad = json!({"approvals": {"discount_percent": "101", "discount_percent_max": "x", "comp": -1, "no_sale": 1}});
    let refused = n.manager.patch("/settings").body(bad).refused("invalid");
    let refused = refused.at_fault("/approvals/discount_percent", "out_of_range");
    let refused = refused.at_fault("/approvals/discount_percent_max", "bad_format");
    refused.at_fault("/approvals/comp", "out_of_range").at_fault("/approvals/no_sale", "out_of_range");
    let unknown = json!({"approvals": {"colour": 1}});
    n.manager.patch("/settings").body(unknown).refused("invalid").at_fault("/approvals/colour", "unknown_field");
    n.waiter.patch("/settings").body(json!({"approvals": {"comp": null}})).refused("forbidden");
}

#[test]
fn up_to_a_limit_nobody_is_asked() {
    let n = Night::new();
    limits(&n, &json!({"void_sent": 1730, "comp": 1250, "refund": 500, "void_order": 3000, "correct_payment": 600}));
    // Two portions of 12.50, one after the other: what went before counts.
    let (order, line) = sent(&n);
    let one = json!({"quantity": 1, "reason": "x"});
    let void = |order: i64, line: i64| {
        n.waiter.post(&format!("/orders/{order}/lines/{line}/void")).if_match("*").body(one.clone())
    };
    void(order, line).ok();
    let pilsner = n.waiter.get(&format!("/orders/{order}")).ok().int("/checks/0/lines/1/id");
    void(order, pilsner).ok();
    let refused = void(order, line).refused("approval_needed");
    let told = (refused.str("/limit"), refused.int("/limit_value"), refused.int("/asked"));
    assert_eq!(told, ("void_sent", 1730, 2980));
    assert_eq!(
        refused.str("/detail"),
        "A waiter may do this alone up to 17.30; this comes to 29.80. It needs void_sent."
    );
    // Nobody said yes to what nobody was asked for.
    let report = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    let names = |row: &Value| (row["staff"].clone(), row["approved_by"].clone());
    assert!(report.list("/rows").iter().all(|row| names(row) == (json!("Walter"), json!(null))), "{}", report.text());
    assert_eq!((report.int("/by_approver/0/amount"), report.at("/by_approver/0/staff_id")), (1730, &json!(null)));

    let (order, line) = sent(&n);
    let comp = || n.waiter.post(&format!("/orders/{order}/lines/{line}/comp")).if_match("*").body(one.clone());
    let given = comp().ok();
    let free = given.list("/checks/0/lines").iter().find(|l| !l["comp"].is_null()).unwrap();
    assert_eq!((&free["comp"]["approved_by"], &free["comp"]["amount"]), (&json!(null), &json!(1250)));
    let refused = comp().refused("approval_needed");
    assert_eq!((refused.str("/limit"), refused.int("/asked")), ("comp", 2500));
    let approval = yes(&n, "comp", &format!("/orders/{order}/lines/{line}"));
    comp().header("approval", &approval).ok();

    let payment = paid(&n);
    let refund = |amount: i64| n.waiter.post(&format!("/payments/{payment}/refunds")).body(json!({"amount": amount}));
    refund(501).refused("approval_needed");
    refund(300).created();
    assert_eq!(refund(201).refused("approval_needed").int("/asked"), 501);
    refund(200).created();
    assert_eq!(n.waiter.post(&format!("/payments/{payment}/refunds")).refused("approval_needed").int("/asked"), 1250);

    let (order, _) = sent(&n);
    let void =
        |order: i64| n.waiter.post(&format!("/orders/{order}/void")).if_match("*").body(json!({"reason": "left"}));
    void(order).ok();
    let large = n.order(&[(n.carbonara, 3)]);
    large.send();
    assert_eq!(void(large.id).refused("approval_needed").int("/asked"), 3750);
    // Written off, piece by piece.
    let lost = |amount: Value| large.post("/payments", json!({"tender": "write_off", "amount": amount}));
    lost(json!(400)).created();
    assert_eq!(lost(json!(201)).refused("approval_needed").int("/asked"), 601);
    lost(json!(200)).created();
    assert_eq!(lost(json!(null)).refused("approval_needed").int("/asked"), 3750);
}

#[test]
fn discounts_add_up_to_their_limits() {
    let n = Night::new();
    let set = json!({"discount_percent": "10", "discount_amount": 500, "discount_percent_max": "20", "discount_amount_max": 1000});
    limits(&n, &set);
    let (waiter, cashier) = (n.waiter.clone(), n.house.as_("cashier"));
    let new = || n.order(&[(n.carbonara, 4), (n.tiramisu, 2), (n.pilsner, 1)]).id;
    let give = |by: &Client, order: i64, body: Value| {
        let mut body = body;
        body["name"] = json!("D");
        by.post(&format!("/orders/{order}/discounts")).if_match("*").body(body)
    };
    let line =
        |order: i64, at: usize| waiter.get(&format!("/orders/{order}")).ok().int(&format!("/checks/0/lines/{at}/id"));
    let asks = |request: Request, limit: &str, asked: Value| {
        let refused = request.refused("approval_needed");
        assert_eq!((refused.str("/limit"), refused.at("/asked")), (limit, &asked), "{}", refused.text());
        assert_eq!(refused.str("/permission"), "discount");
    };
    // Percentages, of the check, of its dishes, one upon the other.
    let order = new();
    asks(give(&waiter, order, json!({"percent": "10.5"})), "discount_percent", json!("10.5"));
    let given = give(&waiter, order, json!({"percent": "6"})).created();
    assert_eq!(given.at("/checks/0/discounts/0/approved_by"), &json!(null));
    asks(give(&waiter, order, json!({"percent": "5"})), "discount_percent", json!("11"));
    asks(give(&waiter, order, json!({"percent": "5", "line_id": line(order, 0)})), "discount_percent", json!("11"));
    give(&waiter, order, json!({"percent": "4"})).created();
    let order = new();
    give(&waiter, order, json!({"percent": "10", "line_id": line(order, 0)})).created();
    give(&waiter, order, json!({"percent": "10", "line_id": line(order, 1)})).created();
    give(&waiter, order, json!({"percent": "10", "applies_to": {"category_ids": [n.drinks]}}))
        .refused("approval_needed");
    // Amounts, each with what is off already.
    asks(give(&waiter, order, json!({"amount": 501})), "discount_amount", json!(501));
    give(&waiter, order, json!({"amount": 300})).created();
    asks(give(&waiter, order, json!({"amount": 201, "line_id": line(order, 1)})), "discount_amount", json!(501));
    give(&waiter, order, json!({"amount": 200})).created();
    // A ready-made one is as large as it is.
    let ready = n.manager.post("/discounts").body(json!({"name": "Friends", "percent": "15"})).created().id();
    let order = new();
    asks(give(&waiter, order, json!({"discount_id": ready})), "discount_percent", json!("15"));
    // Who gives discounts is bound above; their yes no further.
    let carlo = n.house.person("cashier").staff_id;
    let given = give(&cashier, order, json!({"percent": "20"})).created();
    assert_eq!(given.int("/checks/0/discounts/0/approved_by"), carlo);
    asks(give(&cashier, order, json!({"percent": "1"})), "discount_percent_max", json!("21"));
    asks(give(&cashier, order, json!({"amount": 1001})), "discount_amount_max", json!(1001));
    give(&cashier, order, json!({"amount": 1000})).created();
    let order = new();
    let subject = format!("/orders/{order}");
    let carlos = || ask(&n.house, &n.waiter, "cashier", "discount", &subject).created().str("/approval").to_owned();
    asks(
        give(&waiter, order, json!({"percent": "21"})).header("approval", &carlos()),
        "discount_percent_max",
        json!("21"),
    );
    let given = give(&waiter, order, json!({"percent": "20"})).header("approval", &carlos()).created();
    assert_eq!(given.int("/checks/0/discounts/0/approved_by"), carlo);
    let maras = ask(&n.house, &cashier, "manager", "discount", &subject).created();
    let given = give(&cashier, order, json!({"percent": "50"})).header("approval", maras.str("/approval")).created();
    let mara = n.house.person("manager").staff_id;
    assert_eq!(given.int("/checks/0/discounts/1/approved_by"), mara);
    // A manager is bound by nothing.
    give(&n.manager, order, json!({"percent": "100"})).created();
    // What a waiter may give they may take back.
    let order = new();
    let given = give(&waiter, order, json!({"percent": "10"})).created();
    let id = given.int("/checks/0/discounts/0/id");
    waiter.delete(&format!("/orders/{order}/discounts/{id}")).if_match("*").ok();
}

// ── another price ────────────────────────────────────────────────────────────

#[test]
fn a_price_is_set_on_a_managers_word() {
    let n = Night::new();
    let (walter, mara) = (n.house.person("waiter").staff_id, n.house.person("manager").staff_id);
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let set =
        |line: i64, body: Value| n.waiter.post(&order.path(&format!("/lines/{line}/price"))).if_match("*").body(body);
    let (line, pilsner) = (order.line(0), order.line(1));
    let needed = set(line, json!({"unit_price": 1000})).refused("approval_needed");
    assert_eq!((needed.str("/permission"), needed.int("/asked")), ("price_override", 500));
    let subject = format!("/orders/{}/lines/{line}", order.id);
    let approval = yes(&n, "price_override", &subject);
    let cheaper = set(line, json!({"unit_price": 1000, "reason": "regular"})).header("approval", &approval).ok();
    adds_up(&cheaper);
    assert_eq!((cheaper.int("/checks/0/lines/0/unit_price"), cheaper.int("/total")), (1000, 2480));
    assert_eq!(cheaper.int("/checks/0/lines/0/list_amount"), 2000);
    let told = n.records("line.priced");
    let payload = json!({
        "price_override": 1, "line": line, "from": 1250, "to": 1000, "quantity": 2, "amount": 500,
        "reason": "regular", "reason_id": null, "approved_by": mara,
    });
    assert_eq!((told.len(), &told[0]["payload"], &told[0]["staff_id"]), (1, &payload, &json!(walter)));
    // The same again is no change; back to the menu's nobody asks.
    let before = order.etag();
    set(line, json!({"unit_price": 1000})).ok();
    assert_eq!(order.etag(), before);
    set(line, json!({"unit_price": 1250})).ok();
    // In small steps as in one, up as down, and of what was split off.
    n.manager.patch("/settings").body(json!({"approvals": {"price_override": 250}})).ok();
    set(line, json!({"unit_price": 1125})).ok();
    assert_eq!(set(line, json!({"unit_price": 1124})).refused("approval_needed").int("/asked"), 252);
    assert_eq!(set(line, json!({"unit_price": 1376})).refused("approval_needed").int("/asked"), 252);
    order.send();
    let voided = order.post_by_manager(&format!("/lines/{line}/comp"), json!({"quantity": 1})).ok();
    let part = voided.list("/checks/0/lines").iter().find(|l| l["split_from"] == line).unwrap()["id"].clone();
    set(part.as_i64().unwrap(), json!({"unit_price": 1000})).refused("line_closed");
    order.delete_by_manager(&format!("/lines/{part}/comp")).ok();
    set(part.as_i64().unwrap(), json!({"unit_price": 999})).refused("approval_needed");
    set(part.as_i64().unwrap(), json!({"unit_price": 1000})).ok();
    // A dearer one; nothing at all; nothing at all after the bill, which says why.
    n.manager.post(&order.path(&format!("/lines/{pilsner}/price"))).if_match("*").body(json!({"unit_price": 600})).ok();
    n.waiter.post(&order.path("/bill")).ok();
    let free = |body: Value| n.manager.post(&order.path(&format!("/lines/{pilsner}/price"))).if_match("*").body(body);
    free(json!({"unit_price": 0})).refused("reason_needed");
    let free = free(json!({"unit_price": 0, "reason": "flat"})).ok();
    adds_up(&free);
    assert_eq!(free.int("/total"), 2125);
    set(line, json!({"unit_price": -1})).refused("invalid").at_fault("/unit_price", "out_of_range");
    let unknown = n.manager.post(&order.path(&format!("/lines/{line}/price"))).if_match("*");
    unknown.body(json!({"unit_price": 1, "reason_id": 99})).refused("invalid").at_fault("/reason_id", "unknown");
    set(9999, json!({"unit_price": 1})).refused("not_found");
    let stale = n.manager.post(&order.path(&format!("/lines/{line}/price"))).if_match("\"1.0\"");
    stale.body(json!({"unit_price": 1, "reason": "x"})).refused("stale").at("/current/id");
    n.manager
        .post(&order.path(&format!("/lines/{line}/price")))
        .body(json!({"unit_price": 1}))
        .refused("version_missing");
    // Never below what is paid.
    order.post("/payments", json!({"tender": "cash", "amount": 2000})).created();
    let below = n.manager.post(&order.path(&format!("/lines/{line}/price"))).if_match("*");
    below.body(json!({"unit_price": 1, "reason": "x"})).refused("below_paid");
    order.post("/payments", json!({"tender": "cash"})).created();
    set(line, json!({"unit_price": 1})).refused("order_closed");

    let report = n.manager.get("/reports/price-overrides?from=2026-11-20&to=2026-11-20").ok();
    let row =
        |row: &Value| json!([row["from_price"], row["to_price"], row["amount"], row["staff"], row["approved_by_name"]]);
    let rows: Vec<Value> = report.list("/rows").iter().map(row).collect();
    let expected = json!([
        [600, 0, 600, "Mara", "Mara"],
        [480, 600, -120, "Mara", "Mara"],
        [1125, 1000, 125, "Walter", null],
        [1250, 1125, 250, "Walter", null],
        [1000, 1250, -500, "Walter", null],
        [1250, 1000, 500, "Walter", "Mara"],
    ]);
    assert_eq!(json!(rows), expected);
    assert_eq!((report.int("/totals/count"), report.int("/totals/amount")), (6, 855));
    let by = |sums: &str| report.list(sums).iter().map(|s| json!([s["staff"], s["amount"]])).collect::<Vec<_>>();
    assert_eq!(by("/by_staff"), [json!(["Mara", 480]), json!(["Walter", 375])]);
    assert_eq!(by("/by_approver"), [json!(["Mara", 980]), json!(["", -125])]);
}

#[test]
fn open_prices_and_what_is_weighed() {
    let n = Night::new();
    let lines = json!([{"variant_id": n.special, "quantity": 1, "unit_price": 2000},
        {"variant_id": n.steak, "quantity": 2, "measure": "0.350"}]);
    let order = n.open(json!({"kind": "dine_in", "guests": 2, "lines": lines}));
    let set = |at: usize, price: i64| {
        order.post_by_manager(&format!("/lines/{}/price", order.line(at)), json!({"unit_price": price})).ok()
    };
    assert_eq!(set(0, 1500).int("/checks/0/lines/0/list_amount"), 1500);
    let steak = set(1, 4000);
    // 40.00 a kilogram, twice 0.350.
    assert_eq!((steak.int("/checks/0/lines/1/list_amount"), steak.int("/total")), (2800, 4300));
    adds_up(&steak);
}
