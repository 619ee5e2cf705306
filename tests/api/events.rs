//! The journal over HTTP, and its live stream.

use comanda::journal::{Kind, ops};
use serde_json::{Value, json};

use crate::client::Events;
use crate::harness::House;

/// Writes a record of each kind, as its domain would; the number of the last.
fn record(house: &House, kinds: &'static [Kind]) -> i64 {
    let (store, clock) = (&house.running().house().store, house.clock.clone());
    let job = move |tx: &comanda::store::Tx<'_>| {
        let stamp = ops::stamp(tx, clock.as_ref(), None, None)?;
        for kind in kinds {
            ops::append(tx, &stamp, *kind, 5, 2, &json!({"secret": "nobody's"}))?;
        }
        ops::last_seq(tx)
    };
    store.write_blocking(job).unwrap()
}

#[track_caller]
fn hears(events: &mut Events, seq: i64, kind: &str) {
    let event = events.next().expect("the stream goes on");
    assert_eq!((event.id, event.name.as_str()), (Some(seq), ""));
    let data: Value = serde_json::from_str(&event.data).unwrap();
    assert_eq!(data, json!({"seq": seq, "kind": kind, "subject": 5, "version": 2}));
}

#[test]
fn a_stream_tells_what_its_role_may_know() {
    let house = House::open();
    let (mut manager, mut kitchen) = (house.as_("manager").events("", None), house.as_("kitchen").events("", None));
    let mut asked = house.as_("kitchen").events("?kinds=ticket.changed,order.opened", None);
    let last = record(&house, &[Kind::OrderOpened, Kind::TicketSent, Kind::DayClosed, Kind::TicketChanged]);
    hears(&mut manager, last - 3, "order.opened");
    hears(&mut manager, last - 2, "ticket.sent");
    hears(&mut manager, last - 1, "day.closed");
    hears(&mut manager, last, "ticket.changed");
    hears(&mut kitchen, last - 2, "ticket.sent");
    hears(&mut kitchen, last, "ticket.changed");
    hears(&mut asked, last, "ticket.changed");
}

#[test]
fn a_stream_resumes_where_it_stood() {
    let house = House::open();
    let kitchen = house.as_("kitchen");
    let last = record(&house, &[Kind::TicketSent, Kind::OrderOpened, Kind::TicketChanged]);
    let mut back = kitchen.events("", Some(last - 3));
    hears(&mut back, last - 2, "ticket.sent");
    hears(&mut back, last, "ticket.changed");
    hears(&mut kitchen.events(&format!("?after={}", last - 2), None), last, "ticket.changed");
    // The header goes before the query, as it is what a client knows last.
    hears(&mut kitchen.events("?after=0", Some(last - 1)), last, "ticket.changed");

    let mut stranger = kitchen.events("", Some(last + 1000));
    let reset = stranger.next().unwrap();
    assert_eq!((reset.name.as_str(), reset.id), ("reset", Some(last)));
    let next = record(&house, &[Kind::TicketSent]);
    hears(&mut stranger, next, "ticket.sent");
    hears(&mut back, next, "ticket.sent");
}

#[test]
fn a_wrong_question_about_events_is_refused() {
    let house = House::open();
    let kitchen = house.as_("kitchen");
    kitchen.get("/events?kinds=ticket.sent,pizza.eaten").refused("invalid").at_fault("kinds", "unknown_value");
    kitchen.get("/events?after=-1").refused("invalid").at_fault("after", "out_of_range");
    kitchen.get("/events").header("last-event-id", "x").refused("invalid").at_fault("Last-Event-ID", "bad_format");
    kitchen.get("/events?kind=ticket.sent").refused("invalid").at_fault("kind", "unknown_field");
    house.anyone().get("/events").refused("token_missing");
    house.terminal_of("kitchen").get("/events").refused("token_missing");
}

#[test]
fn streams_end_when_the_server_stops() {
    let mut house = House::open();
    let mut streams: Vec<Events> = (0..3).map(|_| house.as_("kitchen").events("", None)).collect();
    let last = record(&house, &[Kind::TicketSent]);
    streams.iter_mut().for_each(|events| hears(events, last, "ticket.sent"));
    house.stop();
    assert!(streams.iter_mut().all(|events| events.next().is_none()));
}

#[test]
fn who_is_revoked_or_signed_out_hears_nothing_of_what_comes_after() {
    let house = House::open();
    let (kitchen, waiter) = (house.as_("kitchen"), house.as_("waiter"));
    let (mut revoked, mut ended, mut manager) =
        (kitchen.events("", None), waiter.events("", None), house.as_("manager").events("", None));
    let last = record(&house, &[Kind::TicketSent]);
    for events in [&mut revoked, &mut ended, &mut manager] {
        hears(events, last, "ticket.sent");
    }
    house.as_("owner").delete(&format!("/devices/{}", house.person("kitchen").device_id)).done();
    waiter.delete("/sessions/current").done();
    let next = record(&house, &[Kind::TicketSent]);
    assert_eq!((revoked.next(), ended.next()), (None, None));
    let heard = std::iter::from_fn(|| manager.next()).find(|event| event.id == Some(next));
    assert!(heard.is_some(), "others go on hearing");
}

#[test]
fn the_journal_is_read_record_by_record() {
    let house = House::open();
    let last = record(&house, &[Kind::OrderOpened, Kind::TicketSent]);
    let auditor = house.as_("auditor");
    let (mut after, mut prev_hash, mut seen) = (0, "0".repeat(64), 0);
    loop {
        let part = auditor.get(&format!("/journal?after={after}&limit=3")).ok();
        assert_eq!(part.str("/site_uuid").len(), 36);
        for record in part.list("/items") {
            seen += 1;
            assert_eq!((record["seq"].as_i64(), record["epoch"].as_i64()), (Some(seen), Some(1)));
            assert_eq!(record["prev_hash"], prev_hash.as_str());
            prev_hash = record["hash"].as_str().unwrap().to_owned();
        }
        if !part.bool("/has_more") {
            break;
        }
        after = part.int("/next_after");
    }
    assert_eq!(seen, last);
    let end = auditor.get(&format!("/journal?after={}", last - 1)).ok();
    let record = &end.list("/items")[0];
    assert_eq!((&record["kind"], &record["payload"]), (&json!("ticket.sent"), &json!({"secret": "nobody's"})));
    assert_eq!((&record["subject"], &record["version"], &record["staff_id"]), (&json!(5), &json!(2), &json!(null)));
    assert_eq!(record["at"], "2026-11-20T18:00:00.000+01:00");
    assert_eq!(auditor.get(&format!("/journal?after={last}")).ok().at("/next_after"), &json!(null));
    auditor.get("/journal?after=-1").refused("invalid").at_fault("after", "out_of_range");
    auditor.get("/journal?limit=101").refused("invalid").at_fault("limit", "out_of_range");
}

#[test]
fn the_journal_is_for_those_who_audit() {
    let house = House::open();
    for role in ["owner", "manager", "auditor"] {
        house.as_(role).get("/journal").ok();
    }
    for role in ["cashier", "waiter", "kitchen"] {
        assert_eq!(house.as_(role).get("/journal").refused("forbidden").str("/permission"), "see_journal");
    }
}
