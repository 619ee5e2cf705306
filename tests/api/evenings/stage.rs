//! Where an evening is played: who works, what is on the menu, and short ways to say what is done and
//! what must be seen. Amounts are written as on a menu, `"12.50"`, dishes by their names.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::{House, PIN};
use crate::orders::adds_up;

pub struct Stage {
    pub house: House,
    pub owner: Person,
    pub manager: Person,
    /// Walter, a waiter.
    pub walter: Person,
    /// Bea, a waiter too.
    pub bea: Person,
    /// Variants by the names of their dishes.
    dishes: BTreeMap<String, i64>,
    /// The name an id belongs to, of what the evening asks for by name.
    pub stations: BTreeMap<i64, String>,
    tables: BTreeMap<String, i64>,
    area: Option<i64>,
}

/// Somebody at their terminal.
pub struct Person {
    pub id: i64,
    terminal: Client,
    till: RefCell<Client>,
}

impl Person {
    fn on(id: i64, terminal: Client) -> Self {
        let till = RefCell::new(signed_in(id, &terminal));
        Self { id, terminal, till }
    }

    /// Signs in anew: the night is over.
    pub fn signs_in(&self) {
        self.till.replace(signed_in(self.id, &self.terminal));
    }

    /// Their terminal, to be used beside others.
    pub fn till(&self) -> Client {
        self.till.borrow().clone()
    }

    pub fn get(&self, path: &str) -> Request {
        self.till.borrow().get(path)
    }

