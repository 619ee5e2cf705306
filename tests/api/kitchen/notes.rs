//! What is told on tickets of its own: cancelled dishes, and where dishes go now.

use serde_json::{Value, json};

use crate::client::Client;
use crate::orders::Night;

/// Tickets of these kinds, oldest first, as a printer would print their lines.
fn printed(kitchen: &Client, kinds: &[&str]) -> Vec<String> {
    let list = kitchen.get("/tickets?state=waiting&limit=100").ok();
    let line = |line: &Value| {
        let (of, name) = (&line["of"], line["name"].as_str().unwrap());
        let quantity = line["quantity"].as_i64().unwrap();
        if quantity < 0 { format!("{of} × {name}: {} cancelled", -quantity) } else { format!("{quantity} × {name}") }
    };
    let change = |change: &Value| {
        let word = |name: &str| change[name].as_str().unwrap_or("-").to_owned();
        let told = format!("{} {} → {}", word("what"), word("was"), word("now"));
        if change["line_id"].is_null() { told } else { format!("{} × {}: {told}", change["quantity"], word("name")) }
    };
    let mut words = Vec::new();
    for ticket in list.list("/items").iter().filter(|ticket| kinds.contains(&ticket["kind"].as_str().unwrap())) {
        words.extend(ticket["lines"].as_array().unwrap().iter().map(line));
        words.extend(ticket["changes"].as_array().unwrap().iter().map(change));
    }
    words
}

#[test]
fn a_cancel_says_of_how_many() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let order = n.order(&[(n.carbonara, 2), (n.pilsner, 3)]);
    order.send();
    let void = |at: usize, quantity: i64| {
        let body = json!({"quantity": quantity, "reason": "changed their mind"});
        order.post_by_manager(&format!("/lines/{}/void", order.line(at)), body).ok();
    };
    void(0, 1);
    assert_eq!(printed(&kitchen, &["cancel"]), ["2 × Carbonara: 1 cancelled"]);
    void(0, 1);
    void(1, 2);
    let cancelled = ["2 × Carbonara: 1 cancelled", "1 × Carbonara: 1 cancelled", "3 × Pilsner: 2 cancelled"];
    assert_eq!(printed(&kitchen, &["cancel"]), cancelled);
    // Screens see it on the ticket itself too.
    let first = kitchen.get("/tickets?state=waiting").ok();
    let of = |ticket: usize| first.int(&format!("/items/{ticket}/lines/0/cancelled"));
    assert_eq!((of(0), of(1)), (2, 2));
    // A cancel is read, and done with.
    let cancel = first.list("/items").iter().find(|ticket| ticket["kind"] == "cancel").unwrap()["id"].clone();
    let read = kitchen.post(&format!("/tickets/{cancel}/bump")).ok();
    assert_eq!((read.str("/state"), read.str("/lines/0/state")), ("bumped", "served"));
    assert_eq!(kitchen.post(&format!("/tickets/{cancel}/recall")).ok().str("/state"), "new");
}

#[test]
fn an_order_that_is_voided_is_cancelled_dish_by_dish() {
    let n = Night::new();
    let order = n.order(&[(n.carbonara, 3), (n.pilsner, 1)]);
    order.send();
    order.post_by_manager(&format!("/lines/{}/comp", order.line(0)), json!({"quantity": 1, "reason": "cold"})).ok();
    order.post_by_manager("/void", json!({"reason": "they left"})).ok();
    let kitchen = n.house.as_("kitchen");
    // The part given away was no dish of its own.
    assert_eq!(printed(&kitchen, &["cancel"]), ["3 × Carbonara: 3 cancelled", "1 × Pilsner: 1 cancelled"]);
    let all = kitchen.get("/kitchen/all-day").ok();
    assert_eq!(all.at("/items"), &json!([]));
}

