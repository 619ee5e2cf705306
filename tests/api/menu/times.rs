//! Prices and menus by the clock.

use serde_json::{Value, json};

use super::Menu;

/// 20 November 2026 is a Friday.
const FRIDAY: &str = "2026-11-20T";

impl Menu {
    /// Another day: the manager signs in anew.
    fn at_day(&mut self, time: &str) {
        self.house.at(time);
        self.manager = self.house.sign_in("manager");
    }

    fn at_time(&self, time: &str) {
        self.house.at(&format!("{FRIDAY}{time}+01:00"));
    }

    #[track_caller]
    fn price_time(&self, body: Value) -> Value {
        super::add(&self.manager, "/price-times", body)
    }

    /// What the menu shows of the whole tiramisù: price, regular price, takeaway price and until when.
    fn whole_now(&self) -> (Value, Value, Value, Value) {
        let (item, variant) = (self.at("/c0/i0"), self.at("/c0/i0/v0"));
        let or_null = |of: &Value, field: &str| of.get(field).cloned().unwrap_or_default();
        (
            variant["price"].clone(),
            or_null(&variant, "regular_price"),
            or_null(&variant, "takeaway_price"),
            or_null(&item, "until"),
        )
    }
}

#[test]
fn a_price_time_is_what_was_said_of_it() {
    let m = Menu::new();
    let body = json!({"name": "Aperitivo", "weekdays": ["fri", "mon"], "from": "17:00", "to": "19:00", "service": "dine_in",
        "valid_from": "2026-11-01", "prices": [{"variant_id": m.whole, "price": 700}]});
    let made = m.price_time(body);
    let id = made["id"].as_i64().unwrap();
    let mut expected = json!({"id": id, "name": "Aperitivo", "weekdays": ["mon", "fri"], "from": "17:00", "to": "19:00",
        "service": "dine_in", "valid_from": "2026-11-01", "valid_to": null,
        "prices": [{"variant_id": m.whole, "price": 700}], "category_ids": null, "percent": null});
    assert_eq!(made, expected);
    let path = format!("/price-times/{id}");
    assert_eq!(m.manager.get(&path).ok().json(), &expected);
    let off = json!({"to": "02:00", "service": null, "category_ids": [m.desserts], "percent": "12.5"});
    let changed = m.manager.patch(&path).body(off).ok().json().clone();
    for (field, is) in [
        ("to", json!("02:00")),
        ("service", json!(null)),
        ("prices", json!(null)),
        ("category_ids", json!([m.desserts])),
        ("percent", json!("12.5")),
    ] {
        expected[field] = is;
    }
    assert_eq!(changed, expected);
    assert_eq!(m.manager.get("/price-times").ok().list("/items"), [expected]);
    m.manager.delete(&path).done();
    m.manager.get(&path).refused("not_found");
    m.manager.patch(&path).body(json!({"name": "Late"})).refused("not_found");
    assert_eq!(m.manager.get("/price-times").ok().list("/items").len(), 0);
}

#[test]
fn what_a_price_time_may_not_say() {
    let m = Menu::new();
    let check = |change: Value, pointer: &str, code: &str| {
        let mut body = json!({"name": "Happy", "from": "17:00", "to": "19:00",
            "prices": [{"variant_id": m.whole, "price": 700}]});
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        m.manager.post("/price-times").body(body).refused("invalid").at_fault(pointer, code);
    };
    check(json!({"from": "25:00"}), "/from", "out_of_range");
    check(json!({"from": "5 pm"}), "/from", "bad_format");
    check(json!({"from": "24:00"}), "/from", "out_of_range");
    check(json!({"to": "17:00"}), "/to", "out_of_range");
    check(json!({"to": "00:00"}), "/to", "out_of_range");
    check(json!({"weekdays": ["friday"]}), "/weekdays", "unknown_value");
    check(json!({"service": "delivery"}), "/service", "unknown_value");
    check(json!({"valid_from": "2026-12-02", "valid_to": "2026-12-01"}), "/valid_to", "out_of_range");
    check(json!({"prices": []}), "/prices", "empty");
    check(json!({"percent": "10"}), "/prices", "conflict");
    check(json!({"prices": null, "percent": "10"}), "/category_ids", "required");
    check(json!({"prices": null, "category_ids": [m.desserts]}), "/percent", "required");
    check(json!({"prices": null, "category_ids": [m.desserts], "percent": "0"}), "/percent", "out_of_range");
    check(json!({"prices": null, "category_ids": [99], "percent": "5"}), "/category_ids/0", "unknown");
    check(json!({"prices": [{"variant_id": 99, "price": 1}]}), "/prices/0/variant_id", "unknown");
    check(json!({"prices": [{"variant_id": m.water + 1, "price": 1}]}), "/prices/0/variant_id", "conflict");
    check(json!({"prices": [{"variant_id": m.whole, "price": -1}]}), "/prices/0/price", "out_of_range");
    let twice = json!([{"variant_id": m.whole, "price": 1}, {"variant_id": m.whole, "price": 2}]);
    check(json!({"prices": twice}), "/prices/1/variant_id", "duplicate");
    assert_eq!(m.version(), 7);
}

