//! One bill on several checks, dishes that go to another table, and all of it taken back.

use serde_json::{Value, json};

use super::scene::{Night, adds_up};
use crate::client::Answer;

/// The checks as `total: line, line`, a line as `quantity name amount`, with its share; `sum` too.
#[track_caller]
fn bills(order: &Answer) -> Vec<String> {
    adds_up(order);
    let line = |line: &Value| {
        let share = line["share"].as_str().map_or(String::new(), |share| format!("{share} × "));
        format!("{share}{} {} {}", line["quantity"], line["name"].as_str().unwrap(), line["list_amount"])
    };
    let check = |check: &Value| {
        let lines = check["lines"].as_array().unwrap().iter().filter(|line| line["state"] != "voided");
        format!("{}: {}", check["total"], lines.map(line).collect::<Vec<_>>().join(", "))
    };
    order.list("/checks").iter().map(check).collect()
}

fn check_id(order: &Answer, at: usize) -> i64 {
    order.int(&format!("/checks/{at}/id"))
}

#[test]
fn lines_and_parts_of_them_go_to_a_check_of_their_own() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 2), (n.tiramisu, 1)]);
    let [carbonara, pilsner, tiramisu] = [order.line(0), order.line(1), order.line(2)];
    let lines = json!([
        {"line_id": carbonara, "quantity": 1}, {"line_id": pilsner}, {"line_id": tiramisu, "share": "1/3"}
    ]);
    let split = order.post("/checks", json!({"lines": lines})).created();
    assert_eq!(
        bills(&split),
        ["2900: 2 Carbonara 2500, 2/3 × 1 Tiramisù 400", "2410: 2 Pilsner 960, 1 Carbonara 1250, 1/3 × 1 Tiramisù 200"]
    );
    assert_eq!(split.int("/total"), 5310);
    assert_eq!(split.at("/checks/1/split_from"), split.at("/checks/0/id"));
    // Nothing is told apart to the kitchen: three, two and one.
    let told: Vec<i64> = order
        .send()
        .iter()
        .flat_map(|ticket| ticket["lines"].as_array().unwrap().clone())
        .map(|line| line["quantity"].as_i64().unwrap())
        .collect();
    assert_eq!(told.iter().sum::<i64>(), 6);
    assert!(order.send().is_empty());
    // Back on one check, parts are one line again.
    let second = check_id(&split, 1);
    let joined = n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match(&order.etag()).ok();
    assert_eq!(bills(&joined).len(), 1);
    assert_eq!(joined.int("/total"), 5310);
    assert!(bills(&joined)[0].contains("1 Tiramisù 600"), "{}", bills(&joined)[0]);
    assert!(order.send().is_empty());
}

#[test]
fn what_cannot_be_taken_is_named() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 2)]);
    let (line, other) = (order.line(0), order.line(1));
    let refused = |lines: Value| order.post("/checks", json!({"lines": lines}));
    refused(json!([])).refused("invalid").at_fault("/lines", "out_of_range");
    refused(json!([{"line_id": 99}])).refused("invalid").at_fault("/lines/0/line_id", "unknown");
    refused(json!([{"line_id": line, "quantity": 4}])).refused("invalid").at_fault("/lines/0/line_id", "out_of_range");
    refused(json!([{"line_id": line, "quantity": 1, "share": "1/2"}]))
        .refused("invalid")
        .at_fault("/lines/0/share", "conflict");
    for share in ["1", "3/2", "0/2", "1/101", "a/b", "-1/2", "1/2/3", ""] {
        refused(json!([{"line_id": line, "share": share}])).refused("invalid");
    }
    refused(json!([{"line_id": line, "quantity": 1}, {"line_id": line, "quantity": 1}]))
        .refused("invalid")
        .at_fault("/lines/1/line_id", "duplicate");
    refused(json!([{"line_id": line}, {"line_id": other}])).refused("invalid").at_fault("/lines", "nothing_left");
    n.waiter.post(&order.path("/checks")).body(json!({"lines": [{"line_id": line}]})).refused("version_missing");
    order.post(&format!("/lines/{other}/void"), json!({})).ok();
    refused(json!([{"line_id": other}])).refused("line_closed");
    for body in [
        json!({}),
        json!({"by": "seat", "evenly": 2}),
        json!({"by": "guest"}),
        json!({"evenly": 1}),
        json!({"evenly": 21}),
    ] {
        order.post("/split", body).refused("invalid");
    }
    order.post("/split", json!({"by": "seat"})).refused("invalid").at_fault("/by", "nothing_to_split");
    let only = order.now().int("/checks/0/id");
    n.waiter.delete(&order.path(&format!("/checks/{only}"))).if_match("*").refused("nothing_to_join");
    n.waiter.delete(&order.path("/checks/99")).if_match("*").refused("not_found");
    order.post("/undo", json!({})).refused("not_undoable");
    let whole = order.post(&format!("/lines/{line}/move"), json!({"check_id": only}));
    whole.refused("invalid").at_fault("/check_id", "same");
    order.post(&format!("/lines/{line}/move"), json!({})).refused("invalid").at_fault("/check_id", "required");
    order.post(&format!("/lines/{line}/move"), json!({"order_id": order.id})).refused("invalid");
    order.post(&format!("/lines/{line}/move"), json!({"order_id": 99})).refused("invalid");
    order.post("/merge", json!({"order_id": order.id})).refused("invalid");
    n.order(&[]);
    n.waiter.post(&n.order(&[]).path("/split")).if_match("*").body(json!({"evenly": 2})).refused("order_is_empty");
}

