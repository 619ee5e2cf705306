//! What stays of a refund: its receipt, and its names in the reports.

use serde_json::json;

use crate::client::Answer;
use crate::orders::Night;

/// A carbonara and a beer at one table, paid by card with a tip of 2.00, and the beer and a part of the tip given back a day later:
/// the refund.
fn given_back(n: &Night) -> Answer {
    let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
    let paid = order.post("/payments", json!({"tender": "card", "tip": 200})).created();
    n.house.at("2026-11-21T18:00:00+01:00");
    let beer = paid.int("/order/checks/0/lines/1/id");
    let body = json!({"lines": [{"line_id": beer, "quantity": 1}], "tip": 50, "reason": "flat"});
    n.house.sign_in("manager").post(&format!("/payments/{}/refunds", paid.int("/payment/id"))).body(body).created()
}

#[test]
fn its_receipt_is_found_by_its_id() {
    let n = Night::new();
    let given = given_back(&n);
    let number = given.int("/refund/receipt_number");
    let path = format!("/receipts/{}", given.int("/refund/receipt_id"));
    let waiter = n.house.sign_in("waiter");
    let sale = given.int("/order/checks/0/receipt_id");
    assert_ne!(path, format!("/receipts/{sale}"), "the sale has one of its own");

    let json = waiter.get(&path).ok();
    assert_eq!((json.str("/kind"), json.int("/number"), json.int("/original_id")), ("refund", number, sale));
    assert_eq!((json.id(), json.bool("/copy")), (given.int("/refund/receipt_id"), true));
    for (form, head) in [("text/plain", "text/plain; charset=utf-8"), ("text/html", "text/html; charset=utf-8")] {
        let shown = waiter.get(&path).accept(form).ok();
        assert_eq!(shown.header("content-type"), head);
        for word in ["COPY", "Pilsner", "4.80"] {
            assert!(shown.text().contains(word), "{word}: {}", shown.text());
        }
        assert!(!shown.text().contains("Carbonara"), "{}", shown.text());
    }
}

#[test]
fn before_a_check_is_settled_there_is_none() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 1)]);
    let paid = order.post("/payments", json!({"tender": "card", "amount": 100})).created();
    let path = format!("/payments/{}/refunds", paid.int("/payment/id"));
    let given = n.manager.post(&path).body(json!({"reason": "the wrong card"})).created();
    assert!(given.at("/refund/receipt_id").is_null() && given.at("/refund/receipt_number").is_null());
}

#[test]
fn a_day_of_refunds_alone_knows_its_names() {
    let n = Night::new();
    given_back(&n);
    let manager = n.house.sign_in("manager");
    let waiter = manager.get("/staff/names").ok();
    let waiter = waiter.list("/items").iter().find(|who| who["id"] == n.house.person("waiter").staff_id).cloned();
    let waiter = waiter.unwrap()["name"].as_str().unwrap().to_owned();
    let check = |days: &str, by: &str, expected: &[&str]| {
        let report = manager.get(&format!("/reports/sales?{days}&by={by}")).ok();
        let names: Vec<_> = report.list("/rows").iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{by} of {days}: {}", report.text());
    };
    let (both, second) = ("from=2026-11-20&to=2026-11-21", "from=2026-11-21&to=2026-11-21");
    check(both, "category", &["Food", "Drinks"]);
    check(second, "category", &["Drinks"]);
    check(both, "item", &["Carbonara", "Pilsner"]);
    check(second, "item", &["Pilsner"]);
    check(both, "staff", &[&waiter]);
    check(second, "staff", &[&waiter]);
}

/// The tip was somebody else's than the order.
#[test]
fn a_tip_given_back_knows_whose_it_was() {
    let n = Night::new();
    let cashier = n.house.person("cashier").staff_id;
    let order = n.order(&[(n.carbonara, 1)]);
    let tipped = json!({"tender": "card", "tip": 200, "tip_staff_id": cashier});
    let paid = order.post("/payments", tipped).created();
    let names = n.manager.get("/staff/names").ok();
    let name = names.list("/items").iter().find(|who| who["id"] == cashier).unwrap()["name"].clone();
    n.house.at("2026-11-21T18:00:00+01:00");
    let manager = n.house.sign_in("manager");
    let path = format!("/payments/{}/refunds", paid.int("/payment/id"));
    manager.post(&path).body(json!({"tip": 200, "reason": "meant for the house"})).created();
    let key = json!(cashier.to_string());
    for days in ["from=2026-11-20&to=2026-11-21", "from=2026-11-21&to=2026-11-21"] {
        let report = manager.get(&format!("/reports/sales?{days}&by=staff")).ok();
        let row = report.list("/rows").iter().find(|row| row["key"] == key).cloned();
        assert_eq!(row.unwrap()["name"], name, "{days}");
    }
}
