//! How long tickets take: on screens, and as a report.

use serde_json::{Value, json};

use crate::client::Client;
use crate::orders::Night;

fn act(kitchen: &Client, ticket: i64, act: &str) -> Value {
    kitchen.post(&format!("/tickets/{ticket}/{act}")).ok().json().clone()
}

#[test]
fn a_ticket_knows_when_it_was_ready_and_whether_it_is_late() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    n.manager.patch("/stations/1").body(json!({"late_after_s": 600})).ok();
    let sent = n.order(&[(n.carbonara, 1)]).send();
    let ticket = sent[0]["id"].as_i64().unwrap();
    assert_eq!(
        (&sent[0]["age_s"], &sent[0]["late"], &sent[0]["device_id"]),
        (&json!(0), &json!(false), &json!(n.house.person("waiter").device_id))
    );
    let shown = || kitchen.get("/tickets").ok().at("/items/0").clone();
    let is = |age_s: i64, late: bool, ready: Option<&str>, served: Option<&str>| {
        let now = shown();
        let at = |time: Option<&str>| time.map_or(json!(null), |time| json!(format!("2026-11-20T{time}.000+01:00")));
        assert_eq!((now["age_s"].as_i64(), now["late"].as_bool()), (Some(age_s), Some(late)), "{now}");
        assert_eq!((&now["ready_at"], &now["served_at"]), (&at(ready), &at(served)), "{now}");
    };
    is(0, false, None, None);
    // A kept answer is never older than five seconds.
    n.house.clock.advance_ms(5_000);
    is(5, false, None, None);
    n.house.at("2026-11-20T18:09:57+01:00");
    is(597, false, None, None);
    n.house.clock.advance_ms(3_000);
    is(600, true, None, None);
    n.house.at("2026-11-20T18:12:00+01:00");
    act(&kitchen, ticket, "bump");
    is(720, true, Some("18:12:00"), None);
    n.house.at("2026-11-20T18:15:00+01:00");
    is(720, true, Some("18:12:00"), None);
    act(&kitchen, ticket, "bump");
    is(720, true, Some("18:12:00"), Some("18:15:00"));
    n.house.clock.advance_ms(60_000);
    act(&kitchen, ticket, "bump");
    is(720, true, Some("18:12:00"), Some("18:15:00"));
    act(&kitchen, ticket, "recall");
    is(720, true, Some("18:12:00"), None);
    act(&kitchen, ticket, "recall");
    is(960, true, None, None);
    act(&kitchen, ticket, "bump");
    is(960, true, Some("18:16:00"), None);

    // Another limit holds for what is sent from then on, and none is never.
    n.manager.patch("/stations/1").body(json!({"late_after_s": 0})).ok();
    n.order(&[(n.carbonara, 1)]).send();
    n.house.at("2026-11-20T20:00:00+01:00");
    assert_eq!(shown()["late"], false);
    assert_eq!(kitchen.get("/tickets").ok().at("/items/1/late"), &json!(true));
}

#[test]
fn what_is_not_to_be_made_any_more_is_not_late() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 2)]);
    order.send();
    let void = |quantity: i64| {
        let body = json!({"quantity": quantity, "reason": "changed their mind"});
        order.post_by_manager(&format!("/lines/{}/void", order.line(0)), body).ok();
    };
    void(1);
    n.house.clock.advance_ms(900_000);
    let late = || n.house.as_("kitchen").get("/tickets?state=waiting").ok().at("/items/0/late").clone();
    assert_eq!(late(), true);
    void(1);
    assert_eq!(late(), false);
}

/// One dish sent, ready after so many seconds and served after so many more.
fn dish(n: &Night, variant: i64, ready_s: i64, served_s: Option<i64>) {
    let kitchen = n.house.sign_in("kitchen");
    let begin = n.house.clock.clone();
    let ticket = n.order(&[(variant, 1)]).send()[0]["id"].as_i64().unwrap();
    begin.advance_ms(ready_s * 1000);
    act(&kitchen, ticket, "bump");
    let Some(served_s) = served_s else { return };
    begin.advance_ms(served_s * 1000);
    act(&kitchen, ticket, "bump");
}

/// A row as `key name count late | n mean p50 p90 | n mean p50 p90`.
fn row(row: &Value) -> String {
    let summary = |name: &str| match &row[name] {
        Value::Null => "-".to_owned(),
        s => format!("{} {} {} {}", s["count"], s["mean_s"], s["p50_s"], s["p90_s"]),
    };
    let word = |name: &str| row[name].as_str().unwrap_or("").to_owned();
    let words = [word("key"), word("name"), row["count"].to_string(), row["late"].to_string()].join(" ");
    format!("{} | {} | {}", words.trim(), summary("ready"), summary("served"))
}

