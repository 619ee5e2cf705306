//! Combos: one price over dishes that are each taxed, cooked and counted alone, and stay together.

use serde_json::{Value, json};

use super::scene::{Night, Order, adds_up, told};
use crate::client::Answer;

/// A night with a menu of the day: burger, then fries or salad (0.50 more), then cola or beer. Food bears 7 %, drinks 19 %.
struct Deal {
    night: Night,
    combo: i64,
    item: i64,
    /// 8.50, at the grill
    burger: i64,
    /// 3.00
    fries: i64,
    /// 3.50
    salad: i64,
    /// 3.50, at the bar
    cola: i64,
    beer: i64,
    cheese: i64,
}

fn made(n: &Night, path: &str, body: Value) -> Answer {
    n.manager.post(path).body(body).created()
}

impl Deal {
    fn new() -> Self {
        let n = Night::new();
        let tax = |name: &str, rate: &str| {
            let rates = json!([{"name": "MwSt", "rate": rate, "included": true, "compound": false}]);
            made(&n, "/tax-classes", json!({"name": name, "rates": rates})).id()
        };
        let (seven, nineteen) = (tax("Speisen", "7"), tax("Getränke", "19"));
        let extras = json!({"name": "Extra", "min": 0, "max": 2, "options": [{"name": "Cheese", "price": 100}]});
        let extras = made(&n, "/modifier-groups", extras);
        let item = |name: &str, price: i64, more: Value| {
            let mut body = json!({"name": name, "category_id": n.food, "tax_class": seven,
                "variants": [{"name": "one", "price": price}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            made(&n, "/items", body).int("/variants/0/id")
        };
        let drink = json!({"category_id": n.drinks, "tax_class": nineteen, "station_id": n.bar});
        let burger = item("Smashed", 850, json!({"modifier_groups": [extras.id()]}));
        let (fries, salad) = (item("Fries", 300, json!({})), item("Salad", 350, json!({})));
        let (cola, beer) = (item("Cola", 350, drink.clone()), item("Beer", 420, drink));
        let options = json!([{"variant_id": fries}, {"variant_id": salad, "supplement": 50}]);
        let drinks = json!([{"variant_id": cola}, {"variant_id": beer, "supplement": 70}]);
        let body = json!({"name": "Menu", "category_id": n.food, "tax_class": nineteen,
        "variants": [{"name": "of the day", "price": 1199}],
        "components": [
            {"variant_id": burger},
            {"choice": {"name": "Side", "options": options}},
            {"choice": {"name": "Drink", "min": 1, "max": 1, "options": drinks}},
        ]});
        let combo = made(&n, "/items", body);
        let (item, combo) = (combo.id(), combo.int("/variants/0/id"));
        Self { combo, item, burger, fries, salad, cola, beer, cheese: extras.int("/options/0/id"), night: n }
    }

    fn line(&self, quantity: i64, dishes: &[i64]) -> Value {
        let components: Vec<Value> = dishes.iter().map(|id| json!({"variant_id": id})).collect();
        json!({"variant_id": self.combo, "quantity": quantity, "components": components})
    }

    /// An order of one line: so many menus with fries and cola.
    fn order(&self, quantity: i64) -> Order<'_> {
        let lines = json!([self.line(quantity, &[self.fries, self.cola])]);
        self.night.open(json!({"kind": "takeaway", "lines": lines}))
    }

    /// What the menu shows of the combo.
    fn shown(&self) -> Value {
        self.night.waiter.get(&format!("/items/{}", self.item)).ok().json().clone()
    }
}

/// Each standing line as `name quantity list_amount tax`.
fn lines(order: &Answer) -> Vec<String> {
    let line =
        |l: &Value| format!("{} {} {} {}", l["name"].as_str().unwrap(), l["quantity"], l["list_amount"], l["tax"]);
    order.list("/checks/0/lines").iter().filter(|l| l["state"] != "voided").map(line).collect()
}

fn taxes(order: &Answer) -> Vec<String> {
    let tax = |t: &Value| format!("{} {} {}", t["rate"].as_str().unwrap(), t["base"], t["tax"]);
    order.list("/checks/0/taxes").iter().map(tax).collect()
}

#[test]
fn each_part_is_taxed_alone_at_its_share() {
    let d = Deal::new();
    let order = d.order(1).now();
    adds_up(&order);
    // 11.99 over 8.50, 3.00 and 3.50: 6.79, 2.40 and 2.80.
    assert_eq!(lines(&order), ["Menu 1 0 0", "Smashed 1 679 44", "Fries 1 240 16", "Cola 1 280 45"]);
    assert_eq!(taxes(&order), ["7 859 60", "19 235 45"]);
    assert_eq!(order.int("/total"), 1199);
    let head = order.at("/checks/0/lines/0");
    assert_eq!(
        (&head["combo"], &head["unit_price"], &head["parent_line_id"]),
        (&json!(true), &json!(1199), &json!(null))
    );
    for part in &order.list("/checks/0/lines")[1..] {
        assert_eq!(part["parent_line_id"], head["id"]);
        assert_eq!(part.get("combo"), None);
    }
    // Three of it are three times each part.
    let three = d.order(3).now();
    assert_eq!(lines(&three), ["Menu 3 0 0", "Smashed 3 2037 133", "Fries 3 720 47", "Cola 3 840 134"]);
    adds_up(&three);
}

#[test]
fn a_choice_and_what_is_added_cost_their_own_part() {
    let d = Deal::new();
    let components = json!([
        {"variant_id": d.beer, "note": "no foam"},
        {"variant_id": d.salad},
        {"variant_id": d.burger, "modifiers": [{"option_id": d.cheese, "quantity": 2}]},
    ]);
    let line = json!({"variant_id": d.combo, "quantity": 2, "course": 1, "note": "birthday", "components": components});
    let order = d.night.open(json!({"kind": "dine_in", "lines": [line]}));
    let now = order.now();
    adds_up(&now);
    // 11.99 over 8.50, 3.50 and 4.20: 629.1, 259.0, 310.9; with supplements of 0.50 and 0.70, and cheese for 2.00.
    assert_eq!(lines(&now), ["Menu 2 0 0", "Smashed 2 1658 108", "Salad 2 618 40", "Beer 2 762 122"]);
    assert_eq!((now.int("/total"), now.int("/checks/0/lines/0/unit_price")), (2 * (1199 + 120 + 200), 1199 + 120));
    let notes: Vec<&Value> = now.list("/checks/0/lines").iter().map(|l| &l["note"]).collect();
    assert_eq!(notes, ["birthday", "birthday", "birthday", "no foam"]);
    // The kitchen and the bar hear of the parts, and of nothing else.
    let bar = d.night.bar;
    let sent = order.send();
    let at_bar: Vec<String> = told(&sent).into_iter().filter(|line| line.starts_with(&format!("{bar}:"))).collect();
    assert_eq!(at_bar, [format!("{bar}: 2 Beer")]);
    let names: Vec<String> = told(&sent).iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect();
    assert_eq!(names, ["2 Smashed", "2 Salad", "2 Beer"]);
    assert_eq!(order.states(), ["sent 2", "sent 2", "sent 2", "sent 2"]);
    assert!(order.send().is_empty());
}

#[test]
fn what_a_combo_may_not_be_ordered_as() {
    let d = Deal::new();
    let check = |line: Value, pointer: &str, code: &str| {
        let body = json!({"kind": "takeaway", "lines": [line]});
        d.night.waiter.post("/orders").body(body).refused("invalid").at_fault(pointer, code);
    };
    check(d.line(1, &[d.fries]), "/lines/0/components", "out_of_range");
    check(d.line(1, &[d.fries, d.salad, d.cola]), "/lines/0/components/1/variant_id", "out_of_range");
    check(d.line(1, &[d.fries, d.cola, d.burger, d.burger]), "/lines/0/components/3/variant_id", "out_of_range");
    check(d.line(1, &[d.fries, d.cola, d.night.tiramisu]), "/lines/0/components/2/variant_id", "unknown");
    let mut asked = d.line(1, &[d.fries, d.cola]);
    asked["components"][0]["choice_id"] = json!(99);
    check(asked, "/lines/0/components/0/choice_id", "unknown");
    let mut asked = d.line(1, &[d.fries, d.cola]);
    asked["modifiers"] = json!([{"option_id": d.cheese}]);
    check(asked, "/lines/0/modifiers/0/option_id", "unknown");
    let mut asked = d.line(1, &[d.fries, d.cola]);
    asked["components"][0]["modifiers"] = json!([{"option_id": d.cheese}]);
    check(asked, "/lines/0/components/0/modifiers/0/option_id", "unknown");
    let mut asked = d.line(1, &[d.fries, d.cola]);
    asked["unit_price"] = json!(5);
    check(asked, "/lines/0/unit_price", "not_open_price");
    let dish = json!({"variant_id": d.cola, "quantity": 1, "components": [{"variant_id": d.fries}]});
    check(dish, "/lines/0/components", "unknown");
}

#[test]
fn discounts_reach_every_part() {
    let d = Deal::new();
    let order = d.order(1);
    // 10 % of food alone: 0.92 of 9.19, and nothing of the cola.
    let food = json!({"name": "Food", "percent": "10", "applies_to": {"category_ids": [d.night.food]}});
    let now = order.post_by_manager("/discounts", food).created();
    let discounts = |now: &Answer| -> Vec<i64> {
        now.list("/checks/0/lines").iter().map(|l| l["discount"].as_i64().unwrap()).collect()
    };
    assert_eq!(discounts(&now), [0, 68, 24, 0]);
    order.delete_by_manager(&format!("/discounts/{}", now.int("/checks/0/discounts/0/id"))).ok();
    // On the line of the combo: 2.00 over its parts.
    let line = json!({"name": "Sorry", "amount": 200, "line_id": order.line(0)});
    let now = order.post_by_manager("/discounts", line).created();
    assert_eq!(discounts(&now), [0, 113, 40, 47]);
    assert_eq!(now.int("/total"), 999);
    adds_up(&now);
}

#[test]
fn what_is_done_to_a_combo_is_done_to_all_of_it() {
    let d = Deal::new();
    let order = d.order(3);
    let part = order.line(2);
    for (more, body) in [("void", json!({})), ("comp", json!({"reason": "cold"}))] {
        let refused = order.post_by_manager(&format!("/lines/{part}/{more}"), body).refused("part_of_combo");
        assert_eq!(refused.int("/line_id"), order.line(0));
    }
    order.delete_by_manager(&format!("/lines/{part}/comp")).refused("part_of_combo");
    order.patch(&format!("/lines/{part}"), json!({"quantity": 1})).refused("part_of_combo");
    // A part is wanted otherwise; that is its own.
    order.patch(&format!("/lines/{part}"), json!({"note": "crisp"})).ok();
    let head = order.line(0);
    let now = order.patch(&format!("/lines/{head}"), json!({"quantity": 4, "seat": 2})).ok();
    assert_eq!(now.int("/total"), 4 * 1199);
    assert!(now.list("/checks/0/lines").iter().all(|l| l["quantity"] == 4 && l["seat"] == 2), "{}", now.text());
    order.send();
    // Two of four are taken off, and the kitchen hears it of each part.
    let gone = json!({"quantity": 2, "reason": "left"});
    let now = order.post_by_manager(&format!("/lines/{head}/void"), gone).ok();
    assert_eq!(now.int("/total"), 2 * 1199);
    adds_up(&now);
    let voided: Vec<&Value> = now.list("/checks/0/lines").iter().filter(|l| l["state"] == "voided").collect();
    assert_eq!(voided.len(), 4);
    for part in &voided[1..] {
        assert_eq!((&part["parent_line_id"], &part["quantity"]), (&voided[0]["id"], &json!(2)));
    }
    let tickets = d.night.house.as_("kitchen").get("/tickets").ok();
    let mut cancelled: Vec<String> =
        told(tickets.list("/items")).iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect();
    cancelled.retain(|line| line.starts_with('-'));
    cancelled.sort();
    assert_eq!(cancelled, ["-2 Cola", "-2 Fries", "-2 Smashed"]);
    // One is given away, and taken back, and given away again.
    let given = order.post_by_manager(&format!("/lines/{head}/comp"), json!({"quantity": 1, "reason": "cold"})).ok();
    assert_eq!(given.int("/total"), 1199);
    adds_up(&given);
    let comped = given.list("/checks/0/lines").iter().filter(|l| !l["comp"].is_null()).count();
    assert_eq!(comped, 3);
    let place = given.list("/checks/0/lines").iter().rposition(|l| l["combo"] == true).unwrap();
    let other = order.line(place);
    order.post_by_manager(&format!("/lines/{other}/comp"), json!({"reason": "cold"})).refused("line_closed");
    assert_eq!(order.delete_by_manager(&format!("/lines/{other}/comp")).ok().int("/total"), 2 * 1199);
    order.post_by_manager(&format!("/lines/{other}/comp"), json!({"reason": "cold"})).ok();
    order.post("/payments", json!({"tender": "cash"})).created();
    let manager = &d.night.manager;
    let comps = manager.get("/reports/comps?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!(comps.list("/rows").len(), 3, "{}", comps.text());
}

/// The drink is served first; what the kitchen does not have yet is not cancelled there, and counts again.
#[test]
fn a_combo_half_sent_is_taken_off_whole() {
    let d = Deal::new();
    d.night.stock(d.fries, json!({"available": true, "remaining": 4}));
    let mut line = d.line(2, &[d.fries, d.cola]);
    (line["course"], line["hold"]) = (json!(2), json!(true));
    let order = d.night.open(json!({"kind": "dine_in", "lines": [line]}));
    let seen = order.etag();
    let cola = order.line(3);
    order.patch(&format!("/lines/{cola}"), json!({"course": 1})).ok();
    assert_eq!(order.states(), ["held 2"; 4]);
    // Who saw the combo as it was does not take it off as it is.
    let head = order.line(0);
    let stale = d.night.waiter.post(&order.path(&format!("/lines/{head}/void"))).if_match(&seen);
    stale.body(json!({})).refused("stale");
    let sent = d.night.waiter.post(&order.path("/send")).body(json!({"course": 1})).ok();
    assert_eq!(told(sent.list("/tickets")).len(), 1);
    assert_eq!(order.states(), ["sent 2", "held 2", "held 2", "sent 2"]);
    // The pass reads what is still to come: dishes, and no menu.
    let expo = d.night.house.as_("kitchen").get("/expo").ok();
    let held: Vec<&Value> = expo.list("/orders/0/held/0/lines").iter().map(|line| &line["name"]).collect();
    assert_eq!(held, ["Smashed", "Fries"], "{}", expo.text());
    order.post(&format!("/lines/{head}/void"), json!({"reason": "left"})).refused("approval_needed");
    order.post_by_manager(&format!("/lines/{head}/void"), json!({})).refused("reason_needed");
    assert_eq!(d.night.remaining(d.fries), 2);
    let now = order.post_by_manager(&format!("/lines/{head}/void"), json!({"reason": "left"})).ok();
    assert_eq!((now.int("/total"), d.night.remaining(d.fries)), (0, 4));
    let tickets = d.night.house.as_("kitchen").get("/tickets").ok();
    let lines = told(tickets.list("/items"));
    let cancelled: Vec<&String> = lines.iter().filter(|line| line.contains(": -")).collect();
    assert_eq!(cancelled, [&format!("{}: -2 Cola", d.night.bar)]);
}

#[test]
fn another_price_of_a_combo_is_parted_anew() {
    let d = Deal::new();
    let order = d.order(2);
    let (head, part) = (order.line(0), order.line(1));
    let price = |line: i64, to: i64| {
        order.post_by_manager(&format!("/lines/{line}/price"), json!({"unit_price": to, "reason": "a friend"}))
    };
    price(part, 1).refused("part_of_combo");
    let now = price(head, 1000).ok();
    adds_up(&now);
    // 10.00 over 6.79, 2.40 and 2.80: 5.66, 2.00 and 2.34.
    assert_eq!(lines(&now), ["Menu 2 0 0", "Smashed 2 1132 74", "Fries 2 400 26", "Cola 2 468 75"]);
    assert_eq!((now.int("/total"), now.int("/checks/0/lines/0/unit_price")), (2000, 1000));
    order.post("/payments", json!({"tender": "cash"})).created();
}

#[test]
fn a_combo_goes_back_whole() {
    let d = Deal::new();
    let order = d.order(3);
    let head = order.line(0);
    let paid = order.post("/payments", json!({"tender": "card"})).created();
    let payment = paid.int("/payment/id");
    let refund = |body: Value| d.night.manager.post(&format!("/payments/{payment}/refunds")).body(body);
    let back = refund(json!({"lines": [{"line_id": head, "quantity": 1}], "reason": "cold"})).created();
    assert_eq!(back.int("/refund/amount"), 1199);
    let of: Vec<i64> = back.list("/refund/lines").iter().map(|l| l["line_id"].as_i64().unwrap()).collect();
    assert_eq!(of, [head + 1, head + 2, head + 3]);
    let too_many = json!({"lines": [{"line_id": head, "quantity": 3}], "reason": "cold"});
    refund(too_many).refused("refund_too_high");
    let back = refund(json!({"lines": [{"line_id": head, "quantity": 2}], "reason": "cold"})).created();
    assert_eq!(back.int("/refund/amount"), 2 * 1199);
    let report = |by: &str| d.night.manager.get(&format!("/reports/sales?from=2026-11-20&to=2026-11-20&by={by}")).ok();
    let items = report("item");
    let mut rows: Vec<String> = items
        .list("/rows")
        .iter()
        .map(|r| format!("{} {} {} {}", r["name"].as_str().unwrap(), r["quantity"], r["gross"], r["refunds"]))
        .collect();
    rows.sort();
    // The dishes bear the money; how often the menu was sold is shown beside them.
    assert_eq!(rows, ["Cola 3 840 840", "Fries 3 720 720", "Menu 3 0 0", "Smashed 3 2037 2037"]);
    assert_eq!(report("item").int("/totals/gross"), report("tax").int("/totals/gross"));
}

#[test]
fn the_receipt_shows_name_and_parts() {
    let d = Deal::new();
    let order = d.order(2);
    order.post("/payments", json!({"tender": "cash"})).created();
    let receipt = d.night.waiter.get(&order.path("/receipt")).accept("text/plain").ok().text();
    let shown: Vec<&str> =
        receipt.lines().filter(|l| l.contains(" x ") || l.contains(" each")).map(str::trim_end).collect();
    assert_eq!(shown[0], "2 x Menu, of the day", "{receipt}");
    for (row, amount) in [("2 x Smashed, one", "13.58"), ("2 x Fries, one", "4.80"), ("2 x Cola, one", "5.60")] {
        assert!(shown.iter().any(|line| line.trim_start().starts_with(row) && line.ends_with(amount)), "{receipt}");
    }
}

#[test]
fn what_runs_out_takes_the_combo_with_it() {
    let d = Deal::new();
    let available = |place: usize| d.shown()["components"][place]["available"].as_bool().unwrap();
    let whole = || {
        let menu = d.night.waiter.get("/menu").ok();
        let items = menu.list("/categories").iter().flat_map(|c| c["items"].as_array().unwrap().clone());
        let shown = items.into_iter().find(|item| item["id"] == d.item).unwrap();
        assert_eq!(shown, d.shown(), "the menu and the item say the same");
        shown["available"].as_bool().unwrap()
    };
    assert!(whole());
    d.night.stock(d.fries, json!({"available": false}));
    assert_eq!((available(1), whole()), (true, true), "there is salad");
    assert_eq!(d.shown()["components"][1]["choice"]["options"][0]["available"], false);
    let lines = json!([d.line(1, &[d.fries, d.cola])]);
    let gone = d.night.waiter.post("/orders").body(json!({"kind": "takeaway", "lines": lines})).refused("sold_out");
    assert_eq!(gone.int("/variant_id"), d.fries);
    d.night.stock(d.salad, json!({"available": false}));
    assert_eq!((available(1), whole()), (false, false), "there is no side");
    d.night.stock(d.fries, json!({"available": true}));
    assert!(whole());
    d.night.stock(d.burger, json!({"available": false}));
    assert_eq!((available(0), whole()), (false, false), "it comes with no burger");
}

#[test]
fn each_part_counts_down_its_own() {
    let d = Deal::new();
    d.night.stock(d.burger, json!({"available": true, "remaining": 5}));
    d.night.stock(d.cola, json!({"available": true, "remaining": 3}));
    let order = d.order(2);
    assert_eq!((d.night.remaining(d.burger), d.night.remaining(d.cola)), (3, 1));
    // The second line lacks a cola: nothing of the call is kept.
    let lines = json!([d.line(1, &[d.fries, d.beer]), d.line(2, &[d.fries, d.cola])]);
    let gone = d.night.waiter.post("/orders").body(json!({"kind": "takeaway", "lines": lines})).refused("sold_out");
    assert_eq!((gone.int("/variant_id"), gone.int("/remaining")), (d.cola, 1));
    assert_eq!((d.night.remaining(d.burger), d.night.remaining(d.cola)), (3, 1));
    let head = order.line(0);
    order.patch(&format!("/lines/{head}"), json!({"quantity": 3})).ok();
    assert_eq!((d.night.remaining(d.burger), d.night.remaining(d.cola)), (2, 0));
    order.post(&format!("/lines/{head}/void"), json!({"quantity": 2})).ok();
    assert_eq!((d.night.remaining(d.burger), d.night.remaining(d.cola)), (4, 2));
    order.post(&format!("/lines/{head}/void"), json!({})).ok();
    assert_eq!((d.night.remaining(d.burger), d.night.remaining(d.cola)), (5, 3));
}

#[test]
fn what_a_combo_may_consist_of() {
    let d = Deal::new();
    let n = &d.night;
    let base = |components: Value| {
        json!({"name": "Other", "category_id": n.food, "tax_class": 1, "variants": [{"name": "one", "price": 900}],
            "components": components})
    };
    let check = |body: Value, pointer: &str, code: &str| {
        n.manager.post("/items").body(body).refused("invalid").at_fault(pointer, code);
    };
    let options = json!([{"variant_id": d.fries}]);
    check(base(json!([{"variant_id": 9999}])), "/components/0/variant_id", "unknown");
    check(base(json!([{"variant_id": n.steak}])), "/components/0/variant_id", "conflict");
    check(base(json!([{"variant_id": d.combo}])), "/components/0/variant_id", "conflict");
    check(base(json!([{"share": 3}])), "/components/0", "conflict");
    check(
        base(json!([{"variant_id": d.fries, "choice": {"name": "x", "options": options}}])),
        "/components/0",
        "conflict",
    );
    check(base(json!([{"variant_id": d.fries, "share": 1}, {"variant_id": d.cola}])), "/components", "conflict");
    check(base(json!([{"variant_id": d.fries, "share": 0}])), "/components/0/share", "out_of_range");
    check(base(json!([{"choice": {"name": "x", "min": 0, "options": options}}])), "/components", "empty");
    check(base(json!([{"choice": {"name": "x", "options": []}}])), "/components/0/choice/options", "out_of_range");
    check(
        base(json!([{"choice": {"name": "x", "min": 2, "max": 1, "options": options}}])),
        "/components/0/choice/max",
        "out_of_range",
    );
    let twice = json!([{"variant_id": d.fries}, {"variant_id": d.fries}]);
    let pointer = "/components/0/choice/options/1/variant_id";
    check(base(json!([{"choice": {"name": "x", "options": twice}}])), pointer, "duplicate");
    let mut open = base(json!([{"variant_id": d.fries}]));
    open["variants"][0]["price"] = json!(null);
    check(open, "/variants/0/price", "required");
    let mut weighed = base(json!([{"variant_id": d.fries}]));
    weighed["variants"][0]["sold_by"] = json!("kg");
    check(weighed, "/variants/0/sold_by", "conflict");
    let mut with_groups = base(json!([{"variant_id": d.fries}]));
    with_groups["modifier_groups"] = json!([1]);
    check(with_groups, "/modifier_groups", "conflict");
    // A dish of a combo stays on the menu, and stays a dish.
    let fries = n.waiter.get("/items?limit=100").ok();
    let fries = fries.list("/items").iter().find(|i| i["variants"][0]["id"] == d.fries).unwrap()["id"].clone();
    let path = format!("/items/{fries}");
    n.manager.delete(&path).refused("in_use");
    let weighed = json!({"variants": [{"id": d.fries, "sold_by": "kg"}]});
    n.manager.patch(&path).body(weighed).refused("in_use");
    n.manager.patch(&path).body(json!({"components": [{"variant_id": d.cola}]})).refused("in_use");
    // Until the combo does without it.
    let version = n.waiter.get("/menu").ok().int("/version");
    let parts = json!({"components": [{"variant_id": d.burger, "share": 2}, {"variant_id": d.cola, "share": 1}]});
    let changed = n.manager.patch(&format!("/items/{}", d.item)).body(parts).ok();
    assert_eq!(changed.at("/components/1"), &json!({"variant_id": d.cola, "share": 1, "available": true}));
    n.manager.delete(&path).done();
    assert_eq!(n.waiter.get("/menu").ok().int("/version"), version + 2);
    let order = n.open(json!({"kind": "takeaway", "lines": [{"variant_id": d.combo, "quantity": 1}]})).now();
    assert_eq!(lines(&order), ["Menu 1 0 0", "Smashed 1 799 52", "Cola 1 400 64"]);
    n.manager.patch(&format!("/items/{}", d.item)).body(json!({"components": []})).ok();
    assert_eq!(d.shown().get("components"), None);
    let order = n.open(json!({"kind": "takeaway", "lines": [{"variant_id": d.combo, "quantity": 1}]})).now();
    assert_eq!(lines(&order), ["Menu 1 1199 191"]);
    n.manager.delete(&format!("/items/{}", d.item)).done();
}
