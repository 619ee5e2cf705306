//! Opened, shown, moved, handed over.

use serde_json::{Value, json};

use super::scene::{Night, adds_up};

#[test]
fn every_kind_opens_with_its_service() {
    let n = Night::new();
    let check = |body: Value, service: &str, guests: i64| {
        let order = n.waiter.post("/orders").body(body).created();
        assert_eq!((order.str("/service"), order.int("/guests")), (service, guests), "{}", order.text());
        assert_eq!((order.str("/state"), order.int("/version"), order.int("/revision")), ("open", 1, 0));
        assert_eq!(order.header("etag"), "\"1.0\"");
        assert_eq!((order.list("/checks").len(), order.str("/checks/0/state")), (1, "open"));
        assert_eq!(order.str("/business_date"), "2026-11-20");
        assert!(order.text().starts_with("{\"id\":"), "{}", order.text());
        adds_up(&order);
    };
    check(json!({"kind": "dine_in"}), "dine_in", 1);
    check(json!({"kind": "dine_in", "guests": 4}), "dine_in", 4);
    check(json!({"kind": "takeaway"}), "takeaway", 0);
    check(json!({"kind": "delivery", "guests": 0}), "takeaway", 0);
    let numbers: Vec<_> =
        n.waiter.get("/orders").ok().list("/items").iter().map(|o| o["display_number"].clone()).collect();
    assert_eq!(json!(numbers), json!([4, 3, 2, 1]));
    n.house.at("2026-11-21T18:00:00+01:00");
    let next = n.house.sign_in("waiter").post("/orders").body(json!({"kind": "takeaway"})).created();
    assert_eq!((next.int("/display_number"), next.str("/business_date")), (1, "2026-11-21"), "numbers begin anew");
}

#[test]
fn everything_said_at_opening_is_shown() {
    let n = Night::new();
    let customer = json!({"name": "Ada", "phone": "+39 06 1", "address": "Via Appia 1", "vat_id": "IT1"});
    let opened = n
        .waiter
        .post("/orders")
        .body(json!({"kind": "delivery", "tab_name": "Ada's", "customer": customer, "due_at": "2026-11-20T19:30:00Z",
            "note": "ring\ntwice", "lines": [{"variant_id": n.pilsner, "quantity": 2}]}))
        .created();
    assert_eq!(opened.at("/customer"), &customer);
    assert_eq!(opened.str("/due_at"), "2026-11-20T20:30:00.000+01:00");
    assert_eq!((opened.str("/tab_name"), opened.str("/note")), ("Ada's", "ring\ntwice"));
    assert_eq!(opened.int("/staff_id"), n.house.person("waiter").staff_id);
    let shown = n.waiter.get(&format!("/orders/{}", opened.id())).ok();
    assert_eq!(shown.json(), opened.json(), "shown as it was answered");
    assert_eq!(shown.etag(), opened.etag());
    n.waiter.get(&format!("/orders/{}", opened.id())).if_none_match(&shown.etag()).send().expect(304);
    n.waiter.get(&format!("/orders/{}", opened.id())).if_none_match("\"0.9\"").ok();
    // Who the guest is stays out of the record.
    let told = n.records("order.opened").pop().unwrap().to_string();
    assert!(!told.contains("Ada") && !told.contains("ring"), "{told}");
}

#[test]
fn a_table_has_one_order_unless_it_is_said() {
    let n = Night::new();
    let [one, two] = n.tables;
    let first = n.open(json!({"kind": "dine_in", "table_id": one}));
    let refused = n.waiter.post("/orders").body(json!({"kind": "dine_in", "table_id": one})).refused("table_occupied");
    assert_eq!(refused.int("/order_id"), first.id);
    let second = n.open(json!({"kind": "dine_in", "table_id": one, "another": true}));
    let seated = || n.waiter.get("/floor").ok().at("/areas/0/tables").clone();
    let ids = |table: usize| -> Vec<i64> {
        seated()[table]["orders"].as_array().unwrap().iter().map(|o| o["id"].as_i64().unwrap()).collect()
    };
    assert_eq!((ids(0), ids(1)), (vec![first.id, second.id], vec![]));

    // Moving: to a free table, to its own, to an occupied one, off every table.
    second.patch("", json!({"table_id": two})).ok();
    assert_eq!((ids(0), ids(1)), (vec![first.id], vec![second.id]));
    second.patch("", json!({"table_id": two, "guests": 3})).ok();
    let refused = first.patch("", json!({"table_id": two})).refused("table_occupied");
    assert_eq!(refused.int("/order_id"), second.id);
    assert_eq!(first.now().int("/table_id"), one);
    first.patch("", json!({"table_id": two, "another": true})).ok();
    assert_eq!(ids(1).len(), 2);
    first.patch("", json!({"table_id": null})).ok();
    assert!(first.now().at("/table_id").is_null());
    assert_eq!((ids(0), ids(1)), (vec![], vec![second.id]));
    first.patch("", json!({"table_id": 99})).refused("invalid").at_fault("/table_id", "unknown");
    n.waiter
        .post("/orders")
        .body(json!({"kind": "dine_in", "table_id": 99}))
        .refused("invalid")
        .at_fault("/table_id", "unknown");
    // Voided, it leaves its table; a table with an order stays.
    n.manager.delete(&format!("/tables/{two}")).refused("in_use");
    second.post("/void", json!({"reason": "left"})).ok();
    assert_eq!(ids(1), Vec::<i64>::new());
    n.manager.delete(&format!("/tables/{two}")).done();
    first.patch("", json!({"table_id": two})).refused("invalid").at_fault("/table_id", "unknown");
}

