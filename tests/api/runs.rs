//! Start, health, stop, and what is answered where there is nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::harness::House;
use crate::orders::Night;

#[test]
fn health_needs_no_token() {
    let house = House::bare();
    let anyone = house.anyone();
    assert_eq!(anyone.page("/livez").ok().str("/status"), "ok");
    assert_eq!(anyone.page("/readyz").ok().json(), &serde_json::json!({"status": "ok"}));
    let verbose = anyone.page("/readyz?verbose").ok();
    assert_eq!(verbose.str("/checks/store"), "writable");
}

#[test]
fn what_is_not_there_is_a_problem() {
    let house = House::bare();
    let anyone = house.anyone();
    anyone.get("/nothing").refused("not_found");
    anyone.page("/").refused("not_found");
    anyone.page("/problems/nothing").refused("not_found");
    let put = anyone.build("PUT", format!("http://{}/livez", house.running().addr)).refused("method_not_allowed");
    assert_eq!(put.header("allow"), "GET");
}

#[test]
fn a_stopped_server_leaves_one_file_and_its_lock() {
    let mut house = House::bare();
    house.anyone().page("/livez").ok();
    house.stop();
    let mut names: Vec<String> = std::fs::read_dir(house.folder.file(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["comanda.db", "comanda.db.lock", "comanda.db.reserve", "comanda.stats.db"]);
    house.restart();
    house.anyone().page("/readyz").ok();
}

#[test]
fn a_house_knows_its_people() {
    let house = House::open();
    house.anyone().get("/journal").refused("token_missing");
    house.anyone().with_token("nobody's").get("/journal").refused("token_invalid");
    house.terminal_of("auditor").get("/journal").refused("token_missing");
    house.as_("waiter").get("/journal").refused("forbidden");
    let journal = house.as_("auditor").get("/journal").ok();
    assert_eq!(journal.str("/items/0/kind"), "site.created");
    for role in crate::harness::ROLES {
        house.as_(role).get("/tickets").send();
    }
}

#[test]
fn a_problem_is_a_page() {
    let house = House::bare();
    let page = house.anyone().page("/problems/sold_out").ok();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("sold_out"));
}

#[test]
fn stopping_finishes_what_runs_and_takes_no_more() {
    let mut house = House::open();
    let (anyone, waiter) = (house.anyone(), house.as_("waiter"));
    let mut slow = TcpStream::connect(house.running().addr).unwrap();
    let token = &house.person("waiter").token;
    let head = format!(
        "POST /api/v1/tickets/999/bump HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: slow\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    slow.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 25];
    // Once it is told to go on, the request is under way.
    slow.read_exact(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100 Continue"));
    let stopped = thread::spawn(move || house.stop());
    while anyone.page("/readyz").send().status == 200 {
        thread::yield_now();
    }
    anyone.page("/readyz").refused("stopping");
    anyone.page("/livez").ok();
    waiter.get("/tickets").refused("stopping");
    slow.write_all(b"{}").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 Not Found"), "{answer}");
    stopped.join().unwrap();
}

#[test]
fn what_is_not_http_is_refused_and_no_fault() {
    let house = House::open();
    for (bytes, expected) in [
        (&b"GET /livez HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n"[..], "HTTP/1.1 400"),
        (b"NONSENSE\r\n\r\n", "HTTP/1.1 400"),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"),
    ] {
        let answer = house.raw(bytes);
        assert!(answer.starts_with(expected), "{}: {answer:?}", String::from_utf8_lossy(bytes));
    }
    house.anyone().page("/livez").ok();
}

/// Waits for the server to bring `state` about by itself.
fn until(state: impl Fn() -> bool) {
    let began = Instant::now();
    while !state() {
        assert!(began.elapsed() < Duration::from_secs(20), "it never came about");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_disk_is_told_and_passes_by_itself() {
    let n = Night::new();
    let faults = n.house.running().house().store.faults();
    let order = || n.waiter.post("/orders").body(json!({"kind": "takeaway"})).key("full");
    faults.disk_full(true);
    assert_eq!(order().refused("read_only").header("retry-after"), "5");
    n.house.anyone().page("/readyz").refused("read_only");
    let page = n.house.anyone().page("/problems/sold_out").ok().text();
    assert!(page.contains("nothing can be written until there is room") && page.contains("Sold out."), "{page}");
    assert!(n.manager.get("/stats").ok().text().contains("disk_full"));
    order().refused("read_only");
    assert_eq!(n.waiter.get("/orders").ok().int("/page/total"), 0, "what is there is shown all the same");
    faults.disk_full(false);
    until(|| n.house.anyone().page("/readyz").send().status == 200);
    assert_eq!(order().created().header("idempotency-replayed"), "", "the refusals left the key free");
}

#[test]
fn a_damaged_file_is_told_with_the_command_that_helps() {
    let mut n = Night::new();
    n.house.by_hand();
    n.house.stop();
    let root = "select rootpage from sqlite_schema where name = 'idempotency_keys_by_key'";
    let page: i64 = Connection::open(n.house.db()).unwrap().query_row(root, (), |row| row.get(0)).unwrap();
    let page = usize::try_from(page).unwrap();
    let mut bytes = std::fs::read(n.house.db()).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xAB);
    std::fs::write(n.house.db(), bytes).unwrap();
    n.house.restart();
    let path = n.house.running().house().store.path().display().to_string();
    let command = format!("comanda restore BACKUP --db {path}");
    let (waiter, anyone) = (n.house.as_("waiter"), n.house.anyone());
    for told in [waiter.post("/orders").body(json!({"kind": "takeaway"})), anyone.page("/readyz")] {
        let told = told.refused("damaged");
        assert!(told.str("/detail").contains(&command), "{}", told.text());
        assert!(!told.text().contains("full"), "{}", told.text());
        assert_eq!(told.header("retry-after"), "60");
    }
    let stats = n.house.as_("manager").get("/stats").ok().text();
    assert!(stats.contains("file_damaged") && stats.contains(&command), "{stats}");
    let page = anyone.page("/problems/damaged").ok().text();
    assert!(page.contains(&command), "{page}");
    anyone.page("/livez").ok();
}

#[test]
fn too_many_at_once_are_told_to_come_again() {
    let n = Night::new();
    let store = &n.house.running().house().store;
    let held = [store.snapshot().unwrap(), store.snapshot().unwrap()];
    let readers = n.waiter.get("/orders?state=voided").refused("busy");
    assert!(readers.str("/detail").contains("reader"), "{}", readers.text());
    drop(held);
    n.waiter.get("/orders?state=voided").ok();
    // A write that takes its time, and behind it as many as may wait.
    let (go, wait) = mpsc::channel::<()>();
    let long = store.write(move |_| {
        let _ = wait.recv();
        Ok(())
    });
    until(|| store.stats().queue == 0);
    let waiting: Vec<_> = (0..store.queue_max()).map(|_| store.write(|_| Ok(()))).collect();
    let order = || n.waiter.post("/orders").body(json!({"kind": "takeaway"})).key("busy");
    let writers = order().refused("busy");
    assert!(writers.str("/detail").contains("writes are waiting"), "{}", writers.text());
    assert_eq!(writers.header("retry-after"), "1");
    drop((waiting, go));
    until(|| store.stats().queue == 0);
    order().created();
    drop(long);
}