#[test]
fn a_seat_or_course_that_changes_is_told_while_it_is_cooked() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let line = json!({"variant_id": n.carbonara, "quantity": 2, "seat": 1, "course": 1});
    let order = n.open(json!({"kind": "dine_in", "lines": [line, {"variant_id": n.pilsner, "quantity": 1}]}));
    let edit = |at: usize, body: Value| order.patch(&format!("/lines/{}", order.line(at)), body).ok();
    edit(0, json!({"seat": 2}));
    assert_eq!(printed(&kitchen, &["change"]), Vec::<String>::new(), "it has not heard of it");
    let tickets = order.send();
    assert_eq!(tickets[0]["lines"][0]["seat"], 2);
    edit(0, json!({"seat": 2, "course": 1}));
    assert_eq!(printed(&kitchen, &["change"]), Vec::<String>::new(), "nothing changed");
    edit(0, json!({"seat": 4, "course": null}));
    edit(1, json!({"seat": 3}));
    let told = ["2 × Carbonara: seat 2 → 4", "2 × Carbonara: course 1 → -", "1 × Pilsner: seat - → 3"];
    assert_eq!(printed(&kitchen, &["change"]), told);
    // It is told at the station that makes it, and nothing more is made.
    let bar = kitchen.get(&format!("/tickets?station_id={}&state=waiting", n.bar)).ok();
    let kinds: Vec<&Value> = bar.list("/items").iter().map(|ticket| &ticket["kind"]).collect();
    assert_eq!(kinds, ["new", "change"]);
    assert_eq!(order.send(), Vec::<Value>::new());
    assert_eq!(order.states(), ["sent 2", "sent 1"]);
    assert_eq!(bar.int("/page/total"), 2);

    let bump = |ticket: &Value| kitchen.post(&format!("/tickets/{ticket}/bump")).ok();
    let change = &bar.list("/items")[1]["id"];
    assert_eq!(bump(change).str("/state"), "bumped");
    assert_eq!(order.states(), ["sent 2", "sent 1"], "reading a change cooks nothing");
    bump(&tickets[1]["id"]);
    edit(1, json!({"seat": 5}));
    assert_eq!(printed(&kitchen, &["change"])[2..], ["1 × Pilsner: seat 3 → 5"], "ready, not carried out");
    bump(&tickets[1]["id"]);
    edit(1, json!({"seat": 6}));
    assert_eq!(printed(&kitchen, &["change"]).len(), 3, "who has it needs no word");
    // What it tells is in the record without its words.
    let told: Vec<Value> = n.records("ticket.sent").iter().map(|r| r["payload"]["changes"].clone()).collect();
    let line = order.line(0);
    assert_eq!(told[2], json!([{"line": line, "what": "seat"}, {"line": line, "what": "course"}]));
}

#[test]
fn a_table_that_moves_is_told_wherever_something_is_cooked() {
    let n = Night::new();
    let kitchen = n.house.as_("kitchen");
    let open = |table: i64| {
        let lines = json!([{"variant_id": n.carbonara, "quantity": 1}, {"variant_id": n.pilsner, "quantity": 1}]);
        n.open(json!({"kind": "dine_in", "table_id": table, "lines": lines}))
    };
    let order = open(n.tables[0]);
    let move_to = |body: Value| order.patch("", body).ok();
    move_to(json!({"table_id": n.tables[1]}));
    assert_eq!(printed(&kitchen, &["change"]), Vec::<String>::new());
    move_to(json!({"table_id": n.tables[0]}));
    let tickets = order.send();
    move_to(json!({"table_id": n.tables[1]}));
    assert_eq!(printed(&kitchen, &["change"]), ["table 1 → 2", "table 1 → 2"]);
    let tables = || {
        let waiting = kitchen.get("/tickets?state=waiting").ok();
        waiting
            .list("/items")
            .iter()
            .map(|ticket| ticket["table"].as_str().unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(tables(), ["2", "2", "2", "2"], "what is carried out goes where they sit");
    // A guest count is none of the kitchen's business, nor is a table it has nothing for any more.
    move_to(json!({"guests": 3}));
    for ticket in &tickets {
        kitchen.post(&format!("/tickets/{}/bump", ticket["id"])).ok();
    }
    let bar = kitchen.post(&format!("/tickets/{}/bump", tickets[1]["id"])).ok();
    assert_eq!(bar.str("/lines/0/state"), "served");
    move_to(json!({"table_id": null, "tab_name": "Anna"}));
    assert_eq!(printed(&kitchen, &["change"])[2..], ["table 2 → Anna"], "the bar has served its own");
    let told = n.records("ticket.sent");
    let last = told.last().unwrap();
    assert_eq!(last["payload"]["changes"], json!([{"line": null, "what": "table"}]));
    assert!(!last.to_string().contains("Anna"), "a tab's name may be a guest's");
    move_to(json!({"tab_name": "Anna B."}));
    assert_eq!(printed(&kitchen, &["change"])[3..], ["table Anna → Anna B."]);
}
