//! The time clock: who works from when to when, what it costs, and how tips are parted by it.

use serde_json::{Value, json};

use crate::client::{Answer, Client, Request};
use crate::harness::{House, PIN};
use crate::orders::Night;
use crate::upkeep::{changed, said};

fn clock(by: &Client, act: &str, body: Value) -> Request {
    by.post(&format!("/time-clock/{act}")).body(body)
}

fn staff(house: &House, role: &str) -> i64 {
    house.person(role).staff_id
}

#[track_caller]
fn entry(house: &House, id: i64) -> Answer {
    house.sign_in("manager").get(&format!("/time-clock/{id}")).ok()
}

/// Sets it right as the manager, by the version of now.
fn edit(house: &House, id: i64, body: Value) -> Request {
    let seen = entry(house, id).etag();
    house.sign_in("manager").patch(&format!("/time-clock/{id}")).if_match(&seen).body(body)
}

#[test]
fn a_day_at_work() {
    let house = House::open();
    let waiter = house.as_("waiter");
    for act in ["out", "break", "resume"] {
        clock(&waiter, act, json!({})).refused("not_clocked_in");
    }
    let came = clock(&waiter, "in", json!({})).created();
    let id = came.id();
    assert_eq!(
        (came.str("/state"), came.int("/staff_id"), came.str("/start")),
        ("open", staff(&house, "waiter"), "2026-11-20T18:00:00.000+01:00")
    );
    assert_eq!(clock(&waiter, "in", json!({})).refused("clocked_in").int("/entry_id"), id);
    clock(&waiter, "resume", json!({})).refused("not_on_break");
    house.at("2026-11-20T20:00:00+01:00");
    clock(&waiter, "break", json!({})).ok();
    assert!(waiter.get("/time-clock/current").ok().list("/items")[0]["on_break"] == true);
    clock(&waiter, "break", json!({})).refused("on_break");
    house.at("2026-11-20T20:30:00+01:00");
    let back = clock(&waiter, "resume", json!({})).ok();
    assert_eq!((back.int("/minutes"), back.int("/break_minutes"), back.bool("/on_break")), (120, 30, false));
    house.at("2026-11-20T22:00:00+01:00");
    // Nobody pays themselves for resting.
    let paid = json!({"staff_id": staff(&house, "waiter"), "paid": true});
    assert_eq!(clock(&waiter, "break", paid.clone()).refused("forbidden").str("/permission"), "edit_time_clock");
    let mut typed = paid.clone();
    typed["pin"] = PIN.into();
    clock(&waiter, "break", typed.clone()).refused("forbidden");
    clock(&house.terminal_of("waiter"), "break", typed).refused("forbidden");
    clock(&house.as_("manager"), "break", paid).ok();
    house.at("2026-11-20T22:10:00+01:00");
    // Goes home from the break.
    let left = clock(&waiter, "out", json!({})).ok();
    assert_eq!(
        (left.str("/state"), left.int("/minutes"), left.int("/break_minutes"), left.int("/paid_minutes")),
        ("done", 210, 40, 220)
    );
    assert!(waiter.get("/time-clock/current").ok().list("/items").is_empty());
    // Twice a day is two entries.
    assert_ne!(clock(&waiter, "in", json!({})).created().id(), id);
    let listed = house.as_("auditor").get("/time-clock?from=2026-11-20&to=2026-11-20").ok();
    assert_eq!(listed.list("/items").len(), 2);
    for (query, count) in [("state=done", 1), ("state=cancelled", 0), ("staff_id=1", 0)] {
        assert_eq!(
            house.as_("auditor").get(&format!("/time-clock?{query}")).ok().list("/items").len(),
            count,
            "{query}"
        );
    }
    house.as_("auditor").get("/time-clock?from=2026-01-01&to=2026-11-20").refused("range_required");
    house.as_("auditor").get("/time-clock?state=lost").refused("invalid").at_fault("state", "unknown_value");
    waiter.get("/time-clock").refused("forbidden");
}

