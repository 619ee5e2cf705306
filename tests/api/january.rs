//! January 2015 of a pizza place, as eight terminals would have taken it.
//!
//! The days come one after the other, as the server's clock says; within a day the terminals take
//! the orders from one pile. Half of what they send they send twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::commands::comanda;
use crate::harness::House;
use crate::import::pizza_place;

const TERMINALS: usize = 8;
/// As published with the data.
const GROSS: i64 = 6_979_330;
const ORDERS: usize = 1845;

/// An order of the file: so many of each SKU.
#[derive(Debug, Default)]
struct Slip {
    number: usize,
    lines: Vec<(String, i64)>,
    /// Minor units.
    total: i64,
}

/// `12.75` is 1275.
fn minor(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 2, "{text}");
    whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap()
}

fn rows(file: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(file).unwrap().records().map(Result::unwrap).collect()
}

/// The slips of January by their days.
fn january(folder: &Path) -> BTreeMap<String, Vec<Slip>> {
    let mut days: BTreeMap<String, BTreeMap<usize, Slip>> = BTreeMap::new();
    for row in rows(&folder.join("sales.csv")).iter().filter(|row| row[1].starts_with("2015-01-")) {
        let number = row[0].parse().unwrap();
        let quantity: i64 = row[4].parse().unwrap();
        let slip = days.entry(row[1].to_owned()).or_default().entry(number).or_default();
        slip.number = number;
        slip.lines.push((row[3].to_owned(), quantity));
        slip.total += quantity * minor(&row[5]);
    }
    days.into_iter().map(|(day, slips)| (day, slips.into_values().collect())).collect()
}

/// The file's menu with 10 % inside every price; the variants by their SKUs.
fn menu(folder: &Path, manager: &Client) -> BTreeMap<String, i64> {
    let vat = json!([{"name": "VAT", "rate": "10", "included": true, "compound": false}]);
    let tax = manager.post("/tax-classes").body(json!({"name": "Food", "rates": vat})).created().id();
    let mut categories: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    for row in rows(&folder.join("menu.csv")) {
        let variant = json!({"sku": &row[0], "name": &row[2], "price": minor(&row[4])});
        let items = categories.entry(row[3].to_owned()).or_default();
        items.entry(row[1].to_owned()).or_default().push(variant);
    }
    let mut skus = BTreeMap::new();
    for (category, items) in categories {
        let category = manager.post("/categories").body(json!({"name": category})).created().id();
        for (item, variants) in items {
            let body = json!({"name": item, "category_id": category, "tax_class": tax, "variants": variants});
            let made = manager.post("/items").body(body).created();
            let sku = |v: &Value| (v["sku"].as_str().unwrap().to_owned(), v["id"].as_i64().unwrap());
            skus.extend(made.list("/variants").iter().map(sku));
        }
    }
    skus
}

/// How a request goes out.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Once,
    /// And again when the answer is there.
    TwiceInTurn,
    /// By two connections at the same time.
    TwiceAtOnce,
}

impl Sent {
    /// Half of them twice.
    fn of(n: usize) -> Self {
        match n % 4 {
            0 | 1 => Sent::Once,
            2 => Sent::TwiceInTurn,
            _ => Sent::TwiceAtOnce,
        }
    }
}

/// The one answer of a request that may be sent twice: 201 both times, word for word the same.
fn place(how: Sent, request: &(impl Fn() -> Request + Sync)) -> Answer {
    let send = || request().created();
    let (first, second) = match how {
        Sent::Once => return send(),
        Sent::TwiceInTurn => (send(), send()),
        Sent::TwiceAtOnce => thread::scope(|scope| {
            let other = scope.spawn(send);
            (send(), other.join().unwrap())
        }),
    };
    let replayed = |answer: &Answer| answer.header("idempotency-replayed") == "true";
    assert!(replayed(&first) != replayed(&second), "one of the two had the effect: {}", first.text());
    assert_eq!((first.bytes.as_slice(), first.etag()), (second.bytes.as_slice(), second.etag()));
    first
}

