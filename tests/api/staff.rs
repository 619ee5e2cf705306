//! Staff, sessions, devices, and what a token may do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use comanda::app::control::{Command, Desk, Told};
use comanda::kernel::clock::Clock as _;
use comanda::kernel::ids::SessionId;
use comanda::store::{Read as _, Statement};
use serde_json::json;

use crate::client::Client;
use crate::harness::{House, PIN, ROLES};

const HOUR_MS: i64 = 60 * 60 * 1000;

static NEWEST: Statement = Statement::new("test.newest_session", "select max(id) from sessions");

#[track_caller]
fn names(list: &[serde_json::Value]) -> Vec<&str> {
    list.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// The journal's records of a kind, their payloads as text.
fn records(house: &House, kind: &str) -> Vec<String> {
    let all = house.sign_in("auditor").get("/journal?limit=100").ok();
    let of_kind = all.list("/items").iter().filter(|record| record["kind"] == kind);
    of_kind.map(|record| record["payload"].to_string()).collect()
}

// ── staff ────────────────────────────────────────────────────────────────────

#[test]
fn staff_are_hired_changed_and_leave() {
    let house = House::open();
    let owner = house.as_("owner");

    let hired = owner.post("/staff").body(json!({"name": "Zoe", "role": "waiter", "pin": "2468"})).created();
    assert_eq!((hired.str("/name"), hired.str("/role"), hired.bool("/archived")), ("Zoe", "waiter", false));
    let permissions: Vec<_> = hired.list("/permissions").iter().map(|p| p.as_str().unwrap()).collect();
    assert!(permissions.contains(&"take_orders") && !permissions.contains(&"refund"), "{permissions:?}");
    let id = hired.id();

    let all = owner.get("/staff").ok();
    assert_eq!(names(all.list("/items")), ["Aldo", "Carlo", "Gina", "Kim", "Mara", "Walter", "Zoe"]);
    assert_eq!(all.int("/page/total"), 7);
    assert_eq!(house.as_("auditor").get("/staff?limit=2&page=4").ok().list("/items").len(), 1);

    let zoe = format!("/staff/{id}");
    let changed = owner.patch(&zoe).body(json!({"name": "Zoë", "role": "cashier"})).ok();
    assert_eq!((changed.str("/name"), changed.str("/role")), ("Zoë", "cashier"));
    owner.patch(&zoe).body(json!({"archived": true})).ok();
    let terminal = house.terminal_of("waiter");
    assert_eq!(
        names(terminal.get("/staff/names").ok().list("/items")),
        ["Aldo", "Carlo", "Gina", "Kim", "Mara", "Walter"]
    );
    terminal.post("/sessions").no_key().body(json!({"staff_id": id, "pin": "2468"})).refused("pin_wrong");
    owner.patch(&zoe).body(json!({"archived": false})).ok();
    terminal.post("/sessions").no_key().body(json!({"staff_id": id, "pin": "2468"})).created();

    // Nothing changed, nothing told: hired, changed, left, came back.
    owner.patch(&zoe).body(json!({"name": "Zoë"})).ok();
    let told = records(&house, "staff.changed");
    assert_eq!(told.iter().filter(|payload| payload.contains("Zo")).count(), 4, "{told:?}");
    assert!(!told.iter().any(|payload| payload.contains("2468") || payload.contains("argon2")), "{told:?}");
}

#[test]
fn what_staff_may_not_be() {
    let house = House::open();
    let (owner, manager) = (house.as_("owner"), house.as_("manager"));
    let wrong = |body: serde_json::Value, pointer: &str, code: &str| {
        owner.post("/staff").body(body).refused("invalid").at_fault(pointer, code);
    };
    wrong(json!({"name": " ", "role": "waiter", "pin": "1234"}), "/name", "empty");
    wrong(json!({"name": "a".repeat(10_000), "role": "waiter", "pin": "1234"}), "/name", "too_long");
    wrong(json!({"name": "Al\u{0}", "role": "waiter", "pin": "1234"}), "/name", "bad_character");
    wrong(json!({"name": "Al", "role": "chef", "pin": "1234"}), "/role", "unknown_value");
    wrong(json!({"name": "Al", "role": "waiter", "pin": "123"}), "/pin", "bad_format");
    wrong(json!({"name": "Al", "role": "waiter", "pin": "12345678901"}), "/pin", "bad_format");
    wrong(json!({"name": "Al", "role": "waiter", "pin": 1234}), "/pin", "wrong_type");
    wrong(json!({"name": "Al", "role": "waiter"}), "/pin", "required");
    wrong(json!({"name": "Al", "role": "waiter", "pin": "1234", "wage": 1}), "/wage", "unknown_field");
    let both = owner.post("/staff").body(json!({"name": "", "role": "chef", "pin": "x"})).refused("invalid");
    assert_eq!(both.list("/errors").len(), 3);

    // Owners are the owners' business.
    manager.post("/staff").body(json!({"name": "Eve", "role": "owner", "pin": "1234"})).refused("forbidden");
    let gina = format!("/staff/{}", house.person("owner").staff_id);
    manager.patch(&gina).body(json!({"pin": "0000"})).refused("forbidden");
    let mara = format!("/staff/{}", house.person("manager").staff_id);
    manager.patch(&mara).body(json!({"role": "owner"})).refused("forbidden");
    owner.patch(&gina).body(json!({"role": "manager"})).refused("last_owner");
    owner.patch(&gina).body(json!({"archived": true})).refused("last_owner");
    owner.patch("/staff/999").body(json!({"name": "Nobody"})).refused("not_found");
    owner.patch("/staff/0").body(json!({"name": "Nobody"})).refused("not_found");
    assert_eq!(owner.get("/staff").ok().int("/page/total"), 6, "nothing was half done");
}

#[test]
fn every_call_has_its_right() {
    let house = House::open();
    /// The roles that may; everybody else is told whose job it is.
    #[track_caller]
    fn check(house: &House, method: &'static str, path: &str, may: &[&str]) {
        for role in ROLES {
            let answer = house.as_(role).request(method, path).key("a-key").send();
            if may.contains(&role) {
                assert!(answer.status != 403 && answer.status != 401, "{role}: {method} {path}: {}", answer.text());
            } else {
                answer.refused("forbidden");
            }
        }
        house.terminal_of("owner").request(method, path).key("a-key").refused("token_missing");
        house.anyone().request(method, path).key("a-key").refused("token_missing");
    }
    check(&house, "GET", "/staff", &["owner", "manager", "auditor"]);
    check(&house, "POST", "/staff", &["owner", "manager"]);
    check(&house, "PATCH", "/staff/999", &["owner", "manager"]);
    check(&house, "GET", "/devices", &["owner", "manager", "auditor"]);
    check(&house, "DELETE", "/devices/999", &["owner", "manager"]);
    check(&house, "POST", "/devices/pairing-codes", &["owner", "manager"]);
    check(&house, "GET", "/settings", &["owner", "manager", "cashier", "waiter", "auditor"]);
    check(&house, "PATCH", "/settings", &["owner", "manager"]);
    for list in ["tenders", "reasons", "discounts"] {
        check(&house, "GET", &format!("/{list}"), &["owner", "manager", "cashier", "waiter", "auditor"]);
        check(&house, "POST", &format!("/{list}"), &["owner", "manager"]);
        check(&house, "PATCH", &format!("/{list}/999"), &["owner", "manager"]);
        check(&house, "DELETE", &format!("/{list}/999"), &["owner", "manager"]);
    }
    house.anyone().get("/staff/names").refused("token_missing");
    for role in ROLES {
        house.as_(role).get("/staff/names").ok();
    }
}

// ── sessions ─────────────────────────────────────────────────────────────────

#[test]
fn a_session_lasts_sixteen_hours_or_until_it_is_ended() {
    let house = House::open();
    let (terminal, waiter) = (house.terminal_of("waiter"), house.person("waiter").clone());
    let sign_in =
        || terminal.post("/sessions").no_key().body(json!({"staff_id": waiter.staff_id, "pin": PIN})).created();

    let session = sign_in();
    assert_eq!(session.int("/staff/id"), waiter.staff_id);
    assert_eq!((session.str("/staff/name"), session.str("/staff/role")), ("Walter", "waiter"));
    assert_eq!(session.str("/expires_at"), "2026-11-21T10:00:00.000+01:00");
    let token = session.str("/token").to_owned();
    assert!(token.starts_with("cms_"));
    let walter = house.anyone().with_token(&token);
    walter.get("/settings").ok();

    walter.delete("/sessions/current").done();
    walter.get("/settings").refused("token_invalid");
    walter.delete("/sessions/current").refused("token_invalid");
    terminal.delete("/sessions/current").refused("not_found");

    let session = sign_in();
    let walter = house.anyone().with_token(session.str("/token"));
    house.clock.advance_ms(16 * HOUR_MS - 1);
    walter.get("/settings").ok();
    house.clock.advance_ms(1);
    walter.get("/settings").refused("token_invalid");
    assert_eq!(records(&house, "session.ended").len(), 1);
}

#[test]
fn a_new_pin_or_role_ends_the_sessions() {
    let house = House::open();
    let owner = house.as_("owner");
    let walter = format!("/staff/{}", house.person("waiter").staff_id);
    house.as_("waiter").get("/settings").ok();
    owner.patch(&walter).body(json!({"name": "Walt"})).ok();
    house.as_("waiter").get("/settings").ok();

    owner.patch(&walter).body(json!({"role": "kitchen"})).ok();
    house.as_("waiter").get("/settings").refused("token_invalid");
    house.sign_in("waiter").get("/settings").refused("forbidden");

    let cook = house.sign_in("waiter");
    owner.patch(&walter).body(json!({"pin": "97531"})).ok();
    cook.get("/staff/names").refused("token_invalid");
    let terminal = house.terminal_of("waiter");
    let with = |pin: &str| json!({"staff_id": house.person("waiter").staff_id, "pin": pin});
    terminal.post("/sessions").no_key().body(with(PIN)).refused("pin_wrong");
    terminal.post("/sessions").no_key().body(with("97531")).created();
}

#[test]
fn wrong_pins_wait_longer_and_longer() {
    let house = House::open();
    let (walter, terminal) = (house.person("waiter").staff_id, house.terminal_of("waiter"));
    let attempt = |terminal: &Client, pin: &str| {
        terminal.post("/sessions").no_key().body(json!({"staff_id": walter, "pin": pin}))
    };
    for _ in 0..4 {
        attempt(&terminal, "0000").refused("pin_wrong");
    }
    // The right one starts the count anew.
    attempt(&terminal, PIN).created();
    for _ in 0..5 {
        attempt(&terminal, "0000").refused("pin_wrong");
    }
    let refused = attempt(&terminal, PIN).refused("too_many_tries");
    assert_eq!(refused.header("retry-after"), "30");
    // Neither another person here nor the same one elsewhere is kept waiting.
    attempt(&house.terminal_of("cashier"), PIN).created();
    let carlo = house.person("cashier").staff_id;
    terminal.post("/sessions").no_key().body(json!({"staff_id": carlo, "pin": PIN})).created();

    house.clock.advance_ms(29_000);
    assert_eq!(attempt(&terminal, PIN).refused("too_many_tries").header("retry-after"), "1");
    house.clock.advance_ms(1_000);
    attempt(&terminal, "0000").refused("pin_wrong");
    assert_eq!(attempt(&terminal, PIN).refused("too_many_tries").header("retry-after"), "60");
    house.clock.advance_ms(60_000);
    attempt(&terminal, PIN).created();
    assert_eq!(records(&house, "session.refused").len(), 10);
}

#[test]
fn tries_sent_at_once_are_counted_one_by_one() {
    let house = House::open();
    let (walter, terminal) = (house.person("waiter").staff_id, house.terminal_of("waiter"));
    let tries: Vec<_> = (0..12)
        .map(|n| {
            let body = json!({"staff_id": walter, "pin": format!("{n:04}")});
            let request = terminal.post("/sessions").no_key().body(body);
            std::thread::spawn(move || request.send().status)
        })
        .collect();
    let mut statuses: Vec<u16> = tries.into_iter().map(|t| t.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429, 429, 429, 429, 429]);
}