#[test]
fn evenly_no_cent_is_lost_and_none_pays_much_more() {
    let n = Night::new();
    let lines = [(n.carbonara, 1), (n.tiramisu, 3), (n.pilsner, 7), (n.cigar, 1)];
    let order = n.order(&lines);
    order.post_by_manager("/discounts", json!({"name": "Friends", "percent": "7.5"})).created();
    let before = order.now().int("/total");
    let split = order.post("/split", json!({"evenly": 3})).created();
    adds_up(&split);
    let totals: Vec<i64> = split.list("/checks").iter().map(|c| c["total"].as_i64().unwrap()).collect();
    assert_eq!((totals.len(), totals.iter().sum::<i64>()), (3, before));
    assert!(totals.iter().max().unwrap() - totals.iter().min().unwrap() <= 2, "{totals:?}");
    let name = |at: usize| split.str(&format!("/checks/{at}/discounts/0/name")).to_owned();
    assert_eq!([name(0), name(1), name(2)], ["Friends", "Friends", "Friends"]);
    // Three of three are one each; seven of one are shares.
    assert_eq!(split.at("/checks/1/lines/1/quantity"), &json!(1));
    assert_eq!(split.at("/checks/1/lines/1/share"), &Value::Null);
    assert_eq!(split.str("/checks/1/lines/2/share"), "1/3");
    // Undone, everything is as it was.
    let undone = order.post("/undo", json!({})).ok();
    assert_eq!((undone.list("/checks").len(), undone.int("/total")), (1, before));
    adds_up(&undone);
    let quantities: Vec<i64> = undone.list("/checks/0/lines").iter().map(|l| l["quantity"].as_i64().unwrap()).collect();
    assert_eq!(quantities, [1, 3, 7, 1]);
}

#[test]
fn every_seat_has_its_check() {
    let n = Night::new();
    let line = |variant: i64, seat: Value| json!({"variant_id": variant, "quantity": 1, "seat": seat});
    let lines = [
        line(n.carbonara, json!(1)),
        line(n.tiramisu, json!(2)),
        line(n.pilsner, Value::Null),
        line(n.pilsner, json!(1)),
    ];
    let order = n.open(json!({"kind": "dine_in", "guests": 2, "lines": lines}));
    let split = order.post("/split", json!({"by": "seat"})).created();
    assert_eq!(bills(&split), ["480: 1 Pilsner 480", "1730: 1 Carbonara 1250, 1 Pilsner 480", "600: 1 Tiramisù 600"]);
    // Where everybody sits somewhere, the first seat stays.
    let order = n.open(json!({"kind": "dine_in", "lines": [lines[0], lines[1]]}));
    let split = order.post("/split", json!({"by": "seat"})).created();
    assert_eq!(bills(&split), ["1250: 1 Carbonara 1250", "600: 1 Tiramisù 600"]);
}

