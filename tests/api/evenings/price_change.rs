//! At eight the owner raises a price. What was ordered before costs what it did; a tablet that still shows the
//! old price is told the new one and asks the guest first.

use serde_json::json;

use super::stage::Stage;

#[test]
fn a_price_that_changes_at_eight() {
    let mut s = Stage::at("2026-11-20T19:58:00+01:00");
    let drinks = s.tax("IVA 22", None);
    s.menu("Drinks", drinks, "Spritz 5.00, Olives 3.00", &json!({}));
    let spritz = s.dish("Spritz");
    let seen = s.walter.get("/menu").ok().int("/version");
    let bill = s.opens(&s.walter, "tab Verdi", "2 Spritz");
    bill.is("total 10.00");

    s.time("2026-11-20T20:00:00+01:00");
    let item = s.owner.get("/menu").ok();
    let item = item.list("/categories/0/items").iter().find(|item| item["name"] == "Spritz").cloned().unwrap();
    let variants = json!({"variants": [{"id": spritz, "name": "one", "price": 700}]});
    s.owner.patch(&format!("/items/{}", item["id"]), variants).ok();

    let more = json!({"lines": s.lines("1 Spritz, 1 Olives"), "menu_version": seen});
    let told = s.walter.post(&bill.path("/lines"), more).refused("price_changed");
    let new = told.int("/menu_version");
    assert!(new > seen);
    let price = told.list("/prices").iter().find(|price| price["variant_id"] == spritz).cloned();
    assert_eq!(price.unwrap()["price"], 700);
    bill.is("total 10.00");
    assert_eq!(s.walter.get("/menu").ok().int("/version"), new);

    // The guest nods.
    s.walter.post(&bill.path("/lines"), json!({"lines": s.lines("1 Spritz, 1 Olives"), "menu_version": new})).ok();
    bill.is("total 20.00");
    let lines = bill.now();
    let prices: Vec<i64> = lines.list("/checks/0/lines").iter().map(|l| l["unit_price"].as_i64().unwrap()).collect();
    assert_eq!(prices, [500, 700, 300]);
    bill.pays(&s.walter, json!({"tender": "cash", "tendered": 2000}));
    s.closes_the_day("gross 20.00");
}
