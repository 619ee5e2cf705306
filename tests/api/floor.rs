//! Areas, tables and stations.

use serde_json::{Value, json};

use crate::client::Client;
use crate::harness::House;

fn id(client: &Client, path: &str, body: Value) -> i64 {
    client.post(path).body(body).created().id()
}

#[test]
fn the_room_as_it_is_made() {
    let house = House::open();
    let manager = house.as_("manager");
    assert_eq!(house.as_("waiter").get("/floor").ok().json(), &json!({"areas": []}));
    let hall = id(&manager, "/areas", json!({"name": "Hall"}));
    let yard = id(&manager, "/areas", json!({"name": "Yard", "position": 0}));
    let one = id(&manager, "/tables", json!({"name": "1", "area_id": hall, "seats": 4}));
    let two = id(&manager, "/tables", json!({"name": "2", "area_id": hall, "seats": 2}));
    let floor = house.as_("waiter").get("/floor").ok();
    let table = |id: i64, name: &str, seats: i64| json!({"id": id, "area_id": hall, "name": name, "seats": seats, "orders": []});
    let expected = json!({"areas": [
        {"id": hall, "name": "Hall", "position": 0, "tables": [table(one, "1", 4), table(two, "2", 2)]},
        {"id": yard, "name": "Yard", "position": 0, "tables": []},
    ]});
    assert_eq!(floor.json(), &expected);
    let again = house.as_("waiter").get("/floor").if_none_match(&floor.etag()).send().expect(304);
    assert!(again.header("server-timing").contains("desc=\"hit\""));
    let moved = manager.patch(&format!("/tables/{two}")).body(json!({"area_id": yard, "name": "Y2"})).ok();
    assert_eq!(moved.json(), &json!({"id": two, "name": "Y2", "area_id": yard, "seats": 2}));
    manager.patch(&format!("/areas/{hall}")).body(json!({"position": 5})).ok();
    let floor = house.as_("waiter").get("/floor").if_none_match(&floor.etag()).ok();
    assert_eq!((floor.int("/areas/0/id"), floor.int("/areas/0/tables/0/id")), (yard, two));
    let listed = |path: &str| -> Vec<i64> {
        manager.get(path).ok().list("/items").iter().map(|it| it["id"].as_i64().unwrap()).collect()
    };
    assert_eq!((listed("/areas"), listed("/tables")), (vec![yard, hall], vec![one, two]));
}

#[test]
fn an_area_with_tables_stays() {
    let house = House::open();
    let manager = house.as_("manager");
    let hall = id(&manager, "/areas", json!({"name": "Hall"}));
    let table = id(&manager, "/tables", json!({"name": "1", "area_id": hall, "seats": 4}));
    let refused = manager.delete(&format!("/areas/{hall}")).refused("in_use");
    assert!(refused.str("/detail").contains("Table 1"), "{}", refused.text());
    manager.delete(&format!("/tables/{table}")).done();
    manager.delete(&format!("/tables/{table}")).refused("not_found");
    manager.delete(&format!("/areas/{hall}")).done();
    assert_eq!(manager.get("/floor").ok().json(), &json!({"areas": []}));
    let gone = json!({"name": "2", "area_id": hall, "seats": 4});
    manager.post("/tables").body(gone).refused("invalid").at_fault("/area_id", "unknown");
}

#[test]
fn there_is_always_one_default_station() {
    let house = House::open();
    let manager = house.as_("manager");
    let stations = || manager.get("/stations").ok().at("/items").clone();
    let station = |id: i64, name: &str, is_default: bool| json!({"id": id, "name": name, "is_default": is_default, "expo": false, "late_after_s": 900, "ack_within_s": 60});
    assert_eq!(stations(), json!([station(1, "Kitchen", true)]));
    manager.delete("/stations/1").refused("in_use");
    let bar = id(&manager, "/stations", json!({"name": "Bar"}));
    let unset = manager.patch("/stations/1").body(json!({"is_default": false}));
    unset.refused("invalid").at_fault("/is_default", "conflict");
    manager.patch(&format!("/stations/{bar}")).body(json!({"is_default": true})).ok();
    assert_eq!(stations(), json!([station(1, "Kitchen", false), station(bar, "Bar", true)]));
    manager.delete("/stations/1").done();
    manager.delete("/stations/1").refused("not_found");
    manager.delete(&format!("/stations/{bar}")).refused("in_use");
    assert_eq!(stations(), json!([station(bar, "Bar", true)]));
}

