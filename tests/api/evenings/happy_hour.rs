//! A happy hour that ends at eight by itself: nobody touches the till. A round ordered at one minute to keeps its
//! price until it is paid; a tablet that still shows the happy hour asks the guest first.

use serde_json::{Value, json};

use super::stage::{Bill, Stage};

fn prices(bill: &Bill<'_>) -> Vec<i64> {
    bill.now().list("/checks/0/lines").iter().map(|l| l["unit_price"].as_i64().unwrap()).collect()
}

#[test]
fn the_happy_hour_ends_at_eight() {
    let mut s = Stage::at("2026-11-20T17:30:00+01:00");
    let (drinks, food) = (s.tax("IVA 22", None), s.tax("IVA 10", None));
    let bar = s.menu("Drinks", drinks, "Spritz 8.00, Negroni 9.90", &json!({}));
    s.menu("Food", food, "Olives 3.00", &json!({}));
    let spritz = s.dish("Spritz");
    let happy = json!({"name": "Aperitivo", "weekdays": ["fri", "sat"], "from": "18:00", "to": "20:00", "service": "dine_in",
        "prices": [{"variant_id": spritz, "price": 500}]});
    s.owner.post("/price-times", happy).created();
    let late = json!({"name": "Last round", "from": "23:00", "to": "01:00", "category_ids": [bar], "percent": "20"});
    s.owner.post("/price-times", late).created();
    let menu = || s.walter.get("/menu").ok();
    let shown = |menu: &crate::client::Answer| -> Value {
        let items = menu.list("/categories/0/items").iter();
        items.clone().find(|item| item["name"] == "Spritz").unwrap()["variants"][0]["price"].clone()
    };
    assert_eq!(shown(&menu()), 800);

    // Cheap from six on, for those who sit down.
    s.time("2026-11-20T18:00:00+01:00");
    assert_eq!(shown(&menu()), 500);
    let bill = s.opens(&s.walter, "tab Verdi", "2 Spritz, 1 Olives");
    bill.is("total 13.00");
    let away = s.opens(&s.bea, "takeaway", "1 Spritz");
    away.is("total 8.00");
    away.pays(&s.bea, json!({"tender": "cash"}));

    // One minute to eight a round goes in with the menu as it is; the same again a minute later is refused.
    s.time("2026-11-20T19:59:00+01:00");
    let seen = menu().int("/version");
    let round = |version: i64| json!({"lines": s.lines("1 Spritz, 1 Negroni"), "menu_version": version});
    s.walter.post(&bill.path("/lines"), round(seen)).ok();
    s.time("2026-11-20T20:00:00+01:00");
    let told = s.walter.post(&bill.path("/lines"), round(seen)).refused("price_changed");
    let now: Vec<i64> = told.list("/prices").iter().map(|price| price["price"].as_i64().unwrap()).collect();
    assert_eq!(now, [800, 990]);
    let new = menu();
    assert_eq!((told.int("/menu_version"), shown(&new)), (new.int("/version"), json!(800)));
    assert_ne!(new.int("/version"), seen);
    s.walter.post(&bill.path("/lines"), round(new.int("/version"))).ok();
    assert_eq!(prices(&bill), [500, 300, 500, 990, 800, 990]);

    // Past midnight it is still Friday's last round: a fifth off the bar, nothing off the olives.
    s.time("2026-11-21T00:59:00+01:00");
    bill.adds(&s.bea, "1 Negroni, 1 Olives");
    s.time("2026-11-21T01:00:00+01:00");
    bill.adds(&s.bea, "1 Negroni");
    assert_eq!(prices(&bill)[6..], [792, 300, 990]);
    bill.is("total 66.62");
    // What somebody else paid meanwhile, and what the clock says now, moves nothing that was ordered.
    bill.pays(&s.walter, json!({"tender": "cash", "tendered": 7000}));
    s.day("2026-11-20", "gross 74.62");
    s.closes_the_day("gross 74.62");
}