#[test]
fn a_split_bill_is_paid_check_by_check_and_the_day_adds_up() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    order.send();
    let split = order.post("/split", json!({"evenly": 3})).created();
    for at in 0..3 {
        let check = check_id(&split, at);
        let paid = order.post("/payments", json!({"tender": "cash", "check_id": check})).created();
        assert_eq!(paid.str("/order/state"), if at == 2 { "paid" } else { "open" });
        let receipt = n.waiter.get(&order.path(&format!("/receipt?check_id={check}"))).accept("text/plain").ok();
        assert!(receipt.text().contains("1/3 Carbonara"), "{}", receipt.text());
    }
    let by_item = n.manager.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=item").ok();
    let quantities: Vec<i64> = by_item.list("/rows").iter().map(|row| row["quantity"].as_i64().unwrap()).collect();
    assert_eq!(quantities, [1, 1], "{}", by_item.text());
    assert_eq!((by_item.int("/totals/gross"), by_item.int("/totals/orders")), (1730, 1));
}

#[test]
fn a_share_is_cancelled_in_the_kitchen_with_the_last_of_its_dish() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    order.send();
    let tickets = || n.waiter.get("/tickets?limit=100").ok().list("/items").len();
    let sent = tickets();
    let split = order.post("/split", json!({"evenly": 2})).created();
    let share = |at: usize| split.int(&format!("/checks/{at}/lines/0/id"));
    let void = |line: i64| order.post_by_manager(&format!("/lines/{line}/void"), json!({"reason": "x"})).ok();
    void(share(0));
    assert_eq!(tickets(), sent, "half of it is still wanted");
    void(share(1));
    assert_eq!(tickets(), sent + 1);
    let voids = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    let quantities: i64 = voids.list("/rows").iter().map(|row| row["quantity"].as_i64().unwrap()).sum();
    assert_eq!(quantities, 1, "{}", voids.text());
}

#[test]
fn a_dish_goes_to_another_table_and_the_kitchen_is_told_nothing() {
    let n = Night::new();
    let here = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    let there = n.order(&[(n.tiramisu, 1)]);
    here.send();
    there.send();
    let tickets = || n.waiter.get("/tickets?limit=100").ok().list("/items").to_vec();
    let before = tickets();
    let line = here.line(0);
    let moved = here.post(&format!("/lines/{line}/move"), json!({"order_id": there.id, "quantity": 2})).ok();
    assert_eq!(bills(&moved), ["1730: 1 Carbonara 1250, 1 Pilsner 480"]);
    assert_eq!(bills(&there.now()), ["3100: 1 Tiramisù 600, 2 Carbonara 2500"]);
    assert_eq!(there.states(), ["sent 1", "sent 2"]);
    assert!(here.send().is_empty() && there.send().is_empty());
    assert_eq!(tickets(), before);
    // The kitchen is done with it: both tables see it.
    let ticket =
        before.iter().find(|t| t["order_id"] == here.id && t["lines"][0]["quantity"] == 3).unwrap()["id"].clone();
    let etag = there.etag();
    n.waiter.post(&format!("/tickets/{ticket}/bump")).ok();
    assert_eq!((here.states()[0].as_str(), there.states()[1].as_str()), ("ready 1", "ready 2"));
    assert_ne!(there.etag(), etag);
    // One of them is voided there: exactly one is cancelled.
    let gone = there.now().int("/checks/0/lines/1/id");
    there.post_by_manager(&format!("/lines/{gone}/void"), json!({"quantity": 1, "reason": "cold"})).ok();
    let cancelled: Vec<Value> = tickets().into_iter().filter(|t| !before.iter().any(|b| b["id"] == t["id"])).collect();
    assert_eq!((cancelled.len(), &cancelled[0]["lines"][0]["quantity"]), (1, &json!(-1)));
    assert_eq!(cancelled[0]["order_id"], there.id);
    // Something was done since: it is not taken back.
    let refused = here.post("/undo", json!({})).refused("not_undoable");
    assert_eq!(refused.str("/since"), "line.voided");
    assert_eq!(refused.at("/current/id"), &json!(here.id));
}

