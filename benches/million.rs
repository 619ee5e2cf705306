//! A file with a long history, and how soon a server on it is ready.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rusqlite::Connection;

use crate::Scale;
use crate::client::{Make, load, once, request};
use crate::create::{menu, orders};
use crate::server::{Folder, Server, restaurant, wait};
use crate::table::{Table, shown, spread};

/// A restaurant with `orders` paid orders of a line each over ten years, every one with its payment, its
/// receipt and its part in every rollup, and a manager's token. Written by SQL, since only its size matters
/// here: its journal does not know of them. The last day is the one before yesterday, since a till still
/// keeps yesterday until its cutoff, and a start proves the day it keeps against the journal.
pub fn file(folder: &Folder, orders: u64) -> (PathBuf, String) {
    let db = folder.file(&format!("comanda-{orders}.db"));
    let token = restaurant(&db);
    let server = Server::comanda(&db);
    menu(&server.addr, &token, DISHES);
    server.kill();
    write(&db, orders);
    (db, token)
}

const DISHES: usize = 8;

fn write(db: &Path, orders: u64) {
    let conn = Connection::open(db).unwrap();
    conn.execute_batch(&format!(
        "pragma synchronous = off; pragma cache_size = -200000; pragma temp_store = memory;
         begin;
         create temp table n as with recursive n(i) as (select 1 union all select i + 1 from n where i < {orders})
           select i, date('now', '-' || (3652 - i * 3650 / {orders}) || ' days') as day, 10 + i % 13 as hour from n;
         insert into orders (id, display_number, kind, service, state, guests, business_date, opened_at_ms, closed_at_ms, version)
           select i, i % 300 + 1, 'dine_in', 'dine_in', 'paid', 2, day, strftime('%s', day) * 1000 + hour * 3600000,
             strftime('%s', day) * 1000 + hour * 3600000 + 1800000, 3 from n;
         insert into checks (id, order_id, state, opened_business_date, closed_business_date, closed_at_ms, tax_rounding,
             rounding_mode, cash_rounding, cash_rounding_when, version, subtotal, tax_total, total, paid)
           select id, id, 'paid', business_date, business_date, closed_at_ms, 'per_line', 'half_up', 0, 'final_cash', 3,
             500, 45, 500, 500 from orders;
         insert into lines (order_id, check_id, item_id, variant_id, category_id, tax_version_id, name, variant, sold_by,
             counts_as, discountable, unit_price, quantity, hold, state, version, added_at_ms, list_amount, net, tax, total)
           select o.id, o.id, v.item_id, v.id, i.category_id, t.id, i.name, v.name, 'each', 'sale', 1, 500, 1000, 0, 'open',
             1, o.opened_at_ms, 500, 455, 45, 500
           from orders o join variants v on v.id = 1 + o.id % {DISHES} join items i on i.id = v.item_id
             join tax_versions t on t.tax_class_id = i.tax_class_id and t.current = 1;
         insert into payments (order_id, check_id, tender_id, tender_kind, tender, state, amount, tendered, change_given, tip,
             rounding, excess, business_date, at_ms)
           select o.id, o.id, t.id, t.kind, t.name, 'captured', 500, 500, 0, 0, 0, 0, o.business_date, o.closed_at_ms
           from orders o, tenders t where t.id = (select id from tenders where kind = 'cash');
         insert into receipts (series, number, kind, order_id, check_id, business_date, started_at_ms, issued_at_ms, body)
           select 'R', id, 'sale', id, id, business_date, opened_at_ms, closed_at_ms, '{{}}' from orders;
         insert into receipt_series (series, last) values ('R', {orders});
         insert into receipt_days (business_date, series, first, last, sales)
           select business_date, series, min(number), max(number), count(*) from receipts group by business_date;
         insert into order_days select business_date, 'paid', count(*) from orders group by business_date;
         insert into order_months select substr(business_date, 1, 7), 'paid', count(*) from orders group by substr(business_date, 1, 7);
         create temp table sold as
           select o.business_date as day, o.hour as hour, v.id as variant, v.item_id as item, i.category_id as category,
             i.name as item_name, count(*) as n
           from (select i, day as business_date, hour from n) o join variants v on v.id = 1 + o.i % {DISHES}
             join items i on i.id = v.item_id
           group by 1, 2, 3;",
    ))
    .unwrap();
    let cuts = [
        ("all", "''", "''"),
        ("hour", "hour", "''"),
        ("item", "item", "item_name"),
        ("variant", "variant", "item_name"),
        ("category", "category", "'Kitchen'"),
        ("kind", "'dine_in'", "''"),
        ("staff", "'none'", "''"),
        ("tender", "'cash'", "'Cash'"),
    ];
    for (dim, key, name) in cuts {
        conn.execute_batch(&format!(
            "insert into day_totals (business_date, dim, key, name, orders, guests, quantity, list_amount, gross, net, tax, kept)
               select day, '{dim}', {key}, {name}, sum(n), 2 * sum(n), sum(n), 500 * sum(n), 500 * sum(n), 455 * sum(n),
                 45 * sum(n), 500 * sum(n) from sold group by day, {key}"
        ))
        .unwrap();
    }
    conn.execute_batch("commit; pragma wal_checkpoint(truncate);").unwrap();
}

