//! The load tester, as people start it: what it measures, what it says, and what it leaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Folder, House, PIN};

fn load(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
    command.arg("load").args(arguments.split(' ')).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What it said on both ends, with the exit code it must have.
#[track_caller]
fn check(mut command: Command, code: i32, words: &[&str]) -> String {
    told(&command.output().unwrap(), code, words)
}

#[track_caller]
fn told(output: &Output, code: i32, words: &[&str]) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    said
}

fn report(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.file(name)).unwrap()).unwrap()
}

#[track_caller]
fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["scenarios"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

/// A house with something to sell: plain, of two sizes, with an option that must be chosen; and two tables.
fn furnished() -> House {
    let house = House::open();
    let manager = house.as_("manager");
    let vat = json!([{"name": "VAT", "rate": "10", "included": true, "compound": false}]);
    let tax = manager.post("/tax-classes").body(json!({"name": "Food", "rates": vat})).created().id();
    let category = manager.post("/categories").body(json!({"name": "Pizza"})).created().id();
    let group = json!({"name": "Base", "min": 1, "max": 1, "options": [{"name": "thin", "price": 0}, {"name": "thick", "price": 150}]});
    let group = manager.post("/modifier-groups").body(group).created().id();
    for (name, variants, groups) in [
        ("Margherita", json!([{"name": "M", "price": 890}, {"name": "L", "price": 1290}]), json!([group])),
        ("Acqua", json!([{"name": "0.5", "price": 250}]), json!([])),
        // Cannot be ordered as they stand.
        ("Catch of the day", json!([{"name": "kg", "price": 4200, "sold_by": "kg"}]), json!([])),
    ] {
        let item = json!({"name": name, "category_id": category, "tax_class": tax, "variants": variants, "modifier_groups": groups});
        manager.post("/items").body(item).created();
    }
    let area = manager.post("/areas").body(json!({"name": "Sala"})).created().id();
    for name in ["1", "2"] {
        manager.post("/tables").body(json!({"name": name, "area_id": area, "seats": 4})).created();
    }
    house
}

fn where_it_is(house: &House) -> String {
    format!("--url http://{} --db {}", house.running().addr, house.db().display())
}

/// No order is open, the kitchen waits for nothing, nobody but the house's own has a token.
#[track_caller]
fn nothing_is_left(house: &House) {
    let manager = house.as_("manager");
    assert_eq!(manager.get("/orders?state=open").ok().int("/page/total"), 0);
    assert_eq!(manager.get("/tickets?state=waiting").ok().int("/page/total"), 0);
    let devices = manager.get("/devices?limit=100").ok();
    let tests: Vec<&Value> = devices.list("/items").iter().filter(|device| device["name"] == "Load test").collect();
    assert!(!tests.is_empty());
    assert!(tests.iter().all(|device| !device["revoked_at"].is_null()), "{tests:#?}");
    let files = std::fs::read_dir(house.folder.file("")).unwrap();
    let left = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .find(|name| name.contains("backup") && !name.ends_with(".backup-at"));
    assert_eq!(left, None);
}

#[test]
fn every_scenario_runs_and_nothing_stays() {
    let house = furnished();
    let json = house.folder.file("report.json");
    let staff = house.person("waiter").staff_id;
    let arguments = format!(
        "--comprehensive --requests 20 --concurrent 2 --staff {staff} --pin {PIN} --json {} {}",
        json.display(),
        where_it_is(&house)
    );
    let said = check(load(&arguments), 0, &["menu: zstd", "p99.9", "Targets met: ", "errors: 0.00 %", "paid: 4."]);
    // Four orders are one page, and only that is left out.
    assert_eq!(said.matches("skipped").count(), 1, "{said}");
    assert!(said.contains("orders: cursor: skipped"), "{said}");
    let report = report(&house.folder, "report.json");
    for (name, requests) in [
        ("health: alive", 20),
        ("health: ready", 20),
        ("menu: plain", 20),
        ("menu: zstd", 20),
        ("menu: 304", 20),
        ("floor", 20),
        ("order: open", 4),
        ("order: add lines", 4),
        ("order: send", 4),
        ("order: bill", 4),
        ("order: pay", 4),
        ("order: receipt", 4),
        ("order: whole life", 4),
        ("orders: page 1", 20),
        ("orders: middle page", 20),
        ("orders: filtered", 20),
        ("orders: one", 20),
        ("report: a day, first", 20),
        ("report: a day, again", 20),
        ("report: a month", 20),
        ("sign in", 4),
    ] {
        let row = row(&report, name);
        assert_eq!((&row["requests"], &row["good"]), (&json!(requests), &json!(requests)), "{row:#}");
        let times = ["p50_us", "p95_us", "p99_us", "p999_us", "max_us"].map(|time| row[time].as_u64().unwrap());
        assert!(times[0] > 0 && times.is_sorted(), "{row:#}");
        assert!(row["per_minute"].as_u64().unwrap() > 0);
    }
    let bytes = |name: &str| row(&report, name)["bytes"].as_u64().unwrap();
    assert_eq!(bytes("menu: 304"), 0);
    assert!(bytes("menu: zstd") < bytes("menu: plain"));
    assert_eq!(row(&report, "menu: plain")["cache_hits"], 20);
    assert_eq!(row(&report, "report: a day, first")["cache_misses"], 20);
    assert_eq!(row(&report, "report: a day, again")["cache_hits"], 20);
    nothing_is_left(&house);
}

#[test]
fn an_evening_is_disturbed_and_nothing_stays() {
    let house = furnished();
    let json = house.folder.file("report.json");
    let staff = house.person("waiter").staff_id;
    let arguments = format!(
        "--terminals 3 --orders-per-minute 400 --minutes 3s --disturb --staff {staff} --pin {PIN} --json {} {}",
        json.display(),
        where_it_is(&house)
    );
    check(load(&arguments), 0, &["an evening of 3 s: 3 terminals, 400 orders a minute, disturbed", "paid: 20."]);
    let report = report(&house.folder, "report.json");
    let whole = row(&report, "the evening");
    assert_eq!(whole["good"], whole["requests"], "{whole:#}");
    for (name, requests) in [("order: open", 20), ("order: pay", 20), ("export", 1), ("sign in", 4), ("backup", 1)] {
        assert_eq!(row(&report, name)["good"], requests, "{name}: {report:#}");
    }
    for name in ["screen: floor", "screen: menu", "screen: orders", "kitchen: tickets", "order: send", "order: receipt"]
    {
        assert!(row(&report, name)["good"].as_u64().unwrap() > 0, "{name}");
    }
    nothing_is_left(&house);
}

#[test]
fn an_interrupted_evening_closes_what_is_open() {
    let house = furnished();
    let arguments = format!("--terminals 3 --orders-per-minute 600 --minutes 60s {}", where_it_is(&house));
    let mut running = load(&arguments).spawn().unwrap();
    let manager = house.as_("manager");
    let began = Instant::now();
    while manager.get("/orders?state=open").ok().int("/page/total") < 5 {
        if began.elapsed() > Duration::from_secs(20) {
            let _ = running.kill();
            panic!("it opens nothing: {:?}", running.wait_with_output());
        }
    }
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    let output = running.wait_with_output().unwrap();
    told(&output, 1, &["closing what is open", "Interrupted. What it had opened is closed."]);
    nothing_is_left(&house);
    assert!(manager.get("/orders?state=voided").ok().int("/page/total") >= 5);
}

/// A request on a connection, its head alone; `None` where the other side has closed it.
fn heard(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut head, mut length) = (String::new(), 0);
    reader.read_line(&mut head).ok().filter(|n| *n > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    Some(head)
}

/// A server that does with each request, counted from 1 over all connections, what `answer` says, and
/// closes the connection where that says no. It ends with the test.
fn scripted(answer: impl Fn(usize, &str, &mut TcpStream) -> bool + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new((AtomicUsize::new(1), answer));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, shared) = (stream.unwrap(), Arc::clone(&shared));
            thread::spawn(move || {
                let (next, answer) = &*shared;
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while let Some(head) = heard(&mut reader) {
                    if !answer(next.fetch_add(1, Ordering::SeqCst), &head, &mut stream) {
                        return stream.shutdown(Shutdown::Both).unwrap();
                    }
                }
            });
        }
    });
    format!("--url http://{address} --token test --concurrent 1")
}