#[test]
fn a_retry_clocks_once() {
    let house = House::open();
    let waiter = house.as_("waiter");
    let come = || clock(&waiter, "in", json!({"staff_id": staff(&house, "waiter"), "pin": PIN})).key("once");
    let first = come().created();
    assert_eq!(come().created().at(""), first.at(""));
    // The key does not cover the digits; a wrong one is refused all the same.
    let wrong = json!({"staff_id": staff(&house, "waiter"), "pin": "9999"});
    clock(&waiter, "in", wrong).key("once").refused("pin_wrong");
    assert_eq!(house.as_("owner").get("/time-clock").ok().list("/items").len(), 1);
}

#[test]
fn whose_hours_one_may_say() {
    let house = House::open();
    let (waiter, kitchen) = (house.as_("waiter"), staff(&house, "kitchen"));
    // The kitchen by itself, somebody else by their PIN, on a terminal nobody is signed in on.
    clock(&house.as_("kitchen"), "in", json!({})).created();
    let needed = clock(&waiter, "out", json!({"staff_id": kitchen})).refused("forbidden");
    assert_eq!(needed.str("/permission"), "edit_time_clock");
    clock(&waiter, "break", json!({"staff_id": kitchen, "pin": PIN})).ok();
    let terminal = house.terminal_of("waiter");
    clock(&terminal, "resume", json!({"staff_id": kitchen, "pin": PIN})).ok();
    clock(&terminal, "out", json!({"staff_id": kitchen})).refused("token_missing");
    clock(&terminal, "out", json!({})).refused("invalid").at_fault("/staff_id", "required");
    clock(&terminal, "out", json!({"pin": PIN})).refused("invalid").at_fault("/staff_id", "required");
    clock(&terminal, "out", json!({"staff_id": kitchen, "pin": "x"})).refused("invalid").at_fault("/pin", "bad_format");
    clock(&terminal, "out", json!({"staff_id": 99, "pin": PIN})).refused("pin_wrong");
    clock(&house.as_("manager"), "out", json!({"staff_id": kitchen})).ok();
    clock(&house.as_("manager"), "in", json!({"staff_id": 99})).refused("invalid").at_fault("/staff_id", "unknown");
    // Who did it stands in the journal: the one whose PIN it was, or the manager.
    let auditor = house.as_("auditor");
    let records = auditor.get("/journal?limit=100").ok();
    let by: Vec<i64> = records
        .list("/items")
        .iter()
        .filter(|r| r["kind"] == "time.clocked")
        .map(|r| r["staff_id"].as_i64().unwrap())
        .collect();
    assert_eq!(by, [kitchen, kitchen, kitchen, staff(&house, "manager")]);
    // Wrong PINs wait as at signing in, and with it.
    let guess = || clock(&terminal, "in", json!({"staff_id": kitchen, "pin": "0000"}));
    for _ in 0..5 {
        guess().refused("pin_wrong");
    }
    guess().refused("too_many_tries");
    let sign_in = json!({"staff_id": kitchen, "pin": PIN});
    terminal.post("/sessions").body(sign_in).refused("too_many_tries");
}

#[test]
fn real_time_counts_whatever_the_wall_says() {
    // In, out, hours between them, the business date they begin on.
    for (came, left, hours, date) in [
        ("2026-11-20T18:00:00+01:00", "2026-11-21T02:30:00+01:00", 510, "2026-11-20"),
        // Beyond the cutoff at 04:00.
        ("2026-11-20T22:00:00+01:00", "2026-11-21T05:00:00+01:00", 420, "2026-11-20"),
        ("2026-11-21T03:30:00+01:00", "2026-11-21T05:30:00+01:00", 120, "2026-11-20"),
        // The night without an hour from two to three, and the one that has it twice.
        ("2027-03-27T22:00:00+01:00", "2027-03-28T05:00:00+02:00", 360, "2027-03-27"),
        ("2027-10-30T22:00:00+02:00", "2027-10-31T05:00:00+01:00", 480, "2027-10-30"),
    ] {
        let house = House::open();
        let body = json!({"staff_id": staff(&house, "waiter"), "pin": PIN});
        house.at(came);
        let entry = clock(&house.terminal_of("waiter"), "in", body.clone()).created();
        assert_eq!(entry.str("/business_date"), date, "{came}");
        house.at(left);
        let entry = clock(&house.terminal_of("waiter"), "out", body).ok();
        assert_eq!((entry.int("/minutes"), entry.str("/business_date")), (hours, date), "{came}");
        let report = house.sign_in("owner").get(&format!("/reports/labour?from={date}&to={date}")).ok();
        assert_eq!((report.str("/rows/0/key"), report.int("/totals/minutes")), (date, hours), "{came}");
    }
}