#[test]
fn a_station_where_something_is_cooked_stays() {
    let house = House::open();
    let manager = house.as_("manager");
    let grill = id(&manager, "/stations", json!({"name": "Grill"}));
    let tax = id(&manager, "/tax-classes", json!({"name": "Food", "rates": []}));
    let category = id(&manager, "/categories", json!({"name": "Mains"}));
    let steak = json!({"name": "Steak", "category_id": category, "tax_class": tax, "station_id": grill,
        "variants": [{"name": "300 g", "price": 2400}]});
    let steak = id(&manager, "/items", steak);
    let refused = manager.delete(&format!("/stations/{grill}")).refused("in_use");
    assert!(refused.str("/detail").contains("Steak"), "{}", refused.text());
    manager.patch(&format!("/items/{steak}")).body(json!({"station_id": null})).ok();
    manager.delete(&format!("/stations/{grill}")).done();
}

#[test]
fn an_expo_prepares_nothing() {
    let house = House::open();
    let manager = house.as_("manager");
    let pass = manager.post("/stations").body(json!({"name": "Pass", "expo": true, "late_after_s": 0})).created();
    assert_eq!((pass.bool("/expo"), pass.int("/late_after_s"), pass.int("/ack_within_s")), (true, 0, 60));
    let pass = pass.id();
    let tax = id(&manager, "/tax-classes", json!({"name": "Food", "rates": []}));
    let mains = id(&manager, "/categories", json!({"name": "Mains"}));
    let routed = manager.post("/categories").body(json!({"name": "Grill", "station_id": pass}));
    routed.refused("invalid").at_fault("/station_id", "not_for_this");
    let routed = manager.patch(&format!("/categories/{mains}")).body(json!({"station_id": pass}));
    routed.refused("invalid").at_fault("/station_id", "not_for_this");
    let steak = json!({"name": "Steak", "category_id": mains, "tax_class": tax, "station_id": pass,
        "variants": [{"name": "300 g", "price": 2400}]});
    manager.post("/items").body(steak).refused("invalid").at_fault("/station_id", "not_for_this");
    let default = manager.patch(&format!("/stations/{pass}")).body(json!({"is_default": true}));
    default.refused("invalid").at_fault("/is_default", "not_for_this");
    let renamed = manager.patch(&format!("/stations/{pass}")).body(json!({"name": "Window", "ack_within_s": 0})).ok();
    assert_eq!((renamed.str("/name"), renamed.bool("/expo"), renamed.int("/ack_within_s")), ("Window", true, 0));
    manager.delete(&format!("/stations/{pass}")).done();
}

#[test]
fn wrong_values_are_told_by_name() {
    let house = House::open();
    let manager = house.as_("manager");
    let hall = id(&manager, "/areas", json!({"name": "Hall"}));
    let check = |path: &str, body: Value, pointer: &str, code: &str| {
        manager.post(path).body(body).refused("invalid").at_fault(pointer, code);
    };
    check("/areas", json!({"name": ""}), "/name", "empty");
    check("/areas", json!({"name": "x", "position": -1}), "/position", "out_of_range");
    check("/tables", json!({"name": "x".repeat(101), "area_id": hall, "seats": 4}), "/name", "too_long");
    check("/tables", json!({"name": "1", "area_id": hall, "seats": 1000}), "/seats", "out_of_range");
    check("/tables", json!({"name": "1", "area_id": hall}), "/seats", "required");
    check("/tables", json!({"name": "1", "area_id": 99, "seats": 4}), "/area_id", "unknown");
    check("/stations", json!({"name": "x", "is_default": true}), "/is_default", "unknown_field");
    check("/stations", json!({"name": "x", "late_after_s": 86401}), "/late_after_s", "out_of_range");
    check("/stations", json!({"name": "x", "ack_within_s": -1}), "/ack_within_s", "out_of_range");
    let expo = manager.patch("/stations/1").body(json!({"expo": true}));
    expo.refused("invalid").at_fault("/expo", "unknown_field");
    for path in ["/areas/99", "/tables/99", "/stations/99", "/areas/0", "/tables/x"] {
        manager.patch(path).body(json!({})).refused("not_found");
    }
}

#[test]
fn who_may_see_and_edit_the_room() {
    let house = House::open();
    for role in ["owner", "manager", "cashier", "waiter", "auditor"] {
        for path in ["/floor", "/areas", "/tables", "/stations"] {
            house.as_(role).get(path).ok();
        }
    }
    let kitchen = house.as_("kitchen");
    kitchen.get("/stations").ok();
    for path in ["/floor", "/areas", "/tables"] {
        kitchen.get(path).refused("forbidden");
    }
    for role in ["cashier", "waiter", "kitchen", "auditor"] {
        house.as_(role).post("/areas").body(json!({"name": "Mine"})).refused("forbidden");
        house.as_(role).delete("/stations/1").refused("forbidden");
    }
}
