//! Orders for another program: what a row says, how it travels, and what a slow reader holds up.

use std::io::Read as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::scene::Night;
use crate::client::Answer;
use crate::encodings::decoded;

/// A row of the CSV, by its columns.
fn rows(csv: &Answer) -> Vec<Value> {
    let text = csv.text();
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| {
        let values: Vec<&str> = line.split(',').collect();
        assert_eq!(values.len(), columns.len(), "{line}");
        columns.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    };
    lines.map(row).collect()
}

#[test]
fn a_row_adds_up() {
    let n = Night::new();
    let tax = json!({"name": "On top", "rates": [{"name": "VAT", "rate": "20", "included": false, "compound": false}]});
    let tax = n.manager.post("/tax-classes").body(tax).created().id();
    let juice = json!({"name": "Juice", "category_id": n.drinks, "tax_class": tax,
        "variants": [{"name": "one", "price": 300}]});
    let juice = n.manager.post("/items").body(juice).created().int("/variants/0/id");
    let chosen = json!([{"option_id": n.rare}, {"option_id": n.egg, "quantity": 2}]);
    let order = n.open(json!({"kind": "dine_in", "lines": [
        {"variant_id": n.burger, "quantity": 2, "modifiers": chosen},
        {"variant_id": n.carbonara, "quantity": 1},
        {"variant_id": juice, "quantity": 3},
    ]}));
    order.post_by_manager(&format!("/lines/{}/comp", order.line(1)), json!({"reason": "birthday"})).ok();
    order.post_by_manager("/discounts", json!({"name": "Regular", "percent": "10"})).created();
    order.post("/payments", json!({"tender": "card"})).created();
    let auditor = n.house.as_("auditor");
    let rows = rows(&auditor.get("/export/orders").accept("text/csv").ok());
    let is = |at: usize, column: &str| rows[at][column].as_str().unwrap().to_owned();
    let amount = |at: usize, column: &str| is(at, column).parse::<i64>().unwrap();
    assert_eq!(is(0, "modifiers"), "1 Rare 0; 2 Egg 100");
    assert_eq!((is(1, "modifiers"), is(2, "modifiers")), (String::new(), String::new()));
    assert_eq!([0, 1, 2].map(|at| amount(at, "comp")), [0, 1250, 0]);
    assert_eq!(amount(0, "list_amount"), 2 * (1500 + 2 * 100));
    for (at, on_top) in [(0, false), (1, false), (2, true)] {
        let added = if on_top { amount(at, "tax") } else { 0 };
        let told = amount(at, "list_amount") - amount(at, "comp") - amount(at, "discount") + added;
        assert_eq!(amount(at, "total"), told, "{}", rows[at]);
    }
}

#[test]
fn every_coding_holds_the_same_orders() {
    let n = Night::new();
    // Two chunks and a bit.
    for _ in 0..120 {
        n.order(&[(n.carbonara, 1), (n.pilsner, 2)]);
    }
    let auditor = n.house.as_("auditor");
    for form in ["application/x-ndjson", "text/csv"] {
        let ask = |coding: &str| auditor.get("/export/orders").accept(form).header("accept-encoding", coding).ok();
        let plain = ask("identity");
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept, accept-encoding"));
        assert_eq!(plain.text().lines().count(), if form == "text/csv" { 241 } else { 120 });
        for coding in ["zstd", "gzip"] {
            let packed = ask(coding);
            assert_eq!((packed.header("content-encoding"), packed.header("vary")), (coding, plain.header("vary")));
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            assert_eq!(decoded(&packed), plain.bytes, "{form} as {coding}");
            assert!(packed.bytes.len() < plain.bytes.len() / 2, "{form} as {coding}: {}", packed.bytes.len());
        }
        assert_eq!(ask("zstd;q=0.1, gzip;q=0.9").header("content-encoding"), "gzip");
        assert_eq!(ask("br").bytes, plain.bytes);
        // Nothing, or little, is not worth it.
        let none = auditor.get("/export/orders?to=2020-01-01").accept(form).header("accept-encoding", "zstd").ok();
        assert_eq!(none.header("content-encoding"), "");
        assert_eq!(none.text().lines().count(), usize::from(form == "text/csv"));
    }
}

/// Each far longer than what sockets take up for a reader that stands still.
const NOTE_BYTES: usize = 200_000;

#[test]
fn a_reader_that_stands_still_holds_no_snapshot() {
    let n = Night::new();
    let orders: Vec<_> = (0..60).map(|_| n.order(&[(n.pilsner, 1)])).collect();
    // Nobody may say so much through the door.
    n.house.by_hand();
    let db = rusqlite::Connection::open(n.house.db()).unwrap();
    db.busy_timeout(Duration::from_secs(1)).unwrap();
    db.execute_batch("pragma ignore_check_constraints = on").unwrap();
    db.execute("update orders set note = ?1", ["x".repeat(NOTE_BYTES)]).unwrap();

    let auditor = n.house.apart("auditor");
    let (_, mut export) = auditor.get("/export/orders").header("accept-encoding", "identity").reader();
    let mut told = vec![0; 1000];
    export.read_exact(&mut told).unwrap();

    // The terminals go on, and what they write leaves the log for the file.
    let last = orders.last().unwrap();
    for guests in 1..=20 {
        last.patch("", json!({"guests": guests, "note": "meanwhile"})).ok();
    }
    let truncate = || {
        let busy: i64 = db.query_row("pragma wal_checkpoint(truncate)", (), |row| row.get(0)).unwrap();
        (busy, std::fs::metadata(n.house.db().with_extension("db-wal")).unwrap().len() == 0)
    };
    assert_eq!(truncate(), (0, true), "nobody reads an old state of the file");
    // Somebody who did would be seen.
    let held = rusqlite::Connection::open(n.house.db()).unwrap();
    held.execute_batch("begin").unwrap();
    held.query_row("select count(*) from orders", (), |_| Ok(())).unwrap();
    last.patch("", json!({"guests": 20, "note": "meanwhile"})).ok();
    assert_eq!(truncate(), (1, false));
    drop(held);

    // It had stood still: what was not read before is told as it is now.
    export.read_to_end(&mut told).unwrap();
    let told = String::from_utf8(told).unwrap();
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((told.lines().count(), &last["note"], &last["guests"]), (60, &json!("meanwhile"), &json!(20)));
    let first: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(first["note"].as_str().unwrap().len(), NOTE_BYTES);
}