#[test]
fn the_menu_shows_the_price_of_now_and_until_when() {
    let m = Menu::new();
    let regular = (json!(900), json!(null), json!(null));
    m.at_time("16:30:00");
    m.price_time(json!({"name": "Happy hour", "weekdays": ["fri"], "from": "17:00", "to": "19:00",
        "prices": [{"variant_id": m.whole, "price": 700}]}));
    m.price_time(json!({"name": "To go", "from": "18:30", "to": "20:00", "service": "takeaway",
        "category_ids": [m.desserts], "percent": "10"}));
    let check = |time: &str, (price, regular, takeaway): (Value, Value, Value), until: &str| {
        m.at_time(time);
        let until = json!(format!("{FRIDAY}{until}.000+01:00"));
        assert_eq!(m.whole_now(), (price, regular, takeaway, until), "at {time}");
        // The office edits the price that is always there.
        assert_eq!(m.manager.get(&format!("/items/{}", m.tiramisu)).ok().int("/variants/0/price"), 900);
    };
    check("16:59:59", regular.clone(), "17:00:00");
    check("17:00:00", (json!(700), json!(900), json!(null)), "18:30:00");
    // Its own price goes before a percentage, and is said of both.
    check("18:30:00", (json!(700), json!(900), json!(null)), "19:00:00");
    check("19:00:00", (json!(900), json!(900), json!(810)), "20:00:00");
    m.at_time("20:00:00");
    let until = json!("2026-11-21T18:30:00.000+01:00");
    assert_eq!(m.whole_now(), (json!(900), json!(null), json!(null), until));
    // Whatever stands in no window shows none.
    assert_eq!(m.at("/c1/i0").get("until"), None);
}

#[test]
fn the_version_is_that_of_the_moment() {
    let mut m = Menu::new();
    let seen = m.version();
    assert_eq!(seen, 7);
    m.at_time("16:30:00");
    let id = m.price_time(json!({"name": "Happy hour", "from": "17:00", "to": "19:00",
        "prices": [{"variant_id": m.whole, "price": 700}]}))["id"]
        .clone();
    let (before, etag) = (m.version(), m.manager.get("/menu").ok().etag());
    m.at_time("16:59:59");
    assert_eq!(m.version(), before);
    m.manager.get("/menu").if_none_match(&etag).send().expect(304);
    m.at_time("17:00:00");
    let happy = m.version();
    assert_ne!(happy, before);
    m.at_time("19:00:00");
    assert_eq!(m.version(), before, "as before the happy hour");
    m.at_day("2026-11-21T18:00:00+01:00");
    assert_eq!(m.version(), happy, "as the evening before");
    m.manager.delete(&format!("/price-times/{id}")).done();
    assert_eq!(m.version(), 9, "nothing goes by the clock any more");
}

