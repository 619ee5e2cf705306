//! Adding, changing and archiving.

use serde_json::{Value, json};

use super::Menu;

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let m = Menu::new();
    let path = format!("/items/{}", m.tiramisu);
    let was = m.manager.get(&path).ok().json().clone();
    let check = |change: Value, at: &[(&str, Value)]| {
        let version = m.version();
        let is = m.manager.patch(&path).body(change.clone()).ok();
        let mut expected = was.clone();
        for (pointer, value) in at {
            *expected.pointer_mut(pointer).unwrap() = value.clone();
        }
        assert_eq!(is.json(), &expected, "{change}");
        assert_eq!(m.manager.get(&path).ok().json(), &expected, "{change}");
        assert_eq!(m.version(), version + 1, "{change}");
        m.manager.patch(&path).body(back(&was)).ok();
    };
    check(json!({}), &[]);
    check(json!({"name": "Tira"}), &[("/name", json!("Tira"))]);
    check(json!({"description": null}), &[("/description", json!(""))]);
    check(json!({"category_id": m.drinks}), &[("/category_id", json!(m.drinks))]);
    check(json!({"station_id": 1}), &[("/station_id", json!(1))]);
    check(json!({"allergens": ["Milk", "milk"]}), &[("/allergens", json!(["milk"]))]);
    check(json!({"discountable": false}), &[("/discountable", json!(false))]);
    check(json!({"position": 7}), &[("/position", json!(7))]);
    check(json!({"modifier_groups": []}), &[("/modifier_groups", json!([]))]);
}

/// The change that makes an item what it was.
fn back(was: &Value) -> Value {
    let groups: Vec<Value> = was["modifier_groups"].as_array().unwrap().iter().map(|g| g["id"].clone()).collect();
    json!({
        "name": was["name"], "description": was["description"], "category_id": was["category_id"],
        "station_id": was["station_id"], "allergens": was["allergens"], "discountable": was["discountable"],
        "position": was["position"], "modifier_groups": groups,
    })
}

#[test]
fn a_list_of_variants_replaces_keeps_and_archives() {
    let m = Menu::new();
    let path = format!("/items/{}", m.tiramisu);
    let variants = json!([
        {"id": m.half, "sku": "T-1"},
        {"name": "Tray", "price": 4000, "sku": "T-2"},
    ]);
    let is = m.manager.patch(&path).body(json!({"variants": variants})).ok();
    let tray = is.int("/variants/1/id");
    assert!(tray > m.half);
    let expected = json!([
        {"id": m.half, "sku": "T-1", "name": "Half", "price": 500, "sold_by": "each", "available": true},
        {"id": tray, "sku": "T-2", "name": "Tray", "price": 4000, "sold_by": "each", "available": true},
    ]);
    assert_eq!(is.at("/variants"), &expected);
    // Two of one item swap theirs.
    let swapped = json!([{"id": tray, "sku": "T-1", "price": null}, {"id": m.half, "sku": "T-2", "sold_by": "kg"}]);
    let is = m.manager.patch(&path).body(json!({"variants": swapped})).ok();
    let expected = json!([
        {"id": tray, "sku": "T-1", "name": "Tray", "price": null, "sold_by": "each", "available": true},
        {"id": m.half, "sku": "T-2", "name": "Half", "price": 500, "sold_by": "kg", "available": true},
    ]);
    assert_eq!(is.at("/variants"), &expected);
    // What is archived is no longer this item's.
    let gone = json!({"variants": [{"id": m.whole}]});
    m.manager.patch(&path).body(gone).refused("invalid").at_fault("/variants/0/id", "unknown");
    assert_eq!(m.manager.get(&path).ok().at("/variants"), &expected);
}

