//! Options that open groups, are free, included, or set the price.

use serde_json::{Value, json};

use super::scene::{Night, adds_up, told};

/// A plate for 12.00: two toppings free; a side, whose fries come in sizes; or as a double for 17.00.
struct Plate {
    night: Night,
    item: i64,
    plate: i64,
    sizes: i64,
    large: i64,
    fries: i64,
    bread: i64,
    side: i64,
    cheddar: i64,
    bacon: i64,
    double: i64,
    toppings: i64,
}

impl Plate {
    fn new() -> Self {
        let n = Night::new();
        let group = |body: Value| {
            let group = n.manager.post("/modifier-groups").body(body).created();
            let option = |at: usize| group.int(&format!("/options/{at}/id"));
            (group.id(), (0..group.list("/options").len()).map(option).collect::<Vec<_>>())
        };
        let (sizes, of_size) =
            group(json!({"name": "Size", "min": 0, "max": 1, "options": [{"name": "Large", "price": 70}]}));
        let (sides, of_side) = group(json!({"name": "Which", "min": 1, "max": 1, "options": [
            {"name": "Fries", "price": 200, "modifier_groups": [sizes]},
            {"name": "Bread", "price": 150, "price_mode": "included"}]}));
        let (toppings, of_topping) =
            group(json!({"name": "Toppings", "min": 0, "max": 4, "free_quantity": 2, "options": [
            {"name": "Cheddar", "price": 100}, {"name": "Bacon", "price": 150}]}));
        let (more, of_more) = group(json!({"name": "More", "min": 0, "max": 2, "options": [
            {"name": "Side", "price": 50, "modifier_groups": [sides]},
            {"name": "Double", "price": 1700, "price_mode": "replaces"}]}));
        let body = json!({"name": "Plate", "category_id": n.food, "tax_class": 1, "modifier_groups": [toppings, more],
            "variants": [{"name": "one", "price": 1200}]});
        let item = n.manager.post("/items").body(body).created();
        Self {
            item: item.id(),
            plate: item.int("/variants/0/id"),
            sizes,
            large: of_size[0],
            fries: of_side[0],
            bread: of_side[1],
            side: of_more[0],
            double: of_more[1],
            cheddar: of_topping[0],
            bacon: of_topping[1],
            toppings,
            night: n,
        }
    }

    fn side_of_fries(&self) -> Value {
        let large = json!([{"option_id": self.large}]);
        json!({"option_id": self.side, "modifiers": [{"option_id": self.fries, "modifiers": large}]})
    }

    fn line(&self, quantity: i64, modifiers: &Value) -> Value {
        json!({"variant_id": self.plate, "quantity": quantity, "modifiers": modifiers})
    }
}

#[test]
fn what_is_chosen_is_priced_as_it_is_offered() {
    let p = Plate::new();
    let check = |quantity: i64, modifiers: Value, list_amount: i64| {
        let lines = json!([p.line(quantity, &modifiers)]);
        let order = p.night.open(json!({"kind": "dine_in", "lines": lines})).now();
        assert_eq!(order.int("/checks/0/lines/0/list_amount"), list_amount, "{}", order.text());
        adds_up(&order);
    };
    let (cheddar, bacon) = (|n: i64| json!({"option_id": p.cheddar, "quantity": n}), json!({"option_id": p.bacon}));
    check(1, json!([cheddar(2)]), 1200);
    check(2, json!([cheddar(2), bacon]), 2 * 1350);
    check(1, json!([bacon, cheddar(2)]), 1300);
    check(1, json!([p.side_of_fries()]), 1200 + 50 + 200 + 70);
    check(1, json!([{"option_id": p.side, "modifiers": [{"option_id": p.bread}]}]), 1250);
    check(3, json!([{"option_id": p.double}, bacon]), 3 * 1700);
    check(1, json!([{"option_id": p.double}, p.side_of_fries()]), 1700 + 320);
}

#[test]
fn the_line_and_the_kitchen_show_what_belongs_to_what() {
    let p = Plate::new();
    let modifiers = json!([{"option_id": p.cheddar, "quantity": 3}, p.side_of_fries(), {"option_id": p.double}]);
    let order = p.night.open(json!({"kind": "dine_in", "lines": [p.line(1, &modifiers)]}));
    let row = |id: i64, name: &str, price: i64, quantity: i64| json!({"option_id": id, "name": name, "price": price, "quantity": quantity});
    let mut fries = row(p.fries, "Fries", 200, 1);
    fries["modifiers"] = json!([row(p.large, "Large", 70, 1)]);
    let mut side = row(p.side, "Side", 50, 1);
    side["modifiers"] = json!([fries]);
    let shown = json!([
        row(p.cheddar, "Cheddar", 0, 2),
        row(p.cheddar, "Cheddar", 100, 1),
        side,
        row(p.double, "Double", 500, 1)
    ]);
    assert_eq!(order.now().at("/checks/0/lines/0/modifiers"), &shown);
    assert_eq!(order.now().int("/checks/0/lines/0/unit_price"), 1200);
    // What is changed before it is sent goes back to the price it was added at.
    let line = order.line(0);
    p.night
        .manager
        .patch(&format!("/items/{}", p.item))
        .body(json!({"variants": [{"id": p.plate, "price": 1500}]}))
        .ok();
    let now = order.patch(&format!("/lines/{line}"), json!({"modifiers": [{"option_id": p.double}]})).ok();
    assert_eq!(now.int("/total"), 1700);
    let now = order.patch(&format!("/lines/{line}"), json!({"modifiers": []})).ok();
    assert_eq!(now.int("/total"), 1200);
    let side = json!({"modifiers": [{"option_id": p.bacon}, p.side_of_fries()]});
    order.patch(&format!("/lines/{line}"), side).ok();
    let tickets = order.send();
    assert_eq!(told(&tickets).len(), 1);
    assert_eq!(tickets[0]["lines"][0]["modifiers"], "Bacon, Side (Fries (Large))");
    let pay = order.post("/payments", json!({"tender": "cash"})).created();
    assert_eq!(pay.int("/order/total"), 1200 + 320);
}

