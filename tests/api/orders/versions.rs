//! Who saw what: If-Match, and what commutes.

use serde_json::{Value, json};

use super::scene::Night;

#[test]
fn what_could_undo_somebodys_work_says_what_it_saw() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let (first, second) = (order.line(0), order.line(1));
    let old = order.etag();
    let given = order.post_by_manager("/discounts", json!({"name": "x", "percent": "1"})).created();
    let discount = given.int("/checks/0/discounts/0/id");
    order.patch(&format!("/lines/{first}"), json!({"seat": 1})).ok();
    order.post_by_manager(&format!("/lines/{first}/comp"), json!({"quantity": 1})).ok();
    let calls: [(&str, String, Value); 8] = [
        ("PATCH", format!("/lines/{first}"), json!({"seat": 2})),
        ("POST", format!("/lines/{first}/void"), json!({})),
        ("POST", format!("/lines/{first}/comp"), json!({})),
        ("DELETE", format!("/lines/{first}/comp"), json!({})),
        ("POST", "/discounts".to_owned(), json!({"name": "y", "percent": "1"})),
        ("DELETE", format!("/discounts/{discount}"), json!({})),
        ("POST", "/void".to_owned(), json!({"reason": "x"})),
        ("PATCH", String::new(), json!({"guests": 9})),
    ];
    let before = order.now();
    for (method, path, body) in calls {
        let call = || n.manager.request(method, &order.path(&path)).body(body.clone());
        if path.is_empty() {
            // What is said of the whole order commutes; a version counts only where one is sent.
        } else {
            call().refused("version_missing");
        }
        for stale in [old.as_str(), "\"0.0\"", "\"999.0\"", "\"x\"", "rubbish", "\"-1\""] {
            let refused = call().if_match(stale).refused("stale");
            assert_eq!(refused.at("/current"), before.json(), "{method} {path} {stale}");
        }
    }
    assert_eq!(order.now().text(), before.text(), "nothing was done");
    // The other line was not touched meanwhile: what was seen of it is still so.
    n.waiter.patch(&order.path(&format!("/lines/{second}"))).if_match(&old).body(json!({"seat": 7})).ok();
}

#[test]
fn every_spelling_of_a_version_is_read() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    let path = order.path(&format!("/lines/{}", order.line(0)));
    for seat in 1..=6 {
        let version = order.now().int("/version");
        let spelled = match seat {
            1 => format!("\"{version}.0\""),
            2 => format!("W/\"{version}.0-zstd\""),
            3 => format!("\"0.0\", \"{version}.0-gzip\""),
            4 => format!("\"{version}.99\""),
            5 => "*".to_owned(),
            _ => format!("\"{version}\""),
        };
        n.waiter.patch(&path).if_match(&spelled).body(json!({"seat": seat})).ok();
    }
    assert_eq!(order.now().int("/checks/0/lines/0/seat"), 6);
}

#[test]
fn two_waiters_do_not_stand_in_each_others_way() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let (first, second) = (order.line(0), order.line(1));
    let (one, other, seen) = (n.waiter.clone(), n.house.as_("cashier"), order.etag());
    let more = json!({"lines": [{"variant_id": n.tiramisu, "quantity": 1}]});
    // Both saw the same order. Adding, sending and different lines commute; the same line does not.
    one.post(&order.path("/lines")).body(more.clone()).ok();
    other.post(&order.path("/lines")).body(more).ok();
    one.patch(&order.path(&format!("/lines/{first}"))).if_match(&seen).body(json!({"quantity": 1})).ok();
    other.patch(&order.path(&format!("/lines/{second}"))).if_match(&seen).body(json!({"quantity": 3})).ok();
    let lost = other.patch(&order.path(&format!("/lines/{first}"))).if_match(&seen).body(json!({"quantity": 9}));
    let lost = lost.refused("stale");
    assert_eq!(lost.int("/current/checks/0/lines/0/quantity"), 1);
    one.post(&order.path("/send")).ok();
    // A discount is about the whole check, on which new lines stand.
    n.manager
        .post(&order.path("/discounts"))
        .if_match(&seen)
        .body(json!({"name": "x", "percent": "1"}))
        .refused("stale");
    assert_eq!(order.states(), ["sent 1", "sent 3", "sent 1", "sent 1"]);
}

#[test]
fn added_at_once_every_line_is_there() {
    let n = Night::new();
    let order = n.order(&[]);
    let path = order.path("/lines");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    n.waiter.post(&path).body(json!({"lines": [{"variant_id": n.pilsner, "quantity": 1}]})).ok();
                }
            });
        }
    });
    let now = order.now();
    assert_eq!((now.list("/checks/0/lines").len(), now.int("/total"), now.int("/version")), (40, 40 * 480, 41));
}
