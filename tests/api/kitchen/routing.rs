//! Which station makes a dish, and who sees it.

use serde_json::{Value, json};

use crate::orders::{Night, told};

/// A station by its name.
fn station(n: &Night, body: Value) -> i64 {
    n.manager.post("/stations").body(body).created().id()
}

#[test]
fn an_item_goes_before_its_category_and_that_before_the_default() {
    let n = Night::new();
    let cellar = station(&n, json!({"name": "Cellar"}));
    let pasta = station(&n, json!({"name": "Pasta"}));
    let route = |path: String, to: Value| n.manager.patch(&path).body(json!({"station_id": to})).ok();
    let check = |expected: [i64; 2]| {
        let order = n.order(&[(n.carbonara, 1), (n.pilsner, 1)]);
        assert_eq!(
            told(&order.send()),
            [format!("{}: 1 Carbonara", expected[0]), format!("{}: 1 Pilsner", expected[1])]
        );
    };
    // The pilsner names the bar itself; the carbonara nothing.
    check([1, n.bar]);
    let routed = route(format!("/categories/{}", n.food), json!(pasta));
    assert_eq!(routed.int("/station_id"), pasta);
    route(format!("/categories/{}", n.drinks), json!(cellar));
    check([pasta, n.bar]);
    let pilsner = n.manager.get("/items").ok();
    let pilsner = pilsner.list("/items").iter().find(|item| item["name"] == "Pilsner").unwrap()["id"].clone();
    route(format!("/items/{pilsner}"), json!(null));
    check([pasta, cellar]);
    route(format!("/categories/{}", n.food), json!(null));
    check([1, cellar]);

    let refused = n.manager.delete(&format!("/stations/{cellar}")).refused("in_use");
    assert!(refused.str("/detail").contains("Drinks"), "{}", refused.text());
    let unknown = n.manager.patch(&format!("/categories/{}", n.food)).body(json!({"station_id": 99}));
    unknown.refused("invalid").at_fault("/station_id", "unknown");
    let menu = n.waiter.get("/menu").ok();
    let shown: Vec<&Value> = menu.list("/categories").iter().map(|category| &category["station_id"]).collect();
    assert_eq!(shown, [&json!(null), &json!(cellar)]);
    let made = n.manager.post("/categories").body(json!({"name": "Desserts", "station_id": pasta})).created();
    assert_eq!(made.int("/station_id"), pasta);
}

#[test]
fn a_line_keeps_the_station_it_was_added_with() {
    let n = Night::new();
    let pasta = station(&n, json!({"name": "Pasta"}));
    let order = n.order(&[(n.carbonara, 1)]);
    n.manager.patch(&format!("/categories/{}", n.food)).body(json!({"station_id": pasta})).ok();
    let more = json!({"lines": [{"variant_id": n.carbonara, "quantity": 2}]});
    n.waiter.post(&order.path("/lines")).body(more).ok();
    assert_eq!(told(&order.send()), ["1: 1 Carbonara".to_owned(), format!("{pasta}: 2 Carbonara")]);
}

#[test]
fn what_a_closed_station_should_have_made_goes_to_the_default_one() {
    let n = Night::new();
    let pasta = station(&n, json!({"name": "Pasta"}));
    let category = format!("/categories/{}", n.food);
    n.manager.patch(&category).body(json!({"station_id": pasta})).ok();
    let order = n.order(&[(n.carbonara, 2)]);
    n.manager.patch(&category).body(json!({"station_id": null})).ok();
    n.manager.delete(&format!("/stations/{pasta}")).done();
    assert_eq!(told(&order.send()), ["1: 2 Carbonara"]);
    order.patch(&format!("/lines/{}", order.line(0)), json!({"seat": 2})).ok();
    let waiting = n.house.as_("kitchen").get("/tickets?state=waiting&station_id=1").ok();
    assert_eq!(waiting.int("/page/total"), 2);
}

#[test]
fn an_expo_sees_the_tickets_of_all_stations() {
    let n = Night::new();
    let pass = station(&n, json!({"name": "Pass", "expo": true}));
    n.order(&[(n.carbonara, 1), (n.pilsner, 1)]).send();
    n.order(&[(n.tiramisu, 3)]).send();
    let kitchen = n.house.as_("kitchen");
    let seen = |query: String| told(kitchen.get(&format!("/tickets?state=waiting&{query}")).ok().list("/items"));
    let bar = n.bar;
    assert_eq!(seen("station_id=1".to_owned()), ["1: 1 Carbonara", "1: 3 Tiramisù"]);
    assert_eq!(seen(format!("station_id={bar}")), [format!("{bar}: 1 Pilsner")]);
    let all = ["1: 1 Carbonara".to_owned(), format!("{bar}: 1 Pilsner"), "1: 3 Tiramisù".to_owned()];
    assert_eq!(seen(format!("station_id={pass}")), all);
    let page = kitchen.get(&format!("/tickets?station_id={pass}&limit=1")).ok();
    assert_eq!((page.int("/page/total"), page.bool("/has_more")), (3, true));
    assert!(page.header("link").contains(&format!("station_id={pass}")), "{}", page.header("link"));
    // A screen whose expo is gone shows nothing rather than what it should not.
    n.manager.delete(&format!("/stations/{pass}")).done();
    assert_eq!(seen(format!("station_id={pass}")), Vec::<String>::new());
}
