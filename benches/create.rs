//! Durable four-line orders over HTTP, against a bare POST that answers as many bytes.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::Scale;
use crate::client::{Make, load, once, request};
use crate::server::{Folder, Server, restaurant};
use crate::table::{Table, shown, spread};

/// Puts a small menu on the server; the ids of its variants.
pub fn menu(addr: &str, token: &str, items: usize) -> Vec<i64> {
    let post = |path: &str, key: String, body: Value| -> Value {
        let head = format!("idempotency-key: {key}\r\n");
        let (status, _, answer) = once(addr, &request("POST", path, token, &head, &body.to_string()));
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    };
    let rates = json!([{"name": "IVA", "rate": "10", "included": true, "compound": false}]);
    let tax = post("/api/v1/tax-classes", "t".into(), json!({"name": "Food", "rates": rates}));
    let category = post("/api/v1/categories", "c".into(), json!({"name": "Kitchen"}));
    let item = |n: usize| {
        let variants = json!([{"name": "one", "price": 500 + 25 * n}]);
        let body = json!({
            "name": format!("Dish {n}"), "description": "As it comes from the kitchen, with what goes with it.",
            "category_id": category["id"], "tax_class": tax["id"], "variants": variants,
        });
        post("/api/v1/items", format!("i{n}"), body)["variants"][0]["id"].as_i64().unwrap()
    };
    (0..items).map(item).collect()
}

/// Makes the bytes of an order of four lines, every one with a key of its own.
pub fn orders(token: &str, variants: &[i64]) -> Make {
    let line = |at: usize| json!({"variant_id": variants[at % variants.len()], "quantity": 1 + at % 2});
    let body = json!({"kind": "takeaway", "lines": [line(0), line(1), line(2), line(3)]}).to_string();
    let (token, run) = (token.to_owned(), std::process::id());
    Arc::new(move |n| request("POST", "/api/v1/orders", &token, &format!("idempotency-key: b{run}-{n}\r\n"), &body))
}

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("create");
    let db = folder.file("comanda.db");
    let token = restaurant(&db);
    let server = Server::comanda(&db);
    let variants = menu(&server.addr, &token, 8);
    let make = orders(&token, &variants);
    let (status, _, answer) = once(&server.addr, &make(u64::MAX));
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
    let bare = Server::bare(answer.len());
    let plain: Make = {
        let bytes = make(0);
        let bytes = String::from_utf8(bytes).unwrap().replacen("/api/v1/orders", "/", 1).into_bytes();
        Arc::new(move |_| bytes.clone())
    };
    let (mut ratios, mut rates, mut cpu, mut cpu_bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        let before = server.cpu_s();
        let ours = load(&server.addr, 32, scale.round_ms, 201, &make);
        cpu.push((server.cpu_s() - before) * 1e6 / ours.requests as f64);
        let before = bare.cpu_s();
        let theirs = load(&bare.addr, 32, scale.round_ms, 201, &plain);
        cpu_bare.push((bare.cpu_s() - before) * 1e6 / theirs.requests as f64);
        ratios.push(ours.rate() / theirs.rate());
        rates.push(ours.rate());
    }
    table.row("durable four-line orders, 32 connections / bare POST of as many bytes", shown(ratios), "≥ 0.10");
    table.row("… orders a second (this machine)", format!("{:.0}", spread(rates).0), "");
    let figure = format!("{:.0} µs, bare {:.0} µs", spread(cpu).0, spread(cpu_bare).0);
    table.row("… server CPU time an order", figure, "");
}