fn say(stream: &mut TcpStream, status: &str, body: &str) -> bool {
    let length = body.len();
    let kind = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
    // In one piece: the second of two small ones waits for the first one's acknowledgement.
    let answer = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).is_ok()
}

#[test]
fn waiting_behind_a_stall_counts() {
    const STALL_MS: u64 = 500;
    let server = scripted(|n, _, stream| {
        if n == 10 {
            thread::sleep(Duration::from_millis(STALL_MS));
        }
        say(stream, "200 OK", "{}")
    });
    let folder = Folder::new();
    let json = folder.file("report.json");
    let arguments = format!("--endpoint /livez --rate 100 --requests 60 --json {} {server}", json.display());
    check(load(&arguments), 0, &["60 requests of /livez on 1 connections, 100 a second", "of their moment"]);
    let report = report(&folder, "report.json");
    let at = |time: &str| row(&report, "/livez")[time].as_u64().unwrap();
    // One request was answered late, and forty-nine were due while it was.
    assert_eq!(at("good"), 60);
    assert!(at("p50_us") >= STALL_MS * 1000 / 4, "{report:#}");
    assert!(at("p99_us") >= STALL_MS * 1000 * 9 / 10, "{report:#}");
    assert!(at("max_us") >= STALL_MS * 1000, "{report:#}");
}