#[test]
fn hours_are_set_right_with_a_reason() {
    let house = House::open();
    let waiter = house.as_("waiter");
    let id = clock(&waiter, "in", json!({})).created().id();
    house.at("2026-11-21T02:00:00+01:00");
    clock(&waiter, "out", json!({})).ok();
    let path = format!("/time-clock/{id}");
    let manager = house.as_("manager");
    let body = json!({"start": "2026-11-20T17:30:00+01:00", "reason": "helped to set up"});
    manager.patch(&path).body(body.clone()).refused("version_missing");
    waiter.patch(&path).if_match("*").body(body.clone()).refused("forbidden");
    let seen = entry(&house, id).etag();
    let set = manager.patch(&path).if_match(&seen).body(body.clone()).ok();
    assert_eq!((set.int("/minutes"), set.int("/version")), (510, 3));
    assert_eq!(entry(&house, id).etag(), set.etag());
    let stale = manager.patch(&path).if_match(&seen).body(body).refused("stale");
    assert_eq!(stale.int("/current/version"), 3);
    for (body, pointer, code) in [
        (json!({"start": "17:30"}), "/start", "bad_format"),
        (json!({"start": "2026-11-21T02:00:01+01:00"}), "/start", "out_of_range"),
        (json!({"end": "2026-11-21T03:00:00+01:00"}), "/end", "out_of_range"),
        (json!({"end": "2026-11-20T17:00:00+01:00"}), "/end", "out_of_range"),
        (json!({"breaks": [{"start": "2026-11-20T10:00:00+01:00", "end": null}]}), "/breaks/0/start", "out_of_range"),
        (json!({"breaks": [{"start": "x", "end": null}]}), "/breaks/0/start", "bad_format"),
        (json!({"hourly_wage": -1}), "/hourly_wage", "out_of_range"),
        (json!({"state": "open"}), "/state", "unknown_value"),
        (json!({"note": "x"}), "/note", "unknown_field"),
    ] {
        let mut body = body;
        body["reason"] = "slip".into();
        edit(&house, id, body).refused("invalid").at_fault(pointer, code);
    }
    edit(&house, id, json!({"end": "2026-11-21T01:00:00+01:00"})).refused("reason_needed");
    // Another entry of the same person lies in the way.
    let second = clock(&waiter, "in", json!({})).created().id();
    let over = json!({"start": "2026-11-21T01:30:00+01:00", "reason": "slip"});
    edit(&house, second, over).refused("invalid").at_fault("/start", "overlap");
    let reopened = json!({"end": null, "reason": "slip"});
    edit(&house, id, reopened.clone()).refused("invalid").at_fault("/start", "overlap");
    // Made by mistake: it stays, and counts nowhere.
    let cancelled = edit(&house, second, json!({"state": "cancelled", "reason": "pressed twice"})).ok();
    assert_eq!((cancelled.str("/state"), cancelled.int("/minutes"), cancelled.int("/cost")), ("cancelled", 0, 0));
    edit(&house, second, json!({"reason": "slip"})).refused("not_reversible");
    clock(&waiter, "out", json!({})).refused("not_clocked_in");
    // Pressed the wrong button: still at work.
    assert_eq!(edit(&house, id, reopened).ok().str("/state"), "open");
    let breaks = json!([{"start": "2026-11-20T20:00:00+01:00", "end": "2026-11-20T20:30:00+01:00"},
        {"start": "2026-11-21T01:50:00+01:00", "end": null, "paid": true}]);
    let resting = edit(&house, id, json!({"breaks": breaks, "reason": "forgot"})).ok();
    assert_eq!((resting.bool("/on_break"), resting.int("/break_minutes"), resting.int("/minutes")), (true, 40, 470));
    clock(&waiter, "out", json!({})).ok();
    // An entry belongs to the day on which it begins.
    let moved = json!({"start": "2026-11-20T03:00:00+01:00", "breaks": [], "reason": "all night"});
    assert_eq!(edit(&house, id, moved).ok().str("/business_date"), "2026-11-19");

    let records = house.as_("auditor").get("/journal?limit=100").ok();
    let edits: Vec<&Value> = records.list("/items").iter().filter(|r| r["kind"] == "time.edited").collect();
    assert_eq!(edits.len(), 5);
    let first = &edits[0]["payload"];
    assert_eq!((&first["reason"], &edits[0]["subject"]), (&json!("helped to set up"), &json!(id)));
    let half_an_hour = first["before"]["start"].as_i64().unwrap() - first["after"]["start"].as_i64().unwrap();
    assert_eq!(half_an_hour, 30 * 60 * 1000);
}

