//! A guest comes back the next day: one dish was off. She paid in cash, rounded to five cents, and gets cash, rounded
//! again; another paid by card and gets cash. The sale stays as it was, and so does the day it was made on, and all
//! that goes back is to the cent what was paid.

use serde_json::json;

use super::stage::{Stage, shows};

#[test]
fn one_dish_refunded_the_next_day_of_rounded_cash() {
    let mut s = Stage::with_settings("2026-11-20T20:00:00+01:00", json!({"cash_rounding": 5}));
    let food = s.tax("IVA 10", None);
    s.menu("Food", food, "Fritto 13.90, Soup 7.43", &json!({}));
    let bill = s.opens(&s.walter, "dine_in, 2 guests", "2 Fritto, 1 Soup");
    // 10 % off everything: 35.23 less 3.52.
    bill.post(&s.manager, "/discounts", json!({"name": "Neighbours", "percent": "10"})).created();
    bill.is("total 31.71; discount_total 3.52");
    let paid = bill.pays(&s.walter, json!({"tender": "cash", "tendered": 4000, "tip": 300}));
    shows(paid.at("/payment"), "amount 31.71; rounding -0.01; tip 3.00; change 5.30");
    s.day("2026-11-20", "gross 31.71; rounding -0.01; tips 3.00; payments_kept 34.70; held_end 0.00");
    s.tender("2026-11-20", "cash", "kept 34.70; expected 34.70; tips 3.00");
    s.closes_the_day("gross 31.71; rounding -0.01; tips 3.00; payments_kept 34.70");

    s.next_day("2026-11-21T18:30:00+01:00");
    let path = format!("/payments/{}/refunds", paid.int("/payment/id"));
    let dish = |name: &str| json!({"lines": [{"line_id": bill.line(name), "quantity": 1}], "reason": "not fresh"});
    s.walter.post(&path, dish("Fritto")).refused("approval_needed");
    let given = s.manager.post(&path, dish("Fritto")).created();
    // One of two of 25.02: 12.51, in coins 12.50.
    shows(given.at("/refund"), "amount 12.51; rounding -0.01; tip 0.00; paid 12.50; business_date 2026-11-21");
    let receipt = s.receipt(given.int("/refund/receipt_id"));
    assert!(receipt.contains("Fritto") && receipt.contains("12.51") && !receipt.contains("Soup"), "{receipt}");
    bill.is("state paid; total 31.71");
    s.day("2026-11-20", "gross 31.71; rounding -0.01; refunds 0.00; payments_kept 34.70; refunds_paid 0.00");
    s.day("2026-11-21", "gross 0.00; rounding 0.00; refunds 12.51; payments_kept 0.00; refunds_paid 12.50");
    s.tender("2026-11-21", "cash", "kept 0.00; refunds_paid 12.50; expected -12.50");
    // The rest was off as well. The running sum is rounded, and the end of it is what was paid: 31.70.
    let second = s.manager.post(&path, dish("Fritto")).created();
    shows(second.at("/refund"), "amount 12.51; rounding -0.01; paid 12.50");
    s.manager.post(&path, dish("Fritto")).refused("refund_too_high");
    let rest = s.manager.post(&path, dish("Soup")).created();
    shows(rest.at("/refund"), "amount 6.69; rounding 0.01; paid 6.70");
    s.day("2026-11-20", "gross 31.71; rounding -0.01; refunds 0.00; payments_kept 34.70; refunds_paid 0.00");
    s.day("2026-11-21", "gross 0.00; refunds 31.71; refunds_tips 0.00; refunds_paid 31.70");
    s.closes_the_day("gross 0.00; refunds 31.71; refunds_paid 31.70");
    assert_eq!(s.owner.get("/z-reports/1").ok().int("/totals/refunds"), 0, "the first Z is as it was");
}

#[test]
fn one_dish_refunded_the_next_day_in_cash_though_a_card_paid() {
    let mut s = Stage::with_settings("2026-11-20T20:00:00+01:00", json!({"cash_rounding": 5}));
    let food = s.tax("IVA 10", None);
    s.menu("Food", food, "Fritto 13.90, Soup 7.43", &json!({}));
    let bill = s.opens(&s.walter, "dine_in, 2 guests", "2 Fritto, 1 Soup");
    // 10 % off everything: 35.23 less 3.52.
    bill.post(&s.manager, "/discounts", json!({"name": "Neighbours", "percent": "10"})).created();
    bill.is("total 31.71; discount_total 3.52");
    let paid = bill.pays(&s.walter, json!({"tender": "card", "tip": 300}));
    assert_eq!(paid.int("/payment/rounding"), 0, "a card pays to the cent");
    s.closes_the_day("gross 31.71; tips 3.00; payments_kept 34.71");

    s.next_day("2026-11-21T18:30:00+01:00");
    let payment = paid.int("/payment/id");
    let fritto = bill.line("Fritto");
    let cash = s.manager.get("/tenders?limit=100").ok();
    let cash = cash.list("/items").iter().find(|tender| tender["kind"] == "cash").unwrap()["id"].clone();
    let dish = json!({"lines": [{"line_id": fritto, "quantity": 1}], "tender_id": cash, "reason": "not fresh"});
    let path = format!("/payments/{payment}/refunds");
    s.walter.post(&path, dish.clone()).refused("approval_needed");
    let given = s.manager.post(&path, dish.clone()).created();
    // One of two of 25.02: 12.51, in coins 12.50.
    shows(given.at("/refund"), "amount 12.51; rounding -0.01; tip 0.00; business_date 2026-11-21");
    assert_eq!(given.int("/refund/paid"), 1250);
    // Again would be the second Fritto; a third there is not.
    s.manager.post(&path, dish.clone()).created();
    s.manager.post(&path, dish).refused("refund_too_high");

    bill.is("state paid; total 31.71");
    s.day("2026-11-20", "gross 31.71; refunds 0.00; payments_kept 34.71");
    s.day("2026-11-21", "gross 0.00; refunds 25.02; payments_kept 0.00; refunds_paid 25.00");
    let receipt = s.receipt(given.int("/refund/receipt_id"));
    assert!(receipt.contains("Fritto") && receipt.contains("12.51") && !receipt.contains("Soup"), "{receipt}");
    s.closes_the_day("gross 0.00; refunds 25.02; refunds_paid 25.00");
    assert_eq!(s.owner.get("/z-reports/1").ok().int("/totals/refunds"), 0, "the first Z is as it was");
}