#[test]
fn errors_are_told_by_their_kinds() {
    let server = scripted(|n, _, stream| match n {
        1 | 2 => say(stream, "200 OK", "{}"),
        3 => say(stream, "409 Conflict", r#"{"code": "sold_out"}"#),
        4 => say(stream, "503 Service Unavailable", r#"{"code": "busy"}"#),
        5 => say(stream, "500 Internal Server Error", ""),
        6 => say(stream, "404 Not Found", ""),
        7 => false,
        8 => {
            let _ = stream.write_all(b"that is not HTTP\r\n\r\n");
            false
        }
        // Longer than it is waited for; then the connection is gone.
        _ => {
            thread::sleep(Duration::from_millis(1200));
            false
        }
    });
    let folder = Folder::new();
    let json = folder.file("report.json");
    let arguments = format!("--endpoint /livez --requests 9 --timeout 1 --json {} {server}", json.display());
    let lines = ["1 refused: sold_out", "1 HTTP: 503 busy", "1 transport: connection closed", "1 timed out"];
    check(load(&arguments), 0, &lines);
    let report = report(&folder, "report.json");
    let row = row(&report, "/livez");
    let errors = json!({
        "refused": {"sold_out": 1, "status 404": 1},
        "server": {"500": 1, "503 busy": 1},
        "transport": {"connection closed": 1, "no HTTP": 1},
        "timeout": 1,
    });
    assert_eq!((&row["errors"], &row["good"]), (&errors, &json!(2)), "{report:#}");
    // Two answers and what was waited for in vain.
    assert!(row["max_us"].as_u64().unwrap() >= 1_000_000);
}

#[test]
fn an_order_whose_answer_was_lost_is_found_and_closed() {
    let opened = Arc::new(Mutex::new(Vec::<String>::new()));
    let voided = Arc::new(AtomicUsize::new(0));
    let (keys, voids) = (Arc::clone(&opened), Arc::clone(&voided));
    let server = scripted(move |_, head, stream| {
        let menu = json!({"categories": [{"items": [{"variants": [{"id": 1, "price": 100, "sold_by": "each"}]}]}]});
        let words: Vec<&str> = head.split_whitespace().take(2).collect();
        match words[..] {
            ["GET", "/api/v1/menu"] => say(stream, "200 OK", &menu.to_string()),
            ["POST", "/api/v1/orders"] => {
                let key = head.lines().find(|line| line.starts_with("idempotency-key:")).unwrap().to_owned();
                let mut keys = keys.lock().unwrap();
                keys.push(key);
                keys.len() > 1 && say(stream, "201 Created", r#"{"id": 7, "state": "open", "due": 100}"#)
            }
            ["GET", "/api/v1/orders/7"] => {
                let open = voids.load(Ordering::SeqCst) == 0;
                let state = if open { "open" } else { "voided" };
                say(stream, "200 OK", &json!({"id": 7, "state": state, "paid": 0, "due": 100}).to_string())
            }
            ["POST", "/api/v1/orders/7/void"] => {
                voids.fetch_add(1, Ordering::SeqCst);
                say(stream, "200 OK", "{}")
            }
            _ => say(stream, "200 OK", "{}"),
        }
    });
    let lost = ["order: open: 1 transport: connection closed", "order: open: not one request was answered"];
    check(load(&format!("--comprehensive --requests 1 {server}")), 1, &lost);
    let keys = opened.lock().unwrap();
    assert_eq!(keys.len(), 2, "asked again");
    assert_eq!(keys[0], keys[1], "with the same key");
    assert_eq!(voided.load(Ordering::SeqCst), 1);
}

#[test]
fn an_earlier_report_is_held_against_it() {
    let house = House::open();
    let (before, after) = (house.folder.file("before.json"), house.folder.file("after.json"));
    let run = format!("--endpoint /livez --requests 50 --concurrent 1 --token x --url http://{}", house.running().addr);
    check(load(&format!("{run} --json {}", before.display())), 0, &["/livez"]);
    let against = |p99_us: u64, per_minute: u64| {
        let mut earlier = report(&house.folder, "before.json");
        earlier["scenarios"][0]["p99_us"] = p99_us.into();
        earlier["scenarios"][0]["per_minute"] = per_minute.into();
        std::fs::write(&after, earlier.to_string()).unwrap();
        load(&format!("{run} --worse-by 20% --against {} --json {}", after.display(), after.display()))
    };
    // Slower than this house can be even beside every other test; then faster.
    check(against(9_000_000, 1), 0, &["Nothing is worse by more than 20 %"]);
    assert_ne!(report(&house.folder, "after.json")["scenarios"][0]["p99_us"], 9_000_000);
    check(against(9_000_000, 100_000_000), 1, &["Worse by more than 20 %", "/livez: ", " a second, was "]);
    check(against(0, 1), 1, &["/livez: p99 ", ", was 0 us"]);
    let other =
        format!("--endpoint /readyz --requests 50 --concurrent 1 --token x --url http://{}", house.running().addr);
    check(load(&format!("{other} --against {}", before.display())), 1, &["The earlier report is of another run"]);
    // Nothing answers a path that is not there as it should.
    let nowhere = run.replace("/livez", "/api/v1/nowhere");
    check(load(&nowhere), 1, &["50 refused: not_found", "not one request was answered"]);
}

#[test]
fn what_is_wrong_on_the_line_is_told() {
    let db = std::env::temp_dir().join("nobody-serves-this.db");
    for (arguments, code, words) in [
        ("--json x", 2, "the following required arguments were not provided"),
        ("--comprehensive --endpoint /livez", 2, "cannot be used with"),
        ("--endpoint livez", 2, "begin with a slash"),
        ("--endpoint /livez --rate 0", 2, "0 is not in 1.."),
        ("--terminals 4 --minutes soon", 2, "minutes as in 5, or seconds as in 90s"),
        ("--terminals 4 --minutes 0", 2, "from one second to a day"),
        ("--comprehensive --url https://127.0.0.1", 2, "speaks http"),
        ("--comprehensive --url 127.0.0.1:8300", 2, "say it whole"),
        ("--comprehensive --staff 2", 2, "--pin <PIN>"),
        ("--comprehensive --worse-by much", 2, "a percentage, as in 20%"),
        ("--comprehensive --rate 5", 1, "--rate goes with --endpoint."),
        ("--comprehensive --disturb", 1, "--disturb goes with --terminals."),
        ("--terminals 4 --requests 5", 1, "--requests goes with --comprehensive or --endpoint."),
        ("--comprehensive --url http://192.0.2.1", 1, "--elsewhere says that it is meant to be"),
        ("--comprehensive", 1, "A token is needed."),
        (
            "--comprehensive --token x --url http://127.0.0.1:1",
            1,
            "Nothing answers at http://127.0.0.1:1: connection refused",
        ),
        ("--comprehensive --token x --against nowhere.json", 1, "nowhere.json: No such file"),
    ] {
        check(load(arguments), code, &[words]);
    }
    check(load(&format!("--comprehensive --db {}", db.display())), 1, &["cannot be asked: none runs there"]);
    let house = House::open();
    let stranger = format!("--comprehensive --token cmi_nobody --url http://{}", house.running().addr);
    check(load(&stranger), 1, &["does not know this token"]);
}