#[test]
fn what_may_not_be_chosen() {
    let p = Plate::new();
    let check = |modifiers: Value, pointer: &str, code: &str| {
        let lines = json!([p.line(1, &modifiers)]);
        let post = p.night.waiter.post("/orders").body(json!({"kind": "dine_in", "lines": lines}));
        post.refused("invalid").at_fault(&format!("/lines/0/{pointer}"), code);
    };
    check(json!([{"option_id": p.side}]), "modifiers/0/modifiers", "out_of_range");
    check(json!([{"option_id": p.fries}]), "modifiers/0/option_id", "unknown");
    check(
        json!([{"option_id": p.side, "modifiers": [{"option_id": p.bread, "modifiers": [{"option_id": p.large}]}]}]),
        "modifiers/0/modifiers/0/modifiers/0/option_id",
        "unknown",
    );
    check(json!([{"option_id": p.double}, {"option_id": p.double}]), "modifiers/1/option_id", "conflict");
    check(json!([{"option_id": p.double, "quantity": 2}]), "modifiers/0/option_id", "conflict");
    let none = json!([{"option_id": p.side, "modifiers": [{"option_id": p.bread, "quantity": 0}]}]);
    check(none, "modifiers/0/modifiers/0/quantity", "out_of_range");
}

#[test]
fn the_menu_shows_what_opens_what() {
    let p = Plate::new();
    let shown = || {
        let menu = p.night.waiter.get("/menu").ok();
        let items = menu.list("/categories").iter().flat_map(|c| c["items"].as_array().unwrap().clone());
        let item = items.into_iter().find(|item| item["id"] == p.item).unwrap();
        assert_eq!(item, *p.night.waiter.get(&format!("/items/{}", p.item)).ok().json());
        item["modifier_groups"].clone()
    };
    let groups = shown();
    assert_eq!(groups[0]["free_quantity"], 2);
    assert_eq!(groups[1].get("free_quantity"), None);
    assert_eq!(groups[1]["options"][1]["price_mode"], "replaces");
    let fries = &groups[1]["options"][0]["modifier_groups"][0]["options"][0];
    assert_eq!((&fries["name"], &fries["modifier_groups"][0]["name"]), (&json!("Fries"), &json!("Size")));
    // An edit of the innermost is seen in the dish, and so is what runs out there.
    p.night.manager.patch(&format!("/modifier-groups/{}", p.sizes)).body(json!({"name": "How big"})).ok();
    let name =
        |groups: Value| groups[1]["options"][0]["modifier_groups"][0]["options"][0]["modifier_groups"][0].clone();
    assert_eq!(name(shown())["name"], "How big");
    p.night
        .manager
        .put(&format!("/options/{}/availability", p.large))
        .body(json!({"available": true, "remaining": 1}))
        .ok();
    let lines = json!([p.line(1, &json!([p.side_of_fries()]))]);
    p.night.open(json!({"kind": "dine_in", "lines": lines}));
    assert_eq!(name(shown())["options"][0]["available"], false);
    let gone = p.night.waiter.post("/orders").body(json!({"kind": "dine_in", "lines": lines})).refused("sold_out");
    assert_eq!(gone.int("/option_id"), p.large);
}

#[test]
fn what_a_group_may_not_open() {
    let p = Plate::new();
    let n = &p.night;
    let opens = |group: i64, option: i64, of: Value| {
        let body = json!({"options": [{"id": option, "modifier_groups": of}]});
        n.manager.patch(&format!("/modifier-groups/{group}")).body(body)
    };
    opens(p.sizes, p.large, json!([p.sizes])).refused("invalid").at_fault("/options", "nested_too_deep");
    // Side, Fries and Size are three already.
    opens(p.sizes, p.large, json!([p.toppings])).refused("invalid").at_fault("/options", "nested_too_deep");
    opens(p.sizes, p.large, json!([999])).refused("invalid").at_fault("/options/0/modifier_groups/0", "unknown");
    let check = |body: Value, pointer: &str, code: &str| {
        n.manager.post("/modifier-groups").body(body).refused("invalid").at_fault(pointer, code);
    };
    let group = |option: Value| json!({"name": "G", "min": 0, "max": 1, "options": [option]});
    check(group(json!({"name": "x", "price": 1, "price_mode": "free"})), "/options/0/price_mode", "unknown_value");
    check(
        group(json!({"name": "x", "price": 1, "modifier_groups": [p.sizes, p.sizes]})),
        "/options/0/modifier_groups/1",
        "duplicate",
    );
    let mut negative = group(json!({"name": "x", "price": 1}));
    negative["free_quantity"] = json!(-1);
    check(negative, "/free_quantity", "out_of_range");
    // What is opened stays, until nothing opens it.
    n.manager.delete(&format!("/modifier-groups/{}", p.sizes)).refused("in_use");
}