#[test]
fn a_moved_line_comes_back() {
    let n = Night::new();
    let here = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let there = n.order(&[(n.tiramisu, 1)]);
    here.send();
    let (before, theirs) = (bills(&here.now()), bills(&there.now()));
    for body in [json!({}), json!({"quantity": 1}), json!({"share": "1/3"})] {
        let mut body = body;
        body["order_id"] = there.id.into();
        here.post(&format!("/lines/{}/move", here.line(0)), body).ok();
        assert_ne!(bills(&there.now()), theirs);
        let back = here.post("/undo", json!({})).ok();
        assert_eq!((bills(&back), bills(&there.now())), (before.clone(), theirs.clone()));
        here.post("/undo", json!({})).refused("not_undoable");
        assert_eq!(here.states(), ["sent 2", "sent 1"]);
        assert!(here.send().is_empty());
    }
    there.send();
}

#[test]
fn two_tables_are_put_together() {
    let n = Night::new();
    let open =
        |table: i64, line: Value| n.open(json!({"kind": "dine_in", "guests": 2, "table_id": table, "lines": [line]}));
    let here = open(n.tables[0], json!({"variant_id": n.carbonara, "quantity": 2}));
    let there = open(n.tables[1], json!({"variant_id": n.pilsner, "quantity": 3}));
    here.send();
    there.send();
    let version = there.now().int("/version");
    let stale = here.post("/merge", json!({"order_id": there.id, "order_version": version - 1}));
    stale.refused("stale");
    let merged = here.post("/merge", json!({"order_id": there.id, "order_version": version})).ok();
    assert_eq!(bills(&merged), ["3940: 2 Carbonara 2500, 3 Pilsner 1440"]);
    assert_eq!(merged.int("/guests"), 4);
    assert!(here.send().is_empty());
    let ended = there.now();
    assert_eq!((ended.str("/state"), ended.int("/merged_into"), ended.int("/total")), ("voided", here.id, 0));
    let floor = n.waiter.get("/floor").ok().text();
    assert!(!floor.contains(&format!("\"order_id\":{},", there.id)), "{floor}");
    let voids = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    assert!(voids.list("/rows").is_empty());
    // Taken back, both are as they were, at their tables.
    let back = here.post("/undo", json!({})).ok();
    assert_eq!((bills(&back), back.int("/guests")), (vec!["2500: 2 Carbonara 2500".to_owned()], 2));
    assert_eq!(
        (bills(&there.now()), there.now().str("/state").to_owned()),
        (vec!["1440: 3 Pilsner 1440".to_owned()], "open".to_owned())
    );
    assert_eq!((here.states(), there.states()), (vec!["sent 2".to_owned()], vec!["sent 3".to_owned()]));
    let kept = here.post("/merge", json!({"order_id": there.id, "keep_checks": true})).ok();
    assert_eq!(bills(&kept), ["2500: 2 Carbonara 2500", "1440: 3 Pilsner 1440"]);
    for at in 0..2 {
        here.post("/payments", json!({"tender": "cash", "check_id": check_id(&kept, at)})).created();
    }
    assert_eq!(here.now().str("/state"), "paid");
    let sales = n.manager.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=day").ok();
    assert_eq!((sales.int("/totals/orders"), sales.int("/totals/guests"), sales.int("/totals/gross")), (1, 4, 3940));
}