#[test]
fn a_report_says_how_long_it_took() {
    let n = Night::new();
    let report = |query: &str| n.house.sign_in("auditor").get(&format!("/reports/kitchen{query}")).ok();
    let empty = report("");
    assert_eq!((empty.at("/rows"), row(empty.at("/totals"))), (&json!([]), "0 0 | - | -".to_owned()));
    n.manager.patch("/stations/1").body(json!({"late_after_s": 500})).ok();
    // Ten dishes of 60, 120 … 600 seconds: the median by nearest rank is the fifth, p90 the ninth.
    for minute in 1..=10 {
        dish(&n, n.carbonara, minute * 60, (minute % 2 == 0).then_some(minute));
    }
    dish(&n, n.pilsner, 45, Some(5));
    // A ticket that is not ready, and a change and a cancel, are no dish made.
    let order = n.order(&[(n.tiramisu, 2)]);
    order.send();
    order.patch(&format!("/lines/{}", order.line(0)), json!({"seat": 1})).ok();
    let manager = n.house.sign_in("manager");
    let void = manager.post(&order.path(&format!("/lines/{}/void", order.line(0)))).if_match(&order.etag());
    void.body(json!({"reason": "late"})).ok();
    let kitchen = n.house.sign_in("kitchen");
    let waiting = kitchen.get("/tickets?state=waiting").ok();
    for ticket in waiting.list("/items") {
        // Nobody made what was cancelled before: its ticket is only put away.
        act(&kitchen, ticket["id"].as_i64().unwrap(), "bump");
    }
    let rows = |by: &str| report(&format!("?by={by}")).list("/rows").iter().map(row).collect::<Vec<_>>();
    let kitchens = "10 2 | 10 330 300 540 | 5 6 6 10";
    let bars = "1 0 | 1 45 45 45 | 1 5 5 5";
    assert_eq!(rows("station"), [format!("1 Kitchen {kitchens}"), format!("{} Bar {bars}", n.bar)]);
    assert_eq!(report("").text(), report("?by=station").text());
    let items = rows("item");
    assert_eq!(items.len(), 2, "{items:?}");
    assert!(items[0].ends_with(&format!("Carbonara {kitchens}")) && items[1].ends_with(&format!("Pilsner {bars}")));
    // 60 + … + 600 s are 55 minutes, and the waits: the first ten were all sent before 19:00.
    assert_eq!(rows("hour"), ["18 18:00 11 2 | 11 304 300 540 | 6 6 5 10"]);
    assert_eq!(row(report("").at("/totals")), "11 2 | 11 304 300 540 | 6 6 5 10");

    // The next day is another.
    n.house.at("2026-11-21T18:00:00+01:00");
    assert_eq!(report("").at("/rows"), &json!([]));
}

#[test]
fn what_was_made_took_its_time_though_it_was_voided() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let order = n.order(&[(n.carbonara, 1), (n.tiramisu, 2)]);
    let ticket = order.send()[0]["id"].as_i64().unwrap();
    let void = |at: usize, body: Value| order.post_by_manager(&format!("/lines/{}/void", order.line(at)), body).ok();
    void(1, json!({"reason": "out"}));
    n.house.clock.advance_ms(60_000);
    act(&kitchen, ticket, "bump");
    void(0, json!({"reason": "cold", "wasted": true}));
    let report = |by: &str| {
        let report = n.house.as_("auditor").get(&format!("/reports/kitchen?by={by}")).ok();
        report.list("/rows").iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((report("station"), report("item")), (vec!["Kitchen".to_owned()], vec!["Carbonara".to_owned()]));
}

#[test]
fn a_report_reads_the_days_it_is_asked_for() {
    let n = Night::new();
    dish(&n, n.carbonara, 60, Some(60));
    n.house.at("2026-11-21T18:00:00+01:00");
    let auditor = n.house.sign_in("auditor");
    let count = |query: &str| auditor.get(&format!("/reports/kitchen?{query}")).ok().int("/totals/count");
    assert_eq!(count("from=2026-11-20&to=2026-11-20"), 1);
    assert_eq!(count("from=2026-11-20"), 1);
    assert_eq!(count("from=2026-11-21&to=2026-11-21"), 0);
    assert_eq!(count("from=2026-08-22&to=2026-11-21"), 1);
    let check = |query: &str, pointer: &str, code: &str| {
        auditor.get(&format!("/reports/kitchen?{query}")).refused("invalid").at_fault(pointer, code);
    };
    check("from=yesterday", "from", "bad_format");
    check("by=cook", "by", "unknown_value");
    check("from=2026-11-21&to=2026-11-20", "to", "out_of_range");
    check("station_id=1", "station_id", "unknown_field");
    auditor.get("/reports/kitchen?from=2026-08-21&to=2026-11-21").refused("range_required");
}