#[test]
fn a_list_of_options_replaces_keeps_and_archives() {
    let m = Menu::new();
    let path = format!("/modifier-groups/{}", m.size);
    let options = json!([{"name": "Jam", "price": 0}, {"id": m.syrup, "price": 60}]);
    let is = m.manager.patch(&path).body(json!({"max": 1, "options": options})).ok();
    let jam = is.int("/options/0/id");
    let expected = json!({"id": m.size, "name": "Sauce", "min": 0, "max": 1, "options": [
        {"id": jam, "name": "Jam", "price": 0, "allergens": [], "available": true},
        {"id": m.syrup, "name": "Syrup", "price": 60, "allergens": [], "available": true},
    ]});
    assert_eq!(is.json(), &expected);
    assert_eq!(m.at("/c0/i0/modifier_groups/0"), expected);
    m.manager.patch(&path).body(json!({"min": 2})).refused("invalid").at_fault("/max", "out_of_range");
    m.manager.patch(&path).body(json!({"min": 1, "options": []})).refused("invalid").at_fault("/options", "empty");
    let gone = json!({"options": [{"id": m.honey}]});
    m.manager.patch(&path).body(gone).refused("invalid").at_fault("/options/0/id", "unknown");
    assert_eq!(m.manager.get(&path).ok().json(), &expected);
}

#[test]
fn new_rates_replace_the_old() {
    let m = Menu::new();
    let path = format!("/tax-classes/{}", m.tax);
    let rate = |name: &str, rate: &str| json!({"name": name, "rate": rate, "included": false, "compound": false});
    let check = |change: Value, name: &str, rates: Value, takeaway: Value| {
        let is = m.manager.patch(&path).body(change).ok();
        let expected = json!({"id": m.tax, "name": name, "rates": rates, "takeaway_rates": takeaway});
        assert_eq!(is.json(), &expected);
        assert_eq!(m.at("/tax_classes/0"), expected);
    };
    let (state, city) = (rate("State", "6.25"), rate("City", "1.0001"));
    check(json!({"name": "Meals", "rates": [state, city]}), "Meals", json!([state, city]), json!(null));
    check(json!({"takeaway_rates": [city]}), "Meals", json!([state, city]), json!([city]));
    check(json!({"rates": []}), "Meals", json!([]), json!([city]));
    check(json!({"takeaway_rates": null}), "Meals", json!([]), json!(null));
    let none = json!({"takeaway_rates": []});
    m.manager.patch(&path).body(none).refused("invalid").at_fault("/takeaway_rates", "empty");
}

#[test]
fn what_is_in_use_stays() {
    let m = Menu::new();
    let delete = |path: String| m.manager.delete(&path);
    let version = m.version();
    for path in [
        format!("/categories/{}", m.desserts),
        format!("/modifier-groups/{}", m.size),
        format!("/tax-classes/{}", m.tax),
    ] {
        let refused = delete(path.clone()).refused("in_use");
        assert!(refused.str("/detail").contains("Tiramisù"), "{path}: {}", refused.text());
    }
    assert_eq!(m.version(), version);
    delete(format!("/items/{}", m.tiramisu)).done();
    delete(format!("/items/{}", m.tiramisu)).refused("not_found");
    m.manager.get(&format!("/items/{}", m.tiramisu)).refused("not_found");
    delete(format!("/categories/{}", m.desserts)).done();
    delete(format!("/modifier-groups/{}", m.size)).done();
    delete(format!("/tax-classes/{}", m.tax)).refused("in_use");
    delete(format!("/items/{}", m.water)).done();
    delete(format!("/tax-classes/{}", m.tax)).done();
    let menu = m.read();
    let drinks = json!([{"id": m.drinks, "name": "Drinks", "position": 1, "station_id": null, "items": []}]);
    assert_eq!((&menu["categories"], &menu["tax_classes"]), (&drinks, &json!([])));
}

#[test]
fn a_sku_is_one_of_its_kind_while_it_is_on_the_menu() {
    let m = Menu::new();
    let item = |sku: &str| {
        json!({"name": "Copy", "category_id": m.desserts, "tax_class": m.tax,
            "variants": [{"name": "One", "sku": sku, "price": 1}]})
    };
    let taken = m.manager.post("/items").body(item("T-1")).refused("already_exists");
    assert_eq!((taken.str("/sku"), taken.int("/variant_id")), ("T-1", m.whole));
    assert!(taken.str("/detail").contains("Tiramisù"), "{}", taken.text());
    let twice = json!({"variants": [{"name": "A", "price": 1, "sku": "X"}, {"name": "B", "price": 1, "sku": "X"}]});
    m.manager.patch(&format!("/items/{}", m.water)).body(twice).refused("already_exists");
    m.manager.delete(&format!("/items/{}", m.tiramisu)).done();
    m.manager.post("/items").body(item("T-1")).created();
}

