//! What the server answers is what it says it answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::client::Answer;
use crate::harness::PIN;
use crate::orders::Night;

/// Streams, pages, and what is no JSON of a schema.
const NOT_JSON: &[&str] =
    &["/api/v1/events", "/api/v1/export/orders", "/api/v1/stats/live", "/metrics", "/openapi.json", "/problems/{code}"];

/// The description, and what of the answers does not fit it.
struct Fit<'a> {
    api: &'a Value,
    wrong: Vec<String>,
}

impl Fit<'_> {
    /// Holds an answer against what is described for it.
    #[track_caller]
    fn check(&mut self, method: &str, path: &str, answer: &Answer) {
        let responses = &self.api["paths"][path][method]["responses"];
        let content = &responses[answer.status.to_string()]["content"];
        let form = answer.header("content-type").split(';').next().unwrap();
        let schema = &content[form]["schema"];
        assert!(!schema.is_null(), "{method} {path} says {} as {form}, which is not described", answer.status);
        if form == "application/json" {
            let at = format!("{method} {path}");
            self.value(schema, answer.json(), &at);
        }
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let api = self.api;
            return self.value(api.pointer(reference.trim_start_matches('#')).unwrap(), value, at);
        }
        for words in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[words].as_array() {
                let fits = |choice: &&Value| {
                    let mut fit = Fit { api: self.api, wrong: Vec::new() };
                    fit.value(choice, value, at);
                    fit.wrong.is_empty()
                };
                if choices.iter().filter(fits).count() == 0 {
                    self.wrong.push(format!("{at}: fits none of {schema}: {value}"));
                }
                return;
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.value(&self.joined(parts), value, at);
        }
        self.kind(schema, value, at);
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            self.wrong.push(format!("{at}: {value} is none of {words:?}"));
        }
        match value {
            Value::Object(fields) => self.fields(schema, fields, at),
            Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.value(&schema["items"], item, &format!("{at}/{n}"));
                }
            }
            _ => {}
        }
    }

    /// One schema of an object that has the fields of several.
    fn joined(&self, parts: &[Value]) -> Value {
        let (mut required, mut properties) = (Vec::new(), serde_json::Map::new());
        for part in parts {
            let part = match part["$ref"].as_str() {
                Some(reference) => self.api.pointer(reference.trim_start_matches('#')).unwrap(),
                None => part,
            };
            assert_eq!(part["type"], "object", "{part}");
            required.extend(part["required"].as_array().into_iter().flatten().cloned());
            properties.extend(part["properties"].as_object().unwrap().clone());
        }
        json!({"type": "object", "required": required, "properties": properties})
    }

    fn kind(&mut self, schema: &Value, value: &Value, at: &str) {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Null => return,
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        let fits = |kind: &&str| match *kind {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{at}: nothing is {other}"),
        };
        if !kinds.iter().any(fits) {
            self.wrong.push(format!("{at}: {value} is not {kinds:?}"));
        }
    }

    fn fields(&mut self, schema: &Value, fields: &serde_json::Map<String, Value>, at: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.wrong.push(format!("{at}: no {name}"));
            }
        }
        let (described, others) = (&schema["properties"], &schema["additionalProperties"]);
        // An object of which nothing is said may hold anything.
        if described.is_null() && others.is_null() {
            return;
        }
        for (name, value) in fields {
            let at = format!("{at}/{name}");
            match (&described[name], others) {
                (Value::Null, Value::Object(_)) => self.value(others, value, &at),
                (Value::Null, _) => self.wrong.push(format!("{at} is not described")),
                (schema, _) => self.value(schema, value, &at),
            }
        }
    }

    #[track_caller]
    fn done(self) {
        let wrong: BTreeSet<String> = self.wrong.into_iter().collect();
        assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    }
}

