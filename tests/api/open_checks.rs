//! Who has what open.

use serde_json::{Value, json};

use crate::client::Client;
use crate::orders::Night;

const PATH: &str = "/reports/open-checks";

#[track_caller]
fn items(by: &Client) -> Vec<Value> {
    by.get(PATH).ok().list("/items").to_vec()
}

#[test]
fn what_is_open_is_told_until_it_is_paid() {
    let n = Night::new();
    assert!(items(&n.manager).is_empty());
    let table = n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "guests": 3,
        "lines": [{"variant_id": n.carbonara, "quantity": 2}]}));
    n.house.at("2026-11-20T19:30:00+01:00");
    let tab =
        n.open(json!({"kind": "takeaway", "tab_name": "Anna", "lines": [{"variant_id": n.pilsner, "quantity": 1}]}));
    table.post("/payments", json!({"tender": "cash", "amount": 1000, "tip": 100})).created();
    table.post("/payments", json!({"tender": "card", "amount": 500, "state": "pending"})).created();
    let bill = table.post("/bill", json!({})).send();
    assert_eq!(bill.status, 200);
    let [first, second] = items(&n.manager).try_into().unwrap();
    let waiter = n.house.person("waiter").staff_id;
    let names = n.manager.get("/staff/names").ok();
    let name = names.list("/items").iter().find(|who| who["id"] == waiter).unwrap()["name"].clone();
    let now = table.now();
    assert_eq!(
        first,
        json!({"id": now.int("/checks/0/id"), "order_id": table.id, "display_number": 1, "kind": "dine_in",
            "table_id": n.tables[0], "table": "1", "tab_name": null, "guests": 3, "staff_id": waiter, "staff": name,
            "opened_business_date": "2026-11-20", "opened_at": "2026-11-20T18:00:00.000+01:00", "age_min": 90, "bills": 1,
            "total": 2500, "paid": 1000, "due": 1500, "unresolved": 500})
    );
    assert_eq!(
        (&second["order_id"], &second["tab_name"], &second["table"]),
        (&json!(tab.id), &json!("Anna"), &Value::Null)
    );
    assert_eq!((&second["opened_at"], &second["due"]), (&json!("2026-11-20T19:30:00.000+01:00"), &json!(480)));
    // It is kept, and never longer than it is true.
    let ages = || items(&n.manager).iter().map(|check| check["age_min"].as_i64().unwrap()).collect::<Vec<_>>();
    for (time, expected) in [("19:30:59", [90, 0]), ("19:31:00", [91, 1]), ("20:00:00", [120, 30])] {
        n.house.at(&format!("2026-11-20T{time}+01:00"));
        assert_eq!(ages(), expected, "{time}");
    }
    tab.post("/payments", json!({"tender": "cash"})).created();
    assert_eq!(items(&n.manager).len(), 1);
}

#[test]
fn it_is_a_list_from_the_cache() {
    let n = Night::new();
    let orders: Vec<i64> = (0..3).map(|_| n.order(&[(n.pilsner, 1)]).id).collect();
    let page = n.manager.get("/reports/open-checks?limit=2").ok();
    assert_eq!((page.int("/page/total"), page.int("/page/pages"), page.bool("/has_more")), (3, 2, true));
    let rest = n.manager.get(&format!("{PATH}?limit=2&cursor={}", page.str("/next_cursor"))).ok();
    assert_eq!((rest.int("/items/0/order_id"), rest.bool("/has_more")), (orders[2], false));
    n.manager.get("/reports/open-checks?limit=0").refused("invalid").at_fault("limit", "out_of_range");
    n.manager.get("/reports/open-checks?from=2026-11-20").refused("invalid").at_fault("from", "unknown_field");

    let from = |by: &Client| by.get(PATH).ok().header("server-timing").to_owned();
    assert!(from(&n.manager).contains("miss"));
    assert!(from(&n.house.as_("auditor")).contains("hit"));
    let seen = n.manager.get(PATH).ok().etag();
    n.manager.get(PATH).if_none_match(&seen).send().expect(304);
    // Whatever its rows show lets it go.
    let order = crate::orders::Order { night: &n, id: orders[0] };
    order.patch("", json!({"table_id": n.tables[0], "guests": 4})).ok();
    assert_eq!((items(&n.manager)[0]["table"].clone(), items(&n.manager)[0]["guests"].clone()), (json!("1"), json!(4)));
    n.manager.patch(&format!("/tables/{}", n.tables[0])).body(json!({"name": "Window"})).ok();
    assert_eq!(items(&n.manager)[0]["table"], "Window");
    let waiter = n.house.person("waiter").staff_id;
    n.house.as_("owner").patch(&format!("/staff/{waiter}")).body(json!({"name": "Wanda"})).ok();
    assert_eq!(items(&n.manager)[0]["staff"], "Wanda");
    for role in ["waiter", "cashier", "kitchen"] {
        n.house.as_(role).get(PATH).refused("forbidden");
    }
}

/// What is carried over a Z is still told, with the day it is of.
#[test]
fn a_night_does_not_hide_it() {
    let n = Night::new();
    n.order(&[(n.carbonara, 1)]);
    n.manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    n.house.at("2026-11-21T18:00:00+01:00");
    let manager = n.house.sign_in("manager");
    assert_eq!(items(&manager)[0]["opened_business_date"], "2026-11-20");
}