#[test]
fn what_is_paid_stays_where_it_is() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let other = n.order(&[(n.tiramisu, 1)]);
    order.post("/payments", json!({"tender": "card", "amount": 2000})).created();
    let (carbonara, pilsner) = (order.line(0), order.line(1));
    let below = order.post("/checks", json!({"lines": [{"line_id": carbonara}]})).refused("below_paid");
    assert_eq!(below.at("/current/id"), &json!(order.id));
    let split = order.post("/checks", json!({"lines": [{"line_id": pilsner}]})).created();
    assert_eq!(bills(&split), ["2500: 2 Carbonara 2500", "480: 1 Pilsner 480"]);
    let (first, second) = (check_id(&split, 0), check_id(&split, 1));
    n.waiter.delete(&order.path(&format!("/checks/{first}"))).if_match("*").refused("already_paid");
    n.waiter.post(&other.path("/merge")).if_match("*").body(json!({"order_id": order.id})).refused("already_paid");
    let pending = json!({"tender": "card", "state": "pending", "check_id": second});
    let pending = order.post("/payments", pending).created().int("/payment/id");
    order.post(&format!("/lines/{pilsner}/move"), json!({"check_id": first})).refused("payment_unresolved");
    n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match("*").refused("payment_unresolved");
    n.waiter
        .post(&other.path("/merge"))
        .if_match("*")
        .body(json!({"order_id": order.id}))
        .refused("payment_unresolved");
    n.waiter.post(&format!("/payments/{pending}/resolve")).body(json!({"state": "declined"})).ok();
    // What was declined does not keep the check apart.
    let joined = n.waiter.delete(&order.path(&format!("/checks/{second}"))).if_match("*").ok();
    assert_eq!(bills(&joined), ["2980: 2 Carbonara 2500, 1 Pilsner 480"]);
    assert_eq!(joined.list("/checks/0/payments").len(), 2);
    order.post("/payments", json!({"tender": "cash"})).created();
    order.post("/split", json!({"evenly": 2})).refused("order_closed");
    n.waiter.post(&other.path("/merge")).if_match("*").body(json!({"order_id": order.id})).refused("order_closed");
}

#[test]
fn who_names_a_check_that_is_gone_is_told_so() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let split = order.post("/checks", json!({"lines": [{"line_id": order.line(1)}]})).created();
    let (first, second) = (check_id(&split, 0), check_id(&split, 1));
    let seen = split.etag();
    let check = order.path(&format!("/checks/{second}"));
    n.waiter.delete(&check).if_match(&seen).ok();
    let gone = n.waiter.delete(&check).if_match("*").refused("check_joined");
    assert_eq!(gone.at("/current"), order.now().json());
    n.waiter.delete(&check).if_match(&seen).refused("stale");
    let more = json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}], "check_id": second});
    n.waiter.post(&order.path("/lines")).body(more).refused("check_joined");
    let pay = json!({"tender": "cash", "check_id": second});
    n.waiter.post(&order.path("/payments")).if_match(&seen).body(pay).refused("check_joined");
    n.waiter.post(&order.path("/split")).if_match(&seen).body(json!({"evenly": 2, "check_id": first})).refused("stale");
    let line = n.order(&[(n.carbonara, 1)]).line(0);
    let theirs = json!({"lines": [{"line_id": line}]});
    n.waiter.post(&order.path("/checks")).if_match(&seen).body(theirs).refused("stale");
    // From one check on nobody has to say which.
    n.waiter.post(&order.path("/payments")).if_match("*").body(json!({"tender": "cash"})).created();
}

#[test]
fn a_share_of_a_dish_that_was_not_sent_stays_at_its_table() {
    let n = Night::new();
    let (here, there) = (n.order(&[(n.carbonara, 1), (n.pilsner, 1)]), n.order(&[(n.tiramisu, 1)]));
    let path = format!("/lines/{}/move", here.line(0));
    let share = json!({"order_id": there.id, "share": "1/2"});
    here.post(&path, share.clone()).refused("invalid").at_fault("/order_id", "not_sent");
    here.send();
    here.post(&path, share).ok();
    assert_eq!((here.states()[0].as_str(), there.states()[1].as_str()), ("sent 1", "sent 1"));
    there.send();
    assert!(here.send().is_empty() && there.send().is_empty());
    // The dish is one, wherever its halves are paid.
    for order in [&here, &there] {
        order.post("/payments", json!({"tender": "cash"})).created();
    }
    let sales = n.manager.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=item").ok();
    let carbonara = sales.list("/rows").iter().find(|row| row["name"] == "Carbonara").unwrap();
    assert_eq!((&carbonara["quantity"], &carbonara["gross"]), (&json!(1), &json!(1250)));
}