/// A guest's order from the first word to the receipt, whose number is the answer.
fn serve(terminal: &Client, slip: &Slip, skus: &BTreeMap<String, i64>) -> i64 {
    let n = slip.number;
    let line = |(sku, quantity): &(String, i64)| json!({"variant_id": skus[sku], "quantity": quantity});
    let lines: Vec<Value> = slip.lines.iter().map(line).collect();
    let kind = ["dine_in", "takeaway", "delivery"][n % 3];
    let body = json!({"kind": kind, "guests": n % 4, "lines": lines});
    let open = || terminal.post("/orders").key(&format!("open-{n}")).body(body.clone());
    let opened = place(Sent::of(n), &open);
    assert_eq!((opened.int("/total"), opened.int("/due")), (slip.total, slip.total), "order {n}");
    let path = format!("/orders/{}/payments", opened.id());
    let body = match n % 2 {
        0 => json!({"tender": "card", "reference": format!("auth {n}"), "tip": n % 5 * 100}),
        _ => json!({"tender": "cash", "tendered": (slip.total + 999) / 1000 * 1000}),
    };
    let etag = opened.etag();
    let pay = || terminal.post(&path).key(&format!("pay-{n}")).if_match(&etag).body(body.clone());
    let paid = place(Sent::of(n / 4), &pay);
    assert_eq!((paid.str("/order/state"), paid.int("/order/due")), ("paid", 0), "order {n}");
    if n.is_multiple_of(16) {
        // A terminal that lost its answers asks for both once more, long after.
        assert_eq!(open().created().bytes, opened.bytes, "order {n}");
        assert_eq!(pay().created().bytes, paid.bytes, "order {n}");
    }
    paid.int("/order/checks/0/receipt_number")
}

/// An integration's token, as the command gives it beside the running server.
fn token(db: &Path, name: &str) -> String {
    let told = comanda(db, &["token", "--name", name, "--role", "cashier"]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_month_of_live_orders_adds_up_to_the_cent() {
    let Some(folder) = pizza_place() else { return };
    let days = january(&folder);
    let slips = || days.values().flatten();
    assert_eq!((slips().count(), slips().map(|slip| slip.total).sum::<i64>()), (ORDERS, GROSS));
    let mut house = House::open_at("2015-01-01T09:00:00+01:00", 2, 4);
    let skus = menu(&folder, &house.as_("manager"));
    let auditor = comanda(&house.db(), &["token", "--name", "head office", "--role", "auditor"]).output().unwrap();
    let auditor = house.anyone().with_token(String::from_utf8(auditor.stdout).unwrap().trim());
    let address = format!("http://{}", house.running().addr);
    let terminals: Vec<Client> = (1..=TERMINALS)
        .map(|n| Client::new(address.clone()).with_token(&token(&house.db(), &format!("till {n}"))))
        .collect();
    let receipts = Mutex::new(Vec::new());
    for (day, slips) in &days {
        house.at(&format!("{day}T12:00:00+01:00"));
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for terminal in &terminals {
                let (next, skus, receipts) = (&next, &skus, &receipts);
                scope.spawn(move || {
                    while let Some(slip) = slips.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let receipt = serve(terminal, slip, skus);
                        receipts.lock().unwrap().push(receipt);
                    }
                });
            }
        });
    }
    let mut receipts = receipts.into_inner().unwrap();
    receipts.sort_unstable();
    assert!(receipts.into_iter().eq(1..=ORDERS as i64), "receipts are numbered without gaps, each once");
    reported(&auditor, &days);
    house.stop();
    checked(&house);
}

/// What the reports and the list of orders say of the month.
fn reported(auditor: &Client, days: &BTreeMap<String, Vec<Slip>>) {
    let range = "from=2015-01-01&to=2015-01-31";
    let sales = auditor.get(&format!("/reports/sales?{range}")).ok();
    let total = |name: &str| sales.int(&format!("/totals/{name}"));
    let sum = |of: fn(&Slip) -> i64| days.values().flatten().map(of).sum::<i64>();
    let pizzas = sum(|slip| slip.lines.iter().map(|(_, quantity)| quantity).sum());
    let tips = sum(|slip| if slip.number % 2 == 0 { slip.number as i64 % 5 * 100 } else { 0 });
    assert_eq!((total("gross"), total("orders")), (GROSS, ORDERS as i64));
    assert_eq!((total("quantity"), total("tips")), (pizzas, tips));
    assert_eq!(total("guests"), sum(|slip| slip.number as i64 % 4));
    assert_eq!((total("payments_kept"), total("held_start"), total("held_end")), (GROSS + tips, 0, 0));
    assert_eq!(total("net") + total("tax"), GROSS);
    let by_day = sales.list("/rows").iter().map(|row| {
        (row["key"].as_str().unwrap(), row["orders"].as_i64().unwrap() as usize, row["gross"].as_i64().unwrap())
    });
    let expected = days.iter().map(|(day, slips)| (day.as_str(), slips.len(), slips.iter().map(|s| s.total).sum()));
    assert!(by_day.eq(expected), "{}", sales.text());
    for by in ["hour", "weekday", "item", "variant", "category", "staff", "kind", "tax"] {
        let report = auditor.get(&format!("/reports/sales?{range}&by={by}")).ok();
        let gross: i64 = report.list("/rows").iter().map(|row| row["gross"].as_i64().unwrap()).sum();
        assert_eq!(gross, GROSS, "by {by}");
    }
    let listed = auditor.get(&format!("/orders?{range}&state=paid")).ok();
    assert_eq!(listed.int("/page/total"), ORDERS as i64);
    assert_eq!(auditor.get("/orders?state=open").ok().int("/page/total"), 0);
}