#[test]
fn who_cannot_sign_in() {
    let house = House::open();
    let terminal = house.terminal_of("waiter");
    let check = |body: serde_json::Value, code: &str| {
        terminal.post("/sessions").no_key().body(body).refused(code);
    };
    check(json!({"staff_id": 999, "pin": PIN}), "pin_wrong");
    check(json!({"staff_id": -1, "pin": PIN}), "pin_wrong");
    check(json!({"staff_id": 1, "pin": "12"}), "invalid");
    check(json!({"staff_id": "1", "pin": PIN}), "invalid");
    check(json!({"staff_id": 1}), "invalid");
    house.anyone().post("/sessions").no_key().body(json!({"staff_id": 1, "pin": PIN})).refused("token_missing");
    // Whoever is signed in can hand the terminal to a colleague.
    let carlo = json!({"staff_id": house.person("cashier").staff_id, "pin": PIN});
    assert_eq!(house.as_("waiter").post("/sessions").no_key().body(carlo).created().str("/staff/name"), "Carlo");
}

#[test]
fn ten_wrong_pins_lock_until_a_manager_says_so() {
    let mut house = House::open();
    let walter = house.person("waiter").staff_id;
    let attempt = |house: &House, role: &str, pin: &str| {
        let body = json!({"staff_id": walter, "pin": pin});
        house.terminal_of(role).post("/sessions").no_key().body(body)
    };
    for _ in 0..10 {
        attempt(&house, "waiter", "0000").refused("pin_wrong");
        house.clock.advance_ms(8 * 60 * 1000);
    }
    house.clock.advance_ms(24 * HOUR_MS);
    attempt(&house, "waiter", PIN).refused("pin_locked");
    house.restart();
    attempt(&house, "waiter", PIN).refused("pin_locked");
    // Nor by another way of showing it; another terminal is another one.
    let clock_in = json!({"staff_id": walter, "pin": PIN});
    house.terminal_of("waiter").post("/time-clock/in").body(clock_in).refused("pin_locked");
    attempt(&house, "cashier", PIN).created();

    let unlock = format!("/staff/{walter}/unlock");
    house.sign_in("cashier").post(&unlock).refused("forbidden");
    let manager = house.sign_in("manager");
    manager.post("/staff/999/unlock").refused("not_found");
    assert_eq!(manager.post(&unlock).ok().str("/name"), "Walter");
    attempt(&house, "waiter", PIN).created();
    // There was nothing any more to forget.
    manager.post(&unlock).ok();
    assert_eq!(records(&house, "session.unlocked"), [r#"{"failures":10}"#]);
}

#[test]
fn whoever_keeps_the_box_unlocks_the_only_manager() {
    let house = House::open();
    let gina = house.person("owner").staff_id;
    let attempt =
        |pin: &str| house.terminal_of("owner").post("/sessions").no_key().body(json!({"staff_id": gina, "pin": pin}));
    for _ in 0..10 {
        attempt("0000").refused("pin_wrong");
        house.clock.advance_ms(8 * 60 * 1000);
    }
    attempt(PIN).refused("pin_locked");
    let store = house.running().house().store.clone();
    let desk = Desk { store, clock: house.clock.clone() };
    let unlock = |staff: &str| desk.perform(Command::Unlock { staff: staff.to_owned() }, &mut |_| true);
    assert!(matches!(unlock("nobody"), Told::Refused(_)));
    assert_eq!(unlock(" gINA "), Told::Done(json!({"name": "Gina"})));
    attempt(PIN).created();
}

#[test]
fn a_session_nobody_uses_ends() {
    let mut house = House::open_set(|config| config.session_idle_min = 60);
    const MINUTE_MS: i64 = 60_000;
    let walter = house.sign_in("waiter");
    for _ in 0..3 {
        house.clock.advance_ms(59 * MINUTE_MS);
        walter.get("/settings").ok();
    }
    // The stream goes on by itself, whether anybody looks or not.
    let mut events = walter.events("", None);
    house.clock.advance_ms(60 * MINUTE_MS);
    walter.get("/settings").refused("token_invalid");
    walter.post("/orders").body(json!({"kind": "takeaway"})).refused("token_invalid");
    while events.next().is_some() {}
    // A terminal and an integration have nobody who could leave them.
    house.terminal_of("waiter").get("/staff/names").ok();

    // What was in use before a restart is so after it, by what the file was told a minute before.
    let walter = house.sign_in("waiter");
    house.clock.advance_ms(59 * MINUTE_MS);
    walter.get("/settings").ok();
    let db = comanda::store::open_read_only(&house.db()).unwrap();
    let session = db.one(&NEWEST, (), |row| row.get::<_, i64>(0)).unwrap();
    drop(db);
    let (session, at) = (SessionId::new(session), house.clock.now());
    house.running().house().store.write_blocking(move |tx| comanda::staff::ops::seen(tx, &[(session, at)])).unwrap();
    house.restart();
    house.clock.advance_ms(59 * MINUTE_MS);
    let walter = house.anyone().with_token(walter.token());
    walter.get("/settings").ok();
    house.restart();
    house.clock.advance_ms(2 * MINUTE_MS);
    house.anyone().with_token(walter.token()).get("/settings").refused("token_invalid");
}

// ── devices ──────────────────────────────────────────────────────────────────

/// A change that came before its token was taken and is done after it: here its body is on its way meanwhile.
#[test]
fn what_waits_while_its_token_is_taken_is_not_done() {
    let house = House::open();
    let manager = house.as_("manager");
    let body = json!({"kind": "takeaway"}).to_string();
    let begin = |token: &str| {
        let mut socket = TcpStream::connect(house.running().addr).unwrap();
        let head = format!(
            "POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Idempotency-Key: one\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{{",
            body.len()
        );
        socket.write_all(head.as_bytes()).unwrap();
        socket
    };
    let end = |mut socket: TcpStream| {
        socket.write_all(&body.as_bytes()[1..]).unwrap();
        let mut told = String::new();
        socket.read_to_string(&mut told).unwrap();
        told
    };
    let (cashier, waiter) = (house.person("cashier").clone(), house.person("waiter").clone());
    // Whoever is known already is known from memory, as soon as the head is read.
    house.as_("cashier").get("/settings").ok();
    let stays = begin(&cashier.token);
    assert!(end(stays).starts_with("HTTP/1.1 201"));

    let (revoked, ended) = (begin(&waiter.token), begin(&cashier.token));
    std::thread::sleep(std::time::Duration::from_millis(200));
    manager.delete(&format!("/devices/{}", waiter.device_id)).done();
    house.as_("cashier").delete("/sessions/current").done();
    for socket in [revoked, ended] {
        let told = end(socket);
        assert!(told.starts_with("HTTP/1.1 401") && told.contains("token_invalid"), "{told}");
    }
    assert_eq!(manager.get("/orders").ok().int("/page/total"), 1);
}

/// The same where both are in one batch of the writer, and nothing of the first is committed yet.
#[test]
fn what_stands_behind_its_tokens_revocation_is_not_done() {
    let house = House::open();
    let (manager, waiter) = (house.apart("manager"), house.apart("waiter"));
    waiter.get("/settings").ok();
    manager.get("/settings").ok();
    let device = house.person("waiter").device_id;
    let store = house.running().house().store.clone();
    let (free, held) = std::sync::mpsc::channel::<()>();
    let (began, begun) = std::sync::mpsc::channel();
    let holds = std::thread::spawn(move || {
        store.write_blocking(move |_| {
            began.send(()).unwrap();
            let _ = held.recv();
            Ok(())
        })
    });
    begun.recv().unwrap();
    let store = house.running().house().store.clone();
    let waiting = |jobs: u64| {
        while store.stats().queue < jobs {
            std::thread::yield_now();
        }
    };
    let revokes = std::thread::spawn(move || manager.delete(&format!("/devices/{device}")).done());
    waiting(1);
    let orders = std::thread::spawn(move || waiter.post("/orders").body(json!({"kind": "takeaway"})).send());
    waiting(2);
    drop(free);
    holds.join().unwrap().unwrap();
    revokes.join().unwrap();
    orders.join().unwrap().refused("token_invalid");
    assert_eq!(house.as_("manager").get("/orders").ok().int("/page/total"), 0);
}

/// What is told bit by bit is not told to its end.
#[test]
fn an_export_breaks_off_where_its_token_is_taken() {
    let house = House::open();
    let waiter = house.as_("waiter");
    const ORDERS: usize = 200;
    for _ in 0..ORDERS {
        waiter.post("/orders").body(json!({"kind": "takeaway"})).created();
    }
    let auditor = house.as_("auditor");
    let lines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines(&auditor.get("/export/orders").ok().bytes), ORDERS);
    house.running().house().store.faults().slow_statement(Some("orders.of_day_after"));
    let (_, mut export) = auditor.get("/export/orders").reader();
    let mut told = vec![0; 1];
    export.read_exact(&mut told).unwrap();
    house.as_("owner").delete(&format!("/devices/{}", house.person("auditor").device_id)).done();
    let end = export.read_to_end(&mut told);
    assert!(end.is_err() && lines(&told) < ORDERS, "{end:?} after {} lines", lines(&told));
}

#[test]
fn a_code_opens_one_terminal_however_many_hold_it() {
    let house = House::open();
    let code = house.as_("owner").post("/devices/pairing-codes").created().str("/code").to_owned();
    let before = house.as_("owner").get("/devices").ok().int("/page/total");
    let pairs: Vec<_> = (0..16)
        .map(|n| {
            let request = house.anyone().post("/devices/pair").no_key();
            let request = request.body(json!({"code": code, "name": format!("Bar {n}")}));
            std::thread::spawn(move || request.send().status)
        })
        .collect();
    let mut statuses: Vec<u16> = pairs.into_iter().map(|t| t.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[401; 15][..]));
    assert_eq!(house.as_("owner").get("/devices").ok().int("/page/total"), before + 1);
}

