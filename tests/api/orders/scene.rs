//! A menu with one dish of every kind, a room of two tables, and short ways to order.

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::House;

/// A house with something to sell. Food bears 10 % at the table and 4 % taken away, drinks 22 %.
pub struct Night {
    pub house: House,
    pub waiter: Client,
    pub manager: Client,
    pub tables: [i64; 2],
    pub bar: i64,
    pub food: i64,
    pub drinks: i64,
    /// 12.50
    pub carbonara: i64,
    /// 6.00
    pub tiramisu: i64,
    /// 4.80, made at the bar
    pub pilsner: i64,
    /// 15.00; one of rare and done, up to three of bacon (1.50) and egg (1.00)
    pub burger: i64,
    pub rare: i64,
    pub done: i64,
    pub bacon: i64,
    pub egg: i64,
    /// 45.00 a kilogram
    pub steak: i64,
    /// An open price.
    pub special: i64,
    /// 5.00, never discounted
    pub cigar: i64,
}

fn made(client: &Client, path: &str, body: Value) -> Value {
    client.post(path).body(body).created().json().clone()
}

fn id(value: &Value) -> i64 {
    value["id"].as_i64().unwrap()
}

impl Night {
    pub fn new() -> Self {
        Self::in_house(House::open())
    }

    /// In a house that nothing is sold in yet.
    pub fn in_house(house: House) -> Self {
        let manager = house.as_("manager");
        let rate = |name: &str, rate: &str| json!([{"name": name, "rate": rate, "included": true, "compound": false}]);
        let food_tax = json!({"name": "Food", "rates": rate("IVA", "10"), "takeaway_rates": rate("IVA", "4")});
        let food_tax = id(&made(&manager, "/tax-classes", food_tax));
        let drink_tax = id(&made(&manager, "/tax-classes", json!({"name": "Drinks", "rates": rate("IVA", "22")})));
        let food = id(&made(&manager, "/categories", json!({"name": "Food"})));
        let drinks = id(&made(&manager, "/categories", json!({"name": "Drinks"})));
        let bar = id(&made(&manager, "/stations", json!({"name": "Bar"})));
        let hall = id(&made(&manager, "/areas", json!({"name": "Hall"})));
        let table = |name: &str| id(&made(&manager, "/tables", json!({"name": name, "area_id": hall, "seats": 4})));
        let tables = [table("1"), table("2")];
        let group = |body: Value| {
            let group = made(&manager, "/modifier-groups", body);
            (id(&group), id(&group["options"][0]), id(&group["options"][1]))
        };
        let option = |name: &str, price: i64| json!({"name": name, "price": price});
        let (doneness, rare, done) =
            group(json!({"name": "Doneness", "min": 1, "max": 1, "options": [option("Rare", 0), option("Done", 0)]}));
        let (extras, bacon, egg) =
            group(json!({"name": "Extras", "min": 0, "max": 3, "options": [option("Bacon", 150), option("Egg", 100)]}));
        let item = |name: &str, variant: Value, more: Value| {
            let mut body = json!({"name": name, "category_id": food, "tax_class": food_tax, "variants": [variant]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            id(&made(&manager, "/items", body)["variants"][0])
        };
        let plain = |price: i64| json!({"name": "one", "price": price});
        let at_bar = json!({"category_id": drinks, "tax_class": drink_tax, "station_id": bar});
        Self {
            carbonara: item("Carbonara", plain(1250), json!({})),
            tiramisu: item("Tiramisù", plain(600), json!({})),
            pilsner: item("Pilsner", plain(480), at_bar),
            burger: item("Burger", plain(1500), json!({"modifier_groups": [doneness, extras]})),
            steak: item("Steak", json!({"name": "kg", "price": 4500, "sold_by": "kg"}), json!({})),
            special: item("Special", json!({"name": "one", "price": null}), json!({})),
            cigar: item("Cigar", plain(500), json!({"discountable": false})),
            waiter: house.as_("waiter"),
            house,
            manager,
            tables,
            bar,
            food,
            drinks,
            rare,
            done,
            bacon,
            egg,
        }
    }

    /// Opens an order of these variants and quantities.
    #[track_caller]
    pub fn order(&self, lines: &[(i64, i64)]) -> Order<'_> {
        self.open(json!({"kind": "dine_in", "guests": 2, "lines": plain_lines(lines)}))
    }

    #[track_caller]
    pub fn open(&self, body: Value) -> Order<'_> {
        Order { night: self, id: self.waiter.post("/orders").body(body).created().id() }
    }

    /// 86s or counts down a variant.
    #[track_caller]
    pub fn stock(&self, variant: i64, body: Value) {
        self.manager.put(&format!("/variants/{variant}/availability")).body(body).ok();
    }

    /// What remains of a variant that is counted down.
    #[track_caller]
    pub fn remaining(&self, variant: i64) -> i64 {
        let known = self.waiter.get("/availability").ok();
        let row = known.list("/items").iter().find(|row| row["kind"] == "variant" && row["id"] == variant).cloned();
        row.unwrap_or_else(|| panic!("variant {variant} is not counted: {}", known.text()))["remaining"]
            .as_i64()
            .unwrap()
    }