#[test]
fn a_share_is_given_back_as_a_share() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let split = order.post("/split", json!({"evenly": 3})).created();
    let check = check_id(&split, 2);
    let line = split.int("/checks/2/lines/0/id");
    for edit in [json!({"quantity": 2}), json!({"modifiers": []})] {
        order.patch(&format!("/lines/{line}"), edit).refused("line_closed");
    }
    let (void, comp) = (format!("/lines/{line}/void"), format!("/lines/{line}/comp"));
    order
        .post(&format!("/lines/{line}/move"), json!({"check_id": check_id(&split, 0), "quantity": 1}))
        .refused("invalid");
    order.post_by_manager(&comp, json!({"quantity": 2})).refused("invalid");
    order.post_by_manager(&void, json!({"quantity": 2})).refused("invalid");
    let payment = order.post("/payments", json!({"tender": "cash", "check_id": check})).created().int("/payment/id");
    let back = json!({"lines": [{"line_id": line, "quantity": 1}], "reason": "cold"});
    let back = n.manager.post(&format!("/payments/{payment}/refunds")).body(back).created();
    assert_eq!(back.int("/refund/amount"), 416);
    // A third of it is sold and given back; what is voided of the rest is no dish any more.
    for at in 0..2 {
        let line = split.int(&format!("/checks/{at}/lines/0/id"));
        order.post_by_manager(&format!("/lines/{line}/void"), json!({"reason": "x"})).ok();
    }
    let voids = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
    let quantities: i64 = voids.list("/rows").iter().map(|row| row["quantity"].as_i64().unwrap()).sum();
    assert_eq!(quantities, 0, "{}", voids.text());
}

#[test]
fn two_who_split_at_once_are_told_what_is() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 2)]);
    let (seen, line) = (order.etag(), order.line(0));
    let split = |key: &str| {
        let lines = json!({"lines": [{"line_id": line, "quantity": 1}]});
        n.waiter.post(&order.path("/checks")).key(key).if_match(&seen).body(lines)
    };
    let done = split("one").created();
    assert_eq!(split("one").created().text(), done.text());
    let lost = split("two").refused("stale");
    assert_eq!(lost.at("/current"), order.now().json());
    assert_eq!(bills(&order.now()).len(), 2);
}

#[test]
fn a_check_moves_to_another_table() {
    let n = Night::new();
    let here = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let there = n.order(&[(n.tiramisu, 1)]);
    here.send();
    let split = here.post("/checks", json!({"lines": [{"line_id": here.line(1)}]})).created();
    let second = check_id(&split, 1);
    let moved = here.post(&format!("/checks/{second}/move"), json!({"order_id": there.id})).ok();
    assert_eq!(bills(&moved), ["1250: 1 Carbonara 1250"]);
    assert_eq!(bills(&there.now()), ["600: 1 Tiramisù 600", "480: 1 Pilsner 480"]);
    let back = here.post("/undo", json!({})).ok();
    assert_eq!(bills(&back), ["1250: 1 Carbonara 1250", "480: 1 Pilsner 480"]);
    assert_eq!(bills(&there.now()), ["600: 1 Tiramisù 600"]);
    let lines =
        here.post("/lines", json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}], "check_id": second})).ok();
    assert_eq!(lines.int("/checks/1/total"), 960);
    n.waiter.post(&here.path("/checks/99/move")).if_match("*").body(json!({"order_id": there.id})).refused("not_found");
}

#[test]
fn a_check_that_all_was_taken_from_ends_where_the_others_are_paid() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    order.send();
    let beer = order.line(1);
    let split = order.post("/checks", json!({"lines": [{"line_id": beer}]})).created();
    let (first, second) = (check_id(&split, 0), check_id(&split, 1));
    order.post("/close", json!({"check_id": second})).refused("still_due");
    order.post("/payments", json!({"tender": "card", "check_id": first})).created();
    let bar = n.order(&[(n.pilsner, 1)]);
    order.post(&format!("/checks/{second}/move"), json!({"order_id": bar.id})).ok();
    assert_eq!((order.now().str("/state"), order.now().int("/due")), ("open", 0));
    order.post_by_manager("/void", json!({"reason": "gone"})).refused("already_paid");
    let done = order.post("/close", json!({"check_id": second})).ok();
    assert_eq!((done.str("/state"), done.str("/checks/1/state")), ("paid", "voided"));
    assert_eq!(done.at("/checks/1/receipt_id"), &Value::Null);
    order.post("/close", json!({"check_id": second})).refused("order_closed");
    // The order counts once, with its guests.
    let day = n.house.sign_in("auditor").get("/reports/sales?from=2026-11-20&to=2026-11-20").ok();
    let totals = ["orders", "guests", "gross"].map(|name| day.int(&format!("/totals/{name}")));
    assert_eq!(totals, [1, 2, 1250]);
    bar.post("/payments", json!({"tender": "card", "check_id": bar.now().int("/checks/0/id")})).created();
}