#[test]
fn wages_are_seen_by_few_and_hold_from_the_next_day_on() {
    let house = House::open();
    let (owner, waiter) = (house.as_("owner"), staff(&house, "waiter"));
    let pay = |body: Value| owner.patch(&format!("/staff/{waiter}")).body(body);
    assert_eq!(pay(json!({"hourly_wage": 1100, "tip_share": 50})).ok().int("/hourly_wage"), 1100);
    for (body, pointer) in [
        (json!({"hourly_wage": -1}), "/hourly_wage"),
        (json!({"tip_share": 1001}), "/tip_share"),
        (json!({"tip_share": -1}), "/tip_share"),
    ] {
        pay(body).refused("invalid").at_fault(pointer, "out_of_range");
    }
    house.as_("waiter").get("/staff").refused("forbidden");
    let names = house.as_("waiter").get("/staff/names").ok().text();
    let came = clock(&house.as_("waiter"), "in", json!({})).created();
    for text in [&names, &came.text(), &house.as_("waiter").get("/time-clock/current").ok().text()] {
        assert!(!text.contains("wage") && !text.contains("1100") && !text.contains("cost"), "{text}");
    }
    // More from tomorrow on: who is at work works for what they came for.
    pay(json!({"hourly_wage": 2000})).ok();
    house.clock.advance_ms(60 * 60 * 1000);
    clock(&house.as_("waiter"), "out", json!({})).ok();
    assert_eq!((entry(&house, came.id()).int("/hourly_wage"), entry(&house, came.id()).int("/cost")), (1100, 1100));
    let next = clock(&house.as_("waiter"), "in", json!({})).created().id();
    house.clock.advance_ms(30 * 60 * 1000);
    assert_eq!(entry(&house, next).int("/cost"), 1000);
    // Forgotten, and set right on the entry.
    assert_eq!(edit(&house, next, json!({"hourly_wage": null, "reason": "as agreed"})).ok().int("/cost"), 0);
    assert_eq!(pay(json!({"hourly_wage": null})).ok().at("/hourly_wage"), &Value::Null);
}