    /// The records of a kind in the journal, oldest first.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let auditor = self.house.sign_in("auditor");
        let mut after = 0;
        let mut found = Vec::new();
        loop {
            let page = auditor.get(&format!("/journal?limit=100&after={after}")).ok();
            let records = page.list("/items");
            let Some(last) = records.last() else { return found };
            after = last["seq"].as_i64().unwrap();
            found.extend(records.iter().filter(|record| record["kind"] == kind).cloned());
        }
    }
}

pub fn plain_lines(lines: &[(i64, i64)]) -> Value {
    lines.iter().map(|(variant, quantity)| json!({"variant_id": variant, "quantity": quantity})).collect()
}

/// An order that is there, and what is done to it by whoever asks for it.
pub struct Order<'n> {
    pub night: &'n Night,
    pub id: i64,
}

impl Order<'_> {
    pub fn path(&self, more: &str) -> String {
        format!("/orders/{}{more}", self.id)
    }

    #[track_caller]
    pub fn now(&self) -> Answer {
        self.night.waiter.get(&self.path("")).ok()
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.now().etag()
    }

    /// The id of a line by its place.
    #[track_caller]
    pub fn line(&self, at: usize) -> i64 {
        self.now().int(&format!("/checks/0/lines/{at}/id"))
    }

    /// A POST by the waiter with the version of now.
    pub fn post(&self, more: &str, body: Value) -> Request {
        self.night.waiter.post(&self.path(more)).if_match(&self.etag()).body(body)
    }

    /// A POST by the manager with the version of now.
    pub fn post_by_manager(&self, more: &str, body: Value) -> Request {
        self.night.manager.post(&self.path(more)).if_match(&self.etag()).body(body)
    }

    pub fn delete_by_manager(&self, more: &str) -> Request {
        self.night.manager.delete(&self.path(more)).if_match(&self.etag())
    }

    pub fn patch(&self, more: &str, body: Value) -> Request {
        self.night.waiter.patch(&self.path(more)).if_match(&self.etag()).body(body)
    }

    #[track_caller]
    pub fn send(&self) -> Vec<Value> {
        self.night.waiter.post(&self.path("/send")).ok().list("/tickets").to_vec()
    }

    /// The lines as `state quantity` by their places.
    #[track_caller]
    pub fn states(&self) -> Vec<String> {
        let now = self.now();
        let text = |line: &Value| format!("{} {}", line["state"].as_str().unwrap(), line["quantity"]);
        now.list("/checks/0/lines").iter().map(text).collect()
    }
}

/// What tickets say: `station: quantity name` by line.
pub fn told(tickets: &[Value]) -> Vec<String> {
    let of_ticket = |ticket: &Value| {
        let station = ticket["station_id"].clone();
        let line = move |line: &Value| format!("{station}: {} {}", line["quantity"], line["name"].as_str().unwrap());
        ticket["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    tickets.iter().flat_map(of_ticket).collect()
}

/// Σ of a field over the lines of the first check.
#[track_caller]
pub fn sum(order: &Answer, field: &str) -> i64 {
    order.list("/checks/0/lines").iter().filter(|l| l["state"] != "voided").map(|l| l[field].as_i64().unwrap()).sum()
}

/// That an answered order adds up in every way the contract defines.
#[track_caller]
pub fn adds_up(order: &Answer) {
    for check in order.list("/checks") {
        let n = |field: &str| check[field].as_i64().unwrap();
        let lines = check["lines"].as_array().unwrap();
        let of = |field: &str| {
            let standing = lines.iter().filter(|l| l["state"] != "voided");
            standing.map(|l| l[field].as_i64().unwrap()).sum::<i64>()
        };
        let charges = |field: &str| {
            check["service_charges"].as_array().unwrap().iter().map(|c| c[field].as_i64().unwrap()).sum::<i64>()
        };
        let discounts: i64 = check["discounts"].as_array().unwrap().iter().map(|d| d["value"].as_i64().unwrap()).sum();
        let taxes: i64 = check["taxes"].as_array().unwrap().iter().map(|t| t["tax"].as_i64().unwrap()).sum();
        assert_eq!(n("subtotal"), of("list_amount"), "subtotal: {}", order.text());
        assert_eq!(n("discount_total"), of("discount"), "discounts by line: {}", order.text());
        assert_eq!(n("discount_total"), discounts, "discounts: {}", order.text());
        assert_eq!(n("service_total"), charges("total"), "charges: {}", order.text());
        assert_eq!(n("tax_total"), of("tax") + charges("tax"), "tax: {}", order.text());
        assert_eq!(n("tax_total"), taxes, "tax by rate: {}", order.text());
        assert_eq!(n("total"), of("total") + charges("total"), "total: {}", order.text());
        assert_eq!(
            n("total"),
            of("net") + of("tax") + charges("net") + charges("tax"),
            "net and tax: {}",
            order.text()
        );
    }
    for field in ["subtotal", "discount_total", "tax_total", "total", "paid", "due"] {
        let sum: i64 = order.list("/checks").iter().map(|c| c[field].as_i64().unwrap()).sum();
        assert_eq!(order.int(&format!("/{field}")), sum, "{field}: {}", order.text());
    }
}
