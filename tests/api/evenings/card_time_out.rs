//! The card terminal does not answer, twice: the first time the money was taken after all, the second time it
//! was not. Nobody is charged twice, nobody leaves without paying.

use serde_json::json;

use super::stage::{Stage, shows};

#[test]
fn a_card_time_out_resolved_both_ways() {
    let mut s = Stage::at("2026-11-20T20:00:00+01:00");
    let food = s.tax("IVA 10", None);
    s.menu("Food", food, "Carbonara 12.50, Steak 24.00", &json!({}));
    s.table("1");
    s.table("2");

    // Table 1: the terminal is silent. Its amount cannot be charged again, by nothing.
    let first = s.opens(&s.walter, "table 1, 2 guests", "2 Carbonara");
    let asked = json!({"tender": "card", "tip": 200, "state": "pending", "client_ref": "T1-0001"});
    let asked = first.pays(&s.walter, asked);
    let payment = asked.int("/payment/id");
    let unknown = json!({"state": "unknown"});
    s.walter.post(&format!("/payments/{payment}/resolve"), unknown).ok();
    for tender in ["card", "cash"] {
        first.post(&s.walter, "/payments", json!({"tender": tender})).refused("payment_unresolved");
    }
    // A tablet that restarted asks again under its own reference, and is told of the first.
    let again = json!({"tender": "card", "state": "pending", "client_ref": "T1-0001"});
    let known = first.post(&s.walter, "/payments", again).refused("already_exists");
    assert_eq!(known.int("/payment_id"), payment);
    let whole = json!({"reason": "they left"});
    first.post(&s.manager, "/void", whole).refused("payment_unresolved");
    first.is("state open; due 25.00");

    // Table 2: the same, and they add a coffee's worth of patience: another dish can still be ordered.
    let second = s.opens(&s.bea, "table 2, 1 guest", "1 Steak");
    let asked = second.pays(&s.bea, json!({"tender": "card", "state": "pending"}));
    let other = asked.int("/payment/id");
    second.adds(&s.bea, "1 Carbonara");
    second.is("total 36.50; due 36.50");
    // What is not waiting for an answer can be paid meanwhile.
    second.post(&s.bea, "/payments", json!({"tender": "cash", "amount": 1251})).refused("payment_unresolved");
    second.pays(&s.bea, json!({"tender": "cash", "amount": 1250, "tendered": 2000}));
    second.is("state open; paid 12.50; due 24.00");

    // The day cannot be closed without knowing; its refusal names both.
    let refused = s.manager.post("/business-day/close", json!({})).refused("orders_open");
    assert_eq!(refused.list("/payments").len(), 2, "{}", refused.text());

    // The bank says: table 1 was charged. The payment counts now, with its tip, and closes the order.
    let told = s.walter.post(&format!("/payments/{payment}/resolve"), json!({"state": "captured"})).ok();
    assert_eq!(told.str("/order/state"), "paid");
    first.is("state paid; paid 25.00; due 0.00");
    // Table 2 was not: it pays in cash.
    s.bea.post(&format!("/payments/{other}/resolve"), json!({"state": "declined"})).ok();
    second.is("state open; due 24.00");
    second.pays(&s.bea, json!({"tender": "cash", "tendered": 3000}));
    second.is("state paid; paid 36.50; due 0.00");
    s.bea.post(&format!("/payments/{other}/resolve"), json!({"state": "unknown"})).refused("not_pending");

    s.day("2026-11-20", "gross 61.50; tips 2.00; payments_kept 63.50; excess 0.00");
    s.tender("2026-11-20", "card", "kept 27.00; payments =1; tips 2.00");
    s.tender("2026-11-20", "cash", "kept 36.50; payments =2");
    s.closes_the_day("gross 61.50; payments_kept 63.50");
}

#[test]
fn money_that_was_taken_twice_after_all_stands_as_excess_until_it_is_given_back() {
    let mut s = Stage::at("2026-11-20T20:00:00+01:00");
    let food = s.tax("IVA 10", None);
    s.menu("Food", food, "Carbonara 12.50", &json!({}));
    let bill = s.opens(&s.walter, "takeaway", "1 Carbonara");
    let asked = bill.pays(&s.walter, json!({"tender": "card", "state": "pending"}));
    let payment = asked.int("/payment/id");
    // Walter is sure that it failed, and the guest pays in cash. He was wrong.
    s.walter.post(&format!("/payments/{payment}/resolve"), json!({"state": "cancelled"})).ok();
    bill.pays(&s.walter, json!({"tender": "cash", "tendered": 1250}));
    bill.is("state paid; due 0.00");
    // The bank says that it took the money. Somebody who may correct payments writes it down, and it stands as
    // excess: the guest is called, and gets it back.
    let captured = json!({"state": "captured", "reference": "SLIP-6"});
    let path = format!("/payments/{payment}/resolve");
    s.walter.post(&path, captured.clone()).refused("approval_needed");
    let told = s.manager.post(&path, captured).ok();
    shows(told.at("/payment"), "state captured; amount 0.00; excess 12.50; reference SLIP-6");
    bill.is("state paid; paid 12.50; due 0.00");
    s.day("2026-11-20", "gross 12.50; excess 12.50; payments_kept 25.00; held_end 0.00");
    let back = format!("/payments/{payment}/refunds");
    let given = s.manager.post(&back, json!({"reason": "charged twice"})).created();
    shows(given.at("/refund"), "amount 0.00; excess 12.50; paid 12.50");

    // Another guest pays with a second card while the first one's answer is still out: what a terminal has is
    // never refused, and what nobody owes stands as excess.
    let bill = s.opens(&s.walter, "takeaway", "1 Carbonara");
    let asked = bill.pays(&s.walter, json!({"tender": "card", "amount": 1000, "state": "pending"}));
    bill.pays(&s.walter, json!({"tender": "cash", "amount": 250}));
    let second = bill.pays(&s.walter, json!({"tender": "card", "amount": 1000, "reference": "SLIP-7"}));
    shows(second.at("/payment"), "amount 0.00; excess 10.00");
    bill.is("state open; paid 2.50; due 10.00");
    let late = format!("/payments/{}/resolve", asked.int("/payment/id"));
    let late = s.walter.post(&late, json!({"state": "captured"})).ok();
    shows(late.at("/payment"), "amount 10.00; excess 0.00");
    bill.is("state paid; due 0.00");
    s.day("2026-11-20", "gross 25.00; excess 22.50; payments_kept 47.50");

    let back = format!("/payments/{}/refunds", second.int("/payment/id"));
    s.walter.post(&back, json!({"reason": "charged twice"})).refused("approval_needed");
    let given = s.manager.post(&back, json!({"reason": "charged twice"})).created();
    shows(given.at("/refund"), "amount 0.00; excess 10.00; paid 10.00");
    s.manager.post(&back, json!({"reason": "charged twice"})).refused("refund_too_high");
    s.closes_the_day("gross 25.00; excess 22.50; refunds_paid 22.50");
}