#[test]
fn a_patch_changes_what_it_says_and_nothing_else() {
    let n = Night::new();
    let order = n.open(json!({"kind": "dine_in", "guests": 2, "note": "by the window", "tab_name": "Rossi",
        "customer": {"name": "Ada", "phone": "1"}, "due_at": "2026-11-20T20:00:00Z"}));
    let carlo = n.house.person("cashier").staff_id;
    let check = |body: Value, pointer: &str, is: Value| {
        let before = order.now();
        let after = n.waiter.patch(&order.path("")).body(body.clone()).ok();
        assert_eq!(after.at(pointer), &is, "{body}");
        let (mut left, mut right) = (before.json().clone(), after.json().clone());
        let field = pointer.split('/').nth(1).unwrap();
        for json in [&mut left, &mut right] {
            json.as_object_mut().unwrap().retain(|name, _| name != field && name != "version");
        }
        assert_eq!(left, right, "{body} changed something else");
        assert_eq!(after.int("/version"), before.int("/version") + 1, "{body}");
    };
    check(json!({"guests": 5}), "/guests", json!(5));
    check(json!({"staff_id": carlo}), "/staff_id", json!(carlo));
    check(json!({"note": "at the bar"}), "/note", json!("at the bar"));
    check(json!({"note": null}), "/note", json!(null));
    check(json!({"tab_name": null}), "/tab_name", json!(null));
    check(json!({"tab_name": "  Verdi "}), "/tab_name", json!("Verdi"));
    check(json!({"due_at": null}), "/due_at", json!(null));
    check(json!({"due_at": "2026-11-20T22:00:00+01:00"}), "/due_at", json!("2026-11-20T22:00:00.000+01:00"));
    check(json!({"customer": {"name": "Eve"}}), "/customer/name", json!("Eve"));
    check(
        json!({"customer": null}),
        "/customer",
        json!({"name": null, "phone": null, "address": null, "vat_id": null}),
    );
    check(json!({"service": "takeaway"}), "/service", json!("takeaway"));
    let wrong = |body: Value, pointer: &str, code: &str| {
        n.waiter.patch(&order.path("")).body(body).refused("invalid").at_fault(pointer, code);
    };
    wrong(json!({"staff_id": 99}), "/staff_id", "unknown");
    wrong(json!({"guests": -1}), "/guests", "out_of_range");
    wrong(json!({"guests": 10_000}), "/guests", "out_of_range");
    wrong(json!({"service": "delivery"}), "/service", "unknown_value");
    wrong(json!({"state": "paid"}), "/state", "unknown_field");
    wrong(json!({"due_at": "tonight"}), "/due_at", "bad_format");
    n.waiter.patch("/orders/99").body(json!({"guests": 1})).refused("not_found");
}

#[test]
fn guests_and_service_reprice() {
    let n = Night::new();
    let cover = json!([{"name": "Coperto", "per_guest": 250, "of": "before_discounts", "optional": false, "tax": "none"},
        {"name": "Service", "percent": "10", "min_guests": 4, "optional": true, "tax": "as_lines", "goes_to": "staff"}]);
    n.manager.patch("/settings").body(json!({"service_charges": cover})).ok();
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    let is = |total: i64, service: i64, tax: i64| {
        let now = order.now();
        assert_eq!(
            (now.int("/total"), now.int("/checks/0/service_total"), now.int("/tax_total")),
            (total, service, tax)
        );
        adds_up(&now);
    };
    // 25.00 with 10 % in it is 2.27, 4.80 with 22 % 0.87; two covers.
    is(3480, 500, 314);
    order.patch("", json!({"guests": 3})).ok();
    is(3730, 750, 314);
    // Four guests: 10.00 cover and 10 % of 29.80, of which 2.50 bear 10 % (0.23) and 0.48 22 % (0.09).
    order.patch("", json!({"guests": 4})).ok();
    is(4278, 1298, 346);
    order.patch("", json!({"guests": 0})).ok();
    is(2980, 0, 314);
    // Taken away food bears 4 %: 0.96.
    order.patch("", json!({"service": "takeaway"})).ok();
    is(2980, 0, 183);
    order.patch("", json!({"service": "dine_in"})).ok();
    is(2980, 0, 314);
    // A new rule of the house is not for checks that are open.
    n.manager.patch("/settings").body(json!({"service_charges": []})).ok();
    order.patch("", json!({"guests": 2})).ok();
    is(3480, 500, 314);
}