#[test]
fn a_terminal_is_paired_and_revoked() {
    let house = House::open();
    let manager = house.as_("manager");
    let made = manager.post("/devices/pairing-codes").created();
    assert_eq!(made.str("/expires_at"), "2026-11-20T18:05:00.000+01:00");
    let code = made.str("/code").to_lowercase();
    let pair = |code: &str| house.anyone().post("/devices/pair").no_key().body(json!({"code": code, "name": "Bar"}));

    let paired = pair(&code).created();
    let (id, token) = (paired.int("/device_id"), paired.str("/token").to_owned());
    assert!(token.starts_with("cmd_"));
    pair(&code).refused("pairing_code_wrong");

    let bar = house.anyone().with_token(&token);
    let walter = json!({"staff_id": house.person("waiter").staff_id, "pin": PIN});
    let session = bar.post("/sessions").no_key().body(walter).created();
    let walter = house.anyone().with_token(session.str("/token"));
    walter.get("/settings").ok();

    let devices = manager.get("/devices").ok();
    let newest = &devices.list("/items")[0];
    assert_eq!(
        (newest["id"].as_i64(), newest["name"].as_str(), newest["kind"].as_str()),
        (Some(id), Some("Bar"), Some("terminal"))
    );
    assert!(newest["revoked_at"].is_null() && newest["role"].is_null());
    assert!(!devices.text().contains(&token));

    manager.delete(&format!("/devices/{id}")).done();
    walter.get("/settings").refused("token_invalid");
    bar.get("/staff/names").refused("token_invalid");
    manager.delete(&format!("/devices/{id}")).done();
    manager.delete("/devices/999").refused("not_found");
    assert_eq!(manager.get("/devices").ok().str("/items/0/revoked_at"), "2026-11-20T18:00:00.000+01:00");
    assert_eq!(records(&house, "device.revoked").len(), 1);
    // Walter's own terminal is another one.
    house.as_("waiter").get("/settings").ok();
}

