//! Dishes that several tables share or that go to another one: what the kitchen hears of it, and what its tickets say.

use serde_json::{Value, json};

use crate::client::Client;
use crate::orders::{Night, Order, told};

fn at_table<'n>(n: &'n Night, table: usize, variants: &[i64]) -> Order<'n> {
    let lines: Vec<Value> = variants.iter().map(|id| json!({"variant_id": id, "quantity": 1})).collect();
    n.open(json!({"kind": "dine_in", "guests": 2, "table_id": n.tables[table], "lines": lines}))
}

/// Tickets as `table #order: what it tells`, oldest first.
fn tickets(kitchen: &Client) -> Vec<String> {
    let list = kitchen.get("/tickets?state=waiting&limit=100").ok();
    let of = |ticket: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |line: &Value| format!("{} {}", line["quantity"], word(&line["name"]));
        let change = |c: &Value| {
            let dish =
                if c["line_id"].is_null() { String::new() } else { format!("{} {} ", c["quantity"], word(&c["name"])) };
            format!("{dish}{} {} → {}", word(&c["what"]), word(&c["was"]), word(&c["now"]))
        };
        let mut words: Vec<String> = ticket["lines"].as_array().unwrap().iter().map(line).collect();
        words.extend(ticket["changes"].as_array().unwrap().iter().map(change));
        format!("{} #{}: {}", word(&ticket["table"]), ticket["order_id"], words.join(", "))
    };
    list.list("/items").iter().map(of).collect()
}

#[track_caller]
fn checked(n: &Night) {
    let store = &n.house.running().house().store;
    let wrong = store.read_blocking(comanda::kitchen::ops::verify).unwrap();
    let links = store.read_blocking(|db| comanda::upkeep::links::verify(db, |_, _| {})).unwrap();
    assert!(wrong.is_empty() && links.is_empty(), "{wrong:?} {links:?}");
}

#[test]
fn a_dish_two_tables_share_is_cancelled_with_its_last_share() {
    for paid in [false, true] {
        let n = Night::new();
        let kitchen = n.house.as_("kitchen");
        let (here, there) = (at_table(&n, 0, &[n.carbonara]), at_table(&n, 1, &[]));
        here.send();
        let share = json!({"order_id": there.id, "share": "1/2"});
        here.post(&format!("/lines/{}/move", here.line(0)), share).ok();
        let sent = "1 #1: 1 Carbonara";
        assert_eq!(tickets(&kitchen), [sent], "one dish, for the table it was ordered at");
        let void = |order: &Order<'_>| {
            let gone = order.post_by_manager(&format!("/lines/{}/void", order.line(0)), json!({"reason": "left"}));
            gone.ok();
        };
        if paid {
            there.post("/payments", json!({"tender": "cash"})).created();
            assert_eq!(tickets(&kitchen), ["2 #2: 1 Carbonara", "2 #2: table 1 → 2"], "it is theirs now");
        }
        void(&here);
        assert_eq!(tickets(&kitchen), ["2 #2: 1 Carbonara", "2 #2: table 1 → 2"], "half of it is still wanted");
        checked(&n);
        if !paid {
            void(&there);
            let cancelled = ["2 #2: 1 Carbonara", "2 #2: table 1 → 2", "2 #2: -1 Carbonara"];
            assert_eq!(tickets(&kitchen), cancelled);
            let voids = n.manager.get("/reports/voids?from=2026-11-20&to=2026-11-20").ok();
            let quantities: i64 = voids.list("/rows").iter().map(|row| row["quantity"].as_i64().unwrap()).sum();
            assert_eq!(quantities, 1, "{}", voids.text());
        }
        checked(&n);
    }
}

#[test]
fn the_share_that_is_voided_first_cancels_nothing() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let (here, there) = (at_table(&n, 0, &[n.carbonara]), at_table(&n, 1, &[]));
    here.send();
    here.post(&format!("/lines/{}/move", here.line(0)), json!({"order_id": there.id, "share": "1/2"})).ok();
    there.post_by_manager("/void", json!({"reason": "left"})).ok();
    assert_eq!(tickets(&kitchen), ["1 #1: 1 Carbonara"]);
    here.post_by_manager("/void", json!({"reason": "left"})).ok();
    assert_eq!(tickets(&kitchen), ["1 #1: 1 Carbonara", "1 #1: -1 Carbonara"]);
    checked(&n);
}

