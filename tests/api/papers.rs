//! The papers of four countries, from a sale to its copy, its refund and the correction of its tender: word for
//! word as they are printed.

mod de;
mod gb;
mod it;
mod us;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::harness::House;

/// A house of a country, and what it sells.
pub(crate) struct Country {
    settings: Value,
    /// Of dishes, and of drinks.
    rates: [Value; 2],
    /// Two plates, a drink, and an extra on the plates.
    menu: [(&'static str, i64); 3],
    table: &'static str,
    discount: &'static str,
    tenders: [&'static str; 2],
    refund: &'static str,
    expected: [&'static str; 4],
    /// Besides what its text says: of the pre-bill, of the sale.
    html: [&'static [&'static str]; 2],
    copy: &'static str,
}

fn id(answer: &Answer) -> i64 {
    answer.int("/id")
}

/// One table's dinner, in a house of that country.
struct Dinner {
    house: House,
    waiter: Client,
    manager: Client,
    order: i64,
}

impl Dinner {
    fn laid(country: &Country) -> Self {
        let house = House::open();
        let manager = house.as_("manager");
        manager.patch("/settings").body(country.settings.clone()).ok();
        let made = |path: &str, body: Value| id(&manager.post(path).body(body).created());
        let [food, drinks] = ["Food", "Drinks"].map(|name| made("/categories", json!({"name": name})));
        let [dishes, beers] =
            country.rates.clone().map(|rates| made("/tax-classes", json!({"name": "x", "rates": rates})));
        let [(plate, price), (drink, drink_price), (extra, extra_price)] = country.menu;
        let extras = json!({"name": "+", "min": 0, "max": 1, "options": [{"name": extra, "price": extra_price}]});
        let extras = manager.post("/modifier-groups").body(extras).created();
        let item = |name: &str, category: i64, class: i64, price: i64, groups: Value| {
            let body = json!({"name": name, "category_id": category, "tax_class": class, "modifier_groups": groups,
                "variants": [{"name": name, "price": price}]});
            manager.post("/items").body(body).created().int("/variants/0/id")
        };
        let plate = item(plate, food, dishes, price, json!([id(&extras)]));
        let drink = item(drink, drinks, beers, drink_price, json!([]));
        let hall = made("/areas", json!({"name": "Hall"}));
        let table = made("/tables", json!({"name": country.table, "area_id": hall, "seats": 4}));
        for (kind, name) in [("cash", country.tenders[0]), ("card", country.tenders[1])] {
            let tenders = manager.get("/tenders").ok();
            let tender = tenders.list("/items").iter().find(|t| t["kind"] == kind).unwrap()["id"].clone();
            manager.patch(&format!("/tenders/{tender}")).body(json!({"name": name})).ok();
        }
        let waiter = house.as_("waiter");
        let body = json!({"kind": "dine_in", "table_id": table, "guests": 2, "lines": [
            {"variant_id": plate, "quantity": 2, "modifiers": [{"option_id": extras.int("/options/0/id")}]},
            {"variant_id": drink, "quantity": 1}]});
        let order = id(&waiter.post("/orders").body(body).created());
        house.at("2026-11-20T19:31:00+01:00");
        Self { house, waiter, manager, order }
    }

    fn path(&self, more: &str) -> String {
        format!("/orders/{}{more}", self.order)
    }

    fn etag(&self) -> String {
        self.waiter.get(&self.path("")).ok().etag()
    }

    fn pay(&self, body: Value) -> Answer {
        self.waiter.post(&self.path("/payments")).if_match(&self.etag()).body(body).created()
    }
}

fn text_of(client: &Client, path: &str) -> String {
    client.get(path).accept("text/plain").ok().text()
}

/// Prints it: first the guest's, then a copy.
#[track_caller]
fn printed(d: &Dinner, receipt: i64, expected: &str, copy: &str) -> String {
    let path = format!("/receipts/{receipt}");
    let print = |form: &str| d.waiter.post(&format!("{path}/print")).accept(form);
    let first = print("text/plain").key(&format!("first-{receipt}")).ok().text();
    assert_eq!(first, expected, "printed:\n{first}");
    // The same press of a button, sent again.
    assert_eq!(print("text/plain").key(&format!("first-{receipt}")).ok().text(), first);
    let mark = format!("*** {copy} ***");
    for again in [print("text/plain").ok().text(), text_of(&d.waiter, &path)] {
        assert_eq!(again.matches(&mark).count(), 2, "{again}");
        let unmarked: String = again.lines().filter(|row| row.trim() != mark).map(|row| format!("{row}\n")).collect();
        assert_eq!(unmarked, first);
    }
    assert!(first.lines().all(|row| row.chars().count() <= 42), "{first}");
    first
}

/// What the page says, without its tags.
fn page(answer: &Answer) -> String {
    let html = answer.text();
    let body = html.split("<body>").nth(1).unwrap();
    let (mut text, mut inside) = (String::new(), false);
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    for (escaped, plain) in [("&amp;", "&"), ("&#39;", "'"), ("&quot;", "\"")] {
        text = text.replace(escaped, plain);
    }
    text
}

/// That the page has every word and amount of the text.
#[track_caller]
fn says_the_same(answer: &Answer, text: &str, more: &[&str]) {
    let said = page(answer);
    let words: Vec<&str> = said.split_whitespace().flat_map(|word| [word, word.trim_end_matches(':')]).collect();
    let drawn = |word: &str| word.chars().all(|c| "=-_*".contains(c));
    for word in text.split_whitespace().filter(|word| !drawn(word)) {
        let bare = word.trim_end_matches(':');
        assert!(words.contains(&word) || words.contains(&bare), "no {word:?} in {said}");
    }
    for part in more {
        assert!(answer.text().contains(part), "no {part:?} in {}", answer.text());
    }
}

fn check(country: &Country) {
    let d = Dinner::laid(country);
    assert_eq!(d.waiter.get("/settings").ok().at("/receipt_missing"), &json!([]));
    // Each begins on a line of its own.
    let [bill, sale, refund, correction] = country.expected.map(|paper| paper.trim_start_matches('\n'));
    let off = json!({"name": country.discount, "percent": "10"});
    d.manager.post(&d.path("/discounts")).if_match(&d.etag()).body(off).created();

    let ask = |form: &str| d.waiter.post(&d.path("/bill")).accept(form).ok();
    let told = ask("text/plain").text();
    assert_eq!(told, bill, "printed:\n{told}");
    says_the_same(&ask("text/html"), bill, country.html[0]);

    let card = json!({"tender": "card", "amount": 2000, "tip": 300, "card": {"brand": "Visa", "last4": "4242"}});
    d.pay(card);
    let paid = d.pay(json!({"tender": "cash", "tendered": 5000}));
    assert_eq!(paid.str("/order/state"), "paid");
    let check = paid.at("/order/checks/0").clone();
    let sold = check["receipt_id"].as_i64().unwrap();
    printed(&d, sold, sale, country.copy);
    let html = d.waiter.get(&format!("/receipts/{sold}")).accept("text/html").ok();
    says_the_same(&html, &text_of(&d.waiter, &format!("/receipts/{sold}")), country.html[1]);

    d.house.at("2026-11-21T12:05:00+01:00");
    let d = Dinner { waiter: d.house.sign_in("waiter"), manager: d.house.sign_in("manager"), ..d };
    let back = json!({"lines": [{"line_id": check["lines"][0]["id"], "quantity": 1}], "reason": country.refund});
    let payments = check["payments"].as_array().unwrap();
    let given = d.manager.post(&format!("/payments/{}/refunds", payments[1]["id"])).body(back).created();
    printed(&d, given.int("/refund/receipt_id"), refund, country.copy);

    let wrong = &payments[0]["id"];
    let cash = d.manager.get("/tenders").ok();
    let meal = cash.list("/items").iter().find(|t| t["kind"] == "other").unwrap()["id"].clone();
    let corrected = d.manager.post(&format!("/payments/{wrong}/correct")).body(json!({"tender_id": meal})).created();
    printed(&d, corrected.int("/receipt_id"), correction, country.copy);

    let papers = d.waiter.get(&d.path("/receipts")).ok();
    let of = |field: &str| papers.list("/items").iter().map(|paper| paper[field].clone()).collect::<Value>();
    assert_eq!(of("kind"), json!(["sale", "refund", "correction"]));
    assert_eq!(of("number"), json!([1, 2, 3]));
    assert_eq!(of("original_id"), json!([null, sold, sold]));
    assert_eq!(of("prints"), json!([2, 2, 2]));
    assert_eq!(of("payment_id"), json!([null, null, corrected.int("/payment/id")]));
}

#[test]
fn italy() {
    check(&it::country());
}

#[test]
fn germany() {
    check(&de::country());
}

#[test]
fn the_united_kingdom() {
    check(&gb::country());
}

#[test]
fn the_united_states() {
    check(&us::country());
}
