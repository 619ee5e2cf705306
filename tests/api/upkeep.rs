//! `comanda check --integrity` and `--repair`: what was changed by hand is named, what was derived is
//! made anew, and what people did stays as it is.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;

use crate::commands::comanda;
use crate::orders::Night;

/// An evening with everything in it: a discount, a comp, a void, a refund, a tip, a Z; then an order
/// that is paid and one that is open at a table with a payment nobody knows of.
fn evening() -> Night {
    let n = Night::new();
    let first = n.order(&[(n.carbonara, 2), (n.pilsner, 1)]);
    first.post_by_manager(&format!("/lines/{}/comp", first.line(0)), json!({"quantity": 1, "reason": "birthday"})).ok();
    first.post_by_manager("/discounts", json!({"name": "Regulars", "percent": "10", "reason": "regular"})).created();
    first.post("/payments", json!({"tender": "card", "tip": 200})).created();
    let second = n.order(&[(n.tiramisu, 3)]);
    second.send();
    let void = json!({"quantity": 1, "reason": "fell down", "wasted": true});
    second.post_by_manager(&format!("/lines/{}/void", second.line(0)), void).ok();
    let paid = second.post("/payments", json!({"tender": "cash", "tendered": 2000})).created();
    let back = json!({"lines": [{"line_id": second.line(0), "quantity": 1}], "reason": "cold"});
    n.manager.post(&format!("/payments/{}/refunds", paid.int("/payment/id"))).body(back).created();
    n.waiter.post("/receipts/1/print").ok();
    n.manager.post("/business-day/close").ok();
    let third = n.order(&[(n.carbonara, 1)]);
    third.post("/payments", json!({"tender": "cash"})).created();
    let open = n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "guests": 3,
        "lines": [{"variant_id": n.tiramisu, "quantity": 1}]}));
    open.post("/payments", json!({"tender": "card", "state": "pending"})).created();
    n
}

pub fn said(db: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let told = comanda(db, &[&["check"], arguments].concat()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (told.status.code(), text(&told.stdout) + &text(&told.stderr))
}

/// A copy of the night's file with something changed by hand.
pub fn changed(night: &Night, change: &str) -> PathBuf {
    let copy = night.house.folder.file("changed.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(night.house.folder.file(&format!("changed.db{suffix}")));
    }
    std::fs::copy(night.house.db(), &copy).unwrap();
    let db = Connection::open(&copy).unwrap();
    // As whoever changes a record would.
    let triggers = "select group_concat('drop trigger ' || name, ';') from sqlite_schema where type = 'trigger'";
    let triggers: String = db.query_row(triggers, (), |row| row.get(0)).unwrap();
    db.execute_batch(&format!("pragma foreign_keys = off; {triggers}; {change}")).unwrap();
    copy
}

/// Everything in some tables.
fn dump(db: &Path, tables: &[&str]) -> Vec<Vec<Cell>> {
    let db = Connection::open(db).unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let mut all = db.prepare(&format!("select * from {table} order by 1, 2, 3")).unwrap();
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
        rows.extend(all.query_map((), row).unwrap().map(Result::unwrap));
    }
    rows
}

const ROLLUPS: &[&str] = &["day_totals", "z_totals", "order_days", "order_months", "open_orders", "receipt_days"];
const RECORDS: &[&str] = &["orders", "checks", "lines", "payments", "refunds", "receipts", "adjustments", "journal"];