#[test]
fn pairing_codes_expire_and_close() {
    let house = House::open();
    let new_code = || house.as_("owner").post("/devices/pairing-codes").created().str("/code").to_owned();
    let pair = |code: &str| house.anyone().post("/devices/pair").no_key().body(json!({"code": code, "name": "Bar"}));

    let code = new_code();
    house.clock.advance_ms(5 * 60 * 1000);
    pair(&code).refused("pairing_code_wrong");

    let (one, other) = (new_code(), new_code());
    for _ in 0..4 {
        pair("AAAAAAAA").refused("pairing_code_wrong");
    }
    pair(&one).created();
    pair("AAAAAAAA").refused("pairing_code_wrong");
    pair(&other).refused("pairing_code_wrong");
    pair(&new_code()).created();

    let both = house.anyone().post("/devices/pair").no_key().body(json!({"code": "AB", "name": ""}));
    both.refused("invalid").at_fault("/code", "bad_format").at_fault("/name", "empty");
}

#[test]
fn secrets_are_not_in_the_file() {
    let mut house = House::open();
    let code = house.as_("owner").post("/devices/pairing-codes").created();
    let body = json!({"code": code.str("/code"), "name": "Bar"});
    let paired = house.anyone().post("/devices/pair").no_key().body(body).created();
    let walter = json!({"staff_id": house.person("waiter").staff_id, "pin": PIN});
    let session = house.anyone().with_token(paired.str("/token")).post("/sessions").no_key().body(walter).created();
    house.stop();
    let file = std::fs::read(house.folder.file("comanda.db")).unwrap();
    for secret in [paired.str("/token"), session.str("/token"), &house.person("owner").token] {
        assert!(!file.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
    }
    assert!(file.windows(9).any(|w| w == b"$argon2id"));
}
