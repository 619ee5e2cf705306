//! An order's life: opened, sent, changed, billed.

mod adjustments;
mod checks;
mod combos;
mod export;
mod faults;
mod kitchen;
mod lines;
mod lists;
mod nested;
mod opened;
mod papers;
mod portions;
mod reasons;
mod scene;
mod split_money;
mod splits;
mod unasked;
mod versions;

use serde_json::json;

use crate::harness::House;
pub use scene::{Night, Order, adds_up, told};

/// A menu of two dishes and a drink under one included rate; their variants in that order.
pub fn small_menu(house: &House) -> [i64; 3] {
    let manager = house.as_("manager");
    let rates = json!([{"name": "IVA", "rate": "10", "included": true, "compound": false}]);
    let tax = manager.post("/tax-classes").body(json!({"name": "Food", "rates": rates})).created().id();
    let category = manager.post("/categories").body(json!({"name": "Kitchen"})).created().id();
    let add = |name: &str, price: i64| {
        let item = json!({"name": name, "category_id": category, "tax_class": tax, "variants": [{"name": "one", "price": price}]});
        manager.post("/items").body(item).created().int("/variants/0/id")
    };
    [add("Carbonara", 1250), add("Tiramisu", 600), add("Pilsner", 480)]
}

#[test]
fn an_order_is_opened_sent_and_shown() {
    let house = House::open();
    let [carbonara, tiramisu, _] = small_menu(&house);
    let waiter = house.as_("waiter");
    let order = waiter
        .post("/orders")
        .body(json!({"kind": "dine_in", "guests": 2, "lines": [
            {"variant_id": carbonara, "quantity": 2}, {"variant_id": tiramisu, "quantity": 1, "hold": true, "course": 2}
        ]}))
        .created();
    assert_eq!(order.int("/total"), 3100);
    assert_eq!(order.int("/checks/0/taxes/0/tax"), 282);
    assert_eq!(order.str("/checks/0/lines/1/state"), "held");
    let id = order.id();
    let sent = waiter.post(&format!("/orders/{id}/send")).ok();
    assert_eq!(sent.int("/tickets/0/lines/0/quantity"), 2);
    assert_eq!(waiter.post(&format!("/orders/{id}/send")).ok().json(), &json!({"tickets": []}));
    let shown = waiter.get(&format!("/orders/{id}")).ok();
    assert_eq!(shown.str("/checks/0/lines/0/state"), "sent");
    assert_eq!(shown.int("/checks/0/taxes/0/tax"), 282);
    assert_eq!(waiter.get("/orders").ok().int("/page/total"), 1);
}