#[test]
fn labour_by_day_and_by_staff_adds_up() {
    let n = Night::new();
    let owner = n.house.as_("owner");
    for (role, wage) in [("waiter", 1200), ("kitchen", 1500)] {
        owner.patch(&format!("/staff/{}", staff(&n.house, role))).body(json!({"hourly_wage": wage})).ok();
    }
    for role in ["waiter", "kitchen", "cashier"] {
        clock(&n.house.as_(role), "in", json!({})).created();
    }
    // 25.00 with 10 % within: 22.73 net.
    n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "card"})).created();
    n.house.clock.advance_ms(2 * 60 * 60 * 1000);
    for role in ["waiter", "cashier"] {
        clock(&n.house.as_(role), "out", json!({})).ok();
    }
    n.house.clock.advance_ms(60 * 60 * 1000);
    let report = |by: &str| owner.get(&format!("/reports/labour?from=2026-11-20&to=2026-11-20&by={by}")).ok();
    let by_day = report("day");
    let totals = by_day.at("/totals");
    assert_eq!(
        (&totals["entries"], &totals["open"], &totals["minutes"]),
        (&json!(3), &json!(1), &json!(120 + 120 + 180))
    );
    assert_eq!((&totals["cost"], &totals["net_sales"]), (&json!(2400 + 4500), &json!(2273)));
    assert_eq!((&totals["labour_percent"], &totals["minutes_without_wage"]), (&json!("303.5636"), &json!(120)));
    assert_eq!(by_day.list("/rows").len(), 1);
    let by_staff = report("staff");
    assert_eq!(by_staff.at("/totals"), totals);
    let rows: Vec<_> = by_staff
        .list("/rows")
        .iter()
        .map(|r| (r["name"].as_str().unwrap(), r["cost"].as_i64().unwrap(), r["net_sales"].as_i64().unwrap()))
        .collect();
    assert_eq!(rows, [("Carlo", 0, 0), ("Kim", 4500, 0), ("Walter", 2400, 2273)]);
    assert_eq!(by_staff.at("/rows/0/labour_percent"), &Value::Null);
    owner.get("/reports/labour?by=week").refused("invalid").at_fault("by", "unknown_value");
    owner.get("/reports/labour?from=2026-11-21&to=2026-11-20").refused("invalid").at_fault("to", "out_of_range");
    // A day on which nobody worked, and one on which nothing was sold.
    assert!(owner.get("/reports/labour?from=2026-11-01&to=2026-11-02").ok().list("/rows").is_empty());
}

#[test]
fn tips_are_parted_to_the_cent() {
    let n = Night::new();
    let owner = n.house.as_("owner");
    let (walter, kim, carlo) = (staff(&n.house, "waiter"), staff(&n.house, "kitchen"), staff(&n.house, "cashier"));
    owner.patch(&format!("/staff/{kim}")).body(json!({"tip_share": 50})).ok();
    let tip = |tip: i64| {
        n.order(&[(n.carbonara, 1)])
            .post("/payments", json!({"tender": "card", "tip": tip}))
            .created()
            .int("/payment/id")
    };
    let pool = |rule: &str| {
        let told = owner.get(&format!("/reports/tip-pool?from=2026-11-20&to=2026-11-20&rule={rule}")).ok();
        let rows: Vec<(i64, i64)> =
            told.list("/rows").iter().map(|r| (r["staff_id"].as_i64().unwrap(), r["tips"].as_i64().unwrap())).collect();
        let sum: i64 = rows.iter().map(|(_, tips)| tips).sum();
        assert_eq!(sum + told.int("/undistributed"), told.int("/tips"), "{}", told.text());
        (rows, told.int("/undistributed"))
    };
    let payment = tip(1000);
    assert_eq!(pool("hours"), (vec![], 1000));
    assert_eq!(pool("own"), (vec![(walter, 1000)], 0));
    // Two hours, two hours, one hour.
    for role in ["waiter", "kitchen"] {
        clock(&n.house.as_(role), "in", json!({})).created();
    }
    n.house.clock.advance_ms(60 * 60 * 1000);
    clock(&n.house.as_("cashier"), "in", json!({})).created();
    n.house.clock.advance_ms(60 * 60 * 1000);
    for role in ["waiter", "kitchen", "cashier"] {
        clock(&n.house.as_(role), "out", json!({})).ok();
    }
    tip(1);
    assert_eq!(pool("hours"), (vec![(carlo, 200), (walter, 401), (kim, 400)], 0));
    // 120 × 100, 120 × 50, 60 × 100.
    assert_eq!(pool("shares"), (vec![(carlo, 250), (walter, 501), (kim, 250)], 0));
    n.manager
        .post(&format!("/payments/{payment}/refunds"))
        .body(json!({"tip": 501, "reason": "typed too much"}))
        .created();
    assert_eq!(pool("hours"), (vec![(carlo, 100), (walter, 200), (kim, 200)], 0));
    assert_eq!(pool("own"), (vec![(carlo, 0), (walter, 500), (kim, 0)], 0));
    // A share that changes parts no day anew; it is theirs from the next time they come.
    owner.patch(&format!("/staff/{kim}")).body(json!({"tip_share": 1000})).ok();
    assert_eq!(pool("shares"), (vec![(carlo, 125), (walter, 250), (kim, 125)], 0));
    owner.get("/reports/tip-pool?rule=luck").refused("invalid").at_fault("rule", "unknown_value");
    n.waiter.get("/reports/tip-pool").refused("forbidden");
}

