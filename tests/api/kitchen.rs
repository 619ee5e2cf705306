//! Tickets: what needs no order here, the rest a file each.

mod alarms;
mod away;
mod counts;
mod courses;
mod notes;
mod routing;
mod tables;
mod times;

use serde_json::json;

use crate::harness::House;

#[test]
fn a_kitchen_without_tickets_is_an_empty_list() {
    let house = House::open();
    let kitchen = house.as_("kitchen");
    for query in ["", "?state=waiting", "?state=new&station_id=1", "?state=bumped", "?station_id=99"] {
        let list = kitchen.get(&format!("/tickets{query}")).ok();
        assert_eq!(list.at("/items"), &json!([]), "{query}");
        assert_eq!(list.at("/page"), &json!({"number": 1, "size": 20, "total": 0, "pages": 0}), "{query}");
        assert_eq!((list.bool("/has_more"), list.at("/next_cursor")), (false, &json!(null)), "{query}");
        assert!(list.header("link").contains("rel=\"first\""), "{query}");
    }
}

#[test]
fn a_wrong_question_about_tickets_is_refused_by_name() {
    let house = House::open();
    let kitchen = house.as_("kitchen");
    let check = |query: &str, pointer: &str, code: &str| {
        kitchen.get(&format!("/tickets?{query}")).refused("invalid").at_fault(pointer, code);
    };
    check("state=cooked", "state", "unknown_value");
    check("state=", "state", "unknown_value");
    check("limit=0", "limit", "out_of_range");
    check("limit=101", "limit", "out_of_range");
    check("page=0", "page", "out_of_range");
    check("cursor=abc", "cursor", "bad_format");
    check("stat=new", "stat", "unknown_field");
    kitchen.get("/tickets?station_id=grill").refused("invalid");
}

#[test]
fn only_a_ticket_that_is_there_moves() {
    let house = House::open();
    let kitchen = house.as_("kitchen");
    for act in ["bump", "recall", "printed"] {
        let missing = kitchen.post(&format!("/tickets/7/{act}")).refused("not_found");
        assert_eq!(missing.str("/detail"), "There is no ticket 7.");
        for id in ["0", "-1", "seven", "99999999999999999999"] {
            kitchen.post(&format!("/tickets/{id}/{act}")).refused("not_found");
        }
        kitchen.post(&format!("/tickets/7/{act}")).no_key().refused("idempotency_key_missing");
        kitchen
            .post(&format!("/tickets/7/{act}"))
            .body(json!({"fast": true}))
            .refused("invalid")
            .at_fault("/fast", "unknown_field");
    }
}

#[test]
fn who_may_see_and_move_tickets() {
    let house = House::open();
    for role in ["owner", "manager", "cashier", "waiter", "kitchen", "auditor"] {
        let client = house.as_(role);
        client.get("/tickets").ok();
        let moved = client.post("/tickets/7/bump");
        let refused = if role == "auditor" { moved.refused("forbidden") } else { moved.refused("not_found") };
        if role == "auditor" {
            assert_eq!(refused.str("/permission"), "work_tickets");
        }
    }
    house.anyone().get("/tickets").refused("token_missing");
    house.terminal_of("kitchen").get("/tickets").refused("token_missing");
}
