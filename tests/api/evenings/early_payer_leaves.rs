//! One of four has a train to catch and pays for what he had. The others stay, order on, and pay for the rest;
//! what he paid never moves again, whatever they add, take off or are given.

use serde_json::json;

use super::stage::Stage;

#[test]
fn an_early_payer_leaves() {
    let mut s = Stage::at("2026-11-20T20:00:00+01:00");
    let food = s.tax("IVA 10", None);
    let drinks = s.tax("IVA 22", None);
    s.menu("Food", food, "Pizza 9.00, Salad 7.50", &json!({}));
    s.menu("Drinks", drinks, "Wine 19.00, Water 3.00, Coffee 1.50", &json!({}));
    s.table("7");
    let bill = s.opens(&s.walter, "table 7, 4 guests", "3 Pizza, 1 Salad, 1 Wine, 2 Water");
    bill.post(&s.manager, "/discounts", json!({"name": "Regulars", "percent": "5"})).created();
    // 59.50 less 2.98.
    bill.is("subtotal 59.50; discount_total 2.98; total 56.52");
    bill.sends(&s.walter);

    // His salad, one of the waters, and a quarter of the wine.
    let his = json!({"lines": [
        {"line_id": bill.line("Salad")},
        {"line_id": bill.line("Water"), "quantity": 1},
        {"line_id": bill.line("Wine"), "share": "1/4"}
    ]});
    bill.post(&s.walter, "/checks", his).created();
    bill.is("subtotal 59.50; discount_total 2.98; total 56.52; due 56.52");
    bill.checks_are(&["subtotal 44.25; state open", "subtotal 15.25; state open"]);
    let (theirs, his) = (bill.check(0), bill.check(1));
    let paid = bill.pays(&s.walter, json!({"check_id": his, "tender": "card", "tip": 100}));
    assert_eq!(paid.str("/order/state"), "open");
    let gone = bill.now().list("/checks")[1].clone();
    assert_eq!(gone["state"], "paid");

    // The evening goes on: coffee on what is left, a pizza sent back, a bigger discount.
    let coffee = json!({"check_id": theirs, "lines": s.lines("3 Coffee")});
    s.walter.post(&bill.path("/lines"), coffee).ok();
    let pizza = format!("/lines/{}/void", bill.line("Pizza"));
    bill.post(&s.manager, &pizza, json!({"quantity": 1, "reason": "cold"})).ok();
    let more = json!({"check_id": theirs, "name": "Sorry", "amount": 300});
    bill.post(&s.manager, "/discounts", more).created();
    assert_eq!(bill.sends(&s.walter), ["Kitchen: 3 Coffee"]);
    // What is paid is nobody's to touch.
    let salad = format!("/lines/{}/void", bill.line("Salad"));
    bill.post(&s.manager, &salad, json!({"reason": "late"})).refused("order_closed");
    bill.post(&s.manager, "/void", json!({"reason": "gone"})).refused("already_paid");
    s.walter
        .post(&bill.path("/payments"), json!({"check_id": his, "tender": "cash"}))
        .if_match("*")
        .refused("order_closed");

    assert_eq!(bill.now().list("/checks")[1], gone, "what he paid is as it was");
    bill.pays(&s.walter, json!({"check_id": theirs, "tender": "cash", "tendered": 10000}));
    bill.is("state paid; due 0.00");
    assert_eq!(bill.now().list("/checks")[1], gone);

    let total = bill.now().int("/total");
    let by_item = s.owner.get("/reports/sales?from=2026-11-20&to=2026-11-20&by=item").ok();
    let of = |name: &str, field: &str| {
        let row = by_item.list("/rows").iter().find(|row| row["name"] == name).cloned().unwrap();
        row[field].as_i64().unwrap()
    };
    assert_eq!((of("Wine", "quantity"), of("Wine", "list_amount")), (1, 1900), "a bottle is a bottle");
    assert_eq!((of("Pizza", "quantity"), of("Water", "quantity")), (2, 2));
    s.day("2026-11-20", &format!("gross {}.{:02}; orders =1; guests =4", total / 100, total % 100));
    s.closes_the_day("orders =1");
}
