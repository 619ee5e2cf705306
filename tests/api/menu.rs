//! The menu: its edits, and what a terminal reads.

mod edits;
mod stock;
mod times;

use serde_json::{Value, json};

use crate::client::Client;
use crate::harness::House;

/// A small menu, by the ids of what stands on it.
struct Menu {
    house: House,
    manager: Client,
    tax: i64,
    desserts: i64,
    drinks: i64,
    size: i64,
    syrup: i64,
    honey: i64,
    tiramisu: i64,
    whole: i64,
    half: i64,
    water: i64,
}

impl Menu {
    fn new() -> Self {
        let house = House::open();
        let manager = house.as_("manager");
        let vat = json!({"name": "VAT 10", "rate": "10", "included": true, "compound": false});
        let tax = add(&manager, "/tax-classes", json!({"name": "Food", "rates": [vat]}));
        let tax = tax["id"].as_i64().unwrap();
        let desserts = add(&manager, "/categories", json!({"name": "Desserts"}))["id"].as_i64().unwrap();
        let drinks = add(&manager, "/categories", json!({"name": "Drinks"}))["id"].as_i64().unwrap();
        let group = json!({"name": "Sauce", "min": 0, "max": 2, "options": [
            {"name": "Syrup", "price": 50}, {"name": "Honey", "price": 80, "allergens": ["honey"]}]});
        let group = add(&manager, "/modifier-groups", group);
        let size = group["id"].as_i64().unwrap();
        let option = |at: usize| group["options"][at]["id"].as_i64().unwrap();
        let tiramisu = json!({
            "name": "Tiramisù", "description": "of the house", "category_id": desserts, "tax_class": tax,
            "allergens": ["milk", "eggs"], "modifier_groups": [size],
            "variants": [{"name": "Whole", "sku": "T-1", "price": 900}, {"name": "Half", "price": 500}]});
        let tiramisu = add(&manager, "/items", tiramisu);
        let variant = |at: usize| tiramisu["variants"][at]["id"].as_i64().unwrap();
        let water = json!({"name": "Water", "category_id": drinks, "tax_class": tax,
            "variants": [{"name": "Glass", "price": null}]});
        let water = add(&manager, "/items", water)["id"].as_i64().unwrap();
        let (syrup, honey, whole, half) = (option(0), option(1), variant(0), variant(1));
        let tiramisu = tiramisu["id"].as_i64().unwrap();
        Self { house, manager, tax, desserts, drinks, size, syrup, honey, tiramisu, whole, half, water }
    }

    fn read(&self) -> Value {
        self.manager.get("/menu").ok().json().clone()
    }

    /// What a pointer into the menu shows; `/c0/i1` is the second item of the first category.
    #[track_caller]
    fn at(&self, pointer: &str) -> Value {
        let pointer = pointer.replace("/c", "/categories/").replace("/i", "/items/").replace("/v", "/variants/");
        let menu = self.read();
        menu.pointer(&pointer).unwrap_or_else(|| panic!("nothing at {pointer}: {menu}")).clone()
    }

    fn version(&self) -> i64 {
        self.read()["version"].as_i64().unwrap()
    }
}

fn add(client: &Client, path: &str, body: Value) -> Value {
    let made = client.post(path).body(body).created();
    assert!(made.text().starts_with("{\"id\":"), "{}", made.text());
    made.etag();
    made.json().clone()
}

#[test]
fn a_terminal_reads_the_whole_tree() {
    let m = Menu::new();
    let expected = json!({
        "categories": [
            {"id": m.desserts, "name": "Desserts", "position": 0, "station_id": null, "items": [{
                "id": m.tiramisu, "category_id": m.desserts, "name": "Tiramisù", "description": "of the house",
                "allergens": ["milk", "eggs"], "tax_class": m.tax, "station_id": null, "discountable": true,
                "counts_as": "sale", "position": 0, "available": true,
                "variants": [
                    {"id": m.whole, "sku": "T-1", "name": "Whole", "price": 900, "sold_by": "each", "available": true},
                    {"id": m.half, "sku": null, "name": "Half", "price": 500, "sold_by": "each", "available": true},
                ],
                "modifier_groups": [{"id": m.size, "name": "Sauce", "min": 0, "max": 2, "options": [
                    {"id": m.syrup, "name": "Syrup", "price": 50, "allergens": [], "available": true},
                    {"id": m.honey, "name": "Honey", "price": 80, "allergens": ["honey"], "available": true},
                ]}],
            }]},
            {"id": m.drinks, "name": "Drinks", "position": 1, "station_id": null, "items": [{
                "id": m.water, "category_id": m.drinks, "name": "Water", "description": "", "allergens": [],
                "tax_class": m.tax, "station_id": null, "discountable": true, "counts_as": "sale", "position": 0,
                "available": true, "modifier_groups": [],
                "variants": [{"id": m.water + 1, "sku": null, "name": "Glass", "price": null, "sold_by": "each", "available": true}],
            }]},
        ],
        "tax_classes": [{"id": m.tax, "name": "Food", "takeaway_rates": null,
            "rates": [{"name": "VAT 10", "rate": "10", "included": true, "compound": false}]}],
        // One edit each: a tax class, two categories, a group, two items.
        "version": 7,
    });
    assert_eq!(m.read(), expected);
}