/// `comanda check` on a file: its exit code and what it said.
fn check_of(db: &Path) -> (Option<i32>, String) {
    let told = comanda(db, &["check"]).output().unwrap();
    (told.status.code(), String::from_utf8_lossy(&told.stdout).into_owned())
}

/// The file holds, and no copy of it in which a row says something else.
fn checked(house: &House) {
    let (code, said) = check_of(&house.db());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("all holds; the journal's chain has "), "{said}");
    let check = |tamper: &str, row: &str| {
        let copy = house.folder.file("tampered.db");
        std::fs::copy(house.db(), &copy).unwrap();
        let db = rusqlite::Connection::open(&copy).unwrap();
        db.execute_batch(tamper).unwrap();
        assert!(db.total_changes() > 0, "{tamper}: changed no row");
        drop(db);
        let (code, said) = check_of(&copy);
        assert_eq!(code, Some(1), "{tamper}: {said}");
        assert!(said.lines().any(|line| line.starts_with(row)), "{tamper}: no {row:?} in {said}");
    };
    check("update lines set net = net + 1, total = total + 1 where id = 700", "lines 700: total is ");
    check("update lines set quantity = 2000 * quantity where id = 701", "lines 701: ");
    check("update checks set total = total - 1 where id = 300", "checks 300: total is ");
    check("update check_taxes set base = base + 1, tax = tax - 1 where line_id = 702", "lines 702: tax is ");
    check("pragma foreign_keys = off; delete from orders where id = 5", "order_days 2015-01-01 paid: n is ");
    check("update orders set business_date = '2015-01-02' where id = 1", "order_days 2015-01-01 paid: n is ");
    check(
        "update payments set amount = amount + 100, tendered = tendered + 100 where check_id = 9",
        "checks 9: paid is ",
    );
    check("delete from receipts where number = 1000", "receipts R 1000: number is missing");
    check(
        "update day_totals set gross = gross - 1 where (business_date, dim, key) = ('2015-01-09', 'hour', '12')",
        "day_totals 2015-01-09 hour 12: gross is ",
    );
    check("delete from day_totals where (business_date, dim) = ('2015-01-10', 'all')", "day_totals 2015-01-10 all: ");
    check("update z_totals set kept = kept + 1 where (z_number, dim) = (1, 'all')", "z_totals 1 all: kept is ");
    check("delete from z_totals where dim = 'tender'", "z_totals 1 tender cash: ");
    check("insert into open_orders values (7, 7, '2015-01-01', 0)", "open_orders 7: row is ");
    check(
        "insert into adjustments (kind, business_date, at_ms, order_id, name, amount) values ('comp', '2015-01-01', 0, 3, 'x', 100)",
        "adjustments 1: row is there",
    );
    check(
        "insert into unresolved_payments select id, order_id, amount from payments where check_id = 12",
        "unresolved_payments ",
    );
    // The row, its check and its day changed alike: the journal remembers.
    check(
        "update payments set amount = amount - 100, tendered = tendered - 100 where id = (select min(id) from payments where tender_kind = 'cash')",
        "payments ",
    );
    check("update refunds set amount = 1; delete from payments where check_id = 10", "payments ");
    let unlocked = |change: &str| {
        let triggers = "select group_concat('drop trigger ' || name, ';') from sqlite_schema where type = 'trigger'";
        let db = rusqlite::Connection::open(house.db()).unwrap();
        let drops: String = db.query_row(triggers, (), |row| row.get(0)).unwrap();
        format!("{drops}; {change}")
    };
    check(
        &unlocked(
            "update journal set payload = replace(payload, 'cash', 'card') where seq = (select min(seq) from journal where payload like '%\"cash\"%')",
        ),
        "journal: record ",
    );
    check(&unlocked("delete from journal where seq = 3000"), "journal: record 3001 ");
}