#[test]
fn an_order_all_of_whose_checks_are_empty_is_voided_not_closed() {
    let n = Night::new();
    let order = n.order(&[(n.pilsner, 1)]);
    let beer = order.line(0);
    order.post(&format!("/lines/{beer}/void"), json!({})).ok();
    order.post("/close", json!({})).refused("order_is_empty");
    order.post_by_manager("/void", json!({"reason": "gone"})).ok();
}

#[test]
fn a_cover_stays_with_its_own_guests() {
    let n = Night::new();
    let cover = json!([{"name": "Coperto", "per_guest": 150, "optional": false, "tax": "as_lines"}]);
    n.house.as_("owner").patch("/settings").body(json!({"service_charges": cover})).ok();
    let (a, b) = (n.order(&[(n.carbonara, 1), (n.pilsner, 1)]), n.order(&[(n.carbonara, 1)]));
    a.post(&format!("/lines/{}/move", a.line(1)), json!({"order_id": b.id})).ok();
    assert_eq!((a.now().int("/total"), b.now().int("/total")), (1250 + 300, 1250 + 480 + 300));
    assert_eq!(b.patch("", json!({"guests": 4})).ok().int("/total"), 1250 + 480 + 600);
    a.post("/undo", json!({})).refused("not_undoable");
    b.patch("", json!({"guests": 2})).ok();
    // The last dish takes what is charged for the table along: nothing is lost on the way.
    let carbonara = a.line(0);
    a.post(&format!("/lines/{carbonara}/move"), json!({"order_id": b.id})).ok();
    assert_eq!((a.now().int("/total"), b.now().int("/total")), (0, 2 * 1250 + 480 + 600));
    a.post("/undo", json!({})).ok();
    assert_eq!((a.now().int("/total"), b.now().int("/total")), (1250 + 300, 1250 + 480 + 300));
}

#[test]
fn what_was_said_of_a_table_is_said_of_both_until_it_is_undone() {
    let n = Night::new();
    let open = |more: Value| {
        let mut body = json!({"kind": "dine_in", "guests": 2, "lines": [{"variant_id": n.pilsner, "quantity": 1}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        n.open(body)
    };
    let own = open(json!({"note": "birthday"}));
    let other = open(json!({"note": "no nuts", "customer": {"name": "Rossi"}}));
    let merged = own.post("/merge", json!({"order_id": other.id})).ok();
    assert_eq!((merged.str("/note"), merged.str("/customer/name")), ("birthday; no nuts", "Rossi"));
    let undone = own.post("/undo", json!({})).ok();
    assert_eq!((undone.str("/note"), undone.at("/customer/name")), ("birthday", &Value::Null));
    assert_eq!(other.now().str("/note"), "no nuts");
}

#[test]
fn parts_that_meet_again_are_not_what_was_seen_of_either() {
    let n = Night::new();
    let order = n.order(&[(n.pilsner, 2)]);
    let split = order.post("/split", json!({"evenly": 2})).created();
    let (line, seen) = (split.int("/checks/0/lines/0/id"), split.etag());
    assert_eq!(split.int("/checks/0/lines/0/quantity"), 1);
    n.waiter.delete(&order.path(&format!("/checks/{}", check_id(&split, 1)))).if_match(&order.etag()).ok();
    // Whoever saw one pilsner does not take off two; a line that is no more is not "not found" but changed.
    let void = |line: i64| n.waiter.post(&order.path(&format!("/lines/{line}/void"))).if_match(&seen).body(json!({}));
    assert_eq!(void(line).refused("stale").at("/current/checks/0/lines/0/quantity"), &json!(2));
    void(split.int("/checks/1/lines/0/id")).refused("stale");
    let pay = json!({"tender": "card", "check_id": check_id(&split, 1)});
    assert_eq!(n.waiter.post(&order.path("/payments")).if_match(&seen).body(pay).send().status, 409);
}
