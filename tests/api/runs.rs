//! Start, health, stop, and what is answered where there is nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::harness::House;

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
    assert_eq!(names, ["comanda.db", "comanda.db.lock", "comanda.stats.db"]);
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
        "POST /api/v1/tickets/999/bump HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: slow\r\n\
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
        (&b"GET /livez HTTP/1.1\r\nHost: till\r\nBad Header: x\r\n\r\n"[..], "HTTP/1.1 400"),
        (b"NONSENSE\r\n\r\n", "HTTP/1.1 400"),
        (b"GET /livez HTTP/1.1\r\nHost: till\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"),
    ] {
        let answer = house.raw(bytes);
        assert!(answer.starts_with(expected), "{}: {answer:?}", String::from_utf8_lossy(bytes));
    }
    house.anyone().page("/livez").ok();
}
