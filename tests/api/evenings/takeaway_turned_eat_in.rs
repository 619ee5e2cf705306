//! Two pizzas to take away, until the rain: the guests sit down, and the tax is the table's. What was
//! told the kitchen is not told again, and the price on the menu does not move.

use serde_json::json;

use super::stage::Stage;

#[test]
fn takeaway_turned_eat_in() {
    let mut s = Stage::at("2026-11-20T19:00:00+01:00");
    // 10 % at the table, 4 % over the counter: within the price, which is one for both.
    let food = s.tax("IVA 10", Some("IVA 4"));
    let drinks = s.tax("IVA 22", None);
    s.menu("Pizza", food, "Margherita 8.00, Diavola 9.50", &json!({}));
    s.menu("Drinks", drinks, "Pilsner 4.80", &json!({}));
    s.table("3");

    let bill = s.opens(&s.walter, "takeaway", "1 Margherita, 1 Diavola, 1 Pilsner");
    // 17.50 holds 0.67 of 4 %, rounded by the line; 4.80 holds 0.87 of 22 %.
    bill.is("service takeaway; total 22.30; tax_total 1.55");
    assert_eq!(bill.sends(&s.walter), ["Kitchen: 1 Margherita", "Kitchen: 1 Diavola", "Kitchen: 1 Pilsner"]);

    // They sit down at table 3: the pizzas bear 10 % now.
    let table = s.owner.get("/floor").ok().int("/areas/0/tables/0/id");
    bill.stage.walter.patch(&bill.path(""), json!({"service": "dine_in", "table_id": table, "guests": 2})).ok();
    bill.is("service dine_in; total 22.30; tax_total 2.46");
    assert_eq!(bill.sends(&s.walter), [""; 0], "the kitchen has it");
    s.walter.post("/orders", json!({"kind": "dine_in", "table_id": table})).refused("table_occupied");

    bill.pays(&s.walter, json!({"tender": "card"}));
    bill.is("state paid; due 0.00");
    assert_eq!(s.vat("2026-11-20"), ["IVA 10 of 1591: 159", "IVA 22 of 393: 87"]);
    s.day("2026-11-20", "gross 22.30; tax 2.46; net 19.84; payments_kept 22.30");
    s.closes_the_day("gross 22.30; tax 2.46; orders =1");
    // Settled is settled.
    s.walter.patch(&bill.path(""), json!({"service": "takeaway"})).refused("order_closed");
}