#[test]
fn a_menu_that_did_not_change_is_not_sent_again() {
    let m = Menu::new();
    let waiter = m.house.as_("waiter");
    let first = waiter.get("/menu").ok();
    let again = waiter.get("/menu").ok();
    assert!(again.header("server-timing").contains("desc=\"hit\""), "{}", again.header("server-timing"));
    waiter.get("/menu").if_none_match(&first.etag()).send().expect(304);
    m.manager.patch(&format!("/items/{}", m.water)).body(json!({"name": "Spring water"})).ok();
    let changed = waiter.get("/menu").if_none_match(&first.etag()).ok();
    assert_eq!(changed.str("/categories/1/items/0/name"), "Spring water");
    assert_eq!(changed.int("/version"), first.int("/version") + 1);
}

#[test]
fn who_may_see_and_edit_the_menu() {
    let m = Menu::new();
    let paths = ["/menu", "/categories", "/items", "/modifier-groups", "/tax-classes"];
    for role in ["owner", "manager", "cashier", "waiter", "auditor"] {
        for path in paths {
            m.house.as_(role).get(path).ok();
        }
    }
    for path in paths {
        assert_eq!(m.house.as_("kitchen").get(path).refused("forbidden").str("/permission"), "see_menu");
        m.house.anyone().get(path).refused("token_missing");
    }
    for role in ["cashier", "waiter", "kitchen", "auditor"] {
        let client = m.house.as_(role);
        client.post("/categories").body(json!({"name": "Mine"})).refused("forbidden");
        client.patch(&format!("/items/{}", m.water)).body(json!({"name": "Mine"})).refused("forbidden");
        client.delete(&format!("/items/{}", m.water)).refused("forbidden");
    }
    for role in ["owner", "manager", "cashier", "waiter", "kitchen", "auditor"] {
        m.house.as_(role).get("/availability").ok();
        let put = m.house.as_(role).put(&format!("/items/{}/availability", m.water)).body(json!({"available": true}));
        match role {
            "waiter" | "auditor" => put.refused("forbidden"),
            _ => put.ok(),
        };
    }
}

#[test]
fn lists_and_single_things_show_the_same() {
    let m = Menu::new();
    let check = |path: &str, ids: &[i64]| {
        let list = m.manager.get(path).ok();
        let listed: Vec<i64> = list.list("/items").iter().map(|it| it["id"].as_i64().unwrap()).collect();
        assert_eq!(listed, ids, "{path}");
        assert_eq!(list.int("/page/total"), ids.len() as i64, "{path}");
        for (at, id) in ids.iter().enumerate() {
            let one = m.manager.get(&format!("{path}/{id}")).ok();
            assert_eq!(one.json(), &list.list("/items")[at], "{path}/{id}");
            m.manager.get(&format!("{path}/{id}")).if_none_match(&one.etag()).send().expect(304);
        }
        let second = m.manager.get(&format!("{path}?limit=1&page=2")).ok();
        assert_eq!(second.list("/items").first().map(|it| it["id"].as_i64()), ids.get(1).map(|id| Some(*id)), "{path}");
        for id in ["99", "0", "-1", "x"] {
            m.manager.get(&format!("{path}/{id}")).refused("not_found");
        }
        m.manager.get(&format!("{path}?colour=red")).refused("invalid").at_fault("colour", "unknown_field");
    };
    check("/categories", &[m.desserts, m.drinks]);
    check("/items", &[m.tiramisu, m.water]);
    check("/modifier-groups", &[m.size]);
    check("/tax-classes", &[m.tax]);
}