/// A combo, options that open a group, a happy hour, and what is sold at some hours alone; one of each ordered.
fn selling(fit: &mut Fit<'_>, n: &Night) {
    let mut add = |path: &str, body: Value| {
        let made = n.manager.post(path).body(body).created();
        fit.check("post", &format!("/api/v1{path}"), &made);
        made
    };
    let sizes =
        add("/modifier-groups", json!({"name": "Size", "min": 0, "max": 1, "options": [{"name": "L", "price": 50}]}));
    let sides = add(
        "/modifier-groups",
        json!({"name": "Side", "min": 0, "max": 2, "free_quantity": 1, "options": [
        {"name": "Fries", "price": 200, "price_mode": "included", "modifier_groups": [sizes.id()]}]}),
    );
    let fish = add(
        "/items",
        json!({"name": "Fish", "category_id": n.food, "tax_class": 1, "modifier_groups": [sides.id()],
        "variants": [{"name": "one", "price": 900}], "sold": [{"from": "12:00", "to": "23:00"}]}),
    );
    let fish = fish.int("/variants/0/id");
    let combo = add(
        "/items",
        json!({"name": "Menu", "category_id": n.food, "tax_class": 1,
        "variants": [{"name": "one", "price": 1100}],
        "components": [{"variant_id": fish}, {"choice": {"name": "Drink", "options": [{"variant_id": n.pilsner}]}}]}),
    );
    add("/categories", json!({"name": "Breakfast", "sold": [{"weekdays": ["sat"], "from": "07:00", "to": "11:00"}]}));
    add(
        "/price-times",
        json!({"name": "Happy", "from": "17:00", "to": "19:00", "service": "takeaway",
        "prices": [{"variant_id": fish, "price": 800}]}),
    );
    let off = json!({"name": "Late", "from": "22:00", "to": "02:00", "category_ids": [n.food], "percent": "10"});
    let late = add("/price-times", off);
    let path = format!("/price-times/{}", late.id());
    let changed = n.manager.patch(&path).body(json!({"valid_to": "2026-12-31"})).ok();
    fit.check("patch", "/api/v1/price-times/{id}", &changed);
    let (fries, large) = (sides.int("/options/0/id"), sizes.int("/options/0/id"));
    let side = json!([{"option_id": fries, "modifiers": [{"option_id": large}]}]);
    let lines = json!([{"variant_id": combo.int("/variants/0/id"), "quantity": 1,
        "components": [{"variant_id": n.pilsner}, {"variant_id": fish, "modifiers": side}]}]);
    let order = n.open(json!({"kind": "takeaway", "lines": lines}));
    fit.check("get", "/api/v1/orders/{id}", &order.now());
    order.post("/payments", json!({"tender": "cash"})).created();
    fit.check("get", "/api/v1/orders/{id}/receipt", &n.waiter.get(&order.path("/receipt")).ok());
}