#[test]
fn whatever_is_changed_by_hand_is_named() {
    let mut n = evening();
    n.house.stop();
    assert_eq!(said(&n.house.db(), &["--integrity"]).0, Some(0));
    let check = |change: &str, row: &str| {
        let (code, said) = said(&changed(&n, change), &["--integrity"]);
        assert_eq!(code, Some(1), "{change}: {said}");
        assert!(said.lines().any(|line| line.starts_with(row)), "{change}: no {row:?} in {said}");
    };
    // References that SQLite holds, and those that nothing holds.
    check("delete from tenders where id = 1", "payments 2: tender_id points at no row of tenders");
    check("update lines set check_id = 99 where id = 1", "lines 1: check_id points at no row of checks");
    check("update lines set check_id = 2 where id = 1", "lines 1: order_id is 1, recomputed 2");
    check("update lines set item_id = 99 where id = 1", "lines 1: item_id is 99, recomputed ");
    check(
        "update lines set category_id = 99 where id = 1",
        "lines 1: category_id is 99, recomputed the id of a category",
    );
    check("update lines set split_from = 1 where order_id = 2 and split_from is not null", "lines ");
    check("update payments set order_id = 2 where id = 1", "payments 1: order_id is 2, recomputed 1");
    check("update refunds set payment_id = 1", "refunds 1: check_id is 2, recomputed 1");
    check("update refunds set order_id = 1", "refunds 1: order_id is 1, recomputed 2");
    check("update refund_lines set line_id = 1", "refund_lines 1: line_id, whose check is 1, recomputed 2");
    check("update receipts set order_id = 3 where id = 1", "receipts 1: order_id is 3");
    check("update receipts set check_id = 1 where kind = 'refund'", "receipts 3: check_id is 1, recomputed 2");
    check("update check_taxes set check_id = 3 where id = 1", "check_taxes 1: check_id is 3");
    check("update check_discounts set line_id = 4", "check_discounts 1: line_id, whose order is ");
    check(
        "insert into check_discount_targets values (1, 77); update check_discounts set applies_to = 'lines'",
        "check_discount_targets 1: target_id is 77",
    );
    check("update ticket_lines set order_id = 1 where id = 1", "ticket_lines 1: order_id is 1, recomputed 2");
    check("update adjustments set order_id = 3 where kind = 'comp'", "adjustments ");
    check("update unresolved_payments set order_id = 1", "unresolved_payments 4: order_id is 1, recomputed 4");
    check("update day_totals set key = '99' where dim = 'item' and key = '1'", "day_totals 2026-11-20 item: key is 99");
    check("update day_totals set key = 'hut' where dim = 'kind'", "day_totals 2026-11-20 kind: key is hut");
    check("update z_totals set z_number = 9 where z_number = 2 and dim = 'all'", "z_totals 9 all: z_number is 9");
    check("insert into availability values ('item', 99, 0, null, null)", "availability item 99: subject_id is 99");
    check("update journal set device = 99 where seq = 3", "journal 3: device is 99");
    // Sums, and the journal's word against the rows.
    check("update checks set total = total + 1 where id = 1", "checks 1: total is ");
    check("update lines set discount = discount + 1 where id = 1", "lines 1: total is ");
    check("update payments set amount = 1, tendered = 201 where id = 1", "payments 1: amount is 1, recomputed ");
    check("delete from refunds", "refunds 1: row is missing");
    check("delete from lines where state = 'voided'", "lines ");
    check("update journal set payload = replace(payload, '\"tip\":200', '\"tip\":100')", "journal: record ");
    check("update receipts set body = replace(body, 'Da Gina', 'Da Gino') where id = 1", "receipts 1: body is changed");
    check("update receipts set prints = 3 where id = 1", "receipts 1: prints is 3, recomputed 1");
    check("update receipts set number = 9 where id = 4", "receipts 4: number is 9, recomputed 4");
    // What was derived from them.
    check("update receipt_days set last = 5", "receipt_days 2026-11-20 R: last is 5, recomputed 4");
    check("update receipt_days set refunds = 0", "receipt_days 2026-11-20 R: refunds is 0, recomputed 1");
    check("delete from receipt_days", "receipt_days 2026-11-20 R: first is 0, recomputed 1");
    check(
        "update adjustments set amount = amount - 1 where kind = 'void'",
        "adjustments 3: amount is 599, recomputed 600",
    );
    check("delete from adjustments where kind = 'discount'", "adjustments discount on order 1: amount is missing");
    check("update adjustments set wasted = 0 where kind = 'void'", "adjustments 3: wasted is false, recomputed true");
    check("update z_reports set perpetual_total = perpetual_total - 1", "z_reports 1: perpetual_total is ");
    check("update z_reports set to_seq = to_seq - 1", "z_reports 1: to_seq is ");
    check("update z_totals set kept = kept - 1 where z_number = 1 and dim = 'all'", "z_totals 1 all: kept is ");
    check("delete from table_orders", "table_orders 4: row is missing");
    check("delete from unresolved_payments", "unresolved_payments 4: row is missing");
    check("delete from open_orders", "open_orders 4: row is missing");
    check("update open_orders set display_number = 9", "open_orders 4: row is ");
}

/// What an operator may find in rollups.
const SPOILT: &[&str] = &[
    "update day_totals set gross = gross + 5, net = net - 1 where dim = 'all'",
    "delete from day_totals",
    "delete from day_totals where dim in ('item', 'staff', 'tax')",
    "insert into day_totals (business_date, dim, key, name, gross) values ('2026-11-19', 'all', '', '', 12)",
    "update z_totals set tax = 0 where z_number = 2",
    "delete from z_totals where z_number = 2",
    "update order_days set n = n + 3; update order_months set n = n - 1 where state = 'paid'",
    "delete from order_days; delete from order_months",
    "update receipt_days set first = 2, last = 9, sales = 1, corrections = 3",
    "delete from receipt_days",
    "insert into receipt_days (business_date, series, first, last, sales) values ('2026-11-19', 'R', 1, 2, 2)",
    "delete from open_orders; insert into open_orders values (1, 1, '2026-11-20', 0)",
    "update open_orders set display_number = 9",
];