#[test]
fn covers_on_a_bill_are_taken_off_by_who_may_give_a_discount() {
    let n = Night::new();
    let cover =
        json!([{"name": "Coperto", "per_guest": 250, "of": "before_discounts", "optional": false, "tax": "none"}]);
    n.manager.patch("/settings").body(json!({"service_charges": cover})).ok();
    let order = n.order(&[(n.carbonara, 2)]);
    order.patch("", json!({"guests": 4})).ok();
    order.patch("", json!({"guests": 3})).ok();
    n.waiter.post(&order.path("/bill")).ok();
    let refused = order.patch("", json!({"guests": 1})).refused("approval_needed");
    assert_eq!((refused.str("/permission"), order.now().int("/total")), ("discount", 3250));
    assert_eq!(order.now().int("/guests"), 3);
    order.patch("", json!({"guests": 4, "service": "takeaway", "note": "by the window"})).ok();
    let fewer = n.manager.patch(&order.path("")).body(json!({"guests": 2})).ok();
    assert_eq!((fewer.int("/guests"), fewer.int("/total")), (2, 3000));
    adds_up(&fewer);
}

#[test]
fn a_line_may_be_eaten_elsewhere() {
    let n = Night::new();
    let lines = json!([{"variant_id": n.carbonara, "quantity": 2}, {"variant_id": n.carbonara, "quantity": 2, "service": "takeaway"}]);
    let order = n.open(json!({"kind": "dine_in", "lines": lines}));
    let taxes = |order: &super::scene::Order<'_>| {
        let now = order.now();
        (now.int("/checks/0/lines/0/tax"), now.int("/checks/0/lines/1/tax"))
    };
    assert_eq!(taxes(&order), (227, 96));
    order.patch("", json!({"service": "takeaway"})).ok();
    assert_eq!(taxes(&order), (96, 96));
}

#[test]
fn an_old_menu_is_told_the_prices_of_now() {
    let n = Night::new();
    let version = n.waiter.get("/menu").ok().int("/version");
    let lines = json!([{"variant_id": n.carbonara, "quantity": 1}, {"variant_id": n.special, "quantity": 1, "unit_price": 900}]);
    let body = |version: i64| json!({"kind": "dine_in", "menu_version": version, "lines": lines});
    let order = n.open(body(version));
    let item = n.waiter.get(&order.path("")).ok().int("/checks/0/lines/0/item_id");
    let variants = json!([{"id": n.carbonara, "name": "one", "price": 1400}]);
    n.manager.patch(&format!("/items/{item}")).body(json!({"variants": variants})).ok();
    let refused = n.waiter.post("/orders").body(body(version)).refused("price_changed");
    assert_eq!(refused.int("/menu_version"), version + 1);
    assert_eq!(
        refused.at("/prices"),
        &json!([{"variant_id": n.carbonara, "price": 1400}, {"variant_id": n.special, "price": null}])
    );
    let more = json!({"menu_version": version, "lines": lines});
    n.waiter.post(&order.path("/lines")).body(more).refused("price_changed");
    // What stands on the check is a snapshot.
    assert_eq!(order.now().int("/total"), 2150);
    let more = json!({"menu_version": version + 1, "lines": lines});
    assert_eq!(n.waiter.post(&order.path("/lines")).body(more).ok().int("/total"), 4450);
    // So are those of what was chosen; what is not on the menu there has none.
    let extras = n.waiter.get("/modifier-groups").ok().list("/items").iter().find(|g| g["name"] == "Extras").cloned();
    let path = format!("/modifier-groups/{}", extras.unwrap()["id"]);
    n.manager.patch(&path).body(json!({"options": [{"id": n.egg, "name": "Egg", "price": 120}]})).ok();
    let chosen = json!([{"option_id": n.rare}, {"option_id": n.egg, "quantity": 2}, {"option_id": n.bacon}]);
    let burger = json!([{"variant_id": n.burger, "quantity": 1, "modifiers": chosen}]);
    let stale = json!({"kind": "dine_in", "menu_version": version + 1, "lines": burger});
    let refused = n.waiter.post("/orders").body(stale).refused("price_changed");
    assert_eq!(
        refused.at("/prices/0"),
        &json!({"variant_id": n.burger, "price": 1500, "modifiers": [{"option_id": n.rare, "price": 0},
            {"option_id": n.egg, "price": 120}, {"option_id": n.bacon, "price": null}]})
    );
}