/// A night with something of everything that is shown.
fn night(fit: &mut Fit<'_>, n: &Night) {
    let owner = n.house.as_("owner");
    let add = |path: &str, body: Value| owner.post(path).body(body).created();
    for (path, body) in [
        ("/tenders", json!({"name": "Amex", "kind": "card"})),
        ("/reasons", json!({"name": "Cold", "used_for": "void"})),
        ("/discounts", json!({"name": "Friends", "percent": "10"})),
        ("/discounts", json!({"name": "Coin", "amount": 100})),
        ("/staff", json!({"name": "Ugo", "role": "waiter", "pin": "1357"})),
        ("/devices/pairing-codes", json!({})),
    ] {
        fit.check("post", &format!("/api/v1{path}"), &add(path, body));
    }
    selling(fit, n);
    let charge = json!([{"name": "Service", "percent": "10", "of": "after_discounts", "optional": true,
        "tax": "none", "goes_to": "staff"}]);
    let settings = owner.patch("/settings").body(json!({"service_charges": charge, "cash_rounding": 5})).ok();
    fit.check("patch", "/api/v1/settings", &settings);
    let burger = json!({"variant_id": n.burger, "quantity": 2, "note": "well", "seat": 1, "course": 1,
        "modifiers": [{"option_id": n.rare}, {"option_id": n.bacon, "quantity": 2}]});
    let steak = json!({"variant_id": n.steak, "quantity": 1, "measure": "0.350"});
    let body = json!({"kind": "dine_in", "table_id": n.tables[0], "guests": 3, "note": "birthday",
        "customer": {"name": "Anna"}, "lines": [burger, steak, {"variant_id": n.carbonara, "quantity": 3}]});
    let opened = n.waiter.post("/orders").body(body).created();
    fit.check("post", "/api/v1/orders", &opened);
    let first = crate::orders::Order { night: n, id: opened.id() };
    fit.check("post", "/api/v1/orders/{id}/send", &n.waiter.post(&first.path("/send")).ok());
    let held = json!({"variant_id": n.tiramisu, "quantity": 1, "course": 2, "hold": true, "note": "candle"});
    let after = json!({"variant_id": n.tiramisu, "quantity": 1, "course": 3, "hold": true});
    n.waiter.post(&first.path("/lines")).body(json!({"lines": [held, after]})).ok();
    fit.check("post", "/api/v1/orders/{id}/fire", &first.post("/fire", json!({"course": 2})).ok());
    first.patch("", json!({"table_id": n.tables[1]})).ok();
    first.patch("", json!({"table_id": n.tables[0]})).ok();
    first.patch(&format!("/lines/{}", first.line(0)), json!({"seat": 4})).ok();
    for at in [3, 4] {
        let line = first.line(at);
        first.post_by_manager(&format!("/lines/{line}/void"), json!({"reason": "full"})).ok();
    }
    let line = |at: usize| first.line(at);
    let (comp, void) = (line(2), line(2));
    let answers = [
        ("/lines/{line}/comp", first.post_by_manager(&format!("/lines/{comp}/comp"), json!({"quantity": 1})).ok()),
        (
            "/lines/{line}/void",
            first.post_by_manager(&format!("/lines/{void}/void"), json!({"quantity": 1, "reason": "cold"})).ok(),
        ),
        (
            "/discounts",
            first.post_by_manager("/discounts", json!({"name": "Ten", "percent": "10", "reason": "x"})).created(),
        ),
        ("/bill", n.waiter.post(&first.path("/bill")).ok()),
        ("/bill", n.waiter.post(&first.path("/bill")).accept("text/plain").ok()),
        ("/payments", first.post("/payments", json!({"tender": "cash", "tendered": 20000, "tip": 200})).created()),
    ];
    for (path, answer) in &answers {
        fit.check("post", &format!("/api/v1/orders/{{id}}{path}"), answer);
    }
    let payment = answers[5].1.int("/payment/id");
    let house = json!({"kind": "house", "name": "Bianchi", "limit": 5000, "customer": {"phone": "06 1"}});
    let house = add("/accounts", house);
    fit.check("post", "/api/v1/accounts", &house);
    let prize = add("/accounts", json!({"kind": "gift_voucher", "name": "Prize"}));
    fit.check("post", "/api/v1/accounts", &prize);
    let account = format!("/accounts/{}", prize.id());
    let loads = n.waiter.post(&format!("{account}/payments")).body(json!({"tender": "card", "amount": 900})).created();
    fit.check("post", "/api/v1/accounts/{id}/payments", &loads);
    let unloads = n.manager.post(&format!("{account}/refunds")).body(json!({"amount": 100, "reason": "x"})).created();
    fit.check("post", "/api/v1/accounts/{id}/refunds", &unloads);
    fit.check("patch", "/api/v1/accounts/{id}", &owner.patch(&account).body(json!({"name": "First prize"})).ok());
    let back = n.manager.post(&format!("/payments/{payment}/refunds"));
    let back = back.body(json!({"lines": [{"line_id": line(0), "quantity": 1}], "reason": "cold"})).created();
    fit.check("post", "/api/v1/payments/{id}/refunds", &back);
    let tip = n.waiter.post(&format!("/payments/{payment}/tip")).body(json!({"amount": 300})).ok();
    fit.check("post", "/api/v1/payments/{id}/tip", &tip);
    let card =
        n.manager.get("/tenders").ok().list("/items").iter().find(|t| t["kind"] == "card").unwrap()["id"].clone();
    let correct = n.manager.post(&format!("/payments/{payment}/correct")).body(json!({"tender_id": card})).created();
    fit.check("post", "/api/v1/payments/{id}/correct", &correct);
    for form in ["text/plain", "text/html", "application/json"] {
        fit.check("post", "/api/v1/receipts/{id}/print", &n.waiter.post("/receipts/1/print").accept(form).ok());
    }
    for (act, body) in [("in", json!({})), ("break", json!({})), ("resume", json!({}))] {
        let clocked = n.waiter.post(&format!("/time-clock/{act}")).body(body).send();
        fit.check("post", &format!("/api/v1/time-clock/{act}"), &clocked);
    }
    let right = n.manager.patch("/time-clock/1").if_match("*").body(json!({"hourly_wage": 1200, "reason": "agreed"}));
    fit.check("patch", "/api/v1/time-clock/{id}", &right.ok());
    let drawer = n.manager.post("/drawers").body(json!({"owner": "device", "float": 10_000})).created();
    fit.check("post", "/api/v1/drawers", &drawer);
    let on = |call: &str, body: Value| n.manager.post(&format!("/drawers/{}/{call}", drawer.id())).body(body);
    let booked = on("paid-out", json!({"amount": 500, "reason": "baker"})).created();
    fit.check("post", "/api/v1/drawers/{id}/paid-out", &booked);
    let counted = on("count", json!({"denominations": [{"value": 500, "count": 19}]})).ok();
    fit.check("post", "/api/v1/drawers/{id}/count", &counted);
    let over = on("handover", json!({"to_staff_id": n.house.person("cashier").staff_id, "pin": PIN})).created();
    fit.check("post", "/api/v1/drawers/{id}/handover", &over);
    let next = format!("/drawers/{}", over.int("/to/id"));
    n.manager.post(&format!("{next}/count")).body(json!({"denominations": [{"value": 100, "count": 95}]})).ok();
    let close = n.manager.post(&format!("{next}/close")).ok();
    fit.check("post", "/api/v1/drawers/{id}/close", &close);
    let closed = n.manager.post("/business-day/close").ok();
    fit.check("post", "/api/v1/business-day/close", &closed);
    let open = n.open(json!({"kind": "dine_in", "table_id": n.tables[1],
        "lines": [{"variant_id": n.pilsner, "quantity": 1}, {"variant_id": n.tiramisu, "quantity": 1, "hold": true}]}));
    open.send();
    fit.check("post", "/api/v1/tickets/{id}/printed", &n.waiter.post("/tickets/1/printed").ok());
    fit.check("post", "/api/v1/tickets/{id}/bump", &n.waiter.post("/tickets/1/bump").ok());
    open.post("/payments", json!({"tender": "card", "state": "pending"})).created();
    n.stock(n.tiramisu, json!({"available": true, "remaining": 3, "until": "day_end"}));
}