#[test]
fn a_count_that_went_to_another_order_is_not_undone_there() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let (here, there) = (at_table(&n, 0, &[n.carbonara]), at_table(&n, 1, &[n.tiramisu, n.tiramisu]));
    here.send();
    here.post(&format!("/lines/{}/move", here.line(0)), json!({"order_id": there.id, "share": "1/2"})).ok();
    there.post("/split", json!({"evenly": 2})).created();
    here.post_by_manager("/void", json!({"reason": "left"})).ok();
    there.post("/undo", json!({})).refused("not_undoable");
    there.post_by_manager("/void", json!({"reason": "left"})).ok();
    assert_eq!(tickets(&kitchen).last().unwrap(), "2 #2: -1 Carbonara");
    checked(&n);
}

#[test]
fn tables_put_together_are_one_table_to_the_kitchen() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let (gone, stays) = (at_table(&n, 0, &[n.carbonara, n.pilsner]), at_table(&n, 1, &[n.tiramisu]));
    gone.send();
    stays.send();
    let before = tickets(&kitchen);
    assert_eq!(before, ["1 #1: 1 Carbonara", "1 #1: 1 Pilsner", "2 #2: 1 Tiramisù"]);
    stays.post("/merge", json!({"order_id": gone.id})).ok();
    let merged = ["2 #2: 1 Carbonara", "2 #2: 1 Pilsner", "2 #2: 1 Tiramisù"];
    let notes = ["2 #2: table 1 → 2", "2 #2: table 1 → 2"];
    assert_eq!(tickets(&kitchen), [&merged[..], &notes].concat());
    let expo = kitchen.get("/expo").ok();
    let orders: Vec<(&str, i64)> =
        expo.list("/orders").iter().map(|o| (o["table"].as_str().unwrap(), o["order_id"].as_i64().unwrap())).collect();
    assert_eq!(orders, [("2", stays.id)]);
    assert_eq!((expo.int("/orders/0/waiting"), expo.list("/orders/0/tickets").len()), (3, 5));
    checked(&n);
    // A screen that was away hears of the tickets that are another order's.
    let moved: Vec<Value> = n.records("ticket.changed").iter().map(|r| r["payload"]["act"].clone()).collect();
    assert_eq!(moved, ["move", "move"]);
    stays.post("/undo", json!({})).ok();
    // The station that has more for the table it leaves hears which dish.
    let back = ["1 #1: 1 Carbonara table 2 → 1", "1 #1: table 2 → 1"];
    assert_eq!(tickets(&kitchen), [&before.iter().map(String::as_str).collect::<Vec<_>>()[..], &notes, &back].concat());
    checked(&n);

    // Together again, they move on: what came hears of it too.
    stays.post("/merge", json!({"order_id": gone.id})).ok();
    let sent = tickets(&kitchen).len();
    stays.patch("", json!({"table_id": n.tables[0]})).ok();
    let now = tickets(&kitchen);
    assert_eq!(now[..3], ["1 #2: 1 Carbonara", "1 #2: 1 Pilsner", "1 #2: 1 Tiramisù"]);
    assert_eq!(now[sent..], ["1 #2: table 2 → 1", "1 #2: table 2 → 1"]);
    // What is voided is cancelled at its new table, and the kitchen's bumps show on the order.
    let first = kitchen.get("/tickets?state=waiting").ok().int("/items/0/id");
    kitchen.post(&format!("/tickets/{first}/bump")).ok();
    let states: Vec<Value> = stays.now().list("/checks/0/lines").iter().map(|l| l["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| **state == "ready").count(), 1, "{states:?}");
    assert!(stays.send().is_empty());
    checked(&n);
}

#[test]
fn a_dish_that_goes_alone_is_named() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let (here, there) = (at_table(&n, 0, &[n.carbonara, n.tiramisu, n.pilsner]), at_table(&n, 1, &[]));
    here.send();
    let sent = tickets(&kitchen);
    here.post(&format!("/lines/{}/move", here.line(0)), json!({"order_id": there.id})).ok();
    let named = "2 #2: 1 Carbonara table 1 → 2";
    assert_eq!(tickets(&kitchen), [&sent.iter().map(String::as_str).collect::<Vec<_>>()[..], &[named]].concat());
    // What stands of the ticket follows with the last of it.
    let line = here.now().int("/checks/0/lines/0/id");
    here.post(&format!("/lines/{line}/move"), json!({"order_id": there.id})).ok();
    let now = tickets(&kitchen);
    assert_eq!((now[0].as_str(), now[1].as_str()), ("2 #2: 1 Carbonara, 1 Tiramisù", "1 #1: 1 Pilsner"));
    assert_eq!(now.last().unwrap(), "2 #2: table 1 → 2");
    here.post("/undo", json!({})).ok();
    assert_eq!(tickets(&kitchen)[0], "2 #2: 1 Carbonara, 1 Tiramisù", "of two tables it stays where it was last");
    // What is served is told to nobody.
    let id = kitchen.get("/tickets?state=waiting").ok().int("/items/1/id");
    kitchen.post(&format!("/tickets/{id}/bump")).body(json!({"to": "served"})).ok();
    let count = tickets(&kitchen).len();
    let pilsner = here.now().list("/checks/0/lines").iter().find(|l| l["name"] == "Pilsner").unwrap()["id"].clone();
    here.post(&format!("/lines/{pilsner}/move"), json!({"order_id": there.id})).ok();
    assert_eq!(tickets(&kitchen).len(), count);
    checked(&n);
}