#[test]
fn every_fault_of_an_item_is_told_at_once() {
    let m = Menu::new();
    let item = json!({
        "name": " ", "description": "x".repeat(1001), "category_id": m.desserts, "tax_class": m.tax,
        "allergens": ["milk", "a,b"], "counts_as": "favour", "position": -1, "modifier_groups": [m.size, m.size],
        "variants": [{"name": "", "price": -1, "sold_by": "litre"}, {"name": "x".repeat(101), "price": 1_000_000_001}],
    });
    let refused = m.manager.post("/items").body(item).refused("invalid");
    let faults: Vec<&str> = refused.list("/errors").iter().map(|f| f["pointer"].as_str().unwrap()).collect();
    let expected = [
        "/name",
        "/description",
        "/allergens/1",
        "/counts_as",
        "/position",
        "/variants/0/name",
        "/variants/0/price",
        "/variants/0/sold_by",
        "/variants/1/name",
        "/variants/1/price",
        "/modifier_groups/1",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn what_a_body_names_must_be_there() {
    let m = Menu::new();
    let variants = json!([{"name": "One", "price": 1}]);
    let item = json!({"name": "Odd", "category_id": 99, "tax_class": 98, "station_id": 97, "modifier_groups": [m.size, 96],
        "variants": variants});
    let refused = m.manager.post("/items").body(item).refused("invalid");
    for pointer in ["/category_id", "/tax_class", "/station_id", "/modifier_groups/1"] {
        assert!(refused.text().contains(&format!("\"{pointer}\"")), "{pointer}: {}", refused.text());
    }
    assert_eq!(refused.list("/errors").len(), 4);
    let check = |path: &str, body: Value, pointer: &str, code: &str| {
        m.manager.post(path).body(body).refused("invalid").at_fault(pointer, code);
    };
    let item =
        |variants: Value| json!({"name": "Odd", "category_id": m.drinks, "tax_class": m.tax, "variants": variants});
    check("/items", item(json!([])), "/variants", "empty");
    check("/items", item(json!(vec![json!({"name": "One", "price": 1}); 51])), "/variants", "too_many");
    check("/items", item(json!([{"name": "One"}])), "/variants/0/price", "required");
    check("/items", item(json!([{"id": 1, "name": "One", "price": 1}])), "/variants/0/id", "unknown_field");
    check("/categories", json!({"name": "x", "colour": "red"}), "/colour", "unknown_field");
    check("/categories", json!({}), "/name", "required");
    let group = |min: i64, max: i64, options: Value| json!({"name": "G", "min": min, "max": max, "options": options});
    check("/modifier-groups", group(2, 1, json!([{"name": "o", "price": 0}])), "/max", "out_of_range");
    check("/modifier-groups", group(1, 1, json!([])), "/options", "empty");
    check("/modifier-groups", group(0, 1, json!([{"name": "o", "price": -1}])), "/options/0/price", "out_of_range");
    let class =
        |rate: &str| json!({"name": "T", "rates": [{"name": "r", "rate": rate, "included": false, "compound": false}]});
    check("/tax-classes", class("7,25"), "/rates/0/rate", "bad_format");
    check("/tax-classes", class("1000.0001"), "/rates/0/rate", "out_of_range");
}

#[test]
fn order_on_the_menu_is_position_then_age() {
    let m = Menu::new();
    let starters = m.manager.post("/categories").body(json!({"name": "Starters", "position": 0})).created().id();
    let names = |menu: &Value| -> Vec<i64> {
        menu["categories"].as_array().unwrap().iter().map(|c| c["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(names(&m.read()), [m.desserts, starters, m.drinks]);
    m.manager.patch(&format!("/categories/{}", m.desserts)).body(json!({"position": 9})).ok();
    assert_eq!(names(&m.read()), [starters, m.drinks, m.desserts]);
}

#[test]
fn every_edit_is_in_the_journal_and_a_retry_is_not() {
    let m = Menu::new();
    let records = || {
        let journal = m.manager.get("/journal?after=0&limit=100").ok();
        journal.list("/items").iter().filter(|r| r["kind"] == "menu.changed").count()
    };
    let before = records();
    let add = || m.manager.post("/categories").key("once").body(json!({"name": "Soups"}));
    let (first, again) = (add().created(), add().created());
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(records(), before + 1);
}