/// Ids of things that are there, by their address.
fn filled(n: &Night, path: &str) -> String {
    let list = path.trim_start_matches("/api/v1").split("/{").next().unwrap();
    let first = |list: &str, field: &str| {
        let shown = n.house.as_("owner").get(list).ok();
        shown.at(&format!("/items/0/{field}")).to_string().trim_matches('"').to_owned()
    };
    match list {
        "/orders" => path.replace("{id}", "1"),
        "/receipts" => path.replace("{id}", "1"),
        "/z-reports" => path.replace("{number}", "1"),
        "/stats/statements" => path.replace("{name}", &first(list, "name")),
        _ if path.contains("{id}") => path.replace("{id}", &first(list, "id")),
        _ => path.to_owned(),
    }
}

#[test]
fn answers_are_as_described() {
    let n = Night::new();
    let api = n.house.anyone().page("/openapi.json").ok();
    let mut fit = Fit { api: api.json(), wrong: Vec::new() };
    night(&mut fit, &n);
    let owner = n.house.as_("owner");
    let vouchers = owner.get("/accounts?kind=gift_voucher").ok();
    let mut asked: BTreeMap<String, Answer> = BTreeMap::new();
    for (path, item) in api.at("/paths").as_object().unwrap() {
        if item["get"].is_null() || NOT_JSON.contains(&path.as_str()) {
            continue;
        }
        let query = if path == "/api/v1/stats/history" { "?metric=requests" } else { "" };
        let address = format!("http://{}{}{query}", n.house.running().addr, filled(&n, path));
        // The one route that asks for a header reads no other.
        let answer = owner.build("GET", address).header("voucher-code", vouchers.str("/items/0/code")).ok();
        fit.check("get", path, &answer);
        asked.insert(path.clone(), answer);
    }
    assert!(asked.len() >= 45, "{} routes were asked", asked.len());
    // What they were held against is not nothing.
    for path in [
        "accounts",
        "orders",
        "tables",
        "staff",
        "tickets",
        "z-reports",
        "tax-classes",
        "devices",
        "tenders",
        "reports/open-checks",
    ] {
        let answer = &asked[&format!("/api/v1/{path}")];
        assert!(!answer.list("/items").is_empty(), "{path}: {}", answer.text());
    }
    for (path, query) in [
        ("orders", "limit=1&expand=checks"),
        ("orders", "limit=1&page=2"),
        ("tables", "limit=1"),
        ("reports/sales", "by=hour"),
        ("reports/sales", "by=tender"),
        ("reports/sales", "by=tax"),
        ("reports/sales", "by=item"),
    ] {
        fit.check("get", &format!("/api/v1/{path}"), &owner.get(&format!("/{path}?{query}")).ok());
    }
    let cursor = owner.get("/tables?limit=1").ok().str("/next_cursor").to_owned();
    let last = owner.get(&format!("/tables?limit=1&cursor={cursor}")).ok();
    assert!(last.json()["page"].is_null() && last.at("/next_cursor").is_null());
    fit.check("get", "/api/v1/tables", &last);
    for form in ["text/plain", "text/html", "application/json"] {
        fit.check("get", "/api/v1/receipts/{id}", &owner.get("/receipts/1").accept(form).ok());
        fit.check("get", "/api/v1/orders/{id}/receipt", &owner.get("/orders/1/receipt").accept(form).ok());
    }
    for form in ["text/plain", "application/json"] {
        fit.check("get", "/api/v1/z-reports/{number}", &owner.get("/z-reports/1").accept(form).ok());
    }
    for form in ["text/csv", "application/x-ndjson"] {
        fit.check("get", "/api/v1/export/orders", &owner.get("/export/orders").accept(form).ok());
    }
    fit.done();
}

#[test]
fn what_does_not_fit_is_found() {
    let schema = json!({"type": "object", "required": ["id", "page"], "properties": {
        "id": {"type": "integer"}, "page": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/P"}]},
        "items": {"type": "array", "items": {"type": ["string", "null"]}}}});
    let api = json!({"components": {"schemas": {"P": {"type": "object", "properties": {"n": {"type": "integer"}}}}}});
    let check = |value: Value, wrong: usize| {
        let mut fit = Fit { api: &api, wrong: Vec::new() };
        fit.value(&schema, &value, "");
        assert_eq!(fit.wrong.len(), wrong, "{value}: {:?}", fit.wrong);
    };
    check(json!({"id": 1, "page": null}), 0);
    check(json!({"id": 1, "page": {"n": 2}, "items": ["a", null]}), 0);
    check(json!({"id": "1", "page": {"n": 2}, "items": [1]}), 2);
    check(json!({"page": {"m": 2}, "more": 1}), 3);
    check(json!([]), 1);
}