    pub fn post(&self, path: &str, body: Value) -> Request {
        self.till.borrow().post(path).body(body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Request {
        self.till.borrow().patch(path).body(body)
    }

    pub fn put(&self, path: &str, body: Value) -> Request {
        self.till.borrow().put(path).body(body)
    }

    pub fn delete(&self, path: &str) -> Request {
        self.till.borrow().delete(path)
    }
}

fn signed_in(id: i64, terminal: &Client) -> Client {
    let session = terminal.post("/sessions").body(json!({"staff_id": id, "pin": PIN})).created();
    terminal.with_token(session.str("/token"))
}

/// Minor units of an amount as it is written on a menu: `12.50`, `-3.20`, `7`.
#[track_caller]
pub fn minor(text: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    assert!(cents.len() == 2, "an amount has two decimals: {text}");
    let number = |digits: &str| digits.parse::<i64>().unwrap_or_else(|_| panic!("no amount: {text}"));
    sign * (number(whole) * 100 + number(cents))
}

/// `name value; name value` as pairs; a word alone is its own name.
fn claims(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';')
        .map(str::trim)
        .filter(|claim| !claim.is_empty())
        .map(|claim| claim.rsplit_once(' ').unwrap_or((claim, "")))
}

/// That an object shows what the claims say: `state open; total 45.00; guests =6`. A value with a point is an
/// amount, one after `=` is taken as it is, any other is a word.
#[track_caller]
pub fn shows(of: &Value, text: &str) {
    let mut wrong = Vec::new();
    for (name, expected) in claims(text) {
        let found = of.get(name.replace(' ', "_")).unwrap_or_else(|| panic!("no {name} in {of}"));
        let same = match expected.strip_prefix('=') {
            Some(exact) => found.to_string().trim_matches('"') == exact,
            None if expected.contains('.') => *found == minor(expected),
            None => found.as_str() == Some(expected),
        };
        if !same {
            wrong.push(format!("{name} is {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nin {of}", wrong.join("\n"));
}

impl Stage {
    /// Da Gina in Rome, with everybody at work at `time` (RFC 3339), and an empty menu.
    pub fn at(time: &str) -> Self {
        Self::with(House::open_at(time, 1, 2), json!({}))
    }

    /// The same with these settings.
    pub fn with_settings(time: &str, settings: Value) -> Self {
        Self::with(House::open_at(time, 1, 2), settings)
    }

    fn with(house: House, settings: Value) -> Self {
        let person = |role: &str| Person::on(house.person(role).staff_id, house.terminal_of(role));
        let (owner, manager, walter) = (person("owner"), person("manager"), person("waiter"));
        if settings != json!({}) {
            owner.patch("/settings", settings).ok();
        }
        let id = owner.post("/staff", json!({"name": "Bea", "role": "waiter", "pin": PIN})).created().id();
        let code = owner.post("/devices/pairing-codes", json!({})).created();
        let paired = json!({"code": code.str("/code"), "name": "Bea's tablet"});
        let paired = house.anyone().post("/devices/pair").body(paired).created();
        let bea = Person::on(id, house.anyone().with_token(paired.str("/token")));
        let (dishes, stations, tables) = Default::default();
        Self { house, owner, manager, walter, bea, dishes, stations, tables, area: None }
    }

    /// Another time; whoever is at work stays signed in where the night is not over.
    pub fn time(&self, time: &str) {
        self.house.at(time);
    }

    /// Another evening: everybody signs in anew.
    pub fn next_day(&self, time: &str) {
        self.house.at(time);
        for person in [&self.owner, &self.manager, &self.walter, &self.bea] {
            person.signs_in();
        }
    }

    /// A category with dishes of one tax class and, where it is named, one station:
    /// `menu("Food", class, "Carbonara 12.50, Steak 24.00", json!({}))`; the last goes on each item.
    #[track_caller]
    pub fn menu(&mut self, category: &str, tax_class: i64, dishes: &str, more: &Value) -> i64 {
        let category = self.owner.post("/categories", json!({"name": category})).created().id();
        for dish in dishes.split(',') {
            let (name, price) = dish.trim().rsplit_once(' ').unwrap_or_else(|| panic!("no price: {dish}"));
            let variants = json!([{"name": "one", "price": minor(price)}]);
            let mut item = json!({"name": name, "category_id": category, "tax_class": tax_class, "variants": variants});
            item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let made = self.owner.post("/items", item).created();
            self.dishes.insert(name.to_owned(), made.int("/variants/0/id"));
        }
        category
    }

    /// A tax class of one rate: `"IVA 10"` is within the price, `"Sales tax +8.875"` comes on top.
    #[track_caller]
    pub fn tax(&self, rate: &str, takeaway: Option<&str>) -> i64 {
        let rates = |text: &str| {
            let (name, rate) = text.rsplit_once(' ').unwrap_or_else(|| panic!("no rate: {text}"));
            let included = !rate.starts_with('+');
            json!([{"name": name, "rate": rate.trim_start_matches('+'), "included": included, "compound": false}])
        };
        let mut body = json!({"name": rate, "rates": rates(rate)});
        if let Some(takeaway) = takeaway {
            body["takeaway_rates"] = rates(takeaway);
        }
        self.owner.post("/tax-classes", body).created().id()
    }

    #[track_caller]
    pub fn station(&mut self, name: &str) -> i64 {
        let id = self.owner.post("/stations", json!({"name": name})).created().id();
        self.stations.insert(id, name.to_owned());
        id
    }

    #[track_caller]
    pub fn table(&mut self, name: &str) -> i64 {
        let area = match self.area {
            Some(area) => area,
            None => self.owner.post("/areas", json!({"name": "Hall"})).created().id(),
        };
        self.area = Some(area);
        let table = json!({"name": name, "area_id": area, "seats": 8});
        let id = self.owner.post("/tables", table).created().id();
        self.tables.insert(name.to_owned(), id);
        id
    }

    /// The variant of a dish.
    #[track_caller]
    pub fn dish(&self, name: &str) -> i64 {
        *self.dishes.get(name).unwrap_or_else(|| panic!("no {name} on the menu"))
    }

    /// Puts a dish made elsewhere under its name.
    pub fn knows(&mut self, name: &str, variant: i64) {
        self.dishes.insert(name.to_owned(), variant);
    }

    /// Lines of `"2 Carbonara, 1 Steak"`.
    #[track_caller]
    pub fn lines(&self, dishes: &str) -> Vec<Value> {
        let line = |text: &str| {
            let (quantity, name) = text.trim().split_once(' ').unwrap_or_else(|| panic!("how many? {text}"));
            let quantity: i64 = quantity.parse().unwrap_or_else(|_| panic!("how many? {text}"));
            json!({"variant_id": self.dish(name), "quantity": quantity})
        };
        dishes.split(',').filter(|text| !text.trim().is_empty()).map(line).collect()
    }

    /// Opens an order: `"table 4, 6 guests"`, `"takeaway"`, `"tab Rossi"`; then its dishes.
    #[track_caller]
    pub fn opens(&self, by: &Person, what: &str, dishes: &str) -> Bill<'_> {
        let mut body = Map::from_iter([("kind".to_owned(), json!("dine_in"))]);
        for word in what.split(',').map(str::trim) {
            let (name, value): (&str, Value) = match word.split_once(' ') {
                Some(("table", name)) => ("table_id", json!(self.tables[name])),
                Some(("tab", name)) => ("tab_name", json!(name)),
                Some((guests, "guests" | "guest")) => ("guests", json!(guests.parse::<i64>().unwrap())),
                _ => ("kind", json!(word)),
            };
            body.insert(name.to_owned(), value);
        }
        body.insert("lines".to_owned(), json!(self.lines(dishes)));
        let opened = by.post("/orders", Value::Object(body)).created();
        adds_up(&opened);
        Bill { stage: self, id: opened.id() }
    }

    /// The manager's yes, given on somebody's tablet, to one operation on one thing.
    #[track_caller]
    pub fn yes(&self, on: &Person, operation: &str, subject: &str) -> String {
        let asked = json!({"staff_id": self.manager.id, "pin": PIN, "operation": operation, "subject": subject});
        on.post("/approvals", asked).created().str("/approval").to_owned()
    }

    /// A day's figures: `"gross 101.60; tips 5.00"`, of what `/reports/sales` totals; the contract's identity
    /// holds, whatever is asked.
    #[track_caller]
    pub fn day(&self, date: &str, text: &str) {
        let report = self.owner.get(&format!("/reports/sales?from={date}&to={date}")).ok();
        let of = |name: &str| report.int(&format!("/totals/{name}"));
        let sums = ["gross", "service_charges", "tips", "rounding", "not_sales", "excess"].map(of);
        let held = of("held_end") - of("held_start");
        assert_eq!(of("payments_kept"), sums.iter().sum::<i64>() + held, "the identity of {date}: {}", report.text());
        shows(report.at("/totals"), text);
    }

    /// A tender's row of a day.
    #[track_caller]
    pub fn tender(&self, date: &str, kind: &str, text: &str) {
        let report = self.owner.get(&format!("/reports/tenders?from={date}&to={date}")).ok();
        let row = report.list("/rows").iter().find(|row| row["kind"] == kind).cloned();
        shows(&row.unwrap_or_else(|| panic!("no {kind} in {}", report.text())), text);
    }

    /// Taxes of a day as `name rate base tax`, less what was refunded.
    #[track_caller]
    pub fn vat(&self, date: &str) -> Vec<String> {
        let report = self.owner.get(&format!("/reports/vat?from={date}&to={date}")).ok();
        let row = |row: &Value| {
            let of = |name: &str| row[name].as_i64().unwrap();
            let (base, tax) = (of("base") - of("refunds_base"), of("tax") - of("refunds_tax"));
            format!("{} {} of {base}: {tax}", row["name"].as_str().unwrap(), row["rate"].as_str().unwrap())
        };
        report.list("/rows").iter().map(row).collect()
    }

    /// Closes the day, carrying nothing over; what its Z totals.
    #[track_caller]
    pub fn closes_the_day(&self, text: &str) -> Answer {
        let z = self.manager.post("/business-day/close", json!({})).ok();
        shows(z.at("/totals"), text);
        z
    }

    /// What a receipt says, in 42 columns.
    #[track_caller]
    pub fn receipt(&self, id: i64) -> String {
        self.walter.get(&format!("/receipts/{id}")).accept("text/plain").ok().text()
    }
}

/// An order, and what is done to it.
#[derive(Clone, Copy)]
pub struct Bill<'s> {
    pub stage: &'s Stage,
    pub id: i64,
}

impl Bill<'_> {
    pub fn path(&self, more: &str) -> String {
        format!("/orders/{}{more}", self.id)
    }

    /// The order as it is, which adds up.
    #[track_caller]
    pub fn now(&self) -> Answer {
        let now = self.stage.walter.get(&self.path("")).ok();
        adds_up(&now);
        now
    }

    /// That it shows this: `"open"`-like states as `state open`, amounts as on a menu.
    #[track_caller]
    pub fn is(&self, text: &str) {
        shows(self.now().json(), text);
    }

    /// That its checks show this, in their order.
    #[track_caller]
    pub fn checks_are(&self, expected: &[&str]) {
        let now = self.now();
        let checks = now.list("/checks");
        assert_eq!(checks.len(), expected.len(), "{}", now.text());
        for (check, text) in checks.iter().zip(expected) {
            shows(check, text);
        }
    }

    /// The id of a check by its place.
    #[track_caller]
    pub fn check(&self, at: usize) -> i64 {
        self.now().int(&format!("/checks/{at}/id"))
    }

    /// A standing line of a dish, on whichever check.
    #[track_caller]
    pub fn line(&self, dish: &str) -> i64 {
        let now = self.now();
        let lines = now.list("/checks").iter().flat_map(|check| check["lines"].as_array().unwrap());
        let mut of = lines.filter(|line| line["name"] == dish && line["state"] != "voided");
        of.next().unwrap_or_else(|| panic!("no {dish} on {}", now.text()))["id"].as_i64().unwrap()
    }

    /// A call on it with the version of now.
    #[track_caller]
    pub fn post(&self, by: &Person, more: &str, body: Value) -> Request {
        by.post(&self.path(more), body).if_match(&self.now().etag())
    }

    #[track_caller]
    pub fn delete(&self, by: &Person, more: &str) -> Request {
        by.delete(&self.path(more)).if_match(&self.now().etag())
    }

    #[track_caller]
    pub fn adds(&self, by: &Person, dishes: &str) {
        by.post(&self.path("/lines"), json!({"lines": self.stage.lines(dishes)})).ok();
    }

    /// Sends what the kitchen does not have, and answers what it was told: `Bar: 3 Pilsner`.
    #[track_caller]
    pub fn sends(&self, by: &Person) -> Vec<String> {
        let sent = by.post(&self.path("/send"), json!({})).ok();
        self.stage.told(sent.list("/tickets"))
    }

    /// Pays, and answers what was answered.
    #[track_caller]
    pub fn pays(&self, by: &Person, body: Value) -> Answer {
        let paid = self.post(by, "/payments", body).created();
        let of = |name: &str| paid.int(&format!("/payment/{name}"));
        let parts = ["amount", "rounding", "tip", "excess"].map(of);
        assert_eq!(of("tendered") - of("change"), parts.iter().sum::<i64>(), "{}", paid.text());
        paid
    }
}

impl Stage {
    /// Tickets in words: `Bar: 3 Pilsner`.
    pub fn told(&self, tickets: &[Value]) -> Vec<String> {
        let of_ticket = |ticket: &Value| {
            let at = self.stations.get(&ticket["station_id"].as_i64().unwrap()).map_or("Kitchen", String::as_str);
            let line = |line: &Value| format!("{at}: {} {}", line["quantity"], line["name"].as_str().unwrap());
            ticket["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
        };
        tickets.iter().flat_map(of_ticket).collect()
    }
}