#[test]
fn two_screens_that_bump_once_each_serve_nothing() {
    let n = Night::new();
    let screens = [n.house.as_("kitchen"), n.house.as_("cashier")];
    let order = at_table(&n, 0, &[n.carbonara]);
    let ticket = order.send()[0]["id"].as_i64().unwrap();
    let bump = |screen: &Client, to: &str| {
        screen.post(&format!("/tickets/{ticket}/bump")).body(json!({"to": to})).ok().str("/lines/0/state").to_owned()
    };
    assert_eq!(screens.each_ref().map(|screen| bump(screen, "ready")), ["ready", "ready"]);
    let (etag, told) = (order.etag(), n.records("ticket.changed").len());
    assert_eq!(screens.each_ref().map(|screen| bump(screen, "ready")), ["ready", "ready"]);
    assert_eq!((order.etag(), n.records("ticket.changed").len()), (etag, told), "nothing happened");
    assert_eq!(screens.each_ref().map(|screen| bump(screen, "served")), ["served", "served"]);
    assert_eq!(bump(&screens[0], "ready"), "served");
    // Without a word it goes one step on, as it always did.
    let other = n.order(&[(n.carbonara, 1)]).send()[0]["id"].as_i64().unwrap();
    let step = |screen: &Client| screen.post(&format!("/tickets/{other}/bump")).ok().str("/lines/0/state").to_owned();
    assert_eq!(screens.each_ref().map(step), ["ready", "served"]);
    let wrong = screens[0].post(&format!("/tickets/{ticket}/bump")).body(json!({"to": "sent"}));
    wrong.refused("invalid").at_fault("/to", "unknown_value");
}

#[test]
fn what_changes_is_told_where_the_dish_was_sent() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let order = at_table(&n, 0, &[n.carbonara, n.carbonara]);
    order.send();
    let grill = n.manager.post("/stations").body(json!({"name": "Grill"})).created().id();
    n.manager.patch(&format!("/stations/{grill}")).body(json!({"is_default": true})).ok();
    order.patch(&format!("/lines/{}", order.line(0)), json!({"seat": 2})).ok();
    order.post_by_manager(&format!("/lines/{}/void", order.line(0)), json!({"reason": "left"})).ok();
    assert_eq!(kitchen.get(&format!("/tickets?station_id={grill}")).ok().list("/items").len(), 0);
    let first = kitchen.get("/tickets?station_id=1&state=waiting").ok();
    assert_eq!(told(first.list("/items")), ["1: 1 Carbonara", "1: 1 Carbonara", "1: -1 Carbonara"]);
    // What is sent from now on goes to the other, and where the first is no more its cancels go there too.
    n.waiter.post(&order.path("/lines")).body(json!({"lines": [{"variant_id": n.carbonara, "quantity": 1}]})).ok();
    assert_eq!(told(&order.send()), [format!("{grill}: 1 Carbonara")]);
    n.manager.delete("/stations/1").done();
    order.post_by_manager(&format!("/lines/{}/void", order.line(1)), json!({"reason": "left"})).ok();
    let there = kitchen.get(&format!("/tickets?station_id={grill}&state=waiting")).ok();
    assert_eq!(told(there.list("/items")), [format!("{grill}: 1 Carbonara"), format!("{grill}: -1 Carbonara")]);
    checked(&n);
}