#[test]
fn breakfast_is_sold_in_the_morning() {
    let mut m = Menu::new();
    let windows =
        json!([{"from": "07:00", "to": "11:00"}, {"weekdays": ["sat", "sun"], "from": "11:00", "to": "14:00"}]);
    let path = format!("/items/{}", m.tiramisu);
    let shown = m.manager.patch(&path).body(json!({"sold": windows})).ok();
    let all_days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    assert_eq!(
        shown.at("/sold/0"),
        &json!({"weekdays": all_days, "from": "07:00", "to": "11:00", "valid_from": null, "valid_to": null,
            "service": null})
    );
    assert!(shown.bool("/available"), "it is not out");
    let mut check = |time: &str, available: bool, until: &str| {
        m.at_day(time);
        let item = m.at("/c0/i0");
        assert_eq!(
            (&item["available"], &item["variants"][0]["available"]),
            (&json!(available), &json!(available)),
            "{time}"
        );
        assert_eq!(item["until"], until, "{time}");
    };
    check("2026-11-20T06:59:59+01:00", false, "2026-11-20T07:00:00.000+01:00");
    check("2026-11-20T07:00:00+01:00", true, "2026-11-20T11:00:00.000+01:00");
    check("2026-11-20T18:00:00+01:00", false, "2026-11-21T07:00:00.000+01:00");
    // On Saturday the two windows meet.
    check("2026-11-21T10:00:00+01:00", true, "2026-11-21T14:00:00.000+01:00");
    let lines = json!([{"variant_id": m.whole, "quantity": 1}]);
    let order = |m: &Menu| m.house.sign_in("waiter").post("/orders").body(json!({"kind": "dine_in", "lines": lines}));
    order(&m).created();
    m.at_day("2026-11-21T14:00:00+01:00");
    let refused = order(&m).refused("not_now_on_menu");
    assert_eq!((refused.int("/variant_id"), refused.str("/until")), (m.whole, "2026-11-22T07:00:00.000+01:00"));
    // A category's windows hold for all in it.
    m.manager.patch(&path).body(json!({"sold": []})).ok();
    order(&m).created();
    let category = format!("/categories/{}", m.desserts);
    let shown = m.manager.patch(&category).body(json!({"sold": [{"from": "22:00", "to": "02:00"}]})).ok();
    assert_eq!(shown.list("/sold").len(), 1);
    assert_eq!(m.at("/c0/sold").as_array().unwrap().len(), 1);
    let refused = order(&m).refused("not_now_on_menu");
    assert_eq!(refused.str("/until"), "2026-11-21T22:00:00.000+01:00");
    m.at_day("2026-11-22T01:59:00+01:00");
    order(&m).created();
    for (body, pointer, code) in [
        (json!({"sold": [{"from": "07:00", "to": "07:00"}]}), "/sold/0/to", "out_of_range"),
        (json!({"sold": [{"from": "7", "to": "09:00"}]}), "/sold/0/from", "bad_format"),
        (json!({"sold": [{"from": "07:00", "to": "09:00", "service": "lunch"}]}), "/sold/0/service", "unknown_value"),
    ] {
        m.manager.patch(&path).body(body.clone()).refused("invalid").at_fault(pointer, code);
        m.manager.patch(&category).body(body).refused("invalid").at_fault(pointer, code);
    }
}

#[test]
fn what_does_not_travel_is_sold_in_the_house_alone() {
    let mut m = Menu::new();
    let path = format!("/items/{}", m.tiramisu);
    let sold = json!([{"from": "00:00", "to": "24:00", "service": "dine_in"}, {"from": "19:00", "to": "22:00"}]);
    let shown = m.manager.patch(&path).body(json!({"sold": sold})).ok();
    assert_eq!((shown.at("/sold/0/service"), shown.at("/sold/1/service")), (&json!("dine_in"), &Value::Null));
    let lines = |service: Option<&str>| json!([{"variant_id": m.whole, "quantity": 1, "service": service}]);
    let (plain, eaten_in, taken) = (lines(None), lines(Some("dine_in")), lines(Some("takeaway")));
    let order = |m: &Menu, kind: &str, lines: &Value| {
        m.house.sign_in("waiter").post("/orders").body(json!({"kind": kind, "lines": lines}))
    };
    m.at_day("2026-11-20T12:00:00+01:00");
    let item = m.at("/c0/i0");
    assert_eq!(item["available"], true, "it is sold, if not to everybody");
    assert_eq!(item["until"], "2026-11-20T19:00:00.000+01:00", "from then on to everybody");
    let at_table = order(&m, "dine_in", &plain).created();
    for (kind, lines) in [("takeaway", &plain), ("delivery", &plain), ("dine_in", &taken)] {
        let refused = order(&m, kind, lines).refused("not_now_on_menu");
        assert_eq!(refused.str("/until"), "2026-11-20T19:00:00.000+01:00", "{kind}");
    }
    order(&m, "takeaway", &eaten_in).created();
    // What stands there stays, and no more comes.
    let waiter = m.house.sign_in("waiter");
    let path = format!("/orders/{}", at_table.id());
    waiter.patch(&path).if_match("*").body(json!({"service": "takeaway"})).ok();
    waiter.post(&format!("{path}/lines")).if_match("*").body(json!({"lines": plain})).refused("not_now_on_menu");
    m.at_day("2026-11-20T19:00:00+01:00");
    order(&m, "takeaway", &plain).created();
    // Where it is never sold so, no time is named.
    let only = json!({"sold": [{"from": "00:00", "to": "24:00", "service": "dine_in"}]});
    m.manager.patch(&format!("/items/{}", m.tiramisu)).body(only).ok();
    let refused = order(&m, "takeaway", &plain).refused("not_now_on_menu");
    assert!(refused.json().get("until").is_none(), "{}", refused.text());
    assert!(refused.str("/detail").ends_with("is not sold to take away."), "{}", refused.text());
}
