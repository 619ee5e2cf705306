//! A tab opened on a card, whose guest walks out. The next day nobody has come back: the manager writes the
//! rest off, and every day says what happened on it.

use serde_json::json;

use super::stage::{Stage, shows};

#[test]
fn a_tab_opened_on_a_card_and_written_off_the_next_day() {
    let mut s = Stage::at("2026-11-20T21:00:00+01:00");
    let drinks = s.tax("IVA 22", None);
    let bar = s.station("Bar");
    s.menu("Drinks", drinks, "Negroni 9.00, Pilsner 4.80, Water 2.00", &json!({"station_id": bar}));

    let tab = s.opens(&s.walter, "tab Rossi", "2 Negroni");
    assert_eq!(tab.sends(&s.walter), ["Bar: 2 Negroni"]);
    // The card is held for 20.00, and the terminal says nothing final yet: it pays nothing.
    let held = json!({"tender": "card", "amount": 1800, "state": "pending", "reference": "AUTH-81"});
    let held = tab.pays(&s.walter, held);
    tab.is("state open; total 18.00; paid 0.00; due 18.00");
    tab.adds(&s.bea, "3 Pilsner, 1 Water");
    assert_eq!(tab.sends(&s.bea), ["Bar: 3 Pilsner", "Bar: 1 Water"]);
    tab.is("total 34.40; due 34.40");

    // Half past one: Rossi is gone. The 18.00 can be captured, the rest is open.
    s.time("2026-11-21T01:30:00+01:00");
    let captured = json!({"state": "captured"});
    s.walter.post(&format!("/payments/{}/resolve", held.int("/payment/id")), captured).ok();
    tab.is("state open; paid 18.00; due 16.40");
    let refused = s.manager.post("/business-day/close", json!({})).refused("orders_open");
    assert_eq!(refused.int("/orders/0/id"), tab.id);
    let z = s.manager.post("/business-day/close", json!({"carry_over": true})).ok();
    assert_eq!(z.int("/open_orders/0/id"), tab.id);
    shows(z.at("/totals"), "gross 0.00; payments_kept 18.00; held 18.00; orders =0");

    // The next evening nobody came back. A waiter may not let money go; the manager does.
    s.next_day("2026-11-21T18:00:00+01:00");
    let open = s.owner.get("/reports/open-checks").ok();
    assert_eq!(open.list("/items").len(), 1, "{}", open.text());
    tab.post(&s.walter, "/payments", json!({"tender": "write_off"})).refused("approval_needed");
    tab.pays(&s.manager, json!({"tender": "write_off"}));
    tab.is("state paid; paid 34.40; due 0.00");

    s.day("2026-11-20", "gross 0.00; payments_kept 18.00; held_start 0.00; held_end 18.00");
    s.day("2026-11-21", "gross 34.40; payments_kept 16.40; held_start 18.00; held_end 0.00");
    s.tender("2026-11-21", "write_off", "kept 16.40; payments =1");
    s.closes_the_day("gross 34.40; payments_kept 16.40; held -18.00; orders =1");
}
