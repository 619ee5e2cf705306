//! The oracle itself: whatever is done to a file that holds, it sees.

use std::fs;

use rusqlite::Connection;

use crate::disk;
use crate::evening;
use crate::house::Deed;
use crate::oracle::{Finding, Judge};
use crate::server::DB;
use crate::table;

/// What is done, in words and in statements, and what is found at least.
type Done = (&'static str, &'static str, fn(&Finding) -> bool);

const TABLE: [Done; 15] = [
    (
        "an answer gone",
        "delete from idempotency_keys where key = (select max(key) from idempotency_keys where key like 'open-%')",
        half,
    ),
    (
        "another answer",
        "update idempotency_keys set status = 200 where key = (select max(key) from idempotency_keys where key like 'pay-%')",
        half,
    ),
    (
        "a deed gone, and its answer",
        "delete from categories where name like 'category-%'; delete from idempotency_keys where key like 'category-%'",
        lost,
    ),
    (
        "an imported order gone",
        "delete from orders where source is not null and id = (select max(id) from orders where source is not null)",
        lost,
    ),
    (
        "a deed twice",
        "insert into categories (name, position) select name, 99 from categories where name like 'category-%'",
        half,
    ),
    (
        "a line gone",
        "delete from check_taxes; delete from ticket_lines; delete from lines where id = (select max(id) from lines where note like 'open-%' and state = 'open')",
        half,
    ),
    (
        "a line's amount",
        "update lines set net = net + 1, total = total + 1 where id = (select max(id) from lines where state = 'open')",
        broken,
    ),
    (
        "a payment's amount",
        "update payments set amount = amount + 1, tendered = tendered + 1 where id = (select max(id) from payments where state = 'captured')",
        broken,
    ),
    (
        "what a check says was paid",
        "update checks set paid = paid + 1 where id = (select max(id) from checks where state = 'paid')",
        broken,
    ),
    ("a day's figures", "update day_totals set gross = gross + 1 where dim = 'all'", broken),
    (
        "a list of what is open",
        "delete from open_orders; insert into open_orders select id, display_number, business_date, opened_at_ms from orders where state = 'paid' limit 1",
        broken,
    ),
    (
        "a record",
        "drop trigger journal_no_update; update journal set payload = payload || ' ' where seq = (select max(seq) - 5 from journal)",
        broken,
    ),
    (
        "a record's chain",
        "drop trigger journal_no_update; update journal set hash = zeroblob(32) where seq = (select max(seq) from journal)",
        broken,
    ),
    (
        "a ticket of nothing",
        "update ticket_lines set line_id = 999999 where id = (select max(id) from ticket_lines)",
        broken,
    ),
    ("a receipt's number", "update receipts set number = number + 7 where id = (select max(id) from receipts)", broken),
];

fn lost(finding: &Finding) -> bool {
    matches!(finding, Finding::Lost(_))
}

fn half(finding: &Finding) -> bool {
    matches!(finding, Finding::Half(_))
}

fn broken(finding: &Finding) -> bool {
    matches!(finding, Finding::Broken(_))
}

#[test]
fn whatever_is_done_to_a_file() {
    let recorded = evening::record(12, 0, table::seed("the oracle"));
    let judge = Judge { deeds: &recorded.deeds, brought: &recorded.brought, end: &recorded.end };
    let told: Vec<bool> = recorded.deeds.iter().map(Deed::is_acknowledged).collect();
    let imports: Vec<bool> = recorded.brought.iter().map(|import| import.told_done).collect();
    let good = disk::read(&recorded.house.at());
    let folder = recorded.folder().join("changed");
    disk::write(&good, &folder);
    assert_eq!(judge.look(&folder, &told, &imports), Vec::new(), "nothing was done to it");
    for (what, sql, seen) in TABLE {
        disk::write(&good, &folder);
        let db = Connection::open(folder.join(DB)).unwrap();
        db.execute_batch(&format!("pragma foreign_keys = off; {sql}")).unwrap_or_else(|e| panic!("{what}: {e}"));
        drop(db);
        let findings = judge.look(&folder, &told, &imports);
        assert!(findings.iter().any(seen), "{what}: {findings:?}");
    }
    // A page that the disk spoilt, wherever it is; those that hold nothing matter to nobody.
    let free: i64 = {
        let db = Connection::open(recorded.house.at().join(DB)).unwrap();
        db.pragma_query_value(None, "freelist_count", |row| row.get(0)).unwrap()
    };
    assert_eq!(free, 0, "nothing was ever deleted");
    for part in 1..8 {
        let mut image = good.clone();
        let bytes = image.get_mut(DB).unwrap();
        let page = bytes.len() / 4096 * part / 8 * 4096;
        bytes[page..page + 512].fill(0xa5);
        disk::write(&image, &folder);
        assert!(!judge.look(&folder, &told, &imports).is_empty(), "page {} spoilt", page / 4096);
    }
    fs::remove_dir_all(&folder).unwrap();
}