#[test]
fn rollups_are_made_anew() {
    let mut n = evening();
    n.house.stop();
    let (rollups, records) = (dump(&n.house.db(), ROLLUPS), dump(&n.house.db(), RECORDS));
    let (code, said_of_it) = said(&n.house.db(), &["--repair", "rollups", "--yes"]);
    assert_eq!(code, Some(0));
    assert!(said_of_it.contains("nothing to repair"), "{said_of_it}");
    for change in SPOILT {
        let db = changed(&n, change);
        let spoilt = dump(&db, ROLLUPS);
        let (code, shown) = said(&db, &["--repair", "rollups"]);
        assert_eq!(code, Some(1), "{change}: {shown}");
        assert!(shown.contains("would be set right; --yes does it"), "{change}: {shown}");
        assert_eq!(dump(&db, ROLLUPS), spoilt, "{change}: only shown");
        let (code, done) = said(&db, &["--repair", "rollups", "--yes"]);
        assert_eq!(code, Some(0), "{change}: {done}");
        assert!(done.contains(" set right, and the journal told"), "{change}: {done}");
        assert_eq!(dump(&db, ROLLUPS), rollups, "{change}: {done}");
        let kept = dump(&db, RECORDS);
        assert_eq!(kept.len(), records.len() + 1, "{change}");
        assert!(records.iter().all(|row| kept.contains(row)), "{change}");
        assert!(format!("{:?}", kept.last()).contains("rollups.repaired"), "{change}");
        assert_eq!(said(&db, &["--integrity"]).0, Some(0), "{change}");
    }
}

#[test]
fn what_people_did_is_never_repaired() {
    let mut n = evening();
    n.house.stop();
    for change in [
        "update payments set amount = amount + 1, tendered = tendered + 1 where id = 1",
        "update checks set total = total + 1, paid = paid + 1 where id = 1",
        "update journal set payload = replace(payload, 'Regulars', 'Friends')",
        "delete from journal where seq = 40",
        "update z_totals set gross = gross + 1 where z_number = 1",
        "update adjustments set amount = 1",
        "delete from receipts where id = 1",
    ] {
        let db = changed(&n, &format!("{change}; update day_totals set gross = gross + 1 where dim = 'all'"));
        let all = [ROLLUPS, RECORDS].concat();
        let before = dump(&db, &all);
        for arguments in [&["--repair", "rollups"][..], &["--repair", "rollups", "--yes"]] {
            let (code, said) = said(&db, arguments);
            assert_eq!(code, Some(1), "{change}: {said}");
            assert!(said.contains("Find out first what happened there"), "{change}: {said}");
        }
        assert_eq!(dump(&db, &all), before, "{change}");
    }
}

#[test]
fn a_running_server_repairs_and_shows_it() {
    let mut n = evening();
    n.house.stop();
    let spoil = "update day_totals set gross = 99 where dim = 'all'; update order_days set n = n + 3";
    Connection::open(n.house.db()).unwrap().execute_batch(spoil).unwrap();
    n.house.restart();
    let manager = n.house.as_("manager");
    let sales = |field: &str| {
        let day = "from=2026-11-20&to=2026-11-20";
        manager.get(&format!("/reports/sales?{day}")).ok().int(&format!("/totals/{field}"))
    };
    let paid = || manager.get("/orders?state=paid&from=2026-11-20&to=2026-11-20").ok().int("/page/total");
    // Both are cached now.
    assert_eq!((sales("gross"), paid()), (99, 6));
    // It is not the order of the last minute that makes it wrong.
    let waiter = n.house.as_("waiter");
    let made =
        waiter.post("/orders").body(json!({"kind": "takeaway", "lines": [{"variant_id": n.pilsner, "quantity": 1}]}));
    let made = made.created();
    waiter
        .post(&format!("/orders/{}/payments", made.id()))
        .if_match(&made.etag())
        .body(json!({"tender": "cash"}))
        .created();
    let (code, told) = said(&n.house.db(), &["--repair", "rollups", "--yes"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("day_totals 2026-11-20 all: gross is ") && told.contains("order_days 2026-11-20 paid: n is 7"),
        "{told}"
    );
    assert_eq!((sales("gross"), paid()), (1557 + 1200 + 1250 + 480, 4));
}

#[test]
fn a_file_that_is_served_is_checked_by_a_copy() {
    let n = evening();
    let db = n.house.db();
    let names = || {
        let entries = std::fs::read_dir(n.house.folder.file("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    // What an interrupted look left.
    std::fs::write(n.house.folder.file("comanda.db.checking"), "half a copy").unwrap();
    for arguments in [&[][..], &["--integrity"], &["--journal"]] {
        let (code, told) = said(&db, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        assert!(told.contains("comanda.db: all holds"), "{told}");
    }
    assert_eq!(names(), before, "the copy has gone");
    // It finds what is wrong in it, under the file's name.
    n.house.by_hand();
    let spoil = "update day_totals set gross = gross + 1 where dim = 'all'";
    Connection::open(&db).unwrap().execute_batch(spoil).unwrap();
    let (code, told) = said(&db, &["--integrity"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("day_totals 2026-11-20 all: gross is "), "{told}");
}