#[test]
fn who_forgot_to_clock_out_is_named_and_holds_nothing_up() {
    let n = Night::new();
    let id = clock(&n.waiter, "in", json!({})).created().id();
    let x = n.manager.get("/business-day").ok();
    assert_eq!((x.int("/clocked_in/0/id"), x.str("/clocked_in/0/staff")), (id, "Walter"));
    let z = n.manager.post("/business-day/close").body(json!({})).ok();
    assert_eq!(z.at("/clocked_in"), x.at("/clocked_in"));
    n.house.at("2026-11-21T10:00:00+01:00");
    let right = json!({"end": "2026-11-21T01:00:00+01:00", "reason": "forgot"});
    assert_eq!(edit(&n.house, id, right).ok().int("/minutes"), 7 * 60);
    assert!(n.house.sign_in("manager").get("/business-day").ok().list("/clocked_in").is_empty());
}

#[test]
fn who_forgot_to_clock_out_works_no_other_day() {
    let n = Night::new();
    let owner = n.house.as_("owner");
    let (walter, kim) = (staff(&n.house, "waiter"), staff(&n.house, "kitchen"));
    owner.patch(&format!("/staff/{walter}")).body(json!({"hourly_wage": 1000})).ok();
    for role in ["waiter", "kitchen"] {
        clock(&n.house.as_(role), "in", json!({})).created();
    }
    n.order(&[(n.carbonara, 1)]).post("/payments", json!({"tender": "card", "tip": 1200})).created();
    n.house.at("2026-11-20T22:00:00+01:00");
    clock(&n.house.as_("kitchen"), "out", json!({})).ok();
    // Three days later: ten hours until the cutoff at 04:00, and four.
    n.house.at("2026-11-23T18:00:00+01:00");
    let owner = n.house.sign_in("owner");
    let friday = "from=2026-11-20&to=2026-11-20";
    let parts = || {
        let pool = owner.get(&format!("/reports/tip-pool?{friday}")).ok();
        let of = |row: &Value| ["staff_id", "minutes", "open", "tips"].map(|field| row[field].as_i64().unwrap());
        pool.list("/rows").iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(parts(), [[walter, 600, 1, 857], [kim, 240, 0, 343]]);
    let labour = owner.get(&format!("/reports/labour?{friday}")).ok();
    let totals = ["minutes", "open", "cost"].map(|field| labour.at("/totals")[field].clone());
    assert_eq!(totals, [json!(840), json!(1), json!(10_000)]);
    assert!(owner.get("/reports/labour?from=2026-11-21&to=2026-11-23").ok().list("/rows").is_empty());
    // Set right, they worked what they worked.
    let id = owner.get("/time-clock/current").ok().list("/items")[0]["id"].as_i64().unwrap();
    edit(&n.house, id, json!({"end": "2026-11-20T22:00:00+01:00", "reason": "forgot"})).ok();
    assert_eq!(parts(), [[walter, 240, 0, 600], [kim, 240, 0, 600]]);
}

#[test]
fn hours_that_were_tampered_with_are_named() {
    let mut n = Night::new();
    clock(&n.waiter, "in", json!({})).created();
    n.house.clock.advance_ms(1000);
    clock(&n.waiter, "break", json!({})).ok();
    n.house.clock.advance_ms(1000);
    clock(&n.waiter, "out", json!({})).ok();
    n.house.stop();
    let check = |change: &str, expected: &str| {
        let (status, text) = said(&changed(&n, change), &[]);
        assert!(status == Some(1) && text.contains(expected), "{change}: {text}");
    };
    assert_eq!(said(&n.house.db(), &[]).0, Some(0));
    check("update time_entries set ended_at_ms = ended_at_ms + 3600000", "time_entries 1: entry is {");
    check("update time_entries set hourly_wage = 5000", "\"hourly_wage\":5000");
    check("update time_entries set tip_share = 1000", "\"tip_share\":1000");
    check("delete from time_breaks", "time_entries 1: entry is {");
    check("delete from time_breaks; delete from time_entries", "time_entries 1: row is missing");
}
