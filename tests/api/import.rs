//! A real year brought in by the commands: its published figures, twice the same, checked and exported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::client::Client;
use crate::harness::House;

/// The pizza place's folder; a test without it says so and does nothing.
pub fn pizza_place() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pizza-place");
    if folder.join("sales.csv").exists() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
    {
        eprintln!("SKIPPED: {} is not there", folder.display());
    }
    None
}

fn comanda(house: &House, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
    command.args(words.split(' ')).arg("--db").arg(house.folder.file("comanda.db")).env_clear();
    command.output().unwrap()
}

#[track_caller]
fn says(output: &Output, code: i32, expected: &str) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(expected), "{said:?} has no {expected:?}");
    said
}

fn sales(client: &Client, span: &str, by: &str) -> Value {
    client.get(&format!("/reports/sales?{span}&by={by}")).ok().json().clone()
}

/// The column of the rows of a report, by name.
fn rows(report: &Value, column: &str) -> Vec<(String, i64)> {
    let row = |row: &Value| (row["name"].as_str().unwrap().to_owned(), row[column].as_i64().unwrap());
    report["rows"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_year_adds_up_to_its_published_figures() {
    let Some(folder) = pizza_place() else { return };
    let house = House::open();
    let (menu, year) = (folder.join("menu.csv").display().to_string(), folder.join("sales.csv").display().to_string());
    says(&comanda(&house, &format!("import sales {year} --dry-run")), 1, "nothing on the menu has the SKU");
    says(&comanda(&house, &format!("import menu {menu}")), 0, "96 rows: 32 items, 96 variants; 32 added, 0 changed");
    says(&comanda(&house, &format!("import menu {menu}")), 0, "0 added, 0 changed, 32 as they were");
    // The server runs: it writes, while its tills go on.
    says(&comanda(&house, &format!("import sales {year}")), 0, "21350 added, 0 already there");
    says(&comanda(&house, &format!("import sales {year}")), 0, "0 added, 21350 already there");

    let auditor = house.as_("auditor");
    let span = "from=2015-01-01&to=2015-12-31";
    let totals = &sales(&auditor, span, "category")["totals"];
    for (column, expected) in
        [("gross", 81_786_005), ("net", 81_786_005), ("orders", 21_350), ("quantity", 49_574), ("tips", 0)]
    {
        assert_eq!(totals[column], expected, "{column}");
    }
    let by = |by: &str, column: &str| rows(&sales(&auditor, span, by), column);
    let categories = by("category", "gross");
    for (name, gross) in
        [("Classic", 22_005_310), ("Supreme", 20_819_700), ("Chicken", 19_591_950), ("Veggie", 19_369_045)]
    {
        assert!(categories.contains(&(name.to_owned(), gross)), "{categories:?}");
    }
    let items = by("item", "gross");
    assert_eq!(items.first().unwrap(), &("The Thai Chicken Pizza".to_owned(), 4_343_425));
    assert_eq!(items.last().unwrap(), &("The Brie Carre Pizza".to_owned(), 1_158_850));
    assert!(by("month", "gross").contains(&("2015-07".to_owned(), 7_255_790)));
    let hours = by("hour", "orders");
    for (hour, orders) in [("12:00", 2520), ("13:00", 2455), ("18:00", 2399)] {
        assert!(hours.contains(&(hour.to_owned(), orders)), "{hours:?}");
    }
    assert_eq!(by("tender", "gross"), [("Other".to_owned(), 81_786_005)]);
    assert_eq!(sales(&auditor, "from=2015-01-01&to=2015-01-31", "day")["totals"]["gross"], 6_979_330);
    says(&comanda(&house, "check --journal --integrity"), 0, "all holds");
}

#[test]
fn a_month_is_exported_copied_and_checked() {
    let Some(folder) = pizza_place() else { return };
    let house = House::open();
    let year = fs::read_to_string(folder.join("sales.csv")).unwrap();
    let january: String =
        year.lines().filter(|l| l.contains(",2015-01-") || l.starts_with("order,")).map(|l| format!("{l}\n")).collect();
    let file = house.folder.file("january.csv");
    fs::write(&file, january).unwrap();
    says(&comanda(&house, &format!("import menu {}", folder.join("menu.csv").display())), 0, "32 added");
    says(&comanda(&house, &format!("import sales {}", file.display())), 0, "1845 added, 0 already there");
    let auditor = house.as_("auditor");
    exports(&house, &auditor);
    let copy = house.folder.file("copy.db");
    says(&comanda(&house, &format!("backup {}", copy.display())), 0, "the copy is sound");
    let mut check = Command::new(env!("CARGO_BIN_EXE_comanda"));
    says(&check.arg("check").arg("--backup").arg(&copy).output().unwrap(), 0, "all holds");
    tampered(&copy);
}

/// January 4th as the stream and as the command tell it.
fn exports(house: &House, auditor: &Client) {
    let path = "/export/orders?from=2015-01-04&to=2015-01-04";
    let streamed = auditor.get(path).ok();
    assert_eq!(streamed.header("content-type"), "application/x-ndjson");
    let orders: Vec<Value> = streamed.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = sales(auditor, "from=2015-01-04&to=2015-01-04", "day");
    let total: i64 = orders.iter().map(|order| order["total"].as_i64().unwrap()).sum();
    assert_eq!(
        (json!(orders.len()), json!(total)),
        (told["totals"]["orders"].clone(), told["totals"]["gross"].clone())
    );
    assert_eq!(orders[0]["checks"][0]["payments"][0]["tender"], "other");
    assert_eq!(orders[0]["checks"][0]["receipt_number"], Value::Null);
    let said = comanda(house, "export orders --from 2015-01-04 --to 2015-01-04");
    assert_eq!(says(&said, 0, ""), streamed.text());
    let csv = auditor.get(path).accept("text/csv").ok();
    let lines = orders.iter().flat_map(|o| o["checks"][0]["lines"].as_array().unwrap()).count();
    assert_eq!(csv.text().lines().count(), lines + 1);
    assert!(csv.text().starts_with("order_id,display_number,"));
    let whole = auditor.get("/export/orders").ok();
    assert_eq!(whole.text().lines().count(), 1845);
    auditor.get("/export/orders?from=2015-01-04&to=2015-01-03").refused("invalid");
    house.as_("waiter").get(path).refused("forbidden");
}

/// Every row that somebody changes is named.
fn tampered(db: &Path) {
    let check = |change: &str, named: &str| {
        let changed = db.with_extension("tampered");
        fs::copy(db, &changed).unwrap();
        rusqlite::Connection::open(&changed).unwrap().execute_batch(change).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
        says(&command.arg("check").arg("--backup").arg(&changed).output().unwrap(), 1, named);
    };
    check(
        "update day_totals set gross = gross + 1 where business_date = '2015-01-04' and dim = 'all'",
        "day_totals 2015-01-04 all: gross is ",
    );
    check("update lines set net = net + 1, total = total + 1 where id = 77", "checks 31: total is ");
    check("update payments set tender_kind = 'cash' where id = 5", "day_totals 2015-01-01 tender cash: orders is 0");
    check("update order_days set n = n + 1 where business_date = '2015-01-03'", "order_days 2015-01-03 paid: n is ");
    check("update orders set state = 'voided' where id = 9", "orders 9: state is voided, recomputed paid");
    check(
        "drop trigger journal_no_update; update journal set payload = '{}' where seq = 99",
        "journal: record 99 was changed",
    );
}

#[test]
fn every_wrong_row_is_told_and_nothing_written() {
    let house = House::open();
    let write = |name: &str, text: &str| {
        let path = house.folder.file(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let check = |kind: &str, text: &str, expected: &[&str]| {
        let file = write("wrong.csv", text);
        let said = comanda(&house, &format!("import {kind} {file}"));
        for expected in expected {
            says(&said, 1, expected);
        }
    };
    check("menu", "item\nSoup\n", &["the column price is missing; the file has item"]);
    check(
        "menu",
        "Item,Price,SKU\nSoup,x,a\n,4.50,a\nCake,4.505\nCake,4.505,b\n",
        &[
            "line 2, column Price: an amount",
            "line 3, column Item",
            "line 3, column SKU",
            "line 4: this row has 2",
            "line 5",
        ],
    );
    let menu = write("menu.csv", "Dish,Price,SKU\nSoup,4.5,s\nCake,3,c\n");
    says(&comanda(&house, &format!("import menu {menu} --map item=Dish")), 0, "2 added");
    check(
        "sales",
        "order,date,time,sku,quantity,unit_price\n\
         1,2025-02-30,12:00,s,1,4.5\n2,2025-02-01,25:00,s,0,4.5\n3,2025-02-01,12:00,x,1.5,-1\n4,2999-01-01,12:00,s,1,1\n\
         5,2025-02-01,12:00,s,1,1\n5,2025-02-01,12:01,s,1,1\n",
        &[
            "line 2, column date: ",
            "line 3, column time: ",
            "line 3, column quantity: ",
            "line 4, column sku: nothing on the menu has the SKU \"x\"",
            "line 4, column quantity: ",
            "line 4, column unit_price: ",
            "line 5, column date: this lies in the future",
            "line 7, column time: this order was at another time on line 6",
        ],
    );
    let auditor = house.as_("auditor");
    assert_eq!(auditor.get("/orders").ok().json()["page"]["total"], 0);
    let right = write("right.csv", "order,date,time,sku,quantity,unit_price\n1,2025-03-01,02:00,s,2,4.5\n");
    says(&comanda(&house, &format!("import sales {right} --dry-run")), 0, "Nothing was written. It would be: 1 rows");
    assert_eq!(auditor.get("/orders").ok().json()["page"]["total"], 0);
    says(&comanda(&house, &format!("import sales {right}")), 0, "1 orders from 2025-02-28 to 2025-02-28, 9.00 in all");
    let order = auditor.get("/orders").ok().json()["items"][0].clone();
    assert_eq!(
        (&order["state"], &order["business_date"], &order["total"]),
        (&json!("paid"), &json!("2025-02-28"), &json!(900))
    );
}
