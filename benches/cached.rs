//! The cached menu and its 304, against bare answers of the same size.

use std::sync::Arc;

use crate::Scale;
use crate::client::{Make, load, once, request};
use crate::create::menu;
use crate::server::{Folder, Server, restaurant};
use crate::table::{Table, shown, spread};

pub fn run(scale: Scale, table: &mut Table) {
    let folder = Folder::new("cached");
    let db = folder.file("comanda.db");
    let token = restaurant(&db);
    let server = Server::comanda(&db);
    menu(&server.addr, &token, if scale.tiny { 3 } else { 60 });
    let get = request("GET", "/api/v1/menu", &token, "", "");
    let (status, head, body) = once(&server.addr, &get);
    assert_eq!(status, 200);
    let etag = head.lines().find_map(|l| l.strip_prefix("etag: ")).expect("the menu has an ETag").to_owned();
    let bare = Server::bare(body.len());
    let seen = request("GET", "/api/v1/menu", &token, &format!("if-none-match: {etag}\r\n"), "");
    let plain = |path: &str, bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).unwrap().replacen("/api/v1/menu", path, 1).into_bytes()
    };
    let pairs = [
        ("cached menu / bare GET of the same bytes", 200, get.clone(), plain("/", &get), "≥ 0.85"),
        ("304 of the menu / bare 304", 304, seen.clone(), plain("/304", &seen), "≥ 0.90"),
    ];
    for (what, status, ours, theirs, wanted) in pairs {
        let (ours, theirs): (Make, Make) = (Arc::new(move |_| ours.clone()), Arc::new(move |_| theirs.clone()));
        let (mut ratios, mut cpu, mut cpu_bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..scale.rounds {
            let before = server.cpu_s();
            let a = load(&server.addr, 32, scale.round_ms, status, &ours);
            cpu.push((server.cpu_s() - before) * 1e6 / a.requests as f64);
            let before = bare.cpu_s();
            let b = load(&bare.addr, 32, scale.round_ms, status, &theirs);
            cpu_bare.push((bare.cpu_s() - before) * 1e6 / b.requests as f64);
            ratios.push(a.rate() / b.rate());
        }
        table.row(what, shown(ratios), wanted);
        let figure = format!("{:.1} µs, bare {:.1} µs", spread(cpu).0, spread(cpu_bare).0);
        table.row("… server CPU time a request", figure, "");
    }
}