/// From the start of the process to the first answer of `/readyz`.
fn ready_ms(db: &Path) -> (f64, Server) {
    let start = Instant::now();
    let server = Server::comanda(db);
    wait(|| once(&server.addr, &request("GET", "/readyz", "", "", "")).0 == 200);
    (start.elapsed().as_secs_f64() * 1000.0, server)
}

/// How soon a server is ready on the long file, after a clean stop and after a kill with a long log.
pub fn start(scale: Scale, table: &mut Table) {
    let folder = Folder::new("start");
    let (db, token) = file(&folder, scale.large);
    let rounds = if scale.tiny { 1 } else { 5 };
    let times = (0..rounds).map(|_| ready_ms(&db).0).collect();
    table.row(format!("ready on {} orders, ms", scale.large), shown(times), "≤ 1000");
    let wal_mb = if scale.tiny { 0.1 } else { 64.0 };
    let mut log = 0.0;
    let times = (0..rounds)
        .map(|_| {
            log = crashed(&db, &token, wal_mb);
            ready_ms(&db).0
        })
        .collect();
    table.row(format!("… after kill -9 with {log:.0} MB of log, ms"), shown(times), "≤ 1000");
}

/// Leaves a log of `mb` beside the file, as a killed server does. The server itself never lets its log
/// grow so far, so another connection writes it, as one long transaction after another.
fn crashed(db: &Path, token: &str, mb: f64) -> f64 {
    let server = Server::comanda(db);
    let variants = vec![1];
    let make = orders(token, &variants);
    load(&server.addr, 8, 50, 201, &make);
    server.kill();
    let wal = db.with_extension("db-wal");
    let conn = Connection::open(db).unwrap();
    conn.execute_batch(
        "pragma wal_autocheckpoint = 0; pragma synchronous = off; create table if not exists ballast (b blob)",
    )
    .unwrap();
    let size = || std::fs::metadata(&wal).map_or(0.0, |m| m.len() as f64 / 1048576.0);
    while size() < mb {
        conn.execute_batch("insert into ballast select randomblob(900000); delete from ballast").unwrap();
    }
    let log = size();
    // A connection that is closed would empty the log; a killed process does not.
    std::mem::forget(conn);
    log
}

/// Requests one after the other on one connection, in µs each.
pub fn latency_us(addr: &str, bytes: Vec<u8>, for_ms: u64) -> f64 {
    let make: Make = Arc::new(move |_| bytes.clone());
    let turn = load(addr, 1, for_ms, 200, &make);
    1e6 / turn.rate()
}

/// The middle of several.
pub fn middle(values: Vec<f64>) -> f64 {
    spread(values).0
}