#[test]
fn who_packs_knows_how_it_is_eaten() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let lines = json!([
        {"variant_id": n.carbonara, "quantity": 1}, {"variant_id": n.tiramisu, "quantity": 1, "service": "takeaway"}
    ]);
    let order = n.open(json!({"kind": "dine_in", "table_id": n.tables[0], "lines": lines}));
    let sent = order.send();
    let seen = |ticket: &Value| {
        let lines = ticket["lines"].as_array().unwrap().iter().map(|line| line["service"].clone()).collect::<Vec<_>>();
        (ticket["order_kind"].clone(), ticket["service"].clone(), lines)
    };
    let own = |service: &str| (json!("dine_in"), json!(service), vec![json!(service), json!("takeaway")]);
    assert_eq!(seen(&sent[0]), own("dine_in"));
    order.patch("", json!({"service": "takeaway"})).ok();
    let waiting = kitchen.get("/tickets?state=waiting").ok();
    assert_eq!(seen(&waiting.list("/items")[0]), own("takeaway"));
    let change = json!([{"line_id": null, "name": null, "variant": null, "quantity": null, "what": "service",
        "was": "dine_in", "now": "takeaway"}]);
    assert_eq!(waiting.at("/items/1/changes"), &change);
    order.patch("", json!({"service": "takeaway", "guests": 3})).ok();
    assert_eq!(kitchen.get("/tickets?state=waiting").ok().list("/items").len(), 2, "nothing changed");
    // Both at once are one note.
    order.patch("", json!({"service": "dine_in", "table_id": n.tables[1]})).ok();
    assert_eq!(tickets(&kitchen)[2], "2 #1: table 1 → 2, service takeaway → dine_in");
    let taken = n.open(json!({"kind": "takeaway", "lines": [{"variant_id": n.carbonara, "quantity": 1}]})).send();
    assert_eq!((&taken[0]["order_kind"], &taken[0]["service"]), (&json!("takeaway"), &json!("takeaway")));
    assert_eq!(n.records("ticket.sent")[1]["payload"]["changes"], json!([{"line": null, "what": "service"}]));
}

#[test]
fn a_dish_that_is_merged_is_eaten_as_it_was() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let bag = n.open(json!({"kind": "takeaway", "lines": [{"variant_id": n.carbonara, "quantity": 1}]}));
    bag.send();
    let table = at_table(&n, 0, &[n.tiramisu]);
    table.post("/merge", json!({"order_id": bag.id})).ok();
    let first = || kitchen.get("/tickets?state=waiting").ok().at("/items/0").clone();
    let seen =
        |ticket: Value| (ticket["table"].clone(), ticket["service"].clone(), ticket["lines"][0]["service"].clone());
    assert_eq!(seen(first()), (json!("1"), json!("dine_in"), json!("takeaway")));
    table.post("/undo", json!({})).ok();
    assert_eq!(seen(first()), (json!(null), json!("takeaway"), json!("takeaway")));
}

#[test]
fn held_lines_without_a_course_are_sent_by_name() {
    let n = Night::new();
    let line = |variant: i64| json!({"variant_id": variant, "quantity": 1, "hold": true});
    let order = n.open(json!({"kind": "dine_in", "lines": [line(n.carbonara), line(n.tiramisu), line(n.pilsner)]}));
    assert_eq!(order.send(), Vec::<Value>::new());
    let send = |body: Value| n.waiter.post(&order.path("/send")).body(body);
    let (first, third) = (order.line(0), order.line(2));
    assert_eq!(told(send(json!({"line_ids": [first]})).ok().list("/tickets")), ["1: 1 Carbonara"]);
    assert_eq!(send(json!({"line_ids": [first]})).ok().list("/tickets").len(), 0, "it has it");
    assert_eq!(order.states(), ["sent 1", "held 1", "held 1"]);
    send(json!({"line_ids": [first], "course": 1})).refused("invalid").at_fault("/line_ids", "conflict");
    send(json!({"line_ids": [first, 99]})).refused("invalid").at_fault("/line_ids/1", "unknown");
    order.post(&format!("/lines/{third}/void"), json!({})).ok();
    send(json!({"line_ids": [third]})).refused("invalid").at_fault("/line_ids/0", "line_closed");
    assert_eq!(send(json!({"line_ids": []})).ok().list("/tickets").len(), 0);
}
