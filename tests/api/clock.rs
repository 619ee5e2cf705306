//! Clocks that fall behind or leap ahead: recorded, shown, and confirmed by a manager.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::client::Client;
use crate::orders::Night;

/// The last order opened, as the journal has it.
fn opened(n: &Night) -> Value {
    n.records("order.opened").pop().unwrap()
}

fn opens(waiter: &Client) {
    waiter.post("/orders").body(json!({"kind": "takeaway"})).created();
}

#[track_caller]
fn jumps(manager: &Client) -> Vec<(String, bool)> {
    let clock = manager.get("/clock").ok();
    let told = |jump: &Value| (jump["direction"].as_str().unwrap().to_owned(), jump["confirmed_seq"].is_null());
    clock.list("/jumps").iter().map(told).collect()
}

fn is_alerted(n: &Night) -> bool {
    n.manager.get("/stats").ok().list("/alerts").iter().any(|alert| alert["code"] == "clock_unconfirmed")
}

#[test]
fn a_clock_behind_the_last_record_is_recorded_once() {
    let n = Night::new();
    opens(&n.waiter);
    // As it is kept right from the network, and later by minutes: nothing to say.
    n.house.clock.advance_ms(-1_500);
    opens(&n.waiter);
    n.house.clock.advance_ms(23 * 60_000);
    opens(&n.waiter);
    assert_eq!((jumps(&n.manager), is_alerted(&n)), (Vec::new(), false));
    n.house.clock.advance_ms(-2_001);
    opens(&n.waiter);
    let record = opened(&n);
    assert_eq!(
        (record["payload"]["clock"].as_str(), record["payload"]["of"]["kind"].as_str()),
        (Some("behind"), Some("takeaway"))
    );
    // What follows is not behind that one.
    opens(&n.waiter);
    assert!(opened(&n)["payload"]["clock"].is_null());
    assert_eq!((jumps(&n.manager), is_alerted(&n)), (vec![("behind".to_owned(), true)], true));
    let clock = n.manager.get("/clock").ok();
    assert_eq!(clock.at("/jumps/0/seq"), &record["seq"]);
    assert!(!clock.bool("/behind"), "it shows the journal's day");
    n.house.as_("waiter").post("/clock/confirm").body(json!({})).refused("forbidden");
    let confirmed = n.manager.post("/clock/confirm").body(json!({})).ok();
    let by = n.records("clock.confirmed").pop().unwrap();
    assert_eq!(confirmed.at("/jumps/0/confirmed_seq"), &by["seq"]);
    assert_eq!(by["payload"], json!({"jumps": [record["seq"]]}));
    assert_eq!(by["staff_id"].as_i64(), Some(n.house.person("manager").staff_id));
    assert_eq!((jumps(&n.manager), is_alerted(&n)), (Vec::new(), false));
    // Nothing is left to confirm, and nothing is recorded of it.
    assert!(n.manager.post("/clock/confirm").body(json!({})).ok().list("/jumps").is_empty());
    assert_eq!(n.records("clock.confirmed").len(), 1);
}

#[test]
fn a_clock_that_shows_another_day_keeps_the_journals_date_and_says_so_all_the_while() {
    let n = Night::new();
    opens(&n.waiter);
    n.house.at("2026-11-18T19:00:00+01:00");
    let waiter = n.house.sign_in("waiter");
    for _ in 0..2 {
        opens(&waiter);
        let record = opened(&n);
        assert_eq!(
            (record["business_date"].as_str(), record["payload"]["clock"].as_str()),
            (Some("2026-11-20"), Some("behind"))
        );
    }
    // One jump, however many records say so.
    let clock = n.manager.get("/clock").ok();
    assert_eq!(
        (clock.list("/jumps").len(), clock.bool("/behind"), clock.str("/business_date")),
        (1, true, "2026-11-20")
    );
    n.manager.post("/clock/confirm").body(json!({})).ok();
    opens(&waiter);
    let record = opened(&n);
    assert_eq!(
        (record["business_date"].as_str(), record["payload"]["clock"].as_str()),
        (Some("2026-11-20"), Some("behind"))
    );
    assert_eq!(jumps(&n.manager), Vec::new());
}

#[test]
fn a_leap_of_more_than_a_day_is_recorded_and_stands_on_the_z() {
    let n = Night::new();
    opens(&n.waiter);
    n.house.clock.advance_ms(24 * 3_600_000);
    let manager = n.house.sign_in("manager");
    assert_eq!(jumps(&manager), Vec::new(), "a day to the ms is none");
    n.house.clock.advance_ms(24 * 3_600_000 + 1);
    let (manager, waiter) = (n.house.sign_in("manager"), n.house.sign_in("waiter"));
    assert_eq!(jumps(&manager), [("ahead".to_owned(), true)]);
    opens(&waiter);
    assert!(opened(&n)["payload"]["clock"].is_null(), "the record before it has the time");
    manager.post("/clock/confirm").body(json!({})).ok();
    n.house.clock.advance_ms(-3_600_000);
    // The Z's own record is the first after this one.
    let z = manager.post("/business-day/close").body(json!({"carry_over": true})).ok();
    let told: Vec<_> =
        z.list("/clock_jumps").iter().map(|jump| (&jump["direction"], !jump["confirmed_seq"].is_null())).collect();
    assert_eq!(told, [(&json!("ahead"), true), (&json!("behind"), false)]);
    let printed = manager.get("/z-reports/1").accept("text/plain").ok().text();
    assert!(printed.contains("Clock ahead at record ") && printed.contains("  not confirmed\n"), "{printed}");
    assert!(printed.contains("  confirmed by record "), "{printed}");
    let second = manager.post("/business-day/close").body(json!({"carry_over": true}));
    second.refused("day_closed");
    manager.post("/clock/confirm").body(json!({})).ok();
}

#[test]
fn a_jump_that_was_quietly_changed_is_found() {
    let mut n = Night::new();
    opens(&n.waiter);
    n.house.clock.advance_ms(-60_000);
    opens(&n.waiter);
    n.house.stop();
    n.house.by_hand();
    let (db, changed) = (n.house.db(), n.house.folder.file("changed.db"));
    let check = |change: &str, words: &str| {
        std::fs::copy(&db, &changed).unwrap();
        Connection::open(&changed).unwrap().execute_batch(change).unwrap();
        let told = crate::commands::comanda(&changed, &["check"]).output().unwrap();
        let said = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.code() == Some(1) && said.contains(words), "{change}: {said}");
    };
    check("update clock_jumps set direction = 'ahead'", "does not tell of it");
    check("update clock_jumps set confirmed_seq = 1", "record 1 does not confirm it");
}
