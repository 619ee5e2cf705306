//! A bill of 40 lines on several checks, and two tables of 20 put together: what the writer works at them, in its
//! own thread, from the first statement to the answer; the commit is every write's.

use std::sync::Arc;
use std::time::Instant;

use comanda::app::App;
use comanda::config::Config;
use comanda::error::Result;
use comanda::journal;
use comanda::kernel::clock::SystemClock;
use comanda::kernel::ids::{CheckId, OrderId};
use comanda::kernel::permission::Role;
use comanda::orders::model::{IfMatch, Order};
use comanda::orders::ops::merge::{self, Merge};
use comanda::orders::ops::moving;
use comanda::orders::ops::split::{self, How};
use comanda::orders::ops::{By, Piece, Take, undo};
use comanda::store::{Store, Tx};
use serde_json::{Value, json};

use crate::Scale;
use crate::client::{once, request};
use crate::create::menu;
use crate::server::{Folder, restaurant};
use crate::table::{Table, shown};

const LINES: usize = 40;

/// Runs one operation; the order it answers, and how long the writer was at it, in µs.
fn at_writer(store: &Store, job: impl FnOnce(&Tx<'_>, &By) -> Result<Order> + Send + 'static) -> (Order, f64) {
    let timed = move |tx: &Tx<'_>| {
        let start = Instant::now();
        let stamp = journal::ops::stamp(tx, &SystemClock, None, None)?;
        let order = job(tx, &By::new(stamp, Role::Manager))?;
        Ok((order, start.elapsed().as_secs_f64() * 1e6))
    };
    store.write_blocking(timed).unwrap()
}

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("splits");
    let db = folder.file("comanda.db");
    let token = restaurant(&db);
    let mut config = Config::new(db);
    config.listen = "127.0.0.1:0".parse().unwrap();
    let running = App::start(&config, Arc::new(SystemClock)).unwrap_or_else(|error| panic!("{error}"));
    let addr = running.addr.to_string();
    let variants = menu(&addr, &token, 8);
    let mut key = 0;
    let mut post = |path: &str, head: &str, body: Value| -> Value {
        key += 1;
        let head = format!("idempotency-key: s{key}\r\n{head}");
        let (status, _, answer) = once(&addr, &request("POST", path, &token, &head, &body.to_string()));
        assert!(status < 300, "{}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    };
    let mut open = |lines: usize| -> OrderId {
        let line = |at: usize| json!({"variant_id": variants[at % variants.len()], "quantity": 1 + at % 3, "seat": 1 + at % 4});
        let lines: Vec<Value> = (0..lines).map(line).collect();
        let order = post("/api/v1/orders", "", json!({"kind": "dine_in", "guests": 4, "lines": lines}));
        let id = order["id"].as_i64().unwrap();
        post(&format!("/api/v1/orders/{id}/send"), "", json!({}));
        let off = json!({"name": "Friends", "percent": "7.5"});
        post(&format!("/api/v1/orders/{id}/discounts"), "if-match: *\r\n", off);
        OrderId::new(id)
    };
    let store = &running.house().store;
    let rounds = if scale.tiny { 1 } else { 40 };
    let [mut half, mut evenly, mut seats, mut joined, mut merged, mut undone] = [const { Vec::new() }; 6];
    for _ in 0..rounds {
        let id = open(LINES);
        let (split, took) =
            at_writer(store, move |tx, by| split::whole(tx, by, id, None, &IfMatch::Any, How::Evenly(2)));
        evenly.push(took);
        assert_eq!(split.checks.len(), 2);
        let second: CheckId = split.checks[1].id;
        joined.push(at_writer(store, move |tx, by| moving::join(tx, by, id, second, &IfMatch::Any)).1);
        let takes: Vec<Take> = split.checks[0]
            .lines
            .iter()
            .step_by(2)
            .map(|line| Take { line: line.id, piece: Piece::All, pointer: String::new() })
            .collect();
        half.push(at_writer(store, move |tx, by| split::onto_new(tx, by, id, &IfMatch::Any, &takes)).1);
        undone.push(at_writer(store, move |tx, by| undo::undo(tx, by, id, &IfMatch::Any)).1);
        seats.push(at_writer(store, move |tx, by| split::whole(tx, by, id, None, &IfMatch::Any, How::BySeat)).1);
        let (here, there) = (open(LINES / 2), open(LINES / 2));
        let asked = Merge { from: there, version: None, keep_checks: false };
        let (order, took) = at_writer(store, move |tx, by| merge::merge(tx, by, here, &IfMatch::Any, asked));
        assert_eq!(order.lines().count(), LINES / 2 * 2);
        merged.push(took);
    }
    for (what, times) in [
        ("half of a check of 40 lines on a new one, µs of the writer", half),
        ("… evenly on two", evenly),
        ("… by four seats", seats),
        ("… joined again", joined),
        ("… a split taken back", undone),
        ("two orders of 20 lines put together, µs of the writer", merged),
    ] {
        table.row(what, shown(times), "≤ 2000");
    }
    running.stop();
}
